//! What `assay prove` is told.

use std::path::PathBuf;

use crate::commands::bytes32;
use crate::inputs::Ranges;

const EXAMPLE: &str = "\
Examples:
  $ echo '{\"ltv\": 0.72, \"drawdown\": 0.11}' > input.json
  $ assay prove --model model.assay --key model.pk --input input.json -o decision.proof
  $ assay prove --model model.assay --key model.pk --input samples.csv --row 3 --json
  $ assay prove --model model.assay --key model.pk --input samples.csv \\
      --rows 1-100 --output-dir proofs

Inputs are in the model's own units, as floats; the tool rounds each to the model's grid, and
refuses one outside its domain: the circuit asserts the domain of every input, public, committed
or member, so that no proof of it is possible. Forms:
  JSON object   values by feature name, {\"ltv\": 0.72, ...},
                or by tensor name, {\"features\": [0.72, ...]}
  JSON array    the values in the model's order: [0.72, 0.11]
  CSV           a header with the feature names, one sample a row
  .npy, .npz    NumPy arrays whose first dimension counts the samples

--context binds the proof to its use (an account, a nonce, a purpose): a verifier that asks
for a context accepts no proof made for another. Without it the context is zero, and the proof
says nothing about where it may be used.

A model compiled with --commit hides that input behind a salted commitment. The salts are
drawn fresh and saved with --save-salts; whoever holds them and the input can show later what
was committed to.

A model compiled with --member shows neither that input nor its commitment: it proves that the
commitment is in a tree, and shows the tree's root and a nullifier. --membership names the file
that `assay member path` writes, JSON with these fields, each element 64 hexadecimal digits:
  secret    the holder's; whoever has it proves as the holder
  salt      of the commitment, from the issuer
  position  of the leaf
  siblings  on its path to the root, the lowest first
  scope     what the nullifier is for: 32 bytes of the consumer, such as an account's address
Each row has its own. A path leads to some root whatever the input is: compare the root that is
printed with the tree's. With another input, salt or secret than the leaf's it is another.

With --rows or --all, the folder gets one file a row, row-N.proof, beside it row-N.salts.json
where the model commits. All rows are checked before the first proof; each file is written
whole, so an interrupted run can be started again.

A proof of another statement is not replaced without --force.

--decision prints on which side of the model's threshold the score lies, or which class has the
largest, and whether the float model certainly decides the same. The proof is made either way;
--json has it always, as .decisions: jq -e '.decisions[].decided[].certain' fails on a decision
that is not certain. What is certain rests on the model file, not on the proof; see
docs/decisions.md.

  $ assay prove --zkey circuit.zkey --wtns witness.wtns --proof proof.json --public public.json
proves for any circom circuit with a key of snarkjs; `snarkjs groth16 verify` takes the result.";

/// Arguments that mean nothing beside --zkey.
const MODEL_ONLY: [&str; 15] = [
    "model",
    "weights",
    "key",
    "input",
    "row",
    "rows",
    "all",
    "output_dir",
    "context",
    "salts",
    "save_salts",
    "membership",
    "decision",
    "output",
    "witness",
];

/// Arguments of one proof, which mean nothing beside --output-dir.
const ONE_ONLY: [&str; 6] = ["row", "salts", "save_salts", "membership", "output", "witness"];

/// Prove what the model decides for an input, or for many.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLE)]
pub struct Args {
    /// Compiled model, from `assay compile`
    #[arg(long, value_name = "MODEL.assay", required_unless_present = "zkey")]
    pub(super) model: Option<PathBuf>,
    /// Weights of the model, where it was compiled with --weights committed: a secret
    #[arg(long, value_name = "FILE.weights")]
    pub(super) weights: Option<PathBuf>,
    /// Proving key, from `assay setup`
    #[arg(long, value_name = "MODEL.pk", required_unless_present = "zkey")]
    pub(super) key: Option<PathBuf>,
    /// Inputs in the model's own units: JSON, CSV, .npy or .npz; - for standard input
    #[arg(long, value_name = "FILE", required_unless_present = "zkey")]
    pub(super) input: Option<PathBuf>,
    /// Row of the inputs, counted from 1
    #[arg(long, value_name = "N")]
    pub(super) row: Option<usize>,
    /// Rows of the inputs, such as 1-100,205: one proof each
    #[arg(long, value_name = "ROWS", requires = "output_dir", conflicts_with = "all")]
    pub(super) rows: Option<Ranges>,
    /// Every row of the inputs: one proof each
    #[arg(long, requires = "output_dir")]
    pub(super) all: bool,
    /// Folder for the proofs of many rows; made where it is missing
    #[arg(long, value_name = "DIR", conflicts_with_all = ONE_ONLY)]
    pub(super) output_dir: Option<PathBuf>,
    /// Context of the statement: 32 bytes in hexadecimal [default: zeros]
    #[arg(long, value_name = "HEX", value_parser = bytes32)]
    pub(super) context: Option<[u8; 32]>,
    /// Use the salts in this file for committed inputs, instead of fresh ones
    #[arg(long, value_name = "FILE", conflicts_with = "save_salts")]
    pub(super) salts: Option<PathBuf>,
    /// Save the fresh salts of committed inputs here, readable by the owner only
    #[arg(long, value_name = "FILE")]
    pub(super) save_salts: Option<PathBuf>,
    /// What shows that the member input is in its tree, from `assay member path`: a secret
    #[arg(long, value_name = "FILE.json")]
    pub(super) membership: Option<PathBuf>,
    /// Print what is decided, and whether the float model certainly decides the same; refused for a model without decisions
    #[arg(long)]
    pub(super) decision: bool,
    /// Where the proof goes, - for standard output [default: the model's name with the ending .proof]
    #[arg(short, long, value_name = "FILE.proof")]
    pub(super) output: Option<PathBuf>,
    /// Also write the witness, readable by the owner only: it holds every value of the computation
    #[arg(long, value_name = "FILE.wtns")]
    pub(super) witness: Option<PathBuf>,
    /// Prove with a key of snarkjs instead: any circom circuit
    #[arg(long, value_name = "FILE.zkey", requires = "wtns", conflicts_with_all = MODEL_ONLY)]
    pub(super) zkey: Option<PathBuf>,
    /// Witness for --zkey
    #[arg(long, value_name = "FILE.wtns", requires = "zkey")]
    pub(super) wtns: Option<PathBuf>,
    /// Where the proof for --zkey goes [default: proof.json]
    #[arg(long, value_name = "FILE.json", requires = "zkey")]
    pub(super) proof: Option<PathBuf>,
    /// Where the public signals for --zkey go [default: public.json]
    #[arg(long, value_name = "FILE.json", requires = "zkey")]
    pub(super) public: Option<PathBuf>,
    /// Replace files that this command would not make again, such as the proof of another row
    #[arg(long)]
    pub(super) force: bool,
}

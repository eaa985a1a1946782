//! What the seeds of several readers are made from.

use ark_bn254::Fr;
use assay_circuits::layers::{dense, function, requantize};
use assay_circuits::{
    Assignment, BuildError, Builder, Circuit, Ranges, StatementInput, StatementOutput, Visibility, Witness,
};
use assay_interface::artifact::{self, Kind};

/// Circuits without a commitment, and with one.
pub(super) const FORMS: [Ranges; 2] = [Ranges::Bits, Ranges::Lookup];

/// A dense layer and a function by table, one public and one committed input.
pub(super) fn small_circuit(ranges: Ranges) -> Circuit {
    let build = || -> Result<Circuit, BuildError> {
        let mut b = Builder::with_ranges(ranges);
        let x = b.input("x", 3, 8)?;
        let y = b.input("y", 1, 8)?;
        let both: Vec<_> = x.iter().chain(&y).cloned().collect();
        let weights = dense::Weights { rows: 2, cols: 4, w: vec![3, -5, 2, 1, -1, 4, -2, 7] };
        let sums = dense::constrain(&mut b, &both, &weights, &[100, -20])?;
        let sums = requantize::constrain(&mut b, &sums, requantize::Requantize::signed(6, 4))?;
        let squares = function::FunctionTable::new(-8, (-8..8).map(|x| x * x).collect())?;
        let out = function::constrain(&mut b, &sums, &squares)?;
        let inputs = [
            StatementInput { values: &x, bits: 8, visibility: Visibility::Public },
            StatementInput { values: &y, bits: 8, visibility: Visibility::Committed },
        ];
        b.bind_statement(7u64.into(), &inputs, &[StatementOutput { values: &out, bits: 8 }])?;
        b.finish()
    };
    build().expect("the small circuit is sound")
}

/// An input that is a member of a tree, and nothing else.
pub(super) fn member_circuit() -> Circuit {
    let build = || -> Result<Circuit, BuildError> {
        let mut b = Builder::new();
        let x = b.input("x", 2, 8)?;
        let inputs = [StatementInput { values: &x, bits: 8, visibility: Visibility::Member { depth: 2 } }];
        b.bind_statement(7u64.into(), &inputs, &[StatementOutput { values: &x, bits: 8 }])?;
        b.finish()
    };
    build().expect("the member's circuit is sound")
}

/// A neuron whose weights the circuit does not hold; with lookups, the proof of their ranges.
pub(super) fn weights_circuit(ranges: Ranges) -> Circuit {
    let build = || -> Result<Circuit, BuildError> {
        let mut b = Builder::with_ranges(ranges);
        let weights = b.weights(&[("w", 2, 8), ("bias", 1, 12)])?;
        if ranges == Ranges::Lookup {
            weights.concat().iter().try_for_each(|weight| b.prove_weight(weight))?;
            b.bind_statement(7u64.into(), &[], &[])?;
            return b.finish();
        }
        let x = b.input("x", 2, 8)?;
        let bias = b.copy_weight(&weights[1][0])?;
        let y = [b.weighted_sum(&weights[0], &x, &bias)?];
        let inputs = [StatementInput { values: &x, bits: 8, visibility: Visibility::Public }];
        b.bind_statement(7u64.into(), &inputs, &[StatementOutput { values: &y, bits: 18 }])?;
        b.finish()
    };
    build().expect("the circuit of weights is sound")
}

/// A witness of a small circuit.
pub(super) fn small_witness(circuit: &Circuit) -> Witness {
    let assignment = Assignment {
        inputs: vec![vec![1, -2, 3], vec![4]],
        context: [7; 32],
        salts: vec![Fr::from(9u64)],
        member: None,
        ..Assignment::default()
    };
    circuit.solve(&assignment).expect("the inputs are in range")
}

/// `bytes` as a file, and as the payload of a sound one: the checksum would hide the payload's reader from mutants.
/// The parent is the payload's first 32 bytes, as keys want it.
pub(super) fn as_file_and_payload(kind: Kind, bytes: &[u8]) -> [Vec<u8>; 2] {
    let parent = bytes.first_chunk::<32>().copied().unwrap_or_default();
    [bytes.to_vec(), artifact::encode(kind, parent, bytes)]
}

pub(super) fn file_and_payload(file: Vec<u8>) -> Vec<Vec<u8>> {
    let payload = file.get(artifact::HEADER_LEN..).unwrap_or_default().to_vec();
    vec![file, payload]
}

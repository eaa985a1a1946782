//! Compute units of the verifier program, in an in-process runtime.

use anyhow::{Context, bail};
use assay_circuits::{Assignment, Witness};
use assay_verifier_host::{self as verifier, Registration};
use assay_compiler::CompiledModel;
use assay_groth16::{Proof, ProvingKey, scalar};
use assay_interface::groth16::SetupKind;
use assay_interface::schema::Visibility;
use assay_interface::statement::{Statement, TensorValue, commit, pack};
use assay_localnet::Localnet;
use solana_signer::Signer;

/// Registers the key, has the program verify the proof, and returns what `verify` consumed, alone in its transaction.
/// An error says what is in the way: programs that are not built, a statement too long for a transaction.
pub fn compute_units(
    model: &CompiledModel,
    key: &ProvingKey,
    proof: &Proof,
    assignment: &Assignment,
    witness: &Witness,
) -> anyhow::Result<u64> {
    let mut net = Localnet::new()?;
    let mut salts = assignment.salts.iter();
    let mut values = Vec::new();
    for (tensor, input) in model.schema.inputs().iter().zip(&assignment.inputs) {
        values.push(match tensor.visibility {
            Visibility::Public => TensorValue::Values(input),
            Visibility::Committed => {
                let salt = salts.next().context("a salt is missing")?;
                TensorValue::Commitment(commit(scalar(*salt), &pack(input, tensor.bits)?)?)
            }
        });
    }
    let outputs: Vec<&[i64]> = witness.outputs().iter().map(Vec::as_slice).collect();
    let statement = Statement::new(&model.schema, assignment.context, &values, &outputs)?;

    let authority = net.fund();
    let registration = Registration {
        authority: authority.pubkey(),
        payer: authority.pubkey(),
        key: &key.verifying_key().to_interface(),
        schema: &model.schema,
        setup: SetupKind::Development,
        transcript_hash: [0; 32],
        timelock: 0,
    };
    let address = registration.model();
    let register = registration.instruction()?;
    let activate = verifier::activate(authority.pubkey(), address);
    let verify = verifier::verify(address, &proof.to_interface(), statement.context, &statement.limbs);
    let payer = net.payer().insecure_clone();
    for (name, setup) in [("register", register), ("activate", activate)] {
        if let Some(refusal) = net.send(&[setup], &[&authority]).refusal {
            bail!("{name} was refused: {refusal}");
        }
    }
    let outcome = net.send(&[verify], &[&payer]);
    match outcome.refusal {
        None => Ok(outcome.compute_units),
        Some(refusal) => bail!("verify was refused: {refusal}"),
    }
}

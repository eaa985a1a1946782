//! Compute units of the verifier program, in an in-process runtime.

use anyhow::bail;
use assay::{Decision, Model, VerifyingKey};
use assay_localnet::Localnet;
use assay_verifier_host::{self as verifier, Registration};
use solana_signer::Signer;

/// Registers the key, has the program verify the decision, and returns what `verify` consumed, alone in its transaction.
/// An error says what is in the way: programs that are not built, a statement too long for a transaction.
pub fn compute_units(model: &Model, key: &VerifyingKey, decision: &Decision) -> anyhow::Result<u64> {
    let mut net = Localnet::new(&[verifier::IDENTITY])?;
    let authority = net.fund();
    let key = key.to_interface();
    let registration = Registration::development(authority.pubkey(), &key, model.schema());
    let address = registration.model();
    let register = registration.instruction()?;
    let activate = verifier::activate(authority.pubkey(), address);
    let statement = &decision.statement;
    let verify =
        verifier::verify(address, &decision.proof.to_interface(), statement.context, &statement.limbs);
    let payer = net.payer().insecure_clone();
    for (name, setup) in [("register", register), ("activate", activate)] {
        if let Some(refusal) = net.send(&[setup], &[&authority]).refusal {
            bail!("{name} was refused: {refusal}");
        }
        net.advance(registration.timelock);
    }
    let outcome = net.send(&[verify], &[&payer]);
    match outcome.refusal {
        None => Ok(outcome.compute_units),
        Some(refusal) => bail!("verify was refused: {refusal}"),
    }
}

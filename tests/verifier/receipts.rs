//! Consumers that record, as bytecode: a receipt that is there already neither stops an action nor makes it happen twice.

use assay_verifier_host::{self as verifier, Attestors, Receipt, receipt_address};
use solana_address::Address;
use solana_signer::Signer;

use crate::examples::{ANCHOR, Example, Gate, NATIVE, Opening};
use crate::support::{Echo, Proven, fixed_key, refused};

/// A proof for the gate's next opening.
fn next(gate: &Gate, opened: u64) -> (Proven, Opening) {
    let expires_at = gate.world.net.now() + 60;
    let proven = gate.echo.prove(3, gate.context(opened, expires_at));
    let opening = gate.bring(&proven, expires_at);
    (proven, opening)
}

/// How an example opens its gate and leaves a receipt.
type OpenWithReceipt = fn(&Opening, Address) -> solana_instruction::Instruction;

fn recording() -> [(Gate, OpenWithReceipt); 2] {
    let gate =
        |example: &'static Example| (Gate::of(example, Echo::shared()), example.open_with_receipt.unwrap());
    [gate(&ANCHOR), gate(&NATIVE)]
}

#[test]
fn an_opening_leaves_a_receipt() {
    for (mut gate, open) in recording() {
        let (proven, opening) = next(&gate, 0);
        let receipt = receipt_address(&gate.world.model, &proven.digest);
        gate.world.stranger_sends(open(&opening, receipt)).expect_ok();
        let written: Receipt = gate.world.net.read(&receipt).unwrap().unwrap();
        assert_eq!((written.payer, written.context), (gate.visitor(), proven.context));
        assert_eq!(gate.world.state().accepted, 1);
    }
}

/// A thief saw the transaction and recorded its statement first. The action succeeds, with the proof or without; and it
/// happens once, since the gate counts for itself.
#[test]
fn a_receipt_of_somebody_elses_neither_stops_nor_repeats_an_opening() {
    for brings_proof in [Some(()), None] {
        for (mut gate, open) in recording() {
            let (proven, mut opening) = next(&gate, 0);
            let thief = gate.world.authority.pubkey();
            let Proven { proof, context, limbs, digest } = &proven;
            let record = verifier::record(thief, gate.world.model, proof, *context, limbs, digest);
            gate.world.authority_sends(record).expect_ok();
            if brings_proof.is_none() {
                opening.proof.clear();
            }
            let receipt = receipt_address(&gate.world.model, digest);
            gate.world.stranger_sends(open(&opening, receipt)).expect_ok();
            assert_eq!((gate.opened(), gate.world.state().accepted), (1, 1));

            // The receipt is still there, and opens nothing: the next context is another.
            refused(&gate.world.stranger_sends(open(&opening, receipt)), "WrongAddress");
            let (after, _) = next(&gate, 1);
            let fresh = receipt_address(&gate.world.model, &after.digest);
            let error = if brings_proof.is_none() { "ReceiptMissing" } else { "ProofInvalid" };
            refused(&gate.world.stranger_sends(open(&opening, fresh)), error);
            assert_eq!(gate.opened(), 1);
        }
    }
}

#[test]
fn a_receipt_says_nothing_of_time_or_of_the_output() {
    for (mut gate, open) in recording() {
        let (proven, mut opening) = next(&gate, 0);
        let receipt = receipt_address(&gate.world.model, &proven.digest);
        gate.world.record(&proven).expect_ok();
        opening.proof.clear();
        let mut other_output = opening.clone();
        other_output.limbs[1] = other_output.limbs[0];
        other_output.limbs[1][31] ^= 1;
        refused(&gate.world.stranger_sends(open(&other_output, receipt)), "WrongAddress");
        gate.world.net.advance(61);
        refused(&gate.world.stranger_sends(open(&opening, receipt)), "Custom(8001)");
    }
}

#[test]
fn a_stopped_model_opens_nothing_whatever_was_recorded() {
    for (mut gate, open) in recording() {
        let (proven, mut opening) = next(&gate, 0);
        let receipt = receipt_address(&gate.world.model, &proven.digest);
        gate.world.record(&proven).expect_ok();
        opening.proof.clear();
        gate.world.sends_as_authority(verifier::suspend).expect_ok();
        refused(&gate.world.stranger_sends(open(&opening, receipt)), "ModelSuspended");
    }
}

/// A gate that takes up no model unless nobody can stop it and two of three attested it.
#[test]
fn a_strict_gate_wants_an_immutable_attested_model() {
    use assay_example_anchor::{Terms, accounts, instruction};

    let mut gate = Gate::of(&ANCHOR, Echo::shared());
    let committee = crate::attest::Committee::two_of_three(&mut gate.world);
    let (model, set) = (gate.world.model, committee.set);
    let payer = gate.world.authority.pubkey();
    let create = |gate: &mut Gate, seed: u8, set: Address, trusted: Address, attestation: Address| {
        let key = fixed_key(seed);
        let domain = gate.echo.schema.domain().to_be_bytes();
        let terms = Terms { model, domain, threshold: 0, setups: 3 };
        let accounts = accounts::CreateStrict {
            payer,
            gate: key.pubkey(),
            model,
            set,
            attestation,
            system_program: Address::default(),
        };
        let create = instruction::CreateStrict { terms, attestor_set: trusted }.to_instruction(accounts);
        gate.world.net.send(&[create], &[&gate.world.authority, &key])
    };
    let attestation = verifier::attestation_address(&set, &model);
    refused(&create(&mut gate, 30, set, set, attestation), "MutableModel");
    gate.world.sends_as_authority(verifier::renounce_authority).expect_ok();
    refused(&create(&mut gate, 30, set, set, attestation), "NotAttested");
    committee.attest(&mut gate.world, 0, model).expect_ok();
    refused(&create(&mut gate, 30, set, set, attestation), "NotAttested");

    // A set of the thief's own, in the place of the one that is trusted, and its attestation.
    let thief = gate.world.stranger.pubkey();
    let own = Attestors::new(1, &[thief]);
    gate.world.stranger_sends(own.create(thief)).expect_ok();
    gate.world.stranger_sends(verifier::attest(thief, thief, own.address(), model)).expect_ok();
    let of_own = verifier::attestation_address(&own.address(), &model);
    refused(&create(&mut gate, 30, own.address(), set, of_own), "NotAttested");
    refused(&create(&mut gate, 30, set, set, of_own), "NotAttested");
    refused(&create(&mut gate, 30, set, set, model), "NotAttested");

    committee.attest(&mut gate.world, 1, model).expect_ok();
    create(&mut gate, 30, set, set, attestation).expect_ok();
    // The same bytes in accounts of another program.
    let mut forged = gate.world.net.account(&attestation).unwrap();
    forged.owner = assay_example_anchor::ID;
    gate.world.net.set_account(attestation, forged);
    refused(&create(&mut gate, 31, set, set, attestation), "NotAttested");
}

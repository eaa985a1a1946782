//! A consumer that acts on a batch, as bytecode: `open_together` of `examples/anchor` opens its gate once for each proof, for the
//! statements that it computed itself and no others.

use assay_example_anchor::{accounts, instruction};
use assay_localnet::{deploy_directory, read_program};
use solana_instruction::Instruction;
use solana_signer::Signer;

use crate::batch::one_batch;
use crate::examples::{ANCHOR, Gate};
use crate::support::{Echo, Proven, refused};

const LIFETIME: i64 = 60;

/// Proofs that the model maps each value to itself, for the next openings of a gate by its visitor.
fn proofs(gate: &Gate, values: &[i64], expires_at: i64) -> Vec<Proven> {
    let first = gate.opened();
    let prove = |(opened, value): (u64, &i64)| gate.echo.prove(*value, gate.context(opened, expires_at));
    (first..).zip(values).map(prove).collect()
}

/// The instruction of a gate's visitor.
fn together(gate: &Gate, expires_at: i64, batch: &[u8], values: &[i64]) -> Instruction {
    let claims: Vec<[i64; 2]> = values.iter().map(|value| [*value, *value]).collect();
    let arguments =
        instruction::OpenTogether { expires_at, batch: batch.to_vec().into(), claims: claims.into() };
    arguments.to_instruction(accounts::Open {
        visitor: gate.visitor(),
        gate: gate.address,
        model: gate.world.model,
        verifier: assay_verifier::ID,
    })
}

/// A gate, until when its visitor's proofs are good, and an honest batch of three for it.
fn three(echo: &'static Echo) -> (Gate, i64, Vec<u8>) {
    let gate = Gate::of(&ANCHOR, echo);
    let expires_at = gate.world.net.now() + LIFETIME;
    let batch = one_batch(echo, &proofs(&gate, &[3, 4, 5], expires_at));
    (gate, expires_at, batch.bytes)
}

#[test]
fn a_batch_opens_a_gate_once_for_each_of_its_proofs() {
    for echo in Echo::of_each_form() {
        let (mut gate, expires_at, batch) = three(echo);
        let open = together(&gate, expires_at, &batch, &[3, 4, 5]);
        gate.world.stranger_sends_v1(open.clone()).expect_ok();
        assert_eq!(gate.opened(), 3);
        // Every opening had a nonce of its own, so none comes again.
        refused(&gate.world.stranger_sends_v1(open), "WrongStatements");
        let next = one_batch(echo, &proofs(&gate, &[6], expires_at));
        let open = together(&gate, expires_at, &next.bytes, &[6]);
        gate.world.stranger_sends_v1(open).expect_ok();
        assert_eq!(gate.opened(), 4);
    }
}

#[test]
fn a_batch_opens_for_the_gates_own_statements_only() {
    let (mut gate, expires_at, batch) = three(Echo::shared());
    for claims in [&[3, 4][..], &[3, 4, 5, 6], &[4, 3, 5], &[3, 4, 6], &[]] {
        let open = together(&gate, expires_at, &batch, claims);
        refused(&gate.world.stranger_sends_v1(open), "WrongStatements");
    }
    let mut by_thief = together(&gate, expires_at, &batch, &[3, 4, 5]);
    by_thief.accounts[0].pubkey = gate.world.authority.pubkey();
    refused(&gate.world.authority_sends(by_thief), "WrongStatements");
    let later = together(&gate, expires_at + 1, &batch, &[3, 4, 5]);
    refused(&gate.world.stranger_sends_v1(later), "WrongStatements");
    // All about one opening: the second of them is for an opening that is over when the first is through.
    let context = gate.context(0, expires_at);
    let same: Vec<Proven> = [3, 4].map(|value| gate.echo.prove(value, context)).to_vec();
    let same = one_batch(gate.echo, &same);
    let open = together(&gate, expires_at, &same.bytes, &[3, 4]);
    refused(&gate.world.stranger_sends_v1(open), "WrongStatements");
    assert_eq!(gate.opened(), 0);
}

#[test]
fn a_batch_with_a_spoiled_proof_opens_nothing() {
    let (mut gate, expires_at, mut batch) = three(Echo::shared());
    let last = batch.len() - 1;
    batch[last] ^= 1; // an output that no proof has
    let open = together(&gate, expires_at, &batch, &[3, 4, 5]);
    refused(&gate.world.stranger_sends_v1(open), "ProofInvalid");
    assert_eq!(gate.opened(), 0);
}

#[test]
fn the_rule_holds_for_every_output_of_a_batch() {
    let mut gate = Gate::with(&ANCHOR, Echo::shared(), |terms| terms.threshold = 4);
    let expires_at = gate.world.net.now() + LIFETIME;
    let values = [4, 5, 3];
    let batch = one_batch(gate.echo, &proofs(&gate, &values, expires_at));
    let open = together(&gate, expires_at, &batch.bytes, &values);
    refused(&gate.world.stranger_sends_v1(open.clone()), "Custom(8002)");
    assert_eq!(gate.opened(), 0);
    gate.world.net.advance(LIFETIME + 1);
    refused(&gate.world.stranger_sends_v1(open), "Custom(8001)");
}

/// The accomplice says of any batch that it is proven. In the verifier's account it is not asked; were it at the verifier's
/// address, it would be believed.
#[test]
fn nobody_else_answers_for_a_batch() {
    let (mut gate, expires_at, mut batch) = three(Echo::shared());
    batch[40] ^= 1; // in C: nothing is proven
    let accomplice = read_program(&deploy_directory(), "assay_accomplice").unwrap();
    gate.world.net.deploy_bytes(assay_accomplice::ID, "assay_accomplice", &accomplice).unwrap();
    let mut open = together(&gate, expires_at, &batch, &[3, 4, 5]);
    open.accounts[3].pubkey = assay_accomplice::ID;
    refused(&gate.world.stranger_sends_v1(open.clone()), "MissingAccount");
    open.accounts[3].pubkey = assay_verifier::ID;
    assert!(!gate.world.stranger_sends_v1(open.clone()).is_ok());
    gate.world.net.deploy_bytes(assay_verifier::ID, "assay_accomplice", &accomplice).unwrap();
    gate.world.stranger_sends_v1(open).expect_ok();
}

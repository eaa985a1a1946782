//! What a batch costs against its number of proofs, and how many fit a transaction.

use assay_interface::groth16::Form;
use assay_interface::groth16::batch::Layout;
use assay_localnet::{MAX_TRANSACTION_SIZE, MAX_TRANSACTION_SIZE_V1};
use assay_tests::ledger::Cost;
use assay_verifier_host::batch::{Purpose, Version};
use assay_verifier_host::{self as verifier};
use solana_signer::Signer;

use super::{COMPUTE_LIMIT, one_batch, proofs};
use crate::support::{Echo, World};

/// Most compute units of a further proof.
const MOST_PLAIN: u64 = 22_000;
const MOST_COMMITTED: u64 = 27_000;

/// Proofs of the batches that are measured, and their rows: the last is what a transaction of version 1 carries.
const PLAIN: [(usize, &str); 5] = [
    (1, "verify_batch (1 plain)"),
    (2, "verify_batch"),
    (3, "verify_batch (3 plain)"),
    (8, "verify_batch (8 plain)"),
    (13, "verify_batch (13 plain)"),
];
const COMMITTED: [(usize, &str); 5] = [
    (1, "verify_batch (1 committed)"),
    (2, "verify_batch (2 committed)"),
    (3, "verify_batch (3 committed)"),
    (8, "verify_batch (8 committed)"),
    (10, "verify_batch (10 committed)"),
];

fn layout(echo: &Echo) -> Layout {
    Layout { form: echo.key.form(), limbs: echo.schema.input_limbs() + echo.schema.output_limbs() }
}

fn verify(world: &mut World, echo: &Echo, count: usize) -> Cost {
    let batch = one_batch(echo, &proofs(echo, count));
    let outcome = world.verify_batch(&batch.bytes).expect_ok();
    Cost { compute_units: outcome.compute_units, transaction_bytes: outcome.size }
}

/// Rows of the ledger; and the promise for each further proof.
pub fn rows() -> Vec<(&'static str, Cost)> {
    let mut rows = vec![];
    let forms = [
        (Echo::shared(), PLAIN, MOST_PLAIN, "record_batch"),
        (Echo::committed(), COMMITTED, MOST_COMMITTED, "record_batch (2 committed)"),
    ];
    for (echo, counts, most, record) in forms {
        let mut world = World::active_with(echo);
        let costs = counts.map(|(count, _)| verify(&mut world, echo, count));
        for (counts, costs) in counts.windows(2).zip(costs.windows(2)) {
            let further =
                (costs[1].compute_units - costs[0].compute_units) / (counts[1].0 - counts[0].0) as u64;
            assert!(further <= most, "{further} compute units a further {} proof", echo.key.form());
        }
        rows.extend(counts.iter().zip(costs).map(|((_, row), cost)| (*row, cost)));
        let batch = one_batch(echo, &proofs(echo, 2));
        let outcome = world.record_batch(&batch.bytes, &batch.digests).expect_ok();
        rows.push((record, Cost { compute_units: outcome.compute_units, transaction_bytes: outcome.size }));
    }
    rows
}

/// What `Version::most_proofs` says fits, in bytes that were sent.
#[test]
fn a_transaction_carries_as_many_proofs_as_predicted() {
    let expected = [
        (Form::Plain, Version::Zero, Purpose::Verify, 3),
        (Form::Committed, Version::Zero, Purpose::Verify, 2),
        (Form::Plain, Version::One, Purpose::Verify, 13),
        (Form::Committed, Version::One, Purpose::Verify, 10),
        (Form::Plain, Version::One, Purpose::Record, 11),
        (Form::Committed, Version::One, Purpose::Record, 9),
    ];
    for (form, version, purpose, most) in expected {
        let echo = if form == Form::Plain { Echo::shared() } else { Echo::committed() };
        let layout = layout(echo);
        assert_eq!(version.most_proofs(layout, purpose), most, "{form} {version:?} {purpose:?}");
        let mut world = World::active_with(echo);
        let batch = one_batch(echo, &proofs(echo, most));
        let instruction = match purpose {
            Purpose::Verify => verifier::verify_batch(world.model, &batch.bytes),
            Purpose::Record => {
                verifier::record_batch(world.stranger.pubkey(), world.model, &batch.bytes, &batch.digests)
            }
        };
        let (outcome, limit) = match version {
            Version::Zero => {
                use assay_host::compute_budget::{limit, price};
                let instructions = [limit(COMPUTE_LIMIT), price(1_000), instruction];
                (world.net.send(&instructions, &[&world.stranger]), MAX_TRANSACTION_SIZE)
            }
            Version::One => (world.stranger_sends_v1(instruction), MAX_TRANSACTION_SIZE_V1),
        };
        let size = outcome.expect_ok().size;
        assert!(size <= limit, "{size}");
        // The tests send legacy messages, two bytes shorter than those of version 0.
        let shorter = if version == Version::Zero { 2 } else { 0 };
        assert_eq!(
            size + shorter,
            version.transaction_len(layout, purpose, most),
            "{form} {version:?} {purpose:?}"
        );
    }
}

//! What a batch through a buffer costs, and how many proofs one transaction checks.

use assay_interface::groth16::batch::Layout;
use assay_localnet::{MAX_TRANSACTION_SIZE, Outcome};
use assay_tests::ledger::Cost;
use assay_verifier_host::batch::{PreparedBatch, Purpose};
use assay_verifier_host::buffer::{MAX_RECORDED, close_buffer, most_proofs};
use solana_signer::Signer;

use super::NONCE;
use crate::batch::{one_batch, proofs};
use crate::support::{Echo, World};

/// Most compute units of a further proof.
const MOST_PLAIN: u64 = 21_000;
const MOST_COMMITTED: u64 = 26_000;

/// Proofs of the buffers that are measured, and their rows: the last is what a transaction checks.
const PLAIN: [(usize, &str); 3] =
    [(20, "verify_buffer"), (40, "verify_buffer (40 plain)"), (64, "verify_buffer (64 plain)")];
const COMMITTED: [(usize, &str); 3] = [
    (20, "verify_buffer (20 committed)"),
    (40, "verify_buffer (40 committed)"),
    (52, "verify_buffer (52 committed)"),
];

fn layout(echo: &Echo) -> Layout {
    Layout { form: echo.key.form(), limbs: echo.schema.input_limbs() + echo.schema.output_limbs() }
}

fn cost(outcome: Outcome) -> Cost {
    let outcome = outcome.expect_ok();
    assert!(outcome.size <= MAX_TRANSACTION_SIZE, "{} bytes", outcome.size);
    Cost { compute_units: outcome.compute_units, transaction_bytes: outcome.size }
}

/// What writing, checking and closing costs; of the writes the first two.
fn costs(world: &mut World, batch: &PreparedBatch, purpose: Purpose) -> (Vec<Cost>, Cost, Cost) {
    let way = world.through_buffer(batch, purpose);
    let writes: Vec<Cost> =
        way.writes.into_iter().map(|write| cost(world.stranger_sends_limited(write))).collect();
    let check = cost(world.stranger_sends_limited(way.check));
    let close = cost(world.stranger_sends_limited(way.close));
    (writes, check, close)
}

/// Rows of the ledger; and the promise for each further proof.
pub fn rows() -> Vec<(&'static str, Cost)> {
    let mut rows = vec![];
    let forms = [
        (Echo::shared(), PLAIN, MOST_PLAIN, "record_buffer"),
        (Echo::committed(), COMMITTED, MOST_COMMITTED, "record_buffer (27 committed)"),
    ];
    for (echo, counts, most, record) in forms {
        let mut world = World::active_with(echo);
        let mut checks = vec![];
        for (count, row) in counts {
            let batch = one_batch(echo, &proofs(echo, count));
            let (writes, check, close) = costs(&mut world, &batch, Purpose::Verify);
            if row == "verify_buffer" {
                rows.extend([("write_buffer (first)", writes[0]), ("write_buffer", writes[1])]);
                rows.push(("close_buffer", close));
            }
            checks.push(check.compute_units);
            rows.push((row, check));
        }
        for (counts, checks) in counts.windows(2).zip(checks.windows(2)) {
            let further = (checks[1] - checks[0]) / (counts[1].0 - counts[0].0) as u64;
            assert!(further <= most, "{further} compute units a further {} proof", echo.key.form());
        }
        let batch = one_batch(echo, &proofs(echo, MAX_RECORDED));
        let (_, check, _) = costs(&mut world, &batch, Purpose::Record);
        rows.push((record, check));
    }
    rows
}

/// What `most_proofs` says goes through: the rows above are of that many. Two committed proofs more are too many; one more
/// leaves too little to rely on.
#[test]
fn a_transaction_checks_as_many_proofs_as_predicted() {
    for (echo, counts) in [(Echo::shared(), PLAIN), (Echo::committed(), COMMITTED)] {
        let [.., (most, _)] = counts;
        assert_eq!(most_proofs(layout(echo), Purpose::Verify), most);
        assert_eq!(most_proofs(layout(echo), Purpose::Record), MAX_RECORDED);
        let mut world = World::active_with(echo);
        let batch = one_batch(echo, &proofs(echo, most));
        costs(&mut world, &batch, Purpose::Verify);
    }
    let mut world = World::active_with(Echo::committed());
    let batch = one_batch(Echo::committed(), &proofs(Echo::committed(), 54));
    world.fill_buffer(&batch);
    let check = world.through_buffer(&batch, Purpose::Verify).check;
    assert!(!world.stranger_sends_limited(check).is_ok());
}

/// Pieces and receipts fill a transaction of version 0, which is two bytes longer than the tests' legacy messages.
#[test]
fn pieces_and_receipts_fill_a_transaction() {
    let echo = Echo::shared();
    let mut world = World::active();
    let batch = one_batch(echo, &proofs(echo, MAX_RECORDED));
    let (writes, check, _) = costs(&mut world, &batch, Purpose::Record);
    let [first, .., _] = &writes[..] else { panic!("one piece") };
    assert_eq!(first.transaction_bytes + 2, MAX_TRANSACTION_SIZE);
    let another = 33;
    let size = check.transaction_bytes + 2;
    assert!(size <= MAX_TRANSACTION_SIZE && size + another > MAX_TRANSACTION_SIZE, "{size}");
    assert!(!world.stranger_sends(close_buffer(world.stranger.pubkey(), NONCE)).is_ok(), "closed above");
}

/// For statements of other lengths the prediction falls, and is never none.
#[test]
fn longer_statements_make_shorter_batches() {
    let most = |limbs| most_proofs(Layout { limbs, ..layout(Echo::shared()) }, Purpose::Verify);
    let of = [1, 2, 9, 10, 20, 96].map(most);
    assert!(of.is_sorted_by(|more, fewer| more >= fewer) && of[5] > 8, "{of:?}");
}

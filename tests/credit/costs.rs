//! What each instruction costs, against the ledger and against what was promised.

use assay_credit::state::TIMELOCK_SECONDS;
use assay_credit_host::ALL;
use assay_host::compute_budget;
use assay_localnet::{MAX_TRANSACTION_SIZE, Outcome};
use assay_tests::ledger::{self, Cost};
use solana_instruction::Instruction;

use crate::support::{DAY, EPOCH, GRACE, Person, Proven, TERM, UNIT, World};

/// Most compute units of an instruction with a proof, and of any other.
const MAX_PROVEN: u64 = 125_000;
const MAX_OTHER: u64 = 45_000;

fn cost(outcome: Outcome) -> Cost {
    let outcome = outcome.expect_ok();
    Cost { compute_units: outcome.compute_units, transaction_bytes: outcome.size }
}

/// Every live transaction of this size states its limit.
fn limited(world: &mut World, instruction: Instruction) -> Cost {
    cost(world.net.send(&[compute_budget::limit(200_000), instruction], &[&world.borrower.key]))
}

/// The instructions of an issuer.
fn issuer(measured: &mut Vec<(&'static str, Cost)>) {
    let mut world = World::empty();
    let create = world.issuer.create(world.issuer_guardian.address());
    measured.push(("create_issuer", cost(world.authority_sends(create))));
    measured.push(("create_tree", cost(world.create_tree(EPOCH))));
    world.append(EPOCH, [1; 32]).expect_ok();
    measured.push(("append_leaf", cost(world.append(EPOCH, [2; 32]))));
    measured.push(("stop_issuer", cost(world.stop_issuer())));
    let start = world.issuer.start(Some(world.issuer_guardian.address()));
    let signers = [&world.authority.key, &world.issuer_guardian.key];
    measured.push(("start_issuer", cost(world.net.send(&[start], &signers))));
    world.net.advance(40 * DAY);
    let close = world.issuer.close_tree(EPOCH, world.authority.address());
    measured.push(("close_tree", cost(world.stranger_sends(close))));
}

/// The instructions of suppliers and borrowers.
fn lending(measured: &mut Vec<(&'static str, Cost)>) {
    let mut world = World::issued();
    let create = world.create_pool();
    measured.push(("create_pool", cost(world.admin_sends(create))));
    measured.push(("supply", cost(world.supply(10_000 * UNIT))));
    let person = Person::new(0, 3, EPOCH);
    world.attest(&[Person::new(1, 2, EPOCH), person]);
    let proven = world.prove(&person);
    let mut received =
        World { net: world.net.clone(), followers: world.followers.clone(), ..World::issued() };
    let record = received.recording(&person, &proven);
    received.stranger_sends(record).expect_ok();
    let empty = received.opening(&Proven { proof: Vec::new(), ..proven });
    let open = world.opening(&world.prove(&person));
    measured.push(("open_line_by_proof", limited(&mut world, open)));
    measured.push(("open_line_by_proof (receipt)", limited(&mut received, empty)));
    measured.push(("draw", cost(world.draw(1_000 * UNIT))));
    let person = world.next_epoch(2);
    let renew = world.renewal(&world.prove(&person));
    measured.push(("renew_by_proof", limited(&mut world, renew)));
    measured.push(("repay", cost(world.repay(400 * UNIT))));
    let due = world.line().due;
    world.net.set_time(due + GRACE);
    measured.push(("mark_default", cost(world.mark_default())));
    world.net.advance(30 * DAY);
    measured.push(("write_off", cost(world.write_off())));
    world.repay(ALL).expect_ok();
    measured.push(("withdraw_supply", cost(world.withdraw(ALL))));
    let close = world.keys.close_deposit(world.supplier.address());
    measured.push(("close_deposit", cost(world.supplier_sends(close))));
    let admin = world.admin.address();
    let close = world.keys.close_pool(admin, admin, world.admin.tokens);
    measured.push(("close_pool", cost(world.admin_sends(close))));
}

/// The instructions of admin and guardian.
fn government(measured: &mut Vec<(&'static str, Cost)>) {
    let mut world = World::drawn(3, 1_000 * UNIT);
    world.net.advance(TERM / 2);
    world.repay(ALL).expect_ok();
    let (admin, mut next) = (world.admin.address(), world.terms);
    next.debt_cap *= 2;
    let propose = world.keys.propose_terms(admin, next);
    measured.push(("propose_terms", cost(world.admin_sends(propose.clone()))));
    let cancel = world.keys.cancel_proposal(admin);
    measured.push(("cancel_proposal", cost(world.admin_sends(cancel))));
    world.admin_sends(propose).expect_ok();
    world.net.advance(TIMELOCK_SECONDS as i64);
    let apply = world.keys.apply_terms(admin, &world.taken_up());
    measured.push(("apply_terms", cost(world.admin_sends(apply))));
    let propose = world.keys.propose_withdrawal(admin, UNIT);
    measured.push(("propose_withdrawal", cost(world.admin_sends(propose))));
    world.net.advance(TIMELOCK_SECONDS as i64);
    let withdraw = world.keys.withdraw_reserves(admin, world.admin.tokens);
    measured.push(("withdraw_reserves", cost(world.admin_sends(withdraw))));
    measured.push(("set_pause", cost(world.pause(1))));
    let lower = world.keys.lower_pause(admin, Some(world.guardian.address()), 0);
    let signers = [&world.admin.key, &world.guardian.key];
    measured.push(("lower_pause", cost(world.net.send(&[lower], &signers))));
    let renounce = world.keys.renounce_admin(admin);
    measured.push(("renounce_admin", cost(world.admin_sends(renounce))));
}

#[test]
pub fn every_instruction_costs_what_the_ledger_says() {
    let mut measured = Vec::new();
    issuer(&mut measured);
    lending(&mut measured);
    government(&mut measured);
    for (name, cost) in &measured {
        let most = if name.ends_with("by_proof") { MAX_PROVEN } else { MAX_OTHER };
        let fits = cost.compute_units <= most && cost.transaction_bytes <= MAX_TRANSACTION_SIZE;
        assert!(fits, "{name} {cost:?}");
    }
    if let Err(differences) = ledger::check("credit", &measured) {
        panic!("{differences}");
    }
}

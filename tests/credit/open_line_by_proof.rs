//! `open_line_by_proof`: a tier, from a leaf that is the borrower's, for one line a person and pool.

use assay_credit::state::Standing;
use assay_credit_host::{IssuerKeys, PoolKeys};
use assay_interface::field::Scalar;

use crate::support::{DAY, EPOCH, IN_FORCE, Person, Proven, UNIT, World, refused, with_account};
use assay_credit_interface::epoch::starts_at;

/// A pool with cash, an issuer that attested the borrower as of tier 3.
fn ready() -> (World, Person) {
    let mut world = World::supplied(10_000);
    let person = Person::new(0, 3, EPOCH);
    world.attest(&[Person::new(1, 1, EPOCH), person, Person::new(2, 2, EPOCH)]);
    (world, person)
}

#[test]
fn the_line_holds_the_tier_and_nothing_else_of_the_person() {
    let (mut world, person) = ready();
    world.open(&person).expect_ok();
    let line = world.line();
    assert_eq!((line.tier, line.epoch, line.owner), (3, EPOCH, world.borrower.address()));
    assert_eq!((line.pool, line.issuer), (world.keys.pool, world.issuer.issuer));
    assert_eq!((line.debt_shares, line.owed, line.due, line.defaults), (0, 0, 0, 0));
    assert_eq!(line.standing(world.net.now()), Ok(Standing::Active));
    assert_ne!(world.pool().decision_chain, [0; 32]);
    line.invariant(&world.pool()).unwrap();
}

#[test]
fn a_second_line_has_the_same_address() {
    let (mut world, person) = ready();
    world.open(&person).expect_ok();
    refused(&world.open(&person), "LineExists");
    // Another leaf of the same secret, and another signer.
    let better = Person { values: [3, 0, 0, 0], ..person };
    world.attest(&[better]);
    let proven = world.prove_for(&better, EPOCH, world.stranger.address(), world.keys);
    let again = world.opening(&proven);
    refused(&world.stranger_sends(again), "LineExists");
    // In the next epoch it is the same one.
    let person = world.next_epoch(3);
    refused(&world.open(&person), "LineExists");
}

#[test]
fn lamports_at_the_lines_address_block_nobody() {
    let (mut world, person) = ready();
    let line = world.line_address();
    world.net.airdrop(&line, 1);
    world.open(&person).expect_ok();
}

#[test]
fn a_copied_proof_opens_nothing_for_another_signer() {
    let (mut world, person) = ready();
    let mut proven = world.prove(&person);
    proven.proving.borrower = world.stranger.address();
    let stolen = world.opening(&proven);
    assert!(!world.stranger_sends(stolen).is_ok());
    // With the receipt of what the thief would have to prove.
    let honest = world.prove_for(&person, EPOCH, world.stranger.address(), world.keys);
    proven.proving.receipt = honest.proving.receipt;
    let stolen = world.opening(&proven);
    refused(&world.stranger_sends(stolen), "ProofInvalid");
}

#[test]
fn no_other_tier_than_the_proven_one() {
    let (mut world, _) = ready();
    let poor = Person::new(1, 1, EPOCH);
    let rich = Person { values: [3, 1, -2, 3], ..poor };
    world.attest(&[rich]);
    // The statement of tier 3 for this nullifier has its own receipt; the proof is of tier 1.
    let (proven, claimed) = (world.prove(&poor), world.prove(&rich));
    let claimed = Proven { proof: proven.proof, root: proven.root, ..claimed };
    let open = world.opening(&claimed);
    assert!(!world.borrower_sends(open).is_ok());
}

#[test]
fn no_tier_beyond_the_pools() {
    let (mut world, person) = ready();
    for tier in [4, 5, 128, 255] {
        let proven = Proven { tier, ..world.prove(&person) };
        let open = world.opening(&proven);
        refused(&world.borrower_sends(open), "TierOutOfRange");
    }
}

#[test]
fn another_pools_proof_opens_nothing() {
    let (mut world, person) = ready();
    let other = PoolKeys::derive(&world.admin.address(), 8, world.keys.mint);
    let proven = world.prove_for(&person, EPOCH, world.borrower.address(), other);
    // Its nullifier is another one, so is its line here; the statement names the other pool.
    let line = world.keys.line(&proven.nullifier);
    assert_ne!(line, world.line_address());
    let mut proven = proven;
    proven.proving.line = line;
    let open = world.opening(&proven);
    assert!(!world.borrower_sends(open).is_ok());
}

#[test]
fn the_last_64_roots_count() {
    let (mut world, person) = ready();
    let proven = world.prove(&person);
    for number in 1..=63 {
        let mut leaf = [0; 32];
        leaf[31] = number;
        world.append(EPOCH, leaf).expect_ok();
    }
    let mut late = world.net.clone();
    let open = world.opening(&proven);
    world.append(EPOCH, [1; 32]).expect_ok();
    refused(&world.borrower_sends(open.clone()), "StaleRoot");
    late.send(&[open], &[&world.borrower.key]).expect_ok();
}

#[test]
fn roots_that_never_were_count_nothing() {
    let (mut world, person) = ready();
    let proven = world.prove(&person);
    for root in [[0; 32], [1; 32], Scalar::ZERO.to_be_bytes()] {
        let open = world.opening(&Proven { root, proof: proven.proof.clone(), ..proven });
        refused(&world.borrower_sends(open), "StaleRoot");
    }
}

#[test]
fn the_former_epochs_tree_counts_for_three_days() {
    let (mut world, person) = ready();
    let proven = world.prove(&person);
    let open = world.opening(&proven);
    world.net.set_time(starts_at(EPOCH) + IN_FORCE);
    let mut late = world.net.clone();
    world.borrower_sends(open.clone()).expect_ok();
    late.advance(1);
    refused(&late.send(&[open], &[&world.borrower.key]), "WrongEpoch");
    // And the line lapses with the tree.
    world.net.advance(1);
    refused(&world.draw(UNIT), "LineLapsed");
}

#[test]
fn a_tree_that_is_made_ahead_does_not_count_yet() {
    let (mut world, _) = ready();
    world.create_tree(EPOCH + 1).expect_ok();
    let person = Person::new(0, 3, EPOCH + 1);
    world.attest_in(EPOCH + 1, &[person]);
    refused(&world.open(&person), "WrongEpoch");
}

#[test]
fn only_the_pools_issuer_model_and_verifier() {
    let (mut world, person) = ready();
    let open = world.opening(&world.prove(&person));
    let other = IssuerKeys::derive(&world.stranger.address());
    world.stranger_sends(other.create(world.guardian.address())).expect_ok();
    world.stranger_sends(other.create_tree(EPOCH)).expect_ok();
    // Accounts: borrower, pool, line, issuer, tree, model, receipt, verifier, system program.
    refused(&world.borrower_sends(with_account(open.clone(), 4, other.tree(EPOCH))), "WrongTree");
    let both = with_account(with_account(open.clone(), 3, other.issuer), 4, other.tree(EPOCH));
    refused(&world.borrower_sends(both), "WrongIssuer");
    refused(&world.borrower_sends(with_account(open.clone(), 5, world.keys.mint)), "WrongModel");
    refused(&world.borrower_sends(with_account(open.clone(), 7, world.keys.mint)), "WrongVerifier");
    refused(&world.borrower_sends(with_account(open, 2, world.keys.line(&[7; 32]))), "WrongAddress");
}

#[test]
fn a_receipt_makes_the_proof_unnecessary_and_not_impossible() {
    let (mut world, person) = ready();
    let proven = world.prove(&person);
    let empty = world.opening(&Proven { proof: Vec::new(), ..proven });
    assert!(!world.borrower_sends(empty.clone()).is_ok());
    let proven = world.prove(&person);
    let record = world.recording(&person, &proven);
    world.stranger_sends(record).expect_ok();
    let mut with_proof = world.net.clone();
    let open = world.opening(&proven);
    with_proof.send(&[open], &[&world.borrower.key]).expect_ok();
    world.borrower_sends(empty).expect_ok();
}

#[test]
fn nothing_opens_in_a_paused_pool() {
    let (mut world, person) = ready();
    let open = world.opening(&world.prove(&person));
    world.pause(1).expect_ok();
    refused(&world.borrower_sends(open.clone()), "Paused");
    let lower = world.keys.lower_pause(world.admin.address(), None, 0);
    world.net.advance(DAY);
    world.admin_sends(lower).expect_ok();
    world.borrower_sends(open).expect_ok();
}

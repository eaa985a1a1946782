//! Attacks over several instructions: what waits in a pool for others, what a loan of one transaction buys, who keeps a pool
//! from being made safer.

use anchor_lang::Id;
use anchor_lang::programs::Token;
use assay_credit::state::{TIGHTENING_SECONDS, TIMELOCK_SECONDS};
use assay_credit_host::{ALL, PoolKeys, TakenUp};
use assay_verifier_host::{self as verifier, MIN_TIMELOCK, Registration};
use solana_address::Address;
use solana_instruction::{AccountMeta, Instruction};

use crate::support::{Actor, DAY, EPOCH, MODEL, Person, UNIT, World, refused};

/// Registers the circuit under a stranger: another model, which stands for one whose key nobody can forge for.
fn another_model(world: &mut World) -> Address {
    let registration = Registration::development(world.stranger.address(), &MODEL.key, &MODEL.schema);
    world.stranger_sends(registration.instruction().unwrap()).expect_ok();
    world.net.advance(MIN_TIMELOCK);
    let model = registration.model();
    world.stranger_sends(verifier::activate(world.stranger.address(), model)).expect_ok();
    model
}

/// The token program's transfer, signed by who owns `from`.
fn transfer(from: &Actor, to: &Actor, amount: u64) -> Instruction {
    let mut data = vec![3];
    data.extend(amount.to_le_bytes());
    let accounts = vec![
        AccountMeta::new(from.tokens, false),
        AccountMeta::new(to.tokens, false),
        AccountMeta::new_readonly(from.address(), true),
    ];
    Instruction { program_id: Token::id(), accounts, data }
}

/// A pool without suppliers, on a model whose maker forges: every tier is his to give. He opens lines, and puts a sound model
/// in its place before anybody comes.
#[test]
fn lines_of_a_model_that_was_replaced_are_worth_nothing() {
    for by_closing in [true, false] {
        let mut world = World::new();
        let person = Person::new(0, 3, EPOCH);
        world.attest(&[person]);
        world.open(&person).expect_ok();

        world.terms.model = another_model(&mut world).to_bytes();
        let admin = world.admin.address();
        if by_closing {
            let close = world.keys.close_pool(admin, admin, world.admin.tokens);
            world.admin_sends(close).expect_ok();
            let create = world.create_pool();
            world.admin_sends(create).expect_ok();
        } else {
            let propose = world.keys.propose_terms(admin, world.terms);
            world.admin_sends(propose).expect_ok();
            world.net.advance(TIMELOCK_SECONDS as i64);
            let apply = world.keys.apply_terms(admin, &world.taken_up());
            world.admin_sends(apply).expect_ok();
        }
        world.supply(10_000 * UNIT).expect_ok();
        refused(&world.draw(UNIT), "WrongModel");

        // The same person, judged by the model that counts: within the same epoch, once.
        world.model = Address::new_from_array(world.terms.model);
        world.renew(&person).expect_ok();
        world.draw(2_000 * UNIT).expect_ok();
        refused(&world.renew(&person), "NoLaterEpoch");
    }
}

/// A debt that cannot be paid is repaid and drawn anew in one transaction, by a loan that ends with it.
#[test]
fn a_loan_of_one_transaction_moves_no_due_date() {
    let mut world = World::drawn(3, 1_000 * UNIT);
    let spent = transfer(&world.borrower, &world.admin, world.net.token_balance(&world.borrower.tokens));
    world.borrower_sends(spent).expect_ok();
    let person = world.next_epoch(3);
    world.renew(&person).expect_ok();
    let person = world.next_epoch(3);
    world.renew(&person).expect_ok();
    world.net.set_time(world.line().due + DAY);

    let (owed, due) = (world.debt() + UNIT, world.line().due);
    let (line, tokens) = (world.line_address(), world.borrower.tokens);
    let rolled = [
        transfer(&world.stranger, &world.borrower, owed),
        world.keys.repay(world.borrower.address(), line, tokens, ALL),
        world.drawing(owed),
        transfer(&world.borrower, &world.stranger, owed),
    ];
    refused(&world.net.send(&rolled, &[&world.stranger.key, &world.borrower.key]), "JustRepaid");
    assert_eq!(world.line().due, due);

    // Who lends for longer than a transaction takes the risk from the pool.
    world.net.send(&rolled[..2], &[&world.stranger.key, &world.borrower.key]).expect_ok();
    refused(&world.draw(owed), "JustRepaid");
    world.net.advance(1);
    world.draw(owed).expect_ok();
}

/// The model's authority retires it and closes its account: the pool's admin can still lower its limits within an hour.
#[test]
fn a_model_that_is_gone_keeps_no_pool_from_being_made_safer() {
    let mut world = World::empty();
    world.model = another_model(&mut world);
    world.terms.model = world.model.to_bytes();
    let issuer = world.issuer.create(world.issuer_guardian.address());
    world.authority_sends(issuer).expect_ok();
    let create = world.create_pool();
    world.admin_sends(create).expect_ok();

    let (stranger, model) = (world.stranger.address(), world.model);
    world.stranger_sends(verifier::retire(stranger, model)).expect_ok();
    world.net.advance(60 * DAY);
    world.stranger_sends(verifier::close_model(stranger, stranger, model)).expect_ok();

    let admin = world.admin.address();
    let mut safer = world.terms;
    safer.tiers.iter_mut().for_each(|tier| tier.limit = tier.limit.min(UNIT));
    let propose = world.keys.propose_terms(admin, safer);
    world.admin_sends(propose).expect_ok();
    world.net.advance(TIGHTENING_SECONDS as i64);
    let other = TakenUp { model: world.keys.mint, ..world.taken_up() };
    refused(&world.admin_sends(world.keys.apply_terms(admin, &other)), "WrongModel");
    let apply = world.keys.apply_terms(admin, &world.taken_up());
    world.admin_sends(apply).expect_ok();
    assert_eq!(world.pool().terms.tiers, safer.tiers);

    // Whoever names it anew, after whatever wait, is refused.
    world.keys = PoolKeys::derive(&admin, 8, world.keys.mint);
    let create = world.create_pool();
    refused(&world.admin_sends(create), "NotAModel");
}

use assay_interface::groth16::SetupKind;
use assay_interface::groth16::batch::Whole;
use assay_interface::verifier::{digests_hash, error_place};
use assay_verifier_host::batch::{Purpose, Target, prepare};
use assay_verifier_host::buffer::{most_proofs, verify_buffer, write_buffer};
use assay_verifier_host::{self as verifier, VerifiedBatch};
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{RngCore, SeedableRng};
use solana_address::Address;
use solana_signer::Signer;

use crate::batch::{digests, one_batch, proofs, statements};
use crate::buffer::NONCE;
use crate::support::{Echo, World, refused};

#[test]
fn the_answer_is_that_of_the_batch() {
    for echo in Echo::of_each_form() {
        let mut world = World::active_with(echo);
        let before = world.net.account(&world.model);
        for count in [1, 3, 9] {
            let proofs = proofs(echo, count);
            let batch = one_batch(echo, &proofs);
            let buffer = world.fill_buffer(&batch);
            let held = world.net.account(&buffer);
            let verify = verify_buffer(world.model, buffer);
            let outcome = world.stranger_sends_limited(verify).expect_ok();
            let answer = VerifiedBatch {
                model: world.model.to_bytes(),
                setup: SetupKind::Development,
                count: count as u16,
                digests_hash: digests_hash(&digests(&proofs)),
            };
            assert_eq!(VerifiedBatch::decode(&outcome.return_data), Ok(answer));
            assert_eq!(world.verify_batch(&batch.bytes).return_data, outcome.return_data);
            assert_eq!(world.net.account(&buffer), held);
        }
        assert_eq!(world.net.account(&world.model), before, "verify_buffer leaves no trace");
    }
}

/// What a sender does who has many proofs, one of them bad: all transactions, in their order.
#[test]
fn proofs_are_cut_into_buffers_and_the_bad_are_named() {
    let echo = Echo::shared();
    let mut world = World::active();
    let payer = world.stranger.pubkey();
    let mut given = proofs(echo, 70);
    given[33].proof = echo.prove(100, [0xee; 32]).proof;
    let statements = statements(&echo.schema, &given);
    let whole: Vec<Whole<'_>> = given
        .iter()
        .zip(&statements)
        .map(|(proven, statement)| Whole { proof: proven.proof.as_ref(), statement })
        .collect();
    let state = world.state();
    let target = Target::of(&state).unwrap();
    let most = most_proofs(target.layout(), Purpose::Verify);
    let prepared = prepare(&target, &whole, most).unwrap();
    assert_eq!(prepared.refused.iter().map(|(place, _)| *place).collect::<Vec<_>>(), [33]);
    let sizes: Vec<usize> = prepared.batches.iter().map(|batch| batch.places.len()).collect();
    assert_eq!(sizes, [35, 34]);
    let start = world.lamports(&payer);
    let mut sent = 0;
    for (nonce, batch) in (0..).zip(&prepared.batches) {
        let way = batch.through_buffer(payer, nonce, world.model, Purpose::Verify);
        for write in way.writes {
            world.stranger_sends_limited(write).expect_ok();
            sent += 1;
        }
        let outcome = world.stranger_sends_limited(way.check).expect_ok();
        let answer = VerifiedBatch::decode(&outcome.return_data).unwrap();
        assert_eq!(usize::from(answer.count), batch.places.len());
        assert_eq!(answer.digests_hash, digests_hash(&batch.digests));
        world.stranger_sends_limited(way.close).expect_ok();
        sent += 2;
    }
    assert!(start - world.lamports(&payer) < sent * 10_000, "all but fees returns");
}

/// Whose the buffer is does not matter to the answer, and its owner rewrites it at will: the answer is about what it holds then.
#[test]
fn anybody_verifies_what_the_buffer_holds_now() {
    let echo = Echo::shared();
    let mut world = World::active();
    let (one, other) = (proofs(echo, 3), proofs(echo, 6)[3..].to_vec());
    let (first, second) = (one_batch(echo, &one), one_batch(echo, &other));
    let buffer = world.fill_buffer(&first);
    let verify = verify_buffer(world.model, buffer);
    let by_other = |world: &mut World| {
        let limit = assay_host::compute_budget::limit(1_400_000);
        world.net.send(&[limit, verify.clone()], &[&world.authority])
    };
    let hash = |outcome: assay_localnet::Outcome| {
        VerifiedBatch::decode(&outcome.expect_ok().return_data).unwrap().digests_hash
    };
    assert_eq!(hash(by_other(&mut world)), digests_hash(&first.digests));
    // Half rewritten: neither batch.
    let half = write_buffer(world.stranger.pubkey(), NONCE, 0, &second.bytes[..400]);
    world.stranger_sends(half).expect_ok();
    refused(&by_other(&mut world), "ProofInvalid");
    assert_eq!(world.fill_buffer(&second), buffer);
    assert_eq!(hash(by_other(&mut world)), digests_hash(&second.digests));
}

#[test]
fn its_length_is_the_batchs() {
    let echo = Echo::shared();
    let mut world = World::active();
    let payer = world.stranger.pubkey();
    let buffer = world.buffer();
    let verify = verify_buffer(world.model, buffer);
    world.stranger_sends(write_buffer(payer, NONCE, 0, &[])).expect_ok();
    refused(&world.stranger_sends_limited(verify.clone()), "BatchLength");
    let batch = one_batch(echo, &proofs(echo, 3));
    for (length, error) in [(1, "BatchLength"), (64, "BatchLength"), (batch.bytes.len() - 1, "BatchLength")] {
        world.stranger_sends(write_buffer(payer, NONCE, 0, &batch.bytes[..length])).expect_ok();
        refused(&world.stranger_sends_limited(verify.clone()), error);
    }
    world.fill_buffer(&batch);
    world.stranger_sends_limited(verify.clone()).expect_ok();
    for (count, error) in [(0, "BatchCount"), (2, "BatchLength"), (4, "BatchLength"), (65, "BatchCount")] {
        world.stranger_sends(write_buffer(payer, NONCE, 0, &[count])).expect_ok();
        refused(&world.stranger_sends_limited(verify.clone()), error);
    }
    world.stranger_sends(write_buffer(payer, NONCE, 0, &[3])).expect_ok();
    let end = u32::try_from(batch.bytes.len()).unwrap();
    world.stranger_sends(write_buffer(payer, NONCE, end, &[0])).expect_ok();
    refused(&world.stranger_sends_limited(verify), "BatchLength");
}

/// Altered buffers of each form.
const ALTERED: usize = 200;

/// No byte of the batch can be another, and a fault that has a place names it.
#[test]
fn any_altered_byte_is_refused() {
    let mut random = ChaCha8Rng::seed_from_u64(1);
    for echo in Echo::of_each_form() {
        let mut world = World::active_with(echo);
        let batch = one_batch(echo, &proofs(echo, 12));
        let buffer = world.fill_buffer(&batch);
        let honest = world.net.account(&buffer).unwrap();
        let verify = verify_buffer(world.model, buffer);
        for _ in 0..ALTERED {
            let at = random.next_u32() as usize % batch.bytes.len();
            let mut account = honest.clone();
            account.data[verifier::Buffer::START + at] ^= 1 << (random.next_u32() % 8);
            world.net.set_account(buffer, account);
            let refusal = world.stranger_sends_limited(verify.clone()).refusal.expect("it was altered");
            assert!(
                refusal.code.is_some_and(|code| (6000..6090).contains(&error_place(code).0)),
                "{refusal}"
            );
        }
        let mut account = honest.clone();
        let member = echo_member(echo);
        let start = verifier::Buffer::START + batch.bytes.len() - member;
        account.data[start..start + 64].fill(0);
        world.net.set_account(buffer, account);
        let outcome = world.stranger_sends_limited(verify);
        refused(&outcome, "ProofIdentity");
        let place = outcome.refusal.as_ref().and_then(|refusal| error_place(refusal.code?).1);
        assert_eq!(place, Some(11));
    }
}

/// Bytes of a member.
fn echo_member(echo: &Echo) -> usize {
    let limbs = echo.schema.input_limbs() + echo.schema.output_limbs();
    assay_interface::groth16::batch::Layout { form: echo.key.form(), limbs }.member_len()
}

#[test]
fn model_and_buffer_are_what_they_must_be() {
    let echo = Echo::shared();
    let mut world = World::active();
    let batch = one_batch(echo, &proofs(echo, 2));
    let buffer = world.fill_buffer(&batch);
    let verify = verify_buffer(world.model, buffer);
    for (place, other, error) in [(0, buffer, "AccountDataTooSmall"), (1, world.model, "InvalidAccountData")]
    {
        let mut swapped = verify.clone();
        swapped.accounts[place].pubkey = other;
        refused(&world.stranger_sends_limited(swapped), error);
    }
    let honest = world.net.account(&buffer).unwrap();
    let mut foreign = honest.clone();
    foreign.owner = Address::new_from_array([7; 32]);
    world.net.set_account(buffer, foreign);
    refused(&world.stranger_sends_limited(verify.clone()), "IllegalOwner");
    let mut later = honest.clone();
    later.data[8 + 40] = 2;
    world.net.set_account(buffer, later);
    refused(&world.stranger_sends_limited(verify.clone()), "NotABuffer");
    world.net.set_account(buffer, honest);

    let rival = World::active_with(echo.rival());
    let mut of_rival = verify.clone();
    of_rival.accounts[0].pubkey = rival.model;
    world.net.set_account(rival.model, rival.net.account(&rival.model).unwrap());
    refused(&world.stranger_sends_limited(of_rival), "ProofInvalid");
    let suspend = verifier::suspend(world.authority.pubkey(), world.model);
    world.authority_sends(suspend).expect_ok();
    refused(&world.stranger_sends_limited(verify), "ModelSuspended");
}

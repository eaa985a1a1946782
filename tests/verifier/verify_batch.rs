use assay_interface::field::Scalar;
use assay_interface::groth16::{Proof, SetupKind, VerifyError};
use assay_interface::verifier::{digests_hash, error_place};
use assay_localnet::Outcome;
use assay_verifier_host::batch::Fault;
use assay_verifier_host::{self as verifier, VerifiedBatch};
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{RngCore, SeedableRng};
use solana_address::Address;
use solana_signer::Signer;

use crate::batch::{digests, one_batch, prepared, proofs, statements};
use crate::support::{Echo, Proven, World, refused};

#[test]
fn the_answer_names_model_setup_count_and_digests() {
    for echo in Echo::of_each_form() {
        let mut world = World::active_with(echo);
        let before = world.net.account(&world.model);
        for count in [1, 2, 3] {
            let proofs = proofs(echo, count);
            let batch = one_batch(echo, &proofs);
            assert_eq!(batch.digests, digests(&proofs));
            let outcome = world.verify_batch(&batch.bytes).expect_ok();
            let answer = VerifiedBatch {
                model: world.model.to_bytes(),
                setup: SetupKind::Development,
                count: count as u16,
                digests_hash: digests_hash(&batch.digests),
            };
            assert_eq!(VerifiedBatch::decode(&outcome.return_data), Ok(answer));
        }
        assert_eq!(world.net.account(&world.model), before, "verify_batch leaves no trace");
    }
}

/// The host names exactly the spoiled proofs of each subset, whichever way they are spoiled, and the rest verify.
#[test]
fn every_subset_of_spoiled_proofs_is_named_and_the_rest_verify() {
    let spoil: [fn(&mut Proven, &Proven); 4] = [
        |proven, other| proven.proof = other.proof, // of another statement
        |proven, _| proven.proof.plain_mut().c = proven.proof.plain().a_negated,
        |proven, _| proven.context[7] ^= 1,
        |proven, _| proven.proof.plain_mut().b = [0; 128],
    ];
    for echo in Echo::of_each_form() {
        let mut world = World::active_with(echo);
        let honest = proofs(echo, 4);
        let foreign = echo.prove(77, [0xee; 32]);
        for subset in 0..16_usize {
            let spoiled: Vec<usize> = (0..4).filter(|index| subset >> index & 1 == 1).collect();
            let mut given = honest.clone();
            spoiled.iter().for_each(|index| spoil[(index + subset) % 4](&mut given[*index], &foreign));
            let prepared = prepared(echo, &given, 4);
            let named: Vec<usize> = prepared.refused.iter().map(|(place, _)| *place).collect();
            assert_eq!(named, spoiled);
            let places: Vec<usize> = prepared.batches.iter().flat_map(|batch| batch.places.clone()).collect();
            assert_eq!(places, (0..4).filter(|index| !spoiled.contains(index)).collect::<Vec<_>>());
            for batch in &prepared.batches {
                world.verify_batch(&batch.bytes).expect_ok();
            }
        }
    }
}

/// What somebody sends who sums bad proofs all the same.
#[test]
fn a_batch_with_a_bad_proof_is_refused_as_a_whole() {
    for echo in Echo::of_each_form() {
        let mut world = World::active_with(echo);
        for bad in 0..3 {
            let mut given = proofs(echo, 3);
            given[bad].proof = echo.prove(100, [0xee; 32]).proof;
            let statements = statements(&echo.schema, &given);
            let whole: Vec<_> = given
                .iter()
                .zip(&statements)
                .map(|(proven, statement)| assay_interface::groth16::batch::Whole {
                    proof: proven.proof.as_ref(),
                    statement,
                })
                .collect();
            let bytes = assay_interface::groth16::batch::assemble(&echo.key, &whole).unwrap();
            refused(&world.verify_batch(&bytes), "ProofInvalid");
        }
    }
}

#[test]
fn batches_are_cut_evenly_and_refusals_have_reasons() {
    let echo = Echo::shared();
    let mut given = proofs(echo, 9);
    given[1].limbs.push(Scalar::ZERO);
    given[4].proof = Echo::committed().prove(3, [1; 32]).proof;
    let prepared = prepared(echo, &given, 4);
    let sizes: Vec<usize> = prepared.batches.iter().map(|batch| batch.places.len()).collect();
    assert_eq!(sizes, [4, 3]);
    assert!(matches!(
        &prepared.refused[..],
        [(1, Fault::LimbCount { expected: 2, given: 3 }), (4, Fault::Proof(VerifyError::Form { .. }))]
    ));
    let mut world = World::active();
    for batch in &prepared.batches {
        world.verify_batch(&batch.bytes).expect_ok();
    }
}

/// The number and the place, counted from 0, of the error of a refused batch.
fn place(outcome: &Outcome) -> Option<usize> {
    outcome.refusal.as_ref().and_then(|refusal| error_place(refusal.code?).1)
}

#[test]
fn a_fault_with_a_place_names_it() {
    for echo in Echo::of_each_form() {
        let mut world = World::active_with(echo);
        let (sums, points) = if echo.key.as_ref().form().to_byte() == 0 { (64, 192) } else { (128, 256) };
        let member = points + 32 + 2 * 32;
        let honest = one_batch(echo, &proofs(echo, 3)).bytes;
        for index in 0..3 {
            let start = 1 + sums + index * member;
            let mut changed = |change: &dyn Fn(&mut [u8])| {
                let mut bytes = honest.clone();
                change(&mut bytes[start..start + member]);
                world.verify_batch(&bytes)
            };
            type Change<'a> = &'a dyn Fn(&mut [u8]);
            let cases: [(Change<'_>, &str, Option<usize>); 6] = [
                (&|bytes| bytes[..64].fill(0), "ProofIdentity", Some(index)),
                (&|bytes| bytes[64..192].fill(0), "ProofIdentity", Some(index)),
                (&|bytes| bytes[63] ^= 1, "ProofInvalid", Some(index)),
                (&|bytes| bytes[64] |= 0x80, "ProofInvalid", Some(index)),
                (&|bytes| bytes[points + 64..points + 96].fill(0xff), "LimbNotCanonical", Some(index)),
                (&|bytes| bytes[points] ^= 1, "ProofInvalid", None),
            ];
            for (change, error, at) in cases {
                let outcome = changed(change);
                refused(&outcome, error);
                assert_eq!(place(&outcome), at, "{error}");
            }
        }
    }
}

#[test]
fn lengths_and_counts_are_the_models() {
    let echo = Echo::shared();
    let mut world = World::active();
    let honest = one_batch(echo, &proofs(echo, 2)).bytes;
    for (count, error) in
        [(0, "BatchCount"), (1, "BatchLength"), (3, "BatchLength"), (65, "BatchCount"), (255, "BatchCount")]
    {
        let mut bytes = honest.clone();
        bytes[0] = count;
        refused(&world.verify_batch(&bytes), error);
    }
    for length in [0, 1, 64, honest.len() - 1] {
        refused(&world.verify_batch(&honest[..length]), "BatchLength");
    }
    let committed = Echo::committed();
    let other_form = one_batch(committed, &proofs(committed, 2)).bytes;
    refused(&world.verify_batch(&other_form), "BatchLength");
    let rival = one_batch(echo.rival(), &proofs(echo.rival(), 2)).bytes;
    refused(&world.verify_batch(&rival), "ProofInvalid");
}

#[test]
fn the_model_is_active_and_the_programs_own() {
    let echo = Echo::shared();
    let mut world = World::active();
    let batch = one_batch(echo, &proofs(echo, 2)).bytes;
    let verify = verifier::verify_batch(world.model, &batch);
    let mut foreign = world.net.account(&world.model).unwrap();
    foreign.owner = Address::new_from_array([7; 32]);
    let address = Address::new_from_array([8; 32]);
    world.net.set_account(address, foreign);
    let mut on_foreign = verify.clone();
    on_foreign.accounts[0].pubkey = address;
    refused(&world.stranger_sends_v1(on_foreign), "IllegalOwner");
    for length in [8, 9, 12, verify.data.len() - 1] {
        let mut cut = verify.clone();
        cut.data.truncate(length);
        refused(&world.stranger_sends_v1(cut), "InvalidInstructionData");
    }
    let suspend = verifier::suspend(world.authority.pubkey(), world.model);
    world.authority_sends(suspend).expect_ok();
    refused(&world.stranger_sends_v1(verify), "ModelSuspended");
}

/// Altered batches of each form.
const ALTERED: usize = 1_500;

/// No byte of the argument can be another: never accepted, and never a crash, which the runtime would report as a failure of
/// the program and not as one of its errors.
#[test]
fn any_altered_byte_is_refused() {
    let mut random = ChaCha8Rng::seed_from_u64(1);
    for echo in Echo::of_each_form() {
        let mut world = World::active_with(echo);
        let honest = [1, 2, 3]
            .map(|count| verifier::verify_batch(world.model, &one_batch(echo, &proofs(echo, count)).bytes));
        for _ in 0..ALTERED {
            let mut verify = honest[random.next_u32() as usize % 3].clone();
            let argument = &mut verify.data[8..];
            for _ in 0..1 + random.next_u32() % 2 {
                let at = random.next_u32() as usize % argument.len();
                argument[at] ^= 1 << (random.next_u32() % 8);
            }
            if honest.contains(&verify) {
                continue; // the same bit twice
            }
            let outcome = world.stranger_sends_v1(verify);
            let refusal = outcome.refusal.expect("the batch was altered");
            let is_of_ours = refusal.code.is_some_and(|code| (6000..6090).contains(&error_place(code).0));
            assert!(is_of_ours || refusal.name == "InvalidInstructionData", "{refusal}");
        }
    }
}

#[test]
fn a_proof_of_the_other_form_is_named() {
    let echo = Echo::committed();
    let mut given = proofs(echo, 2);
    let plain = given[1].proof.plain();
    given[1].proof = Proof::Plain(*plain);
    assert!(matches!(prepared(echo, &given, 2).refused[..], [(1, Fault::Proof(VerifyError::Form { .. }))]));
}

use assay_interface::field::Scalar;
use assay_interface::groth16::{CommittedProof, Proof, SetupKind, Transcript, VerifyingKey, verify_bsb22};
use assay_tests::encoding::negated;
use assay_verifier_host::{self as verifier, Verified};
use solana_address::Address;
use solana_signer::Signer;

use crate::support::{Echo, Proven, World, refused};

const CONTEXT: [u8; 32] = [0xc7; 32];

#[test]
fn the_answer_names_model_digest_and_setup() {
    for echo in Echo::of_each_form() {
        let mut world = World::active_with(echo);
        let proven = echo.prove(-5, CONTEXT);
        let before = world.net.account(&world.model);
        let outcome = world.verify(&proven).expect_ok();
        let answer = Verified {
            model: world.model.to_bytes(),
            digest: proven.digest.to_be_bytes(),
            setup: SetupKind::Development,
        };
        assert_eq!(Verified::decode(&outcome.return_data), Ok(answer));
        assert_eq!(world.net.account(&world.model), before, "verify leaves no trace");
    }
}

#[test]
fn every_value_of_the_domain_verifies_at_its_limits() {
    let mut world = World::active();
    for value in [-128, -1, 0, 127] {
        world.verify(&Echo::shared().prove(value, CONTEXT)).expect_ok();
    }
}

#[test]
fn a_context_is_bound_in_each_of_its_bytes() {
    for echo in Echo::of_each_form() {
        let mut world = World::active_with(echo);
        let proven = echo.prove(3, CONTEXT);
        for byte in 0..32 {
            let mut context = CONTEXT;
            context[byte] ^= 1;
            refused(&world.verify(&Proven { context, ..proven.clone() }), "ProofInvalid");
        }
    }
}

#[test]
fn limbs_are_bound() {
    for echo in Echo::of_each_form() {
        let mut world = World::active_with(echo);
        let proven = echo.prove(3, CONTEXT);
        for position in 0..2 {
            let mut limbs = proven.limbs.clone();
            limbs[position] = Scalar::from(4_u64 + 128);
            refused(&world.verify(&Proven { limbs, ..proven.clone() }), "ProofInvalid");
        }
    }
}

#[test]
fn a_limb_at_the_fields_order_is_not_reduced() {
    let mut world = World::active();
    let proven = Echo::shared().prove(-128, CONTEXT);
    assert_eq!(proven.limbs[0], Scalar::ZERO);
    let mut verify = verifier::verify(world.model, &proven.proof, CONTEXT, &proven.limbs);
    let first_limb = 8 + 4 + 256 + 32 + 4;
    verify.data[first_limb..first_limb + 32].copy_from_slice(&Scalar::MODULUS); // zero, had it been reduced
    refused(&world.stranger_sends(verify.clone()), "LimbNotCanonical");
    verify.data[first_limb..first_limb + 32].copy_from_slice(&[0xff; 32]);
    refused(&world.stranger_sends(verify), "LimbNotCanonical");
}

#[test]
fn the_limb_count_is_the_models() {
    let mut world = World::active();
    let proven = Echo::shared().prove(3, CONTEXT);
    for count in [0, 1, 3, 20] {
        let limbs = proven.limbs.iter().copied().cycle().take(count).collect();
        refused(&world.verify(&Proven { limbs, ..proven.clone() }), "LimbCount");
    }
}

#[test]
fn every_point_of_a_proof_counts() {
    for echo in Echo::of_each_form() {
        let mut world = World::active_with(echo);
        let proven = echo.prove(3, CONTEXT);
        let other = echo.prove(4, CONTEXT);
        let points = [0..64, 64..192, 192..256, 256..320, 320..384];
        for range in points.into_iter().filter(|range| range.end <= proven.proof.as_bytes().len()) {
            let mut changed = |change: &dyn Fn(&mut [u8])| {
                let mut bytes = proven.proof.as_bytes().to_vec();
                change(&mut bytes[range.clone()]);
                let proof = Proof::from_slice(&bytes).unwrap();
                world.verify(&Proven { proof, ..proven.clone() })
            };
            refused(&changed(&|point| point.fill(0)), "ProofIdentity");
            refused(&changed(&|point| point[range.len() - 1] ^= 1), "ProofInvalid");
            let of_the_other = &other.proof.as_bytes()[range.clone()];
            refused(&changed(&|point| point.copy_from_slice(of_the_other)), "ProofInvalid");
        }
        refused(&world.verify(&Proven { proof: other.proof, ..proven }), "ProofInvalid");
    }
}

#[test]
fn a_proof_has_the_form_of_the_key() {
    let [plain, committed] = Echo::of_each_form().map(|echo| echo.prove(3, CONTEXT));
    let mut world = World::active();
    refused(&world.verify(&committed), "ProofForm");
    let cut = Proof::from_slice(&committed.proof.as_bytes()[..256]).unwrap();
    refused(&world.verify(&Proven { proof: cut, ..plain.clone() }), "ProofInvalid");
    let mut world = World::active_with(Echo::committed());
    refused(&world.verify(&plain), "ProofForm");
    for length in [0, 255, 257, 320, 383, 385] {
        let mut verify = verifier::verify(world.model, &committed.proof, CONTEXT, &committed.limbs);
        let mut proof = committed.proof.as_bytes().to_vec();
        proof.resize(length, 1);
        let rest = verify.data.split_off(8 + 4 + 384);
        verify.data.truncate(8);
        verify.data.extend((length as u32).to_le_bytes());
        verify.data.extend(proof);
        verify.data.extend(rest);
        refused(&world.stranger_sends(verify), "ProofLength");
    }
}

/// A proof for the verifier of `groth16-solana`, whose challenge hashes the commitment alone.
#[test]
fn a_proof_of_the_other_transcript_is_refused() {
    let mut world = World::active_with(Echo::committed());
    let proven = Echo::committed().prove_for(Transcript::Bsb22, 3, CONTEXT, 1);
    let (VerifyingKey::Committed(key), Proof::Committed(proof)) = (Echo::committed().key, proven.proof)
    else {
        unreachable!("the model has a commitment")
    };
    assert_eq!(verify_bsb22(&key, &proof, &proven.digest), Ok(()));
    refused(&world.verify(&proven), "ProofInvalid");
}

/// D and PoK belong to one another and to the rest of their proof: no part of it can come from elsewhere, not even from
/// another proof of the same statement.
#[test]
fn a_commitment_belongs_to_its_proof() {
    let echo = Echo::committed();
    let mut world = World::active_with(echo);
    let proven = echo.prove(3, CONTEXT);
    let honest = committed(&proven);
    world.verify(&proven).expect_ok();
    let sources = [
        echo.prove_blinded(3, CONTEXT, 2), // the same statement
        echo.prove(4, CONTEXT),
        echo.prove(3, [9; 32]),
        echo.prove_for(Transcript::Bsb22, 3, CONTEXT, 1),
        echo.rival().prove(3, CONTEXT),
    ]
    .map(|proven| committed(&proven));
    let mut mixed = Vec::new();
    for CommittedProof { plain, commitment, knowledge } in sources {
        mixed.extend([
            CommittedProof { commitment, ..honest },
            CommittedProof { knowledge, ..honest },
            CommittedProof { commitment, knowledge, ..honest },
            CommittedProof { plain, ..honest },
        ]);
    }
    let CommittedProof { commitment, knowledge, .. } = honest;
    let (minus_d, minus_knowledge) = (negated(&commitment), negated(&knowledge));
    mixed.extend([
        CommittedProof { commitment: knowledge, knowledge: commitment, ..honest },
        CommittedProof { knowledge: commitment, ..honest },
        CommittedProof { commitment: knowledge, ..honest },
        CommittedProof { commitment: minus_d, ..honest },
        CommittedProof { knowledge: minus_knowledge, ..honest },
        CommittedProof { commitment: minus_d, knowledge: minus_knowledge, ..honest },
    ]);
    for proof in mixed.into_iter().filter(|proof| proof.as_bytes() != honest.as_bytes()) {
        refused(&world.verify(&Proven { proof: proof.into(), ..proven.clone() }), "ProofInvalid");
    }
}

fn committed(proven: &Proven) -> CommittedProof {
    let Proof::Committed(proof) = proven.proof else { unreachable!("the model has a commitment") };
    proof
}

/// The runtime reads the highest bits of some coordinates as flags, of infinity and of a sign, and drops those of others.
#[test]
fn a_point_has_no_flags() {
    for echo in Echo::of_each_form() {
        let mut world = World::active_with(echo);
        let proven = echo.prove(3, CONTEXT);
        for coordinate in (0..proven.proof.as_bytes().len()).step_by(32) {
            for flag in [0x80, 0x40] {
                let mut bytes = proven.proof.as_bytes().to_vec();
                bytes[coordinate] |= flag;
                let proof = Proof::from_slice(&bytes).unwrap();
                refused(&world.verify(&Proven { proof, ..proven.clone() }), "ProofInvalid");
            }
        }
    }
}

#[test]
fn a_proof_of_another_model_is_refused() {
    for echo in Echo::of_each_form() {
        let mut world = World::active_with(echo);
        refused(&world.verify(&echo.rival().prove(3, CONTEXT)), "ProofInvalid");
    }
}

#[test]
fn only_active_models_verify() {
    let mut world = World::proposed();
    let (authority, model) = (world.authority.pubkey(), world.model);
    let proven = Echo::shared().prove(3, CONTEXT);
    world.net.advance(1_000_000);
    refused(&world.verify(&proven), "ModelProposed");
    world.authority_sends(verifier::activate(authority, model)).expect_ok();
    world.verify(&proven).expect_ok();
    world.authority_sends(verifier::suspend(authority, model)).expect_ok();
    refused(&world.verify(&proven), "ModelSuspended");
    world.authority_sends(verifier::retire(authority, model)).expect_ok();
    refused(&world.verify(&proven), "ModelRetired");
}

#[test]
fn a_model_is_an_account_of_this_program_and_of_this_kind() {
    let mut world = World::active();
    let proven = Echo::shared().prove(3, CONTEXT);
    let address = Address::new_from_array([8; 32]);
    let verify = verifier::verify(address, &proven.proof, CONTEXT, &proven.limbs);

    let mut foreign = world.net.account(&world.model).unwrap();
    foreign.owner = Address::new_from_array([7; 32]);
    world.net.set_account(address, foreign);
    refused(&world.stranger_sends(verify.clone()), "IllegalOwner");

    world.record(&proven).expect_ok();
    let receipt = verifier::receipt_address(&world.model, &proven.digest);
    let on_receipt = verifier::verify(receipt, &proven.proof, CONTEXT, &proven.limbs);
    refused(&world.stranger_sends(on_receipt), "AccountDataTooSmall");

    let mut truncated = world.net.account(&world.model).unwrap();
    truncated.data.pop();
    world.net.set_account(address, truncated);
    refused(&world.stranger_sends(verify.clone()), "AccountDataTooSmall");

    let nowhere = Address::new_from_array([9; 32]);
    let on_nothing = verifier::verify(nowhere, &proven.proof, CONTEXT, &proven.limbs);
    refused(&world.stranger_sends(on_nothing), "UninitializedAccount");
}

#[test]
fn truncated_instruction_data_is_refused() {
    let mut world = World::active();
    let proven = Echo::shared().prove(3, CONTEXT);
    let whole = verifier::verify(world.model, &proven.proof, CONTEXT, &proven.limbs);
    for length in [8, 9, 8 + 4 + 256, whole.data.len() - 64, whole.data.len() - 1] {
        let mut cut = whole.clone();
        cut.data.truncate(length);
        refused(&world.stranger_sends(cut), "InvalidInstructionData");
    }
    for count in [8, 8 + 4 + 256 + 32] {
        let mut huge = whole.clone();
        huge.data[count..count + 4].copy_from_slice(&u32::MAX.to_le_bytes());
        refused(&world.stranger_sends(huge), "InvalidInstructionData");
    }
}

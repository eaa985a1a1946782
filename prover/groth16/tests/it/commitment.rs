//! Circuits with a commitment: what verifies, on every verifier, and what is refused.

use crate::{common, reference};
use assay_circuits::{Circuit, Witness};
use assay_groth16::{
    Proof, ProveError, Prover, ProvingKey, SetupError, VerifyError, VerifyingKey, oracle, scalar,
    setup_development, snarkjs, verify,
};
use assay_interface::{
    field::Scalar,
    groth16::{self as interface, Form, Transcript, check_key, verify_bsb22},
};

fn keys(circuit: &Circuit, seed: u64) -> (ProvingKey, VerifyingKey) {
    setup_development(circuit, &mut common::rng(seed)).unwrap()
}

/// A proof whose challenge is this transcript's.
fn prove_for(
    transcript: Transcript,
    prover: &Prover<&Circuit>,
    witness: &Witness,
    rng: &mut rand_chacha::ChaCha20Rng,
) -> Proof {
    oracle::prove_with_challenge(prover, witness, &|k, d, digest| transcript.challenge(k, d, digest), rng)
        .unwrap()
}

/// The proof's verdict by our host verifier, by the interface's, and by the interface's for the other transcript, on which
/// the crate `groth16-solana` has to agree.
fn verdicts(key: &VerifyingKey, proof: &Proof, digest: &Scalar) -> [bool; 3] {
    let (onchain_key, onchain_proof) = (key.to_interface(), proof.to_interface());
    let bsb22 = match (&onchain_key, &onchain_proof) {
        (interface::VerifyingKey::Committed(key), interface::Proof::Committed(proof)) => {
            let verdict = verify_bsb22(key, proof, digest).is_ok();
            assert_eq!(
                verdict,
                reference::accepts_bsb22(key, proof, digest),
                "groth16-solana says otherwise"
            );
            verdict
        }
        _ => false,
    };
    let host = oracle::verify_with_challenge(key, proof, digest, &|k, d, digest| {
        Transcript::Bsb22.challenge(k, d, digest)
    });
    assert_eq!(host.is_ok(), bsb22);
    [
        verify(key, proof, digest).is_ok(),
        interface::verify(&onchain_key, &onchain_proof, digest).is_ok(),
        bsb22,
    ]
}

#[test]
fn proofs_verify_for_their_transcript_on_every_verifier() {
    let circuit = common::lookups();
    let (key, verifying_key) = keys(&circuit, 1);
    assert!(verifying_key.has_commitment());
    assert_eq!(check_key(&verifying_key.to_interface()), Ok(()));
    let prover = Prover::new(&key, &circuit).unwrap();
    for seed in 0..3 {
        let witness = common::solve(&circuit, seed);
        let digest = scalar(witness.digest());
        for (transcript, expected) in
            [(Transcript::Assay, [true, true, false]), (Transcript::Bsb22, [false, false, true])]
        {
            let proof = prove_for(transcript, &prover, &witness, &mut common::rng(seed));
            assert_eq!(verdicts(&verifying_key, &proof, &digest), expected);
            assert_eq!(proof.form(), Form::Committed);
            assert_eq!(Proof::from_interface(&proof.to_interface()), Ok(proof.clone()));
            let other = scalar(common::solve(&circuit, seed + 10).digest());
            assert_eq!(verdicts(&verifying_key, &proof, &other), [false; 3]);
        }
    }
}

#[test]
fn a_proof_of_another_key_of_the_same_circuit_is_refused() {
    let circuit = common::lookups();
    let ((key, _), (_, other)) = (keys(&circuit, 1), keys(&circuit, 2));
    let witness = common::solve(&circuit, 3);
    let proof = Prover::new(&key, &circuit).unwrap().prove(&witness, &mut common::rng(4)).unwrap();
    assert_eq!(verdicts(&other, &proof, &scalar(witness.digest())), [false; 3]);
}

#[test]
fn every_point_of_a_proof_is_bound() {
    let circuit = common::lookups();
    let (key, verifying_key) = keys(&circuit, 1);
    let prover = Prover::new(&key, &circuit).unwrap();
    let witness = common::solve(&circuit, 3);
    let digest = scalar(witness.digest());
    for transcript in [Transcript::Assay, Transcript::Bsb22] {
        let mut rng = common::rng(4);
        let mut proofs = [(); 2].map(|()| prove_for(transcript, &prover, &witness, &mut rng).to_interface());
        let [left, right] = &mut proofs;
        let (interface::Proof::Committed(left), interface::Proof::Committed(right)) = (left, right) else {
            panic!("a circuit with lookups has committed proofs")
        };
        // Two proofs of one witness share no point: blinding and mask are fresh.
        assert!(left.plain.a_negated != right.plain.a_negated && left.plain.b != right.plain.b);
        assert!(left.plain.c != right.plain.c && left.commitment != right.commitment);
        assert_ne!(left.knowledge, right.knowledge);
        // Each point in the other proof's place: valid points, and no proof.
        let mixed: [fn(&mut interface::CommittedProof, &interface::CommittedProof); 6] = [
            |to, from| to.plain.a_negated = from.plain.a_negated,
            |to, from| to.plain.b = from.plain.b,
            |to, from| to.plain.c = from.plain.c,
            |to, from| to.commitment = from.commitment,
            |to, from| to.knowledge = from.knowledge,
            |to, from| (to.commitment, to.knowledge) = (from.commitment, from.knowledge),
        ];
        for mix in mixed {
            let mut altered = *left;
            mix(&mut altered, right);
            let proof = Proof::from_interface(&altered).unwrap();
            assert_eq!(verdicts(&verifying_key, &proof, &digest), [false; 3]);
        }
    }
}

/// The interface's `bsb22` mode and the verifier of `groth16-solana` on a proof of this prover: every byte range that holds
/// a point or a coordinate, and the public input.
#[test]
fn groth16_solana_agrees_on_every_part_of_a_proof() {
    let circuit = common::lookups();
    let (key, verifying_key) = keys(&circuit, 1);
    let interface::VerifyingKey::Committed(key_bytes) = verifying_key.to_interface() else {
        panic!("a circuit with lookups has a committed key")
    };
    let prover = Prover::new(&key, &circuit).unwrap();
    let witness = common::solve(&circuit, 3);
    let digest = scalar(witness.digest());
    let mut rng = common::rng(5);
    let [honest, other] =
        [(); 2].map(|()| match prove_for(Transcript::Bsb22, &prover, &witness, &mut rng).to_interface() {
            interface::Proof::Committed(proof) => proof,
            interface::Proof::Plain(_) => panic!("a circuit with lookups has committed proofs"),
        });
    let both = |proof: &interface::CommittedProof, digest: &Scalar| {
        let ours = verify_bsb22(&key_bytes, proof, digest).is_ok();
        assert_eq!(ours, reference::accepts_bsb22(&key_bytes, proof, digest));
        ours
    };
    assert!(both(&honest, &digest) && both(&other, &digest));

    let altered = |change: &dyn Fn(&mut [u8; 384])| {
        let mut bytes = *honest.as_bytes();
        change(&mut bytes);
        both(&interface::CommittedProof::from_bytes(bytes), &digest)
    };
    for coordinate in (0..384).step_by(32) {
        assert!(!altered(&|bytes| bytes[coordinate + 31] ^= 1), "off its curve at {coordinate}");
        assert!(!altered(&|bytes| bytes[coordinate..][..32].fill(0)), "zero at {coordinate}");
        assert!(!altered(&|bytes| bytes[coordinate..][..32].fill(0xff)), "not canonical at {coordinate}");
    }
    for range in [0..64, 64..192, 192..256, 256..320, 320..384, 256..384, 0..256] {
        let from_other =
            altered(&|bytes| bytes[range.clone()].copy_from_slice(&other.as_bytes()[range.clone()]));
        assert!(!from_other, "{range:?} of another proof of the same statement");
        assert!(!altered(&|bytes| bytes[range.clone()].fill(0)), "the identity at {range:?}");
    }
    for (left, right) in [(0, 192), (192, 256), (256, 320)] {
        assert!(!altered(&|bytes| (0..64).for_each(|at| bytes.swap(left + at, right + at))));
    }

    for bit in 0..248 {
        let mut bytes = digest.to_be_bytes();
        bytes[31 - bit / 8] ^= 1 << (bit % 8);
        assert!(!both(&honest, &Scalar::from_be_bytes(bytes).unwrap()), "bit {bit} of the public input");
    }
    // The same element beyond the field's order: ours cannot be asked, the other refuses.
    let beyond = reference::plus_order(&digest);
    assert!(Scalar::from_be_bytes(beyond).is_err());
    assert!(!reference::accepts_bsb22_bytes(&key_bytes, &honest, &beyond));
}

#[test]
fn forms_do_not_stand_for_each_other() {
    let (plain, committed) = (common::small(), common::lookups());
    let ((plain_key, plain_vk), (committed_key, committed_vk)) = (keys(&plain, 1), keys(&committed, 1));
    let digest = scalar(common::solve(&plain, 3).digest());
    let proof = |key: &ProvingKey, circuit: &Circuit| {
        Prover::new(key, circuit).unwrap().prove(&common::solve(circuit, 3), &mut common::rng(4)).unwrap()
    };
    let (plain_proof, committed_proof) = (proof(&plain_key, &plain), proof(&committed_key, &committed));
    assert_eq!(
        verify(&plain_vk, &committed_proof, &digest),
        Err(VerifyError::Form { key: Form::Plain, proof: Form::Committed })
    );
    assert_eq!(
        verify(&committed_vk, &plain_proof, &digest),
        Err(VerifyError::Form { key: Form::Committed, proof: Form::Plain })
    );
    assert!(snarkjs::verifying_key_to_json(&committed_vk).is_err(), "snarkjs has no commitments");
    assert!(snarkjs::proof_to_json(&committed_proof).is_err());
}

#[test]
fn a_commitment_that_would_not_bind_or_hide_gets_no_key() {
    let circuit = common::lookups();
    let with = |change: fn(&mut Circuit)| {
        let mut circuit = circuit.clone();
        change(&mut circuit);
        setup_development(&circuit, &mut common::rng(1)).unwrap_err()
    };
    let commitment = circuit.commitment.clone().unwrap();
    let (count, mask) = (commitment.committed.len(), commitment.mask);
    fn wires(circuit: &mut Circuit) -> &mut Vec<u32> {
        &mut circuit.commitment.as_mut().unwrap().committed
    }
    // The mask is the last of them.
    let unmasked = with(|c| {
        wires(c).pop();
    });
    assert_eq!(unmasked, SetupError::Committed { index: count - 1, wire: mask });
    assert_eq!(with(|c| wires(c)[0] = 1), SetupError::Committed { index: 0, wire: 1 });
    assert_eq!(
        with(|c| wires(c).swap(0, 1)),
        SetupError::Committed { index: 1, wire: commitment.committed[0] }
    );
    let missing = with(|c| {
        wires(c).remove(0);
    });
    assert_eq!(missing, SetupError::OtherCommitment);
    assert_eq!(with(|c| c.commitment = None), SetupError::Instance { expected: 2, found: 3 });
    let challenge = with(|c| c.commitment.as_mut().unwrap().challenge = 1);
    assert_eq!(challenge, SetupError::UnboundChallenge);
    // A wire that no constraint holds: the system gets one more than it uses.
    let unbound = with(|c| {
        c.r1cs.num_witness += 1;
        let wire = c.r1cs.num_wires() as u32 - 1;
        wires(c).push(wire);
    });
    assert_eq!(unbound, SetupError::UnboundCommitted { wire: circuit.r1cs.num_wires() as u32 });
}

#[test]
fn a_wrong_witness_is_named_after_the_challenge() {
    let circuit = common::lookups();
    let (key, _) = keys(&circuit, 1);
    let prover = Prover::new(&key, &circuit).unwrap();
    let mut witness = common::solve(&circuit, 3);
    let wire = *circuit.commitment.as_ref().unwrap().committed.first().unwrap() as usize;
    witness.values[wire] += ark_bn254::Fr::from(1u64);
    let error = prover.prove(&witness, &mut common::rng(4)).unwrap_err();
    assert!(matches!(error, ProveError::Unsatisfied(_)), "{error:?}");
    witness.values.pop();
    let error = prover.prove(&witness, &mut common::rng(4)).unwrap_err();
    assert!(matches!(error, ProveError::WitnessLength { .. }), "{error:?}");
}

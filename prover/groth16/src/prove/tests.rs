use ark_ec::AffineRepr;
use assay_interface::{
    field::Scalar,
    groth16::{self as interface, Transcript},
};

use super::*;
use crate::{VerifyingKey, common, proof::verify_with, setup_development};

/// A prover that follows the protocol only as far as it likes.
struct Malicious<'a> {
    prover: Prover<&'a Circuit>,
    witness: Witness,
    commitment: CommitmentProof,
}

impl<'a> Malicious<'a> {
    /// An honest commitment to an honest first phase.
    fn new(key: &'a ProvingKey, circuit: &'a Circuit) -> Malicious<'a> {
        let prover = Prover::new(key, circuit).unwrap();
        let witness = common::solve(circuit, 3);
        let commitment = circuit.commitment.as_ref().unwrap();
        let (witness, commitment) = prover
            .commit(
                commitment,
                &witness,
                &interface::challenge,
                &mut common::rng(4),
                &mut ProveTimings::default(),
            )
            .unwrap();
        Malicious { prover, witness, commitment }
    }

    /// The challenge of `d`, as a verifier of `digest` under `key` computes it.
    fn challenge(&self, key: &VerifyingKey, d: &G1Affine, digest: &Scalar, transcript: Transcript) -> Fr {
        element(&transcript.challenge(&key.to_interface().key_hash(), &d.bytes(), digest))
    }

    /// The proof with this commitment, the witness completed with this challenge.
    fn finish(&self, commitment: CommitmentProof, challenge: Fr) -> Proof {
        let circuit = self.prover.circuit;
        let mask = self.witness.values[circuit.commitment.as_ref().unwrap().mask as usize];
        let witness = circuit.complete(self.witness.clone(), mask, challenge).unwrap();
        let (r, s) = (Fr::from(5u64), Fr::from(6u64));
        let proof = self.prover.core().prove(&witness.values, r, s, &mut ProveTimings::default()).unwrap();
        Proof { commitment: Some(commitment), ..proof }
    }
}

fn accepted(key: &VerifyingKey, proof: &Proof, digest: &Scalar, transcript: Transcript) -> bool {
    let challenge = |key: &[u8; 32], d: &[u8; 64], digest: &Scalar| transcript.challenge(key, d, digest);
    let host = verify_with(key, proof, digest, &challenge, G1Affine::default()).is_ok();
    let (interface_key, interface_proof) = (key.to_interface(), proof.to_interface());
    let onchain = match (transcript, &interface_key, &interface_proof) {
        (Transcript::Assay, key, proof) => interface::verify(key, proof, digest),
        (Transcript::Bsb22, interface::VerifyingKey::Committed(key), interface::Proof::Committed(proof)) => {
            interface::verify_bsb22(key, proof, digest)
        }
        _ => panic!("a circuit with lookups has committed keys and proofs"),
    };
    assert_eq!(host, onchain.is_ok());
    host
}

/// Without the knowledge check, `D + t IC_1` would turn the proof of a digest into one of `digest - t`.
#[test]
fn a_commitment_to_a_public_wire_is_refused() {
    let circuit = common::lookups();
    let (key, verifying_key) = setup_development(&circuit, &mut common::rng(1)).unwrap();
    let prover = Malicious::new(&key, &circuit);
    let (honest, digest) = (prover.commitment, prover.witness.digest());
    let claims = [(Fr::from(0u64), true), (Fr::from(1u64), false), (digest, false)];
    for transcript in [Transcript::Assay, Transcript::Bsb22] {
        for (t, expected) in claims {
            let d = (honest.d + verifying_key.points.ic[1] * t).into_affine();
            let claimed = scalar(digest - t);
            let challenge = prover.challenge(&verifying_key, &d, &claimed, transcript);
            // What it would take, sigma (D + t IC_1), nobody can make: sigma IC_1 is in no key.
            for (knowledge, expected) in [(honest.knowledge, expected), (d, false)] {
                let proof = prover.finish(CommitmentProof { d, knowledge }, challenge);
                assert_eq!(accepted(&verifying_key, &proof, &claimed, transcript), expected);
            }
            // The main equation alone holds for every one of these claims.
            let public = verifying_key.points.ic[0] + verifying_key.points.ic[1] * element(&claimed);
            let ic_challenge = verifying_key.points.commitment.unwrap().ic_challenge;
            let public = public + ic_challenge * challenge + d;
            let proof = prover.finish(CommitmentProof { d, knowledge: honest.knowledge }, challenge);
            assert!(crate::proof::check_product(&verifying_key.points.base, &proof, public).is_ok());
        }
    }
}

/// A private wire that is not committed has no G_j, and its L_j in D does not help.
#[test]
fn a_commitment_to_another_private_wire_is_refused() {
    let circuit = common::lookups();
    let (key, verifying_key) = setup_development(&circuit, &mut common::rng(1)).unwrap();
    let prover = Malicious::new(&key, &circuit);
    let digest = scalar(prover.witness.digest());
    let extra: G1Affine = key.l().points[0].into();
    let d = (prover.commitment.d + extra).into_affine();
    let challenge = prover.challenge(&verifying_key, &d, &digest, Transcript::Assay);
    for knowledge in [prover.commitment.knowledge, (prover.commitment.knowledge + extra).into_affine()] {
        let proof = prover.finish(CommitmentProof { d, knowledge }, challenge);
        assert!(!accepted(&verifying_key, &proof, &digest, Transcript::Assay));
    }
}

#[test]
fn knowledge_under_another_sigma_is_refused() {
    let circuit = common::lookups();
    let secrets = crate::setup::Secrets::draw(&mut common::rng(1));
    let other = crate::setup::Secrets { sigma: secrets.sigma + Fr::from(1u64), ..secrets };
    let system = crate::setup::System::of(&circuit);
    let domain = Domain::for_rows(circuit.r1cs.num_constraints() + 3).unwrap();
    let [key, other] = [secrets, other].map(|secrets| {
        crate::setup::setup_with(
            &system,
            &secrets,
            &domain,
            crate::SetupKind::Development,
            crate::Observer::none(),
        )
        .unwrap()
    });
    // The keys differ in sigma alone, so D is a commitment under both.
    let (prover, twin) = (Malicious::new(&key, &circuit), Malicious::new(&other, &circuit));
    assert_eq!(prover.commitment.d, twin.commitment.d);
    let digest = scalar(prover.witness.digest());
    let d = prover.commitment.d;
    for (knowledge, expected) in [(prover.commitment.knowledge, true), (twin.commitment.knowledge, false)] {
        let challenge = prover.challenge(key.verifying_key(), &d, &digest, Transcript::Assay);
        let proof = prover.finish(CommitmentProof { d, knowledge }, challenge);
        assert_eq!(accepted(key.verifying_key(), &proof, &digest, Transcript::Assay), expected);
    }
}

/// The challenge is the verifier's: of its key, of this commitment, of this statement.
#[test]
fn a_challenge_of_ones_own_is_refused() {
    let circuit = common::lookups();
    let (key, verifying_key) = setup_development(&circuit, &mut common::rng(1)).unwrap();
    let (_, other_key) = setup_development(&circuit, &mut common::rng(2)).unwrap();
    let prover = Malicious::new(&key, &circuit);
    let (commitment, digest) = (prover.commitment, scalar(prover.witness.digest()));
    let other_d = G1Affine::generator();
    let challenge = |key, d, digest| prover.challenge(key, d, digest, Transcript::Assay);
    for (challenge, expected) in [
        (challenge(&verifying_key, &commitment.d, &digest), true),
        (challenge(&other_key, &commitment.d, &digest), false),
        (challenge(&verifying_key, &other_d, &digest), false),
        (challenge(&verifying_key, &commitment.d, &Scalar::ZERO), false),
        (Fr::from(1u64 << 60), false),
    ] {
        let proof = prover.finish(commitment, challenge);
        assert_eq!(accepted(&verifying_key, &proof, &digest, Transcript::Assay), expected);
    }
    // The other transcript's challenge hashes D alone: the same under every key, and no Assay proof.
    let bsb22 = prover.challenge(&verifying_key, &commitment.d, &digest, Transcript::Bsb22);
    assert_eq!(bsb22, prover.challenge(&other_key, &commitment.d, &Scalar::ZERO, Transcript::Bsb22));
    let proof = prover.finish(commitment, bsb22);
    assert!(accepted(&verifying_key, &proof, &digest, Transcript::Bsb22));
    assert!(!accepted(&verifying_key, &proof, &digest, Transcript::Assay));
}

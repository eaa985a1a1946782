//! Committed proofs: both transcripts, every way to bend one, and the opinion of `groth16-solana`.

use ark_bn254::Fr;
use ark_ff::{One, PrimeField, Zero};
use assay_interface::{
    field::Scalar,
    groth16::{
        CommittedKey, CommittedProof, Form, KeyError, KeyPoint, ProofPoint, ProofRef, Transcript,
        VerifyError, check_key, verify, verify_bsb22,
    },
    sha256,
};
use proptest::prelude::*;

use super::plain::is_flag;
use super::{
    encoding::{element, outside_the_subgroup, scalar},
    reference,
    toy::{Exponents, Toy},
};

fn fixture(transcript: Transcript) -> (Toy, CommittedKey, Exponents, Scalar) {
    let toy = Toy::new(1);
    let digest = Fr::from(1234u64);
    let (key, proof) = (toy.key(), toy.prove(digest, transcript, 2));
    (toy, key, proof, scalar(digest))
}

/// The verdict on a proof of the Bsb22 transcript, on which both verifiers have to agree.
#[track_caller]
fn both(key: &CommittedKey, proof: &CommittedProof, digest: &Scalar) -> Result<(), VerifyError> {
    let ours = verify_bsb22(key, proof, digest);
    assert_eq!(ours.is_ok(), reference::accepts_bsb22(key, proof, digest), "{ours:?}");
    ours
}

#[test]
fn an_honest_proof_verifies_under_its_transcript_only() {
    let (_, key, proof, digest) = fixture(Transcript::Assay);
    assert_eq!(check_key(&key), Ok(()));
    assert_eq!(verify(&key, &proof.encode(), &digest), Ok(()));
    assert_eq!(both(&key, &proof.encode(), &digest), Err(VerifyError::Invalid));

    let (_, key, proof, digest) = fixture(Transcript::Bsb22);
    assert_eq!(both(&key, &proof.encode(), &digest), Ok(()));
    assert_eq!(verify(&key, &proof.encode(), &digest), Err(VerifyError::Invalid));
}

#[test]
fn the_challenge_is_its_formula() {
    let (_, key, proof, digest) = fixture(Transcript::Assay);
    let commitment = proof.encode().commitment;
    let challenge = Transcript::Assay.challenge(&key.key_hash(), &commitment, &digest);
    let hash =
        sha256(&[b"assay:challenge:v1\0", &sha256(&[key.as_bytes()]), &commitment, digest.as_be_bytes()]);
    assert_eq!(challenge.as_be_bytes()[0], 0);
    assert_eq!(challenge.as_be_bytes()[1..], hash[..31]);
    // Each of its parts counts; in the other transcript D alone does.
    let other = Transcript::Assay.challenge(&[1; 32], &commitment, &digest);
    assert_ne!(challenge, other);
    assert_ne!(challenge, Transcript::Assay.challenge(&key.key_hash(), &[1; 64], &digest));
    assert_ne!(challenge, Transcript::Assay.challenge(&key.key_hash(), &commitment, &Scalar::ZERO));
    let of_d = Transcript::Bsb22.challenge(&key.key_hash(), &commitment, &digest);
    assert_eq!(of_d, Transcript::Bsb22.challenge(&[1; 32], &commitment, &Scalar::ZERO));
    assert_ne!(of_d, Transcript::Bsb22.challenge(&[1; 32], &[1; 64], &Scalar::ZERO));
}

/// What can be done to a proof without knowing anything.
fn bent(toy: &Toy, honest: Exponents) -> Vec<(&'static str, Exponents)> {
    let two = Fr::from(2u64);
    let Exponents { a, b, c, d, knowledge } = honest;
    vec![
        ("A scaled", Exponents { a: a * two, ..honest }),
        ("A negated", Exponents { a: -a, ..honest }),
        ("B scaled", Exponents { b: b * two, ..honest }),
        ("C scaled", Exponents { c: c * two, ..honest }),
        ("D scaled", Exponents { d: d * two, ..honest }),
        ("PoK scaled", Exponents { knowledge: knowledge * two, ..honest }),
        ("D and PoK scaled", Exponents { d: d * two, knowledge: knowledge * two, ..honest }),
        ("D and PoK negated", Exponents { d: -d, knowledge: -knowledge, ..honest }),
        ("PoK of another sigma", Exponents { knowledge: d * Toy::new(9).sigma, ..honest }),
        ("PoK = D", Exponents { knowledge: d, ..honest }),
        ("D and PoK swapped", Exponents { d: knowledge, knowledge: d, ..honest }),
        ("C and D swapped", Exponents { c: d, d: c, ..honest }),
        ("D moved into C", Exponents { c: c + d, d: Fr::one(), knowledge: toy.sigma, ..honest }),
        ("D also in C", Exponents { c: c + d, ..honest }),
        ("IC_1 in D", Exponents { d: d + toy.ic(1), ..honest }),
        ("IC_1 out of C", Exponents { d: d + toy.ic(1), c: c - toy.ic(1), ..honest }),
    ]
}

#[test]
fn a_bent_proof_is_refused_by_both_verifiers() {
    let (toy, key, honest, digest) = fixture(Transcript::Bsb22);
    for (name, proof) in bent(&toy, honest) {
        assert_eq!(both(&key, &proof.encode(), &digest), Err(VerifyError::Invalid), "{name}");
    }
    let (toy, key, honest, digest) = fixture(Transcript::Assay);
    for (name, proof) in bent(&toy, honest) {
        assert_eq!(verify(&key, &proof.encode(), &digest), Err(VerifyError::Invalid), "{name}");
    }
}

#[test]
fn parts_of_two_honest_proofs_make_none() {
    for transcript in [Transcript::Assay, Transcript::Bsb22] {
        let (toy, key, first, digest) = fixture(transcript);
        let second = toy.prove(element(&digest), transcript, 3);
        let mixed = [
            Exponents { d: second.d, knowledge: second.knowledge, ..first },
            Exponents { knowledge: second.knowledge, ..first },
            Exponents { d: first.d + second.d, knowledge: first.knowledge + second.knowledge, ..first },
            Exponents { c: second.c, ..first },
        ];
        for proof in mixed.map(|proof| proof.encode()) {
            assert_eq!(verify(&key, &proof, &digest), Err(VerifyError::Invalid));
            assert_eq!(both(&key, &proof, &digest), Err(VerifyError::Invalid));
        }
    }
}

#[test]
fn another_digest_or_key_is_refused() {
    for transcript in [Transcript::Assay, Transcript::Bsb22] {
        let (_, key, proof, digest) = fixture(transcript);
        let proof = proof.encode();
        let more = scalar(element(&digest) + Fr::one());
        let mut moved = key;
        std::mem::swap(&mut moved.plain.ic[1], &mut moved.ic_challenge);
        for (key, digest) in [(key, more), (key, Scalar::ZERO), (moved, digest), (Toy::new(7).key(), digest)]
        {
            assert_eq!(verify(&key, &proof, &digest), Err(VerifyError::Invalid));
            assert_eq!(both(&key, &proof, &digest), Err(VerifyError::Invalid));
        }
    }
}

/// The wrong challenge: the prover takes the one of another commitment.
#[test]
fn a_challenge_cannot_be_chosen() {
    let (toy, key, honest, digest) = fixture(Transcript::Bsb22);
    // With h its own, the main equation of this proof differs from the true one by (h' - h) IC_2 alone.
    let challenge = |d| {
        let commitment = Exponents { d, ..honest }.encode().commitment;
        element(&Transcript::Bsb22.challenge(&key.key_hash(), &commitment, &digest))
    };
    let d = honest.d + toy.ic(2); // as if h were greater by one
    assert_ne!(challenge(d) + Fr::one(), challenge(honest.d));
    let proof = Exponents { d, knowledge: toy.sigma * d, ..honest };
    assert_eq!(both(&key, &proof.encode(), &digest), Err(VerifyError::Invalid));
}

/// Why the knowledge check is there: D may otherwise hold public wires, and the proof of one digest is that of any.
#[test]
fn a_commitment_to_a_public_wire_is_refused() {
    for transcript in [Transcript::Assay, Transcript::Bsb22] {
        let toy = Toy::new(1);
        let claimed = Fr::from(99u64); // the prover has factors of 16
        let forged = toy.prove_claim(Fr::from(16u64), claimed, transcript, 5);
        let (key, proof) = (toy.key(), forged.encode());
        assert_eq!(verify(&key, &proof, &scalar(claimed)), Err(VerifyError::Invalid));
        assert_eq!(both(&key, &proof, &scalar(claimed)), Err(VerifyError::Invalid));
        // Only the knowledge is missing: who knows sigma forges.
        let knowing = Exponents { knowledge: toy.sigma * forged.d, ..forged }.encode();
        match transcript {
            Transcript::Assay => assert_eq!(verify(&key, &knowing, &scalar(claimed)), Ok(())),
            Transcript::Bsb22 => assert_eq!(both(&key, &knowing, &scalar(claimed)), Ok(())),
        }
    }
}

/// Keys from which everybody knows sigma: the forgery above works, and the key check refuses them.
#[test]
fn a_key_that_shows_sigma_would_let_anyone_forge() {
    use KeyPoint::{Gamma, SigmaGamma};
    let cases = [
        (-Fr::one(), KeyError::Equal(Gamma, SigmaGamma)),
        (Fr::one(), KeyError::Opposite(Gamma, SigmaGamma)),
    ];
    for (sigma, error) in cases {
        let mut toy = Toy::new(1);
        toy.sigma = sigma;
        let claimed = Fr::from(99u64);
        let forged = toy.prove_claim(Fr::from(16u64), claimed, Transcript::Assay, 5);
        let forged = Exponents { knowledge: sigma * forged.d, ..forged }.encode();
        assert_eq!(verify(&toy.key(), &forged, &scalar(claimed)), Ok(()), "{error}: the forgery works");
        assert_eq!(check_key(&toy.key()), Err(error));
    }
}

/// The equations are folded by a factor that nobody can choose, and not just multiplied: this proof satisfies their
/// product, because PoK takes up what the wrong digest leaves over.
#[test]
fn errors_of_the_two_equations_do_not_cancel() {
    let (toy, key, _, _) = fixture(Transcript::Bsb22);
    let (factored, claimed) = (Fr::from(16u64), Fr::from(99u64));
    let mut proof = toy.prove_claim(factored, claimed, Transcript::Bsb22, 5);
    proof.d -= (factored - claimed) * toy.ic(1); // an honest commitment
    let challenge = {
        let hash = Transcript::Bsb22.challenge(&key.key_hash(), &proof.encode().commitment, &scalar(claimed));
        element(&hash)
    };
    let inputs = toy.ic(0) + claimed * toy.ic(1) + challenge * toy.ic(2) + proof.d;
    // What is left of the main equation, in the exponent; PoK takes it up.
    let rest = proof.a * proof.b - toy.alpha * toy.beta - inputs * toy.gamma - proof.c * toy.delta;
    proof.knowledge += rest / toy.gamma;
    let folded_by_one = rest - (proof.knowledge - toy.sigma * proof.d) * toy.gamma;
    assert!(folded_by_one.is_zero() && !rest.is_zero());
    assert_eq!(both(&key, &proof.encode(), &scalar(claimed)), Err(VerifyError::Invalid));
}

/// rho binds every part of the proof, the digest and the key: a prover who fixes rho by all parts but one, and then
/// solves the folded equation for that one, gets another rho.
#[test]
fn no_part_of_a_proof_can_be_solved_for_once_the_factor_is_known() {
    let (toy, key, honest, digest) = fixture(Transcript::Bsb22);
    let x = element(&digest);
    let challenge = |d: Fr| {
        let commitment = Exponents { d, ..honest }.encode().commitment;
        element(&Transcript::Bsb22.challenge(&key.key_hash(), &commitment, &digest))
    };
    // D is no commitment, and nothing else fits either.
    let [a, b, c, d, knowledge] = [2u64, 3, 5, 7, 11].map(Fr::from);
    let stale = Exponents { a, b, c, d, knowledge };
    let factor = {
        let hash =
            sha256(&[b"assay:fold:v1\0", &key.key_hash(), stale.encode().as_bytes(), digest.as_be_bytes()]);
        Fr::from_be_bytes_mod_order(&hash[..16])
    };
    let residue = |proof: Exponents, x: Fr| {
        let inputs = toy.ic(0) + x * toy.ic(1) + challenge(proof.d) * toy.ic(2) + proof.d;
        let knowledge = factor * (proof.knowledge - toy.sigma * proof.d);
        toy.alpha * toy.beta + (inputs + knowledge) * toy.gamma + proof.c * toy.delta - proof.a * proof.b
    };
    let rest = residue(stale, x);
    assert!(!rest.is_zero());
    let solved = [
        ("A", Exponents { a: a + rest / b, ..stale }, x),
        ("B", Exponents { b: b + rest / a, ..stale }, x),
        ("C", Exponents { c: c - rest / toy.delta, ..stale }, x),
        ("PoK", Exponents { knowledge: knowledge - rest / (factor * toy.gamma), ..stale }, x),
        ("the digest", stale, x - rest / (toy.ic(1) * toy.gamma)),
    ];
    for (part, proof, x) in solved {
        assert!(
            residue(proof, x).is_zero(),
            "{part} solves the equation for the factor that it was fixed by"
        );
        assert_eq!(both(&key, &proof.encode(), &scalar(x)), Err(VerifyError::Invalid), "{part}");
    }
}

/// A point has one encoding: x + p is no other name for x, in any coordinate of a proof.
#[test]
fn coordinates_beyond_the_order_of_the_base_field_are_refused() {
    let (toy, key, _, digest) = fixture(Transcript::Bsb22);
    for transcript in [Transcript::Assay, Transcript::Bsb22] {
        for (offset, (proof, aliased)) in toy.with_aliases(element(&digest), transcript) {
            let verdict = |proof| match transcript {
                Transcript::Assay => verify(&key, proof, &digest),
                Transcript::Bsb22 => both(&key, proof, &digest),
            };
            assert_eq!(verdict(&proof), Ok(()), "at {offset}");
            assert_eq!(verdict(&aliased), Err(VerifyError::Invalid), "at {offset}");
        }
    }
}

#[test]
fn the_forms_do_not_mix() {
    let (_, key, proof, digest) = fixture(Transcript::Assay);
    let proof = proof.encode();
    let plain_proof = VerifyError::Form { key: Form::Committed, proof: Form::Plain };
    assert_eq!(verify(&key, &proof.plain, &digest), Err(plain_proof));
    let plain_key = VerifyError::Form { key: Form::Plain, proof: Form::Committed };
    assert_eq!(verify(&key.plain, &proof, &digest), Err(plain_key));
    assert_eq!(verify(&key.plain, &proof.plain, &digest), Err(VerifyError::Invalid));
    for length in [0, 255, 257, 320, 383, 385, 768] {
        assert_eq!(ProofRef::from_slice(&vec![0; length]), Err(VerifyError::Length(length)));
    }
}

#[test]
fn identity_points_are_refused_by_name() {
    use ProofPoint::{A, B, C, Commitment, Knowledge};
    let (_, key, proof, digest) = fixture(Transcript::Bsb22);
    for (point, range) in
        [(A, 0..64), (B, 64..192), (C, 192..256), (Commitment, 256..320), (Knowledge, 320..384)]
    {
        let mut bytes = *proof.encode().as_bytes();
        bytes[range].fill(0);
        let proof = CommittedProof::from_bytes(bytes);
        assert_eq!(verify(&key, &proof, &digest), Err(VerifyError::Identity(point)));
        assert_eq!(both(&key, &proof, &digest), Err(VerifyError::Identity(point)));
    }
    let mut outside = proof.encode();
    outside.plain.b = outside_the_subgroup();
    assert_eq!(both(&key, &outside, &digest), Err(VerifyError::Invalid));
}

#[test]
fn a_key_that_was_never_checked_is_reported_as_such() {
    let (_, key, proof, digest) = fixture(Transcript::Assay);
    let mut broken = [key; 2];
    let [ic_1, ic_2] = &mut broken;
    ic_1.plain.ic[1][63] ^= 1;
    ic_2.ic_challenge[63] ^= 1;
    for key in broken {
        assert_eq!(verify(&key, &proof.encode(), &digest), Err(VerifyError::MalformedKey));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn any_flipped_bit_of_a_proof_or_digest_is_refused(bit in 0usize..8 * 384, digest_bit in 8usize..8 * 32) {
        let flip = |bytes: &mut [u8], bit: usize| bytes[bit / 8] ^= 1 << (bit % 8);
        for transcript in [Transcript::Assay, Transcript::Bsb22] {
            let (_, key, proof, digest) = fixture(transcript);
            let honest = proof.encode();
            let mut bytes = *honest.as_bytes();
            flip(&mut bytes, bit);
            let bent = CommittedProof::from_bytes(bytes);
            let mut other = digest.to_be_bytes();
            flip(&mut other, digest_bit);
            let other = Scalar::from_be_bytes(other).unwrap();
            for (proof, digest) in [(&bent, &digest), (&honest, &other)] {
                prop_assert_eq!(verify(&key, proof, digest), Err(VerifyError::Invalid));
                if is_flag(bit) {
                    prop_assert_eq!(verify_bsb22(&key, proof, digest), Err(VerifyError::Invalid));
                } else {
                    prop_assert_eq!(both(&key, proof, digest), Err(VerifyError::Invalid));
                }
            }
        }
    }

    #[test]
    fn any_digest_is_proven(digest: [u8; 31], seed: u64) {
        let (toy, digest) = (Toy::new(seed), Scalar::from_be_bytes_31(&digest));
        let proof = toy.prove(element(&digest), Transcript::Assay, seed);
        prop_assert_eq!(verify(&toy.key(), &proof.encode(), &digest), Ok(()));
        let proof = toy.prove(element(&digest), Transcript::Bsb22, seed);
        prop_assert_eq!(both(&toy.key(), &proof.encode(), &digest), Ok(()));
    }
}

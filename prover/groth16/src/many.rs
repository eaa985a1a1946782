//! Many proofs under one key, verified together: one Miller loop a proof, one final exponentiation for all.
//!
//! With coefficients r_j and s_j of 128 bits, which the verifier draws once it has the proofs,
//!
//! ```text
//! prod e(-r_j A_j, B_j) e((sum r_j) alpha, beta) e(sum r_j V_j + sum s_j PoK_j, gamma)
//!      e(sum r_j C_j, delta) e(sum s_j D_j, -sigma gamma) = 1
//! V_j = IC_0 + d_j IC_1 [+ h_j IC_2 + D_j]
//! ```
//!
//! where the terms of D and PoK are those of keys with a commitment.
//!
//! # Soundness
//!
//! All points are in groups of prime order: those of G1 because the curve is the group, the B_j by [`msm::in_subgroup`], but for
//! 2^-128. Write each pairing as a power of one generator. The product's exponent is then `sum r_j x_j + sum s_j y_j`, where
//! `x_j = 0` is proof j's equation and `y_j = 0` its knowledge check, both fixed before a coefficient is drawn. Where one of
//! them is not zero, at most one value of its coefficient makes the sum zero, whatever the others are: one in 2^128. No assumption
//! is added to those of a single proof. (`assay_interface::groth16::batch` is another thing: there the prover knows the coefficients.)
//!
//! Proofs that are not accepted are found by halving, each half with coefficients of its own.

use ark_bn254::{Bn254, Fq12, Fr, G1Affine, G1Projective, G2Affine};
use ark_ec::{
    AffineRepr, CurveGroup,
    pairing::{MillerLoopOutput, Pairing},
};
use ark_ff::{One, PrimeField, Zero};
use assay_engine::{Backend, G1Point, G2Point, msm};
use assay_interface::{
    field::Scalar,
    groth16::{self as interface, ProofPoint, ProofRef},
};
use rand::{CryptoRng, Rng, RngCore};
use rayon::prelude::*;

use crate::{
    key::{CommitmentPoints, KeyPoints, VerifyingKey},
    points::{Point, PointError, element, on_g2_curve},
    proof::{CommitmentProof, Proof, VerifyError, verify},
};

/// Proofs whose Miller loops one thread does at a time: enough to share the inversion, few enough to share the work.
const CHUNK: usize = 32;
/// So few proofs are verified one by one where one of them is bad.
const FEW: usize = 4;

/// A proof that is not accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rejected {
    /// Its place among the proofs, from 0.
    pub index: usize,
    /// Why.
    pub error: VerifyError,
}

/// Accepts exactly what [`verify`] accepts of each proof and its digest, but for a probability of 2^-124 for each that is bad (it meets up to a dozen
/// sums where others are bad as well), over the choice of `rng`, which whoever made the proofs must not know. About 0.4 ms a proof and thread; as long again for each halving that finds a bad one.
///
/// # Errors
/// Every proof that is not accepted, by its place, in ascending order.
pub fn verify_many(
    key: &VerifyingKey,
    proofs: &[(ProofRef<'_>, Scalar)],
    rng: &mut (impl RngCore + CryptoRng),
) -> Result<(), Vec<Rejected>> {
    let key_hash = key.to_interface().key_hash();
    let read: Vec<Result<Member, VerifyError>> = proofs
        .par_iter()
        .enumerate()
        .map(|(index, (proof, digest))| Member::read(key, &key_hash, index, *proof, digest))
        .collect();
    let (mut members, mut rejected) = (Vec::with_capacity(read.len()), Vec::new());
    for (index, member) in read.into_iter().enumerate() {
        match member {
            Ok(member) => members.push(member),
            Err(error) => rejected.push(Rejected { index, error }),
        }
    }
    let in_subgroup = {
        let points: Vec<G2Point> = members.iter().map(|member| member.proof.b.into()).collect();
        let random: Vec<msm::Random> = members.iter().map(|_| rng.r#gen()).collect();
        msm::in_subgroup(backend(), &points, &random)
    };
    if !in_subgroup {
        members.retain(|member| {
            let inside = member.proof.b.is_in_correct_subgroup_assuming_on_curve();
            if !inside {
                let error = VerifyError::Point { point: ProofPoint::B, error: PointError::NotInSubgroup };
                rejected.push(Rejected { index: member.index, error });
            }
            inside
        });
    }
    find(key, &members, false, rng, &mut rejected);
    if rejected.is_empty() {
        return Ok(());
    }
    rejected.sort_unstable_by_key(|rejected| rejected.index);
    Err(rejected)
}

fn backend() -> Backend {
    Backend::fastest()
}

/// A proof whose points are on their curves; B may be outside the subgroup.
struct Member {
    index: usize,
    proof: Proof,
    digest: Scalar,
    /// The challenge h; zero where the key has no commitment.
    challenge: Fr,
}

impl Member {
    fn read(
        key: &VerifyingKey,
        key_hash: &[u8; 32],
        index: usize,
        proof: ProofRef<'_>,
        digest: &Scalar,
    ) -> Result<Member, VerifyError> {
        let proof = Proof::read(proof, on_g2_curve)?;
        let challenge = match (&key.points.commitment, proof.commitment) {
            (None, None) => Fr::zero(),
            (Some(_), Some(CommitmentProof { d, .. })) => {
                element(&interface::challenge(key_hash, &d.bytes(), digest))
            }
            _ => return Err(VerifyError::Form { key: key.to_interface().form(), proof: proof.form() }),
        };
        Ok(Member { index, proof, digest: *digest, challenge })
    }
}

/// Puts what is not accepted among the members to `rejected`; `bad` says that something is.
fn find(
    key: &VerifyingKey,
    members: &[Member],
    bad: bool,
    rng: &mut (impl RngCore + CryptoRng),
    rejected: &mut Vec<Rejected>,
) {
    if members.is_empty() || (!bad && holds(key, members, rng)) {
        return;
    }
    if members.len() <= FEW {
        rejected.extend(members.iter().filter_map(|member| {
            let error = verify(key, &member.proof, &member.digest).err()?;
            Some(Rejected { index: member.index, error })
        }));
        return;
    }
    let (left, right) = members.split_at(members.len() / 2);
    let before = rejected.len();
    find(key, left, false, rng, rejected);
    // Where the left half is good, the right one is not.
    let left_is_good = rejected.len() == before;
    find(key, right, left_is_good, rng, rejected);
}

/// The module's equation.
fn holds(key: &VerifyingKey, members: &[Member], rng: &mut (impl RngCore + CryptoRng)) -> bool {
    let KeyPoints { base, ic: [constant, factor], commitment, .. } = &key.points; // of keys with weights there are no verifying keys of this type
    let mut draw = || members.iter().map(|_| Fr::from(rng.r#gen::<u128>())).collect::<Vec<Fr>>();
    let r = draw();
    let total: Fr = r.iter().sum();
    let weighted =
        |of: &dyn Fn(&Member) -> Fr| -> Fr { members.iter().zip(&r).map(|(member, r)| of(member) * r).sum() };
    let mut public = *constant * total + *factor * weighted(&|member| element(&member.digest));
    let c = sum(members.iter().map(|member| member.proof.c), &r);
    let (mut in_g1, mut in_g2) = (vec![], vec![]);
    if let Some(CommitmentPoints { ic_challenge, sigma_gamma_negated }) = commitment {
        let s = draw();
        let commitments = || members.iter().filter_map(|member| member.proof.commitment);
        public += *ic_challenge * weighted(&|member| member.challenge)
            + sum(commitments().map(|commitment| commitment.d), &r)
            + sum(commitments().map(|commitment| commitment.knowledge), &s);
        in_g1.push(sum(commitments().map(|commitment| commitment.d), &s));
        in_g2.push(*sigma_gamma_negated);
    }
    in_g1.extend([base.alpha_g1 * total, public, c]);
    in_g2.extend([base.beta_g2, base.gamma_g2, base.delta_g2]);
    let fixed = Bn254::multi_miller_loop(G1Projective::normalize_batch(&in_g1), in_g2).0;
    let product = members
        .par_chunks(CHUNK)
        .zip(r.par_chunks(CHUNK))
        .map(|(members, r)| {
            let a: Vec<G1Projective> = members
                .iter()
                .zip(r)
                .map(|(member, r)| (-member.proof.a).mul_bigint(r.into_bigint()))
                .collect();
            let b: Vec<G2Affine> = members.iter().map(|member| member.proof.b).collect();
            Bn254::multi_miller_loop(G1Projective::normalize_batch(&a), b).0
        })
        .reduce(Fq12::one, |left, right| left * right);
    Bn254::final_exponentiation(MillerLoopOutput(product * fixed)).is_some_and(|result| result.0.is_one())
}

/// `sum coefficients[j] * points[j]`.
fn sum(points: impl Iterator<Item = G1Affine>, coefficients: &[Fr]) -> G1Projective {
    let points: Vec<G1Point> = points.map(G1Point::from).collect();
    msm::msm(backend(), &points, coefficients)
}

#[cfg(test)]
mod tests {
    use ark_bn254::{Fq, Fq2};
    use ark_std::UniformRand;

    use super::*;
    use crate::{common, scalar, setup_development};
    use assay_circuits::Circuit;

    /// A key, and so many proofs under it of different statements.
    fn proven(circuit: &Circuit, count: u64) -> (VerifyingKey, Vec<(interface::Proof, Scalar)>) {
        let (key, verifying_key) = setup_development(circuit, &mut common::rng(1)).unwrap();
        let prover = crate::Prover::new(&key, circuit).unwrap();
        let proofs = (0..count).map(|seed| {
            let witness = common::solve(circuit, seed);
            let proof = prover.prove(&witness, &mut common::rng(seed)).unwrap();
            (proof.to_interface(), scalar(witness.digest()))
        });
        let proofs = proofs.collect();
        (verifying_key, proofs)
    }

    fn rejected(key: &VerifyingKey, proofs: &[(interface::Proof, Scalar)]) -> Vec<usize> {
        let borrowed: Vec<_> = proofs.iter().map(|(proof, digest)| (proof.as_ref(), *digest)).collect();
        let found = verify_many(key, &borrowed, &mut common::rng(9)).err().unwrap_or_default();
        // Those that are found, and a few others.
        let asked = (0..proofs.len().min(2)).chain(found.iter().take(6).map(|rejected| rejected.index));
        for index in asked {
            let (proof, digest) = &proofs[index];
            let alone = Proof::from_interface(proof).and_then(|proof| verify(key, &proof, digest));
            let here = found.iter().find(|rejected| rejected.index == index).map(|rejected| rejected.error);
            assert_eq!(alone.err(), here, "{index}: what is said of it together and alone");
        }
        found.into_iter().map(|rejected| rejected.index).collect()
    }

    /// The proof with a point of G1 moved by `by`.
    fn moved(proof: &interface::Proof, point: ProofPoint, by: G1Affine) -> interface::Proof {
        let mut proof = Proof::from_interface(proof).unwrap();
        let add = |point: &mut G1Affine| *point = (*point + by).into_affine();
        match (point, &mut proof.commitment) {
            (ProofPoint::A, _) => add(&mut proof.a),
            (ProofPoint::C, _) => add(&mut proof.c),
            (ProofPoint::Commitment, Some(commitment)) => add(&mut commitment.d),
            (ProofPoint::Knowledge, Some(commitment)) => add(&mut commitment.knowledge),
            _ => panic!("no point of G1 in this proof"),
        }
        proof.to_interface()
    }

    #[test]
    fn what_is_accepted_together_is_accepted_alone() {
        for circuit in [common::small(), common::lookups()] {
            let (key, honest) = proven(&circuit, 70);
            assert!(rejected(&key, &[]).is_empty());
            for count in [1, 2, FEW + 1, honest.len()] {
                assert!(rejected(&key, &honest[..count]).is_empty(), "{count}");
            }
            let by = G1Affine::generator();
            let points = [ProofPoint::A, ProofPoint::C, ProofPoint::Commitment, ProofPoint::Knowledge];
            for &point in &points[..if circuit.commitment.is_some() { 4 } else { 2 }] {
                let mut proofs = honest.clone();
                proofs[13].0 = moved(&proofs[13].0, point, by);
                assert_eq!(rejected(&key, &proofs), [13], "{point}");
                // One that the first makes up for, were their coefficients the same.
                proofs[69].0 = moved(&proofs[69].0, point, -by);
                assert_eq!(rejected(&key, &proofs), [13, 69], "{point}");
            }
            // Proofs that change places, and one of another statement.
            let mut proofs = honest.clone();
            (proofs[3].1, proofs[4].1) = (proofs[4].1, proofs[3].1);
            proofs[40].1 = Scalar::from(5u64);
            assert_eq!(rejected(&key, &proofs), [3, 4, 40]);
        }
    }

    /// A PoK too much here, and as much less as C there: one sum for both checks would not see it.
    #[test]
    fn the_two_checks_of_a_commitment_are_apart() {
        let (key, mut proofs) = proven(&common::lookups(), 8);
        let by = G1Affine::generator();
        // sigma D = PoK fails by e(by, gamma), which the other equation lacks where V is less by as much.
        proofs[2].0 = moved(&proofs[2].0, ProofPoint::Knowledge, by);
        proofs[5].0 = moved(&proofs[5].0, ProofPoint::Commitment, -by);
        assert_eq!(rejected(&key, &proofs), [2, 5]);
    }

    #[test]
    fn what_is_no_proof_is_named() {
        let (key, honest) = proven(&common::small(), 70);
        let (_, committed) = proven(&common::lookups(), 1);
        let mut rng = common::rng(5);
        let outside = std::iter::repeat_with(|| {
            G2Affine::get_point_from_x_unchecked(Fq2::new(Fq::rand(&mut rng), Fq::rand(&mut rng)), true)
        })
        .flatten()
        .find(|point| !point.is_in_correct_subgroup_assuming_on_curve())
        .unwrap();
        let with = |change: &dyn Fn(&mut interface::PlainProof)| {
            let interface::Proof::Plain(mut proof) = honest[0].0 else { panic!("a plain proof") };
            change(&mut proof);
            (interface::Proof::from(proof), honest[0].1)
        };
        let mut proofs = honest.clone();
        proofs[1] = with(&|proof| proof.b = outside.bytes());
        proofs[2] = with(&|proof| proof.b = [0; 128]);
        proofs[3] = with(&|proof| proof.c[63] ^= 1);
        proofs[4] = with(&|proof| proof.a_negated = [0xff; 64]);
        proofs[5] = committed[0];
        assert_eq!(rejected(&key, &proofs), [1, 2, 3, 4, 5]);
        // All of them.
        let all: Vec<_> = honest.iter().map(|(proof, _)| (*proof, Scalar::from(1u64))).collect();
        assert_eq!(rejected(&key, &all).len(), all.len());
    }
}

//! The prover.
//!
//! For wires w (w_0 = 1) and blinding r, s:
//!
//! ```text
//! A  = alpha + sum w_i A_i + r delta           in G1
//! B  = beta  + sum w_i B_i + s delta           in G2, and B' the same in G1
//! C  = sum over private i of w_i L_i + sum_j P(odd point j) H_j + s A + r B' - r s delta
//! ```
//!
//! Cost: five multi-scalar multiplications (one in G2; see the module `msm`), six transforms of the domain's size, and the evaluation of
//! the constraints, which is also the check that they hold.

use ark_bn254::{Bn254, Fr, G1Projective};
use ark_ec::{
    CurveConfig, CurveGroup,
    short_weierstrass::{Affine, Projective, SWCurveConfig},
};
use ark_ff::{BigInteger256, PrimeField, UniformRand, Zero};
use ark_poly::{EvaluationDomain, Radix2EvaluationDomain};
use ark_std::rand::{CryptoRng, RngCore};
use assay_circuits::{Circuit, Csr, R1cs, Violation, Witness};
use thiserror::Error;

use crate::{
    key::{ProvingKey, Query},
    msm::msm,
    proof::Proof,
    qap::{coset_shift, odd_values, wires_of_a, wires_of_b, wires_of_l},
};

/// Why no proof was made. Each is found before any group operation.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum ProveError {
    /// The key is of another circuit.
    #[error("the proving key is for circuit {}, not for {}: run the setup for this circuit", hex(.key), hex(.circuit))]
    WrongCircuit {
        /// Digest in the key.
        key: [u8; 32],
        /// Digest of the circuit.
        circuit: [u8; 32],
    },
    /// The key's sizes are not the circuit's although it names it: the file was assembled by hand.
    #[error(
        "the proving key has {found} {what}, the circuit needs {expected}: the key is not this circuit's"
    )]
    KeySize {
        /// What is counted.
        what: &'static str,
        /// Count that the circuit needs.
        expected: usize,
        /// Count of the key.
        found: usize,
    },
    /// The key has points for other wires than the circuit's matrices use.
    #[error(
        "the wires of the proving key's {what} are not those that the circuit's matrices use: the key was altered"
    )]
    KeyWires {
        /// Which points.
        what: &'static str,
    },
    /// The witness has another number of wires.
    #[error("the witness has {found} wires, the circuit {expected}: it was solved for another circuit")]
    WitnessLength {
        /// Wires of the circuit.
        expected: usize,
        /// Wires of the witness.
        found: usize,
    },
    /// Wire 0 of the witness is not one.
    #[error("wire 0 of the witness is not one")]
    ConstantWire,
    /// The witness breaks a constraint: there is nothing to prove.
    #[error("the witness is not valid: {0}")]
    Unsatisfied(#[from] Violation),
}

/// A proving key and its circuit, paired once for any number of proofs.
#[derive(Debug)]
pub struct Prover<'a> {
    key: &'a ProvingKey,
    r1cs: &'a R1cs,
    domain: Radix2EvaluationDomain<Fr>,
    shift: Fr,
}

/// One proof; for more than one with the same key, [`Prover`] pairs key and circuit once.
pub fn prove(
    key: &ProvingKey,
    circuit: &Circuit,
    witness: &Witness,
    rng: &mut (impl RngCore + CryptoRng),
) -> Result<Proof, ProveError> {
    Prover::new(key, circuit)?.prove(witness, rng)
}

impl<'a> Prover<'a> {
    /// Pairs a key with its circuit: digests and sizes must agree.
    pub fn new(key: &'a ProvingKey, circuit: &'a Circuit) -> Result<Prover<'a>, ProveError> {
        let digest = circuit.digest();
        if key.circuit_digest() != digest {
            return Err(ProveError::WrongCircuit { key: key.circuit_digest(), circuit: digest });
        }
        let r1cs = &circuit.r1cs;
        if key.num_wires != r1cs.num_wires() {
            let (expected, found) = (r1cs.num_wires(), key.num_wires);
            return Err(ProveError::KeySize { what: "wires", expected, found });
        }
        for (what, wires, used) in [
            ("query A", &key.a.wires, wires_of_a(r1cs)),
            ("query B in G1", &key.b_g1.wires, wires_of_b(r1cs)),
            ("query B in G2", &key.b_g2.wires, wires_of_b(r1cs)),
            ("query L", &key.l.wires, wires_of_l(r1cs)),
        ] {
            if *wires != used {
                return Err(ProveError::KeyWires { what });
            }
        }
        let rows = r1cs.num_constraints() + r1cs.num_instance;
        let size_error = ProveError::KeySize {
            what: "quotient points",
            expected: rows.next_power_of_two(),
            found: key.h.len(),
        };
        let domain = Radix2EvaluationDomain::<Fr>::new(rows).ok_or(size_error.clone())?;
        if domain.size() != key.h.len() {
            return Err(size_error);
        }
        let shift = coset_shift(&domain).ok_or(size_error)?;
        Ok(Prover { key, r1cs, domain, shift })
    }

    /// A proof of the witness' digest, blinded by two elements from `rng`.
    pub fn prove(
        &self,
        witness: &Witness,
        rng: &mut (impl RngCore + CryptoRng),
    ) -> Result<Proof, ProveError> {
        let (r, s) = (Fr::rand(rng), Fr::rand(rng));
        self.prove_with_blinding(witness, r, s)
    }

    /// The proof for given blinding; public only to this crate, for fixed blinding gives up zero-knowledge.
    pub(crate) fn prove_with_blinding(&self, witness: &Witness, r: Fr, s: Fr) -> Result<Proof, ProveError> {
        let wires = &witness.values[..];
        let (a, b) = self.evaluate(wires)?;
        let scalars: Vec<_> = wires.iter().map(|wire| wire.into_bigint()).collect();
        let key = self.key;
        let vk = &key.verifying_key.points;

        let ((quotient, sum_b_g2), ((sum_a, sum_b), sum_l)) = rayon::join(
            || rayon::join(|| self.quotient(a, b), || sum_of(&key.b_g2, &scalars)),
            || {
                rayon::join(
                    || rayon::join(|| sum_of(&key.a, &scalars), || sum_of(&key.b_g1, &scalars)),
                    || sum_of(&key.l, &scalars),
                )
            },
        );
        let a = sum_a + vk.alpha_g1 + key.delta_g1 * r;
        let b_g1 = sum_b + key.beta_g1 + key.delta_g1 * s;
        let b = sum_b_g2 + vk.beta_g2 + vk.delta_g2 * s;
        let c = sum_l + quotient + a * s + b_g1 * r - key.delta_g1 * (r * s);
        Ok(Proof(ark_groth16::Proof::<Bn254> { a: a.into_affine(), b: b.into_affine(), c: c.into_affine() }))
    }

    /// Values of A and B on the domain, after the check that the witness satisfies every constraint.
    fn evaluate(&self, wires: &[Fr]) -> Result<(Vec<Fr>, Vec<Fr>), ProveError> {
        let (expected, found) = (self.r1cs.num_wires(), wires.len());
        if expected != found {
            return Err(ProveError::WitnessLength { expected, found });
        }
        if wires.first() != Some(&Fr::from(1u64)) {
            return Err(ProveError::ConstantWire);
        }
        let rows = |matrix: &Csr| -> Vec<Fr> {
            (0..self.r1cs.num_constraints()).map(|row| self.r1cs.evaluate(matrix, row, wires)).collect()
        };
        let (mut a, (mut b, c)) =
            rayon::join(|| rows(&self.r1cs.a), || rayon::join(|| rows(&self.r1cs.b), || rows(&self.r1cs.c)));
        if let Some(row) = a.iter().zip(&b).zip(&c).position(|((a, b), c)| *a * b != *c) {
            return Err(ProveError::Unsatisfied(self.r1cs.violation(row)));
        }
        a.extend(wires.iter().take(self.r1cs.num_instance));
        a.resize(self.domain.size(), Fr::zero());
        b.resize(self.domain.size(), Fr::zero());
        Ok((a, b))
    }

    fn quotient(&self, a: Vec<Fr>, b: Vec<Fr>) -> G1Projective {
        let values = odd_values(&self.domain, self.shift, a, b);
        let scalars: Vec<_> = values.iter().map(|value| value.into_bigint()).collect();
        msm(&self.key.h, &scalars)
    }
}

/// `sum w_i P_i` over the wires of a query.
fn sum_of<P>(query: &Query<Affine<P>>, scalars: &[BigInteger256]) -> Projective<P>
where
    P: SWCurveConfig + CurveConfig<ScalarField = Fr>,
{
    let selected: Vec<_> =
        query.wires.iter().map(|&wire| scalars.get(wire as usize).copied().unwrap_or_default()).collect();
    msm(&query.points, &selected)
}

fn hex(digest: &[u8; 32]) -> String {
    digest.iter().take(8).map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use ark_bn254::Bn254;
    use ark_groth16::Groth16;
    use assay_circuits::Visibility;

    use super::*;
    use crate::{CosetReduction, common, setup_development};

    /// The oracle: arkworks' prover, fed with the matrices, on the same key and the same blinding.
    #[test]
    fn a_proof_is_arkworks_proof() {
        for (seed, visibility) in [(1, Visibility::Public), (2, Visibility::Committed)] {
            let circuit = common::perceptron(&[3, 4, 2], visibility, seed);
            let (key, _) = setup_development(&circuit, &mut common::rng(seed)).unwrap();
            let prover = Prover::new(&key, &circuit).unwrap();
            let (arkworks, matrices) = (key.to_arkworks(), circuit.r1cs.ark_matrices());
            for (r, s) in
                [(0, 0), (0, 5), (7, 0), (11, 13)].map(|(r, s): (u64, u64)| (Fr::from(r), Fr::from(s)))
            {
                let witness = common::solve(&circuit, seed + 10);
                let expected = Groth16::<Bn254, CosetReduction>::create_proof_with_reduction_and_matrices(
                    &arkworks,
                    r,
                    s,
                    &matrices,
                    circuit.r1cs.num_instance,
                    circuit.r1cs.num_constraints(),
                    &witness.values,
                )
                .unwrap();
                assert_eq!(prover.prove_with_blinding(&witness, r, s).unwrap().0, expected);
            }
        }
    }
}

//! Constraint systems without a model, for measuring the engine alone.
//!
//! Both have one public input, as a statement has. Their keys and proofs are ordinary ones; only the circuit's digest is
//! made up, from the system's name.

use ark_bn254::Fr;
use ark_ff::{AdditiveGroup, BigInteger, Field, PrimeField, UniformRand};
use ark_std::rand::{CryptoRng, RngCore};
use assay_circuits::{Block, Csr, R1cs};
use assay_engine::{Backend, Domain};
use assay_interface::{artifact, field::Scalar, groth16::SetupKind};

use crate::{
    calibration::Calibration,
    estimate::{self, Estimate},
    key::ProvingKey,
    points::scalar,
    progress::Observer,
    proof::Proof,
    prove::{Core, Points, ProveError, ProveTimings},
    rows::{Check, Coefficients, Rows},
    setup::{Secrets, SetupError, System, setup_with},
};

/// A constraint system and a witness for it.
#[derive(Clone, Debug)]
pub struct Synthetic {
    /// What reports call it.
    pub name: String,
    r1cs: R1cs,
    wires: Vec<Fr>,
}

/// `count` constraints `x_i^2 = x_(i+1)` from a random x_0; the last x is public. Every wire is full-size.
pub fn squarings(count: usize, rng: &mut (impl RngCore + CryptoRng)) -> Synthetic {
    let count = count.max(1) as u32;
    let mut system = Builder::new(vec![Fr::ONE]);
    let mut x = Fr::rand(rng);
    let mut wires = vec![Fr::ONE, Fr::ZERO];
    for i in 0..count {
        wires.push(x);
        x.square_in_place();
        let (input, output) = (i + 2, if i + 1 < count { i + 3 } else { 1 });
        system.constrain(&[(input, 0)], &[(input, 0)], &[(output, 0)]);
    }
    wires[1] = x;
    system.finish(format!("{count} squarings"), wires)
}

/// `count` constraints `b (b - 1) = 0` over random bits, and one that makes their sum public. Every wire is 0 or 1 but that.
pub fn bits(count: usize, rng: &mut (impl RngCore + CryptoRng)) -> Synthetic {
    let count = count as u32;
    let mut system = Builder::new(vec![Fr::ONE, -Fr::ONE]);
    let mut wires = vec![Fr::ONE, Fr::ZERO];
    for bit in 2..count + 2 {
        wires.push(Fr::from(rng.next_u32() & 1));
        system.constrain(&[(bit, 0)], &[(0, 1), (bit, 0)], &[]);
    }
    let all: Vec<(u32, u32)> = (2..count + 2).map(|bit| (bit, 0)).collect();
    system.constrain(&all, &[(0, 0)], &[(1, 0)]);
    wires[1] = wires.iter().skip(2).sum();
    system.finish(format!("{count} bits"), wires)
}

impl Synthetic {
    /// Constraints of the system.
    pub fn num_constraints(&self) -> usize {
        self.r1cs.num_constraints()
    }

    /// The public input.
    pub fn public_input(&self) -> Scalar {
        scalar(self.wires[1])
    }

    /// What [`Synthetic::prove`] should take, by the formula for circuits.
    pub fn estimate(&self, calibration: &Calibration) -> Estimate {
        let is_full_size: Vec<bool> =
            self.wires.iter().map(|value| value.into_bigint().num_bits() > 64).collect();
        estimate::of_system(&self.r1cs, [&[], &[]], &is_full_size, calibration)
    }

    /// A development key.
    pub fn setup(&self, rng: &mut (impl RngCore + CryptoRng)) -> Result<ProvingKey, SetupError> {
        let domain = Domain::for_rows(self.rows())?;
        setup_with(&self.system(), &Secrets::draw(rng), &domain, SetupKind::Development, Observer::none())
    }

    /// A proof, with the time of each phase.
    pub fn prove(
        &self,
        key: &ProvingKey,
        backend: Backend,
        rng: &mut (impl RngCore + CryptoRng),
    ) -> Result<(Proof, ProveTimings), ProveError> {
        let domain = Domain::with_size(key.h().len())?;
        let coefficients = Coefficients::of(&self.r1cs, Check::Constraints);
        let rows = Rows::new(&self.r1cs, &coefficients);
        let core = Core { points: Points::of(key), rows, domain: &domain, backend, known: None };
        let mut timings = ProveTimings::default();
        let proof = core.prove(&self.wires, Fr::rand(rng), Fr::rand(rng), &mut timings)?;
        Ok((proof, timings))
    }

    /// The constraints.
    pub fn r1cs(&self) -> &R1cs {
        &self.r1cs
    }

    /// The values of all wires.
    pub fn wires(&self) -> &[Fr] {
        &self.wires
    }

    /// What stands for a circuit digest in its keys: a hash of its name.
    pub fn digest(&self) -> [u8; 32] {
        artifact::digest(self.name.as_bytes())
    }

    fn rows(&self) -> usize {
        self.r1cs.num_constraints() + self.r1cs.num_instance
    }

    fn system(&self) -> System<'_> {
        System { r1cs: &self.r1cs, commitment: None, weights: None, digest: self.digest() }
    }
}

/// Adds up sparse rows.
struct Builder(R1cs);

impl Builder {
    fn new(values: Vec<Fr>) -> Builder {
        Builder(R1cs { num_instance: 2, values, ..R1cs::default() })
    }

    /// One constraint, each row as (wire, index of the coefficient), wires ascending.
    fn constrain(&mut self, a: &[(u32, u32)], b: &[(u32, u32)], c: &[(u32, u32)]) {
        let R1cs { a: left, b: right, c: product, .. } = &mut self.0;
        for (matrix, row) in [(left, a), (right, b), (product, c)] {
            let matrix: &mut Csr = matrix;
            matrix.col.extend(row.iter().map(|(wire, _)| wire));
            matrix.coeff.extend(row.iter().map(|(_, coefficient)| coefficient));
            matrix.row_ptr.push(matrix.col.len() as u32);
        }
    }

    fn finish(mut self, name: String, wires: Vec<Fr>) -> Synthetic {
        self.0.num_witness = wires.len() - self.0.num_instance;
        self.0.blocks = vec![Block { name: name.clone(), start: 0 }];
        Synthetic { name, r1cs: self.0, wires }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{common::rng, verify};

    #[test]
    fn both_systems_prove_and_verify() {
        for system in [squarings(100, &mut rng(1)), bits(190, &mut rng(2))] {
            let key = system.setup(&mut rng(3)).unwrap();
            for backend in Backend::ALL {
                let (proof, _) = system.prove(&key, backend, &mut rng(4)).unwrap();
                assert_eq!(verify(key.verifying_key(), &proof, &system.public_input()), Ok(()));
                assert!(verify(key.verifying_key(), &proof, &Scalar::ZERO).is_err());
            }
            let mut wrong = system.clone();
            wrong.wires[50] += Fr::ONE;
            assert!(matches!(
                wrong.prove(&key, Backend::Portable, &mut rng(4)),
                Err(ProveError::Unsatisfied(violation)) if violation.block == system.name
            ));
        }
    }
}

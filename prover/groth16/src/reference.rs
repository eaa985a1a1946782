//! arkworks' prover as the reference: the same key and the same randomness give the same proof, byte for byte.
//!
//! Comparisons and benchmarks use it; nothing else does. Only plain circuits over a domain of 2^k points have a form there.

use ark_bn254::{Bn254, Fr, G1Affine, G2Affine};
use ark_ec::AffineRepr;
use ark_ff::PrimeField;
use ark_groth16::{
    Groth16,
    r1cs_to_qap::{LibsnarkReduction, R1CSToQAP, evaluate_constraint},
};
use ark_poly::EvaluationDomain;
use ark_relations::{
    gr1cs::{ConstraintSystemRef, SynthesisError},
    utils::matrix::Matrix,
};
use ark_std::rand::{CryptoRng, RngCore};
use assay_circuits::{Circuit, NUM_INSTANCE, R1cs};
use assay_engine::Domain;
use assay_interface::groth16::SetupKind;

use crate::{
    key::{ProvingKey, Query, VerifyingKey},
    progress::Observer,
    proof::Proof,
    setup::{Secrets, SetupError, System, setup_with},
};

/// arkworks' hook for this crate's quotient: see the module `qap`. Keys and proofs of both then agree.
pub struct CosetReduction;

impl R1CSToQAP for CosetReduction {
    fn instance_map_with_evaluation<F: PrimeField, D: EvaluationDomain<F>>(
        cs: ConstraintSystemRef<F>,
        tau: &F,
    ) -> Result<(Vec<F>, Vec<F>, Vec<F>, F, usize, usize), SynthesisError> {
        LibsnarkReduction::instance_map_with_evaluation::<F, D>(cs, tau)
    }

    fn witness_map_from_matrices<F: PrimeField, D: EvaluationDomain<F>>(
        matrices: &[Matrix<F>],
        num_inputs: usize,
        num_constraints: usize,
        wires: &[F],
    ) -> Result<Vec<F>, SynthesisError> {
        let [left, right, _] = matrices else {
            return Err(SynthesisError::AssignmentMissing);
        };
        let domain = D::new(num_constraints + num_inputs).ok_or(SynthesisError::PolynomialDegreeTooLarge)?;
        let doubled = D::new(2 * domain.size()).ok_or(SynthesisError::PolynomialDegreeTooLarge)?;
        let evaluate =
            |matrix: &Matrix<F>| matrix.iter().map(|row| evaluate_constraint(row, wires)).collect();
        let (mut a, mut b): (Vec<F>, Vec<F>) = (evaluate(left), evaluate(right));
        a.extend_from_slice(wires.get(..num_inputs).ok_or(SynthesisError::AssignmentMissing)?);
        a.resize(domain.size(), F::zero());
        b.resize(domain.size(), F::zero());
        let mut c: Vec<F> = a.iter().zip(&b).map(|(a, b)| *a * b).collect();
        for values in [&mut a, &mut b, &mut c] {
            domain.ifft_in_place(values);
            D::distribute_powers(values, doubled.group_gen());
            domain.fft_in_place(values);
        }
        a.iter_mut().zip(&b).zip(&c).for_each(|((a, b), c)| *a = *a * b - c);
        Ok(a)
    }

    fn h_query_scalars<F: PrimeField, D: EvaluationDomain<F>>(
        max_power: usize,
        tau: F,
        _vanishing: F,
        delta_inverse: F,
    ) -> Result<Vec<F>, SynthesisError> {
        // Coefficients of X^0..X^(2N-2) at tau, turned into Lagrange coefficients of the doubled domain.
        let doubled = D::new(2 * max_power + 1).ok_or(SynthesisError::PolynomialDegreeTooLarge)?;
        let powers = std::iter::successors(Some(delta_inverse), |power| Some(*power * tau));
        let mut scalars: Vec<F> = powers.take(2 * max_power + 1).collect();
        doubled.ifft_in_place(&mut scalars);
        Ok(scalars.into_iter().skip(1).step_by(2).collect())
    }
}

/// arkworks' key, matrices and prover for one circuit.
pub struct Reference {
    key: ark_groth16::ProvingKey<Bn254>,
    matrices: Vec<Vec<Vec<(Fr, usize)>>>,
    instance: usize,
    constraints: usize,
}

impl Reference {
    /// The same key in arkworks' form; `None` where it has none: with a commitment, or over a domain other than 2^k.
    pub fn new(key: &ProvingKey, circuit: &Circuit) -> Option<Reference> {
        Reference::of(key, &circuit.r1cs)
    }

    /// A key of its own for a circuit's constraints, over the 2^k points that arkworks takes. What a circuit commits to is
    /// one more private wire here, and the challenge too: the same matrices and the same work, without a commitment.
    pub fn without_commitment(
        circuit: &Circuit,
        rng: &mut (impl RngCore + CryptoRng),
    ) -> Result<Reference, SetupError> {
        let mut r1cs = circuit.r1cs.clone();
        r1cs.num_witness += r1cs.num_instance - NUM_INSTANCE;
        r1cs.num_instance = NUM_INSTANCE;
        Reference::for_system(&System { r1cs: &r1cs, commitment: None, digest: circuit.digest() }, rng)
    }

    /// A key of its own for a system without a commitment.
    pub(crate) fn for_system(
        system: &System<'_>,
        rng: &mut (impl RngCore + CryptoRng),
    ) -> Result<Reference, SetupError> {
        let rows = system.r1cs.num_constraints() + system.r1cs.num_instance;
        let domain = Domain::with_size(rows.next_power_of_two())?;
        let key = setup_with(system, &Secrets::draw(rng), &domain, SetupKind::Development, Observer::none())?;
        Reference::of(&key, system.r1cs).ok_or(SetupError::Wires(system.r1cs.num_wires()))
    }

    fn of(key: &ProvingKey, r1cs: &R1cs) -> Option<Reference> {
        Some(Reference {
            key: to_arkworks(key)?,
            matrices: r1cs.ark_matrices(),
            instance: r1cs.num_instance,
            constraints: r1cs.num_constraints(),
        })
    }

    /// arkworks' verifying key.
    pub fn verifying_key(&self) -> &ark_groth16::VerifyingKey<Bn254> {
        &self.key.vk
    }

    /// arkworks' proof for the values of all wires and this blinding.
    pub fn prove(&self, wires: &[Fr], r: Fr, s: Fr) -> Result<Proof, SynthesisError> {
        let proof = Groth16::<Bn254, CosetReduction>::create_proof_with_reduction_and_matrices(
            &self.key,
            r,
            s,
            &self.matrices,
            self.instance,
            self.constraints,
            wires,
        )?;
        Ok(Proof { a: proof.a, b: proof.b, c: proof.c, commitment: None })
    }
}

impl VerifyingKey {
    /// The key in arkworks' form; without meaning for a circuit with a commitment.
    pub fn to_arkworks(&self) -> ark_groth16::VerifyingKey<Bn254> {
        let points = &self.points;
        ark_groth16::VerifyingKey {
            alpha_g1: points.alpha_g1,
            beta_g2: points.beta_g2,
            gamma_g2: points.gamma_g2,
            delta_g2: points.delta_g2,
            gamma_abc_g1: points.ic.clone(),
        }
    }
}

impl Proof {
    /// A, B and C in arkworks' form.
    pub fn to_arkworks(&self) -> ark_groth16::Proof<Bn254> {
        ark_groth16::Proof { a: self.a, b: self.b, c: self.c }
    }
}

/// The same key in arkworks' form, identities included.
pub(crate) fn to_arkworks(key: &ProvingKey) -> Option<ark_groth16::ProvingKey<Bn254>> {
    if key.verifying_key.has_commitment() || !key.counts.domain.is_power_of_two() {
        return None;
    }
    let (wires, instance) = (key.counts.wires as usize, usize::from(key.counts.instance));
    let mut l_query: Vec<G1Affine> = expand(key.l(), wires);
    Some(ark_groth16::ProvingKey {
        vk: key.verifying_key.to_arkworks(),
        beta_g1: key.beta_g1,
        delta_g1: key.delta_g1,
        a_query: expand(key.a(), wires),
        b_g1_query: expand(key.b_g1(), wires),
        b_g2_query: expand::<_, G2Affine>(key.b_g2(), wires),
        h_query: key.h().iter().map(|point| (*point).into()).collect(),
        l_query: l_query.split_off(instance.min(wires)),
    })
}

/// The points of all wires.
fn expand<P: Copy, Q: AffineRepr + From<P>>(query: Query<'_, P>, wires: usize) -> Vec<Q> {
    let mut points = vec![Q::zero(); wires];
    for (&wire, &point) in query.wires.iter().zip(query.points) {
        if let Some(slot) = points.get_mut(wire as usize) {
            *slot = point.into();
        }
    }
    points
}

#[cfg(test)]
mod tests {
    use ark_bn254::{G1Projective, G2Projective};
    use ark_ec::PrimeGroup;
    use ark_ff::UniformRand;
    use ark_poly::GeneralEvaluationDomain;
    use assay_circuits::Visibility;

    use super::*;
    use crate::{ProveTimings, Prover, common};

    /// The oracle for the setup: arkworks' generator with the same secrets gives the same key, point for point.
    #[test]
    fn a_key_is_arkworks_key() {
        for (seed, visibility) in [(1, Visibility::Public), (2, Visibility::Committed)] {
            let circuit = common::perceptron(&[3, 4, 2], visibility, seed);
            let rows = circuit.r1cs.num_constraints() + circuit.r1cs.num_instance;
            let mut rng = common::rng(seed);
            let [alpha, beta, gamma, delta, sigma] = [(); 5].map(|()| Fr::rand(&mut rng));
            // arkworks draws tau itself, from a generator that both sides get.
            let tau = GeneralEvaluationDomain::<Fr>::new(rows)
                .unwrap()
                .sample_element_outside_domain(&mut common::rng(seed + 7));
            let expected = Groth16::<Bn254, CosetReduction>::generate_parameters_with_qap(
                circuit.synthesizer(),
                alpha,
                beta,
                gamma,
                delta,
                G1Projective::generator(),
                G2Projective::generator(),
                &mut common::rng(seed + 7),
            )
            .unwrap();
            let secrets = Secrets { alpha, beta, gamma, delta, tau, sigma };
            let domain = Domain::with_size(rows.next_power_of_two()).unwrap();
            let key = setup_with(
                &System::of(&circuit),
                &secrets,
                &domain,
                SetupKind::Development,
                crate::Observer::none(),
            )
            .unwrap();
            // Field by field: a difference in one names it, without printing thousands of points.
            let found = to_arkworks(&key).unwrap();
            assert!(found.vk == expected.vk, "verifying key");
            assert!((found.beta_g1, found.delta_g1) == (expected.beta_g1, expected.delta_g1), "beta, delta");
            assert!(found.a_query == expected.a_query, "A");
            assert!(found.b_g1_query == expected.b_g1_query, "B in G1");
            assert!(found.b_g2_query == expected.b_g2_query, "B in G2");
            assert!(found.l_query == expected.l_query, "L");
            assert!(found.h_query == expected.h_query, "H");
        }
    }

    /// The oracle for the prover: arkworks' prover on the same key and the same blinding.
    #[test]
    fn a_proof_is_arkworks_proof() {
        for (seed, visibility) in [(1, Visibility::Public), (2, Visibility::Committed)] {
            let circuit = common::perceptron(&[3, 4, 2], visibility, seed);
            let rows = circuit.r1cs.num_constraints() + circuit.r1cs.num_instance;
            let domain = Domain::with_size(rows.next_power_of_two()).unwrap();
            let key = setup_with(
                &System::of(&circuit),
                &Secrets::draw(&mut common::rng(seed)),
                &domain,
                SetupKind::Development,
                crate::Observer::none(),
            )
            .unwrap();
            let reference = Reference::new(&key, &circuit).unwrap();
            for backend in assay_engine::Backend::ALL {
                let prover = Prover::with_backend(&key, &circuit, backend).unwrap();
                for (r, s) in
                    [(0, 0), (0, 5), (7, 0), (11, 13)].map(|(r, s): (u64, u64)| (Fr::from(r), Fr::from(s)))
                {
                    let witness = common::solve(&circuit, seed + 10);
                    let proof =
                        prover.core().prove(&witness.values, r, s, &mut ProveTimings::default()).unwrap();
                    assert_eq!(proof, reference.prove(&witness.values, r, s).unwrap(), "{backend}");
                }
            }
        }
    }
}

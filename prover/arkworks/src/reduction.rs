//! The quotient as this prover computes it, for arkworks' hook: keys and proofs of both then agree.

use ark_ff::PrimeField;
use ark_groth16::r1cs_to_qap::{LibsnarkReduction, R1CSToQAP, evaluate_constraint};
use ark_poly::EvaluationDomain;
use ark_relations::{
    gr1cs::{ConstraintSystemRef, SynthesisError},
    utils::matrix::Matrix,
};

/// arkworks' hook for this crate's quotient.
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

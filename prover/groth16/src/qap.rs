//! The reduction from rank-1 constraints to a quadratic arithmetic program, and the quotient.
//!
//! With `a_i, b_i, c_i` the constraints' values on a domain of N-th roots of unity, `P = A B - C` vanishes on the
//! domain exactly when every constraint holds. P has degree at most 2N - 2, so its values at the N *odd* 2N-th roots
//! determine `P(tau)` once the even ones are zero: `P(tau) = sum over odd j of P(w^j) L_j(tau)`. The key holds
//! `[L_j(tau) / delta]_1`, so the prover needs no division by the vanishing polynomial, no transform back, and six
//! transforms of size N in place of arkworks' seven: `[H Z / delta]_1` is one MSM over values of P.
//! This is the reduction of circom and snarkjs, and the satisfaction check comes with it.
//!
//! Rows N_c and N_c + 1 of A hold the instance wires, so that each occurs with an independent polynomial.

use ark_ff::PrimeField;
use ark_groth16::r1cs_to_qap::{LibsnarkReduction, R1CSToQAP, evaluate_constraint};
use ark_poly::EvaluationDomain;
use ark_relations::{
    gr1cs::{ConstraintSystemRef, SynthesisError},
    utils::matrix::Matrix,
};
use assay_circuits::{Csr, R1cs};

/// arkworks' hook for this reduction: keys are made with it.
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
        let evaluate =
            |matrix: &Matrix<F>| matrix.iter().map(|row| evaluate_constraint(row, wires)).collect();
        let (mut a, mut b): (Vec<F>, Vec<F>) = (evaluate(left), evaluate(right));
        a.extend_from_slice(wires.get(..num_inputs).ok_or(SynthesisError::AssignmentMissing)?);
        a.resize(domain.size(), F::zero());
        b.resize(domain.size(), F::zero());
        let shift = coset_shift::<F, D>(&domain).ok_or(SynthesisError::PolynomialDegreeTooLarge)?;
        Ok(odd_values(&domain, shift, a, b))
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

/// The primitive 2N-th root of unity that takes the domain to the odd points; `None` past the field's two-adicity.
pub(crate) fn coset_shift<F: PrimeField, D: EvaluationDomain<F>>(domain: &D) -> Option<F> {
    D::new(2 * domain.size()).map(|doubled| doubled.group_gen())
}

/// Values of `A B - C` at the odd points, for values of A and B on the domain and `C = A B` there.
pub(crate) fn odd_values<F: PrimeField, D: EvaluationDomain<F>>(
    domain: &D,
    shift: F,
    mut a: Vec<F>,
    mut b: Vec<F>,
) -> Vec<F> {
    let mut c: Vec<F> = a.iter().zip(&b).map(|(a, b)| *a * b).collect();
    let to_odd = |values: &mut Vec<F>| {
        domain.ifft_in_place(values);
        D::distribute_powers(values, shift);
        domain.fft_in_place(values);
    };
    rayon::join(|| to_odd(&mut a), || rayon::join(|| to_odd(&mut b), || to_odd(&mut c)));
    a.iter_mut().zip(&b).zip(&c).for_each(|((a, b), c)| *a = *a * b - c);
    a
}

/// Wires with a polynomial in A other than zero: those of the matrix and the instance.
pub(crate) fn wires_of_a(r1cs: &R1cs) -> Vec<u32> {
    used(r1cs, &[&r1cs.a], 0, r1cs.num_instance)
}

/// Wires with a polynomial in B other than zero.
pub(crate) fn wires_of_b(r1cs: &R1cs) -> Vec<u32> {
    used(r1cs, &[&r1cs.b], 0, 0)
}

/// Private wires that occur in any matrix: those of the query L.
pub(crate) fn wires_of_l(r1cs: &R1cs) -> Vec<u32> {
    used(r1cs, &[&r1cs.a, &r1cs.b, &r1cs.c], r1cs.num_instance, 0)
}

/// Wires from `first` on that occur in one of the matrices, and the first `always`.
fn used(r1cs: &R1cs, matrices: &[&Csr], first: usize, always: usize) -> Vec<u32> {
    let mut occurs = vec![false; r1cs.num_wires()];
    occurs.iter_mut().take(always).for_each(|wire| *wire = true);
    for column in matrices.iter().flat_map(|matrix| &matrix.col) {
        if let Some(wire) = occurs.get_mut(*column as usize) {
            *wire = true;
        }
    }
    (0..).zip(occurs).skip(first).filter(|(_, occurs)| *occurs).map(|(wire, _)| wire).collect()
}

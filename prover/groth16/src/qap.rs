//! The reduction from rank-1 constraints to a quadratic arithmetic program, evaluated at a setup's secret point.
//!
//! With `a_i, b_i, c_i` the constraints' values on a domain of N-th roots of unity, `P = A B - C` vanishes on the
//! domain exactly when every constraint holds. P has degree at most 2N - 2, so its values at the N *odd* 2N-th roots
//! determine `P(tau)` once the even ones are zero: `P(tau) = sum over odd j of P(w^j) L_j(tau)`. The key holds
//! `[L_j(tau) / delta]_1`, so the prover needs no division by the vanishing polynomial, no transform back, and six
//! transforms of size N: `[H Z / delta]_1` is one MSM over values of P. This is the reduction of circom and snarkjs.
//!
//! Rows N_c, N_c + 1, ... of A hold the instance wires, so that each occurs with an independent polynomial.
//!
//! *Soundness.* The key's L_j lack their term in `tau^(2N - 1)` (see [`odd_lagrange`]), so they span more than the
//! multiples of the vanishing polynomial `Z = X^N - 1` of degree up to 2N - 2: since `X^(N-1) Z - X^(2N-1) = -X^(N-1)`, they
//! span `X^(N-1)` as well, which is nowhere zero on the domain. With it a prover shows `a_i b_i - c_i = e w^-i` for all rows
//! i at once, with an e of its choice (w generates the domain). The rows of the instance keep e at zero: B and C are zero
//! there for every wire, so `0 = e w^-i`. No key may be made without such a row.
//!
//! Cost at tau: four multiplications a domain point for each of the two Lagrange bases, and one a nonzero coefficient
//! other than 1 and -1. Columns are summed in parallel, each task those of its own wires, so nothing is locked or
//! transposed, and memory is three elements a wire.
//!
//! The indices of the system were checked before: the module `system`.

use ark_bn254::Fr;
use ark_ff::{AdditiveGroup, Field, One};
use assay_circuits::{Csr, R1cs};
use assay_engine::Domain;
use rayon::prelude::*;

/// Domain points that one task computes.
const CHUNK: usize = 1 << 12;

/// Values at tau of the wires' polynomials.
pub(crate) struct Columns {
    pub a: Vec<Fr>,
    pub b: Vec<Fr>,
    pub c: Vec<Fr>,
}

impl Columns {
    /// `basis` are the Lagrange polynomials of the rows at tau.
    pub(crate) fn at(r1cs: &R1cs, basis: &[Fr]) -> Columns {
        let mut a = column_sums(r1cs, &r1cs.a, basis);
        for (column, value) in
            a.iter_mut().zip(basis.iter().skip(r1cs.num_constraints())).take(r1cs.num_instance)
        {
            *column += value;
        }
        Columns { a, b: column_sums(r1cs, &r1cs.b, basis), c: column_sums(r1cs, &r1cs.c, basis) }
    }

    /// `beta A_j + alpha B_j + C_j`, for a wire of the system.
    pub(crate) fn kappa(&self, alpha: Fr, beta: Fr, wire: u32) -> Fr {
        let wire = wire as usize;
        beta * self.a[wire] + alpha * self.b[wire] + self.c[wire]
    }
}

/// For each wire, the sum over the rows of coefficient times basis element.
fn column_sums(r1cs: &R1cs, matrix: &Csr, basis: &[Fr]) -> Vec<Fr> {
    let units: Vec<i8> = r1cs.values.iter().map(unit).collect();
    let mut sums = vec![Fr::ZERO; r1cs.num_wires()];
    let width = sums.len().div_ceil(rayon::current_num_threads()).max(1);
    sums.par_chunks_mut(width).enumerate().for_each(|(task, sums)| {
        let first = (task * width) as u32;
        let limit = first.saturating_add(sums.len() as u32);
        for (row, lagrange) in (0..matrix.rows()).zip(basis) {
            let (wires, coefficients) = matrix.row_slices(row);
            let start = wires.partition_point(|&wire| wire < first);
            for (&wire, &coefficient) in wires.iter().zip(coefficients).skip(start) {
                if wire >= limit {
                    break;
                }
                let (sum, coefficient) = (&mut sums[(wire - first) as usize], coefficient as usize);
                match units[coefficient] {
                    1 => *sum += lagrange,
                    -1 => *sum -= lagrange,
                    _ => *sum += r1cs.values[coefficient] * lagrange,
                }
            }
        }
    });
    sums
}

/// 1 and -1 for themselves, 0 for every other element.
fn unit(value: &Fr) -> i8 {
    i8::from(value.is_one()) - i8::from((-*value).is_one())
}

/// The Lagrange polynomials of the domain's odd points, at tau and without their term in `tau^(2N - 1)`, times `factor`.
///
/// Over the 2N-th roots x of unity, `L(tau) = (tau^2N - 1) / 2N * x / (tau - x)`, and its highest term is `x / 2N tau^(2N - 1)`.
/// P has degree 2N - 2, so these terms add up to nothing, and a ceremony's powers of tau end before them: without them,
/// the key is what arkworks and snarkjs make, point for point.
pub(crate) fn odd_lagrange(domain: &Domain, tau: Fr, factor: Fr) -> Vec<Fr> {
    let doubled = 2 * domain.size() as u64;
    let size = Fr::ONE / Fr::from(doubled); // 2N divides the order less one: it is not zero
    let highest = tau.pow([doubled - 1]) * size;
    let mut values = domain.lagrange_odd(tau);
    values.par_chunks_mut(CHUNK).enumerate().for_each(|(chunk, values)| {
        let mut term = highest * domain.shift() * domain.omega().pow([(chunk * CHUNK) as u64]);
        for value in values {
            *value = factor * (*value - term);
            term *= domain.omega();
        }
    });
    values
}

/// Wires with a polynomial in A other than zero: those of the matrix and the instance.
pub(crate) fn wires_of_a(r1cs: &R1cs) -> Vec<u32> {
    used(r1cs, &[&r1cs.a], 0, r1cs.num_instance)
}

/// Wires with a polynomial in B other than zero.
pub(crate) fn wires_of_b(r1cs: &R1cs) -> Vec<u32> {
    used(r1cs, &[&r1cs.b], 0, 0)
}

/// Private wires that occur in any matrix and are in none of the commitments, each ascending: those of the query L.
pub(crate) fn wires_of_l(r1cs: &R1cs, commitments: [&[u32]; 2]) -> Vec<u32> {
    let mut wires = used(r1cs, &[&r1cs.a, &r1cs.b, &r1cs.c], r1cs.num_instance, 0);
    wires.retain(|wire| commitments.iter().all(|committed| committed.binary_search(wire).is_err()));
    wires
}

/// Wires from `first` on that occur in one of the matrices, and the first `always`.
fn used(r1cs: &R1cs, matrices: &[&Csr], first: usize, always: usize) -> Vec<u32> {
    let mut occurs = vec![false; r1cs.num_wires()];
    occurs.iter_mut().take(always).for_each(|wire| *wire = true);
    for column in matrices.iter().flat_map(|matrix| &matrix.col) {
        occurs[*column as usize] = true;
    }
    (0..).zip(occurs).skip(first).filter(|(_, occurs)| *occurs).map(|(wire, _)| wire).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A polynomial of degree 2N - 2 that vanishes on the domain is the sum of its odd values times the basis.
    #[test]
    fn odd_values_determine_the_quotient() {
        for size in [1usize, 2, 8, 3, 6, 24, 9, 18, 8192] {
            let domain = Domain::with_size(size).unwrap();
            let (tau, factor) = (Fr::from(123_456_789u64), Fr::from(5u64));
            // Of degree N - 2, times the domain's vanishing polynomial; few terms where the domain is large.
            let quotient = |x: Fr| match size {
                1 => Fr::ZERO,
                8192 => x.pow([8190]) + Fr::from(7u64) * x,
                _ => (0..size as u64 - 1).fold(Fr::ZERO, |sum, i| sum * x + Fr::from(3 * i + 1)),
            };
            let polynomial = |x: Fr| quotient(x) * (x.pow([size as u64]) - Fr::ONE);
            let points = std::iter::successors(Some(domain.shift()), |x| Some(*x * domain.omega()));
            let basis = odd_lagrange(&domain, tau, factor);
            let sum: Fr = basis.iter().zip(points).map(|(basis, point)| *basis * polynomial(point)).sum();
            assert_eq!(sum, polynomial(tau) * factor, "{size} points");
        }
    }

    /// The one polynomial in the span of the basis that does not vanish on the domain: see the module's soundness.
    #[test]
    fn the_basis_spans_the_power_below_the_size() {
        for size in [1u64, 2, 8, 3, 24, 9] {
            let domain = Domain::with_size(size as usize).unwrap();
            let (tau, factor) = (Fr::from(123_456_789u64), Fr::from(5u64));
            let points = std::iter::successors(Some(domain.shift()), |x| Some(*x * domain.omega()));
            let basis = odd_lagrange(&domain, tau, factor);
            let sum: Fr =
                basis.iter().zip(points).map(|(basis, x)| *basis * x.pow([size - 1]).double()).sum();
            assert_eq!(sum, factor * tau.pow([size - 1]), "{size} points");
        }
    }
}

//! The constraints' values at a witness: `a = A w` and `b = B w`, with `a b` checked against `C w`.
//!
//! A model's matrices are dense and small-valued, and so is its witness. Values and coefficients below 2^47 in size are
//! therefore multiplied as machine integers, and each row's integer sum becomes a field element once; only products with a
//! larger operand are field products, unless the other is 0, 1 or -1. Cost: about a nanosecond a nonzero coefficient
//! where both are small, a field multiplication where not, and one a row. The check of C costs its nonzeros in this way and
//! a product a row, so every proof pays for it: a witness that breaks a constraint is named, in place of a proof that
//! does not verify.

use ark_bn254::Fr;
use ark_ff::{AdditiveGroup, BigInteger, BigInteger256, Field, PrimeField};
use assay_circuits::{Csr, R1cs, Violation};
use assay_engine::{Backend, vectors};
use rayon::prelude::*;

/// Integers below this size are small: 2^32 products of two of them fit into 127 bits.
const SMALL: u64 = 1 << 47;
/// Stands for an element that is not small.
const LARGE: i64 = i64::MIN;
/// Rows that one task evaluates.
const CHUNK: usize = 256;
/// Elements that one task converts.
const WIRES: usize = 1 << 12;

/// What evaluating a constraint system needs beyond the system itself: made once, used for every witness.
#[derive(Debug)]
pub(crate) struct Coefficients {
    /// The coefficients as integers, or [`LARGE`].
    integers: Vec<i64>,
    check: Check,
}

/// A constraint system, ready to be evaluated.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Rows<'a> {
    r1cs: &'a R1cs,
    coefficients: &'a Coefficients,
}

/// Whether each constraint is held against C.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Check {
    /// A constraint that does not hold is an error.
    Constraints,
    /// The system has no C (a `.zkey` holds none): a wrong witness gives a proof that does not verify.
    Nothing,
}

/// A witness in three forms.
#[derive(Debug)]
pub(crate) struct Wires<'a> {
    /// As field elements.
    pub(crate) elements: &'a [Fr],
    /// As integers below the field's order: the scalars of the sums.
    pub(crate) integers: Vec<[u64; 4]>,
    /// As signed integers, or [`LARGE`].
    small: Vec<i64>,
}

impl<'a> Wires<'a> {
    pub(crate) fn new(backend: Backend, elements: &'a [Fr]) -> Wires<'a> {
        let integers = vectors::to_integers(backend, elements);
        let small = integers.par_iter().with_min_len(WIRES).map(small_of).collect();
        Wires { elements, integers, small }
    }
}

impl Coefficients {
    pub(crate) fn of(r1cs: &R1cs, check: Check) -> Coefficients {
        let integers = r1cs.values.iter().map(|value| small_of(&value.into_bigint().0)).collect();
        Coefficients { integers, check }
    }
}

impl<'a> Rows<'a> {
    /// `coefficients` are those [of](Coefficients::of) this very system.
    pub(crate) fn new(r1cs: &'a R1cs, coefficients: &'a Coefficients) -> Rows<'a> {
        Rows { r1cs, coefficients }
    }

    /// Length of a witness.
    pub(crate) fn num_wires(&self) -> usize {
        self.r1cs.num_wires()
    }

    /// Values of A and B on a domain of `size` points: constraints, then in A the instance wires, then zeros. Fails with the
    /// first constraint that does not hold.
    pub(crate) fn evaluate(
        &self,
        backend: Backend,
        wires: &Wires<'_>,
        size: usize,
    ) -> Result<[Vec<Fr>; 2], Violation> {
        let constraints = self.r1cs.num_constraints();
        let (mut a, b) = (self.rows(&self.r1cs.a, wires, size), self.rows(&self.r1cs.b, wires, size));
        if self.coefficients.check == Check::Constraints {
            let c = self.rows(&self.r1cs.c, wires, constraints);
            if let Some(row) = vectors::first_unequal_product(backend, &a, &b, &c) {
                return Err(self.r1cs.violation(row));
            }
        }
        let instance = wires.elements.iter().take(self.r1cs.num_instance);
        a.iter_mut().skip(constraints).zip(instance).for_each(|(slot, wire)| *slot = *wire);
        Ok([a, b])
    }

    /// The values of a matrix' rows, with zeros up to `size`.
    fn rows(&self, matrix: &Csr, wires: &Wires<'_>, size: usize) -> Vec<Fr> {
        (0..size).into_par_iter().with_min_len(CHUNK).map(|row| self.row(matrix, row, wires)).collect()
    }

    /// The value of one row, whose entries name wires and coefficients: the modules `system` and `circom` see to that.
    fn row(&self, matrix: &Csr, index: usize, wires: &Wires<'_>) -> Fr {
        let (columns, coefficients) = matrix.row_slices(index);
        let (mut sum, mut integer) = (Fr::ZERO, 0i128);
        for (&wire, &coefficient) in columns.iter().zip(coefficients) {
            let (wire, coefficient) = (wire as usize, coefficient as usize);
            let (value, factor) = (wires.small[wire], self.coefficients.integers[coefficient]);
            if value != LARGE && factor != LARGE {
                integer += i128::from(value) * i128::from(factor);
                continue;
            }
            let (element, factor_element) = (&wires.elements[wire], &self.r1cs.values[coefficient]);
            match (value, factor) {
                (0, _) => {}
                (1, _) => sum += factor_element,
                (-1, _) => sum -= factor_element,
                (_, 1) => sum += element,
                (_, -1) => sum -= element,
                _ => sum += *element * factor_element,
            }
        }
        if integer == 0 { sum } else { sum + lift(integer) }
    }
}

fn lift(integer: i128) -> Fr {
    match integer {
        1 => Fr::ONE,
        -1 => -Fr::ONE,
        _ => Fr::from(integer),
    }
}

/// The signed form of an integer below the field's order, if that is small.
fn small_of(integer: &[u64; 4]) -> i64 {
    let small = |words: &[u64; 4]| match *words {
        [low @ ..SMALL, 0, 0, 0] => Some(low as i64),
        _ => None,
    };
    let negative = || {
        let mut negated = Fr::MODULUS;
        let _borrow = negated.sub_with_borrow(&BigInteger256::new(*integer)); // the integer is the smaller one
        small(&negated.0).map(|size| -size)
    };
    small(integer).or_else(negative).unwrap_or(LARGE)
}

#[cfg(test)]
mod tests {
    use ark_ff::UniformRand;
    use ark_std::rand::{Rng, RngCore};
    use assay_circuits::Block;

    use super::*;
    use crate::common;

    fn element(rng: &mut impl RngCore) -> Fr {
        let signed = |value: i64| if value < 0 { -Fr::from(value.unsigned_abs()) } else { Fr::from(value) };
        match rng.gen_range(0..8) {
            0 => Fr::ZERO,
            1 => Fr::ONE,
            2 => -Fr::ONE,
            3 => signed(rng.gen_range(-1000..1000)),
            4 => signed([(1 << 47) - 1, 1 << 47, -(1 << 47), 1 - (1 << 47)][rng.gen_range(0..4)]),
            5 => signed(rng.r#gen()),
            _ => Fr::rand(rng),
        }
    }

    /// Rows of every mixture of sizes, against the plain sum of products.
    #[test]
    fn rows_are_the_sums_of_products() {
        let mut rng = common::rng(1);
        let (rows, columns) = (700usize, 50u32);
        let values: Vec<Fr> = (0..64).map(|_| element(&mut rng)).collect();
        let matrix = |rng: &mut rand_chacha::ChaCha20Rng| {
            let mut matrix = Csr::default();
            for _ in 0..rows {
                for column in 0..columns {
                    if rng.r#gen() {
                        continue;
                    }
                    matrix.col.push(column);
                    matrix.coeff.push(rng.gen_range(0..64));
                }
                matrix.row_ptr.push(matrix.col.len() as u32);
            }
            matrix
        };
        let (a, b) = (matrix(&mut rng), matrix(&mut rng));
        let mut wires: Vec<Fr> = (0..columns + rows as u32).map(|_| element(&mut rng)).collect();
        // C selects a wire of its own for each row.
        let c = Csr {
            row_ptr: (0..=rows as u32).collect(),
            col: (columns..columns + rows as u32).collect(),
            coeff: vec![64; rows],
        };
        let mut r1cs = R1cs {
            num_instance: 2,
            num_witness: wires.len() - 2,
            a,
            b,
            c,
            values,
            blocks: vec![Block { name: "row".into(), start: 0 }],
        };
        r1cs.values.push(Fr::ONE);
        for row in 0..rows {
            wires[columns as usize + row] =
                r1cs.evaluate(&r1cs.a, row, &wires).unwrap() * r1cs.evaluate(&r1cs.b, row, &wires).unwrap();
        }
        for backend in Backend::ALL {
            let coefficients = Coefficients::of(&r1cs, Check::Constraints);
            let [a, b] = Rows::new(&r1cs, &coefficients)
                .evaluate(backend, &Wires::new(backend, &wires), 1024)
                .unwrap();
            for row in 0..rows {
                assert_eq!(Some(a[row]), r1cs.evaluate(&r1cs.a, row, &wires));
                assert_eq!(Some(b[row]), r1cs.evaluate(&r1cs.b, row, &wires));
            }
            assert_eq!(a[rows..rows + 2], wires[..2]);
            assert!(a[rows + 2..].iter().chain(&b[rows..]).all(|value| *value == Fr::ZERO));
        }

        // The first of two broken rows is named.
        wires[columns as usize + 600] += Fr::ONE;
        wires[columns as usize + 333] += Fr::ONE;
        for backend in Backend::ALL {
            let coefficients = Coefficients::of(&r1cs, Check::Constraints);
            let rows = Rows::new(&r1cs, &coefficients);
            let error = rows.evaluate(backend, &Wires::new(backend, &wires), 1024).unwrap_err();
            assert_eq!((error.constraint, error.index), (333, 333));
        }
    }

    #[test]
    fn integers_of_either_sign() {
        for (element, expected) in [
            (Fr::ZERO, 0),
            (Fr::ONE, 1),
            (-Fr::ONE, -1),
            (Fr::from(SMALL - 1), (1 << 47) - 1),
            (-Fr::from(SMALL - 1), 1 - (1 << 47)),
            (Fr::from(SMALL), LARGE),
            (-Fr::from(SMALL), LARGE),
            (Fr::from(u128::MAX), LARGE),
        ] {
            assert_eq!(small_of(&element.into_bigint().0), expected);
        }
    }
}

//! Domains of roots of unity, and the quotient of Groth16.
//!
//! A [`Domain`] is the N-th roots of unity `w^j`, with `N = 2^k`, `3 * 2^k` or `9 * 2^k`: 9 divides r - 1, and the sizes in
//! between cut the padding of a circuit from up to 100 % to at most 33 %. The *odd points* `g w^j`, with `g^2 = w`, are the
//! other half of the 2N-th roots of unity.
//!
//! [`Domain::quotient`] takes the values of A and B on the domain, where `C = A B`, and returns those of `A B - C` at the
//! odd points, as the integers that a sum of scaled points takes. That is six transforms: for each polynomial one that takes values to coefficients, in an order given by the
//! digits of their index reversed, and one that starts from this order and ends in the natural one, at the odd points. No
//! permutation happens, and the factors of the odd points are part of the second transform's roots.
//!
//! Cost: about `3 N (k + 2 e)` products in the field for `N = 3^e 2^k`, on all threads of rayon's pool.

mod points;
mod portable;
pub(crate) mod shape;

use std::sync::{Arc, OnceLock};
#[cfg(target_arch = "x86_64")]
use std::sync::{Mutex, PoisonError};

use ark_bn254::Fr;
use ark_ff::{BigInteger256, FftField, Field, One, PrimeField, Zero, batch_inversion};
use rayon::prelude::*;
use thiserror::Error;

use self::shape::{Shape, powers};
use crate::Backend;

/// Roots of unity, with the tables that transforms over them need.
///
/// Tables are made when a backend is first used, and kept; clones share them. So is the memory that transforms work in: see
/// [`Domain::memory_bytes`].
///
/// ```
/// use ark_bn254::Fr;
/// use ark_ff::BigInteger;
/// use assay_engine::{Backend, Domain};
///
/// let domain = Domain::for_rows(100)?;
/// assert_eq!(domain.size(), 128);
/// // Constants: A B - C is zero, not on the domain alone.
/// let (a, b) = (vec![Fr::from(2u64); 128], vec![Fr::from(3u64); 128]);
/// let quotient = domain.quotient(Backend::detect()?, a, b)?;
/// assert!(quotient.iter().all(|value| value.is_zero()));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct Domain {
    shape: Shape,
    portable: OnceLock<Arc<portable::Tables>>,
    #[cfg(target_arch = "x86_64")]
    vector: OnceLock<Option<Arc<Vector>>>,
}

/// The vector path's tables, and the memory of past transforms.
#[cfg(target_arch = "x86_64")]
#[derive(Debug)]
struct Vector {
    tables: crate::ifma::ntt::Tables,
    idle: Mutex<Vec<crate::ifma::ntt::Workspace>>,
}

/// Why there is no domain, or no transform.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum DomainError {
    /// More rows than the largest domain has points.
    #[error("{rows} rows are more than the {largest} points of the largest domain")]
    TooManyRows {
        /// Rows asked for.
        rows: usize,
        /// Points of the largest domain.
        largest: usize,
    },
    /// No domain has this size.
    #[error(
        "no domain has {size} points: sizes are 2^k, 3 * 2^k and 9 * 2^k, with k at most {}",
        Domain::MOST_TWOS
    )]
    Size {
        /// Points asked for.
        size: usize,
    },
    /// As many values as points are needed.
    #[error("{found} values for a domain of {expected} points")]
    Length {
        /// Points of the domain.
        expected: usize,
        /// Values given.
        found: usize,
    },
}

impl Domain {
    /// The largest k of `N = 3^e 2^k`: 2N must divide r - 1, in which 2 has the power 28.
    pub const MOST_TWOS: u32 = 27;

    /// The smallest domain with a point for each row.
    ///
    /// It is the fastest one too: sizes are at least an eighth apart, and what one point costs, most of it in the sum over
    /// the key's points, differs by hundredths between them.
    pub fn for_rows(rows: usize) -> Result<Domain, DomainError> {
        let sizes = [1, 3, 9].into_iter().filter_map(|odd: usize| {
            let twos = rows.div_ceil(odd).max(1).checked_next_power_of_two()?;
            odd.checked_mul(twos)
        });
        let too_many = DomainError::TooManyRows { rows, largest: 9 << Domain::MOST_TWOS };
        let mut sizes: Vec<usize> = sizes.collect();
        sizes.sort_unstable();
        sizes.into_iter().find_map(|size| Domain::with_size(size).ok()).ok_or(too_many)
    }

    /// The domain of this size: `2^k`, `3 * 2^k` or `9 * 2^k`.
    pub fn with_size(size: usize) -> Result<Domain, DomainError> {
        let error = DomainError::Size { size };
        if size == 0 {
            return Err(error);
        }
        let twos = size.trailing_zeros();
        let threes = match size >> twos {
            1 => 0,
            3 => 1,
            9 => 2,
            _ => return Err(error),
        };
        if twos > Domain::MOST_TWOS {
            return Err(error);
        }
        let root = |order: usize| Fr::get_root_of_unity(u64::try_from(order).ok()?);
        let (Some(omega), Some(shift)) = (root(size), root(2 * size)) else {
            return Err(error);
        };
        Ok(Domain {
            shape: Shape { size, threes, twos, omega, shift },
            portable: OnceLock::new(),
            #[cfg(target_arch = "x86_64")]
            vector: OnceLock::new(),
        })
    }

    /// N, the number of points.
    pub fn size(&self) -> usize {
        self.shape.size
    }

    /// w: point j is `w^j`. For `N = 2^k` this is arkworks' and snarkjs' root.
    pub fn omega(&self) -> Fr {
        self.shape.omega
    }

    /// g, with `g^2 = w`: odd point j is `g w^j`.
    pub fn shift(&self) -> Fr {
        self.shape.shift
    }

    /// What a domain of this size holds after its first [`Domain::quotient`], at most: of the two backends IFMA takes more,
    /// three polynomials in limbs. Portable tables take 64 bytes a point, and 32 more while a quotient is computed.
    /// Quotients that run at the same time take as much again, each.
    pub fn memory_bytes(size: usize) -> usize {
        let tables = 200 * size.isqrt() * (size.max(1).ilog2() as usize + 8);
        let scratch = rayon::current_num_threads() * 5120 * size.isqrt();
        3 * 40 * size + scratch + tables
    }

    /// Values of `A B - C` at the odd points, for values of A and B on the domain and `C = A B` there, where A, B and C
    /// are polynomials of degree below N: as integers in `[0, r)`. The result is in a's memory.
    pub fn quotient(
        &self,
        backend: Backend,
        mut a: Vec<Fr>,
        b: Vec<Fr>,
    ) -> Result<Vec<BigInteger256>, DomainError> {
        self.check(&a)?;
        self.check(&b)?;
        // Either path leaves integers in the elements' words.
        #[cfg(target_arch = "x86_64")]
        if let Some((ifma, vector)) = self.vector(backend) {
            vector
                .with_workspace(|space| crate::ifma::ntt::quotient(ifma, &vector.tables, space, &mut a, &b));
            return Ok(a.into_iter().map(|element| element.0).collect());
        }
        let _ = backend;
        portable::quotient(&self.shape, self.portable(), &mut a, b);
        a.par_iter_mut().for_each(|element| element.0 = element.into_bigint());
        Ok(a.into_iter().map(|element| element.0).collect())
    }

    /// Values at the odd points of the polynomial of degree below N that has these values on the domain.
    pub fn to_odd_points(&self, backend: Backend, mut values: Vec<Fr>) -> Result<Vec<Fr>, DomainError> {
        self.check(&values)?;
        #[cfg(target_arch = "x86_64")]
        if let Some((ifma, vector)) = self.vector(backend) {
            vector.with_workspace(|space| {
                crate::ifma::ntt::to_odd_points(ifma, &vector.tables, space, &mut values);
            });
            return Ok(values);
        }
        let _ = backend;
        portable::to_odd_points(&self.shape, self.portable(), &mut values);
        Ok(values)
    }

    /// `L_j(point)` for the Lagrange polynomials of the domain: one at `w^j`, zero at the other N - 1 points.
    pub fn lagrange(&self, point: Fr) -> Vec<Fr> {
        self.lagrange_of(point, self.shape.size, Fr::one())
    }

    /// `L_j(point)` for the Lagrange polynomials of all 2N points, but only of the odd ones: one at `g w^j`, zero at the other
    /// 2N - 1. A polynomial of degree below 2N that is zero on the domain is their sum with its values at the odd points.
    pub fn lagrange_odd(&self, point: Fr) -> Vec<Fr> {
        self.lagrange_of(point, 2 * self.shape.size, self.shape.shift)
    }

    /// `L_j = (X^order - 1) / order * x_j / (X - x_j)` for the nodes `x_j = first w^j`, `j < N`.
    fn lagrange_of(&self, point: Fr, order: usize, first: Fr) -> Vec<Fr> {
        let nodes = powers(first, self.shape.omega, self.shape.size);
        let mut values: Vec<Fr> = nodes.par_iter().map(|node| point - node).collect();
        if let Some(index) = values.iter().position(Zero::is_zero) {
            values.fill(Fr::zero());
            values[index] = Fr::one();
            return values;
        }
        batch_inversion(&mut values);
        let order = order as u64;
        let factor = (point.pow([order]) - Fr::one()) / Fr::from(order);
        values.par_iter_mut().zip(nodes).for_each(|(value, node)| *value *= factor * node);
        values
    }

    fn check(&self, values: &[Fr]) -> Result<(), DomainError> {
        let (expected, found) = (self.shape.size, values.len());
        if expected == found { Ok(()) } else { Err(DomainError::Length { expected, found }) }
    }

    fn portable(&self) -> &portable::Tables {
        self.portable.get_or_init(|| Arc::new(portable::Tables::new(&self.shape)))
    }

    /// The vector path, if the backend is that one, the processor has it and the domain fits it.
    #[cfg(target_arch = "x86_64")]
    fn vector(&self, backend: Backend) -> Option<(crate::ifma::Ifma, &Vector)> {
        let ifma = backend.ifma()?;
        let vector = self.vector.get_or_init(|| {
            let tables = crate::ifma::ntt::Tables::new(&self.shape)?;
            Some(Arc::new(Vector { tables, idle: Mutex::new(Vec::new()) }))
        });
        Some((ifma, vector.as_deref()?))
    }
}

#[cfg(target_arch = "x86_64")]
impl Vector {
    /// Runs a transform with memory that no other has: idle memory of an earlier one, or new.
    fn with_workspace(&self, transform: impl FnOnce(&mut crate::ifma::ntt::Workspace)) {
        let idle = || self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        let mut workspace = idle().pop().unwrap_or_else(|| crate::ifma::ntt::Workspace::new(&self.tables));
        transform(&mut workspace);
        idle().push(workspace);
    }
}

#[cfg(test)]
mod tests;

//! Transforms of points: what turns the powers of a ceremony into Lagrange points.
//!
//! Level after level by Stockham's rule, so that the result is in its natural order: with n points left in each of s interleaved
//! transforms, `y[q + s (r p + k)]` is the sum over l of `w_r^-kl x[q + s (p + m l)]`, times `w_n^-pk`, for the radix r, `m = n / r`.
//! A level's additions are batches; the factor `w_3` is the curve's endomorphism or its square.
//!
//! Cost: nearly `N / 2` multiplications of points a level of radix 2, `2 N / 3` of radix 3.

use ark_bn254::{Fr, g1};
use ark_ec::scalar_mul::glv::GLVConfig;
use ark_ff::{Field, One};
use rayon::prelude::*;

use super::{Domain, DomainError, shape::powers};
use crate::{
    Backend,
    curve::{Point, add_each, images, multiply_all, multiply_each, subtract_each},
};

/// Points of a level that one task takes.
const TASK: usize = 1 << 13;

impl Domain {
    /// `[L_j(tau)]` for the domain's Lagrange polynomials, from `[tau^i]` for i below N:
    /// `1/N sum_i w^(-ij) [tau^i]`.
    ///
    /// # Errors
    /// [`DomainError::Length`] for another number of points than N.
    pub fn lagrange_points<P: Point>(&self, backend: Backend, powers: &[P]) -> Result<Vec<P>, DomainError> {
        self.check_length(powers.len())?;
        let size = self.inverse_size(1);
        Ok(self.transform_points(backend, multiply_all(backend, powers, size)))
    }

    /// `[L_j(tau)]` of the *odd* points of the doubled domain without their terms in `tau^(2N - 1)`, from `[tau^i]` for i below
    /// 2N - 1: `1/2N sum_(k<N) g^(-k) w^(-jk) ([tau^k] - [tau^(k+N)])`, where `[tau^(2N-1)]` counts as zero.
    ///
    /// # Errors
    /// [`DomainError::Length`] for another number of points than 2N - 1.
    pub fn odd_lagrange_points<P: Point>(
        &self,
        backend: Backend,
        powers_of_tau: &[P],
    ) -> Result<Vec<P>, DomainError> {
        let (expected, found) = (2 * self.size() - 1, powers_of_tau.len());
        if found != expected {
            return Err(DomainError::Length { expected, found });
        }
        let (low, high) = powers_of_tau.split_at(self.size());
        let mut differences = subtract_each(backend, low, high);
        differences.extend_from_slice(&low[high.len()..]);
        let inverse = self.shift().pow([2 * self.size() as u64 - 1]);
        let factors = powers(self.inverse_size(2), inverse, self.size());
        Ok(self.transform_points(backend, multiply_each(backend, &differences, &factors[..])))
    }

    /// The coefficients of the polynomial of degree below N that has these values on the domain, the constant one first.
    ///
    /// # Errors
    /// [`DomainError::Length`] for another number of values than N.
    pub fn coefficients(&self, mut values: Vec<Fr>) -> Result<Vec<Fr>, DomainError> {
        self.check_length(values.len())?;
        self.portable().coefficients(&mut values, 0);
        let size = self.inverse_size(1);
        let radices: Vec<usize> = self.shape.radices().collect();
        let ordered = (0..values.len()).into_par_iter().with_min_len(TASK).map(|index| {
            // Reversed digits: the lowest digit of the index says in which part of the whole it is.
            let (mut rest, mut part, mut place) = (index, values.len(), 0);
            for radix in &radices {
                part /= radix;
                place += rest % radix * part;
                rest /= radix;
            }
            values[place] * size
        });
        Ok(ordered.collect())
    }

    /// `1 / (factor N)`.
    fn inverse_size(&self, factor: u64) -> Fr {
        Fr::one() / Fr::from(factor * self.size() as u64) // 2N divides r - 1: it is not zero in the field
    }

    fn check_length(&self, found: usize) -> Result<(), DomainError> {
        let expected = self.size();
        if found == expected { Ok(()) } else { Err(DomainError::Length { expected, found }) }
    }

    /// `sum_i w^(-ij) P_i` for all j.
    fn transform_points<P: Point>(&self, backend: Backend, mut points: Vec<P>) -> Vec<P> {
        let inverse_omega = self.omega().pow([self.size() as u64 - 1]);
        let roots = powers(Fr::one(), inverse_omega, self.size());
        let mut stride = 1;
        for radix in self.shape.radices() {
            points = self.level(backend, &points, &roots, radix, stride);
            stride *= radix;
        }
        points
    }

    /// One level, of `stride` interleaved transforms.
    fn level<P: Point>(
        &self,
        backend: Backend,
        x: &[P],
        roots: &[Fr],
        radix: usize,
        stride: usize,
    ) -> Vec<P> {
        let part = x.len() / radix;
        let tasks: Vec<Vec<Vec<P>>> = (0..part.div_ceil(TASK))
            .into_par_iter()
            .with_max_len(1)
            .map(|task| {
                let items = task * TASK..part.min((task + 1) * TASK);
                let inputs: Vec<&[P]> =
                    (0..radix).map(|l| &x[l * part + items.start..l * part + items.end]).collect();
                let mut outputs = match inputs[..] {
                    [a, b] => vec![add_each(backend, a, b), subtract_each(backend, a, b)],
                    [a, b, c] => self.thirds(backend, a, b, c),
                    _ => Vec::new(), // radices are 2 and 3
                };
                // The first transform's factors are one.
                let ones = stride.saturating_sub(items.start).min(items.len());
                for (k, output) in outputs.iter_mut().enumerate().skip(1) {
                    let factors: Vec<Fr> =
                        items.clone().skip(ones).map(|item| roots[stride * (item / stride) * k]).collect();
                    let products = multiply_each(backend, &output[ones..], &factors[..]);
                    output[ones..].copy_from_slice(&products);
                }
                outputs
            })
            .collect();
        let mut y = vec![P::default(); x.len()];
        for (task, outputs) in tasks.into_iter().enumerate() {
            for (k, output) in outputs.into_iter().enumerate() {
                for (item, point) in (task * TASK..).zip(output) {
                    y[item % stride + stride * (radix * (item / stride) + k)] = point;
                }
            }
        }
        y
    }

    /// `a + b + c`, `a + w b + w^2 c` and `a + w^2 b + w c` for the inverse w of the domain's cube root of unity: the last two are
    /// `a - c + m` and `a - b - m` for `m = w (b - c)`.
    fn thirds<P: Point>(&self, backend: Backend, a: &[P], b: &[P], c: &[P]) -> Vec<Vec<P>> {
        let add = |left: &[P], right: &[P]| add_each(backend, left, right);
        let subtract = |left: &[P], right: &[P]| subtract_each(backend, left, right);
        let difference = subtract(b, c);
        let mut m = images(backend, &difference);
        if self.omega().pow([self.size() as u64 / 3]) == g1::Config::LAMBDA {
            m = images(backend, &m); // the inverse is the square
        }
        vec![add(&add(b, c), a), add(&subtract(a, c), &m), subtract(&subtract(a, b), &m)]
    }
}

#[cfg(test)]
mod tests {
    use ark_bn254::{G1Affine, G2Affine};
    use ark_ec::AffineRepr;
    use ark_ff::UniformRand;
    use rand::{SeedableRng, rngs::StdRng};

    use super::*;
    use crate::{G1Point, G2Point, fixed_base::FixedBase};

    fn check<P: Point>(base: P, sizes: &[usize]) {
        let mut rng = StdRng::seed_from_u64(5);
        let tau = Fr::rand(&mut rng);
        for backend in Backend::ALL.into_iter().filter(|backend| backend.is_available()) {
            for &size in sizes {
                let domain = Domain::with_size(size).unwrap();
                let multiples = |scalars: &[Fr]| FixedBase::new(backend, base, 100).multiply(scalars);
                let given = multiples(&powers(Fr::one(), tau, 2 * size - 1));
                assert_eq!(
                    domain.lagrange_points(backend, &given[..size]).unwrap(),
                    multiples(&domain.lagrange(tau)),
                    "{size}"
                );
                let order = 2 * size as u64;
                let top = tau.pow([order - 1]) / Fr::from(order);
                let odd: Vec<Fr> = domain
                    .lagrange_odd(tau)
                    .into_iter()
                    .zip(powers(domain.shift(), domain.omega(), size))
                    .map(|(value, x)| value - top * x)
                    .collect();
                assert_eq!(domain.odd_lagrange_points(backend, &given).unwrap(), multiples(&odd), "{size}");
                let error = Err(DomainError::Length { expected: size, found: size + 1 });
                assert_eq!(domain.lagrange_points(backend, &vec![base; size + 1]), error);
            }
        }
    }

    #[test]
    fn powers_become_lagrange_points() {
        check(G1Point::from(G1Affine::generator()), &[1, 2, 3, 6, 8, 9, 12, 36, 96]);
        check(G2Point::from(G2Affine::generator()), &[9, 16]);
    }

    #[test]
    fn values_become_coefficients() {
        let mut rng = StdRng::seed_from_u64(6);
        for size in [1usize, 2, 3, 6, 8, 9, 12, 36, 128, 9 << 10] {
            let domain = Domain::with_size(size).unwrap();
            let values: Vec<Fr> = (0..size).map(|_| Fr::rand(&mut rng)).collect();
            let coefficients = domain.coefficients(values.clone()).unwrap();
            for j in [0, 1, size / 2, size - 1].map(|j| j % size) {
                let x = domain.omega().pow([j as u64]);
                let value = coefficients.iter().rev().fold(Fr::from(0u64), |sum, c| sum * x + c);
                assert_eq!(value, values[j], "{size} {j}");
            }
        }
        let error = Err(DomainError::Length { expected: 2, found: 1 });
        assert_eq!(Domain::with_size(2).unwrap().coefficients(vec![Fr::one()]), error);
    }
}

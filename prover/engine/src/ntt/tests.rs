//! Against arkworks' transforms, against naive evaluation, and one backend against the other.

use ark_ff::UniformRand;
use ark_poly::{
    DenseUVPolynomial, EvaluationDomain, GeneralEvaluationDomain, MixedRadixEvaluationDomain, Polynomial,
    Radix2EvaluationDomain, univariate::DensePolynomial,
};
use rand::SeedableRng;
use rand_chacha::ChaCha20Rng;

use super::*;

/// Every backend that this processor has.
fn backends() -> impl Iterator<Item = Backend> {
    Backend::ALL.into_iter().filter(|backend| backend.is_available())
}

fn random(count: usize, seed: u64) -> Vec<Fr> {
    let mut rng = ChaCha20Rng::seed_from_u64(seed);
    (0..count).map(|_| Fr::rand(&mut rng)).collect()
}

/// All sizes from one to two hundred, and larger ones on both sides of the vector path's splits.
fn sizes() -> Vec<usize> {
    let small = (0..=7).flat_map(|twos| [1, 3, 9].map(|odd| odd << twos));
    small.chain([256, 384, 576, 512, 768, 1152, 4096, 6144, 9216, 1 << 14]).collect()
}

#[test]
fn the_smallest_size_is_chosen() {
    let expected = [(0, 1), (1, 1), (2, 2), (3, 3), (5, 6), (7, 8), (9, 9), (10, 12), (13, 16), (17, 18)];
    for (rows, size) in expected {
        assert_eq!(Domain::for_rows(rows).unwrap().size(), size);
    }
    for (rows, size) in [(65_536, 65_536), (65_537, 9 << 13), (73_729, 3 << 15), (98_305, 1 << 17)] {
        assert_eq!(Domain::for_rows(rows).unwrap().size(), size);
    }
    let largest = 9 << Domain::MOST_TWOS;
    assert_eq!(Domain::for_rows(largest).unwrap().size(), largest);
    for rows in [largest + 1, usize::MAX] {
        assert_eq!(Domain::for_rows(rows).unwrap_err(), DomainError::TooManyRows { rows, largest });
    }
}

#[test]
fn other_sizes_are_refused() {
    for size in [0, 5, 7, 27, 15 << 10, 1 << 28, 3 << 28, usize::MAX] {
        assert_eq!(Domain::with_size(size).unwrap_err(), DomainError::Size { size });
    }
    let domain = Domain::with_size(12).unwrap();
    let error = DomainError::Length { expected: 12, found: 11 };
    for backend in backends() {
        assert_eq!(domain.quotient(backend, random(12, 1), random(11, 1)), Err(error));
        assert_eq!(domain.quotient(backend, random(11, 1), random(12, 1)), Err(error));
        assert_eq!(domain.to_odd_points(backend, random(11, 1)), Err(error));
    }
}

#[test]
fn roots_have_their_orders_and_are_arkworks_roots() {
    for size in sizes() {
        let domain = Domain::with_size(size).unwrap();
        assert_eq!(domain.shift().square(), domain.omega());
        for (root, order) in [(domain.omega(), size), (domain.shift(), 2 * size)] {
            assert_eq!(root.pow([order as u64]), Fr::one());
            for prime in [2, 3].into_iter().filter(|prime| order % prime == 0) {
                assert_ne!(root.pow([(order / prime) as u64]), Fr::one());
            }
        }
        let arkworks = MixedRadixEvaluationDomain::<Fr>::new(size).unwrap();
        assert_eq!((arkworks.size(), arkworks.group_gen()), (size, domain.omega()));
        if size.is_power_of_two() {
            assert_eq!(Radix2EvaluationDomain::<Fr>::new(size).unwrap().group_gen(), domain.omega());
        }
    }
}

/// The values at the odd points as arkworks computes them.
fn arkworks_odd_points(size: usize, shift: Fr, values: &[Fr]) -> Vec<Fr> {
    let domain = GeneralEvaluationDomain::<Fr>::new(size).unwrap();
    if domain.size() == size {
        let mut values = values.to_vec();
        domain.ifft_in_place(&mut values);
        GeneralEvaluationDomain::distribute_powers(&mut values, shift);
        domain.fft_in_place(&mut values);
        return values;
    }
    let domain = MixedRadixEvaluationDomain::<Fr>::new(size).unwrap();
    let mut values = values.to_vec();
    domain.ifft_in_place(&mut values);
    MixedRadixEvaluationDomain::distribute_powers(&mut values, shift);
    domain.fft_in_place(&mut values);
    values
}

#[test]
fn odd_points_are_arkworks_for_every_size_and_backend() {
    for size in sizes() {
        let domain = Domain::with_size(size).unwrap();
        let edges = |edge: Fr| vec![edge; size];
        let mut unit = edges(Fr::zero());
        unit[size - 1] = -Fr::one();
        for values in [random(size, 7), unit, edges(Fr::zero()), edges(-Fr::one())] {
            let expected = arkworks_odd_points(size, domain.shift(), &values);
            for backend in backends() {
                let found = domain.to_odd_points(backend, values.clone()).unwrap();
                assert!(found == expected, "{size} points, {backend}");
            }
        }
    }
}

#[test]
fn odd_points_are_the_polynomials_values() {
    for size in [2, 3, 9, 36, 64, 192, 576] {
        let domain = Domain::with_size(size).unwrap();
        let polynomial = DensePolynomial::from_coefficients_vec(random(size, 3));
        let at = |first: Fr| -> Vec<Fr> {
            powers(first, domain.omega(), size).iter().map(|point| polynomial.evaluate(point)).collect()
        };
        for backend in backends() {
            let found = domain.to_odd_points(backend, at(Fr::one())).unwrap();
            assert_eq!(found, at(domain.shift()), "{size} points, {backend}");
        }
    }
}

#[test]
fn the_quotient_is_the_product_less_c_for_every_size_and_backend() {
    for size in sizes() {
        let domain = Domain::with_size(size).unwrap();
        for (a, b) in [
            (random(size, 1), random(size, 2)),
            (vec![-Fr::one(); size], vec![-Fr::one(); size]),
            (vec![Fr::zero(); size], random(size, 2)),
        ] {
            let c: Vec<Fr> = a.iter().zip(&b).map(|(a, b)| *a * b).collect();
            let [odd_a, odd_b, odd_c] =
                [&a, &b, &c].map(|values| arkworks_odd_points(size, domain.shift(), values));
            let expected: Vec<_> =
                odd_a.iter().zip(&odd_b).zip(&odd_c).map(|((a, b), c)| (*a * b - c).into_bigint()).collect();
            for backend in backends() {
                let found = domain.quotient(backend, a.clone(), b.clone()).unwrap();
                assert!(found == expected, "{size} points, {backend}");
            }
        }
    }
}

/// Larger than any cache, with all radices: the backends against each other.
#[test]
fn backends_agree_on_large_domains() {
    for size in [1 << 17, 3 << 15, 9 << 14] {
        let domain = Domain::with_size(size).unwrap();
        let (a, b) = (random(size, 5), random(size, 6));
        let expected = domain.quotient(Backend::Portable, a.clone(), b.clone()).unwrap();
        for backend in backends() {
            assert!(domain.quotient(backend, a.clone(), b.clone()).unwrap() == expected, "{size}, {backend}");
        }
    }
}

#[test]
fn lagrange_coefficients_interpolate() {
    let point = Fr::from(123_456_789u64);
    for size in [1, 2, 3, 8, 9, 12, 18, 64, 96, 144] {
        let domain = Domain::with_size(size).unwrap();
        let polynomial = DensePolynomial::from_coefficients_vec(random(size, 4));
        let dot = |coefficients: &[Fr], values: &[Fr]| -> Fr {
            coefficients.iter().zip(values).map(|(x, y)| *x * y).sum()
        };
        let values: Vec<Fr> =
            powers(Fr::one(), domain.omega(), size).iter().map(|x| polynomial.evaluate(x)).collect();
        assert_eq!(dot(&domain.lagrange(point), &values), polynomial.evaluate(&point));

        // (X^N - 1) p(X) has degree below 2N and is zero on the domain: its values at the odd points are -2 p.
        let odd: Vec<Fr> = powers(domain.shift(), domain.omega(), size)
            .iter()
            .map(|x| -(polynomial.evaluate(x) * Fr::from(2u64)))
            .collect();
        let expected = (point.pow([size as u64]) - Fr::one()) * polynomial.evaluate(&point);
        assert_eq!(dot(&domain.lagrange_odd(point), &odd), expected);

        // At a node they are one and zeros, and the odd ones all zero at a point of the domain.
        for (index, node) in powers(Fr::one(), domain.omega(), size).into_iter().enumerate() {
            let unit: Vec<Fr> = (0..size).map(|i| if i == index { Fr::one() } else { Fr::zero() }).collect();
            assert_eq!(domain.lagrange(node), unit);
            assert_eq!(domain.lagrange_odd(node), vec![Fr::zero(); size]);
            assert_eq!(domain.lagrange_odd(node * domain.shift()), unit);
        }
    }
}

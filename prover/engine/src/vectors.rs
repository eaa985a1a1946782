//! Whole slices of scalars at once: conversions and the check of a row's product. On all threads of rayon's pool.

use ark_bn254::Fr;
use ark_ff::PrimeField;
use rayon::prelude::*;

use crate::Backend;

/// Elements that one task converts.
const TASK: usize = 1 << 12;

/// The integers in `[0, r)` that the elements are, little-endian words: what a multi-scalar multiplication cuts into digits.
pub fn to_integers(backend: Backend, elements: &[Fr]) -> Vec<[u64; 4]> {
    let mut integers = vec![[0; 4]; elements.len()];
    let tasks = elements.par_chunks(TASK).zip(integers.par_chunks_mut(TASK));
    tasks.for_each(|(elements, integers)| {
        #[cfg(target_arch = "x86_64")]
        if let Some(ifma) = backend.ifma() {
            return crate::ifma::vectors::to_integers(ifma, elements, integers);
        }
        let _ = backend;
        integers.iter_mut().zip(elements).for_each(|(integer, element)| *integer = element.into_bigint().0);
    });
    integers
}

/// The elements that these integers are, a negative one as r less its size.
pub fn from_integers(backend: Backend, integers: &[i64]) -> Vec<Fr> {
    let mut elements = vec![Fr::default(); integers.len()];
    let tasks = integers.par_chunks(TASK).zip(elements.par_chunks_mut(TASK));
    tasks.for_each(|(integers, elements)| {
        #[cfg(target_arch = "x86_64")]
        if let Some(ifma) = backend.ifma() {
            return crate::ifma::vectors::from_integers(ifma, integers, elements);
        }
        let _ = backend;
        elements.iter_mut().zip(integers).for_each(|(element, integer)| *element = Fr::from(*integer));
    });
    elements
}

/// The first index at which `a b` is not c, up to the shortest of the three: the first constraint that does not hold.
pub fn first_unequal_product(backend: Backend, a: &[Fr], b: &[Fr], c: &[Fr]) -> Option<usize> {
    let rows = a.len().min(b.len()).min(c.len());
    let (a, b, c) = (&a[..rows], &b[..rows], &c[..rows]);
    let tasks = a.par_chunks(TASK).zip(b.par_chunks(TASK)).zip(c.par_chunks(TASK)).enumerate();
    tasks.find_map_first(|(task, ((a, b), c))| {
        let first = |backend: Backend| {
            #[cfg(target_arch = "x86_64")]
            if let Some(ifma) = backend.ifma() {
                return crate::ifma::vectors::first_unequal_product(ifma, a, b, c);
            }
            let _ = backend;
            a.iter().zip(b).zip(c).position(|((a, b), c)| *a * b != *c)
        };
        first(backend).map(|index| task * TASK + index)
    })
}

#[cfg(test)]
mod tests {
    use ark_ff::{One, UniformRand, Zero};
    use rand::{Rng, SeedableRng};
    use rand_chacha::ChaCha20Rng;

    use super::*;

    /// Lengths on both sides of a vector and of a task.
    const LENGTHS: [usize; 9] = [0, 1, 7, 8, 9, 64, 4095, 4097, 9000];

    fn random(count: usize, seed: u64) -> Vec<Fr> {
        let mut rng = ChaCha20Rng::seed_from_u64(seed);
        let edges = [Fr::zero(), Fr::one(), -Fr::one(), Fr::from(u64::MAX), -Fr::from(u64::MAX)];
        let draw = |index: usize| edges.get(index % 16).copied().unwrap_or_else(|| Fr::rand(&mut rng));
        (0..count).map(draw).collect()
    }

    #[test]
    fn integers_are_the_elements() {
        for backend in Backend::ALL {
            for length in LENGTHS {
                let elements = random(length, 1);
                let expected: Vec<[u64; 4]> = elements.iter().map(|x| x.into_bigint().0).collect();
                assert_eq!(to_integers(backend, &elements), expected);
            }
        }
    }

    #[test]
    fn elements_are_the_integers() {
        let mut rng = ChaCha20Rng::seed_from_u64(2);
        let edges = [0, 1, -1, i64::MAX, i64::MIN, i64::MIN + 1, 1 << 52, -(1 << 52), (1 << 52) - 1, 1 << 51];
        for backend in Backend::ALL {
            for length in LENGTHS {
                let draw = |index: usize| edges.get(index % 16).copied().unwrap_or_else(|| rng.r#gen());
                let integers: Vec<i64> = (0..length).map(draw).collect();
                let expected: Vec<Fr> = integers.iter().map(|x| Fr::from(*x)).collect();
                assert_eq!(from_integers(backend, &integers), expected);
            }
        }
    }

    #[test]
    fn the_first_wrong_product_is_found() {
        for backend in Backend::ALL {
            for length in LENGTHS {
                let (a, b) = (random(length, 3), random(length, 4));
                let mut c: Vec<Fr> = a.iter().zip(&b).map(|(a, b)| *a * b).collect();
                assert_eq!(first_unequal_product(backend, &a, &b, &c), None);
                for wrong in
                    [length.wrapping_sub(1), length / 2, length / 3, 0].into_iter().filter(|i| *i < length)
                {
                    c[wrong] += Fr::one();
                    assert_eq!(first_unequal_product(backend, &a, &b, &c), Some(wrong));
                    assert_eq!(first_unequal_product(backend, &a, &b, &c[..wrong]), None);
                }
            }
        }
    }
}

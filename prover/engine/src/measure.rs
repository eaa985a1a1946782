//! Kernels for the benchmarks of this crate, which cannot see its private parts. Not an interface.

use ark_bn254::Fq;
use ark_ff::Field;

use crate::Backend;

/// `x_i <- x_i y_i^n`, by n products each.
pub fn products(backend: Backend, x: &mut [Fq], y: &[Fq], n: usize) {
    #[cfg(target_arch = "x86_64")]
    if let Some(ifma) = backend.ifma() {
        return crate::ifma::measure::products(ifma, x, y, n);
    }
    let _ = backend;
    for _ in 0..n {
        x.iter_mut().zip(y).for_each(|(x, y)| *x *= y);
    }
}

/// `x_i <- x_i^(2^n)`, by n squares each.
pub fn squares(backend: Backend, x: &mut [Fq], n: usize) {
    #[cfg(target_arch = "x86_64")]
    if let Some(ifma) = backend.ifma() {
        return crate::ifma::measure::squares(ifma, x, n);
    }
    let _ = backend;
    for _ in 0..n {
        x.iter_mut().for_each(|x| {
            x.square_in_place();
        });
    }
}

#[cfg(test)]
mod tests {
    use ark_ff::UniformRand;
    use rand::SeedableRng;
    use rand_chacha::ChaCha20Rng;

    use super::*;

    #[test]
    fn both_backends_compute_the_same_powers() {
        let mut rng = ChaCha20Rng::seed_from_u64(1);
        // 21 elements: the last vector is not full.
        let x: Vec<Fq> = (0..21).map(|_| Fq::rand(&mut rng)).collect();
        let y: Vec<Fq> = (0..21).map(|_| Fq::rand(&mut rng)).collect();
        for backend in Backend::ALL {
            let (mut product, mut square) = (x.clone(), x.clone());
            products(backend, &mut product, &y, 5);
            squares(backend, &mut square, 5);
            for i in 0..21 {
                assert_eq!(product[i], x[i] * y[i].pow([5]));
                assert_eq!(square[i], x[i].pow([32]));
            }
        }
    }
}

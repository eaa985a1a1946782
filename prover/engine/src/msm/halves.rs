//! Long scalars in halves, by the curve's endomorphism.
//!
//! Both groups have `phi(x, y) = (b x, y)` with a cube root of unity b, and `phi(P) = l P` for the same l, a cube root of unity
//! modulo the order r ([`crate::curve`] has b and the images). So `k P = k1 P + k2 phi(P)` for every k1, k2 with
//! `k = k1 + k2 l` modulo r, and short ones halve the number of windows. These pairs for k = 0 are a lattice with the basis
//! `v1 = (A, -B)`, `v2 = (B, C)`; with c1, c2 the integers nearest to `k C / r` and `k B / r`, `(k, 0) - c1 v1 - c2 v2` is short:
//!
//! ```text
//! k1 = k - c1 A - c2 B     k2 = c1 B - c2 C     |k1|, |k2| < (1/2 + 1/16) (C + B) < 2^126
//! ```
//!
//! where 1/16 is what the rounded quotients `C / r` and `B / r` may add for k below 2^253. Cost: some 25 products of words, a
//! fifth of an addition.

/// Bits of the largest half.
pub(super) const HALF_BITS: usize = 126;

const A: u128 = 147946756881789319000765030803803410728;
const B: u128 = 9931322734385697763;
const C: u128 = 147946756881789319010696353538189108491;
/// `2^256 C / r` and `2^256 B / r`, rounded: little-endian words.
const C_OVER_R: [u64; 3] = [0x5398_fd03_00ff_6565, 0x4cce_f014_a773_d2d2, 2];
const B_OVER_R: [u64; 3] = [0xd91d_232e_c7e0_b3d7, 2, 0];

/// `(k1, k2)` for k below 2^253.
pub(crate) fn halve(k: &[u64; 4]) -> [i128; 2] {
    let (c1, c2) = (times_fraction(k, &C_OVER_R), times_fraction(k, &B_OVER_R));
    let low = u128::from(k[0]) | u128::from(k[1]) << 64;
    // Both results are below 2^127 in size, so their low 128 bits are all of them.
    let k1 = low.wrapping_sub(c1.wrapping_mul(A)).wrapping_sub(c2.wrapping_mul(B));
    let k2 = c1.wrapping_mul(B).wrapping_sub(c2.wrapping_mul(C));
    [k1.cast_signed(), k2.cast_signed()]
}

/// `k fraction / 2^256`, rounded; below 2^128 for k below 2^253 and a fraction below 2^130.
fn times_fraction(k: &[u64; 4], fraction: &[u64; 3]) -> u128 {
    let mut product = [0u64; 7];
    for (i, f) in fraction.iter().enumerate() {
        let mut carry = 0;
        for (j, word) in k.iter().enumerate() {
            // (2^64 - 1)^2 + 2 (2^64 - 1) < 2^128.
            let sum = u128::from(*f) * u128::from(*word) + u128::from(product[i + j]) + carry;
            product[i + j] = sum as u64;
            carry = sum >> 64;
        }
        product[i + 4] = carry as u64;
    }
    let floor = u128::from(product[4]) | u128::from(product[5]) << 64;
    floor + u128::from(product[3] >> 63)
}

#[cfg(test)]
mod tests {
    use ark_bn254::{Fr, g1};
    use ark_ec::scalar_mul::glv::GLVConfig;
    use ark_ff::PrimeField;
    use ark_std::rand::{RngCore, SeedableRng, rngs::StdRng};

    use super::*;

    fn element(half: i128) -> Fr {
        let size = Fr::from(half.unsigned_abs());
        if half < 0 { -size } else { size }
    }

    #[test]
    fn halves_make_the_scalar_and_are_short() {
        let mut rng = StdRng::seed_from_u64(1);
        let mut scalars = vec![[0; 4], [1, 0, 0, 0], [u64::MAX, 0, 0, 0], Fr::MODULUS_MINUS_ONE_DIV_TWO.0];
        scalars.push([u64::MAX, u64::MAX, u64::MAX, (1 << 61) - 1]);
        scalars.extend((0..253).map(|bit| std::array::from_fn(|i| u64::from(i == bit / 64) << (bit % 64))));
        // Multiples of the basis' entries, where the roundings change.
        for entry in [A, B, C] {
            scalars.extend((0..64).map(|shift| {
                let (low, high) = (entry << shift, entry.checked_shr(128 - shift).unwrap_or(0));
                [low as u64, (low >> 64) as u64, high as u64, (high >> 64) as u64]
            }));
        }
        scalars.extend((0..20_000).map(|_| {
            let mut words = [(); 4].map(|()| rng.next_u64());
            words[3] >>= 3;
            words
        }));
        for words in scalars {
            let [k1, k2] = halve(&words);
            let scalar = Fr::from_le_bytes_mod_order(bytemuck::cast_slice(&words.map(u64::to_le)));
            assert_eq!(element(k1) + element(k2) * g1::Config::LAMBDA, scalar, "{words:?}");
            assert!([k1, k2].iter().all(|half| half.unsigned_abs() < 1 << HALF_BITS), "{words:?}: {k1} {k2}");
        }
    }

    /// `A - B l = 0` and `B + C l = 0`: the basis is of the lattice.
    #[test]
    fn the_basis_counts_as_zero() {
        let lambda = g1::Config::LAMBDA;
        assert_eq!(Fr::from(A), Fr::from(B) * lambda);
        assert_eq!(Fr::from(B), -Fr::from(C) * lambda);
    }
}

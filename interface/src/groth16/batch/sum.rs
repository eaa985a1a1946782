//! Sums of products modulo r, the order of the scalar field, reduced once: `d_1 + sum r_i (d_i - d_1)`.
//!
//! Digits of 32 bits in 64-bit words, because the chain's machine has no product of 128 bits. On chain a product of
//! 128 by 254 bits is about 300 compute units, the reduction about 700, whatever the number of terms.

use crate::field::{MODULUS_WORDS, Scalar};

/// A digit's bits.
const MASK: u64 = 0xffff_ffff;
/// Digits of an element.
const ELEMENT: usize = 8;
/// Digits of a coefficient of 128 bits.
pub(super) const COEFFICIENT: usize = 4;
/// Digits of a sum of at most 255 coefficients.
pub(super) const TOTAL: usize = COEFFICIENT + 1;
/// Digits of a sum: 255 products of 128 by 254 bits and one of 136 by 254 stay below 2^392.
const SUM: usize = 13;

/// r, least significant digit first.
const MODULUS: [u64; ELEMENT] = digits_of(MODULUS_WORDS);
/// 4 r: its highest digit has its highest bit set, so that quotients are estimated well.
const FOURFOLD: [u64; ELEMENT] = fourfold();

/// An element's digits, least significant first.
#[inline(always)]
fn digits(element: &Scalar) -> [u64; ELEMENT] {
    let words: [[u8; 8]; 4] = bytemuck::must_cast(element.to_be_bytes());
    digits_of(words.map(u64::from_be_bytes))
}

/// The same, of words with the most significant first.
const fn digits_of([w3, w2, w1, w0]: [u64; 4]) -> [u64; ELEMENT] {
    [w0 & MASK, w0 >> 32, w1 & MASK, w1 >> 32, w2 & MASK, w2 >> 32, w3 & MASK, w3 >> 32]
}

const fn fourfold() -> [u64; ELEMENT] {
    let [d0, d1, d2, d3, d4, d5, d6, d7] = MODULUS;
    const fn digit(high: u64, low: u64) -> u64 {
        (high << 2 | low >> 30) & MASK
    }
    [
        digit(d0, 0),
        digit(d1, d0),
        digit(d2, d1),
        digit(d3, d2),
        digit(d4, d3),
        digit(d5, d4),
        digit(d6, d5),
        digit(d7, d6),
    ]
}

/// A coefficient's digits, least significant first.
#[inline(always)]
pub(super) fn coefficient_digits(bytes: &[u8; 16]) -> [u64; COEFFICIENT] {
    let value = u128::from_be_bytes(*bytes);
    let (high, low) = ((value >> 64) as u64, value as u64); // its two halves
    [low & MASK, low >> 32, high & MASK, high >> 32]
}

/// The sum of the coefficients r_2..r_n, each digit apart until the end.
#[derive(Default)]
pub(super) struct Total([u64; TOTAL]);

impl Total {
    /// Adds a coefficient: at most 255 of them.
    #[inline(always)]
    pub(super) fn add(&mut self, coefficient: &[u64; COEFFICIENT]) {
        self.0.iter_mut().zip(coefficient).for_each(|(place, digit)| *place = place.wrapping_add(*digit));
    }

    /// The digits of the sum, below 2^136.
    pub(super) fn digits(&self) -> [u64; TOTAL] {
        let (mut digits, mut carry) = (self.0, 0_u64);
        for place in &mut digits {
            let total = place.wrapping_add(carry);
            (*place, carry) = (total & MASK, total >> 32);
        }
        digits
    }
}

/// r_1 = 1 - (r_2 + .. + r_n), given the digits of the sum.
pub(super) fn one_less(total: &[u64; TOTAL]) -> Scalar {
    let [t0, t1, t2, t3, t4] = *total;
    let mut sum = Sum([0; SUM]);
    sum.0
        .iter_mut()
        .zip(subtract(&MODULUS, &[t0, t1, t2, t3, t4, 0, 0, 0]))
        .for_each(|(place, digit)| *place = digit);
    let [lowest, ..] = &mut sum.0;
    *lowest = lowest.wrapping_add(1); // the reduction carries
    sum.reduce()
}

/// `left - right`, which must not be negative.
fn subtract(left: &[u64; ELEMENT], right: &[u64; ELEMENT]) -> [u64; ELEMENT] {
    let (mut out, mut borrow) = ([0; ELEMENT], 0_u64);
    for (place, (left, right)) in out.iter_mut().zip(left.iter().zip(right)) {
        let difference = left.wrapping_sub(*right).wrapping_sub(borrow);
        (*place, borrow) = (difference & MASK, difference >> 63);
    }
    out
}

/// `x_1 + sum r_i (x_i - x_1)` while it is summed.
pub(super) struct Sum([u64; SUM]);

impl Sum {
    /// With the first term: x_1.
    pub(super) fn starting_with(first: &Scalar) -> Sum {
        let mut sum = Sum([0; SUM]);
        sum.0.iter_mut().zip(digits(first)).for_each(|(place, digit)| *place = digit);
        sum
    }

    /// Adds `r_i x_i`.
    #[inline(never)] // one copy of the unrolled product
    pub(super) fn add_product(&mut self, coefficient: &[u64; COEFFICIENT], element: &Scalar) {
        self.add(coefficient, &digits(element));
    }

    /// Subtracts `(r_2 + .. + r_n) x_1`, and reduces.
    pub(super) fn finish(mut self, total: &[u64; TOTAL], first: &Scalar) -> Scalar {
        self.add(total, &subtract(&MODULUS, &digits(first)));
        self.reduce()
    }

    /// Schoolbook rows. A row's carry is added to the next digit whole: that digit is the last of the next row, where the
    /// product is below 2^62, so nothing overflows; digits 11 and 12 stay unmasked until [`Sum::reduce`].
    #[inline(always)]
    fn add<const N: usize>(&mut self, factor: &[u64; N], element: &[u64; ELEMENT]) {
        let mut window = &mut self.0[..];
        for digit in factor {
            let mut carry = 0_u64;
            let mut places = window.iter_mut();
            for (other, place) in element.iter().zip(&mut places) {
                // (2^32 - 1)^2 + 2 (2^32 - 1) = 2^64 - 1
                let total = digit.wrapping_mul(*other).wrapping_add(*place).wrapping_add(carry);
                (*place, carry) = (total & MASK, total >> 32);
            }
            if let Some(place) = places.next() {
                *place = place.wrapping_add(carry);
            }
            let Some((_, rest)) = window.split_first_mut() else { return };
            window = rest;
        }
    }

    /// The sum modulo r, canonical. Long division by 4 r, a digit of the quotient at a time, then by r.
    #[inline(never)]
    pub(super) fn reduce(mut self) -> Scalar {
        let mut carry = 0_u64;
        for place in &mut self.0 {
            let total = place.wrapping_add(carry);
            (*place, carry) = (total & MASK, total >> 32);
        }
        for offset in (0..SUM - ELEMENT).rev() {
            if let Some(window) = self.0.get_mut(offset..).and_then(<[u64]>::first_chunk_mut) {
                divide(window, &FOURFOLD);
            }
        }
        // Now below 2^256: one more digit above it, zero, makes the window that r is taken from.
        let [d0, d1, d2, d3, d4, d5, d6, d7, ..] = self.0;
        let mut window = [d0, d1, d2, d3, d4, d5, d6, d7, 0];
        divide(&mut window, &MODULUS);
        let [rest @ .., _] = window;
        let mut rest = rest;
        while rest.iter().rev().ge(MODULUS.iter().rev()) {
            rest = subtract(&rest, &MODULUS);
        }
        let [d0, d1, d2, d3, d4, d5, d6, d7] = rest;
        let mut out = [0; 32];
        let words = [d7 << 32 | d6, d5 << 32 | d4, d3 << 32 | d2, d1 << 32 | d0];
        out.as_chunks_mut::<8>()
            .0
            .iter_mut()
            .zip(words)
            .for_each(|(place, word)| *place = word.to_be_bytes());
        Scalar::from_trusted(out)
    }
}

/// Subtracts multiples of `modulus` from nine digits until the two highest are at most the modulus' highest.
///
/// The quotient is never estimated too high, so nothing gets negative. Where the window above this one was divided by the
/// same modulus, or is zero, the two highest digits are below `(highest + 1) 2^32`, so the quotient is a digit.
fn divide(window: &mut [u64; ELEMENT + 1], modulus: &[u64; ELEMENT]) {
    let [.., highest] = *modulus;
    loop {
        let [.., low, high] = *window;
        let quotient = (high << 32 | low) / (highest + 1);
        if quotient == 0 {
            return;
        }
        let (mut carry, mut borrow) = (0_u64, 0_u64);
        for (place, digit) in window.iter_mut().zip(modulus.iter().chain([&0])) {
            let product = quotient.wrapping_mul(*digit).wrapping_add(carry);
            carry = product >> 32;
            let difference = place.wrapping_sub(product & MASK).wrapping_sub(borrow);
            (*place, borrow) = (difference & MASK, difference >> 63);
        }
    }
}

#[cfg(test)]
mod tests {
    use alloc::vec::Vec;

    use ark_bn254::Fr;
    use ark_ff::{BigInteger, PrimeField, Zero};
    use proptest::prelude::*;

    use super::*;

    fn element(scalar: &Scalar) -> Fr {
        Fr::from_be_bytes_mod_order(scalar.as_be_bytes())
    }

    fn scalar(element: Fr) -> Scalar {
        let bytes: [u8; 32] = element.into_bigint().to_bytes_be().try_into().expect("32 bytes");
        Scalar::from_be_bytes(bytes).expect("canonical")
    }

    /// Sum and r_1, by this module and by arkworks; both canonical.
    fn check(coefficients: &[u128], elements: &[Scalar]) {
        let [first, rest @ ..] = elements else { panic!("no element") };
        let mut total = Total::default();
        let mut sum = Sum::starting_with(first);
        let (mut weight, mut expected) = (Fr::zero(), Fr::zero());
        for (coefficient, x) in coefficients.iter().zip(rest) {
            let digits = coefficient_digits(&coefficient.to_be_bytes());
            total.add(&digits);
            sum.add_product(&digits, x);
            weight += Fr::from(*coefficient);
            expected += Fr::from(*coefficient) * element(x);
        }
        let total = total.digits();
        let r_1 = Fr::from(1_u64) - weight;
        assert_eq!(one_less(&total), scalar(r_1));
        assert_eq!(sum.finish(&total, first), scalar(expected + r_1 * element(first)));
    }

    fn greatest() -> Scalar {
        scalar(-Fr::from(1_u64))
    }

    #[test]
    fn at_the_limits() {
        for n in [1, 2, 3, 64, 255] {
            for x in [Scalar::ZERO, Scalar::from(1_u64), greatest()] {
                for y in [Scalar::ZERO, Scalar::from(1_u64), greatest()] {
                    let mut elements: Vec<Scalar> = core::iter::repeat_n(y, n).collect();
                    elements.iter_mut().take(1).for_each(|first| *first = x);
                    for coefficient in [0, 1, u128::MAX, 1 << 127, u128::from(u64::MAX)] {
                        let coefficients: Vec<u128> = core::iter::repeat_n(coefficient, n - 1).collect();
                        check(&coefficients, &elements);
                    }
                }
            }
        }
    }

    /// Multiples of r and of 4 r, and what lies beside them.
    #[test]
    fn the_reduction_is_exact_around_multiples() {
        let two_to_32 = Fr::from(1_u64 << 32);
        let value = |sum: &[u64; SUM]| {
            sum.iter().rev().fold(Fr::zero(), |value, digit| value * two_to_32 + Fr::from(*digit))
        };
        for modulus in [&MODULUS, &FOURFOLD] {
            for shift in 0..SUM - ELEMENT {
                for factor in [1, 2, 3, 5, 0x7fff_ffff, 0x8000_0000, MASK] {
                    if shift == SUM - ELEMENT - 1 && factor > 0xff {
                        continue; // beyond 2^392
                    }
                    let mut multiple = Sum([0; SUM]);
                    let mut digits = [0; ELEMENT];
                    digits.copy_from_slice(modulus);
                    let mut by = [0; TOTAL];
                    by[shift.min(TOTAL - 1)] = factor;
                    multiple.add(&by, &digits);
                    for change in [0_u64, 1, MASK] {
                        let mut sum = multiple.0;
                        sum[0] += change;
                        assert_eq!(Sum(sum).reduce(), scalar(value(&sum)));
                    }
                }
            }
        }
    }

    proptest! {
        #[test]
        fn as_arkworks(
            terms in proptest::collection::vec((any::<u128>(), any::<[u8; 31]>()), 0..80),
            first in any::<[u8; 31]>(),
        ) {
            let coefficients: Vec<u128> = terms.iter().map(|(coefficient, _)| *coefficient).collect();
            let elements: Vec<Scalar> = core::iter::once(&first)
                .chain(terms.iter().map(|(_, bytes)| bytes))
                .map(|bytes| scalar(element(&Scalar::from_be_bytes_31(bytes)) * Fr::from(1_000_003_u64)))
                .collect();
            check(&coefficients, &elements);
        }

        #[test]
        fn any_digits_reduce(digits in any::<[u32; SUM]>()) {
            let mut sum = digits.map(u64::from);
            sum[SUM - 1] &= 0xff; // below 2^392
            let value = sum.iter().rev().fold(Fr::zero(), |value, digit| {
                value * Fr::from(1_u64 << 32) + Fr::from(*digit)
            });
            prop_assert_eq!(Sum(sum).reduce(), scalar(value));
        }
    }
}

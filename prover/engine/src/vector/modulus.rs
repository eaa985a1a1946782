//! The two prime fields, and what the vector arithmetic needs of each: constants, all derived from the modulus.

use ark_bn254::{Fq, Fr};
use ark_ff::{BigInt, Field, PrimeField};

/// Low 52 bits.
pub(crate) const LIMB_MASK: u64 = (1 << 52) - 1;

/// A field for [`super::field`]: a prime p with `2^253 < p < 2^254`.
pub(crate) trait Modulus: Copy + Send + Sync + 'static {
    /// arkworks' type for the same field.
    type Field: PrimeField<BigInt = BigInt<4>>;

    /// p, little-endian words.
    const WORDS: [u64; 4];
    /// p in limbs.
    const P: [u64; 5] = split(Self::WORDS);
    /// `-1/p mod 2^52`.
    const NEGATIVE_INVERSE: u64 = negative_inverse(Self::WORDS[0]);
    /// `(p NEGATIVE_INVERSE + 1) / 2^52`: the multiple of p that is -1 modulo 2^52, without its lowest limb.
    const FRIENDLY: [u64; 5] = friendly(Self::P, Self::NEGATIVE_INVERSE);
    /// `2^256 mod p`: one, in Montgomery's form with R = 2^256.
    const ONE_256: [u64; 5];
    /// `2^260 mod p`: one, in the form with R = 2^260.
    const ONE: [u64; 5];
    /// `2^512 mod p`, words.
    const SQUARE_256: [u64; 4];
    /// `2^516 mod p`: what an integer is multiplied by, with R = 2^260, to have Montgomery's form with R = 2^256.
    const FORM_256: [u64; 5];
    /// `2^260 - p`.
    const COMPLEMENT: [u64; 5] = complement(Self::P);
    /// `floor(2^97 / (p_4 + 1))` for the top limb p_4: to divide by p from the top limb alone.
    const RECIPROCAL: u64 = ((1u128 << 97) / (Self::P[4] as u128 + 1)) as u64;
    /// Row j, column k: limb j of `(k - 3) p`, a signed number, for k = 0..8.
    const SMALL_MULTIPLES: [[u64; 8]; 5] = small_multiples(Self::P);

    /// The element whose Montgomery form with R = 2^256 these words are; they must be below p.
    fn element(words: [u64; 4]) -> Self::Field;
    /// The Montgomery form with R = 2^256: words below p.
    fn words(element: &Self::Field) -> &[u64; 4];
    /// The same, to write.
    fn words_mut(element: &mut Self::Field) -> &mut [u64; 4];
}

/// The base field, of coordinates.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Base;

/// The scalar field, of witnesses.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Scalar;

impl Modulus for Base {
    type Field = Fq;
    const WORDS: [u64; 4] = Fq::MODULUS.0;
    const ONE_256: [u64; 5] = split(Fq::ONE.0.0);
    const ONE: [u64; 5] = split(times_16(Fq::ONE.0.0, Fq::MODULUS.0));
    const SQUARE_256: [u64; 4] = Fq::R2.0;
    const FORM_256: [u64; 5] = split(times_16(Fq::R2.0, Fq::MODULUS.0));

    #[inline(always)]
    fn element(words: [u64; 4]) -> Fq {
        Fq::new_unchecked(BigInt(words))
    }

    #[inline(always)]
    fn words(element: &Fq) -> &[u64; 4] {
        &element.0.0
    }

    #[inline(always)]
    fn words_mut(element: &mut Fq) -> &mut [u64; 4] {
        &mut element.0.0
    }
}

impl Modulus for Scalar {
    type Field = Fr;
    const WORDS: [u64; 4] = Fr::MODULUS.0;
    const ONE_256: [u64; 5] = split(Fr::ONE.0.0);
    const ONE: [u64; 5] = split(times_16(Fr::ONE.0.0, Fr::MODULUS.0));
    const SQUARE_256: [u64; 4] = Fr::R2.0;
    const FORM_256: [u64; 5] = split(times_16(Fr::R2.0, Fr::MODULUS.0));

    #[inline(always)]
    fn element(words: [u64; 4]) -> Fr {
        Fr::new_unchecked(BigInt(words))
    }

    #[inline(always)]
    fn words(element: &Fr) -> &[u64; 4] {
        &element.0.0
    }

    #[inline(always)]
    fn words_mut(element: &mut Fr) -> &mut [u64; 4] {
        &mut element.0.0
    }
}

/// Four words as five limbs: 52 bits each, the last has the 48 bits that remain.
pub(crate) const fn split(w: [u64; 4]) -> [u64; 5] {
    [
        w[0] & LIMB_MASK,
        ((w[0] >> 52) | (w[1] << 12)) & LIMB_MASK,
        ((w[1] >> 40) | (w[2] << 24)) & LIMB_MASK,
        ((w[2] >> 28) | (w[3] << 36)) & LIMB_MASK,
        w[3] >> 16,
    ]
}

/// Newton's iteration doubles the number of correct bits: 1, 2, 4, .., 64.
const fn negative_inverse(p: u64) -> u64 {
    let mut inverse = 1u64;
    let mut step = 0;
    while step < 6 {
        inverse = inverse.wrapping_mul(2u64.wrapping_sub(p.wrapping_mul(inverse)));
        step += 1;
    }
    inverse.wrapping_neg() & LIMB_MASK
}

const fn friendly(p: [u64; 5], negative_inverse: u64) -> [u64; 5] {
    let mut limbs = [0; 5];
    let mut carry = (p[0] as u128 * negative_inverse as u128 + 1) >> 52;
    let mut i = 1;
    while i < 5 {
        let sum = p[i] as u128 * negative_inverse as u128 + carry;
        limbs[i - 1] = sum as u64 & LIMB_MASK;
        carry = sum >> 52;
        i += 1;
    }
    limbs[4] = carry as u64;
    limbs
}

/// `k p` for a small k, in limbs of which only the last may pass 52 bits.
#[inline(always)]
pub(crate) const fn multiple(p: [u64; 5], k: u64) -> [u64; 5] {
    let mut limbs = [0; 5];
    let mut carry = 0;
    let mut i = 0;
    while i < 5 {
        let sum = p[i] * k + carry;
        limbs[i] = if i < 4 { sum & LIMB_MASK } else { sum };
        carry = sum >> 52;
        i += 1;
    }
    limbs
}

/// `16 x mod p`, for x below p.
const fn times_16(mut x: [u64; 4], p: [u64; 4]) -> [u64; 4] {
    let mut doubling = 0;
    while doubling < 4 {
        // p < 2^255: the double fits. Where subtracting p borrows, the double was below p already.
        let (mut double, mut less, mut borrow) = ([0; 4], [0; 4], false);
        let mut i = 0;
        while i < 4 {
            double[i] = x[i] << 1 | if i > 0 { x[i - 1] >> 63 } else { 0 };
            let (difference, first) = double[i].overflowing_sub(p[i]);
            let (difference, second) = difference.overflowing_sub(borrow as u64);
            less[i] = difference;
            borrow = first || second;
            i += 1;
        }
        x = if borrow { double } else { less };
        doubling += 1;
    }
    x
}

const fn complement(p: [u64; 5]) -> [u64; 5] {
    // 2^260 - p = (2^260 - 1 - p) + 1: the complement of each limb, and p is odd, so the addition carries nowhere.
    let mut limbs = [0; 5];
    let mut i = 0;
    while i < 5 {
        limbs[i] = LIMB_MASK - p[i];
        i += 1;
    }
    limbs[0] += 1;
    limbs
}

const fn small_multiples(p: [u64; 5]) -> [[u64; 8]; 5] {
    let mut table = [[0; 8]; 5];
    let three = multiple(p, 3);
    let mut k = 0;
    while k < 8 {
        let limbs = multiple(p, k as u64);
        let mut j = 0;
        while j < 5 {
            table[j][k] = limbs[j].wrapping_sub(three[j]);
            j += 1;
        }
        k += 1;
    }
    table
}

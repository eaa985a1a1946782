//! Limbs of 29 bits: constants of a field in them, and the carries of four elements.

use super::lanes::Lanes;
use crate::vector::modulus::Modulus;

/// Low 29 bits.
pub(super) const LIMB_MASK: u64 = (1 << 29) - 1;

/// Constants of a field in limbs of 29 bits.
pub(super) trait Limbs: Modulus {
    /// p.
    const P29: [u64; 9] = multiple(Self::WORDS, 1);
    /// `-1/p mod 2^29`.
    const NEGATIVE_INVERSE_29: u64 = Self::NEGATIVE_INVERSE & LIMB_MASK;
    /// `(p NEGATIVE_INVERSE_29 + 1) / 2^29`: the multiple of p that is -1 modulo 2^29, without its lowest limb.
    const FRIENDLY_29: [u64; 9] = friendly(Self::P29, Self::NEGATIVE_INVERSE_29);
    /// The same in each of four lanes.
    const FRIENDLY_ROWS: &'static [[u64; 4]; 9] = &rows(Self::FRIENDLY_29);
    /// p in each of four lanes.
    const P_ROWS: &'static [[u64; 4]; 9] = &rows(Self::P29);
    /// `2^261 - p`.
    const COMPLEMENT_29: [u64; 9] = complement(Self::P29);
    /// `floor(2^52 / (p_8 + 1))` for the top limb p_8: to divide by p from the top limb alone.
    const RECIPROCAL_29: u64 = (1 << 52) / (Self::P29[8] + 1);
}

impl<M: Modulus> Limbs for M {}

/// Four words as nine limbs.
pub(super) const fn split(w: [u64; 4]) -> [u64; 9] {
    [
        w[0] & LIMB_MASK,
        (w[0] >> 29) & LIMB_MASK,
        (w[0] >> 58 | w[1] << 6) & LIMB_MASK,
        (w[1] >> 23) & LIMB_MASK,
        (w[1] >> 52 | w[2] << 12) & LIMB_MASK,
        (w[2] >> 17) & LIMB_MASK,
        (w[2] >> 46 | w[3] << 18) & LIMB_MASK,
        (w[3] >> 11) & LIMB_MASK,
        w[3] >> 40,
    ]
}

/// `k` times the number that these words are, for a small k; the last limb may pass 29 bits.
pub(super) const fn multiple(words: [u64; 4], k: u64) -> [u64; 9] {
    let mut limbs = split(words);
    let mut carry = 0;
    let mut i = 0;
    while i < 9 {
        let sum = limbs[i] * k + carry;
        limbs[i] = if i < 8 { sum & LIMB_MASK } else { sum };
        carry = sum >> 29;
        i += 1;
    }
    limbs
}

/// `k p` with the lower eight limbs between `2^HIGH - 2^(HIGH - 29)` and `2^HIGH + 2^29`, by borrowing from the limb above.
pub(super) const fn pad<const HIGH: u32>(words: [u64; 4], k: u64) -> [u64; 9] {
    let mut limbs = multiple(words, k);
    let borrow = 1 << (HIGH - 29);
    let mut i = 0;
    while i < 9 {
        // In this order nothing is ever negative.
        limbs[i] = limbs[i] + (if i < 8 { borrow << 29 } else { 0 }) - (if i > 0 { borrow } else { 0 });
        i += 1;
    }
    limbs
}

const fn friendly(p: [u64; 9], negative_inverse: u64) -> [u64; 9] {
    let mut limbs = [0; 9];
    let mut carry = (p[0] * negative_inverse + 1) >> 29;
    let mut i = 1;
    while i < 9 {
        let sum = p[i] * negative_inverse + carry;
        limbs[i - 1] = sum & LIMB_MASK;
        carry = sum >> 29;
        i += 1;
    }
    limbs[8] = carry;
    limbs
}

const fn rows(limbs: [u64; 9]) -> [[u64; 4]; 9] {
    let mut rows = [[0; 4]; 9];
    let mut i = 0;
    while i < 9 {
        rows[i] = [limbs[i]; 4];
        i += 1;
    }
    rows
}

const fn complement(p: [u64; 9]) -> [u64; 9] {
    // The lowest limb of p is not zero, so the addition carries nowhere.
    let mut limbs = [0; 9];
    let mut i = 0;
    while i < 9 {
        limbs[i] = LIMB_MASK - p[i];
        i += 1;
    }
    limbs[0] += 1;
    limbs
}

/// Four elements, limb by limb.
pub(super) type Four = [Lanes; 9];

/// All carries, one after the other.
#[inline(always)]
pub(super) fn propagate(mut t: Four) -> Four {
    let mask = t[0].constant(LIMB_MASK);
    let mut j = 0;
    while j < 8 {
        t[j + 1] = t[j + 1].add(t[j].shift_right::<29>());
        t[j] = t[j].and(mask);
        j += 1;
    }
    t
}

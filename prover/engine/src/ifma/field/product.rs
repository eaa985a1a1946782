//! Products, squares, and Montgomery's reduction: see the parent module for the bounds.

use std::marker::PhantomData;

use super::{Fe8, Loose, Wide};
use crate::ifma::{
    lanes::Lanes,
    modulus::{LIMB_MASK, Modulus},
};

impl<M: Modulus> Fe8<M> {
    #[inline(always)]
    pub(crate) fn mul(self, other: Fe8<M>) -> Fe8<M> {
        self.mul_loose(other).carry()
    }

    #[inline(always)]
    pub(crate) fn mul_loose(self, other: Fe8<M>) -> Loose<M> {
        self.mul_wide(other).reduce()
    }

    #[inline(always)]
    pub(crate) fn square(self) -> Fe8<M> {
        self.square_loose().carry()
    }

    #[inline(always)]
    pub(crate) fn square_loose(self) -> Loose<M> {
        self.square_wide().reduce()
    }

    /// The product, columns below 9 * 2^52.
    #[inline(always)]
    pub(crate) fn mul_wide(self, other: Fe8<M>) -> Wide<M> {
        let (a, b) = (self.0, other.0);
        let mut t = [a[0].constant(0); 10];
        let mut i = 0;
        while i < 5 {
            let mut j = 0;
            while j < 5 {
                t[i + j] = t[i + j].madd_low(a[i], b[j]);
                j += 1;
            }
            let mut j = 0;
            while j < 5 {
                t[i + j + 1] = t[i + j + 1].madd_high(a[i], b[j]);
                j += 1;
            }
            i += 1;
        }
        Wide(t, PhantomData)
    }

    /// The square: each mixed product once, doubled. Columns below 9 * 2^52.
    #[inline(always)]
    pub(crate) fn square_wide(self) -> Wide<M> {
        let a = self.0;
        let mut t = [a[0].constant(0); 10];
        let mut i = 0;
        while i < 5 {
            let mut j = i + 1;
            while j < 5 {
                t[i + j] = t[i + j].madd_low(a[i], a[j]);
                t[i + j + 1] = t[i + j + 1].madd_high(a[i], a[j]);
                j += 1;
            }
            i += 1;
        }
        let mut i = 1;
        while i < 9 {
            t[i] = t[i].add(t[i]);
            i += 1;
        }
        let mut i = 0;
        while i < 5 {
            t[2 * i] = t[2 * i].madd_low(a[i], a[i]);
            t[2 * i + 1] = t[2 * i + 1].madd_high(a[i], a[i]);
            i += 1;
        }
        Wide(t, PhantomData)
    }
}

impl<M: Modulus> Wide<M> {
    #[inline(always)]
    pub(crate) fn add(self, other: Wide<M>) -> Wide<M> {
        let (mut a, b) = (self.0, other.0);
        let mut j = 0;
        while j < 10 {
            a[j] = a[j].add(b[j]);
            j += 1;
        }
        Wide(a, PhantomData)
    }

    #[inline(always)]
    pub(crate) fn sub(self, other: Wide<M>) -> Wide<M> {
        let (mut a, b) = (self.0, other.0);
        let mut j = 0;
        while j < 10 {
            a[j] = a[j].sub(b[j]);
            j += 1;
        }
        Wide(a, PhantomData)
    }

    /// Montgomery's reduction of columns that are not negative.
    #[inline(always)]
    pub(crate) fn reduce(self) -> Loose<M> {
        self.reduce_with::<false>()
    }

    /// Montgomery's reduction of columns of either sign: a negative value stays negative, by at most its quotient.
    #[inline(always)]
    pub(crate) fn reduce_signed(self) -> Loose<M> {
        self.reduce_with::<true>()
    }

    #[inline(always)]
    fn reduce_with<const SIGNED: bool>(self) -> Loose<M> {
        let mut t = self.0;
        let zero = t[0].constant(0);
        let mut i = 0;
        while i < 4 {
            // The quotient digit is t[i]; adding its multiple of p' clears the limb and leaves t[i] * FRIENDLY above it.
            let digit = t[i];
            t[i + 1] = t[i + 1].add(high::<SIGNED>(digit));
            let mut j = 0;
            while j < 5 {
                let q = zero.constant(M::FRIENDLY[j]);
                t[i + 1 + j] = t[i + 1 + j].madd_low(digit, q);
                t[i + 2 + j] = t[i + 2 + j].madd_high(digit, q);
                j += 1;
            }
            i += 1;
        }
        let digit = zero.madd_low(t[4], zero.constant(M::NEGATIVE_INVERSE));
        // t[4] + digit * p_0 is a multiple of 2^52: it carries one more than t[4] does, unless t[4] is a multiple itself.
        t[5] = t[5].add(high::<SIGNED>(t[4].add(zero.constant(LIMB_MASK))));
        t[5] = t[5].madd_high(digit, zero.constant(M::P[0]));
        let mut j = 1;
        while j < 5 {
            let p = zero.constant(M::P[j]);
            t[4 + j] = t[4 + j].madd_low(digit, p);
            t[5 + j] = t[5 + j].madd_high(digit, p);
            j += 1;
        }
        Loose([t[5], t[6], t[7], t[8], t[9]], PhantomData)
    }
}

/// What a column carries into the next.
#[inline(always)]
fn high<const SIGNED: bool>(column: Lanes) -> Lanes {
    if SIGNED { column.shift_right_signed::<52>() } else { column.shift_right::<52>() }
}

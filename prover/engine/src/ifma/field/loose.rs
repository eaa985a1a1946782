//! Sums and differences, and what brings them back to limbs of 52 bits: see the parent module for the bounds.

use std::marker::PhantomData;

use super::{Block, Fe8, Loose, load_rows, store_rows};
use crate::ifma::{
    Ifma,
    lanes::{Lanes, Mask},
    modulus::{LIMB_MASK, Modulus, multiple},
};

impl<M: Modulus> Loose<M> {
    /// The same limbs in each lane.
    #[inline(always)]
    pub(crate) fn splat(ifma: Ifma, limbs: &[u64; 5]) -> Loose<M> {
        Fe8::splat(ifma, limbs).loose()
    }

    /// Lane i of vector j becomes lane j of vector i.
    #[inline(always)]
    pub(crate) fn transpose(vectors: [Loose<M>; 8]) -> [Loose<M>; 8] {
        let mut transposed = vectors;
        let mut j = 0;
        while j < 5 {
            let mut row = [vectors[0].0[j]; 8];
            let mut i = 1;
            while i < 8 {
                row[i] = vectors[i].0[j];
                i += 1;
            }
            let row = Lanes::transpose(row);
            let mut i = 0;
            while i < 8 {
                transposed[i].0[j] = row[i];
                i += 1;
            }
            j += 1;
        }
        transposed
    }

    /// Signed limbs, as [`Loose::store`] writes them.
    #[inline(always)]
    pub(crate) fn load(ifma: Ifma, block: &Block) -> Loose<M> {
        Loose(load_rows(ifma, block), PhantomData)
    }

    #[inline(always)]
    pub(crate) fn store(self, block: &mut Block) {
        store_rows(self.0, block);
    }

    #[inline(always)]
    pub(crate) fn add(self, other: Loose<M>) -> Loose<M> {
        let (mut a, b) = (self.0, other.0);
        let mut j = 0;
        while j < 5 {
            a[j] = a[j].add(b[j]);
            j += 1;
        }
        Loose(a, PhantomData)
    }

    #[inline(always)]
    pub(crate) fn sub(self, other: Loose<M>) -> Loose<M> {
        let (mut a, b) = (self.0, other.0);
        let mut j = 0;
        while j < 5 {
            a[j] = a[j].sub(b[j]);
            j += 1;
        }
        Loose(a, PhantomData)
    }

    /// Adds `k p`, to make a difference positive; k is a constant, up to 64.
    #[inline(always)]
    pub(crate) fn add_multiple(self, k: u64) -> Loose<M> {
        let limbs = multiple(M::P, k);
        let mut a = self.0;
        let mut j = 0;
        while j < 5 {
            a[j] = a[j].add(a[j].constant(limbs[j]));
            j += 1;
        }
        Loose(a, PhantomData)
    }

    /// `k p - self` where the mask has a one; k is a constant, up to 64.
    #[inline(always)]
    pub(crate) fn negate_where(self, mask: Mask, k: u64) -> Loose<M> {
        let limbs = multiple(M::P, k);
        let mut a = self.0;
        let mut j = 0;
        while j < 5 {
            a[j] = a[j].select(mask, a[j].constant(limbs[j]).sub(a[j]));
            j += 1;
        }
        Loose(a, PhantomData)
    }

    #[inline(always)]
    pub(super) fn sub_constant(self, limbs: &[u64; 5]) -> Loose<M> {
        let mut a = self.0;
        let mut j = 0;
        while j < 5 {
            a[j] = a[j].sub(a[j].constant(limbs[j]));
            j += 1;
        }
        Loose(a, PhantomData)
    }

    /// Propagates carries of limbs that are not negative.
    #[inline(always)]
    pub(crate) fn carry(self) -> Fe8<M> {
        let [t0, t1, t2, t3, t4] = self.0;
        let mask = t0.constant(LIMB_MASK);
        let t1 = t1.add(t0.shift_right::<52>());
        let t2 = t2.add(t1.shift_right::<52>());
        let t3 = t3.add(t2.shift_right::<52>());
        let t4 = t4.add(t3.shift_right::<52>());
        Fe8::from_limbs([t0.and(mask), t1.and(mask), t2.and(mask), t3.and(mask), t4])
    }

    /// Propagates carries of limbs of either sign.
    #[inline(always)]
    pub(crate) fn carry_signed(self) -> Fe8<M> {
        let [t0, t1, t2, t3, t4] = self.0;
        let mask = t0.constant(LIMB_MASK);
        let t1 = t1.add(t0.shift_right_signed::<52>());
        let t2 = t2.add(t1.shift_right_signed::<52>());
        let t3 = t3.add(t2.shift_right_signed::<52>());
        let t4 = t4.add(t3.shift_right_signed::<52>());
        Fe8::from_limbs([t0.and(mask), t1.and(mask), t2.and(mask), t3.and(mask), t4])
    }

    /// Less than 1.06 p, from a value in `[-3 p, 5 p)`: cheaper than [`Fe8::reduce`] after a sum or a difference, for it
    /// needs no carries first.
    ///
    /// For `x = value / p + 3` the quotient is `k = floor(84 x p_4 / 2^52)`, and `84 p_4 / 2^52 > 0.992`, so
    /// `0 <= x - k < 1 + 0.008 * 8`, less in truth; `(k - 3) p` comes from a table of eight, a permutation for each limb.
    #[inline(always)]
    pub(crate) fn reduce_small(self) -> Fe8<M> {
        let zero = self.0[0].constant(0);
        let table: &'static [[u64; 8]; 5] = const { &M::SMALL_MULTIPLES };
        let offset = const { multiple(M::P, 3)[4] + 1 };
        let k = zero.madd_high(self.0[4].add(zero.constant(offset)), zero.constant(84));
        let mut t = self.0;
        let mut j = 0;
        while j < 5 {
            let row = Lanes::load(zero.ifma(), &table[j]);
            t[j] = t[j].sub(row.permute(k));
            j += 1;
        }
        Loose::<M>(t, PhantomData).carry_signed()
    }
}

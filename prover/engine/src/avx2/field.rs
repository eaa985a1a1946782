//! Eight field elements at once, in nine limbs of 29 bits, reduced lazily.
//!
//! AVX2 multiplies 32 bits by 32 into 64: of limbs of 29 bits nine products and nine multiples of a quotient digit add up in
//! a lane without a carry. A value is `sum limb_i 2^(29 i)`, known by its *bound* in multiples of p; `2^261 > 169 p`, so that
//! most reductions can wait. Four elements are a [`Four`], and an [`Fe8`] is two of them, which do not depend on each other.
//!
//! * [`Fe8`]: limbs below `2^29 + 2^6`, the only form that is multiplied. *Unique* where the limbs are below 2^29, and then
//!   the same for equal values.
//! * [`Loose`]: limbs below 2^35, never negative: what is subtracted is subtracted from a multiple of p that is larger in
//!   every limb.
//!
//! | function | inputs | output |
//! | --- | --- | --- |
//! | [`Fe8::unpack`] | words, any | the value, below 5.3 p; unique |
//! | [`Fe8::mul`], [`Fe8::square`] | a p, b p | product over R, at most (0.00591 a b + 2) p; unique |
//! | [`Fe8::dot`] | a p, b p; c p, d p | sum of products over R, at most (0.00591 (a b + c d) + 2) p; unique |
//! | [`Loose::carry`] | 169 p | the value |
//! | [`Loose::reduce`] | 16 p | at most 1.0001 p; unique |
//!
//! The product is schoolbook and the reduction Montgomery's with `R = 2^261`. Its first eight steps use the multiple
//! `p' = p (-1/p mod 2^29)`, which is -1 modulo 2^29: then the quotient digit is the limb itself, and it is not a product's
//! latency away from the next one. Eight steps with `p' < 2^29 p` add less than `2^261 p` to the product, the last step,
//! with p itself, less than that again: hence `a p b p / 2^261 + 2 p`. A column holds at most 18 products of limbs, nine
//! multiples of digits and a carry: below `27 (2^29 + 2^6)^2 + 2^35 < 2^63`.

use std::marker::PhantomData;

use bytemuck::{Pod, Zeroable};

use super::{
    Avx2,
    lanes::Lanes,
    limbs::{Four, LIMB_MASK, Limbs, multiple, pad, propagate},
    product::{dot, product, square},
};
use crate::vector::{Mask, inverse::invert_all, modulus::Modulus};

/// Limbs of eight elements in memory: of each half, row j is limb j of four.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Pod, Zeroable)]
#[repr(C, align(32))]
pub(crate) struct Block([[[u64; 4]; 9]; 2]);

#[cfg(test)]
impl Block {
    pub(super) fn new(eight: &[[u64; 9]; 8]) -> Block {
        Block(std::array::from_fn(|half| {
            std::array::from_fn(|limb| std::array::from_fn(|lane| eight[4 * half + lane][limb]))
        }))
    }

    pub(super) fn limbs(&self) -> [[u64; 9]; 8] {
        std::array::from_fn(|lane| std::array::from_fn(|limb| self.0[lane / 4][limb][lane % 4]))
    }
}

/// Eight elements that can be multiplied: limbs below `2^29 + 2^6`.
#[derive(Clone, Copy)]
pub(crate) struct Fe8<M>([Four; 2], PhantomData<M>);

/// Eight elements as sums: limbs below 2^35, carries not propagated.
#[derive(Clone, Copy)]
pub(crate) struct Loose<M>([Four; 2], PhantomData<M>);

/// The expression for both halves. Not a closure, which is not always inlined.
macro_rules! halves {
    ($half:ident => $value:expr) => {
        [
            {
                let $half = 0;
                $value
            },
            {
                let $half = 1;
                $value
            },
        ]
    };
}

impl<M: Modulus> Fe8<M> {
    /// The same element in each lane.
    #[inline(always)]
    pub(crate) fn splat(avx2: Avx2, limbs: &[u64; 9]) -> Fe8<M> {
        let four = splat(avx2, limbs);
        Fe8([four, four], PhantomData)
    }

    #[inline(always)]
    pub(crate) fn load(avx2: Avx2, block: &Block) -> Fe8<M> {
        let mut four = Self::splat(avx2, &[0; 9]).0;
        let mut j = 0;
        while j < 9 {
            four[0][j] = Lanes::load(avx2, &block.0[0][j]);
            four[1][j] = Lanes::load(avx2, &block.0[1][j]);
            j += 1;
        }
        Fe8(four, PhantomData)
    }

    #[inline(always)]
    pub(crate) fn store(self, block: &mut Block) {
        let mut j = 0;
        while j < 9 {
            self.0[0][j].store(&mut block.0[0][j]);
            self.0[1][j].store(&mut block.0[1][j]);
            j += 1;
        }
    }

    /// The integers that these words are, as values of this type.
    #[inline(always)]
    pub(crate) fn unpack(avx2: Avx2, [e0, e1, e2, e3, e4, e5, e6, e7]: [&[u64; 4]; 8]) -> Fe8<M> {
        let halves = [Lanes::gather(avx2, [e0, e1, e2, e3]), Lanes::gather(avx2, [e4, e5, e6, e7])];
        Fe8(halves!(half => unpack(halves[half])), PhantomData)
    }

    /// Writes the values as words; they must be below 2^256, so at most 5.2 p, and unique.
    #[inline(always)]
    pub(crate) fn pack(self, [e0, e1, e2, e3, e4, e5, e6, e7]: [&mut [u64; 4]; 8]) {
        Lanes::scatter(pack(self.0[0]), [e0, e1, e2, e3]);
        Lanes::scatter(pack(self.0[1]), [e4, e5, e6, e7]);
    }

    #[inline(always)]
    pub(crate) fn loose(self) -> Loose<M> {
        Loose(self.0, PhantomData)
    }

    /// The permission that this value proves.
    #[inline(always)]
    pub(crate) fn avx2(self) -> Avx2 {
        self.0[0][0].avx2()
    }

    #[inline(always)]
    pub(crate) fn mul(self, other: Fe8<M>) -> Fe8<M> {
        Fe8(halves!(half => product::<M>(&self.0[half], &other.0[half])), PhantomData)
    }

    #[inline(always)]
    pub(crate) fn square(self) -> Fe8<M> {
        Fe8(halves!(half => square::<M>(&self.0[half])), PhantomData)
    }

    /// `a b + c d`, with one reduction.
    #[inline(always)]
    pub(crate) fn dot(a: Fe8<M>, b: Fe8<M>, c: Fe8<M>, d: Fe8<M>) -> Fe8<M> {
        Fe8(halves!(half => dot::<M>(&a.0[half], &b.0[half], &c.0[half], &d.0[half])), PhantomData)
    }

    /// Elements of `other` where the mask has a one, of `self` elsewhere.
    #[inline(always)]
    pub(crate) fn select(self, mask: Mask, other: Fe8<M>) -> Fe8<M> {
        Loose::select(self.0, mask, other.0).fe8()
    }

    /// Which elements are the unique form of `k p`.
    #[inline(always)]
    pub(crate) fn equals_multiple(self, k: u64) -> Mask {
        let limbs = multiple(M::WORDS, k);
        let mut mask = 0xff;
        let mut j = 0;
        while j < 9 {
            mask &= self.limb_equals(j, limbs[j]);
            j += 1;
        }
        mask
    }

    /// Which elements have this lowest limb, of 29 bits.
    #[inline(always)]
    pub(crate) fn lowest_limb_equals(self, word: u64) -> Mask {
        let [low, high] = halves!(half => self.0[half][0].and(self.0[half][0].constant(LIMB_MASK)));
        let word = low.constant(word & LIMB_MASK);
        low.equal_mask(word) | high.equal_mask(word) << 4
    }

    #[inline(always)]
    fn limb_equals(self, j: usize, word: u64) -> Mask {
        let word = self.0[0][j].constant(word);
        self.0[0][j].equal_mask(word) | self.0[1][j].equal_mask(word) << 4
    }

    /// Words of the representatives in `[0, p)`, of values of at most 16 p.
    #[inline(always)]
    pub(crate) fn canonical(self) -> [[u64; 4]; 8] {
        let mut words = [[0; 4]; 8];
        self.loose().reduce().pack(words.each_mut());
        // Below 1.0001 p: one subtraction is enough.
        words.map(below::<M>)
    }

    /// The unique form.
    #[inline(always)]
    pub(crate) fn unique(self) -> Fe8<M> {
        Fe8(halves!(half => propagate(self.0[half])), PhantomData)
    }

    /// The inverse of each element, for values v of at most 16 p: `2^512 / v`, below p, and zero for zero. Cost: one
    /// inversion in the field ([`invert_all`]) and about forty products of arkworks', so use it on the last product of a
    /// chain (Montgomery's trick).
    #[inline(always)]
    pub(crate) fn invert(self) -> Fe8<M> {
        // As elements these words are v over arkworks' R = 2^256.
        let mut elements = self.canonical().map(M::element);
        invert_all::<M>(&mut elements);
        Fe8::unpack(self.avx2(), elements.each_ref().map(M::words))
    }
}

/// `words - p` where these are not below p.
fn below<M: Modulus>(words: [u64; 4]) -> [u64; 4] {
    let (mut less, mut borrow) = ([0; 4], false);
    for ((less, word), p) in less.iter_mut().zip(words).zip(M::WORDS) {
        let (next, first) = word.overflowing_sub(p);
        let (next, second) = next.overflowing_sub(u64::from(borrow));
        (*less, borrow) = (next, first || second);
    }
    if borrow { words } else { less }
}

impl<M: Modulus> Loose<M> {
    #[inline(always)]
    pub(crate) fn add(self, other: Loose<M>) -> Loose<M> {
        let mut sum = self.0;
        let mut j = 0;
        while j < 9 {
            sum[0][j] = sum[0][j].add(other.0[0][j]);
            sum[1][j] = sum[1][j].add(other.0[1][j]);
            j += 1;
        }
        Loose(sum, PhantomData)
    }

    /// `2^BITS self`.
    #[inline(always)]
    pub(crate) fn shift_left<const BITS: i32>(self) -> Loose<M> {
        let mut sum = self.0;
        let mut j = 0;
        while j < 9 {
            sum[0][j] = sum[0][j].shift_left::<BITS>();
            sum[1][j] = sum[1][j].shift_left::<BITS>();
            j += 1;
        }
        Loose(sum, PhantomData)
    }

    /// `self - other + K p`, for a value of at most `(K - 0.01) p` in limbs below `2^HIGH - 2^(HIGH - 29)`.
    #[inline(always)]
    pub(crate) fn sub<const HIGH: u32, const K: u64>(self, other: Loose<M>) -> Loose<M> {
        let pad = const { pad::<HIGH>(M::WORDS, K) };
        let mut sum = self.0;
        let mut j = 0;
        while j < 9 {
            let constant = sum[0][j].constant(pad[j]);
            sum[0][j] = sum[0][j].add(constant).sub(other.0[0][j]);
            sum[1][j] = sum[1][j].add(constant).sub(other.0[1][j]);
            j += 1;
        }
        Loose(sum, PhantomData)
    }

    /// `2 p - self` where the mask has a one, for an [`Fe8`]'s value of at most 1.06 p: limbs below `2^30 + 2^29`.
    #[inline(always)]
    pub(crate) fn negate_where(self, mask: Mask) -> Loose<M> {
        let zero = Fe8::<M>::splat(self.0[0][0].avx2(), &[0; 9]).loose();
        Loose::select(self.0, mask, zero.sub::<30, 2>(self).0)
    }

    #[inline(always)]
    fn select(left: [Four; 2], mask: Mask, right: [Four; 2]) -> Loose<M> {
        let avx2 = left[0][0].avx2();
        let ones = [Lanes::from_mask(avx2, mask), Lanes::from_mask(avx2, mask >> 4)];
        let mut chosen = left;
        let mut j = 0;
        while j < 9 {
            chosen[0][j] = left[0][j].select(ones[0], right[0][j]);
            chosen[1][j] = left[1][j].select(ones[1], right[1][j]);
            j += 1;
        }
        Loose(chosen, PhantomData)
    }

    /// The same limbs, if they are an [`Fe8`]'s.
    #[inline(always)]
    fn fe8(self) -> Fe8<M> {
        Fe8(self.0, PhantomData)
    }

    /// Limbs below `2^29 + 2^6`: each gives what it has above 29 bits to the next, all at once.
    #[inline(always)]
    pub(crate) fn carry(self) -> Fe8<M> {
        Fe8(halves!(half => carry(self.0[half])), PhantomData)
    }

    /// Less than 1.0001 p, from values of at most 16 p; unique.
    #[inline(always)]
    pub(crate) fn reduce(self) -> Fe8<M> {
        Fe8(halves!(half => reduce::<M>(self.0[half])), PhantomData)
    }
}

#[inline(always)]
fn splat(avx2: Avx2, limbs: &[u64; 9]) -> Four {
    let mut four = [Lanes::splat(avx2, limbs[0]); 9];
    let mut j = 1;
    while j < 9 {
        four[j] = Lanes::splat(avx2, limbs[j]);
        j += 1;
    }
    four
}

#[inline(always)]
fn unpack([w0, w1, w2, w3]: [Lanes; 4]) -> Four {
    let mask = w0.constant(LIMB_MASK);
    [
        w0.and(mask),
        w0.shift_right::<29>().and(mask),
        w0.shift_right::<58>().or(w1.shift_left::<6>()).and(mask),
        w1.shift_right::<23>().and(mask),
        w1.shift_right::<52>().or(w2.shift_left::<12>()).and(mask),
        w2.shift_right::<17>().and(mask),
        w2.shift_right::<46>().or(w3.shift_left::<18>()).and(mask),
        w3.shift_right::<11>().and(mask),
        w3.shift_right::<40>(),
    ]
}

#[inline(always)]
fn pack([l0, l1, l2, l3, l4, l5, l6, l7, l8]: Four) -> [Lanes; 4] {
    [
        l0.or(l1.shift_left::<29>()).or(l2.shift_left::<58>()),
        l2.shift_right::<6>().or(l3.shift_left::<23>()).or(l4.shift_left::<52>()),
        l4.shift_right::<12>().or(l5.shift_left::<17>()).or(l6.shift_left::<46>()),
        l6.shift_right::<18>().or(l7.shift_left::<11>()).or(l8.shift_left::<40>()),
    ]
}

#[inline(always)]
fn carry(t: Four) -> Four {
    let mask = t[0].constant(LIMB_MASK);
    let mut limbs = t;
    limbs[0] = t[0].and(mask);
    let mut j = 1;
    while j < 8 {
        limbs[j] = t[j].and(mask).add(t[j - 1].shift_right::<29>());
        j += 1;
    }
    limbs[8] = t[8].add(t[7].shift_right::<29>());
    limbs
}

/// The quotient comes from the top limb h: `q = floor(h RECIPROCAL / 2^52) <= h / (p_8 + 1) < value / p`. What the limbs
/// below carry into the top one, at most 2^7, is missing in h: `value / p - q < 1 + 2^7 / p_8 + 16 / p_8 + 2^-20 < 1.0001`.
/// What is added is `q (2^261 - p)`, modulo 2^261.
#[inline(always)]
fn reduce<M: Modulus>(mut t: Four) -> Four {
    let q = t[8].mul(t[8].constant(M::RECIPROCAL_29)).shift_right::<52>();
    let mut j = 0;
    while j < 9 {
        t[j] = t[j].add(q.mul(q.constant(M::COMPLEMENT_29[j])));
        j += 1;
    }
    let mut t = propagate(t);
    t[8] = t[8].and(t[8].constant(LIMB_MASK));
    t
}

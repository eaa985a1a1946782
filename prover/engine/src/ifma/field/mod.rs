//! Eight field elements at once, in five limbs of 52 bits, reduced lazily.
//!
//! An element a is held as a representative of `a R mod p` with `R = 2^260` (Montgomery's form), value
//! `sum limb_i 2^(52 i)`. Representatives are not unique: what matters is their *bound*, in multiples of p.
//! `2^260 > 84 p`, so values up to 84 p fit, and most reductions can wait.
//!
//! * [`Fe8`]: limbs below 2^52, value in `[0, 84 p]`. The only form that can be multiplied.
//! * [`Loose`]: limbs are signed 64-bit integers, any value. Sums and differences cost five instructions, no carries.
//!   Each limb must stay within `+-2^62`: a product's limbs are below 2^57, an `Fe8`'s below 2^52.
//! * [`Wide`]: a product before its reduction, ten columns. To reduce a sum of products once.
//!
//! | function | inputs | output | instructions |
//! | --- | --- | --- | --- |
//! | [`Fe8::unpack`] | words, any | 5.3 p, the value unchanged | 7 |
//! | [`Fe8::unpack_shifted`] | words below n p, n <= 5.2 | 16 n p: the form with R = 2^256 becomes that with 2^260 | 8 |
//! | [`Fe8::mul`] | a p, b p | (0.01182 a b + 2) p, an upper bound not attained | 122 |
//! | [`Fe8::mul_loose`] | a p, b p | the same; limbs in [0, 2^57) | 110 |
//! | [`Fe8::square`], [`Fe8::square_loose`] | a p | (0.01182 a^2 + 2) p | 96, 84 |
//! | [`Wide::reduce`] | columns in [0, 2^62), value x | x / 2^260 + 2 p; limbs in [0, 2^63) | 60 |
//! | [`Wide::reduce_signed`] | columns in +-2^62, value x (any sign) | x / 2^260 + [0, 2 p]; limbs signed | 60 |
//! | [`Loose::carry`] | limbs in [0, 2^63), value in [0, 84 p] | unchanged | 12 |
//! | [`Loose::carry_signed`] | value in [0, 84 p] | unchanged | 12 |
//! | [`Loose::reduce_small`] | value in [-3 p, 5 p), limbs in +-2^57 | [0, 1.06 p) | 24 |
//! | [`Fe8::reduce`] | 84 p | [0, 1.0001 p) | 24 |
//! | [`Fe8::canonical`] | 84 p | [0, p): the unique one | 46 |
//!
//! The product is schoolbook, 50 multiply-adds, and the reduction is Montgomery's, 50 more. Its first four steps use the
//! multiple `p' = p (-1/p mod 2^52)`, which is -1 modulo 2^52: then the quotient digit is the limb itself, and one
//! multiplication is saved a step. Four steps with `p' < 2^52 p` add less than `2^52 p` to the product, the last step,
//! with p itself, divides by 2^52 and adds less than p: hence `a p b p / 2^260 + 2 p`.

mod loose;
mod product;

use std::marker::PhantomData;

use bytemuck::{Pod, Zeroable};

use super::{Ifma, lanes::Lanes};
use crate::vector::{
    Mask,
    inverse::invert_all,
    modulus::{LIMB_MASK, Modulus, multiple, split},
};

/// Limbs of eight elements in memory: row j is limb j of each.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Pod, Zeroable)]
#[repr(C, align(64))]
pub(crate) struct Block(pub(crate) [[u64; 8]; 5]);

/// Eight elements that can be multiplied: limbs below 2^52.
#[derive(Clone, Copy)]
pub(crate) struct Fe8<M>([Lanes; 5], PhantomData<M>);

/// Eight elements as sums: limbs are signed, carries not propagated.
#[derive(Clone, Copy)]
pub(crate) struct Loose<M>([Lanes; 5], PhantomData<M>);

/// Eight products before reduction: ten columns.
#[derive(Clone, Copy)]
pub(crate) struct Wide<M>([Lanes; 10], PhantomData<M>);

impl<M: Modulus> Fe8<M> {
    /// The same element in each lane, from limbs below 2^52.
    #[inline(always)]
    pub(crate) fn splat(ifma: Ifma, limbs: &[u64; 5]) -> Fe8<M> {
        Fe8::from_limbs([
            Lanes::splat(ifma, limbs[0]),
            Lanes::splat(ifma, limbs[1]),
            Lanes::splat(ifma, limbs[2]),
            Lanes::splat(ifma, limbs[3]),
            Lanes::splat(ifma, limbs[4]),
        ])
    }

    #[inline(always)]
    pub(crate) fn zero(ifma: Ifma) -> Fe8<M> {
        Fe8::splat(ifma, &[0; 5])
    }

    /// `R mod p` in each lane.
    #[inline(always)]
    pub(crate) fn one(ifma: Ifma) -> Fe8<M> {
        Fe8::splat(ifma, &M::ONE)
    }

    /// The form in memory of eight elements, from arkworks'.
    pub(crate) fn block(elements: &[M::Field; 8]) -> Block {
        let mut block = Block::zeroed();
        for (lane, element) in elements.iter().enumerate() {
            for (row, limb) in block.0.iter_mut().zip(Fe8::<M>::limbs_of(element)) {
                row[lane] = limb;
            }
        }
        block
    }

    /// The limbs of one element, value below p.
    pub(crate) fn limbs_of(element: &M::Field) -> [u64; 5] {
        split(*M::words(&(*element * M::Field::from(16u64))))
    }

    /// Limbs below 2^52, as [`Fe8::store`] writes them.
    #[inline(always)]
    pub(crate) fn load(ifma: Ifma, block: &Block) -> Fe8<M> {
        Fe8::from_limbs(load_rows(ifma, block))
    }

    #[inline(always)]
    pub(crate) fn store(self, block: &mut Block) {
        store_rows(self.0, block);
    }

    /// Lane i of `block` in every lane.
    #[inline(always)]
    pub(crate) fn broadcast(ifma: Ifma, block: &Block, lane: usize) -> Fe8<M> {
        Fe8::splat(
            ifma,
            &[block.0[0][lane], block.0[1][lane], block.0[2][lane], block.0[3][lane], block.0[4][lane]],
        )
    }

    /// The integers that these words are, as values of this type.
    #[inline(always)]
    pub(crate) fn unpack(words: [Lanes; 4]) -> Fe8<M> {
        let [w0, w1, w2, w3] = words;
        let mask = w0.constant(LIMB_MASK);
        Fe8::from_limbs([
            w0.and(mask),
            w0.funnel_right::<52>(w1).and(mask),
            w1.funnel_right::<40>(w2).and(mask),
            w2.funnel_right::<28>(w3).and(mask),
            w3.shift_right::<16>(),
        ])
    }

    /// Sixteen times the integers that these words are: from Montgomery's form with R = 2^256 to that with 2^260.
    #[inline(always)]
    pub(crate) fn unpack_shifted(words: [Lanes; 4]) -> Fe8<M> {
        let [w0, w1, w2, w3] = words;
        let mask = w0.constant(LIMB_MASK);
        Fe8::from_limbs([
            w0.shift_left::<4>().and(mask),
            w0.funnel_right::<48>(w1).and(mask),
            w1.funnel_right::<36>(w2).and(mask),
            w2.funnel_right::<24>(w3).and(mask),
            w3.shift_right::<12>(),
        ])
    }

    /// The value as words; it must be below 2^256, so at most 5.2 p.
    #[inline(always)]
    pub(crate) fn pack(self) -> [Lanes; 4] {
        let [l0, l1, l2, l3, l4] = self.0;
        [
            l0.or(l1.shift_left::<52>()),
            l1.shift_right::<12>().or(l2.shift_left::<40>()),
            l2.shift_right::<24>().or(l3.shift_left::<28>()),
            l3.shift_right::<36>().or(l4.shift_left::<16>()),
        ]
    }

    /// Words below p of Montgomery's form with R = 2^256, which is arkworks'.
    #[inline(always)]
    pub(crate) fn pack_montgomery(self) -> [Lanes; 4] {
        let shift = Fe8::splat(self.0[0].ifma(), &M::ONE_256);
        self.mul(shift).canonical().pack()
    }

    /// Words of the integers in `[0, p)` that the elements are.
    #[inline(always)]
    pub(crate) fn pack_integer(self) -> [Lanes; 4] {
        let one = Fe8::splat(self.0[0].ifma(), &[1, 0, 0, 0, 0]);
        self.mul(one).canonical().pack()
    }

    #[inline(always)]
    pub(crate) fn loose(self) -> Loose<M> {
        Loose(self.0, PhantomData)
    }

    /// Less than 1.0001 p, from anything.
    ///
    /// The quotient comes from the top limb h: `q = floor(h RECIPROCAL / 2^97) <= h / (p_4 + 1) < value / p`, and
    /// `value / p - q < 1 + (h + p_4 + 1) / (p_4 (p_4 + 1)) + 2^-45 < 1 + 2^-38`. What is added is `q (2^260 - p)`, modulo 2^260.
    #[inline(always)]
    pub(crate) fn reduce(self) -> Fe8<M> {
        let zero = self.0[0].constant(0);
        let q = zero.madd_high(self.0[4], zero.constant(M::RECIPROCAL)).shift_right::<45>();
        let mut t = self.0;
        let mut j = 0;
        while j < 5 {
            t[j] = t[j].madd_low(q, zero.constant(M::COMPLEMENT[j]));
            if j < 4 {
                t[j + 1] = t[j + 1].madd_high(q, zero.constant(M::COMPLEMENT[j]));
            }
            j += 1;
        }
        let mut reduced = Loose::<M>(t, PhantomData).carry();
        reduced.0[4] = reduced.0[4].and(zero.constant(LIMB_MASK));
        reduced
    }

    /// The representative in `[0, p)`.
    #[inline(always)]
    pub(crate) fn canonical(self) -> Fe8<M> {
        let reduced = self.reduce();
        let less = reduced.loose().sub_constant(&M::P).carry_signed();
        less.select(less.0[4].negative_mask(), reduced)
    }

    /// The permission that this value proves.
    #[inline(always)]
    pub(crate) fn ifma(self) -> Ifma {
        self.0[0].ifma()
    }

    /// The lowest limb of each element: enough to tell most elements apart.
    #[inline(always)]
    pub(crate) fn lowest_limb(self) -> Lanes {
        self.0[0]
    }

    /// Elements of `other` where the mask has a one, of `self` elsewhere.
    #[inline(always)]
    pub(crate) fn select(self, mask: Mask, other: Fe8<M>) -> Fe8<M> {
        let (a, b) = (self.0, other.0);
        Fe8::from_limbs([
            a[0].select(mask, b[0]),
            a[1].select(mask, b[1]),
            a[2].select(mask, b[2]),
            a[3].select(mask, b[3]),
            a[4].select(mask, b[4]),
        ])
    }

    /// Which elements have the limbs of `k p`: those of the zeros whose value is `k p`.
    #[inline(always)]
    pub(crate) fn equals_multiple(self, k: u64) -> Mask {
        let limbs = multiple(M::P, k);
        let mut mask = 0xff;
        let mut j = 0;
        while j < 5 {
            mask &= self.0[j].equal_mask(self.0[j].constant(limbs[j]));
            j += 1;
        }
        mask
    }

    /// The inverse of each element, zero for zero; values below 1.0001 p. Cost: one inversion in the field ([`invert_all`])
    /// and about forty products of arkworks', so use it on the last product of a chain (Montgomery's trick).
    #[inline(always)]
    pub(crate) fn invert(self) -> Fe8<M> {
        let ifma = self.0[0].ifma();
        let mut words = [[0; 4]; 8];
        Lanes::scatter(self.pack_montgomery(), words.each_mut());
        let mut elements = words.map(M::element);
        invert_all::<M>(&mut elements);
        let words = elements.each_ref().map(M::words);
        Fe8::unpack_shifted(Lanes::gather(ifma, words)).reduce()
    }

    #[inline(always)]
    fn from_limbs(limbs: [Lanes; 5]) -> Fe8<M> {
        Fe8(limbs, PhantomData)
    }
}

#[inline(always)]
fn load_rows(ifma: Ifma, block: &Block) -> [Lanes; 5] {
    let rows = &block.0;
    [
        Lanes::load(ifma, &rows[0]),
        Lanes::load(ifma, &rows[1]),
        Lanes::load(ifma, &rows[2]),
        Lanes::load(ifma, &rows[3]),
        Lanes::load(ifma, &rows[4]),
    ]
}

#[inline(always)]
fn store_rows(limbs: [Lanes; 5], block: &mut Block) {
    let rows = &mut block.0;
    limbs[0].store(&mut rows[0]);
    limbs[1].store(&mut rows[1]);
    limbs[2].store(&mut rows[2]);
    limbs[3].store(&mut rows[3]);
    limbs[4].store(&mut rows[4]);
}

#[cfg(test)]
mod tests;

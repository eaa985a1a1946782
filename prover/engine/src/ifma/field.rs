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

use std::marker::PhantomData;

use ark_ff::Field;
use bytemuck::{Pod, Zeroable};

use super::{
    Ifma,
    lanes::{Lanes, Mask},
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

    /// The inverse of each element, zero for zero; values below 1.0001 p. Cost: one inversion in the field and about forty
    /// products of arkworks', so use it on the last product of a chain (Montgomery's trick).
    pub(crate) fn invert(self) -> Fe8<M> {
        let ifma = self.0[0].ifma();
        let mut words = [[0; 4]; 8];
        Lanes::scatter(self.pack_montgomery(), words.each_mut());
        let mut elements = words.map(M::element);
        invert_all(&mut elements);
        let words = elements.each_ref().map(M::words);
        Fe8::unpack_shifted(Lanes::gather(ifma, words)).reduce()
    }

    #[inline(always)]
    fn from_limbs(limbs: [Lanes; 5]) -> Fe8<M> {
        Fe8(limbs, PhantomData)
    }
}

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
    fn sub_constant(self, limbs: &[u64; 5]) -> Loose<M> {
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

/// Inverts each element but zeros, with one inversion.
fn invert_all<F: Field>(elements: &mut [F; 8]) {
    let mut before = [F::ONE; 8];
    let mut product = F::ONE;
    for (before, element) in before.iter_mut().zip(&*elements) {
        *before = product;
        if !element.is_zero() {
            product *= element;
        }
    }
    // A product of elements other than zero is not zero.
    let mut inverse = product.inverse().unwrap_or_default();
    for (before, element) in before.iter().zip(elements.iter_mut()).rev() {
        if !element.is_zero() {
            let inverted = inverse * before;
            inverse *= *element;
            *element = inverted;
        }
    }
}

#[cfg(test)]
#[path = "field_tests.rs"]
mod tests;

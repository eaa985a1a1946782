//! Coordinates of eight points at once, and the formulas of point addition: over Fq for G1, over Fq2 for G2.
//!
//! As in [`super::field`], a value is known by its bound in multiples of p; for Fq2 = Fq[u] / (u^2 + 1) a bound holds for
//! each component. With n p and m p the inputs' bounds:
//!
//! | function | Fq | Fq2 |
//! | --- | --- | --- |
//! | `mul` | 0.006 n m + 2 | 0.006 (n + 16) m + 2, n at most 15.9 |
//! | `invert_for_slope` | 2.1 | 2.2 |
//! | `difference` | 5 | 5 |
//! | `tangent` of x <= 1.06 | 6.7 | 14.7 |
//! | `third_point`, of a slope <= 3.5 | 1.01 | 1.01 |
//!
//! **Montgomery factors.** Points hold coordinates in the form with R = 2^256, the product here divides by 2^261, and yet no
//! coordinate is converted. Call a the *weight* of a value `x 2^a`. Differences of coordinates have weight 256. The
//! inverse of such a difference is made with weight 263 ([`Coordinate::invert_for_slope`]); so a slope, difference times
//! inverse, has weight 256 + 263 - 261 = 258, twice its square 1 + 258 + 258 - 261 = 256, which is a coordinate's, and its
//! product with eight times a difference of coordinates 258 + 3 + 256 - 261 = 256 again. A doubling's numerator `3 x^2` is
//! made as `3 (4 x) (8 x)`, of weight 2 + 256 + 3 + 256 - 261 = 256.

use ark_bn254::Fq;
use ark_ff::MontFp;

use super::{
    Avx2,
    field::{Block, Fe8, Loose},
    limbs::split,
};
use crate::{
    G1Point, G2Point,
    vector::{
        Coordinate, Mask,
        modulus::{Base, Modulus},
    },
};

/// Eight elements of Fq.
pub(crate) type Fq8 = Fe8<Base>;
type FqSum = Loose<Base>;

/// `2^261 mod p`: 2^5 in arkworks' form.
const ONE: Fq = MontFp!("32");
/// `2^268 mod p`: 2^12 in arkworks' form.
const SLOPE: Fq = MontFp!("4096");

impl Coordinate for Fq8 {
    type Unit = Avx2;
    type Point = G1Point;
    type Sum = FqSum;
    type Block = Block;
    /// Differences and products of a batch take 295 kB.
    const BATCH: usize = 1 << 8;

    #[inline(always)]
    fn x(avx2: Avx2, [p0, p1, p2, p3, p4, p5, p6, p7]: [&G1Point; 8]) -> Self {
        Fe8::unpack(avx2, [&p0.x, &p1.x, &p2.x, &p3.x, &p4.x, &p5.x, &p6.x, &p7.x])
    }

    #[inline(always)]
    fn y(avx2: Avx2, [p0, p1, p2, p3, p4, p5, p6, p7]: [&G1Point; 8]) -> Self {
        Fe8::unpack(avx2, [&p0.y, &p1.y, &p2.y, &p3.y, &p4.y, &p5.y, &p6.y, &p7.y])
    }

    #[inline(always)]
    fn write(x: Self, y: Self, [p0, p1, p2, p3, p4, p5, p6, p7]: [&mut G1Point; 8]) {
        x.pack([&mut p0.x, &mut p1.x, &mut p2.x, &mut p3.x, &mut p4.x, &mut p5.x, &mut p6.x, &mut p7.x]);
        y.pack([&mut p0.y, &mut p1.y, &mut p2.y, &mut p3.y, &mut p4.y, &mut p5.y, &mut p6.y, &mut p7.y]);
    }

    #[inline(always)]
    fn load(avx2: Avx2, block: &Block) -> Self {
        Fe8::load(avx2, block)
    }

    #[inline(always)]
    fn store(self, block: &mut Block) {
        Fe8::store(self, block);
    }

    #[inline(always)]
    fn zero(avx2: Avx2) -> Self {
        Fe8::splat(avx2, &[0; 9])
    }

    #[inline(always)]
    fn one(avx2: Avx2) -> Self {
        Fe8::splat(avx2, &split(ONE.0.0))
    }

    #[inline(always)]
    fn mul(self, other: Self) -> Self {
        Fe8::mul(self, other)
    }

    /// `2^512 / v` times `2^268 / 2^261`: weight `519 - a` of weight a.
    #[inline(always)]
    fn invert_for_slope(self) -> Self {
        Fe8::mul(self.invert(), Fe8::splat(self.avx2(), &split(SLOPE.0.0)))
    }

    #[inline(always)]
    fn reduce(sum: FqSum) -> Self {
        sum.reduce()
    }

    #[inline(always)]
    fn sum(self) -> FqSum {
        self.loose()
    }

    #[inline(always)]
    fn negate_where(self, mask: Mask) -> FqSum {
        self.loose().negate_where(mask)
    }

    #[inline(always)]
    fn difference(left: FqSum, right: FqSum) -> Self {
        left.sub::<31, 3>(right).carry()
    }

    #[inline(always)]
    fn double(value: FqSum) -> Self {
        value.add(value).carry()
    }

    #[inline(always)]
    fn tangent(self) -> Self {
        triple(tangent_factor::<2>(self).mul(tangent_factor::<3>(self)))
    }

    #[inline(always)]
    fn third_point(slope: Self, x1: Self, x2: Self, y1: FqSum) -> (Self, Self) {
        let x3 = third_x(slope.square(), x1, x2);
        // 3.5 * 32.5 * 0.006 + 2 <= 2.7.
        (x3, slope.mul(run(x1, x3)).loose().sub::<31, 3>(y1).reduce())
    }

    #[inline(always)]
    fn select(self, mask: Mask, other: Self) -> Self {
        Fe8::select(self, mask, other)
    }

    #[inline(always)]
    fn is_zero(self) -> Mask {
        let unique = self.unique();
        let mut mask = unique.equals_multiple(0);
        let mut k = 1;
        while k <= 5 {
            mask |= unique.equals_multiple(k);
            k += 1;
        }
        mask
    }

    #[inline(always)]
    fn is_empty(self) -> Mask {
        self.equals_multiple(0)
    }

    /// Errs with probability 2^-27 in a lane.
    #[inline(always)]
    fn may_be_special(difference: Self, x1: Self, x2: Self) -> Mask {
        // The difference is between 1.94 p and 4.06 p: a zero is 2 p, 3 p or 4 p. The lowest limb tells nearly all.
        difference.lowest_limb_equals(2 * Base::WORDS[0])
            | difference.lowest_limb_equals(3u64.wrapping_mul(Base::WORDS[0]))
            | difference.lowest_limb_equals(4u64.wrapping_mul(Base::WORDS[0]))
            | x1.lowest_limb_equals(0)
            | x2.lowest_limb_equals(0)
    }
}

/// `2 square - x1 - x2`, of a square of at most 2.2 p: at most 4.4 + 3 before it is reduced.
#[inline(always)]
fn third_x(square: Fq8, x1: Fq8, x2: Fq8) -> Fq8 {
    let others = x1.loose().add(x2.loose());
    square.loose().shift_left::<1>().sub::<31, 3>(others).reduce()
}

/// `8 (left - right + 3 p)`, at most 32.5 p for values of at most 1.06 p.
#[inline(always)]
fn run(left: Fq8, right: Fq8) -> Fq8 {
    left.loose().sub::<30, 3>(right.loose()).shift_left::<3>().carry()
}

/// `2^BITS x`.
#[inline(always)]
fn tangent_factor<const BITS: i32>(x: Fq8) -> Fq8 {
    x.loose().shift_left::<BITS>().carry()
}

#[inline(always)]
fn triple(value: Fq8) -> Fq8 {
    let value = value.loose();
    value.add(value).add(value).carry()
}

/// Eight elements `c0 + c1 u` of Fq2.
#[derive(Clone, Copy)]
pub(crate) struct Fq2x8 {
    c0: Fq8,
    c1: Fq8,
}

impl Fq2x8 {
    /// `16 p - c1`, of at most 15.9 p.
    #[inline(always)]
    fn negative_c1(self) -> Fq8 {
        Fq8::zero(self.c0.avx2()).loose().sub::<31, 16>(self.c1.loose()).carry()
    }

    /// `(c0 + c1) (c0 - c1) + 2 c0 c1 u` with `left = 2^BITS c0`, `right = 2^BITS c1` in one of the factors, of values of at
    /// most 5.9 p.
    #[inline(always)]
    fn square<const LEFT: i32, const RIGHT: i32>(self) -> Fq2x8 {
        let (c0, c1) = (self.c0.loose(), self.c1.loose());
        let sum = c0.add(c1).shift_left::<LEFT>().carry();
        let difference = c0.sub::<30, 6>(c1).shift_left::<RIGHT>().carry();
        let (left, right) = (tangent_factor::<LEFT>(self.c0), tangent_factor::<RIGHT>(self.c1));
        Fq2x8 { c0: sum.mul(difference), c1: left.loose().shift_left::<1>().carry().mul(right) }
    }
}

impl Coordinate for Fq2x8 {
    type Unit = Avx2;
    type Point = G2Point;
    type Sum = [FqSum; 2];
    type Block = [Block; 2];
    const BATCH: usize = 1 << 7;

    #[inline(always)]
    fn x(avx2: Avx2, [p0, p1, p2, p3, p4, p5, p6, p7]: [&G2Point; 8]) -> Self {
        unpack(avx2, [&p0.x, &p1.x, &p2.x, &p3.x, &p4.x, &p5.x, &p6.x, &p7.x])
    }

    #[inline(always)]
    fn y(avx2: Avx2, [p0, p1, p2, p3, p4, p5, p6, p7]: [&G2Point; 8]) -> Self {
        unpack(avx2, [&p0.y, &p1.y, &p2.y, &p3.y, &p4.y, &p5.y, &p6.y, &p7.y])
    }

    #[inline(always)]
    fn write(x: Self, y: Self, [p0, p1, p2, p3, p4, p5, p6, p7]: [&mut G2Point; 8]) {
        pack(x, [&mut p0.x, &mut p1.x, &mut p2.x, &mut p3.x, &mut p4.x, &mut p5.x, &mut p6.x, &mut p7.x]);
        pack(y, [&mut p0.y, &mut p1.y, &mut p2.y, &mut p3.y, &mut p4.y, &mut p5.y, &mut p6.y, &mut p7.y]);
    }

    #[inline(always)]
    fn load(avx2: Avx2, [c0, c1]: &[Block; 2]) -> Self {
        Fq2x8 { c0: Fe8::load(avx2, c0), c1: Fe8::load(avx2, c1) }
    }

    #[inline(always)]
    fn store(self, [c0, c1]: &mut [Block; 2]) {
        self.c0.store(c0);
        self.c1.store(c1);
    }

    #[inline(always)]
    fn zero(avx2: Avx2) -> Self {
        Fq2x8 { c0: Fq8::zero(avx2), c1: Fq8::zero(avx2) }
    }

    #[inline(always)]
    fn one(avx2: Avx2) -> Self {
        Fq2x8 { c0: Fq8::one(avx2), c1: Fq8::zero(avx2) }
    }

    /// `a0 b0 - a1 b1` and `a0 b1 + a1 b0`: four products and two reductions. Karatsuba's three products cost more here, for
    /// the columns of each would go through memory.
    #[inline(always)]
    fn mul(self, other: Self) -> Self {
        let negative = self.negative_c1();
        Fq2x8 {
            c0: Fe8::dot(self.c0, other.c0, negative, other.c1),
            c1: Fe8::dot(self.c0, other.c1, self.c1, other.c0),
        }
    }

    /// `1 / (c0 + c1 u) = (c0 - c1 u) / (c0^2 + c1^2)`.
    #[inline(always)]
    fn invert_for_slope(self) -> Self {
        let norm = Fe8::dot(self.c0, self.c0, self.c1, self.c1);
        let inverse = norm.invert_for_slope();
        Fq2x8 { c0: inverse.mul(self.c0), c1: inverse.mul(self.negative_c1()) }
    }

    #[inline(always)]
    fn reduce([c0, c1]: [FqSum; 2]) -> Self {
        Fq2x8 { c0: c0.reduce(), c1: c1.reduce() }
    }

    #[inline(always)]
    fn sum(self) -> [FqSum; 2] {
        [self.c0.loose(), self.c1.loose()]
    }

    #[inline(always)]
    fn negate_where(self, mask: Mask) -> [FqSum; 2] {
        [self.c0.negate_where(mask), self.c1.negate_where(mask)]
    }

    #[inline(always)]
    fn difference(left: [FqSum; 2], right: [FqSum; 2]) -> Self {
        Fq2x8 { c0: Fq8::difference(left[0], right[0]), c1: Fq8::difference(left[1], right[1]) }
    }

    #[inline(always)]
    fn double([c0, c1]: [FqSum; 2]) -> Self {
        Fq2x8 { c0: Fq8::double(c0), c1: Fq8::double(c1) }
    }

    #[inline(always)]
    fn tangent(self) -> Self {
        // 0.006 * 8.5 * 56.5 + 2 <= 4.9.
        let square = self.square::<2, 3>();
        Fq2x8 { c0: triple(square.c0), c1: triple(square.c1) }
    }

    #[inline(always)]
    fn third_point(slope: Self, x1: Self, x2: Self, y1: [FqSum; 2]) -> (Self, Self) {
        // 0.006 * 7 * 9.5 + 2 <= 2.4: at most 4.8 + 3 before x3 is reduced.
        let square = slope.square::<0, 0>();
        let (c0, c1) = (third_x(square.c0, x1.c0, x2.c0), third_x(square.c1, x1.c1, x2.c1));
        // 0.006 * 19.5 * 32.5 + 2 <= 5.9, plus 3.
        let rise = slope.mul(Fq2x8 { c0: run(x1.c0, c0), c1: run(x1.c1, c1) });
        let y3 = [rise.c0.loose().sub::<31, 3>(y1[0]), rise.c1.loose().sub::<31, 3>(y1[1])];
        (Fq2x8 { c0, c1 }, Self::reduce(y3))
    }

    #[inline(always)]
    fn select(self, mask: Mask, other: Self) -> Self {
        Fq2x8 { c0: self.c0.select(mask, other.c0), c1: self.c1.select(mask, other.c1) }
    }

    #[inline(always)]
    fn is_zero(self) -> Mask {
        Coordinate::is_zero(self.c0) & Coordinate::is_zero(self.c1)
    }

    #[inline(always)]
    fn is_empty(self) -> Mask {
        self.c0.is_empty() & self.c1.is_empty()
    }

    #[inline(always)]
    fn may_be_special(difference: Self, x1: Self, x2: Self) -> Mask {
        Fq8::may_be_special(difference.c0, x1.c0, x2.c0)
    }
}

/// Eight elements from memory.
#[inline(always)]
fn unpack(avx2: Avx2, [e0, e1, e2, e3, e4, e5, e6, e7]: [&[[u64; 4]; 2]; 8]) -> Fq2x8 {
    let c0 = [&e0[0], &e1[0], &e2[0], &e3[0], &e4[0], &e5[0], &e6[0], &e7[0]];
    let c1 = [&e0[1], &e1[1], &e2[1], &e3[1], &e4[1], &e5[1], &e6[1], &e7[1]];
    Fq2x8 { c0: Fe8::unpack(avx2, c0), c1: Fe8::unpack(avx2, c1) }
}

/// Eight elements to memory, at most 5.2 p, unique.
#[inline(always)]
fn pack(value: Fq2x8, elements: [&mut [[u64; 4]; 2]; 8]) {
    let [[a0, b0], [a1, b1], [a2, b2], [a3, b3], [a4, b4], [a5, b5], [a6, b6], [a7, b7]] = elements;
    value.c0.pack([a0, a1, a2, a3, a4, a5, a6, a7]);
    value.c1.pack([b0, b1, b2, b3, b4, b5, b6, b7]);
}

//! Coordinates of eight points at once, and the formulas of point addition: over Fq for G1, over Fq2 for G2.
//!
//! As in [`super::field`], a value is known by its bound in multiples of p; for Fq2 = Fq[u] / (u^2 + 1) a bound holds for
//! each component. With n p and m p the inputs' bounds, and n m <= 80:
//!
//! | function | Fq | Fq2 |
//! | --- | --- | --- |
//! | `mul` | 0.0119 n m + 2 | 0.0119 n m + 3, 0.0237 n m + 2 |
//! | `invert_for_slope` | 2.1 | 3.1, 2.2 |
//! | `difference` | 4 | 4 |
//! | `tangent` of x <= 1.06 | 6.7 | 8.8 |
//! | `third_point`, of a slope <= 3.5 | 1.06 | 1.06 |
//!
//! **Montgomery factors.** Points hold coordinates in the form with R = 2^256, the product here divides by 2^260, and yet no
//! coordinate is converted. Call a the *weight* of a value `x 2^a`. Differences of coordinates have weight 256. The
//! inverse of such a difference is made with weight 262 ([`Coordinate::invert_for_slope`]); so a slope, difference times
//! inverse, has weight 256 + 262 - 260 = 258, its square 258 + 258 - 260 = 256, which is a coordinate's, and its product
//! with four times a difference of coordinates 258 + 258 - 260 = 256 again. A doubling's numerator `3 x^2` is made as
//! `3 (4 x)^2`, of weight 2 + 2 + 256 + 256 - 260 = 256.

use super::{
    Ifma,
    field::{Block, Fe8, Loose},
    lanes::Lanes,
};
use crate::{
    G1Point, G2Point,
    vector::{
        Coordinate, Mask,
        modulus::{Base, Modulus, multiple},
    },
};

/// Eight elements of Fq.
pub(crate) type Fq8 = Fe8<Base>;
type FqSum = Loose<Base>;

/// `2^258 mod p`, below 4 p: a factor that makes a quarter of a value.
const QUARTER: [u64; 5] = multiple(Base::ONE_256, 4);

impl Coordinate for Fq8 {
    type Unit = Ifma;
    type Point = G1Point;
    type Sum = FqSum;
    type Block = Block;
    /// Differences and products of a batch take 320 kB in G1.
    const BATCH: usize = 1 << 9;

    #[inline(always)]
    fn x(ifma: Ifma, [p0, p1, p2, p3, p4, p5, p6, p7]: [&G1Point; 8]) -> Self {
        let x = [&p0.x, &p1.x, &p2.x, &p3.x, &p4.x, &p5.x, &p6.x, &p7.x];
        Fe8::unpack(Lanes::gather(ifma, x))
    }

    #[inline(always)]
    fn y(ifma: Ifma, [p0, p1, p2, p3, p4, p5, p6, p7]: [&G1Point; 8]) -> Self {
        let y = [&p0.y, &p1.y, &p2.y, &p3.y, &p4.y, &p5.y, &p6.y, &p7.y];
        Fe8::unpack(Lanes::gather(ifma, y))
    }

    #[inline(always)]
    fn write(x: Self, y: Self, [p0, p1, p2, p3, p4, p5, p6, p7]: [&mut G1Point; 8]) {
        let xs = [&mut p0.x, &mut p1.x, &mut p2.x, &mut p3.x, &mut p4.x, &mut p5.x, &mut p6.x, &mut p7.x];
        let ys = [&mut p0.y, &mut p1.y, &mut p2.y, &mut p3.y, &mut p4.y, &mut p5.y, &mut p6.y, &mut p7.y];
        Lanes::scatter(x.pack(), xs);
        Lanes::scatter(y.pack(), ys);
    }

    #[inline(always)]
    fn load(ifma: Ifma, block: &Block) -> Self {
        Fe8::load(ifma, block)
    }

    #[inline(always)]
    fn store(self, block: &mut Block) {
        Fe8::store(self, block);
    }

    #[inline(always)]
    fn zero(ifma: Ifma) -> Self {
        Fe8::zero(ifma)
    }

    #[inline(always)]
    fn one(ifma: Ifma) -> Self {
        Fe8::one(ifma)
    }

    #[inline(always)]
    fn mul(self, other: Self) -> Self {
        Fe8::mul(self, other)
    }

    #[inline(always)]
    fn invert_for_slope(self) -> Self {
        Fe8::mul(self.invert(), Fe8::splat(self.ifma(), &QUARTER))
    }

    #[inline(always)]
    fn reduce(sum: FqSum) -> Self {
        sum.reduce_small()
    }

    #[inline(always)]
    fn sum(self) -> FqSum {
        self.loose()
    }

    #[inline(always)]
    fn negate_where(self, mask: Mask) -> FqSum {
        self.loose().negate_where(mask, 2)
    }

    #[inline(always)]
    fn difference(left: FqSum, right: FqSum) -> Self {
        left.sub(right).add_multiple(2).carry_signed()
    }

    #[inline(always)]
    fn double(value: FqSum) -> Self {
        value.add(value).carry_signed()
    }

    #[inline(always)]
    fn tangent(self) -> Self {
        let square = quadruple(self.loose()).carry().square_loose();
        square.add(square).add(square).carry()
    }

    #[inline(always)]
    fn third_point(slope: Self, x1: Self, x2: Self, y1: FqSum) -> (Self, Self) {
        // [0, 2.2] - 2.12.
        let x3 = slope.square_loose().sub(x1.loose()).sub(x2.loose()).reduce_small();
        let run = quadruple_difference(x1, x3);
        // 3.5 * 12.3 * 0.0119 + 2 <= 2.6, less at most 2.
        (x3, slope.mul_loose(run).sub(y1).reduce_small())
    }

    #[inline(always)]
    fn select(self, mask: Mask, other: Self) -> Self {
        Fe8::select(self, mask, other)
    }

    #[inline(always)]
    fn is_zero(self) -> Mask {
        let equals = |k| self.equals_multiple(k);
        equals(0) | equals(1) | equals(2) | equals(3) | equals(4)
    }

    #[inline(always)]
    fn is_empty(self) -> Mask {
        self.equals_multiple(0)
    }

    #[inline(always)]
    fn may_be_special(difference: Self, x1: Self, x2: Self) -> Mask {
        // The difference is between 0.94 p and 3.06 p: a zero is p, 2 p or 3 p. The lowest limb tells nearly all.
        let low = difference.lowest_limb();
        let equals = |k| low.equal_mask(low.constant(multiple(Base::P, k)[0]));
        let empty = x1.lowest_limb().zero_mask() | x2.lowest_limb().zero_mask();
        equals(1) | equals(2) | equals(3) | empty
    }
}

/// `4 value`.
#[inline(always)]
fn quadruple(value: FqSum) -> FqSum {
    let double = value.add(value);
    double.add(double)
}

/// `4 (left - right + 2 p)`, at most 12.3 p for values of at most 1.06 p.
#[inline(always)]
fn quadruple_difference(left: Fq8, right: Fq8) -> Fq8 {
    quadruple(left.loose().sub(right.loose()).add_multiple(2)).carry_signed()
}

/// Eight elements `c0 + c1 u` of Fq2.
#[derive(Clone, Copy)]
pub(crate) struct Fq2x8 {
    c0: Fq8,
    c1: Fq8,
}

impl Fq2x8 {
    /// Karatsuba's product: three products, two reductions. Components in `[-0.0119 n m, 0.0119 n m + 2]` and
    /// `[0, 0.0237 n m + 2]`, carries left.
    #[inline(always)]
    fn mul_sums(self, other: Fq2x8) -> [FqSum; 2] {
        let t0 = self.c0.mul_wide(other.c0);
        let t1 = self.c1.mul_wide(other.c1);
        let left = self.c0.loose().add(self.c1.loose()).carry();
        let right = other.c0.loose().add(other.c1.loose()).carry();
        let cross = left.mul_wide(right).sub(t0).sub(t1);
        [t0.sub(t1).reduce_signed(), cross.reduce_signed()]
    }

    /// `(c0 + c1) (c0 - c1) + 2 c0 c1 u`, of values of at most 5 p; components at most
    /// `0.0237 n (n + 5) + 2` and `0.0237 n^2 + 2`, not negative, carries left.
    #[inline(always)]
    fn square_sums(self) -> [FqSum; 2] {
        let (c0, c1) = (self.c0.loose(), self.c1.loose());
        let difference = c0.sub(c1).add_multiple(5).carry_signed();
        let twice = c0.add(c0).carry();
        [c0.add(c1).carry().mul_loose(difference), twice.mul_loose(self.c1)]
    }
}

impl Coordinate for Fq2x8 {
    type Unit = Ifma;
    type Point = G2Point;
    type Sum = [FqSum; 2];
    type Block = [Block; 2];
    const BATCH: usize = 1 << 9;

    #[inline(always)]
    fn x(ifma: Ifma, [p0, p1, p2, p3, p4, p5, p6, p7]: [&G2Point; 8]) -> Self {
        let x = [&p0.x, &p1.x, &p2.x, &p3.x, &p4.x, &p5.x, &p6.x, &p7.x];
        gather(ifma, x)
    }

    #[inline(always)]
    fn y(ifma: Ifma, [p0, p1, p2, p3, p4, p5, p6, p7]: [&G2Point; 8]) -> Self {
        let y = [&p0.y, &p1.y, &p2.y, &p3.y, &p4.y, &p5.y, &p6.y, &p7.y];
        gather(ifma, y)
    }

    #[inline(always)]
    fn write(x: Self, y: Self, [p0, p1, p2, p3, p4, p5, p6, p7]: [&mut G2Point; 8]) {
        let xs = [&mut p0.x, &mut p1.x, &mut p2.x, &mut p3.x, &mut p4.x, &mut p5.x, &mut p6.x, &mut p7.x];
        let ys = [&mut p0.y, &mut p1.y, &mut p2.y, &mut p3.y, &mut p4.y, &mut p5.y, &mut p6.y, &mut p7.y];
        scatter(x, xs);
        scatter(y, ys);
    }

    #[inline(always)]
    fn load(ifma: Ifma, [c0, c1]: &[Block; 2]) -> Self {
        Fq2x8 { c0: Fe8::load(ifma, c0), c1: Fe8::load(ifma, c1) }
    }

    #[inline(always)]
    fn store(self, [c0, c1]: &mut [Block; 2]) {
        self.c0.store(c0);
        self.c1.store(c1);
    }

    #[inline(always)]
    fn zero(ifma: Ifma) -> Self {
        Fq2x8 { c0: Fe8::zero(ifma), c1: Fe8::zero(ifma) }
    }

    #[inline(always)]
    fn one(ifma: Ifma) -> Self {
        Fq2x8 { c0: Fe8::one(ifma), c1: Fe8::zero(ifma) }
    }

    #[inline(always)]
    fn mul(self, other: Self) -> Self {
        let [c0, c1] = self.mul_sums(other);
        // n m <= 80 and 0.0119 * 80 < 1.
        Fq2x8 { c0: c0.add_multiple(1).carry_signed(), c1: c1.carry_signed() }
    }

    /// `1 / (c0 + c1 u) = (c0 - c1 u) / (c0^2 + c1^2)`.
    #[inline(always)]
    fn invert_for_slope(self) -> Self {
        let norm = self.c0.square_wide().add(self.c1.square_wide()).reduce().carry();
        let inverse = norm.invert_for_slope();
        let c1 = Fe8::zero(self.c0.ifma()).loose().sub(inverse.mul_loose(self.c1)).add_multiple(3);
        Fq2x8 { c0: inverse.mul(self.c0), c1: c1.carry_signed() }
    }

    #[inline(always)]
    fn reduce([c0, c1]: [FqSum; 2]) -> Self {
        Fq2x8 { c0: c0.reduce_small(), c1: c1.reduce_small() }
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
        let [c0, c1] = [self.c0, self.c1].map(|component| quadruple(component.loose()).carry());
        // 0.0237 * 4.24 * 9.24 + 2 <= 2.93.
        let [c0, c1] = Fq2x8 { c0, c1 }.square_sums();
        Fq2x8 { c0: c0.add(c0).add(c0).carry(), c1: c1.add(c1).add(c1).carry() }
    }

    #[inline(always)]
    fn third_point(slope: Self, x1: Self, x2: Self, y1: [FqSum; 2]) -> (Self, Self) {
        // 0.0237 * 3.5 * 8.5 + 2 <= 2.71, less at most 2.12.
        let [c0, c1] = slope.square_sums();
        let c0 = c0.sub(x1.c0.loose()).sub(x2.c0.loose()).reduce_small();
        let c1 = c1.sub(x1.c1.loose()).sub(x2.c1.loose()).reduce_small();
        let run = Fq2x8 { c0: quadruple_difference(x1.c0, c0), c1: quadruple_difference(x1.c1, c1) };
        // 0.0119 * 3.5 * 12.3 <= 0.52: [-0.52, 2.52] and [0, 3.03], less at most 2.
        let [r0, r1] = slope.mul_sums(run);
        (Fq2x8 { c0, c1 }, Self::reduce([r0.sub(y1[0]), r1.sub(y1[1])]))
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
fn gather(ifma: Ifma, [e0, e1, e2, e3, e4, e5, e6, e7]: [&[[u64; 4]; 2]; 8]) -> Fq2x8 {
    let c0 = [&e0[0], &e1[0], &e2[0], &e3[0], &e4[0], &e5[0], &e6[0], &e7[0]];
    let c1 = [&e0[1], &e1[1], &e2[1], &e3[1], &e4[1], &e5[1], &e6[1], &e7[1]];
    Fq2x8 { c0: Fe8::unpack(Lanes::gather(ifma, c0)), c1: Fe8::unpack(Lanes::gather(ifma, c1)) }
}

/// Eight elements to memory, at most 5.2 p.
#[inline(always)]
fn scatter(value: Fq2x8, elements: [&mut [[u64; 4]; 2]; 8]) {
    let [[a0, b0], [a1, b1], [a2, b2], [a3, b3], [a4, b4], [a5, b5], [a6, b6], [a7, b7]] = elements;
    Lanes::scatter(value.c0.pack(), [a0, a1, a2, a3, a4, a5, a6, a7]);
    Lanes::scatter(value.c1.pack(), [b0, b1, b2, b3, b4, b5, b6, b7]);
}

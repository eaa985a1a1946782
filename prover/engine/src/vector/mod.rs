//! What the vector paths share: the two fields, inversion, and additions of pairs of points, eight at a time.
//!
//! A path brings its [`Unit`], the proof that the processor has its instructions, and [`Coordinate`] for both groups; the
//! additions ([`pairs`]) are written once.

pub(crate) mod inverse;
pub(crate) mod modulus;
pub(crate) mod pairs;

use crate::curve::{Pair, Point};

/// One bit for each of eight elements, element 0 the least significant.
pub(crate) type Mask = u8;

/// Eight pairs.
pub(crate) type Eight = [Pair; 8];

/// Where summands lie. Pointers, for a sum may replace a summand that was read.
pub(crate) struct Source<C: Coordinate> {
    pub(super) points: *const C::Point,
    pub(super) pool: *mut C::Point,
}

/// Which lanes are no addition of two points with different x. No lane is in two masks.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Cases {
    /// The right summand is the identity.
    pub(super) left: Mask,
    /// The left one is.
    pub(super) right: Mask,
    /// Equal summands.
    pub(super) double: Mask,
    /// Opposite summands, or identities.
    pub(super) cancel: Mask,
}

/// The vector [`Kernel`](crate::curve::Kernel): for each vector of a batch its differences, the products before them, and its special lanes.
pub(crate) struct Pairs<C: Coordinate> {
    pub(super) unit: C::Unit,
    pub(super) differences: Vec<C::Block>,
    pub(super) products: Vec<C::Block>,
    pub(super) cases: Vec<Cases>,
}

/// Proof that the processor has the instructions of a path. The functions here compile those of `pairs` with these instructions.
pub(crate) trait Unit: Copy + Send + Sync + 'static {
    /// `pairs::add_batch`.
    ///
    /// # Safety
    /// What `pairs::add_batch` asks for.
    unsafe fn add_batch<C: Coordinate<Unit = Self>>(
        self,
        scratch: &mut Pairs<C>,
        source: &Source<C>,
        out: usize,
        pairs: &[Pair],
    );

    /// `pairs::special`, out of line.
    fn special<C: Coordinate<Unit = Self>>(
        self,
        difference: C,
        p: [&C::Point; 8],
        q: [&C::Point; 8],
        signs: (Mask, Mask),
    ) -> (C, Cases);

    /// `pairs::settle`, out of line.
    fn settle<C: Coordinate<Unit = Self>>(
        self,
        cases: &Cases,
        sum: (C, C),
        p: (C, C::Sum),
        q: (C, C::Sum),
    ) -> (C, C);

    /// Which left summands, and which right ones, are negative.
    fn signs(self, pairs: &Eight) -> (Mask, Mask);
}

/// Eight coordinates, reduced lazily: a value is a representative modulo p, known by its bound in multiples of p. Each path
/// says how its weights go: the power of two by which what a representative stands for is multiplied.
pub(crate) trait Coordinate: Copy {
    /// The instructions that compute.
    type Unit: Unit;
    /// Points that have such coordinates.
    type Point: Point;
    /// The same with carries left.
    type Sum: Copy;
    /// The same in memory.
    type Block: bytemuck::Pod + Send;
    /// Vectors of eight pairs that share an inversion.
    const BATCH: usize;

    /// The first coordinates of eight points; at most 1.06 p if these are points or sums made here, else 5.3 p.
    fn x(unit: Self::Unit, points: [&Self::Point; 8]) -> Self;
    /// The second coordinates, likewise.
    fn y(unit: Self::Unit, points: [&Self::Point; 8]) -> Self;
    /// Writes eight points; coordinates at most 5.2 p.
    fn write(x: Self, y: Self, points: [&mut Self::Point; 8]);
    /// Reads what [`Coordinate::store`] wrote.
    fn load(unit: Self::Unit, block: &Self::Block) -> Self;
    /// Writes the limbs as they are.
    fn store(self, block: &mut Self::Block);
    /// Eight times zero.
    fn zero(unit: Self::Unit) -> Self;
    /// Eight times a power of two, the weight at which a product leaves the other factor's weight alone.
    fn one(unit: Self::Unit) -> Self;

    /// Product over Montgomery's R.
    fn mul(self, other: Self) -> Self;
    /// The inverse, of the weight that makes a slope of a difference of coordinates; zero for zero. Cost: an inversion of
    /// one element.
    fn invert_for_slope(self) -> Self;
    /// Carries propagated, value below 1.06 p, of a [`Coordinate::Sum`] that a summand's y is.
    fn reduce(sum: Self::Sum) -> Self;
    /// The same value.
    fn sum(self) -> Self::Sum;
    /// `2 p - self` where the mask has a one: the opposite, at most 2 p.
    fn negate_where(self, mask: Mask) -> Self::Sum;
    /// `left - right` and a multiple of p, of values at most 2 p.
    fn difference(left: Self::Sum, right: Self::Sum) -> Self;
    /// Twice a value of at most 2 p.
    fn double(value: Self::Sum) -> Self;
    /// `3 self^2` with a coordinate's weight.
    fn tangent(self) -> Self;
    /// With the slope l of the line through (x1, y1) and (x2, y2): `x3 = l^2 - x1 - x2`, `y3 = l (x1 - x3) - y1`.
    fn third_point(slope: Self, x1: Self, x2: Self, y1: Self::Sum) -> (Self, Self);

    /// Lanes of `other` where the mask has a one, of `self` elsewhere.
    fn select(self, mask: Mask, other: Self) -> Self;
    /// Which lanes are a multiple of p, of values that [`Coordinate::difference`] gives.
    fn is_zero(self) -> Mask;
    /// Which lanes of a coordinate just read are the integer zero.
    fn is_empty(self) -> Mask;
    /// For `difference` of two x, and these: lanes where it may be zero or one of these empty. It misses none, and errs
    /// rarely.
    fn may_be_special(difference: Self, x1: Self, x2: Self) -> Mask;
}

#[cfg(test)]
pub(crate) mod tests;

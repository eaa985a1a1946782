//! Additions of pairs of points, eight at a time, with one inversion for a batch: [`Pairs`].
//!
//! A batch goes forward, multiplying up the differences `x2 - x1`, inverts the products of its lanes, and goes backward,
//! peeling each difference's inverse off. Cost: five products and a square in each lane. Two chains of products run side
//! by side, for one would wait on its own latency.
//!
//! Lanes with equal x or an identity are rare. The forward pass spots them by the lowest limbs, and out of line sorts them
//! into [`Cases`]: the inverse of twice y for a doubling, none for the others.

use std::ops::Range;

use bytemuck::Zeroable;

use super::{Cases, Coordinate, Eight, Mask, Pairs, Source, Unit};
use crate::curve::{Kernel, Pair, Ref};

/// How many vectors ahead points are fetched from memory.
const AHEAD: usize = 6;
/// Bytes of a cache line.
const LINE: usize = 64;

impl<C: Coordinate> Pairs<C> {
    pub(crate) fn new(unit: C::Unit) -> Self {
        Pairs { unit, differences: Vec::new(), products: Vec::new(), cases: Vec::new() }
    }
}

impl<C: Coordinate> Kernel<C::Point> for Pairs<C> {
    /// A coordinate of a sum is below 1.06 p, not always below p.
    fn add_pairs(&mut self, points: &[C::Point], pool: &mut [C::Point], out: usize, pairs: &[Pair]) {
        assert!(out <= pool.len() && pairs.len() <= pool.len() - out, "the sums must fit the pool");
        assert!(
            Ref::all_within(pairs.as_flattened(), points.len(), pool.len()),
            "a summand is out of bounds of {} points and a pool of {}",
            points.len(),
            pool.len()
        );
        let vectors = pairs.len().div_ceil(8).min(C::BATCH);
        if self.products.len() < vectors {
            self.differences.resize(vectors, C::Block::zeroed());
            self.products.resize(vectors, C::Block::zeroed());
            self.cases.resize(vectors, Cases::default());
        }
        let source = Source::<C> { points: points.as_ptr(), pool: pool.as_mut_ptr() };
        for (batch, pairs) in pairs.chunks(8 * C::BATCH).enumerate() {
            // SAFETY: the references and the places of the sums are in bounds, as asserted, of slices that stay borrowed
            // until the end of this function.
            unsafe { self.unit.add_batch(self, &source, out + 8 * C::BATCH * batch, pairs) };
        }
    }
}

impl<C: Coordinate> Source<C> {
    /// # Safety
    /// The summand is in bounds of the slices behind the pointers.
    #[inline(always)]
    unsafe fn at(&self, summand: Ref) -> *const C::Point {
        let base = if summand.is_pool() { self.pool.cast_const() } else { self.points };
        // SAFETY: the index is in bounds, as the caller says.
        unsafe { base.add(summand.index()) }
    }

    /// The left summands of eight pairs, or the right ones.
    ///
    /// # Safety
    /// The summands are in bounds, and nothing is written to the pool while the result is used.
    #[inline(always)]
    unsafe fn eight<const SIDE: usize>(&self, [p0, p1, p2, p3, p4, p5, p6, p7]: &Eight) -> [&C::Point; 8] {
        // SAFETY: `at` needs bounds, and the references shared access: both as the caller says.
        unsafe {
            [
                &*self.at(p0[SIDE]),
                &*self.at(p1[SIDE]),
                &*self.at(p2[SIDE]),
                &*self.at(p3[SIDE]),
                &*self.at(p4[SIDE]),
                &*self.at(p5[SIDE]),
                &*self.at(p6[SIDE]),
                &*self.at(p7[SIDE]),
            ]
        }
    }

    /// Writes the points that `places` of the pool name, at most eight, from the first lanes.
    ///
    /// # Safety
    /// The places are in bounds, and no reference into the pool is used afterwards that was made before.
    #[inline(always)]
    unsafe fn write(&self, x: C, y: C, places: Range<usize>) {
        // SAFETY: in bounds, as the caller says.
        let places = unsafe { std::slice::from_raw_parts_mut(self.pool.add(places.start), places.len()) };
        match places.first_chunk_mut() {
            Some(eight) => C::write(x, y, eight.each_mut()),
            None => {
                let mut eight = [C::Point::zeroed(); 8];
                C::write(x, y, eight.each_mut());
                places.copy_from_slice(&eight[..places.len()]);
            }
        }
    }

    /// Asks the memory for points that will be read soon.
    ///
    /// # Safety
    /// The summands are in bounds.
    #[inline(always)]
    unsafe fn prefetch(&self, pairs: &Eight) {
        use core::arch::x86_64::{_MM_HINT_T0, _mm_prefetch};
        for summand in pairs.as_flattened() {
            // SAFETY: in bounds, as the caller says; every x86-64 has the instruction, and it cannot fault. Points of G1
            // lie in one cache line, points of G2 in two, if their slice is aligned to lines.
            unsafe {
                let point = self.at(*summand).cast::<i8>();
                _mm_prefetch::<_MM_HINT_T0>(point);
                if size_of::<C::Point>() > LINE {
                    _mm_prefetch::<_MM_HINT_T0>(point.add(LINE));
                }
            }
        }
    }
}

/// Adds a batch of pairs. Part of a caller that is compiled with the unit's instructions, as all functions below.
///
/// # Safety
/// There is a pair; summands and the places `out..out + pairs.len()` are in bounds of `source`, whose slices nobody else
/// uses.
#[inline(always)]
pub(crate) unsafe fn add_batch<C: Coordinate>(
    unit: C::Unit,
    scratch: &mut Pairs<C>,
    source: &Source<C>,
    out: usize,
    pairs: &[Pair],
) {
    // The last vector is filled up with a pair that is in bounds; its sums are not written.
    let (full, rest) = pairs.as_chunks();
    let mut last: Eight = [pairs[0]; 8];
    last[..rest.len()].copy_from_slice(rest);
    let count = pairs.len();
    let vectors = count.div_ceil(8);
    let eight = |v: usize| full.get(v).unwrap_or(&last);
    let differences = &mut scratch.differences[..vectors];
    let products = &mut scratch.products[..vectors];
    let cases = &mut scratch.cases[..vectors];

    // Two chains of products take turns: `chain` is the one whose turn it is.
    let (mut chain, mut other) = (C::one(unit), C::one(unit));
    for v in 0..vectors {
        if let Some(ahead) = full.get(v + AHEAD) {
            // SAFETY: in bounds, as the caller says.
            unsafe { source.prefetch(ahead) };
        }
        let pairs = eight(v);
        // SAFETY: in bounds, and nothing is written in this loop.
        let (p, q) = unsafe { (source.eight::<0>(pairs), source.eight::<1>(pairs)) };
        let (x1, x2) = (C::x(unit, p), C::x(unit, q));
        let mut difference = C::difference(x2.sum(), x1.sum());
        cases[v] = Cases::default();
        if C::may_be_special(difference, x1, x2) != 0 {
            (difference, cases[v]) = unit.special(difference, p, q, unit.signs(pairs));
        }
        chain.store(&mut products[v]);
        difference.store(&mut differences[v]);
        (chain, other) = (other, chain.mul(difference));
    }

    // 1 / chain and 1 / other, from 1 / (chain * other).
    let both = chain.mul(other).invert_for_slope();
    (chain, other) = (both.mul(other), both.mul(chain));

    for v in (0..vectors).rev() {
        // The chain that came last in the forward pass has its turn first.
        let inverse = other.mul(C::load(unit, &products[v]));
        (chain, other) = (other.mul(C::load(unit, &differences[v])), chain);

        let pairs = eight(v);
        // SAFETY: in bounds, and what is written below is written after the last use of these references.
        let (p, q) = unsafe { (source.eight::<0>(pairs), source.eight::<1>(pairs)) };
        let (x1, x2) = (C::x(unit, p), C::x(unit, q));
        let (p_signs, q_signs) = unit.signs(pairs);
        let y1 = C::y(unit, p).negate_where(p_signs);
        let y2 = C::y(unit, q).negate_where(q_signs);
        let mut rise = C::difference(y2, y1);
        if cases[v].double != 0 {
            rise = rise.select(cases[v].double, x1.tangent());
        }
        let (mut x3, mut y3) = C::third_point(rise.mul(inverse), x1, x2, y1);
        if cases[v] != Cases::default() {
            (x3, y3) = unit.settle(&cases[v], (x3, y3), (x1, y1), (x2, y2));
        }
        let sums = out + 8 * v..out + count.min(8 * v + 8);
        // SAFETY: the places are in bounds, as the caller says, and no reference into the pool is used any more.
        unsafe { source.write(x3, y3, sums) };
    }
}

/// Sorts out the lanes of a vector that need no difference of x, or another one. Returns the differences to invert.
#[inline(always)]
pub(crate) fn special<C: Coordinate>(
    unit: C::Unit,
    difference: C,
    p: [&C::Point; 8],
    q: [&C::Point; 8],
    (p_signs, q_signs): (Mask, Mask),
) -> (C, Cases) {
    let (y1, y2) = (C::y(unit, p), C::y(unit, q));
    let left_is_identity = C::x(unit, p).is_empty() & y1.is_empty();
    let right_is_identity = C::x(unit, q).is_empty() & y2.is_empty();
    let (y1, y2) = (y1.negate_where(p_signs), y2.negate_where(q_signs));
    let same_y = C::difference(y2, y1).is_zero();
    let same_x = difference.is_zero() & !left_is_identity & !right_is_identity;
    let cases = Cases {
        left: right_is_identity & !left_is_identity,
        right: left_is_identity & !right_is_identity,
        double: same_x & same_y,
        cancel: same_x & !same_y | left_is_identity & right_is_identity,
    };
    let unused = cases.left | cases.right | cases.cancel;
    (difference.select(unused, C::one(unit)).select(cases.double, C::double(y1)), cases)
}

/// Replaces the sums of the lanes that are no sums of two points.
#[inline(always)]
pub(crate) fn settle<C: Coordinate>(
    unit: C::Unit,
    cases: &Cases,
    (x3, y3): (C, C),
    (x1, y1): (C, C::Sum),
    (x2, y2): (C, C::Sum),
) -> (C, C) {
    let x = x3.select(cases.left, x1).select(cases.right, x2).select(cases.cancel, C::zero(unit));
    let y = y3.select(cases.left, C::reduce(y1)).select(cases.right, C::reduce(y2));
    (x, y.select(cases.cancel, C::zero(unit)))
}

/// The functions of [`Unit`] that compile [`pairs`] with the named instructions.
macro_rules! compile_pairs {
    ($features:literal) => {
        #[inline(always)]
        unsafe fn add_batch<C: Coordinate<Unit = Self>>(
            self,
            scratch: &mut Pairs<C>,
            source: &Source<C>,
            out: usize,
            pairs: &[Pair],
        ) {
            #[target_feature(enable = $features)]
            unsafe fn compiled<C: Coordinate>(
                unit: C::Unit,
                scratch: &mut Pairs<C>,
                source: &Source<C>,
                out: usize,
                pairs: &[Pair],
            ) {
                // SAFETY: as the caller promises.
                unsafe { pairs::add_batch(unit, scratch, source, out, pairs) }
            }
            // SAFETY: the unit exists, so the processor has the features; the rest is as the caller promises.
            unsafe { compiled(self, scratch, source, out, pairs) }
        }

        fn special<C: Coordinate<Unit = Self>>(
            self,
            difference: C,
            p: [&C::Point; 8],
            q: [&C::Point; 8],
            signs: (Mask, Mask),
        ) -> (C, Cases) {
            #[cold]
            #[inline(never)]
            #[target_feature(enable = $features)]
            fn compiled<C: Coordinate>(
                unit: C::Unit,
                difference: C,
                p: [&C::Point; 8],
                q: [&C::Point; 8],
                signs: (Mask, Mask),
            ) -> (C, Cases) {
                pairs::special(unit, difference, p, q, signs)
            }
            // SAFETY: the unit exists, so the processor has the features.
            unsafe { compiled(self, difference, p, q, signs) }
        }

        fn settle<C: Coordinate<Unit = Self>>(
            self,
            cases: &Cases,
            sum: (C, C),
            p: (C, C::Sum),
            q: (C, C::Sum),
        ) -> (C, C) {
            #[cold]
            #[inline(never)]
            #[target_feature(enable = $features)]
            fn compiled<C: Coordinate>(
                unit: C::Unit,
                cases: &Cases,
                sum: (C, C),
                p: (C, C::Sum),
                q: (C, C::Sum),
            ) -> (C, C) {
                pairs::settle(unit, cases, sum, p, q)
            }
            // SAFETY: the unit exists, so the processor has the features.
            unsafe { compiled(self, cases, sum, p, q) }
        }
    };
}
pub(crate) use compile_pairs;

//! Summands, the pool that holds their sums, and trees of additions.

use bytemuck::{Pod, Zeroable};

use super::Point;
use crate::{Backend, Pages};

/// A summand: a point of the slice that an [`Adder`] works on or of its pool, taken with a sign.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Pod, Zeroable)]
#[repr(transparent)]
pub struct Ref(u32);

impl Ref {
    /// Bit that negates.
    pub(crate) const NEGATIVE: u32 = 1 << 31;
    /// Bit that selects the pool.
    pub(crate) const POOL: u32 = 1 << 30;
    /// More points cannot be told apart.
    pub(crate) const LIMIT: usize = 1 << 30;

    /// The point at `index` of the slice, which is below [`Ref::LIMIT`].
    #[inline]
    pub(crate) fn point(index: usize) -> Ref {
        Ref(index as u32 & (Ref::POOL - 1))
    }

    /// The point at `index` of the pool, which is below [`Ref::LIMIT`].
    #[inline]
    pub(crate) fn pool(index: usize) -> Ref {
        Ref(index as u32 & (Ref::POOL - 1) | Ref::POOL)
    }

    /// The opposite of the summand if `negative`, else the summand.
    #[inline]
    pub(crate) fn negate_if(self, negative: bool) -> Ref {
        Ref(self.0 ^ u32::from(negative) << 31)
    }

    /// Whether the point is taken with the minus sign.
    #[inline]
    pub(crate) fn is_negative(self) -> bool {
        self.0 & Ref::NEGATIVE != 0
    }

    /// Whether the point is in the pool.
    #[inline]
    pub(crate) fn is_pool(self) -> bool {
        self.0 & Ref::POOL != 0
    }

    /// Where the point is, in the slice or in the pool.
    #[inline]
    pub(crate) fn index(self) -> usize {
        (self.0 & (Ref::POOL - 1)) as usize
    }

    /// Whether all of these lie in a slice and a pool of the given lengths. Cost: a few vector instructions for each eight.
    pub(crate) fn all_within(refs: &[Ref], points: usize, pool: usize) -> bool {
        let (mut last_point, mut last_pool) = (0, 0);
        for summand in refs {
            // One past the index, in the place that the summand is of; zero in the other.
            let end = (summand.0 & (Ref::POOL - 1)) + 1;
            let in_pool = ((summand.0 & Ref::POOL) >> 30).wrapping_neg();
            last_point = last_point.max(end & !in_pool);
            last_pool = last_pool.max(end & in_pool);
        }
        last_point as usize <= points && last_pool as usize <= pool
    }
}

/// Two summands.
pub type Pair = [Ref; 2];

/// A run of summands that are to become one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct List {
    /// First of the run.
    pub(crate) start: usize,
    /// Length of the run.
    pub(crate) len: usize,
}

/// Additions of pairs, and the memory they need from call to call.
pub trait Kernel<P>: Send {
    /// Place `out + i` of the pool becomes the sum of pair i, for all i, from the last to the first of each batch.
    ///
    /// A summand may be in the pool before `out`, or at `out + i` itself: the sum then takes its place. Panics when a
    /// reference is out of bounds.
    fn add_pairs(&mut self, points: &[P], pool: &mut [P], out: usize, pairs: &[Pair]);
}

/// Adds points in batches. Sums go to its pool, where later additions find them.
pub(crate) struct Adder<P: Point> {
    kernel: Box<dyn Kernel<P>>,
    pool: Pages<P>,
    used: usize,
    pairs: Vec<Pair>,
}

impl<P: Point> Adder<P> {
    /// An adder with an empty pool.
    pub(crate) fn new(backend: Backend) -> Self {
        Adder { kernel: P::kernel(backend), pool: Pages::default(), used: 0, pairs: Vec::new() }
    }

    /// Empties the pool but for its first `kept` places, and makes room for `capacity` sums.
    pub(crate) fn reset(&mut self, kept: usize, capacity: usize) {
        self.used = kept;
        self.pairs.clear();
        self.make_room(capacity);
    }

    fn make_room(&mut self, sums: usize) {
        let places = self.used + sums;
        assert!(places <= Ref::LIMIT, "a pool holds at most 2^30 points, not {places}");
        if self.pool.len() < places {
            let old = std::mem::replace(&mut self.pool, Pages::zeroed(places));
            let used = self.used.min(old.len());
            self.pool[..used].copy_from_slice(&old[..used]);
        }
    }

    /// The pool, of which the places that [`Adder::reset`] kept and those of sums have a meaning.
    pub(crate) fn pool(&self) -> &[P] {
        &self.pool
    }

    /// The pool, to fill the places that [`Adder::reset`] kept.
    pub(crate) fn pool_mut(&mut self) -> &mut [P] {
        &mut self.pool
    }

    /// The point that a summand stands for, canonical.
    pub(crate) fn get(&self, points: &[P], summand: Ref) -> P {
        let source = if summand.is_pool() { self.pool() } else { points };
        let point = source[summand.index()].canonical();
        if !summand.is_negative() || point == P::default() {
            return point;
        }
        let (x, y) = point.coordinates();
        P::from_coordinates(x, -y)
    }

    /// Asks for a sum and names it. The name is good after the next [`Adder::compute`].
    #[inline]
    pub(crate) fn add(&mut self, left: Ref, right: Ref) -> Ref {
        let sum = Ref::pool(self.used + self.pairs.len());
        self.pairs.push([left, right]);
        sum
    }

    /// Computes the sums asked for since the last time.
    pub(crate) fn compute(&mut self, points: &[P]) {
        self.make_room(self.pairs.len());
        self.kernel.add_pairs(points, &mut self.pool, self.used, &self.pairs);
        self.used += self.pairs.len();
        self.pairs.clear();
    }

    /// Adds a summand to each of the first places of the pool: the sum takes the place.
    pub(crate) fn add_in_place(&mut self, points: &[P], summands: impl Iterator<Item = Ref>) {
        self.pairs.clear();
        self.pairs.extend(summands.enumerate().map(|(place, summand)| [Ref::pool(place), summand]));
        self.kernel.add_pairs(points, &mut self.pool, 0, &self.pairs);
        self.pairs.clear();
    }

    /// Adds up every list, none of them empty: its sum is then at its start.
    ///
    /// Each round adds neighbours in pairs, in all lists at once. `lists` is left empty.
    pub(crate) fn sum_lists(&mut self, points: &[P], summands: &mut [Ref], lists: &mut Vec<List>) {
        lists.retain(|list| list.len > 1);
        while !lists.is_empty() {
            lists.retain_mut(|list| {
                let run = &mut summands[list.start..list.start + list.len];
                let first_sum = self.used + self.pairs.len();
                let pairs = run.as_chunks().0;
                self.pairs.extend_from_slice(pairs);
                let half = pairs.len();
                for (i, sum) in run[..half].iter_mut().enumerate() {
                    *sum = Ref::pool(first_sum.wrapping_add(i));
                }
                if let [.., last] = *run
                    && run.len() > 2 * half
                {
                    run[half] = last;
                }
                list.len -= half;
                list.len > 1
            });
            self.compute(points);
        }
    }
}

//! The pool that holds sums, and trees of additions.

use super::{
    kernel::{Kernel, Pair, Ref},
    point::Point,
};
use crate::{Backend, Pages};

/// A run of summands that are to become one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct List {
    /// First of the run.
    pub(crate) start: usize,
    /// Length of the run.
    pub(crate) len: usize,
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

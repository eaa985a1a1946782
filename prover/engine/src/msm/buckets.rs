//! First phase: for some windows and some scalars, the sum of the points of each bucket.
//!
//! The points of a bucket become a list of references by a counting sort; [`Adder::sum_lists`] adds the lists up, those of
//! several windows at once where a single window is too small to share an inversion well. Many scalars are taken in
//! tiles whose points fit the cache; a bucket's sum so far is one more summand of the next tile.

use std::ops::Range;

use super::scalars::Class;
use crate::{
    Backend,
    curve::{Adder, List, Pair, Point, Ref},
};

/// Bytes of points that a tile reads. Larger tiles miss the caches more often, smaller ones carry more sums along.
const TILE_BYTES: usize = 1 << 22;

/// Memory of a kernel's batch, at most.
const KERNEL_BYTES: usize = 1 << 20;

/// References that a tile of one window has.
pub(super) const fn tile_len<P>() -> usize {
    TILE_BYTES / size_of::<P>()
}

/// Windows `windows` of the scalars `scalars` of a class.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Task {
    pub(super) windows: Range<usize>,
    pub(super) scalars: Range<usize>,
}

/// What a thread needs beside the points; kept from task to task.
pub(super) struct Workspace<P: Point> {
    pub(super) adder: Adder<P>,
    /// For each scalar of the tile and window: its bucket among all of the task, or [`NO_BUCKET`].
    keys: Vec<u32>,
    /// For each bucket, where its list ends.
    ends: Vec<u32>,
    summands: Vec<Ref>,
    lists: Vec<List>,
}

const NO_BUCKET: u32 = u32::MAX;

impl<P: Point> Workspace<P> {
    pub(super) fn new(backend: Backend) -> Self {
        let adder = Adder::new(backend);
        Workspace { adder, keys: Vec::new(), ends: Vec::new(), summands: Vec::new(), lists: Vec::new() }
    }

    /// Bytes of a workspace for tasks with at most `summands` references in a tile and `buckets` buckets.
    pub(super) fn bytes(summands: usize, buckets: usize) -> usize {
        // Keys, references, pairs; lists and ends; the pool, with the sums of the tile before; the kernel's batch. Vectors
        // that grow may have twice the room that they need.
        let summand = size_of::<u32>() + size_of::<Ref>() + size_of::<Pair>();
        let bucket = 2 * (size_of::<List>() + size_of::<u32>());
        2 * summands * summand + buckets * bucket + (summands + buckets) * size_of::<P>() + KERNEL_BYTES
    }

    /// Writes each bucket's sum, where identities were before: bucket b, from one, of the task's window w is at `w * buckets + b - 1`.
    pub(super) fn fill(&mut self, points: &[P], class: &Class, task: &Task, sums: &mut [P]) {
        let tile = (tile_len::<P>() / (task.windows.len() * class.plan.summands()).max(1)).max(1);
        let mut is_first = true;
        for first in task.scalars.clone().step_by(tile) {
            let scalars = first..task.scalars.end.min(first + tile);
            let is_last = scalars.end == task.scalars.end;
            self.sort(class, task, scalars, sums);
            self.adder.reset(if is_first { 0 } else { sums.len() }, self.summands.len());
            self.lists.clear();
            let mut start = 0;
            for &end in &self.ends {
                if end as usize > start {
                    self.lists.push(List { start, len: end as usize - start });
                }
                start = end as usize;
            }
            self.adder.sum_lists(points, &mut self.summands, &mut self.lists);

            let mut start = 0;
            for (&end, sum) in self.ends.iter().zip(sums.iter_mut()) {
                *sum = if end as usize > start {
                    self.adder.get(points, self.summands[start])
                } else {
                    P::default()
                };
                start = end as usize;
            }
            if !is_last {
                self.adder.reset(sums.len(), 0);
                self.adder.pool_mut()[..sums.len()].copy_from_slice(sums);
            }
            is_first = false;
        }
    }

    /// Sorts a tile's summands by bucket. The sums of the tile before, at the same places of the pool, begin the lists.
    fn sort(&mut self, class: &Class, task: &Task, scalars: Range<usize>, carried: &[P]) {
        let Class { plan, magnitudes, summands, .. } = class;
        let magnitudes = &magnitudes[scalars.clone()];
        let scalars = &summands[plan.summands() * scalars.start..plan.summands() * scalars.end];
        self.ends.clear();
        self.ends.extend(carried.iter().map(|sum| u32::from(*sum != P::default())));
        self.keys.resize(scalars.len() * task.windows.len(), NO_BUCKET);
        let keys_of_windows = self.keys.chunks_mut(scalars.len().max(1));
        for ((window, keys), ends) in
            task.windows.clone().zip(keys_of_windows).zip(self.ends.chunks_mut(plan.buckets()))
        {
            let first = ((window - task.windows.start) * plan.buckets()) as u32;
            let mut key = |digit: i32| {
                if digit == 0 {
                    return NO_BUCKET;
                }
                let bucket = digit.unsigned_abs() - 1;
                let end = &mut ends[bucket as usize];
                *end = end.wrapping_add(1);
                // The digit's sign travels in the key's lowest bit.
                (first + bucket) << 1 | u32::from(digit < 0)
            };
            if plan.halves {
                let [low, high] = plan.digits_of_halves(window);
                let (pairs, _) = keys.as_chunks_mut::<2>();
                for (pair, magnitude) in pairs.iter_mut().zip(magnitudes) {
                    *pair = [key(low.read(magnitude)), key(high.read(magnitude))];
                }
            } else {
                let digits = plan.digits(window);
                keys.iter_mut().zip(magnitudes).for_each(|(place, magnitude)| {
                    *place = key(digits.read(magnitude));
                });
            }
        }
        let mut total = 0;
        for end in &mut self.ends {
            // The list's start for now: it moves to the end as the list fills.
            total += std::mem::replace(end, total);
        }
        self.summands.clear();
        self.summands.resize(total as usize, Ref::point(0));
        for (bucket, end) in self.ends.iter_mut().enumerate() {
            if carried[bucket] != P::default() {
                self.summands[*end as usize] = Ref::pool(bucket);
                *end += 1;
            }
        }
        let summands = &mut self.summands[..];
        for keys in self.keys.chunks(scalars.len().max(1)) {
            for (key, scalar) in keys.iter().zip(scalars) {
                if *key == NO_BUCKET {
                    continue;
                }
                let end = &mut self.ends[(key >> 1) as usize];
                summands[*end as usize] = scalar.negate_if(key & 1 == 1);
                *end = end.wrapping_add(1);
            }
        }
    }
}

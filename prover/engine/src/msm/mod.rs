//! Multi-scalar multiplication `sum_i s_i P_i`: buckets of signed windows, added in affine form.
//!
//! Write `|s_i| = sum_w d_iw 2^(c w)` with digits `|d_iw| <= 2^(c-1)`. For each window w, bucket b collects the points with
//! `|d_iw| = b`, each with its sign; the window's sum is `sum_b b B_b`. Both sums are trees of affine additions that share
//! inversions ([`crate::curve`]); an addition costs five multiplications and a square.
//!
//! Scalars of a model's witness are mostly small: a scalar above half the order is negated with its point, zeros cost
//! nothing, one and minus one cost an addition, and short scalars have windows of their own, as many as they need
//! ([`Prepared`]). Long ones are cut into halves by the curve's endomorphism where that is cheaper: twice the points, half the
//! windows, so that wider ones pay (`halves`).
//!
//! Cost: about `ceil(127 / c) (2 n + 2^c)` additions for n full-size scalars, c chosen for the least: [`additions`]. Threads
//! share the windows, and where there are few windows the points: all run in rayon's current pool, and a sum ends before it returns.
//! Points are read where they are. Memory: [`memory_bytes`].

mod buckets;
mod halves;
mod reduce;
mod scalars;
mod subgroup;
mod tasks;
mod window;

use ark_ff::AdditiveGroup;
use rayon::prelude::*;

use self::scalars::Class;
use self::window::Histogram;
pub(crate) use self::{
    halves::halve,
    scalars::signed,
    window::{MAX_WINDOW, Plan},
};
pub use self::{
    scalars::{Prepared, Scalars, Selected},
    subgroup::{Random, in_subgroup},
    tasks::Workspaces,
};
use crate::{
    Backend, Pages,
    curve::{Point, Ref, Sum, to_sum, with_images},
};

/// `sum scalars[i] * points[i]`, over the shorter of the two.
///
/// Points may be the identity, occur repeatedly, and be each other's opposites. Bytes that are no point of the group
/// ([`crate::G1Point::check`]) give some point, not a panic. At most 2^29 points.
pub fn msm<P: Point>(backend: Backend, points: &[P], scalars: &(impl Scalars + ?Sized)) -> Sum<P> {
    Prepared::new(scalars, points.len()).msm(backend, points)
}

/// What [`msm`] of scalars of these lengths costs, in additions of points, by the formula that chooses its windows: pairs of a
/// magnitude's bits and how many scalars have it.
pub fn additions(lengths: impl IntoIterator<Item = (usize, usize)>) -> f64 {
    let mut histogram = Histogram::default();
    lengths.into_iter().for_each(|(bits, count)| histogram.add(bits, count));
    window::plans(&histogram).2
}

/// Bytes that sums of so many points take at most beside points and scalars, in rayon's current pool: sums that run at the
/// same time in the same [`Workspaces`].
pub fn memory_bytes<P: Point>(counts: &[usize]) -> usize {
    let of_sum = |count: usize| {
        let summands = window::widest(count).summands();
        // Length, index, magnitudes, and summands; the points with their images, where there are halves.
        let scalar = size_of::<u8>() + size_of::<u32>() + size_of::<[u64; 4]>() + summands * size_of::<Ref>();
        let points = if summands > 1 { summands * size_of::<P>() } else { 0 };
        count * (scalar + points) + tasks::memory_bytes::<P>(count).0
    };
    let workspaces = counts.iter().map(|count| tasks::memory_bytes::<P>(*count).1).max();
    counts.iter().copied().map(of_sum).sum::<usize>() + workspaces.unwrap_or(0)
}

impl Prepared {
    /// Reads all scalars. Cost: two field multiplications each, unless they come as integers.
    pub fn read(scalars: &(impl Scalars + ?Sized)) -> Prepared {
        Prepared::new(scalars, usize::MAX)
    }

    /// As [`msm`], over the shorter of points and scalars.
    pub fn msm<P: Point>(&self, backend: Backend, points: &[P]) -> Sum<P> {
        self.msm_with(&Workspaces::new(backend), points)
    }

    /// The same, in memory of earlier sums.
    pub fn msm_with<P: Point>(&self, workspaces: &Workspaces<P>, points: &[P]) -> Sum<P> {
        let points = &points[..points.len().min(self.count())];
        assert!(points.len() < Ref::LIMIT / 2, "a sum has at most 2^29 points, not {}", points.len());
        // One sum for each bit of a scalar.
        let mut bits = [Sum::<P>::default(); window::MAX_BITS + window::MAX_WINDOW];
        for class in &self.classes {
            for (bit, sum) in class.sums(workspaces, points) {
                if let Some(slot) = bits.get_mut(bit) {
                    *slot += to_sum(sum);
                }
            }
        }
        bits.iter().rev().fold(Sum::<P>::default(), |mut sum, bit| {
            sum.double_in_place();
            sum + bit
        })
    }
}

impl Class {
    /// Sums of points, and at which bit each counts.
    fn sums<P: Point>(&self, workspaces: &Workspaces<P>, points: &[P]) -> Vec<(usize, P)> {
        let plan = &self.plan;
        let used = self.within(points.len());
        let table;
        let points = if plan.halves {
            table = with_images(workspaces.backend(), points, &self.indices[..used]);
            &table
        } else {
            points
        };
        let tasks = tasks::split(plan, used, buckets::tile_len::<P>(), rayon::current_num_threads());
        let windows: Vec<usize> = tasks.iter().flat_map(|task| task.windows.clone()).collect();
        let mut sums = Pages::zeroed(windows.len() * plan.buckets());
        let mut parts = Vec::with_capacity(tasks.len());
        let mut rest = &mut sums[..];
        for task in &tasks {
            let (part, after) = rest.split_at_mut(task.windows.len() * plan.buckets());
            parts.push((task, part));
            rest = after;
        }
        parts.into_par_iter().with_max_len(1).for_each(|(task, sums)| {
            workspaces.lend(|workspace| workspace.fill(points, self, task, sums));
        });
        let group = tasks::reduction_group(windows.len(), plan.buckets(), rayon::current_num_threads());
        sums.par_chunks(group * plan.buckets())
            .zip(windows.par_chunks(group))
            .with_max_len(1)
            .flat_map_iter(|(sums, windows)| {
                let sums =
                    workspaces.lend(|workspace| reduce::bit_sums(&mut workspace.adder, sums, plan.buckets()));
                let bits = windows
                    .iter()
                    .flat_map(|window| (0..plan.window).map(move |bit| window * plan.window + bit));
                bits.collect::<Vec<_>>().into_iter().zip(sums)
            })
            .collect()
    }
}

#[cfg(test)]
mod tests;

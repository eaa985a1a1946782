//! Which thread adds up what.

use std::sync::{Mutex, PoisonError};

use super::{
    buckets::{Task, Workspace, tile_len},
    window::{self, Plan},
};
use crate::{Backend, curve::Point};

/// Summands that are not worth a second thread.
const SMALL: usize = 1 << 11;
/// Buckets that are reduced together, at most: two megabytes of sums in G1.
const REDUCED: usize = 1 << 14;

/// Cuts the windows of `scalars` scalars into tasks, the larger ones first. A tile has room for `tile` summands.
///
/// Windows are shared evenly, several to a task while they fit a tile together. Windows left over, or all where there are
/// fewer than threads, are cut by scalars: each piece has buckets of its own.
pub(super) fn split(plan: &Plan, scalars: usize, tile: usize, threads: usize) -> Vec<Task> {
    if scalars == 0 || plan.windows == 0 {
        return Vec::new();
    }
    // Scalars that are not worth a second thread.
    let small = SMALL / plan.summands();
    let threads = threads.min(scalars * plan.windows / small).max(1);
    let whole = if scalars < threads * small { plan.windows } else { plan.windows - plan.windows % threads };
    let mut tasks = Vec::new();
    if whole > 0 {
        let most = (tile / (plan.summands() * scalars)).clamp(1, whole);
        let count = whole.div_ceil(most).next_multiple_of(threads).min(whole);
        tasks.extend(
            (0..count)
                .map(|i| Task { windows: i * whole / count..(i + 1) * whole / count, scalars: 0..scalars }),
        );
    }
    let left = plan.windows - whole;
    for window in whole..plan.windows {
        let pieces = threads.div_ceil(left).min(scalars.div_ceil(small));
        tasks.extend((0..pieces).map(|i| Task {
            windows: window..window + 1,
            scalars: i * scalars / pieces..(i + 1) * scalars / pieces,
        }));
    }
    tasks
}

/// How many windows are reduced together.
pub(super) fn reduction_group(windows: usize, buckets: usize, threads: usize) -> usize {
    windows.div_ceil(threads.max(1)).min(REDUCED / buckets).max(1)
}

/// Memory of sums over points of one group, to be used again by the next one: [`Prepared::msm_with`].
///
/// Sums may share it at the same time; it grows to what all threads that are at work at once need.
///
/// [`Prepared::msm_with`]: super::Prepared::msm_with
pub struct Workspaces<P: Point> {
    backend: Backend,
    waiting: Mutex<Vec<Workspace<P>>>,
}

impl<P: Point> Workspaces<P> {
    /// None yet; sums with it compute on `backend`.
    pub fn new(backend: Backend) -> Self {
        Workspaces { backend, waiting: Mutex::new(Vec::new()) }
    }

    pub(super) fn backend(&self) -> Backend {
        self.backend
    }

    /// Lends a workspace for one task.
    pub(super) fn lend<T>(&self, work: impl FnOnce(&mut Workspace<P>) -> T) -> T {
        let waiting = || self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        let idle = waiting().pop();
        let mut workspace = idle.unwrap_or_else(|| Workspace::new(self.backend));
        let result = work(&mut workspace);
        waiting().push(workspace);
        result
    }
}

/// Bytes of the buckets' sums of one sum, and of the workspaces of all threads, at most.
pub(super) fn memory_bytes<P: Point>(scalars: usize) -> (usize, usize) {
    let threads = rayon::current_num_threads();
    let plan = window::widest(scalars);
    let tasks = split(&plan, scalars, tile_len::<P>(), threads);
    let windows: usize = tasks.iter().map(|task| task.windows.len()).sum();
    let (mut summands, mut buckets) = (0, 0);
    for task in &tasks {
        let of_task = plan.summands() * task.scalars.len() * task.windows.len();
        summands = summands.max(of_task.min(tile_len::<P>()));
        buckets = buckets.max(task.windows.len() * plan.buckets());
    }
    let group = reduction_group(windows, plan.buckets(), threads) * plan.buckets();
    let workspace = Workspace::<P>::bytes(summands.max(2 * group), buckets);
    (windows * plan.buckets() * size_of::<P>(), threads.min(tasks.len()) * workspace)
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOTHING: Plan = Plan { window: 1, windows: 0, halves: false };

    /// Every window of every scalar is in one task.
    #[test]
    fn tasks_cover_everything_once() {
        for threads in [1, 2, 3, 8, 64] {
            for windows in [1, 2, 3, 5, 17, 20, 254] {
                for scalars in [1, 2, 100, 4096, 5000, 40_000] {
                    let plan = Plan { window: 4, windows, halves: windows > 100 };
                    let tasks = split(&plan, scalars, 1 << 15, threads);
                    for window in 0..windows {
                        let mut next = 0;
                        for task in tasks.iter().filter(|task| task.windows.contains(&window)) {
                            assert_eq!(task.scalars.start, next);
                            next = task.scalars.end;
                        }
                        assert_eq!(next, scalars, "window {window} of {windows}, {threads} threads");
                    }
                    if scalars * windows >= threads * SMALL && scalars >= threads * SMALL {
                        assert!(tasks.len() >= threads, "{threads} threads, {} tasks", tasks.len());
                    }
                }
            }
        }
        assert_eq!(split(&NOTHING, 0, 10, 2), []);
    }
}

//! How many do something at once, and who is next.

use std::sync::{Condvar, Mutex, PoisonError};

/// Lets so many through at once; others wait, and of these who brings the most is next. A proof takes all cores and much memory: more at
/// once are no faster.
#[derive(Debug)]
pub struct Gate {
    state: Mutex<State>,
    left: Condvar,
}

#[derive(Debug)]
struct State {
    free: usize,
    /// Ranks of those who wait.
    waiting: Vec<u64>,
}

impl Gate {
    /// A gate for this many, one at least.
    pub fn new(most: usize) -> Self {
        let state = State { free: most.max(1), waiting: Vec::new() };
        Self { state: Mutex::new(state), left: Condvar::new() }
    }

    /// Does something once there is room and nobody of a higher rank waits. What panics gives its place back as well.
    pub fn pass<T>(&self, rank: u64, what: impl FnOnce() -> T) -> T {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.waiting.push(rank);
        let is_next = |state: &State| state.free > 0 && state.waiting.iter().all(|other| *other <= rank);
        let state = self.left.wait_while(state, |state| !is_next(state));
        let mut state = state.unwrap_or_else(PoisonError::into_inner);
        state.free -= 1;
        if let Some(place) = state.waiting.iter().position(|other| *other == rank) {
            state.waiting.swap_remove(place);
        }
        drop(state);
        let _place = Place(self);
        // There may be room for more.
        self.left.notify_all();
        what()
    }
}

struct Place<'a>(&'a Gate);

impl Drop for Place<'_> {
    fn drop(&mut self) {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner).free += 1;
        self.0.left.notify_all();
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    #[test]
    fn so_many_at_once_and_all_in_the_end() {
        let (gate, inside, done) = (Gate::new(2), AtomicUsize::new(0), AtomicUsize::new(0));
        std::thread::scope(|scope| {
            for rank in 0..8 {
                let (gate, inside, done) = (&gate, &inside, &done);
                scope.spawn(move || {
                    gate.pass(rank / 2, || {
                        assert!(inside.fetch_add(1, Ordering::SeqCst) < 2);
                        std::thread::yield_now();
                        inside.fetch_sub(1, Ordering::SeqCst);
                    });
                    done.fetch_add(1, Ordering::SeqCst);
                });
            }
        });
        assert_eq!(done.into_inner(), 8);
    }

    #[test]
    fn who_brings_the_most_is_next() {
        let (gate, order) = (Gate::new(1), Mutex::new(Vec::new()));
        std::thread::scope(|scope| {
            let (gate, order) = (&gate, &order);
            gate.pass(0, || {
                for rank in [3, 9, 0, 7] {
                    scope.spawn(move || gate.pass(rank, || order.lock().unwrap().push(rank)));
                }
                while gate.state.lock().unwrap().waiting.len() < 4 {
                    std::thread::yield_now();
                }
            });
        });
        assert_eq!(order.into_inner().unwrap(), [9, 7, 3, 0]);
    }

    #[test]
    fn a_panic_gives_its_place_back() {
        let gate = Gate::new(1);
        let panicked =
            std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| gate.pass(1, || panic!("inside"))));
        assert!(panicked.is_err());
        assert_eq!(gate.pass(0, || 7), 7);
    }
}

//! How many do something at once.

use std::sync::{Condvar, Mutex, PoisonError};

/// Lets so many through at once; others wait. A proof takes all cores and much memory: more at once are no faster.
#[derive(Debug)]
pub struct Gate {
    free: Mutex<usize>,
    left: Condvar,
}

impl Gate {
    /// A gate for this many, one at least.
    pub fn new(most: usize) -> Self {
        Self { free: Mutex::new(most.max(1)), left: Condvar::new() }
    }

    /// Does something once there is room. What panics gives its place back as well.
    pub fn pass<T>(&self, what: impl FnOnce() -> T) -> T {
        let free = self.free.lock().unwrap_or_else(PoisonError::into_inner);
        let free = self.left.wait_while(free, |free| *free == 0);
        *free.unwrap_or_else(PoisonError::into_inner) -= 1;
        let _place = Place(self);
        what()
    }
}

struct Place<'a>(&'a Gate);

impl Drop for Place<'_> {
    fn drop(&mut self) {
        *self.0.free.lock().unwrap_or_else(PoisonError::into_inner) += 1;
        self.0.left.notify_one();
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
            for _ in 0..8 {
                scope.spawn(|| {
                    gate.pass(|| {
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
    fn a_panic_gives_its_place_back() {
        let gate = Gate::new(1);
        let panicked =
            std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| gate.pass(|| panic!("inside"))));
        assert!(panicked.is_err());
        assert_eq!(gate.pass(|| 7), 7);
    }
}

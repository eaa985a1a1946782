//! Threads to prove on, in processes that were forked as well.
//!
//! A forked process has one thread, and a rayon of the belief that the pool's threads are there: whatever is left to them is never done. So
//! the first work of a thread there makes a pool of the thread's own. `multiprocessing` forks on Linux before Python 3.14.

use std::{
    cell::Cell,
    process,
    sync::atomic::{AtomicU32, Ordering::SeqCst},
};

use pyo3::prelude::*;

use crate::errors::exception;

/// The process whose threads rayon's own pool has; 0 before there was work.
static POOLED: AtomicU32 = AtomicU32::new(0);

thread_local! {
    /// The process in which this thread got a pool of its own.
    static OWN: Cell<u32> = const { Cell::new(0) };
}

/// Sees to it that what this thread leaves to rayon is done.
///
/// # Errors
/// `forked` where no pool can be made: the thread got one of its own already, and was forked once more.
pub fn ready(py: Python<'_>) -> PyResult<()> {
    let here = process::id();
    let pooled = match POOLED.compare_exchange(0, here, SeqCst, SeqCst) {
        Ok(_) => here,
        Err(pooled) => pooled,
    };
    if pooled == here || OWN.get() == here {
        return Ok(());
    }
    match rayon::ThreadPoolBuilder::new().use_current_thread().build() {
        Ok(pool) => {
            std::mem::forget(pool); // it lasts as long as the thread
            OWN.set(here);
            Ok(())
        }
        Err(error) => {
            let text = format!("this process was forked where its threads cannot be made anew: {error}");
            Err(exception(
                py,
                "forked",
                "system",
                &text,
                Some("start processes by spawn: multiprocessing.get_context('spawn')"),
            ))
        }
    }
}

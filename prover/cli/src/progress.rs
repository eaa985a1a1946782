//! Progress of the library's work as a bar.

use std::ops::ControlFlow;

use assay::{Observer, Progress};

use crate::ui::Bar;

/// Does `work`, showing `task` and how much of it is done.
pub fn observed<T>(task: &str, work: impl FnOnce(Observer<'_>) -> T) -> T {
    let bar = Bar::start(task);
    let show = |Progress { done, total, .. }| {
        bar.set(done, total);
        ControlFlow::Continue(())
    };
    work(Observer::new(&show))
}

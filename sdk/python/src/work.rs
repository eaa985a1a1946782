//! Work that takes long: without the interpreter's lock, and with an ear for signals and for whoever shows progress.

use std::{
    cell::{Cell, RefCell},
    ops::ControlFlow,
    panic::{AssertUnwindSafe, catch_unwind},
    time::{Duration, Instant},
};

use assay::{Error, Observer, Progress, Stage};
use pyo3::prelude::*;

use crate::{
    errors::{exception, raised},
    pool,
};

/// Between two looks for a signal, each of which takes the interpreter's lock.
const EVERY: Duration = Duration::from_millis(40);

/// Does `work` without the interpreter's lock. `progress` is called with a stage's name, units done and units in all, some 25 times a second.
///
/// # Errors
/// The library's; what a signal's handler raised (`KeyboardInterrupt`) or `progress` did, either of which ends the work.
pub fn observed<T: Send>(
    py: Python<'_>,
    progress: Option<Py<PyAny>>,
    work: impl FnOnce(Observer<'_>) -> Result<T, Error> + Send,
) -> PyResult<T> {
    pool::ready(py)?;
    let (outcome, stopped) = py.detach(move || {
        let last: Cell<Option<Instant>> = Cell::new(None);
        let stopped: RefCell<Option<PyErr>> = RefCell::new(None);
        let tell = |Progress { stage, done, total }: Progress| {
            let now = Instant::now();
            if done < total && last.get().is_some_and(|last| now.duration_since(last) < EVERY) {
                return ControlFlow::Continue(());
            }
            last.set(Some(now));
            let told = Python::attach(|py| {
                py.check_signals()?;
                match &progress {
                    Some(progress) => progress.call1(py, (word(stage), done, total)).map(drop),
                    None => Ok(()),
                }
            });
            match told {
                Ok(()) => ControlFlow::Continue(()),
                Err(error) => {
                    stopped.replace(Some(error));
                    ControlFlow::Break(())
                }
            }
        };
        let outcome = catch_unwind(AssertUnwindSafe(|| work(Observer::new(&tell))));
        (outcome.map_err(|panic| said(&*panic)), stopped.into_inner())
    });
    match (outcome, stopped) {
        (_, Some(error)) => Err(error),
        (Ok(Ok(value)), None) => Ok(value),
        (Ok(Err(error)), None) => Err(raised(py, &error)),
        (Err(panic), None) => Err(exception(
            py,
            "internal",
            "internal",
            &format!("a bug in assay: {panic}"),
            Some("please report it"),
        )),
    }
}

/// As [`observed`], for what nobody watches.
///
/// # Errors
/// As [`observed`].
pub fn quiet<T: Send>(py: Python<'_>, work: impl FnOnce() -> Result<T, Error> + Send) -> PyResult<T> {
    observed(py, None, |_| work())
}

fn said(panic: &(dyn std::any::Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
    text.or_else(|| panic.downcast_ref::<String>().cloned()).unwrap_or_else(|| "it panicked".into())
}

fn word(stage: Stage) -> &'static str {
    match stage {
        Stage::Compile => "compile",
        Stage::Setup => "setup",
        Stage::Validate => "validate",
        Stage::Solve => "solve",
        Stage::Prove => "prove",
        Stage::Check => "check",
        Stage::Measure => "measure",
        _ => "work",
    }
}

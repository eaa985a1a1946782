//! Progress of work that takes long, and its cancellation: one callback, asked every few milliseconds to seconds.

use std::{fmt, ops::ControlFlow};

use thiserror::Error;

/// What is being done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Stage {
    /// A model is compiled.
    Compile,
    /// Keys are made, counted in points.
    Setup,
    /// The points of a key are checked, counted in points.
    Validate,
    /// The witness is solved for.
    Solve,
    /// A proof is made, counted in phases.
    Prove,
    /// A fresh proof is checked.
    Check,
    /// The machine's arithmetic is timed.
    Measure,
}

/// How far a stage is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    /// The stage.
    pub stage: Stage,
    /// Units done.
    pub done: u64,
    /// Units in all; at least 1.
    pub total: u64,
}

/// The callback, or none. It is called from the thread that does the work, between two pieces of it; `Break` ends the work
/// with [`Cancelled`].
#[derive(Clone, Copy, Default)]
pub struct Observer<'a>(Option<&'a dyn Fn(Progress) -> ControlFlow<()>>);

/// The callback asked for the work to end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("cancelled")]
pub struct Cancelled;

impl<'a> Observer<'a> {
    /// Calls `callback`.
    pub fn new(callback: &'a dyn Fn(Progress) -> ControlFlow<()>) -> Observer<'a> {
        Observer(Some(callback))
    }

    /// Calls nothing.
    pub const fn none() -> Observer<'static> {
        Observer(None)
    }

    /// Tells the callback, and fails where it asks for the end.
    pub fn report(&self, stage: Stage, done: u64, total: u64) -> Result<(), Cancelled> {
        match self.0.map(|callback| callback(Progress { stage, done, total: total.max(1) })) {
            Some(ControlFlow::Break(())) => Err(Cancelled),
            Some(ControlFlow::Continue(())) | None => Ok(()),
        }
    }
}

impl fmt::Debug for Observer<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.0.is_some() { "Observer(callback)" } else { "Observer(none)" })
    }
}

//! How far a compilation is, and a way to end it.
//!
//! [`compile_with`](crate::compile_with) calls a [`Progress`] where a stage begins and before each costly step of it, so
//! that a caller draws a bar and ends what takes too long. Nothing of the result depends on it.

use std::cell::RefCell;
use std::ops::ControlFlow;

/// The stages of a compilation, in order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Stage {
    /// Reading the ONNX file.
    Import,
    /// Running the float model over the calibration data.
    Calibrate,
    /// Searching scales and widths: the longest one.
    Search,
    /// Spending bits where the bound for all inputs says.
    Certify,
    /// Building the circuit.
    Lower,
    /// Comparing the integer model with the float reference engine.
    Measure,
}

impl Stage {
    /// Every stage, in order.
    pub const ALL: [Stage; 6] =
        [Stage::Import, Stage::Calibrate, Stage::Search, Stage::Certify, Stage::Lower, Stage::Measure];

    /// What happens in it, for a line beside a bar.
    pub fn name(self) -> &'static str {
        match self {
            Stage::Import => "reading the model",
            Stage::Calibrate => "running the float model",
            Stage::Search => "searching scales and widths",
            Stage::Certify => "certifying the error",
            Stage::Lower => "building the circuit",
            Stage::Measure => "measuring the error",
        }
    }
}

/// Follows a compilation. Closures of the same arguments are ones.
pub trait Progress {
    /// The compilation is in `stage`; `done`, from 0 to 1, is the part of the stage's largest possible work that is done,
    /// where that is known. A stage may end before it reaches 1. [`ControlFlow::Break`] ends the compilation.
    fn at(&mut self, stage: Stage, done: Option<f64>) -> ControlFlow<()>;
}

impl<F: FnMut(Stage, Option<f64>) -> ControlFlow<()>> Progress for F {
    fn at(&mut self, stage: Stage, done: Option<f64>) -> ControlFlow<()> {
        self(stage, done)
    }
}

/// Follows nothing and ends nothing.
#[derive(Clone, Copy, Debug, Default)]
pub struct Unobserved;

impl Progress for Unobserved {
    fn at(&mut self, _: Stage, _: Option<f64>) -> ControlFlow<()> {
        ControlFlow::Continue(())
    }
}

/// The caller's [`Progress`] ended the compilation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("cancelled")]
pub struct Cancelled;

/// Hands the stages to a caller's progress; what a stage has done never shrinks.
pub(crate) struct Observer<'a>(RefCell<State<'a>>);

struct State<'a> {
    progress: &'a mut dyn Progress,
    stage: Stage,
    done: f64,
}

impl<'a> Observer<'a> {
    pub fn new(progress: &'a mut dyn Progress) -> Self {
        Observer(RefCell::new(State { progress, stage: Stage::Import, done: 0.0 }))
    }

    /// The compilation is in `stage`.
    pub fn at(&self, stage: Stage, done: Option<f64>) -> Result<(), Cancelled> {
        let mut state = self.0.borrow_mut();
        if state.stage != stage {
            (state.stage, state.done) = (stage, 0.0);
        }
        let done = done.map(|done| {
            state.done = done.clamp(state.done, 1.0);
            state.done
        });
        match state.progress.at(stage, done) {
            ControlFlow::Continue(()) => Ok(()),
            ControlFlow::Break(()) => Err(Cancelled),
        }
    }

    /// The compilation is at step `step` of `steps` of a stage.
    pub fn step(&self, stage: Stage, step: usize, steps: usize) -> Result<(), Cancelled> {
        self.at(stage, Some(step as f64 / steps.max(1) as f64))
    }
}

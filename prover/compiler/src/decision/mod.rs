//! What a model's outputs decide, and for which integers the float model certainly decides the same: the compiler's claim in a `.assay`
//! file, made of the certificates of the compilation.
//!
//! With `low <= F - Q <= high` for the float model's value `F` and the integers' `Q`, and a threshold `t`:
//!
//! ```text
//! Q >= t and F < t   only for  t <= Q < t - low,   if low < 0
//! Q < t and F >= t   only for  t - high <= Q < t,  if high > 0
//! ```
//!
//! so the two lie on two sides of `t` only in the band `[t - max(high, 0), t - min(low, 0))`, which holds or touches `t`. Of scores that are
//! compared, the largest is the float model's if it is ahead of each other by more than the two can be off against each other.
//!
//! What is assumed: the float model is the ONNX graph in real arithmetic; what single precision adds is not counted. The input is in the
//! declared domain, which the circuit asserts. The claim itself is no part of the circuit: no proof speaks of it, and whoever writes a file
//! can write another. [`check`](crate::check()) compiles again and compares it ([`Difference::Decisions`](crate::Difference::Decisions)).

mod certified;
mod claim;
mod encoding;
mod places;
#[cfg(test)]
mod tests;

pub(crate) use certified::{Task, claims};
pub(crate) use claim::Integers;
pub use claim::{Band, Certain, DecisionClaim, Lead, Uncertain};
pub(crate) use encoding::{read, write};
pub use places::ahead;
pub(crate) use places::leads;

//! Threshold: `bit = [score >= t]`.
//!
//! Cost: `n` constraints, `n` the bits of `score - t` with its sign; none where the interval decides.

use crate::bounded::Bounded;
use crate::builder::Builder;
use crate::error::BuildError;
use crate::gadgets::compare;

/// Integer reference.
pub fn reference(score: i64, threshold: i64) -> i64 {
    i64::from(score >= threshold)
}

/// Compares each score with the threshold.
pub fn constrain(b: &mut Builder, scores: &[Bounded], threshold: i64) -> Result<Vec<Bounded>, BuildError> {
    let constant = Bounded::constant(threshold)?;
    b.scope("threshold", |b| scores.iter().map(|score| compare::at_least(b, score, &constant)).collect())
}

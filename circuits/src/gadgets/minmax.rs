//! Minimum and maximum of two values: a comparison and a selection.
//!
//! Cost: `n + 1` constraints, `n` the bits of the signed difference; none where the intervals decide.

use crate::bounded::Bounded;
use crate::builder::Builder;
use crate::error::BuildError;
use crate::gadgets::{compare, select};

/// Integer reference: (minimum, maximum).
pub fn reference(x: i64, y: i64) -> (i64, i64) {
    (x.min(y), x.max(y))
}

/// The larger of `x` and `y`.
pub fn max(b: &mut Builder, x: &Bounded, y: &Bounded) -> Result<Bounded, BuildError> {
    let result = b.scope("max", |b| {
        let x_wins = compare::at_least(b, x, y)?;
        select::constrain(b, &x_wins, x, y)
    })?;
    // At least as large as both, and one of them.
    Ok(result.proven(x.lo().max(y.lo()), x.hi().max(y.hi())))
}

/// The smaller of `x` and `y`.
pub fn min(b: &mut Builder, x: &Bounded, y: &Bounded) -> Result<Bounded, BuildError> {
    let result = b.scope("min", |b| {
        let x_wins = compare::at_most(b, x, y)?;
        select::constrain(b, &x_wins, x, y)
    })?;
    Ok(result.proven(x.lo().min(y.lo()), x.hi().min(y.hi())))
}

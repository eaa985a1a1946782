//! Argmax: the index of the largest value; of equal ones the lowest index, as ONNX `ArgMax`.
//!
//! A running maximum: each value replaces it, and the index, only if it is strictly larger.
//!
//! Cost for `k` values whose differences have `n` bits with their sign: `(k - 1) * (n + 2) - 2`
//! (comparison, maximum and index a step; the first index and the last maximum are free).

use crate::bounded::Bounded;
use crate::builder::Builder;
use crate::error::BuildError;
use crate::gadgets::{compare, select};

/// Integer reference; `None` for no values.
pub fn reference(x: &[i64]) -> Option<usize> {
    let max = x.iter().max()?;
    x.iter().position(|v| v == max)
}

/// The index of the largest value, in `[0, k - 1]`.
pub fn constrain(b: &mut Builder, x: &[Bounded]) -> Result<Bounded, BuildError> {
    let Some((first, rest)) = x.split_first() else {
        return Err(BuildError::Empty { operation: "argmax" });
    };
    b.scope("argmax", |b| {
        let mut best = first.clone();
        let mut index = Bounded::constant(0)?;
        for (i, candidate) in (1i64..).zip(rest) {
            let wins = compare::greater_than(b, candidate, &best)?;
            index = select::constrain(b, &wins, &Bounded::constant(i)?, &index)?;
            if usize::try_from(i).is_ok_and(|i| i < rest.len()) {
                let (lo, hi) = (best.lo().max(candidate.lo()), best.hi().max(candidate.hi()));
                // The larger of the two: at least both lower ends.
                best = select::constrain(b, &wins, candidate, &best)?.proven(lo, hi);
            }
        }
        Ok(index)
    })
}

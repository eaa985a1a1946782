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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{all, assert_no_constraint_is_idle, check, gadget, gadget_with_bounds};

    #[test]
    fn all_thresholds_of_eight_bits() -> Result<(), BuildError> {
        for threshold in -129..=128 {
            let (circuit, bounds) = gadget_with_bounds(1, 8, |b, x| constrain(b, x, threshold))?;
            check(&circuit, &bounds, all(8).map(|x| vec![x]), |x| vec![reference(x[0], threshold)]);
        }
        Ok(())
    }

    #[test]
    fn no_constraint_is_idle() -> Result<(), BuildError> {
        let circuit = gadget(1, 8, |b, x| constrain(b, x, 17))?;
        assert_no_constraint_is_idle(&circuit, &[vec![16], vec![17], vec![-128], vec![127]]);
        Ok(())
    }
}

//! Clip: `y = clamp(x, lo, hi)`.
//!
//! Cost: nothing for a bound that the interval cannot exceed; else as [`crate::gadgets::clamp`] with
//! shift 0.

use crate::bounded::Bounded;
use crate::builder::Builder;
use crate::error::BuildError;
use crate::gadgets::clamp;

/// Integer reference.
pub fn reference(x: i64, lo: i64, hi: i64) -> i64 {
    clamp::reference(x, 0, lo, hi)
}

/// Clips each value to `[lo, hi]`.
pub fn constrain(b: &mut Builder, x: &[Bounded], lo: i64, hi: i64) -> Result<Vec<Bounded>, BuildError> {
    b.scope("clip", |b| clamp::constrain_all(b, x, 0, lo, hi))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{all, assert_no_constraint_is_idle, check, gadget, gadget_with_bounds};

    #[test]
    fn all_values_of_eight_bits() -> Result<(), BuildError> {
        for (lo, hi) in [
            (-128, 127),
            (0, 127),
            (0, 6),
            (-6, 6),
            (-1, 100),
            (-100, 3),
            (-64, 63),
            (-7, 24),
            (5, 5),
            (127, 300),
        ] {
            let (circuit, bounds) = gadget_with_bounds(1, 8, |b, x| constrain(b, x, lo, hi))?;
            check(&circuit, &bounds, all(8).map(|x| vec![x]), |x| vec![reference(x[0], lo, hi)]);
        }
        Ok(())
    }

    #[test]
    fn no_constraint_is_idle() -> Result<(), BuildError> {
        for (lo, hi) in [(0, 6), (-6, 6), (-8, 7)] {
            let circuit = gadget(1, 8, |b, x| constrain(b, x, lo, hi))?;
            assert_no_constraint_is_idle(&circuit, &[-128, -7, -6, 0, 6, 7, 8, 127].map(|x| vec![x]));
        }
        Ok(())
    }
}

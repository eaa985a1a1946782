//! Residual addition of two tensors at different binary scales: `acc = x * 2^left_x + y * 2^left_y`.
//!
//! The coarser operand is shifted up to the finer one's scale, so nothing is lost; a requantization follows.
//! Cost: none, it is linear.

use crate::bounded::Bounded;
use crate::builder::Builder;
use crate::error::BuildError;

/// How far each operand is shifted up. One of them is 0 where the scales are as close as can be.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Alignment {
    /// Shift of the first operand.
    pub left_x: u32,
    /// Shift of the second operand.
    pub left_y: u32,
}

/// Largest shift.
pub const MAX_SHIFT: u32 = 58;

impl Alignment {
    /// For operands that stand for `x * 2^-scale_x` and `y * 2^-scale_y`; the result has the larger scale.
    pub fn of_scales(scale_x: i8, scale_y: i8) -> Self {
        let (x, y) = (i32::from(scale_x), i32::from(scale_y));
        let common = x.max(y);
        Self { left_x: (common - x).unsigned_abs(), left_y: (common - y).unsigned_abs() }
    }

    fn check(self, x: usize, y: usize) -> Result<(), BuildError> {
        if x != y {
            return Err(BuildError::Length { operation: "addition", what: "values", expected: x, found: y });
        }
        match self.left_x.max(self.left_y) {
            0..=MAX_SHIFT => Ok(()),
            bits => Err(BuildError::Bits { operation: "addition", bits, min: 0, max: MAX_SHIFT }),
        }
    }
}

/// Integer reference. Fails on different lengths, shifts above 58, and where a sum leaves 64 bits.
pub fn reference(x: &[i64], y: &[i64], alignment: Alignment) -> Result<Vec<i64>, BuildError> {
    alignment.check(x.len(), y.len())?;
    x.iter()
        .zip(y)
        .map(|(&x, &y)| {
            let sum = (i128::from(x) << alignment.left_x) + (i128::from(y) << alignment.left_y);
            i64::try_from(sum).map_err(|_| BuildError::Overflow { operation: "addition", lo: sum, hi: sum })
        })
        .collect()
}

/// The sums.
pub fn constrain(
    _b: &mut Builder,
    x: &[Bounded],
    y: &[Bounded],
    alignment: Alignment,
) -> Result<Vec<Bounded>, BuildError> {
    alignment.check(x.len(), y.len())?;
    let (left_x, left_y) = (1 << alignment.left_x, 1 << alignment.left_y);
    x.iter().zip(y).map(|(x, y)| Bounded::combine("addition", &[(x, left_x), (y, left_y)], 0)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{all_pairs, check, gadget_with_bounds};

    #[test]
    fn all_pairs_of_four_bits_at_all_scales() -> Result<(), BuildError> {
        for (scale_x, scale_y) in [(0, 0), (3, 5), (7, -2), (-1, 4)] {
            let alignment = Alignment::of_scales(scale_x, scale_y);
            let (circuit, bounds) =
                gadget_with_bounds(2, 4, |b, v| constrain(b, &v[..1], &v[1..], alignment))?;
            assert_eq!(circuit.stats().constraints, 2 * 4);
            let common = i32::from(scale_x.max(scale_y));
            check(&circuit, &bounds, all_pairs(4), |v| {
                let real = |q: i64, scale: i8| q as f64 * 2f64.powi(-i32::from(scale));
                vec![((real(v[0], scale_x) + real(v[1], scale_y)) * 2f64.powi(common)) as i64]
            });
            assert_eq!(
                reference(&[5], &[-3], alignment)?,
                [(5 << alignment.left_x) - (3 << alignment.left_y)]
            );
        }
        Ok(())
    }

    #[test]
    fn what_does_not_fit_is_refused() {
        let none = Alignment::default();
        assert!(matches!(reference(&[1], &[], none), Err(BuildError::Length { .. })));
        assert!(matches!(reference(&[i64::MAX], &[1], none), Err(BuildError::Overflow { .. })));
        let far = Alignment::of_scales(-100, 100);
        assert!(matches!(reference(&[1], &[1], far), Err(BuildError::Bits { bits: 200, .. })));
        let wide = Alignment { left_x: 58, left_y: 0 };
        let refused = gadget_with_bounds(2, 8, |b, v| constrain(b, &v[..1], &v[1..], wide)).err();
        assert!(matches!(refused, Some(BuildError::Overflow { operation: "addition", .. })), "{refused:?}");
    }
}

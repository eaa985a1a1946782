//! Asserts `lo <= x <= hi` for any bounds, and narrows the proven interval to them.
//!
//! Let `M = hi - lo` have `n` bits.
//! - Both ends open: the bits of `u = x - lo` prove `0 <= u < 2^n` (`n` constraints). Unless `M = 2^n - 1`,
//!   the bits are then compared with those of `M` from the top: `e`, the product of the bits of `u`
//!   where `M` has ones, says that `u` equals `M` so far; wherever `M` has zeros, `e * (sum of the
//!   bits of u there) = 0`, one constraint a run of zeros. Ones at the end of `M` cost nothing.
//! - One end open, the other already proven: the bits of the distance to the open end.
//!
//! By lookup, the second case is one loose range proof, the first is a query a digit if `M = 2^n - 1`, else
//! two loose ones, of `u` and of `M - u`: see [`crate::gadgets::lookup::digits`].
//!
//! Unlike a sum of digits with weights fitted to `M`, every witness is unique.

use crate::bounded::Bounded;
use crate::builder::Builder;
use crate::case::Case;
use crate::cost::Tally;
use crate::error::BuildError;
use crate::gadgets::bits::assert_bits;
use crate::gadgets::lookup::digits::{assert_integer_width, assert_loose, assert_non_negative};
use crate::integer::{Interval, bit_length};
use crate::linear::Lc;
use crate::lookups::Ranges;

/// Integer reference.
pub fn reference(x: i64, lo: i64, hi: i64) -> bool {
    (lo..=hi).contains(&x)
}

/// Constrains `x` to `[lo, hi]`.
pub fn constrain(b: &mut Builder, x: &Bounded, lo: i64, hi: i64) -> Result<Bounded, BuildError> {
    let (min, max) = (i128::from(lo), i128::from(hi));
    if min > max {
        return Err(BuildError::EmptyRange { operation: "range", lo: min, hi: max });
    }
    if x.hi() < min || x.lo() > max {
        return Err(BuildError::Unsatisfiable { lo: x.lo(), hi: x.hi(), min, max });
    }
    b.check_owner("range", x)?;
    let (below, above) = (x.lo() < min, x.hi() > max);
    b.scope("range", |b| match (below, above) {
        (false, false) => Ok(()),
        (true, false) => assert_non_negative(b, &shifted(x, 1, -min)?, x.hi() - min),
        (false, true) => assert_non_negative(b, &shifted(x, -1, max)?, max - x.lo()),
        (true, true) => {
            let (u, span) = (shifted(x, 1, -min)?, max - min);
            let n = bit_length(span);
            if span.trailing_ones() == n {
                return assert_integer_width(b, &u, n);
            }
            if b.ranges() == Ranges::Lookup {
                assert_loose(b, &u, n)?;
                return assert_loose(b, &shifted(x, -1, max)?, n);
            }
            let bits = assert_bits(b, &u, n)?;
            at_most(b, &bits, span)
        }
    })?;
    Ok(x.proven(min, max))
}

fn shifted(x: &Bounded, factor: i64, constant: i128) -> Result<Bounded, BuildError> {
    let overflow = BuildError::Overflow { operation: "range", lo: constant, hi: constant };
    Bounded::combine("range", &[(x, factor)], i64::try_from(constant).map_err(|_| overflow)?)
}

/// The number with these bits is at most `bound`, which has as many bits.
pub(crate) fn at_most(b: &mut Builder, bits: &[Bounded], bound: i128) -> Result<(), BuildError> {
    let is_one = |i: usize| (bound >> i) & 1 == 1;
    let trailing_ones = bound.trailing_ones() as usize;
    // The product of the bits so far where `bound` has ones.
    let mut equal: Option<Bounded> = None;
    let mut zeros = Lc::zero();
    for (i, bit) in bits.iter().enumerate().skip(trailing_ones).rev() {
        if is_one(i) {
            equal = Some(match equal {
                None => bit.clone(),
                Some(e) => b.product_wire("equal so far * bit", &e, bit, &Bounded::constant(0)?, 1)?,
            });
        } else {
            zeros = zeros.plus(&bit.to_lc());
            if i == trailing_ones || is_one(i - 1) {
                if let Some(e) = &equal {
                    b.enforce("not above the bound", &e.to_lc(), &zeros, &Lc::zero())?;
                }
                zeros = Lc::zero();
            }
        }
    }
    Ok(())
}

/// Adds what [`constrain`] costs for a value of an interval; returns the narrowed interval.
pub fn cost(t: &mut Tally, x: Interval, lo: i64, hi: i64) -> Interval {
    let (min, max) = (i128::from(lo), i128::from(hi));
    match (x.0 < min, x.1 > max) {
        (false, false) => {}
        (true, false) => t.loose(bit_length(x.1 - min)),
        (false, true) => t.loose(bit_length(max - x.0)),
        (true, true) => {
            let (span, n) = (max - min, bit_length(max - min));
            if span.trailing_ones() == n {
                t.integer(n);
            } else if t.ranges() == Ranges::Lookup {
                t.loose(n);
                t.loose(n);
            } else {
                t.integer(n);
                t.add(comparisons(span));
            }
        }
    }
    (x.0.max(min), x.1.min(max))
}

/// Constraints of [`at_most`]: a product for each one of the bound but the first, a comparison for each run of zeros behind it.
pub(crate) fn comparisons(bound: i128) -> usize {
    let n = bit_length(bound);
    let is_one = |i: u32| (bound >> i) & 1 == 1;
    let from = bound.trailing_ones();
    let ones = (from..n).filter(|&i| is_one(i)).count();
    let runs = (from..n).filter(|&i| !is_one(i) && (i == from || is_one(i - 1))).count();
    ones.saturating_sub(1) + runs
}

/// What audits and ledger see of it.
pub(crate) const CASES: &[Case] = &[
    Case::new("range of 16 bits, power of two", 1, 16, |b, x| Ok(vec![constrain(b, &x[0], -100, 411)?]))
        .within(-100, 411),
    Case::new("range of 16 bits, any bounds", 1, 16, |b, x| Ok(vec![constrain(b, &x[0], -1000, 1000)?]))
        .within(-1000, 1000),
    Case::new("range of 16 bits, one end open", 1, 16, |b, x| Ok(vec![constrain(b, &x[0], 0, 1 << 15)?]))
        .within(0, 1 << 15),
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{all, assert_costs, assign, gadget_with_bounds, unique};
    use proptest::prelude::*;

    /// In range: a unique witness. Out of range: the program's witness, the only candidate, fails in the
    /// range's own constraints.
    fn check_range(
        bits: u8,
        lo: i64,
        hi: i64,
        values: impl IntoIterator<Item = i64>,
    ) -> Result<(), BuildError> {
        let (circuit, bounds) = gadget_with_bounds(1, bits, |b, x| Ok(vec![constrain(b, &x[0], lo, hi)?]))?;
        assert_costs(
            1,
            bits,
            |b, x| Ok(vec![constrain(b, &x[0], lo, hi)?]),
            |t, x| {
                let narrowed = cost(t, x[0], lo, hi);
                assert_eq!([narrowed], bounds[..]);
            },
        )?;
        let half = 1i128 << (bits - 1);
        assert_eq!(bounds, [(i128::from(lo).max(-half), i128::from(hi).min(half - 1))]);
        for x in values {
            let Ok(witness) = circuit.solve(&assign(&[x])) else { panic!("{x} is an input") };
            match circuit.r1cs.first_violation(&witness) {
                None => {
                    assert!(reference(x, lo, hi), "{x} in [{lo}, {hi}]");
                    assert!(unique(&circuit, &witness).is_clean(), "{x} in [{lo}, {hi}]");
                }
                Some(violation) => {
                    assert!(!reference(x, lo, hi), "{x} in [{lo}, {hi}]: {violation}");
                    assert!(violation.block.starts_with("range/"), "{violation}");
                }
            }
        }
        Ok(())
    }

    #[test]
    fn all_bounds_of_five_bits() -> Result<(), BuildError> {
        for lo in -18..16 {
            for hi in lo.max(-16)..18 {
                check_range(5, lo, hi, all(5))?;
            }
        }
        Ok(())
    }

    #[test]
    fn some_bounds_of_eight_bits() -> Result<(), BuildError> {
        for (lo, hi) in
            [(-100, 100), (0, 0), (-127, 126), (0, 85), (0, 84), (-1, 1), (3, 99), (-128, 0), (5, 127)]
        {
            check_range(8, lo, hi, all(8))?;
        }
        Ok(())
    }

    /// Whether any choice of the bits satisfies the constraints for `x`.
    #[test]
    fn no_choice_of_bits_admits_a_value_out_of_range() -> Result<(), BuildError> {
        use crate::linear::Wire;
        use ark_bn254::Fr;
        // M = 9 = 0b1001: four bits, of which bit 0 is linear, and e.
        let (circuit, _) = gadget_with_bounds(1, 5, |b, x| Ok(vec![constrain(b, &x[0], -3, 6)?]))?;
        let first = 2 + 1 + 4; // constants, x, and the four wires of its range proof
        let free = circuit.r1cs.num_wires() - first;
        for x in all(5) {
            let Ok(mut witness) = circuit.solve(&assign(&[x])) else { panic!("{x} is an input") };
            let satisfiable = (0..1u32 << free).any(|choice| {
                for i in 0..free {
                    witness.values[Wire((first + i) as u32).index()] = Fr::from((choice >> i) & 1);
                }
                circuit.r1cs.first_violation(&witness).is_none()
            });
            assert_eq!(satisfiable, reference(x, -3, 6), "{x}");
        }
        Ok(())
    }

    #[test]
    fn costs() -> Result<(), BuildError> {
        let cost = |lo, hi| {
            gadget_with_bounds(1, 8, |b, x| Ok(vec![constrain(b, &x[0], lo, hi)?]))
                .map(|(circuit, _)| circuit.stats().constraints - 8)
        };
        assert_eq!(cost(-128, 127)?, 0); // proven already
        assert_eq!(cost(-10, 117)?, 7); // 2^7 values
        assert_eq!(cost(0, 127)?, 7); // one end open
        assert_eq!(cost(-128, 3)?, 8); // the other
        assert_eq!(cost(-50, 50)?, 7 + 4); // 100 = 0b1100100: e, two runs of zeros, e again
        assert_eq!(cost(5, 5)?, 1);
        Ok(())
    }

    #[test]
    fn impossible_ranges_are_refused() {
        let range = |lo, hi| gadget_with_bounds(1, 8, |b, x| Ok(vec![constrain(b, &x[0], lo, hi)?])).err();
        assert!(matches!(range(3, 2), Some(BuildError::EmptyRange { lo: 3, hi: 2, .. })));
        assert!(matches!(range(128, 200), Some(BuildError::Unsatisfiable { hi: 127, min: 128, .. })));
    }

    proptest! {
        #![proptest_config(crate::testing::property(256))]
        #[test]
        fn wide_bounds(a in any::<i32>(), c in any::<i32>(), x in any::<i32>()) {
            let (lo, hi) = (i64::from(a.min(c)), i64::from(a.max(c)));
            let near = [lo - 1, lo, lo + 1, hi - 1, hi, hi + 1, x.into(), i32::MIN.into(), i32::MAX.into()];
            let values = near.into_iter().filter(|v| i32::try_from(*v).is_ok());
            check_range(32, lo, hi, values)?;
        }
    }
}

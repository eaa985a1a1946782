//! Selection: `condition ? x : y = y + condition * (x - y)`.
//!
//! Cost: 1 constraint, 1 wire; none if the condition or `x - y` is a constant. The interval of the
//! result is the hull of those of `x` and `y`, which the condition's being a bit proves.

use crate::bounded::Bounded;
use crate::builder::Builder;
use crate::case::Case;
use crate::cost::Tally;
use crate::error::BuildError;
use crate::gadgets::bits::require;
use crate::gadgets::compare;
use crate::integer::Interval;

/// Integer reference.
pub fn reference(condition: i64, x: i64, y: i64) -> i64 {
    if condition == 1 { x } else { y }
}

/// `x` where `condition` is 1, `y` where it is 0. The condition must be proven to be a bit.
pub fn constrain(
    b: &mut Builder,
    condition: &Bounded,
    x: &Bounded,
    y: &Bounded,
) -> Result<Bounded, BuildError> {
    require(condition, 0, 1, "select")?;
    match condition.as_constant() {
        Some(0) => return Ok(y.clone()),
        Some(_) => return Ok(x.clone()),
        None => {}
    }
    let (lo, hi) = (x.lo().min(y.lo()), x.hi().max(y.hi()));
    let difference = x.sub(y)?;
    if let Some(constant) = difference.as_constant() {
        let overflow = BuildError::Overflow { operation: "select", lo: constant, hi: constant };
        let factor = i64::try_from(constant).map_err(|_| overflow)?;
        return Ok(Bounded::combine("select", &[(y, 1), (condition, factor)], 0)?.proven(lo, hi));
    }
    let overflow = BuildError::Overflow { operation: "select", lo, hi };
    let (Ok(base), Ok(span)) = (i64::try_from(lo), i64::try_from(hi - lo)) else {
        return Err(overflow);
    };
    let rest = y.add_const(-base)?;
    b.scope("select", |b| {
        b.product_wire("condition * (x - y) = result - y", condition, &difference, &rest, span)
    })?
    .add_const(base)
}

/// Adds what [`constrain`] costs for a condition that is no constant, and values of these intervals.
pub fn cost(t: &mut Tally, x: Interval, y: Interval) {
    let is_constant = |x: Interval| x.0 == x.1;
    t.add(usize::from(!is_constant(x) || !is_constant(y)));
}

/// What audits and ledger see of it.
pub(crate) const CASES: &[Case] = &[Case::new("select of 16 bits", 3, 16, |b, x| {
    let condition = compare::is_non_negative(b, &x[0])?;
    Ok(vec![constrain(b, &condition, &x[1], &x[2])?])
})];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::linear::Wire;
    use crate::testing::{
        all_pairs, assert_every_constraint_is_needed, check, check_values, forge, gadget, gadget_with_bounds,
    };
    use ark_bn254::Fr;

    /// `(x, y)` where the first input is negative, `(y, x)` elsewhere.
    fn both_ways(b: &mut Builder, v: &[Bounded]) -> Result<Vec<Bounded>, BuildError> {
        let condition = crate::gadgets::compare::less_than(b, &v[0], &Bounded::constant(0)?)?;
        Ok(vec![constrain(b, &condition, &v[0], &v[1])?, constrain(b, &condition, &v[1], &v[0])?])
    }

    #[test]
    fn all_pairs_of_one_to_five_bits() -> Result<(), BuildError> {
        for bits in 1..=5 {
            let (circuit, bounds) = gadget_with_bounds(2, bits, both_ways)?;
            check(&circuit, &bounds, all_pairs(bits), |v| {
                let condition = i64::from(v[0] < 0);
                vec![reference(condition, v[0], v[1]), reference(condition, v[1], v[0])]
            });
        }
        Ok(())
    }

    #[test]
    fn all_pairs_of_eight_bits() -> Result<(), BuildError> {
        check_values(&gadget(2, 8, both_ways)?, all_pairs(8), |v| {
            let condition = i64::from(v[0] < 0);
            vec![reference(condition, v[0], v[1]), reference(condition, v[1], v[0])]
        });
        Ok(())
    }

    #[test]
    fn every_constraint_is_needed_and_a_wrong_choice_is_caught() -> Result<(), BuildError> {
        let circuit = gadget(2, 4, both_ways)?;
        assert_every_constraint_is_needed(&circuit, &[vec![-3, 5], vec![3, -5]]);
        let second = Wire(circuit.r1cs.num_wires() as u32 - 1);
        // The wire holds the result plus 8.
        assert_eq!(
            forge(&circuit, &[-3, 5], &[(second, Fr::from(5u64))]),
            "select/condition * (x - y) = result - y"
        );
        Ok(())
    }

    #[test]
    fn what_is_constant_is_free() -> Result<(), BuildError> {
        let (circuit, bounds) = gadget_with_bounds(1, 4, |b, v| {
            let condition = v[0].add_const(8)?.proven(0, 1); // for its type only: never solved
            let (two, five) = (Bounded::constant(2)?, Bounded::constant(5)?);
            let one = Bounded::constant(1)?;
            Ok(vec![constrain(b, &condition, &two, &five)?, constrain(b, &one, &v[0], &five)?])
        })?;
        assert_eq!(circuit.stats().constraints, 4);
        assert_eq!(bounds, [(2, 5), (-8, 7)]);
        Ok(())
    }

    #[test]
    fn a_condition_that_is_no_bit_is_refused() {
        let refused = gadget(2, 4, |b, v| Ok(vec![constrain(b, &v[0], &v[0], &v[1])?]));
        assert!(
            matches!(refused, Err(BuildError::NotProven { operation: "select", lo: -8, .. })),
            "{refused:?}"
        );
    }
}

//! Conditions on what is computed from one element, as conditions on the element itself.
//!
//! In front of trees stands a scaler, often. What it makes of an element is a monotonic function of that, every rounding included
//! ([`crate::import::single`]), so that `f(x) < t` holds of the numbers x on one side of a place: the last number of which `f(x) <= t`
//! holds, or the first of which it does not, found by bisection over the numbers that x has. So a value of which `f(x) = t` holds stays on
//! its side when it is rounded to a grid with the threshold: rounding is monotonic, too.

use std::sync::Arc;

use assay_interface::float32::{self, KEY_OF_INFINITY};

use super::ensemble::{Branch, Condition, RealEnsemble};
use crate::import::single::{Precision, Recipe};

/// The bits of infinity of double precision.
const DOUBLE_INFINITY: i64 = 0x7ff0_0000_0000_0000;

/// A feature as a function of an element.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Moved {
    pub recipe: Arc<Recipe>,
    /// Of the element.
    pub precision: Precision,
}

impl RealEnsemble {
    /// The same on the elements, for those features that have one.
    pub fn moved(&self, features: &[Option<Moved>]) -> RealEnsemble {
        let mut moved = self.clone();
        for branch in moved.trees.iter_mut().flatten() {
            if let Branch::Condition { feature, condition, .. } = branch
                && let Some(Some(function)) = features.get(*feature as usize)
            {
                *condition = condition.moved(function, self.precision);
            }
        }
        moved
    }
}

impl Condition {
    /// The numbers x of which the condition holds of what a function makes of them, in a given precision. Only thresholds that are
    /// numbers are moved right, which they all are.
    fn moved(&self, function: &Moved, compared: Precision) -> Condition {
        let rising = function.recipe.is_rising();
        let numbers = Numbers { function, compared };
        // In the order of the numbers, those that hold come last, or first.
        let (is_last, is_strict) = match self {
            Condition::AtLeast(_) => (rising, false),
            Condition::Above(_) => (rising, true),
            Condition::AtMost(_) => (!rising, false),
            Condition::Below(_) => (!rising, true),
            Condition::Among { ranges, is_in } => {
                let within = |&(lo, hi): &(f64, f64)| {
                    let (first, behind) = match rising {
                        true => (numbers.first(|y| y >= lo), numbers.first(|y| y > hi)),
                        false => (numbers.first(|y| y <= hi), numbers.first(|y| y < lo)),
                    };
                    let last = behind.checked_sub(1).filter(|&last| last >= first)?;
                    Some((numbers.number(first)?, numbers.number(last)?))
                };
                let ranges = ranges.iter().filter_map(within).collect();
                return Condition::Among { ranges, is_in: *is_in };
            }
        };
        let change = numbers.first(|y| self.holds(y) == is_last);
        let (before, first) = (change.checked_sub(1).and_then(|k| numbers.number(k)), numbers.number(change));
        match (is_last, is_strict) {
            (true, false) => first.map_or(Condition::Above(f64::INFINITY), Condition::AtLeast),
            (true, true) => before.map_or(Condition::AtLeast(f64::NEG_INFINITY), Condition::Above),
            (false, false) => before.map_or(Condition::Below(f64::NEG_INFINITY), Condition::AtMost),
            (false, true) => first.map_or(Condition::AtMost(f64::INFINITY), Condition::Below),
        }
    }
}

/// The numbers that an element has, in order, and what is compared of each.
struct Numbers<'a> {
    function: &'a Moved,
    compared: Precision,
}

impl Numbers<'_> {
    /// The number at a place in their order; zero is at 0.
    fn number(&self, place: i64) -> Option<f64> {
        if self.function.precision != Precision::Double {
            return float32::number(place).map(f64::from);
        }
        let magnitude = place.unsigned_abs();
        let is_number = magnitude <= DOUBLE_INFINITY.unsigned_abs();
        is_number.then(|| f64::from_bits(magnitude).copysign(if place < 0 { -1.0 } else { 1.0 }))
    }

    /// The first place at which something holds of the feature that holds at all places behind it; the one behind the last number
    /// where it holds at none.
    fn first(&self, holds: impl Fn(f64) -> bool) -> i64 {
        let last = if self.function.precision == Precision::Double { DOUBLE_INFINITY } else { KEY_OF_INFINITY };
        let (mut first, mut behind) = (-last, last.saturating_add(1));
        while first < behind {
            // Half-way, rounded down.
            let middle = (first & behind) + ((first ^ behind) >> 1);
            let value = self.number(middle).map(|x| self.compared.round(self.function.recipe.apply(x)));
            if value.is_some_and(&holds) { behind = middle } else { first = middle.saturating_add(1) }
        }
        first
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::import::single::Step;

    fn conditions(t: f64) -> Vec<Condition> {
        vec![
            Condition::AtMost(t),
            Condition::Below(t),
            Condition::AtLeast(t),
            Condition::Above(t),
            Condition::equal(t, true),
            Condition::equal(t, false),
            Condition::member(&[t, 0.5, -1.0]),
        ]
    }

    fn of(step: Step, x: f32) -> f32 {
        match step {
            Step::Plus(c) => x + c as f32,
            Step::Times(c) => x * c as f32,
            Step::Over(c) => x / c as f32,
        }
    }

    /// In `f32` itself, of numbers at, around and far from those that the function makes thresholds of.
    #[test]
    fn a_moved_condition_holds_of_the_numbers_that_the_condition_holds_of() {
        let single = |c: f32| f64::from(c);
        let functions: [&[Step]; 9] = [
            &[Step::Plus(single(-0.37)), Step::Times(single(2.9))],
            &[Step::Plus(single(-1000.3)), Step::Times(single(0.013))],
            &[Step::Times(single(-3.3)), Step::Plus(single(0.1))],
            &[Step::Times(-1.0), Step::Plus(single(0.7)), Step::Over(single(-0.3))],
            &[Step::Over(single(1e-30)), Step::Over(single(1e-30))],
            &[Step::Times(single(1e-30)), Step::Times(single(1e-30))],
            &[Step::Times(single(1e-40)), Step::Plus(1.0)],
            &[Step::Plus(single(3e38)), Step::Plus(single(3e38))],
            &[],
        ];
        for steps in functions {
            let recipe = Arc::new(Recipe::new(steps));
            let value = |x: f32| steps.iter().fold(x, |x, &step| of(step, x));
            let seeds = [0.0f32, 1.0, 2.0, 3.0, 0.1, -0.1, 36.0, 1e-45, -1e-30, 998.7, 1e9, f32::MAX, f32::INFINITY];
            let signed = seeds.iter().flat_map(|&x| [x, -x]);
            for t in signed.clone().flat_map(|x| [value(x), x]).filter(|t| !t.is_nan()) {
                for condition in conditions(t.into()) {
                    for precision in [Precision::Single, Precision::Double] {
                        let function = Moved { recipe: Arc::clone(&recipe), precision };
                        let moved = condition.moved(&function, Precision::Single);
                        for x in signed.clone().flat_map(|x| [x, x.next_up(), x.next_down()]) {
                            let y = value(x);
                            let (found, expected) = (moved.holds(x.into()), condition.holds(y.into()));
                            assert_eq!(found, expected, "{condition:?} of {steps:?} of {x:e}: {moved:?}");
                        }
                        // And where the two conditions change.
                        for threshold in thresholds(&moved) {
                            let t = threshold as f32;
                            for x in [t, t.next_up(), t.next_down()].into_iter().filter(|x| !x.is_nan()) {
                                let (found, expected) = (moved.holds(x.into()), condition.holds(value(x).into()));
                                assert_eq!(found, expected, "{condition:?} of {steps:?} of {x:e}: {moved:?}");
                            }
                        }
                        assert_eq!(moved.holds(f64::NAN), condition.holds(f64::NAN));
                    }
                }
            }
        }
    }

    fn thresholds(condition: &Condition) -> Vec<f64> {
        match condition {
            Condition::AtMost(t) | Condition::Below(t) | Condition::AtLeast(t) | Condition::Above(t) => vec![*t],
            Condition::Among { ranges, .. } => ranges.iter().flat_map(|&(lo, hi)| [lo, hi]).collect(),
        }
    }
}

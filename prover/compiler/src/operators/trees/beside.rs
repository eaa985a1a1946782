//! The integer that `x >= t` becomes true at, where numbers are rounded to a grid.
//!
//! The two numbers next to a threshold, the last of which it does not hold and the first of which it does, become integers of their own
//! where the grid is fine enough: then it lies between these, in the middle where it is finer than the numbers are, since a number that is none of theirs (a
//! decimal, say, that a model reads in single precision) goes to the nearest of them. Else one integer stands for numbers on both sides, and
//! takes the side that more of the calibration data's have; where it has none there, that of the decimals that it consists of. Which side that
//! is cannot be said without data: trainers take thresholds from theirs, so that a value may be the threshold, but behind a scaler that
//! computes in another precision than the trainer's it is as often the number next to it on the other side.

use std::cmp::Ordering;

use assay_interface::float32;

use super::ensemble::Slot;
use super::float32::least_not_below;
use crate::import::single::Precision;
use crate::number::{decimal, decimals, pow2};

/// What the calibration data has of an argument.
#[derive(Clone, Debug, Default)]
pub(super) struct Seen {
    /// Its values, ascending.
    values: Vec<f64>,
    /// How many digits behind the point they all have, if they are decimals.
    decimals: Option<i32>,
}

impl Seen {
    pub fn new(mut values: Vec<f64>) -> Self {
        values.retain(|value| value.is_finite());
        values.sort_by(f64::total_cmp);
        let decimals = decimals(values.iter().copied()).filter(|_| !values.is_empty());
        Seen { values, decimals }
    }
}

/// The last number of which `x >= t` does not hold (`x > t` where it `is_strict`), and the first of which it does.
fn beside(t: f64, is_strict: bool, precision: Precision) -> Option<(f64, f64)> {
    let (last, first) = match precision {
        Precision::Double => {
            let first = if is_strict { t.next_up() } else { t };
            (first.next_down(), first)
        }
        Precision::Single | Precision::Half => {
            let (least, is_equal) = least_not_below(t);
            let first = least.saturating_add(i64::from(is_equal && is_strict));
            (float32::number(first.checked_sub(1)?)?.into(), float32::number(first)?.into())
        }
    };
    (last.is_finite() && first.is_finite()).then_some((last, first))
}

/// The first integer at a scale of which the condition holds, for a feature that is its argument; `otherwise` where nothing decides.
pub(super) fn first((t, is_strict): (f64, bool), slot: &Slot, scale: i32, seen: &Seen, otherwise: f64) -> f64 {
    let Some((below, above)) = beside(t, is_strict, slot.precision) else { return otherwise };
    let integer = |x: f64| (x * pow2(scale)).round();
    let (lo, hi) = (integer(below), integer(above));
    let holds = |x: f64| slot.precision.round(x) >= above;
    // The decimals around it.
    let near = |digits: i32| {
        [-1.0, 0.0, 1.0].map(|steps| decimal(above + steps * 10f64.powi(-digits), digits))
    };
    if lo < hi {
        let middle = integer(below.midpoint(above)).clamp(lo + 1.0, hi);
        let decimals = seen.decimals.map(near).into_iter().flatten();
        let (are, not): (Vec<f64>, Vec<f64>) = decimals.partition(|&x| holds(x));
        // What the data has are decimals, where it has them: nearly half-way between two numbers, one may be rounded to the middle or
        // across it, and on a grid not as fine as the numbers to another integer than its number.
        let first = not.into_iter().fold(f64::NEG_INFINITY, |last, x| last.max(integer(x))) + 1.0;
        let last = are.into_iter().fold(f64::INFINITY, |first, x| first.min(integer(x)));
        return if first <= last { middle.clamp(first, last) } else { middle };
    }
    let side = |not: usize, are: usize| match not.cmp(&are) {
        Ordering::Less => Some(lo),
        Ordering::Equal => None,
        Ordering::Greater => Some(lo + 1.0),
    };
    let begins = seen.values.partition_point(|&x| integer(x) < lo);
    let ends = seen.values.partition_point(|&x| integer(x) <= lo);
    let within = seen.values.get(begins..ends).unwrap_or_default();
    let not = within.partition_point(|&x| !holds(x));
    let of_decimals = || {
        let near = near(seen.decimals?);
        let at = |is_held: bool| near.iter().filter(|&&x| integer(x) == lo && holds(x) == is_held).count().min(1);
        side(at(false), at(true))
    };
    side(not, within.len() - not).or_else(of_decimals).unwrap_or(otherwise)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(t: f32, is_strict: bool, scale: i32, seen: &[f64]) -> f64 {
        let slot = Slot { argument: 0, factor: 1.0, offset: 0.0, precision: Precision::Single };
        first((t.into(), is_strict), &slot, scale, &Seen::new(seen.to_vec()), f64::NAN)
    }

    /// `x >= 24.000002`, and 24 is what the data has.
    #[test]
    fn the_data_says_which_side_an_integer_is_on() {
        let (whole, next) = (24.0f32, 24.0f32.next_up());
        let seen = [12.0, 24.0, 24.0, 36.0];
        for scale in [0, 8, 16] {
            let q = (24 << scale) as f64;
            assert_eq!(of(next, false, scale, &seen), q + 1.0, "{scale}");
            assert_eq!(of(whole, false, scale, &seen), q, "{scale}");
            assert_eq!(of(whole, true, scale, &seen), q + 1.0, "{scale}");
            assert_eq!(of(next, false, scale, &[24.000_002]), q, "{scale}");
            assert!(of(next, false, scale, &[]).is_nan());
        }
    }

    /// Of what the data has nothing of, its decimals decide, as long as the grid tells them apart.
    #[test]
    fn decimals_that_the_data_does_not_have_are_on_their_side() {
        let seen = [0.0012, 0.9, 0.25];
        for i in 1..1000 {
            let x = f64::from(i) / 1000.0 + 0.0004;
            let (number, q) = (x as f32, (x * pow2(15)).round());
            // Half-way between two integers, the number and the decimal become different ones.
            if ((x * pow2(15)).fract() - 0.5).abs() < 0.01 {
                continue;
            }
            for t in [number, number.next_up(), number.next_down()] {
                assert_eq!(q >= of(t, false, 15, &seen), number >= t, "{x} {t}");
                assert_eq!(q >= of(t, true, 15, &seen), number > t, "{x} {t}");
            }
        }
        assert!(of(0.3f32.next_up(), false, 5, &seen).is_nan());
    }

    /// 0.1281 is 0.478 of the way from the number that it becomes to the next, so that on a grid four times as fine it becomes the middle.
    #[test]
    fn decimals_half_way_between_two_numbers_are_on_their_side() {
        let seen = [0.0102, 0.25];
        for x in [0.1281, 0.3627, 0.0713, 0.1262] {
            for t in [x as f32, (x as f32).next_up(), (x as f32).next_down()] {
                for (scale, is_strict) in (16..34).flat_map(|scale| [(scale, false), (scale, true)]) {
                    let holds = if is_strict { (x as f32) > t } else { (x as f32) >= t };
                    let place = of(t, is_strict, scale, &seen);
                    // Where no decimal becomes the threshold's integer, nothing needs to decide.
                    let is_right = place.is_nan() || ((x * pow2(scale)).round() >= place) == holds;
                    assert!(is_right, "{x} {t} {scale} {is_strict}: {place}");
                }
            }
        }
    }

    /// Numbers and decimals next to a threshold are on their side on every grid that tells numbers of single precision apart, but decimals
    /// that are half-way between two of them.
    #[test]
    fn what_is_next_to_a_threshold_stays_on_its_side_of_it() {
        for x in (1..2000).map(|i| (f64::from(i) * 0.0173) - 17.0) {
            let number = x as f32;
            let step = f64::from(number.abs()) - f64::from(number.abs().next_down());
            let is_between = (x - f64::from(number)).abs() > 0.35 * step;
            let least = 2 - step.log2() as i32;
            for t in [number, number.next_up(), number.next_down()] {
                for (scale, is_strict) in (least..least + 6).flat_map(|scale| [(scale, false), (scale, true)]) {
                    let place = of(t, is_strict, scale, &[]);
                    let numbers = [number, t, t.next_up(), t.next_down()].map(f64::from);
                    for x in numbers.into_iter().chain((!is_between).then_some(x)) {
                        let holds = if is_strict { (x as f32) > t } else { (x as f32) >= t };
                        assert_eq!((x * pow2(scale)).round() >= place, holds, "{x} {t} {scale} {is_strict}");
                    }
                }
            }
        }
    }

    #[test]
    fn what_lies_behind_all_numbers_is_left() {
        for t in [f32::INFINITY, f32::NEG_INFINITY, f32::MAX] {
            assert!(of(t, true, 3, &[1.0]).is_nan(), "{t}");
        }
    }
}

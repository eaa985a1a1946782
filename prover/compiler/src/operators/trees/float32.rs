//! Conditions on single-precision numbers by their order keys.
//!
//! `x < t` of a number x of single precision and a threshold t of any is `key(x) < k` with k the key of the least such number that is not
//! below t; the other comparisons likewise. No branch is off for any x, infinities and zeros of either sign among them.

use assay_circuits::layers::trees::Set;
use assay_interface::float32::{KEY_OF_INFINITY, key};

use super::ensemble::{Condition, Slot};

/// The key of the least number of single precision that is at least `t`, and whether the two are equal. Thresholds are no NaN.
pub(super) fn least_not_below(t: f64) -> (i64, bool) {
    let nearest = t as f32;
    let of_nearest = key(nearest).unwrap_or(KEY_OF_INFINITY);
    let rounded = f64::from(nearest);
    // A nearest number that is not below t is the least such one: another between the two would be nearer.
    if rounded < t { (of_nearest.saturating_add(1), false) } else { (of_nearest, rounded == t) }
}

impl Condition {
    /// The keys of the numbers for which the condition holds; `None` of a feature that is not the number itself. Integers that are no key
    /// are on either side.
    pub(super) fn on_keys(&self, slot: &Slot) -> Option<Set> {
        if slot.factor == 0.0 {
            let holds = self.holds(slot.offset);
            return Some(if holds { Set::all() } else { Set::none() });
        }
        if (slot.factor, slot.offset) != (1.0, 0.0) {
            return None;
        }
        let at_least = |t: f64| Set::at_least(least_not_below(t).0);
        let above = |t: f64| {
            let (least, is_equal) = least_not_below(t);
            Set::at_least(least.saturating_add(i64::from(is_equal)))
        };
        Some(match self {
            Condition::AtMost(t) => above(*t).complement(),
            Condition::Below(t) => at_least(*t).complement(),
            Condition::AtLeast(t) => at_least(*t),
            Condition::Above(t) => above(*t),
            Condition::Among { ranges, is_in } => {
                let within = |&(lo, hi): &(f64, f64)| at_least(lo).difference(&above(hi));
                let set = ranges.iter().fold(Set::none(), |set, range| set.union(&within(range)));
                if *is_in { set } else { set.complement() }
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::import::single::Precision;

    /// Every comparison with thresholds of single and of double precision, of numbers at, one step below and one step above each.
    #[test]
    fn conditions_hold_of_the_keys_of_their_numbers() {
        let single = [
            0.0,
            -0.0,
            0.1,
            -0.1,
            1e-45,
            -1e-45,
            f32::MIN_POSITIVE,
            1.0,
            -3.75,
            16_777_216.0,
            f32::MAX,
            f32::MIN,
            f32::INFINITY,
            f32::NEG_INFINITY,
        ];
        let double = [0.1, -0.1, 1e-46, -1e-46, 1.0 + 1e-12, 1.0 - 1e-12, 1e39, -1e39, 3.4028235e38, 3.4028236e38, 5e-324];
        let thresholds: Vec<f64> = single.iter().map(|&t| f64::from(t)).chain(double).collect();
        let near = |t: f64| [t as f32, (t as f32).next_up(), (t as f32).next_down()];
        let numbers: Vec<f32> = thresholds.iter().flat_map(|&t| near(t)).collect();
        let identity = Slot { argument: 0, factor: 1.0, offset: 0.0, precision: Precision::Single };
        for &t in &thresholds {
            for condition in [
                Condition::AtMost(t),
                Condition::Below(t),
                Condition::AtLeast(t),
                Condition::Above(t),
                Condition::equal(t, true),
                Condition::equal(t, false),
                Condition::member(&[t, 1.0, -0.0]),
                Condition::Among { ranges: vec![(t, t.max(0.3)), (-2.0, -1.0)], is_in: false },
            ] {
                let set = condition.on_keys(&identity).unwrap();
                for &x in &numbers {
                    let key = key(x).unwrap();
                    assert_eq!(set.contains(key), condition.holds(x.into()), "{condition:?} of {x:e}");
                }
            }
        }
    }

    #[test]
    fn functions_of_the_number_have_no_keys() {
        let slot = |factor, offset| Slot { argument: 0, factor, offset, precision: Precision::Single };
        let of = |factor, offset| Condition::Below(0.5).on_keys(&slot(factor, offset));
        assert_eq!((of(2.0, 0.0), of(1.0, 1.0), of(-1.0, 0.0)), (None, None, None));
        assert_eq!((of(0.0, 0.25), of(0.0, 0.75)), (Some(Set::all()), Some(Set::none())));
    }
}

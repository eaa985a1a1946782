//! Bands and leads, at the edges.

use super::{Band, Integers, ahead};
use crate::quantize::certify::range::Range;

/// Nine bits at scale 4: sixteenths from -16 to 15.9375.
fn format() -> Integers {
    Integers::new(9, 4)
}

fn around(threshold: f64, lo: f64, hi: f64) -> (i64, i64) {
    let Band { first, end } = Band::around(threshold, Range { lo, hi }, format());
    (first, end)
}

/// Whether some float value, off by what `lo` and `hi` allow, lies on the other side of the threshold than the integer's.
fn may_differ(q: i64, threshold: f64, lo: f64, hi: f64) -> bool {
    let real = q as f64 / 16.0;
    [lo, hi].into_iter().any(|off| (real + off >= threshold) != (real >= threshold))
}

/// Every integer whose side may change is inside, whether the error is on both sides of zero or on one, and few others are.
#[test]
fn bands_hold_what_may_differ() {
    let thresholds = [0.0, 0.25, 0.26, -3.999, 15.9375, 15.95, 40.0, -16.0, -16.01, -900.0];
    let errors = [(-0.1, 0.3), (0.0, 0.0), (-0.5, 0.0), (0.0, 0.7), (0.2, 0.4), (-0.9, -0.33), (-100.0, 0.1)];
    for threshold in thresholds {
        for (lo, hi) in errors {
            let (first, end) = around(threshold, lo, hi);
            let at = format().threshold(threshold);
            assert!(-256 <= first && first <= at && at <= end && end <= 256, "{first} {at} {end}");
            let differing: Vec<i64> = (-256..256).filter(|&q| may_differ(q, threshold, lo, hi)).collect();
            assert!(
                differing.iter().all(|q| (first..end).contains(q)),
                "{threshold} {lo} {hi}: {differing:?}"
            );
            // Errors on one side of zero leave room on that side alone; rounding outwards may add one at each end.
            let spare = (end - first) as usize - differing.len();
            assert!(spare <= 2, "{threshold} {lo} {hi}: {first}..{end} of {differing:?}");
        }
    }
    // Nothing is off: nothing is uncertain.
    assert_eq!(around(0.25, 0.0, 0.0), (4, 4));
    assert_eq!(around(0.25, 0.1, 0.3), (0, 4));
}

#[test]
fn a_threshold_is_the_least_integer_that_reaches_it() {
    let at = |threshold| format().threshold(threshold);
    assert_eq!([at(0.25), at(0.26), at(-0.26), at(100.0), at(-100.0)], [4, 5, -4, 256, -256]);
}

#[test]
fn leads_are_of_the_largest_to_the_next() {
    assert_eq!(ahead([3, 9, 5]), 4);
    assert_eq!(ahead([9, 3, 9]), 0);
    assert_eq!(ahead([-7, -9]), 2);
    assert_eq!(ahead([5]), i64::MAX);
    assert_eq!(ahead([i64::MIN, i64::MAX]), i64::MAX);
}

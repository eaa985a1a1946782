//! Trigonometric functions and their inverses.

use std::f64::consts::{FRAC_PI_2, PI};

/// The sine. Exact reduction for |x| up to 2^20: multiples of pi/2 are taken off in three parts.
pub(crate) fn sin(x: f64) -> f64 {
    in_quadrant(x, 0)
}

/// The cosine: the sine, a quadrant further on.
pub(crate) fn cos(x: f64) -> f64 {
    in_quadrant(x, 1)
}

fn in_quadrant(x: f64, quadrants: i64) -> f64 {
    // The first two parts of pi/2 have 33 bits each, so multiples of them by at most 2^20 are exact.
    let parts = [1.570_796_326_734_125_6, 6.077_100_506_303_966e-11, 2.022_266_248_795_950_6e-21];
    let k = (x / FRAC_PI_2).round();
    let r = parts.iter().fold(x, |rest, part| rest - k * part);
    let square = r * r;
    // 1 - s/((1+o)(2+o)) (1 - s/((3+o)(4+o)) (...))
    let alternating = |odd: i32| {
        (1..=10).rev().fold(1.0, |sum, n| 1.0 - square * sum / f64::from((2 * n - 1 + odd) * (2 * n + odd)))
    };
    match (k as i64).wrapping_add(quadrants).rem_euclid(4) {
        0 => r * alternating(1),
        1 => alternating(0),
        2 => -r * alternating(1),
        _ => -alternating(0),
    }
}

/// The angle of a tangent. Beyond 1, that of the reciprocal is taken off the right angle; what is left is halved twice.
pub(crate) fn atan(x: f64) -> f64 {
    let magnitude = x.abs();
    let inner = if magnitude > 1.0 { 1.0 / magnitude } else { magnitude };
    let halved = |z: f64| z / (1.0 + (1.0 + z * z).sqrt());
    let z = halved(halved(inner));
    let square = z * z;
    let sum = (0..10).rev().fold(0.0, |sum, n| 1.0 / f64::from(2 * n + 1) - square * sum);
    let value = if magnitude > 1.0 { FRAC_PI_2 - 4.0 * z * sum } else { 4.0 * z * sum };
    if x < 0.0 { -value } else { value }
}

/// The angle of a sine, for |x| at most 1.
pub(crate) fn asin(x: f64) -> f64 {
    atan(x / ((1.0 - x) * (1.0 + x)).sqrt())
}

/// The angle of a cosine, for |x| at most 1.
pub(crate) fn acos(x: f64) -> f64 {
    if x == 0.0 {
        return FRAC_PI_2;
    }
    let angle = atan(((1.0 - x) * (1.0 + x)).sqrt() / x);
    if x < 0.0 { PI + angle } else { angle }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_to_the_platforms_functions_up_to_rounding() {
        let close = |found: f64, expected: f64| {
            assert!((found - expected).abs() <= 1e-14 * expected.abs().max(1e-1), "{found} and {expected}");
        };
        for i in -6000..=6000 {
            let x = f64::from(i) / 997.0;
            for x in [x, x * 100.0, x * 1e5] {
                close(sin(x), x.sin());
                close(cos(x), x.cos());
                close(atan(x), x.atan());
            }
            let x = f64::from(i) / 6000.0;
            close(asin(x), x.asin());
            close(acos(x), x.acos());
        }
    }
}

//! Where thresholds lie among the integers that values are rounded to.
//!
//! A threshold `t` has a place `p = t 2^s` between integers, and a value `x` becomes an integer `q`. On an exact grid `q` stands for itself.
//! On a rounded one it stands for all that is nearest to it, and the threshold becomes the integer `r` nearest to it, too: a value that
//! equals a threshold stays equal to it, which is common, since trainers take thresholds from their data.
//!
//! ```text
//!                 exact                rounded
//! x >= t          q >= ceil(p)         q >= r
//! x >  t          q >= floor(p) + 1    q >= r + 1
//! x =  t          q = p                q = r
//! ```
//!
//! A value on the other side of the threshold that rounds to `r` too is taken for it. Half-way between two integers there is no nearest
//! one, and most values that meet such a grid are on it (whole numbers, say, with thresholds half-way between them): what orders them is
//! exact there, and equality takes the integer that values are rounded to.
//!
//! All hold with their mirror images: `x < t` is not `x >= t`, and `x <= t` is not `x > t`.

/// What an integer of an argument stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Grid {
    /// The numbers that are rounded to it.
    Rounded,
    /// Itself: all values of the argument are on the grid.
    Exact,
}

impl Grid {
    /// The first integer of which `x >= t` holds, for the place of `t`.
    pub fn first_at_least(self, place: f64) -> f64 {
        match self {
            Grid::Rounded => nearest(place).unwrap_or_else(|| place.ceil()),
            Grid::Exact => place.ceil(),
        }
    }

    /// The first integer of which `x > t` holds.
    pub fn first_above(self, place: f64) -> f64 {
        match self {
            Grid::Rounded => nearest(place).unwrap_or_else(|| place.floor()) + 1.0,
            Grid::Exact => place.floor() + 1.0,
        }
    }

    /// The integer of which `x = t` holds; `None` where there is none.
    pub fn equal(self, place: f64) -> Option<f64> {
        let equal = match self {
            // As values are: see `number::quantize`.
            Grid::Rounded => place.round(),
            Grid::Exact => place,
        };
        (equal.is_finite() && equal.fract() == 0.0).then_some(equal)
    }
}

/// The nearest integer; `None` half-way between two.
fn nearest(place: f64) -> Option<f64> {
    let above = place - place.floor();
    // Infinite places stay where they are.
    if above == 0.5 { None } else { Some(place.round()) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::number::{pow2, quantize};

    /// A value that is a threshold stays equal to it on any grid that it is rounded to, however many thresholds fall together.
    #[test]
    fn what_equals_a_threshold_stays_equal_to_it() {
        for i in 1..4000 {
            let t = f64::from((i as f32).sqrt() - 30.0);
            for scale in [-2, 0, 3, 8, 15] {
                let (q, place) = (quantize(t, scale).unwrap() as f64, t * pow2(scale));
                assert_eq!(Grid::Rounded.equal(place), Some(q), "{t} at {scale}");
                // Half-way, what is on the grid decides.
                if place.fract().abs() == 0.5 {
                    continue;
                }
                assert_eq!(Grid::Rounded.first_at_least(place), q, "{t} at {scale}");
                assert_eq!(Grid::Rounded.first_above(place), q + 1.0, "{t} at {scale}");
            }
        }
    }

    /// Integers are compared exactly with thresholds on an exact grid, and on a rounded one with those on integers or half-way between.
    #[test]
    fn integers_are_compared_exactly() {
        for place in (-40..=40).map(|eighths| f64::from(eighths) / 8.0) {
            for q in -8..=8 {
                let q = f64::from(q);
                let check = |grid: Grid| {
                    assert_eq!(q >= grid.first_at_least(place), q >= place, "{grid:?} {q} {place}");
                    assert_eq!(q >= grid.first_above(place), q > place, "{grid:?} {q} {place}");
                };
                check(Grid::Exact);
                assert_eq!(Grid::Exact.equal(place) == Some(q), q == place, "{q} {place}");
                if (2.0 * place).fract() == 0.0 {
                    check(Grid::Rounded);
                }
            }
        }
    }

    /// Nothing is above all integers that numbers reach, or below them, and infinities equal none.
    #[test]
    fn places_beyond_all_integers_stay_there() {
        for grid in [Grid::Exact, Grid::Rounded] {
            assert_eq!(grid.first_at_least(f64::INFINITY), f64::INFINITY);
            assert_eq!(grid.first_above(f64::NEG_INFINITY), f64::NEG_INFINITY);
            assert_eq!(grid.equal(f64::INFINITY), None);
            assert_eq!(grid.first_at_least(1e30), 1e30);
        }
    }
}

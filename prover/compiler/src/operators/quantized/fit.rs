//! A file's rounding as sums of floors, equal for every integer that there can be.
//!
//! ```text
//! y = base + sum_j clamp(floor((f_j0 t_0 + f_j1 t_1 + c_j) / 2^shift_j), 0, most_j)
//! ```
//!
//! A law grows with its arguments, so it is known by the places where it becomes `n`: the corners. One floor that lies on the right side
//! of all of them is the law. Where halves are rounded to even there is none, for steps are then wider and narrower by turns; but the
//! steps to even numbers have one, and those to odd numbers another, and `y` is their sum. So it is tried with one floor, two and four.

/// One of the floors.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Floor {
    /// Factors of the parts.
    pub factors: [i64; 2],
    /// The constant.
    pub constant: i64,
    /// Bits dropped.
    pub shift: u32,
    /// The largest result; the least is zero.
    pub most: i64,
}

/// A law as a sum of floors.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Fitted {
    /// The least result.
    pub base: i64,
    /// At most [`MOST_FLOORS`]; none of a constant.
    pub floors: Vec<Floor>,
}

/// Floors, at most.
pub(super) const MOST_FLOORS: usize = 4;
/// Bits that a floor drops, at most.
pub(super) const MAX_SHIFT: u32 = 48;
/// Magnitudes that are floored stay below this many bits.
const MAX_BITS: u32 = 58;
/// Corners, at most: a law of 16 bits has 2^17.
const MOST_CORNERS: usize = 1 << 19;
/// Corners of which slopes are searched, at most.
const MOST_SEARCHED: usize = 1 << 14;
/// By which part of itself a slope may differ.
const WINDOW: f64 = 1.0 / 64.0;
/// Steps of a search: a third each.
const TRIALS: usize = 64;
/// Values of a second part, at most.
const MOST_LINES: i64 = 1 << 10;

/// `y >= n` at a place, or `y < n`.
#[derive(Clone, Copy)]
pub(super) struct Corner {
    pub n: i64,
    pub at: [i64; 2],
    is_reached: bool,
}

/// The floors of a law that grows by `slopes` with its parts, which are in `ranges`; `None` where there are none within the widths.
pub(super) fn fit(
    law: &dyn Fn([i64; 2]) -> i64,
    ranges: [(i64, i64); 2],
    slopes: [f64; 2],
) -> Option<Fitted> {
    // The second part is gone through one by one.
    let sizes = ranges.map(|(lo, hi)| hi.saturating_sub(lo));
    if sizes[1] > MOST_LINES && sizes[0] <= MOST_LINES {
        let swapped = |[a, b]: [i64; 2]| law([b, a]);
        let mut fitted = fit(&swapped, [ranges[1], ranges[0]], [slopes[1], slopes[0]])?;
        fitted.floors.iter_mut().for_each(|floor| floor.factors.reverse());
        return Some(fitted);
    }
    let [(lo, hi), (first, last)] = ranges;
    let base = law([lo, first]);
    let top = law([hi, last]);
    let corners = corners(law, ranges, (base, top))?;
    if top < base || !slopes.iter().all(|slope| slope.is_finite()) {
        return None;
    }
    if top == base {
        return Some(Fitted { base, floors: Vec::new() });
    }
    [1, 2, MOST_FLOORS].into_iter().find_map(|count| {
        let floor = |class: usize| {
            let class = class as i64;
            let of_class = |corner: &&Corner| (corner.n - base - 1) % count as i64 == class;
            let numbered =
                |corner: &Corner| Corner { n: (corner.n - base - 1) / count as i64 + 1, ..*corner };
            let corners: Vec<Corner> = corners.iter().filter(of_class).map(numbered).collect();
            let most = (top - base - 1 - class).div_euclid(count as i64) + 1;
            match most {
                1.. => floor(&corners, ranges, slopes.map(|slope| slope / count as f64), most).map(Some),
                _ => Some(None),
            }
        };
        let floors: Option<Vec<Option<Floor>>> = (0..count).map(floor).collect();
        Some(Fitted { base, floors: floors?.into_iter().flatten().collect() })
    })
}

/// Where the law becomes each number from `base + 1` to `top`.
pub(super) fn corners(
    law: &dyn Fn([i64; 2]) -> i64,
    [(lo, hi), (first, last)]: [(i64, i64); 2],
    (base, top): (i64, i64),
) -> Option<Vec<Corner>> {
    if last - first > MOST_LINES || hi < lo {
        return None;
    }
    let classes = MOST_FLOORS as i64;
    let mut corners = Vec::new();
    for second in first..=last {
        let (least, most) = (law([lo, second]), law([hi, second]));
        // Of each class of numbers, the nearest of those that are reached everywhere, and nowhere, says it of the others.
        let below = (least - classes + 1).max(base + 1)..=least.min(top);
        corners.extend(below.map(|n| Corner { n, at: [lo, second], is_reached: true }));
        let above = (most + 1).max(base + 1)..=(most + classes).min(top);
        corners.extend(above.map(|n| Corner { n, at: [hi, second], is_reached: false }));
        let mut start = lo;
        for n in least + 1..=most {
            let (mut under, mut reached) = (start, hi);
            while reached - under > 1 {
                let middle = under + (reached - under) / 2;
                if law([middle, second]) >= n { reached = middle } else { under = middle }
            }
            corners.push(Corner { n, at: [reached, second], is_reached: true });
            corners.push(Corner { n, at: [reached - 1, second], is_reached: false });
            start = reached - 1;
            if corners.len() > MOST_CORNERS {
                return None;
            }
        }
    }
    Some(corners)
}

/// The floor of the least shift that lies on the right side of all corners.
fn floor(corners: &[Corner], ranges: [(i64, i64); 2], slopes: [f64; 2], most: i64) -> Option<Floor> {
    let [first, second] = slopes.map(|slope| (slope, slope));
    let first =
        if second.0 == 0.0 && corners.len() <= MOST_SEARCHED { steepness(corners, first.0)? } else { first };
    (0..=MAX_SHIFT).find_map(|shift| {
        let firsts = near(first, shift);
        let seconds = if second.0 == 0.0 { vec![0] } else { near(second, shift) };
        firsts.into_iter().flat_map(|first| seconds.iter().map(move |&second| [first, second])).find_map(
            |factors| {
                let constant = constant(corners, factors, shift)?;
                let end = |pick: fn(i128, i128) -> i128| {
                    let part = |(&factor, &(lo, hi)): (&i64, &(i64, i64))| {
                        pick(i128::from(factor) * i128::from(lo), i128::from(factor) * i128::from(hi))
                    };
                    factors.iter().zip(&ranges).map(part).sum::<i128>() + i128::from(constant)
                };
                let limit = 1i128 << MAX_BITS;
                let fits = end(i128::min) > -limit && end(i128::max) < limit;
                fits.then_some(Floor { factors, constant, shift, most })
            },
        )
    })
}

/// Integers at a shift between two slopes, or around one.
fn near((least, most): (f64, f64), shift: u32) -> Vec<i64> {
    let unit = (1u64 << shift) as f64;
    if least == most {
        let factor = (least * unit).floor() as i64;
        return vec![factor, factor.saturating_add(1)];
    }
    let (first, last) = ((least * unit).ceil() as i64, (most * unit).floor() as i64);
    if first > last { Vec::new() } else { vec![first + (last - first) / 2, first, last] }
}

/// The slopes of lines that pass above the places where the numbers are reached, and below those before: about `slope`. How far all lines
/// of a slope are from that is a convex function of it.
fn steepness(corners: &[Corner], slope: f64) -> Option<(f64, f64)> {
    let excess = |slope: f64| {
        let (mut least, mut most) = (f64::NEG_INFINITY, f64::INFINITY);
        for corner in corners {
            let needed = corner.n as f64 - slope * corner.at[0] as f64;
            if corner.is_reached {
                least = least.max(needed);
            } else {
                most = most.min(needed);
            }
        }
        least - most
    };
    let (mut lo, mut hi) = (slope * (1.0 - WINDOW), slope * (1.0 + WINDOW));
    for _ in 0..TRIALS {
        let (a, b) = (lo + (hi - lo) / 3.0, hi - (hi - lo) / 3.0);
        // Any slope will do.
        if excess(a) < 0.0 {
            (lo, hi) = (a, a);
        } else if excess(b) < 0.0 {
            (lo, hi) = (b, b);
        } else if excess(a) < excess(b) {
            hi = b;
        } else {
            lo = a;
        }
        if lo == hi {
            break;
        }
    }
    let found = lo + (hi - lo) / 2.0;
    if excess(found) >= 0.0 {
        return None;
    }
    let end = |mut outside: f64| {
        let mut inside = found;
        if excess(outside) < 0.0 {
            return outside;
        }
        for _ in 0..TRIALS {
            let middle = inside + (outside - inside) / 2.0;
            if excess(middle) < 0.0 { inside = middle } else { outside = middle }
        }
        inside
    };
    Some((end(slope * (1.0 - WINDOW)), end(slope * (1.0 + WINDOW))))
}

/// The least constant with which a floor of these factors lies on the right side of all corners.
fn constant(corners: &[Corner], factors: [i64; 2], shift: u32) -> Option<i64> {
    let (mut least, mut most) = (i128::MIN, i128::MAX);
    for corner in corners {
        let of = |(factor, at): (i64, i64)| i128::from(factor) * i128::from(at);
        let sum: i128 = factors.into_iter().zip(corner.at).map(of).sum();
        let needed = (i128::from(corner.n) << shift) - sum;
        if corner.is_reached {
            least = least.max(needed);
        } else {
            most = most.min(needed - 1);
        }
        if least > most {
            return None;
        }
    }
    // Some number is reached somewhere, or none is anywhere: then nothing is floored.
    i64::try_from(least).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value(fitted: &Fitted, t: [i64; 2]) -> i64 {
        let floor = |floor: &Floor| {
            let sum = floor.factors[0] * t[0] + floor.factors[1] * t[1] + floor.constant;
            (sum >> floor.shift).clamp(0, floor.most)
        };
        fitted.base + fitted.floors.iter().map(floor).sum::<i64>()
    }

    fn check(law: impl Fn([i64; 2]) -> i64, ranges: [(i64, i64); 2], slopes: [f64; 2]) -> Fitted {
        let fitted = fit(&law, ranges, slopes).unwrap();
        for second in ranges[1].0..=ranges[1].1 {
            for first in ranges[0].0..=ranges[0].1 {
                assert_eq!(
                    value(&fitted, [first, second]),
                    law([first, second]),
                    "{first} {second}: {fitted:?}"
                );
            }
        }
        fitted
    }

    /// Every integer of a range, for multipliers of all sizes, and those whose halves are many.
    #[test]
    fn floors_are_the_law_everywhere() {
        for multiplier in
            [0.0007f32, 0.003_921_57, 0.0123, 0.25, 0.37, 0.5, 1.0, 1.5, 2.0, 7.3, 1.0 / 3.0, 0.1]
        {
            for (lo, hi) in [(-128, 127), (0, 255), (-3, 3), (0, 0)] {
                let law = |[t, _]: [i64; 2]| ((t as f32 * multiplier).round_ties_even() as i64).clamp(lo, hi);
                let fitted = check(law, [(-20_000, 30_000), (0, 0)], [multiplier.into(), 0.0]);
                // Decimals come as near to halves as single precision goes, and further apart it says of each something else.
                let most = if multiplier == 0.0007 { 4 } else { 2 };
                assert!(fitted.floors.len() <= most, "{multiplier}: {fitted:?}");
            }
        }
    }

    #[test]
    fn sums_of_two_scales() {
        for (a, b) in [(0.5f32, 0.5f32), (0.25, 1.0), (0.731_245_7, 0.377_191_3), (1.917_31, 0.021_387_1)] {
            let law = |[t, u]: [i64; 2]| {
                let sum = t as f32 * a + u as f32 * b;
                (sum.round_ties_even() as i64).clamp(-128, 127)
            };
            check(law, [(-255, 255), (-128, 127)], [a.into(), b.into()]);
            check(|[t, u]| law([u, t]), [(-128, 127), (-2000, 2000)], [b.into(), a.into()]);
        }
    }

    /// 16 bits: thresholds by the ten thousands, of which single precision puts some on the wrong side of any line.
    #[test]
    fn wide_results() {
        let double = |[t, _]: [i64; 2]| ((t as f64 * 0.0123).round_ties_even() as i64).clamp(-32768, 32767);
        let fitted = fit(&double, [(-4_000_000, 4_000_000), (0, 0)], [0.0123, 0.0]).unwrap();
        for t in (-4_000_000..=4_000_000).step_by(13) {
            assert_eq!(value(&fitted, [t, 0]), double([t, 0]));
        }
        let single =
            |[t, _]: [i64; 2]| ((t as f32 * 0.0123f32).round_ties_even() as i64).clamp(-32768, 32767);
        assert_eq!(fit(&single, [(-4_000_000, 4_000_000), (0, 0)], [0.0123, 0.0]), None);
    }

    #[test]
    fn what_has_no_floors_says_so() {
        let square = |[t, _]: [i64; 2]| t * t;
        assert_eq!(fit(&square, [(0, 200), (0, 0)], [1.0, 0.0]), None);
        let wide = |[t, u]: [i64; 2]| t + u;
        assert_eq!(fit(&wide, [(0, 5000), (0, 5000)], [1.0, 1.0]), None);
    }
}

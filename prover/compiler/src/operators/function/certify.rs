//! How far a function's results can be off: by its slopes between the float model's argument and the integers', and by its entries.
//!
//! `f(z) - T(c) = (f(z) - f(c)) + (f(c) - T(c))`: the first is the argument's error times some slope of `f` in between; the second is
//! measured over all entries that the argument can reach, which holds what the format of results has no room for as well.

use assay_circuits::layers::interpolated::Interpolated;

use crate::elementary::{erf, exp, powi, sigmoid, tanh};
use crate::model::activation::{self, Activation, Arguments, Dyadic};
use crate::number::pow2;
use crate::quantize::certify::range::Range;
use crate::quantize::certify::rule::{
    ELEMENTARY, Enclosure, Given, Line, Row, Rule, Side, constant_beside, slope_between,
};

/// Entries that are looked at one by one, at most.
const ENTRIES: i64 = 1 << 13;
/// Where the slope of `x sigmoid(x)` is largest; it is least at the negative.
const SILU: f64 = 2.399_357_280_515_468;

/// The rules of each element.
pub(super) fn rules(function: Activation, given: &Given<'_>) -> Option<Vec<Rule>> {
    let entries = Entries::new(function, given);
    let rows = given.rows.iter().zip(given.scales).zip(given.results).enumerate();
    rows.map(|(at, ((row, &scale), &results))| rule(function, at, row, (scale, given.scale), results, &entries)).collect()
}

/// The integers' results of the arguments of all elements, and what they are less than the function's.
struct Entries {
    first: i64,
    /// The function's, and the integers'.
    values: Vec<(f64, f64)>,
}

impl Entries {
    fn new(function: Activation, given: &Given<'_>) -> Self {
        let none = Entries { first: 0, values: Vec::new() };
        let Some(&scale) = given.scales.first().filter(|first| given.scales.iter().all(|s| s == *first)) else {
            return none;
        };
        let Some(all) = given.rows.iter().map(|row| row.value).reduce(Range::hull) else { return none };
        let Some((first, last)) = integers(all, scale).filter(|(first, last)| last - first < ENTRIES) else {
            return none;
        };
        let Some(results) = (given.integers)(&(first..=last).collect::<Vec<_>>()) else { return none };
        let unit = pow2(-given.scale);
        let values = (first..=last).zip(&results).map(|(q, &y)| {
            (activation::apply(function, q as f64 * pow2(-scale)), y as f64 * unit)
        });
        Entries { first, values: values.collect() }
    }

    /// The entries of some arguments.
    fn of(&self, (first, last): (i64, i64)) -> Option<&[(f64, f64)]> {
        let start = usize::try_from(first.checked_sub(self.first)?).ok()?;
        let end = usize::try_from(last.checked_sub(self.first)?).ok()?;
        self.values.get(start..=end)
    }
}

/// The first and the last integer whose number lies in a range.
fn integers(range: Range, scale: i32) -> Option<(i64, i64)> {
    // The ends are such numbers, but for the rounding outwards.
    let [lo, hi] = [range.lo, range.hi].map(|end| (end * pow2(scale)).round());
    let is_small = lo.abs() < pow2(52) && hi.abs() < pow2(52);
    is_small.then_some((lo as i64, hi as i64))
}

fn rule(
    function: Activation,
    at: usize,
    row: &Row,
    (of_argument, of_results): (i32, i32),
    results: Range,
    entries: &Entries,
) -> Option<Rule> {
    let all = row.value.hull(row.float);
    if row.may_miss || !all.is_finite() {
        return None;
    }
    let f = |x: f64| activation::apply(function, x);
    let (own, value) = match integers(row.value, of_argument).and_then(|ends| Some((ends, entries.of(ends)?))) {
        Some(((first, _), entries)) => of_entries(at, first, entries, of_argument),
        None => of_wide(function, row, (of_argument, of_results), results)?,
    };
    if !own.is_finite() {
        return None;
    }
    let Some(slopes) = slopes(function, all) else {
        // Of a root, steep as it is: the root of the difference of two numbers is at least that of theirs.
        let end = |error: f64| error.max(0.0).sqrt() * (1.0 + ELEMENTARY);
        let error = Range { lo: -end(-row.error.lo), hi: end(row.error.hi) };
        let error = Enclosure::constant(error.plus(own));
        let is_root = function == Activation::Sqrt;
        return is_root.then(|| Rule { error, value, gains: Vec::new(), own, cut: Range::ZERO });
    };
    let error = Enclosure::sloped(at, row.error, slopes);
    let error = match cap(function, row, slopes, &f) {
        Some(cap) => error.within(cap, &|_| Some(Row { ..*row })),
        None => error,
    };
    Some(Rule { error: error.shifted(own), value, gains: vec![(at, slopes)], own, cut: Range::ZERO })
}

/// What the function's difference is at most, for a function that rises or falls all over.
fn cap(function: Activation, row: &Row, slopes: Range, f: &impl Fn(f64) -> f64) -> Option<Range> {
    let (is_rising, is_falling) = (slopes.lo >= 0.0, slopes.hi <= 0.0);
    if !(is_rising || is_falling) {
        return None;
    }
    let between = |z: f64, c: f64| {
        let (z, c) = (f(z), f(c));
        let lost = ELEMENTARY * (z.abs() + c.abs() + 1.0);
        Range::new(z - c, z - c).widened(lost)
    };
    // By the ends of both.
    let ends = match is_rising {
        true => between(row.float.lo, row.value.hi).hull(between(row.float.hi, row.value.lo)),
        false => between(row.float.hi, row.value.lo).hull(between(row.float.lo, row.value.hi)),
    };
    // Where the argument is not clamped, by its error alone; where it is, by what lies beyond.
    let e = row.before;
    let inside = Range {
        lo: (row.value.lo + e.lo.min(0.0)).next_down(),
        hi: (row.value.hi + e.hi.max(0.0)).next_up(),
    };
    let most = e.magnitude();
    let mut cap = e.times(self::slopes(function, inside)?);
    match function {
        Activation::Sigmoid => cap = cap.cut(Range::around(tanh(0.25 * most) * (1.0 + ELEMENTARY))),
        Activation::Tanh => cap = cap.cut(Range::around(2.0 * tanh(0.5 * most) * (1.0 + ELEMENTARY))),
        _ => {}
    }
    if row.is_cut.0 {
        cap = cap.hull(between(row.float.lo, row.value.lo)).hull(Range::ZERO);
    }
    if row.is_cut.1 {
        cap = cap.hull(between(row.float.hi, row.value.hi)).hull(Range::ZERO);
    }
    Some(cap.cut(ends))
}

/// What entries are off, and lines beside them.
fn of_entries(at: usize, first: i64, entries: &[(f64, f64)], scale: i32) -> (Range, Enclosure) {
    let off = entries.iter().map(|&(f, y)| Range::new(f - y, f - y).widened(ELEMENTARY * (1.0 + f.abs())));
    let own = off.reduce(Range::hull).unwrap_or(Range::ALL);
    let points = || (first..).zip(entries).map(|(q, &(_, y))| (q as f64 * pow2(-scale), y));
    let ends = points().map(|(_, y)| Range::new(y, y)).reduce(Range::hull).unwrap_or(Range::ALL);
    let slope = match (points().next(), points().last()) {
        (Some(first), Some(last)) => slope_between(first, last),
        _ => 0.0,
    };
    let line = |side: Side| Line::of_value(at, slope, constant_beside(side, points(), slope));
    (own, Enclosure { range: ends, above: line(Side::Above), below: line(Side::Below) })
}

/// The same for arguments that are too many to look at: by what the circuit's layer says of its error.
fn of_wide(
    function: Activation,
    row: &Row,
    (of_argument, of_results): (i32, i32),
    results: Range,
) -> Option<(Range, Enclosure)> {
    let (unit, ends) = (pow2(-of_results), [row.value.lo, row.value.hi].map(|x| activation::apply(function, x)));
    let all = Range::new(ends[0].min(ends[1]), ends[0].max(ends[1]));
    let off = match function {
        Activation::Log => 0.5 * unit + pow2(-14),
        Activation::Sqrt | Activation::InverseSqrt | Activation::Exp | Activation::Reciprocal => unit,
        Activation::Power { exponent } => {
            unit + 2.0 * real(exponent).abs() * pow2(-13) * all.magnitude().max(1.0)
        }
        _ => by_chords(row, of_argument, bend(function)?)? + 0.625 * unit,
    };
    // What the format has no room for: of functions that rise or fall all over it is at an end, of others as far as they reach.
    let is_steady = function == Activation::Sqrt
        || slopes(function, row.value).is_some_and(|s| s.lo >= 0.0 || s.hi <= 0.0);
    let all = if is_steady { all } else { all.hull(turns(function)?) };
    let beyond = [all.lo, all.hi].map(|f| f - f.clamp(results.lo, results.hi));
    let beyond = beyond.into_iter().fold(Range::ZERO, |all, x| all.hull(Range::new(x, x)));
    let own = Range::around(off * (1.0 + ELEMENTARY)).plus(beyond);
    own.is_finite().then(|| (own, Enclosure::constant(results)))
}

/// How far chords are from a function whose second derivative is at most `bend`, for arguments of the row's domain.
fn by_chords(row: &Row, scale: i32, bend: f64) -> Option<f64> {
    let (first, last) = integers(row.domain, scale)?;
    let step = pow2(Interpolated::width(last.abs_diff(first)) as i32 - scale);
    Some(bend * step * step / 8.0)
}

/// The largest second derivative of a function that has wide arguments, but for kinks at 0, which chords meet.
fn bend(function: Activation) -> Option<f64> {
    use Activation as A;
    Some(match function {
        A::Sigmoid => 0.0963,
        A::Tanh => 0.77,
        A::Erf => 0.969,
        A::Softplus => 0.25,
        A::Softsign => 2.0,
        A::Atan => 0.65,
        A::Asinh => 0.385,
        A::Gelu | A::GeluTanh => 0.798,
        A::Silu => 0.5,
        A::Mish => 0.645,
        A::Sin | A::Cos => 1.0,
        A::Elu { alpha } => real(alpha).abs(),
        A::Selu { alpha, gamma } => (real(alpha) * real(gamma)).abs(),
        A::Celu { alpha } if real(alpha) > 0.0 => 1.0 / real(alpha),
        _ => return None,
    })
}

/// The least and the largest value that a function has where it turns.
fn turns(function: Activation) -> Option<Range> {
    use Activation as A;
    Some(match function {
        A::Gelu => Range::new(-0.169_972, 0.0),
        A::GeluTanh => Range::new(-0.170_041, 0.0),
        A::Silu => Range::new(-0.278_465, 0.0),
        A::Mish => Range::new(-0.308_844, 0.0),
        A::Sin | A::Cos => Range::new(-1.0, 1.0),
        _ => return None,
    })
}

fn real(value: Dyadic) -> f64 {
    value.mantissa as f64 * pow2(-(value.shift as i32))
}

/// All slopes of the function between two numbers of a range, for functions that have no steps there; `None` where they are not known.
fn slopes(function: Activation, range: Range) -> Option<Range> {
    use Activation as A;
    // The slopes at the ends and at these places hold all others in between.
    let steady = |slope: &dyn Fn(f64) -> f64, turns: &[f64]| {
        let turns = turns.iter().copied().filter(|&x| range.contains(x));
        let all = [range.lo, range.hi].into_iter().chain(turns).map(slope);
        all.map(|slope| Range::new(slope, slope)).reduce(Range::hull)
    };
    // Of functions in parts: those of the parts that the range meets.
    let parts = |below: Range, zero: f64, above: Range| match range {
        r if r.hi <= zero => below,
        r if r.lo >= zero => above,
        _ => below.hull(above),
    };
    let one = |slope: f64| Range::new(slope, slope);
    let normal = |x: f64| exp(-0.5 * x * x) * (std::f64::consts::FRAC_2_SQRT_PI * std::f64::consts::FRAC_1_SQRT_2 * 0.5);
    // `e^x` for the part of the range below zero.
    let powers = |factor: f64, unit: f64| {
        let [lo, hi] = [range.lo, range.hi].map(|x| factor * exp(x.min(0.0) / unit));
        one(lo).hull(one(hi))
    };
    let found = match function {
        A::Sigmoid => steady(&|x| sigmoid(x) * sigmoid(-x), &[0.0])?,
        A::Tanh => steady(&|x| 1.0 - tanh(x) * tanh(x), &[0.0])?,
        A::Erf => steady(&|x| exp(-x * x) * std::f64::consts::FRAC_2_SQRT_PI, &[0.0])?,
        A::Exp => steady(&exp, &[])?,
        A::Softplus => steady(&sigmoid, &[])?,
        A::Gelu => {
            let root = std::f64::consts::SQRT_2;
            steady(&|x| 0.5 * (1.0 + erf(x * std::f64::consts::FRAC_1_SQRT_2)) + x * normal(x), &[-root, root])?
        }
        A::GeluTanh => Range::new(-0.14, 1.14),
        A::Silu => steady(&|x| sigmoid(x) + x * sigmoid(x) * sigmoid(-x), &[-SILU, SILU])?,
        A::Mish => Range::new(-0.12, 1.1),
        A::HardSigmoid { alpha, beta } => {
            let (alpha, beta) = (real(alpha), real(beta));
            let [lo, hi] = [range.lo, range.hi].map(|x| alpha * x + beta);
            let all = one(lo).hull(one(hi));
            match (all.lo >= 0.0 && all.hi <= 1.0, all.hi <= 0.0 || all.lo >= 1.0) {
                (true, _) => one(alpha),
                (_, true) => Range::ZERO,
                _ => one(alpha).hull(Range::ZERO),
            }
        }
        A::HardSwish => {
            let outside = (range.lo < -3.0).then_some(0.0).into_iter().chain((range.hi > 3.0).then_some(1.0));
            let inside = [range.lo, range.hi].map(|x| x.clamp(-3.0, 3.0) / 3.0 + 0.5);
            outside.chain(inside).map(one).reduce(Range::hull)?
        }
        A::Elu { alpha } => parts(powers(real(alpha), 1.0), 0.0, one(1.0)),
        A::LeakyRelu { slope } => parts(one(real(slope)), 0.0, one(1.0)),
        A::Selu { alpha, gamma } => parts(powers(real(gamma) * real(alpha), 1.0), 0.0, one(real(gamma))),
        A::Celu { alpha } if real(alpha) > 0.0 => parts(powers(1.0, real(alpha)), 0.0, one(1.0)),
        A::Softsign => steady(&|x| 1.0 / ((1.0 + x.abs()) * (1.0 + x.abs())), &[0.0])?,
        A::Atan => steady(&|x| 1.0 / (1.0 + x * x), &[0.0])?,
        A::Asinh => steady(&|x| 1.0 / (1.0 + x * x).sqrt(), &[0.0])?,
        A::Sin | A::Cos => Range::new(-1.0, 1.0),
        A::Sinh => steady(&|x| 0.5 * (exp(x) + exp(-x)), &[0.0])?,
        A::Cosh => steady(&|x| 0.5 * (exp(x) - exp(-x)), &[])?,
        A::Sqrt if range.hi <= 0.0 => Range::ZERO,
        A::Sqrt if range.lo > 0.0 => steady(&|x| 0.5 / x.sqrt(), &[])?,
        A::Log if range.lo > 0.0 => steady(&|x| 1.0 / x, &[])?,
        A::Reciprocal if range.lo > 0.0 || range.hi < 0.0 => steady(&|x| -1.0 / (x * x), &[])?,
        A::InverseSqrt if range.lo > 0.0 => steady(&|x| -0.5 / (x * x.sqrt()), &[])?,
        A::Power { exponent } if exponent.is_integer() && exponent.mantissa > 0 => {
            let n = exponent.mantissa >> exponent.shift.min(62);
            steady(&|x| n as f64 * powi(x, n - 1), &[0.0])?
        }
        A::Power { exponent } if range.lo > 0.0 => {
            steady(&|x| real(exponent) * activation::apply(function, x) / x, &[])?
        }
        A::Logit if range.lo > 0.0 && range.hi < 1.0 => steady(&|x| 1.0 / (x * (1.0 - x)), &[0.5])?,
        A::Atanh if range.lo > -1.0 && range.hi < 1.0 => steady(&|x| 1.0 / (1.0 - x * x), &[0.0])?,
        _ => return None,
    };
    let exact = found.lo == found.hi && matches!(function, A::LeakyRelu { .. } | A::Elu { .. } | A::HardSigmoid { .. } | A::Celu { .. });
    let lost = ELEMENTARY * (1.0 + found.magnitude());
    let mut found = if exact { found } else { found.widened(lost) };
    // Functions that never fall are flat at most, however little their slopes are known to the last digit.
    let rises = match function {
        A::HardSigmoid { alpha, .. } | A::Elu { alpha } => real(alpha) >= 0.0,
        A::Selu { alpha, gamma } => real(alpha) >= 0.0 && real(gamma) >= 0.0,
        A::Sigmoid | A::Tanh | A::Erf | A::Exp | A::Softplus | A::Softsign => true,
        A::Atan | A::Asinh | A::Sinh | A::Sqrt | A::Log | A::Celu { .. } => true,
        _ => false,
    };
    if rises {
        found.lo = found.lo.max(0.0);
    }
    debug_assert!(function.arguments() != Arguments::Positive || range.lo > 0.0);
    found.is_finite().then_some(found)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::activation::dyadic;
    use crate::quantize::certify::rule::check_rule;

    fn functions() -> Vec<Activation> {
        let f = |x| dyadic(x).unwrap();
        vec![
            Activation::Sigmoid,
            Activation::Tanh,
            Activation::Erf,
            Activation::Exp,
            Activation::Softplus,
            Activation::Gelu,
            Activation::GeluTanh,
            Activation::Silu,
            Activation::Mish,
            Activation::HardSigmoid { alpha: f(0.25), beta: f(0.5) },
            Activation::HardSwish,
            Activation::Elu { alpha: f(1.5) },
            Activation::LeakyRelu { slope: f(0.125) },
            Activation::Selu { alpha: f(1.75), gamma: f(1.0625) },
            Activation::Celu { alpha: f(2.0) },
            Activation::Softsign,
            Activation::Atan,
            Activation::Asinh,
            Activation::Sin,
            Activation::Cos,
            Activation::Sinh,
            Activation::Cosh,
            Activation::Sqrt,
            Activation::Log,
            Activation::Reciprocal,
            Activation::InverseSqrt,
            Activation::Power { exponent: f(3.0) },
            Activation::Power { exponent: f(1.5) },
            Activation::Power { exponent: f(-2.0) },
            Activation::Logit,
            Activation::Atanh,
        ]
    }

    /// Every secant of a function over a range is one of its slopes there, and the least and the largest are nearly reached, but where
    /// they are those of all numbers.
    #[test]
    fn secants_are_among_the_slopes() {
        for function in functions() {
            for (lo, width) in [(-6.0, 12.0), (-3.0, 2.5), (-1.0, 0.9), (0.05, 0.9), (0.2, 0.3), (0.5, 4.0), (-0.5, 1.2)] {
                let range = Range::new(lo, lo + width);
                let Some(slopes) = slopes(function, range) else { continue };
                let at = |i: usize| lo + width * i as f64 / 400.0;
                let secants = (0..400).map(|i| {
                    let f = |x| activation::apply(function, x);
                    (f(at(i + 1)) - f(at(i))) / (at(i + 1) - at(i))
                });
                let found = secants.map(|s| Range::new(s, s)).reduce(Range::hull).unwrap();
                assert!(slopes.lo <= found.lo + 1e-9 && found.hi <= slopes.hi + 1e-9, "{function:?} {range:?} {slopes:?} {found:?}");
                let is_global = matches!(function, Activation::Sin | Activation::Cos | Activation::GeluTanh | Activation::Mish);
                let near = 0.15 * (1.0 + slopes.magnitude());
                let is_near = slopes.hi - found.hi <= near && found.lo - slopes.lo <= near;
                assert!(is_global || is_near, "{function:?} {range:?} {slopes:?} {found:?}");
            }
        }
    }

    /// Every argument of a row, with the errors at its ends and some between: the rule holds, and its own error is that of the entries.
    #[test]
    fn results_are_off_by_no_more_than_the_rule_says() {
        for function in functions() {
            for (case, (first, last)) in [(-64i64, 63i64), (-20, 40), (5, 60), (30, 100)].into_iter().enumerate() {
                let (of_argument, scale) = (4, 6);
                let f = |x: f64| activation::apply(function, x);
                let number = |q: i64| q as f64 * pow2(-of_argument);
                // A format without room for all of the results.
                let most = if case % 2 == 0 { 1 << 20 } else { 120 };
                let table = |q: i64| ((f(number(q)) * pow2(scale)).round() as i64).clamp(-most, most);
                let integers = |x: &[i64]| Some(x.iter().map(|&q| table(q)).collect());
                let value = Range::new(number(first), number(last));
                let error = Range::new(-0.11, 0.07);
                // The integers of the one are clamped, those of the other are not.
                let beyond = if case == 1 { 2.0 } else { 0.0 };
                let before = error;
                let error = Range::new(error.lo - beyond, error.hi + beyond);
                let row = Row {
                    value,
                    error,
                    float: value.plus(error),
                    before,
                    is_cut: (beyond > 0.0, beyond > 0.0),
                    domain: value,
                    may_miss: false,
                };
                let results = Range::new(-(most as f64), most as f64);
                let given = Given {
                    integers: &integers,
                    rows: &[row],
                    scales: &[of_argument],
                    codes: &[],
                    scale,
                    results: &[results],
                };
                let Some(found) = rules(function, &given) else { continue };
                let mut points = Vec::new();
                for q in first..=last {
                    let y = table(q) as f64 * pow2(-scale);
                    let outside = match q {
                        _ if beyond == 0.0 => vec![0.0],
                        _ if q == first => vec![0.0, -0.5 * beyond, -beyond],
                        _ if q == last => vec![0.0, 0.5 * beyond, beyond],
                        _ => vec![0.0],
                    };
                    for (more, i) in outside.into_iter().flat_map(|more| (0..=20).map(move |i| (more, i))) {
                        let e = more + before.lo + before.width() * f64::from(i) / 20.0;
                        points.push((vec![(e, number(q))], f(number(q) + e) - y, y));
                    }
                }
                let slack = check_rule(&found[0], &points);
                let steep = found[0].gains.first().map_or(0.0, |(_, gain)| gain.magnitude());
                let is_plain = beyond == 0.0 && steep < 8.0;
                assert!(!is_plain || slack <= 0.12 * (1.0 + steep), "{function:?} {first} {last}: {slack} {:?}", found[0]);
                // Half a unit, and what the format has no room for.
                let all = (first..=last).map(|q| f(number(q)) - table(q) as f64 * pow2(-scale));
                let off = all.map(|x| Range::new(x, x)).reduce(Range::hull).unwrap();
                assert!((found[0].own.lo - off.lo).abs() < 1e-9 && (found[0].own.hi - off.hi).abs() < 1e-9, "{function:?}");
            }
        }
    }

    /// Chords of a thousandth part of the largest bend are where they are said to be, and turns are the least and the largest.
    #[test]
    fn chords_are_as_near_as_their_bend_says() {
        let domain = Range::new(-8.0, 8.0);
        for function in functions() {
            let Some(bend) = bend(function) else { continue };
            let f = |x: f64| activation::apply(function, x);
            let row = Row {
                value: domain,
                error: Range::ZERO,
                float: domain,
                before: Range::ZERO,
                is_cut: (false, false),
                domain,
                may_miss: false,
            };
            // 2^17 + 1 arguments: chords of 2^7.
            let near = by_chords(&row, 13, bend).unwrap();
            let step = 1.0 / 64.0;
            assert_eq!(near, bend * step * step / 8.0);
            let mut furthest = 0.0f64;
            for i in -512..512 {
                let x = f64::from(i) * step;
                for j in 1..8 {
                    let part = f64::from(j) / 8.0;
                    let chord = f(x) + (f(x + step) - f(x)) * part;
                    furthest = furthest.max((chord - f(x + part * step)).abs());
                }
                if let Some(turns) = turns(function) {
                    let all = turns.hull(Range::new(f(-8.0).min(f(8.0)), f(-8.0).max(f(8.0))));
                    assert!(all.contains(f(x)), "{function:?} {x} {}", f(x));
                }
            }
            assert!(furthest <= near * (1.0 + 1e-6), "{function:?}: {furthest} {near}");
            assert!(furthest >= 0.9 * near, "{function:?}: {furthest} {near}");
            let own = of_wide(function, &row, (13, 10), Range::new(-9.0, 9.0)).map(|(own, _)| own);
            assert!(own.is_some_and(|own| own.hi >= near + 0.6 * pow2(-10)), "{function:?} {own:?}");
        }
    }
}

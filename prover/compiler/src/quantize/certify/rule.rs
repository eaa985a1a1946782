//! What an operator says of its results: lines above and below them, and above and below what they differ by from the float model's.
//!
//! A row is an argument of the operator. Of it `y` is the integer, read as a real number, and `e` what the float model's argument is more
//! than that. A *line* is an affine function of both, of some rows.

use super::range::{EPSILON, Range};

/// Relative error of the elementary functions that rules are computed with, and some: see [`crate::elementary`].
pub(crate) const ELEMENTARY: f64 = 1e-12;

/// A row, over the whole domain.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Row {
    /// The integer, as a real number: `y`.
    pub value: Range,
    /// The float model's row less the integer: `e`.
    pub error: Range,
    /// The float model's row.
    pub float: Range,
    /// What the float model's row is more than the integer was before it was clamped.
    pub before: Range,
    /// Whether it may have been clamped from below, and from above.
    pub is_cut: (bool, bool),
    /// What the integer is clamped to; all numbers where it is not.
    pub domain: Range,
    /// Whether it may be missing.
    pub may_miss: bool,
}

/// What a rule is made from.
pub struct Given<'a> {
    /// The operator's reference on integers, where it has results.
    pub integers: &'a dyn Fn(&[i64]) -> Option<Vec<i64>>,
    /// The rows of all arguments, one behind the other.
    pub rows: &'a [Row],
    /// The binary scale of each row's integers.
    pub scales: &'a [i32],
    /// The integer of each row that says that it is missing; empty where none may be.
    pub codes: &'a [Option<i64>],
    /// Binary scale of the results.
    pub scale: i32,
    /// What results can be, as real numbers, by the circuit's intervals.
    pub results: &'a [Range],
}

/// A part of a line: `error * e + value * y` of a row.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Term {
    /// Which row.
    pub row: usize,
    /// Coefficient of its error.
    pub error: f64,
    /// Coefficient of its integer.
    pub value: f64,
}

/// The sum of terms and a constant.
#[derive(Clone, Debug, PartialEq)]
pub struct Line {
    /// Of some rows.
    pub terms: Vec<Term>,
    /// The constant.
    pub constant: f64,
}

/// A number that depends on rows: where it lies, and lines above and below it.
#[derive(Clone, Debug, PartialEq)]
pub struct Enclosure {
    /// Where it lies.
    pub range: Range,
    /// At least as large for all rows.
    pub above: Line,
    /// At most as large.
    pub below: Line,
}

/// What is known of one result.
#[derive(Clone, Debug, PartialEq)]
pub struct Rule {
    /// What the float model's result is more than the integer's.
    pub error: Enclosure,
    /// The integer's.
    pub value: Enclosure,
    /// By which part of a row's error the result's may change.
    pub gains: Vec<(usize, Range)>,
    /// The error that the result has without any of its rows': by rounding, or of a table's entries.
    pub own: Range,
    /// As much of that as clamping to a format's integers makes.
    pub cut: Range,
}

impl Line {
    /// A constant.
    pub fn constant(constant: f64) -> Line {
        Line { terms: Vec::new(), constant }
    }

    /// `slope * e + constant` of a row.
    pub fn of_error(row: usize, slope: f64, constant: f64) -> Line {
        Line { terms: vec![Term { row, error: slope, value: 0.0 }], constant }
    }

    /// `slope * y + constant` of a row.
    pub fn of_value(row: usize, slope: f64, constant: f64) -> Line {
        Line { terms: vec![Term { row, error: 0.0, value: slope }], constant }
    }
}

/// Whether a line is above or below.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// Above.
    Above,
    /// Below.
    Below,
}

/// The least constant that puts `slope * x + constant` above all of these points, or the largest that puts it below.
pub fn constant_beside(side: Side, points: impl IntoIterator<Item = (f64, f64)>, slope: f64) -> f64 {
    let rest = |(x, f): (f64, f64), sign: f64| {
        let product = slope * x;
        let rest = sign * (f - product);
        rest + 2.0 * EPSILON * (f.abs() + product.abs())
    };
    let sign = if side == Side::Above { 1.0 } else { -1.0 };
    sign * points.into_iter().fold(f64::NEG_INFINITY, |most, point| most.max(rest(point, sign)))
}

/// The slope from one point to another; none where they are one.
pub fn slope_between((x0, f0): (f64, f64), (x1, f1): (f64, f64)) -> f64 {
    let slope = (f1 - f0) / (x1 - x0);
    if slope.is_finite() { slope } else { 0.0 }
}

impl Enclosure {
    /// Of which nothing but its range is known.
    pub fn constant(range: Range) -> Enclosure {
        Enclosure { range, above: Line::constant(range.hi), below: Line::constant(range.lo) }
    }

    /// The same, shifted by some number of a range.
    pub fn shifted(mut self, by: Range) -> Enclosure {
        self.range = self.range.plus(by);
        let add = |line: &mut Line, end: f64, range: fn(Range) -> f64| {
            line.constant = range(Range::new(line.constant, line.constant).plus(Range::new(end, end)));
        };
        add(&mut self.above, by.hi, |range| range.hi);
        add(&mut self.below, by.lo, |range| range.lo);
        self
    }

    /// Sums of a number of each.
    pub fn plus(mut self, other: Enclosure) -> Enclosure {
        self.range = self.range.plus(other.range);
        for (line, more) in [(&mut self.above, &other.above), (&mut self.below, &other.below)] {
            line.terms.extend_from_slice(&more.terms);
        }
        let sum = |a: f64, b: f64| Range { lo: a, hi: a }.plus(Range { lo: b, hi: b });
        self.above.constant = sum(self.above.constant, other.above.constant).hi;
        self.below.constant = sum(self.below.constant, other.below.constant).lo;
        self
    }

    /// The same where it lies in `range` as well: lines that are worse than its ends all over give way to them.
    pub fn within(mut self, range: Range, row: &dyn Fn(usize) -> Option<Row>) -> Enclosure {
        let of = |line: &Line| line_range(line, row);
        let (above, below) = (of(&self.above), of(&self.below));
        self.range = self.range.cut(range);
        if !above.is_finite() || self.range.hi - above.lo <= 0.5 * above.width() {
            self.above = Line::constant(self.range.hi);
        }
        if !below.is_finite() || below.hi - self.range.lo <= 0.5 * below.width() {
            self.below = Line::constant(self.range.lo);
        }
        self
    }

    /// `slope * e` of a row, for some slope of a range.
    pub fn sloped(row: usize, e: Range, slopes: Range) -> Enclosure {
        let most = |e: f64| (e, (slopes.lo * e).max(slopes.hi * e));
        let least = |e: f64| (e, (slopes.lo * e).min(slopes.hi * e));
        let range = e.times(slopes);
        if !range.is_finite() {
            return Enclosure::constant(range);
        }
        let line = |side: Side, ends: [(f64, f64); 2]| {
            let slope = match slopes.lo == slopes.hi {
                true => slopes.lo,
                false => slope_between(ends[0], ends[1]),
            };
            Line::of_error(row, slope, constant_beside(side, ends, slope))
        };
        // The largest is convex and the least is concave: chords lie on the right side.
        let above = line(Side::Above, [most(e.lo), most(e.hi)]);
        let below = line(Side::Below, [least(e.lo), least(e.hi)]);
        Enclosure { range, above, below }
    }
}

/// What a line gives over all rows.
pub fn line_range(line: &Line, row: &dyn Fn(usize) -> Option<Row>) -> Range {
    let constant = Range::new(line.constant, line.constant);
    line.terms.iter().fold(constant, |sum, term| {
        let Some(row) = row(term.row) else { return Range::ALL };
        let of = |coefficient: f64, range: Range| Range::new(coefficient, coefficient).times(range);
        sum.plus(of(term.error, row.error)).plus(of(term.value, row.value))
    })
}

impl Rule {
    /// Of which ranges are known alone.
    pub fn constant(error: Range, value: Range) -> Rule {
        let (error, value) = (Enclosure::constant(error), Enclosure::constant(value));
        Rule { own: error.range, error, value, gains: Vec::new(), cut: Range::ZERO }
    }

    /// The row as it is.
    pub fn copied(row: usize, of: &Row) -> Rule {
        let one = Range::new(1.0, 1.0);
        let value = Enclosure {
            range: of.value,
            above: Line::of_value(row, 1.0, 0.0),
            below: Line::of_value(row, 1.0, 0.0),
        };
        let error = Enclosure {
            range: of.error,
            above: Line::of_error(row, 1.0, 0.0),
            below: Line::of_error(row, 1.0, 0.0),
        };
        Rule { error, value, gains: vec![(row, one)], own: Range::ZERO, cut: Range::ZERO }
    }
}

/// Errors and integers of rows, what the result is off, and what it is.
#[cfg(test)]
pub(crate) type Point = (Vec<(f64, f64)>, f64, f64);

/// Holds a rule against points. Gives how far the furthest line is from all of them.
#[cfg(test)]
pub(crate) fn check_rule(rule: &Rule, points: &[Point]) -> f64 {
    let at = |line: &Line, x: &[(f64, f64)]| {
        line.terms
            .iter()
            .fold(line.constant, |sum, term| sum + term.error * x[term.row].0 + term.value * x[term.row].1)
    };
    let mut slack = [f64::INFINITY; 4];
    for (x, off, value) in points {
        let rests = [
            at(&rule.error.above, x) - off,
            off - at(&rule.error.below, x),
            at(&rule.value.above, x) - value,
            value - at(&rule.value.below, x),
        ];
        for (slack, rest) in slack.iter_mut().zip(rests) {
            assert!(rest >= -1e-12, "{rest} at {x:?} of {off}, {value}: {rule:?}");
            *slack = slack.min(rest);
        }
        let is_in = |range: Range, x: f64| range.widened(1e-12).contains(x);
        assert!(
            is_in(rule.error.range, *off) && is_in(rule.value.range, *value),
            "{x:?} {off} {value}: {rule:?}"
        );
    }
    slack.into_iter().fold(0.0, f64::max)
}

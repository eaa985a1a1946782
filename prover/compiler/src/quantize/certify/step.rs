//! The rules of what every layer is made of besides its map: rounding, clipping, and the largest of a window.

use super::range::Range;
use super::rule::{Enclosure, Line, Row, Rule, Side, constant_beside, slope_between};
use crate::model::Window;

/// How accumulators are rounded and clamped, and what the float model does there.
#[derive(Clone, Copy, Debug)]
pub(super) struct Clamp {
    /// The unit of what comes out.
    pub unit: f64,
    /// Half of it where something is dropped, else 0.
    pub half: f64,
    /// What the integers are clamped to, as real numbers.
    pub integers: Range,
    /// The float model's bounds.
    pub low: Option<f64>,
    /// As above.
    pub high: Option<f64>,
    /// Binary scale of what comes out.
    pub scale: i32,
}

impl Clamp {
    /// The float model's bounds; infinite where it has none.
    fn float(&self) -> Range {
        Range::new(self.low.unwrap_or(f64::NEG_INFINITY), self.high.unwrap_or(f64::INFINITY))
    }

    /// Whether a row may be beyond what the format holds and the float model's bounds do not take.
    pub fn may_saturate(&self, row: &Row) -> bool {
        let t = row.value.widened(self.half);
        let (_, cut) = self.taken(t);
        cut != Range::ZERO
    }

    /// Whether a row may be beyond what the format holds where a function still changes, which it does not beyond a magnitude.
    pub fn may_lose(&self, row: &Row, reach: f64) -> bool {
        let t = row.value.widened(self.half);
        let Range { lo, hi } = self.integers;
        (t.lo < lo && lo - self.unit > -reach) || (t.hi > hi && hi + self.unit < reach)
    }

    /// The integers that a row can be before the format clamps it.
    pub fn reach(&self, row: &Row) -> (f64, f64) {
        let t = self.float().clamp(row.value.widened(self.half));
        ((t.lo / self.unit).floor(), (t.hi / self.unit).ceil())
    }

    /// What the integers' bounds, and where they have none the format's, take from a number beyond those of the float model: by rounding
    /// the bounds, and by the format.
    fn taken(&self, t: Range) -> (Range, Range) {
        let float = self.float();
        if !t.is_finite() {
            return (Range::ALL, Range::ALL);
        }
        let breaks = [t.lo, t.hi, float.lo, float.hi, self.integers.lo, self.integers.hi];
        let at = |x: f64| x.clamp(float.lo, float.hi) - x.clamp(self.integers.lo, self.integers.hi);
        let inside = breaks.into_iter().filter(|&x| x.is_finite() && t.contains(x));
        let taken = inside.map(at).fold(Range::ZERO, |all, x| all.hull(Range::new(x, x)));
        // Where the model has a bound, the integers' is that one, rounded; unless the format has no room for it.
        let is_far = |own: Option<f64>, end: f64| own.is_none_or(|own| (own - end).abs() > self.unit);
        let cut = Range {
            lo: if is_far(self.low, self.integers.lo) { taken.lo } else { 0.0 },
            hi: if is_far(self.high, self.integers.hi) { taken.hi } else { 0.0 },
        };
        (taken, cut)
    }
}

/// What a row becomes, and what is known of that.
pub(super) struct Clamped {
    pub rule: Rule,
    pub row: Row,
}

/// The rule of rounding and clamping a row.
pub(super) fn clamped(position: usize, row: &Row, clamp: &Clamp) -> Clamped {
    let half = clamp.half;
    let t = row.value.widened(half);
    let float = clamp.float();
    // z - t, by the row's errors and by where both are.
    let e = row.error.widened(half).cut(row.float.minus(t));
    let (taken, cut) = clamp.taken(t);
    let (of_float, of_integer) = (float.clamp(row.float), float.clamp(t));
    let before = clipped(position, e, t, row.float, float, half);
    let error = before.within(of_float.minus(of_integer), &|_| Some(*row)).shifted(taken);
    let value = value(position, t, clamp.integers, half);
    // What nothing bends passes on all of it.
    let gain = match (is_inside(t, float) && is_inside(row.float, float), is_flat(t, row.float, float)) {
        (true, _) => Range::new(1.0, 1.0),
        (_, true) => Range::ZERO,
        _ => Range::new(0.0, 1.0),
    };
    let own = Range::around(half).plus(taken);
    let row = Row {
        value: value.range,
        error: error.range,
        float: of_float,
        before: e,
        is_cut: (t.lo < clamp.integers.lo, t.hi > clamp.integers.hi),
        domain: clamp.integers,
        may_miss: row.may_miss,
    };
    Clamped { rule: Rule { error, value, gains: vec![(position, gain)], own, cut }, row }
}

fn is_inside(x: Range, bounds: Range) -> bool {
    bounds.lo <= x.lo && x.hi <= bounds.hi
}

/// Whether both lie beyond the same bound.
fn is_flat(t: Range, z: Range, bounds: Range) -> bool {
    (t.hi <= bounds.lo && z.hi <= bounds.lo) || (t.lo >= bounds.hi && z.lo >= bounds.hi)
}

/// `clip(z) - clip(t)` in terms of the row's error, which is `z - t` but for `half` on either side.
fn clipped(position: usize, e: Range, t: Range, z: Range, bounds: Range, half: f64) -> Enclosure {
    let slopes = match (is_inside(t, bounds) && is_inside(z, bounds), is_flat(t, z, bounds)) {
        (true, _) => Range::new(1.0, 1.0),
        (_, true) => return Enclosure::constant(Range::ZERO),
        _ => Range::new(0.0, 1.0),
    };
    let mut found = Enclosure::sloped(position, e, slopes);
    let slope_one = || Line::of_error(position, 1.0, 0.0);
    if bounds.hi.is_infinite() && slopes.lo == 0.0 {
        // `z` as it is, or `t` as it is.
        if z.lo >= bounds.lo {
            found.above = slope_one();
        }
        if t.lo >= bounds.lo {
            found.below = slope_one();
        }
        // The one is at its bound.
        if t.hi <= bounds.lo {
            found.below = Line::constant(0.0);
            found.range.lo = found.range.lo.max(0.0);
        }
        if z.hi <= bounds.lo {
            found.above = Line::constant(0.0);
            found.range.hi = found.range.hi.min(0.0);
        }
    }
    // The lines are about `z - t`: what rounding takes moves them by their slope.
    for (line, sign) in [(&mut found.above, 1.0), (&mut found.below, -1.0)] {
        let slope: f64 = line.terms.iter().map(|term| term.error.abs()).sum();
        if slope > 0.0 && half > 0.0 {
            let moved = line.constant + sign * slope * half;
            line.constant = if sign > 0.0 { moved.next_up() } else { moved.next_down() };
        }
    }
    found
}

/// `clamp(t)` in terms of the row's integer, which is `t` but for `half` on either side.
fn value(position: usize, t: Range, bounds: Range, half: f64) -> Enclosure {
    let at = |x: f64| (x, x.clamp(bounds.lo, bounds.hi));
    let range = bounds.clamp(t);
    if !t.is_finite() {
        return Enclosure::constant(range);
    }
    let breaks = [t.lo, t.hi, bounds.lo, bounds.hi];
    let points = || breaks.into_iter().filter(|&x| x.is_finite() && t.contains(x)).map(at);
    let chord = slope_between(at(t.lo), at(t.hi));
    let (is_low, is_high) = (t.lo < bounds.lo, t.hi > bounds.hi);
    let nearer = |inside: f64, outside: f64| if inside > outside { 1.0 } else { 0.0 };
    let above = match (is_low, is_high) {
        (_, false) => chord,
        (false, true) => nearer(bounds.hi - t.lo, t.hi - bounds.hi),
        (true, true) => slope_between(at(t.lo), at(bounds.hi)),
    };
    let below = match (is_low, is_high) {
        (false, _) => chord,
        (true, false) => nearer(t.hi - bounds.lo, bounds.lo - t.lo),
        (true, true) => slope_between(at(bounds.lo), at(t.hi)),
    };
    let line = |side: Side, slope: f64| {
        let constant = constant_beside(side, points(), slope);
        let moved = slope.abs() * half;
        let constant = match side {
            _ if moved == 0.0 => constant,
            Side::Above => (constant + moved).next_up(),
            Side::Below => (constant - moved).next_down(),
        };
        Line::of_value(position, slope, constant)
    };
    Enclosure { range, above: line(Side::Above, above), below: line(Side::Below, below) }
}

/// The rules of the largest of each window of rows `[channels, height, width]`.
pub(super) fn pooled(rows: &[Row], window: &Window) -> Vec<Clamped> {
    let (height, width) = window.output();
    let area = window.height.input * window.width.input;
    let mut results = Vec::with_capacity(window.channels * height * width);
    for channel in 0..window.channels {
        for (y, x) in (0..height).flat_map(|y| (0..width).map(move |x| (y, x))) {
            let lines = (0..window.height.kernel).filter_map(|i| window.height.position(y, i));
            let cells = lines.flat_map(|line| {
                let columns = (0..window.width.kernel).filter_map(|j| window.width.position(x, j));
                columns.map(move |column| channel * area + line * window.width.input + column)
            });
            let cells: Vec<(usize, Row)> = cells.filter_map(|cell| Some((cell, *rows.get(cell)?))).collect();
            results.push(largest(&cells));
        }
    }
    results
}

/// The rule of the largest of some rows.
pub(super) fn largest(cells: &[(usize, Row)]) -> Clamped {
    let ends = |of: fn(&Row) -> Range| {
        cells.iter().map(|(_, row)| of(row)).fold(
            Range { lo: f64::NEG_INFINITY, hi: f64::NEG_INFINITY },
            |all, range| Range { lo: all.lo.max(range.lo), hi: all.hi.max(range.hi) },
        )
    };
    let value = ends(|row| row.value);
    let float = ends(|row| row.float);
    let errors = cells.iter().map(|(_, row)| row.error).reduce(Range::hull).unwrap_or(Range::ALL);
    let may_miss = cells.iter().any(|(_, row)| row.may_miss);
    let first = cells.iter().max_by(|(_, a), (_, b)| a.value.lo.total_cmp(&b.value.lo));
    let dominates = |&&(position, row): &&(usize, Row)| {
        let others = cells.iter().filter(move |(other, _)| *other != position);
        others.into_iter().all(|(_, other)| row.value.lo >= other.value.hi && row.float.lo >= other.float.hi)
    };
    if let Some(&(position, row)) = first.filter(dominates) {
        return Clamped { rule: Rule::copied(position, &row), row };
    }
    // The largest is at least each of them.
    let below = first.map_or(Line::constant(value.lo), |&(position, _)| Line::of_value(position, 1.0, 0.0));
    let value = Enclosure { range: value, above: Line::constant(value.hi), below };
    let error = Enclosure::constant(errors.cut(float.minus(value.range)));
    let row = Row {
        value: value.range,
        error: error.range,
        float,
        before: error.range,
        is_cut: (false, false),
        domain: Range::ALL,
        may_miss,
    };
    let gains = cells.iter().map(|&(cell, _)| (cell, Range::new(0.0, 1.0))).collect();
    Clamped { rule: Rule { error, value, gains, own: Range::ZERO, cut: Range::ZERO }, row }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::quantize::certify::rule::{Side, check_rule};
    use crate::random::SplitMix64;

    fn row(value: Range, error: Range) -> Row {
        let float = value.plus(error);
        Row {
            value,
            error,
            float,
            before: error,
            is_cut: (false, false),
            domain: Range::ALL,
            may_miss: false,
        }
    }

    /// All integers and errors of a row of a few, rounded up or down as far as it goes: the rule holds of each, and its lines and ranges
    /// are reached or nearly so. Every constant of the rule is then needed.
    #[test]
    fn clamping_is_bounded_tightly() {
        let mut random = SplitMix64(5);
        let none = f64::INFINITY;
        let kinds = [(-none, none), (0.0, none), (0.0, 6.0), (-1.0, 1.0), (0.3, none)];
        for case in 0..600 {
            let unit = if case % 3 == 0 { 0.25 } else { 1.0 / 16.0 };
            let half = if case % 5 == 0 { 0.0 } else { 0.5 * unit };
            let mut number =
                |least: f64, most: f64| ((least + (most - least) * random.part()) * 64.0).round() / 64.0;
            let (lo, span) = (number(-6.0, 3.0), number(0.25, 7.0));
            let value = Range::new(lo, lo + span);
            let error = Range::new(number(-1.5, 0.5).min(0.25), 0.5 + number(0.0, 1.5));
            let (low, high) = kinds[case % kinds.len()];
            let rounded =
                |x: f64, format: f64| if x.is_finite() { (x / unit).round() * unit } else { format };
            let format = number(1.0, 5.0);
            let format = (format / unit).round() * unit;
            let integers = match case % 2 {
                0 => Range::new(
                    rounded(low, -format).max(-format),
                    rounded(high, format).min(format).max(unit),
                ),
                _ => Range::new(rounded(low, -64.0), rounded(high, 64.0)),
            };
            let optional = |x: f64| x.is_finite().then_some(x);
            let clamp = Clamp { unit, half, integers, low: optional(low), high: optional(high), scale: 0 };
            let of = row(value, error);
            let found = clamped(0, &of, &clamp);
            let mut points = Vec::new();
            for i in 0..=64 {
                let y = value.lo + span * f64::from(i) / 64.0;
                for j in 0..=64 {
                    let e = error.lo + (error.hi - error.lo) * f64::from(j) / 64.0;
                    for rho in [-half, 0.0, half] {
                        let (t, z) = (y + rho, y + e);
                        let c = t.clamp(integers.lo, integers.hi);
                        points.push((vec![(e, y)], z.clamp(low, high) - c, c));
                    }
                }
            }
            let is_plain = case % 2 == 1 && high.is_infinite();
            // Lines that are nowhere reached are no better than others.
            let slack = check_rule(&found.rule, &points);
            let near = 0.1 + unit + error.width() / 32.0 + span / 32.0;
            assert!(
                !is_plain || slack <= near,
                "{case}: {slack} {clamp:?} {value:?} {error:?} {:?}",
                found.rule
            );
            let seen = points.iter().map(|(_, off, _)| Range::new(*off, *off)).reduce(Range::hull).unwrap();
            let range = found.rule.error.range;
            assert!(range.lo <= seen.lo && seen.hi <= range.hi, "{case}: {range:?} {seen:?}");
            assert!(
                !is_plain || range.width() - seen.width() <= near,
                "{case}: {range:?} {seen:?} {clamp:?}"
            );
            let may = points.iter().any(|(x, ..)| {
                let y = x[0].1;
                let beyond =
                    |t: f64| t.clamp(low, high) != t.clamp(integers.lo.min(low), integers.hi.max(high));
                is_plain && (beyond(y + half) || beyond(y - half))
            });
            assert!(!may || clamp.may_saturate(&of), "{case}");
        }
    }

    /// The largest of some rows is off by no more than one of them.
    #[test]
    fn the_largest_of_rows_is_bounded() {
        let mut random = SplitMix64(6);
        for case in 0..200 {
            let mut rows = Vec::new();
            for _ in 0..3 {
                let (lo, e) = (4.0 * random.part(), random.part());
                let width = if case % 2 == 0 { 0.1 } else { 2.0 };
                rows.push(row(Range::new(lo, lo + width), Range::new(-e, 0.5)));
            }
            let cells: Vec<(usize, Row)> = rows.iter().copied().enumerate().collect();
            let found = largest(&cells);
            let mut points = Vec::new();
            for _ in 0..2000 {
                let ends = [0.0, 1.0, random.part()];
                let mut any =
                    |range: Range| range.lo + (range.hi - range.lo) * ends[(random.next() % 3) as usize];
                let x: Vec<(f64, f64)> = rows.iter().map(|row| (any(row.error), any(row.value))).collect();
                let top =
                    |of: &dyn Fn(&(f64, f64)) -> f64| x.iter().map(of).fold(f64::NEG_INFINITY, f64::max);
                let (float, integer) = (top(&|(e, y)| e + y), top(&|(_, y)| *y));
                points.push((x, float - integer, integer));
            }
            check_rule(&found.rule, &points);
        }
    }

    /// A line through no point of its side is moved until it is.
    #[test]
    fn lines_are_beside_their_points() {
        let points = [(0.0, 1.0), (1.0, 3.0), (2.0, 2.0)];
        assert!((constant_beside(Side::Above, points, 0.5) - 2.5).abs() < 1e-12);
        assert!((constant_beside(Side::Below, points, 0.5) - 1.0).abs() < 1e-12);
    }
}

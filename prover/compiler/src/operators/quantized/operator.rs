//! The rounding of a quantized layer as an operator: by its law in real numbers, by floors in integers.

use std::any::Any;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use assay_circuits::cost::{Interval, Tally};
use assay_circuits::layers::requantize::{self, Requantize};
use assay_circuits::{Bounded, BuildError, Builder};

use super::fit::{Corner, Fitted, Floor, MAX_SHIFT, MOST_FLOORS, corners, fit};
use super::law::Law;
use crate::bytes::{CONSTRAINT, ReadError, Reader};
use crate::number::pow2;
use crate::operators::family::Shape;
use crate::operators::operator::{
    Argument, ArgumentFormat, Formats, IntegerOperator, Operator, ResultScale, Sink, Takes,
};
use crate::quantize::certify::range::Range;
use crate::quantize::certify::rule::{Given, Rule};
use crate::quantize::error::{Feasible, PlanError};

pub(super) const TAG: u8 = 73;
const OPERATION: &str = "rounding of quantized integers";
/// Largest magnitude of a result, and of an argument that is an input.
const MOST: i64 = 1 << 40;
/// Results of more integers are too fine for single precision to be on the right side of all halves.
const FINE: i64 = 1 << 12;
/// Finest scale of inputs.
const FINEST: i32 = 40;

/// A law, and the integers that its parts can be; of inputs these follow from their scale.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Ruled {
    pub law: Law,
    pub ranges: [(i64, i64); 2],
    /// Magnitudes of all terms together, at most.
    pub size: f64,
    /// How often other engines round such a sum in single precision where the law does not; none where they do what it says.
    pub roundings: u32,
}

/// What a rounding to single precision changes, as a part of the number.
const SINGLE: f64 = 1.0 / (1 << 24) as f64;

/// Whether floors give the file's own integers.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Fidelity {
    /// All of them.
    Exact,
    /// All but those that single precision rounds to another side of a half, in some order of summation: they are off by so many at most.
    Nearest(f64),
}

/// Floors by law and scale, where there are some.
type Known = HashMap<(u32, i32), Option<(Fitted, Fidelity)>>;

/// Rounds each element by the law of its row.
#[derive(Debug)]
pub(super) struct Rescaled {
    /// Parts of each element: all first ones, then all second ones.
    pub parts: usize,
    /// Whether the elements are those of inputs, at scales of their own, and not integers.
    pub of_inputs: bool,
    pub laws: Vec<Ruled>,
    /// The law of each element.
    pub of_row: Vec<u32>,
    /// Floors found so far, by law and scale: a search asks for the same again and again.
    known: Mutex<Known>,
}

impl Rescaled {
    pub fn new(parts: usize, of_inputs: bool, laws: Vec<Ruled>, of_row: Vec<u32>) -> Self {
        Rescaled { parts, of_inputs, laws, of_row, known: Mutex::default() }
    }

    /// The floors of a law, for integers at a scale.
    pub fn fitted(&self, law: u32, scale: i32) -> Option<(Fitted, Fidelity)> {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(found) = known.get(&(law, scale)) {
            return found.clone();
        }
        let found = self.laws.get(law as usize).and_then(|ruled| ruled.fit(self.of_inputs, scale));
        known.insert((law, scale), found.clone());
        found
    }
}

impl Ruled {
    /// Values of the part that is gone through one by one.
    pub fn lines(&self) -> u64 {
        self.ranges.iter().map(|&(lo, hi)| hi.abs_diff(lo).saturating_add(1)).min().unwrap_or(1)
    }

    fn fit(&self, of_inputs: bool, scale: i32) -> Option<(Fitted, Fidelity)> {
        let Ruled { law, mut ranges, .. } = *self;
        let step = pow2(-scale);
        if of_inputs {
            let (lo, hi) = law.reach();
            let (lo, hi) = ((lo / step).floor(), (hi / step).ceil());
            if lo.abs().max(hi.abs()) > MOST as f64 {
                return None;
            }
            ranges = [(lo as i64, hi as i64), (0, 0)];
        } else if scale != 0 {
            return None;
        }
        let slopes = law.slopes().map(|slope| slope * step);
        let by =
            |of: fn(&Law, [f64; 2]) -> i64| fit(&|t| of(&law, t.map(|t| t as f64 * step)), ranges, slopes);
        let is_fine = law.format.hi - law.format.lo >= FINE;
        let off = (f64::from(self.roundings) + 8.0) * SINGLE * self.size * law.by();
        let nearest = Fidelity::Nearest(1.0 + off.ceil());
        if !is_fine && let Some(fitted) = by(Law::of) {
            let is_exact = self.roundings == 0 || self.is_clear(ranges, step, off);
            return Some((fitted, if is_exact { Fidelity::Exact } else { nearest }));
        }
        Some((by(Law::ideal)?, nearest))
    }

    /// Whether no integers give sums that are as near to a half as this.
    fn is_clear(&self, ranges: [(i64, i64); 2], step: f64, off: f64) -> bool {
        let [(lo, hi), (first, last)] = ranges;
        let law = |t: [i64; 2]| self.law.ideal(t.map(|t| t as f64 * step));
        let ends = (law([lo, first]), law([hi, last]));
        let is_clear = |corner: &Corner| {
            let steps = self.law.steps(corner.at.map(|t| t as f64 * step));
            (steps - (corner.n as f64 - 0.5)).abs() > off
        };
        corners(&law, ranges, ends).is_some_and(|corners| corners.iter().all(is_clear))
    }
}

impl Operator for Rescaled {
    fn name(&self) -> &'static str {
        "rescaled"
    }

    fn arguments(&self) -> Vec<Argument> {
        let takes = if self.of_inputs { Takes::Exact } else { Takes::Whole };
        vec![Argument { len: self.of_row.len(), takes }; self.parts]
    }

    fn len(&self) -> usize {
        self.of_row.len()
    }

    fn apply(&self, x: &[f64]) -> Vec<f64> {
        let (first, second) = x.split_at(self.of_row.len().min(x.len()));
        let of = |(i, (&law, &t)): (usize, (&u32, &f64))| {
            let second = second.get(i).copied().unwrap_or(0.0);
            match self.laws.get(law as usize) {
                Some(ruled) if !t.is_nan() && !second.is_nan() => ruled.law.of([t, second]) as f64,
                _ => f64::NAN,
            }
        };
        self.of_row.iter().zip(first).enumerate().map(of).collect()
    }

    fn is_whole(&self) -> bool {
        true
    }

    fn result_scale(&self, _arguments: &[ArgumentFormat]) -> ResultScale {
        ResultScale::Fixed(0)
    }

    fn quantize(&self, formats: &Formats<'_>) -> Result<Arc<dyn IntegerOperator>, PlanError> {
        let scales = |format: &ArgumentFormat| match format {
            ArgumentFormat::Exact(scales) => Some(scales.clone()),
            _ => None,
        };
        let scales: Vec<Vec<i32>> = formats.arguments.iter().map(scales).collect::<Option<_>>().feasible()?;
        let first = scales.first().feasible()?;
        if !self.of_inputs && scales.iter().flatten().any(|&scale| scale != 0) {
            return Err(PlanError::Infeasible);
        }
        let run = self.of_row.len().checked_div(first.len()).filter(|&run| run > 0).feasible()?;
        let (mut laws, mut places) = (Vec::new(), HashMap::new());
        let mut of_row = Vec::with_capacity(self.of_row.len());
        for (i, &law) in self.of_row.iter().enumerate() {
            let scale = *first.get(i / run).feasible()?;
            if scale > FINEST {
                return Err(PlanError::Infeasible);
            }
            let place = match places.get(&(law, scale)) {
                Some(&place) => place,
                None => {
                    laws.push(self.fitted(law, scale).feasible()?.0);
                    let place = laws.len() as u32 - 1; // at most one a row
                    places.insert((law, scale), place);
                    place
                }
            };
            of_row.push(place);
        }
        Ok(Arc::new(Integers { parts: self.parts, laws, of_row }))
    }

    /// Integers that are not off are rounded as the file does. Both sides are whole numbers but where they are inputs: less than one off is
    /// not off at all.
    fn certify(&self, given: &Given<'_>) -> Option<Vec<Rule>> {
        let is_exact = |row: &crate::quantize::certify::rule::Row| match self.of_inputs {
            true => row.error == Range::ZERO,
            false => row.error.lo > -0.5 && row.error.hi < 0.5,
        };
        let are_exact = given.rows.iter().all(|row| is_exact(row) && !row.may_miss);
        // Floors are the law of integers that a file's types can hold, which an input's domain may leave.
        let is_known = |(at, row): (usize, &crate::quantize::certify::rule::Row)| {
            let (part, place) = (at / self.of_row.len().max(1), at % self.of_row.len().max(1));
            let law = self.of_row.get(place).and_then(|&law| self.laws.get(law as usize));
            let range = law.and_then(|law| law.ranges.get(part));
            let holds =
                |&(lo, hi): &(i64, i64)| row.value.lo > lo as f64 - 0.5 && row.value.hi < hi as f64 + 0.5;
            self.of_inputs || range.is_some_and(holds)
        };
        let are_exact = are_exact && given.rows.iter().enumerate().all(is_known);
        let rule = |((&value, &law), &scale): ((&Range, &u32), &i32)| {
            let own = match self.fitted(law, scale)?.1 {
                Fidelity::Exact => Range::ZERO,
                Fidelity::Nearest(off) => Range::around(off),
            };
            Some(Rule::constant(own, value))
        };
        let results = given.results.iter().zip(&self.of_row).zip(given.scales).map(rule);
        if are_exact { results.collect() } else { None }
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

/// The same on integers.
#[derive(Debug)]
struct Integers {
    parts: usize,
    laws: Vec<Fitted>,
    of_row: Vec<u32>,
}

impl Floor {
    /// The rounding, which adds a half before: the constant is without.
    fn rounding(&self) -> (Requantize, i64) {
        let half = if self.shift == 0 { 0 } else { 1i64 << (self.shift - 1) };
        (Requantize { shift: self.shift, lo: 0, hi: self.most }, self.constant - half)
    }
}

impl Integers {
    /// The law of each element with its parts.
    fn rows<'a, T>(&'a self, x: &'a [T]) -> Result<Vec<(&'a Fitted, Vec<&'a T>)>, BuildError> {
        let len = self.of_row.len();
        let expected = self.parts.saturating_mul(len);
        if x.len() != expected || len == 0 {
            return Err(BuildError::Length {
                operation: OPERATION,
                what: "integers",
                expected,
                found: x.len(),
            });
        }
        let row = |(i, &law): (usize, &u32)| {
            let law = self.laws.get(law as usize).ok_or(BuildError::Empty { operation: OPERATION })?;
            Ok((law, x.iter().skip(i).step_by(len).collect()))
        };
        self.of_row.iter().enumerate().map(row).collect()
    }

    /// What [`rounded`](requantize) takes and gives, grouped by rounding, for each floor of each row.
    fn by_rounding<T, R>(
        &self,
        x: &[T],
        sum: impl Fn(&[&T], &[i64], i64) -> Result<R, BuildError>,
        mut round: impl FnMut(&[R], Requantize) -> Result<Vec<R>, BuildError>,
        total: impl Fn(&[R], i64) -> Result<R, BuildError>,
    ) -> Result<Vec<R>, BuildError> {
        let rows = self.rows(x)?;
        // In the order in which they are met.
        let mut groups: Vec<(Requantize, Vec<usize>, Vec<R>)> = Vec::new();
        let mut places: HashMap<(u32, i64), usize> = HashMap::new();
        for (row, (law, parts)) in rows.iter().enumerate() {
            for floor in &law.floors {
                let (rounding, constant) = floor.rounding();
                let next = groups.len();
                let place = *places.entry((rounding.shift, rounding.hi)).or_insert(next);
                if place == next {
                    groups.push((rounding, Vec::new(), Vec::new()));
                }
                let factors = floor.factors.get(..self.parts).unwrap_or_default();
                let value = sum(parts, factors, constant)?;
                if let Some((_, of, values)) = groups.get_mut(place) {
                    of.push(row);
                    values.push(value);
                }
            }
        }
        let mut floors: Vec<Vec<R>> = rows.iter().map(|_| Vec::new()).collect();
        for (rounding, of, values) in groups {
            for (row, value) in of.into_iter().zip(round(&values, rounding)?) {
                if let Some(floors) = floors.get_mut(row) {
                    floors.push(value);
                }
            }
        }
        rows.iter().zip(&floors).map(|((law, _), floors)| total(floors, law.base)).collect()
    }
}

fn narrow(value: i128) -> Result<i64, BuildError> {
    let overflow = BuildError::Overflow { operation: OPERATION, lo: value, hi: value };
    i64::try_from(value).ok().filter(|value| value.unsigned_abs() < 1 << 62).ok_or(overflow)
}

/// The interval of a weighted sum.
fn sum_of(parts: &[&Interval], factors: &[i64], constant: i64) -> Result<Interval, BuildError> {
    let overflow = |lo, hi| BuildError::Overflow { operation: OPERATION, lo, hi };
    let (mut lo, mut hi) = (i128::from(constant), i128::from(constant));
    for (&&(a, b), &factor) in parts.iter().zip(factors) {
        let (a, b) = (a.checked_mul(factor.into()), b.checked_mul(factor.into()));
        let (a, b) = a.zip(b).ok_or_else(|| overflow(i128::MIN, i128::MAX))?;
        let ends = lo.checked_add(a.min(b)).zip(hi.checked_add(a.max(b)));
        (lo, hi) = ends.ok_or_else(|| overflow(i128::MIN, i128::MAX))?;
    }
    let limit = 1i128 << assay_circuits::LIMIT_BITS;
    if lo < -limit || hi > limit { Err(overflow(lo, hi)) } else { Ok((lo, hi)) }
}

impl IntegerOperator for Integers {
    fn kind(&self) -> &'static str {
        "rescaled"
    }

    fn len(&self) -> usize {
        self.of_row.len()
    }

    fn reference(&self, x: &[i64]) -> Result<Vec<i64>, BuildError> {
        let sum = |parts: &[&i64], factors: &[i64], constant: i64| {
            let products = parts.iter().zip(factors).map(|(&&x, &factor)| i128::from(x) * i128::from(factor));
            narrow(products.sum::<i128>() + i128::from(constant))
        };
        let round =
            |values: &[i64], p: Requantize| Ok(values.iter().map(|&x| requantize::reference(x, p)).collect());
        self.by_rounding(x, sum, round, |floors, base| Ok(base + floors.iter().sum::<i64>()))
    }

    fn constrain(&self, b: &mut Builder, x: &[Bounded]) -> Result<Vec<Bounded>, BuildError> {
        let sum = |parts: &[&Bounded], factors: &[i64], constant: i64| {
            let parts: Vec<Bounded> = parts.iter().map(|&x| x.clone()).collect();
            Bounded::weighted_sum(&parts, factors, constant)
        };
        let total =
            |floors: &[Bounded], base: i64| Bounded::weighted_sum(floors, &vec![1; floors.len()], base);
        self.by_rounding(x, sum, |values, p| requantize::constrain(b, values, p), total)
    }

    fn cost(&self, t: &mut Tally, x: &[Interval]) -> Result<Vec<Interval>, BuildError> {
        let total = |floors: &[Interval], base: i64| {
            sum_of(&floors.iter().collect::<Vec<_>>(), &vec![1; floors.len()], base)
        };
        self.by_rounding(x, sum_of, |values, p| Ok(requantize::cost(t, values, p)), total)
    }

    fn tag(&self) -> u8 {
        TAG
    }

    fn write(&self, out: &mut dyn Sink) {
        out.count(self.laws.len());
        for Fitted { base, floors } in &self.laws {
            out.bytes(&base.to_le_bytes());
            out.bytes(&[floors.len() as u8]); // at most 4
            for Floor { factors, constant, shift, most } in floors {
                out.integers(factors.get(..self.parts).unwrap_or_default());
                out.integers(&[*constant, *most]);
                out.bytes(&[*shift as u8]); // at most 48
            }
        }
        out.integers(&self.of_row.iter().map(|&law| law.into()).collect::<Vec<i64>>());
    }
}

/// What [`Integers::write`] wrote.
pub(super) fn read(
    reader: &mut Reader<'_>,
    shape: &Shape<'_>,
) -> Result<Arc<dyn IntegerOperator>, ReadError> {
    let (parts, len) = match *shape.arguments {
        [(len, None)] => (1, len),
        [(len, None), (other, None)] if len == other => (2, len),
        ref others => return Err(ReadError::Count { what: "arguments", expected: 1, found: others.len() }),
    };
    if shape.scale != 0 {
        return Err(ReadError::Scale(shape.scale));
    }
    let count = reader.count("laws of rounding", len)?;
    let wrong = |index| ReadError::Index { what: "law of rounding", index };
    let mut laws = Vec::new();
    for index in 0..count {
        let base = i64::from_le_bytes(reader.fixed()?);
        let mut floors = Vec::new();
        for _ in 0..reader.byte()? {
            let mut factors = [0; 2];
            factors.iter_mut().zip(reader.integers(parts, 8)?).for_each(|(to, from)| *to = from);
            let &[constant, most] = reader.integers(2, 8)?.as_slice() else { return Err(wrong(index)) };
            floors.push(Floor { factors, constant, shift: reader.byte()?.into(), most });
        }
        let is_wrong = |floor: &Floor| {
            let ends = floor.factors.iter().chain([&floor.constant]).any(|x| x.unsigned_abs() > 1 << 60);
            ends || floor.shift > MAX_SHIFT || !(1..=MOST).contains(&floor.most)
        };
        if floors.len() > MOST_FLOORS || base.unsigned_abs() > MOST as u64 || floors.iter().any(is_wrong) {
            return Err(wrong(index));
        }
        laws.push(Fitted { base, floors });
    }
    let of_row = reader.integers(len, 4)?;
    let law = |&law: &i64| u32::try_from(law).ok().filter(|&law| (law as usize) < laws.len());
    let of_row: Vec<u32> = of_row.iter().map(law).collect::<Option<_>>().ok_or_else(|| wrong(count))?;
    let floors = |&law: &u32| laws.get(law as usize).map_or(0, |law| law.floors.len() as u64);
    let floors: u64 = of_row.iter().map(floors).sum();
    reader.spend("roundings", CONSTRAINT.saturating_mul(64).saturating_mul(floors))?;
    if of_row.is_empty() {
        return Err(wrong(0));
    }
    Ok(Arc::new(Integers { parts, laws, of_row }))
}

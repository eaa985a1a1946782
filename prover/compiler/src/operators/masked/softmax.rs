//! The softmax of scores some of which are masked.

use std::any::Any;
use std::sync::Arc;

use assay_circuits::cost::{Interval, Tally};
use assay_circuits::layers::{selection, softmax};
use assay_circuits::{Bounded, BuildError, Builder};

use crate::bytes::{ENTRY, ReadError, Reader};
use crate::import::value::INFINITY;
use crate::model::Groups;
use crate::operators::family::Shape;
use crate::operators::logic;
use crate::operators::operator::{Argument, ArgumentFormat, Formats, IntegerOperator, Operator, Sink, Takes};
use crate::operators::softmax::{MAX_DOMAIN_BITS, MAX_DOMAIN_SCALE, Softmax};
use crate::quantize::certify::range::Range;
use crate::quantize::certify::rule::{Given, Rule};
use crate::quantize::error::{Feasible, PlanError};

/// What files know it by.
pub(super) const TAG: u8 = 72;

/// A softmax of the elements whose condition holds: all conditions, then all scores, group by group.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Masked {
    pub groups: usize,
    pub length: usize,
}

impl Masked {
    fn softmax(&self) -> Softmax {
        Softmax(Groups { outer: self.groups, length: self.length, inner: 1 })
    }
}

impl Operator for Masked {
    fn name(&self) -> &'static str {
        "softmax"
    }

    fn arguments(&self) -> Vec<Argument> {
        let len = self.len();
        let takes = Takes::rounded(MAX_DOMAIN_BITS).no_finer_than(MAX_DOMAIN_SCALE);
        vec![Argument { len, takes: Takes::Exact }, Argument { len, takes }]
    }

    fn len(&self) -> usize {
        self.groups * self.length
    }

    fn apply(&self, x: &[f64]) -> Vec<f64> {
        let (live, scores) = x.split_at(self.len().min(x.len()));
        let masked = |(&live, &score): (&f64, &f64)| if live == 0.0 { -INFINITY } else { score };
        self.softmax().apply(&live.iter().zip(scores).map(masked).collect::<Vec<f64>>())
    }

    /// What is masked decides nothing.
    fn doubtful(&self, x: &[f64], doubt: &[bool]) -> Vec<bool> {
        let of = |i: usize| doubt.get(i).copied().unwrap_or(true);
        let is_live = |i: usize| x.get(i).is_none_or(|&live| live != 0.0);
        let of_element = |i: usize| of(i) || (is_live(i) && of(self.len() + i));
        let each = |group: usize| (group * self.length..(group + 1) * self.length).any(of_element);
        (0..self.groups).flat_map(|group| std::iter::repeat_n(each(group), self.length)).collect()
    }

    fn is_unsigned(&self) -> bool {
        true
    }

    fn scale_for(&self, peak: f64, bits: u32) -> i32 {
        self.softmax().scale_for(peak, bits)
    }

    fn quantize(&self, formats: &Formats<'_>) -> Result<Arc<dyn IntegerOperator>, PlanError> {
        logic::whole(formats.arguments)?;
        let (Some(ArgumentFormat::Rounded(domain)), Some(&range)) =
            (formats.arguments.get(1), formats.ranges.get(1))
        else {
            return Err(PlanError::Internal("the scores of a softmax, rounded"));
        };
        let (least, _) = self.integers(1, range, *domain);
        let scale = u32::try_from(formats.scale).ok().feasible()?;
        let softmax = formats.tables.softmax(self.length, domain.scale, scale).feasible()?;
        let input_scale = i8::try_from(domain.scale).ok().feasible()?;
        Ok(Arc::new(Integers { len: self.len(), length: self.length, input_scale, softmax, scale, least }))
    }

    /// As without masks, of all scores; where another may be masked, a result is any part of the whole.
    fn certify(&self, given: &Given<'_>) -> Option<Vec<Rule>> {
        let (live, scores) = given.rows.split_at_checked(self.len())?;
        if live.iter().any(|row| row.may_miss) {
            return None;
        }
        let mut rules = self.softmax().certify(&Given { rows: scores, ..*given })?;
        let is_exact =
            live.chunks(self.length.max(1)).map(|group| group.iter().all(|row| row.error == Range::ZERO));
        for (group, is_exact) in rules.chunks_mut(self.length.max(1)).zip(is_exact) {
            for rule in group.iter_mut().filter(|_| !is_exact) {
                *rule = Rule::constant(Range::around(1.0).plus(rule.own), rule.value.range);
            }
        }
        Some(rules)
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

#[derive(Debug)]
struct Integers {
    len: usize,
    length: usize,
    input_scale: i8,
    softmax: Arc<softmax::Softmax>,
    scale: u32,
    /// Of the scores' domain.
    least: i64,
}

impl Integers {
    /// What a masked score is: the table of exponentials ends before the distance to any score.
    fn floor(&self) -> i64 {
        self.least.saturating_add(self.softmax.exponential().lo()).saturating_sub(1)
    }

    /// Conditions and scores, and the floor for each of these.
    fn choices<T: Clone>(&self, x: &[T], floor: T) -> Vec<T> {
        let mut all = x.to_vec();
        all.extend(std::iter::repeat_n(floor, x.len() / 2));
        all
    }
}

impl IntegerOperator for Integers {
    fn holds_parameters(&self) -> bool {
        false
    }

    fn kind(&self) -> &'static str {
        "softmax"
    }

    fn len(&self) -> usize {
        self.len
    }

    fn reference(&self, x: &[i64]) -> Result<Vec<i64>, BuildError> {
        softmax::reference(&selection::reference(&self.choices(x, self.floor()))?, &self.softmax)
    }

    fn constrain(&self, b: &mut Builder, x: &[Bounded]) -> Result<Vec<Bounded>, BuildError> {
        let chosen = selection::constrain(b, &self.choices(x, Bounded::constant(self.floor())?))?;
        softmax::constrain(b, &chosen, &self.softmax)
    }

    fn cost(&self, t: &mut Tally, x: &[Interval]) -> Result<Vec<Interval>, BuildError> {
        let floor = i128::from(self.floor());
        let chosen = selection::cost(t, &self.choices(x, (floor, floor)))?;
        softmax::cost(t, &chosen, &self.softmax)?;
        self.intervals(x)
    }

    fn intervals(&self, x: &[Interval]) -> Result<Vec<Interval>, BuildError> {
        Ok(vec![(0, 1 << self.scale.min(40)); x.len() / 2])
    }

    fn tag(&self) -> u8 {
        TAG
    }

    fn write(&self, out: &mut dyn Sink) {
        out.bytes(&self.input_scale.to_le_bytes());
        out.count(self.length);
    }
}

/// Reads the integer operator.
pub(super) fn read(
    reader: &mut Reader<'_>,
    shape: &Shape<'_>,
) -> Result<Arc<dyn IntegerOperator>, ReadError> {
    let &[(len, None), (scores, Some((least, _)))] = shape.arguments else {
        let found = shape.arguments.len();
        return Err(ReadError::Count { what: "conditions and rounded scores", expected: 2, found });
    };
    let input_scale = i8::from_le_bytes(reader.fixed()?);
    let length = reader.count("scores of a group", len)?;
    if scores != len || length == 0 || !len.is_multiple_of(length) {
        return Err(ReadError::Count { what: "scores", expected: len, found: scores });
    }
    let scale = u32::try_from(shape.scale).map_err(|_| ReadError::Scale(shape.scale))?;
    let entries = softmax::Softmax::entries(length, input_scale.into(), scale).map_err(ReadError::Layer)?;
    reader.spend("table entries", ENTRY * entries)?;
    let softmax = softmax::Softmax::new(length, input_scale.into(), scale).map_err(ReadError::Layer)?;
    Ok(Arc::new(Integers { len, length, input_scale, softmax: Arc::new(softmax), scale, least }))
}

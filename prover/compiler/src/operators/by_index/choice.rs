//! One of several variables.

use std::any::Any;
use std::sync::Arc;

use assay_circuits::cost::{Interval, Tally};
use assay_circuits::layers::choice::{self, Choice};
use assay_circuits::{Bounded, BuildError, Builder};

use super::place::Place;
use crate::bytes::{CONSTRAINT, ReadError, Reader};
use crate::operators::family::Shape;
use crate::operators::operator::{
    Argument, ArgumentFormat, Formats, IntegerOperator, Operator, ResultScale, Sink, Takes,
};
use crate::quantize::certify::range::Range;
use crate::quantize::certify::rule::{Given, Row, Rule};
use crate::quantize::error::PlanError;

pub(super) const TAG: u8 = 55;

/// Of each tuple of indices, the value at its place in each of its columns. All indices, then the columns of one tuple behind
/// those of the other, at one scale.
#[derive(Clone, Debug)]
pub(super) struct Chosen {
    pub place: Place,
    pub tuples: usize,
    /// Columns of a tuple.
    pub width: usize,
    /// Values of a column: the places of a tuple.
    pub length: usize,
}

impl Chosen {
    fn choice(&self) -> Choice {
        Choice { length: self.length, width: self.width }
    }

    fn indices(&self) -> usize {
        self.tuples * self.place.axes()
    }

    /// The indices, and the values.
    fn parts<'a, T>(&self, x: &'a [T]) -> Result<(&'a [T], &'a [T]), BuildError> {
        let (expected, found) = (self.indices(), x.len());
        let wrong = BuildError::Length { operation: "choice", what: "indices", expected, found };
        x.split_at_checked(expected).ok_or(wrong)
    }
}

impl Operator for Chosen {
    fn name(&self) -> &'static str {
        self.kind()
    }

    fn arguments(&self) -> Vec<Argument> {
        let values = self.tuples * self.width * self.length;
        vec![
            Argument { len: self.indices(), takes: Takes::Whole },
            Argument { len: values, takes: Takes::Common },
        ]
    }

    fn len(&self) -> usize {
        self.tuples * self.width
    }

    fn apply(&self, x: &[f64]) -> Vec<f64> {
        let (indices, values) = x.split_at(self.indices().min(x.len()));
        let of_tuple = values.chunks((self.width * self.length).max(1));
        let chosen = |(place, columns): (Option<usize>, &[f64])| {
            let of_column = |column: &[f64]| *place.and_then(|place| column.get(place)).unwrap_or(&f64::NAN);
            columns.chunks(self.length.max(1)).map(of_column).collect::<Vec<f64>>()
        };
        self.place.apply(indices).zip(of_tuple).flat_map(chosen).collect()
    }

    fn result_scale(&self, arguments: &[ArgumentFormat]) -> ResultScale {
        ResultScale::Fixed(arguments.get(1).and_then(ArgumentFormat::scale).unwrap_or(0))
    }

    fn quantize(&self, formats: &Formats<'_>) -> Result<Arc<dyn IntegerOperator>, PlanError> {
        Place::quantize(formats.arguments)?;
        Ok(Arc::new(self.clone()))
    }

    /// Off by no more than some value of its column; or, where the index may be another, as far as these are apart.
    fn certify(&self, given: &Given<'_>) -> Option<Vec<Rule>> {
        let (indices, values) = given.rows.split_at_checked(self.indices())?;
        if given.rows.iter().any(|row| row.may_miss) {
            return None;
        }
        let columns = values.chunks_exact(self.length.max(1)).zip(given.results).enumerate();
        let rule = |(at, (column, &value)): (usize, (&[Row], &Range))| {
            let hull = |of: fn(&Row) -> Range| column.iter().map(of).reduce(Range::hull);
            let first = at / self.width.max(1) * self.place.axes();
            let index = indices.get(first..first + self.place.axes())?;
            if index.iter().any(|row| row.error != Range::ZERO) {
                return Some(Rule::constant(hull(|row| row.float)?.minus(hull(|row| row.value)?), value));
            }
            let first = indices.len() + at * self.length;
            let gains = (first..first + self.length).map(|row| (row, Range::new(0.0, 1.0))).collect();
            Some(Rule { gains, own: Range::ZERO, ..Rule::constant(hull(|row| row.error)?, value) })
        };
        columns.map(rule).collect()
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

impl IntegerOperator for Chosen {
    fn kind(&self) -> &'static str {
        "choice"
    }

    fn len(&self) -> usize {
        self.tuples * self.width
    }

    fn reference(&self, x: &[i64]) -> Result<Vec<i64>, BuildError> {
        let (indices, values) = self.parts(x)?;
        choice::reference(&self.place.reference(indices)?, values, self.choice())
    }

    fn constrain(&self, b: &mut Builder, x: &[Bounded]) -> Result<Vec<Bounded>, BuildError> {
        let (indices, values) = self.parts(x)?;
        let places = self.place.constrain(b, indices)?;
        choice::constrain(b, &places, values, self.choice())
    }

    fn cost(&self, t: &mut Tally, x: &[Interval]) -> Result<Vec<Interval>, BuildError> {
        let (indices, values) = self.parts(x)?;
        let places = self.place.cost(t, indices)?;
        choice::cost(t, &places, values, self.choice())
    }

    fn tag(&self) -> u8 {
        TAG
    }

    fn write(&self, out: &mut dyn Sink) {
        self.place.write(out);
        out.count(self.width);
    }
}

pub(super) fn read(
    reader: &mut Reader<'_>,
    shape: &Shape<'_>,
) -> Result<Arc<dyn IntegerOperator>, ReadError> {
    let &[(indices, None), (values, None)] = shape.arguments else {
        return Err(ReadError::Count {
            what: "arguments of a choice",
            expected: 2,
            found: shape.arguments.len(),
        });
    };
    let (place, length, tuples) = Place::read(reader, indices)?;
    let width = reader.count("columns of a choice", values)?;
    let expected = length.saturating_mul(width).saturating_mul(tuples);
    if expected != values || width == 0 {
        return Err(ReadError::Count { what: "values of a choice", expected, found: values });
    }
    reader.spend("choices", CONSTRAINT.saturating_mul(values as u64))?;
    Ok(Arc::new(Chosen { place, tuples, width, length }))
}

//! Rows of a constant table.

use std::any::Any;
use std::sync::Arc;

use assay_circuits::cost::{Interval, Tally};
use assay_circuits::layers::rows::{self, Table};
use assay_circuits::{Bounded, BuildError, Builder};

use super::place::Place;
use crate::bytes::{ReadError, Reader};
use crate::number::{activation_scale, quantize};
use crate::operators::family::Shape;
use crate::operators::operator::{
    Argument, ArgumentFormat, Formats, IntegerOperator, Measure, Operator, ResultScale, Sink, Takes,
};
use crate::quantize::error::{Feasible, PlanError};

pub(super) const TAG: u8 = 54;

/// Of each tuple of indices, the row at its place.
#[derive(Clone, Debug)]
pub(super) struct Rows {
    pub place: Place,
    pub tuples: usize,
    /// Values of a row.
    pub width: usize,
    /// One row behind the other.
    pub values: Vec<f64>,
    /// Whether the values are integers, which no format rounds.
    pub whole: bool,
}

impl Operator for Rows {
    fn name(&self) -> &'static str {
        "rows"
    }

    fn arguments(&self) -> Vec<Argument> {
        vec![Argument { len: self.tuples * self.place.axes(), takes: Takes::Whole }]
    }

    fn len(&self) -> usize {
        self.tuples * self.width
    }

    fn apply(&self, x: &[f64]) -> Vec<f64> {
        let row = |place: Option<usize>| {
            let row = place.and_then(|place| self.values.get(place * self.width..(place + 1) * self.width));
            row.map_or_else(|| vec![f64::NAN; self.width], <[f64]>::to_vec)
        };
        self.place.apply(x).flat_map(row).collect()
    }

    fn is_unsigned(&self) -> bool {
        self.values.iter().all(|&value| value >= 0.0)
    }

    fn measure(&self) -> Measure {
        if self.whole { Measure::Decisions } else { Measure::Results }
    }

    fn result_scale(&self, _arguments: &[ArgumentFormat]) -> ResultScale {
        if self.whole { ResultScale::Fixed(0) } else { ResultScale::Free }
    }

    /// By the whole table: calibration may not have met its largest value.
    fn scale_for(&self, _peak: f64, bits: u32) -> i32 {
        let peak = self.values.iter().fold(0.0f64, |peak, value| peak.max(value.abs()));
        activation_scale(peak, bits, self.is_unsigned())
    }

    fn quantize(&self, formats: &Formats<'_>) -> Result<Arc<dyn IntegerOperator>, PlanError> {
        Place::quantize(formats.arguments)?;
        let (lo, hi) = formats.value_range(self.is_unsigned());
        let integer = |&value: &f64| {
            let integer = quantize(value, if self.whole { 0 } else { formats.scale })?;
            Some(if self.whole { integer } else { integer.clamp(lo, hi) })
        };
        let values = self.values.iter().map(integer).collect::<Option<Vec<i64>>>().feasible()?;
        let table = Table::new(self.width, values).ok().feasible()?;
        Ok(Arc::new(Integers { place: self.place.clone(), tuples: self.tuples, table }))
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

#[derive(Debug)]
struct Integers {
    place: Place,
    tuples: usize,
    table: Table,
}

impl IntegerOperator for Integers {
    fn kind(&self) -> &'static str {
        "rows"
    }

    fn len(&self) -> usize {
        self.tuples * self.table.width()
    }

    fn reference(&self, x: &[i64]) -> Result<Vec<i64>, BuildError> {
        rows::reference(&self.place.reference(x)?, &self.table)
    }

    fn constrain(&self, b: &mut Builder, x: &[Bounded]) -> Result<Vec<Bounded>, BuildError> {
        let places = self.place.constrain(b, x)?;
        rows::constrain(b, &places, &self.table)
    }

    fn cost(&self, t: &mut Tally, x: &[Interval]) -> Result<Vec<Interval>, BuildError> {
        let places = self.place.cost(t, x)?;
        rows::cost(t, &places, &self.table)
    }

    fn tag(&self) -> u8 {
        TAG
    }

    fn write(&self, out: &mut dyn Sink) {
        self.place.write(out);
        out.count(self.table.width());
        out.integers(self.table.values());
    }
}

pub(super) fn read(reader: &mut Reader<'_>, shape: &Shape<'_>) -> Result<Arc<dyn IntegerOperator>, ReadError> {
    let (place, length, tuples) = Place::read(reader, shape.one()?)?;
    let width = reader.count("values of a row", u32::MAX as usize)?;
    let cells = (length as u64).saturating_mul(width as u64);
    // Every tuple sums the table up anew, whose entries the file holds one by one.
    reader.spend("rows of a table", cells.saturating_mul(tuples as u64))?;
    let cells = usize::try_from(cells).map_err(|_| ReadError::Index { what: "row", index: length })?;
    let table = Table::new(width, reader.integers(cells, 8)?).map_err(ReadError::Layer)?;
    Ok(Arc::new(Integers { place, tuples, table }))
}

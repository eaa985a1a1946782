//! A function of each element whose arguments have too many bits for a table: see [`assay_circuits::layers::wide`].

use std::sync::Arc;

use assay_circuits::cost::{Interval, Tally};
use assay_circuits::layers::function::Quantization;
use assay_circuits::layers::interpolated::Interpolated;
use assay_circuits::layers::wide;
use assay_circuits::{Bounded, BuildError, Builder};

use super::domain::with_values;
use super::encoding;
use super::table::weight;
use crate::bytes::{ENTRY, ReadError, Reader};
use crate::model::Activation;
use crate::operators::family::Shape;
use crate::operators::operator::{IntegerOperator, Sink};
use crate::quantize::error::{Feasible, PlanError};
use crate::quantize::tables::Tables;

/// What files know it by.
pub(super) const TAG: u8 = 6;
/// Bits that an inverse square root has at most: its square, times an argument of as many as it takes, has to fit a circuit's integers.
pub(super) const MAX_INVERSE_BITS: u32 = 17;

/// Bits of a function's arguments, at most, where it has a form for more than a table has.
pub(super) fn bits(function: Activation) -> Option<u32> {
    match function {
        _ if !wide::Wide::has(function) => None,
        Activation::InverseSqrt | Activation::Exp => Some(24),
        _ if Interpolated::has(function) => Some(24),
        // Nine digits of an amount: hundredths of millions.
        _ => Some(28),
    }
}

/// A function of each element.
#[derive(Debug)]
pub(super) struct Wide {
    function: Activation,
    q: Quantization,
    len: usize,
    made: Arc<wide::Wide>,
}

impl Wide {
    /// The operator for these formats.
    pub fn quantize(
        function: Activation,
        q: Quantization,
        len: usize,
        tables: &Tables,
    ) -> Result<Self, PlanError> {
        let output_hi = match function {
            Activation::InverseSqrt => q.output_hi.min((1 << MAX_INVERSE_BITS) - 1),
            _ => q.output_hi,
        };
        let q = Quantization { output_hi, ..q };
        Ok(Self { function, q, len, made: tables.wide(function, q).feasible()? })
    }
}

impl IntegerOperator for Wide {
    fn holds_parameters(&self) -> bool {
        false
    }

    fn kind(&self) -> &'static str {
        self.function.name()
    }

    fn len(&self) -> usize {
        self.len
    }

    fn reference(&self, x: &[i64]) -> Result<Vec<i64>, BuildError> {
        wide::reference(x, &self.made)
    }

    fn constrain(&self, b: &mut Builder, x: &[Bounded]) -> Result<Vec<Bounded>, BuildError> {
        wide::constrain(b, x, &self.made)
    }

    fn cost(&self, t: &mut Tally, x: &[Interval]) -> Result<Vec<Interval>, BuildError> {
        wide::cost(t, x, &self.made)
    }

    fn tag(&self) -> u8 {
        TAG
    }

    fn write(&self, out: &mut dyn Sink) {
        encoding::write(self.function, out);
        out.bytes(&[self.q.input_scale as i8 as u8]); // within ±60
        out.bytes(&self.q.output_lo.to_le_bytes());
        out.bytes(&self.q.output_hi.to_le_bytes());
    }
}

/// Reads the integer operator.
pub(super) fn read(
    reader: &mut Reader<'_>,
    shape: &Shape<'_>,
) -> Result<Arc<dyn IntegerOperator>, ReadError> {
    let (len, (lo, hi)) = shape.one_rounded()?;
    let function = encoding::read(reader)?;
    let input_scale = i8::from_le_bytes(reader.fixed()?).into();
    let (lo, hi) = with_values(function, input_scale, (lo, hi));
    let (output_lo, output_hi) = (i64::from_le_bytes(reader.fixed()?), i64::from_le_bytes(reader.fixed()?));
    reader.spend("table entries", weight(function) * ENTRY * wide::Wide::entries(function))?;
    let q = Quantization { lo, hi, input_scale, output_scale: shape.scale.into(), output_lo, output_hi };
    let made = Arc::new(wide::Wide::new(function, q).map_err(ReadError::Layer)?);
    Ok(Arc::new(Wide { function, q, len, made }))
}

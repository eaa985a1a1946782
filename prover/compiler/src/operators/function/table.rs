//! A function of each element as an operator: in real numbers, and as a table of integers.

use std::any::Any;
use std::sync::Arc;

use assay_circuits::cost::{Interval, Tally};
use assay_circuits::layers::function::{self, Arguments, FunctionTable, Quantization};
use assay_circuits::layers::interpolated::Interpolated;
use assay_circuits::layers::requantize::Requantize;
use assay_circuits::{Bounded, BuildError, Builder};

use super::domain::with_values;
use super::{certify, encoding, wide};
use crate::bytes::{ENTRY, ReadError, Reader};
use crate::elementary::exp;
use crate::model::Activation;
use crate::model::activation;
use crate::number::{activation_scale, pow2, signed_range};
use crate::operators::family::Shape;
use crate::operators::operator::{Argument, Domain, Formats, IntegerOperator, Operator, Rounded, Sink, Takes};
use crate::quantize::certify::rule::{Given, Rule};
use crate::quantize::error::{Feasible, PlanError};
use crate::quantize::moved::{Equalizing, Moved, relative};

/// Bits of a table's arguments, at most: it has as many entries as arguments.
const MAX_DOMAIN_BITS: u32 = 12;
/// Finest scale of arguments.
const FINEST: i32 = 40;
/// Entries that a table may have.
const MAX_ENTRIES: u64 = 1 << 16;
/// How far below the largest argument exponents count: a result there is `e^-12`, 6 in a million, of the largest.
const EXPONENTS: f64 = 12.0;
/// Part of the largest magnitude up to which arguments of the other sign are put down to rounding: a squared distance, expanded, is
/// hardly ever exactly 0.
const NOTHING: f64 = 1e-9;
/// What files know it by.
pub(super) const TAG: u8 = 3;

/// A function of each element.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(in crate::operators) struct Elementwise {
    /// The function.
    pub function: Activation,
    /// Number of elements.
    pub len: usize,
}

impl Operator for Elementwise {
    fn name(&self) -> &'static str {
        self.function.name()
    }

    fn arguments(&self) -> Vec<Argument> {
        let reach = match self.function {
            // Beyond, the functions are flat to within 2^-11 and more.
            Activation::Sigmoid => 8.0,
            Activation::Tanh | Activation::Erf => 4.0,
            _ => f64::INFINITY,
        };
        let takes = match wide::bits(self.function) {
            Some(bits) => Takes::rounded(bits).no_finer_than(FINEST).within(reach),
            None => Takes::rounded(MAX_DOMAIN_BITS).within(reach),
        };
        vec![Argument { len: self.len, takes }]
    }

    fn len(&self) -> usize {
        self.len
    }

    fn apply(&self, x: &[f64]) -> Vec<f64> {
        x.iter().map(|&x| activation::apply(self.function, x)).collect()
    }

    fn table_bits(&self) -> Option<u32> {
        wide::bits(self.function).map(|_| MAX_DOMAIN_BITS)
    }

    /// Wide powers have no form for what is not positive.
    fn is_wide_for(&self, range: (f64, f64)) -> bool {
        !matches!(self.function, Activation::Power { .. }) || range.0 > 0.0
    }

    fn is_table_first(&self) -> bool {
        matches!(self.function, Activation::Exp | Activation::Power { .. }) || Interpolated::has(self.function)
    }

    fn is_unsigned(&self) -> bool {
        activation::is_unsigned(self.function)
    }

    fn scale_for(&self, peak: f64, bits: u32) -> i32 {
        let bits = match self.function {
            Activation::InverseSqrt => bits.min(wide::MAX_INVERSE_BITS),
            _ => bits,
        };
        activation_scale(peak, bits, self.is_unsigned())
    }

    fn needs(&self, _argument: usize, range: (f64, f64)) -> Option<&'static str> {
        activation::needs(self.function, range)
    }

    /// Of the exponential function what is not far below the largest argument; of a function of positive numbers those.
    fn relevant(&self, _argument: usize, (lo, hi): (f64, f64)) -> (f64, f64) {
        match self.function {
            Activation::Exp => (lo.max(hi - EXPONENTS), hi),
            _ if self.function.arguments() == Arguments::Positive && hi > 0.0 => (lo.max(0.0), hi),
            _ => (lo, hi),
        }
    }

    /// What is not negative where the function or the data are not, nothing up to a pole, and what is not positive where the data are not.
    fn domain(&self, _argument: usize, range: (f64, f64), bits: u32) -> (i64, i64) {
        let entries = 1i64 << bits.min(40);
        match self.function.arguments() {
            Arguments::NotZero if range.0 < 0.0 && range.1 <= 0.0 => (-entries, -1),
            Arguments::NotZero | Arguments::Positive | Arguments::Probability => (1, entries),
            Arguments::AtLeastZero => (0, entries - 1),
            _ if range.0 >= 0.0 => (0, entries - 1),
            _ if range.1 <= -NOTHING * range.0 => (1 - entries, 0),
            _ => signed_range(bits),
        }
    }

    /// Around what is relevant of the range, where the entries around or from zero do not hold it and as many around it do. Prices near
    /// 100, or what interest adds to 1, would take a few entries of a table from zero.
    fn window(&self, argument: usize, range: (f64, f64), domain: Domain) -> Option<(i64, i64)> {
        if domain.bits > MAX_DOMAIN_BITS {
            // No table.
            return None;
        }
        let (least, most) = self.relevant(argument, range);
        let unit = pow2(domain.scale);
        let (first, last) = ((least * unit).floor() as i64, (most * unit).ceil() as i64);
        let (lo, hi) = self.domain(argument, range, domain.bits);
        let room = (1i64 << domain.bits.min(MAX_DOMAIN_BITS)).checked_sub(last.checked_sub(first)?)? - 1;
        if (lo <= first && last <= hi) || room < 0 {
            return None;
        }
        // No further than the function has values, on the side where the range lies.
        let (lo, hi) = with_values(self.function, domain.scale, (first.saturating_sub(room / 2), last.saturating_add(room - room / 2)));
        (lo <= first && last <= hi).then_some((lo, hi))
    }

    /// Rows by their size: `ln(2^k x) = ln x + k ln 2`, and powers of `2^k x` are those of x times powers of two, which roots of odd k are not.
    fn equalized(&self, peaks: &[f64], _importance: &[f64]) -> Option<Equalizing> {
        let exponent = match self.function {
            Activation::Log => 0.0,
            Activation::Sqrt => 0.5,
            Activation::InverseSqrt => -0.5,
            Activation::Reciprocal => -1.0,
            Activation::Power { exponent } => exponent.mantissa as f64 * pow2(-(exponent.shift as i32)),
            _ => return None,
        };
        let even = |size: i32| -size & if exponent.fract() == 0.0 { !0 } else { !1 };
        let rows: Vec<i32> = relative(peaks)?.into_iter().map(even).collect();
        let result = |&row: &i32| match self.function {
            Activation::Log => Moved { factor: 1.0, offset: f64::from(row) * std::f64::consts::LN_2 },
            _ => match f64::from(row) * exponent {
                whole if whole.fract() == 0.0 => Moved::by(whole as i32),
                power => Moved { factor: exp(power * std::f64::consts::LN_2), offset: 0.0 },
            },
        };
        let results: Vec<Moved> = rows.iter().map(result).collect();
        results.iter().all(|result| result.factor.is_normal()).then_some(Equalizing { rows, results })
    }

    fn quantize(&self, formats: &Formats<'_>) -> Result<Arc<dyn IntegerOperator>, PlanError> {
        let (domain, &range) = formats.one_rounded()?;
        let (lo, hi) = with_values(self.function, domain.scale, self.integers(0, range, *domain));
        let (output_lo, output_hi) = formats.value_range(self.is_unsigned());
        let q = Quantization {
            lo,
            hi,
            input_scale: domain.scale,
            output_scale: formats.scale,
            output_lo,
            output_hi,
        };
        if domain.bits > MAX_DOMAIN_BITS {
            if !self.is_wide_for(range) {
                return None.feasible();
            }
            return Ok(Arc::new(wide::Wide::quantize(self.function, q, self.len, formats.tables)?));
        }
        let table = formats.tables.get(self.function, q).feasible()?;
        Ok(Arc::new(Table { function: self.function, q, len: self.len, table }))
    }

    fn certify(&self, given: &Given<'_>) -> Option<Vec<Rule>> {
        certify::rules(self.function, given)
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

/// The same on integers.
#[derive(Debug)]
struct Table {
    function: Activation,
    q: Quantization,
    len: usize,
    table: Arc<FunctionTable>,
}

impl IntegerOperator for Table {
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
        Ok(x.iter().map(|&q| function::reference(q, &self.table)).collect())
    }

    fn constrain(&self, b: &mut Builder, x: &[Bounded]) -> Result<Vec<Bounded>, BuildError> {
        function::constrain(b, x, &self.table)
    }

    fn cost(&self, t: &mut Tally, x: &[Interval]) -> Result<Vec<Interval>, BuildError> {
        Ok(function::cost(t, x, &self.table))
    }

    fn intervals(&self, x: &[Interval]) -> Result<Vec<Interval>, BuildError> {
        Ok(function::intervals(x, &self.table))
    }

    fn with_rounding(&self) -> Option<&dyn Rounded> {
        Some(self)
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

impl Rounded for Table {
    fn constrain_rounded(
        &self,
        b: &mut Builder,
        accumulators: &[Bounded],
        rounding: &[Requantize],
    ) -> Result<Vec<Bounded>, BuildError> {
        function::constrain_rounded(b, accumulators, rounding, &self.table)
    }

    fn cost_rounded(&self, t: &mut Tally, accumulators: &[Interval], rounding: &[Requantize]) {
        function::cost_rounded(t, accumulators, rounding, &self.table);
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
    let entries = hi.abs_diff(lo);
    if entries >= MAX_ENTRIES {
        return Err(ReadError::Clamp { lo, hi });
    }
    reader.spend("table entries", weight(function) * ENTRY * (entries + 1))?;
    let q = Quantization { lo, hi, input_scale, output_scale: shape.scale.into(), output_lo, output_hi };
    let table = Arc::new(FunctionTable::of(function, q).map_err(ReadError::Layer)?);
    Ok(Arc::new(Table { function, q, len, table }))
}

/// How much longer an entry of a function takes than those of most, which take 1 to 10 microseconds.
pub(super) fn weight(function: Activation) -> u64 {
    match function {
        // Newton's steps of an integral each: some 300 microseconds where they are many.
        Activation::Probit => 32,
        _ => 1,
    }
}

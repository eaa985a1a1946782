//! What an operator is: a function of real numbers, and the same on integers.
//!
//! A layer is an affine map and an operator of its rows. The map's rows are the operator's *arguments*, one behind the
//! other. The float operator says how each becomes integers ([`Takes`]); the search chooses the formats; and
//! [`Operator::quantize`] makes the integer operator of them, whose reference, constraints and cost are
//! `assay_circuits`'s.

use std::any::Any;
use std::fmt::Debug;
use std::sync::Arc;

use assay_circuits::cost::{Interval, Tally};
use assay_circuits::layers::requantize::Requantize;
use assay_circuits::{Bounded, BuildError, Builder, Ranges};

use crate::bytes::Writer;
use crate::number::{MAX_SCALE, activation_scale, signed_range};
use crate::quantize::certify::rule::{Given, Rule};
use crate::quantize::error::PlanError;
use crate::quantize::moved::Equalizing;
use crate::quantize::tables::Tables;

/// Widest domain that may be a table's.
const MAX_TABLE_BITS: u32 = 16;
/// Finest scale of a table's domain.
pub(crate) const MAX_DOMAIN_SCALE: i32 = 16;
/// The name of quotients of integers, rounded towards zero.
pub(crate) const WHOLE_QUOTIENT: &str = "whole quotient";

/// Some rows of a layer's map.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Argument {
    /// Number of rows.
    pub len: usize,
    /// How they become integers.
    pub takes: Takes,
}

/// How an argument's accumulators become integers.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Takes {
    /// Each row as it is, at a scale of its own: exact where the row is an element of a value, perhaps negated or times a
    /// power of two.
    Exact,
    /// Each row as it is, a whole number, at scale 0: what counts or says where.
    Whole,
    /// All rows as they are, at one scale: what is compared with each other.
    Common,
    /// Rounded to a domain, whose scale the search chooses by the calibrated range.
    Rounded {
        /// Most bits of the domain.
        most: u32,
        /// Magnitude beyond which the operator does not change, or hardly.
        reach: f64,
        /// Finest scale of the domain.
        finest: i32,
    },
}

impl Takes {
    /// Rounded to at most `most` bits.
    pub const fn rounded(most: u32) -> Takes {
        // Only tables have a scale that is too fine for them.
        let finest = if most > MAX_TABLE_BITS { MAX_SCALE } else { MAX_DOMAIN_SCALE };
        Takes::Rounded { most, reach: f64::INFINITY, finest }
    }

    /// The same for an operator that does not change beyond this magnitude, or hardly.
    pub const fn within(self, reach: f64) -> Takes {
        match self {
            Takes::Rounded { most, finest, .. } => Takes::Rounded { most, reach, finest },
            other => other,
        }
    }

    /// The same at a scale of at most `finest`.
    pub const fn no_finer_than(self, finest: i32) -> Takes {
        match self {
            Takes::Rounded { most, reach, .. } => Takes::Rounded { most, reach, finest },
            other => other,
        }
    }
}

/// Integers of `bits` bits at a binary scale.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Domain {
    /// Binary scale.
    pub scale: i32,
    /// A table has `2^bits` entries.
    pub bits: u32,
}

/// The format that a plan gives an argument.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ArgumentFormat {
    /// The scale of each row, of [`Takes::Exact`] and [`Takes::Whole`].
    Exact(Vec<i32>),
    /// The one scale of [`Takes::Common`].
    Common(i32),
    /// The domain of [`Takes::Rounded`].
    Rounded(Domain),
}

impl ArgumentFormat {
    /// The one scale, if there is one.
    pub fn scale(&self) -> Option<i32> {
        match self {
            ArgumentFormat::Exact(scales) => {
                scales.first().copied().filter(|first| scales.iter().all(|scale| scale == first))
            }
            ArgumentFormat::Common(scale) => Some(*scale),
            ArgumentFormat::Rounded(domain) => Some(domain.scale),
        }
    }
}

/// What an integer operator is made for.
pub struct Formats<'a> {
    /// Of each argument.
    pub arguments: &'a [ArgumentFormat],
    /// Calibrated range of each argument.
    pub ranges: &'a [(f64, f64)],
    /// Binary scale of the results.
    pub scale: i32,
    /// Bits at which results saturate, where the search chose their scale: unsigned ones where they are never negative.
    pub bits: u32,
    /// Tables made so far.
    pub(crate) tables: &'a Tables,
}

impl Formats<'_> {
    /// The domain and the calibrated range of the one argument.
    ///
    /// # Errors
    /// There is no such argument: a bug of the operator's.
    pub fn one_rounded(&self) -> Result<(&Domain, &(f64, f64)), PlanError> {
        match (self.arguments, self.ranges) {
            ([ArgumentFormat::Rounded(domain)], [range]) => Ok((domain, range)),
            _ => Err(PlanError::Internal("the one argument of an operator, rounded")),
        }
    }

    /// The integers that results can be.
    pub fn value_range(&self, is_unsigned: bool) -> (i64, i64) {
        if is_unsigned { (0, (1i64 << self.bits.min(62)) - 1) } else { signed_range(self.bits) }
    }
}

/// Who fixes the binary scale of an operator's results.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ResultScale {
    /// The search.
    Free,
    /// The arguments' formats.
    Fixed(i32),
}

/// What a loss is measured on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Measure {
    /// The results.
    Results,
    /// Decisions are counted, and the error is that of what was compared: the one argument, which is [`Takes::Common`].
    Scores,
    /// Decisions are counted; there is no error.
    Decisions,
}

/// An operator on real numbers.
pub trait Operator: Debug + Send + Sync {
    /// The operator's name in reports and messages.
    fn name(&self) -> &'static str;

    /// Its arguments, in the order of the map's rows; at least one.
    fn arguments(&self) -> Vec<Argument>;

    /// Whether a row of the arguments is compared with constants and nothing else is made of it, so that its integers may be order keys of
    /// numbers (`assay_interface::float32`) in place of numbers at a scale.
    fn compares_keys(&self, _row: usize) -> bool {
        false
    }

    /// The same, of which integers may follow from the arguments' values in the calibration data: `of_row` gives those of a row that is an
    /// element of an input, and none of others. `None` where they do not matter.
    fn with_values(&self, _of_row: &dyn Fn(usize) -> Vec<f64>) -> Option<Arc<dyn Operator>> {
        None
    }

    /// Number of results.
    fn len(&self) -> usize;

    /// Whether there are none.
    fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The results, of all arguments one behind the other. What is not defined gives NaN.
    fn apply(&self, x: &[f64]) -> Vec<f64>;

    /// Whether results are never negative.
    fn is_unsigned(&self) -> bool {
        false
    }

    /// What its loss is measured on.
    fn measure(&self) -> Measure {
        Measure::Results
    }

    /// Multiplications that an evaluation takes, about.
    fn work(&self) -> usize {
        self.arguments().iter().fold(self.len(), |sum, argument| sum.saturating_add(argument.len))
    }

    /// Which results are in doubt, where some of these arguments are: one that such an argument does not decide is not.
    fn doubtful(&self, x: &[f64], doubt: &[bool]) -> Vec<bool> {
        match self.arguments().as_slice() {
            // Element by element.
            &[Argument { len, .. }] if len == self.len() && len == x.len() => doubt.to_vec(),
            _ => vec![doubt.contains(&true); self.len()],
        }
    }

    /// Bits of its one argument up to which it is a table, where it has another form for wider ones: the search then tries finer arguments, and
    /// finer inputs where they are those, than weights.
    fn table_bits(&self) -> Option<u32> {
        None
    }

    /// Whether it has that other form for arguments in this range.
    fn is_wide_for(&self, _range: (f64, f64)) -> bool {
        self.table_bits().is_some()
    }

    /// Whether that table is the better form as long as it does, however many bits weights have: it may lie around a narrow range.
    fn is_table_first(&self) -> bool {
        false
    }

    /// Whether results are whole numbers, whatever the arguments are.
    fn is_whole(&self) -> bool {
        self.measure() != Measure::Results
    }

    /// Whether each result is one of its arguments as it is.
    fn chooses(&self) -> bool {
        false
    }

    /// Whether results are truth values, 0 or 1.
    fn gives_truths(&self) -> bool {
        false
    }

    /// For each decision on these arguments, how far they are from another one.
    fn margins(&self, _x: &[f64]) -> Vec<f64> {
        Vec::new()
    }

    /// What values an argument must have for there to be a result, where those of a calibrated range are others.
    fn needs(&self, _argument: usize, _range: (f64, f64)) -> Option<&'static str> {
        None
    }

    /// The integers of a domain of `bits` bits for an argument of this calibrated range.
    fn domain(&self, _argument: usize, _range: (f64, f64), bits: u32) -> (i64, i64) {
        signed_range(bits)
    }

    /// The integers of a domain at its scale, where they are not those around or from zero: as many around the calibrated range, for an
    /// operator whose cost is their number wherever they lie, and a range far from zero.
    fn window(&self, _argument: usize, _range: (f64, f64), _domain: Domain) -> Option<(i64, i64)> {
        None
    }

    /// The integers of a domain at its scale.
    fn integers(&self, argument: usize, range: (f64, f64), domain: Domain) -> (i64, i64) {
        self.window(argument, range, domain).unwrap_or_else(|| self.domain(argument, range, domain.bits))
    }

    /// The part of an argument's calibrated range on which results differ by what counts: the domain is to hold it.
    fn relevant(&self, _argument: usize, range: (f64, f64)) -> (f64, f64) {
        range
    }

    /// Who fixes the results' scale.
    fn result_scale(&self, _arguments: &[ArgumentFormat]) -> ResultScale {
        ResultScale::Free
    }

    /// What its rows are to be multiplied by so that one scale does for all of them and for all results, where rows are up to `peaks` in
    /// magnitude and layers behind weigh results by `importance`. `None` where it has no such law, or all are about the same.
    fn equalized(&self, _peaks: &[f64], _importance: &[f64]) -> Option<Equalizing> {
        None
    }

    /// The operator with results clipped to these bounds, where it knows how: a result that is beyond takes no bits.
    fn clipped(&self, _low: Option<f64>, _high: Option<f64>) -> Option<Arc<dyn Operator>> {
        None
    }

    /// The scale at which results of magnitude `peak` have `bits` bits.
    fn scale_for(&self, peak: f64, bits: u32) -> i32 {
        activation_scale(peak, bits, self.is_unsigned())
    }

    /// The operator on integers.
    ///
    /// # Errors
    /// [`PlanError::Infeasible`] where there is none for these formats.
    fn quantize(&self, formats: &Formats<'_>) -> Result<Arc<dyn IntegerOperator>, PlanError>;

    /// The operator on integers, some of whose arguments may be missing: `codes` has, for each row of all arguments, the integer that says
    /// so. Operators that know missing values get NaN for them in [`Operator::apply`]; others are never asked.
    ///
    /// # Errors
    /// As [`Operator::quantize`].
    fn quantize_missing(
        &self,
        formats: &Formats<'_>,
        codes: &[Option<i64>],
    ) -> Result<Arc<dyn IntegerOperator>, PlanError> {
        match codes.iter().any(Option::is_some) {
            true => Err(PlanError::Internal("an operator that knows missing values")),
            false => self.quantize(formats),
        }
    }

    /// How far each result can be off, for the bound that holds on the whole domain; `None` where there is no rule for it, or none for these
    /// rows: then what depends on it has no certificate.
    fn certify(&self, _given: &Given<'_>) -> Option<Vec<Rule>> {
        None
    }

    /// Rows of which a decision names one, or some: groups whose elements are compared with each other.
    fn rivals(&self) -> Vec<Vec<usize>> {
        Vec::new()
    }

    /// For patterns that look at what an operator is.
    fn as_any(&self) -> &dyn Any;
}

/// An operator on integers: bit-exact, in the meaning of its reference.
pub trait IntegerOperator: Debug + Send + Sync {
    /// What reports call it.
    fn kind(&self) -> &'static str;

    /// Number of results.
    fn len(&self) -> usize;

    /// Whether there are none.
    fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The results.
    ///
    /// # Errors
    /// Arguments of another number, or beyond what the operator is made for.
    fn reference(&self, x: &[i64]) -> Result<Vec<i64>, BuildError>;

    /// The results in a circuit.
    ///
    /// # Errors
    /// As [`IntegerOperator::reference`], for the arguments' bounds.
    fn constrain(&self, b: &mut Builder, x: &[Bounded]) -> Result<Vec<Bounded>, BuildError>;

    /// Adds what [`IntegerOperator::constrain`] costs for arguments of these intervals; the results' intervals.
    ///
    /// # Errors
    /// As [`IntegerOperator::constrain`].
    fn cost(&self, t: &mut Tally, x: &[Interval]) -> Result<Vec<Interval>, BuildError>;

    /// The results' intervals alone.
    ///
    /// # Errors
    /// As [`IntegerOperator::constrain`].
    fn intervals(&self, x: &[Interval]) -> Result<Vec<Interval>, BuildError> {
        self.cost(&mut Tally::new(Ranges::Bits), x)
    }

    /// Where each result is the place of the largest of some of the one argument's elements, the positions of these.
    fn ranks(&self) -> Option<Vec<Vec<usize>>> {
        None
    }

    /// Whether it holds numbers that a model was trained to, as trees hold thresholds: they are constants of the circuit, and who commits to
    /// weights would show them. Whoever has none says so.
    fn holds_parameters(&self) -> bool {
        true
    }

    /// Whether its constraints may prove the range of an argument that is an input.
    fn bounds_inputs(&self) -> bool {
        false
    }

    /// The operator with the rounding of its one argument, where the two together cost less.
    fn with_rounding(&self) -> Option<&dyn Rounded> {
        None
    }

    /// What the family's reader knows it by in files.
    fn tag(&self) -> u8;

    /// Appends its parameters: one way to write each operator.
    fn write(&self, out: &mut dyn Sink);
}

/// Takes the bytes of an operator.
pub trait Sink {
    /// Bytes as they are.
    fn bytes(&mut self, bytes: &[u8]);
    /// A count or index, below 2^32.
    fn count(&mut self, count: usize);
    /// Signed integers, in the fewest bytes that hold all of them.
    fn integers(&mut self, values: &[i64]);
}

impl Sink for Writer {
    fn bytes(&mut self, bytes: &[u8]) {
        Writer::bytes(self, bytes);
    }

    fn count(&mut self, count: usize) {
        Writer::count(self, count);
    }

    fn integers(&mut self, values: &[i64]) {
        Writer::integers(self, values);
    }
}

/// An operator that takes accumulators, and rounds them itself.
pub trait Rounded {
    /// The results in a circuit, of accumulators with the rounding of each.
    ///
    /// # Errors
    /// As [`IntegerOperator::constrain`].
    fn constrain_rounded(
        &self,
        b: &mut Builder,
        accumulators: &[Bounded],
        rounding: &[Requantize],
    ) -> Result<Vec<Bounded>, BuildError>;

    /// What that costs.
    fn cost_rounded(&self, t: &mut Tally, accumulators: &[Interval], rounding: &[Requantize]);
}

impl PartialEq for dyn IntegerOperator {
    fn eq(&self, other: &dyn IntegerOperator) -> bool {
        let bytes = |operator: &dyn IntegerOperator| {
            let mut out = Writer::default();
            operator.write(&mut out);
            out.finish()
        };
        (self.tag(), self.len()) == (other.tag(), other.len()) && bytes(self) == bytes(other)
    }
}

impl Eq for dyn IntegerOperator {}

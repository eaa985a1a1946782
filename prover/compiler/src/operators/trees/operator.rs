//! The operator of a tree ensemble, on real numbers and on integers.

use std::any::Any;
use std::sync::{Arc, Mutex, PoisonError};

use assay_circuits::cost::{Interval, Tally};
use assay_circuits::layers::trees::{Ensemble, Planned};
use assay_circuits::{Bounded, BuildError, Builder};

use super::beside::Seen;
use super::certify;
use super::encoding;
use super::ensemble::{RealEnsemble, Slot, Values};
use crate::number::pow2;
use crate::operators::operator::{
    Argument, ArgumentFormat, Formats, IntegerOperator, Operator, ResultScale, Sink, Takes,
};
use crate::quantize::certify::rule::{Given, Rule};
use crate::quantize::error::{Feasible, PlanError};

/// What files know the integer operator by.
pub(super) const TAG: u8 = 64;
/// Finest scale of the leaves: they are coefficients, so that it costs nothing in the trees.
const MAX_LEAF_SCALE: i32 = 24;
/// Bits of the results at that scale, at most: what a schema takes, with a sign and one to spare.
const RESULT_BITS: i32 = 30;

/// Integer forms that are kept, at most: as many as a search tries widths of inputs, and some. Of large ensembles, so many that they hold
/// [`MOST_NODES`] together.
const MOST_KNOWN: usize = 32;
const MOST_NODES: usize = 1 << 21;

/// Integer forms by the scales of the arguments, and the integers that say that one is missing.
type Known = Arc<Mutex<Vec<(Vec<i32>, Vec<Option<i64>>, Arc<Integers>)>>>;

/// Trees over elements of one sample.
#[derive(Clone, Debug)]
pub(super) struct Trees {
    ensemble: Arc<RealEnsemble>,
    /// One a feature of the ensemble.
    slots: Vec<Slot>,
    /// What is known of each argument.
    arguments: Vec<Values>,
    /// What the calibration data has of each argument, where that is known.
    seen: Vec<Seen>,
    /// Binary scale of leaves and results.
    scale: i32,
    is_unsigned: bool,
    is_whole: bool,
    /// Comparisons of an evaluation, at most.
    steps: usize,
    /// The last integer forms, by the scales of the arguments: a search asks for the same ones again.
    known: Known,
}

impl Trees {
    /// Each feature of the ensemble as an affine function of an argument.
    pub fn new(ensemble: Arc<RealEnsemble>, slots: Vec<Slot>, arguments: Vec<Values>) -> Self {
        let ranges = ensemble.ranges();
        let peak = ranges.iter().fold(0.0f64, |peak, (lo, hi)| peak.max(lo.abs()).max(hi.abs()));
        let scale = (-60..=MAX_LEAF_SCALE).rev().find(|&scale| peak * pow2(scale) < pow2(RESULT_BITS));
        let is_unsigned = ranges.iter().all(|&(lo, _)| lo >= 0.0);
        let (mut scale, steps, known) = (scale.unwrap_or(-60), ensemble.steps(), Known::default());
        // Counts, and numbers of leaves: as they are.
        let is_whole = scale >= 0 && ensemble.is_whole();
        if is_whole {
            scale = 0;
        }
        Trees { ensemble, slots, arguments, seen: Vec::new(), scale, is_unsigned, is_whole, steps, known }
    }
}

impl Trees {
    /// The same with the arguments' values in the calibration data.
    pub fn with_seen(&self, of_row: &dyn Fn(usize) -> Vec<f64>) -> Self {
        let seen = (0..self.arguments.len()).map(|row| Seen::new(of_row(row))).collect();
        Trees { seen, known: Known::default(), ..self.clone() }
    }

    /// The argument that each feature is a function of.
    pub fn argument_of(&self, feature: usize) -> Option<usize> {
        self.slots.get(feature).map(|slot| slot.argument as usize)
    }
}

impl Operator for Trees {
    fn name(&self) -> &'static str {
        "trees"
    }

    fn arguments(&self) -> Vec<Argument> {
        vec![Argument { len: self.arguments.len(), takes: Takes::Exact }]
    }

    fn compares_keys(&self, row: usize) -> bool {
        self.arguments.get(row) == Some(&Values::Float32)
    }

    fn with_values(&self, of_row: &dyn Fn(usize) -> Vec<f64>) -> Option<Arc<dyn Operator>> {
        Some(Arc::new(self.with_seen(of_row)))
    }

    fn len(&self) -> usize {
        self.ensemble.base.len()
    }

    fn apply(&self, x: &[f64]) -> Vec<f64> {
        let features: Vec<f64> = self.slots.iter().map(|slot| slot.value(x)).collect();
        self.ensemble.apply(&features)
    }

    fn is_unsigned(&self) -> bool {
        self.is_unsigned
    }

    fn is_whole(&self) -> bool {
        self.is_whole
    }

    fn work(&self) -> usize {
        self.steps + self.slots.len()
    }

    fn result_scale(&self, _arguments: &[ArgumentFormat]) -> ResultScale {
        ResultScale::Fixed(self.scale)
    }

    fn quantize(&self, formats: &Formats<'_>) -> Result<Arc<dyn IntegerOperator>, PlanError> {
        self.quantize_missing(formats, &[])
    }

    fn quantize_missing(
        &self,
        formats: &Formats<'_>,
        codes: &[Option<i64>],
    ) -> Result<Arc<dyn IntegerOperator>, PlanError> {
        let [ArgumentFormat::Exact(scales)] = formats.arguments else {
            return Err(PlanError::Internal("the one argument of trees, exact"));
        };
        let known = || self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((.., integers)) = known().iter().find(|(of, with, _)| of == scales && with == codes) {
            return Ok(Arc::clone(integers) as Arc<dyn IntegerOperator>);
        }
        let ensemble =
            self.ensemble.integers((&self.arguments, &self.seen), &self.slots, scales, codes, self.scale).feasible()?;
        let integers = Arc::new(Integers::new(ensemble));
        let nodes: usize = integers.0.ensemble().trees().iter().map(Vec::len).sum();
        let mut known = known();
        if known.len() >= (MOST_NODES / nodes.max(1)).clamp(1, MOST_KNOWN) {
            known.remove(0);
        }
        known.push((scales.to_vec(), codes.to_vec(), Arc::clone(&integers)));
        Ok(integers)
    }

    fn certify(&self, given: &Given<'_>) -> Option<Vec<Rule>> {
        let codes = if given.codes.iter().any(Option::is_some) { given.codes } else { &[] };
        let known = (&self.arguments[..], &self.seen[..]);
        let integers = self.ensemble.integers(known, &self.slots, given.scales, codes, self.scale)?;
        certify::rules(&self.ensemble, &integers, &self.slots, &self.arguments, given)
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

/// The same on integers.
#[derive(Debug)]
pub(super) struct Integers(Planned);

impl Integers {
    /// Its plans are made when costs are asked for, and kept.
    pub fn new(ensemble: Ensemble) -> Self {
        Self(Planned::new(ensemble))
    }
}

impl IntegerOperator for Integers {
    fn kind(&self) -> &'static str {
        "trees"
    }

    fn len(&self) -> usize {
        self.0.ensemble().outputs()
    }

    fn reference(&self, x: &[i64]) -> Result<Vec<i64>, BuildError> {
        self.0.ensemble().reference(x)
    }

    fn constrain(&self, b: &mut Builder, x: &[Bounded]) -> Result<Vec<Bounded>, BuildError> {
        self.0.constrain(b, x)
    }

    fn cost(&self, t: &mut Tally, x: &[Interval]) -> Result<Vec<Interval>, BuildError> {
        self.0.cost(t, x)
    }

    fn bounds_inputs(&self) -> bool {
        true
    }

    fn tag(&self) -> u8 {
        TAG
    }

    fn write(&self, out: &mut dyn Sink) {
        encoding::write(self.0.ensemble(), out);
    }
}

//! The operator of a tree ensemble, on real numbers and on integers.

use std::any::Any;
use std::sync::Arc;

use assay_circuits::cost::{Interval, Tally};
use assay_circuits::layers::trees::{self, Ensemble};
use assay_circuits::{Bounded, BuildError, Builder};

use super::encoding;
use super::ensemble::{RealEnsemble, Slot, Whole};
use crate::number::pow2;
use crate::operators::operator::{
    Argument, ArgumentFormat, Formats, IntegerOperator, Operator, ResultScale, Sink, Takes,
};
use crate::quantize::error::{Feasible, PlanError};

/// What files know the integer operator by.
pub(super) const TAG: u8 = 64;
/// Finest scale of the leaves: they are coefficients, so that it costs nothing in the trees.
const MAX_LEAF_SCALE: i32 = 24;
/// Bits of the results at that scale, at most: what a schema takes, with a sign and one to spare.
const RESULT_BITS: i32 = 30;

/// Trees over elements of one sample.
#[derive(Clone, Debug)]
pub(super) struct Trees {
    ensemble: Arc<RealEnsemble>,
    /// One a feature of the ensemble.
    slots: Vec<Slot>,
    /// What is known of each argument.
    arguments: Vec<Whole>,
    /// Binary scale of leaves and results.
    scale: i32,
    is_unsigned: bool,
}

impl Trees {
    /// Each feature of the ensemble as an affine function of an argument.
    pub fn new(ensemble: Arc<RealEnsemble>, slots: Vec<Slot>, arguments: Vec<Whole>) -> Self {
        let ranges = ensemble.ranges();
        let peak = ranges.iter().fold(0.0f64, |peak, (lo, hi)| peak.max(lo.abs()).max(hi.abs()));
        let scale = (-60..=MAX_LEAF_SCALE).rev().find(|&scale| peak * pow2(scale) < pow2(RESULT_BITS));
        let is_unsigned = ranges.iter().all(|&(lo, _)| lo >= 0.0);
        Trees { ensemble, slots, arguments, scale: scale.unwrap_or(-60), is_unsigned }
    }
}

impl Operator for Trees {
    fn name(&self) -> &'static str {
        "trees"
    }

    fn arguments(&self) -> Vec<Argument> {
        vec![Argument { len: self.arguments.len(), takes: Takes::Exact }]
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
        let ensemble = self.ensemble.integers(&self.arguments, &self.slots, scales, codes, self.scale).feasible()?;
        Ok(Arc::new(Integers(ensemble)))
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

/// The same on integers.
#[derive(Debug)]
pub(super) struct Integers(pub Ensemble);

impl IntegerOperator for Integers {
    fn kind(&self) -> &'static str {
        "trees"
    }

    fn len(&self) -> usize {
        self.0.outputs()
    }

    fn reference(&self, x: &[i64]) -> Result<Vec<i64>, BuildError> {
        trees::reference(x, &self.0)
    }

    fn constrain(&self, b: &mut Builder, x: &[Bounded]) -> Result<Vec<Bounded>, BuildError> {
        trees::constrain(b, x, &self.0)
    }

    fn cost(&self, t: &mut Tally, x: &[Interval]) -> Result<Vec<Interval>, BuildError> {
        trees::cost(t, x, &self.0)
    }

    fn tag(&self) -> u8 {
        TAG
    }

    fn write(&self, out: &mut dyn Sink) {
        encoding::write(&self.0, out);
    }
}

//! Why no quantized graph was found.

use assay_circuits::{BuildError, Missing};

use crate::crossings::{Crossings, Remedy};
use crate::internal::InternalError;
use crate::progress::Cancelled;

/// No quantized graph meets the demands.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum QuantizeError {
    /// The error bound is below what the widest formats achieve.
    #[error(
        "max error {max_error} cannot be met: with {bits}-bit weights and activations the error of output '{output}', whose values reach \
         {peak}, is {achieved:.6}; --max-error-calibrated {} allows that{}{}; features scaled to similar ranges, or a finer input or output format, may \
         make it smaller",
        enough(*.achieved), crossed(.crossings.as_ref()), .outlier.as_ref().map_or_else(String::new, |outlier| outlier.text())
    )]
    Unreachable {
        /// Error asked for.
        max_error: f64,
        /// Whether it is about scores that a decision is made by.
        is_score: bool,
        /// The output with the largest error.
        output: String,
        /// Its largest magnitude over the calibration data.
        peak: f64,
        /// How much the real output that varies least varies over the calibration data, its elements together.
        least_range: f64,
        /// Smallest error found.
        achieved: f64,
        /// Width of weights and activations at which it was found, at most.
        bits: u32,
        /// Rows of the calibration data that take another branch, where features are compared.
        crossings: Option<Crossings>,
        /// A number in the data that is far from all others of its feature, if one is.
        outlier: Option<Box<Outlier>>,
    },
    /// The error bound is met, and more decisions differ than may.
    #[error(
        "{achieved} decisions over the calibration data differ from the float model's even with {bits}-bit weights and \
         activations, and at most {max_flips} may: allow as many flips, move the threshold away from where samples lie, \
         or choose a finer input or output format"
    )]
    Flips {
        /// Decisions that may differ.
        max_flips: usize,
        /// Fewest that do, where the error bound is met.
        achieved: usize,
        /// Width of weights and activations, at most.
        bits: u32,
    },
    /// The error bound is met, and more labels differ than may where nothing is said about them.
    #[error(
        "{achieved} of {total} decisions differ from the float model's even with {bits}-bit weights and activations, and one in 1,000, \
         {most}, was aimed at"
    )]
    Labels {
        /// Decisions that may differ.
        most: usize,
        /// Fewest that do, where the error bound is met.
        achieved: usize,
        /// Decisions of all samples.
        total: usize,
        /// Width of weights and activations, at most.
        bits: u32,
    },
    /// Accumulators or outputs are too wide even at the narrowest formats.
    #[error(
        "even with {bits}-bit weights and activations {}{}", has_no_room(.place.as_deref()),
        .outlier.as_ref().map_or_else(String::new, |outlier| outlier.text())
    )]
    TooWide {
        /// Narrowest width tried.
        bits: u32,
        /// The first layer or output that has no room, where it is known.
        place: Option<Box<Place>>,
        /// A number in the data that is far from all others of its feature, if one is.
        outlier: Option<Box<Outlier>>,
    },
    /// The error cannot be certified for every input of the domain, and nothing makes the bound smaller.
    #[error(
        "an error of at most {max_error} cannot be certified for every input of the domain: {achieved:.6} is the least that was reached for \
         output '{output}', of which the largest part is {by} in layer '{layer}'; --max-error {} allows that; narrower domains of features make it \
         smaller, as do finer input and output formats where they are fixed; --max-error-calibrated in place of --max-error is about the \
         calibration data only",
        enough(*.achieved)
    )]
    Uncertain {
        /// Error asked for.
        max_error: f64,
        /// Smallest bound that was reached.
        achieved: f64,
        /// The output that it is of.
        output: String,
        /// The layer that most of it comes from.
        layer: String,
        /// What of that layer.
        by: &'static str,
    },
    /// A function that is not defined for all of its arguments over the calibration data.
    #[error(
        "layer '{layer}': {function} is applied to values from {lo} to {hi}, and needs {needed}{}",
        .row.map_or_else(String::new, |row| format!("; row {row} of the calibration data has others, whose results the model uses"))
    )]
    Undefined {
        /// Layer name.
        layer: String,
        /// The function.
        function: &'static str,
        /// What arguments it needs.
        needed: &'static str,
        /// Smallest argument over the calibration data.
        lo: f64,
        /// Largest argument over the calibration data.
        hi: f64,
        /// A row of the calibration data that has others, counted from 1, where most have none.
        row: Option<usize>,
    },
    /// A bug in the compiler.
    #[error(transparent)]
    Internal(#[from] InternalError),
}

/// A number that is far from all others of its feature: it takes the bits that would tell these apart.
#[derive(Clone, Debug, PartialEq)]
pub struct Outlier {
    /// The feature.
    pub feature: String,
    /// The sample, counted from 1.
    pub row: usize,
    /// The number.
    pub value: f64,
    /// Half of the others are not larger than this in magnitude.
    pub median: f64,
}

impl Outlier {
    /// How many times the median a number is that is far from it.
    const FAR: f64 = 1e5;

    /// The farthest of all features, in samples of theirs.
    pub(crate) fn of(features: &[String], samples: &[Vec<f64>]) -> Option<Outlier> {
        let of_feature = |(position, feature): (usize, &String)| {
            let values =
                samples.iter().enumerate().filter_map(|(row, sample)| Some((row, *sample.get(position)?)));
            let mut values: Vec<(usize, f64)> = values.filter(|(_, value)| value.is_finite()).collect();
            values.sort_by(|(_, a), (_, b)| a.abs().total_cmp(&b.abs()));
            let (&(_, median), &(row, value)) = (values.get(values.len() / 2)?, values.last()?);
            let (median, row) = (median.abs(), row + 1);
            (median > 0.0 && value.abs() > Outlier::FAR * median).then(|| Outlier {
                feature: feature.clone(),
                row,
                value,
                median,
            })
        };
        let far = |outlier: &Outlier| outlier.value.abs() / outlier.median;
        features.iter().enumerate().filter_map(of_feature).max_by(|a, b| far(a).total_cmp(&far(b)))
    }

    fn text(&self) -> String {
        let Outlier { feature, row, value, median } = self;
        format!(
            "; row {row} of the calibration data has {value} for '{feature}', of which half is at most {median}: leave the row out if that is \
             a mistake"
        )
    }
}

/// Rows that take another branch, with what to do.
fn crossed(crossings: Option<&Crossings>) -> String {
    let Some(crossings) = crossings.filter(|crossings| crossings.rows > 0) else { return String::new() };
    let remedy = crossings.remedy.map_or_else(String::new, |remedy| format!(": {}", remedy.text()));
    format!("; {}{remedy}", crossings.text("rows of the calibration data"))
}

/// A bound that an error meets, in few digits.
fn enough(error: f64) -> f64 {
    format!("{:.1e}", error * 1.06).parse().unwrap_or(error)
}

/// What has no room at any format.
#[derive(Clone, Debug, PartialEq)]
pub enum Place {
    /// A layer: its sums, its weights or what its operator makes of them.
    Layer {
        /// Layer name.
        layer: String,
        /// The operator, where the layer has one.
        operator: Option<&'static str>,
        /// Of the features that it reads, if any, the one with the largest number in the calibration data.
        reads: Option<(String, f64)>,
        /// Largest magnitude of its results over the calibration data.
        peak: f64,
    },
    /// An output.
    Output {
        /// Its name.
        output: String,
        /// Its largest magnitude over the calibration data.
        peak: f64,
    },
}

fn has_no_room(place: Option<&Place>) -> String {
    match place {
        Some(Place::Layer { layer, operator, reads, peak }) => {
            let operator = operator.map_or_else(String::new, |name| format!(" ({name})"));
            let reads = reads.as_ref().map_or_else(String::new, |(feature, peak)| {
                format!("; of the features that it reads, '{feature}' has the largest numbers, up to {peak}")
            });
            format!(
                "layer '{layer}'{operator} has no room in 60 bits: its results over the calibration data are up to {peak}{reads}. \
                 Its weights and inputs span too many orders of magnitude: scale the features, or what the model gives, to similar ranges"
            )
        }
        Some(Place::Output { output, peak }) => format!(
            "output '{output}' has no room in 32 bits: its values over the calibration data are up to {peak}: let the model give it in \
             larger units, or choose a coarser output format"
        ),
        None => "an accumulator leaves 60 bits or an output 32 bits: the model's weights span too many orders of magnitude".into(),
    }
}

impl QuantizeError {
    /// The error to allow in place of one that cannot be met: what can be, with some room, and a tenth of the part `of_range` of the outputs'
    /// range, at least; no more than that part. In two digits, as one would type it. With it, the range.
    pub(crate) fn in_proportion(&self, max_error: f64, of_range: f64) -> Option<(f64, f64)> {
        let &QuantizeError::Unreachable { achieved, least_range, .. } = self else { return None };
        let most = of_range * least_range;
        let least = (1.25 * achieved).max(0.1 * most);
        let allowed = format!("{least:.1e}").parse::<f64>().ok()?;
        (allowed > max_error && allowed <= most && most.is_finite()).then_some((allowed, least_range))
    }

    /// What was found in place of what was demanded, without a remedy.
    pub(crate) fn shortly(&self) -> String {
        match self {
            QuantizeError::Unreachable { output, achieved, .. } => {
                format!("with them the error of output '{output}' is {achieved:.6}")
            }
            QuantizeError::Flips { achieved, .. } | QuantizeError::Labels { achieved, .. } => {
                format!("with them {achieved} decisions differ")
            }
            QuantizeError::Uncertain { output, achieved, .. } => {
                format!("with them {achieved:.6} is certified of output '{output}'")
            }
            QuantizeError::TooWide { .. } => "with them numbers become too large".into(),
            undefined @ (QuantizeError::Undefined { .. } | QuantizeError::Internal(_)) => {
                undefined.to_string()
            }
        }
    }

    /// The same with what makes rows take the model's branches, where some take others.
    pub(crate) fn with_remedy(mut self, remedy: impl FnOnce() -> Option<Remedy>) -> Self {
        if let QuantizeError::Unreachable { crossings: Some(crossings), .. } = &mut self
            && crossings.rows > 0
        {
            crossings.remedy = remedy();
        }
        self
    }

    /// Whether it is the model's fault, or the compiler's, and no other demand or sample would mend it.
    pub(crate) fn is_of_model(&self) -> bool {
        match self {
            QuantizeError::Undefined { .. } | QuantizeError::Internal(_) => true,
            QuantizeError::Unreachable { .. }
            | QuantizeError::Flips { .. }
            | QuantizeError::Labels { .. }
            | QuantizeError::Uncertain { .. }
            | QuantizeError::TooWide { .. } => false,
        }
    }
}

/// The search ended without a graph.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub(crate) enum SearchError {
    /// There is none.
    #[error(transparent)]
    Quantize(#[from] QuantizeError),
    /// The caller ended it.
    #[error(transparent)]
    Cancelled(#[from] Cancelled),
}

impl From<InternalError> for SearchError {
    fn from(error: InternalError) -> Self {
        QuantizeError::from(error).into()
    }
}

impl From<Missing> for SearchError {
    fn from(missing: Missing) -> Self {
        InternalError::from(missing).into()
    }
}

/// A plan has no graph.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PlanError {
    /// A weight, an accumulator or an output would be too wide, or a function has no table: other scales may do.
    Infeasible,
    /// A bug in the compiler, which no other plan mends.
    Internal(&'static str),
}

impl PlanError {
    /// What a plan gives, if it is feasible.
    pub fn feasible<T>(result: Result<T, PlanError>) -> Result<Option<T>, InternalError> {
        match result {
            Ok(value) => Ok(Some(value)),
            Err(PlanError::Infeasible) => Ok(None),
            Err(PlanError::Internal(what)) => Err(InternalError(what)),
        }
    }
}

impl From<InternalError> for PlanError {
    fn from(InternalError(what): InternalError) -> Self {
        PlanError::Internal(what)
    }
}

impl From<Missing> for PlanError {
    fn from(missing: Missing) -> Self {
        PlanError::Internal(missing.what)
    }
}

/// Evaluating a layer fails where a plan's numbers are too large for it; that lengths differ is no plan's fault.
impl From<BuildError> for PlanError {
    fn from(error: BuildError) -> Self {
        match error {
            BuildError::Internal(missing) => missing.into(),
            BuildError::Length { what, .. } => PlanError::Internal(what),
            _ => PlanError::Infeasible,
        }
    }
}

/// What only a feasible plan has.
pub(crate) trait Feasible<T> {
    /// The value, or [`PlanError::Infeasible`].
    fn feasible(self) -> Result<T, PlanError>;
}

impl<T> Feasible<T> for Option<T> {
    fn feasible(self) -> Result<T, PlanError> {
        self.ok_or(PlanError::Infeasible)
    }
}

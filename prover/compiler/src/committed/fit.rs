//! Other weights for an architecture: a retrained model in the formats of the first.
//!
//! The file is imported as the first one was, with its options; each layer is quantized at the architecture's scales, and nothing is
//! searched. What the first model left open (its weights) may differ, and all else has to be the same.

use std::sync::Arc;

use crate::calibrate::{Arranged, CalibrationError, Table};
use crate::compile_error::CompileError;
use crate::compiled::CompiledModel;
use crate::feature::{InputError, check_domain};
use crate::features::coded;
use crate::import::{self, ImportError};
use crate::internal::InternalError;
use crate::measured;
use crate::model::{FileInput, Model};
use crate::options::{OptionError, Options};
use crate::progress::{Cancelled, Observer, Progress, Stage, Unobserved};
use crate::provenance::Provenance;
use crate::quantize::bounds;
use crate::quantize::candidate::Found;
use crate::quantize::certify;
use crate::quantize::committed::{Committed, is_movement};
use crate::quantize::equalize::equalize;
use crate::quantize::error::{PlanError, SearchError};
use crate::quantize::graph::QuantGraph;
use crate::quantize::linear::Linear;
use crate::quantize::loss::{self, Bound};
use crate::quantize::plan::Plan;
use crate::quantize::profile::Profile;
use crate::quantize::realize::Realized;
use crate::quantize::weights;
use crate::report::{Report, real};
use crate::source::Source;

use super::weights::{ModelWeights, WeightsError};

/// What error a model may have of the one that its architecture was compiled to, where nobody says: at scales that were chosen for other
/// weights, rounding falls out differently.
const ALLOWANCE: f64 = 2.0;

/// A model in the formats of an architecture.
#[derive(Clone, Debug)]
pub struct Fitted {
    /// The architecture with the model's weights.
    pub model: CompiledModel,
    /// The weights.
    pub weights: ModelWeights,
    /// What they lose.
    pub report: Report,
}

/// A model that does not fit an architecture.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum FitError {
    /// The architecture holds its weights.
    #[error(
        "the compiled model has fixed weights, and is no architecture: compile one with --weights committed"
    )]
    Fixed,
    /// The error that may be is none.
    #[error(transparent)]
    Option(#[from] OptionError),
    /// The ONNX file is not supported.
    #[error(transparent)]
    Import(#[from] ImportError),
    /// The calibration data does not fit.
    #[error("calibration data: {0}")]
    Calibration(#[from] CalibrationError),
    /// Calibration data outside the architecture's domains.
    #[error(
        "calibration data, row {row}: {error}; the domains are the architecture's, and a wider one is another architecture"
    )]
    Domain {
        /// Row, counted from 1.
        row: usize,
        /// Which value.
        error: InputError,
    },
    /// Another structure.
    #[error("the model does not fit the architecture: {what} {found}, and the architecture has {expected}")]
    Structure {
        /// What differs.
        what: String,
        /// What the architecture has.
        expected: String,
        /// What the model has.
        found: String,
    },
    /// A weight or a bias that is too large.
    #[error(
        "the model does not fit the architecture: layer '{layer}', row {row}: {what} is {value}, and the format of {bits} bits holds up to {most}; \
         compile an architecture from this model, or train it with smaller weights (weight decay)"
    )]
    Outside {
        /// Layer name.
        layer: String,
        /// The row of its map, or the filter, counted from 1.
        row: usize,
        /// `a weight` or `a bias`.
        what: &'static str,
        /// The number that it is.
        value: String,
        /// Bits of the format.
        bits: u8,
        /// The largest number of the format.
        most: String,
    },
    /// Weights so large that no integer stands for one.
    #[error(
        "the model does not fit the architecture: layer '{layer}' has a weight that is far beyond its format; compile an architecture from this model"
    )]
    Beyond {
        /// Layer name.
        layer: String,
    },
    /// An error that is not allowed.
    #[error(
        "the model does not fit the architecture: with its formats output '{output}' is off by up to {found}, and {allowed} are allowed; allow more \
         (--max-error), or compile an architecture from this model"
    )]
    Error {
        /// The output.
        output: String,
        /// Largest error.
        found: String,
        /// What is allowed.
        allowed: String,
    },
    /// What was fitted cannot be measured.
    #[error(transparent)]
    Measure(Box<CompileError>),
    /// The caller's [`Progress`] ended it.
    #[error("the work was cancelled")]
    Cancelled,
    /// A bug in the compiler.
    #[error(transparent)]
    Internal(#[from] InternalError),
}

impl From<Cancelled> for FitError {
    fn from(_: Cancelled) -> Self {
        FitError::Cancelled
    }
}

impl From<CompileError> for FitError {
    fn from(error: CompileError) -> Self {
        match error {
            CompileError::Cancelled => FitError::Cancelled,
            error => FitError::Measure(Box::new(error)),
        }
    }
}

impl From<PlanError> for FitError {
    fn from(error: PlanError) -> Self {
        match error {
            PlanError::Internal(what) => InternalError(what).into(),
            PlanError::Infeasible => InternalError("an architecture that was feasible").into(),
        }
    }
}

impl From<assay_circuits::Missing> for FitError {
    fn from(missing: assay_circuits::Missing) -> Self {
        InternalError::from(missing).into()
    }
}

impl From<SearchError> for FitError {
    fn from(error: SearchError) -> Self {
        match error {
            SearchError::Quantize(error) => FitError::Measure(Box::new(error.into())),
            SearchError::Cancelled(cancelled) => cancelled.into(),
        }
    }
}

/// The weights of a model in the formats of an architecture, and what they lose. `max_error` is the largest error over the calibration
/// data; without it twice the one that the architecture was compiled to.
///
/// # Errors
/// [`FitError`] says what does not fit, and where.
pub fn fit<'a>(
    architecture: &CompiledModel,
    source: impl Into<Source<'a>>,
    calibration: &Table,
    max_error: Option<f64>,
) -> Result<Fitted, FitError> {
    fit_with(architecture, source, calibration, max_error, &mut Unobserved)
}

/// As [`fit`], telling `progress` how far it is.
///
/// # Errors
/// As [`fit`], and [`FitError::Cancelled`] where `progress` ends it.
pub fn fit_with<'a>(
    architecture: &CompiledModel,
    source: impl Into<Source<'a>>,
    calibration: &Table,
    max_error: Option<f64>,
    progress: &mut dyn Progress,
) -> Result<Fitted, FitError> {
    if !architecture.is_committed() {
        return Err(FitError::Fixed);
    }
    let (source, observer) = (source.into(), Observer::new(progress));
    observer.at(Stage::Import, None)?;
    let known = &architecture.provenance.options;
    let allowed = max_error.unwrap_or(ALLOWANCE * known.max_error);
    let options = Options { max_error: allowed, ..known.clone() };
    options.check()?;
    let proto = import::prepare(&source, &options)?;
    let mut model = match coded(&architecture.features) {
        missing if missing.is_empty() => import::import_proto(&proto, &options)?,
        missing => import::import_missing(&proto, &options, &missing)?,
    };
    if options.output_format.is_some() {
        model.round_outputs();
    }
    check_tensors(architecture, &model)?;
    let Arranged { rows: samples, warnings, .. } = architecture.arrange(calibration)?;
    for (i, sample) in samples.iter().enumerate() {
        check_domain(&architecture.features, sample)
            .map_err(|error| FitError::Domain { row: i + 1, error })?;
    }
    let provenance = Provenance::new(&samples, known);
    model.declare(&architecture.features);
    model.show(&samples);
    let equalized = equalize(&model, &samples, options.weights);
    let profile = Profile::new(&equalized.model, samples, &observer)?;
    let plan = certify::recovered(&equalized.model, &profile, &architecture.graph)?;
    let plan = plan.ok_or_else(|| {
        different("its layers", "those of the first model", "move or add elements in another way")
    })?;
    let graph = quantize(&architecture.graph, &equalized.model, &profile, &plan)?;
    let intervals = bounds::of_graph(&graph).map_err(|(_, error)| error)?;
    let realized = Realized { graph: graph.clone(), intervals };
    let all: Vec<usize> = (0..profile.samples.len()).collect();
    let anything = (options.threshold, Bound::NONE);
    let (loss, _) = loss::measure(&equalized.model, &realized, &plan, &profile, &all, anything, None)?;
    if loss.error > options.max_error || loss.error.is_nan() {
        let output = architecture.schema.outputs().get(loss.worst);
        return Err(FitError::Error {
            output: output.map_or_else(String::new, |tensor| tensor.name.clone()),
            found: real(loss.error),
            allowed: real(options.max_error),
        });
    }
    let found = Found { plan, realized, loss };
    let mut model_of =
        CompiledModel { graph, source_digest: source.digest(), provenance, ..architecture.clone() };
    let fixed = None;
    let task = measured::Task {
        proto: &proto,
        model: &model,
        equalized: &equalized,
        profile: &profile,
        found: &found,
        fixed,
        options: &options,
        observer: &observer,
        warnings,
    };
    let report = measured::measure(&mut model_of, task)?;
    let weights = model_of.weights()?.ok_or(InternalError("the weights of a model that was fitted"))?;
    // What is read back from the weights is this model.
    match architecture.with_weights(&weights) {
        Ok(read) if read.graph == model_of.graph => Ok(Fitted { model: model_of, weights, report }),
        Ok(_) | Err(WeightsError::Read(_) | WeightsError::Fixed | WeightsError::Count { .. }) => {
            Err(InternalError("weights that are those of the model").into())
        }
        Err(WeightsError::Outside { .. }) => Err(InternalError("weights within their formats").into()),
        Err(WeightsError::Internal(error)) => Err(error.into()),
    }
}

fn different(what: &str, expected: impl Into<String>, found: impl Into<String>) -> FitError {
    FitError::Structure { what: what.to_owned(), expected: expected.into(), found: found.into() }
}

/// Whether inputs, outputs and layers are as many and as large.
fn check_tensors(architecture: &CompiledModel, model: &Model) -> Result<(), FitError> {
    let sizes = |list: &[(String, usize)]| {
        list.iter().map(|(name, len)| format!("'{name}' ({len})")).collect::<Vec<_>>().join(", ")
    };
    let check =
        |what: &str, expected: Vec<(String, usize)>, found: Vec<(String, usize)>| match expected == found {
            true => Ok(()),
            false => Err(different(what, sizes(&expected), format!("are {}", sizes(&found)))),
        };
    let (schema, graph) = (&architecture.schema, &architecture.graph);
    check(
        "its inputs",
        schema.inputs().iter().map(|tensor| (tensor.name.clone(), tensor.elements())).collect(),
        model.inputs.iter().map(|input| (input.name.clone(), input.len())).collect(),
    )?;
    check(
        "its outputs",
        schema.outputs().iter().map(|tensor| (tensor.name.clone(), tensor.elements())).collect(),
        model.outputs.iter().map(|output| (output.name.clone(), output.shape.iter().product())).collect(),
    )?;
    if let Some(names) = &model.feature_names {
        let expected = architecture.features.iter().map(|feature| &feature.name);
        if !expected.clone().eq(names) {
            let expected = expected.cloned().collect::<Vec<_>>().join(", ");
            return Err(different("its features", expected, format!("are {}", names.join(", "))));
        }
    }
    let file_inputs: Vec<FileInput> = model.file_inputs.iter().map(FileInput::of_schema).collect();
    if file_inputs != architecture.file_inputs {
        return Err(different("the columns of its inputs", "others", "are arranged in another way"));
    }
    if !model.outputs.iter().map(|output| &output.classes).eq(&architecture.classes) {
        return Err(different("the names of its classes", "others", "are not those of the first model"));
    }
    let (expected, found) = (graph.layers.len(), model.layers.len());
    if expected != found {
        return Err(different("it has", format!("{expected}"), format!("{found} layers")));
    }
    for (position, (layer, quantized)) in model.layers.iter().zip(&graph.layers).enumerate() {
        let what = format!("layer {} ('{}')", position + 1, layer.name);
        let size = |rows: usize, results: usize| format!("{rows} sums and {results} results");
        let expected = size(quantized.map.rows(), quantized.len());
        let found = size(layer.map.rows(), layer.len());
        if expected != found || layer.pool != quantized.pool {
            return Err(different(&what, expected, format!("has {found}")));
        }
        match (is_movement(layer), quantized.committed.is_some()) {
            (true, true) => return Err(different(&what, "weights there", "has no weights")),
            (false, false) => return Err(different(&what, "none there", "has weights")),
            (true, false) | (false, true) => {}
        }
    }
    Ok(())
}

/// The graph of an architecture with the weights of a model.
fn quantize(
    architecture: &QuantGraph,
    model: &Model,
    profile: &Profile,
    plan: &Plan,
) -> Result<QuantGraph, FitError> {
    let mut graph = architecture.clone();
    for (position, (layer, quantized)) in model.layers.iter().zip(&mut graph.layers).enumerate() {
        let (wiring, rows) = (profile.wiring(position)?, &plan.layer(position)?.rows);
        let name = &quantized.name;
        if wiring.sources != quantized.sources {
            return Err(different(&format!("layer '{name}'"), "other values to read", "reads others"));
        }
        let map = match weights::realize(&layer.map, wiring, profile, plan, rows) {
            Err(PlanError::Infeasible) => return Err(FitError::Beyond { layer: name.clone() }),
            map => map?,
        };
        let Some(committed) = &mut quantized.committed else {
            match map == *quantized.map {
                true => continue,
                false => {
                    return Err(different(&format!("layer '{name}'"), "another map", "moves other elements"));
                }
            }
        };
        let map = in_form_of(&quantized.map, map)?.ok_or_else(|| {
            different(
                &format!("layer '{name}'"),
                "none of some of them",
                "has weights of other shape, or at other places",
            )
        })?;
        check_formats(name, committed, &map)?;
        committed.known = true;
        quantized.map = Arc::new(map);
    }
    Ok(graph)
}

/// A map in the form that the architecture has it, which may have places for weights that happen to be zero here; `None` where it has none
/// for some weight.
fn in_form_of(architecture: &Linear, map: Linear) -> Result<Option<Linear>, FitError> {
    Ok(match (architecture, map) {
        (Linear::Dense(expected, _), Linear::Dense(weights, bias)) => ((expected.rows, expected.cols)
            == (weights.rows, weights.cols))
            .then_some(Linear::Dense(weights, bias)),
        (Linear::Convolution(expected), Linear::Convolution(conv)) => ((expected.window, expected.filters)
            == (conv.window, conv.filters)
            && expected.groups == conv.groups)
            .then_some(Linear::Convolution(conv)),
        (Linear::Sparse(expected), Linear::Sparse(found)) => {
            if (expected.inputs, expected.bias.len()) != (found.inputs, found.bias.len()) {
                return Ok(None);
            }
            let mut placed = expected.clone();
            placed.bias = found.bias.clone();
            placed.terms.iter_mut().for_each(|(_, weight)| *weight = 0);
            let mut start = 0;
            for (row, &end) in expected.ends.iter().enumerate() {
                let places = placed.terms.get_mut(start..end as usize).unwrap_or_default();
                start = end as usize;
                for &(column, weight) in found.row(row)? {
                    match places.binary_search_by_key(&column, |&(column, _)| column) {
                        Ok(place) => places.get_mut(place).into_iter().for_each(|(_, slot)| *slot = weight),
                        Err(_) => return Ok(None),
                    }
                }
            }
            Some(Linear::Sparse(placed))
        }
        // One is mostly zeros where the other is not: the same rows, written in another way.
        (Linear::Dense(expected, _), Linear::Sparse(rows)) if expected.rows == rows.bias.len() => {
            let mut weights = expected.clone();
            weights.w.iter_mut().for_each(|weight| *weight = 0);
            for (row, of_row) in weights.w.chunks_exact_mut(expected.cols.max(1)).enumerate() {
                for &(column, weight) in rows.row(row)? {
                    let Some(slot) = of_row.get_mut(column as usize) else { return Ok(None) };
                    *slot = weight;
                }
            }
            Some(Linear::Dense(weights, rows.bias))
        }
        _ => None,
    })
}

/// Whether all weights are in their formats.
fn check_formats(name: &str, committed: &Committed, map: &Linear) -> Result<(), FitError> {
    let Some(outside) = committed.outside(map)? else { return Ok(()) };
    let what = if outside.is_bias { "a bias" } else { "a weight" };
    let most = (1i64 << (outside.bits - 1)) - 1; // of 2 to 48 bits
    let units = |integer: i64| format!("{integer} units");
    Err(FitError::Outside {
        layer: name.to_owned(),
        row: outside.row + 1,
        what,
        value: units(outside.value),
        bits: outside.bits,
        most: units(most),
    })
}

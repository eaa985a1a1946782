//! The compilation: import, calibrate, quantize, lower, report.

use assay_circuits::Ranges;
use sha2::{Digest, Sha256};

use crate::calibrate::{Arranged, CalibrationError, FeatureNames, Signature, Table};
use crate::compiled::{CompiledModel, Feature, InputError, check_domain};
use crate::float::{FloatError, FloatModel};
use crate::import::{self, ImportError};
use crate::lower::{self, LowerError};
use crate::model::Model;
use crate::options::{OptionError, Options};
use crate::quantize::QuantizeError;
use crate::quantize::equalize::equalize;
use crate::quantize::profile::Profile;
use crate::quantize::search::Search;
use crate::report::{self, Report};
use crate::strategy;
use crate::warning::Warning;

/// A model cannot be compiled.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum CompileError {
    /// An option makes no sense.
    #[error(transparent)]
    Option(#[from] OptionError),
    /// The ONNX file is not supported.
    #[error(transparent)]
    Import(#[from] ImportError),
    /// The calibration data does not fit the model.
    #[error("calibration data: {0}")]
    Calibration(#[from] CalibrationError),
    /// Calibration data outside a declared domain.
    #[error("calibration data, row {row}: {error}")]
    Domain {
        /// Row, counted from 1.
        row: usize,
        /// Which value.
        error: InputError,
    },
    /// No scales and widths meet the error bound.
    #[error(transparent)]
    Quantize(#[from] QuantizeError),
    /// The graph has no circuit.
    #[error(transparent)]
    Lower(#[from] LowerError),
    /// The float reference engine failed.
    #[error(transparent)]
    Float(#[from] FloatError),
    /// The compiler's reading of the model and the float reference engine disagree.
    #[error(
        "output '{output}': this compiler computes {own} and the float reference engine {reference} for calibration \
         row {row}: the model depends on rounding, or one of the two misreads it"
    )]
    Disagreement {
        /// Output.
        output: String,
        /// Row, counted from 1.
        row: usize,
        /// The compiler's value.
        own: f64,
        /// The engine's value.
        reference: f64,
    },
}

/// Compiles the bytes of an `.onnx` file: the model in integers with its circuit, and what it costs and loses.
///
/// The result depends on the arguments only: the same bytes on every machine.
///
/// # Errors
/// [`CompileError`] says which stage failed and why.
pub fn compile(
    onnx: &[u8],
    calibration: &Table,
    options: &Options,
) -> Result<(CompiledModel, Report), CompileError> {
    options.check()?;
    let proto = import::decode(onnx)?;
    let model = import::import_proto(&proto)?;
    check_commit(&model, options)?;
    let Arranged { rows: samples, names, mut warnings } = arrange(&model, calibration)?;
    let features = domains(&names, &samples, options)?;
    warnings.extend(thin_domains(&names, &samples, options));
    for (i, sample) in samples.iter().enumerate() {
        check_domain(&features, sample).map_err(|error| CompileError::Domain { row: i + 1, error })?;
    }

    let equalized = equalize(&model);
    let profile = Profile::new(&equalized.model, samples);
    let search = Search {
        model: &equalized.model,
        profile: &profile,
        max_error: options.max_error,
        input_format: options.input_format,
        output_format: options.output_format,
        input_peaks: input_peaks(&model, &features),
        ranges: Ranges::Bits,
    };
    let name = model_name(&model, options);
    let schema = |graph: &_| lower::schema(graph, &name, &options.commit).ok();
    let search = Search { ranges: strategy::choose(&search, options, schema), ..search };
    let (plan, realized) = search.run()?;
    let graph = realized.graph.clone();
    let schema = lower::schema(&graph, &name, &options.commit)?;
    let circuit = lower::lower(&graph, &schema, search.ranges)?;
    let source_digest = Sha256::digest(onnx).into();
    let compiled = CompiledModel { schema, graph, circuit, features, source_digest };

    let float = FloatModel::load(&proto, &model)?;
    let report = report::make(
        &compiled,
        &report::Evidence {
            model: &model,
            profile: &profile,
            exponents: &equalized.exponents,
            plan: &plan,
            realized: &realized,
            float: float.as_ref(),
            options,
            warnings,
        },
    )?;
    Ok((compiled, report))
}

fn check_commit(model: &Model, options: &Options) -> Result<(), OptionError> {
    let known = |name: &String| model.inputs.iter().any(|input| input.name == *name);
    match options.commit.iter().find(|name| !known(name)) {
        Some(unknown) => {
            let inputs: Vec<&str> = model.inputs.iter().map(|input| input.name.as_str()).collect();
            Err(OptionError::UnknownCommit(unknown.clone(), inputs.join(", ")))
        }
        None => Ok(()),
    }
}

/// The samples in the model's order; the table names the features where the model does not.
fn arrange(model: &Model, calibration: &Table) -> Result<Arranged, CalibrationError> {
    let inputs = model.inputs.iter().map(|input| (input.name.as_str(), input.len())).collect();
    let named = match model.feature_names {
        Some(_) => FeatureNames::Declared,
        None => FeatureNames::Derived,
    };
    calibration.arrange(&Signature { inputs, features: &model.features(), named })
}

/// Domains that the data decides and that hold one value.
fn thin_domains(names: &[String], samples: &[Vec<f64>], options: &Options) -> Vec<Warning> {
    let observed = |name: &&String| options.input_format.is_none() && !options.domains.contains_key(*name);
    if samples.len() == 1 {
        return if names.iter().any(|name| observed(&name)) { vec![Warning::OneSample] } else { Vec::new() };
    }
    let is_constant = |position: usize| {
        let mut values = samples.iter().map(|sample| sample.get(position));
        let first = values.next();
        values.all(|value| Some(value) == first)
    };
    let constant =
        names.iter().enumerate().filter(|&(position, name)| observed(&name) && is_constant(position));
    let features: Vec<String> = constant.map(|(_, name)| name.clone()).collect();
    if features.is_empty() { Vec::new() } else { vec![Warning::ConstantFeatures { features }] }
}

/// The domain of each feature: declared, or all that a fixed format represents, or what the data shows.
fn domains(names: &[String], samples: &[Vec<f64>], options: &Options) -> Result<Vec<Feature>, OptionError> {
    if let Some(unknown) = options.domains.keys().find(|name| !names.contains(name)) {
        return Err(OptionError::UnknownDomain(unknown.clone()));
    }
    let representable = options.input_format.map(|format| format.range());
    let feature = |(position, name): (usize, &String)| {
        let observed = || {
            let values = samples.iter().filter_map(|sample| sample.get(position).copied());
            values.fold((f64::INFINITY, f64::NEG_INFINITY), |(lo, hi), value| (lo.min(value), hi.max(value)))
        };
        let (feature, declared) = (name.clone(), options.domains.get(name).copied());
        let (min, max) = declared.or(representable).unwrap_or_else(observed);
        if !(min.is_finite() && max.is_finite() && min <= max) {
            return Err(OptionError::Domain { feature, min, max });
        }
        match representable {
            Some((low, high)) if min < low || max > high => {
                Err(OptionError::DomainFormat { feature, min, max, low, high })
            }
            _ => Ok(Feature { name: feature, min, max }),
        }
    };
    names.iter().enumerate().map(feature).collect()
}

/// Largest magnitude in the domain of each input tensor.
fn input_peaks(model: &Model, features: &[Feature]) -> Vec<f64> {
    let mut rest = features.iter();
    let peak = |input: &crate::model::Input| {
        rest.by_ref().take(input.len()).fold(0.0f64, |peak, f| peak.max(f.min.abs()).max(f.max.abs()))
    };
    model.inputs.iter().map(peak).collect()
}

/// The name in the schema; a graph's own name is cut to what a schema takes.
fn model_name(model: &Model, options: &Options) -> String {
    if let Some(name) = &options.name {
        return name.clone();
    }
    let mut name: String = model.name.chars().filter(|c| !c.is_control()).collect();
    while name.len() > assay_interface::schema::MAX_NAME {
        name.pop();
    }
    if name.is_empty() { "model".into() } else { name }
}

//! The compilation: import, calibrate, quantize, lower, report.

use assay_circuits::Ranges;

use crate::calibrate::{self, Arranged, CalibrationError, Element, FeatureNames, Inputs, Table};
use crate::compile_error::CompileError;
use crate::compiled::CompiledModel;
use crate::crossings::Crossings;
use crate::decision::DecisionClaim;
use crate::feature::{Feature, check_domain};
use crate::features::{contents, domains, encodings, input_formats, may_be_missing, real_or};
use crate::import::{self, ImportError, Refusal};
use crate::internal::Expected;
use crate::lower;
use crate::measured;
use crate::model::{FileInput, Model, batch};
use crate::named::{check_decisions, check_exact, check_hidden, model_name};
use crate::options::{Options, Weights, Widths};
use crate::progress::{Observer, Progress, Stage, Unobserved};
use crate::provenance::Provenance;
use crate::quantize::QuantizeError;
use crate::quantize::candidate::{Found, Search};
use crate::quantize::commit::commit;
use crate::quantize::crossing::{self, Near};
use crate::quantize::equalize::equalize;
use crate::quantize::input::InputFormat;
use crate::quantize::loss::Bound;
use crate::quantize::made;
use crate::quantize::profile::Profile;
use crate::quantize::spend::{self, Spender, Spent};
use crate::remedy::remedy;
use crate::report::Report;
use crate::source::Source;
use crate::strategy;
use crate::warning::Warning;

/// How much more than the least that any format errs by scores may be off, where they cannot keep to the bound.
const SCORES: f64 = 1.25;
/// Of how many decisions of a model's own one may differ where the options say nothing of flips.
const DECISIONS_A_FLIP: usize = 1000;

/// Compiles an `.onnx` file: the model in integers with its circuit, and what it costs and loses. The source is the bytes
/// of the file, or an [`OnnxFile`](crate::OnnxFile) where its weights lie in files beside it.
///
/// The result depends on the arguments only: the same bytes on every machine.
///
/// # Errors
/// [`CompileError`] says which stage failed and why.
pub fn compile<'a>(
    source: impl Into<Source<'a>>,
    calibration: &Table,
    options: &Options,
) -> Result<(CompiledModel, Report), CompileError> {
    compile_with(source, calibration, options, &mut Unobserved)
}

/// As [`compile`], telling `progress` how far it is.
///
/// # Errors
/// As [`compile`], and [`CompileError::Cancelled`] where `progress` ends it.
pub fn compile_with<'a>(
    source: impl Into<Source<'a>>,
    calibration: &Table,
    options: &Options,
    progress: &mut dyn Progress,
) -> Result<(CompiledModel, Report), CompileError> {
    let source = source.into();
    let unmet = match compile_to(source, calibration, options, progress) {
        Err(CompileError::Quantize(unmet)) => unmet,
        found => return found,
    };
    let Some((allowed, range)) = unmet.in_proportion(options.max_error, options.of_range) else {
        return Err(unmet.into());
    };
    let max_error = options.max_error;
    let options = Options { max_error: allowed, of_range: 0.0, ..options.clone() };
    let (model, mut report) = compile_to(source, calibration, &options, progress)?;
    report.warnings.push(Warning::InProportion { max_error, allowed, range });
    Ok((model, report))
}

/// As [`compile_with`], to the error that the options name.
fn compile_to(
    source: Source<'_>,
    calibration: &Table,
    options: &Options,
    progress: &mut dyn Progress,
) -> Result<(CompiledModel, Report), CompileError> {
    let observer = Observer::new(progress);
    observer.at(Stage::Import, None)?;
    options.check()?;
    let proto = import::prepare(&source, options)?;
    let draft = import::draft(&proto, options)?;
    check_exact(&draft.model, options)?;
    check_hidden(&draft.model, options)?;
    let Arranged { rows: samples, names, mut warnings } = arrange(&draft.model, calibration)?;
    let missing = may_be_missing(&draft.model, &names, &samples, options)?;
    let mut model = match missing.is_empty() {
        true => draft.settled()?,
        false => import::import_missing(&proto, options, &missing)
            .map_err(|error| refused(error, &names, &samples))?,
    };
    if options.output_format.is_some() {
        model.round_outputs();
    }
    check_decisions(&model, options)?;
    let name = model_name(&model, options);
    lower::check_tensors(&model, &name, options)?;
    let features = domains(&model, &names, &samples, options)?;
    for (i, sample) in samples.iter().enumerate() {
        check_domain(&features, sample).map_err(|error| CompileError::Domain { row: i + 1, error })?;
    }
    let provenance = Provenance::new(&samples, options);

    model.declare(&features);
    model.show(&samples);
    let equalized = equalize(&model, &samples, options.weights);
    let inputs = input_formats(&model, &features, &samples, options)?;
    let mut task =
        Task { model: &equalized.model, inputs, name: &name, options, observer: &observer, of_scores: None };
    let remedy = || remedy(&proto, options, &missing);
    let quantized = task.quantize(samples, &mut warnings);
    let Quantized { profile, found, crossings } = quantized.map_err(|error| match error {
        CompileError::Quantize(unmet) => CompileError::Quantize(unmet.with_remedy(remedy)),
        other => other,
    })?;
    warnings.extend(crossings.map(|known| Warning::Crossings(Crossings { remedy: remedy(), ..known })));
    let (found, ranges) = task.spend(found, &profile, &features, &mut warnings)?;
    observer.at(Stage::Lower, None)?;
    let (found, fixed) = match options.weights {
        Weights::Fixed => (found, None),
        Weights::Committed => {
            let of_fixed = &found.realized;
            let schema = lower::schema(&of_fixed.graph, &name, options)?;
            let fixed = strategy::size(&of_fixed.graph, &of_fixed.intervals, &schema, ranges).constraints;
            let realized = commit(&equalized.model, &found.plan, of_fixed)?;
            (Found { realized, ..found }, Some(fixed))
        }
    };
    let graph = found.realized.graph.clone();
    let schema = lower::schema(&graph, &name, options)?;
    let circuit = lower::lower(&graph, &schema, ranges)?;
    let source_digest = source.digest();
    let classes = model.outputs.iter().map(|output| output.classes.clone()).collect();
    let file_inputs = model.file_inputs.iter().map(FileInput::of_schema).collect();
    // What is certified is not known yet, and no reason to go on with what cannot be read.
    let decisions = vec![DecisionClaim::None; graph.outputs.len()];
    let mut compiled = CompiledModel {
        schema,
        graph,
        circuit,
        features,
        decisions,
        file_inputs,
        classes,
        source_digest,
        provenance,
    };
    compiled.check_readable().map_err(CompileError::Unreadable)?;

    let report = measured::measure(
        &mut compiled,
        measured::Task {
            proto: &proto,
            model: &model,
            equalized: &equalized,
            profile: &profile,
            found: &found,
            fixed,
            options,
            observer: &observer,
            warnings,
        },
    )?;
    Ok((compiled, report))
}

/// What is to be quantized, and how.
struct Task<'a, 'p> {
    /// The equalized model.
    model: &'a Model,
    inputs: Vec<InputFormat>,
    name: &'a str,
    options: &'a Options,
    observer: &'a Observer<'p>,
    /// The error that scores of decisions may have in place of that of the options, as far as their range allows it.
    of_scores: Option<f64>,
}

/// A graph of integers, what it was found by, and the way to prove its ranges.
struct Quantized {
    profile: Profile,
    found: (Found, Ranges),
    /// Of rows like those of the calibration data, if some take another branch.
    crossings: Option<Crossings>,
}

/// Whether a search bounds how many of a model's own decisions differ, where the caller does not.
#[derive(Clone, Copy)]
enum Labels {
    Kept,
    Free,
}

impl<'p> Task<'_, 'p> {
    /// The cheapest graph that meets the demands, at inputs so fine that few rows like those of the calibration data cross a threshold.
    fn quantize(
        &mut self,
        samples: Vec<Vec<f64>>,
        warnings: &mut Vec<Warning>,
    ) -> Result<Quantized, CompileError> {
        let mut said = Vec::new();
        let mut best = match self.at_these_inputs(samples.clone(), &mut said) {
            // Nobody sees the scores: what they decide is what counts.
            Err(CompileError::Quantize(QuantizeError::Unreachable { is_score: true, achieved, .. })) => {
                (self.of_scores, said) = (Some(SCORES * achieved), Vec::new());
                self.at_these_inputs(samples.clone(), &mut said)?
            }
            found => found?,
        };
        if let Some(rows) = Near::rows(self.model, &self.inputs, &samples) {
            let near = Near(self.profile(rows)?);
            let max_error = self.options.max_error;
            let mut losses = near.losses(self.model, &best.found.0)?;
            for _ in 0..crossing::STEPS {
                if !losses.are_many(max_error) {
                    break;
                }
                let finer = self.inputs.iter().map(|input| input.clone().finer(crossing::STEP)).collect();
                let before = std::mem::replace(&mut self.inputs, finer);
                let mut of_finer = Vec::new();
                match self.at_these_inputs(samples.clone(), &mut of_finer) {
                    Ok(found) => (best, said) = (found, of_finer),
                    Err(CompileError::Quantize(_)) => {
                        self.inputs = before;
                        break;
                    }
                    Err(error) => return Err(error),
                }
                losses = near.losses(self.model, &best.found.0)?;
            }
            let rows = losses.crossed(best.found.0.loss.error, max_error);
            best.crossings = (rows > 0).then(|| Crossings { rows, of: losses.rows(), remedy: None });
        }
        warnings.append(&mut said);
        Ok(best)
    }

    /// The cheapest graph that meets the demands on the calibration data and on rows made of it. The demands are about the former:
    /// where they cannot be met on both, they are on those, and a warning says so. Where the caller says nothing of decisions and no
    /// format keeps the model's own, as many change as do, and a warning says so.
    fn at_these_inputs(
        &self,
        samples: Vec<Vec<f64>>,
        warnings: &mut Vec<Warning>,
    ) -> Result<Quantized, CompileError> {
        let profile = self.with_made(samples)?;
        let unmet = match self.search(&profile, Labels::Kept) {
            Err(CompileError::Quantize(unmet)) if !unmet.is_of_model() => unmet,
            found => return Ok(Quantized { found: found?, profile, crossings: None }),
        };
        let made = profile.made();
        let profile = self.profile(profile.into_given())?;
        match if made > 0 { self.search(&profile, Labels::Kept) } else { Err(unmet.clone().into()) } {
            Err(CompileError::Quantize(labels @ QuantizeError::Labels { .. })) => {
                warnings.push(Warning::Labels { unmet: labels });
                let profile = self.with_made(profile.into_given())?;
                if let Ok(found) = self.search(&profile, Labels::Free) {
                    return Ok(Quantized { found, profile, crossings: None });
                }
                let profile = self.profile(profile.into_given())?;
                let found = self.search(&profile, Labels::Free)?;
                warnings.push(Warning::GivenRowsOnly { made, unmet });
                Ok(Quantized { found, profile, crossings: None })
            }
            found => {
                let found = found?;
                warnings.push(Warning::GivenRowsOnly { made, unmet });
                Ok(Quantized { found, profile, crossings: None })
            }
        }
    }

    /// What the samples say.
    fn profile(&self, samples: Vec<Vec<f64>>) -> Result<Profile, CompileError> {
        let mut profile = Profile::new(self.model, samples, self.observer)?;
        if let Some(allowed) = self.of_scores {
            profile.count_scores(self.model, self.options.max_error, allowed)?;
        }
        Ok(profile)
    }

    /// What the samples say, with rows made of them.
    fn with_made(&self, samples: Vec<Vec<f64>>) -> Result<Profile, CompileError> {
        let mut profile = self.profile(samples)?;
        made::extend(&mut profile, self.model, self.options.max_error, self.observer)?;
        Ok(profile)
    }

    /// Spends bits where the bound for all inputs of the domain says.
    fn spend(
        &self,
        (found, ranges): (Found, Ranges),
        profile: &Profile,
        features: &[Feature],
        warnings: &mut Vec<Warning>,
    ) -> Result<(Found, Ranges), CompileError> {
        self.observer.at(Stage::Certify, None)?;
        let search = self.search_of(profile, Labels::Kept);
        let bound = spend::kept(&found, search.bound);
        let mut spender = Spender::new(Search { ranges, bound, ..search }, features);
        let found = match (self.options.max_error_certified, self.options.widths) {
            (Some(max_error), _) => {
                let Spent { found, uncertified } = spender.certify(found, max_error)?;
                for (position, reason) in uncertified {
                    let output = self.model.outputs.get(position).expected("an output")?.name.clone();
                    warnings.push(Warning::Uncertified { output, max_error, reason });
                }
                found
            }
            (None, Widths::Certified) => spender.widen(found)?,
            (None, Widths::Calibrated) => found,
        };
        Ok((found, ranges))
    }

    fn search(&self, profile: &Profile, labels: Labels) -> Result<(Found, Ranges), CompileError> {
        let options = self.options;
        let search = self.search_of(profile, labels);
        let schema = |graph: &_| lower::schema(graph, self.name, options).ok();
        let search = Search { ranges: strategy::choose(&search, options, schema)?, ..search };
        Ok((search.run()?, search.ranges))
    }

    /// The search over a profile, with ranges by bits.
    fn search_of<'s>(&'s self, profile: &'s Profile, labels: Labels) -> Search<'s, 'p> {
        let options = self.options;
        // The caller's word on flips is about the calibration data; without one, few labels may differ on any row.
        let (flips, labels) = match (options.max_flips, labels) {
            (Some(flips), _) => (usize::try_from(flips).unwrap_or(usize::MAX), usize::MAX),
            (None, Labels::Kept) => (usize::MAX, profile.count_decisions() / DECISIONS_A_FLIP),
            (None, Labels::Free) => (usize::MAX, usize::MAX),
        };
        Search {
            model: self.model,
            profile,
            bound: Bound { error: options.max_error, flips, labels },
            threshold: options.threshold,
            inputs: self.inputs.clone(),
            output_format: options.output_format,
            ranges: Ranges::Bits,
            observer: self.observer,
        }
    }
}

/// That a model takes numbers only: where the data misses one, the sample that does.
fn refused(error: ImportError, names: &[String], samples: &[Vec<f64>]) -> CompileError {
    if let ImportError::Refused(refusals) = &error
        && let Some(Refusal::Missing { node, feature }) = refusals.first()
        && let Some(position) = names.iter().position(|name| name == feature)
        && let Some(row) = samples.iter().position(|sample| sample.get(position).is_some_and(|x| x.is_nan()))
    {
        let (row, column, reader) = (row + 1, feature.clone(), node.to_string());
        return CalibrationError::Missing { row, column, reader }.into();
    }
    error.into()
}

/// The samples in the model's order; the table names the features where the model does not.
fn arrange(model: &Model, calibration: &Table) -> Result<Arranged, CalibrationError> {
    let named = match model.feature_names {
        Some(_) => FeatureNames::Declared,
        None => FeatureNames::Derived,
    };
    let features = model.features();
    // Whether the model takes what is missing is known once it is known what is.
    let elements = features.iter().zip(contents(model)).zip(real_or(model)).zip(encodings(model));
    let elements = elements.map(|(((name, (_, categories)), missing), encoding)| Element {
        name,
        categories,
        missing,
        encoding,
    });
    let elements: Vec<Element<'_>> = elements.collect();
    let batch = batch::rows(model.inputs.iter().map(|input| input.shape.as_slice()));
    let tensors: Vec<(&str, usize)> =
        model.inputs.iter().map(|input| (input.name.as_str(), input.len())).collect();
    let inputs = Inputs { file: &model.file_inputs, tensors: &tensors };
    calibrate::arrange_elements(calibration, inputs, &elements, named, batch)
}

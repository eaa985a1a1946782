//! What a compiled model loses: the last part of a compilation, and of fitting other weights to an architecture.

use crate::compile_error::CompileError;
use crate::compiled::CompiledModel;
use crate::decision;
use crate::float::{FloatError, FloatModel};
use crate::model::Model;
use crate::onnx::ModelProto;
use crate::options::Options;
use crate::progress::{Observer, Stage};
use crate::quantize::candidate::Found;
use crate::quantize::certify;
use crate::quantize::equalize::Equalized;
use crate::quantize::profile::Profile;
use crate::report::{self, Report};
use crate::warning::Warning;

/// What is measured, and what it was made of.
pub(crate) struct Task<'a, 'p> {
    /// The file.
    pub proto: &'a ModelProto,
    /// Its layers, as it has them.
    pub model: &'a Model,
    pub equalized: &'a Equalized,
    pub profile: &'a Profile,
    pub found: &'a Found,
    /// Where weights are committed to, what the circuit would have for constraints if they were fixed.
    pub fixed: Option<usize>,
    pub options: &'a Options,
    pub observer: &'a Observer<'p>,
    /// What was taken for granted on the way.
    pub warnings: Vec<Warning>,
}

/// Certifies and measures a model: what it claims of decisions is set, and a report made.
pub(crate) fn measure(compiled: &mut CompiledModel, task: Task<'_, '_>) -> Result<Report, CompileError> {
    let Task { proto, model, equalized, profile, found, fixed, options, observer, mut warnings } = task;
    // What the engine cannot run is no fault of the model: it goes unchecked, and the report says so.
    let float = match engine(proto, model, profile) {
        Err(FloatError::Load(reason) | FloatError::Run(reason)) => {
            warnings.push(Warning::Unchecked { reason });
            None
        }
        loaded => loaded?,
    };
    observer.at(Stage::Measure, None)?;
    let certified = certify::certify(certify::Task {
        model: &equalized.model,
        profile,
        plan: &found.plan,
        realized: &found.realized,
        features: &compiled.features,
    })?;
    let searched = certify::found::search(
        certify::found::Searched {
            model: &equalized.model,
            graph: &compiled.graph,
            plan: &found.plan,
            features: &compiled.features,
            samples: profile.given(),
        },
        &certified.corners(),
        certify::found::evaluations(&equalized.model),
    );
    let certified = certified.without_refuted(&searched.errors);
    compiled.decisions = decision::claims(&decision::Task {
        model: &equalized.model,
        plan: &found.plan,
        graph: &compiled.graph,
        schema: &compiled.schema,
        classes: &compiled.classes,
        threshold: options.threshold,
        certified: &certified,
    })?;
    compiled.check_decisions().map_err(CompileError::Unreadable)?;
    let step = |row, rows| observer.step(Stage::Measure, row, rows);
    let evidence = report::Evidence {
        model,
        profile,
        results: &equalized.results,
        found,
        certified: &certified,
        searched: &searched,
        float: float.as_ref(),
        fixed,
        options,
        step: &step,
        warnings,
    };
    Ok(report::make(compiled, &evidence)?)
}

/// The independent engine with the model, once it has run a sample: some of what it cannot run it finds only then.
fn engine(proto: &ModelProto, model: &Model, profile: &Profile) -> Result<Option<FloatModel>, FloatError> {
    let engine = FloatModel::load(proto, model)?;
    if let (Some(engine), Some(sample)) = (&engine, profile.samples.first()) {
        engine.run(sample)?;
    }
    Ok(engine)
}

//! A compiled model: where everything starts.

use std::{
    fmt,
    ops::{ControlFlow, Deref},
    path::Path,
    sync::Arc,
};

use assay_circuits::Circuit;
use assay_compiler::{CompiledModel, Feature, Options, Report, Stage as CompileStage};
use assay_groth16::{Calibration, Estimate, Observer, Stage, estimate_with};
use assay_interface::{
    field::Scalar,
    schema::{ModelSchema, Visibility},
};

use crate::{error::Error, files, samples::Samples};

/// Most bytes of a compiled model that are read from a file.
const LIMIT: u64 = 4 << 30;

/// Units of progress of a compilation.
const SHARES: u64 = 1000;

/// How far a compilation is. The shares of its stages are what they take for a typical model; the search takes the most.
fn share(stage: CompileStage, done: Option<f64>) -> u64 {
    let (start, length) = match stage {
        CompileStage::Import => (0, 20),
        CompileStage::Calibrate => (20, 80),
        CompileStage::Search => (100, 750),
        CompileStage::Lower => (850, 50),
        CompileStage::Measure => (900, 100),
    };
    start + (done.unwrap_or(0.0).clamp(0.0, 1.0) * f64::from(length)) as u64
}

/// A model in integers, with the circuit that proves it. A clone shares both.
#[derive(Clone)]
pub struct Model(Arc<Inner>);

struct Inner {
    compiled: CompiledModel,
    digest: [u8; 32],
}

/// What a compilation gives.
#[derive(Clone, Debug)]
pub struct Compilation {
    /// The model.
    pub model: Model,
    /// What it costs and what it loses.
    pub report: Report,
}

impl Model {
    /// Compiles the bytes of an ONNX file: the same bytes, samples and options give the same model on every machine.
    ///
    /// # Errors
    /// [`Error::Compile`] says which stage failed and why.
    pub fn compile(onnx: &[u8], samples: &Samples, options: &Options) -> Result<Compilation, Error> {
        Model::compile_with(onnx, samples, options, Observer::none())
    }

    /// As [`Model::compile`], with progress.
    ///
    /// # Errors
    /// As [`Model::compile`], and [`Error::Cancelled`].
    pub fn compile_with(
        onnx: &[u8],
        samples: &Samples,
        options: &Options,
        observer: Observer<'_>,
    ) -> Result<Compilation, Error> {
        let mut progress = |stage, done| match observer.report(Stage::Compile, share(stage, done), SHARES) {
            Ok(()) => ControlFlow::Continue(()),
            Err(_) => ControlFlow::Break(()),
        };
        let (compiled, report) =
            assay_compiler::compile_with(onnx, samples.table(), options, &mut progress)?;
        observer.report(Stage::Compile, SHARES, SHARES)?;
        let model = Model::from(compiled);
        let report = report.with_proving_memory(model.estimate(&Calibration::REFERENCE).memory_bytes);
        Ok(Compilation { model, report })
    }

    /// The model in the bytes of a `.assay` file. Every field is checked, and the circuit is built anew from the graph.
    ///
    /// # Errors
    /// [`Error::ModelFile`] says which check failed.
    pub fn load(bytes: &[u8]) -> Result<Model, Error> {
        Ok(CompiledModel::from_bytes(bytes)?.into())
    }

    /// The model in a `.assay` file.
    ///
    /// # Errors
    /// As [`Model::load`], and where the file cannot be read or is larger than 4 GiB.
    pub fn open(path: &Path) -> Result<Model, Error> {
        Model::load(&files::read(path, LIMIT)?)
    }

    /// The bytes of a `.assay` file.
    pub fn to_bytes(&self) -> Vec<u8> {
        self.0.compiled.to_bytes()
    }

    /// The tensors of the model's statements.
    pub fn schema(&self) -> &ModelSchema {
        &self.0.compiled.schema
    }

    /// The model's name in its statements.
    pub fn name(&self) -> &str {
        self.schema().name()
    }

    /// The elements of all inputs in order, each with the values that the model is declared for.
    pub fn features(&self) -> &[Feature] {
        &self.0.compiled.features
    }

    /// The circuit digest: what keys name, and what tells models apart.
    pub fn circuit_digest(&self) -> [u8; 32] {
        self.0.digest
    }

    /// The first element of every statement of the model: a hash of its schema.
    pub fn domain(&self) -> Scalar {
        self.schema().domain()
    }

    /// The circuit.
    pub fn circuit(&self) -> &Circuit {
        &self.0.compiled.circuit
    }

    /// The compiler's form: the integer graph and all.
    pub fn compiled(&self) -> &CompiledModel {
        &self.0.compiled
    }

    /// Names of the inputs that statements hide behind a commitment, in the order of the schema.
    pub fn committed_inputs(&self) -> impl Iterator<Item = &str> {
        let inputs = self.schema().inputs().iter();
        inputs.filter(|tensor| tensor.visibility == Visibility::Committed).map(|tensor| tensor.name.as_str())
    }

    pub(crate) fn feature_names(&self) -> impl Iterator<Item = &str> {
        self.features().iter().map(|feature| feature.name.as_str())
    }

    /// The samples in the order of the model's features.
    ///
    /// # Errors
    /// [`Error::Samples`] for missing and unknown columns, and rows of the wrong length.
    pub fn rows(&self, samples: &Samples) -> Result<Vec<Vec<f64>>, Error> {
        Ok(self.0.compiled.samples(samples.table())?)
    }

    /// What a proof costs on a machine of these operation times.
    pub fn estimate(&self, calibration: &Calibration) -> Estimate {
        estimate_with(self.circuit(), calibration)
    }

    /// The circuit, as something that can be sent to a thread.
    pub(crate) fn shared_circuit(&self) -> SharedCircuit {
        SharedCircuit(self.clone())
    }
}

impl From<CompiledModel> for Model {
    fn from(compiled: CompiledModel) -> Model {
        let digest = compiled.circuit.digest();
        Model(Arc::new(Inner { compiled, digest }))
    }
}

impl fmt::Debug for Model {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Model({:?}, circuit {})", self.name(), crate::hex::short(&self.circuit_digest()))
    }
}

/// A model that lends its circuit.
#[derive(Clone, Debug)]
pub(crate) struct SharedCircuit(Model);

impl Deref for SharedCircuit {
    type Target = Circuit;

    fn deref(&self) -> &Circuit {
        self.0.circuit()
    }
}

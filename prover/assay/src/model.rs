//! A compiled model: where everything starts.

use std::{
    fmt,
    ops::{ControlFlow, Deref},
    path::Path,
    sync::Arc,
};

use assay_circuits::Circuit;
use assay_compiler::{
    Arranged, CheckOutcome, CompiledModel, Explainer, Explanation, Feature, Options, Report, Source,
    committed, model::ClassNames, report::ProvingTime,
};
use assay_groth16::{Calibration, Estimate, Observer, Stage, estimate_with, solving_ms};
use assay_interface::{
    field::Scalar,
    schema::{ModelSchema, Visibility},
};

use crate::{causes::WeightsFileError, error::Error, files, samples::Samples, weights::Weights};

/// Most bytes of a compiled model that are read from a file.
const LIMIT: u64 = 4 << 30;

/// A model in integers, with the circuit that proves it. A clone shares both.
#[derive(Clone)]
pub struct Model(Arc<Inner>);

struct Inner {
    compiled: CompiledModel,
    digest: [u8; 32],
    /// The weights, where they are committed to and known, in the order of the circuit's wires.
    values: Arc<[i64]>,
    /// What is known of them beside their values: the mask of a commitment.
    weights: Option<Weights>,
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
    /// Compiles an ONNX file, given as its bytes, or as an [`OnnxFile`](crate::OnnxFile) where weights lie beside it: the same
    /// bytes, samples and options give the same model on every machine.
    ///
    /// # Errors
    /// [`Error::Compile`] says which stage failed and why.
    pub fn compile<'a>(
        onnx: impl Into<Source<'a>>,
        samples: &Samples,
        options: &Options,
    ) -> Result<Compilation, Error> {
        Model::compile_with(onnx, samples, options, Observer::none())
    }

    /// As [`Model::compile`], with progress.
    ///
    /// # Errors
    /// As [`Model::compile`], and [`Error::Cancelled`].
    pub fn compile_with<'a>(
        onnx: impl Into<Source<'a>>,
        samples: &Samples,
        options: &Options,
        observer: Observer<'_>,
    ) -> Result<Compilation, Error> {
        let mut progress = Compiling(observer);
        let (compiled, report) = assay_compiler::compile_with(onnx, samples.table(), options, &mut progress)?;
        observer.report(Stage::Compile, PARTS, PARTS)?;
        let model = Model::from(compiled);
        let report = report.with_proving_memory(model.estimate(&Calibration::REFERENCE).memory_bytes);
        Ok(Compilation { model, report })
    }

    /// Whether the bytes of a `.assay` file are what this ONNX file and these samples give with the options in it, and with
    /// the `expected` ones if there are any: it is compiled again and compared.
    ///
    /// # Errors
    /// [`Error::ModelFile`] for bytes that are no compiled model, and [`Error::Cancelled`]. What differs is in the outcome.
    pub fn check<'a>(
        file: &[u8],
        onnx: impl Into<Source<'a>>,
        samples: &Samples,
        expected: Option<&Options>,
        observer: Observer<'_>,
    ) -> Result<CheckOutcome, Error> {
        let mut progress = Compiling(observer);
        Ok(assay_compiler::check_with(file, onnx, samples.table(), expected, &mut progress)?)
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

    /// Whether the circuit takes the weights as wires, so that it is that of an architecture, whose weights are committed to.
    pub fn is_committed(&self) -> bool {
        self.0.compiled.is_committed()
    }

    /// The architecture with these weights: what evaluates, proves and explains. A `.assay` file holds none.
    ///
    /// # Errors
    /// [`Error::WeightsFile`] for those of another architecture, [`Error::FixedWeights`] for a model that has its own.
    pub fn with_weights(&self, weights: &Weights) -> Result<Model, Error> {
        if !self.is_committed() {
            return Err(Error::FixedWeights { model: self.name().into() });
        }
        let (file, circuit) = (weights.circuit_digest(), self.circuit_digest());
        if file != circuit {
            return Err(WeightsFileError::OtherArchitecture { file, circuit }.into());
        }
        let compiled = self.0.compiled.with_weights(weights.of_model()).map_err(WeightsFileError::from)?;
        let values = weights.values().into();
        Ok(Model(Arc::new(Inner { compiled, digest: circuit, values, weights: Some(weights.clone()) })))
    }

    /// The weights that the model was given, with the mask of their commitment.
    pub fn weights(&self) -> Option<&Weights> {
        self.0.weights.as_ref()
    }

    /// The weights as the circuit takes them; none of a model with fixed ones.
    ///
    /// # Errors
    /// [`Error::NeedsWeights`] for an architecture without weights.
    pub(crate) fn weight_values(&self) -> Result<Arc<[i64]>, Error> {
        match self.0.compiled.needs_weights() {
            true => Err(Error::NeedsWeights { model: self.name().into() }),
            false => Ok(Arc::clone(&self.0.values)),
        }
    }

    /// The weights of another ONNX file for this architecture, such as a retrained model: quantized at its scales, measured on samples, and refused
    /// where they do not fit. `max_error` replaces twice the largest error that the architecture was compiled to.
    ///
    /// # Errors
    /// [`Error::Fit`] says what does not fit; [`Error::Cancelled`].
    pub fn fit<'a>(
        &self,
        onnx: impl Into<Source<'a>>,
        samples: &Samples,
        max_error: Option<f64>,
        observer: Observer<'_>,
    ) -> Result<Compilation, Error> {
        let mut progress = Compiling(observer);
        let fitted = committed::fit_with(&self.0.compiled, onnx, samples.table(), max_error, &mut progress)?;
        observer.report(Stage::Compile, PARTS, PARTS)?;
        Ok(Compilation { model: Model::from(fitted.model), report: fitted.report })
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

    /// Name of the input that is a member of a tree, and the tree's depth, if the model has one.
    pub fn member_input(&self) -> Option<(&str, u8)> {
        let tensor = self.schema().member()?;
        Some((tensor.name.as_str(), tensor.member_depth()?))
    }

    /// The names of classes of each output, if it is a classifier's: they are the model file's, and no part of a statement.
    pub fn classes(&self) -> &[Option<ClassNames>] {
        &self.0.compiled.classes
    }

    pub(crate) fn feature_names(&self) -> impl Iterator<Item = &str> {
        self.features().iter().map(|feature| feature.name.as_str())
    }

    /// The samples in the order of the model's features, with warnings of what was taken for granted to read them.
    ///
    /// # Errors
    /// [`Error::Samples`] for missing and unknown columns, and rows of the wrong length.
    pub fn arrange(&self, samples: &Samples) -> Result<Arranged, Error> {
        Ok(self.0.compiled.arrange(samples.table())?)
    }

    /// The float model in the ONNX file that the model was compiled from, beside its integers: what explains them for one row after
    /// another, layer by layer, with what is certified. The samples are those that it was compiled with; they are needed for bounds of
    /// trees, and for values of a few functions that were brought to one size.
    ///
    /// # Errors
    /// [`Error::Source`] for another ONNX file or other samples.
    pub fn explainer<'a>(
        &self,
        onnx: impl Into<Source<'a>>,
        samples: Option<&Samples>,
    ) -> Result<Explainer<'_>, Error> {
        Ok(self.compiled().explainer(onnx, samples.map(Samples::table))?)
    }

    /// Why the model decides what it decides for one row of real values, in the order of its features: as [`Model::explainer`], for one.
    ///
    /// # Errors
    /// As there, and [`Error::Input`] for a row that the model does not take.
    pub fn explain<'a>(
        &self,
        onnx: impl Into<Source<'a>>,
        samples: Option<&Samples>,
        row: &[f64],
    ) -> Result<Explanation, Error> {
        Ok(self.explainer(onnx, samples)?.explain(row)?)
    }

    /// What a proof costs on a machine of these operation times.
    pub fn estimate(&self, calibration: &Calibration) -> Estimate {
        estimate_with(self.circuit(), calibration)
    }

    /// Time of witness and proof: on a machine of these operation times, the witness timed here and now, or, where nothing is
    /// known of a machine, on two cores of a server.
    ///
    /// # Errors
    /// [`Error::Solve`] where the circuit has no witness for zeros.
    pub fn proving_time(&self, calibration: Option<&Calibration>) -> Result<ProvingTime, Error> {
        let Some(calibration) = calibration else { return Ok(ProvingTime::typical(self.compiled())) };
        let ms = solving_ms(self.circuit())? + self.estimate(calibration).proving_ms;
        Ok(ProvingTime::Here { ms })
    }

    /// The circuit, as something that can be sent to a thread.
    pub(crate) fn shared_circuit(&self) -> SharedCircuit {
        SharedCircuit(self.clone())
    }
}

/// Parts that a compilation's progress is counted in.
const PARTS: u64 = 1000;

/// Counts the compiler's stages as parts of the whole, by what they take of a usual model's time.
struct Compiling<'a>(Observer<'a>);

impl assay_compiler::Progress for Compiling<'_> {
    fn at(&mut self, stage: assay_compiler::Stage, done: Option<f64>) -> ControlFlow<()> {
        use assay_compiler::Stage::{Calibrate, Certify, Import, Lower, Measure, Search};
        let (start, end) = match stage {
            Import => (0, 10),
            Calibrate => (10, 100),
            Search => (100, 750),
            Certify => (750, 850),
            Lower => (850, 900),
            Measure => (900, PARTS),
        };
        let within = (end - start) as f64 * done.unwrap_or(0.0);
        match self.0.report(Stage::Compile, start + within as u64, PARTS) {
            Ok(()) => ControlFlow::Continue(()),
            Err(_) => ControlFlow::Break(()),
        }
    }
}

impl From<CompiledModel> for Model {
    fn from(compiled: CompiledModel) -> Model {
        let digest = compiled.circuit.digest();
        // A graph that contradicts itself has none, and is refused where they are needed.
        let known = compiled.weights().ok().flatten();
        let values = known.map_or_else(|| Arc::from([]), |weights| weights.values.into());
        Model(Arc::new(Inner { compiled, digest, values, weights: None }))
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

//! An independent float reference: another engine runs the ONNX graph itself.
//!
//! Decisions of the compiler rest on [`Model::evaluate`](crate::model::Model::evaluate), sequential `f64`. The engine
//! (rten, in `f32`) shares no code with it, so comparing the two finds a misread operator. Its numbers appear in the
//! report only, since vectorized sums may differ in the last bits from machine to machine.
//!
//! It is there with the feature `float-engine`. Without, nothing is compared, and the report says so: the compiled
//! bytes are the same.

#[cfg(not(feature = "float-engine"))]
mod absent;
mod error;
mod normalize;
#[cfg(feature = "float-engine")]
mod rten;

#[cfg(not(feature = "float-engine"))]
use absent::Engine;
#[cfg(feature = "float-engine")]
use rten::Engine;

use crate::import;
use crate::model::{FileInput, Model, in_file_order};
use crate::onnx::ModelProto;
use crate::options::Options;
use crate::source::Source;

pub use error::FloatError;

/// Name of the engine of this build.
pub const ENGINE: Option<&str> = Engine::NAME;

/// A model loaded into the engine.
pub struct FloatModel {
    engine: Engine,
    /// The inputs of the file.
    inputs: Vec<FileInput>,
}

impl FloatModel {
    /// Loads an `.onnx` file that the compiler supports.
    ///
    /// # Errors
    /// Import refuses the model, the engine does not take it, or there is no engine.
    pub fn from_onnx<'a>(source: impl Into<Source<'a>>) -> Result<Self, FloatError> {
        let options = Options::default();
        let proto = import::prepare(&source.into(), &options)?;
        let model = import::import_proto(&proto, &options)?;
        Self::load(&proto, &model)?.ok_or(FloatError::Absent)
    }

    /// Loads a message that import accepted as `model`; `None` in a build without an engine.
    pub(crate) fn load(proto: &ModelProto, model: &Model) -> Result<Option<Self>, FloatError> {
        if ENGINE.is_none() {
            return Ok(None);
        }
        let names = |names: &mut dyn Iterator<Item = &String>| names.cloned().collect::<Vec<String>>();
        let inputs = names(&mut model.file_inputs.iter().map(|input| &input.name));
        let outputs = names(&mut model.outputs.iter().map(|output| &output.name));
        let engine = Engine::load(normalize::normalize(proto.clone(), model)?, &inputs, &outputs)?;
        let loaded = FloatModel { engine, inputs: model.file_inputs.clone() };
        // What the engine takes and cannot run, it does not support.
        match loaded.run(&vec![0.0; model.input_len()]) {
            Err(FloatError::Run(reason)) => Err(FloatError::Load(reason)),
            Err(other) => Err(other),
            Ok(_) => Ok(Some(loaded)),
        }
    }

    /// The outputs on one sample: the concatenated input elements.
    ///
    /// # Errors
    /// [`FloatError`] if the sample has the wrong length or the engine fails.
    pub fn run(&self, sample: &[f64]) -> Result<Vec<Vec<f64>>, FloatError> {
        let (expected, found) = (self.inputs.iter().map(FileInput::len).sum(), sample.len());
        let in_file = in_file_order(&self.inputs, sample).filter(|_| expected == found);
        let in_file = in_file.ok_or(FloatError::Sample { expected, found })?;
        let mut rest = in_file.into_iter().map(|value| value as f32);
        let inputs =
            self.inputs.iter().map(|input| (input.shape.clone(), rest.by_ref().take(input.len()).collect()));
        self.engine.run(inputs.collect())
    }
}

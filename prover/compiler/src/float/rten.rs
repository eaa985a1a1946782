//! rten as the engine: `f32`, without its graph optimizations.
//!
//! Why rten: it takes 70 of the processor's seconds to build where tract, which stood here before, takes 418, and it
//! reads every operator that import reads. It knows one version of each; [`super::normalize`] rewrites the older ones.

use prost::Message;
use rten::{ModelOptions, NodeId, Value, ValueOrView};

use super::error::FloatError;
use crate::onnx::ModelProto;

pub(super) struct Engine {
    model: rten::Model,
    inputs: Vec<NodeId>,
    outputs: Vec<NodeId>,
}

impl Engine {
    pub const NAME: Option<&'static str> = Some("rten");

    /// Loads a model; the names say in which order inputs and outputs are given.
    pub fn load(proto: ModelProto, inputs: &[String], outputs: &[String]) -> Result<Self, FloatError> {
        let mut options = ModelOptions::with_all_ops();
        options.enable_optimization(false);
        let model =
            options.load(proto.encode_to_vec()).map_err(|error| FloatError::Load(error.to_string()))?;
        let find = |names: &[String]| {
            let nodes = names.iter().map(|name| model.node_id(name));
            nodes.collect::<Result<_, _>>().map_err(|error| FloatError::Load(error.to_string()))
        };
        let (inputs, outputs) = (find(inputs)?, find(outputs)?);
        Ok(Engine { model, inputs, outputs })
    }

    /// The outputs for inputs of these shapes and elements.
    pub fn run(&self, inputs: Vec<(Vec<usize>, Vec<f32>)>) -> Result<Vec<Vec<f64>>, FloatError> {
        let mut values: Vec<(NodeId, ValueOrView<'_>)> = Vec::with_capacity(inputs.len());
        for (&node, (shape, data)) in self.inputs.iter().zip(inputs) {
            let value =
                Value::from_shape(&shape, data).map_err(|error| FloatError::Run(error.to_string()))?;
            values.push((node, ValueOrView::Value(value)));
        }
        let outputs = self
            .model
            .run(values, &self.outputs, None)
            .map_err(|error| FloatError::Run(error.to_string()))?;
        outputs
            .into_iter()
            .map(|value| match value {
                Value::FloatTensor(tensor) => Ok(tensor.into_data().into_iter().map(f64::from).collect()),
                Value::Int32Tensor(tensor) => Ok(tensor.into_data().into_iter().map(f64::from).collect()),
                other => Err(FloatError::Run(format!("an output has the type {}", other.dtype()))),
            })
            .collect()
    }
}

//! The independent float reference: tract runs the ONNX graph itself.
//!
//! Decisions of the compiler rest on [`Model::evaluate`](crate::model::Model::evaluate), sequential `f64`; tract's
//! `f32` engine shares no code with it, so comparing the two finds a misread operator. Its numbers appear in the
//! report only, since vectorized sums may differ in the last bits from machine to machine.
//!
//! Before the graph goes to tract it is normalized: a free batch dimension becomes 1, `double` becomes `float`, and
//! `ai.onnx.ml` Scaler, which tract lacks, becomes Sub and Mul.

use tract_onnx::Onnx;
use tract_onnx::pb::tensor_proto::DataType;
use tract_onnx::pb::tensor_shape_proto::{Dimension, dimension};
use tract_onnx::pb::type_proto::{self, Value as Type};
use tract_onnx::pb::{GraphProto, ModelProto, NodeProto, TensorProto, TensorShapeProto, TypeProto};
use tract_onnx::prelude::*;

use crate::import::{ONNX_ML, domain_name};
use crate::model::Model;

/// The float reference engine could not run a model.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FloatError {
    /// tract refused the model.
    #[error("the float reference engine (tract) cannot load the model: {0}")]
    Load(String),
    /// tract failed on a sample.
    #[error("the float reference engine (tract) failed on a sample: {0}")]
    Run(String),
    /// A sample has another number of elements than the model's inputs.
    #[error("a sample has {found} values, the model takes {expected}")]
    Sample {
        /// Elements of all inputs.
        expected: usize,
        /// Values in the sample.
        found: usize,
    },
}

/// A model loaded into tract.
pub struct FloatModel {
    runnable: std::sync::Arc<TypedRunnableModel>,
    shapes: Vec<Vec<usize>>,
}

impl FloatModel {
    /// Loads the bytes of an `.onnx` file that the compiler supports.
    ///
    /// # Errors
    /// Import refuses the model, or tract does not take it.
    pub fn from_onnx(onnx: &[u8]) -> Result<Self, crate::CompileError> {
        let proto = crate::import::decode(onnx)?;
        let model = crate::import::import_proto(&proto)?;
        Ok(Self::load(&proto, &model)?)
    }

    /// Loads a message that import accepted as `model`.
    pub(crate) fn load(proto: &ModelProto, model: &Model) -> Result<Self, FloatError> {
        let normalized = normalize(proto.clone(), model);
        let load = |error: TractError| FloatError::Load(format!("{error:#}"));
        let onnx: Onnx = tract_onnx::onnx();
        let parsed = onnx.parse(&normalized, None).map_err(load)?;
        let runnable = parsed.model.into_typed().and_then(|typed| typed.into_runnable()).map_err(load)?;
        Ok(FloatModel { runnable, shapes: model.inputs.iter().map(|input| input.shape.clone()).collect() })
    }

    /// The outputs on one sample: the concatenated input elements.
    ///
    /// # Errors
    /// [`FloatError`] if the sample has the wrong length or tract fails.
    pub fn run(&self, sample: &[f64]) -> Result<Vec<Vec<f64>>, FloatError> {
        let expected = self.shapes.iter().map(|shape| shape.iter().product::<usize>()).sum();
        if sample.len() != expected {
            return Err(FloatError::Sample { expected, found: sample.len() });
        }
        let run = |error: TractError| FloatError::Run(format!("{error:#}"));
        let mut rest = sample;
        let mut inputs = TVec::new();
        for shape in &self.shapes {
            let (head, tail) = rest.split_at(shape.iter().product());
            rest = tail;
            let data: Vec<f32> = head.iter().map(|&value| value as f32).collect();
            inputs.push(Tensor::from_shape(shape, &data).map_err(run)?.into());
        }
        let outputs = self.runnable.run(inputs).map_err(run)?;
        outputs
            .iter()
            .map(|tensor| {
                let tensor = tensor.cast_to::<f64>().map_err(run)?;
                let view = tensor.to_plain_array_view::<f64>().map_err(run)?;
                Ok(view.iter().copied().collect())
            })
            .collect()
    }
}

fn normalize(mut proto: ModelProto, model: &Model) -> ModelProto {
    let Some(graph) = proto.graph.as_mut() else { return proto };
    for input in &mut graph.input {
        if let Some(known) = model.inputs.iter().find(|known| known.name == input.name) {
            input.r#type = Some(float_type(&known.shape));
        }
    }
    // Declared shapes of other tensors may carry the batch symbol: tract infers them.
    graph.value_info.clear();
    graph.initializer.iter_mut().for_each(to_float);
    let nodes = std::mem::take(&mut graph.node);
    for mut node in nodes {
        for attribute in &mut node.attribute {
            attribute.t.iter_mut().for_each(to_float);
        }
        if domain_name(&node.domain) == ONNX_ML && node.op_type == "Scaler" {
            replace_scaler(node, graph);
        } else {
            graph.node.push(node);
        }
    }
    proto
}

fn float_type(shape: &[usize]) -> TypeProto {
    let dim = shape
        .iter()
        .map(|&size| Dimension {
            denotation: String::new(),
            value: Some(dimension::Value::DimValue(i64::try_from(size).unwrap_or(i64::MAX))),
        })
        .collect();
    let tensor =
        type_proto::Tensor { elem_type: DataType::Float as i32, shape: Some(TensorShapeProto { dim }) };
    TypeProto { denotation: String::new(), value: Some(Type::TensorType(tensor)) }
}

fn to_float(tensor: &mut TensorProto) {
    if tensor.data_type != DataType::Double as i32 {
        return;
    }
    let raw = tensor.raw_data.as_chunks::<8>().0.iter().map(|bytes| f64::from_le_bytes(*bytes));
    let data: Vec<f64> = if tensor.raw_data.is_empty() { tensor.double_data.clone() } else { raw.collect() };
    *tensor =
        float_tensor(&tensor.name, tensor.dims.clone(), data.iter().map(|&value| value as f32).collect());
}

fn float_tensor(name: &str, dims: Vec<i64>, float_data: Vec<f32>) -> TensorProto {
    TensorProto {
        name: name.into(),
        dims,
        data_type: DataType::Float as i32,
        float_data,
        ..Default::default()
    }
}

/// `(x - offset) · scale` as two nodes.
fn replace_scaler(node: NodeProto, graph: &mut GraphProto) {
    let result = node.output.first().cloned().unwrap_or_default();
    let mut operand = node.input.first().cloned().unwrap_or_default();
    let steps = [("offset", "Sub", 0.0, format!("{result}/centered")), ("scale", "Mul", 1.0, result.clone())];
    for (attribute, op_type, neutral, output) in steps {
        let list = node.attribute.iter().find(|candidate| candidate.name == attribute);
        let data = list.map(|list| list.floats.clone()).unwrap_or_else(|| vec![neutral]);
        let constant = format!("{result}/{attribute}");
        graph.initializer.push(float_tensor(&constant, vec![data.len() as i64], data));
        graph.node.push(NodeProto {
            name: format!("{}/{attribute}", node.name),
            op_type: op_type.into(),
            input: vec![std::mem::replace(&mut operand, output.clone()), constant],
            output: vec![output],
            ..Default::default()
        });
    }
}

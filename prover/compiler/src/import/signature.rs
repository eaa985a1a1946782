//! What the model says about itself: operator sets, inputs and feature names.

use std::collections::{HashMap, HashSet};

use super::domain::{ONNX, ONNX_ML};
use super::graph::Resources;
use super::refusal::{NodeName, Refusal};
use super::single::Precision;
use super::storage::Storage;
use super::tensor;
use crate::model::{Categories, Encoding, FileInput, Input, Kind, Unknown, batch};
use crate::onnx::{DataType, DimensionValue, GraphProto, ModelProto, NodeProto, ValueInfoProto};
use crate::operators;
use crate::options::ExactFloats;

/// Supported versions of each operator set: within them the supported operators mean what this crate implements, which
/// asks for the version where a meaning changed. The newest are those of `onnx` 1.23.
const OPSETS: [(&str, i64, i64); 2] = [(ONNX, 7, 28), (ONNX_ML, 1, 5)];

/// The domain as messages spell it: the default domain is the empty string in files.
pub(crate) fn domain_name(domain: &str) -> &str {
    if domain.is_empty() { ONNX } else { domain }
}

pub(super) fn node_name(node: &NodeProto) -> NodeName {
    let output = || format!("→ {}", node.output.first().map(String::as_str).unwrap_or_default());
    let name = if node.name.is_empty() { output() } else { node.name.clone() };
    NodeName { name, operator: node.op_type.clone() }
}

/// Names that exporters give to any graph: of PyTorch, tf2onnx, Keras, PaddlePaddle and hand-written conversions.
const GENERIC_NAMES: [&str; 11] = [
    "graph",
    "main",
    "main_graph",
    "model",
    "model from paddlepaddle.",
    "onnx_graph",
    "onnx_model",
    "tf2onnx",
    "torch-jit-export",
    "torch_jit",
    "torch_jit_export",
];

/// Whether a graph's name says nothing about the model: one of every graph, or the random one of scikit-learn's exporter.
pub(super) fn is_generic(name: &str) -> bool {
    let is_random = name.len() == 32 && name.bytes().all(|byte| byte.is_ascii_hexdigit());
    name.trim().is_empty() || is_random || GENERIC_NAMES.contains(&name.to_ascii_lowercase().as_str())
}

/// Versions of the operator sets by domain. Sets of other domains are let through: their operators are refused.
pub(super) fn opsets(proto: &ModelProto, refusals: &mut Vec<Refusal>) -> HashMap<String, i64> {
    let mut opsets = HashMap::new();
    for import in &proto.opset_import {
        let domain = domain_name(&import.domain);
        if let Some(&(_, lowest, highest)) = OPSETS.iter().find(|(known, ..)| *known == domain)
            && !(lowest..=highest).contains(&import.version)
        {
            refusals.push(Refusal::Opset {
                domain: domain.to_owned(),
                version: import.version,
                lowest,
                highest,
            });
        }
        opsets.insert(domain.to_owned(), import.version);
    }
    opsets
}

/// The graph's inputs that are not initializers, with static shapes.
pub(super) fn inputs(
    graph: &GraphProto,
    is_initializer: impl Fn(&str) -> bool,
    exact: &ExactFloats,
    budget: &mut Resources,
    refusals: &mut Vec<Refusal>,
) -> Vec<Input> {
    let declared: Vec<&ValueInfoProto> =
        graph.input.iter().filter(|input| !is_initializer(&input.name)).collect();
    if declared.is_empty() {
        refusals.push(Refusal::NoInputs);
    }
    let mut inputs = Vec::with_capacity(declared.len());
    for input in declared {
        let name = input.name.clone();
        let read = contents(input)
            .and_then(|contents| Ok((contents, encoding(input, contents, exact)?, dimensions(input)?)));
        let (contents, encoding, dims) = match read {
            Ok(read) => read,
            Err(refusal) => {
                refusals.push(refusal);
                continue;
            }
        };
        let mut shape = Vec::with_capacity(dims.len());
        for (dimension, size) in dims.into_iter().enumerate() {
            match (dimension, size) {
                (_, Ok(size)) => shape.push(size),
                // A free first dimension is the batch.
                (0, Err(_)) => shape.push(1),
                (dimension, Err(Free { label, symbol })) => {
                    let place = || format!("{name}:{dimension}");
                    let (input, name) = (name.clone(), symbol.unwrap_or_else(place));
                    refusals.push(Refusal::DynamicDimension { input, dimension, label, name });
                    shape.push(1);
                }
            }
        }
        // Three units an element: the row that stands for it in what reads the input.
        let what = || format!("input '{name}'");
        let elements = budget.check_size(&shape, what);
        if let Err(refusal) = elements.and_then(|elements| budget.keep(elements.saturating_mul(3), what)) {
            refusals.push(refusal);
            continue;
        }
        let (kind, categories) = match contents {
            Contents::Numbers(kind) => (kind, Vec::new()),
            // What the values are, the nodes that read them know.
            Contents::Text => {
                let none = Categories { names: Vec::new(), unknown: Unknown::Taken };
                (Kind::Integer, vec![none; shape.iter().product()])
            }
        };
        inputs.push(Input {
            name,
            shape,
            kind,
            encoding,
            categories,
            missing: Vec::new(),
            domains: Vec::new(),
        });
    }
    inputs
}

/// A dimension without a size.
struct Free {
    /// What stands there.
    label: String,
    symbol: Option<String>,
}

/// What the elements of an input are.
#[derive(Clone, Copy)]
pub(super) enum Contents {
    Numbers(Kind),
    Text,
}

impl Contents {
    /// Of an input that [`inputs`] has read.
    pub fn of(input: &Input) -> Contents {
        if input.categories.is_empty() { Contents::Numbers(input.kind) } else { Contents::Text }
    }
}

fn contents(input: &ValueInfoProto) -> Result<Contents, Refusal> {
    let refusal = |data_type| Refusal::InputType { input: input.name.clone(), data_type };
    let Some(tensor) = input.r#type.as_ref().and_then(|kind| kind.tensor_type.as_ref()) else {
        return Err(refusal("that is no tensor".into()));
    };
    let data_type = DataType::try_from(tensor.elem_type).unwrap_or(DataType::Undefined);
    if data_type == DataType::String {
        return Ok(Contents::Text);
    }
    let storage = Storage::of(data_type).ok_or_else(|| refusal(tensor::type_name(tensor.elem_type)))?;
    Ok(Contents::Numbers(storage.kind()))
}

/// Of the elements of each input.
pub(super) fn precisions(graph: &GraphProto) -> HashMap<&str, Precision> {
    let of =
        |input: &ValueInfoProto| Some(Precision::of(input.r#type.as_ref()?.tensor_type.as_ref()?.elem_type));
    graph.input.iter().map(|input| (input.name.as_str(), of(input).unwrap_or_default())).collect()
}

/// The ends of an input of integers of at most 16 bits.
pub(super) fn narrow_integers(graph: &GraphProto, name: &str) -> Option<(i64, i64)> {
    let input = graph.input.iter().find(|input| input.name == name)?;
    let elem_type = input.r#type.as_ref()?.tensor_type.as_ref()?.elem_type;
    let ends = operators::narrow_integers(DataType::try_from(elem_type).ok()?)?;
    Some((*ends.start(), *ends.end()))
}

/// How the numbers of an input become integers. Only floats of single precision are exact as such; integers and text are so already, where
/// all inputs are asked for.
fn encoding(input: &ValueInfoProto, contents: Contents, exact: &ExactFloats) -> Result<Encoding, Refusal> {
    let tensor = input.r#type.as_ref().and_then(|kind| kind.tensor_type.as_ref());
    let elem_type = tensor.map_or(0, |tensor| tensor.elem_type);
    let is_real = matches!(contents, Contents::Numbers(Kind::Real));
    match exact {
        exact if !exact.is_asked(&input.name) => Ok(Encoding::Rounded),
        _ if elem_type == DataType::Float as i32 => Ok(Encoding::Float32),
        ExactFloats::All if !is_real => Ok(Encoding::Rounded),
        _ => Err(Refusal::ExactType { input: input.name.clone(), data_type: tensor::type_name(elem_type) }),
    }
}

/// Sizes of an input's dimensions; a dimension without one gives what stands there instead.
fn dimensions(input: &ValueInfoProto) -> Result<Vec<Result<usize, Free>>, Refusal> {
    let tensor = input.r#type.as_ref().and_then(|kind| kind.tensor_type.as_ref());
    let Some(shape) = tensor.and_then(|tensor| tensor.shape.as_ref()) else {
        return Err(Refusal::InputShape { input: input.name.clone() });
    };
    let size = |value: &Option<DimensionValue>| match value {
        Some(DimensionValue::Size(size)) => match usize::try_from(*size) {
            Ok(size @ 1..) => Ok(size),
            _ => Err(Free { label: size.to_string(), symbol: None }),
        },
        Some(DimensionValue::Symbol(symbol)) => {
            let named = Some(symbol.clone()).filter(|symbol| !symbol.is_empty());
            Err(Free { label: format!("'{symbol}'"), symbol: named })
        }
        None => Err(Free { label: "no value".into(), symbol: None }),
    };
    Ok(shape.dim.iter().map(|dimension| size(&dimension.value)).collect())
}

/// `feature_names` of the metadata: names separated by commas, one for each element of the inputs in the order of
/// the file, or for each of a row of a batch.
pub(super) fn feature_names(
    proto: &ModelProto,
    inputs: &[FileInput],
    refusals: &mut Vec<Refusal>,
) -> Option<Vec<String>> {
    let entry = proto.metadata_props.iter().find(|entry| entry.key == "feature_names")?;
    let mut names: Vec<String> = entry.value.split(',').map(|name| name.trim().to_owned()).collect();
    let expected = inputs.iter().map(FileInput::len).sum();
    let rows = batch::rows(inputs.iter().map(|input| input.shape.as_slice()));
    if rows > 1 && names.len().checked_mul(rows) == Some(expected) {
        let lengths: Vec<usize> = inputs.iter().map(|input| input.len() / rows).collect();
        names = batch::names(&names, rows, &lengths);
    }
    if names.len() != expected {
        refusals.push(Refusal::FeatureCount { expected, found: names.len() });
        return None;
    }
    let mut seen = HashSet::new();
    if let Some(name) = names.iter().find(|name| name.is_empty() || !seen.insert(name.as_str())) {
        refusals.push(Refusal::FeatureName { name: name.clone() });
        return None;
    }
    Some(names)
}

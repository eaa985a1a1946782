//! Operators that onnxruntime's optimizer makes of several, as those which they were made of.
//! Reference: "Contrib Operators" of onnxruntime.

use super::family::{Family, OnnxOperator, Write};
use super::written::{Written, float, int};
use crate::import::domain::MICROSOFT;
use crate::import::graph::Layers;
use crate::import::node::{Node, Scope};
use crate::import::refusal::Refusal;
use crate::onnx::{AttributeProto, AttributeType, NodeProto};

/// The entry of the registry.
pub(super) const FAMILY: Family = Family {
    name: "Fused by onnxruntime",
    cost: "that of what was fused",
    operators: &[
        fused("Gelu", gelu),
        fused("FastGelu", fast_gelu).remarks("with or without a bias"),
        fused("BiasGelu", gelu),
        fused("QuickGelu", quick_gelu),
        fused("FusedMatMul", product).remarks("without `transBatchA` and `transBatchB`"),
        fused("TransposeMatMul", product),
        fused("FusedGemm", activated),
        fused("FusedConv", activated),
        fused("SkipLayerNormalization", skipped),
        fused("SkipSimplifiedLayerNormalization", skipped),
        OnnxOperator::written("SimplifiedLayerNormalization", simplified),
        fused("SimplifiedLayerNormalization", simplified),
        fused("LayerNormalization", normalized),
        fused("RMSNormalization", simplified),
    ],
    integers: &[],
};

const fn fused(name: &'static str, write: Write) -> OnnxOperator {
    OnnxOperator::written(name, write).of(MICROSOFT)
}

type Nodes = Result<Vec<NodeProto>, Refusal>;

fn text(name: &str, text: &str) -> AttributeProto {
    let (r#type, s) = (AttributeType::String as i32, text.as_bytes().to_vec());
    AttributeProto { name: name.into(), r#type, s, ..AttributeProto::default() }
}

/// The first operand, plus the second where there is one.
fn with_bias(written: &mut Written<'_>) -> Result<String, Refusal> {
    let x = written.operand(0)?;
    Ok(match written.node.operand(1) {
        Some(_) => written.push("Add", &[x, written.operand(1)?], "sum", vec![]),
        None => x.to_owned(),
    })
}

fn gelu(node: &Node<'_>, layers: &mut Layers, _: &Scope<'_>) -> Nodes {
    node.inputs(1..=2, "1, and a bias")?;
    let mut written = Written::new(node, layers);
    let x = with_bias(&mut written)?;
    let result = written.push("Gelu", &[&x], "gelu", vec![]);
    written.result(0, &result);
    written.finish(layers)
}

fn fast_gelu(node: &Node<'_>, layers: &mut Layers, _: &Scope<'_>) -> Nodes {
    node.inputs(1..=2, "1, and a bias")?;
    let mut written = Written::new(node, layers);
    let x = with_bias(&mut written)?;
    let result = written.push("Gelu", &[&x], "gelu", vec![text("approximate", "tanh")]);
    written.result(0, &result);
    written.finish(layers)
}

/// `x sigmoid(alpha x)`.
fn quick_gelu(node: &Node<'_>, layers: &mut Layers, _: &Scope<'_>) -> Nodes {
    node.inputs(1..=1, "1")?;
    let alpha = node.float("alpha", 1.702)? as f32;
    let mut written = Written::new(node, layers);
    let result = written.push("Swish", &[written.operand(0)?], "swish", vec![float("alpha", alpha)]);
    written.result(0, &result);
    written.finish(layers)
}

/// A product of matrices that may be transposed, times a number.
fn product(node: &Node<'_>, layers: &mut Layers, _: &Scope<'_>) -> Nodes {
    node.inputs(2..=2, "2")?;
    for attribute in ["transBatchA", "transBatchB"] {
        match node.int(attribute, 0)? {
            0 => {}
            other => return Err(node.bad_attribute(attribute, other.to_string(), "0")),
        }
    }
    let mut written = Written::new(node, layers);
    let mut factors = Vec::with_capacity(2);
    for (position, attribute) in ["transA", "transB"].into_iter().enumerate() {
        let (factor, rank) = (written.operand(position)?, node.tensor(position)?.shape.len());
        let is_turned = node.int(attribute, 0)? != 0 && rank >= 2;
        factors.push(match is_turned {
            true => {
                // Of at most 2^27 elements.
                let mut order: Vec<i64> = (0..rank as i64).collect();
                order.swap(rank - 1, rank - 2);
                written.transposed(factor, attribute, &order)
            }
            false => factor.to_owned(),
        });
    }
    let factors: Vec<&str> = factors.iter().map(String::as_str).collect();
    let mut result = written.push("MatMul", &factors, "product", vec![]);
    let alpha = node.float("alpha", 1.0)?;
    if alpha != 1.0 {
        let alpha = written.floats("alpha", vec![], vec![alpha as f32]);
        result = written.push("Mul", &[&result, &alpha], "scaled", vec![]);
    }
    written.result(0, &result);
    written.finish(layers)
}

/// Gemm or Conv, perhaps plus a tensor, and an activation.
fn activated(node: &Node<'_>, layers: &mut Layers, _: &Scope<'_>) -> Nodes {
    node.inputs(2..=4, "2 to 4")?;
    let mut written = Written::new(node, layers);
    let is_convolution = node.proto.op_type == "FusedConv";
    let of_activation = |attribute: &AttributeProto| attribute.name.starts_with("activation");
    let others = node.proto.attribute.iter().filter(|attribute| !of_activation(attribute)).cloned().collect();
    let operands: Vec<&str> = node.operands.iter().take(3).map(|operand| operand.map_or("", |(name, _)| name)).collect();
    let operator = if is_convolution { "Conv" } else { "Gemm" };
    let mut result = written.push(operator, &operands, "sums", others);
    if is_convolution && node.operand(3).is_some() {
        result = written.push("Add", &[&result, written.operand(3)?], "added", vec![]);
    }
    let parameters = node.floats("activation_params")?.unwrap_or_default();
    let given = |attribute: &'static str, position: usize, default: f32| match parameters.get(position) {
        Some(&value) => Ok(value as f32),
        None => node.float(attribute, default).map(|value| value as f32),
    };
    let activation = node.text("activation")?.unwrap_or_default();
    let attributes = match activation.as_str() {
        "" => None,
        "Relu" | "Sigmoid" | "Tanh" | "Softplus" | "Softsign" | "HardSwish" => Some(vec![]),
        "LeakyRelu" => Some(vec![float("alpha", given("activation_alpha", 0, 0.01)?)]),
        "Elu" => Some(vec![float("alpha", given("activation_alpha", 0, 1.0)?)]),
        "HardSigmoid" => Some(vec![
            float("alpha", given("activation_alpha", 0, 0.2)?),
            float("beta", given("activation_beta", 1, 0.5)?),
        ]),
        "Clip" => {
            let low = written.floats("low", vec![], vec![given("activation_alpha", 0, f32::MIN)?]);
            let high = written.floats("high", vec![], vec![given("activation_beta", 1, f32::MAX)?]);
            let above = written.push("Max", &[&result, &low], "above", vec![]);
            result = written.push("Min", &[&above, &high], "below", vec![]);
            None
        }
        other => {
            let allowed = "Relu, Sigmoid, Tanh, Softplus, Softsign, HardSwish, LeakyRelu, Elu, HardSigmoid or Clip";
            return Err(node.bad_attribute("activation", other.into(), allowed));
        }
    };
    if let Some(attributes) = attributes {
        result = written.push(&activation, &[&result], "activated", attributes);
    }
    written.result(0, &result);
    written.finish(layers)
}

/// A sum of two or three tensors, normalized; and the sum itself as the fourth result.
fn skipped(node: &Node<'_>, layers: &mut Layers, _: &Scope<'_>) -> Nodes {
    node.inputs(3..=5, "3 to 5")?;
    let is_simplified = node.proto.op_type == "SkipSimplifiedLayerNormalization";
    let mut written = Written::new(node, layers);
    let mut sum = written.push("Add", &[written.operand(0)?, written.operand(1)?], "sum", vec![]);
    let of_bias = if is_simplified { 3 } else { 4 };
    if node.operand(of_bias).is_some() {
        sum = written.push("Add", &[&sum, written.operand(of_bias)?], "biased", vec![]);
    }
    let scale = written.operand(2)?;
    let shift = if !is_simplified && node.operand(3).is_some() { Some(written.operand(3)?) } else { None };
    let result = normalize(&mut written, (&sum, scale, shift), is_simplified, 1e-12)?;
    written.result(0, &result);
    written.result(3, &sum);
    for position in [1, 2] {
        if node.proto.output.get(position).is_some_and(|name| !name.is_empty()) {
            return Err(node.bad_attribute("output", format!("{position}"), "the normalized tensor and the sum"));
        }
    }
    written.finish(layers)
}

fn simplified(node: &Node<'_>, layers: &mut Layers, _: &Scope<'_>) -> Nodes {
    node.arity(2..=2, "2")?;
    let mut written = Written::new(node, layers);
    let operands = (written.operand(0)?, written.operand(1)?, None);
    let result = normalize(&mut written, operands, true, 1e-5)?;
    written.result(0, &result);
    written.finish(layers)
}

fn normalized(node: &Node<'_>, layers: &mut Layers, _: &Scope<'_>) -> Nodes {
    node.arity(2..=3, "2 or 3")?;
    let mut written = Written::new(node, layers);
    let shift = if node.operand(2).is_some() { Some(written.operand(2)?) } else { None };
    let operands = (written.operand(0)?, written.operand(1)?, shift);
    let result = normalize(&mut written, operands, false, 1e-5)?;
    written.result(0, &result);
    written.finish(layers)
}

fn normalize(
    written: &mut Written<'_>,
    (x, scale, shift): (&str, &str, Option<&str>),
    is_simplified: bool,
    epsilon: f32,
) -> Result<String, Refusal> {
    let node = written.node;
    let attributes = vec![
        int("axis", node.int("axis", -1)?),
        float("epsilon", node.float("epsilon", epsilon)? as f32),
    ];
    let operands: Vec<&str> = [x, scale].into_iter().chain(shift).collect();
    let operator = if is_simplified { "RMSNormalization" } else { "LayerNormalization" };
    Ok(written.push(operator, &operands, "normalized", attributes))
}

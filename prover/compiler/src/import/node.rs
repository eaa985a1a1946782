//! A node while it is imported: its operands, its attributes, and what it can answer about them.

use std::collections::HashMap;

use super::refusal::{NodeName, Refusal, Shape};
use super::single::Precision;
use super::tensor;
use super::value::{Kind, Tensor, Value};
use crate::internal::Expected;
use crate::model::Groups;
use crate::onnx::{AttributeProto, AttributeType, NodeProto};

/// A node with the values of its operands.
pub(crate) struct Node<'a> {
    pub name: NodeName,
    pub proto: &'a NodeProto,
    /// Version of the node's operator set.
    pub opset: i64,
    /// In which its operands are given, where they are floats.
    pub precision: Precision,
    /// Operands by position; an optional operand that is left out is `None`.
    pub operands: Vec<Option<(&'a str, &'a Value)>>,
}

/// What is known of tensors where a node stands.
pub(crate) struct Scope<'a>(pub(super) &'a HashMap<String, Option<Value>>);

impl Scope<'_> {
    /// A tensor by its name.
    pub fn value(&self, name: &str) -> Option<&Value> {
        self.0.get(name)?.as_ref()
    }
}

impl Node<'_> {
    /// Operator of the default domain, or of `ai.onnx.ml`, that has `allowed` operands and one result.
    pub fn arity(
        &self,
        inputs: std::ops::RangeInclusive<usize>,
        allowed: &'static str,
    ) -> Result<(), Refusal> {
        self.inputs(inputs, allowed)?;
        let found = self.proto.output.iter().filter(|name| !name.is_empty()).count();
        if found != 1 {
            return Err(Refusal::Arity { node: self.name.clone(), what: "outputs", found, allowed: "1" });
        }
        Ok(())
    }

    /// Operator with `allowed` operands, and any number of results.
    pub fn inputs(
        &self,
        inputs: std::ops::RangeInclusive<usize>,
        allowed: &'static str,
    ) -> Result<(), Refusal> {
        match self.operands.len() {
            found if inputs.contains(&found) => Ok(()),
            found => Err(Refusal::Arity { node: self.name.clone(), what: "inputs", found, allowed }),
        }
    }

    pub fn operand(&self, position: usize) -> Option<&Value> {
        self.operands.get(position).copied().flatten().map(|(_, value)| value)
    }

    pub fn operand_name(&self, position: usize) -> String {
        let name = self.operands.get(position).copied().flatten().map(|(name, _)| name);
        name.map_or_else(|| format!("operand {position}"), str::to_owned)
    }

    /// The operand at `position`, which must be present.
    pub fn value(&self, position: usize) -> Result<&Value, Refusal> {
        self.operand(position).ok_or_else(|| Refusal::Arity {
            node: self.name.clone(),
            what: "inputs",
            found: position,
            allowed: "all required ones",
        })
    }

    /// The operand at `position`, which must be of numbers.
    pub fn tensor(&self, position: usize) -> Result<&Tensor, Refusal> {
        match self.value(position)? {
            Value::Tensor(tensor) => Ok(tensor),
            Value::Strings { .. } | Value::Categories(_) => {
                Err(Refusal::StringOperand { node: self.name.clone(), operand: self.operand_name(position) })
            }
            Value::Sequence(_) => Err(self.bad_attribute(
                "operand",
                format!("a sequence, '{}'", self.operand_name(position)),
                "a tensor",
            )),
        }
    }

    /// The constant at `position`, with its shape.
    pub fn constant(&self, position: usize) -> Result<(Vec<usize>, Vec<f64>), Refusal> {
        let tensor = self.tensor(position)?;
        match tensor.as_constants() {
            Some(data) => Ok((tensor.shape.clone(), data.to_vec())),
            None => Err(self.not_constant(position)),
        }
    }

    /// The integer constant at `position`: a shape or axes. Numbers beyond 64 bits saturate.
    pub fn integers(&self, position: usize) -> Result<Vec<i64>, Refusal> {
        let tensor = self.tensor(position)?;
        match tensor.as_constants() {
            Some(data) if tensor.kind != Kind::Real => Ok(data.iter().map(|&value| value as i64).collect()),
            _ => Err(self.not_constant(position)),
        }
    }

    /// The array around an axis, which must not be empty.
    pub fn groups(&self, x: &Tensor, axis: usize) -> Result<Groups, Refusal> {
        let product = |dims: &[usize]| dims.iter().product::<usize>();
        let (before, behind) = x.shape.split_at(axis.min(x.shape.len()));
        match behind {
            [length, rest @ ..] if *length > 0 => {
                Ok(Groups { outer: product(before), length: *length, inner: product(rest) })
            }
            _ => Err(self.mismatch(&x.shape, &[])),
        }
    }

    pub fn not_constant(&self, position: usize) -> Refusal {
        Refusal::NonConstantParameter { node: self.name.clone(), operand: self.operand_name(position) }
    }

    pub fn int(&self, attribute: &'static str, default: i64) -> Result<i64, Refusal> {
        Ok(self.optional_int(attribute)?.unwrap_or(default))
    }

    pub fn optional_int(&self, attribute: &'static str) -> Result<Option<i64>, Refusal> {
        self.attribute(attribute, AttributeType::Int, "one integer", |proto| proto.i)
    }

    pub fn float(&self, attribute: &'static str, default: f32) -> Result<f64, Refusal> {
        Ok(self.optional_float(attribute)?.unwrap_or(f64::from(default)))
    }

    /// Infinite values are let through (Clip uses them as "no bound"), NaN is not.
    pub fn optional_float(&self, attribute: &'static str) -> Result<Option<f64>, Refusal> {
        let value = self.attribute(attribute, AttributeType::Float, "one float", |proto| proto.f)?;
        match value {
            Some(value) if value.is_nan() => Err(self.bad_attribute(attribute, "NaN".into(), "a number")),
            value => Ok(value.map(f64::from)),
        }
    }

    pub fn floats(&self, attribute: &'static str) -> Result<Option<Vec<f64>>, Refusal> {
        let Some(values) = self
            .attribute(attribute, AttributeType::Floats, "a list of floats", |proto| proto.floats.clone())?
        else {
            return Ok(None);
        };
        let data: Vec<f64> = values.into_iter().map(f64::from).collect();
        tensor::check_finite(&[data.len()], &data, &format!("{}.{attribute}", self.name.name))?;
        Ok(Some(data))
    }

    pub fn ints(&self, attribute: &'static str) -> Result<Option<Vec<i64>>, Refusal> {
        self.attribute(attribute, AttributeType::Ints, "a list of integers", |proto| proto.ints.clone())
    }

    /// Strings; bytes that are not UTF-8 stand as replacement characters.
    pub fn strings(&self, attribute: &'static str) -> Result<Option<Vec<String>>, Refusal> {
        let read = |proto: &AttributeProto| {
            proto.strings.iter().map(|text| String::from_utf8_lossy(text).into_owned()).collect()
        };
        self.attribute(attribute, AttributeType::Strings, "a list of strings", read)
    }

    /// A string; bytes that are not UTF-8 are no value that any operator knows.
    pub fn text(&self, attribute: &'static str) -> Result<Option<String>, Refusal> {
        let read = |proto: &AttributeProto| String::from_utf8_lossy(&proto.s).into_owned();
        self.attribute(attribute, AttributeType::String, "a string", read)
    }

    fn attribute<T>(
        &self,
        attribute: &'static str,
        kind: AttributeType,
        allowed: &'static str,
        read: impl Fn(&AttributeProto) -> T,
    ) -> Result<Option<T>, Refusal> {
        let Some(proto) = self.proto.attribute.iter().find(|proto| proto.name == attribute) else {
            return Ok(None);
        };
        // Exporters of the first IR versions leave the type unset (0).
        if (proto.r#type != 0 && proto.r#type != kind as i32) || !proto.ref_attr_name.is_empty() {
            return Err(self.bad_attribute(attribute, "of another type".into(), allowed));
        }
        Ok(Some(read(proto)))
    }

    pub fn bad_attribute(&self, attribute: &'static str, value: String, allowed: &'static str) -> Refusal {
        Refusal::Attribute { node: self.name.clone(), attribute, value, allowed }
    }

    /// A possibly negative axis as a position in `0..rank`.
    pub fn axis(&self, axis: i64, shape: &[usize], rank: usize) -> Result<usize, Refusal> {
        let signed = rank as i64;
        let position = if axis < 0 { axis.checked_add(signed) } else { Some(axis) };
        match position {
            Some(position) if (0..signed).contains(&position) => Ok(position as usize),
            _ => Err(Refusal::Axis { node: self.name.clone(), axis, shape: Shape(shape.to_vec()) }),
        }
    }

    /// What must be there: an element of an operand whose shape was checked.
    pub fn expected<T>(&self, value: Option<T>) -> Result<T, Refusal> {
        value.expected("an element").map_err(|error| Refusal::Internal { node: self.name.clone(), error })
    }

    pub fn mismatch(&self, left: &[usize], right: &[usize]) -> Refusal {
        Refusal::ShapeMismatch { node: self.name.clone(), left: left.into(), right: right.into() }
    }
}

/// The operands, or `None` where one of them was refused.
pub(super) fn operands<'a>(
    values: &'a HashMap<String, Option<Value>>,
    proto: &'a NodeProto,
) -> Option<Vec<Option<(&'a str, &'a Value)>>> {
    let operand = |name: &'a String| match name.as_str() {
        "" => Some(None),
        name => values.get(name)?.as_ref().map(|value| Some((name, value))),
    };
    let mut operands: Vec<_> = proto.input.iter().map(operand).collect::<Option<_>>()?;
    while let Some(None) = operands.last() {
        operands.pop();
    }
    Some(operands)
}

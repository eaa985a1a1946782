//! An entry of the registry: a family of operators with everything that it means.

use std::sync::Arc;

use super::operator::IntegerOperator;
use super::written::alone;
use crate::bytes::{ReadError, Reader};
use crate::import::domain::{ONNX, ONNX_ML};
use crate::import::graph::Layers;
use crate::import::node::{Node, Scope};
use crate::import::refusal::Refusal;
use crate::import::value::Value;
use crate::onnx::NodeProto;

/// A family of operators.
pub(crate) struct Family {
    /// What documentation calls it.
    pub name: &'static str,
    /// What it costs, in words.
    pub cost: &'static str,
    /// The ONNX operators that it imports.
    pub operators: &'static [OnnxOperator],
    /// The integer operators that it reads from files.
    pub integers: &'static [Encoded],
}

/// An operator of a model file.
pub(crate) struct OnnxOperator {
    /// Its domain: [`ONNX`], [`ONNX_ML`], or that of an engine which writes operators of its own.
    pub domain: &'static str,
    /// Its type.
    pub name: &'static str,
    /// What makes layers of it.
    pub import: Import,
    /// Whether it is an affine map, which layers that it is folded into are named after.
    pub is_folded: bool,
    /// What is not supported, or has a meaning that needs a word; empty where all of it is.
    pub remarks: &'static str,
}

/// Imports a node.
#[derive(Clone, Copy)]
pub(crate) enum Import {
    /// Of one result.
    One(fn(&Node<'_>, &mut Layers) -> Result<Value, Refusal>),
    /// Of several results, in the order of the node's outputs; those that are left out in the file may be missing at the
    /// end.
    Several(fn(&Node<'_>, &mut Layers) -> Result<Vec<Value>, Refusal>),
    /// As other nodes, which stand in the graph in its place.
    Nodes(Write),
}

/// Writes a node out: the nodes that stand in its place, which it pays for.
pub(crate) type Write = fn(&Node<'_>, &mut Layers, &Scope<'_>) -> Result<Vec<NodeProto>, Refusal>;

/// An integer operator in files.
pub(crate) struct Encoded {
    /// [`IntegerOperator::tag`]; 0 and 1 are taken by layers without an operator.
    pub tag: u8,
    /// Reads what [`IntegerOperator::write`] wrote, and checks everything that evaluating and lowering rely on.
    pub read: Read,
}

/// Reads an integer operator from a file that says this of its layer.
pub(crate) type Read = fn(&mut Reader<'_>, &Shape<'_>) -> Result<Arc<dyn IntegerOperator>, ReadError>;

/// What a file says of a layer before its operator.
pub(crate) struct Shape<'a> {
    /// Rows of each argument, and the clamp of its rounding, where it is rounded.
    pub arguments: &'a [(usize, Option<(i64, i64)>)],
    /// Binary scale of the results.
    pub scale: i8,
}

impl Shape<'_> {
    /// Rows of the one argument.
    pub fn one(&self) -> Result<usize, ReadError> {
        match self.arguments {
            &[(len, _)] => Ok(len),
            all => Err(ReadError::Count { what: "arguments", expected: 1, found: all.len() }),
        }
    }

    /// Rows of the one argument, and the clamp of its rounding.
    pub fn one_rounded(&self) -> Result<(usize, (i64, i64)), ReadError> {
        match self.arguments {
            &[(len, Some(clamp))] => Ok((len, clamp)),
            all => Err(ReadError::Count { what: "rounded arguments", expected: 1, found: all.len() }),
        }
    }
}

impl OnnxOperator {
    /// An operator of the default domain, all of it supported.
    pub const fn onnx(
        name: &'static str,
        import: fn(&Node<'_>, &mut Layers) -> Result<Value, Refusal>,
    ) -> Self {
        OnnxOperator { domain: ONNX, name, import: Import::One(import), is_folded: false, remarks: "" }
    }

    /// An operator of the default domain with several results, all of it supported.
    pub const fn several(
        name: &'static str,
        import: fn(&Node<'_>, &mut Layers) -> Result<Vec<Value>, Refusal>,
    ) -> Self {
        OnnxOperator { domain: ONNX, name, import: Import::Several(import), is_folded: false, remarks: "" }
    }

    /// An operator of `ai.onnx.ml`, all of it supported.
    pub const fn ml(
        name: &'static str,
        import: fn(&Node<'_>, &mut Layers) -> Result<Value, Refusal>,
    ) -> Self {
        OnnxOperator { domain: ONNX_ML, name, import: Import::One(import), is_folded: false, remarks: "" }
    }

    /// An operator of the default domain that stands for other nodes.
    pub const fn written(name: &'static str, write: Write) -> Self {
        OnnxOperator { import: Import::Nodes(write), ..Self::onnx(name, alone) }
    }

    /// The same in another domain.
    pub const fn of(self, domain: &'static str) -> Self {
        OnnxOperator { domain, ..self }
    }

    /// The same, an affine map.
    pub const fn folded(self) -> Self {
        OnnxOperator { is_folded: true, ..self }
    }

    /// The same with remarks for its users.
    pub const fn remarks(self, remarks: &'static str) -> Self {
        OnnxOperator { remarks, ..self }
    }
}

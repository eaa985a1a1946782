//! Functions of each element, as tables over a quantized domain: see [`assay_circuits::layers::function`].

use std::any::Any;
use std::sync::Arc;

use assay_circuits::cost::{Interval, Tally};
use assay_circuits::layers::function::{self, FunctionTable, Quantization};
use assay_circuits::layers::requantize::Requantize;
use assay_circuits::{Bounded, BuildError, Builder};

use super::family::{Encoded, Family, OnnxOperator, Shape};
use super::operator::{Argument, Formats, IntegerOperator, Operator, Rounded, Sink, Takes};
use crate::bytes::{ENTRY, ReadError, Reader};
use crate::import::domain::ONNX;
use crate::import::graph::Layers;
use crate::import::node::Node;
use crate::import::refusal::Refusal;
use crate::import::value::{Tensor, Value};
use crate::model::activation::{self, dyadic};
use crate::model::{Activation, Dyadic};
use crate::number::signed_range;
use crate::quantize::error::{Feasible, PlanError};

/// Bits of a function's arguments, at most: a table has as many entries as arguments.
const MAX_DOMAIN_BITS: u32 = 12;
/// Entries that a table may have.
const MAX_ENTRIES: u64 = 1 << 16;
const TAG: u8 = 3;

/// The entry of the registry.
pub(super) const FAMILY: Family = Family {
    name: "Functions of one variable",
    cost: "a table of up to 2^12 entries: 2 constraints an element by lookup, or a selection by bits",
    operators: &[
        OnnxOperator::onnx("Sigmoid", elementwise),
        OnnxOperator::onnx("Tanh", elementwise),
        OnnxOperator::onnx("Erf", elementwise),
        OnnxOperator::onnx("Exp", elementwise),
        OnnxOperator::onnx("Sqrt", elementwise),
        OnnxOperator::onnx("Reciprocal", elementwise).remarks("of values that are positive on the calibration data"),
        OnnxOperator::onnx("Softplus", elementwise),
        OnnxOperator::onnx("HardSwish", elementwise),
        OnnxOperator::onnx("Gelu", elementwise),
        OnnxOperator::onnx("LeakyRelu", elementwise),
        OnnxOperator::onnx("Elu", elementwise),
        OnnxOperator::onnx("HardSigmoid", elementwise),
    ],
    integers: &[Encoded { tag: TAG, read }],
};

/// A function of each element.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Elementwise {
    /// The function.
    pub function: Activation,
    /// Number of elements.
    pub len: usize,
}

impl Operator for Elementwise {
    fn name(&self) -> &'static str {
        self.function.name()
    }

    fn arguments(&self) -> Vec<Argument> {
        let reach = match self.function {
            // Beyond, the functions are flat to within 2^-11 and more.
            Activation::Sigmoid => 8.0,
            Activation::Tanh | Activation::Erf => 4.0,
            _ => f64::INFINITY,
        };
        vec![Argument { len: self.len, takes: Takes::Rounded { most: MAX_DOMAIN_BITS, reach } }]
    }

    fn len(&self) -> usize {
        self.len
    }

    fn apply(&self, x: &[f64]) -> Vec<f64> {
        x.iter().map(|&x| activation::apply(self.function, x)).collect()
    }

    fn is_unsigned(&self) -> bool {
        activation::is_unsigned(self.function)
    }

    fn needs_positive(&self) -> bool {
        matches!(self.function, Activation::Reciprocal | Activation::InverseSqrt)
    }

    /// What is not negative where the function or the data are not, and nothing up to a pole.
    fn domain(&self, _argument: usize, range: (f64, f64), bits: u32) -> (i64, i64) {
        let entries = 1i64 << bits.min(20);
        match self.function {
            Activation::Reciprocal | Activation::InverseSqrt => (1, entries),
            Activation::Sqrt => (0, entries - 1),
            _ if range.0 >= 0.0 => (0, entries - 1),
            _ => signed_range(bits),
        }
    }

    fn quantize(&self, formats: &Formats<'_>) -> Result<Arc<dyn IntegerOperator>, PlanError> {
        let (domain, &range) = formats.one_rounded()?;
        let (lo, hi) = self.domain(0, range, domain.bits);
        let (output_lo, output_hi) = formats.value_range(self.is_unsigned());
        let q = Quantization {
            lo,
            hi,
            input_scale: domain.scale,
            output_scale: formats.scale,
            output_lo,
            output_hi,
        };
        let table = formats.tables.get(self.function, q).feasible()?;
        Ok(Arc::new(Table { function: self.function, q, len: self.len, table }))
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

/// The same on integers.
#[derive(Debug)]
struct Table {
    function: Activation,
    q: Quantization,
    len: usize,
    table: Arc<FunctionTable>,
}

impl IntegerOperator for Table {
    fn kind(&self) -> &'static str {
        self.function.name()
    }

    fn len(&self) -> usize {
        self.len
    }

    fn reference(&self, x: &[i64]) -> Result<Vec<i64>, BuildError> {
        Ok(x.iter().map(|&q| function::reference(q, &self.table)).collect())
    }

    fn constrain(&self, b: &mut Builder, x: &[Bounded]) -> Result<Vec<Bounded>, BuildError> {
        function::constrain(b, x, &self.table)
    }

    fn cost(&self, t: &mut Tally, x: &[Interval]) -> Result<Vec<Interval>, BuildError> {
        Ok(function::cost(t, x, &self.table))
    }

    fn intervals(&self, x: &[Interval]) -> Result<Vec<Interval>, BuildError> {
        Ok(function::intervals(x, &self.table))
    }

    fn with_rounding(&self) -> Option<&dyn Rounded> {
        Some(self)
    }

    fn tag(&self) -> u8 {
        TAG
    }

    fn write(&self, out: &mut dyn Sink) {
        let (tag, parameters) = function_parts(self.function);
        out.bytes(&[tag]);
        for Dyadic { mantissa, shift } in parameters {
            out.bytes(&mantissa.to_le_bytes());
            out.bytes(&[u8::try_from(shift).expect("a fraction has at most 62 bits behind the point")]);
        }
        out.bytes(&[self.q.input_scale as i8 as u8]); // within ±60
        out.bytes(&self.q.output_lo.to_le_bytes());
        out.bytes(&self.q.output_hi.to_le_bytes());
    }
}

impl Rounded for Table {
    fn constrain_rounded(
        &self,
        b: &mut Builder,
        accumulators: &[Bounded],
        rounding: &[Requantize],
    ) -> Result<Vec<Bounded>, BuildError> {
        function::constrain_rounded(b, accumulators, rounding, &self.table)
    }

    fn cost_rounded(&self, t: &mut Tally, accumulators: &[Interval], rounding: &[Requantize]) {
        function::cost_rounded(t, accumulators, rounding, &self.table);
    }
}

fn read(reader: &mut Reader<'_>, shape: &Shape<'_>) -> Result<Arc<dyn IntegerOperator>, ReadError> {
    let (len, (lo, hi)) = shape.one_rounded()?;
    let function = read_function(reader)?;
    let input_scale = i8::from_le_bytes(reader.fixed()?).into();
    let (output_lo, output_hi) = (i64::from_le_bytes(reader.fixed()?), i64::from_le_bytes(reader.fixed()?));
    let entries = hi.abs_diff(lo);
    if entries >= MAX_ENTRIES {
        return Err(ReadError::Clamp { lo, hi });
    }
    reader.spend("table entries", ENTRY * (entries + 1))?;
    let q =
        Quantization { lo, hi, input_scale, output_scale: shape.scale.into(), output_lo, output_hi };
    let table = Arc::new(FunctionTable::of(function, q).map_err(ReadError::Layer)?);
    Ok(Arc::new(Table { function, q, len, table }))
}

/// The number of a function in files, and its parameters.
fn function_parts(function: Activation) -> (u8, Vec<Dyadic>) {
    use Activation as A;
    match function {
        A::Sigmoid => (0, vec![]),
        A::Tanh => (1, vec![]),
        A::Gelu => (2, vec![]),
        A::GeluTanh => (3, vec![]),
        A::Silu => (4, vec![]),
        A::Softplus => (5, vec![]),
        A::Exp => (6, vec![]),
        A::Erf => (7, vec![]),
        A::Elu { alpha } => (8, vec![alpha]),
        A::Sqrt => (9, vec![]),
        A::Reciprocal => (10, vec![]),
        A::InverseSqrt => (11, vec![]),
        A::LeakyRelu { slope } => (12, vec![slope]),
        A::HardSigmoid { alpha, beta } => (13, vec![alpha, beta]),
        A::HardSwish => (14, vec![]),
    }
}

fn read_function(reader: &mut Reader<'_>) -> Result<Activation, ReadError> {
    use Activation as A;
    let tag = reader.byte()?;
    let mut parameter = || -> Result<Dyadic, ReadError> {
        let mantissa = i64::from_le_bytes(reader.fixed()?);
        let shift = u32::from(reader.byte()?);
        // What `dyadic` makes: one way to write each number.
        let is_reduced = shift == 0 || mantissa % 2 != 0;
        match mantissa.unsigned_abs() < 1 << 31 && shift <= 62 && is_reduced {
            true => Ok(Dyadic { mantissa, shift }),
            false => Err(ReadError::Index { what: "parameter with shift", index: shift as usize }),
        }
    };
    Ok(match tag {
        0 => A::Sigmoid,
        1 => A::Tanh,
        2 => A::Gelu,
        3 => A::GeluTanh,
        4 => A::Silu,
        5 => A::Softplus,
        6 => A::Exp,
        7 => A::Erf,
        8 => A::Elu { alpha: parameter()? },
        9 => A::Sqrt,
        10 => A::Reciprocal,
        11 => A::InverseSqrt,
        12 => A::LeakyRelu { slope: parameter()? },
        13 => A::HardSigmoid { alpha: parameter()?, beta: parameter()? },
        14 => A::HardSwish,
        other => return Err(ReadError::Step(other)),
    })
}

/// A function of each element.
fn elementwise(node: &Node<'_>, layers: &mut Layers) -> Result<Value, Refusal> {
    node.arity(1..=1, "1")?;
    let function = match node.proto.op_type.as_str() {
        "Sigmoid" => Activation::Sigmoid,
        "Tanh" => Activation::Tanh,
        "Erf" => Activation::Erf,
        "Exp" => Activation::Exp,
        "Sqrt" => Activation::Sqrt,
        "Reciprocal" => Activation::Reciprocal,
        "Softplus" => Activation::Softplus,
        "HardSwish" => Activation::HardSwish,
        "Gelu" => match node.text("approximate")?.as_deref() {
            None | Some("none") => Activation::Gelu,
            Some("tanh") => Activation::GeluTanh,
            Some(other) => {
                return Err(node.bad_attribute("approximate", other.into(), "none or tanh"));
            }
        },
        "LeakyRelu" => Activation::LeakyRelu { slope: fraction(node, "alpha", 0.01)? },
        "Elu" => Activation::Elu { alpha: fraction(node, "alpha", 1.0)? },
        "HardSigmoid" => Activation::HardSigmoid {
            alpha: fraction(node, "alpha", 0.2)?,
            beta: fraction(node, "beta", 0.5)?,
        },
        _ => return Err(Refusal::Operator { node: node.name.clone(), domain: ONNX.into() }),
    };
    apply(node, node.tensor(0)?, layers, function).map(Value::from)
}

/// An attribute of a function, as a fraction with a power of two below.
fn fraction(node: &Node<'_>, attribute: &'static str, default: f32) -> Result<Dyadic, Refusal> {
    let value = node.float(attribute, default)?;
    dyadic(value)
        .ok_or_else(|| node.bad_attribute(attribute, value.to_string(), "a number between 2^-39 and 2^31"))
}

/// Ends a layer with a function of each element.
pub(super) fn apply(
    node: &Node<'_>,
    x: &Tensor,
    layers: &mut Layers,
    function: Activation,
) -> Result<Tensor, Refusal> {
    layers.apply(node, Arc::new(Elementwise { function, len: x.len() }), &[x], x.shape.clone())
}


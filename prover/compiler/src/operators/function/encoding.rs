//! Functions in files: a number for each, and its parameters.

use crate::bytes::{ReadError, Reader};
use crate::model::{Activation, Dyadic};
use crate::operators::operator::Sink;

/// Appends a function.
pub(super) fn write(function: Activation, out: &mut dyn Sink) {
    let (tag, parameters) = function_parts(function);
    out.bytes(&[tag]);
    for Dyadic { mantissa, shift } in parameters {
        out.bytes(&mantissa.to_le_bytes());
        out.bytes(&[u8::try_from(shift).expect("a fraction has at most 62 bits behind the point")]);
    }
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
        A::Log => (15, vec![]),
        A::Mish => (16, vec![]),
        A::Softsign => (17, vec![]),
        A::Selu { alpha, gamma } => (18, vec![alpha, gamma]),
        A::Celu { alpha } => (19, vec![alpha]),
        A::ThresholdedRelu { alpha } => (20, vec![alpha]),
        A::Shrink { lambda, bias } => (21, vec![lambda, bias]),
        A::Power { exponent } => (22, vec![exponent]),
        A::Sin => (23, vec![]),
        A::Cos => (24, vec![]),
        A::Tan => (25, vec![]),
        A::Asin => (26, vec![]),
        A::Acos => (27, vec![]),
        A::Atan => (28, vec![]),
        A::Sinh => (29, vec![]),
        A::Cosh => (30, vec![]),
        A::Asinh => (31, vec![]),
        A::Acosh => (32, vec![]),
        A::Atanh => (33, vec![]),
        A::Logit => (34, vec![]),
        A::Probit => (35, vec![]),
    }
}

/// Reads what [`write`] wrote; one way to write each function.
pub(super) fn read(reader: &mut Reader<'_>) -> Result<Activation, ReadError> {
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
        15 => A::Log,
        16 => A::Mish,
        17 => A::Softsign,
        18 => A::Selu { alpha: parameter()?, gamma: parameter()? },
        19 => A::Celu { alpha: parameter()? },
        20 => A::ThresholdedRelu { alpha: parameter()? },
        21 => A::Shrink { lambda: parameter()?, bias: parameter()? },
        22 => A::Power { exponent: parameter()? },
        23 => A::Sin,
        24 => A::Cos,
        25 => A::Tan,
        26 => A::Asin,
        27 => A::Acos,
        28 => A::Atan,
        29 => A::Sinh,
        30 => A::Cosh,
        31 => A::Asinh,
        32 => A::Acosh,
        33 => A::Atanh,
        34 => A::Logit,
        35 => A::Probit,
        other => return Err(ReadError::Step(other)),
    })
}

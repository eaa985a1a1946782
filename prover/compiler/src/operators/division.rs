//! Integers divided by integers that vary: the quotients of Div, rounded towards zero, and the remainders of Mod. By zero nothing is
//! divided: there is no proof.

use std::any::Any;
use std::sync::Arc;

use assay_circuits::cost::{Interval, Tally};
use assay_circuits::layers::division::{self, Division};
use assay_circuits::layers::modulo::{Convention, Part};
use assay_circuits::{Bounded, BuildError, Builder};

use super::broadcast::{common_shape, joined, passed_on, repeated};
use super::family::{Encoded, Family, Shape};
use super::logic::whole;
use super::operator::{
    Argument, ArgumentFormat, Formats, IntegerOperator, Operator, ResultScale, Sink, Takes,
    WHOLE_QUOTIENT,
};
use crate::bytes::{CONSTRAINT, ReadError, Reader};
use crate::import::graph::Layers;
use crate::import::node::Node;
use crate::import::refusal::Refusal;
use crate::import::value::{Kind, Tensor};
use crate::quantize::error::PlanError;

const TAG: u8 = 71;

/// The entry of the registry: a part of Div and Mod.
pub(super) const FAMILY: Family = Family {
    name: "Integers divided by integers",
    cost: "two constraints a bit of the quotient and of the divisor; the signs of both",
    operators: &[],
    integers: &[Encoded { tag: TAG, read }],
};

/// A result of each dividend and its divisor: all dividends, and the divisors behind them.
#[derive(Clone, Copy, Debug)]
struct Divided {
    division: Division,
    len: usize,
}

impl Operator for Divided {
    fn name(&self) -> &'static str {
        self.kind()
    }

    fn arguments(&self) -> Vec<Argument> {
        vec![Argument { len: 2 * self.len, takes: Takes::Whole }]
    }

    fn len(&self) -> usize {
        self.len
    }

    fn apply(&self, x: &[f64]) -> Vec<f64> {
        let (dividends, divisors) = x.split_at(self.len.min(x.len()));
        let Division { convention, part } = self.division;
        let of = |(&a, &d): (&f64, &f64)| if d == 0.0 { f64::NAN } else { divided(a, d, convention, part) };
        dividends.iter().zip(divisors).map(of).collect()
    }

    fn is_whole(&self) -> bool {
        true
    }

    fn result_scale(&self, _arguments: &[ArgumentFormat]) -> ResultScale {
        ResultScale::Fixed(0)
    }

    fn quantize(&self, formats: &Formats<'_>) -> Result<Arc<dyn IntegerOperator>, PlanError> {
        whole(formats.arguments)?;
        Ok(Arc::new(*self))
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

impl IntegerOperator for Divided {
    fn kind(&self) -> &'static str {
        match self.division.part {
            Part::Quotient => WHOLE_QUOTIENT,
            Part::Remainder => "whole remainder",
        }
    }

    fn len(&self) -> usize {
        self.len
    }

    fn reference(&self, x: &[i64]) -> Result<Vec<i64>, BuildError> {
        division::reference(x, &self.division)
    }

    fn constrain(&self, b: &mut Builder, x: &[Bounded]) -> Result<Vec<Bounded>, BuildError> {
        division::constrain(b, x, &self.division)
    }

    fn cost(&self, t: &mut Tally, x: &[Interval]) -> Result<Vec<Interval>, BuildError> {
        division::cost(t, x, &self.division)
    }

    fn tag(&self) -> u8 {
        TAG
    }

    /// 1 for truncated, and 2 more for quotients.
    fn write(&self, out: &mut dyn Sink) {
        let Division { convention, part } = self.division;
        out.bytes(&[u8::from(convention == Convention::Truncated) + 2 * u8::from(part == Part::Quotient)]);
    }
}

fn read(reader: &mut Reader<'_>, shape: &Shape<'_>) -> Result<Arc<dyn IntegerOperator>, ReadError> {
    let code = reader.byte()?;
    let (convention, part) = match code {
        0 => (Convention::Floored, Part::Remainder),
        1 => (Convention::Truncated, Part::Remainder),
        2 => (Convention::Floored, Part::Quotient),
        3 => (Convention::Truncated, Part::Quotient),
        other => return Err(ReadError::Step(other)),
    };
    let found = shape.one()?;
    if !found.is_multiple_of(2) {
        return Err(ReadError::Count { what: "dividends and divisors", expected: found + 1, found });
    }
    // A division is some hundred constraints.
    reader.spend("divisions", (found as u64 / 2).saturating_mul(100 * CONSTRAINT))?;
    Ok(Arc::new(Divided { division: Division { convention, part }, len: found / 2 }))
}

/// The remainder or the quotient of `x` by `m`.
pub(super) fn divided(x: f64, m: f64, convention: Convention, part: Part) -> f64 {
    match (convention, part) {
        (Convention::Truncated, Part::Remainder) => x % m,
        (Convention::Floored, Part::Remainder) => {
            let rest = x % m;
            if rest != 0.0 && (rest < 0.0) != (m < 0.0) { rest + m } else { rest }
        }
        // Of whole numbers below 2^53 no quotient is rounded to the whole number above.
        (Convention::Truncated, Part::Quotient) => (x / m).trunc(),
        (Convention::Floored, Part::Quotient) => (x / m).floor(),
    }
}

/// A result of the elements of two tensors of integers, with broadcasting.
pub(super) fn of_integers(
    node: &Node<'_>,
    layers: &mut Layers,
    [a, d]: [&Tensor; 2],
    (convention, part): (Convention, Part),
) -> Result<Tensor, Refusal> {
    let (shape, len) = common_shape(node, layers, &[a, d])?;
    let (a, d) = (repeated(node, layers, a, &shape, len)?, repeated(node, layers, d, &shape, len)?);
    let (a, d) = (passed_on(node, layers, &a)?, passed_on(node, layers, &d)?);
    let all = joined(node, layers, &[&a, &d])?;
    let operator = Divided { division: Division { convention, part }, len };
    Ok(layers.apply(node, Arc::new(operator), &[&all], shape)?.of_kind(Kind::Integer))
}

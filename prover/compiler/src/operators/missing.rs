//! Missing values: which elements are missing, and numbers in their place.
//!
//! ```text
//! IsNaN(x): m = [x = code]        Imputer, Where(IsNaN(x), fill, x): y = x + m (fill - code)
//! ```
//!
//! Both read elements of inputs as they are; the code is the least integer of the input's format, so the operator on integers exists once
//! the search has chosen the format. Each element that is filled is a layer of its own, at the scale that it has: features of one input may
//! have scales of their own. Of what cannot be missing nothing is asked, and nothing is built.

use std::any::Any;
use std::sync::Arc;

use assay_circuits::cost::{Interval, Tally};
use assay_circuits::layers::missing::{self, Answer, Question};
use assay_circuits::{Bounded, BuildError, Builder};

use super::family::{Encoded, Family, OnnxOperator, Shape};
use super::operator::{
    Argument, ArgumentFormat, Formats, IntegerOperator, Measure, Operator, ResultScale, Sink, Takes,
};
use crate::bytes::{ReadError, Reader};
use crate::import::graph::Layers;
use crate::import::node::Node;
use crate::import::refusal::Refusal;
use crate::import::value::{Kind, Tensor, Value};
use crate::model::Row;
use crate::number::quantize;
use crate::quantize::error::{Feasible, PlanError};

const TAG: u8 = 70;
/// Codes and fills are within ±2^59, so that differences of two are integers of circuits.
const LIMIT: u64 = 1 << 59;

/// The entry of the registry.
pub(super) const FAMILY: Family = Family {
    name: "Missing values",
    cost: "3 an element that may be missing",
    operators: &[OnnxOperator::onnx("IsNaN", import)
        .remarks("of elements of inputs; false for all that cannot be missing")],
    integers: &[Encoded { tag: TAG, read }],
};

/// What is asked of an element that may be missing.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Asked {
    /// Whether it is.
    Flag,
    /// It, or this number.
    Filled(f64),
}

#[derive(Clone, Debug)]
struct Missing {
    len: usize,
    asked: Asked,
}

impl Operator for Missing {
    fn name(&self) -> &'static str {
        match self.asked {
            Asked::Flag => "is missing",
            Asked::Filled(_) => "filled",
        }
    }

    fn arguments(&self) -> Vec<Argument> {
        vec![Argument { len: self.len, takes: Takes::Exact }]
    }

    fn len(&self) -> usize {
        self.len
    }

    fn apply(&self, x: &[f64]) -> Vec<f64> {
        let answer = |&x: &f64| match self.asked {
            Asked::Flag => f64::from(u8::from(x.is_nan())),
            Asked::Filled(fill) if x.is_nan() => fill,
            Asked::Filled(_) => x,
        };
        x.iter().map(answer).collect()
    }

    fn is_unsigned(&self) -> bool {
        self.asked == Asked::Flag
    }

    fn gives_truths(&self) -> bool {
        self.asked == Asked::Flag
    }

    fn measure(&self) -> Measure {
        match self.asked {
            Asked::Flag => Measure::Decisions,
            Asked::Filled(_) => Measure::Results,
        }
    }

    fn result_scale(&self, arguments: &[ArgumentFormat]) -> ResultScale {
        match (self.asked, arguments.first().and_then(ArgumentFormat::scale)) {
            (Asked::Filled(_), Some(scale)) => ResultScale::Fixed(scale),
            _ => ResultScale::Fixed(0),
        }
    }

    fn quantize(&self, formats: &Formats<'_>) -> Result<Arc<dyn IntegerOperator>, PlanError> {
        self.quantize_missing(formats, &vec![None; self.len])
    }

    fn quantize_missing(
        &self,
        formats: &Formats<'_>,
        codes: &[Option<i64>],
    ) -> Result<Arc<dyn IntegerOperator>, PlanError> {
        let answer = match self.asked {
            Asked::Flag => Answer::Flag,
            Asked::Filled(fill) => {
                let is_small = |fill: &i64| fill.unsigned_abs() <= LIMIT;
                Answer::Filled(quantize(fill, formats.scale).filter(is_small).feasible()?)
            }
        };
        Ok(Arc::new(Integers { questions: codes.iter().map(|&code| Question { code, answer }).collect() }))
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

#[derive(Debug)]
struct Integers {
    questions: Vec<Question>,
}

impl IntegerOperator for Integers {
    fn kind(&self) -> &'static str {
        "missing values"
    }

    fn len(&self) -> usize {
        self.questions.len()
    }

    fn reference(&self, x: &[i64]) -> Result<Vec<i64>, BuildError> {
        missing::reference(x, &self.questions)
    }

    fn constrain(&self, b: &mut Builder, x: &[Bounded]) -> Result<Vec<Bounded>, BuildError> {
        missing::constrain(b, x, &self.questions)
    }

    fn cost(&self, t: &mut Tally, x: &[Interval]) -> Result<Vec<Interval>, BuildError> {
        missing::cost(t, x, &self.questions)
    }

    fn tag(&self) -> u8 {
        TAG
    }

    /// For each element a byte, 1 if it has a code and 2 if it is filled; codes and fills, 0 where there is none.
    fn write(&self, out: &mut dyn Sink) {
        let fill = |question: &Question| match question.answer {
            Answer::Flag => None,
            Answer::Filled(fill) => Some(fill),
        };
        let kind = |question: &Question| {
            u8::from(question.code.is_some()) + 2 * u8::from(question.answer != Answer::Flag)
        };
        out.bytes(&self.questions.iter().map(kind).collect::<Vec<u8>>());
        let codes: Vec<i64> = self.questions.iter().map(|question| question.code.unwrap_or(0)).collect();
        let fills: Vec<i64> = self.questions.iter().map(|question| fill(question).unwrap_or(0)).collect();
        out.integers(&codes);
        out.integers(&fills);
    }
}

fn read(reader: &mut Reader<'_>, shape: &Shape<'_>) -> Result<Arc<dyn IntegerOperator>, ReadError> {
    let len = shape.one()?;
    let kinds = reader.array(len, 1)?.to_vec();
    let (codes, fills) = (reader.integers(len, 8)?, reader.integers(len, 8)?);
    let question = |((&kind, &code), &fill): ((&u8, &i64), &i64)| {
        let is_small = code.unsigned_abs() <= LIMIT && fill.unsigned_abs() <= LIMIT;
        let (code, unused) = match kind & 1 {
            0 => (None, code != 0),
            _ => (Some(code), false),
        };
        match kind {
            0 | 1 if fill == 0 && !unused && is_small => Ok(Question { code, answer: Answer::Flag }),
            2 | 3 if !unused && is_small => Ok(Question { code, answer: Answer::Filled(fill) }),
            _ => Err(ReadError::Step(kind)),
        }
    };
    let questions = kinds.iter().zip(&codes).zip(&fills).map(question).collect::<Result<_, _>>()?;
    Ok(Arc::new(Integers { questions }))
}

/// Which elements are missing.
fn import(node: &Node<'_>, layers: &mut Layers) -> Result<Value, Refusal> {
    node.arity(1..=1, "1")?;
    let x = node.tensor(0)?;
    let atoms = layers.missing.codes(x);
    layers.missing.ask();
    if atoms.iter().all(Option::is_none) {
        let none = vec![0.0; x.len()];
        return Ok(Tensor::constants(x.shape.clone(), none).of_kind(Kind::Bool).into());
    }
    let asked: Vec<u32> = atoms.iter().copied().flatten().collect();
    let rows: Vec<Row> = asked.iter().map(|&atom| Row::atom(atom)).collect();
    let operator = Arc::new(Missing { len: rows.len(), asked: Asked::Flag });
    let argument = Tensor::new(vec![rows.len()], rows).with_trail(x.trail.clone());
    let flags = layers.apply(node, operator, &[&argument], vec![asked.len()])?.rows();
    for (flag, &atom) in flags.iter().zip(&asked) {
        if let Some(flag) = flag.as_atom() {
            layers.missing.is_flag(flag, atom);
        }
    }
    let mut flags = flags.into_iter();
    let each = atoms.iter().map(|atom| match atom {
        Some(_) => flags.next(),
        None => Some(Row::constant(0.0)),
    });
    let rows = node.expected(each.collect::<Option<Vec<Row>>>())?;
    Ok(Tensor::new(x.shape.clone(), rows).of_kind(Kind::Bool).into())
}

/// The elements, with a number in place of each that may be missing; `fill` gives it, where it is missing.
pub(super) fn filled(
    node: &Node<'_>,
    layers: &mut Layers,
    x: &Tensor,
    fill: impl Fn(usize) -> Option<f64>,
) -> Result<Tensor, Refusal> {
    let atoms = layers.missing.codes(x);
    if atoms.iter().all(Option::is_none) {
        return Ok(x.clone());
    }
    let mut rows = layers.rows(node, x)?;
    for (position, (row, atom)) in rows.iter_mut().zip(&atoms).enumerate() {
        let Some(atom) = *atom else { continue };
        let (factor, offset) = match row.terms.as_slice() {
            &[(_, factor)] if factor != 0.0 => (factor, row.bias),
            _ => return Err(layers.missing.refusal(&node.name, atom)),
        };
        // The number is that of the element in front of the map.
        let fill = (node.expected(fill(position))? - offset) / factor;
        let operator = Arc::new(Missing { len: 1, asked: Asked::Filled(fill) });
        let argument = Tensor::new(vec![1], vec![Row::atom(atom)]).with_trail(x.trail.clone());
        let one = layers.apply(node, operator, &[&argument], vec![1])?.rows();
        *row = node.expected(one.first())?.scaled(factor, offset);
    }
    Ok(Tensor::new(x.shape.clone(), rows).of_kind(x.kind))
}

/// What is left of a choice from elements that may be missing.
pub(super) enum Choice {
    /// Nothing: what was chosen.
    Made(Tensor),
    /// A choice between numbers.
    Between(Tensor, Tensor),
}

/// `Where(IsNaN(v), fill, v)` or `Where(Not(IsNaN(v)), v, fill)`, by hand what an imputer does. With constants to fill in and
/// nothing else to choose, the results are those of the layer. Otherwise it leaves a zero in place of each element that is missing,
/// which is not chosen, so the choice is one between numbers.
pub(super) fn chosen(
    node: &Node<'_>,
    layers: &mut Layers,
    [condition, x, y]: [&Tensor; 3],
) -> Result<Choice, Refusal> {
    let codes = [layers.missing.codes(x), layers.missing.codes(y)];
    let [of_x, of_y] = [0, 1].map(|side| codes.get(side).into_iter().flatten().copied().flatten().next());
    let (first, is_negated) = match (of_x, of_y) {
        (None, None) => return Ok(Choice::Between(x.clone(), y.clone())),
        (Some(first), None) => (first, true),
        (_, Some(first)) => (first, false),
    };
    let refused = || layers.missing.refusal(&node.name, first);
    let [of_x, of_y] = codes;
    let (values, fills, codes) = if is_negated { (x, y, of_x) } else { (y, x, of_y) };
    // The element that a condition says is missing, where it is true or, negated, where it is false.
    let flagged = |flag: &Row| match (flag.terms.as_slice(), flag.bias, is_negated) {
        (&[(atom, 1.0)], 0.0, false) | (&[(atom, -1.0)], 1.0, true) => layers.missing.flagged(atom),
        _ => None,
    };
    let flags = condition.rows();
    let is_guarded = |(code, flag): (&Option<u32>, &Row)| code.is_none() || *code == flagged(flag);
    if flags.len() != codes.len() || !codes.iter().zip(&flags).all(is_guarded) {
        return Err(refused());
    }
    let is_chosen = |flag: &Row| flag.terms.is_empty() && (flag.bias != 0.0) == is_negated;
    let is_made = codes.iter().zip(&flags).all(|(code, flag)| code.is_some() || is_chosen(flag));
    match fills.as_constants().filter(|_| is_made) {
        Some(fills) => filled(node, layers, values, |i| fills.get(i).copied()).map(Choice::Made),
        None => {
            let numbers = filled(node, layers, values, |_| Some(0.0))?;
            Ok(match is_negated {
                true => Choice::Between(numbers, fills.clone()),
                false => Choice::Between(fills.clone(), numbers),
            })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bytes::Writer;

    fn bytes(questions: Vec<Question>) -> Vec<u8> {
        let mut out = Writer::default();
        Integers { questions }.write(&mut out);
        out.finish()
    }

    fn read_of(bytes: &[u8], len: usize) -> Result<Arc<dyn IntegerOperator>, ReadError> {
        read(&mut Reader::new(bytes), &Shape { arguments: &[(len, None)], scale: 0 })
    }

    #[test]
    fn bytes_are_read_back_and_each_fault_is_found() {
        let questions = vec![
            Question { code: Some(-128), answer: Answer::Flag },
            Question { code: None, answer: Answer::Flag },
            Question { code: Some(-128), answer: Answer::Filled(7) },
            Question { code: None, answer: Answer::Filled(-3) },
        ];
        let written = bytes(questions.clone());
        let read = read_of(&written, 4).unwrap();
        assert_eq!(read.reference(&[-128, -128, -128, -128]).unwrap(), [1, 0, 7, -128]);
        let same: Arc<dyn IntegerOperator> = Arc::new(Integers { questions });
        assert!(*read == *same);
        for (position, byte) in [(0, 4), (0, 0), (1, 1), (2, 1)] {
            let mut other = written.clone();
            other[position] = byte;
            let is_same = read_of(&other, 4).is_ok_and(|other| *other == *read);
            assert!(!is_same, "{position}");
        }
        let wide = bytes(vec![Question { code: Some(i64::MIN), answer: Answer::Flag }]);
        assert!(read_of(&wide, 1).is_err());
    }
}

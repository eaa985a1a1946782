//! Elements of inputs that are single-precision numbers by their order keys, and who may read them.
//!
//! A key compares as its number does and says nothing else of it: neither a sum nor a product of keys means anything. So tree ensembles
//! read such elements, and what only moves them; a cast to `float` or `double` leaves each the number that it is. What is computed from one
//! element step by step ([`super::single`]) is compared as well, as what the trees ask of it is a condition on the element. Imputers pass as
//! long as they replace nothing but NaN, which becomes the imputer's number before it has a key. Every other node is refused, whether its
//! result would depend on the element or not.

use std::ops::Range;

use super::missing::{AFFINE, BY_INDEX, MOVEMENTS, MissingValues, TREES, replaces_missing};
use super::node::Node;
use super::refusal::{NodeName, Refusal};
use super::single::Singles;
use super::value::{Data, Tensor, Value};
use crate::model::{FileInput, Row};
use crate::onnx::DataType;

/// Elements of inputs whose numbers are not rounded.
#[derive(Debug, Default)]
pub(crate) struct ExactInputs {
    /// The elements of each such input of the model.
    elements: Vec<Range<u32>>,
    /// The inputs of the file, which have the names that a caller knows.
    file: Vec<FileInput>,
}

impl ExactInputs {
    /// These elements of the model's inputs are such, of these inputs of the file.
    pub fn new(elements: Vec<Range<u32>>, file: &[FileInput]) -> Self {
        ExactInputs { elements, file: file.to_vec() }
    }

    /// Whether a row is such an element, as it is.
    pub fn is_one(&self, row: &Row) -> bool {
        row.as_atom().is_some_and(|atom| self.holds(atom))
    }

    fn holds(&self, atom: u32) -> bool {
        self.elements.iter().any(|elements| elements.contains(&atom))
    }

    /// The input of the file that an element is one of.
    fn input_of(&self, atom: u32) -> String {
        let input = self.file.iter().find(|input| input.holds(atom as usize));
        input.map(|input| input.name.clone()).unwrap_or_default()
    }

    /// An element that a value depends on.
    fn read_by(&self, value: &Value) -> Option<u32> {
        let (Value::Tensor(Tensor { data: Data::Variable(map), .. }), false) =
            (value, self.elements.is_empty())
        else {
            return None;
        };
        let mut found = None;
        map.for_each_atom(|atom| found = found.or_else(|| self.holds(atom).then_some(atom)));
        found
    }

    /// Refuses a node that computes with an element.
    pub fn check_operands(&self, node: &Node<'_>, missing: &MissingValues) -> Result<(), Refusal> {
        let operands = || node.operands.iter().flatten().map(|(_, value)| *value);
        let Some(atom) = operands().find_map(|value| self.read_by(value)) else { return Ok(()) };
        let compares_or_moves = match node.proto.op_type.as_str() {
            "Cast" => [DataType::Float, DataType::Double]
                .iter()
                .any(|&to| node.int("to", 0).is_ok_and(|found| found == i64::from(to as i32))),
            "Imputer" => replaces_missing(node.proto) && !missing.has_codes(operands()),
            // To a type that is not said here.
            "CastLike" => false,
            // By indices that are not constant the results are no elements of the input.
            operator if BY_INDEX.contains(&operator) => {
                matches!(node.operand(1), Some(Value::Tensor(index)) if index.is_constant())
            }
            operator if AFFINE.contains(&operator) => {
                let reads = operands().filter(|value| !matches!(value, Value::Tensor(x) if x.is_constant()));
                let is_divisor =
                    operator == "Div" && node.operand(1).is_some_and(|x| self.read_by(x).is_some());
                reads.count() == 1 && !is_divisor
            }
            operator => TREES.contains(&operator) || MOVEMENTS.contains(&operator),
        };
        match compares_or_moves {
            true => Ok(()),
            false => Err(Refusal::ExactOperand { node: node.name.clone(), input: self.input_of(atom) }),
        }
    }

    /// Refuses a node that has computed something else with an element than what is known step by step.
    pub fn check_results(
        &self,
        node: &Node<'_>,
        results: &[Value],
        singles: &Singles,
    ) -> Result<(), Refusal> {
        if self.elements.is_empty() || !AFFINE.contains(&node.proto.op_type.as_str()) {
            return Ok(());
        }
        let mut operands = node.operands.iter().flatten().map(|(_, value)| *value);
        let Some((x, atom)) = operands.find_map(|x| Some((x, self.read_by(x)?))) else {
            return Ok(());
        };
        let reading = |value: &Value| match value {
            Value::Tensor(x) => {
                let rows =
                    x.as_rows()?.iter().filter(|row| row.terms.iter().any(|&(atom, _)| self.holds(atom)));
                Some((rows.cloned().collect::<Vec<Row>>(), x.len()))
            }
            _ => None,
        };
        let is_known = |((before, len), (rows, results)): ((Vec<Row>, usize), (Vec<Row>, usize))| {
            // Broadcasting repeats each element as often as any other.
            rows.len() * len == before.len() * results && rows.iter().all(|row| singles.of(row).is_some())
        };
        match reading(x).zip(results.first().and_then(reading)).is_some_and(is_known) {
            true => Ok(()),
            false => Err(Refusal::ExactOperand { node: node.name.clone(), input: self.input_of(atom) }),
        }
    }

    /// Refuses an output that shows an element.
    pub fn check_output(&self, name: &str, x: &Tensor) -> Result<(), Refusal> {
        let node = || NodeName { name: name.to_owned(), operator: "output".to_owned() };
        match self.read_by(&Value::Tensor(x.clone())) {
            Some(atom) => Err(Refusal::ExactOperand { node: node(), input: self.input_of(atom) }),
            None => Ok(()),
        }
    }
}

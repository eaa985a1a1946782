//! Elements of inputs that may be missing: what becomes of them, and who may read them.
//!
//! `Imputer` with NaN as what it replaces gives, of a missing element, a number that the model fixes. Where nothing reads an
//! input but imputers, the model is the same function of "missing" and of that number. So the number stands for the missing
//! value in samples, integers and statements, and the circuit is that of a model without missing values.
//!
//! Other elements of real inputs have an integer that says that they are missing, where the caller says that they may be
//! ([`MissingValues::are_coded`]); of a model that never misses any, nothing is asked. That integer is no number, so each node that reads
//! one of these elements must know it: trees, imputers, `IsNaN`, `Where(IsNaN(x), number, x)` and its negation. Movements and affine maps of single elements
//! pass it on: of NaN they make NaN, and an element of their result still is a map of the same single element. Every other node is
//! refused, whether its result would depend on the element or not (`x = x` does not, after folding, and is false for NaN).

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use super::captured::reads;
use super::node::Node;
use super::refusal::{NodeName, Refusal};
use super::value::{Data, Tensor, Value};
use crate::model::{Absent, FileInput, Map};

use crate::onnx::{DataType, GraphProto, NodeProto};

/// Operators that only move elements, or change how they are stored.
pub(super) const MOVEMENTS: [&str; 25] = [
    "ArrayFeatureExtractor",
    "Cast",
    "CastLike",
    "Compress",
    "Concat",
    "DepthToSpace",
    "Dropout",
    "Expand",
    "FeatureVectorizer",
    "Flatten",
    "Gather",
    "GatherElements",
    "GatherND",
    "Identity",
    "Pad",
    "Reshape",
    "ReverseSequence",
    "Slice",
    "SpaceToDepth",
    "Split",
    "Squeeze",
    "Tile",
    "Transpose",
    "Trilu",
    "Unsqueeze",
];
/// Those of them that compute something of the elements unless their second operand is a constant.
pub(super) const BY_INDEX: [&str; 4] = ["ArrayFeatureExtractor", "Gather", "GatherElements", "GatherND"];
/// Types that hold NaN.
const FLOATS: [DataType; 4] = [DataType::Float, DataType::Double, DataType::Float16, DataType::Bfloat16];
/// Operators that are affine maps of single elements where all other operands are constants.
pub(super) const AFFINE: [&str; 6] = ["Add", "Div", "Mul", "Neg", "Scaler", "Sub"];
/// Tree ensembles.
pub(super) const TREES: [&str; 3] = ["TreeEnsemble", "TreeEnsembleClassifier", "TreeEnsembleRegressor"];

/// Whether nothing but imputers of NaN reads a tensor, perhaps behind movements.
pub(crate) fn is_imputed(graph: &GraphProto, input: &str) -> bool {
    let mut seen: HashSet<&str> = HashSet::new();
    let mut waiting = vec![input];
    let mut is_read = false;
    while let Some(name) = waiting.pop() {
        if !seen.insert(name) {
            continue;
        }
        if graph.output.iter().any(|output| output.name == name) {
            return false;
        }
        for node in graph.node.iter().filter(|node| reads(node).contains(&name)) {
            is_read = true;
            if replaces_missing(node) {
                continue;
            }
            if !moves(graph, node, name) {
                return false;
            }
            waiting.extend(node.output.iter().map(String::as_str));
        }
    }
    is_read
}

/// Whether a node moves the elements of a tensor to places that are known, and leaves them what they are.
fn moves(graph: &GraphProto, node: &NodeProto, tensor: &str) -> bool {
    let is_constant = |name: &String| {
        let is_made = |node: &NodeProto| node.op_type == "Constant" && node.output.contains(name);
        graph.initializer.iter().any(|constant| constant.name == *name) || graph.node.iter().any(is_made)
    };
    let to = || node.attribute.iter().find(|attribute| attribute.name == "to").map(|attribute| attribute.i);
    match node.op_type.as_str() {
        operator if BY_INDEX.contains(&operator) => {
            node.input.first().is_some_and(|x| x == tensor) && node.input.get(1).is_some_and(is_constant)
        }
        // To a type that nothing here knows.
        "CastLike" => false,
        "Cast" => FLOATS.iter().any(|float| to() == Some(i64::from(*float as i32))),
        operator => MOVEMENTS.contains(&operator),
    }
}

/// Whether a node is an imputer of NaN.
pub(super) fn replaces_missing(node: &NodeProto) -> bool {
    let replaced = node.attribute.iter().find(|attribute| attribute.name == "replaced_value_float");
    node.op_type == "Imputer" && replaced.is_some_and(|attribute| attribute.f.is_nan())
}

/// What becomes of missing values, by atom.
#[derive(Debug, Default)]
pub(crate) struct MissingValues {
    /// Inputs of the file that nothing but imputers reads.
    allowed: Vec<FileInput>,
    values: BTreeMap<u32, f64>,
    /// Elements for which two imputers have different numbers.
    differing: HashSet<u32>,
    /// Elements that have an integer of their own where they are missing, with their names.
    coded: BTreeMap<u32, String>,
    /// Results that say whether such an element is missing.
    flags: HashMap<u32, u32>,
    /// Whether a node asks which elements are missing.
    is_asked: bool,
}

impl MissingValues {
    /// Nothing but imputers reads this input.
    pub fn allow(&mut self, input: FileInput) {
        self.allowed.push(input);
    }

    /// Elements have an integer of their own where they are missing.
    pub fn are_coded(&mut self, atoms: impl Iterator<Item = (u32, String)>) {
        self.coded.extend(atoms);
    }

    /// An imputer has this number for an element.
    pub fn stands_for(&mut self, atom: u32, value: f64) {
        if !self.coded.contains_key(&atom)
            && self.allowed.iter().any(|input| input.holds(atom as usize))
            && self.values.insert(atom, value).is_some_and(|known| known != value)
        {
            self.differing.insert(atom);
        }
    }

    /// What becomes of an element that is missing, if it may be.
    pub fn of(&self, atom: u32) -> Option<Absent> {
        if self.coded.contains_key(&atom) {
            return Some(Absent::Coded);
        }
        let value = self.values.get(&atom).filter(|_| !self.differing.contains(&atom));
        value.copied().map(Absent::StandsFor)
    }

    /// A node asks which elements are missing.
    pub fn ask(&mut self) {
        self.is_asked = true;
    }

    /// Whether results depend on what may be missing.
    pub fn is_asked(&self) -> bool {
        self.is_asked
    }

    /// A result says whether an element is missing.
    pub fn is_flag(&mut self, flag: u32, atom: u32) {
        self.flags.insert(flag, atom);
    }

    /// The element of which a result says whether it is missing.
    pub fn flagged(&self, flag: u32) -> Option<u32> {
        self.flags.get(&flag).copied()
    }

    /// For each element of a tensor, the element of an input that it depends on, if that may be missing.
    pub fn codes(&self, x: &Tensor) -> Vec<Option<u32>> {
        match &x.data {
            Data::Variable(map) if !self.coded.is_empty() => match map.as_ref() {
                Map::Rows(rows) => {
                    let is_coded = |&(atom, _): &(u32, f64)| self.coded.contains_key(&atom).then_some(atom);
                    rows.iter().map(|row| row.terms.iter().find_map(is_coded)).collect()
                }
                map => vec![self.read_by(map).first().copied(); map.rows()],
            },
            _ => vec![None; x.len()],
        }
    }

    /// The elements that a map reads and that may be missing.
    fn read_by(&self, map: &Map) -> BTreeSet<u32> {
        let mut read = BTreeSet::new();
        map.for_each_atom(|atom| {
            if self.coded.contains_key(&atom) {
                read.insert(atom);
            }
        });
        read
    }

    /// The elements that some values depend on and that may be missing.
    fn read<'a>(&self, values: impl Iterator<Item = &'a Value>) -> BTreeSet<u32> {
        let maps = values.filter_map(|value| match value {
            Value::Tensor(Tensor { data: Data::Variable(map), .. }) => Some(map),
            _ => None,
        });
        if self.coded.is_empty() { BTreeSet::new() } else { maps.flat_map(|map| self.read_by(map)).collect() }
    }

    /// Whether some values depend on an element that may be missing.
    pub fn has_codes<'a>(&self, values: impl Iterator<Item = &'a Value>) -> bool {
        !self.read(values).is_empty()
    }

    /// That a node takes numbers only.
    pub fn refusal(&self, node: &NodeName, atom: u32) -> Refusal {
        Refusal::Missing { node: node.clone(), feature: self.coded.get(&atom).cloned().unwrap_or_default() }
    }

    /// Refuses a node that does not know missing values, and reads one.
    pub fn check_operands(&self, node: &Node<'_>) -> Result<(), Refusal> {
        let reads = |position: usize| self.read(node.operand(position).into_iter());
        let Some(&atom) = self.read(node.operands.iter().flatten().map(|(_, value)| *value)).first() else {
            return Ok(());
        };
        let operator = node.proto.op_type.as_str();
        let is_variable = |value: &Value| !matches!(value, Value::Tensor(tensor) if tensor.is_constant());
        let knows = match operator {
            "Imputer" => replaces_missing(node.proto),
            // What is chosen where the condition says that it is there: see `operators::missing`.
            "Where" => reads(0).is_empty() && (reads(1).is_empty() || reads(2).is_empty()),
            operator if BY_INDEX.contains(&operator) => !node.operand(1).is_some_and(is_variable),
            // Only the type counts of what it is to be like.
            "CastLike" => true,
            "Div" if !reads(1).is_empty() => false,
            operator if AFFINE.contains(&operator) => {
                node.operands.iter().flatten().filter(|(_, value)| is_variable(value)).count() == 1
            }
            "IsInf" | "IsNaN" | "Shape" | "Size" => true,
            operator => TREES.contains(&operator) || MOVEMENTS.contains(&operator),
        };
        if knows { Ok(()) } else { Err(self.refusal(&node.name, atom)) }
    }

    /// Refuses a node that has taken a missing value for a number: a factor of zero, or a rounding.
    pub fn check_results(&self, node: &Node<'_>, results: &[Value]) -> Result<(), Refusal> {
        let operator = node.proto.op_type.as_str();
        let operands = match operator {
            "Cast" | "CastLike" => node.operands.get(..1).unwrap_or_default(),
            operator if AFFINE.contains(&operator) => node.operands.as_slice(),
            _ => return Ok(()),
        };
        let Some(&atom) = self.read(operands.iter().flatten().map(|(_, value)| *value)).first() else {
            return Ok(());
        };
        // Broadcasting repeats each element of the one variable operand as often as any other.
        let elements = |value: &Value| match value {
            Value::Tensor(x) if !x.is_constant() => {
                Some((x.len(), self.codes(x).into_iter().flatten().count()))
            }
            _ => None,
        };
        let of_operands = operands.iter().flatten().find_map(|(_, value)| elements(value));
        let of_results = results.first().map(|value| elements(value).unwrap_or((0, 0)));
        match of_operands.zip(of_results) {
            Some(((len, coded), (results, passed_on)))
                if coded * results == passed_on * len && results > 0 =>
            {
                Ok(())
            }
            _ => Err(self.refusal(&node.name, atom)),
        }
    }

    /// Refuses an output that shows an element as it is.
    pub fn check_output(&self, name: &str, x: &Tensor) -> Result<(), Refusal> {
        let node = NodeName { name: name.to_owned(), operator: "output".to_owned() };
        match self.codes(x).into_iter().flatten().next() {
            Some(atom) => Err(self.refusal(&node, atom)),
            None => Ok(()),
        }
    }
}

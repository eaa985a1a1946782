//! Elements that conditions on other elements decide: what a model says that writes its trees out in comparisons and look-ups.
//!
//! A comparison of an element with a constant is a condition; an affine map, a choice and a look-up of decided elements are decided by the
//! same conditions, and a comparison of looked-up elements is one of as many as were looked up. So the index of a leaf, found level by
//! level as `2 index + [x[feature[index]] <= threshold[index]]` or as `where(x[feature[index]] <= threshold[index], left[index],
//! right[index])`, is a tree again. Nothing is built for what is known here: the layers that the file asks for are, and are dropped where
//! nothing reads them.

use std::cell::Cell;
use std::collections::HashMap;
use std::sync::Arc;

use assay_circuits::layers::comparison::Relation;

use super::missing::TREES;
use super::single::Precision;
use crate::model::Row;

/// Conditions on one path, at most, and leaves of an element.
const MOST_DEPTH: usize = 64;
const MOST_LEAVES: usize = 1 << 12;
/// Elements with a decision in a row, at most.
const MOST_TERMS: usize = 8;
/// Leaves that are kept of all elements together.
const MOST_KEPT: usize = 1 << 22;

/// Operators that compare in an order.
const ORDERS: [&str; 4] = ["Less", "LessOrEqual", "Greater", "GreaterOrEqual"];

/// Whether an operator compares elements as they are.
pub(super) fn compares(operator: &str) -> bool {
    TREES.contains(&operator) || ORDERS.contains(&operator)
}

/// `row relation constant`, of a relation that is `<=`, `<` or `=`.
#[derive(Clone, Debug)]
pub(crate) struct Question {
    pub row: Row,
    pub relation: Relation,
    pub constant: f64,
}

/// What an element is.
#[derive(Debug)]
pub(crate) enum Decision {
    /// An affine map of elements that nothing is known of.
    Leaf(Row),
    /// One of two, by the number of a question.
    Branch { question: u32, yes: Known, no: Known },
}

pub(crate) type Known = Arc<Decision>;

/// The decided elements.
#[derive(Debug, Default)]
pub(crate) struct Decisions {
    questions: Vec<Question>,
    numbers: HashMap<(u32, u64, u64, u8, u64), u32>,
    atoms: HashMap<u32, Known>,
    /// Of the numbers that are compared.
    precision: Precision,
    kept: usize,
    /// Steps since they were last asked for.
    work: Cell<u64>,
}

/// Answers on the way from a root.
type Path = Vec<(u32, bool)>;

fn leaf(row: Row) -> Known {
    Arc::new(Decision::Leaf(row))
}

/// A constant.
pub(crate) fn constant(value: f64) -> Known {
    leaf(Row::constant(value))
}

fn branch(question: u32, yes: Known, no: Known) -> Known {
    match (yes.as_ref(), no.as_ref()) {
        (Decision::Leaf(left), Decision::Leaf(right)) if left == right => yes,
        _ => Arc::new(Decision::Branch { question, yes, no }),
    }
}

/// A walk over what decides one element.
struct Walk<'a> {
    path: Path,
    leaves: usize,
    work: &'a Cell<u64>,
}

impl Walk<'_> {
    fn answer(&self, question: u32) -> Option<bool> {
        self.path.iter().find(|(known, _)| *known == question).map(|&(_, answer)| answer)
    }

    /// What `of` makes of each leaf; `None` where it makes nothing of one, or there are too many.
    fn map(&mut self, known: &Known, of: &mut dyn FnMut(&mut Self, &Row) -> Option<Known>) -> Option<Known> {
        match known.as_ref() {
            Decision::Leaf(row) => {
                self.leaves += 1;
                self.work.set(self.work.get().saturating_add(1 + self.path.len() as u64));
                if self.leaves > MOST_LEAVES { None } else { of(self, row) }
            }
            Decision::Branch { question, yes, no } => match self.answer(*question) {
                Some(true) => self.map(yes, of),
                Some(false) => self.map(no, of),
                None => {
                    if self.path.len() >= MOST_DEPTH {
                        return None;
                    }
                    self.path.push((*question, true));
                    let left = self.map(yes, of);
                    self.path.pop();
                    self.path.push((*question, false));
                    let right = self.map(no, of);
                    self.path.pop();
                    Some(branch(*question, left?, right?))
                }
            },
        }
    }
}

impl Decisions {
    fn walk(&self) -> Walk<'_> {
        Walk { path: Vec::new(), leaves: 0, work: &self.work }
    }

    /// The steps that were taken since the last call.
    pub fn take_work(&self) -> u128 {
        self.work.take().into()
    }

    pub fn question(&self, number: u32) -> Option<&Question> {
        self.questions.get(number as usize)
    }

    pub fn precision(&self) -> Precision {
        self.precision
    }

    /// Whether conditions decide an element of a row.
    pub fn is_decided(&self, row: &Row) -> bool {
        row.terms.iter().any(|(atom, _)| self.atoms.contains_key(atom))
    }

    /// What decides an atom, if conditions do.
    pub fn of_atom(&self, atom: u32) -> Option<&Known> {
        self.atoms.get(&atom)
    }

    /// What a row is.
    pub fn of(&self, row: &Row) -> Option<Known> {
        if !self.is_decided(row) {
            return Some(leaf(row.clone()));
        }
        if row.terms.len() > MOST_TERMS {
            return None;
        }
        let mut sum = constant(row.bias);
        for &(atom, factor) in &row.terms {
            let term = self.atoms.get(&atom).cloned().unwrap_or_else(|| leaf(Row::atom(atom)));
            sum = self.walk().map(&sum, &mut |walk, left| {
                walk.map(&term, &mut |_, right| Some(leaf(left.plus_scaled(right, factor))))
            })?;
        }
        Some(sum)
    }

    /// An atom is this.
    pub fn insert(&mut self, atom: u32, known: Known) {
        let leaves = leaves(&known);
        if self.kept + leaves <= MOST_KEPT {
            self.kept += leaves;
            self.atoms.insert(atom, known);
        }
    }

    /// Whether a relation of two rows holds.
    pub fn compared(
        &mut self,
        left: &Row,
        right: &Row,
        relation: Relation,
        precision: Precision,
    ) -> Option<Known> {
        if self.questions.is_empty() {
            self.precision = precision;
        }
        if self.precision != precision {
            return None;
        }
        let (left, right) = (self.of(left)?, self.of(right)?);
        let Decisions { questions, numbers, work, .. } = self;
        let mut ask = |row: &Row, relation, constant| ask(questions, numbers, row, relation, constant);
        let mut walk = Walk { path: Vec::new(), leaves: 0, work };
        walk.map(&left, &mut |walk, left| {
            walk.map(&right, &mut |walk, right| {
                let (question, is_so) = match (left.terms.as_slice(), right.terms.as_slice()) {
                    ([], []) => return Some(truth(relation.holds(&left.bias, &right.bias))),
                    ([_], []) => ask(left, relation, right.bias)?,
                    ([], [_]) => ask(right, mirrored(relation), left.bias)?,
                    _ => return None,
                };
                Some(match walk.answer(question) {
                    Some(answer) => truth(answer == is_so),
                    None => branch(question, truth(is_so), truth(!is_so)),
                })
            })
        })
    }

    /// One of two rows.
    pub fn chosen(&self, condition: &Row, x: &Row, y: &Row) -> Option<Known> {
        let (condition, x, y) = (self.of(condition)?, self.of(x)?, self.of(y)?);
        self.walk().map(&condition, &mut |walk, holds| {
            let side = match holds {
                Row { terms, bias } if terms.is_empty() => {
                    if *bias != 0.0 {
                        &x
                    } else {
                        &y
                    }
                }
                _ => return None,
            };
            walk.map(side, &mut |_, row| Some(leaf(row.clone())))
        })
    }

    /// The row that an index names, where conditions decide the index.
    pub fn at(&self, index: &Row, row: &dyn Fn(f64) -> Option<Row>) -> Option<Known> {
        if !self.is_decided(index) {
            return None;
        }
        let index = self.of(index)?;
        self.walk().map(&index, &mut |walk, place| {
            let row = if place.terms.is_empty() { row(place.bias)? } else { return None };
            walk.map(&self.of(&row)?, &mut |_, row| Some(leaf(row.clone())))
        })
    }
}

/// The number of a question, and which answer says that the relation holds.
fn ask(
    questions: &mut Vec<Question>,
    numbers: &mut HashMap<(u32, u64, u64, u8, u64), u32>,
    row: &Row,
    relation: Relation,
    constant: f64,
) -> Option<(u32, bool)> {
    let (relation, is_so) = match relation {
        Relation::Greater => (Relation::LessOrEqual, false),
        Relation::GreaterOrEqual => (Relation::Less, false),
        Relation::NotEqual => (Relation::Equal, false),
        same => (same, true),
    };
    let &[(atom, factor)] = row.terms.as_slice() else { return None };
    let key = (atom, factor.to_bits(), row.bias.to_bits(), relation as u8, constant.to_bits());
    let next = u32::try_from(questions.len()).ok()?;
    let number = *numbers.entry(key).or_insert(next);
    if number == next {
        questions.push(Question { row: row.clone(), relation, constant });
    }
    Some((number, is_so))
}

/// The leaves of a decision.
pub(crate) fn leaves(known: &Known) -> usize {
    match known.as_ref() {
        Decision::Leaf(_) => 1,
        Decision::Branch { yes, no, .. } => leaves(yes) + leaves(no),
    }
}

fn truth(holds: bool) -> Known {
    constant(f64::from(u8::from(holds)))
}

/// The relation of the same two in the other order.
pub(crate) fn mirrored(relation: Relation) -> Relation {
    match relation {
        Relation::Less => Relation::Greater,
        Relation::LessOrEqual => Relation::GreaterOrEqual,
        Relation::Greater => Relation::Less,
        Relation::GreaterOrEqual => Relation::LessOrEqual,
        same => same,
    }
}

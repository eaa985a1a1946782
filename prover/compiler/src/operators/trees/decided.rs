//! Trees that a file writes out in comparisons, choices and look-ups: what [`crate::import::decisions`] knows, as an ensemble.

use std::collections::HashMap;
use std::sync::Arc;

use assay_circuits::layers::comparison::Relation;
use assay_circuits::layers::trees::Aggregate;

use super::ensemble::{Branch, Condition, Missing, RealEnsemble};
use super::over;
use crate::import::decisions::{Decision, Known, leaves};
use crate::import::graph::Layers;
use crate::import::node::Node;
use crate::import::refusal::Refusal;
use crate::import::value::Tensor;
use crate::model::Row;

/// Leaves of a decision that is a tree: one condition is a truth value.
const LEAST_LEAVES: usize = 3;

/// Notes what decides the results of a node, those that are elements of a layer of their own.
pub(in crate::operators) fn decided(
    node: &Node<'_>,
    layers: &mut Layers,
    results: &Tensor,
    mut known: impl FnMut(&mut Layers, usize) -> Option<Known>,
) -> Result<(), Refusal> {
    let Some(rows) = results.as_rows() else { return Ok(()) };
    for (i, row) in rows.iter().enumerate() {
        let Some(atom) = row.as_atom().filter(|&atom| layers.maker(atom).is_some()) else { continue };
        let known = known(layers, i);
        let work = layers.decisions.take_work();
        layers.spend_work(node, work)?;
        if let Some(known) = known {
            layers.decisions.insert(atom, known);
        }
    }
    Ok(())
}

/// Elements of constants, or others, by indices that conditions decide: what each is, and the trees that they are where they are constants.
pub(in crate::operators) fn looked_up(
    node: &Node<'_>,
    layers: &mut Layers,
    known: &[Option<Known>],
    shape: &[usize],
) -> Result<Option<Tensor>, Refusal> {
    let elements = known.iter().map(|known| Some(Element { bias: 0.0, terms: vec![(1.0, known.clone()?)] }));
    match elements.collect::<Option<Vec<Element>>>() {
        Some(elements) => trees(node, layers, &elements, shape),
        None => Ok(None),
    }
}

/// Sums of elements that conditions decide, as sums of trees; `None` of others.
pub(in crate::operators) fn summed(
    node: &Node<'_>,
    layers: &mut Layers,
    sums: &Tensor,
) -> Result<Option<Tensor>, Refusal> {
    let Some(rows) = sums.as_rows() else { return Ok(None) };
    let of_row = |row: &Row| {
        let of_term = |&(atom, factor): &(u32, f64)| Some((factor, layers.decisions.of_atom(atom)?.clone()));
        Some(Element { bias: row.bias, terms: row.terms.iter().map(of_term).collect::<Option<_>>()? })
    };
    match rows.iter().map(of_row).collect::<Option<Vec<Element>>>() {
        Some(elements) => trees(node, layers, &elements, &sums.shape),
        None => Ok(None),
    }
}

/// A constant and decided elements, each times a factor.
struct Element {
    bias: f64,
    terms: Vec<(f64, Known)>,
}

/// The conditions of a decision, the root first, and its leaves in the order of their nodes.
#[derive(Default)]
struct Shape {
    /// For each node the question's number, or that it is a leaf, as a shape that decisions have in common.
    nodes: Vec<Option<u32>>,
    sides: Vec<(u32, u32)>,
    leaves: Vec<f64>,
}

impl Shape {
    /// `None` where a leaf is no constant.
    fn add(&mut self, known: &Known) -> Option<()> {
        let at = self.nodes.len();
        self.sides.push((0, 0));
        match known.as_ref() {
            Decision::Leaf(row) => {
                self.nodes.push(None);
                self.leaves.push(row.terms.is_empty().then_some(row.bias)?);
            }
            Decision::Branch { question, yes, no } => {
                self.nodes.push(Some(*question));
                let left = u32::try_from(self.nodes.len()).ok()?;
                self.add(yes)?;
                let right = u32::try_from(self.nodes.len()).ok()?;
                self.add(no)?;
                *self.sides.get_mut(at)? = (left, right);
            }
        }
        Some(())
    }
}

/// The elements as the results of one ensemble; `None` where a leaf is no constant, or none is a tree.
fn trees(
    node: &Node<'_>,
    layers: &mut Layers,
    elements: &[Element],
    shape: &[usize],
) -> Result<Option<Tensor>, Refusal> {
    let sizes = elements.iter().flat_map(|element| element.terms.iter().map(|(_, known)| leaves(known)));
    let (total, largest) = sizes.fold((0, 0), |(total, largest), size| (total + size, size.max(largest)));
    if largest < LEAST_LEAVES {
        return Ok(None);
    }
    layers.spend_terms(node, 2 * total as u128)?;
    let mut draft = Draft::default();
    for (output, element) in (0u32..).zip(elements) {
        draft.base.push(element.bias);
        for (factor, known) in &element.terms {
            if draft.add(layers, output, *factor, known).is_none() {
                return Ok(None);
            }
        }
    }
    let rows: Vec<&Row> = draft.rows.iter().collect();
    let ensemble = Arc::new(RealEnsemble {
        features: (0..rows.len()).collect(),
        trees: draft.trees,
        base: draft.base,
        aggregate: Aggregate::Sum,
        precision: layers.decisions.precision(),
    });
    let branches: usize = ensemble.trees.iter().map(Vec::len).sum();
    layers.spend_work(node, branches as u128)?;
    let (operator, arguments) = over(node, layers, &rows, &ensemble, &mut (Vec::new(), Arc::clone(&ensemble)))?;
    layers.apply(node, Arc::new(operator), &[&arguments], shape.to_vec()).map(Some)
}

/// An ensemble in the making.
#[derive(Default)]
struct Draft {
    /// What the conditions read, each once.
    rows: Vec<Row>,
    features: HashMap<(u32, u64, u64), u32>,
    trees: Vec<Vec<Branch>>,
    /// Trees by their conditions: elements that the same ones decide are leaves of one tree.
    shapes: HashMap<Vec<Option<u32>>, usize>,
    base: Vec<f64>,
}

impl Draft {
    fn add(&mut self, layers: &Layers, output: u32, factor: f64, known: &Known) -> Option<()> {
        let mut shape = Shape::default();
        shape.add(known)?;
        let Shape { nodes, sides, leaves } = shape;
        let position = match self.shapes.get(&nodes) {
            Some(&position) => position,
            None => {
                let mut tree = Vec::with_capacity(nodes.len());
                for (question, &(yes, no)) in nodes.iter().zip(&sides) {
                    tree.push(match question {
                        None => Branch::Leaf(Vec::new()),
                        Some(question) => self.condition(layers, *question, (yes, no))?,
                    });
                }
                self.trees.push(tree);
                self.shapes.insert(nodes, self.trees.len() - 1);
                self.trees.len() - 1
            }
        };
        let mut values = leaves.into_iter();
        for branch in self.trees.get_mut(position)? {
            if let Branch::Leaf(weights) = branch {
                let value = factor * values.next()?;
                match weights.last_mut() {
                    Some((last, sum)) if *last == output => *sum += value,
                    _ => weights.push((output, value)),
                }
            }
        }
        Some(())
    }

    fn condition(&mut self, layers: &Layers, question: u32, (yes, no): (u32, u32)) -> Option<Branch> {
        let asked = layers.decisions.question(question)?;
        let condition = match asked.relation {
            Relation::Less => Condition::Below(asked.constant),
            Relation::LessOrEqual => Condition::AtMost(asked.constant),
            Relation::Equal => Condition::equal(asked.constant, true),
            _ => return None,
        };
        let &[(atom, factor)] = asked.row.terms.as_slice() else { return None };
        let next = u32::try_from(self.rows.len()).ok()?;
        let key = (atom, factor.to_bits(), asked.row.bias.to_bits());
        let feature = *self.features.entry(key).or_insert(next);
        if feature == next {
            self.rows.push(asked.row.clone());
        }
        Some(Branch::Condition { feature, condition, yes, no, missing: Missing::AsCompared })
    }
}

//! Bytes of a tree ensemble over integers: one way to write each.

use std::sync::Arc;

use assay_circuits::layers::trees::set::BELOW_ALL;
use assay_circuits::layers::trees::{Aggregate, Ensemble, Node, Set, Tree};

use super::operator::Integers;
use crate::bytes::{ReadError, Reader};
use crate::operators::family::Shape;
use crate::operators::operator::{IntegerOperator, Sink};

/// Nodes of a tree, and trees, at most.
const MOST: usize = 1 << 22;
/// Values in a set, at most.
const MAX_CHANGES: usize = 1 << 16;
/// Units of a node: it is pruned, numbered and planned, and may become a constraint.
const NODE: u64 = 64;
/// Units of a node for each output of its family: the plan evaluates it by itself.
const EVALUATION: u64 = 16;
/// Units of a place where a set changes.
const CHANGE: u64 = 8;

const LEAF: u8 = 0;
const BRANCH: u8 = 1;
const BRANCH_FROM_BELOW: u8 = 2;

/// Appends an ensemble.
pub(super) fn write(ensemble: &Ensemble, out: &mut dyn Sink) {
    out.bytes(&[match ensemble.aggregate() {
        Aggregate::Sum => 0,
        Aggregate::Min => 1,
        Aggregate::Max => 2,
    }]);
    out.count(ensemble.outputs());
    out.integers(ensemble.base());
    out.count(ensemble.trees().len());
    for tree in ensemble.trees() {
        out.count(tree.len());
        for node in tree {
            write_node(node, out);
        }
    }
}

fn write_node(node: &Node, out: &mut dyn Sink) {
    match node {
        Node::Leaf(values) => {
            out.bytes(&[LEAF]);
            out.count(values.len());
            values.iter().for_each(|&(output, _)| out.count(output as usize));
            out.integers(&values.iter().map(|&(_, value)| value).collect::<Vec<_>>());
        }
        Node::Branch { feature, set, yes, no } => {
            out.bytes(&[if set.is_unbounded_below() { BRANCH_FROM_BELOW } else { BRANCH }]);
            [feature, yes, no].into_iter().for_each(|&number| out.count(number as usize));
            let changes: Vec<i64> = set.thresholds().collect();
            out.count(changes.len());
            out.integers(&changes);
        }
    }
}

/// Reads what [`write`] wrote.
pub(super) fn read(reader: &mut Reader<'_>, shape: &Shape<'_>) -> Result<Arc<dyn IntegerOperator>, ReadError> {
    let features = shape.one()?;
    let aggregate = match reader.byte()? {
        0 => Aggregate::Sum,
        1 => Aggregate::Min,
        2 => Aggregate::Max,
        other => return Err(ReadError::Step(other)),
    };
    let outputs = reader.count("outputs of trees", MOST)?;
    reader.spend("outputs of trees", NODE.saturating_mul(outputs as u64))?;
    let base = reader.integers(outputs, 8)?;
    let count = reader.count("trees", MOST)?;
    // The planning of outputs compares each with each tree.
    reader.spend("outputs of trees", (outputs as u64).saturating_mul(count as u64))?;
    let mut trees = Vec::new();
    for _ in 0..count {
        let nodes = reader.count("nodes of a tree", MOST)?;
        reader.spend("nodes of trees", NODE.saturating_mul(nodes as u64))?;
        trees.push((0..nodes).map(|_| read_node(reader)).collect::<Result<Tree, _>>()?);
    }
    let ensemble = Ensemble::new(features, trees, base, aggregate).map_err(ReadError::Layer)?;
    let work = assay_circuits::layers::trees::work(&ensemble).map_err(ReadError::Layer)?;
    reader.spend("nodes of trees for all outputs", EVALUATION.saturating_mul(work))?;
    Ok(Arc::new(Integers::new(ensemble)))
}

fn read_node(reader: &mut Reader<'_>) -> Result<Node, ReadError> {
    let number = |reader: &mut Reader<'_>| -> Result<u32, ReadError> {
        let found = reader.count("numbers of a node", u32::MAX as usize)?;
        u32::try_from(found).map_err(|_| ReadError::Index { what: "node", index: found })
    };
    match reader.byte()? {
        LEAF => {
            let len = reader.count("outputs of a leaf", MAX_CHANGES)?;
            reader.spend("outputs of leaves", CHANGE.saturating_mul(len as u64))?;
            let outputs = (0..len).map(|_| number(reader)).collect::<Result<Vec<u32>, _>>()?;
            Ok(Node::Leaf(outputs.into_iter().zip(reader.integers(len, 8)?).collect()))
        }
        kind @ (BRANCH | BRANCH_FROM_BELOW) => {
            let (feature, yes, no) = (number(reader)?, number(reader)?, number(reader)?);
            let len = reader.count("thresholds of a branch", MAX_CHANGES)?;
            reader.spend("thresholds", CHANGE.saturating_mul(len as u64))?;
            let thresholds = reader.integers(len, 8)?;
            let start = (kind == BRANCH_FROM_BELOW).then_some(BELOW_ALL);
            let is_marked = thresholds.contains(&BELOW_ALL);
            let set = Set::from_changes(start.into_iter().chain(thresholds).collect());
            let set = set.filter(|_| !is_marked).ok_or(ReadError::Index { what: "threshold", index: len })?;
            Ok(Node::Branch { feature, set, yes, no })
        }
        other => Err(ReadError::Step(other)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bytes::Writer;

    /// A balanced tree whose every leaf names an output of its own.
    fn outputs(levels: u32) -> Ensemble {
        let (inner, all) = ((1u32 << levels) - 1, (2u32 << levels) - 1);
        let node = |i: u32| match i < inner {
            true => Node::Branch { feature: 0, set: Set::at_least(i.into()), yes: 2 * i + 1, no: 2 * i + 2 },
            false => Node::Leaf(vec![(i - inner, 1)]),
        };
        Ensemble::new(1, vec![(0..all).map(node).collect()], vec![0; 1 << levels], Aggregate::Sum).unwrap()
    }

    /// Each output of a family has all its trees planned, so that work grows with the product of both: it is paid for.
    #[test]
    fn outputs_that_share_a_tree_are_paid_for() {
        let read_back = |ensemble: &Ensemble| {
            let mut out = Writer::default();
            write(ensemble, &mut out);
            let bytes = out.finish();
            read(&mut Reader::new(&bytes), &Shape { arguments: &[(1, None)], scale: 0 }).map(|read| read.len())
        };
        assert_eq!(read_back(&outputs(5)), Ok(32));
        assert!(matches!(read_back(&outputs(14)), Err(ReadError::Budget(_))));
    }
}

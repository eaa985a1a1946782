//! The attribute form of `TreeEnsembleClassifier` and `TreeEnsembleRegressor`: nodes named by tree and number.

use std::collections::HashMap;

use super::attributes::Attributes;
use super::ensemble::Missing;
use super::forest::{Forest, Inner, Target, condition};
use crate::import::node::Node;
use crate::import::refusal::Refusal;
use crate::import::single::Precision;

/// Names of the lists that give leaves their weights.
pub(super) struct Weights {
    pub trees: &'static str,
    pub nodes: &'static str,
    pub outputs: &'static str,
    pub weights: &'static str,
    pub weights_as_tensor: &'static str,
}

/// Modes in the order of their numbers in a `TreeEnsemble`.
const MODES: [&str; 6] =
    ["BRANCH_LEQ", "BRANCH_LT", "BRANCH_GTE", "BRANCH_GT", "BRANCH_EQ", "BRANCH_NEQ"];

/// The nodes of the file; leaves name outputs below `outputs`.
pub(super) fn read(
    node: &Node<'_>,
    weights: &Weights,
    outputs: usize,
) -> Result<(Forest, Precision), Refusal> {
    let attributes = Attributes(node);
    let trees = attributes.integers("nodes_treeids")?;
    let numbers = attributes.integers("nodes_nodeids")?;
    let features = attributes.integers("nodes_featureids")?;
    let yes = attributes.integers("nodes_truenodeids")?;
    let no = attributes.integers("nodes_falsenodeids")?;
    let modes = attributes.strings("nodes_modes");
    let thresholds = attributes.floats("nodes_values", "nodes_values_as_tensor")?;
    let missing = attributes.integers("nodes_missing_value_tracks_true")?;
    let count = trees.len();
    if count == 0 {
        return Err(node.bad_attribute("nodes_treeids", "absent".into(), "the tree of each node"));
    }
    for (name, found) in [
        ("nodes_nodeids", numbers.len()),
        ("nodes_featureids", features.len()),
        ("nodes_truenodeids", yes.len()),
        ("nodes_falsenodeids", no.len()),
        ("nodes_modes", modes.len()),
        ("nodes_values", thresholds.values.len()),
    ] {
        attributes.check_len(name, found, count)?;
    }
    if !missing.is_empty() {
        attributes.check_len("nodes_missing_value_tracks_true", missing.len(), count)?;
    }
    let refused = |tree, at, why| Refusal::Tree { node: node.name.clone(), tree, at, why };

    let mut targets: HashMap<(i64, i64), Target> = HashMap::with_capacity(count);
    let (mut inner, mut leaves) = (0, 0);
    for ((&tree, &number), mode) in trees.iter().zip(&numbers).zip(&modes) {
        let target = if mode == "LEAF" {
            leaves += 1;
            Target::Leaf(leaves - 1)
        } else {
            inner += 1;
            Target::Inner(inner - 1)
        };
        if targets.insert((tree, number), target).is_some() {
            return Err(refused(tree, number, "its number occurs twice"));
        }
    }
    let mut forest = Forest { leaves: vec![Vec::new(); leaves], ..Forest::default() };
    let mut is_child: HashMap<(i64, i64), ()> = HashMap::with_capacity(count);
    for (position, (&tree, &number)) in trees.iter().zip(&numbers).enumerate() {
        let mode = node.expected(modes.get(position))?;
        if mode == "LEAF" {
            continue;
        }
        let threshold = *node.expected(thresholds.values.get(position))?;
        let known = MODES.iter().position(|known| known == mode).and_then(|mode| condition(mode, threshold));
        let condition = known.ok_or_else(|| {
            node.bad_attribute("nodes_modes", mode.clone(), "BRANCH_LEQ, _LT, _GTE, _GT, _EQ, _NEQ and LEAF")
        })?;
        let mut child = |list: &[i64]| {
            let name = (tree, *node.expected(list.get(position))?);
            is_child.insert(name, ());
            let target = targets.get(&name).copied();
            target.ok_or_else(|| refused(tree, number, "a node that it leads to does not exist"))
        };
        let (yes, no) = (child(&yes)?, child(&no)?);
        let is_true = missing.get(position).is_some_and(|&track| track != 0);
        forest.inner.push(Inner {
            name: (tree, number),
            feature: *node.expected(features.get(position))?,
            condition,
            yes,
            no,
            missing: if is_true { Missing::Yes } else { Missing::AsCompared },
        });
    }
    // One root a tree, in the order of the file.
    let mut rooted: HashMap<i64, ()> = HashMap::new();
    for name in trees.iter().copied().zip(numbers.iter().copied()) {
        if is_child.contains_key(&name) {
            continue;
        }
        if rooted.insert(name.0, ()).is_some() {
            return Err(refused(name.0, name.1, "its tree has another root: no node leads to either"));
        }
        forest.roots.push(*node.expected(targets.get(&name))?);
    }
    if let Some((&tree, &number)) = trees.iter().zip(&numbers).find(|(tree, _)| !rooted.contains_key(tree)) {
        return Err(refused(tree, number, "its tree has no root: its nodes form a cycle"));
    }
    let precision = read_weights(node, weights, outputs, &targets, &mut forest)?.max(thresholds.precision);
    Ok((forest, precision))
}

/// Gives the leaves their weights.
fn read_weights(
    node: &Node<'_>,
    names: &Weights,
    outputs: usize,
    targets: &HashMap<(i64, i64), Target>,
    forest: &mut Forest,
) -> Result<Precision, Refusal> {
    let attributes = Attributes(node);
    let trees = attributes.integers(names.trees)?;
    let numbers = attributes.integers(names.nodes)?;
    let ids = attributes.integers(names.outputs)?;
    let weights = attributes.floats(names.weights, names.weights_as_tensor)?;
    for (name, found) in [(names.nodes, numbers.len()), (names.outputs, ids.len()), (names.weights, weights.values.len())] {
        attributes.check_len(name, found, trees.len())?;
    }
    let refused = |tree, at, why| Refusal::Tree { node: node.name.clone(), tree, at, why };
    for (((&tree, &number), &output), &weight) in trees.iter().zip(&numbers).zip(&ids).zip(&weights.values) {
        let output = u32::try_from(output).ok().filter(|&output| (output as usize) < outputs);
        let output = output.ok_or_else(|| refused(tree, number, "it has a weight for an output that does not exist"))?;
        if !weight.is_finite() {
            return Err(refused(tree, number, "its weight is not finite"));
        }
        match targets.get(&(tree, number)) {
            None => return Err(refused(tree, number, "it has a weight and does not exist")),
            // Weights of inner nodes are never reached.
            Some(Target::Inner(_)) => {}
            Some(&Target::Leaf(leaf)) => {
                node.expected(forest.leaves.get_mut(leaf))?.push((output, weight));
            }
        }
    }
    for values in &mut forest.leaves {
        values.sort_by_key(|&(output, _)| output);
        // A weight that is given twice counts twice.
        values.dedup_by(|next, first| {
            let is_same = next.0 == first.0;
            first.1 += if is_same { next.1 } else { 0.0 };
            is_same
        });
    }
    Ok(weights.precision)
}

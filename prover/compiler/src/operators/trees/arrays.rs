//! The attribute form of `TreeEnsemble` (`ai.onnx.ml` 5): inner nodes and leaves in arrays of their own.

use super::attributes::Attributes;
use super::ensemble::{Condition, Missing};
use super::forest::{Forest, Inner, Target, condition};
use crate::import::node::Node;
use crate::import::refusal::Refusal;
use crate::import::single::Precision;

/// The number of the mode "one of a set".
const MEMBER: usize = 6;

/// The nodes of the file; leaves name outputs below `outputs`.
pub(super) fn read(node: &Node<'_>, outputs: usize) -> Result<(Forest, Precision), Refusal> {
    let attributes = Attributes(node);
    let absent = |name| node.bad_attribute(name, "absent".into(), "a tensor");
    let features = attributes.integers("nodes_featureids")?;
    let (yes, no) = (attributes.integers("nodes_truenodeids")?, attributes.integers("nodes_falsenodeids")?);
    let (yes_leaf, no_leaf) =
        (attributes.integers("nodes_trueleafs")?, attributes.integers("nodes_falseleafs")?);
    let modes = attributes.tensor("nodes_modes")?.ok_or_else(|| absent("nodes_modes"))?.values;
    let splits = attributes.tensor("nodes_splits")?.ok_or_else(|| absent("nodes_splits"))?;
    let missing = attributes.integers("nodes_missing_value_tracks_true")?;
    let roots = attributes.integers("tree_roots")?;
    let count = features.len();
    for (name, found) in [
        ("nodes_truenodeids", yes.len()),
        ("nodes_falsenodeids", no.len()),
        ("nodes_trueleafs", yes_leaf.len()),
        ("nodes_falseleafs", no_leaf.len()),
        ("nodes_modes", modes.len()),
        ("nodes_splits", splits.values.len()),
    ] {
        attributes.check_len(name, found, count)?;
    }
    if !missing.is_empty() {
        attributes.check_len("nodes_missing_value_tracks_true", missing.len(), count)?;
    }
    let mut forest = Forest { leaves: read_leaves(node, outputs)?, ..Forest::default() };
    // One set for each node that asks for membership, in the order of the nodes; NaN ends a set.
    let members = attributes.tensor("membership_values")?.map_or_else(Vec::new, |numbers| numbers.values);
    let mut members = members.split(|value| value.is_nan());

    let leaves = forest.leaves.len();
    let refused = |at: usize, why| Refusal::Tree {
        node: node.name.clone(),
        tree: 0,
        at: i64::try_from(at).unwrap_or(i64::MAX),
        why,
    };
    for position in 0..count {
        let child = |ids: &[i64], is_leaf: &[i64]| {
            let id = usize::try_from(*node.expected(ids.get(position))?).ok();
            let found = match *node.expected(is_leaf.get(position))? {
                0 => id.filter(|&id| id < count).map(Target::Inner),
                _ => id.filter(|&id| id < leaves).map(Target::Leaf),
            };
            found.ok_or_else(|| refused(position, "a node or leaf that it leads to does not exist"))
        };
        let threshold = *node.expected(splits.values.get(position))?;
        let mode = *node.expected(modes.get(position))? as usize;
        let known = match mode {
            MEMBER => members.next().map(Condition::member),
            _ if threshold.is_nan() => {
                return Err(node.bad_attribute("nodes_splits", format!("NaN at position {position}"), "numbers"));
            }
            mode => condition(mode, threshold),
        };
        let condition = known.ok_or_else(|| {
            node.bad_attribute("nodes_modes", mode.to_string(), "0 to 6, with a list in membership_values for each 6")
        })?;
        let is_true = missing.get(position).is_some_and(|&track| track != 0);
        forest.inner.push(Inner {
            name: (0, i64::try_from(position).unwrap_or(i64::MAX)),
            feature: *node.expected(features.get(position))?,
            condition,
            yes: child(&yes, &yes_leaf)?,
            no: child(&no, &no_leaf)?,
            missing: if is_true { Missing::Yes } else { Missing::AsCompared },
        });
    }
    if roots.is_empty() {
        return Err(node.bad_attribute("tree_roots", "absent".into(), "the root of each tree"));
    }
    for root in roots {
        let inner = usize::try_from(root).ok().filter(|&root| root < count).map(Target::Inner);
        let root = inner.ok_or_else(|| {
            node.bad_attribute("tree_roots", root.to_string(), "the position of a node")
        })?;
        forest.roots.push(root);
    }
    Ok((forest, splits.precision))
}

fn read_leaves(node: &Node<'_>, outputs: usize) -> Result<Vec<Vec<(u32, f64)>>, Refusal> {
    let attributes = Attributes(node);
    let targets = attributes.integers("leaf_targetids")?;
    let absent = || node.bad_attribute("leaf_weights", "absent".into(), "a tensor");
    let weights = attributes.tensor("leaf_weights")?.ok_or_else(absent)?.values;
    attributes.check_len("leaf_weights", weights.len(), targets.len())?;
    let leaf = |(target, &weight): (&i64, &f64)| {
        let output = u32::try_from(*target).ok().filter(|&output| (output as usize) < outputs);
        let allowed = "numbers of outputs below n_targets";
        let output = output.ok_or_else(|| node.bad_attribute("leaf_targetids", target.to_string(), allowed))?;
        if !weight.is_finite() {
            return Err(node.bad_attribute("leaf_weights", weight.to_string(), "finite numbers"));
        }
        Ok(vec![(output, weight)])
    };
    targets.iter().zip(&weights).map(leaf).collect()
}

//! Tree ensembles: TreeEnsembleClassifier, TreeEnsembleRegressor and TreeEnsemble.
//!
//! What a tree compares is an element of a value as it is, at the scale that this has. Where rounding brings numbers on both sides of a
//! threshold together, the calibration data decides ([`beside`]). A scaler in front of a feature is one of its thresholds ([`moved`]); of a feature that is a sum of several elements
//! the accumulator is compared. See [`assay_circuits::layers::trees`] for circuits and costs.
//!
//! Values are compared in single precision, as onnxruntime does, or in double precision where the thresholds are given in it. The
//! integer of a missing value (NaN) is in the set of a condition, or is taken out of it, as the condition's missing track says: that is a
//! threshold of its own at most.
//!
//! Comparisons of elements of inputs with constants are trees of one condition ([`compared`]), and trees that a file writes out in
//! comparisons and look-ups are trees again ([`decided`]).
//!
//! Inputs whose float32 numbers are taken exactly have order keys for integers, and thresholds the keys of the numbers next to them: every
//! branch is the one that onnxruntime takes, for every value. That is asked for, since a feature's range proofs are then of 32 bits.

mod arrays;
mod attributes;
mod beside;
mod certify;
mod compared;
mod decided;
mod encoding;
mod ensemble;
mod float32;
mod forest;
mod moved;
mod nodes;
mod operator;
mod scores;

use std::collections::BTreeMap;
use std::sync::Arc;

use assay_circuits::layers::trees::Aggregate;

use super::family::{Encoded, Family, Import, OnnxOperator};
use super::ml::labels;
use crate::import::domain::ONNX_ML;
use crate::import::graph::Layers;
use crate::import::node::Node;
use crate::import::refusal::Refusal;
use crate::import::single::Precision;
use crate::import::value::{Kind, Tensor, Value, merged};
use crate::model::Row;
use attributes::Attributes;
pub(super) use compared::compared;
pub(super) use decided::{decided, looked_up, summed};
use ensemble::{Branch, RealEnsemble, Slot, Values};
use forest::Forest;
use moved::Moved;
use nodes::Weights;
use operator::Trees;
use scores::{Named, Reading, Transform};

/// The entry of the registry.
pub(super) const FAMILY: Family = Family {
    name: "Trees",
    cost: "one constraint a distinct threshold, half a constraint a branch, two range proofs a feature (of 32 bits with `--exact-floats`, which rounds no feature), in place of its own where it is an input",
    operators: &[
        OnnxOperator {
            domain: ONNX_ML,
            name: "TreeEnsembleClassifier",
            import: Import::Several(classifier),
            is_folded: false,
            remarks: "`post_transform` NONE, LOGISTIC, SOFTMAX; labels that are text are positions in the list of classes; base values and two classes as onnxruntime has them",
        },
        OnnxOperator::ml("TreeEnsembleRegressor", regressor)
            .remarks("`post_transform` NONE, LOGISTIC, SOFTMAX, of one target too, where onnxruntime leaves them out"),
        OnnxOperator::ml("TreeEnsemble", tree_ensemble).remarks("`post_transform` NONE, LOGISTIC, SOFTMAX"),
    ],
    integers: &[Encoded { tag: operator::TAG, read: encoding::read }],
};

/// The sums of the trees of each sample, `[samples, outputs]`.
fn sums(
    node: &Node<'_>,
    layers: &mut Layers,
    x: &Tensor,
    ensemble: &Arc<RealEnsemble>,
) -> Result<Tensor, Refusal> {
    let (samples, features) = samples(node, x)?;
    let outputs = ensemble.base.len();
    layers.check_size(node, &[samples, outputs])?;
    // Evaluated on every sample of the calibration.
    let branches: usize = ensemble.trees.iter().map(Vec::len).sum();
    layers.spend_work(node, branches as u128 * samples as u128)?;
    let x = layers.foldable(x)?;
    let rows = layers.rows(node, &x)?;
    let mut results = Vec::with_capacity(samples);
    // Of one sample after the other the functions in front are the same, as a rule.
    let mut last = (Vec::new(), Arc::clone(ensemble));
    for sample in 0..samples {
        let of_feature = |&feature: &usize| rows.get(sample * features + feature);
        let asked = node.expected(ensemble.features.iter().map(of_feature).collect::<Option<Vec<&Row>>>())?;
        let (operator, arguments) = over(node, layers, &asked, ensemble, &mut last)?;
        let arguments = arguments.with_trail(x.trail.clone());
        results.push(layers.apply(node, Arc::new(operator), &[&arguments], vec![1, outputs])?);
    }
    match results.as_slice() {
        [one] => Ok(one.clone()),
        all => {
            let rows = all.iter().flat_map(Tensor::rows).collect();
            Ok(Tensor::new(vec![samples, outputs], rows).with_trail(merged(all.iter().map(|one| &one.trail))))
        }
    }
}

/// An ensemble over these rows, one a feature that it asks for, and its arguments. `last` is what functions in front made of it before.
fn over(
    node: &Node<'_>,
    layers: &mut Layers,
    rows: &[&Row],
    ensemble: &Arc<RealEnsemble>,
    last: &mut (Vec<Option<Moved>>, Arc<RealEnsemble>),
) -> Result<(Trees, Tensor), Refusal> {
    let (mut slots, mut arguments, mut known) = (Vec::new(), Vec::new(), BTreeMap::new());
    let mut functions: Vec<Option<Moved>> = Vec::new();
    for (feature, &row) in rows.iter().enumerate() {
        let recipe = layers.singles.of(row).filter(|recipe| !recipe.is_empty());
        let (argument, factor, offset, function) = match (row.terms.as_slice(), recipe) {
            ([], _) => (None, 0.0, row.bias, None),
            (&[(atom, _)], Some(recipe)) => {
                let precision = layers.singles.precision(atom);
                (Some(Row::atom(atom)), 1.0, 0.0, Some(Moved { recipe, precision }))
            }
            (&[(atom, factor)], None) => (Some(Row::atom(atom)), factor, row.bias, None),
            _ => (Some(row.clone()), 1.0, 0.0, None),
        };
        let precision = match (&function, row.as_atom()) {
            (Some(function), _) => function.precision,
            // In whichever precision it is compared, an element of an input is what it is in its own.
            (None, Some(atom)) if layers.maker(atom).is_none() => {
                ensemble.precision.min(layers.singles.precision(atom))
            }
            _ => ensemble.precision,
        };
        functions.push(function);
        let argument = match argument {
            // Of a constant there is nothing to compare.
            None => 0,
            Some(row) => {
                // Features that are functions of one element share its bits.
                let single = row.as_atom().map_or((1, feature as u32), |atom| (0, atom));
                let next = arguments.len();
                let position = *known.entry(single).or_insert(next);
                if position == next {
                    arguments.push(row);
                }
                position
            }
        };
        let argument = node.expected(u32::try_from(argument).ok())?;
        slots.push(Slot { argument, factor, offset, precision });
    }
    if arguments.is_empty() {
        arguments.push(Row::constant(0.0));
    }
    if functions.iter().any(Option::is_some) && functions != last.0 {
        // Bisections of some steps, and nodes that are kept.
        let branches: usize = ensemble.trees.iter().map(Vec::len).sum();
        layers.spend_work(node, branches as u128 * 1024)?;
        *last = (functions.clone(), Arc::new(ensemble.moved(&functions)));
    }
    let moved = if functions == last.0 { &last.1 } else { ensemble };
    let known_of = |row: &Row| match layers.is_whole_numbers(&Tensor::new(vec![], vec![row.clone()])) {
        true => Values::Whole,
        false if layers.exact.is_one(row) => Values::Float32,
        false => Values::Unknown,
    };
    let operator = Trees::new(Arc::clone(moved), slots, arguments.iter().map(known_of).collect());
    Ok((operator, Tensor::new(vec![arguments.len()], arguments)))
}

/// Number of samples, and of features of each.
fn samples(node: &Node<'_>, x: &Tensor) -> Result<(usize, usize), Refusal> {
    match *x.shape {
        [features] if features > 0 => Ok((1, features)),
        [samples, features] if samples > 0 && features > 0 => Ok((samples, features)),
        _ => Err(Refusal::Rank {
            node: node.name.clone(),
            shape: x.shape.as_slice().into(),
            allowed: "1 or 2, of at least one element",
        }),
    }
}

/// The ensemble of a file's nodes, without base values.
fn ensemble(
    node: &Node<'_>,
    (forest, precision): (Forest, Precision),
    features: usize,
    outputs: usize,
    aggregate: Aggregate,
) -> Result<RealEnsemble, Refusal> {
    let (trees, features) = forest.trees(node, features)?;
    // Features of double precision are compared in it, whatever the thresholds are.
    let precision = precision.max(node.precision);
    let ensemble = RealEnsemble { features, trees, base: vec![0.0; outputs], aggregate, precision };
    let is_even = |tree: &Vec<Branch>| {
        let mut leaves = tree.iter().filter_map(|branch| match branch {
            Branch::Leaf(values) => Some(values.iter().map(|&(output, _)| output).collect::<Vec<_>>()),
            Branch::Condition { .. } => None,
        });
        let first = leaves.next();
        leaves.all(|names| Some(names) == first)
    };
    if aggregate != Aggregate::Sum && !ensemble.trees.iter().all(is_even) {
        let why = "of MIN and MAX, all leaves of a tree must have weights for the same outputs";
        return Err(Refusal::Tree { node: node.name.clone(), tree: 0, at: 0, why });
    }
    Ok(ensemble)
}

/// How a file says that trees are aggregated: the sum, which an average divides.
struct Aggregation {
    aggregate: Aggregate,
    divided: Divided,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Divided {
    No,
    ByTrees,
}

impl Aggregation {
    fn named(node: &Node<'_>, name: &str) -> Result<Self, Refusal> {
        let (aggregate, divided) = match name {
            "SUM" => (Aggregate::Sum, Divided::No),
            "AVERAGE" => (Aggregate::Sum, Divided::ByTrees),
            "MIN" => (Aggregate::Min, Divided::No),
            "MAX" => (Aggregate::Max, Divided::No),
            other => {
                let allowed = "SUM, AVERAGE, MIN, MAX (0 to 3 of a TreeEnsemble: AVERAGE, SUM, MIN, MAX)";
                return Err(node.bad_attribute("aggregate_function", other.into(), allowed));
            }
        };
        Ok(Self { aggregate, divided })
    }

    /// Divides the leaves of an average.
    fn divide(&self, ensemble: &mut RealEnsemble) {
        if self.divided == Divided::ByTrees {
            let count = ensemble.trees.len() as f64;
            ensemble.leaves_mut().flatten().for_each(|(_, weight)| *weight /= count);
        }
    }
}

/// Number of outputs that a node declares.
fn targets(node: &Node<'_>, layers: &Layers) -> Result<usize, Refusal> {
    let declared = node.int("n_targets", 1)?;
    let outputs = usize::try_from(declared).ok().filter(|&outputs| outputs > 0);
    let outputs = outputs
        .ok_or_else(|| node.bad_attribute("n_targets", declared.to_string(), "a number of outputs, 1 or more"))?;
    layers.check_size(node, &[outputs])
}

fn regressor(node: &Node<'_>, layers: &mut Layers) -> Result<Value, Refusal> {
    node.arity(1..=1, "1")?;
    let x = node.tensor(0)?;
    let (_, features) = samples(node, x)?;
    let outputs = targets(node, layers)?;
    let name = node.text("aggregate_function")?.unwrap_or_else(|| "SUM".into());
    let aggregation = Aggregation::named(node, &name)?;
    let transform = Transform::read(node, Named::ByText)?;
    let weights = Weights {
        trees: "target_treeids",
        nodes: "target_nodeids",
        outputs: "target_ids",
        weights: "target_weights",
        weights_as_tensor: "target_weights_as_tensor",
    };
    let nodes = nodes::read(node, &weights, outputs)?;
    let mut ensemble = ensemble(node, nodes, features, outputs, aggregation.aggregate)?;
    aggregation.divide(&mut ensemble);
    let bases = Attributes(node).floats("base_values", "base_values_as_tensor")?.values;
    match bases.len() {
        0 => {}
        found if found == outputs => ensemble.base = bases,
        found => {
            let value = format!("{found} numbers");
            return Err(node.bad_attribute("base_values", value, "one for each target, or none"));
        }
    }
    check_bases(node, &ensemble.base)?;
    let sums = sums(node, layers, x, &Arc::new(ensemble))?;
    Ok(transform.apply(node, layers, sums)?.into())
}

fn tree_ensemble(node: &Node<'_>, layers: &mut Layers) -> Result<Value, Refusal> {
    node.arity(1..=1, "1")?;
    let x = node.tensor(0)?;
    let (_, features) = samples(node, x)?;
    let outputs = targets(node, layers)?;
    let name = match node.int("aggregate_function", 1)? {
        0 => "AVERAGE".into(),
        1 => "SUM".into(),
        2 => "MIN".into(),
        3 => "MAX".into(),
        other => other.to_string(),
    };
    let aggregation = Aggregation::named(node, &name)?;
    let transform = Transform::read(node, Named::ByNumber)?;
    let nodes = arrays::read(node, outputs)?;
    let mut ensemble = ensemble(node, nodes, features, outputs, aggregation.aggregate)?;
    aggregation.divide(&mut ensemble);
    let sums = sums(node, layers, x, &Arc::new(ensemble))?;
    Ok(transform.apply(node, layers, sums)?.into())
}

fn check_bases(node: &Node<'_>, bases: &[f64]) -> Result<(), Refusal> {
    match bases.iter().find(|base| !base.is_finite()) {
        Some(base) => Err(node.bad_attribute("base_values", base.to_string(), "finite numbers")),
        None => Ok(()),
    }
}

/// Labels and scores.
fn classifier(node: &Node<'_>, layers: &mut Layers) -> Result<Vec<Value>, Refusal> {
    let found = node.operands.len();
    if found != 1 {
        return Err(Refusal::Arity { node: node.name.clone(), what: "inputs", found, allowed: "1" });
    }
    let x = node.tensor(0)?;
    let (_, features) = samples(node, x)?;
    let attributes = Attributes(node);
    let (texts, numbers) =
        (attributes.strings("classlabels_strings"), attributes.integers("classlabels_int64s")?);
    let classes = texts.len().max(numbers.len());
    if classes < 2 || !(texts.is_empty() || numbers.is_empty()) {
        let value = format!("{} of text and {} of numbers", texts.len(), numbers.len());
        return Err(node.bad_attribute("classlabels_int64s", value, "two or more of one kind"));
    }
    let transform = Transform::read(node, Named::ByText)?;
    let weights = Weights {
        trees: "class_treeids",
        nodes: "class_nodeids",
        outputs: "class_ids",
        weights: "class_weights",
        weights_as_tensor: "class_weights_as_tensor",
    };
    let nodes = nodes::read(node, &weights, classes)?;
    let mut ensemble = ensemble(node, nodes, features, classes, Aggregate::Sum)?;
    let bases = attributes.floats("base_values", "base_values_as_tensor")?.values;
    check_bases(node, &bases)?;
    let reading = Reading::new(node, &mut ensemble, &bases)?;
    let sums = sums(node, layers, x, &Arc::new(ensemble))?;
    let (scores, positions) = reading.read(node, layers, &sums, transform)?;
    let labels = match numbers.is_empty() {
        true => positions,
        false => {
            let numbers: Vec<f64> = numbers.iter().map(|&label| label as f64).collect();
            labels::element(node, layers, &positions, &numbers)?.of_kind(Kind::Integer)
        }
    };
    Ok(vec![labels.into(), scores.into()])
}

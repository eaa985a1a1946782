//! How an ensemble is evaluated over features of given intervals: which thresholds get bits, which products are taken, and how outputs follow.
//!
//! A plan is a function of the ensemble and of what is known of the features, so that what is built and what is predicted cannot differ.
//!
//! - *Trees.* All by named leaves ([`super::named`]), or all as nested selects ([`super::planner`]), of which those for which that is less are tables ([`super::table`]), whichever has fewer
//!   products in all. [`super::planned`] takes the one with the lower price.
//! - *Outputs.* One that shares no tree with others is a sum of its own. Those of a family (the classes of a forest) are packed into one
//!   integer `sum_k 2^(s k) S_k`, evaluated once, and taken apart by range proofs ([`super::unpack`]), where that is less than evaluating each.
//!   Where the outputs of each leaf of a tree have one sum, the last output of the family is what the others leave.
//! - The least or largest of trees is taken value by value.

use std::collections::{BTreeMap, BTreeSet};

use super::affine::{Affine, Atom, OPERATION, Value, narrow, overflow, within_limits};
use super::boxes;
use super::dag::{Dag, Vertex};
use super::ensemble::{Aggregate, Ensemble, Node, Tree, prune};
use super::feature::Feature;
use super::named::{Named, NamedTree};
use super::planner::{Planner, Step, Terms};
use super::table::Table;
use super::thresholds;
use crate::cost::Tally;
use crate::error::{BuildError, at};
use crate::gadgets::accumulate::MAX_TERMS;
use crate::integer::{Interval, bit_length};
use crate::lookups::Ranges;

/// Bits of a packed sum, at most: its products and linear parts stay within 60.
const PACKED_BITS: u32 = 50;

/// How trees are evaluated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Way {
    /// From the bits of thresholds.
    Selects,
    /// By leaves that the prover names.
    Names,
}

/// Outputs in one integer.
#[derive(Debug)]
pub(super) struct Packed {
    /// Position among the sums.
    pub(super) sum: usize,
    /// Bits of an output.
    pub(super) width: u32,
    /// The least and largest value of each, from the lowest digit.
    pub(super) slots: Vec<Interval>,
}

/// Where an output comes from, before its base value is added.
#[derive(Debug)]
pub(super) enum Source {
    /// No tree changes it.
    Constant(i64),
    /// A sum.
    Sum(usize),
    /// A digit of a packed sum.
    Digit { packed: usize, slot: usize },
    /// `total` less other outputs.
    Rest { total: i64, others: Vec<usize>, interval: Interval },
    /// The least or largest of some sums.
    Extreme(Vec<usize>),
}

/// What is built.
#[derive(Debug)]
pub(super) struct Plan {
    /// Thresholds that get bits, by feature.
    pub(super) bits: BTreeMap<u32, Vec<i64>>,
    pub(super) steps: Vec<Step>,
    pub(super) named: Named,
    pub(super) sums: Vec<Value>,
    pub(super) packed: Vec<Packed>,
    /// One an output.
    pub(super) sources: Vec<Source>,
}

impl Plan {
    /// For these features, in a given way.
    pub(super) fn by(
        way: Way,
        ensemble: &Ensemble,
        x: &[Feature],
        ranges: Ranges,
    ) -> Result<Self, BuildError> {
        let (expected, found) = (ensemble.features(), x.len());
        if expected != found {
            return Err(BuildError::Length { operation: OPERATION, what: "features", expected, found });
        }
        let x: Vec<Interval> = x.iter().map(|feature| feature.interval).collect();
        let trees = ensemble.trees().iter().map(|tree| prune(tree, &x)).collect::<Result<Vec<Tree>, _>>()?;
        let mut draft = Draft {
            way,
            steps: Vec::new(),
            named: Vec::new(),
            sums: Vec::new(),
            packed: Vec::new(),
            sources: (0..ensemble.outputs()).map(|_| Source::Constant(0)).collect(),
        };
        match ensemble.aggregate() {
            Aggregate::Sum => {
                for family in families(&trees, ensemble.outputs())? {
                    draft.family(&trees, &family, ranges)?;
                }
            }
            Aggregate::Min | Aggregate::Max => draft.extremes(&trees, ensemble.outputs())?,
        }
        let Draft { steps, named, sums, packed, sources, .. } = draft;
        let bits = bits(&steps, &sums);
        Ok(Self { bits, steps, named: Named::new(named, &x)?, sums, packed, sources })
    }

    /// Adds what the bits, products, named leaves and long sums cost.
    pub(super) fn cost(&self, t: &mut Tally, x: &[Feature]) -> Result<(), BuildError> {
        for (&feature, thresholds) in &self.bits {
            let position = feature as usize;
            thresholds::cost(t, position, at("features", x, position)?, thresholds);
        }
        t.add(self.steps.len());
        self.named.cost(t);
        t.add(self.sums.iter().filter(|sum| sum.form.len() > MAX_TERMS).count());
        Ok(())
    }
}

/// The thresholds whose bits occur.
fn bits(steps: &[Step], sums: &[Value]) -> BTreeMap<u32, Vec<i64>> {
    let forms = steps.iter().flat_map(|step| [&step.bit, &step.value]);
    let mut used: BTreeMap<u32, BTreeSet<i64>> = BTreeMap::new();
    for atom in forms.chain(sums.iter().map(|sum| &sum.form)).flat_map(|form| form.terms.keys()) {
        if let &Atom::Bit(feature, t) = atom {
            used.entry(feature).or_default().insert(t);
        }
    }
    used.into_iter().map(|(feature, t)| (feature, t.into_iter().collect())).collect()
}

/// A plan whose trees are being planned.
struct Draft {
    way: Way,
    steps: Vec<Step>,
    named: Vec<NamedTree>,
    sums: Vec<Value>,
    packed: Vec<Packed>,
    sources: Vec<Source>,
}

impl Draft {
    /// The outputs of a family.
    fn family(&mut self, trees: &[Tree], family: &Family, ranges: Ranges) -> Result<(), BuildError> {
        let trees: Vec<(usize, &Tree)> =
            family.trees.iter().filter_map(|&i| trees.get(i).map(|tree| (i, tree))).collect();
        let mut outputs = family.outputs.clone();
        if outputs.len() > 1
            && let Some(total) = constant_total(&trees, &outputs)?
            && let Some(last) = outputs.pop()
        {
            let interval = interval(&trees, last)?;
            let rest = Source::Rest { total, others: outputs.clone(), interval };
            self.set_source(last, rest)?;
        }
        let intervals =
            outputs.iter().map(|&output| interval(&trees, output)).collect::<Result<Vec<_>, _>>()?;
        let widest = intervals.iter().map(|(lo, hi)| bit_length(hi - lo)).max().unwrap_or(0).max(1);
        let most = ((PACKED_BITS / widest) as usize).max(1);
        let groups = outputs.len().div_ceil(most).max(1);
        let size = outputs.len().div_ceil(groups).max(1);
        if size > 1 {
            let (mut alone, mut together, mut fits) = (0, 0, true);
            for &output in &outputs {
                alone += self.evaluation(&trees, &[output], 0)?.constraints();
            }
            for group in outputs.chunks(size) {
                match self.evaluation(&trees, group, widest) {
                    Ok(evaluation) => {
                        together += evaluation.constraints() + unpacking(group.len(), widest, ranges)
                    }
                    Err(BuildError::Overflow { .. }) => fits = false,
                    Err(error) => return Err(error),
                }
            }
            if fits && together < alone {
                for (group, slots) in outputs.chunks(size).zip(intervals.chunks(size)) {
                    let evaluation = self.evaluation(&trees, group, widest)?;
                    let sum = self.take(evaluation);
                    match group {
                        [output] => self.set_source(*output, Source::Sum(sum))?,
                        _ => {
                            let packed = self.packed.len();
                            for (slot, &output) in group.iter().enumerate() {
                                self.set_source(output, Source::Digit { packed, slot })?;
                            }
                            self.packed.push(Packed { sum, width: widest, slots: slots.to_vec() });
                        }
                    }
                }
                return Ok(());
            }
        }
        for &output in &outputs {
            let evaluation = self.evaluation(&trees, &[output], 0)?;
            let sum = self.take(evaluation);
            self.set_source(output, Source::Sum(sum))?;
        }
        Ok(())
    }

    /// Each tree of each output by itself.
    fn extremes(&mut self, trees: &[Tree], outputs: usize) -> Result<(), BuildError> {
        for output in 0..outputs {
            let mut sums = Vec::new();
            for tree in trees.iter().enumerate().filter(|(_, tree)| names(tree, output)) {
                let evaluation = self.evaluation(&[tree], &[output], 0)?;
                sums.push(self.take(evaluation));
            }
            if !sums.is_empty() {
                self.set_source(output, Source::Extreme(sums))?;
            }
        }
        Ok(())
    }

    /// The sum of some trees' values of `sum_k 2^(width k) output_k`, with products numbered behind those of this plan.
    fn evaluation(
        &mut self,
        trees: &[(usize, &Tree)],
        outputs: &[usize],
        width: u32,
    ) -> Result<Evaluation, BuildError> {
        let worth = |values: &[(u32, i64)]| {
            let mut sum = 0i64;
            for (slot, &output) in (0u32..).zip(outputs) {
                let value = value_of(values, output);
                let weight = 1i64.checked_shl(width.saturating_mul(slot)).filter(|&weight| weight > 0);
                let part = weight.and_then(|weight| weight.checked_mul(value)).ok_or_else(overflow)?;
                sum = sum.checked_add(part).ok_or_else(overflow)?;
            }
            Ok(sum)
        };
        let mut dag = Dag::default();
        let roots =
            trees.iter().map(|(i, tree)| dag.add(*i, tree, worth)).collect::<Result<Vec<u32>, _>>()?;
        let terms = count(&roots);
        if self.way == Way::Names {
            return self.names(&dag, &terms);
        }
        let mut planner = Planner { dag: &dag, steps: std::mem::take(&mut self.steps) };
        let first = planner.steps.len();
        let total = evaluate(&mut planner, &terms);
        let steps = planner.steps.split_off(first);
        self.steps = planner.steps;
        Ok(Evaluation { steps, named: Vec::new(), total: total? })
    }

    /// The same by named leaves, numbered behind those of this plan.
    fn names(&self, dag: &Dag, terms: &Terms) -> Result<Evaluation, BuildError> {
        let (mut named, mut total) = (Vec::new(), Value::default());
        for (&root, &factor) in terms {
            let (least, most) = dag.range(root)?;
            let mut form = Affine::constant(least);
            if let Vertex::Branch { .. } = dag.vertex(root)? {
                let position = u32::try_from(self.named.len() + named.len());
                let position = position.map_err(|_| BuildError::TooLarge { what: "trees" })?;
                form.add(&Affine::atom(Atom::Named(position)), 1)?;
                let span = narrow(i128::from(most) - i128::from(least))?;
                named.push(NamedTree { boxes: boxes::of(dag, root)?, least, span });
            }
            total.add(&Value { form, interval: (least.into(), most.into()) }, factor)?;
        }
        within_limits(total.interval)?;
        Ok(Evaluation { steps: Vec::new(), named, total })
    }

    fn take(&mut self, evaluation: Evaluation) -> usize {
        self.steps.extend(evaluation.steps);
        self.named.extend(evaluation.named);
        self.sums.push(evaluation.total);
        self.sums.len() - 1
    }

    fn set_source(&mut self, output: usize, source: Source) -> Result<(), BuildError> {
        let index = BuildError::Index { operation: OPERATION, index: output, inputs: self.sources.len() };
        *self.sources.get_mut(output).ok_or(index)? = source;
        Ok(())
    }
}

/// The sum of some trees, as selects or partly as tables.
fn evaluate(planner: &mut Planner<'_>, all: &Terms) -> Result<Value, BuildError> {
    let first = planner.steps.len();
    // Trees that are cheaper as tables, each by itself.
    let mut tables: BTreeMap<u32, Table> = BTreeMap::new();
    for &root in all.keys() {
        let Some(table) = Table::new(planner.dag, root)? else { continue };
        planner.sum(&Terms::from([(root, 1)]))?;
        let selects = planner.steps.len() - first;
        planner.steps.truncate(first);
        table.plan(planner)?;
        let products = planner.steps.len() - first;
        planner.steps.truncate(first);
        if products < selects {
            tables.insert(root, table);
        }
    }
    let total = planner.sum(all)?;
    if tables.is_empty() {
        return within(planner, total);
    }
    let selects = planner.steps.split_off(first);
    let others = all.iter().filter(|(root, _)| !tables.contains_key(root));
    let mut mixed = planner.sum(&others.map(|(&root, &factor)| (root, factor)).collect())?;
    for (root, &factor) in all {
        if let Some(table) = tables.get(root) {
            mixed.add(&table.plan(planner)?, factor)?;
        }
    }
    if planner.steps.len() - first < selects.len() {
        return within(planner, mixed);
    }
    planner.steps.truncate(first);
    planner.steps.extend(selects);
    within(planner, total)
}

/// The same value, with what its terms say of its interval.
fn within(planner: &Planner<'_>, value: Value) -> Result<Value, BuildError> {
    let (lo, hi) = planner.check(&value.form)?;
    let interval = (value.interval.0.max(lo), value.interval.1.min(hi));
    Ok(Value { interval, ..value })
}

/// A sum, and the products or named leaves that it takes.
struct Evaluation {
    steps: Vec<Step>,
    named: Vec<NamedTree>,
    total: Value,
}

impl Evaluation {
    /// What it costs, about.
    fn constraints(&self) -> usize {
        self.steps.len() + self.named.iter().map(NamedTree::estimate).sum::<usize>()
    }
}

/// Outputs that share trees, and these trees.
struct Family {
    outputs: Vec<usize>,
    trees: Vec<usize>,
}

/// Outputs by which trees they share. An output that no tree names is in none.
fn families(trees: &[Tree], outputs: usize) -> Result<Vec<Family>, BuildError> {
    // The family of each output, by its lowest member.
    let mut lowest: Vec<usize> = (0..outputs).collect();
    let named: Vec<BTreeSet<usize>> = trees.iter().map(changed).collect();
    for outputs in &named {
        let members: BTreeSet<usize> = outputs.iter().filter_map(|&o| lowest.get(o).copied()).collect();
        if let Some(&first) = members.first() {
            lowest.iter_mut().filter(|low| members.contains(low)).for_each(|low| *low = first);
        }
    }
    let mut families: BTreeMap<usize, Family> = BTreeMap::new();
    for (tree, outputs) in named.iter().enumerate() {
        if let Some(&output) = outputs.first() {
            let low = *at("outputs", &lowest, output)?;
            let family = families.entry(low);
            family.or_insert_with(|| Family { outputs: Vec::new(), trees: Vec::new() }).trees.push(tree);
        }
    }
    for (output, low) in lowest.iter().enumerate() {
        if let Some(family) = families.get_mut(low) {
            family.outputs.push(output);
        }
    }
    Ok(families.into_values().collect())
}

/// Nodes that the plan of an ensemble evaluates: of a family, every tree once for each output. Pruning takes some away.
pub(super) fn work(ensemble: &Ensemble) -> Result<u64, BuildError> {
    let (trees, outputs) = (ensemble.trees(), ensemble.outputs());
    let nodes = |trees: &mut dyn Iterator<Item = &Tree>| {
        trees.fold(0u64, |nodes, tree| nodes.saturating_add(tree.len() as u64))
    };
    if ensemble.aggregate() != Aggregate::Sum {
        return Ok(nodes(&mut trees.iter()).saturating_mul(outputs as u64));
    }
    let of_family = |family: &Family| {
        let of_trees = nodes(&mut family.trees.iter().filter_map(|&i| trees.get(i)));
        of_trees.saturating_mul(family.outputs.len() as u64)
    };
    Ok(families(trees, outputs)?.iter().map(of_family).fold(0, u64::saturating_add))
}

/// Outputs to which some leaf gives a value other than 0.
fn changed(tree: &Tree) -> BTreeSet<usize> {
    let leaves = leaves(tree).flatten();
    leaves.filter(|(_, value)| *value != 0).map(|&(output, _)| output as usize).collect()
}

/// Whether the leaves of a tree name an output: all of them do, or none, of what is not summed.
fn names(tree: &Tree, output: usize) -> bool {
    let first = leaves(tree).next();
    first.is_some_and(|values| values.binary_search_by_key(&output, |&(named, _)| named as usize).is_ok())
}

fn leaves(tree: &Tree) -> impl Iterator<Item = &Vec<(u32, i64)>> {
    tree.iter().filter_map(|node| match node {
        Node::Leaf(values) => Some(values),
        Node::Branch { .. } => None,
    })
}

fn value_of(values: &[(u32, i64)], output: usize) -> i64 {
    let found = values.binary_search_by_key(&output, |&(named, _)| named as usize);
    found.ok().and_then(|at| values.get(at)).map_or(0, |&(_, value)| value)
}

/// The interval of an output's sum.
fn interval(trees: &[(usize, &Tree)], output: usize) -> Result<Interval, BuildError> {
    let mut sum = (0i128, 0i128);
    for (_, tree) in trees {
        let values = || leaves(tree).map(|values| i128::from(value_of(values, output)));
        sum = (sum.0 + values().min().unwrap_or(0), sum.1 + values().max().unwrap_or(0));
    }
    narrow(sum.0)?;
    narrow(sum.1)?;
    Ok(sum)
}

/// What the outputs of a family add up to, if the leaves of each tree all add up to the same.
fn constant_total(trees: &[(usize, &Tree)], outputs: &[usize]) -> Result<Option<i64>, BuildError> {
    let mut total = 0i128;
    for (_, tree) in trees {
        let sum = |values: &Vec<(u32, i64)>| -> i128 {
            outputs.iter().map(|&output| i128::from(value_of(values, output))).sum()
        };
        let mut sums = leaves(tree).map(sum);
        let first = sums.next().unwrap_or(0);
        if sums.any(|other| other != first) {
            return Ok(None);
        }
        total += first;
    }
    narrow(total).map(Some)
}

/// Equal trees once, and how many of each there are.
fn count(roots: &[u32]) -> Terms {
    let mut terms = Terms::new();
    roots.iter().for_each(|&root| *terms.entry(root).or_default() += 1);
    terms
}

/// Constraints that take so many digits apart, about: the width of the range table is not known here.
fn unpacking(digits: usize, width: u32, ranges: Ranges) -> usize {
    let each = match ranges {
        Ranges::Bits => width,
        Ranges::Lookup => width.div_ceil(8) + 1,
    };
    if digits > 1 { digits * each as usize } else { 0 }
}

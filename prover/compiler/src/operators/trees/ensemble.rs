//! A tree ensemble as the model has it: conditions on real numbers, leaves of real numbers; and its integer form.

use std::collections::BTreeMap;

use assay_circuits::layers::trees::{self, Ensemble, Node, Set};

use super::beside::{self, Seen};
use crate::import::single::Precision;
use crate::number::pow2;
use crate::operators::grid::Grid;

/// Ranges of values, ends included.
pub(super) type Ranges = Vec<(f64, f64)>;

/// What a branch asks of a value.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Condition {
    /// `x <= t`.
    AtMost(f64),
    /// `x < t`.
    Below(f64),
    /// `x >= t`.
    AtLeast(f64),
    /// `x > t`.
    Above(f64),
    /// Whether `x` lies in one of these ranges, ends included, or in none.
    Among { ranges: Ranges, is_in: bool },
}

/// What is known of all values of an argument.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Values {
    /// They are whole numbers: counts, categories, decisions.
    Whole,
    /// They are numbers of single precision, and their integers are order keys.
    Float32,
    /// Nothing is known of them.
    Unknown,
}

/// A node of a tree.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Branch {
    /// Goes on at `yes` if the condition holds, else at `no`.
    Condition {
        /// Position of the feature among those that the ensemble asks for.
        feature: u32,
        condition: Condition,
        yes: u32,
        no: u32,
        /// Whether a missing value goes to `yes` whatever the condition.
        missing: Missing,
    },
    /// What it adds to outputs, ascending by output.
    Leaf(Vec<(u32, f64)>),
}

/// Where a missing value goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Missing {
    /// Where the comparison says, which is false but for `!=`.
    AsCompared,
    /// To the true branch.
    Yes,
}

impl Missing {
    /// Whether a missing value goes to the true branch of a condition.
    fn holds(self, condition: &Condition) -> bool {
        self == Missing::Yes || condition.holds(f64::NAN)
    }
}

/// Trees over features, as the model has them.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct RealEnsemble {
    /// The model's numbers of the features that are asked for, ascending.
    pub features: Vec<usize>,
    /// Nodes of each tree, the root first, each child behind its parent.
    pub trees: Vec<Vec<Branch>>,
    /// One an output.
    pub base: Vec<f64>,
    pub aggregate: trees::Aggregate,
    /// Features are rounded to it before they are compared.
    pub precision: Precision,
}

impl RealEnsemble {
    /// The outputs for the features that are asked for.
    pub fn apply(&self, x: &[f64]) -> Vec<f64> {
        let mut values: Vec<Option<f64>> = vec![None; self.base.len()];
        for tree in &self.trees {
            let Some(leaf) = self.leaf(tree, x) else { continue };
            for &(output, value) in leaf {
                let Some(slot) = values.get_mut(output as usize) else { continue };
                *slot = Some(match (*slot, self.aggregate) {
                    (None, _) => value,
                    (Some(sum), trees::Aggregate::Sum) => sum + value,
                    (Some(least), trees::Aggregate::Min) => least.min(value),
                    (Some(largest), trees::Aggregate::Max) => largest.max(value),
                });
            }
        }
        values.iter().zip(&self.base).map(|(value, base)| value.unwrap_or(0.0) + base).collect()
    }

    fn leaf<'a>(&self, tree: &'a [Branch], x: &[f64]) -> Option<&'a [(u32, f64)]> {
        let mut position = 0;
        loop {
            match tree.get(position)? {
                Branch::Leaf(values) => return Some(values),
                Branch::Condition { feature, condition, yes, no, missing } => {
                    let x = *x.get(*feature as usize)?;
                    let holds = condition.holds(x) || (x.is_nan() && *missing == Missing::Yes);
                    position = if holds { *yes } else { *no } as usize;
                }
            }
        }
    }

    /// Comparisons of an evaluation, at most: the depths of all trees.
    pub fn steps(&self) -> usize {
        let depth = |tree: &Vec<Branch>| {
            let mut depths = vec![0usize; tree.len()];
            for (position, branch) in tree.iter().enumerate() {
                let Branch::Condition { yes, no, .. } = branch else { continue };
                let below = depths.get(position).map_or(0, |depth| depth + 1);
                for child in [*yes, *no] {
                    if let Some(depth) = depths.get_mut(child as usize) {
                        *depth = below;
                    }
                }
            }
            depths.into_iter().max().unwrap_or(0)
        };
        self.trees.iter().map(depth).sum()
    }

    /// The weights of each leaf.
    pub fn leaves(&self) -> impl Iterator<Item = &Vec<(u32, f64)>> {
        self.trees.iter().flatten().filter_map(|branch| match branch {
            Branch::Leaf(values) => Some(values),
            Branch::Condition { .. } => None,
        })
    }

    /// The weights of each leaf, to be changed.
    pub fn leaves_mut(&mut self) -> impl Iterator<Item = &mut Vec<(u32, f64)>> {
        self.trees.iter_mut().flatten().filter_map(|branch| match branch {
            Branch::Leaf(values) => Some(values),
            Branch::Condition { .. } => None,
        })
    }

    /// Outputs and weights of all leaves.
    pub fn weights(&self) -> impl Iterator<Item = (u32, f64)> + '_ {
        self.leaves().flatten().copied()
    }

    /// Whether all sums of leaves are whole numbers.
    pub fn is_whole(&self) -> bool {
        let is_whole = |branch: &Branch| match branch {
            Branch::Leaf(values) => values.iter().all(|(_, value)| value.fract() == 0.0),
            _ => true,
        };
        self.base.iter().all(|base| base.fract() == 0.0) && self.trees.iter().flatten().all(is_whole)
    }

    /// The least and the largest value of each output, by the leaves of each tree alone.
    pub fn ranges(&self) -> Vec<(f64, f64)> {
        let mut total: Vec<Option<(f64, f64)>> = vec![None; self.base.len()];
        for tree in &self.trees {
            // Of each output that the tree names: its ends, and how many leaves name it.
            let mut of_tree: BTreeMap<u32, (f64, f64, usize)> = BTreeMap::new();
            let mut leaves = 0;
            for branch in tree {
                let Branch::Leaf(values) = branch else { continue };
                leaves += 1;
                for &(output, value) in values {
                    let range = of_tree.entry(output).or_insert((value, value, 0));
                    *range = (range.0.min(value), range.1.max(value), range.2 + 1);
                }
            }
            for (output, (lo, hi, named)) in of_tree {
                let Some(total) = total.get_mut(output as usize) else { continue };
                let of_tree = if named < leaves { (lo.min(0.0), hi.max(0.0)) } else { (lo, hi) };
                *total = Some(match (*total, self.aggregate) {
                    (None, _) => of_tree,
                    (Some(sum), trees::Aggregate::Sum) => (sum.0 + of_tree.0, sum.1 + of_tree.1),
                    (Some(all), _) => (all.0.min(of_tree.0), all.1.max(of_tree.1)),
                });
            }
        }
        let range = |(total, base): (&Option<(f64, f64)>, &f64)| {
            let (lo, hi) = total.unwrap_or((0.0, 0.0));
            (lo + base, hi + base)
        };
        total.iter().zip(&self.base).map(range).collect()
    }

    /// The same on integers: leaves at binary scale `scale`, each feature an affine function of an argument at a scale of its own, of which
    /// one integer, its code, may say that it is missing; `seen` is what the calibration data has of each, where that is known. `None` where a number is beyond what integers hold.
    pub fn integers(
        &self,
        (arguments, seen): (&[Values], &[Seen]),
        slots: &[Slot],
        scales: &[i32],
        codes: &[Option<i64>],
        scale: i32,
    ) -> Option<Ensemble> {
        let unknown = Seen::default();
        let mut trees = Vec::with_capacity(self.trees.len());
        for tree in &self.trees {
            let mut nodes = Vec::with_capacity(tree.len());
            for branch in tree {
                nodes.push(match branch {
                    Branch::Leaf(values) => Node::Leaf(round_all(values, scale)?),
                    Branch::Condition { feature, condition, yes, no, missing } => {
                        let slot = slots.get(*feature as usize)?;
                        let scale = *scales.get(slot.argument as usize)?;
                        let seen = seen.get(slot.argument as usize).unwrap_or(&unknown);
                        let set = match arguments.get(slot.argument as usize)? {
                            Values::Float32 => condition.on_keys(slot)?,
                            Values::Whole if scale >= 0 => condition.on_grid(slot, scale, Grid::Exact, seen),
                            _ => condition.on_grid(slot, scale, Grid::Rounded, seen),
                        };
                        let code = codes.get(slot.argument as usize).copied().flatten();
                        let set = match code.filter(|_| slot.factor != 0.0) {
                            None => set,
                            Some(code) if missing.holds(condition) => set.union(&Set::exactly(code)),
                            Some(code) => set.difference(&Set::exactly(code)),
                        };
                        Node::Branch { feature: slot.argument, set, yes: *yes, no: *no }
                    }
                });
            }
            self.level(tree, &mut nodes, scale);
            trees.push(nodes);
        }
        let base = self.base.iter().map(|&base| round(base, scale)).collect::<Option<Vec<i64>>>()?;
        Ensemble::new(arguments.len(), trees, base, self.aggregate).ok()
    }

    /// Where the leaves of a tree all have one sum over several outputs, as shares of classes do, the integers get one sum as well: the
    /// last of each leaf takes what rounding left. Then the last output follows from the others.
    fn level(&self, tree: &[Branch], nodes: &mut [Node], scale: i32) {
        if self.aggregate != trees::Aggregate::Sum || self.base.len() < 2 {
            return;
        }
        let sums = || {
            tree.iter().filter_map(|branch| match branch {
                Branch::Leaf(values) => Some(values.iter().map(|&(_, value)| value).sum::<f64>()),
                Branch::Condition { .. } => None,
            })
        };
        let Some(first) = sums().next() else { return };
        let tolerance = 1e-6 * first.abs().max(pow2(-scale));
        let is_full = |node: &Node| !matches!(node, Node::Leaf(values) if values.len() != self.base.len());
        if sums().any(|sum| (sum - first).abs() > tolerance) || !nodes.iter().all(is_full) {
            return;
        }
        let Some(total) = round(first, scale) else { return };
        for node in nodes {
            if let Node::Leaf(values) = node
                && let Some(((_, last), others)) = values.split_last_mut()
            {
                *last = others.iter().fold(total, |rest, &(_, value)| rest.saturating_sub(value));
            }
        }
    }
}

/// A feature as `factor * argument + offset`, rounded to a precision.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Slot {
    /// Which argument.
    pub argument: u32,
    /// 0 for a constant.
    pub factor: f64,
    pub offset: f64,
    pub precision: Precision,
}

impl Slot {
    /// The feature's value.
    pub fn value(&self, arguments: &[f64]) -> f64 {
        let x = arguments.get(self.argument as usize).copied().unwrap_or(f64::NAN);
        // Nothing is rounded where nothing is computed.
        let value = match (self.factor, self.offset) {
            (1.0, 0.0) => x,
            (0.0, constant) => constant,
            (factor, offset) => factor * x + offset,
        };
        self.precision.round(value)
    }

    /// The argument's integer, as a real number, at which the feature has the value `t`.
    fn place(&self, t: f64, scale: i32) -> f64 {
        let place = (t - self.offset) / self.factor * pow2(scale);
        if (self.factor, self.offset) == (1.0, 0.0) {
            return place;
        }
        // What was folded in single precision may miss an integer by its rounding.
        let nearest = place.round();
        if (place - nearest).abs() <= nearest.abs().max(1.0) * pow2(-22) { nearest } else { place }
    }
}

impl Condition {
    /// `x = t`, or `x != t`.
    pub fn equal(t: f64, is_in: bool) -> Self {
        Condition::Among { ranges: vec![(t, t)], is_in }
    }

    /// `x` is one of these.
    pub fn member(values: &[f64]) -> Self {
        Condition::Among { ranges: values.iter().map(|&value| (value, value)).collect(), is_in: true }
    }

    /// The values for which it holds, where these are a list.
    pub fn members(&self) -> Option<&[(f64, f64)]> {
        match self {
            Condition::Among { ranges, is_in: true } => Some(ranges),
            _ => None,
        }
    }

    pub(super) fn holds(&self, x: f64) -> bool {
        match self {
            Condition::AtMost(t) => x <= *t,
            Condition::Below(t) => x < *t,
            Condition::AtLeast(t) => x >= *t,
            Condition::Above(t) => x > *t,
            Condition::Among { ranges, is_in } => ranges.iter().any(|&(lo, hi)| lo <= x && x <= hi) == *is_in,
        }
    }

    /// The integers `q` for which the condition holds of what they stand for: [`Grid`] says where a threshold lies among them. A condition on
    /// `factor * x + offset` is one on `x`, or its mirror image where the factor is negative.
    fn on_grid(&self, slot: &Slot, scale: i32, grid: Grid, seen: &Seen) -> Set {
        if slot.factor == 0.0 {
            return if self.holds(slot.offset) { Set::all() } else { Set::none() };
        }
        let rising = slot.factor > 0.0;
        let from = |first: f64| Set::at_least(clamp(first));
        let before = |first: f64| Set::below(clamp(first));
        let place = |t: f64| slot.place(t, scale);
        let is_argument = grid == Grid::Rounded && (slot.factor, slot.offset) == (1.0, 0.0);
        let first = |t: f64, is_strict: bool, otherwise: f64| match is_argument {
            true => from(beside::first((t, is_strict), slot, scale, seen, otherwise)),
            false => from(otherwise),
        };
        let above = |t: f64| match rising {
            true => first(t, true, grid.first_above(place(t))),
            false => before(grid.first_at_least(place(t))),
        };
        let at_least = |t: f64| match rising {
            true => first(t, false, grid.first_at_least(place(t))),
            false => before(grid.first_above(place(t))),
        };
        let equal = |t: f64| grid.equal(place(t)).map_or_else(Set::none, |q| Set::exactly(clamp(q)));
        match self {
            Condition::AtMost(t) => above(*t).complement(),
            Condition::Below(t) => at_least(*t).complement(),
            Condition::AtLeast(t) => at_least(*t),
            Condition::Above(t) => above(*t),
            Condition::Among { ranges, is_in } => {
                let within = |&(lo, hi): &(f64, f64)| match lo == hi {
                    true => equal(lo),
                    false => at_least(lo).difference(&above(hi)),
                };
                let set = ranges.iter().fold(Set::none(), |set, range| set.union(&within(range)));
                if *is_in { set } else { set.complement() }
            }
        }
    }
}

/// As a threshold: what is beyond all integers that features have stays beyond them.
fn clamp(place: f64) -> i64 {
    let limit = (trees::LIMIT - 1) as f64;
    place.clamp(-limit, limit) as i64
}

fn round(value: f64, scale: i32) -> Option<i64> {
    crate::number::quantize(value, scale).filter(|value| value.abs() < trees::LIMIT)
}

fn round_all(values: &[(u32, f64)], scale: i32) -> Option<Vec<(u32, i64)>> {
    values.iter().map(|&(output, value)| Some((output, round(value, scale)?))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// All conditions with a threshold.
    fn conditions(t: f64) -> Vec<Condition> {
        vec![
            Condition::AtMost(t),
            Condition::Below(t),
            Condition::AtLeast(t),
            Condition::Above(t),
            Condition::equal(t, true),
            Condition::equal(t, false),
            Condition::member(&[t, t + 0.5, -1.0]),
        ]
    }

    /// A feature that equals a threshold is compared as equal to it, whatever the argument is rounded to.
    #[test]
    fn what_equals_a_threshold_stays_equal_to_it() {
        let identity = Slot { argument: 0, factor: 1.0, offset: 0.0, precision: Precision::Double };
        for slot in [identity, Slot { factor: -0.5, offset: 0.25, ..identity }] {
            for x in (1..1000).map(|i| f64::from((f64::from(i).sqrt() - 17.0) as f32)) {
                let t = slot.value(&[x]);
                for scale in [3, 8, 15] {
                    // Half-way between two integers, those decide.
                    if slot.place(t, scale).fract().abs() == 0.5 {
                        continue;
                    }
                    let q = crate::number::quantize(x, scale).unwrap();
                    for condition in conditions(t) {
                        let set = condition.on_grid(&slot, scale, Grid::Rounded, &Seen::default());
                        assert_eq!(set.contains(q), condition.holds(t), "{condition:?} {slot:?} {scale}");
                    }
                }
            }
        }
    }

    /// Every condition on an exact grid holds of exactly the integers whose numbers it holds of; on a rounded one too, where its
    /// thresholds are on integers or half-way between two, but for what is not equal to any.
    #[test]
    fn grids_are_exact() {
        let identity = Slot { argument: 0, factor: 1.0, offset: 0.0, precision: Precision::Double };
        let slots = [
            identity,
            Slot { factor: -0.5, offset: 0.25, ..identity },
            Slot { factor: 4.0, offset: -1.0, ..identity },
            Slot { factor: 0.0, offset: 0.5, ..identity },
        ];
        let decimals = [0.1f32, -0.1, 0.7].map(f64::from);
        let thresholds = [0.0, -0.0, 0.5, -1.25, f64::INFINITY, f64::NEG_INFINITY, 1e30];
        for t in thresholds.into_iter().chain(decimals) {
            let conditions = conditions(t);
            for (condition, slot) in conditions.iter().flat_map(|c| slots.iter().map(move |s| (c, s))) {
                for scale in [-1, 0, 2] {
                    let place = slot.place(t, scale);
                    let (is_list, fraction) = (condition.members().is_some(), place.fract().abs());
                    let is_order = !matches!(condition, Condition::Among { .. });
                    let is_kept = slot.factor == 0.0
                        || !is_list && (place.is_infinite() || fraction == 0.0)
                        || is_order && fraction == 0.5;
                    let grids = if is_kept { &[Grid::Exact, Grid::Rounded][..] } else { &[Grid::Exact] };
                    for (grid, q) in grids.iter().flat_map(|grid| (-20..=20i64).map(move |q| (*grid, q))) {
                        let x = slot.value(&[q as f64 * pow2(-scale)]);
                        let set = condition.on_grid(slot, scale, grid, &Seen::default());
                        assert_eq!(set.contains(q), condition.holds(x), "{condition:?} {slot:?} {scale} {q} {grid:?}");
                    }
                }
            }
        }
    }
}

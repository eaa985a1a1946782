//! How far trees can be off: by the rounding of their leaves, and where a branch of the integers is not that of the float model.
//!
//! What an integer stands for is compared with thresholds that lie between integers, and a number that equals a threshold is to stay equal
//! to it, so that an integer next to a threshold may take the other branch than the number that it stands for ([`super::beside`]). Of each
//! branch both answers are known for all integers of the domain; where they differ, trees differ by the leaves below. Of one feature one
//! integer is given: of the branches on it those of that one integer differ at once.

use std::collections::BTreeMap;

use assay_circuits::layers::trees::{Aggregate, Ensemble, Node};

use super::ensemble::{Branch, Condition, RealEnsemble, Slot, Values};
use crate::import::single::Precision;
use crate::number::pow2;
use crate::quantize::certify::range::Range;
use crate::quantize::certify::rule::{Given, Row, Rule};

/// Where the answers of a branch differ: for integers from the first to the last, of an argument.
type Differing = Vec<(i64, i64)>;

/// The rules of each output.
pub(super) fn rules(
    real: &RealEnsemble,
    integers: &Ensemble,
    slots: &[Slot],
    arguments: &[Values],
    given: &Given<'_>,
) -> Option<Vec<Rule>> {
    let outputs = real.base.len();
    if real.trees.iter().map(Vec::len).sum::<usize>().saturating_mul(outputs * outputs) > MOST_WORK {
        return None;
    }
    let unit = pow2(-given.scale);
    // Of each output: by leaves, and by branches of each argument and integer, of each tree the worst.
    let mut leaves = vec![Range::ZERO; outputs];
    let mut branches: Vec<BTreeMap<(usize, i64), Range>> = vec![BTreeMap::new(); outputs];
    let mut anywhere = vec![Range::ZERO; outputs];
    for (tree, nodes) in real.trees.iter().zip(integers.trees()) {
        let of_leaves = rounding(tree, nodes, outputs, unit)?;
        let mut of_tree: Vec<BTreeMap<(usize, i64), Range>> = vec![BTreeMap::new(); outputs];
        let mut in_tree = vec![Range::ZERO; outputs];
        let below = spans(tree, outputs);
        for (branch, node) in tree.iter().zip(nodes) {
            let (Branch::Condition { feature, condition, yes, no, .. }, Node::Branch { set, .. }) = (branch, node) else {
                continue;
            };
            let slot = slots.get(*feature as usize)?;
            let at = slot.argument as usize;
            let (row, &scale) = (given.rows.get(at)?, given.scales.get(at)?);
            let Some(differing) = differing(condition, slot, (arguments.get(at)?, row, scale), &|q| set.contains(q))? else {
                // Where nothing is known, everywhere.
                for (output, slot) in in_tree.iter_mut().enumerate() {
                    *slot = slot.hull(both(&below, *yes, *no, output)?);
                }
                continue;
            };
            for (first, last) in differing {
                for (output, of_output) in of_tree.iter_mut().enumerate() {
                    let off = both(&below, *yes, *no, output)?;
                    if off == Range::ZERO {
                        continue;
                    }
                    if last - first > MOST_INTEGERS {
                        let slot = in_tree.get_mut(output)?;
                        *slot = slot.hull(off);
                        continue;
                    }
                    for q in first..=last {
                        let known = of_output.entry((at, q)).or_insert(Range::ZERO);
                        *known = known.hull(off);
                    }
                }
            }
        }
        for output in 0..outputs {
            let merge = |all: &mut Range, one: Range| match real.aggregate {
                Aggregate::Sum => *all = all.plus(one),
                _ => *all = all.hull(one),
            };
            merge(leaves.get_mut(output)?, *of_leaves.get(output)?);
            merge(anywhere.get_mut(output)?, *in_tree.get(output)?);
            for (place, off) in of_tree.get(output)? {
                merge(branches.get_mut(output)?.entry(*place).or_insert(Range::ZERO), *off);
            }
        }
    }
    let rule = |output: usize| {
        let base = real.base.get(output)? - *integers.base().get(output)? as f64 * unit;
        let base = Range::new(base, base).widened(f64::EPSILON * real.base.get(output)?.abs());
        // The worst integer of each argument.
        let mut worst: BTreeMap<usize, Range> = BTreeMap::new();
        for (&(argument, _), &off) in branches.get(output)? {
            let slot = worst.entry(argument).or_insert(Range::ZERO);
            *slot = slot.hull(off);
        }
        let by_branches = worst.values().fold(*anywhere.get(output)?, |sum, &off| match real.aggregate {
            Aggregate::Sum => sum.plus(off),
            _ => sum.hull(off),
        });
        let value = *given.results.get(output)?;
        let error = leaves.get(output)?.plus(by_branches).plus(base);
        Some(Rule::constant(error, value))
    };
    (0..outputs).map(rule).collect()
}

/// Nodes, times the square of outputs, that are looked at at most.
const MOST_WORK: usize = 1 << 25;
/// Integers of which a branch's answers differ one by one, at most.
const MOST_INTEGERS: i64 = 64;

/// What the leaves of a tree are off, by output: the float model's less the integers'.
fn rounding(tree: &[Branch], nodes: &[Node], outputs: usize, unit: f64) -> Option<Vec<Range>> {
    let mut off: Vec<Option<Range>> = vec![None; outputs];
    for (branch, node) in tree.iter().zip(nodes) {
        let (Branch::Leaf(real), Node::Leaf(integers)) = (branch, node) else { continue };
        for (output, slot) in (0u32..).zip(&mut off) {
            let at = real.iter().find(|(of, _)| *of == output).map_or(0.0, |(_, value)| *value);
            let q = integers.iter().find(|(of, _)| *of == output).map_or(0, |(_, value)| *value);
            let less = at - q as f64 * unit;
            let less = if less == 0.0 { Range::ZERO } else { Range::new(less, less).widened(f64::EPSILON * at.abs()) };
            *slot = Some(slot.map_or(less, |known| known.hull(less)));
        }
    }
    off.into_iter().collect()
}

/// Of each node and output: what the leaves below give.
fn spans(tree: &[Branch], outputs: usize) -> Vec<Vec<Range>> {
    let mut spans: Vec<Vec<Range>> = vec![Vec::new(); tree.len()];
    // Children stand behind their parents.
    for (position, branch) in tree.iter().enumerate().rev() {
        let found = match branch {
            Branch::Leaf(values) => {
                let of = |output: u32| values.iter().find(|(of, _)| *of == output).map_or(0.0, |(_, value)| *value);
                (0..outputs as u32).map(of).map(|x| Range::new(x, x)).collect()
            }
            Branch::Condition { yes, no, .. } => {
                let of = |child: &u32| spans.get(*child as usize).map_or(&[][..], Vec::as_slice);
                of(yes).iter().zip(of(no)).map(|(yes, no)| yes.hull(*no)).collect()
            }
        };
        if let Some(slot) = spans.get_mut(position) {
            *slot = found;
        }
    }
    spans
}

/// What the two sides of a branch differ by, either way.
fn both(spans: &[Vec<Range>], yes: u32, no: u32, output: usize) -> Option<Range> {
    let [yes, no] = [yes, no].map(|child| spans.get(child as usize).and_then(|all| all.get(output)).copied());
    let (yes, no) = (yes?, no?);
    if yes == no && yes.lo == yes.hi {
        return Some(Range::ZERO);
    }
    let off = yes.minus(no);
    Some(off.hull(off.negated()).hull(Range::ZERO))
}

/// The integers of the domain of which a condition and its integers' set have different answers; the inner `None` where that is not known,
/// the outer where it cannot be.
fn differing(
    condition: &Condition,
    slot: &Slot,
    (known, row, scale): (&Values, &Row, i32),
    holds: &dyn Fn(i64) -> bool,
) -> Option<Option<Differing>> {
    // Order keys are compared as their numbers are; a constant has one answer.
    if *known == Values::Float32 || slot.factor == 0.0 {
        return Some(Some(Vec::new()));
    }
    if row.error != Range::ZERO || !row.value.is_finite() {
        return Some(None);
    }
    let [first, last] = [row.value.lo, row.value.hi].map(|end| (end * pow2(scale)).round());
    if first.abs() > pow2(52) || last.abs() > pow2(52) {
        return None;
    }
    let (first, last) = (first as i64, last as i64);
    if matches!(condition, Condition::Among { .. }) {
        // Whole numbers are compared exactly; of others each list would have to be looked at.
        let is_whole = *known == Values::Whole && scale >= 0 && (slot.factor, slot.offset) == (1.0, 0.0);
        // Beyond, two integers may be one number of single precision.
        let is_single = [first, last].into_iter().all(|end| end.abs() <= 1 << f32::MANTISSA_DIGITS);
        let is_exact = is_whole && (is_single || slot.precision == Precision::Double);
        return Some(is_exact.then(Vec::new));
    }
    // Both change once, from the first to the last.
    let real = |q: i64| condition.holds(slot.precision.round(slot.factor * (q as f64 * pow2(-scale)) + slot.offset));
    let (of_real, of_set) = (change(first, last, &real), change(first, last, holds));
    Some(Some(match (real(first) == holds(first), of_real == of_set) {
        (true, true) => Vec::new(),
        (true, false) => vec![(of_real.min(of_set), of_real.max(of_set) - 1)],
        (false, _) => {
            let same = (of_real.min(of_set), of_real.max(of_set) - 1);
            // They differ but between the two changes.
            [(first, same.0 - 1), (same.1 + 1, last)].into_iter().filter(|(a, b)| a <= b).collect()
        }
    }))
}

/// The first integer whose answer is not the first's; the one behind the last where there is none.
fn change(first: i64, last: i64, holds: &dyn Fn(i64) -> bool) -> i64 {
    let at_first = holds(first);
    let (mut same, mut other) = (first, last + 1);
    while other - same > 1 {
        let middle = same + (other - same) / 2;
        if holds(middle) == at_first { same = middle } else { other = middle }
    }
    other
}

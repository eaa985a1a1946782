//! Outputs that say which of some scores is the largest.

use crate::quantize::graph::{QuantGraph, QuantOutput, Step};

/// The groups of scores of which an output's elements are the places of the largest; the scores are the layer's accumulators as they are.
pub(super) fn places(graph: &QuantGraph, output: &QuantOutput) -> Option<Vec<Vec<usize>>> {
    match &graph.layers.get(output.layer)?.step {
        Step::Operator { arguments, operator } => match arguments.as_slice() {
            [argument] if argument.rounding.is_none() => operator.ranks(),
            _ => None,
        },
        Step::Accumulate | Step::Requantize(_) => None,
    }
}

/// How far the largest score of each group is ahead of the next, for each output that is a place of the largest; a score without another is
/// ahead of everything.
pub(crate) fn leads(graph: &QuantGraph, accumulators: &[Vec<i64>]) -> Vec<Option<Vec<i64>>> {
    let of = |output: &QuantOutput| {
        let (groups, scores) = (places(graph, output)?, accumulators.get(output.layer)?);
        let lead = |group: &Vec<usize>| ahead(group.iter().filter_map(|&at| scores.get(at).copied()));
        Some(groups.iter().map(lead).collect())
    };
    graph.outputs.iter().map(of).collect()
}

/// By how much the largest of some scores is ahead of every other.
pub fn ahead(scores: impl IntoIterator<Item = i64>) -> i64 {
    let (mut best, mut next) = (None, None);
    for score in scores {
        if best.is_none_or(|best| score > best) {
            (best, next) = (Some(score), best);
        } else if next.is_none_or(|next| score > next) {
            next = Some(score);
        }
    }
    match (best, next) {
        (Some(best), Some(next)) => best.saturating_sub(next),
        _ => i64::MAX,
    }
}

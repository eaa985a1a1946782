//! What a graph's circuit will cost, without building it: what the search minimizes, and what decides between the two ways
//! to prove ranges.
//!
//! The formulas are those of `assay_circuits`, beside the layers that they speak of; here the graph is walked as lowering
//! walks it.

use assay_circuits::cost::{self as circuits, Size, Tally};
use assay_circuits::gadgets::accumulate;
use assay_circuits::layers::{argmax, function, layer_norm, max_pool, requantize, softmax};
use assay_circuits::{BuildError, Ranges};

use super::bounds::LayerIntervals;
use super::graph::{QuantGraph, QuantLayer, Rounding, Step};
use super::interval::Interval;
use crate::model::Groups;

/// The size of a graph's circuit without its statement.
pub(crate) fn of_graph(graph: &QuantGraph, intervals: &[LayerIntervals], ranges: Ranges) -> Size {
    let mut tally = Tally::new(ranges);
    for input in &graph.inputs {
        tally.inputs(input.bits.into(), input.elements());
    }
    for (layer, intervals) in graph.layers.iter().zip(intervals) {
        // What has no formula has no circuit either: lowering says why.
        let _ = of_layer(layer, intervals, &mut tally);
    }
    tally.size()
}

fn of_layer(layer: &QuantLayer, intervals: &LayerIntervals, tally: &mut Tally) -> Result<(), BuildError> {
    let rows = layer.map.rows();
    let terms = layer.map.terms().div_ceil(rows.max(1) as u128);
    tally.add(rows * accumulate::cost(usize::try_from(terms).unwrap_or(usize::MAX)));
    let pools_first = pools_first(layer, intervals, tally.ranges());
    let accumulators = plain(&intervals.accumulators);
    let pool = |tally: &mut Tally, values: Vec<circuits::Interval>| match &layer.pool {
        Some(window) => max_pool::cost(tally, &values, window),
        None => Ok(values),
    };
    if let Step::Table { rounding, table, .. } = &layer.step {
        let pooled = pool(tally, accumulators)?;
        let parameters: Vec<_> = (0..pooled.len()).map(|i| rounding.of(i, pooled.len())).collect();
        function::cost_rounded(tally, &pooled, &parameters, table);
        return Ok(());
    }
    let values = match layer.step.rounding() {
        None => pool(tally, accumulators)?,
        Some(rounding) if pools_first => {
            let pooled = pool(tally, accumulators)?;
            round(tally, rounding, &pooled)
        }
        Some(rounding) => {
            let rounded = round(tally, rounding, &accumulators);
            pool(tally, rounded)?
        }
    };
    match &layer.step {
        Step::Accumulate | Step::Requantize(_) | Step::Table { .. } => {}
        Step::ArgMax(groups) => {
            groups.positions().for_each(|group| argmax::cost(tally, &gather(&values, group)));
        }
        Step::Softmax { groups, softmax, .. } => softmax::cost(tally, &grouped(*groups, &values), softmax),
        Step::LayerNorm { groups, normalization, .. } => {
            layer_norm::cost(tally, &grouped(*groups, &values), normalization);
        }
    }
    Ok(())
}

fn plain(intervals: &[Interval]) -> Vec<circuits::Interval> {
    intervals.iter().map(|interval| (interval.lo, interval.hi)).collect()
}

/// Rounding and clamping; values that lose equally many bits go together, as in lowering.
fn round(tally: &mut Tally, rounding: &Rounding, values: &[circuits::Interval]) -> Vec<circuits::Interval> {
    let mut rounded = values.to_vec();
    for (shift, members) in by_shift(rounding, values.len()) {
        let p = requantize::Requantize { shift, lo: rounding.lo, hi: rounding.hi };
        let results = requantize::cost(tally, &gather(values, members.iter().copied()), p);
        for (at, result) in members.into_iter().zip(results) {
            if let Some(slot) = rounded.get_mut(at) {
                *slot = result;
            }
        }
    }
    rounded
}

fn gather(values: &[circuits::Interval], group: impl Iterator<Item = usize>) -> Vec<circuits::Interval> {
    group.filter_map(|at| values.get(at).copied()).collect()
}

/// The values of all groups, one group behind the other.
fn grouped(groups: Groups, values: &[circuits::Interval]) -> Vec<circuits::Interval> {
    gather(values, groups.positions().flatten())
}

/// Accumulators by what is dropped from them.
pub(crate) fn by_shift(rounding: &Rounding, count: usize) -> std::collections::BTreeMap<u32, Vec<usize>> {
    let mut groups: std::collections::BTreeMap<u32, Vec<usize>> = Default::default();
    for i in 0..count {
        groups.entry(rounding.of(i, count).shift).or_default().push(i);
    }
    groups
}

/// Whether a layer pools its accumulators before it rounds them, which is the same and may cost less. Functions are
/// applied to what is pooled.
pub(crate) fn pools_first(layer: &QuantLayer, intervals: &LayerIntervals, ranges: Ranges) -> bool {
    let (Some(window), Step::Requantize(rounding)) = (layer.pool, &layer.step) else { return true };
    let accumulators = plain(&intervals.accumulators);
    let (mut first, mut last) = (Tally::new(ranges), Tally::new(ranges));
    // A window that cannot pool has no circuit either way: lowering says why.
    let Ok(pooled) = max_pool::cost(&mut first, &accumulators, &window) else { return true };
    round(&mut first, rounding, &pooled);
    let rounded = round(&mut last, rounding, &accumulators);
    let pools_last = max_pool::cost(&mut last, &rounded, &window);
    pools_last.is_err() || first.constraints() <= last.constraints()
}

/// Whether all results of a layer keep the terms of their accumulators: they are few, and nothing is rounded, or it costs
/// nothing.
pub(crate) fn is_free(layer: &QuantLayer, intervals: &LayerIntervals) -> bool {
    let is_short = layer.map.terms() <= accumulate::MAX_TERMS as u128 * layer.map.rows() as u128;
    match &layer.step {
        _ if layer.pool.is_some() || !is_short => false,
        Step::Accumulate => true,
        Step::Requantize(rounding) => {
            let mut tally = Tally::new(Ranges::Bits);
            round(&mut tally, rounding, &plain(&intervals.pooled));
            tally.constraints() == 0
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compile;
    use crate::options::{Options, Strategy};
    use crate::quantize::bounds;
    use crate::strategy;
    use crate::synthetic::Network;

    /// The formulas say what lowering builds, for whole networks, either way. The graph's intervals of a padded convolution are
    /// those of its inner positions: there they say a little more.
    #[test]
    fn predicts_circuits() {
        for (network, is_padded) in
            [(Network::Mlp, false), (Network::MnistMlp, false), (Network::LeNet, true)]
        {
            for way in [Strategy::Bits, Strategy::Lookup] {
                let options = Options { ranges: way, ..network.options() };
                let compiled = compile(&network.onnx(1), &network.calibration(1), &options);
                let (model, _) = compiled.unwrap_or_else(|error| panic!("{}: {error}", network.name()));
                let intervals = bounds::of_graph(&model.graph).unwrap();
                let predicted = strategy::size(&model.graph, &intervals, &model.schema, model.ranges());
                let built = Size::of(&model.circuit);
                let at = format!("{}, {way:?}: {predicted:?}, built {built:?}", network.name());
                match is_padded {
                    false => assert_eq!(predicted, built, "{at}"),
                    true => {
                        assert_eq!(predicted.hashes, built.hashes, "{at}");
                        let most = built.constraints + built.constraints / 50;
                        assert!((built.constraints..=most).contains(&predicted.constraints), "{at}");
                    }
                }
            }
        }
    }
}

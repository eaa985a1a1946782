//! What a graph's circuit will cost, without building it: what the search minimizes, and what decides between the two ways
//! to prove ranges.
//!
//! The formulas are those of `assay_circuits`, beside the layers that they speak of; here the graph is walked as lowering
//! walks it.

use std::collections::BTreeMap;

use assay_circuits::cost::{self as circuits, Size, Tally};
use assay_circuits::gadgets::accumulate;
use assay_circuits::layers::{max_pool, requantize};
use assay_circuits::{BuildError, Ranges, at_mut, gather};

use super::bounds::LayerIntervals;
use super::committed;
use super::graph::{QuantArgument, QuantGraph, QuantLayer, Rounding, Step};
use super::interval::Interval;
use super::open;

/// The size of a graph's circuit without its statement.
pub(crate) fn of_graph(graph: &QuantGraph, intervals: &[LayerIntervals], ranges: Ranges) -> Size {
    let mut tally = Tally::new(ranges);
    // The mask of the commitment.
    tally.add(usize::from(graph.layers.iter().any(|layer| layer.committed.is_some())));
    let mut inputs = open::Inputs::new(graph);
    for (layer, intervals) in graph.layers.iter().zip(intervals) {
        let rows = inputs.read_by(layer, intervals);
        // What has no formula has no circuit either: lowering says why.
        let (_, still) = tally.with_open(rows.open(), |tally| of_layer(layer, intervals, tally));
        inputs.close(&rows, &still);
    }
    inputs.cost(&mut tally);
    tally.size()
}

fn of_layer(layer: &QuantLayer, intervals: &LayerIntervals, tally: &mut Tally) -> Result<(), BuildError> {
    if layer.committed.is_some() {
        tally.add(committed::cost(&layer.map));
    } else {
        let rows = layer.map.rows();
        let terms = layer.map.terms().div_ceil(rows.max(1) as u128);
        // Of what a column count fits, so does what one row has of them.
        tally.add(rows * accumulate::cost(terms as usize));
    }
    let pools_first = pools_first(layer, intervals, tally.ranges());
    let accumulators = plain(&intervals.accumulators);
    let pool = |tally: &mut Tally, values: Vec<circuits::Interval>| match &layer.pool {
        Some(window) => max_pool::cost(tally, &values, window),
        None => Ok(values),
    };
    match &layer.step {
        Step::Accumulate => {
            pool(tally, accumulators)?;
        }
        Step::Requantize(rounding) if pools_first => {
            let pooled = pool(tally, accumulators)?;
            round(tally, rounding, &pooled)?;
        }
        Step::Requantize(rounding) => {
            let rounded = round(tally, rounding, &accumulators)?;
            pool(tally, rounded)?;
        }
        Step::Operator { arguments, operator } => {
            let pooled = pool(tally, accumulators)?;
            if let ([QuantArgument { rounding: Some(rounding), .. }], Some(fused)) =
                (arguments.as_slice(), operator.with_rounding())
            {
                let parameters: Vec<_> = rounding.of_each(pooled.len())?.collect();
                fused.cost_rounded(tally, &pooled, &parameters);
                return Ok(());
            }
            let mut rounded = Vec::with_capacity(pooled.len());
            for (argument, part) in Step::split(arguments, &pooled)? {
                match &argument.rounding {
                    Some(rounding) => rounded.extend(round(tally, rounding, part)?),
                    None => rounded.extend_from_slice(part),
                }
            }
            operator.cost(tally, &rounded)?;
        }
    }
    Ok(())
}

fn plain(intervals: &[Interval]) -> Vec<circuits::Interval> {
    intervals.iter().map(|interval| (interval.lo, interval.hi)).collect()
}

/// Rounding and clamping; values that lose equally many bits go together, as in lowering.
fn round(
    tally: &mut Tally,
    rounding: &Rounding,
    values: &[circuits::Interval],
) -> Result<Vec<circuits::Interval>, BuildError> {
    by_shift(rounding, values, |group, p| Ok(requantize::cost(tally, group, p)))
}

/// Rounds the accumulators that lose equally many bits together, since they may share a table: `round` is called once for
/// each number of bits, and gives as many results as it gets values.
pub(crate) fn by_shift<T: Clone>(
    rounding: &Rounding,
    values: &[T],
    mut round: impl FnMut(&[T], requantize::Requantize) -> Result<Vec<T>, BuildError>,
) -> Result<Vec<T>, BuildError> {
    let mut groups: BTreeMap<u32, Vec<usize>> = BTreeMap::new();
    for (position, p) in rounding.of_each(values.len())?.enumerate() {
        groups.entry(p.shift).or_default().push(position);
    }
    let mut rounded = values.to_vec();
    for (shift, members) in groups {
        let p = requantize::Requantize { shift, lo: rounding.lo, hi: rounding.hi };
        let results = round(&gather("an accumulator", values, members.iter().copied())?, p)?;
        for (position, result) in members.into_iter().zip(results) {
            *at_mut("an accumulator", &mut rounded, position)? = result;
        }
    }
    Ok(rounded)
}

/// Whether a layer pools its accumulators before it rounds them, which is the same and may cost less. Functions are
/// applied to what is pooled.
pub(crate) fn pools_first(layer: &QuantLayer, intervals: &LayerIntervals, ranges: Ranges) -> bool {
    let (Some(window), Step::Requantize(rounding)) = (layer.pool, &layer.step) else { return true };
    let accumulators = plain(&intervals.accumulators);
    let (mut first, mut last) = (Tally::new(ranges), Tally::new(ranges));
    // A window that cannot pool has no circuit either way: lowering says why.
    let pooled = max_pool::cost(&mut first, &accumulators, &window);
    let pools_first = pooled.and_then(|pooled| round(&mut first, rounding, &pooled));
    let rounded = round(&mut last, rounding, &accumulators);
    let pools_last = rounded.and_then(|rounded| max_pool::cost(&mut last, &rounded, &window));
    pools_first.is_err() || pools_last.is_err() || first.constraints() <= last.constraints()
}

/// Whether all results of a layer keep the terms of their accumulators: they are few, and nothing is rounded, or it costs
/// nothing.
pub(crate) fn is_free(layer: &QuantLayer, intervals: &LayerIntervals) -> bool {
    let is_short = layer.map.terms() <= accumulate::MAX_TERMS as u128 * layer.map.rows() as u128;
    match &layer.step {
        _ if layer.committed.is_some() || layer.pool.is_some() || !is_short => false,
        Step::Accumulate => true,
        Step::Requantize(rounding) => {
            let mut tally = Tally::new(Ranges::Bits);
            let rounded = round(&mut tally, rounding, &plain(&intervals.pooled));
            rounded.is_ok() && tally.constraints() == 0
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compile;
    use crate::options::{Options, Strategy, Weights};
    use crate::quantize::bounds;
    use crate::strategy;
    use crate::synthetic::Network;

    /// The formulas say what lowering builds, for whole networks, either way. The graph's intervals of a padded convolution are
    /// those of its inner positions: there they say up to a twentieth more.
    #[test]
    fn predicts_circuits() {
        for (network, is_padded, weights) in [
            (Network::Mlp, false, Weights::Fixed),
            (Network::Mlp, false, Weights::Committed),
            (Network::MnistMlp, false, Weights::Fixed),
            (Network::LeNet, true, Weights::Fixed),
        ] {
            for way in [Strategy::Bits, Strategy::Lookup] {
                let options = Options { ranges: way, weights, ..network.options() };
                let compiled = compile(&network.onnx(1), &network.calibration(1), &options);
                let (model, _) = compiled.unwrap_or_else(|error| panic!("{}: {error}", network.name()));
                let intervals = bounds::of_graph(&model.graph).unwrap();
                let predicted = strategy::size(&model.graph, &intervals, &model.schema, model.ranges());
                let built = Size::of(&model.circuit);
                let at = format!("{}, {way:?}, {weights:?}: {predicted:?}, built {built:?}", network.name());
                match is_padded {
                    false => assert_eq!(predicted, built, "{at}"),
                    true => {
                        assert_eq!(predicted.hashes, built.hashes, "{at}");
                        let most = built.constraints + built.constraints / 20;
                        assert!((built.constraints..=most).contains(&predicted.constraints), "{at}");
                    }
                }
            }
        }
    }
}

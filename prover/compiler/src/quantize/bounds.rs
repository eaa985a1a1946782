//! Interval arithmetic over a quantized graph: what each accumulator and each result can be, for any inputs of the
//! declared bits. Not only for the calibration data.

use assay_circuits::layers::requantize;

use super::error::PlanError;
use super::graph::{QuantGraph, QuantInput, QuantLayer, Step};
use super::interval::Interval;
use crate::internal::Expected;
use crate::number::signed_range;

/// Magnitude beyond which accumulators are refused: the limit of the circuit's witness integers.
pub(crate) const LIMIT: i128 = 1 << assay_circuits::LIMIT_BITS;

/// Intervals of a layer: accumulators, pooled accumulators and results.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct LayerIntervals {
    pub accumulators: Vec<Interval>,
    pub pooled: Vec<Interval>,
    pub results: Vec<Interval>,
}

/// The intervals of a layer over those of its columns; not feasible where an accumulator can leave [`LIMIT`].
pub(crate) fn of_layer(layer: &QuantLayer, x: &[Interval]) -> Result<LayerIntervals, PlanError> {
    let accumulators = layer.map.intervals(x)?;
    if accumulators.iter().any(|sum| sum.lo < -LIMIT || sum.hi > LIMIT) {
        return Err(PlanError::Infeasible);
    }
    let pooled = match &layer.pool {
        None => accumulators.clone(),
        Some(window) => {
            // A maximum is at least each lower end and at most the largest upper end; the union is enough.
            let (height, width) = window.output();
            let area = (window.height.input * window.width.input).max(1);
            let channels = accumulators.chunks_exact(area);
            channels
                .map(Interval::enclosing)
                .flat_map(|all| std::iter::repeat_n(all, height * width))
                .collect()
        }
    };
    let results = results(layer, &pooled)?;
    Ok(LayerIntervals { accumulators, pooled, results })
}

/// The results of a layer whose pooled accumulators lie in the given intervals.
fn results(layer: &QuantLayer, pooled: &[Interval]) -> Result<Vec<Interval>, PlanError> {
    let rounded = match layer.step.rounding() {
        None => pooled.to_vec(),
        Some(rounding) => {
            let round = |(acc, p): (&Interval, requantize::Requantize)| {
                // Accumulators are within LIMIT, and the reference is monotonic.
                let end = |value: i128| {
                    let value = i64::try_from(value).ok().expected("an accumulator of 64 bits")?;
                    Ok::<_, PlanError>(requantize::reference(value, p))
                };
                Ok(Interval::new(end(acc.lo)?, end(acc.hi)?))
            };
            pooled.iter().zip(rounding.of_each(pooled.len())?).map(round).collect::<Result<_, PlanError>>()?
        }
    };
    Ok(match &layer.step {
        Step::Accumulate | Step::Requantize(_) => rounded,
        Step::Table { table, .. } => {
            // One table serves all rows: the extremes of the part of it that any of them reaches.
            let all = rounded.iter().copied().reduce(Interval::union).expected("an argument of a table")?;
            let part = table.restrict(all.lo, all.hi);
            let lo = part.values().iter().copied().min().expected("an entry of a table")?;
            let hi = part.values().iter().copied().max().expected("an entry of a table")?;
            vec![Interval::new(lo, hi); rounded.len()]
        }
        Step::ArgMax(groups) => {
            vec![Interval { lo: 0, hi: groups.length as i128 - 1 }; layer.len()]
        }
        Step::Softmax { .. } => vec![Interval::new(0, 1 << layer.scale.clamp(0, 40)); layer.len()],
        Step::LayerNorm { groups, .. } => {
            // sqrt(n) · 2^scale: see the layer's own file.
            let square = (groups.length as i128) << (2 * i32::from(layer.scale).clamp(0, 40));
            let bound = square.isqrt() + 1;
            vec![Interval { lo: -bound, hi: bound }; layer.len()]
        }
    })
}

/// Intervals of a whole graph, or the first layer that has none.
pub(crate) fn of_graph(graph: &QuantGraph) -> Result<Vec<LayerIntervals>, (&QuantLayer, PlanError)> {
    let mut values = of_inputs(graph);
    let mut layers = Vec::with_capacity(graph.layers.len());
    for layer in &graph.layers {
        let x = layer.gather(&values).map_err(|missing| (layer, missing.into()))?;
        let intervals = of_layer(layer, &x).map_err(|error| (layer, error))?;
        values.push(intervals.results.clone());
        layers.push(intervals);
    }
    Ok(layers)
}

/// Intervals of the inputs.
pub(crate) fn of_inputs(graph: &QuantGraph) -> Vec<Vec<Interval>> {
    let of_input = |input: &QuantInput| {
        let (lo, hi) = signed_range(u32::from(input.bits));
        vec![Interval::new(lo, hi); input.elements()]
    };
    graph.inputs.iter().map(of_input).collect()
}

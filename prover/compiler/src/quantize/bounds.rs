//! Interval arithmetic over a quantized graph: what each accumulator and each result can be, for any inputs of their
//! domains. Not only for the calibration data.

use assay_circuits::Domain;
use assay_circuits::layers::requantize;

use super::error::PlanError;
use super::graph::{QuantGraph, QuantLayer, Rounding, Step};
use super::interval::Interval;
use super::linear::Linear;
use crate::internal::Expected;

/// Magnitude beyond which accumulators are refused: the limit of the circuit's witness integers.
pub(crate) const LIMIT: i128 = 1 << assay_circuits::LIMIT_BITS;

/// Intervals of a layer: accumulators, pooled accumulators and results.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct LayerIntervals {
    pub accumulators: Vec<Interval>,
    pub pooled: Vec<Interval>,
    pub results: Vec<Interval>,
}

/// The intervals of a map's accumulators over those of its columns; not feasible where one can leave [`LIMIT`].
pub(crate) fn of_map(map: &Linear, x: &[Interval]) -> Result<Vec<Interval>, PlanError> {
    within_limit(map.intervals(x)?)
}

fn within_limit(accumulators: Vec<Interval>) -> Result<Vec<Interval>, PlanError> {
    match accumulators.iter().any(|sum| sum.lo < -LIMIT || sum.hi > LIMIT) {
        true => Err(PlanError::Infeasible),
        false => Ok(accumulators),
    }
}

/// The intervals of a layer over those of its columns; not feasible where an accumulator can leave [`LIMIT`].
pub(crate) fn of_layer(layer: &QuantLayer, x: &[Interval]) -> Result<LayerIntervals, PlanError> {
    let accumulators = match &layer.committed {
        None => of_map(&layer.map, x)?,
        Some(committed) => within_limit(committed.intervals(&layer.map, x)?)?,
    };
    behind(layer, accumulators)
}

/// The intervals of a layer whose accumulators have these.
pub(crate) fn behind(layer: &QuantLayer, accumulators: Vec<Interval>) -> Result<LayerIntervals, PlanError> {
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
    match &layer.step {
        Step::Accumulate => Ok(pooled.to_vec()),
        Step::Requantize(rounding) => round(rounding, pooled),
        Step::Operator { arguments, operator } => {
            let mut rounded = Vec::with_capacity(pooled.len());
            for (argument, part) in Step::split(arguments, pooled)? {
                match &argument.rounding {
                    Some(rounding) => rounded.extend(round(rounding, part)?),
                    None => rounded.extend_from_slice(part),
                }
            }
            let rounded: Vec<_> = rounded.iter().map(|interval| (interval.lo, interval.hi)).collect();
            let results = operator.intervals(&rounded)?;
            if results.iter().any(|&(lo, hi)| lo < -LIMIT || hi > LIMIT) {
                return Err(PlanError::Infeasible);
            }
            Ok(results.into_iter().map(|(lo, hi)| Interval { lo, hi }).collect())
        }
    }
}

fn round(rounding: &Rounding, accumulators: &[Interval]) -> Result<Vec<Interval>, PlanError> {
    let round = |(acc, p): (&Interval, requantize::Requantize)| {
        // Accumulators are within LIMIT, and the reference is monotonic.
        let end = |value: i128| {
            let value = i64::try_from(value).ok().expected("an accumulator of 64 bits")?;
            Ok::<_, PlanError>(requantize::reference(value, p))
        };
        Ok(Interval::new(end(acc.lo)?, end(acc.hi)?))
    };
    accumulators.iter().zip(rounding.of_each(accumulators.len())?).map(round).collect()
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
    let of_domain = |domain: &Domain| {
        let (lo, hi) = domain.interval();
        Interval { lo, hi }
    };
    graph.inputs.iter().map(|input| input.domains.iter().map(of_domain).collect()).collect()
}

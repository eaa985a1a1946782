//! The plan of a graph whose search is over: what a certificate needs of it follows from the integers beside the float model's weights.
//!
//! An integer weight is `w 2^(s - source)`, rounded, with the scales `s` of its row and `source` of what it weighs. Scales of results and
//! inputs are the graph's, and so are those of rows that are rounded to them; the others are what makes integers of the weights.

use super::pairs::Pairs;
use crate::internal::Expected;
use crate::model::{Layer, Model};
use crate::number::pow2;
use crate::quantize::error::{Feasible, PlanError};
use crate::quantize::graph::{QuantGraph, QuantLayer, Step};
use crate::quantize::plan::{FormatChoice, InputPlan, LayerPlan, LayerResult, Plan, runs};
use crate::quantize::profile::{Profile, Wiring};

/// How far from its weight an integer may be: half, and what `f64` loses of large ones.
const HALF: f64 = 0.5 + 1e-6;

/// The inputs' formats, each layer's scale and those of its rows; `None` where the graph is none of this model's. Of the rest of a plan
/// nothing is said.
pub(crate) fn plan(model: &Model, profile: &Profile, graph: &QuantGraph) -> Result<Option<Plan>, PlanError> {
    let inputs = graph.inputs.iter().map(|input| {
        let scales: Vec<i32> =
            input.scales.each(&input.shape).take(input.elements()).map(|s| s.map_or(0, i32::from)).collect();
        let scale = scales.iter().copied().min().unwrap_or(0);
        let finer = scales.iter().map(|s| s - scale).collect();
        InputPlan { bits: input.bits.into(), scale, finer, format: FormatChoice::Fixed }
    });
    let mut plan = Plan { inputs: inputs.collect(), layers: Vec::with_capacity(model.layers.len()) };
    for (position, layer) in model.layers.iter().enumerate() {
        let quantized = graph.layers.get(position).expected("a layer of the graph")?;
        let wiring = profile.wiring(position)?;
        let Some(rows) = rows(layer, quantized, wiring, &plan)? else { return Ok(None) };
        plan.layers.push(LayerPlan {
            scale: quantized.scale.into(),
            bits: 0,
            rows,
            result: LayerResult::Accumulators,
            format: FormatChoice::Fixed,
        });
    }
    Ok(Some(plan))
}

/// Weights that share a scale: of each what it is, its integer, and the scale of what it weighs.
type Weights = Vec<(f64, f64, i32)>;

/// The scale of each run of a layer's rows.
fn rows(
    layer: &Layer,
    graph: &QuantLayer,
    wiring: &Wiring,
    plan: &Plan,
) -> Result<Option<Vec<i32>>, PlanError> {
    let count = runs(layer);
    // Formats of weights say it themselves, and there may be no weights to tell it by.
    if let Some(committed) = &graph.committed {
        let scales: Vec<i32> = committed.formats.iter().map(|format| format.scale.into()).collect();
        return Ok((scales.len() == count).then_some(scales));
    }
    // Integers as they are, over the units of what they weigh.
    let pairs = Pairs::new(&layer.map, &graph.map, wiring, plan, &vec![0; count])?;
    let run = pairs.rows().checked_div(count).unwrap_or(1).max(1);
    let mut weights: Vec<Weights> = vec![Vec::new(); count];
    for row in 0..pairs.rows() {
        let Some(of_run) = weights.get_mut(row / run) else { continue };
        let mut outcome: Result<(), PlanError> = Ok(());
        pairs.for_each(row, |atom, w, q| {
            let mut add = || {
                let column = wiring.column(u32::try_from(atom).ok().feasible()?)?;
                let source = plan.element_scale(column.source, column.element)?;
                of_run.push((w, q * pow2(-source), source));
                Ok(())
            };
            if outcome.is_ok() {
                outcome = add();
            }
        });
        outcome?;
    }
    let scale = i32::from(graph.scale);
    // Of each run, what its accumulators are rounded by, and whether to the results' scale.
    let mut shifts: Vec<Option<i32>> = vec![None; count];
    let mut arguments = vec![(0..count, None)];
    match &graph.step {
        Step::Accumulate => arguments = vec![(0..count, Some(scale))],
        Step::Requantize(rounding) => {
            shifts = rounding.shifts.iter().map(|&shift| Some(shift.into())).collect();
            arguments = vec![(0..count, Some(scale))];
        }
        Step::Operator { arguments: all, .. } => {
            let is_one = all.len() == 1;
            let mut first = 0;
            arguments.clear();
            for argument in all {
                let end = first + if is_one { count } else { argument.len };
                if let Some(rounding) = &argument.rounding {
                    let slots = shifts.get_mut(first..end).unwrap_or_default();
                    slots
                        .iter_mut()
                        .zip(&rounding.shifts)
                        .for_each(|(slot, &shift)| *slot = Some(shift.into()));
                    arguments.push((first..end, None));
                } else {
                    arguments.extend((first..end).map(|run| (run..run + 1, None)));
                }
                first = end;
            }
        }
    }
    let mut rows = vec![0; count];
    for (runs, known) in arguments {
        let (Some(weights), Some(shifts), Some(slots)) =
            (weights.get(runs.clone()), shifts.get(runs.clone()), rows.get_mut(runs))
        else {
            return Ok(None);
        };
        // All at one scale once they are rounded; the largest integer tells it best.
        let each = || weights.iter().zip(shifts.iter().map(|shift| shift.unwrap_or(0)));
        let largest = each()
            .flat_map(|(weights, shift)| weights.iter().map(move |weight| (weight, shift)))
            .filter(|((w, q, _), _)| *w != 0.0 && *q != 0.0)
            .max_by(|((_, a, _), _), ((_, b, _), _)| a.abs().total_cmp(&b.abs()));
        let about = largest.map_or(0, |(&(w, q, source), shift)| {
            source - shift + (q / w).abs().log2().round().clamp(-1000.0, 1000.0) as i32
        });
        let worst = |scale: i32| {
            let of_run = each().flat_map(|(weights, shift)| {
                let off = move |&(w, q, source): &(f64, f64, i32)| {
                    (w * pow2(scale + shift - source) - q).abs() / (1.0 + q.abs() * f64::EPSILON)
                };
                weights.iter().map(off)
            });
            of_run.fold(0.0, f64::max)
        };
        let found = match known {
            Some(known) => known,
            None => [about, about - 1, about + 1]
                .into_iter()
                .min_by(|&a, &b| worst(a).total_cmp(&worst(b)))
                .unwrap_or(about),
        };
        if worst(found) > HALF {
            return Ok(None);
        }
        slots.iter_mut().zip(shifts).for_each(|(slot, shift)| *slot = found + shift.unwrap_or(0));
    }
    Ok(Some(rows))
}

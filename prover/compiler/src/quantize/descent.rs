//! The descent of the search: steps from one plan to a cheaper one, as long as the error bound holds.

use assay_circuits::{Missing, Ranges, at, at_mut};

use super::candidate::{Candidate, Search};
use super::error::SearchError;
use super::loss::Bound;
use super::plan::{FormatChoice, LayerPlan, LayerResult, MAX_BITS, MIN_BITS, Plan, Taken};
use super::profile::Profile;
use crate::internal::{Expected, InternalError};
use crate::number::{activation_scale, quantize};
use crate::operators::operator::Domain;
use crate::progress::Stage;

/// Evaluations of candidates in one descent, at most and at least.
const EVALUATIONS: std::ops::RangeInclusive<usize> = 12..=1200;
/// Multiplications that the evaluations of one descent take, about.
const DESCENT_WORK: usize = 4_000_000_000;

/// Evaluations that a descent may still make.
struct Budget {
    left: usize,
    total: usize,
}

impl Search<'_, '_> {
    /// The cheapest plan that single steps lead to.
    pub(super) fn descend(&self, start: Candidate, bound: Bound) -> Result<Candidate, SearchError> {
        let mut best = start;
        let work = Profile::work(self.model).saturating_mul(self.profile.searched.len()).max(1);
        let total = (DESCENT_WORK / work).clamp(*EVALUATIONS.start(), *EVALUATIONS.end());
        let mut budget = Budget { left: total, total };
        loop {
            let before = best.cost;
            while let Some(better) = self.best_move(&best, bound, &mut budget)? {
                best = better;
            }
            best = self.lower_rows(best, bound, &mut budget)?;
            if best.cost == before || budget.left == 0 {
                return Ok(best);
            }
        }
    }

    /// The move of a whole layer or input with the largest saving for its error.
    fn best_move(
        &self,
        from: &Candidate,
        bound: Bound,
        budget: &mut Budget,
    ) -> Result<Option<Candidate>, SearchError> {
        let mut best: Option<(f64, Candidate)> = None;
        for plan in self.moves(&from.plan)? {
            let Some(candidate) = self.evaluate(plan, from, bound, budget)? else { continue };
            if candidate.cost >= from.cost {
                continue;
            }
            let saved = (from.cost - candidate.cost) as f64;
            // A move that costs no error still counts a little, so that large savings come first.
            let price = (candidate.loss.error - from.loss.error).max(0.0) + 0.02 * bound.error;
            let gain = saved / price;
            if best.as_ref().is_none_or(|(known, _)| gain > *known) {
                best = Some((gain, candidate));
            }
        }
        Ok(best.map(|(_, candidate)| candidate))
    }

    /// A candidate within `bound`, as long as the budget lasts.
    fn evaluate(
        &self,
        plan: Plan,
        from: &Candidate,
        bound: Bound,
        budget: &mut Budget,
    ) -> Result<Option<Candidate>, SearchError> {
        let Some(left) = budget.left.checked_sub(1) else { return Ok(None) };
        self.observer.step(Stage::Search, budget.total - budget.left, budget.total)?;
        budget.left = left;
        Ok(self.candidate(plan, Some(from), &self.profile.searched, bound)?)
    }

    /// Plans one step coarser in one place.
    fn moves(&self, from: &Plan) -> Result<Vec<Plan>, Missing> {
        let mut moves = Vec::new();
        for (position, input) in from.inputs.iter().enumerate() {
            if input.format == FormatChoice::Free && input.bits > MIN_BITS {
                let mut plan = from.clone();
                let input = at_mut("the format of an input", &mut plan.inputs, position)?;
                (input.bits, input.scale) = (input.bits - 1, input.scale - 1);
                moves.push(plan);
            }
        }
        for (position, layer) in from.layers.iter().enumerate() {
            let sources = &self.profile.wiring(position)?.sources;
            // Coarser accumulators, with the scales of the layers before rebalanced.
            let steps: &[i32] = match self.ranges {
                Ranges::Bits => &[1],
                // Digits have several bits: one bit less may save nothing, and a digit less several constraints.
                Ranges::Lookup => &[1, 2, 4],
            };
            for (&step, shift) in steps.iter().flat_map(|step| [0, -1, 1].map(|shift| (step, shift))) {
                if step > 1 && shift != 0 {
                    continue;
                }
                let mut plan = from.clone();
                if coarser(plan.layer_mut(position)?, step)
                    && self.rescale_sources(&mut plan, sources, shift)?
                {
                    moves.push(plan);
                }
            }
            // A smaller domain: coarser, or narrower.
            if let LayerResult::Operator(arguments) = &layer.result {
                for (i, argument) in arguments.iter().enumerate() {
                    let Taken::Rounded(domain) = argument.taken else { continue };
                    if domain.bits <= 2 {
                        continue;
                    }
                    let coarser = |scale: i32, by: u32| Domain { scale, bits: domain.bits - by };
                    let mut domains = vec![coarser(domain.scale - 1, 1), coarser(domain.scale, 1)];
                    // Where it becomes a table, which a step alone may be too short for.
                    let function =
                        at("the layer of a plan", &self.model.layers, position)?.function.operator();
                    let table = function.and_then(|operator| operator.table_bits());
                    if let Some(by) =
                        table.and_then(|table| domain.bits.checked_sub(table)).filter(|&by| by > 1)
                    {
                        domains.push(coarser(domain.scale - by as i32, by));
                    }
                    for domain in domains {
                        let mut plan = from.clone();
                        let mut arguments = arguments.clone();
                        at_mut("the argument of a layer", &mut arguments, i)?.taken = Taken::Rounded(domain);
                        plan.layer_mut(position)?.result = LayerResult::Operator(arguments);
                        moves.push(plan);
                    }
                }
            }
            // Saturation at the width that the calibration data needs.
            let needed = self.needed_bits(layer, position)?;
            if layer.is_free() && layer.bits > needed {
                let mut plan = from.clone();
                plan.layer_mut(position)?.bits = needed;
                moves.push(plan);
            }
        }
        Ok(moves)
    }

    /// Moves the scales of the layers among `sources` by `shift`; false where nothing moves or a width would leave
    /// 8 to 16 bits.
    fn rescale_sources(&self, plan: &mut Plan, sources: &[usize], shift: i32) -> Result<bool, Missing> {
        if shift == 0 {
            return Ok(true);
        }
        let mut moved = false;
        let inputs = plan.inputs.len();
        for layer in sources.iter().filter_map(|source| source.checked_sub(inputs)) {
            let peak = self.profile.peak(layer)?;
            let unsigned = at("the layer of a plan", &self.model.layers, layer)?.function.is_unsigned();
            let is_rounded = |plan: &LayerPlan| matches!(plan.result, LayerResult::Requantized);
            let layer = plan.layer_mut(layer)?;
            if !layer.is_free() {
                continue;
            }
            let scale = layer.scale + shift;
            let (lowest, highest) =
                (activation_scale(peak, MIN_BITS, unsigned), activation_scale(peak, MAX_BITS, unsigned));
            if !(lowest..=highest).contains(&scale)
                || (is_rounded(layer) && layer.rows.iter().any(|&row| row < scale))
            {
                return Ok(false);
            }
            if layer.bits < MAX_BITS {
                layer.bits = layer.bits.saturating_add_signed(shift).clamp(MIN_BITS, MAX_BITS);
            }
            layer.scale = scale;
            moved = true;
        }
        Ok(moved)
    }

    /// Bits of the largest result in the calibration data, at least 8.
    fn needed_bits(&self, layer: &LayerPlan, position: usize) -> Result<u32, Missing> {
        let unsigned = at("the layer of a plan", &self.model.layers, position)?.function.is_unsigned();
        // A peak that no integer holds needs all bits.
        Ok(quantize(self.profile.peak(position)?, layer.scale).map_or(MAX_BITS, |peak| {
            let magnitude = 64 - peak.leading_zeros();
            (magnitude + u32::from(!unsigned)).clamp(MIN_BITS, MAX_BITS)
        }))
    }

    /// Makes single rows coarser, those that cost the least error first, until none can be.
    fn lower_rows(
        &self,
        mut best: Candidate,
        bound: Bound,
        budget: &mut Budget,
    ) -> Result<Candidate, SearchError> {
        loop {
            if self.ranges == Ranges::Lookup {
                // Rows of one layer stay together: see `uniform_layer`.
                return Ok(best);
            }
            let rounded: Vec<(usize, usize)> =
                best.plan.layers.iter().enumerate().flat_map(rounded_rows).collect();
            // Each row is tried once and, if it pays, applied: too many of them would only use up the budget.
            if rounded.len() > budget.left / 2 {
                return Ok(best);
            }
            let mut steps: Vec<(f64, usize, usize)> = Vec::new();
            for (position, row) in rounded {
                let Some(plan) = lowered(&best.plan, position, row)? else { continue };
                match self.evaluate(plan, &best, bound, budget)? {
                    Some(candidate) if candidate.cost < best.cost => {
                        steps.push((candidate.loss.error, position, row));
                    }
                    _ => {}
                }
            }
            // A stable sort: equal errors keep the order of layers and rows.
            steps.sort_by(|a, b| a.0.total_cmp(&b.0));
            let before = best.cost;
            for (_, position, row) in steps {
                let Some(plan) = lowered(&best.plan, position, row)? else { continue };
                match self.evaluate(plan, &best, bound, budget)? {
                    Some(candidate) if candidate.cost < best.cost => best = candidate,
                    _ => {}
                }
            }
            if best.cost == before {
                return Ok(best);
            }
        }
    }
}

/// Layer and run of all rows that are rounded.
fn rounded_rows((position, layer): (usize, &LayerPlan)) -> Vec<(usize, usize)> {
    let rows = layer.targets().into_iter().enumerate();
    rows.filter(|(_, target)| target.is_some()).map(|(row, _)| (position, row)).collect()
}

/// Accumulators of a layer `bits` bits coarser, none coarser than its result; false where nothing changes. Left as they are,
/// accumulators cost nothing.
fn coarser(layer: &mut LayerPlan, bits: i32) -> bool {
    let floors = layer.floors();
    let mut changed = false;
    for (row, floor) in layer.rows.iter_mut().zip(floors) {
        if let Some(floor) = floor.filter(|&floor| *row > floor) {
            *row = (*row - bits).max(floor);
            changed = true;
        }
    }
    changed
}

/// The plan with one run of rows one bit coarser, unless they are at their result's scale.
pub(super) fn lowered(plan: &Plan, position: usize, row: usize) -> Result<Option<Plan>, InternalError> {
    let mut plan = plan.clone();
    let layer = plan.layer_mut(position)?;
    let target = layer.targets().get(row).copied().flatten().expected("a row that is rounded")?;
    let row = at_mut("the scale of a run of rows", &mut layer.rows, row)?;
    if *row <= target {
        return Ok(None);
    }
    *row -= 1;
    Ok(Some(plan))
}

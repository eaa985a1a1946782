//! Plans with more bits in one place.

use std::collections::BTreeSet;

use assay_circuits::{Ranges, at};

use super::super::certify::Certificate;
use super::super::plan::{FormatChoice, LayerPlan, LayerResult, Plan, Taken};
use super::state::{Kind, Move, Spender, State, worst};
use crate::internal::{Expected, InternalError};
use crate::operators::operator::{Domain, Takes};

/// Widest result, in bits.
const WIDEST: u32 = 40;
/// Rows get a bit together with those whose part is this much of theirs, or more: each of these would be next.
const TOGETHER: f64 = 0.7;
/// Bits that results, arguments and entries get at a time.
const STEP: i32 = 2;

impl Spender<'_, '_> {
    /// The plan with more bits where a part of an error comes from; none where it cannot have them.
    pub(super) fn moved(
        &self,
        state: &State,
        known: &Certificate,
        found: Move,
        dead: &BTreeSet<(Kind, usize)>,
    ) -> Result<Option<Plan>, InternalError> {
        let mut plan = state.plan.clone();
        let is_moved = match found.kind {
            Kind::Weights => self.raise_rows(&mut plan, known, found.layer, dead)?,
            Kind::Rounding => self.round_finer(&mut plan, found.layer)?,
            Kind::Tables => self.raise_results(&mut plan, found.layer)?,
            Kind::Saturation => self.widen_layer(&mut plan, state, found.layer)?,
        };
        Ok(is_moved.then_some(plan))
    }

    /// Widths that hold all that results can be; none where they do.
    pub(super) fn wider(&self, state: &State) -> Result<Option<Plan>, InternalError> {
        let (mut plan, mut is_wider) = (state.plan.clone(), false);
        for layer in 0..plan.layers.len() {
            is_wider |= self.widen_layer(&mut plan, state, layer)?;
        }
        Ok(is_wider.then_some(plan))
    }

    fn widen_layer(&self, plan: &mut Plan, state: &State, layer: usize) -> Result<bool, InternalError> {
        let Some(&Some((lo, hi))) = state.certified.reach.get(layer) else { return Ok(false) };
        let unsigned = at("a layer", &self.search.model.layers, layer)?.function.is_unsigned();
        let layer = plan.layer_mut(layer)?;
        // The least integer is one further than the largest.
        let magnitude = hi.max(if unsigned { 0.0 } else { -lo - 1.0 });
        if !layer.is_free() || !(0.0..2f64.powi(WIDEST as i32)).contains(&magnitude) {
            return Ok(false);
        }
        let bits = 64 - (magnitude as u64).leading_zeros() + u32::from(!unsigned);
        let is_wider = bits > layer.bits;
        layer.bits = layer.bits.max(bits);
        Ok(is_wider)
    }

    /// A bit for the rows whose weights make the largest part for their cost, of a layer and of all others.
    fn raise_rows(
        &self,
        plan: &mut Plan,
        known: &Certificate,
        layer: usize,
        dead: &BTreeSet<(Kind, usize)>,
    ) -> Result<bool, InternalError> {
        let of_layer = |position: usize, plan: &LayerPlan| -> Vec<f64> {
            let rows = known.rows.get(position).map_or(&[][..], Vec::as_slice);
            let run = rows.len().checked_div(plan.rows.len()).unwrap_or(0).max(1);
            rows.chunks(run).map(|of_run| of_run.iter().sum::<f64>() / run as f64).collect()
        };
        if self.search.ranges == Ranges::Lookup {
            return Ok(raise(plan.layer_mut(layer)?, |_| true, 1));
        }
        let largest = of_layer(layer, plan.layer(layer)?).into_iter().fold(0.0, f64::max);
        let mut is_raised = false;
        for (position, of_plan) in plan.layers.iter_mut().enumerate() {
            if position != layer && dead.contains(&(Kind::Weights, position)) {
                continue;
            }
            let shares = of_layer(position, of_plan);
            let is_due = |run: usize| shares.get(run).is_some_and(|&share| share >= TOGETHER * largest);
            is_raised |= raise(of_plan, is_due, 1);
        }
        Ok(is_raised)
    }

    /// Finer results, and weights behind them that are as fine as they were; finer arguments.
    fn round_finer(&self, plan: &mut Plan, layer: usize) -> Result<bool, InternalError> {
        let operator = at("a layer", &self.search.model.layers, layer)?.function.operator();
        let of_plan = plan.layer_mut(layer)?;
        let LayerResult::Operator(arguments) = &mut of_plan.result else {
            return self.raise_results(plan, layer);
        };
        let takes = operator.map_or_else(Vec::new, |operator| operator.arguments());
        let mut is_finer = false;
        for (argument, takes) in arguments.iter_mut().zip(takes) {
            let (Taken::Rounded(domain), Takes::Rounded { most, finest, .. }) = (argument.taken, takes.takes)
            else {
                continue;
            };
            let finer = Domain { scale: domain.scale + STEP, bits: domain.bits + STEP.unsigned_abs() };
            if finer.bits <= most && finer.scale <= finest {
                argument.taken = Taken::Rounded(finer);
                is_finer = true;
            }
        }
        let floors = of_plan.targets();
        for (row, floor) in of_plan.rows.iter_mut().zip(floors) {
            *row = floor.map_or(*row, |floor| floor.max(*row));
        }
        Ok(is_finer)
    }

    /// Finer results of a layer, and weights behind them that are as fine as they were.
    fn raise_results(&self, plan: &mut Plan, layer: usize) -> Result<bool, InternalError> {
        let of_plan = plan.layer_mut(layer)?;
        if !of_plan.is_free() {
            return Ok(false);
        }
        of_plan.scale += STEP;
        of_plan.bits = (of_plan.bits + STEP.unsigned_abs()).min(WIDEST);
        if of_plan.result == LayerResult::Requantized {
            let scale = of_plan.scale;
            of_plan.rows.iter_mut().for_each(|row| *row = (*row).max(scale));
        }
        let value = plan.inputs.len() + layer;
        for position in 0..plan.layers.len() {
            if self.search.profile.wiring(position)?.sources.contains(&value) {
                let reader = plan.layer_mut(position)?;
                if let LayerResult::Operator(arguments) = &reader.result
                    && arguments.iter().any(|argument| argument.taken == Taken::Whole)
                {
                    return Ok(false);
                }
                reader.rows.iter_mut().for_each(|row| *row += STEP);
                if reader.result == LayerResult::Accumulators {
                    if reader.format == FormatChoice::Fixed {
                        return Ok(false);
                    }
                    reader.scale += STEP;
                }
            }
        }
        Ok(true)
    }

    /// Rows that have more bits than in another plan, those with the smallest part first: layer, and run.
    pub(super) fn spent(
        &self,
        state: &State,
        start: &Plan,
        outputs: &[usize],
    ) -> Result<Vec<(usize, usize)>, InternalError> {
        let (_, known) = worst(&state.certified, outputs).expected("a certificate")?;
        let mut all: Vec<(f64, usize, usize)> = Vec::new();
        for (position, plan) in state.plan.layers.iter().enumerate() {
            let before = start.layer(position)?;
            let rows = known.rows.get(position).map_or(&[][..], Vec::as_slice);
            let run = rows.len().checked_div(plan.rows.len()).unwrap_or(0).max(1);
            let shares = rows.chunks(run).map(|of_run| of_run.iter().sum::<f64>() / run as f64);
            for ((at, (row, target)), share) in plan.rows.iter().zip(plan.targets()).enumerate().zip(shares) {
                let is_spent = before.rows.get(at).is_some_and(|before| row > before);
                if is_spent && target.is_some_and(|target| *row > target) {
                    all.push((share, position, at));
                }
            }
        }
        all.sort_by(|a, b| a.0.total_cmp(&b.0));
        Ok(all.into_iter().map(|(_, layer, run)| (layer, run)).collect())
    }
}

/// Raises accumulators of some runs; false where none can be.
fn raise(layer: &mut LayerPlan, is_due: impl Fn(usize) -> bool, bits: i32) -> bool {
    let mut is_raised = false;
    if layer.result == LayerResult::Accumulators {
        if layer.format != FormatChoice::Fixed && (0..layer.rows.len()).any(is_due) {
            layer.rows.iter_mut().for_each(|row| *row += bits);
            layer.scale += bits;
            is_raised = true;
        }
        return is_raised;
    }
    let floors = layer.floors();
    for (run, (row, floor)) in layer.rows.iter_mut().zip(floors).enumerate() {
        if floor.is_some() && is_due(run) {
            *row += bits;
            is_raised = true;
        }
    }
    is_raised
}

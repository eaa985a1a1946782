//! The search for scales and widths: the fewest constraints that meet the error bound.
//!
//! 1. *Uniform*: weights and activations of 8 bits, then 9, ... to 16, until the bound is met.
//! 2. *Descent by layer*: accumulators, inputs and saturation widths made coarser, best saving for its error first,
//!    as long as the bound holds.
//! 3. *Descent by row*: the accumulators of single rows made coarser.
//!
//! Every decision compares `f64` numbers that are computed sequentially from the model and the calibration data, and
//! ties go to the first candidate, so the same inputs give the same graph on every machine. The effort is bounded by
//! a number of evaluations, not by time.

use super::QuantizeError;
use super::cost;
use super::graph::{QuantOutput, elements};
use super::plan::{
    self, Domain, FormatChoice, LayerPlan, LayerResult, MAX_BITS, MIN_BITS, Plan, Realized, realize, runs,
    settle, source_scale,
};
use super::profile::{Profile, is_argmax};
use super::steps;
use crate::model::{Activation, Function, Layer, Map, Model};
use crate::number::{MAX_SCALE, fitting_scale};
use crate::options::Format;
use assay_circuits::Ranges;
use assay_interface::statement::LIMB_BITS;

/// Bits that a row's accumulator may be finer than its result, at first.
const MAX_START_SHIFT: i32 = 24;
/// Evaluations of candidates in one descent, at most and at least.
const EVALUATIONS: std::ops::RangeInclusive<usize> = 12..=1200;
/// Multiplications that the evaluations of one descent take, about.
const DESCENT_WORK: usize = 4_000_000_000;
/// Bits of a function's arguments, at most: a table has as many entries as arguments.
const MAX_DOMAIN_BITS: u32 = 12;
/// Bits of a softmax' results, at most: what its layer takes.
const MAX_SOFTMAX_SCALE: i32 = 20;
/// Fractions of the bound that the search aims for, one after the other, where it saw a part of the samples only and
/// the result misses the bound on all of them.
const AIMS: [f64; 4] = [1.0, 0.85, 0.7, 0.5];

/// What the search works on.
pub(crate) struct Search<'a> {
    pub model: &'a Model,
    pub profile: &'a Profile,
    pub max_error: f64,
    /// Fixed format of the inputs.
    pub input_format: Option<Format>,
    /// Fixed format of the outputs.
    pub output_format: Option<Format>,
    /// Largest magnitude of each input tensor's domain.
    pub input_peaks: Vec<f64>,
    /// How the circuit will prove ranges: what its constraints cost.
    pub ranges: Ranges,
}

/// A feasible plan with its cost and its error.
struct Candidate {
    plan: Plan,
    realized: Realized,
    cost: u64,
    error: f64,
}

impl Search<'_> {
    /// The graph with the fewest constraints that was found, and its plan.
    pub fn run(&self) -> Result<(Plan, Realized), QuantizeError> {
        self.check_poles()?;
        let mut best_error = f64::INFINITY;
        for aim in AIMS {
            let Some(start) = self.uniform(&self.profile.searched, aim * self.max_error, &mut best_error)
            else {
                continue;
            };
            let found = self.descend(start, aim * self.max_error);
            let all = self.profile.all();
            if plan::error(&found.realized, &found.plan, self.profile, &all, self.max_error).is_some() {
                return Ok((found.plan, found.realized));
            }
        }
        match self.uniform(&self.profile.all(), self.max_error, &mut best_error) {
            Some(found) => Ok((found.plan, found.realized)),
            None if best_error.is_finite() => Err(QuantizeError::Unreachable {
                max_error: self.max_error,
                achieved: best_error,
                bits: MAX_BITS,
            }),
            None => Err(QuantizeError::TooWide { bits: MIN_BITS }),
        }
    }

    /// The narrowest uniform widths that meet the bound, unoptimized: enough to compare ways to prove ranges by.
    pub fn first(&self) -> Option<Realized> {
        let mut best_error = f64::INFINITY;
        let found = self.uniform(&self.profile.searched, self.max_error, &mut best_error);
        found.map(|found| found.realized)
    }

    /// Functions that are not defined everywhere must be so on the calibration data.
    fn check_poles(&self) -> Result<(), QuantizeError> {
        for (layer, &(lo, hi)) in self.model.layers.iter().zip(&self.profile.arguments) {
            let Function::Activation(activation) = layer.function else { continue };
            if matches!(activation, Activation::Reciprocal | Activation::InverseSqrt) && lo <= 0.0 {
                let (layer, function) = (layer.name.clone(), activation.name());
                return Err(QuantizeError::Pole { layer, function, lo, hi });
            }
        }
        Ok(())
    }

    /// The narrowest uniform widths that meet `bound` on the samples at `positions`.
    fn uniform(&self, positions: &[usize], bound: f64, best_error: &mut f64) -> Option<Candidate> {
        for bits in MIN_BITS..=MAX_BITS {
            // Results that cannot saturate are cheap to round by bits, but let the accumulators behind them grow.
            let widths: &[u32] = match self.ranges {
                Ranges::Bits => &[MAX_BITS, bits],
                Ranges::Lookup => &[bits],
            };
            let candidates = widths.iter().filter_map(|&width| {
                self.candidate(self.uniform_plan(bits, width), None, positions, f64::INFINITY)
            });
            let candidates: Vec<Candidate> = candidates.collect();
            *best_error = candidates.iter().fold(*best_error, |best, found| best.min(found.error));
            let met = candidates.into_iter().filter(|found| found.error <= bound);
            if let Some(cheapest) = met.min_by_key(|found| found.cost) {
                return Some(cheapest);
            }
        }
        None
    }

    /// What a plan gives; `known` is a candidate that it differs little from.
    fn candidate(
        &self,
        mut plan: Plan,
        known: Option<&Candidate>,
        positions: &[usize],
        limit: f64,
    ) -> Option<Candidate> {
        settle(self.model, self.profile, &mut plan);
        let known = known.map(|known| (&known.plan, &known.realized));
        let realized = realize(self.model, self.profile, &plan, known)?;
        let error = plan::error(&realized, &plan, self.profile, positions, limit)?;
        let cost = cost::of_graph(&realized.graph, &realized.intervals, self.ranges);
        Some(Candidate { plan, realized, cost, error })
    }

    /// Weights and activations of `bits` bits everywhere; results saturate at `width` bits.
    fn uniform_plan(&self, bits: u32, width: u32) -> Plan {
        let limit = (1i64 << (bits - 1)) - 1;
        let input = |&peak: &f64| {
            let scale = fitting_scale(peak, limit);
            self.input_format.unwrap_or(Format { bits: bits as u8, scale: narrow(scale) })
        };
        let inputs = self.input_peaks.iter().map(input).collect();
        let mut plan = Plan { inputs, layers: Vec::with_capacity(self.model.layers.len()) };
        for (position, layer) in self.model.layers.iter().enumerate() {
            let layer = self.uniform_layer(&plan, position, layer, (bits, width));
            plan.layers.push(layer);
            settle(self.model, self.profile, &mut plan);
        }
        self.narrow_outputs(&mut plan, bits);
        plan
    }

    /// One layer of a uniform plan, of which the layers before are known.
    fn uniform_layer(
        &self,
        plan: &Plan,
        position: usize,
        layer: &Layer,
        (bits, width): (u32, u32),
    ) -> LayerPlan {
        let limit = (1i64 << (bits - 1)) - 1;
        let is_output = self.model.outputs.iter().any(|output| output.layer == position);
        let format = self.output_format.filter(|_| is_output && !is_argmax(&layer.function));
        let unsigned = layer.function.is_unsigned();
        let result = match layer.function {
            Function::ArgMax(_) => LayerResult::Index,
            Function::Sum if format.is_none() => LayerResult::Sums,
            Function::Activation(_) | Function::Softmax(_) | Function::LayerNorm { .. } => {
                LayerResult::Function(self.uniform_domain(position, layer, bits))
            }
            Function::Linear if is_output && format.is_none() => LayerResult::Accumulators,
            _ => LayerResult::Requantized,
        };
        let peak = self.profile.peak(position);
        let scale = match (format, &layer.function, result) {
            (Some(format), ..) => i32::from(format.scale),
            (None, Function::Softmax(_), _) => (bits as i32).min(MAX_SOFTMAX_SCALE),
            (None, _, LayerResult::Requantized | LayerResult::Function(_)) => {
                activation_scale(peak, bits, unsigned)
            }
            _ => 0,
        };
        let width = format.map_or(width, |format| u32::from(format.bits) - u32::from(unsigned));
        let fits = self.fitting_rows(plan, position, layer, limit);
        let format = if format.is_some() { FormatChoice::Fixed } else { FormatChoice::Free };
        let mut layer = LayerPlan { scale, bits: width, rows: fits, result, format };
        match layer.rounded_scale() {
            Some(target) => {
                let highest = target.saturating_add(MAX_START_SHIFT);
                layer.rows.iter_mut().for_each(|row| *row = (*row).clamp(target, highest));
                if self.ranges == Ranges::Lookup {
                    // Rows that lose equally many bits share a table.
                    let coarsest = layer.rows.iter().copied().min().unwrap_or(target);
                    layer.rows.iter_mut().for_each(|row| *row = coarsest);
                }
            }
            None => {
                let lowest = layer.rows.iter().copied().min().unwrap_or(0).clamp(-MAX_SCALE, MAX_SCALE);
                layer.rows = vec![lowest];
            }
        }
        if let (LayerResult::Accumulators, Some(&row)) = (layer.result, layer.rows.first()) {
            layer.scale = row;
        }
        layer
    }

    /// The domain of a function's arguments: what calibration saw, as far as the function changes there.
    fn uniform_domain(&self, position: usize, layer: &Layer, bits: u32) -> Domain {
        let (lo, hi) = self.profile.arguments.get(position).copied().unwrap_or((0.0, 0.0));
        let unsigned = match layer.function {
            Function::Activation(activation) => steps::is_unsigned_argument(activation, (lo, hi)),
            _ => false,
        };
        let reach = match layer.function {
            // Beyond, the functions are flat to within 2^-11 and more.
            Function::Activation(Activation::Sigmoid) => 8.0,
            Function::Activation(Activation::Tanh | Activation::Erf) => 4.0,
            _ => f64::INFINITY,
        };
        let bits = bits.min(MAX_DOMAIN_BITS);
        let peak = lo.abs().max(hi.abs()).min(reach);
        Domain { scale: activation_scale(peak, bits, unsigned).clamp(-20, 16), bits }
    }

    /// The finest scale of each run of rows at which every weight has at most `limit` as its magnitude.
    fn fitting_rows(&self, plan: &Plan, position: usize, layer: &Layer, limit: i64) -> Vec<i32> {
        let (map, runs) = (layer.map.as_ref(), runs(layer));
        let Some(wiring) = self.profile.wiring.get(position) else { return vec![0; runs] };
        if let Map::Convolution(conv) = map {
            let source = wiring.sources.first().map_or(0, |&source| source_scale(plan, source));
            let per_run = (conv.w.len() / runs.max(1)).max(1);
            let fits = |taps: &[f64]| {
                let largest = taps.iter().fold(0.0f64, |largest, w| largest.max(w.abs()));
                fitting_scale(largest, limit).saturating_add(source)
            };
            return conv.w.chunks_exact(per_run).map(fits).collect();
        }
        let per_run = (map.rows() / runs.max(1)).max(1);
        let mut fits = vec![MAX_SCALE; runs];
        // The largest weight on each source decides; there are few sources.
        let mut largest: Vec<(usize, f64)> = wiring.sources.iter().map(|&source| (source, 0.0)).collect();
        for row in 0..map.rows() {
            largest.iter_mut().for_each(|(_, weight)| *weight = 0.0);
            let mut is_read = false;
            map.for_each_term(row, |atom, coefficient| {
                is_read = true;
                let source = wiring.column(atom).map(|(_, source)| source);
                if let Some((_, weight)) = largest.iter_mut().find(|(known, _)| Some(*known) == source) {
                    *weight = weight.max(coefficient.abs());
                }
            });
            let finest = largest.iter().filter(|(_, weight)| *weight > 0.0).map(|&(source, weight)| {
                fitting_scale(weight, limit).saturating_add(source_scale(plan, source))
            });
            if let (true, Some(slot), Some(finest)) = (is_read, fits.get_mut(row / per_run), finest.min()) {
                *slot = (*slot).min(finest);
            }
        }
        fits
    }

    /// Lowers the scale of outputs that are left at their accumulators' scale until they fit a schema. Below the
    /// widest plan, they must also fit as many limbs as 16-bit outputs: a limb costs more than it refines.
    fn narrow_outputs(&self, plan: &mut Plan, bits: u32) {
        let fits = |output: &QuantOutput| bits == MAX_BITS || u32::from(output.bits) <= narrow_width(output);
        let mut known: Option<(Plan, Realized)> = None;
        for _ in 0..2 * MAX_SCALE {
            let before = known.as_ref().map(|(plan, realized)| (plan, realized));
            let realized = realize(self.model, self.profile, plan, before);
            if let Some(realized) = realized {
                if realized.graph.outputs.iter().all(fits) {
                    return;
                }
                known = Some((plan.clone(), realized));
            }
            for layer in plan.layers.iter_mut().filter(|layer| layer.result == LayerResult::Accumulators) {
                layer.scale = (layer.scale - 1).max(-MAX_SCALE);
                layer.rows = vec![layer.scale];
            }
        }
    }

    fn descend(&self, start: Candidate, bound: f64) -> Candidate {
        let mut best = start;
        let work = self.model.terms().saturating_mul(self.profile.searched.len()).max(1);
        let mut budget = (DESCENT_WORK / work).clamp(*EVALUATIONS.start(), *EVALUATIONS.end());
        loop {
            let before = best.cost;
            while let Some(better) = self.best_move(&best, bound, &mut budget) {
                best = better;
            }
            best = self.lower_rows(best, bound, &mut budget);
            if best.cost == before || budget == 0 {
                return best;
            }
        }
    }

    /// The move of a whole layer or input with the largest saving for its error.
    fn best_move(&self, from: &Candidate, bound: f64, budget: &mut usize) -> Option<Candidate> {
        let mut best: Option<(f64, Candidate)> = None;
        for plan in self.moves(&from.plan) {
            let Some(candidate) = self.evaluate(plan, from, bound, budget) else { continue };
            if candidate.cost >= from.cost {
                continue;
            }
            let saved = (from.cost - candidate.cost) as f64;
            // A move that costs no error still counts a little, so that large savings come first.
            let price = (candidate.error - from.error).max(0.0) + 0.02 * bound;
            let gain = saved / price;
            if best.as_ref().is_none_or(|(known, _)| gain > *known) {
                best = Some((gain, candidate));
            }
        }
        best.map(|(_, candidate)| candidate)
    }

    /// A candidate whose error is within `bound`.
    fn evaluate(&self, plan: Plan, from: &Candidate, bound: f64, budget: &mut usize) -> Option<Candidate> {
        *budget = budget.checked_sub(1)?;
        self.candidate(plan, Some(from), &self.profile.searched, bound)
    }

    /// Plans one step coarser in one place.
    fn moves(&self, from: &Plan) -> Vec<Plan> {
        let mut moves = Vec::new();
        for (position, format) in from.inputs.iter().enumerate() {
            if self.input_format.is_none() && u32::from(format.bits) > MIN_BITS {
                let mut plan = from.clone();
                if let Some(input) = plan.inputs.get_mut(position) {
                    *input = Format { bits: format.bits - 1, scale: format.scale.saturating_sub(1) };
                }
                moves.push(plan);
            }
        }
        for (position, layer) in from.layers.iter().enumerate() {
            let sources = self.profile.wiring.get(position).map(|w| w.sources.as_slice()).unwrap_or_default();
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
                if coarser(&mut plan, position, step) && self.rescale_sources(&mut plan, sources, shift) {
                    moves.push(plan);
                }
            }
            // A smaller domain: coarser, or narrower.
            if let LayerResult::Function(domain) = layer.result
                && domain.bits > 2
            {
                for scale in [domain.scale - 1, domain.scale] {
                    let mut plan = from.clone();
                    if let Some(layer) = plan.layers.get_mut(position) {
                        layer.result = LayerResult::Function(Domain { scale, bits: domain.bits - 1 });
                    }
                    moves.push(plan);
                }
            }
            // Saturation at the width that the calibration data needs.
            let needed = self.needed_bits(layer, position);
            if layer.is_free() && layer.bits > needed {
                let mut plan = from.clone();
                if let Some(layer) = plan.layers.get_mut(position) {
                    layer.bits = needed;
                }
                moves.push(plan);
            }
        }
        moves
    }

    /// Moves the scales of the layers among `sources` by `shift`; false where nothing moves or a width would leave
    /// 8 to 16 bits.
    fn rescale_sources(&self, plan: &mut Plan, sources: &[usize], shift: i32) -> bool {
        if shift == 0 {
            return true;
        }
        let mut moved = false;
        for layer in sources.iter().filter_map(|source| source.checked_sub(plan.inputs.len())) {
            let peak = self.profile.peak(layer);
            let unsigned = self.model.layers.get(layer).is_some_and(|layer| layer.function.is_unsigned());
            let is_rounded = |plan: &LayerPlan| plan.result == LayerResult::Requantized;
            let Some(layer) = plan.layers.get_mut(layer).filter(|layer| layer.is_free()) else {
                continue;
            };
            let scale = layer.scale + shift;
            let (lowest, highest) =
                (activation_scale(peak, MIN_BITS, unsigned), activation_scale(peak, MAX_BITS, unsigned));
            if !(lowest..=highest).contains(&scale)
                || (is_rounded(layer) && layer.rows.iter().any(|&row| row < scale))
            {
                return false;
            }
            if layer.bits < MAX_BITS {
                layer.bits = layer.bits.saturating_add_signed(shift).clamp(MIN_BITS, MAX_BITS);
            }
            layer.scale = scale;
            moved = true;
        }
        moved
    }

    /// Bits of the largest result in the calibration data, at least 8.
    fn needed_bits(&self, layer: &LayerPlan, position: usize) -> u32 {
        let peak = crate::number::quantize(self.profile.peak(position), layer.scale).unwrap_or(i64::MAX);
        let magnitude = 64 - peak.leading_zeros();
        let unsigned = self.model.layers.get(position).is_some_and(|layer| layer.function.is_unsigned());
        (magnitude + u32::from(!unsigned)).clamp(MIN_BITS, MAX_BITS)
    }

    /// Makes single rows coarser, those that cost the least error first, until none can be.
    fn lower_rows(&self, mut best: Candidate, bound: f64, budget: &mut usize) -> Candidate {
        loop {
            if self.ranges == Ranges::Lookup {
                // Rows of one layer stay together: see `uniform_layer`.
                return best;
            }
            let rounded = best.plan.layers.iter().filter(|layer| layer.rounded_scale().is_some());
            // Each row is tried once and, if it pays, applied: too many of them would only use up the budget.
            if rounded.map(|layer| layer.rows.len()).sum::<usize>() > *budget / 2 {
                return best;
            }
            let mut steps: Vec<(f64, usize, usize)> = Vec::new();
            for (position, layer) in
                best.plan.layers.iter().enumerate().filter(|(_, layer)| layer.rounded_scale().is_some())
            {
                for row in 0..layer.rows.len() {
                    let Some(plan) = lowered(&best.plan, position, row) else { continue };
                    match self.evaluate(plan, &best, bound, budget) {
                        Some(candidate) if candidate.cost < best.cost => {
                            steps.push((candidate.error, position, row));
                        }
                        _ => {}
                    }
                }
            }
            // A stable sort: equal errors keep the order of layers and rows.
            steps.sort_by(|a, b| a.0.total_cmp(&b.0));
            let before = best.cost;
            for (_, position, row) in steps {
                let candidate = lowered(&best.plan, position, row)
                    .and_then(|plan| self.evaluate(plan, &best, bound, budget));
                match candidate {
                    Some(candidate) if candidate.cost < best.cost => best = candidate,
                    _ => {}
                }
            }
            if best.cost == before {
                return best;
            }
        }
    }
}

/// Accumulators of a layer `bits` bits coarser, none coarser than its result; false where nothing changes.
fn coarser(plan: &mut Plan, position: usize, bits: i32) -> bool {
    let Some(layer) = plan.layers.get_mut(position) else { return false };
    let floor = match (layer.rounded_scale(), layer.result) {
        (Some(scale), _) => scale,
        (None, LayerResult::Index) => -MAX_SCALE,
        // Left as they are, accumulators cost nothing.
        (None, _) => return false,
    };
    let mut changed = false;
    for row in layer.rows.iter_mut().filter(|row| **row > floor) {
        *row = (*row - bits).max(floor);
        changed = true;
    }
    changed
}

fn lowered(plan: &Plan, position: usize, row: usize) -> Option<Plan> {
    let mut plan = plan.clone();
    let layer = plan.layers.get_mut(position)?;
    let scale = layer.rounded_scale()?;
    let row = layer.rows.get_mut(row).filter(|row| **row > scale)?;
    *row -= 1;
    Some(plan)
}

/// Widest output of which as many fit a limb as needed for the limbs of 16-bit outputs.
fn narrow_width(output: &QuantOutput) -> u32 {
    let elements = elements(&output.shape).max(1);
    let limbs = elements.div_ceil(LIMB_BITS / 16);
    u32::try_from(LIMB_BITS / elements.div_ceil(limbs)).unwrap_or(16).min(32)
}

/// The finest scale at which results of magnitude `peak` have `bits` bits.
fn activation_scale(peak: f64, bits: u32, unsigned: bool) -> i32 {
    let limit = if unsigned { (1i64 << bits) - 1 } else { (1i64 << (bits - 1)) - 1 };
    // A layer that is zero on all data would fit at any scale.
    if peak == 0.0 { 0 } else { fitting_scale(peak, limit) }
}

/// A scale within ±`MAX_SCALE` fits `i8`.
fn narrow(scale: i32) -> i8 {
    scale.clamp(-MAX_SCALE, MAX_SCALE) as i8
}

//! Uniform plans: equally many bits for all weights and activations.

use assay_circuits::{Ranges, at_mut};
use assay_interface::statement::LIMB_BITS;

use super::candidate::{Candidate, Search};
use super::error::{PlanError, SearchError};
use super::graph::{QuantOutput, elements};
use super::loss::{Bound, Loss};
use super::plan::{Domain, FormatChoice, LayerPlan, LayerResult, MAX_BITS, MIN_BITS, Plan, runs};
use super::profile::is_argmax;
use super::realize::{Realized, realize, settle};
use super::steps;
use crate::internal::{Expected, InternalError};
use crate::model::{Activation, Layer, LayerFunction, Map};
use crate::number::{MAX_SCALE, activation_scale, fitting_scale};
use crate::options::Format;
use crate::progress::Stage;

/// Bits that a row's accumulator may be finer than its result, at first.
const MAX_START_SHIFT: i32 = 24;
/// Bits of a function's arguments, at most: a table has as many entries as arguments.
const MAX_DOMAIN_BITS: u32 = 12;
/// Bits of a softmax' results, at most: what its layer takes.
const MAX_SOFTMAX_SCALE: i32 = 20;

/// The least that any uniform plan loses.
#[derive(Clone, Copy, Debug)]
pub(super) struct Least {
    /// Error of any of them.
    pub error: f64,
    /// Flips of those that meet the bound on the error, if any does.
    pub flips: Option<usize>,
}

impl Least {
    pub fn new() -> Self {
        Least { error: f64::INFINITY, flips: None }
    }

    fn add(&mut self, loss: &Loss, bound: Bound) {
        self.error = self.error.min(loss.error);
        if loss.error <= bound.error {
            let flips = loss.all_flips();
            self.flips = Some(self.flips.map_or(flips, |least| least.min(flips)));
        }
    }
}

impl Search<'_> {
    /// The narrowest uniform widths that meet `bound` on the samples at `positions`.
    pub(super) fn uniform(
        &self,
        positions: &[usize],
        bound: Bound,
        least: &mut Least,
    ) -> Result<Option<Candidate>, SearchError> {
        for bits in MIN_BITS..=MAX_BITS {
            // Results that cannot saturate are cheap to round by bits, but let the accumulators behind them grow.
            let widths: &[u32] = match self.ranges {
                Ranges::Bits => &[MAX_BITS, bits],
                Ranges::Lookup => &[bits],
            };
            let mut met: Option<Candidate> = None;
            for &width in widths {
                self.observer.at(Stage::Search, None)?;
                let plan = self.uniform_plan(bits, width)?;
                let Some(found) = self.candidate(plan, None, positions, Bound::NONE)? else { continue };
                least.add(&found.loss, bound);
                let is_cheaper = met.as_ref().is_none_or(|known| found.cost < known.cost);
                if bound.allows(&found.loss) && is_cheaper {
                    met = Some(found);
                }
            }
            if met.is_some() {
                return Ok(met);
            }
        }
        Ok(None)
    }

    /// Weights and activations of `bits` bits everywhere; results saturate at `width` bits.
    fn uniform_plan(&self, bits: u32, width: u32) -> Result<Plan, InternalError> {
        let limit = (1i64 << (bits - 1)) - 1;
        let input = |&peak: &f64| {
            let scale = fitting_scale(peak, limit);
            self.input_format.unwrap_or(Format { bits: bits as u8, scale: narrow(scale) })
        };
        let inputs = self.input_peaks.iter().map(input).collect();
        let mut plan = Plan { inputs, layers: Vec::with_capacity(self.model.layers.len()) };
        for (position, layer) in self.model.layers.iter().enumerate() {
            let layer = self.uniform_layer(&plan, position, layer, (bits, width))?;
            plan.layers.push(layer);
            settle(self.model, self.profile, &mut plan)?;
        }
        self.narrow_outputs(&mut plan, bits)?;
        Ok(plan)
    }

    /// One layer of a uniform plan, of which the layers before are known.
    fn uniform_layer(
        &self,
        plan: &Plan,
        position: usize,
        layer: &Layer,
        (bits, width): (u32, u32),
    ) -> Result<LayerPlan, InternalError> {
        let limit = (1i64 << (bits - 1)) - 1;
        let is_output = self.model.outputs.iter().any(|output| output.layer == position);
        let format = self.output_format.filter(|_| is_output && !is_argmax(&layer.function));
        let unsigned = layer.function.is_unsigned();
        let result = match layer.function {
            LayerFunction::ArgMax(_) => LayerResult::Index,
            LayerFunction::Sum if format.is_none() => LayerResult::Sums,
            LayerFunction::Elementwise(_) | LayerFunction::Softmax(_) | LayerFunction::LayerNorm { .. } => {
                LayerResult::Function(self.uniform_domain(position, layer, bits)?)
            }
            LayerFunction::Linear if is_output && format.is_none() => LayerResult::Accumulators,
            _ => LayerResult::Requantized,
        };
        let peak = self.profile.peak(position)?;
        let scale = match (format, &layer.function, result) {
            (Some(format), ..) => i32::from(format.scale),
            (None, LayerFunction::Softmax(_), _) => (bits as i32).min(MAX_SOFTMAX_SCALE),
            (None, _, LayerResult::Requantized | LayerResult::Function(_)) => {
                activation_scale(peak, bits, unsigned)
            }
            _ => 0,
        };
        let width = format.map_or(width, |format| u32::from(format.bits) - u32::from(unsigned));
        let fits = self.fitting_rows(plan, position, layer, limit)?;
        let coarsest = fits.iter().copied().min().expected("the scale of a row")?;
        let format = if format.is_some() { FormatChoice::Fixed } else { FormatChoice::Free };
        let mut layer = LayerPlan { scale, bits: width, rows: fits, result, format };
        match layer.rounded_scale() {
            Some(target) => {
                let highest = target.saturating_add(MAX_START_SHIFT);
                layer.rows.iter_mut().for_each(|row| *row = (*row).clamp(target, highest));
                if self.ranges == Ranges::Lookup {
                    // Rows that lose equally many bits share a table.
                    layer.rows.fill(coarsest.clamp(target, highest));
                }
            }
            None => {
                let lowest = coarsest.clamp(-MAX_SCALE, MAX_SCALE);
                layer.rows = vec![lowest];
                if layer.result == LayerResult::Accumulators {
                    layer.scale = lowest;
                }
            }
        }
        Ok(layer)
    }

    /// The domain of a function's arguments: what calibration saw, as far as the function changes there.
    fn uniform_domain(&self, position: usize, layer: &Layer, bits: u32) -> Result<Domain, InternalError> {
        let (lo, hi) = self.profile.argument(position)?;
        let unsigned = match layer.function {
            LayerFunction::Elementwise(function) => steps::is_unsigned_argument(function, (lo, hi)),
            _ => false,
        };
        let reach = match layer.function {
            // Beyond, the functions are flat to within 2^-11 and more.
            LayerFunction::Elementwise(Activation::Sigmoid) => 8.0,
            LayerFunction::Elementwise(Activation::Tanh | Activation::Erf) => 4.0,
            _ => f64::INFINITY,
        };
        let bits = bits.min(MAX_DOMAIN_BITS);
        let peak = lo.abs().max(hi.abs()).min(reach);
        Ok(Domain { scale: activation_scale(peak, bits, unsigned).clamp(-20, 16), bits })
    }

    /// The finest scale of each run of rows at which every weight has at most `limit` as its magnitude.
    fn fitting_rows(
        &self,
        plan: &Plan,
        position: usize,
        layer: &Layer,
        limit: i64,
    ) -> Result<Vec<i32>, InternalError> {
        let (map, runs) = (layer.map.as_ref(), runs(layer));
        let wiring = self.profile.wiring(position)?;
        if let Map::Convolution(conv) = map {
            let source = plan.source_scale(wiring.source()?)?;
            let per_run = (conv.w.len() / runs.max(1)).max(1);
            let fits = |taps: &[f64]| {
                let largest = taps.iter().fold(0.0f64, |largest, w| largest.max(w.abs()));
                fitting_scale(largest, limit).saturating_add(source)
            };
            return Ok(conv.w.chunks_exact(per_run).map(fits).collect());
        }
        let per_run = (map.rows() / runs.max(1)).max(1);
        let mut fits = vec![MAX_SCALE; runs];
        // The largest weight on each source decides; there are few sources.
        let scales = wiring.sources.iter().map(|&source| plan.source_scale(source));
        let scales: Vec<i32> = scales.collect::<Result<_, _>>()?;
        let mut largest: Vec<(usize, f64)> = wiring.sources.iter().map(|&source| (source, 0.0)).collect();
        for row in 0..map.rows() {
            largest.iter_mut().for_each(|(_, weight)| *weight = 0.0);
            let mut outcome = Ok(());
            map.for_each_term(row, |atom, coefficient| {
                let column = wiring.column(atom).and_then(|(_, source)| {
                    largest.iter_mut().find(|(known, _)| *known == source).expected("a source of the layer")
                });
                match column {
                    Ok((_, weight)) => *weight = weight.max(coefficient.abs()),
                    Err(error) => outcome = Err(error),
                }
            });
            outcome?;
            let finest = largest.iter().zip(&scales).filter(|((_, weight), _)| *weight > 0.0);
            let finest = finest.map(|(&(_, weight), &scale)| fitting_scale(weight, limit) + scale).min();
            // A row without weights fits at any scale.
            if let Some(finest) = finest {
                let slot = at_mut("the scale of a run of rows", &mut fits, row / per_run)?;
                *slot = (*slot).min(finest);
            }
        }
        Ok(fits)
    }

    /// Lowers the scale of outputs that are left at their accumulators' scale until they fit a schema. Below the
    /// widest plan, they must also fit as many limbs as 16-bit outputs: a limb costs more than it refines.
    fn narrow_outputs(&self, plan: &mut Plan, bits: u32) -> Result<(), InternalError> {
        let fits = |output: &QuantOutput| bits == MAX_BITS || u32::from(output.bits) <= narrow_width(output);
        let mut known: Option<(Plan, Realized)> = None;
        for _ in 0..2 * MAX_SCALE {
            let before = known.as_ref().map(|(plan, realized)| (plan, realized));
            let realized = realize(self.model, self.profile, plan, before);
            if let Some(realized) = PlanError::feasible(realized)? {
                if realized.graph.outputs.iter().all(fits) {
                    return Ok(());
                }
                known = Some((plan.clone(), realized));
            }
            for layer in plan.layers.iter_mut().filter(|layer| layer.result == LayerResult::Accumulators) {
                layer.scale = (layer.scale - 1).max(-MAX_SCALE);
                layer.rows = vec![layer.scale];
            }
        }
        Ok(())
    }
}

/// Widest output of which as many fit a limb as needed for the limbs of 16-bit outputs.
fn narrow_width(output: &QuantOutput) -> u32 {
    let elements = elements(&output.shape).max(1);
    let limbs = elements.div_ceil(LIMB_BITS / 16);
    (LIMB_BITS / elements.div_ceil(limbs)).min(32) as u32
}

/// A scale within ±`MAX_SCALE` fits `i8`.
fn narrow(scale: i32) -> i8 {
    scale.clamp(-MAX_SCALE, MAX_SCALE) as i8
}

//! Uniform plans: equally many bits for all weights and activations.

use assay_circuits::Ranges;
use assay_interface::statement::LIMB_BITS;

use super::candidate::{Candidate, Search};
use super::error::{PlanError, SearchError};
use super::fit::{Fit, common_row, fitting_rows};
use super::graph::{QuantOutput, elements};
use super::loss::{Bound, Loss};
use super::plan::{ArgumentPlan, FormatChoice, LayerPlan, LayerResult, MAX_BITS, MIN_BITS, Plan, Taken};
use super::realize::{Realized, realize, settle_layer};
use crate::internal::{Expected, InternalError};
use crate::model::{Layer, LayerFunction};
use crate::number::{MAX_SCALE, activation_scale};
use crate::operators::operator::{Domain, MAX_DOMAIN_SCALE, Measure, Operator, Takes};
use crate::progress::Stage;

/// Widths of arguments that are finer than weights, where a function has a form for them.
const FINE: [u32; 4] = [16, 20, 24, 28];
/// Bits that a row's accumulator may be finer than its result, at first.
const MAX_START_SHIFT: i32 = 24;
/// Widest weights and activations at which an output may be left as its accumulators are: of wider ones, 32 bits would hold
/// the first few only.
const MAX_ACCUMULATED: u32 = 16;
/// Bits that a rounded output may be larger than calibration saw.
const OUTPUT_HEADROOM: u32 = 4;
/// How much wider than the calibrated range a domain is that lies around it.
const WINDOW: f64 = 1.5;
/// Widest output, unsigned.
const MAX_BITS_OF_OUTPUT: u32 = assay_interface::schema::MAX_BITS as u32 - 1;

/// Bits of a uniform plan.
#[derive(Clone, Copy)]
pub(super) struct Widths {
    /// Of weights and activations.
    pub bits: u32,
    /// At which results saturate.
    pub width: u32,
    /// Of arguments of functions that have a form for wider ones than a table's, and of the inputs that they are made of.
    pub fine: u32,
}

/// The least that any uniform plan loses.
#[derive(Clone, Copy, Debug)]
pub(super) struct Least {
    /// Error of any of them.
    pub error: f64,
    /// The output with that error, by its position.
    pub worst: usize,
    /// Flips of those that meet the bound on the error, if any does.
    pub flips: Option<usize>,
    /// Flips of what operators decide, of those that meet the bounds on error and flips.
    pub labels: Option<usize>,
}

impl Least {
    pub fn new() -> Self {
        Least { error: f64::INFINITY, worst: 0, flips: None, labels: None }
    }

    /// What a plan may lose and still change this in what a refusal says, or be within `bound`: fewer labels, where some plan meets the other
    /// bounds; fewer flips, where one meets that on the error; and else a smaller error.
    fn open_to(&self, bound: Bound) -> Bound {
        match *self {
            Least { labels: Some(labels), .. } => {
                Bound { labels: labels.saturating_sub(1).max(bound.labels), ..bound }
            }
            Least { flips: Some(flips), .. } => {
                Bound { flips: flips.saturating_sub(1).max(bound.flips), labels: usize::MAX, ..bound }
            }
            Least { error, .. } => Bound { error: bound.error.max(error), ..Bound::NONE },
        }
    }

    fn add(&mut self, loss: &Loss, bound: Bound) {
        if loss.error < self.error {
            (self.error, self.worst) = (loss.error, loss.worst);
        }
        if loss.error <= bound.error {
            let flips = loss.all_flips();
            self.flips = Some(self.flips.map_or(flips, |least| least.min(flips)));
            if flips <= bound.flips {
                self.labels = Some(self.labels.map_or(loss.labels, |least| least.min(loss.labels)));
            }
        }
    }
}

impl Search<'_, '_> {
    /// The narrowest uniform widths that meet `bound` on the samples at `positions`. Where a function has a form for arguments wider than a
    /// table's, and a table is not enough, the cheapest of those with some widths of such arguments. What they lose is added to `least`.
    pub(super) fn uniform(
        &self,
        positions: &[usize],
        bound: Bound,
        mut least: Option<&mut Least>,
    ) -> Result<Option<Candidate>, SearchError> {
        let mut found = self.narrowest(positions, bound, least.as_deref_mut(), None)?;
        let tables = self.model.layers.iter().filter_map(|layer| layer.function.operator()?.table_bits());
        if let Some(table) = tables.max()
            && found.as_ref().is_none_or(|&(bits, _)| bits > table)
        {
            for fine in FINE {
                let finer = self.narrowest(positions, bound, least.as_deref_mut(), Some(fine))?;
                found = match (found, finer) {
                    (Some(known), Some(finer)) if known.1.cost <= finer.1.cost => Some(known),
                    (known, finer) => finer.or(known),
                };
            }
        }
        Ok(found.map(|(_, candidate)| candidate))
    }

    /// The narrowest uniform widths that meet `bound`, and how many bits they have, with `fine` bits for arguments wider than a table's, or
    /// as many as all have.
    fn narrowest(
        &self,
        positions: &[usize],
        bound: Bound,
        mut least: Option<&mut Least>,
        fine: Option<u32>,
    ) -> Result<Option<(u32, Candidate)>, SearchError> {
        for bits in MIN_BITS..=fine.unwrap_or(MAX_BITS).min(MAX_BITS) {
            // Results that cannot saturate are cheap to round by bits, but let the accumulators behind them grow.
            let widths: &[u32] = match self.ranges {
                Ranges::Bits => &[MAX_BITS, bits],
                Ranges::Lookup => &[bits],
            };
            let mut met: Option<Candidate> = None;
            for &width in widths {
                self.observer.at(Stage::Search, None)?;
                let plan = self.uniform_plan(Widths { bits, width, fine: fine.unwrap_or(bits) })?;
                let open = least.as_ref().map_or(bound, |least| least.open_to(bound));
                let Some(found) = self.candidate(plan, None, positions, open)? else { continue };
                if let Some(least) = least.as_deref_mut() {
                    least.add(&found.loss, bound);
                }
                let is_cheaper = met.as_ref().is_none_or(|known| found.cost < known.cost);
                if bound.allows(&found.loss) && is_cheaper {
                    met = Some(found);
                }
            }
            if let Some(met) = met {
                return Ok(Some((bits, met)));
            }
        }
        Ok(None)
    }

    /// Weights and activations of so many bits everywhere.
    pub(super) fn uniform_plan(&self, widths: Widths) -> Result<Plan, InternalError> {
        let Widths { bits, fine, .. } = widths;
        let inputs = self.inputs.iter().map(|input| input.plan(bits, fine)).collect();
        let mut plan = Plan { inputs, layers: Vec::with_capacity(self.model.layers.len()) };
        for (position, layer) in self.model.layers.iter().enumerate() {
            let layer = self.uniform_layer(&plan, position, layer, widths)?;
            plan.layers.push(layer);
            settle_layer(self.model, self.profile, &mut plan, position)?;
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
        widths: Widths,
    ) -> Result<LayerPlan, InternalError> {
        let Widths { bits, width, .. } = widths;
        let limit = (1i64 << (bits - 1)) - 1;
        let is_output = self.model.outputs.iter().any(|output| output.layer == position);
        let is_measured = layer.function.measure() == Measure::Results;
        let format = self.output_format.filter(|_| is_output && is_measured);
        let unsigned = layer.function.is_unsigned();
        let fits = fitting_rows(self.profile, plan, position, layer, limit)?;
        let result = match &layer.function {
            LayerFunction::Sum if format.is_none() => LayerResult::Sums,
            LayerFunction::Operator(operator) => LayerResult::Operator(self.uniform_arguments(
                position,
                operator.as_ref(),
                fits.len(),
                widths,
            )?),
            LayerFunction::Linear if is_output && format.is_none() && bits <= MAX_ACCUMULATED => {
                LayerResult::Accumulators
            }
            _ => LayerResult::Requantized,
        };
        let peak = self.profile.peak(position)?;
        let scale = match (format, &layer.function, &result) {
            (Some(format), ..) => i32::from(format.scale),
            (None, LayerFunction::Operator(operator), _) => operator.scale_for(peak, bits),
            (None, _, LayerResult::Requantized) => activation_scale(peak, bits, unsigned),
            _ => 0,
        };
        let width = match format {
            Some(format) => u32::from(format.bits) - u32::from(unsigned),
            // Beyond what calibration saw of an output, too, as far as a schema goes.
            None if is_output && bits > MAX_ACCUMULATED && layer.function.operator().is_none() => {
                (width + OUTPUT_HEADROOM).min(MAX_BITS_OF_OUTPUT)
            }
            None => width,
        };
        let format = if format.is_some() { FormatChoice::Fixed } else { FormatChoice::Free };
        let mut layer = LayerPlan { scale, bits: width, rows: Vec::new(), result, format };
        layer.rows = match &layer.result {
            LayerResult::Requantized => self.rounded_rows(&fits, scale)?,
            LayerResult::Accumulators | LayerResult::Sums => vec![common_row(&fits)?],
            LayerResult::Operator(arguments) => {
                let (mut rows, mut rest) = (Vec::with_capacity(fits.len()), fits.as_slice());
                for argument in arguments {
                    let (fits, others) =
                        rest.split_at_checked(argument.runs).expected("the rows of an argument")?;
                    rest = others;
                    match argument.taken {
                        Taken::Exact => rows.extend(fits.iter().map(|fit| fit.exact.unwrap_or(fit.finest))),
                        // The constants are whole, too, and weights of 2 or 4 do not say so.
                        Taken::Whole => {
                            rows.extend(
                                fits.iter().map(|fit| fit.exact.map_or(fit.finest, |row| row.max(0))),
                            );
                        }
                        Taken::Common => rows.extend(std::iter::repeat_n(common_row(fits)?, fits.len())),
                        Taken::Rounded(domain) => rows.extend(self.argument_rows(fits, domain)?),
                    }
                }
                rows
            }
        };
        if let (LayerResult::Accumulators, Some(&row)) = (&layer.result, layer.rows.first()) {
            layer.scale = row;
        }
        Ok(layer)
    }

    /// Scales of rows that are rounded to `target`.
    fn rounded_rows(&self, fits: &[Fit], target: i32) -> Result<Vec<i32>, InternalError> {
        let highest = target.saturating_add(MAX_START_SHIFT);
        let rows = fits.iter().map(|fit| fit.finest);
        Ok(match self.ranges {
            Ranges::Bits => rows.map(|row| row.clamp(target, highest)).collect(),
            // Rows that lose equally many bits share a table.
            Ranges::Lookup => {
                let coarsest = rows.min().expected("the scale of a row")?;
                vec![coarsest.clamp(target, highest); fits.len()]
            }
        })
    }

    /// Scales of an operator's rows that are rounded to a domain. Elements that are passed on lose nothing before they are.
    fn argument_rows(&self, fits: &[Fit], domain: Domain) -> Result<Vec<i32>, InternalError> {
        let exact: Option<Vec<i32>> =
            fits.iter().map(|fit| fit.exact.map(|row| row.max(domain.scale))).collect();
        match exact {
            Some(exact) if exact.iter().all(|&row| row <= domain.scale.saturating_add(MAX_START_SHIFT)) => {
                Ok(exact)
            }
            _ => self.rounded_rows(fits, domain.scale),
        }
    }

    /// How an operator's arguments are taken: rounded ones to the domain that calibration saw, as far as the operator changes
    /// there.
    fn uniform_arguments(
        &self,
        position: usize,
        operator: &dyn Operator,
        runs: usize,
        widths: Widths,
    ) -> Result<Vec<ArgumentPlan>, InternalError> {
        let ranges = self.profile.arguments(position)?;
        let arguments = operator.arguments();
        let only = arguments.len() == 1;
        let mut plans = Vec::with_capacity(arguments.len());
        for (i, (argument, &(lo, hi))) in arguments.iter().zip(ranges).enumerate() {
            let taken = match argument.takes {
                Takes::Exact => Taken::Exact,
                Takes::Whole => Taken::Whole,
                Takes::Common => Taken::Common,
                Takes::Rounded { most, reach, finest } => {
                    // What is finer sees as much further that what it does not see is as small.
                    let (bits, finest, reach) = match operator.table_bits() {
                        Some(table)
                            if !operator.is_wide_for((lo, hi))
                                || (operator.is_table_first() && widths.fine == widths.bits) =>
                        {
                            (widths.bits.min(table), finest.min(MAX_DOMAIN_SCALE), reach)
                        }
                        Some(table) if widths.fine > table => (widths.fine.min(most), finest, 2.0 * reach),
                        Some(_) => (widths.bits.min(most), finest.min(MAX_DOMAIN_SCALE), reach),
                        None => (widths.bits.min(most), finest, reach),
                    };
                    let (least, most) = operator.relevant(i, (lo, hi));
                    let peak = least.abs().max(most.abs()).min(reach);
                    let (first, last) = operator.domain(i, (lo, hi), MIN_BITS);
                    let is_one_sided = first >= 0 || (last <= 0 && last - first >= (1 << MIN_BITS) - 1);
                    let from_zero = activation_scale(peak, bits, is_one_sided);
                    // Or finer around the range, where the operator takes that.
                    let around = activation_scale(WINDOW * (most - least), bits, true).min(finest);
                    let window = || operator.window(i, (lo, hi), Domain { scale: around, bits });
                    let fitting = if around > from_zero && window().is_some() { around } else { from_zero };
                    let scale = fitting.clamp(-20, finest);
                    // At a coarser scale the same values take fewer bits.
                    let bits =
                        bits.saturating_sub((fitting - scale).max(0).unsigned_abs()).max(MIN_BITS.min(bits));
                    Taken::Rounded(Domain { scale, bits })
                }
            };
            plans.push(ArgumentPlan { runs: if only { runs } else { argument.len }, taken });
        }
        Ok(plans)
    }

    /// Lowers the scale of outputs that are left at their accumulators' scale until they fit a schema. Below 16 bits, they must also fit as many limbs as 16-bit outputs: a limb costs more than it refines.
    fn narrow_outputs(&self, plan: &mut Plan, bits: u32) -> Result<(), InternalError> {
        let fits =
            |output: &QuantOutput| bits >= MAX_ACCUMULATED || u32::from(output.bits) <= narrow_width(output);
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

//! The step of a quantized layer from its plan: rounding, bounds, tables and their parameters.

use std::sync::Arc;

use assay_circuits::layers::function::Quantization;
use assay_circuits::layers::layer_norm::Normalization;
use assay_circuits::layers::softmax::Softmax;

use super::error::{Feasible, PlanError};
use super::graph::{Rounding, Step};
use super::plan::{Domain, LayerPlan, LayerResult};
use super::tables::Tables;
use crate::model::{Activation, Groups, LayerFunction};
use crate::number::{pow2, quantize, signed_range};

/// Most bits that one requantization drops.
const MAX_SHIFT: u8 = 40;
/// The step of a layer. `argument` is the range of what its function is
/// applied to.
pub(crate) fn realize(
    function: &LayerFunction,
    plan: &LayerPlan,
    argument: (f64, f64),
    tables: &Tables,
) -> Result<Step, PlanError> {
    let domain = match (function, plan.result) {
        (LayerFunction::ArgMax(groups), _) => return Ok(Step::ArgMax(*groups)),
        (_, LayerResult::Accumulators | LayerResult::Sums | LayerResult::Index) => {
            return Ok(Step::Accumulate);
        }
        (_, LayerResult::Requantized) => {
            let (lo, hi) = bounds(function, plan);
            return Ok(Step::Requantize(rounding(plan, plan.scale, lo, hi)?));
        }
        (_, LayerResult::Function(domain)) => domain,
    };
    let domain_scale = i8::try_from(domain.scale).ok().feasible()?;
    match function {
        LayerFunction::Elementwise(of_element) => {
            let (lo, hi) = arguments(*of_element, argument, domain.bits);
            let range = value_range(function, plan.bits);
            let q = Quantization {
                lo,
                hi,
                input_scale: domain.scale,
                output_scale: plan.scale,
                output_lo: range.0,
                output_hi: range.1,
            };
            let table = tables.get(*of_element, q).feasible()?;
            let rounding = rounding(plan, domain.scale, lo, hi)?;
            Ok(Step::Table { rounding, function: *of_element, domain_scale, range, table })
        }
        LayerFunction::Softmax(groups) => {
            let (lo, hi) = signed_range(domain.bits);
            let scale = u32::try_from(plan.scale).ok().feasible()?;
            let softmax = Softmax::new(groups.length, domain.scale, scale).ok().feasible()?;
            let rounding = rounding(plan, domain.scale, lo, hi)?;
            Ok(Step::Softmax { rounding, domain_scale, groups: *groups, softmax: Arc::new(softmax) })
        }
        LayerFunction::LayerNorm { groups, epsilon } => {
            let (lo, hi) = signed_range(domain.bits);
            let normalization = normalization(*groups, *epsilon, domain).feasible()?;
            let rounding = rounding(plan, domain.scale, lo, hi)?;
            Ok(Step::LayerNorm { rounding, groups: *groups, normalization })
        }
        _ => Err(PlanError::Internal("the function of a layer that has a domain")),
    }
}

/// The parameters of a layer normalization over a domain; `None` where the plan is not feasible.
pub(crate) fn normalization(groups: Groups, epsilon: f64, domain: Domain) -> Option<Normalization> {
    let (lo, hi) = signed_range(domain.bits);
    let length = u32::try_from(groups.length).ok()?;
    let shape = Normalization::for_range(length, lo, hi, 1).ok()?;
    // In units of 2^v / n^3, at the square of the domain's scale.
    let cube = f64::from(length) * f64::from(length) * f64::from(length);
    let unit = epsilon * cube * pow2(2 * domain.scale - shape.variance_shift as i32);
    let units = quantize(unit, 0).filter(|&units| units < 1 << 40)?;
    Normalization::for_range(length, lo, hi, units.max(1)).ok()
}

/// The arguments of a table of `2^bits` entries: what is not negative where the function or the data are not, and
/// nothing up to a pole.
pub(crate) fn arguments(function: Activation, argument: (f64, f64), bits: u32) -> (i64, i64) {
    let entries = 1i64 << bits.min(20);
    match function {
        Activation::Reciprocal | Activation::InverseSqrt => (1, entries),
        Activation::Sqrt => (0, entries - 1),
        _ if argument.0 >= 0.0 => (0, entries - 1),
        _ => signed_range(bits),
    }
}

/// Whether a table's arguments are not negative.
pub(crate) fn is_unsigned_argument(function: Activation, argument: (f64, f64)) -> bool {
    arguments(function, argument, 8).0 >= 0
}

/// The integers that results of `bits` bits can be.
fn value_range(function: &LayerFunction, bits: u32) -> (i64, i64) {
    if function.is_unsigned() { (0, (1i64 << bits.min(62)) - 1) } else { signed_range(bits) }
}

/// The bounds of a requantization: those of the width, or of the clip where they are tighter.
fn bounds(function: &LayerFunction, plan: &LayerPlan) -> (i64, i64) {
    let (lo, hi) = value_range(function, plan.bits);
    let LayerFunction::Clip { low, high } = function else { return (lo, hi) };
    // Bounds that are not representable saturate with the format.
    let bound = |value: f64| {
        let beyond = if value < 0.0 { lo } else { hi };
        quantize(value, plan.scale).map_or(beyond, |integer| integer.clamp(lo, hi))
    };
    (low.map_or(lo, bound), high.map_or(hi, bound))
}

fn rounding(plan: &LayerPlan, scale: i32, lo: i64, hi: i64) -> Result<Rounding, PlanError> {
    let shift = |&row: &i32| u8::try_from(row - scale).ok().filter(|&shift| shift <= MAX_SHIFT);
    Ok(Rounding { shifts: plan.rows.iter().map(shift).collect::<Option<_>>().feasible()?, lo, hi })
}

//! The step of a quantized layer from its plan: rounding, bounds, and the operator on integers.

use super::error::{Feasible, PlanError};
use super::graph::{QuantArgument, Rounding, Step};
use super::plan::{ArgumentPlan, LayerPlan, LayerResult, Taken};
use super::tables::Tables;
use crate::model::LayerFunction;
use crate::number::{quantize, signed_range};
use crate::operators::operator::{Argument, Formats, Operator};

/// Most bits that one requantization drops.
const MAX_SHIFT: u8 = 40;

/// The step of a layer. `ranges` are those of its function's arguments, `codes` the integers of missing values among their rows, if any.
pub(crate) fn realize(
    function: &LayerFunction,
    plan: &LayerPlan,
    ranges: &[(f64, f64)],
    codes: &[Option<i64>],
    tables: &Tables,
) -> Result<Step, PlanError> {
    match (function, &plan.result) {
        (LayerFunction::Operator(operator), LayerResult::Operator(arguments)) => {
            of_operator(operator.as_ref(), plan, arguments, (ranges, codes), tables)
        }
        (_, LayerResult::Accumulators | LayerResult::Sums) => Ok(Step::Accumulate),
        (_, LayerResult::Requantized) => {
            let (lo, hi) = bounds(function, plan);
            Ok(Step::Requantize(rounding(&plan.rows, plan.scale, lo, hi)?))
        }
        (_, LayerResult::Operator(_)) => Err(PlanError::Internal("the operator of a layer")),
    }
}

fn of_operator(
    operator: &dyn Operator,
    plan: &LayerPlan,
    arguments: &[ArgumentPlan],
    (ranges, codes): (&[(f64, f64)], &[Option<i64>]),
    tables: &Tables,
) -> Result<Step, PlanError> {
    let formats = plan.formats();
    let formats = Formats { arguments: &formats, ranges, scale: plan.scale, bits: plan.bits, tables };
    let integers = match codes.iter().any(Option::is_some) {
        true => operator.quantize_missing(&formats, codes)?,
        false => operator.quantize(&formats)?,
    };
    let mut rows = plan.rows.as_slice();
    let each = operator.arguments();
    let mut quantized = Vec::with_capacity(arguments.len());
    for (position, (&Argument { len, .. }, argument)) in each.iter().zip(arguments).enumerate() {
        let (of_argument, rest) =
            rows.split_at_checked(argument.runs).ok_or(PlanError::Internal("the scales of an argument"))?;
        rows = rest;
        let rounding = match argument.taken {
            Taken::Exact | Taken::Whole | Taken::Common => None,
            Taken::Rounded(domain) => {
                let &range = ranges.get(position).ok_or(PlanError::Internal("the range of an argument"))?;
                let (lo, hi) = operator.integers(position, range, domain);
                Some(rounding(of_argument, domain.scale, lo, hi)?)
            }
        };
        quantized.push(QuantArgument { len, rounding });
    }
    Ok(Step::Operator { arguments: quantized, operator: integers })
}

/// The bounds of a requantization: those of the width, or of the clip where they are tighter.
fn bounds(function: &LayerFunction, plan: &LayerPlan) -> (i64, i64) {
    let is_unsigned = function.is_unsigned();
    let (lo, hi) = if is_unsigned { (0, (1i64 << plan.bits.min(62)) - 1) } else { signed_range(plan.bits) };
    let LayerFunction::Clip { low, high } = function else { return (lo, hi) };
    // Bounds that are not representable saturate with the format.
    let bound = |value: f64| {
        let beyond = if value < 0.0 { lo } else { hi };
        quantize(value, plan.scale).map_or(beyond, |integer| integer.clamp(lo, hi))
    };
    (low.map_or(lo, bound), high.map_or(hi, bound))
}

fn rounding(rows: &[i32], scale: i32, lo: i64, hi: i64) -> Result<Rounding, PlanError> {
    let shift = |&row: &i32| u8::try_from(row - scale).ok().filter(|&shift| shift <= MAX_SHIFT);
    Ok(Rounding { shifts: rows.iter().map(shift).collect::<Option<_>>().feasible()?, lo, hi })
}

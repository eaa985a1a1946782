//! Which accumulators may be the integer of a missing value.
//!
//! An element of an input that may be missing is `-2^(bits-1)` where it is. Only operators that know missing values read it, in rows of
//! that one element, as it is or times a weight `w` and plus a constant `b`: then the row is `-w 2^(bits-1) + b` where it is missing, and
//! other integers elsewhere. Import refuses models in which anything else reads such an element; here that is an error of the compiler.

use assay_interface::missing::code;

use super::error::{Feasible, PlanError};
use super::linear::Linear;
use super::plan::Plan;
use super::profile::{Profile, Wiring};
use crate::model::{Layer, Map};

/// For each row of a layer's map, the accumulator of a missing value, if there is one; empty where no row of any layer has one.
pub(super) fn of_rows(
    layer: &Layer,
    linear: &Linear,
    wiring: &Wiring,
    profile: &Profile,
    plan: &Plan,
) -> Result<Vec<Option<i64>>, PlanError> {
    if profile.coded.is_empty() {
        return Ok(Vec::new());
    }
    let is_coded = |atom: u32| profile.coded.get(atom as usize).copied().unwrap_or(false);
    const KNOWN: PlanError = PlanError::Internal("an operator that knows missing values");
    let Map::Rows(rows) = layer.map.as_ref() else {
        let mut reads = false;
        layer.map.for_each_atom(|atom| reads |= is_coded(atom));
        return if reads { Err(KNOWN) } else { Ok(Vec::new()) };
    };
    let mut codes = vec![None; rows.len()];
    for (position, (row, slot)) in rows.iter().zip(&mut codes).enumerate() {
        if !row.terms.iter().any(|&(atom, _)| is_coded(atom)) {
            continue;
        }
        let &[(atom, _)] = row.terms.as_slice() else { return Err(KNOWN) };
        let source = wiring.column(atom)?.source;
        let bits = plan.inputs.get(source).ok_or(KNOWN)?.bits;
        let (weight, bias) = linear.single_term(position).feasible()?;
        let of_missing = weight.checked_mul(code(bits as u8)).and_then(|product| product.checked_add(bias)); // bits: at most 32
        *slot = Some(of_missing.feasible()?);
    }
    let knows = layer.function.operator().is_some() && layer.pool.is_none();
    if !knows && codes.iter().any(Option::is_some) {
        return Err(KNOWN);
    }
    Ok(codes)
}

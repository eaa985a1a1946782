//! Selection: `condition ? x : y = y + condition * (x - y)`.
//!
//! Cost: 1 constraint, 1 wire; none if the condition or `x - y` is a constant. The interval of the
//! result is the hull of those of `x` and `y`, which the condition's being a bit proves.

use crate::bounded::Bounded;
use crate::builder::Builder;
use crate::error::BuildError;
use crate::gadgets::bits::require;

/// Integer reference.
pub fn reference(condition: i64, x: i64, y: i64) -> i64 {
    if condition == 1 { x } else { y }
}

/// `x` where `condition` is 1, `y` where it is 0. The condition must be proven to be a bit.
pub fn constrain(
    b: &mut Builder,
    condition: &Bounded,
    x: &Bounded,
    y: &Bounded,
) -> Result<Bounded, BuildError> {
    require(condition, 0, 1, "select")?;
    match condition.as_constant() {
        Some(0) => return Ok(y.clone()),
        Some(_) => return Ok(x.clone()),
        None => {}
    }
    let (lo, hi) = (x.lo().min(y.lo()), x.hi().max(y.hi()));
    let difference = x.sub(y)?;
    if let Some(constant) = difference.as_constant() {
        let overflow = BuildError::Overflow { operation: "select", lo: constant, hi: constant };
        let factor = i64::try_from(constant).map_err(|_| overflow)?;
        return Ok(Bounded::combine("select", &[(y, 1), (condition, factor)], 0)?.proven(lo, hi));
    }
    let overflow = BuildError::Overflow { operation: "select", lo, hi };
    let (Ok(base), Ok(span)) = (i64::try_from(lo), i64::try_from(hi - lo)) else {
        return Err(overflow);
    };
    let rest = y.add_const(-base)?;
    b.scope("select", |b| {
        b.product_wire("condition * (x - y) = result - y", condition, &difference, &rest, span)
    })?
    .add_const(base)
}

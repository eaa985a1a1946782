//! Many values clamped alike: by lookup, their quotients share a table of two columns where that is cheaper.

use super::single::{constrain, cost};
use crate::bounded::Bounded;
use crate::builder::Builder;
use crate::cost::Tally;
use crate::error::BuildError;
use crate::gadgets::div_pow2::check_shift;
use crate::gadgets::lookup::cost as lookup;
use crate::gadgets::lookup::function::Function;
use crate::integer::{Interval, quotients};
use crate::lookups::Ranges;

/// [`constrain`] for many values. By lookup, their quotients share a table of two columns where that is cheaper.
pub fn constrain_all(
    b: &mut Builder,
    x: &[Bounded],
    shift: u32,
    lo: i64,
    hi: i64,
) -> Result<Vec<Bounded>, BuildError> {
    let Some(table) = shared_table(b, x, shift, lo, hi)? else {
        return x.iter().map(|x| constrain(b, x, shift, lo, hi)).collect();
    };
    let (min, max) = (i128::from(lo), i128::from(hi));
    x.iter()
        .map(|x| {
            if !needs_table(x.interval(), shift, lo, hi) {
                return constrain(b, x, shift, lo, hi);
            }
            let (lowest, highest) = quotients(x.interval(), shift);
            let y = b.scope("clamp", |b| table.of_quotient(b, x, shift))?;
            Ok(y.proven(lowest.max(min), highest.min(max)))
        })
        .collect()
}

/// A table of `clamp(q, lo, hi)` over all quotients that need one, if it saves more than it costs: see
/// [`lookup::clamp_by_table`].
fn shared_table(
    b: &mut Builder,
    x: &[Bounded],
    shift: u32,
    lo: i64,
    hi: i64,
) -> Result<Option<Function>, BuildError> {
    check_shift("clamp", shift)?;
    if b.ranges() == Ranges::Bits {
        return Ok(None);
    }
    let intervals = x.iter().map(Bounded::interval);
    let Some(domain) = lookup::clamp_by_table(intervals, shift, lo, hi, b.has_functions()) else {
        return Ok(None);
    };
    Function::new(b, domain.0, &entries(domain.0, domain.1, lo, hi)).map(Some)
}

/// `clamp(q, lo, hi)` for each quotient.
fn entries(first: i64, last: i64, lo: i64, hi: i64) -> Vec<i64> {
    (first..=last).map(|q| q.min(hi).max(lo)).collect()
}

/// Adds what [`constrain_all`] costs for values of these intervals.
pub fn cost_all(t: &mut Tally, x: &[Interval], shift: u32, lo: i64, hi: i64) {
    let table = match t.ranges() {
        Ranges::Bits => None,
        Ranges::Lookup => lookup::clamp_by_table(x.iter().copied(), shift, lo, hi, t.has_functions()),
    };
    let Some((first, last)) = table else {
        return x.iter().for_each(|&x| cost(t, x, shift, lo, hi));
    };
    let mut queries = 0;
    for &x in x {
        if needs_table(x, shift, lo, hi) {
            queries += 1;
            if shift > 0 {
                t.integer(shift);
            }
        } else {
            cost(t, x, shift, lo, hi);
        }
    }
    t.function(first, &entries(first, last, lo, hi), queries);
}

/// Whether the quotients of an interval exceed a bound, and not all of them the same.
fn needs_table(x: Interval, shift: u32, lo: i64, hi: i64) -> bool {
    let (min, max) = (i128::from(lo), i128::from(hi));
    let (lowest, highest) = quotients(x, shift);
    highest > min && lowest < max && (lowest < min || highest > max)
}

//! Elementwise functions on a quantized domain, as tables: `y = T[clamp(x, lo, hi)]`.
//!
//! ```text
//! T[q] = clamp(floor(f(q * 2^-input_scale) * 2^output_scale + 1/2), output_lo, output_hi)
//! ```
//!
//! Entries are correctly rounded, so each is within half a unit of the output's scale of the true value (or saturated), and the
//! same on every machine: `f` is enclosed by an interval of 80-bit fixed-point integers, and a table is built only if the whole
//! interval rounds to one entry. It practically always does: enclosures are narrower than 2^-60 for |x| <= 32.
//!
//! *Half-way values.* A value that is no dyadic rational is never half-way between entries and never an end of its interval.
//! For rational arguments, but a few, values are transcendental: those made of exponentials, logarithms, trigonometric functions and their
//! inverses by the theorem of Lindemann and Weierstrass (they are algebraic in one exponential of an algebraic number that is not zero, or a
//! logarithm of an algebraic number other than 0 and 1), erf by that of Siegel and Shidlovskii. The few (0, or 1 for logarithms, ±1 for
//! arccosines, 1/2 for logits) have points as intervals. For the tanh form of GELU and for the probit no theorem says so; where the former's
//! tanh reaches 1 to 80 bits it is below, and of the latter an entry that is not decided is refused. Rational functions and roots are
//! computed exactly, ties included; powers have their argument in `power.rs`.
//!
//! Cost: see [`constrain`].

use crate::bounded::Bounded;
use crate::builder::Builder;
use crate::case::Case;
use crate::cost::Tally;
use crate::error::{BuildError, Missing};
use crate::gadgets::lookup::cost as lookup_cost;
use crate::gadgets::lookup::function::Function as Lookup;
use crate::gadgets::{clamp, multiplex};
use crate::integer::{Interval, quotients};
use crate::layers::requantize::{self, Requantize};
use crate::lookups::Ranges;

mod activation;
mod exact;
mod interval;
mod logarithm;
mod power;
mod quantile;
mod real;
mod table;
mod trigonometric;

pub use activation::{Activation, Arguments, Dyadic, Quantization};
use table::Part;
pub use table::{Enclosures, FunctionTable, MAX_ENTRIES};

/// Integer reference.
pub fn reference(x: i64, table: &FunctionTable) -> i64 {
    table.value(x)
}

/// Integer reference of [`constrain_rounded`]: requantization, then the function.
pub fn reference_rounded(acc: i64, p: Requantize, table: &FunctionTable) -> i64 {
    reference(requantize::reference(acc, p), table)
}

/// Applies the function to each value.
///
/// Cost, without lookups: what the interval of a value reaches beyond the domain is clamped ([`clamp`]; nothing
/// if it stays inside), then a selection by bits, see [`multiplex`]: about `n + 3 * 2^(n/2)` for `2^n` entries. With lookups,
/// if that is cheaper, 2 a value and an entry an argument once; where little lies beyond the domain, the entries
/// cover that too and nothing is clamped. Apply a function to as many values at once as there are.
pub fn constrain(b: &mut Builder, x: &[Bounded], table: &FunctionTable) -> Result<Vec<Bounded>, BuildError> {
    let Some((lo, hi)) = hull(x.iter().map(|x| (x.lo(), x.hi()))) else { return Ok(Vec::new()) };
    let part = table.part(lo, hi);
    let mut range = range_of(table);
    let mut apply = |b: &mut Builder, lookup: &Lookup, x: &Bounded| {
        let (least, most) = range(x.lo(), x.hi());
        Ok(lookup.constrain(b, x)?.proven(least, most))
    };
    match method(b.ranges(), b.has_functions(), x.len(), (lo, hi), part) {
        Method::Bits => b.scope("function", |b| x.iter().map(|x| by_bits(b, x, table)).collect()),
        Method::Whole { lo, hi } => {
            let lookup = lookup(b, lo, hi, |x| reference(x, table))?;
            x.iter().map(|x| apply(b, &lookup, x)).collect()
        }
        Method::Part => {
            let lookup = Lookup::new(b, part.lo, part.values)?;
            let clamped = b.scope("function", |b| clamp::constrain_all(b, x, 0, part.lo, part.hi()))?;
            clamped.iter().map(|x| apply(b, &lookup, x)).collect()
        }
    }
}

/// Requantizes accumulators, each by its own shift, and applies the function: `f(clamp(floor((acc + 2^(s-1)) / 2^s), lo, hi))`.
///
/// Cost, without lookups: the two steps. With lookups, where all have the same bounds and few quotients lie beyond them: the
/// range proof of the remainder and 2 a value; once, an entry a quotient.
pub fn constrain_rounded(
    b: &mut Builder,
    acc: &[Bounded],
    p: &[Requantize],
    table: &FunctionTable,
) -> Result<Vec<Bounded>, BuildError> {
    let (expected, found) = (acc.len(), p.len());
    if expected != found {
        return Err(BuildError::Length { operation: "function", what: "requantizations", expected, found });
    }
    let Some(&Requantize { lo, hi, .. }) = p.first() else { return Ok(Vec::new()) };
    let quotients: Vec<_> = acc.iter().zip(p).map(|(acc, p)| quotients(acc.interval(), p.shift)).collect();
    let clamped = |q: i128| q.min(hi.into()).max(lo.into());
    if let Some(ends) = hull(quotients.iter().copied())
        && lo <= hi
        && p.iter().all(|p| (p.lo, p.hi) == (lo, hi))
        && let part = table.part(clamped(ends.0), clamped(ends.1))
        && let Method::Whole { lo: first, hi: last } =
            method(b.ranges(), b.has_functions(), acc.len(), ends, part)
    {
        let lookup = lookup(b, first, last, |q| reference(q.min(hi).max(lo), table))?;
        let mut range = range_of(table);
        let mut apply = |((acc, p), &ends): ((&Bounded, &Requantize), &(i128, i128))| {
            let (least, most) = range(clamped(ends.0), clamped(ends.1));
            Ok(lookup.of_quotient(b, acc, p.shift)?.proven(least, most))
        };
        return acc.iter().zip(p).zip(&quotients).map(&mut apply).collect();
    }
    let (mut rounded, mut rest) = (Vec::with_capacity(acc.len()), acc);
    for run in p.chunk_by(|p, q| p == q) {
        let (Some(&p), Some((acc, others))) = (run.first(), rest.split_at_checked(run.len())) else {
            return Err(Missing { what: "accumulators", index: run.len(), len: rest.len() }.into());
        };
        rest = others;
        rounded.extend(requantize::constrain(b, acc, p)?);
    }
    constrain(b, &rounded, table)
}

/// Adds what [`constrain`] costs for values of these intervals; returns those of the results.
pub fn cost(t: &mut Tally, x: &[Interval], table: &FunctionTable) -> Vec<Interval> {
    let Some(ends) = hull(x.iter().copied()) else { return Vec::new() };
    let part = table.part(ends.0, ends.1);
    match method(t.ranges(), t.has_functions(), x.len(), ends, part) {
        Method::Bits => {
            // Neighbours often have one interval.
            let mut last: Option<(Interval, (i64, i64), usize)> = None;
            for &x in x {
                let known = last.take().filter(|(interval, ..)| *interval == x);
                let (_, (lo, hi), selection) = known.unwrap_or_else(|| {
                    let part = table.part(x.0, x.1);
                    (x, (part.lo, part.hi()), multiplex::cost_of(part.values))
                });
                clamp::cost(t, x, 0, lo, hi);
                t.add(selection);
                last = Some((x, (lo, hi), selection));
            }
        }
        Method::Whole { lo, hi } => {
            let values: Vec<i64> = (lo..=hi).map(|x| reference(x, table)).collect();
            t.function(lo, &values, x.len());
        }
        Method::Part => {
            clamp::cost_all(t, x, 0, part.lo, part.hi());
            t.function(part.lo, part.values, x.len());
        }
    }
    intervals(x, table)
}

/// Adds what [`constrain_rounded`] costs for accumulators of these intervals; returns those of the results.
pub fn cost_rounded(
    t: &mut Tally,
    acc: &[Interval],
    p: &[Requantize],
    table: &FunctionTable,
) -> Vec<Interval> {
    let Some(&Requantize { lo, hi, .. }) = p.first() else { return Vec::new() };
    let quotients: Vec<Interval> = acc.iter().zip(p).map(|(&acc, p)| quotients(acc, p.shift)).collect();
    let clamped = |q: Interval| (q.0.min(hi.into()).max(lo.into()), q.1.min(hi.into()).max(lo.into()));
    if let Some(ends) = hull(quotients.iter().copied())
        && p.iter().all(|p| (p.lo, p.hi) == (lo, hi))
        && let part = table.part(clamped(ends).0, clamped(ends).1)
        && let Method::Whole { lo: first, hi: last } =
            method(t.ranges(), t.has_functions(), acc.len(), ends, part)
    {
        p.iter().filter(|p| p.shift > 0).for_each(|p| t.integer(p.shift));
        let values: Vec<i64> = (first..=last).map(|q| reference(q.min(hi).max(lo), table)).collect();
        t.function(first, &values, acc.len());
        let mut range = range_of(table);
        return quotients.iter().map(|&q| range(clamped(q).0, clamped(q).1)).collect();
    }
    let (mut rounded, mut rest) = (Vec::with_capacity(acc.len()), acc);
    for run in p.chunk_by(|p, q| p == q) {
        // What has other lengths is refused, and costs nothing.
        let (Some(&p), Some((acc, others))) = (run.first(), rest.split_at_checked(run.len())) else { break };
        rest = others;
        rounded.extend(requantize::cost(t, acc, p));
    }
    cost(t, &rounded, table)
}

/// The intervals of the results for values of these intervals.
pub fn intervals(x: &[Interval], table: &FunctionTable) -> Vec<Interval> {
    let mut range = range_of(table);
    x.iter().map(|x| range(x.0, x.1)).collect()
}

/// How a function is applied to many values.
enum Method {
    /// Each clamped to the domain, and selected by its bits.
    Bits,
    /// Looked up, with entries for all that the values reach.
    Whole {
        /// The smallest.
        lo: i64,
        /// The largest.
        hi: i64,
    },
    /// Each clamped to the domain, and looked up there.
    Part,
}

/// The method with the fewest constraints for `count` values in `[lo, hi]`, of which `part` of the table is reached;
/// `has_rho` once another function is looked up.
fn method(ranges: Ranges, has_rho: bool, count: usize, (lo, hi): Interval, part: Part<'_>) -> Method {
    if ranges == Ranges::Bits {
        return Method::Bits;
    }
    // A sign or two with their digits.
    const CLAMP: usize = 5;
    let clamp = if i128::from(part.lo) <= lo && hi <= part.hi().into() { 0 } else { CLAMP };
    let once = |entries: usize| lookup_cost::table(entries) + if has_rho { 0 } else { lookup_cost::RHO };
    let each = |constraints: usize| count.saturating_mul(constraints);
    let by_bits = each(multiplex::constraints(part.values.len()).saturating_add(clamp));
    let by_part = once(part.values.len()).saturating_add(each(lookup_cost::FUNCTION_QUERY + clamp));
    let whole = usize::try_from(hi - lo + 1).ok().filter(|&entries| entries <= MAX_ENTRIES);
    let by_whole = whole.map(|entries| once(entries).saturating_add(each(lookup_cost::FUNCTION_QUERY)));
    match (by_whole, i64::try_from(lo), i64::try_from(hi)) {
        (Some(by_whole), Ok(lo), Ok(hi)) if by_whole <= by_part.min(by_bits) => Method::Whole { lo, hi },
        _ if by_part < by_bits => Method::Part,
        _ => Method::Bits,
    }
}

/// One value, without lookups.
fn by_bits(b: &mut Builder, x: &Bounded, table: &FunctionTable) -> Result<Bounded, BuildError> {
    let part = table.part(x.lo(), x.hi());
    let x = clamp::constrain(b, x, 0, part.lo, part.hi())?;
    multiplex::constrain(b, &x, part.lo, part.values)
}

/// A lookup table of `f` over `[lo, hi]`.
fn lookup(b: &mut Builder, lo: i64, hi: i64, f: impl Fn(i64) -> i64) -> Result<Lookup, BuildError> {
    Lookup::new(b, lo, &(lo..=hi).map(f).collect::<Vec<_>>())
}

/// The smallest interval that holds all.
fn hull(intervals: impl Iterator<Item = Interval>) -> Option<Interval> {
    intervals.reduce(|(least, most), (lo, hi)| (least.min(lo), most.max(hi)))
}

/// The smallest and largest value for arguments of `[lo, hi]`. Neighbours often have one interval.
fn range_of(table: &FunctionTable) -> impl FnMut(i128, i128) -> (i128, i128) {
    let mut last = None;
    move |lo, hi| match last {
        Some((interval, range)) if interval == (lo, hi) => range,
        _ => {
            let values = || table.part(lo, hi).values.iter().copied().map(i128::from);
            // Of no values nothing is claimed.
            let range = (values().min().unwrap_or(i128::MIN), values().max().unwrap_or(i128::MAX));
            last = Some(((lo, hi), range));
            range
        }
    }
}

/// What audits and ledger see of it.
pub(crate) const CASES: &[Case] = &[
    Case::new("sigmoid of 12 bits, saturating", 1, 12, |b, x| {
        let q =
            Quantization { lo: -512, hi: 511, input_scale: 6, output_scale: 8, output_lo: 0, output_hi: 256 };
        constrain(b, x, &FunctionTable::of(Activation::Sigmoid, q)?)
    }),
    Case::new("tanh of 24 values, 5 bits", 24, 5, |b, x| {
        let q =
            Quantization { lo: -16, hi: 15, input_scale: 3, output_scale: 4, output_lo: -16, output_hi: 16 };
        constrain(b, x, &FunctionTable::of(Activation::Tanh, q)?)
    }),
    Case::new("GELU of 24 values of 8 bits, requantized to 5", 24, 8, |b, x| {
        let q =
            Quantization { lo: -12, hi: 12, input_scale: 3, output_scale: 4, output_lo: -16, output_hi: 16 };
        let p = Requantize { shift: 3, lo: -14, hi: 13 };
        constrain_rounded(b, x, &[p; 24], &FunctionTable::of(Activation::Gelu, q)?)
    }),
];

#[cfg(test)]
mod tests;

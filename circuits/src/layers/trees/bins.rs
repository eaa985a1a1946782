//! The bits of all thresholds of a feature: `c_i = [x >= t_i]`.
//!
//! With thresholds `t_1 < ... < t_D` inside of the interval `[lo, hi]` of `x`, `t_0 = lo`, `t_(D+1) = hi + 1`, `c_0 = 1` and `c_(D+1) = 0`:
//!
//! ```text
//! (c_i - c_(i+1)) (1 - c_i + c_(i+1)) = 0      i = 0, ..., D
//! u = x - t_0 - sum_(i>=1) (t_i - t_(i-1)) c_i >= 0            not below its bin
//! w = t_1 - 1 + sum_(i>=1) (t_(i+1) - t_i) c_i - x >= 0        not above
//! ```
//!
//! *Soundness.* The D + 1 differences are bits and their sum is `c_0 - c_(D+1) = 1`, so exactly one of them, say number `i`, is 1: `c` is
//! 1 up to `i` and 0 behind it. Then `u = x - t_i` and `w = t_(i+1) - 1 - x`, integers since `x` is one by its interval, so the two ranges say
//! that bin `i` holds `x`. Bins are disjoint: every `c` is determined. `u + w` is less than the widest bin, so that the ranges may be loose.
//!
//! *Cost*: `D + 1` and two range proofs of the widest bin's bits; one, if all bins hold one value. Of more than
//! [`accumulate::MAX_TERMS`] thresholds both sums get a wire. A comparison a threshold is taken where that is less: for one or two
//! thresholds, as a rule. An `x` of two values is its own bit.

use crate::bounded::Bounded;
use crate::builder::Builder;
use crate::cost::Tally;
use crate::error::BuildError;
use crate::gadgets::lookup::digits::assert_loose;
use crate::gadgets::{accumulate, compare};
use crate::instruction::Instruction;
use crate::integer::{Interval, bit_length, magnitude};
use crate::linear::Lc;
use ark_bn254::Fr;
use ark_ff::One;

use super::affine::narrow;

/// How the bits are proven.
enum Way {
    /// One by one.
    Compare,
    /// Together; both ranges have so many bits.
    Bins { bits: u32 },
}

/// The first values of the bins, and one behind the last.
fn edges((lo, hi): Interval, thresholds: &[i64]) -> Vec<i128> {
    let inner = thresholds.iter().map(|&t| i128::from(t));
    std::iter::once(lo).chain(inner).chain([hi + 1]).collect()
}

/// The way with fewer constraints by bits; the same by lookup, so that a plan need not know.
fn way(x: Interval, thresholds: &[i64]) -> Way {
    let single: u32 = thresholds
        .iter()
        .map(|&t| match (x.0 - i128::from(t), x.1 - i128::from(t)) {
            (-1, 0) => 0,
            distance => magnitude(distance) + 1,
        })
        .fold(0, u32::saturating_add);
    let widths = edges(x, thresholds);
    let widest = widths.windows(2).map(|w| w.iter().rev().copied().reduce(|a, b| a - b).unwrap_or(0)).max();
    let bits = bit_length(widest.unwrap_or(0) - 1);
    let count = u32::try_from(thresholds.len()).unwrap_or(u32::MAX);
    let together = count.saturating_add(1).saturating_add(if bits == 0 { 1 } else { 2 * bits });
    if single <= together { Way::Compare } else { Way::Bins { bits } }
}

/// `[x >= t]` for each threshold. They ascend strictly, and lie behind the least value of `x` and not behind its largest.
pub(super) fn constrain(
    b: &mut Builder,
    x: &Bounded,
    thresholds: &[i64],
) -> Result<Vec<Bounded>, BuildError> {
    let bits = match way(x.interval(), thresholds) {
        Way::Compare => {
            let compare = |&t| compare::at_least(b, x, &Bounded::constant(t)?);
            return thresholds.iter().map(compare).collect();
        }
        Way::Bins { bits } => bits,
    };
    b.scope("bins", |b| {
        let (lo, hi) = x.interval();
        let mut c = Vec::with_capacity(thresholds.len());
        for &t in thresholds {
            // Bit `from` of the distance moved to be non-negative.
            let from = magnitude((lo - i128::from(t), hi - i128::from(t)));
            let moved = x.add_const(narrow((1i128 << from) - i128::from(t))?)?;
            let from = u8::try_from(from).map_err(|_| BuildError::TooLarge { what: "bits" })?;
            b.instruct(Instruction::Bits { from, count: 1 }, &[&moved])?;
            c.push(b.bounded_wire(1)?);
        }
        let (mut before, zero) = (Lc::constant(Fr::one()), Lc::zero());
        for (position, after) in c.iter().map(Bounded::to_lc).chain([zero]).enumerate() {
            let bit = before.minus(&after);
            // 1 - c_1 is a bit exactly if c_1 is.
            let bit = if position == 0 && bit.terms().len() > 1 { &after } else { &bit };
            b.enforce_bit("one bin is the last that is reached", bit)?;
            before = after;
        }
        let edges = edges((lo, hi), thresholds);
        // t_0 + sum (t_i - t_(i-1)) c_i, and the same of the bins' last values.
        let first = stairs(b, &c, &edges, 0)?;
        assert_loose(b, &x.sub(&first)?, bits)?;
        if bits > 0 {
            let last = stairs(b, &c, edges.get(1..).unwrap_or_default(), -1)?;
            assert_loose(b, &last.sub(x)?, bits)?;
        }
        Ok(c)
    })
}

/// `edges[i] + shift` for the `i` that is the number of ones among the bits.
fn stairs(b: &mut Builder, c: &[Bounded], edges: &[i128], shift: i128) -> Result<Bounded, BuildError> {
    let start = narrow(edges.first().copied().unwrap_or(0) + shift)?;
    let steps = edges.windows(2).map(|w| narrow(w.iter().rev().copied().reduce(|a, b| a - b).unwrap_or(0)));
    let steps = steps.collect::<Result<Vec<i64>, BuildError>>()?;
    let parts: Vec<(&Bounded, i64)> = c.iter().zip(steps).collect();
    let sum = Bounded::combine("bins", &parts, start)?;
    if c.len() > accumulate::MAX_TERMS { accumulate::wire(b, &sum) } else { Ok(sum) }
}

/// Adds what [`constrain`] costs for a value of an interval.
pub(super) fn cost(t: &mut Tally, x: Interval, thresholds: &[i64]) {
    match way(x, thresholds) {
        Way::Compare => thresholds.iter().for_each(|&threshold| {
            let threshold = i128::from(threshold);
            compare::cost(t, (x.0 - threshold, x.1 - threshold));
        }),
        Way::Bins { bits } => {
            let (ranges, sums) = if bits == 0 { (1, 1) } else { (2, 2) };
            t.add(thresholds.len() + 1);
            t.add(if thresholds.len() > accumulate::MAX_TERMS { sums } else { 0 });
            (0..ranges).for_each(|_| t.loose(bits));
        }
    }
}

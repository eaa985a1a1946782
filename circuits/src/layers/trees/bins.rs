//! The bits of all thresholds of a feature together, by the bin that holds it: `c_i = [x >= t_i]`.
//!
//! With thresholds `t_1 < ... < t_D` inside of the interval `[lo, hi]` of `x`, `t_0 = lo`, `t_(D+1) = hi + 1`, `c_0 = 1` and `c_(D+1) = 0`:
//!
//! ```text
//! (c_i - c_(i+1)) (1 - c_i + c_(i+1)) = 0                             i = 0, ..., D
//! u = x - t_0 - sum_(i>=1) (t_i - t_(i-1)) c_i >= 0                 not below its bin
//! w = t_1 - 1 + sum_(i>=1) (t_(i+1) - t_i) c_i - x >= 0             not above
//! ```
//!
//! # Soundness
//!
//! The `D + 1` differences are bits and their sum is `c_0 - c_(D+1) = 1`, so exactly one of them, say number `i`, is 1: `c` is 1 up to `i`
//! and 0 behind it. Then `u = x - t_i` and `w = t_(i+1) - 1 - x`, of which the ranges say that they are integers of `[0, 2^N)`, whatever field
//! element `x` is. So `x = t_i + u` is an integer, at least `t_i`, and at most `t_(i+1) - 1` since `u + w = t_(i+1) - 1 - t_i` far below the
//! modulus: bin `i` holds it. Bins are disjoint: every `c` is determined. They are all of `[lo, hi]`: **that `x` is in its interval is proven
//! here and need not be proven elsewhere**; and as `u + w` is less than the widest bin, the ranges may be loose.
//!
//! *Cost*: `D + 1` and two range proofs of the widest bin's bits; one, if all bins hold one value. A wide bin is
//! taken apart by thresholds that nobody asked for where these cost less than the bits that they save. The rows of `u` and `w` have
//! a term a threshold, twice; of more than [`MAX_STEPS`] both sums get a wire.

use crate::bounded::Bounded;
use crate::builder::Builder;
use crate::error::BuildError;
use crate::gadgets::accumulate;
use crate::gadgets::lookup::digits::assert_loose;
use crate::instruction::Instruction;
use crate::integer::{Interval, bit_length, magnitude};
use crate::linear::Lc;
use ark_bn254::Fr;
use ark_ff::One;

use super::affine::narrow;

/// Most thresholds whose sums have no wire of their own. Such a sum stands in both factors of one row, and nowhere else: a term takes the
/// prover about 14 ns and a constraint 2.4 us (two cores with AVX-512 IFMA, trees of 8,000 constraints), so that 85 of them cost what a
/// wire costs, and the constraint that is not there counts in keys and setup as well.
const MAX_STEPS: usize = 256;

/// Bins of a feature.
#[derive(Debug)]
pub(super) struct Bins {
    /// The first value of each, and one behind the last.
    edges: Vec<i128>,
    /// Which of the inner edges are thresholds.
    asked: Vec<bool>,
    /// Bits of the widest.
    pub(super) bits: u32,
}

impl Bins {
    /// For thresholds that ascend strictly inside of an interval; `range` is the price of a range proof, `equation` that of a
    /// constraint.
    pub(super) fn new(
        x: Interval,
        thresholds: &[i64],
        range: impl Fn(u32) -> usize,
        equation: usize,
    ) -> Self {
        let inner = thresholds.iter().map(|&t| i128::from(t));
        let edges: Vec<i128> = std::iter::once(x.0).chain(inner).chain([x.1 + 1]).collect();
        let widest = bit_length(widths(&edges).max().unwrap_or(1) - 1);
        // Each bit less saves two constraints: beyond that no cut pays.
        let most = 2 * widest as usize;
        let options = (0..=widest).rev().map_while(|bits| {
            let cuts: i128 = widths(&edges).map(|width| (width - 1) >> bits).sum();
            usize::try_from(cuts).ok().filter(|&cuts| cuts <= most).map(|_| Self::cut(&edges, bits))
        });
        let price = |bins: &Self| {
            bins.equations().saturating_mul(equation).saturating_add(range(bins.bits) * bins.ranges())
        };
        options.min_by_key(price).unwrap_or_else(|| Self::cut(&edges, widest))
    }

    /// The bins with these edges, cut where they are wider than `2^bits`.
    fn cut(given: &[i128], bits: u32) -> Self {
        let (mut edges, mut asked) = (Vec::with_capacity(given.len()), Vec::with_capacity(given.len()));
        for (&edge, width) in given.iter().zip(widths(given)) {
            for part in 0..=(width - 1) >> bits {
                edges.push(edge + (part << bits));
                asked.push(part == 0);
            }
        }
        // The first begins where `x` does: that is no threshold.
        asked.remove(0);
        edges.extend(given.last());
        Self { edges, asked, bits }
    }

    /// Constraints, but for the ranges.
    pub(super) fn equations(&self) -> usize {
        self.asked.len() + 1 + if self.is_long() { self.ranges() } else { 0 }
    }

    /// Whether the sums are so long that they get wires.
    fn is_long(&self) -> bool {
        self.asked.len() > MAX_STEPS
    }

    /// Range proofs, of `bits` bits.
    pub(super) fn ranges(&self) -> usize {
        if self.bits == 0 { 1 } else { 2 }
    }

    /// `[x >= t]` for each threshold. Proves by itself that `x` is in its interval.
    pub(super) fn constrain(&self, b: &mut Builder, x: &Bounded) -> Result<Vec<Bounded>, BuildError> {
        b.scope("bins", |b| {
            let (lo, hi) = x.interval();
            let mut c = Vec::with_capacity(self.asked.len());
            for &t in self.edges.iter().skip(1).take(self.asked.len()) {
                // Bit `from` of the distance moved to be non-negative.
                let from = magnitude((lo - t, hi - t));
                let moved = x.add_const(narrow((1i128 << from) - t)?)?;
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
            // t_0 + sum (t_i - t_(i-1)) c_i, and the same of the bins' last values.
            let first = stairs(b, &c, &self.edges, 0)?;
            assert_loose(b, &x.sub(&first)?, self.bits)?;
            if self.ranges() > 1 {
                let last = stairs(b, &c, self.edges.get(1..).unwrap_or_default(), -1)?;
                assert_loose(b, &last.sub(x)?, self.bits)?;
            }
            Ok(c.into_iter().zip(&self.asked).filter(|&(_, &asked)| asked).map(|(c, _)| c).collect())
        })
    }
}

fn widths(edges: &[i128]) -> impl Iterator<Item = i128> + '_ {
    edges.iter().zip(edges.iter().skip(1)).map(|(from, to)| to - from)
}

/// `edges[i] + shift` for the `i` that is the number of ones among the bits.
fn stairs(b: &mut Builder, c: &[Bounded], edges: &[i128], shift: i128) -> Result<Bounded, BuildError> {
    let start = narrow(edges.first().copied().unwrap_or(0) + shift)?;
    let steps = widths(edges).map(narrow).collect::<Result<Vec<i64>, BuildError>>()?;
    let parts: Vec<(&Bounded, i64)> = c.iter().zip(steps).collect();
    let sum = Bounded::combine("bins", &parts, start)?;
    if c.len() > MAX_STEPS { accumulate::wire(b, &sum) } else { Ok(sum) }
}

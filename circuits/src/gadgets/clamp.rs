//! Rounding, shifting and clamping at once: `y = clamp(floor((x + 2^(s-1)) / 2^s), lo, hi)`.
//!
//! This is the one nonlinear step of a quantized network: requantization, ReLU, clipping and every
//! fusion of them are calls of it. Only the bounds that the interval of `x` can exceed cost anything.
//! Write `v = x + 2^(s-1) - lo * 2^s` and `M = hi - lo`, so that `y = lo + clamp(floor(v / 2^s), 0, M)`.
//!
//! | bounds that can be exceeded | constraints |
//! | --- | --- |
//! | none | [`div_pow2`]: one a bit of `v` |
//! | the lower one | `n + 1`: sign and bits of `v` once (`n` of them), then `sign * quotient = y` |
//! | the upper one | as the lower one, of the mirrored value `(M + 1) * 2^s - 1 - v`, whose quotient is `M - floor(v / 2^s)` |
//! | both, `M + 1 = 2^m` | `s + m + j + 3`, and 1 more if `j > 0`: see below |
//! | both, any `M` | the lower one, then the upper one |
//!
//! *Both.* Let `k = s + m` and `K = 2^k * (2^j + 1)`, with the smallest `j` for which `-2^(k+j) <= v < K`:
//!
//! ```text
//! v = low + 2^k * (1 - inside + tail) - K * negative        low in [0, 2^k), tail in [0, 2^j)
//! inside * tail = 0                                         (only where j > 0)
//! inside * quotient(low) = y - M * (1 - inside - negative)
//! ```
//!
//! where `inside` and `negative` are bits. Each `v` has exactly one solution:
//!
//! | inside | negative | values of `v` that it reaches |
//! | --- | --- | --- |
//! | 1 | 0 | `[0, 2^k)`: `y` is the quotient |
//! | 0 | 0 | `[2^k, K)`: saturated, `y = M` |
//! | 0 | 1 | `[-2^(k+j), 0)`: `y = 0` |
//! | 1 | 1 | below `-2^(k+j)`: impossible by the interval of `v` |
//!
//! within each of which `low` and `tail` are binary digits. So saturation costs two or three
//! constraints however far the interval goes beyond the bound.

use crate::bounded::Bounded;
use crate::builder::Builder;
use crate::error::BuildError;
use crate::gadgets::bits::{bit_length, high_bits, recompose, remainder};
use crate::gadgets::compare::split;
use crate::gadgets::div_pow2::{self, check_shift, half, quotients};
use crate::program::Instruction;

/// Integer reference.
pub fn reference(x: i64, shift: u32, lo: i64, hi: i64) -> i64 {
    div_pow2::reference(x, shift).min(hi).max(lo)
}

/// `clamp(floor((x + 2^(shift-1)) / 2^shift), lo, hi)`.
pub fn constrain(b: &mut Builder, x: &Bounded, shift: u32, lo: i64, hi: i64) -> Result<Bounded, BuildError> {
    check_shift("clamp", shift)?;
    let (min, max) = (i128::from(lo), i128::from(hi));
    if min > max {
        return Err(BuildError::EmptyRange { operation: "clamp", lo: min, hi: max });
    }
    let (lowest, highest) = quotients(x, shift);
    if highest <= min {
        return Bounded::constant(lo);
    }
    if lowest >= max {
        return Bounded::constant(hi);
    }
    b.scope("clamp", |b| match (lowest < min, highest > max) {
        (false, false) => div_pow2::constrain(b, x, shift),
        (true, false) => {
            let v = offset(x, 1, i128::from(half(shift)) - (min << shift))?;
            clamp_below(b, &v, shift)?.add_const(lo)
        }
        (false, true) => {
            let mirrored = offset(x, -1, ((max + 1) << shift) - 1 - i128::from(half(shift)))?;
            clamp_below(b, &mirrored, shift)?.sub_from_const(hi)
        }
        (true, true) => {
            let v = offset(x, 1, i128::from(half(shift)) - (min << shift))?;
            let span = max - min;
            if (span + 1) & span == 0 {
                return clamp_both(b, &v, shift, bit_length(span))?.add_const(lo);
            }
            let above = clamp_below(b, &v, shift)?.add_const(lo)?;
            let mirrored = above.sub_from_const(hi)?;
            clamp_below(b, &mirrored, 0)?.sub_from_const(hi)
        }
    })
}

/// `factor * x + constant`.
fn offset(x: &Bounded, factor: i64, constant: i128) -> Result<Bounded, BuildError> {
    let overflow = BuildError::Overflow { operation: "clamp", lo: constant, hi: constant };
    Bounded::combine("clamp", &[(x, factor)], i64::try_from(constant).map_err(|_| overflow)?)
}

/// `max(floor(v / 2^shift), 0)`; the interval of `v` contains -1 and 0.
fn clamp_below(b: &mut Builder, v: &Bounded, shift: u32) -> Result<Bounded, BuildError> {
    let signed = split(b, v)?;
    // Bits beyond the upper end of the interval are zero wherever the sign lets them count.
    let top = bit_length(v.hi());
    let quotient = quotient(v, &signed.bits, shift, top)?;
    let bound = v.hi() >> shift;
    let hi =
        i64::try_from(bound).map_err(|_| BuildError::Overflow { operation: "clamp", lo: 0, hi: bound })?;
    b.product_wire("sign * quotient = y", &signed.non_negative, &quotient, &Bounded::constant(0)?, hi)
}

/// `clamp(floor(v / 2^shift), 0, 2^m - 1)`; `v` can be below 0 and at or above `2^(shift + m)`.
fn clamp_both(b: &mut Builder, v: &Bounded, shift: u32, m: u32) -> Result<Bounded, BuildError> {
    let overflow = BuildError::Overflow { operation: "clamp", lo: v.lo(), hi: v.hi() };
    let k = shift + m;
    let tail_bits = (0..=crate::bounded::LIMIT_BITS)
        .find(|&j| v.lo() >= -(1 << (k + j)) && v.hi() < span(k, j))
        .ok_or(overflow.clone())?;
    let (Ok(weight), Ok(span)) = (i64::try_from(1i128 << k), i64::try_from(span(k, tail_bits))) else {
        return Err(overflow);
    };
    let (Ok(narrow_k), Ok(narrow_tail)) = (u8::try_from(k), u8::try_from(tail_bits)) else {
        return Err(overflow);
    };
    b.instruct(Instruction::Regions { shift: narrow_k, tail: narrow_tail }, &[v])?;
    let inside = b.bit_wire("inside is a bit")?;
    let negative = b.bit_wire("negative is a bit")?;
    let tail: Vec<_> = (0..tail_bits).map(|_| b.bit_wire("tail bit")).collect::<Result<_, _>>()?;
    let tail = recompose(&tail)?;
    let low = high_bits(b, v, 1, k - 1, "low bit")?;
    // bit 0 = v - sum_{1<=i<k} 2^i * low_i - 2^k * (1 - inside + tail) + K * negative
    let rest = Bounded::combine(
        "clamp",
        &[(v, 1), (&inside, weight), (&tail, -weight), (&negative, span)],
        -weight,
    )?;
    let bit_0 = remainder(&rest, &low, 1)?;
    b.enforce_bit("low bit 0 completes the sum", &bit_0.to_lc())?;
    if tail_bits > 0 {
        b.enforce("inside * tail = 0", &inside.to_lc(), &tail.to_lc(), &Default::default())?;
    }
    let bits: Vec<_> = std::iter::once(bit_0).chain(low).collect();
    let quotient = quotient(v, &bits, shift, k)?;
    let top = (1i64 << m) - 1;
    let saturated = Bounded::combine("clamp", &[(&inside, -top), (&negative, -top)], top)?;
    b.product_wire("inside * quotient = y - M * saturated", &inside, &quotient, &saturated, top)
}

/// `2^k * (2^j + 1)`.
fn span(k: u32, j: u32) -> i128 {
    (1 << (k + j)) + (1 << k)
}

/// `floor(v / 2^shift)` where `v` is known to have these bits, and no more than `top` of them.
fn quotient(v: &Bounded, bits: &[Bounded], shift: u32, top: u32) -> Result<Bounded, BuildError> {
    if shift == 0 {
        // The same number with fewer terms.
        return Ok(v.clone());
    }
    let (from, to) = (shift as usize, top as usize);
    recompose(bits.get(from..to.min(bits.len())).unwrap_or_default())
}

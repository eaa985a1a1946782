//! Range proofs, in the way that the circuit was asked to use: by bits, or by digits that are looked
//! up in one table of `[0, 2^w)`.
//!
//! With lookups a proof is a request, met when the builder finishes and all requests are known: the
//! width `w` that makes the whole circuit cheapest is a property of all of them. A value `u` of `n`
//! bits has `k = ceil(n / w)` digits; digits 1 to k-1 are wires, digit 0 is the linear combination
//! `u - sum_{i>=1} 2^(w*i) * d_i`, and each is a query.
//!
//! | statement | queries |
//! | --- | --- |
//! | `0 <= u < 2^n` | `k`, and one more if `w` does not divide `n` |
//! | the same, where other constraints prove `u` a small integer | `k` |
//! | `0 <= u < 2^N` for some `N >= n` | `k` |
//! | `0 <= u < 2^N` for some `N` from `n` to `m` | `k`, and one more if `w * k > m` |
//! | `z = [u >= 0]`, `u` within `±2^n` | `k`, and the constraint that `z` is a bit |
//!
//! *Limb top bits.* If `w` does not divide `n`, the top digit must be below `2^r`, `r = n - w*(k-1)`. It is
//! queried twice, as `d` and as `2^(w-r) * d`. The second query alone would not do: in the field it also
//! admits `d = t / 2^(w-r)` for odd `t`. With the first, `d` is an integer below `2^w`, and `2^(w-r) * d`, below
//! `2^(2w)`, does not wrap.
//!
//! *A small integer* needs no second query: the digits are those of `2^f * u`, `f = w*k - n`. For integers, `2^f * u` is in
//! `[0, 2^(w*k))` exactly if `u` is in `[0, 2^n)`. The digits say so in the field; that is the same if `u` is an integer and
//! `|2^f * u| + 2^(w*k)` is below the modulus of 254 bits. What has an interval is one: at most `2^(63+15)`.
//!
//! So is the remainder `u = v - 2^s * Q` of a division, *if* `Q` is proven to be an integer of any known size: by digits
//! (below `2^76`, for `w <= 16`), by the digits of its sign (within `±2^62`) or by a table (its domain).
//! With `s <= 58` and `f <= 15`, `|2^f * u| < 2^(15+58+76+1) = 2^150`. That proof of `Q` may be loose, and admit more than the
//! quotients of `v`: once `u` is in `[0, 2^s)` exactly, `Q = (v - u) / 2^s` over the integers is `floor(v / 2^s)`. It must not be missing: over the
//! field, `Q = (v - t / 2^f) / 2^s` leaves a remainder that passes for each of the `2^(w*k)` values of `t`.
//!
//! An input may not use this: nothing else says that it is an integer, and `t / 2^f` would pass.
//!
//! *An upper end that is known* makes that query unnecessary, so that `N = w*k` will do: `u` in `[lo, hi]`
//! by its interval and `u` in `[0, 2^N)` as a field element are one integer, for both are far below the
//! modulus. So `u` is in `[0, hi]`.
//!
//! *Signs.* `u + 2^N * (1 - z)` in `[0, 2^N)`: `z = 1` says `0 <= u < 2^N`, `z = 0` says `-2^N <= u < 0`,
//! whatever the interval of `u`.

use crate::bounded::Bounded;
use crate::builder::Builder;
use crate::error::BuildError;
use crate::gadgets::bits::{assert_bits, split};
use crate::instruction::Instruction;
use crate::integer::{LIMIT_BITS, bit_length, half, magnitude};
use crate::linear::Lc;
use crate::lookups::{Range, Ranges};
use crate::weights::Weight;
use ark_bn254::Fr;
use ark_ff::One;

/// Constrains `u` to `[0, 2^n)`, `n` from 0 to 61. Its interval is not relied upon.
pub(crate) fn assert_width(b: &mut Builder, u: &Bounded, n: u32) -> Result<(), BuildError> {
    if n == 0 {
        return assert_zero(b, u);
    }
    if b.ranges() == Ranges::Bits {
        return assert_bits(b, u, n).map(|_| ());
    }
    if n > LIMIT_BITS + 1 {
        return Err(BuildError::Bits { operation: "range", bits: n, min: 0, max: LIMIT_BITS + 1 });
    }
    request(b, u, Range::Exact { bits: n })
}

/// Constrains `u` to `[0, 2^n)`. Other constraints must prove that `u` is an integer within ±2^135: an interval that is not
/// only claimed, or a remainder whose quotient has a range proof of its own. By bits that is not relied upon.
pub(crate) fn assert_integer_width(b: &mut Builder, u: &Bounded, n: u32) -> Result<(), BuildError> {
    if b.ranges() == Ranges::Bits || n == 0 {
        return assert_width(b, u, n);
    }
    request(b, u, Range::Integer { bits: n })
}

/// Constrains `u` to `[0, 2^N)` for some `N >= n`, whichever is cheapest: `N = n` by bits.
pub(crate) fn assert_loose(b: &mut Builder, u: &Bounded, n: u32) -> Result<(), BuildError> {
    if b.ranges() == Ranges::Bits || n == 0 {
        return assert_width(b, u, n);
    }
    request(b, u, Range::Loose { bits: n })
}

/// Constrains `u` to be at least 0. That it is at most `hi` must be proven.
pub(crate) fn assert_non_negative(b: &mut Builder, u: &Bounded, hi: i128) -> Result<(), BuildError> {
    assert_loose(b, u, bit_length(hi))
}

/// 1 where `d >= 0`, else 0. The interval of `d` must contain -1 and 0; it is not relied upon, except
/// that the witness value of `d` is within it.
pub(crate) fn sign(b: &mut Builder, d: &Bounded) -> Result<Bounded, BuildError> {
    if b.ranges() == Ranges::Bits {
        return Ok(split(b, d)?.non_negative);
    }
    let magnitude = magnitude(d.interval()).max(1);
    let from = u8::try_from(magnitude).map_err(|_| BuildError::TooLarge { what: "bits" })?;
    let u = d.add_const(1i64 << magnitude.min(62))?;
    b.instruct(Instruction::Bits { from, count: 1 }, &[&u])?;
    let non_negative = b.bit_wire("sign is a bit")?;
    request(b, d, Range::Sign { magnitude, non_negative: non_negative.clone() })?;
    Ok(non_negative)
}

/// Constrains `u` to `[0, 2^N)` for some `N` from `n` to `most`, whichever is cheapest: `N = n` by bits. Its interval is not relied upon.
pub(crate) fn assert_within(b: &mut Builder, u: &Bounded, n: u32, most: u32) -> Result<(), BuildError> {
    if b.ranges() == Ranges::Bits || n == 0 || most <= n {
        return assert_width(b, u, n);
    }
    request(b, u, Range::Within { bits: n, most })
}

/// Constrains a weight to the integers of its bits: see [`Builder::prove_weight`].
pub(crate) fn assert_weight(b: &mut Builder, weight: &Weight) -> Result<(), BuildError> {
    let bits = u32::from(weight.bits);
    if b.ranges() == Ranges::Bits {
        let copy = b.copy_weight(weight)?.add_const(half(bits))?;
        return assert_bits(b, &copy, bits).map(|_| ());
    }
    let value = b.weight_value("range of a weight", weight)?.add_const(half(bits))?;
    let scope = b.scopes();
    b.lookups().check_weight(scope, value, *weight)
}

fn assert_zero(b: &mut Builder, u: &Bounded) -> Result<(), BuildError> {
    b.check_owner("range", u)?;
    b.enforce("the only value", &u.to_lc(), &Lc::constant(Fr::one()), &Lc::zero())
}

fn request(b: &mut Builder, u: &Bounded, range: Range) -> Result<(), BuildError> {
    b.check_owner("range", u)?;
    let scope = b.scopes();
    b.lookups().check(scope, u, range)
}

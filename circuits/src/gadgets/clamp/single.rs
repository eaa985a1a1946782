//! One value, clamped: see the parent module for the equations.

use crate::bounded::{Bounded, narrow};
use crate::builder::Builder;
use crate::case::Case;
use crate::cost::Tally;
use crate::error::{BuildError, Missing};
use crate::gadgets::bits::{high_bits, recompose, remainder, split};
use crate::gadgets::compare;
use crate::gadgets::div_pow2::{self, check_shift, divide};
use crate::gadgets::lookup::cost as lookup;
use crate::gadgets::lookup::digits::sign;
use crate::instruction::Instruction;
use crate::integer::{Interval, bit_length, difference, half, quotients, sum};
use crate::lookups::Ranges;

const OPERATION: &str = "clamp";

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
    let (lowest, highest) = quotients(x.interval(), shift);
    if highest <= min || min == max {
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
            if b.ranges() == Ranges::Lookup {
                return clamp_between(b, &v, shift, span)?.add_const(lo);
            }
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
    if b.ranges() == Ranges::Lookup {
        let quotient = signed_quotient(b, v, shift)?;
        let non_negative = sign(b, &quotient)?;
        let hi = narrow(OPERATION, quotient.hi())?;
        return b.product_wire("sign * quotient = y", &non_negative, &quotient, &Bounded::constant(0)?, hi);
    }
    let signed = split(b, v)?;
    // Bits beyond the upper end of the interval are zero wherever the sign lets them count.
    let top = bit_length(v.hi());
    let quotient = quotient(v, &signed.bits, shift, top)?;
    let bound = v.hi() >> shift;
    let hi =
        i64::try_from(bound).map_err(|_| BuildError::Overflow { operation: "clamp", lo: 0, hi: bound })?;
    b.product_wire("sign * quotient = y", &signed.non_negative, &quotient, &Bounded::constant(0)?, hi)
}

/// `clamp(floor(v / 2^shift), 0, top)` by lookup; the quotient can be below 0 and above `top`.
fn clamp_between(b: &mut Builder, v: &Bounded, shift: u32, top: i128) -> Result<Bounded, BuildError> {
    let top = narrow(OPERATION, top)?;
    let quotient = signed_quotient(b, v, shift)?;
    let not_below = sign(b, &quotient)?;
    let not_above = sign(b, &quotient.sub_from_const(top)?)?;
    // One of them is 1: nothing is below 0 and above the top.
    let inside = Bounded::combine("clamp", &[(&not_below, 1), (&not_above, 1)], -1)?.proven(0, 1);
    let saturated = Bounded::combine("clamp", &[(&not_above, -top)], top)?;
    b.product_wire("inside * quotient = y - M * above", &inside, &quotient, &saturated, top)
}

/// `floor(v / 2^shift)` by lookup, once the caller proves it a small integer: see [`divide`].
fn signed_quotient(b: &mut Builder, v: &Bounded, shift: u32) -> Result<Bounded, BuildError> {
    if shift == 0 {
        return Ok(v.clone());
    }
    let (lowest, highest) = (v.lo() >> shift, v.hi() >> shift);
    let shifted = offset(v, 1, -(lowest << shift))?;
    divide(b, &shifted, shift, narrow(OPERATION, highest - lowest)?)?.add_const(narrow(OPERATION, lowest)?)
}

/// `clamp(floor(v / 2^shift), 0, 2^m - 1)`; `v` can be below 0 and at or above `2^(shift + m)`.
fn clamp_both(b: &mut Builder, v: &Bounded, shift: u32, m: u32) -> Result<Bounded, BuildError> {
    let overflow = BuildError::Overflow { operation: "clamp", lo: v.lo(), hi: v.hi() };
    let k = shift + m;
    let tail_bits = (0..=crate::integer::LIMIT_BITS)
        .find(|&j| is_tail((v.lo(), v.hi()), k, j))
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
    if top <= shift {
        return Bounded::constant(0);
    }
    let (from, to, len) = (shift as usize, top as usize, bits.len());
    recompose(bits.get(from..to).ok_or(Missing { what: "bits", index: to, len })?)
}

/// Adds what [`constrain`] costs for a value of an interval.
pub fn cost(t: &mut Tally, x: Interval, shift: u32, lo: i64, hi: i64) {
    if t.ranges() == Ranges::Lookup {
        let fixed = lookup::clamp(t.demand(), x, shift, lo, hi);
        return t.add(fixed);
    }
    let (min, max) = (i128::from(lo), i128::from(hi));
    let half = i128::from(half(shift));
    let (lowest, highest) = quotients(x, shift);
    if highest <= min || lowest >= max || min == max {
        return;
    }
    let v = sum(x, (half - (min << shift), half - (min << shift)));
    // Sign and bits, and a product.
    let below = |t: &mut Tally, v: Interval| {
        compare::sign_cost(t, v);
        t.add(1);
    };
    match (lowest < min, highest > max) {
        (false, false) => {
            div_pow2::cost(t, x, shift);
        }
        (true, false) => below(t, v),
        (false, true) => {
            let top = ((max + 1) << shift) - 1 - half;
            below(t, difference((top, top), x));
        }
        (true, true) if (max - min + 1) & (max - min) != 0 => {
            below(t, v);
            let span = max - min;
            below(t, (span - (v.1 >> shift), span));
        }
        (true, true) => {
            let k = shift + bit_length(max - min);
            // Without one the gadget is refused, and costs nothing.
            let tail = (0..=crate::integer::LIMIT_BITS).find(|&j| is_tail(v, k, j)).unwrap_or(0);
            t.add((k + tail + 3) as usize + usize::from(tail > 0));
        }
    }
}

/// Whether a tail of `j` bits covers the interval of `v`.
fn is_tail(v: Interval, k: u32, j: u32) -> bool {
    v.0 >= -(1 << (k + j)) && v.1 < span(k, j)
}

/// What audits and ledger see of it.
pub(crate) const CASES: &[Case] = &[Case::new("clamp of 24 bits by 2^8 to any bounds", 1, 24, |b, x| {
    Ok(vec![constrain(b, &x[0], 8, -1000, 999)?])
})];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::integer::times;
    use crate::testing::{
        all, assert_costs, assert_every_constraint_is_needed, check, forge, gadget, gadget_with_bounds, one,
        wires_of,
    };
    use ark_bn254::Fr;
    use ark_ff::Zero;
    use proptest::prelude::*;

    fn exhaust(bits: u8, offset: i64, shift: u32, lo: i64, hi: i64) -> Result<(), BuildError> {
        let (circuit, bounds) = gadget_with_bounds(1, bits, |b, x| {
            Ok(vec![constrain(b, &x[0].add_const(offset)?, shift, lo, hi)?])
        })?;
        check(&circuit, &bounds, all(bits).map(|x| vec![x]), |x| {
            vec![reference(x[0] + offset, shift, lo, hi)]
        });
        Ok(())
    }

    #[test]
    fn all_bounds_of_five_bits() -> Result<(), BuildError> {
        for shift in 0..4 {
            for lo in -17..=16 {
                for hi in lo..=17 {
                    exhaust(5, 0, shift, lo, hi)?;
                }
            }
        }
        Ok(())
    }

    #[test]
    fn all_values_of_eight_bits() -> Result<(), BuildError> {
        let bounds = [
            (-128, 127),
            (0, 127),
            (0, 15),
            (0, 1),
            (-8, 7),
            (-1, 0),
            (-4, 3),
            (0, 9),
            (-3, 4),
            (2, 5),
            (0, 0),
        ];
        for (lo, hi) in bounds {
            for shift in [0, 1, 2, 3, 5, 8] {
                // The offsets move the interval: every way for it to exceed one bound or both.
                for offset in [-300, -128, -100, -5, 0, 3, 60, 127, 200] {
                    exhaust(8, offset, shift, lo, hi)?;
                }
            }
        }
        Ok(())
    }

    /// ReLU to 4 bits behind a shift of 2: both bounds exceeded.
    fn saturating(b: &mut Builder, x: &[Bounded]) -> Result<Vec<Bounded>, BuildError> {
        Ok(vec![constrain(b, &x[0].mul_const(2)?, 2, 0, 15)?])
    }

    #[test]
    fn every_constraint_is_needed() -> Result<(), BuildError> {
        let edges: Vec<Vec<i64>> = [-128, -33, -1, 0, 1, 29, 31, 32, 63, 64, 127].map(|x| vec![x]).into();
        for offset in [0, 90, -90] {
            for (shift, lo, hi) in
                [(2, 0, 15), (2, 0, 63), (0, -3, 4), (1, -128, 20), (3, -2, 1), (0, -100, 100)]
            {
                let circuit =
                    gadget(1, 8, |b, x| Ok(vec![constrain(b, &x[0].add_const(offset)?, shift, lo, hi)?]))?;
                assert_every_constraint_is_needed(&circuit, &edges);
            }
        }
        assert_every_constraint_is_needed(&gadget(1, 8, saturating)?, &edges);
        Ok(())
    }

    #[test]
    fn costs_what_the_table_says() -> Result<(), BuildError> {
        let cost = |shift, lo, hi| {
            gadget(1, 8, |b, x| Ok(vec![constrain(b, &x[0], shift, lo, hi)?]))
                .map(|circuit| circuit.stats().constraints - 8)
        };
        assert_eq!(cost(0, -128, 127)?, 0); // nothing to do
        assert_eq!(cost(2, -128, 127)?, 9); // rounding only: 9 bits of v
        assert_eq!(cost(0, 0, 127)?, 9); // ReLU: 8 bits, 1 product
        assert_eq!(cost(0, -128, 100)?, 10); // the mirrored value has 9 bits
        assert_eq!(cost(3, 0, 7)?, 3 + 3 + 1 + 4); // v in [-124, 131], k = 6, j = 1
        assert_eq!(cost(0, 0, 63)?, 6 + 1 + 4); // k = 6, j = 1: v >= -128
        assert_eq!(cost(0, -64, 63)?, 7 + 3); // v in [-64, 191], k = 7, j = 0
        assert_eq!(cost(0, 200, 300)?, 0); // constant
        Ok(())
    }

    #[test]
    fn wrong_regions_are_caught() -> Result<(), BuildError> {
        // v = 2x + 2, k = 6, -254 <= v <= 256: j = 2.
        let circuit = gadget(1, 8, saturating)?;
        let inside = wires_of(&circuit, "inside is a bit")[0];
        let negative = wires_of(&circuit, "negative is a bit")[0];
        let tail = wires_of(&circuit, "tail bit");
        assert_eq!(tail.len(), 2);
        let zero = Fr::zero();
        // x = 100: v = 202 = 64 * 3 + 10, saturated, tail 2. "Inside, tail 3" is the same sum.
        let forged = forge(&circuit, &[100], &[(inside, one()), (tail[0], one())]);
        assert_eq!(forged, "clamp/inside * tail = 0");
        // x = 10: v = 22, inside. "Not inside" needs tail -1.
        assert_eq!(forge(&circuit, &[10], &[(inside, zero)]), "clamp/low bit 0 completes the sum");
        // x = -10: v = -18, negative. "Not negative" needs 5 * 64 more.
        assert_eq!(forge(&circuit, &[-10], &[(negative, zero)]), "clamp/low bit 0 completes the sum");
        let everything: Vec<_> = tail.iter().map(|&w| (w, one())).chain([(negative, zero)]).collect();
        assert_eq!(forge(&circuit, &[-10], &everything), "clamp/low bit 0 completes the sum");
        // The result itself.
        let y = crate::linear::Wire(circuit.r1cs.num_wires() as u32 - 1);
        for (x, lie) in [(10, 4), (-10, 1), (100, 14), (100, 16)] {
            assert_eq!(
                forge(&circuit, &[x], &[(y, Fr::from(lie))]),
                "clamp/inside * quotient = y - M * saturated"
            );
        }
        Ok(())
    }

    #[test]
    fn impossible_parameters_are_refused() {
        let clamp = |shift, lo, hi| gadget(1, 8, |b, x| Ok(vec![constrain(b, &x[0], shift, lo, hi)?])).err();
        assert!(matches!(clamp(0, 1, 0), Some(BuildError::EmptyRange { lo: 1, hi: 0, .. })));
        assert!(matches!(clamp(60, 0, 1), Some(BuildError::Bits { bits: 60, .. })));
        assert!(clamp(0, i64::MIN, i64::MAX).is_none());
        assert!(clamp(58, i64::MIN, 0).is_none());
    }

    proptest! {
        #![proptest_config(crate::testing::property(512))]
        #[test]
        fn wide_values(
            x in prop_oneof![any::<i32>(), Just(i32::MIN), Just(i32::MAX), -4..4i32],
            factor in prop_oneof![1i64..1 << 20, Just(1)],
            offset in prop_oneof![-(1i64 << 50)..1 << 50, Just(0)],
            shift in 0..40u32,
            m in 1..24u32,
            lo in prop_oneof![-(1i64 << 24)..1 << 24, Just(0)],
            any_span in prop::option::of(1i64..1 << 24),
        ) {
            let hi = lo + any_span.unwrap_or((1 << m) - 1);
            let build = |b: &mut Builder, v: &[Bounded]| {
                let acc = v[0].mul_const(factor)?.add_const(offset)?;
                Ok(vec![constrain(b, &acc, shift, lo, hi)?])
            };
            let (circuit, bounds) = gadget_with_bounds(1, 32, build)?;
            assert_costs(1, 32, build, |t, x| {
                let acc = sum(times(x[0], factor.into()), (offset.into(), offset.into()));
                cost(t, acc, shift, lo, hi);
            })?;
            // Beside x, the values whose quotients are next to the bounds.
            let near = [lo, hi, hi + 1].map(|y| ((y << shift) - offset) / factor);
            let near = near.into_iter().flat_map(|x| [x - 1, x, x + 1]).chain([x.into()]);
            let inputs = near.filter(|x| i32::try_from(*x).is_ok()).map(|x| vec![x]);
            check(&circuit, &bounds, inputs, |x| vec![reference(x[0] * factor + offset, shift, lo, hi)]);
        }
    }
}

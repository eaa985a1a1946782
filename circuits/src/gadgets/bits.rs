//! Bit decomposition: `x = sum 2^i * b_i` with every `b_i` in {0, 1}, which also proves `0 <= x < 2^n`.
//!
//! `n` constraints and `n - 1` wires: bits 1 to n-1 are wires with `b * b = b`, and bit 0 is the
//! linear combination `x - sum_{i>=1} 2^i * b_i`, with the same constraint. Nothing is lost: all `n`
//! bits are constrained to be boolean, and they recompose to `x` by definition.
//!
//! Uniqueness: both sides are integers far below the field's modulus (`n <= 61`), so there is no
//! alias `x + r`, and binary digits are unique.

use crate::bounded::Bounded;
use crate::builder::Builder;
use crate::case::Case;
use crate::error::BuildError;
use crate::instruction::Instruction;
use crate::integer::{LIMIT_BITS, bit_length, magnitude};

/// Integer reference: bit `i` of `x` is element `i`.
pub fn reference(x: i64, bits: u32) -> Vec<i64> {
    (0..bits).map(|i| (x >> i.min(63)) & 1).collect()
}

/// The bits of `x`, lowest first: as many as its upper bound needs. `x` must be proven non-negative.
pub fn decompose(b: &mut Builder, x: &Bounded) -> Result<Vec<Bounded>, BuildError> {
    let n = bit_length(x.hi());
    require(x, 0, x.hi().max(0), "bit decomposition")?;
    if let Some(value) = x.as_constant() {
        return (0..n).map(|i| Bounded::constant(i64::from((value >> i) & 1 == 1))).collect();
    }
    if n == 1 {
        // Proven to be 0 or 1: it is its own bit.
        return Ok(vec![x.clone()]);
    }
    assert_bits(b, x, n)
}

/// Constrains `x` to `[0, 2^n)` and returns the `n` bits. The interval of `x` is not relied upon,
/// except that its witness value is in `[0, 2^n)`.
pub(crate) fn assert_bits(b: &mut Builder, x: &Bounded, n: u32) -> Result<Vec<Bounded>, BuildError> {
    if n == 0 || n > LIMIT_BITS + 1 {
        return Err(BuildError::Bits {
            operation: "bit decomposition",
            bits: n,
            min: 1,
            max: LIMIT_BITS + 1,
        });
    }
    b.check_owner("bit decomposition", x)?;
    let high = high_bits(b, x, 1, n - 1, "bit")?;
    // bit 0 = x - sum_{i>=1} 2^i * b_i
    let low = remainder(x, &high, 1)?;
    b.enforce_bit("bit 0 completes the sum", &low.to_lc())?;
    Ok(std::iter::once(low).chain(high).collect())
}

/// New boolean wires for bits `from..from + count` of `x` in two's complement.
/// Nothing ties them to `x` yet.
pub(crate) fn high_bits(
    b: &mut Builder,
    x: &Bounded,
    from: u32,
    count: u32,
    equation: &'static str,
) -> Result<Vec<Bounded>, BuildError> {
    if count == 0 {
        return Ok(Vec::new());
    }
    let narrow = |n: u32| {
        let max = u32::from(u8::MAX);
        u8::try_from(n).map_err(|_| BuildError::Bits { operation: equation, bits: n, min: 0, max })
    };
    b.instruct(Instruction::Bits { from: narrow(from)?, count: narrow(count)? }, &[x])?;
    (0..count).map(|_| b.bit_wire(equation)).collect()
}

/// `x - sum 2^(from + i) * bits_i`, which the caller constrains to be 0 or 1.
pub(crate) fn remainder(x: &Bounded, bits: &[Bounded], from: u32) -> Result<Bounded, BuildError> {
    let mut parts = vec![(x, 1)];
    parts.extend((from..).zip(bits).map(|(i, bit)| (bit, -(1i64 << i.min(62)))));
    Ok(Bounded::combine("bit decomposition", &parts, 0)?.proven(0, 1))
}

/// `sum 2^i * bits_i`.
pub fn recompose(bits: &[Bounded]) -> Result<Bounded, BuildError> {
    let parts: Vec<_> = (0..).zip(bits).map(|(i, bit)| (bit, 1i64 << i.min(62))).collect();
    Bounded::combine("recomposition", &parts, 0)
}

/// A signed value taken apart: `d = 2^(n-1) * (sign - 1) + sum_{i<n-1} 2^i * bits_i`.
pub(crate) struct Signed {
    /// 1 where `d >= 0`.
    pub(crate) non_negative: Bounded,
    /// The bits of `d` if it is non-negative, else of `d + 2^(n-1)`.
    pub(crate) bits: Vec<Bounded>,
}

/// Takes `d` apart. Its interval must contain -1 and 0.
pub(crate) fn split(b: &mut Builder, d: &Bounded) -> Result<Signed, BuildError> {
    let magnitude = magnitude(d.interval());
    let u = d.add_const(1i64 << magnitude.min(62))?;
    if magnitude == 0 {
        // d is -1 or 0, so u is 0 or 1 by its interval.
        return Ok(Signed { non_negative: u, bits: Vec::new() });
    }
    let mut bits = assert_bits(b, &u, magnitude + 1)?;
    let non_negative = bits.pop().ok_or(BuildError::Empty { operation: "comparison" })?;
    Ok(Signed { non_negative, bits })
}

/// Fails unless the proven interval of `x` is inside `[min, max]`.
pub(crate) fn require(x: &Bounded, min: i128, max: i128, operation: &'static str) -> Result<(), BuildError> {
    if x.is_within(min, max) {
        return Ok(());
    }
    Err(BuildError::NotProven { operation, index: 0, lo: x.lo(), hi: x.hi(), min, max })
}

/// What audits and ledger see of it.
pub(crate) const CASES: &[Case] =
    &[Case::new("bits of 16", 1, 16, |b, x| decompose(b, &x[0].add_const(1 << 15)?))];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::linear::Wire;
    use crate::testing::{
        all, assert_every_constraint_is_needed, check, forge, gadget, gadget_with_bounds, one, wires_of,
    };
    use ark_bn254::Fr;
    use ark_ff::{Field, Zero};
    use proptest::prelude::*;

    /// Bits of an 8-bit input made non-negative.
    fn eight(b: &mut Builder, x: &[Bounded]) -> Result<Vec<Bounded>, BuildError> {
        decompose(b, &x[0].add_const(128)?)
    }

    #[test]
    fn all_values_of_one_to_eight_bits() -> Result<(), BuildError> {
        for bits in 1..=8u8 {
            let half = 1i64 << (bits - 1);
            let (circuit, bounds) = gadget_with_bounds(1, bits, |b, x| decompose(b, &x[0].add_const(half)?))?;
            // One constraint a bit for the input, one a bit here; a single bit is its own.
            let own = if bits == 1 { 0 } else { usize::from(bits) };
            assert_eq!(circuit.stats().constraints, usize::from(bits) + own);
            check(&circuit, &bounds, all(bits).map(|x| vec![x]), |x| reference(x[0] + half, bits.into()));
        }
        Ok(())
    }

    #[test]
    fn every_constraint_is_needed() -> Result<(), BuildError> {
        let circuit = gadget(1, 8, eight)?;
        assert_every_constraint_is_needed(&circuit, &[vec![0], vec![127], vec![-128]]);
        Ok(())
    }

    #[test]
    fn a_digit_two_is_not_a_bit() -> Result<(), BuildError> {
        let circuit = gadget(1, 8, eight)?;
        let bits = wires_of(&circuit, "bit");
        // 4 as 2 * 2: bits are those of wires 1.. of 132 = 0b1000_0100.
        let own = &bits[bits.len() - 7..];
        let forged = forge(&circuit, &[4], &[(own[1], Fr::zero()), (own[0], Fr::from(2u64))]);
        assert_eq!(forged, "bit");
        Ok(())
    }

    /// Were the digits of `x + r` admitted beside those of `x`, two choices would pass.
    #[test]
    fn one_choice_of_digits_in_all_passes() -> Result<(), BuildError> {
        let circuit = gadget(1, 8, eight)?;
        let bits = wires_of(&circuit, "bit");
        let own = &bits[bits.len() - 7..];
        for x in [-128, -1, 0, 127] {
            let digits = |choice: u64| (0..).zip(own).map(move |(i, &w)| (w, Fr::from((choice >> i) & 1)));
            let verdicts = (0..128).map(|choice| forge(&circuit, &[x], &digits(choice).collect::<Vec<_>>()));
            let (passed, caught): (Vec<_>, Vec<_>) = verdicts.partition(|verdict| verdict == "accepted");
            assert_eq!(passed.len(), 1);
            assert!(caught.iter().all(|block| block == "bit 0 completes the sum"));
        }
        // A fraction in place of the top digit, which the sum would accept with others: not a bit.
        let half = Fr::from(2u64).inverse().unwrap_or_default();
        assert_eq!(forge(&circuit, &[0], &[(own[6], half), (own[5], one())]), "bit");
        Ok(())
    }

    #[test]
    fn an_input_out_of_range_breaks_its_range_proof() -> Result<(), BuildError> {
        let circuit = gadget(1, 8, |_, x| Ok(x.to_vec()))?;
        let x = Wire(2);
        for value in [Fr::from(256u64), -one(), Fr::from(2u64).inverse().unwrap_or_default()] {
            assert_eq!(forge(&circuit, &[0], &[(x, value)]), "input x/bit 0 completes the sum");
        }
        Ok(())
    }

    #[test]
    fn what_is_not_proven_non_negative_is_refused() {
        let negative = gadget(1, 8, |b, x| decompose(b, &x[0]));
        assert!(matches!(negative, Err(BuildError::NotProven { lo: -128, .. })), "{negative:?}");
    }

    proptest! {
        #![proptest_config(crate::testing::property(256))]
        #[test]
        fn wide_values(x in any::<u32>(), y in any::<u32>(), at_limit in 0..4usize) {
            // 60 bits: 2^28 * x + y, less a little where the sum would have a 61st.
            let (x, y) = [(i64::from(x), i64::from(y)), (0, 0), (0xffff_ffff, 0xffff_ffff), (0, 0xffff_ffff)][at_limit];
            let offset = 1i64 << 31;
            let (circuit, bounds) = gadget_with_bounds(2, 32, |b, v| {
                let sum = Bounded::combine("test", &[(&v[0], 1 << 27), (&v[1], 1)], offset + (offset << 27))?;
                decompose(b, &sum)
            })?;
            let bits = bounds.len();
            check(&circuit, &bounds, [vec![x - offset, y - offset]], |_| reference((x << 27) + y, bits as u32));
        }
    }
}

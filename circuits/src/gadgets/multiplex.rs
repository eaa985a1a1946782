//! A function of a small integer by its bits: `y = T[x]` for any table, without lookups.
//!
//! The low bits of `u = x - lo` have `2^l` monomials, products of subsets of them; a function of the low bits is a linear combination of
//! those, with integer coefficients (its Moebius transform). The high bits have `2^h` indicators `s_c = [high = c]`, again linear
//! combinations of monomials. With `T_c` the part of the table where the high bits are `c`:
//!
//! ```text
//! s_c * T_c(low) = y_c        y = sum y_c
//! ```
//!
//! Exactly one indicator is 1, so `y` is an entry of the table: that proves its interval.
//!
//! Cost for `n = l + h` bits: `n` for the bits, `2^l - l - 1` and `2^h - h - 1` for the monomials, `2^h` products; the
//! split is chosen for the least. 8 bits: 46, 10: 94, 12: 190.

use crate::bounded::Bounded;
use crate::builder::Builder;
use crate::case::Case;
use crate::error::{BuildError, at};
use crate::gadgets::bits::{decompose, require};
use crate::integer::bit_length;

const OPERATION: &str = "selection from a table";

/// Integer reference; `x` must be an index of the table once `lo` is taken off.
pub fn reference(x: i64, lo: i64, values: &[i64]) -> Option<i64> {
    x.checked_sub(lo)
        .and_then(|index| usize::try_from(index).ok())
        .and_then(|index| values.get(index))
        .copied()
}

/// `values[x - lo]`; `x` must be proven to lie in `[lo, lo + values.len() - 1]`.
pub fn constrain(b: &mut Builder, x: &Bounded, lo: i64, values: &[i64]) -> Result<Bounded, BuildError> {
    let last = values.len() as i128 - 1;
    require(x, lo.into(), i128::from(lo) + last, OPERATION)?;
    let empty = BuildError::Empty { operation: OPERATION };
    let (Some(&least), Some(&most)) = (values.iter().min(), values.iter().max()) else { return Err(empty) };
    if least == most {
        return Bounded::constant(least);
    }
    // Only what the interval reaches: it is within the domain.
    let index = |end: i128| usize::try_from(end - i128::from(lo)).ok();
    let reached = index(x.lo()).zip(index(x.hi())).and_then(|(first, last)| values.get(first..=last));
    let values = reached.ok_or(empty)?;
    let base = i64::try_from(x.lo()).map_err(|_| BuildError::Overflow {
        operation: OPERATION,
        lo: x.lo(),
        hi: x.hi(),
    })?;
    b.scope("multiplex", |b| select(b, &x.add_const(-base)?, values))
}

/// `values[u]`, `u` in `[0, values.len() - 1]`.
fn select(b: &mut Builder, u: &Bounded, values: &[i64]) -> Result<Bounded, BuildError> {
    if values.iter().min() == values.iter().max() {
        return Bounded::constant(*values.first().ok_or(BuildError::Empty { operation: OPERATION })?);
    }
    let n = bit_length(u.hi());
    let bits = decompose(b, u)?;
    // Entries beyond the table are never reached: `u` is below its end.
    Selector::constrain(b, bits, 1 << n, split(n))?.select(b, values)
}

/// A value taken apart once for several tables: the monomials of its low bits, and the indicators of its high ones.
///
/// Of a value below `entries`, only the subsets below that number: they are a basis of the functions of `[0, entries)`, since a
/// subset of a set is no larger a number than the set. So a value costs `entries - 1` for any number of tables, or less with
/// some high bits and a product for each part of each table.
pub(crate) struct Selector {
    low: Vec<Bounded>,
    high: Vec<Bounded>,
}

impl Selector {
    /// From the bits of a value that is proven to lie in `[0, entries)`, the last `high` of them as indicators.
    pub(crate) fn constrain(
        b: &mut Builder,
        bits: Vec<Bounded>,
        entries: usize,
        high: u32,
    ) -> Result<Self, BuildError> {
        let (low_bits, high_bits) = bits.split_at(bits.len().saturating_sub(high as usize));
        let part = 1usize << low_bits.len().min(40);
        let low = monomials(b, low_bits, entries.min(part))?;
        let high = indicators(&monomials(b, high_bits, entries.div_ceil(part))?)?;
        Ok(Self { low, high })
    }

    /// The entry of a table, which is not empty.
    pub(crate) fn select(&self, b: &mut Builder, values: &[i64]) -> Result<Bounded, BuildError> {
        let empty = BuildError::Empty { operation: OPERATION };
        let (Some(&least), Some(&most), Some(&padding)) =
            (values.iter().min(), values.iter().max(), values.last())
        else {
            return Err(empty);
        };
        if least == most {
            return Bounded::constant(least);
        }
        let Self { low, high } = self;
        let mut parts = Vec::with_capacity(high.len());
        for (c, indicator) in high.iter().enumerate() {
            let part: Vec<i64> = (0..low.len())
                .map(|i| values.get(c * low.len() + i).copied().unwrap_or(padding) - least)
                .collect();
            let hi = part.iter().copied().max().ok_or(empty.clone())?;
            let value = combination(low, &part)?.proven(0, hi.into());
            parts.push(match (indicator.as_constant(), value.as_constant()) {
                (Some(_), _) => value,
                (None, Some(_)) => indicator.mul_const(hi)?,
                (None, None) => b.product_wire(
                    "[high = c] * T_c(low) = y_c",
                    indicator,
                    &value,
                    &Bounded::constant(0)?,
                    hi,
                )?,
            });
        }
        let sum = Bounded::weighted_sum(&parts, &vec![1; parts.len()], least)?;
        Ok(sum.proven(least.into(), most.into()))
    }

    /// The number of high bits for which `tables` tables of `entries` entries cost least.
    pub(crate) fn split(entries: usize, tables: usize) -> u32 {
        let n = bit_length(entries as i128 - 1);
        let cost = |&high: &u32| {
            let part = 1usize << (n - high).min(40);
            let parts = entries.div_ceil(part);
            let products = if parts > 1 { tables.saturating_mul(parts) } else { 0 };
            Selector::cost(entries, high).saturating_add(products)
        };
        (0..=n).min_by_key(cost).unwrap_or(0)
    }

    /// Constraints of [`Selector::constrain`].
    pub(crate) fn cost(entries: usize, high: u32) -> usize {
        let n = bit_length(entries as i128 - 1);
        let part = 1usize << n.saturating_sub(high).min(40);
        let products = |count: usize| count - 1 - bit_length(count as i128 - 1) as usize;
        products(entries.clamp(1, part)) + products(entries.div_ceil(part).max(1))
    }

    /// Constraints of [`Selector::select`]: parts of the table that are constant need no product.
    pub(crate) fn cost_of_table(values: &[i64], high: u32) -> usize {
        let n = bit_length(values.len() as i128 - 1);
        let part = 1usize << n.saturating_sub(high).min(40);
        if values.len() <= part {
            return 0;
        }
        let padding = values.last().copied().unwrap_or(0);
        let varies = |part_values: &&[i64]| {
            let first = part_values.first().copied();
            let ends_early = part_values.len() < part;
            part_values.iter().any(|&value| Some(value) != first) || (ends_early && Some(padding) != first)
        };
        values.chunks(part).filter(varies).count()
    }
}

/// Constraints of [`constrain`] for an argument that reaches just these values: parts of the table that are constant need no
/// product.
pub fn cost_of(values: &[i64]) -> usize {
    let is_constant = |values: &[i64]| values.iter().all(|value| Some(value) == values.first());
    if is_constant(values) {
        return 0;
    }
    let n = bit_length(values.len() as i128 - 1);
    let high = split(n);
    let bits = if n < 2 { 0 } else { u64::from(n) };
    let low = 1usize << (n - high).min(40);
    // What lies behind the table repeats its last value.
    let padding = values.last().into_iter().cycle().take(values.len().next_multiple_of(low) - values.len());
    let padded: Vec<i64> = values.iter().chain(padding).copied().collect();
    let products = match high {
        0 => 0,
        _ => padded.chunks_exact(low).filter(|part| !is_constant(part)).count() as u64,
    };
    usize::try_from(bits + monomial_products(n - high) + monomial_products(high) + products)
        .unwrap_or(usize::MAX)
}

/// Constraints of a selection among `entries` values that differ, at most.
pub fn constraints(entries: usize) -> usize {
    let n = bit_length(entries as i128 - 1);
    let total = u64::from(n) + cost(n, split(n));
    // A single bit is its own, and selects by itself.
    if n < 2 { 0 } else { usize::try_from(total).unwrap_or(usize::MAX) }
}

/// The number of high bits for which the cost is least.
fn split(n: u32) -> u32 {
    (0..=n).min_by_key(|&high| cost(n, high)).unwrap_or(0)
}

/// Constraints beyond the bits: monomials of both parts and products.
fn cost(n: u32, high: u32) -> u64 {
    let products = if high == 0 { 0 } else { 1u64 << high.min(40) };
    monomial_products(n - high) + monomial_products(high) + products
}

/// Constraints of the monomials of so many bits.
fn monomial_products(bits: u32) -> u64 {
    (1u64 << bits.min(40)) - u64::from(bits) - 1
}

/// The product of each of the first `count` subsets of the bits; subset `s` at index `s`.
fn monomials(b: &mut Builder, bits: &[Bounded], count: usize) -> Result<Vec<Bounded>, BuildError> {
    let zero = Bounded::constant(0)?;
    let mut all = vec![Bounded::constant(1)?];
    for bit in bits {
        for subset in 0..all.len().min(count.saturating_sub(all.len())) {
            let product = at("monomials", &all, subset)?.clone();
            all.push(if subset == 0 {
                bit.clone()
            } else {
                b.product_wire("product of bits", &product, bit, &zero, 1)?
            });
        }
    }
    Ok(all)
}

/// `[bits = c]` for each `c`: the Moebius transform of a unit vector.
fn indicators(monomials: &[Bounded]) -> Result<Vec<Bounded>, BuildError> {
    (0..monomials.len())
        .map(|c| {
            let unit: Vec<i64> = (0..monomials.len()).map(|i| i64::from(i == c)).collect();
            Ok(combination(monomials, &unit)?.proven(0, 1))
        })
        .collect()
}

/// The function of the bits with these values, over the monomials of the bits.
fn combination(monomials: &[Bounded], values: &[i64]) -> Result<Bounded, BuildError> {
    let mut coefficients = values.to_vec();
    // What lies behind changes no coefficient before.
    coefficients.resize(values.len().next_power_of_two(), 0);
    let mut half = 1;
    while half < coefficients.len() {
        for pair in coefficients.chunks_exact_mut(2 * half) {
            let (without, with) = pair.split_at_mut(half);
            with.iter_mut().zip(without).for_each(|(with, without)| *with = with.saturating_sub(*without));
        }
        half *= 2;
    }
    let terms: Vec<_> = monomials.iter().zip(coefficients).filter(|&(_, c)| c != 0).collect();
    Bounded::combine("selection from a table", &terms, 0)
}

/// What audits and ledger see of it.
pub(crate) const CASES: &[Case] = &[Case::new("function of 8 bits by bits", 1, 8, |b, x| {
    let values: Vec<i64> = (0..256).map(|i| i * i % 251).collect();
    Ok(vec![constrain(b, &x[0], -128, &values)?])
})];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{
        all, assert_every_constraint_is_needed, check, check_values, forge, gadget, gadget_with_bounds, one,
    };
    use ark_ff::Zero;
    use rand::{Rng, SeedableRng};
    use rand_chacha::ChaCha8Rng;

    fn table(seed: u64, len: usize, bound: i64) -> Vec<i64> {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        (0..len).map(|_| rng.gen_range(-bound..=bound)).collect()
    }

    #[test]
    fn all_tables_of_one_and_two_bits() -> Result<(), BuildError> {
        for entries in 0..81 {
            let values: Vec<i64> = (0..4).map(|i| entries / 3i64.pow(i) % 3 - 1).collect();
            let (circuit, bounds) =
                gadget_with_bounds(1, 2, |b, x| Ok(vec![constrain(b, &x[0], -2, &values)?]))?;
            assert_eq!(circuit.stats().constraints, 2 + cost_of(&values));
            check(&circuit, &bounds, all(2).map(|x| vec![x]), |x| vec![values[(x[0] + 2) as usize]]);
            let (circuit, bounds) =
                gadget_with_bounds(1, 1, |b, x| Ok(vec![constrain(b, &x[0], -3, &values)?]))?;
            check(&circuit, &bounds, all(1).map(|x| vec![x]), |x| vec![values[(x[0] + 3) as usize]]);
        }
        Ok(())
    }

    #[test]
    fn all_entries_of_tables_of_every_length() -> Result<(), BuildError> {
        for len in 1..=70usize {
            let values = table(len as u64, len, 1 << 20);
            let (circuit, bounds) = gadget_with_bounds(1, 8, |b, x| {
                let u = clamp_to(b, &x[0], len as i64)?;
                let before = b.num_constraints();
                let y = constrain(b, &u, 0, &values)?;
                assert_eq!(cost_of(&values), b.num_constraints() - before, "{len} entries");
                Ok(vec![y])
            })?;
            check(&circuit, &bounds, (0..len as i64).map(|x| vec![x]), |x| {
                reference(x[0], 0, &values).into_iter().collect()
            });
        }
        Ok(())
    }

    fn clamp_to(b: &mut Builder, x: &Bounded, len: i64) -> Result<Bounded, BuildError> {
        crate::gadgets::clamp::constrain(b, x, 0, 0, len - 1)
    }

    #[test]
    fn all_values_of_ten_bits() -> Result<(), BuildError> {
        let values = table(1, 1024, 1 << 40);
        let circuit = gadget(1, 10, |b, x| Ok(vec![constrain(b, &x[0], -512, &values)?]))?;
        check_values(&circuit, all(10).map(|x| vec![x]), |x| vec![values[(x[0] + 512) as usize]]);
        Ok(())
    }

    #[test]
    fn costs_and_necessity() -> Result<(), BuildError> {
        for (bits, expected) in [(1u8, 0), (2, 3), (3, 6), (4, 10), (6, 22), (8, 46), (10, 94), (12, 190)] {
            let values = table(2, 1 << bits, 100);
            let lo = -(1i64 << (bits - 1));
            let circuit = gadget(1, bits, |b, x| Ok(vec![constrain(b, &x[0], lo, &values)?]))?;
            assert_eq!(circuit.stats().constraints - usize::from(bits), expected, "{bits} bits");
            assert_eq!(constraints(1 << bits), expected);
            assert_eq!(cost_of(&values), expected);
        }
        let values = table(3, 16, 100);
        let circuit = gadget(1, 4, |b, x| Ok(vec![constrain(b, &x[0], -8, &values)?]))?;
        assert_every_constraint_is_needed(&circuit, &all(4).map(|x| vec![x]).collect::<Vec<_>>());
        Ok(())
    }

    #[test]
    fn a_wrong_entry_is_caught() -> Result<(), BuildError> {
        let values: Vec<i64> = (0..16).map(|i| i * i).collect();
        let circuit = gadget(1, 4, |b, x| Ok(vec![constrain(b, &x[0], -8, &values)?]))?;
        let last = circuit.r1cs.num_wires() - 1;
        let wire = crate::linear::Wire(last as u32);
        assert_eq!(
            forge(&circuit, &[7], &[(wire, ark_bn254::Fr::zero())]),
            "multiplex/[high = c] * T_c(low) = y_c"
        );
        assert_eq!(forge(&circuit, &[-8], &[(wire, one())]), "multiplex/[high = c] * T_c(low) = y_c");
        Ok(())
    }

    #[test]
    fn values_outside_the_table_are_refused() {
        let refused = gadget(1, 4, |b, x| Ok(vec![constrain(b, &x[0], -7, &[0; 15])?]));
        assert!(matches!(refused, Err(BuildError::NotProven { lo: -8, min: -7, .. })), "{refused:?}");
        assert_eq!(reference(8, -8, &[0; 16]), None);
    }
}

//! Integer square root, `s^2 <= v < (s + 1)^2`, and inverse square root, `r^2 * t <= n < (r + 1)^2 * t`.
//!
//! As with [`crate::gadgets::divide`], the root's bits are advice, found from the top, and the last line proves them:
//!
//! ```text
//! s_i * s_i = s_i     s_i * (2^(i+1) * S + 2^(2i)) = z_i     S = sum of the bits above i
//! s^2 = sum z_i       v - s^2 >= 0       s^2 + 2*s - v >= 0
//! ```
//!
//! For the inverse root, `s_i * t = p_i` and `s_i * (2^(i+1) * P + 2^(2i) * t) = z_i` with `P = sum 2^j * p_j = t * S`; then
//! `r^2 * t = sum z_i`, and the ends are `n - r^2*t >= 0` and `(2*r + 1)*t - 1 - (n - r^2*t) >= 0`.
//!
//! Cost, `k` the bits of the root: `2 * k` and two range checks of `k + 1` bits; inverse: `3 * k` and two range
//! checks of `(2*r + 1) * t`.

use crate::bounded::{Bounded, narrow};
use crate::builder::Builder;
use crate::case::Case;
use crate::cost::Tally;
use crate::error::BuildError;
use crate::gadgets::bits::{high_bits, recompose, require};
use crate::gadgets::divide::SIGN;
use crate::gadgets::range;
use crate::integer::{Interval, bit_length, difference, sum, times};

/// Integer reference of [`square_root`]: `floor(sqrt(v))`, and 0 for negative values.
pub fn reference(v: i64) -> i64 {
    v.max(0).isqrt()
}

/// Integer reference of [`inverse_square_root`]: `floor(sqrt(n / t))`; `t` is positive.
pub fn reference_inverse(n: i64, t: i64) -> i64 {
    // floor(sqrt(x)) = floor(sqrt(floor(x)))
    reference(n.max(0) / t.max(1))
}

/// `floor(sqrt(v))` for `v` proven non-negative.
pub fn square_root(b: &mut Builder, v: &Bounded) -> Result<Bounded, BuildError> {
    const OPERATION: &str = "square root";
    require(v, 0, v.hi().max(0), OPERATION)?;
    let one = Bounded::constant(1)?;
    let highest = v.hi().isqrt();
    b.scope("square_root", |b| {
        let (root, square, _) = search(b, OPERATION, v, &one, highest)?;
        let rest = v.sub(&square)?;
        // rest <= 2 * root
        between(b, &rest, &root.mul_const(2)?)?;
        Ok(root.proven(v.lo().isqrt(), highest))
    })
}

/// `floor(sqrt(n / t))` for a constant `n >= 0` and `t` proven positive.
pub fn inverse_square_root(b: &mut Builder, n: i64, t: &Bounded) -> Result<Bounded, BuildError> {
    const OPERATION: &str = "inverse square root";
    require(t, 1, t.hi().max(1), OPERATION)?;
    let whole = Bounded::constant(n)?;
    require(&whole, 0, i64::MAX.into(), OPERATION)?;
    let highest = (i128::from(n) / t.lo()).isqrt();
    b.scope("inverse_square_root", |b| {
        let (root, square, product) = search(b, OPERATION, &whole, t, highest)?;
        let rest = whole.sub(&square)?;
        // rest <= (2 * root + 1) * t - 1
        between(b, &rest, &Bounded::combine(OPERATION, &[(&product, 2), (t, 1)], -1)?)?;
        Ok(root.proven((i128::from(n) / t.hi()).isqrt(), highest))
    })
}

/// Advice `r`, at most `2^bits - 1`, with `r * r * t` and `r * t` as they follow from its bits.
fn search(
    b: &mut Builder,
    operation: &'static str,
    limit: &Bounded,
    t: &Bounded,
    highest: i128,
) -> Result<(Bounded, Bounded, Bounded), BuildError> {
    let zero = Bounded::constant(0)?;
    let (mut square, mut product) = (zero.clone(), zero.clone());
    let mut bits = Vec::new();
    for i in (0..bit_length(highest)).rev() {
        // (r + 2^i)^2 t - r^2 t
        let step = Bounded::combine(operation, &[(&product, 2 << i), (t, 1 << (2 * i))], 0)?;
        let excess = Bounded::combine(operation, &[(&square, 1), (&step, 1), (limit, -1)], 0)?;
        // 1 where the larger square does not exceed the limit: the sign of `excess - 1`.
        let advice = high_bits(b, &excess.add_const(-1)?, SIGN, 1, "root bit")?;
        let bit = advice.into_iter().next().ok_or(BuildError::Empty { operation })?;
        let added = if step.as_constant().is_some() {
            bit.mul_const(narrow(operation, step.lo())?)?
        } else {
            b.product_wire("bit * step", &bit, &step, &zero, narrow(operation, step.hi())?)?
        };
        let times = if t.as_constant().is_some() {
            bit.mul_const(narrow(operation, t.lo())?)?
        } else {
            b.product_wire("bit * t", &bit, t, &zero, narrow(operation, t.hi())?)?
        };
        square = square.add(&added)?;
        product = product.add(&times.mul_const(1 << i)?)?;
        bits.push(bit);
    }
    bits.reverse();
    Ok((recompose(&bits)?, square, product))
}

/// Proves `0 <= rest <= top`.
fn between(b: &mut Builder, rest: &Bounded, top: &Bounded) -> Result<(), BuildError> {
    let hi = top.hi().min(rest.hi());
    let limit = narrow("square root", (1i128 << bit_length(hi)) - 1)?;
    let rest = range::constrain(b, rest, 0, limit)?;
    let gap = top.sub(&rest)?;
    range::constrain(b, &gap, 0, narrow("square root", top.hi())?)?;
    Ok(())
}

/// Adds what [`square_root`] costs for a value of an interval.
pub fn cost(t: &mut Tally, v: Interval) {
    let (root, square, _) = search_cost(t, (1, 1), v.1.isqrt());
    between_cost(t, difference(v, square), times(root, 2));
}

/// Adds what [`inverse_square_root`] costs for `n` over a value of an interval; returns that of the root.
pub fn cost_inverse(t: &mut Tally, n: i64, over: Interval) -> Interval {
    let n = i128::from(n);
    let highest = (n / over.0.max(1)).isqrt();
    let (_, square, product) = search_cost(t, over, highest);
    between_cost(t, difference((n, n), square), sum(sum(times(product, 2), over), (-1, -1)));
    ((n / over.1.max(1)).isqrt(), highest)
}

/// Adds what [`search`] costs; the intervals of root, `root^2 * t` and `root * t`.
fn search_cost(t: &mut Tally, over: Interval, highest: i128) -> (Interval, Interval, Interval) {
    let bits = bit_length(highest);
    let (mut square, mut product) = ((0, 0), (0, 0));
    for i in (0..bits).rev() {
        let step = sum(times(product, 2 << i), times(over, 1 << (2 * i)));
        let varies = |x: Interval| usize::from(x.0 != x.1);
        t.add(1 + varies(step) + varies(over));
        square = sum(square, (0, step.1));
        product = sum(product, (0, over.1 << i));
    }
    ((0, (1i128 << bits) - 1), square, product)
}

/// Adds what [`between`] costs.
fn between_cost(t: &mut Tally, rest: Interval, top: Interval) {
    let limit = (1i128 << bit_length(top.1.min(rest.1))) - 1;
    let rest = range::cost(t, rest, 0, i64::try_from(limit).unwrap_or(i64::MAX));
    range::cost(t, difference(top, rest), 0, i64::try_from(top.1).unwrap_or(i64::MAX));
}

/// What audits and ledger see of it.
pub(crate) const CASES: &[Case] = &[
    Case::new("square root of 16 bits", 1, 16, |b, x| Ok(vec![square_root(b, &x[0].add_const(1 << 15)?)?])),
    Case::new("inverse square root of 2^30 over 8 bits", 1, 8, |b, x| {
        Ok(vec![inverse_square_root(b, 1 << 30, &x[0].add_const(129)?)?])
    }),
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::linear::Wire;
    use crate::testing::{
        all, assert_costs, assert_every_constraint_is_needed, check, check_both, check_values, forge, gadget,
        gadget_with_bounds, wires_of,
    };
    use ark_bn254::Fr;
    use proptest::prelude::*;

    fn root_of(bits: u8) -> impl Fn(&mut Builder, &[Bounded]) -> Result<Vec<Bounded>, BuildError> {
        move |b, x| Ok(vec![square_root(b, &x[0].add_const(1 << (bits - 1))?)?])
    }

    #[test]
    fn all_roots_of_eight_bits() -> Result<(), BuildError> {
        for bits in 1..=8u8 {
            let (circuit, bounds) = gadget_with_bounds(1, bits, root_of(bits))?;
            let expected = |x: &[i64]| vec![reference(x[0] + (1 << (bits - 1)))];
            check(&circuit, &bounds, all(bits).map(|x| vec![x]), expected);
            check_both(1, bits, root_of(bits), all(bits).map(|x| vec![x]), expected)?;
            let half = 1i128 << (bits - 1);
            assert_costs(1, bits, root_of(bits), |t, x| cost(t, sum(x[0], (half, half))))?;
        }
        Ok(())
    }

    #[test]
    fn all_inverse_roots_of_eight_bits() -> Result<(), BuildError> {
        for n in [0, 1, 2, 3, 4, 100, 1023, 1 << 20, 999_999_999] {
            let build =
                |b: &mut Builder, x: &[Bounded]| Ok(vec![inverse_square_root(b, n, &x[0].add_const(129)?)?]);
            let expected = |x: &[i64]| vec![reference_inverse(n, x[0] + 129)];
            let (circuit, bounds) = gadget_with_bounds(1, 8, build)?;
            check(&circuit, &bounds, [-128, -127, 0, 96, 127].map(|x| vec![x]), expected);
            check_both(1, 8, build, all(8).map(|x| vec![x]), expected)?;
            assert_costs(1, 8, build, |t, x| {
                let root = cost_inverse(t, n, sum(x[0], (129, 129)));
                assert_eq!(root, bounds[0]);
            })?;
        }
        Ok(())
    }

    #[test]
    fn costs_and_necessity() -> Result<(), BuildError> {
        let circuit = gadget(1, 6, root_of(6))?;
        // 3 bits of root, of which the first step is a constant; ends of 4 bits.
        assert_eq!(circuit.stats().constraints - 6, 2 * 3 - 1 + 2 * 4);
        assert_every_constraint_is_needed(&circuit, &all(6).map(|x| vec![x]).collect::<Vec<_>>());
        let circuit = gadget(1, 3, |b, x| Ok(vec![inverse_square_root(b, 50, &x[0].add_const(5)?)?]))?;
        assert_every_constraint_is_needed(&circuit, &all(3).map(|x| vec![x]).collect::<Vec<_>>());
        Ok(())
    }

    /// The constraint that stops a prover who claims root `s` of an 8-bit value, with everything else to match.
    fn claim(v: u64, s: u64) -> String {
        let circuit = gadget(1, 8, root_of(8)).unwrap_or_else(|e| panic!("{e}"));
        let bits = wires_of(&circuit, "root bit");
        let mut changes = Vec::new();
        let mut root = 0;
        for (i, wire) in (0..4u32).rev().zip(bits) {
            let bit = (s >> i) & 1;
            changes.push((wire, Fr::from(bit)));
            if i < 3 {
                changes.push((Wire(wire.0 + 1), Fr::from(bit * ((root << (i + 1)) + (1 << (2 * i))))));
            }
            root += bit << i;
        }
        let rest = v.wrapping_sub(s * s);
        let digits = wires_of(&circuit, "range/bit");
        let digits = &digits[digits.len() - 2 * 4..];
        for (value, wires) in [(rest, &digits[..4]), ((2 * s).wrapping_sub(rest), &digits[4..])] {
            changes.extend((1..).zip(wires).map(|(i, &wire)| (wire, Fr::from((value >> i) & 1))));
        }
        forge(&circuit, &[v as i64 - 128], &changes)
    }

    #[test]
    fn no_other_root_passes() {
        for v in [0, 1, 3, 4, 99, 100, 120, 121, 224, 225, 255] {
            for s in 0..16 {
                let verdict = claim(v, s);
                if s == v.isqrt() {
                    assert_eq!(verdict, "accepted", "root of {v}");
                } else {
                    assert_eq!(verdict, "square_root/range/bit 0 completes the sum", "root of {v}: {s}");
                }
            }
        }
    }

    proptest! {
        #![proptest_config(crate::testing::property(64))]
        #[test]
        fn wide_values(x in any::<i32>(), n in prop_oneof![1i64..1 << 30, Just(1 << 30)], near in -1..=1i64) {
            let circuit = gadget(2, 32, |b, v| {
                let wide = Bounded::combine("test", &[(&v[0], 1 << 16), (&v[1], 1)], (1 << 47) + (1 << 31))?;
                let t = v[0].add_const((1 << 31) + 100)?;
                Ok(vec![square_root(b, &wide)?, inverse_square_root(b, n, &t)?])
            })?;
            // Beside any value, a square and its neighbours.
            let root = i64::from(x.unsigned_abs()) % (1 << 23) + 1;
            let wide = (root * root + near).max(0);
            let split = |v: i64| vec![(v >> 16) - (1 << 31), (v & 0xffff) - (1 << 31)];
            check_values(&circuit, [vec![x.into(), 7], split(wide)], |v| {
                let wide = (v[0] << 16) + v[1] + (1 << 47) + (1 << 31);
                vec![reference(wide), reference_inverse(n, v[0] + (1 << 31) + 100)]
            });
        }
    }
}

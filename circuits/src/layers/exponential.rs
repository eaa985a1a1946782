//! Exponentials of integers of many bits: `y = 2^s e^(x * 2^-i)`, rounded, by two tables. One table would have an entry an argument.
//!
//! ```text
//! x = 2^w a + r                    0 <= r < 2^w
//! V = A[a] * R[r]                  y = floor(V / 2^h + 1/2)      h = p + q - s
//! A[a] = min(floor(2^p e^(a * 2^(w-i)) + 1/2), (most + 1) * 2^(p-s))      R[r] = floor(2^q e^(r * 2^-i) + 1/2)
//! ```
//!
//! *Error.* [`Exponential::new`] chooses `p = s + 2 + ceil(2^(w-i) log2 e)` and q two more than `most` has bits: half a unit of A is multiplied by
//! less than `e^(2^(w-i))`, half a unit of R by less than `(most + 1) 2^(p-s)`, so each adds at most an eighth of a unit of y to the half of the
//! last rounding, where y is at most `most`. Where it is more, so may y be, and it is at least `most + 1` where A has its largest value.
//!
//! The constraints are those of the gadgets: a division by `2^w` that is rounded down, whose remainder r is, two tables, a product of
//! numbers that are not negative, a division by `2^h`.
//!
//! Cost, for arguments of n bits: n bits, two tables of about `2^(n/2)` entries, a product, the bits of V.

use crate::bounded::{Bounded, narrow};
use crate::builder::Builder;
use crate::case::Case;
use crate::cost::Tally;
use crate::error::BuildError;
use crate::gadgets::div_pow2;
use crate::integer::{Interval, bit_length};
use crate::layers::function::{self, Activation, FunctionTable, Quantization};

/// Scales and tables, for arguments of an interval.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Exponential {
    /// A, from the least argument's `a` to the largest one's.
    coarse: FunctionTable,
    /// R.
    fine: FunctionTable,
    /// `w`.
    width: u32,
    /// `h`.
    drop: u32,
}

const OPERATION: &str = "exponential";
/// Bits of an argument, at most.
const MAX_BITS: u32 = 24;
/// Bits of V, at most.
const MAX_PRODUCT: u32 = 58;
/// Largest p and q: what tables take.
const MAX_SCALE: u32 = 40;

impl Exponential {
    /// Table entries that [`Exponential::new`] computes, at most.
    pub const ENTRIES: u64 = 1 << (MAX_BITS / 2 + 2);

    /// Of arguments in `[lo, hi]` at scale `input_scale`, with results at `scale` that are right up to `most`.
    pub fn new((lo, hi): (i64, i64), input_scale: i32, scale: i32, most: i64) -> Result<Self, BuildError> {
        let refuse = |why| BuildError::Function { function: OPERATION, argument: lo, why };
        if lo > hi || hi.checked_sub(lo).is_none_or(|span| bit_length(span.into()) > MAX_BITS) {
            return Err(refuse("the domain has more than 2^24 arguments, or none"));
        }
        if !(0..=40).contains(&input_scale) || !(-20..=40).contains(&scale) || most < 0 {
            return Err(refuse("a scale is outside of what tables take"));
        }
        let bits = bit_length(i128::from(hi) - i128::from(lo)).max(2);
        // R is at most e^4 times 2^q.
        let width = bits.div_ceil(2).min(input_scale.unsigned_abs() + 2).max(1);
        let (first, last) = (lo >> width, hi >> width);
        if last - first >= 1 << (MAX_BITS / 2 + 1) {
            return Err(refuse("the arguments are too coarse, and too many"));
        }
        // ceil(2^(w-i) log2 e), where log2 e < 3/2.
        let growth = (3u64 << width).div_ceil(2 << input_scale.min(40)) as u32; // at most 6
        let p = scale + 2 + growth as i32;
        let q = bit_length(most.into()) + 2;
        let product = bit_length(i128::from(most) + 1) + 2 + growth + q + growth;
        let drop = u32::try_from(p - scale + q as i32).map_err(|_| refuse("the results are too fine"))?;
        if product > MAX_PRODUCT || q > MAX_SCALE || p > MAX_SCALE as i32 {
            return Err(refuse("the results are too fine"));
        }
        let table = |lo, hi, input_scale, output_scale, output_hi| {
            let q = Quantization { lo, hi, input_scale, output_scale, output_lo: 0, output_hi };
            FunctionTable::of(Activation::Exp, q)
        };
        let highest = (most + 1) << (2 + growth);
        Ok(Self {
            coarse: table(first, last, input_scale - width as i32, p, highest)?,
            fine: table(0, (1 << width) - 1, input_scale, q as i32, i64::MAX >> 4)?,
            width,
            drop,
        })
    }
}

/// Integer reference.
pub fn reference(x: i64, p: &Exponential) -> Result<i64, BuildError> {
    let a = x >> p.width;
    let r = x - (a << p.width);
    let v = i128::from(function::reference(a, &p.coarse)) * i128::from(function::reference(r, &p.fine));
    Ok(div_pow2::reference(narrow(OPERATION, v)?, p.drop))
}

/// The exponential of each value, which is to lie in the domain.
pub fn constrain(b: &mut Builder, x: &[Bounded], p: &Exponential) -> Result<Vec<Bounded>, BuildError> {
    b.scope("exponential", |b| {
        let (mut coarse, mut fine) = (Vec::with_capacity(x.len()), Vec::with_capacity(x.len()));
        for x in x {
            let (a, r) = div_pow2::split(b, x, p.width)?;
            fine.push(r);
            coarse.push(a);
        }
        let coarse = function::constrain(b, &coarse, &p.coarse)?;
        let fine = function::constrain(b, &fine, &p.fine)?;
        let zero = Bounded::constant(0)?;
        let one = |(a, r): (&Bounded, &Bounded)| {
            let most = narrow(OPERATION, a.hi() * r.hi())?;
            let v = b.product_wire("A * R", a, r, &zero, most)?;
            div_pow2::constrain(b, &v, p.drop)
        };
        coarse.iter().zip(&fine).map(one).collect()
    })
}

/// Adds what [`constrain`] costs for values of these intervals; returns those of the results.
pub fn cost(t: &mut Tally, x: &[Interval], p: &Exponential) -> Result<Vec<Interval>, BuildError> {
    let (coarse, fine): (Vec<_>, Vec<_>) = x.iter().map(|&x| div_pow2::split_cost(t, x, p.width)).unzip();
    let coarse = function::cost(t, &coarse, &p.coarse);
    let fine = function::cost(t, &fine, &p.fine);
    let one = |(a, r): (&Interval, &Interval)| {
        t.add(1);
        div_pow2::cost(t, (0, a.1 * r.1), p.drop)
    };
    Ok(coarse.iter().zip(&fine).map(one).collect())
}

/// What audits and ledger see of it.
pub(crate) const CASES: &[Case] = &[Case::new("exponential of 16 bits", 1, 16, |b, x| {
    constrain(b, x, &Exponential::new((-(1 << 15), (1 << 15) - 1), 13, 10, 1 << 16)?)
})];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{
        all, assert_costs, assert_every_constraint_is_needed, check, check_both, gadget, gadget_with_bounds,
    };

    fn one(x: i64, p: &Exponential) -> i64 {
        reference(x, p).unwrap_or_else(|e| panic!("{x}: {e}"))
    }

    #[test]
    fn errs_by_less_than_a_unit() -> Result<(), BuildError> {
        for (lo, hi, input_scale, scale, most) in [
            (-(12 << 16), 0, 16, 16, 1 << 16),
            (-(12 << 20), 1 << 20, 20, 18, 1 << 20),
            (0, 1 << 19, 18, 12, 1 << 15),
            (-200, 100, 4, 6, 1 << 20),
            (-9, 9, 0, 2, 1 << 15),
            (5, 6, 3, 8, 1000),
        ] {
            let p = Exponential::new((lo, hi), input_scale, scale, most)?;
            for x in (lo..=hi).step_by(((hi - lo) / 5000).max(1) as usize).chain([lo, hi]) {
                let exact = (x as f64 * 2f64.powi(-input_scale)).exp() * 2f64.powi(scale);
                let y = one(x, &p) as f64;
                match exact < most as f64 {
                    true => assert!((y - exact).abs() <= 0.7501, "{x} at 2^-{input_scale}: {y}, {exact}"),
                    false => assert!(y >= most as f64 - 0.7501, "{x} at 2^-{input_scale}: {y}, {exact}"),
                }
            }
        }
        Ok(())
    }

    #[test]
    fn constraints_equal_the_reference() -> Result<(), BuildError> {
        for (input_scale, scale, most) in [(4, 5, 1000), (6, 10, 100_000), (2, 0, 50)] {
            let p = Exponential::new((-128, 127), input_scale, scale, most)?;
            let build = |b: &mut Builder, x: &[Bounded]| constrain(b, x, &p);
            let expected = |x: &[i64]| vec![one(x[0], &p)];
            let (circuit, bounds) = gadget_with_bounds(1, 8, build)?;
            check(&circuit, &bounds, all(8).map(|x| vec![x]), expected);
            check_both(1, 8, build, all(8).map(|x| vec![x]), expected)?;
            assert_costs(1, 8, build, |t, x| assert_eq!(cost(t, x, &p), Ok(bounds.clone()), "{p:?}"))?;
        }
        // A constant has no constraint but the product's and what is left of its bits.
        let p = Exponential::new((-8, 7), 2, 4, 100)?;
        let circuit = gadget(1, 4, |b, x| constrain(b, x, &p))?;
        assert_every_constraint_is_needed(&circuit, &all(4).map(|x| vec![x]).collect::<Vec<_>>());
        Ok(())
    }

    #[test]
    fn impossible_parameters_are_refused() {
        for (domain, input_scale, scale, most) in [
            ((0, 1 << 25), 20, 8, 100),
            ((1, 0), 20, 8, 100),
            ((i64::MIN, i64::MAX), 20, 8, 100),
            ((0, 100), 41, 8, 100),
            ((0, 100), -1, 8, 100),
            ((0, 100), 10, 41, 100),
            ((0, 100), 10, 39, 100),
            ((0, 100), 10, 8, 1 << 30),
            ((0, 100), 10, 8, -1),
            ((0, 1 << 20), 0, 8, 100),
        ] {
            assert!(Exponential::new(domain, input_scale, scale, most).is_err(), "{domain:?}");
        }
    }
}

//! The logarithm of a sum of exponentials, of each group of `n` values `q_i * 2^-s`: `ln sum e^x_i = m + ln sum e^(x_i - m)`.
//!
//! ```text
//! S   = sum E[m - q_i]                        as in softmax: 2^p <= S <= n * 2^p < 2^(p + c)
//! S'  = S * 2^u                               2^(p + c - 1) <= S' < 2^(p + c)
//! t   = floor(S' / 2^h + 1/2)                 2^M <= t <= 2^(M + 1), h = p + c - 1 - M
//! y   = m * 2^(k - s) + T[t] + (c - 1 - u) * L
//! T[t] = floor(ln(t / 2^M) * 2^k + 1/2)       L = floor(ln 2 * 2^k + 1/2)
//! ```
//!
//! The shift `u` is found by its bits from the top: where `S' < 2^(p + c - 2^j)`, S' is multiplied by `2^(2^j)`. Every bit is a comparison,
//! so nothing is advice; after the last one, `S'` has its highest bit set, as `S >= 2^p` and the bits of u reach `c - 1`.
//!
//! `y * 2^-k` is the result. It is at least the maximum, and an affine map behind it is `log(softmax(x)) = x - y`.
//!
//! *Error*: at most `2^-(M + 1)` from the rounding to t, `2^-15` from those of the exponentials, and `(c + 1) * 2^-(k + 1)` of
//! logarithms: with `M = 12` and `k >= 16`, below `2^-12` in all for groups of up to 256.
//!
//! Cost for `n` values: their maximum, `n` table values, `log2 c` comparisons and products, a rounding, a table value.

use crate::bounded::{Bounded, narrow};
use crate::builder::Builder;
use crate::case::Case;
use crate::cost::Tally;
use crate::error::BuildError;
use crate::gadgets::{compare, div_pow2};
use crate::integer::{Interval, difference, sum, times};
use crate::layers::function::{self, Activation, FunctionTable, Quantization};
use crate::layers::softmax::{self, Softmax};

/// Parameters over groups of values of one length.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogSumExp {
    softmax: Softmax,
    /// `T` over `[2^M, 2^(M + 1)]`.
    logarithm: FunctionTable,
    /// `L`.
    ln_2: i64,
    /// `c`.
    bits: u32,
    /// `k - s`.
    shift: u32,
    /// `k`.
    scale: u32,
}

const OPERATION: &str = "log-sum-exp";
/// `M`.
const MANTISSA: u32 = 12;
/// The scale that the exponentials are exact enough for.
const EXPONENTIALS: u32 = 12;
/// Least `k`.
const LEAST_SCALE: i32 = 16;

impl LogSumExp {
    /// Over `len` values at scale `input_scale`, -16 to 16.
    pub fn new(len: usize, input_scale: i32) -> Result<Self, BuildError> {
        let softmax = Softmax::new(len, input_scale, EXPONENTIALS)?;
        let k = input_scale.max(LEAST_SCALE);
        let table = |lo, hi, input_scale| {
            let q = Quantization { lo, hi, input_scale, output_scale: k, output_lo: 0, output_hi: 1 << k };
            FunctionTable::of(Activation::Log, q)
        };
        Ok(Self {
            bits: usize::BITS - len.leading_zeros(),
            softmax,
            logarithm: table(1 << MANTISSA, 2 << MANTISSA, MANTISSA as i32)?,
            ln_2: table(2, 2, 0)?.value(2),
            shift: (k - input_scale).unsigned_abs(),
            scale: k.unsigned_abs(),
        })
    }

    /// Table entries that [`LogSumExp::new`] computes for these parameters: its work, for whoever has to bound it.
    pub fn entries(len: usize, input_scale: i32) -> Result<u64, BuildError> {
        Ok(Softmax::entries(len, input_scale, EXPONENTIALS)? + (1 << MANTISSA) + 1)
    }

    /// `k`, the binary scale of the results.
    pub fn scale(&self) -> u32 {
        self.scale
    }

    /// `p + c`.
    fn top(&self) -> u32 {
        self.softmax.precision() + self.bits
    }

    /// The weights `2^j` of the bits of u, the largest first.
    fn steps(&self) -> impl Iterator<Item = u32> + use<> {
        (0..self.bits.next_power_of_two().ilog2()).rev().map(|j| 1 << j)
    }

    /// What of the sums is dropped, `h`.
    fn dropped(&self) -> u32 {
        self.top() - 1 - MANTISSA
    }

    /// `[0, T[2^(M + 1)] + (c - 1) * L]`: of `S >= 2^p`, the logarithm is not negative, and neither is the rounded one.
    fn logarithms(&self) -> Interval {
        let most = i128::from(self.logarithm.value(2 << MANTISSA)) + i128::from(self.offset());
        (0, most)
    }

    /// `(c - 1) * L`.
    fn offset(&self) -> i64 {
        i64::from(self.bits - 1) * self.ln_2
    }

    /// The interval of `S'` after a step from an interval.
    fn after((lo, hi): Interval, top: u32, step: u32) -> Interval {
        let limit = 1i128 << (top - step);
        ((lo << step).min(limit), (hi.min(limit - 1) << step).max(hi))
    }
}

/// Integer reference: the logarithm of each group's sum.
pub fn reference(x: &[i64], p: &LogSumExp) -> Result<Vec<i64>, BuildError> {
    p.softmax.check(x.len())?;
    let of_group = |x: &[i64]| {
        let max = x.iter().copied().max().ok_or(BuildError::Empty { operation: OPERATION })?;
        let e = |&x: &i64| function::reference(x.saturating_sub(max), p.softmax.exponential());
        let (mut sum, mut multiple) = (x.iter().map(e).sum::<i64>(), p.offset());
        for step in p.steps() {
            if sum < 1 << (p.top() - step) {
                sum <<= step;
                multiple -= i64::from(step) * p.ln_2;
            }
        }
        let logarithm = function::reference(div_pow2::reference(sum, p.dropped()), &p.logarithm);
        narrow(OPERATION, (i128::from(max) << p.shift) + i128::from(logarithm) + i128::from(multiple))
    };
    x.chunks_exact(p.softmax.len()).map(of_group).collect()
}

/// The logarithm of each group's sum. Several groups at once may share a lookup table that one group does not pay for.
pub fn constrain(b: &mut Builder, x: &[Bounded], p: &LogSumExp) -> Result<Vec<Bounded>, BuildError> {
    b.scope("log_sum_exp", |b| {
        let (maxima, e) = softmax::exponentials(b, x, &p.softmax)?;
        let (mut mantissas, mut shifts) = (Vec::new(), Vec::new());
        for group in e.chunks_exact(p.softmax.len()) {
            let (normalized, shift) = normalize(b, softmax::sum_of(group, &p.softmax)?, p)?;
            mantissas.push(div_pow2::constrain(b, &normalized, p.dropped())?);
            shifts.push(shift);
        }
        let logarithms = function::constrain(b, &mantissas, &p.logarithm)?;
        let (least, most) = p.logarithms();
        let parts = maxima.iter().zip(&shifts).zip(&logarithms);
        parts
            .map(|((max, shift), logarithm)| {
                let terms = [(logarithm, 1), (shift, -p.ln_2)];
                let logarithm = Bounded::combine(OPERATION, &terms, p.offset())?.proven(least, most);
                Bounded::combine(OPERATION, &[(max, 1 << p.shift), (&logarithm, 1)], 0)
            })
            .collect()
    })
}

/// `S'` and `u`.
fn normalize(b: &mut Builder, sum: Bounded, p: &LogSumExp) -> Result<(Bounded, Bounded), BuildError> {
    let zero = Bounded::constant(0)?;
    let (mut sum, mut shift) = (sum, zero.clone());
    for step in p.steps() {
        let limit = 1i64 << (p.top() - step);
        let is_small = compare::less_than(b, &sum, &Bounded::constant(limit)?)?;
        let small = match is_small.as_constant() {
            Some(0) => zero.clone(),
            Some(_) => sum.clone(),
            // Zero, or the sum, which is then below the limit.
            None => b.product_wire("is small * sum", &is_small, &sum, &zero, limit - 1)?,
        };
        let (lo, hi) = LogSumExp::after(sum.interval(), p.top(), step);
        sum = Bounded::combine(OPERATION, &[(&sum, 1), (&small, (1 << step) - 1)], 0)?.proven(lo, hi);
        shift = Bounded::combine(OPERATION, &[(&shift, 1), (&is_small, step.into())], 0)?;
    }
    Ok((sum, shift))
}

/// Adds what [`constrain`] costs for values of these intervals; returns those of the results.
pub fn cost(t: &mut Tally, x: &[Interval], p: &LogSumExp) -> Result<Vec<Interval>, BuildError> {
    let (maxima, _, sums) = softmax::cost_of_exponentials(t, x, &p.softmax)?;
    let (mut mantissas, mut shifts) = (Vec::new(), Vec::new());
    for mut all in sums {
        let mut shift = (0, 0);
        for step in p.steps() {
            let limit = 1i128 << (p.top() - step);
            let bit = match compare::cost(t, difference((limit - 1, limit - 1), all)) {
                Some(decided) => (i128::from(decided), i128::from(decided)),
                None => {
                    t.add(1);
                    (0, 1)
                }
            };
            shift = sum(shift, times(bit, step.into()));
            all = LogSumExp::after(all, p.top(), step);
        }
        mantissas.push(div_pow2::cost(t, all, p.dropped()));
        shifts.push(shift);
    }
    let logarithms = function::cost(t, &mantissas, &p.logarithm);
    let (least, most) = p.logarithms();
    let parts = maxima.iter().zip(&shifts).zip(&logarithms);
    Ok(parts
        .map(|((&max, &shift), &logarithm)| {
            let offset = i128::from(p.offset());
            let (lo, hi) = sum(sum(logarithm, (offset, offset)), times(shift, -i128::from(p.ln_2)));
            sum(times(max, 1 << p.shift), (lo.max(least), hi.min(most)))
        })
        .collect())
}

/// What audits and ledger see of it.
pub(crate) const CASES: &[Case] =
    &[Case::new("log-sum-exp of 4 values, 6 bits", 4, 6, |b, x| constrain(b, x, &LogSumExp::new(4, 3)?))];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{all_pairs, assert_costs, check, check_both, gadget_with_bounds};
    use rand::{Rng, SeedableRng};
    use rand_chacha::ChaCha8Rng;

    fn float(x: &[i64], input_scale: i32) -> f64 {
        let real = |&x: &i64| x as f64 * 2f64.powi(-input_scale);
        let max = x.iter().map(real).fold(f64::NEG_INFINITY, f64::max);
        max + x.iter().map(|x| (real(x) - max).exp()).sum::<f64>().ln()
    }

    #[test]
    fn errs_as_stated() -> Result<(), BuildError> {
        let mut rng = ChaCha8Rng::seed_from_u64(16);
        for (len, input_scale) in [(1, 4), (2, 4), (3, 0), (4, 10), (10, 8), (100, 5), (256, 12)] {
            let p = LogSumExp::new(len, input_scale)?;
            for spread in [1, 10, 100, 1000, 100_000] {
                let x: Vec<i64> = (0..len).map(|_| rng.gen_range(-spread..=spread)).collect();
                let y = reference(&x, &p)?[0] as f64 * 2f64.powi(-(p.scale() as i32));
                let error = (y - float(&x, input_scale)).abs();
                assert!(
                    error <= 2f64.powi(-12),
                    "{len} at 2^-{input_scale}, spread {spread}: off by {error}"
                );
            }
        }
        Ok(())
    }

    #[test]
    fn one_value_is_itself_and_equal_ones_gain_a_logarithm() -> Result<(), BuildError> {
        let one = LogSumExp::new(1, 4)?;
        assert_eq!(reference(&[-77], &one)?, [-77 << 12]);
        let two = LogSumExp::new(2, 16)?;
        assert_eq!(reference(&[5, 5, -100, -100], &two)?, [5 + two.ln_2, two.ln_2 - 100]);
        // 0.693147 * 2^16
        assert_eq!(two.ln_2, 45426);
        Ok(())
    }

    #[test]
    fn constraints_equal_the_reference() -> Result<(), BuildError> {
        for (len, input_scale) in [(1, 2), (2, 2), (4, 1), (8, 3)] {
            let p = LogSumExp::new(len, input_scale)?;
            let build = |b: &mut Builder, x: &[Bounded]| constrain(b, x, &p);
            let expected = |x: &[i64]| reference(x, &p).unwrap_or_default();
            let (circuit, bounds) = gadget_with_bounds(8, 5, build)?;
            assert_costs(8, 5, build, |t, x| assert_eq!(cost(t, x, &p), Ok(bounds.clone())))?;
            let pairs: Vec<Vec<i64>> = all_pairs(5).step_by(3).collect();
            let inputs: Vec<Vec<i64>> = pairs.chunks_exact(4).map(|pairs| pairs.concat()).collect();
            check(&circuit, &bounds, inputs.clone(), expected);
            check_both(8, 5, build, inputs, expected)?;
        }
        Ok(())
    }

    /// Sums at and next to each power of two that a step compares with.
    #[test]
    fn all_shifts() -> Result<(), BuildError> {
        let p = LogSumExp::new(9, 0)?;
        let build = |b: &mut Builder, x: &[Bounded]| constrain(b, x, &p);
        let inputs =
            (0..=9).map(|equal| (0..9).map(|i| if i < equal { 3 } else { -4 }).collect::<Vec<i64>>());
        check_both(9, 4, build, inputs.collect::<Vec<_>>(), |x| reference(x, &p).unwrap_or_default())
    }

    #[test]
    fn impossible_parameters_are_refused() {
        assert!(matches!(LogSumExp::new(0, 4), Err(BuildError::Empty { .. })));
        assert!(matches!(LogSumExp::new(2, 17), Err(BuildError::Function { .. })));
        let refused = LogSumExp::new(2, 4).and_then(|p| reference(&[1, 2, 3], &p));
        assert!(matches!(refused, Err(BuildError::Length { .. })));
    }
}

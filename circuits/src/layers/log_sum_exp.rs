//! The logarithm of a sum of exponentials, of each group of `n` values `q_i * 2^-s`: `ln sum e^x_i = m + ln sum e^(x_i - m)`.
//!
//! ```text
//! S = sum E[m - q_i]                     as in softmax: 2^p <= S <= n * 2^p
//! y = m * 2^(k - s) + ln(S * 2^-p)       at scale k, see [`logarithm`]
//! ```
//!
//! `y * 2^-k` is the result. It is at least the maximum, and an affine map behind it is `log(softmax(x)) = x - y`.
//!
//! *Error*: `2^-14` from the logarithm, `2^-15` from the exponentials, and half a unit of `2^-k`: with `k >= 16`, below `2^-13` in all for
//! groups of up to 256.
//!
//! Cost for `n` values: their maximum, `n` table values, a logarithm.

use crate::bounded::{Bounded, narrow};
use crate::builder::Builder;
use crate::case::Case;
use crate::cost::Tally;
use crate::error::BuildError;
use crate::integer::{Interval, sum, times};
use crate::layers::function;
use crate::layers::logarithm::{self, Logarithm};
use crate::layers::softmax::{self, Softmax};

/// Parameters over groups of values of one length.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogSumExp {
    softmax: Softmax,
    logarithm: Logarithm,
    /// `k - s`.
    shift: u32,
    /// `k`.
    scale: u32,
}

const OPERATION: &str = "log-sum-exp";
/// The scale that the exponentials are exact enough for.
const EXPONENTIALS: u32 = 12;
/// Least `k`.
const LEAST_SCALE: i32 = 16;

impl LogSumExp {
    /// Over `len` values at scale `input_scale`, -16 to 16.
    pub fn new(len: usize, input_scale: i32) -> Result<Self, BuildError> {
        let softmax = Softmax::new(len, input_scale, EXPONENTIALS)?;
        let k = Self::scale_of(input_scale);
        Ok(Self {
            logarithm: Logarithm::new(softmax.precision() as i32, k)?,
            softmax,
            shift: (k - input_scale).unsigned_abs(),
            scale: k.unsigned_abs(),
        })
    }

    /// The binary scale of results for arguments at `input_scale`.
    pub fn scale_of(input_scale: i32) -> i32 {
        input_scale.max(LEAST_SCALE)
    }

    /// Table entries that [`LogSumExp::new`] computes for these parameters: its work, for whoever has to bound it.
    pub fn entries(len: usize, input_scale: i32) -> Result<u64, BuildError> {
        Ok(Softmax::entries(len, input_scale, EXPONENTIALS)? + Logarithm::ENTRIES)
    }

    /// `k`, the binary scale of the results.
    pub fn scale(&self) -> u32 {
        self.scale
    }
}

/// Integer reference: the logarithm of each group's sum.
pub fn reference(x: &[i64], p: &LogSumExp) -> Result<Vec<i64>, BuildError> {
    p.softmax.check(x.len())?;
    let (mut maxima, mut sums) = (Vec::new(), Vec::new());
    for group in x.chunks_exact(p.softmax.len()) {
        let max = group.iter().copied().max().ok_or(BuildError::Empty { operation: OPERATION })?;
        let e = |&x: &i64| function::reference(x.saturating_sub(max), p.softmax.exponential());
        maxima.push(max);
        sums.push(group.iter().map(e).sum());
    }
    let logarithms = logarithm::reference(&sums, &p.logarithm)?;
    let sum = |(&max, logarithm): (&i64, i64)| {
        narrow(OPERATION, (i128::from(max) << p.shift) + i128::from(logarithm))
    };
    maxima.iter().zip(logarithms).map(sum).collect()
}

/// The logarithm of each group's sum. Several groups at once may share a lookup table that one group does not pay for.
pub fn constrain(b: &mut Builder, x: &[Bounded], p: &LogSumExp) -> Result<Vec<Bounded>, BuildError> {
    b.scope("log_sum_exp", |b| {
        let (maxima, e) = softmax::exponentials(b, x, &p.softmax)?;
        let sums = e.chunks_exact(p.softmax.len()).map(|group| softmax::sum_of(group, &p.softmax));
        let logarithms = logarithm::constrain(b, &sums.collect::<Result<Vec<_>, _>>()?, &p.logarithm)?;
        let sum = |(max, logarithm): (&Bounded, &Bounded)| {
            Bounded::combine(OPERATION, &[(max, 1 << p.shift), (logarithm, 1)], 0)
        };
        maxima.iter().zip(&logarithms).map(sum).collect()
    })
}

/// Adds what [`constrain`] costs for values of these intervals; returns those of the results.
pub fn cost(t: &mut Tally, x: &[Interval], p: &LogSumExp) -> Result<Vec<Interval>, BuildError> {
    let (maxima, _, sums) = softmax::cost_of_exponentials(t, x, &p.softmax)?;
    let logarithms = logarithm::cost(t, &sums, &p.logarithm)?;
    Ok(maxima
        .iter()
        .zip(logarithms)
        .map(|(&max, logarithm)| sum(times(max, 1 << p.shift), logarithm))
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
                    error <= 2f64.powi(-13),
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
        // 0.693147 * 2^16
        assert_eq!(reference(&[5, 5, -100, -100], &two)?, [5 + 45426, 45426 - 100]);
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

    /// Sums next to powers of two.
    #[test]
    fn equal_ones() -> Result<(), BuildError> {
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

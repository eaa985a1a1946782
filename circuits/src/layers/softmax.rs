//! Softmax, stable and quantized. With `q * 2^-s` the inputs, `m` their maximum and `k` the output's scale:
//!
//! ```text
//! e_i = E[m - q_i]              E[d] = floor(2^p * e^(-d * 2^-s) + 1/2), and 0 beyond the table
//! S   = sum e_i                 at least 2^p, since one e_i is E[0] = 2^p
//! R   = floor(2^(p + g) / S)    division with remainder; g = k + 3 guard bits
//! y_i = floor((e_i * R + 2^(h-1)) / 2^h)        h = p + g - k = p + 3
//! ```
//!
//! `y_i * 2^-k` is the probability: at most 1, and the sum of all is 1 to within the rounding of each.
//!
//! *Error.* `|y_i * 2^-k - softmax_i| <= 2^-(k+1) + 2^-(k+3) + (n + 1) * 2^-(p+1)`: the rounding of `y_i`; that of `R`, less
//! than 1, times `e_i * 2^-(p+g) <= 2^-g`; and those of the `e_i`, half a unit each in numerator and sum.
//! [`Softmax::new`] chooses `p = k + 2 + ceil(log2(n + 1))`, so the total is at most `2^-k`. Never any overflow:
//! `e_i * R <= S * R <= 2^(p + g)`.
//!
//! Cost for `n` values: their maximum (`n - 1` maxima), `n` table values, one division, `n` products, `n` roundings by `2^h`.

use crate::bounded::Bounded;
use crate::builder::Builder;
use crate::case::Case;
use crate::cost::Tally;
use crate::error::BuildError;
use crate::gadgets::{div_pow2, divide};
use crate::integer::{Interval, sum};
use crate::layers::function::{self, Activation, FunctionTable, Quantization};
use crate::layers::max_pool;

/// Parameters of a softmax over `len` values.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Softmax {
    len: usize,
    /// `E[-d]` over the differences `-d <= 0`.
    exponential: FunctionTable,
    /// `p`.
    precision: u32,
    /// `k`.
    output_scale: u32,
}

/// Bits of the reciprocal beyond the output's scale.
const GUARD: u32 = 3;

impl Softmax {
    /// Exponentials that [`Softmax::new`] computes for these parameters: its work, for whoever has to bound it.
    pub fn entries(len: usize, input_scale: i32, output_scale: u32) -> Result<u64, BuildError> {
        Self::extent(len, input_scale, output_scale).map(|(_, last)| last.unsigned_abs() + 1)
    }

    /// `p`, and the largest difference that is tabulated.
    fn extent(len: usize, input_scale: i32, output_scale: u32) -> Result<(u32, i64), BuildError> {
        const OPERATION: &str = "softmax";
        if len == 0 {
            return Err(BuildError::Empty { operation: OPERATION });
        }
        if !(1..=20).contains(&output_scale) {
            return Err(BuildError::Bits { operation: OPERATION, bits: output_scale, min: 1, max: 20 });
        }
        if len >= 1 << 20 {
            return Err(BuildError::TooLarge { what: "values of a softmax" });
        }
        let precision = output_scale + 2 + (len + 1).next_power_of_two().ilog2();
        // e^-x 2^p < 1/2 from x = (p + 1) ln 2 on, and ln 2 < 3/4: the last entry is 0.
        let reach = (i64::from(precision) + 1) * 3;
        let last = match input_scale - 2 {
            up @ 0..=14 => reach << up,
            down @ -22..0 => (reach >> -down) + 1,
            _ => {
                return Err(BuildError::Function {
                    function: OPERATION,
                    argument: input_scale.into(),
                    why: "the input scale is outside [-20, 16]",
                });
            }
        };
        Ok((precision, last))
    }

    /// A softmax over `len` values at scale `input_scale`, with probabilities at scale `output_scale` (1 to 20).
    pub fn new(len: usize, input_scale: i32, output_scale: u32) -> Result<Self, BuildError> {
        let (precision, last) = Self::extent(len, input_scale, output_scale)?;
        let exponential = FunctionTable::of(
            Activation::Exp,
            Quantization {
                lo: -last,
                hi: 0,
                input_scale,
                output_scale: precision as i32,
                output_lo: 0,
                output_hi: 1 << precision,
            },
        )?;
        // Zeros below the first but one need no entries.
        let zeros = exponential.values().iter().take_while(|&&e| e == 0).count() as i128;
        let exponential = exponential.restrict(i128::from(-last) + zeros - 1, 0);
        Ok(Self { len, exponential, precision, output_scale })
    }

    /// Values of a group.
    pub(crate) fn len(&self) -> usize {
        self.len
    }

    /// `p`.
    pub(crate) fn precision(&self) -> u32 {
        self.precision
    }

    /// The table of exponentials, over differences to the maximum.
    pub fn exponential(&self) -> &FunctionTable {
        &self.exponential
    }

    /// `p + g`.
    fn scale(&self) -> u32 {
        self.precision + self.output_scale + GUARD
    }

    pub(crate) fn check(&self, found: usize) -> Result<(), BuildError> {
        if found > 0 && found.is_multiple_of(self.len) {
            return Ok(());
        }
        Err(BuildError::Length {
            operation: "softmax",
            what: "values, or a multiple,",
            expected: self.len,
            found,
        })
    }
}

/// Integer reference: probabilities in `[0, 2^output_scale]`, of one group of values or of several, one behind the other.
pub fn reference(x: &[i64], softmax: &Softmax) -> Result<Vec<i64>, BuildError> {
    softmax.check(x.len())?;
    let groups = x.chunks_exact(softmax.len).map(|x| reference_group(x, softmax));
    Ok(groups.collect::<Result<Vec<_>, _>>()?.concat())
}

fn reference_group(x: &[i64], softmax: &Softmax) -> Result<Vec<i64>, BuildError> {
    let max = x.iter().copied().max().ok_or(BuildError::Empty { operation: "softmax" })?;
    let e: Vec<i64> =
        x.iter().map(|&x| function::reference(x.saturating_sub(max), &softmax.exponential)).collect();
    let (reciprocal, _) = divide::reference(1 << softmax.scale(), e.iter().sum());
    let dropped = softmax.scale() - softmax.output_scale;
    Ok(e.iter().map(|e| div_pow2::reference(e * reciprocal, dropped)).collect())
}

/// The probabilities. Several groups at once may share a lookup table that one group does not pay for.
pub fn constrain(b: &mut Builder, x: &[Bounded], softmax: &Softmax) -> Result<Vec<Bounded>, BuildError> {
    b.scope("softmax", |b| {
        let (_, e) = exponentials(b, x, softmax)?;
        let mut results = Vec::with_capacity(x.len());
        for group in e.chunks_exact(softmax.len) {
            results.extend(normalize(b, group, softmax)?);
        }
        Ok(results)
    })
}

/// The maximum of each group, and the exponentials of the differences to it.
pub(crate) fn exponentials(
    b: &mut Builder,
    x: &[Bounded],
    softmax: &Softmax,
) -> Result<(Vec<Bounded>, Vec<Bounded>), BuildError> {
    softmax.check(x.len())?;
    let (mut maxima, mut differences) = (Vec::new(), Vec::with_capacity(x.len()));
    for group in x.chunks_exact(softmax.len) {
        let max = max_pool::largest(b, group)?;
        for x in group {
            // At most 0: it is the maximum.
            differences.push(x.sub(&max)?.proven(i128::MIN, 0));
        }
        maxima.push(max);
    }
    Ok((maxima, function::constrain(b, &differences, &softmax.exponential)?))
}

/// The sum of a group's exponentials, one of which is that of 0.
pub(crate) fn sum_of(e: &[Bounded], softmax: &Softmax) -> Result<Bounded, BuildError> {
    let one = 1i128 << softmax.precision;
    Ok(Bounded::weighted_sum(e, &vec![1; e.len()], 0)?.proven(one, i128::MAX))
}

/// The exponentials of one group over their sum.
fn normalize(b: &mut Builder, e: &[Bounded], softmax: &Softmax) -> Result<Vec<Bounded>, BuildError> {
    let sum = sum_of(e, softmax)?;
    let whole = Bounded::constant(1 << softmax.scale())?;
    let reciprocal = divide::constrain(b, &whole, &sum)?.quotient;
    let zero = Bounded::constant(0)?;
    e.iter()
        .map(|e| {
            // e <= sum, and sum * reciprocal <= 2^scale.
            let product = b.product_wire("e * reciprocal", e, &reciprocal, &zero, 1 << softmax.scale())?;
            div_pow2::constrain(b, &product, softmax.scale() - softmax.output_scale)
        })
        .collect()
}

/// Intervals of the maximum of each group, of each exponential, and of each group's sum.
type Exponentials = (Vec<Interval>, Vec<Interval>, Vec<Interval>);

/// Adds what [`exponentials`] cost; what they are.
pub(crate) fn cost_of_exponentials(
    t: &mut Tally,
    x: &[Interval],
    softmax: &Softmax,
) -> Result<Exponentials, BuildError> {
    softmax.check(x.len())?;
    let (mut maxima, mut differences) = (Vec::new(), Vec::with_capacity(x.len()));
    for group in x.chunks_exact(softmax.len) {
        let max = max_pool::cost_of_largest(t, group);
        differences.extend(group.iter().map(|&x| (x.0 - max.1, (x.1 - max.0).min(0))));
        maxima.push(max);
    }
    let e = function::cost(t, &differences, &softmax.exponential);
    let sum_of = |group: &[Interval]| {
        let all = group.iter().copied().fold((0, 0), sum);
        (all.0.max(1 << softmax.precision), all.1)
    };
    let sums = e.chunks_exact(softmax.len).map(sum_of).collect();
    Ok((maxima, e, sums))
}

/// Adds what [`constrain`] costs for values of these intervals; returns those of the results.
pub fn cost(t: &mut Tally, x: &[Interval], softmax: &Softmax) -> Result<Vec<Interval>, BuildError> {
    let (_, e, sums) = cost_of_exponentials(t, x, softmax)?;
    let whole = 1i128 << softmax.scale();
    let mut results = Vec::with_capacity(x.len());
    for (group, &sum) in e.chunks_exact(softmax.len).zip(&sums) {
        divide::cost(t, (whole, whole), sum);
        t.add(group.len());
        let shift = softmax.scale() - softmax.output_scale;
        results.extend(group.iter().map(|_| div_pow2::cost(t, (0, whole), shift)));
    }
    Ok(results)
}

/// What audits and ledger see of it.
pub(crate) const CASES: &[Case] =
    &[Case::new("softmax of 4 values, 6 bits, to 6", 4, 6, |b, x| constrain(b, x, &Softmax::new(4, 3, 6)?))];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{all_pairs, assert_costs, check, check_both, gadget_with_bounds};
    use rand::{Rng, SeedableRng};
    use rand_chacha::ChaCha8Rng;

    fn float(x: &[i64], input_scale: i32) -> Vec<f64> {
        let max = x.iter().copied().max().unwrap_or(0);
        let e: Vec<f64> = x.iter().map(|&x| ((x - max) as f64 * 2f64.powi(-input_scale)).exp()).collect();
        let sum: f64 = e.iter().sum();
        e.into_iter().map(|e| e / sum).collect()
    }

    #[test]
    fn errs_by_at_most_one_unit() -> Result<(), BuildError> {
        let mut rng = ChaCha8Rng::seed_from_u64(6);
        for (len, input_scale, output_scale) in
            [(2, 4, 8), (3, 0, 1), (10, 6, 8), (10, 10, 16), (100, 5, 12), (1000, -1, 20)]
        {
            let softmax = Softmax::new(len, input_scale, output_scale)?;
            for spread in [1, 10, 100, 1000, 100_000] {
                let x: Vec<i64> = (0..len).map(|_| rng.gen_range(-spread..=spread)).collect();
                let y = reference(&x, &softmax)?;
                for (y, exact) in y.iter().zip(float(&x, input_scale)) {
                    let error = (*y as f64 - exact * 2f64.powi(output_scale as i32)).abs();
                    assert!(
                        error <= 1.0,
                        "{len} values at 2^-{input_scale}, spread {spread}: off by {error}"
                    );
                    assert!((0..=1 << output_scale).contains(y));
                }
            }
        }
        Ok(())
    }

    #[test]
    fn shifts_change_nothing_and_extremes_saturate() -> Result<(), BuildError> {
        let softmax = Softmax::new(3, 4, 10)?;
        let y = reference(&[5, -7, 30], &softmax)?;
        assert_eq!(reference(&[1005, 993, 1030], &softmax)?, y);
        assert_eq!(reference(&[i64::MAX, i64::MIN, 0], &softmax)?, [1 << 10, 0, 0]);
        assert_eq!(reference(&[4, 4, 4], &softmax)?, [341, 341, 341]);
        assert_eq!(Softmax::new(1, 4, 10).and_then(|one| reference(&[-9], &one))?, [1 << 10]);
        assert_eq!(reference(&[5, -7, 30, 4, 4, 4], &softmax)?, [&y[..], &[341, 341, 341]].concat());
        Ok(())
    }

    #[test]
    fn constraints_equal_the_reference() -> Result<(), BuildError> {
        let softmax = Softmax::new(2, 2, 6)?;
        let build = |b: &mut Builder, x: &[Bounded]| constrain(b, x, &softmax);
        let expected = |x: &[i64]| reference(x, &softmax).unwrap_or_default();
        let (circuit, bounds) = gadget_with_bounds(2, 5, build)?;
        assert!(bounds.iter().all(|&(lo, hi)| lo == 0 && hi == 64), "{bounds:?}");
        check(&circuit, &bounds, [[-16, 15], [3, 3], [0, 2], [-7, -9]].map(Vec::from), expected);
        check_both(2, 5, build, all_pairs(5).collect::<Vec<_>>(), expected)?;
        let pairs = all_pairs(3).flat_map(|x| all_pairs(3).step_by(5).map(move |y| [x.clone(), y].concat()));
        check_both(4, 5, build, pairs.collect::<Vec<_>>(), expected)?;
        let softmax = Softmax::new(10, 4, 8)?;
        let build = |b: &mut Builder, x: &[Bounded]| constrain(b, x, &softmax);
        let mut rng = ChaCha8Rng::seed_from_u64(7);
        let mut inputs = vec![vec![-128; 10], vec![127; 10], [vec![127], vec![-128; 9]].concat()];
        let (_, bounds) = gadget_with_bounds(10, 8, build)?;
        assert_costs(10, 8, build, |t, x| assert_eq!(cost(t, x, &softmax), Ok(bounds.clone())))?;
        inputs.extend((0..20).map(|i| (0..10).map(|_| rng.gen_range(-128..128i64) >> (i % 8)).collect()));
        check_both(10, 8, build, inputs, |x| reference(x, &softmax).unwrap_or_default())
    }

    #[test]
    fn impossible_parameters_are_refused() {
        assert!(matches!(Softmax::new(0, 4, 8), Err(BuildError::Empty { .. })));
        assert!(matches!(Softmax::new(2, 4, 0), Err(BuildError::Bits { .. })));
        assert!(matches!(Softmax::new(2, 17, 8), Err(BuildError::Function { .. })));
        for x in [&[][..], &[1], &[1, 2, 3]] {
            let two = Softmax::new(2, 4, 8).and_then(|softmax| reference(x, &softmax));
            assert!(matches!(two, Err(BuildError::Length { operation: "softmax", .. })));
        }
    }
}

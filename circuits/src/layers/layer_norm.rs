//! Layer normalization of `n` values `q_i`, whatever their scale: `z_i * 2^-k = (q_i - mean) / sqrt(variance + epsilon)`.
//!
//! ```text
//! d_i = n * q_i - sum q_j                               exactly n (q_i - mean)
//! V   = sum d_i^2                                       exactly n^3 variance
//! t   = floor((V + 2^(v-1)) / 2^v) + epsilon            epsilon >= 1, in units of 2^v / n^3
//! R   = floor(sqrt(N / t))                              N = n * 2^(2k - v)
//! z_i = d_i * R
//! ```
//!
//! Scale and bias of the ONNX operator are a linear layer behind it: `gamma_i * z_i + beta_i`, then a requantization that drops
//! the `k` bits. Since `sqrt(N) = sqrt(n) 2^(k - v/2)`, and `sqrt(n) d_i / sqrt(V) = (q_i - mean) / sigma`, the scale is exact.
//!
//! *Error*, relative to the true `z_i` with this epsilon: at most `1 / R` from the rounding of `R`, and `2^(v-2) / V'` from that of
//! `V`, where `V' = t * 2^v`. Small variances have large `R`, so the first is largest for the largest variance; there
//! [`Normalization::for_range`] leaves `R` at least 8 bits.
//!
//! *No overflow.* `d_i^2 <= V < 2^v * t` (because `epsilon >= 1`) and `R^2 * t <= N`, so `|z_i| <= sqrt(N * 2^v) = sqrt(n) * 2^k`,
//! whatever the intervals of `d_i` and `R` say by themselves.
//!
//! About zero instead of the mean ([`Center::Zero`]), the same is the normalization by the root of the mean square,
//! `z_i * 2^-k = q_i / sqrt(sum q_j^2 / n + epsilon)`:
//!
//! ```text
//! d_i = q_i        V = sum d_i^2        N, t, R, z_i as above, epsilon in units of 2^v / n
//! ```
//!
//! since then `n q_i^2 / V` is what `n d_i^2 / V` was. Times `1 / sqrt(n)`, it is the normalization to Euclidean length 1.
//!
//! Cost for `n` values: `2 n` products, one rounding of `V` by `2^v`, one inverse square root ([`crate::gadgets::root`]).

use crate::bounded::{Bounded, narrow};
use crate::builder::Builder;
use crate::case::Case;
use crate::cost::Tally;
use crate::error::BuildError;
use crate::gadgets::{div_pow2, root};
use crate::integer::{self, Interval, LIMIT_BITS, sum, times};

/// What the deviations are from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Center {
    /// The mean of the group.
    Mean,
    /// Zero.
    Zero,
}

/// Parameters of a layer normalization.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Normalization {
    /// What the deviations are from.
    pub center: Center,
    /// Number of values, `n`.
    pub len: u32,
    /// Bits behind the point of the results, `k`.
    pub scale: u32,
    /// Bits dropped from the sum of squares, `v <= 2k`.
    pub variance_shift: u32,
    /// What is added to the sum of squares, in units of `2^v`; at least 1.
    pub epsilon: i64,
}

const OPERATION: &str = "layer normalization";

impl Normalization {
    /// For values in `[lo, hi]`: the variance keeps 20 bits, and `N * t` stays below 2^58, as the inverse root needs.
    pub fn for_range(len: u32, lo: i64, hi: i64, epsilon: i64) -> Result<Self, BuildError> {
        Self::about(Center::Mean, len, lo, hi, epsilon)
    }

    /// The same about the mean or zero.
    pub fn about(center: Center, len: u32, lo: i64, hi: i64, epsilon: i64) -> Result<Self, BuildError> {
        let (n, lo, hi) = (i128::from(len), i128::from(lo), i128::from(hi));
        let squares = |root: i128, count: Option<i128>| root.checked_pow(2).zip(count);
        let largest = match center {
            // |d| <= (n - 1) (hi - lo), and the squares sum to at most n^3 ((hi - lo) / 2)^2.
            Center::Mean => {
                squares(hi - lo, n.checked_pow(3)).and_then(|(r, n)| r.checked_mul(n)).map(|v| v / 4)
            }
            Center::Zero => squares(lo.abs().max(hi.abs()), Some(n)).and_then(|(r, n)| r.checked_mul(n)),
        };
        let bits = largest.map(|v| i128::BITS - v.max(1).leading_zeros()).unwrap_or(i128::BITS);
        let variance_shift = bits.saturating_sub(20);
        // N = n * 2^(2k - v) < 2^38
        let free = (38 - (u32::BITS - len.leading_zeros())) + variance_shift;
        let normalization = Self { center, len, scale: free / 2, variance_shift, epsilon: epsilon.max(1) };
        normalization.numerator().map(|_| normalization)
    }

    /// `N`.
    fn numerator(&self) -> Result<i64, BuildError> {
        if self.len == 0 {
            return Err(BuildError::Empty { operation: OPERATION });
        }
        if self.epsilon < 1 {
            let (lo, hi) = (self.epsilon.into(), self.epsilon.into());
            return Err(BuildError::NotProven {
                operation: OPERATION,
                index: 0,
                lo,
                hi,
                min: 1,
                max: i64::MAX.into(),
            });
        }
        let length = u32::BITS - self.len.leading_zeros();
        let bits = (2 * u64::from(self.scale)).checked_sub(self.variance_shift.into());
        match bits.and_then(|bits| u32::try_from(bits).ok()) {
            Some(bits) if bits.saturating_add(length) <= LIMIT_BITS => Ok(i64::from(self.len) << bits),
            _ => Err(BuildError::Bits {
                operation: OPERATION,
                bits: self.scale,
                min: self.variance_shift.div_ceil(2),
                max: (LIMIT_BITS - length.min(LIMIT_BITS) + self.variance_shift) / 2,
            }),
        }
    }

    /// `d_i = own * q_i + others * sum q_j`.
    fn weights(&self) -> (i64, i64) {
        match self.center {
            Center::Mean => (self.len.into(), -1),
            Center::Zero => (1, 0),
        }
    }

    /// The magnitude that no result leaves.
    pub fn bound(&self) -> Result<i64, BuildError> {
        let numerator = i128::from(self.numerator()?);
        // A shift drops the bits that leave the integer, and says nothing of it.
        let factor = 1i128.checked_shl(self.variance_shift).filter(|&factor| factor > 0);
        let square = factor.and_then(|factor| numerator.checked_mul(factor));
        narrow(OPERATION, square.unwrap_or(i128::MAX).isqrt())
    }

    fn check(&self, found: usize) -> Result<usize, BuildError> {
        let expected = self.len as usize;
        if expected > 0 && found > 0 && found.is_multiple_of(expected) {
            return Ok(expected);
        }
        Err(BuildError::Length { operation: OPERATION, what: "values, or a multiple,", expected, found })
    }
}

/// Integer reference: the normalized values, `scale` bits behind the point, of one group or of several, one behind the
/// other. Fails where a sum of squares leaves 64 bits.
pub fn reference(x: &[i64], p: &Normalization) -> Result<Vec<i64>, BuildError> {
    let (numerator, (own, others)) = (p.numerator()?, p.weights());
    let mut results = Vec::with_capacity(x.len());
    for x in x.chunks_exact(p.check(x.len())?) {
        let sum: i128 = x.iter().map(|&x| i128::from(x)).sum();
        let deviation = |&x: &i64| i128::from(own) * i128::from(x) + i128::from(others) * sum;
        let deviations: Vec<i128> = x.iter().map(deviation).collect();
        let squares = deviations.iter().fold(0i128, |sum, d| sum.saturating_add(d.saturating_mul(*d)));
        let variance =
            div_pow2::reference(narrow(OPERATION, squares)?, p.variance_shift).saturating_add(p.epsilon);
        let inverse = i128::from(root::reference_inverse(numerator, variance));
        for d in deviations {
            results.push(narrow(OPERATION, d * inverse)?);
        }
    }
    Ok(results)
}

/// The normalized values.
pub fn constrain(b: &mut Builder, x: &[Bounded], p: &Normalization) -> Result<Vec<Bounded>, BuildError> {
    let len = p.check(x.len())?;
    let mut results = Vec::with_capacity(x.len());
    b.scope("layer_norm", |b| x.chunks_exact(len).try_for_each(|x| normalize(b, x, p, &mut results)))?;
    Ok(results)
}

fn normalize(
    b: &mut Builder,
    x: &[Bounded],
    p: &Normalization,
    results: &mut Vec<Bounded>,
) -> Result<(), BuildError> {
    let (numerator, (own, others)) = (p.numerator()?, p.weights());
    let zero = Bounded::constant(0)?;
    let sum = Bounded::weighted_sum(x, &vec![1; x.len()], 0)?;
    let deviations = x
        .iter()
        .map(|x| Bounded::combine(OPERATION, &[(x, own), (&sum, others)], 0))
        .collect::<Result<Vec<_>, _>>()?;
    let squares = deviations
        .iter()
        .map(|d| {
            let largest = (d.lo() * d.lo()).max(d.hi() * d.hi());
            b.product_wire("d * d", d, d, &zero, narrow(OPERATION, largest)?)
        })
        .collect::<Result<Vec<_>, _>>()?;
    let total = Bounded::weighted_sum(&squares, &vec![1; squares.len()], 0)?;
    let variance = div_pow2::constrain(b, &total, p.variance_shift)?.add_const(p.epsilon)?;
    let inverse = root::inverse_square_root(b, numerator, &variance)?;
    // |d * R| <= sqrt(N * 2^v): see above.
    let bound = p.bound()?;
    let offset = Bounded::constant(bound)?;
    for d in &deviations {
        let shifted = b.product_wire("d * inverse root", d, &inverse, &offset, 2 * bound)?;
        results.push(shifted.add_const(-bound)?);
    }
    Ok(())
}

/// Adds what [`constrain`] costs for values of these intervals; returns those of the results.
pub fn cost(t: &mut Tally, x: &[Interval], p: &Normalization) -> Result<Vec<Interval>, BuildError> {
    let (numerator, (own, others), bound) = (p.numerator()?, p.weights(), i128::from(p.bound()?));
    for group in x.chunks_exact(p.check(x.len())?) {
        let all = group.iter().copied().fold((0, 0), sum);
        let square = |&x: &Interval| {
            let d = sum(times(x, own.into()), times(all, others.into()));
            (0, integer::square(d).1)
        };
        let total = group.iter().map(square).fold((0, 0), sum);
        let variance = div_pow2::cost(t, total, p.variance_shift);
        root::cost_inverse(t, numerator, sum(variance, (p.epsilon.into(), p.epsilon.into())));
        t.add(2 * group.len());
    }
    Ok(vec![(-bound, bound); x.len()])
}

/// What audits and ledger see of it.
pub(crate) const CASES: &[Case] = &[
    Case::new("layer normalization of 4 values, 6 bits", 4, 6, |b, x| {
        constrain(b, x, &Normalization::for_range(4, -32, 31, 1)?)
    }),
    Case::new("normalization of 4 values by the root of their mean square, 6 bits", 4, 6, |b, x| {
        constrain(b, x, &Normalization::about(Center::Zero, 4, -32, 31, 1)?)
    }),
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{all, assert_costs, check, check_both, gadget_with_bounds};
    use rand::{Rng, SeedableRng};
    use rand_chacha::ChaCha8Rng;

    /// Normalized values in floating point, with the same epsilon.
    fn float(x: &[i64], p: &Normalization) -> Vec<f64> {
        let n = x.len() as f64;
        let (mean, units) = match p.center {
            Center::Mean => (x.iter().sum::<i64>() as f64 / n, n.powi(3)),
            Center::Zero => (0.0, n),
        };
        let variance = x.iter().map(|&x| (x as f64 - mean).powi(2)).sum::<f64>() / n;
        let epsilon = p.epsilon as f64 * 2f64.powi(p.variance_shift as i32) / units;
        x.iter().map(|&x| (x as f64 - mean) / (variance + epsilon).sqrt()).collect()
    }

    #[test]
    fn errs_as_stated() -> Result<(), BuildError> {
        let mut rng = ChaCha8Rng::seed_from_u64(8);
        let shapes = [(2, 8), (8, 8), (16, 12), (64, 8), (256, 8), (768, 16)];
        for (center, (len, bits)) in
            [Center::Mean, Center::Zero].into_iter().flat_map(|center| shapes.map(|shape| (center, shape)))
        {
            let half = 1i64 << (bits - 1);
            let p = Normalization::about(center, len, -half, half - 1, 1)?;
            for spread in [half, half / 4, half / 16, 2] {
                let x: Vec<i64> = (0..len).map(|_| rng.gen_range(-spread..spread)).collect();
                let squares: i128 = {
                    let (own, others) = p.weights();
                    let sum: i64 = x.iter().sum();
                    x.iter().map(|&x| i128::from(own * x + others * sum).pow(2)).sum()
                };
                let t = (squares >> p.variance_shift) + i128::from(p.epsilon);
                let inverse = (i128::from(p.numerator()?) / t).isqrt();
                let relative = 1.0 / inverse as f64 + 0.5 / t as f64 + 1e-9;
                for (z, exact) in reference(&x, &p)?.into_iter().zip(float(&x, &p)) {
                    let error = (z as f64 * 2f64.powi(-(p.scale as i32)) - exact).abs();
                    assert!(error <= exact.abs() * relative, "{p:?}, spread {spread}: {error} of {exact}");
                }
                if spread == half {
                    assert!(inverse >= 1 << 8, "{p:?}: {inverse}");
                }
            }
        }
        Ok(())
    }

    #[test]
    fn constant_values_give_zero() -> Result<(), BuildError> {
        let p = Normalization::for_range(4, -128, 127, 1)?;
        assert_eq!(reference(&[77; 4], &p)?, [0; 4]);
        let p = Normalization::about(Center::Zero, 4, -128, 127, 1)?;
        assert_eq!(reference(&[0; 4], &p)?, [0; 4]);
        // 1, but for the rounding of the root to 9 bits.
        let one = reference(&[77; 4], &p)?[0] as f64 / 2f64.powi(p.scale as i32);
        assert!((one - 1.0).abs() < 2f64.powi(-8), "{one}");
        Ok(())
    }

    #[test]
    fn constraints_equal_the_reference() -> Result<(), BuildError> {
        for center in [Center::Mean, Center::Zero] {
            let p = Normalization::about(center, 3, -4, 3, 2)?;
            let build = |b: &mut Builder, x: &[Bounded]| constrain(b, x, &p);
            let expected = |x: &[i64]| reference(x, &p).unwrap_or_default();
            let (circuit, bounds) = gadget_with_bounds(3, 3, build)?;
            check(&circuit, &bounds, [[0, 0, 0], [-4, 3, 3], [1, 2, 3], [0, 0, 1]].map(Vec::from), expected);
            let triples = all(3).flat_map(|x| all(3).flat_map(move |y| all(3).map(move |z| vec![x, y, z])));
            check_both(3, 3, build, triples, expected)?;
            for (len, bits) in [(16, 8), (64, 8), (8, 12)] {
                let half = 1i64 << (bits - 1);
                let p = Normalization::about(center, len, -half, half - 1, 1)?;
                let mut rng = ChaCha8Rng::seed_from_u64(9);
                let ends = (0..len).map(|i| if i % 2 == 0 { -half } else { half - 1 }).collect();
                let mut inputs = vec![vec![-half; len as usize], ends];
                inputs.extend((0..8).map(|i| (0..len).map(|_| rng.gen_range(-half..half) >> i).collect()));
                let build = |b: &mut Builder, x: &[Bounded]| constrain(b, x, &p);
                let (_, bounds) = gadget_with_bounds(len as usize, bits, build)?;
                assert_costs(len as usize, bits, build, |t, x| {
                    assert_eq!(cost(t, x, &p), Ok(bounds.clone()))
                })?;
                check_both(len as usize, bits, build, inputs, |x| reference(x, &p).unwrap_or_default())?;
            }
        }
        Ok(())
    }

    #[test]
    fn impossible_parameters_are_refused() {
        let good = Normalization { center: Center::Mean, len: 2, scale: 10, variance_shift: 4, epsilon: 1 };
        let run = |p| reference(&[1, 2], &p);
        assert!(run(good).is_ok());
        assert!(matches!(run(Normalization { epsilon: 0, ..good }), Err(BuildError::NotProven { .. })));
        assert!(matches!(
            run(Normalization { variance_shift: 21, ..good }),
            Err(BuildError::Bits { min: 11, .. })
        ));
        assert!(matches!(run(Normalization { scale: 40, ..good }), Err(BuildError::Bits { .. })));
        assert!(matches!(run(Normalization { len: 3, ..good }), Err(BuildError::Length { .. })));
    }

    /// A file may name any domain. The magnitude of the results is right or does not exist, and nothing overflows on the way.
    #[test]
    fn domains_of_any_width_have_an_answer() -> Result<(), BuildError> {
        let mut answers = [0; 2];
        for center in [Center::Mean, Center::Zero] {
            for (len, bits) in
                [1u32, 2, 3, 7, 64, 1000].into_iter().flat_map(|n| (4..=59).map(move |b| (n, b)))
            {
                let p = Normalization::about(center, len, -(1 << bits), 1 << bits, 1)?;
                let numerator = u128::from(p.numerator()?.unsigned_abs());
                let square = numerator.checked_mul(1u128 << p.variance_shift.min(127));
                match p.bound() {
                    Ok(bound) => {
                        let bound = u128::from(bound.unsigned_abs());
                        assert!(square.is_some_and(
                            |square| bound * bound <= square && square < (bound + 1) * (bound + 1)
                        ));
                        answers[0] += 1;
                    }
                    Err(error) => {
                        assert!(matches!(error, BuildError::Overflow { .. }), "{error}");
                        assert!(square.is_none_or(|square| square >= 1 << 126), "{len} of {bits} bits");
                        answers[1] += 1;
                    }
                }
                let domain = (-(1i128 << bits), 1i128 << bits);
                let _ = cost(&mut Tally::new(crate::Ranges::Bits), &vec![domain; len as usize], &p);
            }
        }
        assert!(answers.iter().all(|&count| count > 50), "{answers:?}");
        Ok(())
    }
}

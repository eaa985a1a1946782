//! Multi-scalar multiplication `sum s_i P_i`: buckets of signed windows, added in affine form.
//!
//! Write `s_i = sum_w d_iw 2^(c w)` with digits `|d_iw| <= 2^(c-1)`. For each window w, bucket b collects the points with
//! `d_iw = b`, negated where `d_iw = -b`; the window's sum is `sum_b b B_b`, by running sums from the highest bucket.
//!
//! Buckets are summed as trees: each round adds neighbours in pairs, in all buckets of several windows at once, and all
//! slopes of a round share one inversion (Montgomery's trick). An addition then costs five multiplications and a square,
//! where the extended-Jacobian addition of arkworks' `msm_bigint` costs eight and two. A scalar above half the order is
//! negated with its point, so small negative integers stay small; a scalar of one bit costs one addition.
//!
//! Cost: about `ceil(254 / c) (6 n + 12 * 2^c)` multiplications for n full-size scalars, c chosen for the least.
//! Points must not be the identity; the time depends on the scalars, as in every such method.

use ark_bn254::Fr;
use ark_ec::{
    AffineRepr, CurveConfig,
    short_weierstrass::{Affine, Projective, SWCurveConfig},
};
use ark_ff::{AdditiveGroup, BigInteger, BigInteger256, Field, PrimeField, Zero};
use rayon::prelude::*;

/// Points that one task holds at a time: two megabytes of G1.
const TASK_POINTS: usize = 1 << 15;
/// Widest window, in bits: digits are 16-bit integers.
const MAX_WINDOW: usize = 14;

/// `sum scalars[i] * points[i]`, over the shorter of the two.
pub(crate) fn msm<P>(points: &[Affine<P>], scalars: &[BigInteger256]) -> Projective<P>
where
    P: SWCurveConfig + CurveConfig<ScalarField = Fr>,
{
    // A scalar above half the order stands for its negative.
    let half = Fr::MODULUS_MINUS_ONE_DIV_TWO;
    let signed: Vec<(Affine<P>, BigInteger256)> = points
        .iter()
        .zip(scalars)
        .filter(|(point, scalar)| !scalar.is_zero() && !point.is_zero())
        .map(|(point, scalar)| {
            if *scalar <= half {
                return (*point, *scalar);
            }
            let mut negated = Fr::MODULUS;
            negated.sub_with_borrow(scalar);
            (-*point, negated)
        })
        .collect();
    let bits = signed.iter().map(|(_, scalar)| scalar.num_bits() as usize).max().unwrap_or(0);
    let window = window_bits(&signed);
    let windows = (bits + 1).div_ceil(window); // the last digit may carry
    let digits: Vec<Vec<i16>> = digits(&signed, window, windows);

    let per_task = (TASK_POINTS / signed.len().max(1)).max(1);
    let sums: Vec<Projective<P>> = digits
        .par_chunks(per_task)
        .flat_map_iter(|digits| window_sums(&signed, digits, 1 << (window - 1)))
        .collect();
    sums.iter().rev().fold(Projective::zero(), |mut sum, window_sum| {
        (0..window).for_each(|_| {
            sum.double_in_place();
        });
        sum + window_sum
    })
}

/// The window width that costs least for the scalars that have more than one word.
fn window_bits<P: SWCurveConfig>(signed: &[(Affine<P>, BigInteger256)]) -> usize {
    let full = signed.iter().filter(|(_, scalar)| scalar.num_bits() > 64).count();
    let cost = |bits: usize| 254usize.div_ceil(bits) * (6 * full + (12 << bits));
    (3..=MAX_WINDOW).min_by_key(|bits| cost(*bits)).unwrap_or(3)
}

/// For each window, each scalar's signed digit.
fn digits<P: SWCurveConfig>(
    signed: &[(Affine<P>, BigInteger256)],
    window: usize,
    windows: usize,
) -> Vec<Vec<i16>> {
    let mut digits = vec![vec![0i16; signed.len()]; windows];
    for (index, (_, scalar)) in signed.iter().enumerate() {
        let mut carry = 0;
        for (position, row) in digits.iter_mut().enumerate() {
            let raw = bits_at(scalar, position * window, window) + carry;
            carry = i64::from(raw > 1 << (window - 1));
            if let Some(digit) = row.get_mut(index) {
                *digit = (raw - (carry << window)) as i16; // |digit| <= 2^13
            }
        }
    }
    digits
}

/// Bits `from..from + count` of an integer; zero past its end.
fn bits_at(integer: &BigInteger256, from: usize, count: usize) -> i64 {
    let limb = |index: usize| integer.0.get(index).copied().unwrap_or(0);
    let (index, shift) = (from / 64, from % 64);
    let low = limb(index) >> shift;
    let high = if shift == 0 { 0 } else { limb(index + 1) << (64 - shift) };
    ((low | high) & ((1 << count) - 1)) as i64
}

/// The sums of some windows. Their buckets are added up together, so that they share inversions.
fn window_sums<P: SWCurveConfig>(
    signed: &[(Affine<P>, BigInteger256)],
    digits: &[Vec<i16>],
    buckets: usize,
) -> Vec<Projective<P>> {
    let mut trees = Trees::collect(signed, digits, buckets);
    while trees.add_neighbours() {}
    trees
        .buckets
        .chunks(buckets)
        .map(|window| {
            let (mut running, mut sum) = (Projective::zero(), Projective::zero());
            for bucket in window.iter().rev() {
                if let Some(&(x, y)) = trees.points.get(bucket.start).filter(|_| bucket.len > 0) {
                    running += Affine::<P>::new_unchecked(x, y);
                }
                sum += running;
            }
            sum
        })
        .collect()
}

/// A run of points that are to be added up.
#[derive(Clone, Copy, Default)]
struct Bucket {
    start: usize,
    len: usize,
}

/// The points of all buckets, one bucket after another.
struct Trees<P: SWCurveConfig> {
    points: Vec<(P::BaseField, P::BaseField)>,
    buckets: Vec<Bucket>,
    /// Denominators of the slopes of one round; kept for its memory.
    slopes: Vec<P::BaseField>,
}

impl<P: SWCurveConfig> Trees<P> {
    /// Sorts the points into buckets: bucket b of window w is at `w * buckets + b - 1`.
    fn collect(signed: &[(Affine<P>, BigInteger256)], digits: &[Vec<i16>], buckets: usize) -> Self {
        let entries = || {
            digits.iter().enumerate().flat_map(|(window, digits)| {
                digits.iter().zip(signed).filter(|(digit, _)| **digit != 0).map(move |(digit, (point, _))| {
                    (window * buckets + usize::from(digit.unsigned_abs()) - 1, *digit < 0, point)
                })
            })
        };
        let mut trees = Trees {
            points: Vec::new(),
            buckets: vec![Bucket::default(); digits.len() * buckets],
            slopes: Vec::new(),
        };
        for (bucket, ..) in entries() {
            if let Some(bucket) = trees.buckets.get_mut(bucket) {
                bucket.len += 1;
            }
        }
        let mut total = 0;
        for bucket in &mut trees.buckets {
            bucket.start = total;
            total += std::mem::take(&mut bucket.len);
        }
        trees.points = vec![(P::BaseField::ZERO, P::BaseField::ZERO); total];
        for (bucket, negative, point) in entries() {
            if let Some(bucket) = trees.buckets.get_mut(bucket) {
                if let Some(slot) = trees.points.get_mut(bucket.start + bucket.len) {
                    *slot = (point.x, if negative { -point.y } else { point.y });
                }
                bucket.len += 1;
            }
        }
        trees
    }

    /// One round: in each bucket, the points 2k and 2k + 1 become their sum. False when no bucket has two.
    fn add_neighbours(&mut self) -> bool {
        self.slopes.clear();
        for bucket in &self.buckets {
            for pair in self.points[bucket.start..bucket.start + bucket.len].as_chunks().0 {
                self.slopes.push(denominator(pair));
            }
        }
        if self.slopes.is_empty() {
            return false;
        }
        invert(&mut self.slopes);
        let mut inverses = self.slopes.iter();
        for bucket in &mut self.buckets {
            let points = &mut self.points[bucket.start..bucket.start + bucket.len];
            let mut sums = 0;
            for pair in 0..points.len() / 2 {
                let (Some(&[p, q]), Some(inverse)) = (points[2 * pair..].first_chunk(), inverses.next())
                else {
                    continue;
                };
                if let Some(sum) = add::<P>(p, q, *inverse) {
                    points[sums] = sum;
                    sums += 1;
                }
            }
            if points.len() % 2 == 1 {
                points[sums] = points[points.len() - 1];
                sums += 1;
            }
            bucket.len = sums;
        }
        true
    }
}

/// What the slope of the line through two points is divided by; never zero, for a group of odd order.
fn denominator<F: Field>([(x1, y1), (x2, y2)]: &[(F, F); 2]) -> F {
    if x1 != x2 {
        *x2 - x1
    } else if y1 == y2 {
        y1.double()
    } else {
        F::ONE // the sum is the identity, and no slope is needed
    }
}

/// The sum of two points, given the inverse of [`denominator`]; `None` for the identity.
fn add<P: SWCurveConfig>(
    (x1, y1): (P::BaseField, P::BaseField),
    (x2, y2): (P::BaseField, P::BaseField),
    inverse: P::BaseField,
) -> Option<(P::BaseField, P::BaseField)> {
    let slope = if x1 != x2 {
        (y2 - y1) * inverse
    } else if y1 == y2 {
        let square = x1.square();
        (square.double() + square + P::COEFF_A) * inverse
    } else {
        return None;
    };
    let x3 = slope.square() - x1 - x2;
    Some((x3, slope * (x1 - x3) - y1))
}

/// Inverts all elements, none of them zero, with one inversion and three multiplications each.
fn invert<F: Field>(elements: &mut [F]) {
    let mut prefix = Vec::with_capacity(elements.len());
    let mut product = F::ONE;
    for element in elements.iter() {
        prefix.push(product);
        product *= element;
    }
    let mut inverse = product.inverse().unwrap_or(F::ONE);
    for (element, prefix) in elements.iter_mut().zip(prefix).rev() {
        let next = inverse * *element;
        *element = inverse * prefix;
        inverse = next;
    }
}

#[cfg(test)]
mod tests {
    use ark_bn254::{G1Projective, G2Projective};
    use ark_ec::{CurveGroup, PrimeGroup, VariableBaseMSM};
    use ark_ff::UniformRand;
    use ark_std::rand::{Rng, RngCore, SeedableRng, rngs::StdRng};

    use super::*;

    /// Scalars of every size, repeated points and opposite ones, so that doublings and cancellations occur.
    fn check<P>(count: usize, seed: u64)
    where
        P: SWCurveConfig + CurveConfig<ScalarField = Fr>,
        Projective<P>: VariableBaseMSM<MulBase = Affine<P>, ScalarField = Fr>,
    {
        let mut rng = StdRng::seed_from_u64(seed);
        let few: Vec<Affine<P>> = (0..3).map(|_| Projective::<P>::rand(&mut rng).into_affine()).collect();
        let points: Vec<Affine<P>> = (0..count)
            .map(|i| match i % 4 {
                0 => few[rng.gen_range(0..3)],
                1 => -few[rng.gen_range(0..3)],
                _ => Projective::<P>::rand(&mut rng).into_affine(),
            })
            .collect();
        let scalars: Vec<BigInteger256> = (0..count)
            .map(|_| match rng.next_u32() % 8 {
                0 => Fr::from(0u64),
                1 | 2 => Fr::from(1u64),
                3 => -Fr::from(1u64),
                4 => Fr::from(rng.next_u32() & 0xffff),
                5 => -Fr::from(rng.next_u64()),
                6 => Fr::from_bigint(Fr::MODULUS_MINUS_ONE_DIV_TWO).unwrap() + Fr::from(rng.next_u32() % 2),
                _ => Fr::rand(&mut rng),
            })
            .map(|scalar| scalar.into_bigint())
            .collect();
        assert_eq!(msm(&points, &scalars), Projective::<P>::msm_bigint(&points, &scalars), "{count} points");
    }

    #[test]
    fn sums_equal_arkworks_in_both_groups() {
        for count in [0, 1, 2, 3, 5, 8, 33, 100, 257, 1000] {
            check::<ark_bn254::g1::Config>(count, count as u64);
            check::<ark_bn254::g2::Config>(count / 2, count as u64);
        }
    }

    #[test]
    fn sums_that_vanish() {
        let g1 = G1Projective::generator().into_affine();
        let g2 = G2Projective::generator().into_affine();
        let one = Fr::from(1u64).into_bigint();
        assert_eq!(msm(&[g1, -g1], &[one, one]), G1Projective::zero());
        assert_eq!(msm(&[g2, -g2, g2, -g2], &[one; 4]), G2Projective::zero());
        assert_eq!(msm(&[g1; 64], &[one; 64]), G1Projective::generator() * Fr::from(64u64));
        assert_eq!(msm(&[Affine::identity(), g1], &[one, one]), G1Projective::generator());
        assert_eq!(msm::<ark_bn254::g1::Config>(&[], &[]), G1Projective::zero());
    }
}

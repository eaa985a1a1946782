//! Whether points of G2's curve are in the subgroup of prime order, many at once.
//!
//! The curve has `r h` points over its field, r the group's order and h the cofactor, whose least prime factor is 10,069. A round
//! draws a digit for each point, uniformly from 2^c integers that follow each other, and asks whether `sum d_i P_i` is in the
//! subgroup. Where all P_i are, it is. Where P_i is not, its class modulo the subgroup has an order that divides h and is not one, so at
//! least 10,069; of two digits for which the sum is in the subgroup, with all others as they are, the difference is a multiple of that
//! order; and as 2^c < 10,069 there is one such digit at most. So a round passes with a probability of 2^-c at most, and
//! `ceil(128 / c)` rounds of their own digits with 2^-128.
//!
//! Rounds are windows of one sum, whose digits are random bits: `rounds (n + 2^c)` additions in affine form, where checking
//! points one by one costs about 150 for each.

use super::{scalars::Class, tasks::Workspaces, window::Plan};
use crate::{
    Backend, G2Point,
    curve::{Ref, Sum, to_sum},
    points::PointError,
};
use ark_ec::CurveGroup;
use ark_ff::AdditiveGroup;

/// Bits of the error.
const SECURITY: usize = 128;
/// Widest digit: 2^13 < 10,069.
const MAX_DIGIT: usize = 13;
/// Points that are checked faster one by one.
const FEW: usize = 64;

/// Random bits for a point, unknown to whoever chose the points.
pub type Random = [u64; 4];

/// Whether all points, which are on the curve, are in the subgroup: `true` if so, and else with a probability of 2^-128 at most, over
/// the choice of `random`. Identities are in it. Over the shorter of the two.
pub fn in_subgroup(backend: Backend, points: &[G2Point], random: &[Random]) -> bool {
    let points = &points[..points.len().min(random.len())];
    if points.len() < FEW {
        return points.iter().all(|point| point.check() != Err(PointError::Subgroup));
    }
    let (digit, rounds) = widths(points.len());
    // A window more, whose digits are zero: the last one's are not symmetric.
    let plan = Plan { window: digit, windows: rounds + 1, halves: false };
    let mask = mask(rounds * digit);
    let masked = |words: &Random| std::array::from_fn(|word| words[word] & mask[word]);
    let class = Class {
        plan,
        indices: (0..points.len() as u32).collect(),
        // A digit is its field of bits less 2^(c - 1).
        magnitudes: random[..points.len()].iter().map(masked).collect(),
        summands: (0..points.len()).map(Ref::point).collect(),
    };
    let mut bits = vec![Sum::<G2Point>::default(); plan.windows * digit];
    for (bit, sum) in class.sums(&Workspaces::new(backend), points) {
        if let Some(slot) = bits.get_mut(bit) {
            *slot += to_sum(sum);
        }
    }
    let of_round = |bits: &[Sum<G2Point>]| {
        bits.iter().rev().fold(Sum::<G2Point>::default(), |mut sum, bit| {
            sum.double_in_place();
            sum + bit
        })
    };
    bits.chunks(digit).all(|round| of_round(round).into_affine().is_in_correct_subgroup_assuming_on_curve())
}

/// Ones in the lowest `bits` bits.
fn mask(bits: usize) -> Random {
    let ones = |word: usize| match bits.saturating_sub(64 * word) {
        more @ 0..64 => (1 << more) - 1,
        _ => u64::MAX,
    };
    std::array::from_fn(ones)
}

/// Bits of a digit, and rounds, that cost the fewest additions for so many points.
fn widths(points: usize) -> (usize, usize) {
    let rounds = |digit: usize| SECURITY.div_ceil(digit);
    let cost = |digit: &usize| {
        let plan = Plan { window: *digit, windows: rounds(*digit), halves: false };
        points as f64 * plan.windows as f64 + plan.bucket_additions()
    };
    let digit = (2..=MAX_DIGIT).min_by(|a, b| cost(a).total_cmp(&cost(b))).unwrap_or(MAX_DIGIT);
    (digit, rounds(digit))
}

#[cfg(test)]
mod tests {
    use ark_bn254::{Fq2, G2Affine, G2Projective, g2};
    use ark_ec::{AffineRepr, CurveConfig, PrimeGroup};
    use ark_ff::{BigInt, BigInteger};
    use ark_std::UniformRand;
    use rand::{Rng, SeedableRng};
    use rand_chacha::ChaCha20Rng;

    use super::*;

    /// A point of the curve, nearly always outside the subgroup.
    fn outside(rng: &mut ChaCha20Rng) -> G2Affine {
        std::iter::repeat_with(|| G2Affine::get_point_from_x_unchecked(Fq2::rand(rng), rng.r#gen()))
            .flatten()
            .find(|point| !point.is_in_correct_subgroup_assuming_on_curve())
            .unwrap()
    }

    fn remainder(integer: &[u64], divisor: u64) -> u64 {
        integer
            .iter()
            .rev()
            .fold(0, |rest, word| ((u128::from(rest) << 64 | u128::from(*word)) % u128::from(divisor)) as u64)
    }

    /// What the bound rests on: the cofactor is the curve's, and has no factor that is not above every difference of digits.
    #[test]
    fn the_cofactor_has_no_small_factor() {
        let cofactor = g2::Config::COFACTOR;
        assert_eq!((2..10_069).find(|divisor| remainder(cofactor, *divisor) == 0), None);
        assert_eq!(remainder(cofactor, 10_069), 0);
        const { assert!(1 << MAX_DIGIT < 10_069) };
        let mut rng = ChaCha20Rng::seed_from_u64(1);
        for _ in 0..4 {
            let point = outside(&mut rng);
            assert!(point.mul_bigint(cofactor).into_affine().is_in_correct_subgroup_assuming_on_curve());
            assert!(!point.mul_bigint(cofactor).into_affine().is_zero());
        }
    }

    /// A point of the least order that there is outside the subgroup: `(r h / 10069) P`.
    fn least_order(rng: &mut ChaCha20Rng) -> G2Affine {
        let quotient = g2::Config::COFACTOR.iter().rev().scan(0u128, |rest, word| {
            let value = *rest << 64 | u128::from(*word);
            *rest = value % 10_069;
            Some((value / 10_069) as u64)
        });
        let mut quotient: Vec<u64> = quotient.collect();
        quotient.reverse();
        let order = <ark_bn254::Fr as ark_ff::PrimeField>::MODULUS;
        loop {
            let point = outside(rng).mul_bigint(&quotient).mul_bigint(order).into_affine();
            if !point.is_zero() {
                assert!(point.mul_bigint([10_069u64]).into_affine().is_zero());
                return point;
            }
        }
    }

    #[test]
    fn one_point_outside_is_found_wherever_it_is() {
        let mut rng = ChaCha20Rng::seed_from_u64(2);
        let base = G2Projective::generator();
        for (len, backend) in [(1, 0), (FEW - 1, 0), (FEW, 0), (FEW, 1), (300, 1), (5000, 0), (20_000, 1)]
            .map(|(len, backend)| (len, if backend == 0 { Backend::Portable } else { Backend::fastest() }))
        {
            let mut points: Vec<G2Point> = Vec::with_capacity(len);
            let mut sum = base * ark_bn254::Fr::rand(&mut rng);
            for _ in 0..len.min(300) {
                points.push(sum.into_affine().into());
                sum += base;
            }
            // Repeated points, opposite ones and identities are no exceptions.
            points.extend((points.len()..len).map(|i| points[i % 300]).collect::<Vec<_>>());
            points[len / 2] = G2Point::from(-G2Affine::from(points[0]));
            let random: Vec<Random> = (0..len).map(|_| rng.r#gen()).collect();
            assert!(in_subgroup(backend, &points, &random), "{len}");
            for at in [0, len / 3, len - 1] {
                let was = points[at];
                let inside = G2Affine::from(was);
                for wrong in
                    [outside(&mut rng), least_order(&mut rng), (inside + least_order(&mut rng)).into_affine()]
                {
                    points[at] = wrong.into();
                    assert!(!in_subgroup(backend, &points, &random), "{len} {at}");
                }
                points[at] = was;
            }
            // Two that make up for each other where their digits are the same.
            if len > 1 {
                let wrong = least_order(&mut rng);
                (points[0], points[len - 1]) = (wrong.into(), (-wrong).into());
                assert!(!in_subgroup(backend, &points, &random), "{len}");
            }
        }
    }

    /// A point whose digits' weighted sum is a multiple of its order is found by the rounds, which no single sum of all bits would do.
    #[test]
    fn rounds_are_asked_one_by_one() {
        let mut rng = ChaCha20Rng::seed_from_u64(3);
        let mut points = [G2Point::from(G2Affine::generator()); FEW];
        points[7] = least_order(&mut rng).into();
        let mut random: [Random; FEW] = std::array::from_fn(|_| rng.r#gen());
        let (digit, rounds) = widths(FEW);
        let plan = Plan { window: digit, windows: rounds + 1, halves: false };
        let whole = |words: &Random| {
            (0..rounds).rev().fold(0i64, |sum, round| {
                ((sum << digit) + i64::from(plan.digits(round).read(words))).rem_euclid(10_069)
            })
        };
        while whole(&random[7]) != 0 {
            random[7] = rng.r#gen();
        }
        assert!(!in_subgroup(Backend::Portable, &points, &random));
    }

    /// Every round has `2^c` digits, for fields of bits that no other round reads, and as many bits as the bound takes.
    #[test]
    fn digits_are_uniform_and_rounds_apart() {
        for points in [FEW, 1000, 1 << 20] {
            let (digit, rounds) = widths(points);
            assert!(digit <= MAX_DIGIT && digit * rounds >= SECURITY && digit * rounds <= 192, "{points}");
            let plan = Plan { window: digit, windows: rounds + 1, halves: false };
            let ones: BigInt<4> = BigInt(mask(digit * rounds));
            assert_eq!(ones.num_bits() as usize, digit * rounds);
            let (highest, lowest) = ((1 << (digit - 1)) - 1, -(1 << (digit - 1)));
            for round in 0..rounds {
                assert_eq!(plan.digits(round).read(&ones.0), highest);
                assert_eq!(plan.digits(round).read(&[0; 4]), lowest);
            }
            assert_eq!(plan.digits(rounds).read(&ones.0), 0);
        }
    }
}

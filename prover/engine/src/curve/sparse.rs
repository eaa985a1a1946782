//! Sums of few points each, with coefficients that are mostly small: a sparse matrix times a list of points.
//!
//! Coefficients are written in signed digits -1, 0, 1 of which no two neighbours are set. All sums of a task go through the bits
//! together, the highest first: each is doubled once a bit, and gets the points whose digit is set there. The additions of a bit
//! are trees that share inversions ([`crate::curve`]).
//!
//! Cost: a doubling for each bit of a sum's longest coefficient, and an addition for every third bit of each coefficient.

use ark_bn254::Fr;
use ark_ff::PrimeField;
use rayon::prelude::*;

use super::{
    adder::{Adder, List},
    kernel::Ref,
    point::Point,
};
use crate::{Backend, msm::signed};

/// Entries that one task adds up, unless one sum has more.
const TASK: usize = 1 << 12;

/// Which points, with which coefficients, are added up to which sums.
#[derive(Clone, Debug, Default)]
pub struct Sums {
    /// For each sum, where its entries end.
    ends: Vec<usize>,
    /// A point, and the index of its coefficient.
    entries: Vec<(u32, u32)>,
}

/// The digits of a coefficient.
struct Digits {
    positive: [u64; 4],
    negative: [u64; 4],
    /// Digits up to the highest that is set.
    len: usize,
}

impl Sums {
    /// A further sum of these points: (index of the point, index of the coefficient).
    pub fn push(&mut self, entries: impl IntoIterator<Item = (u32, u32)>) {
        self.entries.extend(entries);
        self.ends.push(self.entries.len());
    }

    /// How many sums there are.
    pub fn count(&self) -> usize {
        self.ends.len()
    }

    /// The sums. Panics for an index that names no point or coefficient.
    pub fn of<P: Point>(&self, backend: Backend, points: &[P], coefficients: &[Fr]) -> Vec<P> {
        let digits: Vec<Digits> = coefficients.par_iter().map(Digits::of).collect();
        let mut sums = vec![P::default(); self.count()];
        let mut tasks = Vec::new();
        let (mut rest, mut first, mut begin) = (&mut sums[..], 0, 0);
        while first < self.count() {
            let fit = self.ends[first..].partition_point(|end| *end <= begin + TASK).clamp(1, TASK);
            let (task, more) = rest.split_at_mut(fit);
            tasks.push((task, first, begin));
            rest = more;
            first += fit;
            begin = self.ends[first - 1];
        }
        tasks.into_par_iter().with_max_len(1).for_each_init(
            || (Adder::<P>::new(backend), Vec::new(), Vec::new()),
            |(adder, summands, lists), (sums, first, begin)| {
                self.task(adder, (summands, lists), points, &digits, sums, (first, begin));
            },
        );
        sums
    }

    fn task<P: Point>(
        &self,
        adder: &mut Adder<P>,
        (summands, lists): (&mut Vec<Ref>, &mut Vec<List>),
        points: &[P],
        digits: &[Digits],
        sums: &mut [P],
        (first, begin): (usize, usize),
    ) {
        let ends = &self.ends[first..first + sums.len()];
        let starts = || std::iter::once(begin).chain(ends.iter().copied());
        let entries = |start: usize, end: usize| &self.entries[start..end];
        let last = ends.last().copied().unwrap_or(begin);
        let bits =
            entries(begin, last).iter().map(|(_, value)| digits[*value as usize].len).max().unwrap_or(0);
        for bit in (0..bits).rev() {
            let (word, mask) = (bit / 64, 1 << (bit % 64));
            summands.clear();
            lists.clear();
            let mut places = Vec::new();
            for (place, (start, &end)) in starts().zip(ends).enumerate() {
                let from = summands.len();
                if sums[place] != P::default() {
                    summands.extend([Ref::pool(place); 2]);
                }
                for &(point, value) in entries(start, end) {
                    let Digits { positive, negative, .. } = &digits[value as usize];
                    if (positive[word] | negative[word]) & mask != 0 {
                        summands.push(Ref::point(point as usize).negate_if(negative[word] & mask != 0));
                    }
                }
                if summands.len() > from {
                    lists.push(List { start: from, len: summands.len() - from });
                    places.push((place, from));
                }
            }
            adder.reset(sums.len(), summands.len());
            adder.pool_mut()[..sums.len()].copy_from_slice(sums);
            adder.sum_lists(points, summands, lists);
            for (place, start) in places {
                sums[place] = adder.get(points, summands[start]);
            }
        }
    }
}

impl Digits {
    /// The non-adjacent form of a scalar's integer nearest to zero: `3 m` and `m` differ in the bits that are set.
    fn of(scalar: &Fr) -> Digits {
        let (magnitude, is_negative) = signed(scalar.into_bigint().0);
        let m = magnitude.0;
        // Below 2^253, so three times it is below 2^255.
        let mut triple = [0; 4];
        let mut carry = 0u128;
        for (word, m) in triple.iter_mut().zip(m) {
            carry += 3 * u128::from(m);
            *word = carry as u64;
            carry >>= 64;
        }
        let halved = |words: [u64; 4]| -> [u64; 4] {
            std::array::from_fn(|i| words[i] >> 1 | words.get(i + 1).map_or(0, |next| next << 63))
        };
        let (plus, minus) =
            (std::array::from_fn(|i| triple[i] & !m[i]), std::array::from_fn(|i| m[i] & !triple[i]));
        let (plus, minus) = (halved(plus), halved(minus));
        let (positive, negative) = if is_negative { (minus, plus) } else { (plus, minus) };
        let top = (0..4).rev().find(|i| positive[*i] | negative[*i] != 0);
        let len = top.map_or(0, |i| 64 * i + 64 - (positive[i] | negative[i]).leading_zeros() as usize);
        Digits { positive, negative, len }
    }
}

#[cfg(test)]
mod tests {
    use ark_ec::{CurveGroup, short_weierstrass::Affine};
    use ark_ff::{One, UniformRand, Zero};
    use rand::{Rng, SeedableRng, rngs::StdRng};

    use super::*;
    use crate::{G1Point, G2Point, Sum, curve::to_sum};

    fn check<P: Point + From<Affine<P::Curve>>>(sums: usize) {
        let mut rng = StdRng::seed_from_u64(3);
        let mut points: Vec<P> = (0..50).map(|_| P::from(Sum::<P>::rand(&mut rng).into_affine())).collect();
        points[3] = P::default();
        points[4] = points[5];
        let mut coefficients =
            vec![Fr::zero(), Fr::one(), -Fr::one(), Fr::from(7u64), -Fr::from(40_000u64), Fr::from(u64::MAX)];
        coefficients.extend((0..4).map(|_| Fr::rand(&mut rng)));
        coefficients.push(Fr::from_bigint(Fr::MODULUS_MINUS_ONE_DIV_TWO).unwrap());
        let mut all = Sums::default();
        let mut expected = Vec::new();
        for sum in 0..sums {
            let len = [0, 1, 2, 40][sum % 4];
            let short = sum % 3 == 0;
            let entries: Vec<(u32, u32)> = (0..len)
                .map(|_| (rng.gen_range(0..50), rng.gen_range(0..if short { 5 } else { 11 })))
                .collect();
            let value =
                |&(point, value): &(u32, u32)| to_sum(points[point as usize]) * coefficients[value as usize];
            expected.push(entries.iter().map(value).sum::<Sum<P>>());
            all.push(entries);
        }
        for backend in Backend::ALL.into_iter().filter(|backend| backend.is_available()) {
            let found = all.of(backend, &points, &coefficients);
            assert_eq!(found.into_iter().map(to_sum).collect::<Vec<_>>(), expected);
        }
    }

    #[test]
    fn sums_are_those_of_the_group() {
        check::<G1Point>(500);
        check::<G2Point>(12);
        assert!(Sums::default().of::<G1Point>(Backend::fastest(), &[], &[]).is_empty());
    }

    /// A sum that passes the identity on the way, and one that ends there.
    #[test]
    fn sums_may_pass_the_identity() {
        let mut rng = StdRng::seed_from_u64(4);
        let p = Sum::<G1Point>::rand(&mut rng);
        let points = [p, p + p].map(|point| G1Point::from(point.into_affine()));
        let mut all = Sums::default();
        all.push([(0, 0), (1, 1)]); // 2 p - 2 p, and then one p
        all.push([(0, 2), (1, 1)]);
        let found = all.of(Backend::fastest(), &points, &[Fr::from(3u64), -Fr::one(), Fr::from(2u64)]);
        assert_eq!(found, [points[0], G1Point::IDENTITY]);
    }
}

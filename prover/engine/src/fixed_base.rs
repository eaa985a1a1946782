//! One point times many scalars, for setups.
//!
//! A table holds `j 2^(c w) P` for every window w and every digit j up to `2^(c-1)`. A scalar's multiple is then a sum of one
//! entry a window, with signs (digits as in [`crate::msm`]). All scalars go through the windows together, so that each
//! step is a batch of affine additions with one inversion ([`crate::curve`]).
//!
//! Cost: `ceil(254 / c)` additions a scalar, and `ceil(254 / c) 2^(c-1)` for the table; c is chosen for the least.

use ark_ec::{AffineRepr, CurveGroup};
use ark_ff::{AdditiveGroup, BigInt, BigInteger};
use rayon::prelude::*;

use crate::{
    Backend,
    curve::{Adder, Point, Ref, to_sum},
    msm::{MAX_WINDOW, Plan, Scalars, signed},
};

/// Scalars that go through the windows together: half a megabyte of sums in G1.
const CHUNK: usize = 1 << 13;
/// Fewer scalars are not worth a thread of their own.
const SMALL: usize = 1 << 8;

/// A point's multiples, ready to make others.
#[derive(Debug)]
pub struct FixedBase<P: Point> {
    backend: Backend,
    plan: Plan,
    /// The multiple j of window w is at `w * (buckets + 1) + j`.
    table: Vec<P>,
}

impl<P: Point> FixedBase<P> {
    /// Makes the table for about `count` multiplications: a guess that is off costs time, nothing else.
    pub fn new(backend: Backend, base: P, count: usize) -> Self {
        let plan = plan(count);
        let mut starts = Vec::with_capacity(plan.windows);
        let mut start = to_sum(base);
        for _ in 0..plan.windows {
            starts.push(start);
            (0..plan.window).for_each(|_| {
                start.double_in_place();
            });
        }
        let starts = CurveGroup::normalize_batch(&starts);
        let row = plan.buckets() + 1;
        let mut table = vec![P::default(); plan.windows * row];
        table.par_chunks_mut(row).zip(&starts).for_each_init(
            || Adder::<P>::new(backend),
            |adder, (row, start)| {
                // Places 0 and 1 of the pool, then sums in order: place j is the multiple j.
                adder.reset(2, row.len());
                let start = start.xy().map_or(P::default(), |(x, y)| P::from_coordinates(x, y));
                adder.pool_mut()[..2].copy_from_slice(&[P::default(), start]);
                for bit in 0..plan.window - 1 {
                    let half = 1 << bit;
                    for multiple in 1..=half {
                        adder.add(Ref::pool(half), Ref::pool(multiple));
                    }
                    adder.compute(&[]);
                }
                row.copy_from_slice(&adder.pool()[..row.len()]);
            },
        );
        FixedBase { backend, plan, table }
    }

    /// `scalars[i] * base` for all i.
    pub fn multiply(&self, scalars: &(impl Scalars + ?Sized)) -> Vec<P> {
        let count = scalars.count();
        let mut multiples = vec![P::default(); count];
        let chunk = count.div_ceil(rayon::current_num_threads()).clamp(SMALL, CHUNK);
        let bias = self.plan.bias();
        multiples.par_chunks_mut(chunk).enumerate().for_each_init(
            || (Adder::<P>::new(self.backend), Vec::new()),
            |(adder, magnitudes), (index, multiples)| {
                magnitudes.clear();
                magnitudes.extend((0..multiples.len()).map(|i| {
                    let (mut magnitude, negative) = signed(scalars.integer(index * chunk + i));
                    magnitude.add_with_carry(&bias);
                    (magnitude, negative)
                }));
                self.multiply_chunk(adder, magnitudes, multiples);
            },
        );
        multiples
    }

    /// The multiples for biased magnitudes and signs.
    fn multiply_chunk(&self, adder: &mut Adder<P>, magnitudes: &[(BigInt<4>, bool)], multiples: &mut [P]) {
        adder.reset(multiples.len(), 0);
        for window in 0..self.plan.windows {
            let digits = self.plan.digits(window);
            let row = window * (self.plan.buckets() + 1);
            let entries = magnitudes.iter().map(|(magnitude, negative)| {
                let digit = digits.read(&magnitude.0);
                Ref::point(row + digit.unsigned_abs() as usize).negate_if((digit < 0) != *negative)
            });
            if window == 0 {
                for (place, entry) in entries.enumerate() {
                    adder.pool_mut()[place] = adder.get(&self.table, entry);
                }
            } else {
                adder.add_in_place(&self.table, entries);
            }
        }
        for (multiple, sum) in multiples.iter_mut().zip(adder.pool()) {
            *multiple = sum.canonical();
        }
    }
}

/// Bytes of a [`FixedBase`] for `count` multiplications, and of one call of [`FixedBase::multiply`] beside its result.
pub fn memory_bytes<P: Point>(count: usize) -> usize {
    let plan = plan(count);
    let table = plan.windows * (plan.buckets() + 1) * size_of::<P>();
    let scalar = size_of::<(BigInt<4>, bool)>() + 2 * size_of::<Ref>();
    table + rayon::current_num_threads() * CHUNK * (size_of::<P>() + scalar)
}

/// The cheapest width for `count` scalars.
fn plan(count: usize) -> Plan {
    let plan = Plan::full_size;
    (2..=MAX_WINDOW)
        .map(plan)
        .min_by_key(|plan| plan.windows.saturating_mul(count.saturating_add(plan.buckets())))
        .unwrap_or(plan(2))
}

#[cfg(test)]
mod tests {
    use ark_bn254::{Fr, G1Projective, G2Projective};
    use ark_ec::{PrimeGroup, short_weierstrass::Affine};
    use ark_ff::{Field, PrimeField, UniformRand};
    use ark_std::rand::{Rng, SeedableRng, rngs::StdRng};

    use super::*;
    use crate::{G1Point, G2Point, Sum};

    fn scalars(count: usize, seed: u64) -> Vec<Fr> {
        let mut rng = StdRng::seed_from_u64(seed);
        let half = Fr::from_bigint(Fr::MODULUS_MINUS_ONE_DIV_TWO).unwrap();
        let mut scalar = |i: usize| match i % 8 {
            0 => Fr::from(rng.gen_range(0..3u64)),
            1 => -Fr::from(rng.gen_range(0..3u64)),
            2 => half + Fr::from(rng.gen_range(0..2u64)),
            3 => Fr::from(2u64).pow([rng.gen_range(0..254u64)]),
            4 => Fr::from(u64::MAX),
            _ => Fr::rand(&mut rng),
        };
        (0..count).map(&mut scalar).collect()
    }

    fn check<P: Point + From<Affine<P::Curve>>>(base: Sum<P>, counts: &[usize]) {
        for &count in counts {
            let scalars = scalars(count, count as u64);
            let expected: Vec<P> =
                scalars.iter().map(|scalar| P::from((base * scalar).into_affine())).collect();
            for backend in Backend::ALL.into_iter().filter(|backend| backend.is_available()) {
                let table = FixedBase::new(backend, P::from(base.into_affine()), count);
                assert_eq!(table.multiply(&scalars[..]), expected, "{count} scalars, {backend}");
            }
        }
    }

    #[test]
    fn multiples_are_arkworks_multiples() {
        let mut rng = StdRng::seed_from_u64(3);
        check::<G1Point>(G1Projective::generator(), &[0, 1, 2, 7, 8, 9, 300, 3000]);
        check::<G1Point>(G1Projective::rand(&mut rng), &[40]);
        check::<G2Point>(G2Projective::generator(), &[0, 1, 2, 7, 8, 9, 300]);
        check::<G2Point>(G2Projective::rand(&mut rng), &[40]);
    }

    #[test]
    fn multiples_of_the_identity() {
        let identity = Affine::<ark_bn254::g1::Config>::zero();
        check::<G1Point>(identity.into_group(), &[20]);
    }

    /// A table for many scalars, with its wide windows, serves few.
    #[test]
    fn every_window_width_counts_right() {
        let scalars = scalars(30, 9);
        let base = G1Projective::generator();
        let expected: Vec<G1Point> =
            scalars.iter().map(|scalar| (base * scalar).into_affine().into()).collect();
        let mut widths = Vec::new();
        for count in [0, 1 << 4, 1 << 7, 1 << 10, 1 << 13, 1 << 16] {
            let table = FixedBase::new(Backend::fastest(), G1Point::from(base.into_affine()), count);
            widths.push(table.plan.window);
            assert_eq!(table.multiply(&scalars[..]), expected);
        }
        assert!(widths.is_sorted() && widths[0] < 5 && widths[5] > 10, "{widths:?}");
        assert!(memory_bytes::<G1Point>(1 << 16) > memory_bytes::<G1Point>(1 << 10));
    }
}

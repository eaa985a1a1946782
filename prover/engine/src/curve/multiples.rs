//! Many points, each times a scalar of its own: what a ceremony does to a key.
//!
//! A scalar is cut into halves below 2^126 by the endomorphism ([`crate::msm`]), a half into 32 signed digits of four bits, and
//! a point gets a table of its first eight multiples and their images. All points of a task go through the digits together:
//! four doublings and two additions a digit, each a batch of affine additions that shares an inversion ([`crate::curve`]).
//!
//! Cost: 199 additions a point, in either group, of which 128 are doublings. Memory: a task's tables, two megabytes a thread in G1.

use rayon::prelude::*;

use super::{
    adder::Adder,
    images::{endomorphism, with_images},
    kernel::Ref,
    point::Point,
};
use crate::{
    Backend,
    msm::{Scalars, halve, signed},
};

/// Points that go through the digits together.
const CHUNK: usize = 1 << 11;
/// Fewer points are not worth a thread of their own.
const SMALL: usize = 1 << 6;
/// Bits of a digit, digits of a half, and multiples in a point's table.
const WINDOW: usize = 4;
const WINDOWS: usize = 32;
const MULTIPLES: usize = 1 << (WINDOW - 1);
/// What makes digits from -8 to 7 of four bits each: `8 sum_w 16^w`. A half is below 2^126, so their sum is below 2^128.
const BIAS: u128 = 0x8888_8888_8888_8888_8888_8888_8888_8888;

/// `scalars[i] * points[i]` for all i, over the shorter of the two.
pub fn multiply_each<P: Point>(backend: Backend, points: &[P], scalars: &(impl Scalars + ?Sized)) -> Vec<P> {
    let count = points.len().min(scalars.count());
    let mut products = points[..count].to_vec();
    let chunk = count.div_ceil(rayon::current_num_threads()).clamp(SMALL, CHUNK);
    products.par_chunks_mut(chunk).enumerate().for_each_init(
        || Worker::new(backend),
        |worker, (index, products)| worker.multiply(products, |i| scalars.integer(index * chunk + i)),
    );
    products
}

/// `scalar * points[i]` for all i.
pub fn multiply_all<P: Point>(backend: Backend, points: &[P], scalar: ark_bn254::Fr) -> Vec<P> {
    struct Same(usize, [u64; 4]);
    impl Scalars for Same {
        fn count(&self) -> usize {
            self.0
        }

        fn integer(&self, _: usize) -> [u64; 4] {
            self.1
        }
    }
    multiply_each(backend, points, &Same(points.len(), ark_ff::PrimeField::into_bigint(scalar).0))
}

/// `left[i] + right[i]` for all i, over the shorter of the two.
pub fn add_each<P: Point>(backend: Backend, left: &[P], right: &[P]) -> Vec<P> {
    sum_each(backend, left, right, false)
}

/// `left[i] - right[i]` for all i, over the shorter of the two.
pub fn subtract_each<P: Point>(backend: Backend, left: &[P], right: &[P]) -> Vec<P> {
    sum_each(backend, left, right, true)
}

fn sum_each<P: Point>(backend: Backend, left: &[P], right: &[P], negate: bool) -> Vec<P> {
    let count = left.len().min(right.len());
    let mut sums = left[..count].to_vec();
    sums.par_chunks_mut(CHUNK).zip(right[..count].par_chunks(CHUNK)).for_each_init(
        || Adder::<P>::new(backend),
        |adder, (sums, right)| {
            adder.reset(sums.len(), 0);
            adder.pool_mut()[..sums.len()].copy_from_slice(sums);
            adder.add_in_place(right, (0..right.len()).map(|i| Ref::point(i).negate_if(negate)));
            sums.iter_mut().zip(adder.pool()).for_each(|(sum, place)| *sum = place.canonical());
        },
    );
    sums
}

/// The images of points under the endomorphism, canonical.
pub(crate) fn images<P: Point>(backend: Backend, points: &[P]) -> Vec<P> {
    let mut images = points.to_vec();
    images.par_chunks_mut(CHUNK).for_each(|images| {
        endomorphism(backend, images);
        images.iter_mut().for_each(|image| *image = image.canonical());
    });
    images
}

/// What a thread needs.
struct Worker<P: Point> {
    backend: Backend,
    adder: Adder<P>,
    /// Both halves with the bias, and whether they are negative.
    halves: Vec<[(u128, bool); 2]>,
}

impl<P: Point> Worker<P> {
    fn new(backend: Backend) -> Self {
        Worker { backend, adder: Adder::new(backend), halves: Vec::new() }
    }

    /// Multiplies each point in its place.
    fn multiply(&mut self, points: &mut [P], scalar: impl Fn(usize) -> [u64; 4]) {
        let n = points.len();
        self.halves.clear();
        self.halves.extend((0..n).map(|i| {
            let (magnitude, negative) = signed(scalar(i));
            halve(&magnitude.0).map(|half| (half.unsigned_abs() + BIAS, negative != (half < 0)))
        }));
        let table = self.table(points);
        let identity = Ref::point(2 * MULTIPLES * n);
        let (adder, halves) = (&mut self.adder, &self.halves);
        // Multiple j of point i, and its image, are at 2 ((j - 1) n + i) and the next place.
        let entry = |i: usize, window: usize, half: usize| {
            let (biased, negative) = halves[i][half];
            let digit = (biased >> (WINDOW * window) & 15) as i32 - MULTIPLES as i32;
            match digit.unsigned_abs() as usize {
                0 => identity,
                j => Ref::point(2 * ((j - 1) * n + i) + half).negate_if(negative != (digit < 0)),
            }
        };
        adder.reset(n, 0);
        for i in 0..n {
            let first = adder.get(&table, entry(i, WINDOWS - 1, 0));
            adder.pool_mut()[i] = first;
        }
        adder.add_in_place(&table, (0..n).map(|i| entry(i, WINDOWS - 1, 1)));
        for window in (0..WINDOWS - 1).rev() {
            (0..WINDOW).for_each(|_| adder.add_in_place(&[], (0..n).map(Ref::pool)));
            (0..2).for_each(|half| adder.add_in_place(&table, (0..n).map(|i| entry(i, window, half))));
        }
        points.iter_mut().zip(adder.pool()).for_each(|(point, product)| *point = product.canonical());
    }

    /// The first eight multiples of each point, each followed by its image, and an identity.
    fn table(&mut self, points: &[P]) -> crate::Pages<P> {
        let (n, adder) = (points.len(), &mut self.adder);
        adder.reset(n, (MULTIPLES - 1) * n);
        adder.pool_mut()[..n].copy_from_slice(points);
        // Sums go to the pool in the order in which they are asked for: multiple j to `(j - 1) n + i`.
        let mut made = 1;
        while made < MULTIPLES {
            for j in 0..made {
                (0..n).for_each(|i| {
                    adder.add(Ref::pool((made - 1) * n + i), Ref::pool(j * n + i));
                });
            }
            adder.compute(&[]);
            made *= 2;
        }
        let multiples = adder.pool()[..MULTIPLES * n].iter().map(|point| point.canonical());
        let multiples: Vec<P> = multiples.chain([P::default()]).collect();
        let all: Vec<u32> = (0..multiples.len() as u32).collect();
        with_images(self.backend, &multiples, &all)
    }
}

#[cfg(test)]
mod tests {
    use ark_bn254::{Fr, g1};
    use ark_ec::{CurveGroup, scalar_mul::glv::GLVConfig, short_weierstrass::Affine};
    use ark_ff::{One, PrimeField, UniformRand, Zero};
    use rand::{SeedableRng, rngs::StdRng};

    use super::*;
    use crate::{G1Point, G2Point, Sum, curve::to_sum};

    fn check<P: Point + From<Affine<P::Curve>>>(count: usize) {
        let mut rng = StdRng::seed_from_u64(7);
        let mut points: Vec<P> =
            (0..count).map(|_| P::from(Sum::<P>::rand(&mut rng).into_affine())).collect();
        points[1] = P::default();
        let half = Fr::from_bigint(Fr::MODULUS_MINUS_ONE_DIV_TWO).unwrap();
        let edges = [Fr::zero(), Fr::one(), -Fr::one(), half, -half, g1::Config::LAMBDA, Fr::from(8u64)];
        let scalars: Vec<Fr> =
            (0..count).map(|i| edges.get(i % 16).copied().unwrap_or_else(|| Fr::rand(&mut rng))).collect();
        for backend in Backend::ALL.into_iter().filter(|backend| backend.is_available()) {
            let products = multiply_each(backend, &points, &scalars[..]);
            let same = multiply_all(backend, &points, scalars[9]);
            let sums = add_each(backend, &points, &products);
            let differences = subtract_each(backend, &points, &points);
            for (i, (point, scalar)) in points.iter().zip(&scalars).enumerate() {
                assert_eq!(to_sum(products[i]), to_sum(*point) * scalar, "{i}");
                assert_eq!(products[i], products[i].canonical());
                assert_eq!(to_sum(same[i]), to_sum(*point) * scalars[9], "{i}");
                assert_eq!(to_sum(sums[i]), to_sum(*point) * (*scalar + Fr::one()), "{i}");
                assert_eq!(differences[i], P::default());
                assert_eq!(to_sum(images(backend, &points)[i]), to_sum(*point) * g1::Config::LAMBDA);
            }
        }
    }

    #[test]
    fn products_are_those_of_the_group() {
        check::<G1Point>(2 * SMALL + 13);
        check::<G2Point>(21);
        assert!(multiply_each::<G1Point>(Backend::fastest(), &[], &[Fr::one()][..]).is_empty());
    }
}

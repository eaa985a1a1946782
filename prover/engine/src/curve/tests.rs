use ark_ec::{CurveGroup, short_weierstrass::Affine};
use ark_ff::UniformRand;
use rand::{Rng, RngCore, SeedableRng, rngs::StdRng};

use super::*;

fn backends() -> impl Iterator<Item = Backend> {
    Backend::ALL.into_iter().filter(|backend| backend.is_available())
}

/// Few different points, so that equal and opposite ones meet in every lane, and the identity.
fn points<P: Point + From<Affine<P::Curve>>>(rng: &mut StdRng) -> Vec<P> {
    let mut points: Vec<P> = (0..6).map(|_| P::from(Sum::<P>::rand(rng).into_affine())).collect();
    points.push(P::default());
    points.push(P::from((-to_sum(points[0])).into_affine()));
    points
}

fn value<P: Point>(points: &[P], pool: &[P], summand: Ref) -> Sum<P> {
    let point = to_sum(if summand.is_pool() { pool[summand.index()] } else { points[summand.index()] });
    if summand.is_negative() { -point } else { point }
}

fn check<P: Point + From<Affine<P::Curve>>>(backend: Backend, seed: u64) {
    let mut rng = StdRng::seed_from_u64(seed);
    let points = points::<P>(&mut rng);
    let mut kernel = P::kernel(backend);
    for count in (0..40).chain([63, 64, 65, 4096, 4097, 8192 + 11]) {
        let mut pool: Vec<P> = (0..5).map(|_| points[rng.gen_range(0..points.len())]).collect();
        let out = pool.len();
        pool.resize(out + count + 3, points[1]);
        // Places of sums hold points as well: a pair may have its own place as a summand.
        pool[out..out + count].fill_with(|| points[rng.gen_range(0..points.len())]);
        let summand = |rng: &mut StdRng, i: usize| {
            let index = rng.gen_range(0..points.len());
            let summand = match rng.next_u32() % 4 {
                0 => Ref::pool(rng.gen_range(0..out)),
                1 => Ref::pool(out + i),
                _ => Ref::point(index),
            };
            summand.negate_if(rng.next_u32() % 2 == 1)
        };
        let pairs: Vec<Pair> = (0..count).map(|i| [summand(&mut rng, i), summand(&mut rng, i)]).collect();
        let expected: Vec<Sum<P>> = pairs
            .iter()
            .map(|[left, right]| value(&points, &pool, *left) + value(&points, &pool, *right))
            .collect();
        kernel.add_pairs(&points, &mut pool, out, &pairs);
        let found: Vec<Sum<P>> = pool[out..out + count].iter().map(|point| to_sum(*point)).collect();
        assert_eq!(found, expected, "{count} pairs, {backend}");
        assert_eq!(pool[out + count..], [points[1]; 3], "places beyond the sums are left alone");
    }
}

#[test]
fn pairs_add_up_in_every_case_and_lane() {
    for backend in backends() {
        for seed in 0..4 {
            check::<G1Point>(backend, seed);
            check::<G2Point>(backend, seed + 100);
        }
    }
}

#[test]
fn references_out_of_bounds_are_refused() {
    let points = points::<G1Point>(&mut StdRng::seed_from_u64(1));
    let good = Ref::point(0);
    for backend in backends() {
        let sum = |pool: usize, out: usize, bad: Ref| {
            let mut kernel = G1Point::kernel(backend);
            let mut pool = vec![G1Point::default(); pool];
            let points = &points;
            std::panic::catch_unwind(std::panic::AssertUnwindSafe(move || {
                kernel.add_pairs(points, &mut pool, out, &[[good, good], [good, bad]]);
            }))
        };
        assert!(sum(3, 1, Ref::point(points.len() - 1).negate_if(true)).is_ok());
        assert!(sum(3, 1, Ref::point(points.len())).is_err());
        assert!(sum(3, 1, Ref::pool(3)).is_err());
        assert!(sum(3, 2, good).is_err());
    }
}

#[test]
fn lists_become_their_sums() {
    let mut rng = StdRng::seed_from_u64(5);
    let points = points::<G2Point>(&mut rng);
    for backend in backends() {
        let mut adder = Adder::new(backend);
        adder.reset(0, 0);
        let (mut summands, mut lists, mut expected) = (Vec::new(), Vec::new(), Vec::new());
        for len in [1, 2, 3, 4, 5, 100, 7, 1, 31] {
            lists.push(List { start: summands.len(), len });
            let list: Vec<Ref> = (0..len)
                .map(|_| Ref::point(rng.gen_range(0..points.len())).negate_if(rng.next_u32() % 2 == 1))
                .collect();
            expected.push(list.iter().map(|summand| value(&points, &[], *summand)).sum::<Sum<G2Point>>());
            summands.extend(list);
        }
        adder.sum_lists(&points, &mut summands, &mut lists.clone());
        let found: Vec<_> =
            lists.iter().map(|list| to_sum(adder.get(&points, summands[list.start]))).collect();
        assert_eq!(found, expected, "{backend}");
    }
}

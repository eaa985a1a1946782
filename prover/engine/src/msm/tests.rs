use ark_bn254::{Fr, G1Affine, G1Projective, G2Affine};
use ark_ec::{
    AffineRepr, CurveGroup, VariableBaseMSM,
    short_weierstrass::{Affine, Projective},
};
use ark_ff::{BigInt, PrimeField, UniformRand, Zero};
use ark_std::rand::{Rng, SeedableRng, rngs::StdRng};
use rand::RngCore;

use super::*;
use crate::{G1Point, G2Point};

/// The backends of this processor; says so where that is not all of them.
fn backends() -> impl Iterator<Item = Backend> {
    Backend::ALL.into_iter().filter(|backend| {
        if !backend.is_available() {
            eprintln!("not tested, for this processor lacks it: {backend}");
        }
        backend.is_available()
    })
}

/// A point for tests: its bytes and arkworks' form.
trait TestPoint: Point + From<Affine<Self::Curve>> {}
impl TestPoint for G1Point {}
impl TestPoint for G2Point {}

/// Points with repetitions, opposites and identities among them; all equal for seeds that end in 5.
fn points<P: TestPoint>(count: usize, seed: u64) -> Vec<Affine<P::Curve>> {
    let mut rng = StdRng::seed_from_u64(seed);
    let few: Vec<Affine<P::Curve>> =
        (0..3).map(|_| Projective::<P::Curve>::rand(&mut rng).into_affine()).collect();
    let step = Projective::<P::Curve>::rand(&mut rng).into_affine();
    let mut next = Projective::<P::Curve>::rand(&mut rng);
    let fresh: Vec<_> = (0..count)
        .map(|_| {
            next += step;
            next
        })
        .collect();
    let mut fresh = Projective::normalize_batch(&fresh);
    for point in &mut fresh {
        match rng.next_u32() % 8 {
            _ if seed % 10 == 5 => *point = few[0],
            0 => *point = few[rng.gen_range(0..3)],
            1 => *point = -few[rng.gen_range(0..3)],
            2 if seed.is_multiple_of(2) => *point = Affine::identity(),
            _ => {}
        }
    }
    fresh
}

/// Scalars of every kind.
fn scalar(rng: &mut StdRng) -> Fr {
    let value = match rng.next_u32() % 12 {
        0 => Fr::zero(),
        1 | 2 => Fr::from(1u64),
        3 => Fr::from(rng.next_u32() % 256),
        4 => Fr::from(rng.next_u32() % 65536),
        5 => Fr::from(rng.next_u32()),
        6 => Fr::from(rng.next_u64()),
        7 => Fr::from_bigint(Fr::MODULUS_MINUS_ONE_DIV_TWO).unwrap() + Fr::from(rng.next_u32() % 2),
        8 => {
            let mut power = BigInt([0; 4]);
            let bit = rng.gen_range(0..253);
            power.0[bit / 64] = 1 << (bit % 64);
            Fr::from_bigint(power).unwrap()
        }
        9 => Fr::from_le_bytes_mod_order(&[0xff; 31][..rng.gen_range(1..=31)]),
        _ => Fr::rand(rng),
    };
    if rng.next_u32().is_multiple_of(2) { value } else { -value }
}

fn check<P: TestPoint>(affine: &[Affine<P::Curve>], scalars: &[Fr], what: &str)
where
    Sum<P>: VariableBaseMSM<MulBase = Affine<P::Curve>, ScalarField = Fr>,
{
    let expected = Sum::<P>::msm(affine, scalars).unwrap();
    let points: Vec<P> = affine.iter().map(|point| P::from(*point)).collect();
    for backend in backends() {
        assert_eq!(msm(backend, &points, scalars), expected, "{what}, {} points, {backend}", points.len());
    }
}

#[test]
fn sums_are_arkworks_sums() {
    let sizes = [0, 1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 31, 33, 64, 100, 255, 257, 511, 1000, 2049, 4096];
    for (seed, count) in sizes.into_iter().enumerate() {
        let mut rng = StdRng::seed_from_u64(seed as u64 + 77);
        let scalars: Vec<Fr> = (0..count).map(|_| scalar(&mut rng)).collect();
        let count_2 = count.min(1000);
        check::<G1Point>(&points::<G1Point>(count, seed as u64), &scalars, "mixed");
        check::<G2Point>(&points::<G2Point>(count_2, seed as u64), &scalars[..count_2], "mixed");
    }
}

#[test]
fn sums_of_one_kind_of_scalar() {
    let mut rng = StdRng::seed_from_u64(5);
    let affine = points::<G1Point>(3000, 4);
    let minus_one = -Fr::from(1u64);
    let mut kinds: Vec<(&str, Vec<Fr>)> = vec![
        ("zeros", vec![Fr::zero(); 3000]),
        ("ones", vec![Fr::from(1u64); 3000]),
        ("minus ones", vec![minus_one; 3000]),
        ("all equal", vec![Fr::rand(&mut rng); 3000]),
    ];
    for bits in [1u32, 2, 8, 16, 32, 63] {
        let values = (0..3000).map(|_| Fr::from(rng.next_u64() >> (64 - bits))).collect();
        kinds.push(("short", values));
    }
    kinds.push(("full", (0..3000).map(|_| Fr::rand(&mut rng)).collect()));
    for (what, scalars) in &kinds {
        check::<G1Point>(&affine, scalars, what);
        check::<G2Point>(&points::<G2Point>(200, 3), &scalars[..200], what);
    }
}

/// More points than a tile holds, in few windows: sums are carried from tile to tile, and the points are shared by threads.
#[test]
fn many_short_scalars() {
    let mut rng = StdRng::seed_from_u64(8);
    let few = points::<G1Point>(1 << 10, 8);
    let count = 3 * buckets::tile_len::<G1Point>() + 5;
    let affine: Vec<G1Affine> = few.iter().copied().cycle().take(count).collect();
    let scalars: Vec<Fr> = (0..count).map(|_| Fr::from(rng.next_u32() % 200)).collect();
    check::<G1Point>(&affine, &scalars, "bytes");
}

#[test]
fn sums_that_vanish() {
    let g1 = G1Affine::generator();
    let g2 = G2Affine::generator();
    let one = Fr::from(1u64);
    check::<G1Point>(&[g1, -g1], &[one, one], "opposite");
    check::<G2Point>(&[g2, -g2, g2, -g2], &[one; 4], "opposite");
    check::<G1Point>(&[g1; 64], &[one; 64], "equal");
    check::<G1Point>(&[g1; 64], &[[one, -one]; 32].concat(), "equal, signs alternate");
    check::<G1Point>(&[Affine::identity(), g1], &[one, one], "identity");
    check::<G2Point>(&[Affine::identity(); 20], &[-one; 20], "identities");
}

#[test]
fn scalars_by_wire_and_as_integers() {
    let mut rng = StdRng::seed_from_u64(9);
    let affine = points::<G1Point>(50, 2);
    let points: Vec<G1Point> = affine.iter().map(|point| G1Point::from(*point)).collect();
    let values: Vec<Fr> = (0..80).map(|_| scalar(&mut rng)).collect();
    let integers: Vec<_> = values.iter().map(|value| value.into_bigint()).collect();
    let wires: Vec<u32> = (0..50).map(|_| rng.next_u32() % 80).collect();
    let selected: Vec<Fr> = wires.iter().map(|wire| values[*wire as usize]).collect();
    let expected = G1Projective::msm(&affine, &selected).unwrap();
    for backend in backends() {
        assert_eq!(msm(backend, &points, &Selected { values: &values[..], wires: &wires }), expected);
        assert_eq!(msm(backend, &points, &Selected { values: &integers[..], wires: &wires }), expected);
        let prepared = Prepared::read(&selected[..]);
        assert_eq!(prepared.msm(backend, &points), expected);
        // The shorter side counts.
        let first = G1Projective::msm(&affine[..20], &selected[..20]).unwrap();
        assert_eq!(prepared.msm(backend, &points[..20]), first);
        assert_eq!(msm(backend, &points, &selected[..20]), first);
    }
}

/// Words that are no points: any result, no panic.
#[test]
fn other_bytes_do_no_harm() {
    let mut rng = StdRng::seed_from_u64(10);
    let mut words = || [(); 4].map(|()| rng.next_u64());
    let mut points: Vec<G1Point> = (0..100).map(|_| G1Point { x: words(), y: words() }).collect();
    points.extend((0..50).map(|_| G1Point { x: [u64::MAX; 4], y: [0; 4] }));
    points.extend((0..50).map(|_| G1Point { x: [0; 4], y: words() }));
    let pairs: Vec<G2Point> =
        points.iter().map(|point| G2Point { x: [point.x, point.y], y: [point.y, point.x] }).collect();
    let mut rng = StdRng::seed_from_u64(11);
    let scalars: Vec<Fr> = (0..200).map(|_| scalar(&mut rng)).collect();
    for backend in backends() {
        let _ = msm(backend, &points, &scalars[..]);
        let _ = msm(backend, &pairs, &scalars[..]);
    }
}

#[test]
fn one_result_for_any_number_of_threads() {
    let mut rng = StdRng::seed_from_u64(12);
    let points: Vec<G1Point> = points::<G1Point>(5000, 12).into_iter().map(G1Point::from).collect();
    let scalars: Vec<Fr> = (0..5000).map(|_| scalar(&mut rng)).collect();
    let sum_with = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| msm(Backend::fastest(), &points, &scalars[..]))
    };
    let expected = sum_with(1);
    assert!([2, 3, 7].into_iter().all(|threads| sum_with(threads) == expected));
}

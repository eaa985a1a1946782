//! Sums of scaled points by size, against arkworks' `VariableBaseMSM` in the same run; and checks of G2's subgroup, against one by one.
//!
//! `cargo bench -p assay-engine --bench msm`; `RAYON_NUM_THREADS=1` for one thread. `-- --quick` for a first look.

use ark_bn254::Fr;
use ark_ec::{CurveGroup, VariableBaseMSM, short_weierstrass::Affine};
use ark_ff::UniformRand;
use assay_engine::{
    Backend, G1Point, G2Point, Point, Sum,
    msm::{in_subgroup, msm},
};
use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};
use rand::{Rng, SeedableRng, rngs::StdRng};
use rayon::prelude::*;

/// Points that differ from each other, made by additions.
fn points<P: Point>(count: usize) -> Vec<Affine<P::Curve>> {
    let mut rng = StdRng::seed_from_u64(1);
    let step = Sum::<P>::rand(&mut rng).into_affine();
    let mut next = Sum::<P>::rand(&mut rng);
    let points: Vec<_> = (0..count)
        .map(|_| {
            next += step;
            next
        })
        .collect();
    Sum::<P>::normalize_batch(&points)
}

/// Scalars as the quotient has them, and as a witness of bytes, bits and signs has them.
fn scalars(kind: &str, count: usize) -> Vec<Fr> {
    let mut rng = StdRng::seed_from_u64(2);
    let mut scalar = || match kind {
        "full" => Fr::rand(&mut rng),
        _ => match rng.gen_range(0..4) {
            0 => Fr::from(rng.gen_range(0..2u64)),
            1 => -Fr::from(rng.gen_range(0..128u64)),
            2 => Fr::from(rng.gen_range(0..256u64)),
            _ => Fr::from(rng.gen_range(0..65536u64)),
        },
    };
    (0..count).map(|_| scalar()).collect()
}

fn sums<P: Point + From<Affine<P::Curve>>>(criterion: &mut Criterion, group: &str)
where
    Sum<P>: VariableBaseMSM<MulBase = Affine<P::Curve>, ScalarField = Fr>,
{
    const LARGEST: usize = 1 << 18;
    let affine = points::<P>(LARGEST);
    let points: Vec<P> = affine.iter().map(|point| P::from(*point)).collect();
    for kind in ["full", "small"] {
        let scalars = scalars(kind, LARGEST);
        let mut group = criterion.benchmark_group(format!("{group} {kind}"));
        group.sample_size(10);
        for log in [12, 14, 16, 18] {
            let count = 1 << log;
            for backend in Backend::ALL.into_iter().filter(|backend| backend.is_available()) {
                group.bench_function(BenchmarkId::new(backend.name(), log), |bencher| {
                    bencher.iter(|| msm(backend, &points[..count], &scalars[..count]));
                });
            }
            group.bench_function(BenchmarkId::new("arkworks", log), |bencher| {
                bencher.iter(|| Sum::<P>::msm(&affine[..count], &scalars[..count]));
            });
        }
    }
}

fn subgroup(criterion: &mut Criterion) {
    let mut rng = StdRng::seed_from_u64(3);
    let points: Vec<G2Point> = points::<G2Point>(1 << 18).into_iter().map(G2Point::from).collect();
    let random: Vec<[u64; 4]> = points.iter().map(|_| rng.r#gen()).collect();
    let mut group = criterion.benchmark_group("G2 subgroup");
    group.sample_size(10);
    for log in [8, 12, 15, 18] {
        let points = &points[..1 << log];
        for backend in Backend::ALL.into_iter().filter(|backend| backend.is_available()) {
            group.bench_function(BenchmarkId::new(backend.name(), log), |bencher| {
                bencher.iter(|| assert!(in_subgroup(backend, points, &random)));
            });
        }
        group.bench_function(BenchmarkId::new("one by one", log), |bencher| {
            bencher.iter(|| assert!(points.par_iter().all(|point| point.check().is_ok())));
        });
    }
}

fn benches(criterion: &mut Criterion) {
    sums::<G1Point>(criterion, "G1");
    sums::<G2Point>(criterion, "G2");
    subgroup(criterion);
}

criterion_group!(msm_benches, benches);
criterion_main!(msm_benches);

//! Products and squares in the base field: 64 elements that stay in the first-level cache, 100 rounds.

use ark_bn254::Fq;
use ark_ff::UniformRand;
use assay_engine::{Backend, measure};
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use rand::SeedableRng;
use rand_chacha::ChaCha20Rng;

const ELEMENTS: usize = 64;
const ROUNDS: usize = 100;

fn field(c: &mut Criterion) {
    let mut rng = ChaCha20Rng::seed_from_u64(1);
    let mut draw = || -> Vec<Fq> { (0..ELEMENTS).map(|_| Fq::rand(&mut rng)).collect() };
    let (x, y) = (draw(), draw());
    let mut group = c.benchmark_group("field");
    group.throughput(Throughput::Elements((ELEMENTS * ROUNDS) as u64));
    for backend in Backend::ALL.into_iter().filter(|backend| backend.is_available()) {
        group.bench_function(format!("product/{backend}"), |b| {
            let mut x = x.clone();
            b.iter(|| measure::products(backend, &mut x, &y, ROUNDS));
        });
        group.bench_function(format!("square/{backend}"), |b| {
            let mut x = x.clone();
            b.iter(|| measure::squares(backend, &mut x, ROUNDS));
        });
    }
    group.finish();
}

criterion_group!(benches, field);
criterion_main!(benches);

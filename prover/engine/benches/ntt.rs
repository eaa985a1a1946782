//! The quotient by size of domain, next to arkworks' transforms: the same six, on the same threads.
//!
//! One thread: `RAYON_NUM_THREADS=1 cargo bench -p assay-engine --bench ntt`.

use ark_bn254::Fr;
use ark_ff::UniformRand;
use ark_poly::{EvaluationDomain, Radix2EvaluationDomain};
use assay_engine::{Backend, Domain};
use criterion::{BatchSize, BenchmarkId, Criterion, criterion_group, criterion_main};
use rand::SeedableRng;
use rand_chacha::ChaCha20Rng;

/// What `Domain::quotient` computes, with arkworks' transforms.
fn arkworks(domain: &Radix2EvaluationDomain<Fr>, shift: Fr, mut a: Vec<Fr>, mut b: Vec<Fr>) -> Vec<Fr> {
    let mut c: Vec<Fr> = a.iter().zip(&b).map(|(a, b)| *a * b).collect();
    for values in [&mut a, &mut b, &mut c] {
        domain.ifft_in_place(values);
        Radix2EvaluationDomain::distribute_powers(values, shift);
        domain.fft_in_place(values);
    }
    a.iter_mut().zip(&b).zip(&c).for_each(|((a, b), c)| *a = *a * b - c);
    a
}

fn quotient(c: &mut Criterion) {
    let mut rng = ChaCha20Rng::seed_from_u64(1);
    let mut group = c.benchmark_group("quotient");
    group.sample_size(10);
    for size in [1 << 12, 1 << 14, 1 << 16, 9 << 13, 3 << 15, 1 << 17, 1 << 18] {
        let mut draw = || -> Vec<Fr> { (0..size).map(|_| Fr::rand(&mut rng)).collect() };
        let input = (draw(), draw());
        let domain = Domain::with_size(size).expect("a size of a domain");
        if size.is_power_of_two() {
            let radix_2 = Radix2EvaluationDomain::<Fr>::new(size).expect("a power of two");
            group.bench_function(BenchmarkId::new("arkworks", size), |bench| {
                let run = |(a, b)| arkworks(&radix_2, domain.shift(), a, b);
                bench.iter_batched(|| input.clone(), run, BatchSize::LargeInput);
            });
        }
        for backend in Backend::ALL.into_iter().filter(|backend| backend.is_available()) {
            group.bench_function(BenchmarkId::new(backend.name(), size), |bench| {
                let run = |(a, b)| domain.quotient(backend, a, b).expect("as many values as points");
                bench.iter_batched(|| input.clone(), run, BatchSize::LargeInput);
            });
        }
    }
    group.finish();
}

criterion_group!(benches, quotient);
criterion_main!(benches);

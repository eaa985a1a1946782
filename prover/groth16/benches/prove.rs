//! One proof of a circuit of the size of liquidation-risk: 16 inputs of 15 bits, 16-32-16-1 with ReLU, statement
//! included. Key loaded; the witness is part of `witness and proof`.

use std::hint::black_box;

use assay_groth16::{
    Calibration, Observer, Proof, Prover, ProvingKey, estimate_with, prove, scalar, setup_development,
    verify, verify_many,
};
use criterion::{Criterion, criterion_group, criterion_main};

#[path = "../tests/it/common.rs"]
mod common;

fn bench(c: &mut Criterion) {
    let circuit = common::perceptron(&[16, 32, 16, 1], assay_circuits::Visibility::Public, 1);
    println!(
        "{:?}, {:?}",
        circuit.stats(),
        estimate_with(
            &circuit,
            &Calibration::measure(Observer::none()).expect("this machine can be measured")
        )
    );
    let (key, verifying_key) = setup_development(&circuit, &mut common::rng(1)).expect("setup");
    let witness = common::solve(&circuit, 2);
    let mut rng = common::rng(3);
    let prover = Prover::new(&key, &circuit).expect("pairs");
    let proof = prover.prove(&witness, &mut rng).expect("proof");
    let digest = scalar(witness.digest());
    let bytes = key.to_bytes();
    let interface = (verifying_key.to_interface(), proof.to_interface());
    println!("proving key: {} bytes in a file, {} in memory", bytes.len(), key.memory_bytes());

    let mut group = c.benchmark_group("groth16");
    group.sample_size(30);
    group.bench_function("witness", |b| b.iter(|| common::solve(black_box(&circuit), 2)));
    group.bench_function("pair key and circuit", |b| {
        b.iter(|| Prover::new(black_box(&key), &circuit).is_ok())
    });
    group.bench_function("proof", |b| b.iter(|| prover.prove(black_box(&witness), &mut rng)));
    group.bench_function("witness and proof", |b| {
        b.iter(|| prover.prove(&common::solve(black_box(&circuit), 2), &mut rng))
    });
    group.bench_function("witness and proof, unpaired", |b| {
        b.iter(|| prove(&key, &circuit, &common::solve(black_box(&circuit), 2), &mut rng))
    });
    group.bench_function("verify", |b| b.iter(|| verify(black_box(&verifying_key), &proof, &digest)));
    group.bench_function("verify, interface", |b| {
        b.iter(|| assay_interface::groth16::verify(black_box(&interface.0), &interface.1, &digest))
    });
    group.sample_size(10);
    together(&mut group);
    group.bench_function("read key", |b| b.iter(|| ProvingKey::from_bytes(black_box(&bytes)).is_ok()));
    group.finish();
}

/// Many proofs of both forms of key, one by one and together; 64 different ones, again and again.
fn together(group: &mut criterion::BenchmarkGroup<'_, criterion::measurement::WallTime>) {
    for (form, circuit) in [("plain", common::small()), ("committed", common::lookups())] {
        let (key, verifying_key) = setup_development(&circuit, &mut common::rng(1)).expect("setup");
        let prover = Prover::new(&key, &circuit).expect("pairs");
        let proofs: Vec<_> = (0..64)
            .map(|seed| {
                let witness = common::solve(&circuit, seed);
                let proof = prover.prove(&witness, &mut common::rng(seed)).expect("proof");
                (proof.to_interface(), scalar(witness.digest()))
            })
            .collect();
        let one_by_one = || {
            proofs.iter().all(|(proof, digest)| {
                Proof::from_interface(proof).and_then(|proof| verify(&verifying_key, &proof, digest)).is_ok()
            })
        };
        group.bench_function(format!("verify 64, {form}, one by one"), |b| b.iter(one_by_one));
        for count in [64, 1024, 8192] {
            let many: Vec<_> = (0..count)
                .map(|i| &proofs[i % 64])
                .map(|(proof, digest)| (proof.as_ref(), *digest))
                .collect();
            let mut rng = common::rng(5);
            group.bench_function(format!("verify {count}, {form}, together"), |b| {
                b.iter(|| verify_many(&verifying_key, black_box(&many), &mut rng).is_ok())
            });
        }
    }
}

criterion_group!(benches, bench);
criterion_main!(benches);

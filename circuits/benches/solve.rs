//! Witness generation, checking and reading of the liquidation-risk-shaped circuit.

#[path = "../tests/suite/common.rs"]
mod common;

use assay_circuits::{Assignment, Circuit, Ranges};
use criterion::{BatchSize, Criterion, criterion_group, criterion_main};

fn bench(c: &mut Criterion) {
    let case = common::risk().unwrap_or_else(|e| panic!("{e}"));
    let (circuit, assignment) = (&case.circuit, &case.assignments[0]);
    let witness = circuit.solve(assignment).unwrap_or_else(|e| panic!("{e}"));
    let bytes = circuit.to_bytes();
    let mut group = c.benchmark_group("risk shape");
    group.bench_function("solve", |b| b.iter(|| circuit.solve(assignment)));
    group.bench_function("first_violation", |b| b.iter(|| circuit.r1cs.first_violation(&witness)));
    group.bench_function("build", |b| b.iter(common::risk));
    group.bench_function("to_bytes", |b| b.iter(|| circuit.to_bytes()));
    group.bench_function("from_bytes", |b| b.iter(|| Circuit::from_bytes(&bytes)));
    group.finish();

    let case = common::risk_with(Ranges::Lookup).unwrap_or_else(|e| panic!("{e}"));
    phases(c, "risk shape by lookup", &case.circuit, &case.assignments[0]);
    let (circuit, assignment) = common::wide(50_000).unwrap_or_else(|e| panic!("{e}"));
    phases(c, "50,000 values of 16 bits", &circuit, &assignment);
    let (circuit, assignment) = common::square(1024).unwrap_or_else(|e| panic!("{e}"));
    phases(c, "dense 1024 to 1024", &circuit, &assignment);

    // What the statement's hash costs by itself.
    let elements: Vec<_> = (1u64..6).map(ark_bn254::Fr::from).collect();
    c.bench_function("poseidon of 5 elements", |b| {
        b.iter(|| assay_circuits::gadgets::poseidon::reference(&elements));
    });
}

/// Both phases of the witness.
fn phases(c: &mut Criterion, name: &str, circuit: &Circuit, assignment: &Assignment) {
    let challenge = ark_bn254::Fr::from(1u64 << 60);
    let first = circuit.solve(assignment).unwrap_or_else(|e| panic!("{e}"));
    let mut group = c.benchmark_group(format!("{name}, {} constraints", circuit.stats().constraints));
    group.sample_size(20);
    group.bench_function("solve", |b| b.iter(|| circuit.solve(assignment)));
    group.bench_function("complete", |b| {
        b.iter_batched(
            || first.clone(),
            |first| circuit.complete(first, challenge, challenge),
            BatchSize::LargeInput,
        );
    });
    group.finish();
}

criterion_group!(benches, bench);
criterion_main!(benches);

//! A whole ceremony at 2^16 rows: `cargo bench --bench ceremony`. Prints what each step took, on two threads as on many.
//!
//! `ASSAY_CEREMONY_ROWS` is another number of rows; with `ASSAY_CEREMONY_UNPREPARED` the first phase has no Lagrange points.

use std::time::Instant;

use assay_ceremony::{Ceremony, Options, Phase1, verify};
use assay_circuits::{Builder, Circuit, Ranges, StatementInput, StatementOutput, Visibility, layers};
use assay_groth16::Observer;

#[path = "../tests/ceremony/ptau.rs"]
#[allow(dead_code)] // for the tests
mod ptau;

/// A dense layer and bits of its sums: about so many rows, and no more than a power of two.
fn circuit(rows: usize) -> Circuit {
    let mut b = Builder::with_ranges(Ranges::Bits);
    let inputs = b.input("x", 40, 15).expect("input");
    let count = rows / 33;
    let w = (0..40 * count as i64).map(|i| i * 7919 % 251 - 125).collect();
    let weights = layers::dense::Weights { rows: count, cols: 40, w };
    let sums = layers::dense::constrain(&mut b, &inputs, &weights, &vec![7; count]).expect("dense");
    let requantize = layers::requantize::Requantize::unsigned(9, 10).relu();
    let values = layers::requantize::requantize_relu(&mut b, &sums, requantize).expect("relu");
    b.bind_statement(
        7u64.into(),
        &[StatementInput { values: &inputs, bits: 15, visibility: Visibility::Public }],
        &[StatementOutput { values: &values[..4], bits: 11 }],
    )
    .expect("statement");
    b.finish().expect("circuit")
}

fn main() {
    let rows =
        std::env::var("ASSAY_CEREMONY_ROWS").ok().and_then(|rows| rows.parse().ok()).unwrap_or(1 << 16);
    let circuit = circuit(rows);
    let all = circuit.r1cs.num_constraints() + circuit.r1cs.num_instance;
    let power = all.next_power_of_two().trailing_zeros();
    println!("{all} rows, domain 2^{power}");
    let start = Instant::now();
    let file = match std::env::var_os("ASSAY_CEREMONY_UNPREPARED") {
        None => ptau::Ptau::prepared(power, &ptau::SECRETS()),
        Some(_) => ptau::Ptau::new(power, &ptau::SECRETS()),
    };
    let file = file.to_bytes();
    println!("first phase, by its secrets: {:.1?} (not part of a ceremony)", start.elapsed());

    let directory = std::env::temp_dir().join(format!("assay-ceremony-{}", std::process::id()));
    let phase1 = Phase1::read(&file).expect("phase 1");
    let options = Options { power_of_two: true, ..Options::default() };
    let start = Instant::now();
    let step = |what: &str, from: Instant| println!("{what}: {:.1?}", from.elapsed());
    let mut ceremony =
        Ceremony::begin(&directory, &circuit, &phase1, options, Observer::none()).expect("ceremony");
    step("new", start);
    for name in ["one", "two", "three"] {
        let from = Instant::now();
        let state = ceremony.check(&circuit, &phase1, Observer::none()).expect("state");
        step("state checked", from);
        let from = Instant::now();
        state.contribute(name.into(), [0; 32], b"", Observer::none()).expect("contribution");
        step("contribution", from);
    }
    let from = Instant::now();
    let key = ceremony.key(&circuit, Observer::none()).expect("key");
    step("key put together and checked", from);
    let from = Instant::now();
    verify(&circuit, &phase1, ceremony.transcript(), &key, &[], Observer::none()).expect("verified");
    step("verification", from);
    step("all", start);
    drop(ceremony);
    std::fs::remove_dir_all(&directory).expect("the folder goes");
}

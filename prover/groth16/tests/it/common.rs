//! Circuits to prove with; also for the unit tests and the benchmark, which use a part of them.

#![allow(dead_code)]

use ark_bn254::Fr;
use ark_ff::UniformRand;
use assay_circuits::{
    Assignment, Bounded, Builder, Circuit, Ranges, StatementInput, StatementOutput, Visibility, Witness,
    layers::{dense, requantize},
};
use rand_chacha::{
    ChaCha20Rng,
    rand_core::{RngCore, SeedableRng},
};

pub fn rng(seed: u64) -> ChaCha20Rng {
    ChaCha20Rng::seed_from_u64(seed)
}

/// A multilayer perceptron of these widths with random weights, ReLU between the layers; 15-bit inputs.
pub fn perceptron(widths: &[usize], visibility: Visibility, seed: u64) -> Circuit {
    perceptron_with(Ranges::Bits, widths, visibility, seed)
}

/// As [`perceptron`], its ranges proven by bits or by lookups.
pub fn perceptron_with(ranges: Ranges, widths: &[usize], visibility: Visibility, seed: u64) -> Circuit {
    let mut rng = rng(seed);
    let mut b = Builder::with_ranges(ranges);
    let inputs = b.input("features", widths[0], 15).expect("input");
    let mut values: Vec<Bounded> = inputs.clone();
    for (layer, pair) in widths.windows(2).enumerate() {
        let (cols, rows) = (pair[0], pair[1]);
        let mut small = |bound: i64| (rng.next_u32() % (2 * bound as u32)) as i64 - bound;
        let w = (0..rows * cols).map(|_| small(128)).collect();
        let bias: Vec<i64> = (0..rows).map(|_| small(1000)).collect();
        let acc = dense::constrain(&mut b, &values, &dense::Weights { rows, cols, w }, &bias).expect("dense");
        values = if layer + 2 < widths.len() {
            requantize::requantize_relu(&mut b, &acc, requantize::Requantize::unsigned(9, 10).relu())
                .expect("relu")
        } else {
            requantize::constrain(&mut b, &acc, requantize::Requantize::signed(8, 16)).expect("requantize")
        };
    }
    b.bind_statement(
        7u64.into(),
        &[StatementInput { values: &inputs, bits: 15, visibility }],
        &[StatementOutput { values: &values, bits: 16 }],
    )
    .expect("statement");
    b.finish().expect("circuit")
}

pub fn small() -> Circuit {
    perceptron(&[3, 2, 1], Visibility::Public, 1)
}

/// A circuit with a commitment.
pub fn lookups() -> Circuit {
    perceptron_with(Ranges::Lookup, &[3, 2, 1], Visibility::Public, 1)
}

pub fn solve(circuit: &Circuit, seed: u64) -> Witness {
    let mut rng = rng(seed);
    let inputs = circuit
        .inputs()
        .iter()
        .map(|tensor| {
            let bound = 1i64 << (tensor.bits - 1);
            (0..tensor.len).map(|_| (rng.next_u64() % (2 * bound as u64)) as i64 - bound).collect()
        })
        .collect();
    let salts = (0..circuit.program().num_salts()).map(|_| Fr::rand(&mut rng)).collect();
    circuit
        .solve(&Assignment { inputs, context: [seed as u8; 32], salts, ..Assignment::default() })
        .expect("solvable")
}

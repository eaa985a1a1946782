//! Measures what `assay_compiler::strategy` chooses between bits and lookups by: networks of the benchmark suite, each proven
//! both ways, and the constants that fit their times best.
//!
//! `cargo bench -p assay-tests --bench ranges [NAME]...`; all but the largest networks by default.

#![allow(missing_docs)]

use std::time::Instant;

use ark_bn254::Fr;
use assay_circuits::cost::Size;
use assay_circuits::{Assignment, Ranges};
use assay_compiler::strategy::Machine;
use assay_compiler::synthetic::Network;
use assay_compiler::{CompiledModel, Options, Strategy, compile};
use assay_groth16::{Prover, setup_development};
use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::SeedableRng;

/// Proofs of which the fastest counts: what else the machine does only adds to the others.
const RUNS: usize = 15;
/// The networks by default.
const DEFAULT: [Network; 4] = [Network::Mlp, Network::MnistMlp, Network::LeNet, Network::Cnn];

struct Row {
    name: String,
    ranges: Ranges,
    size: Size,
    points: usize,
    milliseconds: f64,
}

impl Row {
    /// What the constants are multiplied by.
    fn factors(&self) -> [f64; 4] {
        [1.0, self.points as f64, self.size.hashes as f64, self.size.fractions as f64]
    }
}

fn main() {
    let names: Vec<String> = std::env::args().skip(1).filter(|name| !name.starts_with("--")).collect();
    let named = |network: &Network| names.iter().any(|name| name == network.name());
    let networks: Vec<Network> = match Network::ALL.into_iter().filter(named).collect::<Vec<_>>() {
        named if named.is_empty() => DEFAULT.to_vec(),
        named => named,
    };
    println!(
        "{:<22} {:<8} {:>11} {:>8} {:>7} {:>9} {:>9} {:>9}",
        "network", "ranges", "constraints", "points", "hashes", "fractions", "measured", "estimate"
    );
    let mut rows = Vec::new();
    for network in networks {
        for (way, ranges) in [(Strategy::Bits, Ranges::Bits), (Strategy::Lookup, Ranges::Lookup)] {
            let options = Options { ranges: way, ..network.options() };
            let (model, _) = compile(&network.onnx(1), &network.calibration(1), &options).unwrap();
            let sample = &network.samples(2, 1)[0];
            let row = Row {
                name: network.name().into(),
                ranges,
                size: Size::of(&model.circuit),
                points: model.circuit.stats().domain,
                milliseconds: measure(&model, sample),
            };
            let Size { constraints, hashes, fractions } = row.size;
            println!(
                "{:<22} {:<8} {constraints:>11} {:>8} {hashes:>7} {fractions:>9} {:>6.1} ms {:>6.1} ms",
                row.name,
                format!("{ranges:?}"),
                row.points,
                row.milliseconds,
                Machine::WITH_IFMA.proving_ms(row.size, ranges)
            );
            rows.push(row);
        }
    }
    let fitted = fit(&rows);
    println!();
    for (name, value) in ["fixed_us", "point_us", "hash_us", "fraction_us"].iter().zip(fitted) {
        println!("{name}: {value:.3},");
    }
    for row in &rows {
        let estimate: f64 = row.factors().iter().zip(fitted).map(|(x, c)| x * c / 1e3).sum();
        let error = 100.0 * (estimate / row.milliseconds - 1.0);
        println!("{:<22} {:<8} {estimate:>6.1} ms, {error:+.0}%", row.name, format!("{:?}", row.ranges));
    }
}

/// Least time of witness and proof, in milliseconds.
fn measure(model: &CompiledModel, sample: &[f64]) -> f64 {
    let circuit = &model.circuit;
    let mut rng = ChaCha20Rng::seed_from_u64(7);
    let (key, _) = setup_development(circuit, &mut rng).unwrap();
    let prover = Prover::new(&key, circuit).unwrap();
    // Some of a network's samples lie outside what its calibration declared.
    let clipped: Vec<f64> = sample.iter().zip(&model.features).map(|(x, f)| x.clamp(f.min, f.max)).collect();
    let inputs = model.quantize_inputs(&clipped).unwrap();
    let salts = vec![Fr::from(1u64); circuit.program().num_salts()];
    let assignment = Assignment { inputs, salts, ..Assignment::default() };
    let mut times = Vec::new();
    for _ in 0..RUNS {
        let start = Instant::now();
        let witness = circuit.solve(&assignment).unwrap();
        prover.prove(&witness, &mut rng).unwrap();
        times.push(start.elapsed().as_secs_f64() * 1e3);
    }
    times.into_iter().fold(f64::INFINITY, f64::min)
}

/// The constants, none negative, with the least sum of squared relative errors: coordinate descent.
fn fit(rows: &[Row]) -> [f64; 4] {
    let weighted: Vec<[f64; 4]> =
        rows.iter().map(|row| row.factors().map(|x| x / row.milliseconds / 1e3)).collect();
    let mut constants = [0.0f64; 4];
    for _ in 0..200_000 {
        for k in 0..constants.len() {
            let (mut up, mut down) = (0.0, 0.0);
            for row in &weighted {
                let others: f64 = (0..row.len()).filter(|&i| i != k).map(|i| row[i] * constants[i]).sum();
                up += row[k] * (1.0 - others);
                down += row[k] * row[k];
            }
            if down > 0.0 {
                constants[k] = (up / down).max(0.0);
            }
        }
    }
    constants
}

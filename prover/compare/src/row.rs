//! A row of the suite: our figures of a model, ark-groth16's, and the cost on chain.

use std::time::Instant;

use ark_bn254::Fr;
use ark_ff::UniformRand;
use assay::{Context, Keys, Model, Observer, Prover, Salts};
use assay_arkworks::Reference;
use assay_circuits::{Circuit, Witness};
use assay_cli::bench::measure::{Measured, measure, random_inputs};
use assay_cli::bench::series::Series;
use assay_cli::ui::{self, Bar};
use rand_chacha::ChaCha20Rng;
use serde::{Deserialize, Serialize};

use crate::chain;

/// Runs of ark-groth16: each takes several times as long as ours.
pub const ARK_RUNS: u32 = 3;
/// The name of ark-groth16's times.
pub const ARK: &str = "ark-groth16 prove";

/// Whether ark-groth16 runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ark {
    /// It proves the same constraints.
    Compared,
    /// It takes most of the time for large models.
    LeftOut,
}

/// A row.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Row {
    /// What `assay bench` measures as well, and ark-groth16's times among them.
    #[serde(flatten)]
    pub measured: Measured,
    /// From ONNX to circuit, where it was done here.
    pub compile_ms: Option<f64>,
    /// Making the key, where it was done here.
    pub setup_ms: Option<f64>,
    /// Compute units of the verifier program's `verify`, alone in a transaction; absent where the programs are not built,
    /// or the statement does not fit a transaction.
    pub compute_units: Option<u64>,
}

impl Row {
    /// ark-groth16's time over ours, for the same constraints and the complete witness.
    pub fn ark_ratio(&self) -> Option<f64> {
        Some(self.measured.median(ARK)? / self.measured.median("prove")?)
    }
}

/// Measures a model, with development keys made here.
pub fn of_model(model: &Model, compile_ms: f64, runs: u32, ark: Ark) -> anyhow::Result<Row> {
    let mut rng = assay::system_rng()?;
    let start = Instant::now();
    let keys = {
        let _spinner = Bar::start("making development keys");
        Keys::setup(model, &mut rng)?
    };
    let setup_ms = start.elapsed().as_secs_f64() * 1e3;
    let key = keys.verifying_key().clone();
    let inputs = random_inputs(model, &mut rng)?;
    let salts = Salts::draw(model, &mut rng);
    let execution = model.execute(&inputs, Context::NONE, &salts)?;
    let decision = Prover::new(model, &keys)?.prove_execution(&execution, &mut rng, Observer::none())?;
    // Before anything that takes memory of its own.
    let mut measured = measure(model, keys, runs)?;
    let compute_units = match chain::compute_units(model, &key, &decision) {
        Ok(units) => Some(units),
        Err(why) => {
            ui::note(&format!("{}: compute units not measured: {why:#}", measured.name));
            None
        }
    };
    if ark == Ark::Compared {
        let witness = execution.witness().clone();
        measured.times.extend(run_ark(model.circuit(), witness, &mut rng)?.spreads());
    }
    Ok(Row { measured, compile_ms: Some(compile_ms), setup_ms: Some(setup_ms), compute_units })
}

fn run_ark(circuit: &Circuit, witness: Witness, rng: &mut ChaCha20Rng) -> anyhow::Result<Series> {
    let _spinner = Bar::start("ark-groth16");
    let mut series = Series::default();
    // A challenge is for ark-groth16 one more public input: the same constraints, no commitment.
    let witness = circuit.complete(witness, Fr::rand(rng), Fr::rand(rng))?;
    let reference = Reference::without_commitment(circuit, rng)?;
    for run in 0..=ARK_RUNS {
        let start = Instant::now();
        reference.prove(&witness.values, Fr::rand(rng), Fr::rand(rng))?;
        if run > 0 {
            series.add(ARK, start.elapsed());
        }
    }
    Ok(series)
}

#[cfg(test)]
mod tests {
    use assay_compiler::synthetic::Network;

    use super::*;

    #[test]
    fn a_model_has_our_times_and_arks() {
        let network = Network::Mlp;
        let samples = network.calibration(1).into();
        let model = Model::compile(&network.onnx(1), &samples, &network.options()).unwrap().model;
        let row = of_model(&model, 1.0, 1, Ark::Compared).unwrap();
        for name in ["witness", "prove", "witness + prove", "verify", "H", ARK] {
            assert!(row.measured.median(name).is_some_and(|ms| ms > 0.0), "{name}: {row:?}");
        }
        assert!(row.ark_ratio().unwrap() > 0.0);
        let text = serde_json::to_string(&row).unwrap();
        assert_eq!(
            serde_json::from_str::<Row>(&text).unwrap().measured.constraints,
            row.measured.constraints
        );
    }
}

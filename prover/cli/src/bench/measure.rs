//! One model, measured: loading its key, witness, proof with its phases, verification, memory.

use std::time::Duration;

use anyhow::Context as _;
use assay::{Context, Inputs, Keys, Membership, Model, Observer, Prover, Salts, ValidatedKeys};
use rand::Rng;
use serde::{Deserialize, Serialize};
use tempfile::TempDir;

use super::machine::peak_memory;
use super::series::{Series, Spread};
use crate::ui::Bar;

/// The figures of a model or of a constraint system.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Measured {
    /// Its name.
    pub name: String,
    /// Constraints.
    pub constraints: usize,
    /// Constraints by kind, largest first.
    pub kinds: Vec<(String, usize)>,
    /// Points of the evaluation domain.
    pub domain: usize,
    /// Whether the circuit looks values up, under a commitment.
    pub has_commitment: bool,
    /// Size of the proving key.
    pub key_bytes: u64,
    /// Size of the proof.
    pub proof_bytes: usize,
    /// Peak resident memory of the process, where the system tells.
    pub peak_bytes: Option<u64>,
    /// Spread of each phase, in the order of the work.
    pub times: Vec<(String, Spread)>,
}

impl Measured {
    /// The median under a name, in milliseconds.
    pub fn median(&self, name: &str) -> Option<f64> {
        self.times.iter().find(|(known, _)| known == name).map(|(_, spread)| spread.median_ms)
    }

    /// The kinds on one line.
    pub fn kinds_text(&self) -> String {
        let kinds: Vec<String> = self.kinds.iter().map(|(kind, count)| format!("{kind} {count}")).collect();
        kinds.join(", ")
    }
}

/// Measures a model under its keys: `runs` proofs after one that warms up, each verified.
pub fn measure(model: &Model, keys: Keys, runs: u32) -> anyhow::Result<Measured> {
    let (name, circuit) = (model.name().to_owned(), model.circuit());
    let mut series = Series::default();
    let saved = SavedKey::write(keys.as_bytes())?;
    drop(keys);
    let keys = saved.open(&mut series)?;
    let bar = Bar::of(&format!("measuring {name}"), u64::from(runs));
    let proof_bytes = add_proofs(&mut series, model, &keys, runs, || bar.step())?;
    let stats = circuit.stats();
    Ok(Measured {
        name,
        constraints: stats.constraints,
        kinds: circuit.kinds().most_first().into_iter().map(|(kind, n)| (kind.to_owned(), n)).collect(),
        domain: keys.proving_key().domain_size(),
        has_commitment: circuit.commitment.is_some(),
        key_bytes: saved.bytes,
        proof_bytes,
        peak_bytes: peak_memory(),
        times: series.spreads(),
    })
}

/// Adds the times of `runs` proofs after one that warms up, each of an input of its own and verified. The size of a proof.
pub fn add_proofs(
    series: &mut Series,
    model: &Model,
    keys: &Keys,
    runs: u32,
    each: impl Fn(),
) -> anyhow::Result<usize> {
    let prover = Prover::new(model, keys)?;
    let mut rng = assay::system_rng()?;
    let mut proof_bytes = 0;
    for run in 0..=runs {
        let mut inputs = random_inputs(model, &mut rng)?;
        if let Some(membership) = Membership::made_up(model, &mut rng) {
            inputs = inputs.with_membership(membership)?;
        }
        let salts = Salts::draw(model, &mut rng);
        let context = Context::from(rng.r#gen::<[u8; 32]>());
        let decision = prover.prove_with(&inputs, context, &salts, &mut rng, Observer::none())?;
        proof_bytes = decision.to_file().proof.as_bytes().len();
        if run == 0 {
            continue;
        }
        let timings = decision.timings;
        series.add("witness", timings.solve);
        series.add("prove", timings.prove);
        series.add("witness + prove", timings.solve + timings.prove);
        timings.phases.phases().into_iter().for_each(|(name, time)| series.add(name, time));
        series.add("verify", timings.check);
        each();
    }
    Ok(proof_bytes)
}

/// A proving key in a temporary file, to be opened as a keeper opens one.
pub struct SavedKey {
    folder: TempDir,
    /// Size of the file.
    pub bytes: u64,
}

impl SavedKey {
    /// Writes the bytes of a `.pk` file.
    pub fn write(key: &[u8]) -> anyhow::Result<SavedKey> {
        let folder = tempfile::tempdir().context("no temporary folder for the key")?;
        std::fs::write(folder.path().join("model.pk"), key).context("writing the key")?;
        Ok(SavedKey { folder, bytes: key.len() as u64 })
    }

    /// Opens the file once as a new one, and three times mapped, its points checked before.
    pub fn open(&self, series: &mut Series) -> anyhow::Result<Keys> {
        let path = self.folder.path().join("model.pk");
        let remembered = ValidatedKeys::at(self.folder.path());
        // A file that changed within the last two seconds is not remembered as checked.
        std::thread::sleep(Duration::from_millis(2_200));
        let mut opened = series.time("check key once", || Keys::open(&path, &remembered))?;
        for _ in 0..3 {
            opened = series.time("load key", || Keys::open(&path, &remembered))?;
        }
        Ok(opened)
    }
}

/// Inputs drawn uniformly from the integers of the model's domains.
pub fn random_inputs(model: &Model, rng: &mut impl Rng) -> anyhow::Result<Inputs> {
    let tensors = model.compiled().graph.inputs.iter();
    let integers = tensors.map(|tensor| {
        tensor.domains.iter().map(|domain| domain.number(rng.gen_range(0..domain.count()))).collect()
    });
    Ok(model.inputs(integers.collect())?)
}

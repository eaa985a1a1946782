//! One model, measured.

use std::fs::File;
use std::io::Write;
use std::time::{Duration, Instant};

use anyhow::Context;
use ark_bn254::Fr;
use ark_ff::UniformRand;
use assay_arkworks::Reference;
use assay_circuits::{Assignment, Circuit};
use assay_compiler::CompiledModel;
use assay_groth16::{Observer, Prover, ProvingKey, ValidatedKeys};
use assay_interface::schema::ModelSchema;
use rand::rngs::OsRng;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha20Rng;
use serde::{Deserialize, Serialize};

use super::series::{Series, Spread};
use super::{chain, development_key};
use crate::failure::SelfCheck;
use crate::ui::{self, Bar, Spinner};

/// Runs of ark-groth16: each takes several times as long as ours.
pub const ARK_RUNS: u32 = 3;

/// What is to be measured.
pub struct Subject {
    /// Name of the row.
    pub name: String,
    /// The compiled model.
    pub model: CompiledModel,
    /// Its key; made here if absent.
    pub key: Option<ProvingKey>,
    /// How long compilation took, where it was done here.
    pub compile_ms: Option<f64>,
}

impl Subject {
    /// A compiled model of which nothing else is known.
    pub fn new(name: String, model: CompiledModel) -> Subject {
        Subject { name, model, key: None, compile_ms: None }
    }
}

/// A row of the report.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Measured {
    /// Name of the model or system.
    pub name: String,
    /// Constraints.
    pub constraints: usize,
    /// Constraints by kind, largest first.
    pub kinds: Vec<(String, usize)>,
    /// Points of the evaluation domain.
    pub domain: usize,
    /// Whether the circuit looks values up, under a commitment.
    pub has_commitment: bool,
    /// From ONNX to circuit, where it was done here.
    pub compile_ms: Option<f64>,
    /// Making the key, where it was done here.
    pub setup_ms: Option<f64>,
    /// Size of the proving key.
    pub key_bytes: u64,
    /// Spread of each phase, in the order of the work.
    pub times: Vec<(String, Spread)>,
    /// Size of the proof.
    pub proof_bytes: usize,
    /// Compute units of the verifier program's `verify`, alone in a transaction; absent where the
    /// programs are not built, or the statement does not fit a transaction.
    pub compute_units: Option<u64>,
    /// Peak resident memory of the process before ark-groth16 ran, where the system tells.
    pub peak_bytes: Option<u64>,
    /// ark-groth16's median over ours, for the same constraints and the complete witness.
    pub ark_ratio: Option<f64>,
}

impl Measured {
    /// The median under a name, in milliseconds.
    pub fn median(&self, name: &str) -> Option<f64> {
        self.times.iter().find(|(known, _)| known == name).map(|(_, spread)| spread.median_ms)
    }
}

/// Measures a model: `runs` proofs after one that warms up, each verified.
pub fn measure(subject: Subject, runs: u32, with_ark: bool) -> anyhow::Result<Measured> {
    let Subject { name, model, key, compile_ms } = subject;
    let circuit = &model.circuit;
    let mut series = Series::default();
    let (made, setup_ms) = match key {
        Some(key) => (key, None),
        None => {
            let start = Instant::now();
            let key = development_key(circuit)?;
            (key, Some(start.elapsed().as_secs_f64() * 1e3))
        }
    };
    let (key, key_bytes) = reload(made, &mut series)?;
    let prover = Prover::new(&key, circuit)?;
    let mut rng = ChaCha20Rng::from_rng(OsRng).context("the system has no random numbers")?;

    let bar = Bar::start(&format!("measuring {name}"), u64::from(runs));
    let mut last = None;
    for run in 0..=runs {
        let assignment = random_assignment(&model.schema, circuit, &mut rng);
        let mut one = Series::default();
        let witness = one.time("witness", || circuit.solve(&assignment))?;
        let start = Instant::now();
        let (proof, phases) = prover.prove_timed(&witness, &mut rng, Observer::none())?;
        one.add("prove", start.elapsed());
        one.add_sum("witness + prove", &["witness", "prove"]);
        phases.phases().into_iter().for_each(|(name, time)| one.add(name, time));
        let digest = assay_groth16::scalar(witness.digest());
        one.time("verify", || assay_groth16::verify(key.verifying_key(), &proof, &digest))
            .map_err(|error| SelfCheck(format!("a proof of run {run} does not verify: {error:#}")))?;
        if run > 0 {
            series.extend(one);
            bar.step();
        }
        last = Some((assignment, witness, proof));
    }
    drop(bar);
    let (assignment, witness, proof) = last.context("no run")?;
    let peak_bytes = peak_memory();
    let compute_units = match chain::compute_units(&model, &key, &proof, &assignment, &witness) {
        Ok(units) => Some(units),
        Err(why) => {
            ui::note(&format!("{name}: compute units not measured: {why:#}"));
            None
        }
    };
    if with_ark {
        run_ark(circuit, &witness, &mut series)?;
    }
    let stats = circuit.stats();
    let mut measured = Measured {
        name,
        constraints: stats.constraints,
        kinds: circuit.kinds().most_first().into_iter().map(|(kind, n)| (kind.to_owned(), n)).collect(),
        domain: key.domain_size(),
        has_commitment: circuit.commitment.is_some(),
        compile_ms,
        setup_ms,
        key_bytes,
        times: series.spreads(),
        proof_bytes: proof.to_interface().as_bytes().len(),
        compute_units,
        peak_bytes,
        ark_ratio: None,
    };
    measured.ark_ratio = ratio(&measured);
    Ok(measured)
}

/// ark-groth16's time over ours.
pub fn ratio(measured: &Measured) -> Option<f64> {
    Some(measured.median("ark-groth16 prove")? / measured.median("prove")?)
}

/// Writes a key and opens it as a keeper does, three times: mapped, its points checked before.
pub fn reload(key: ProvingKey, series: &mut Series) -> anyhow::Result<(ProvingKey, u64)> {
    let folder = tempfile::tempdir().context("no temporary folder for the key")?;
    let path = folder.path().join("model.pk");
    let length = key.as_bytes().len() as u64;
    File::create(&path).and_then(|mut file| file.write_all(key.as_bytes())).context("writing the key")?;
    drop(key);
    let remembered = ValidatedKeys::at(folder.path());
    // A file that changed within the last two seconds is not remembered as checked.
    std::thread::sleep(Duration::from_millis(2_200));
    let mut opened = series.time("check key once", || ProvingKey::open(&path, &remembered))?;
    for _ in 0..3 {
        opened = series.time("load key", || ProvingKey::open(&path, &remembered))?;
    }
    Ok((opened, length))
}

fn run_ark(circuit: &Circuit, witness: &assay_circuits::Witness, series: &mut Series) -> anyhow::Result<()> {
    let spinner = Spinner::start("ark-groth16");
    let mut rng = ChaCha20Rng::from_rng(OsRng).context("the system has no random numbers")?;
    // A challenge is for ark-groth16 one more public input: the same constraints, no commitment.
    let witness = circuit.complete(witness.clone(), Fr::rand(&mut rng), Fr::rand(&mut rng))?;
    let reference = Reference::without_commitment(circuit, &mut rng)?;
    for run in 0..=ARK_RUNS {
        let start = Instant::now();
        reference.prove(&witness.values, Fr::rand(&mut rng), Fr::rand(&mut rng))?;
        if run > 0 {
            series.add("ark-groth16 prove", start.elapsed());
        }
    }
    drop(spinner);
    Ok(())
}

/// Inputs drawn uniformly from the domain, a random context, random salts.
fn random_assignment(schema: &ModelSchema, circuit: &Circuit, rng: &mut impl Rng) -> Assignment {
    let inputs = schema
        .inputs()
        .iter()
        .map(|tensor| {
            let half = 1i64 << (u32::from(tensor.bits.clamp(1, 32)) - 1);
            (0..tensor.elements()).map(|_| rng.gen_range(-half..half)).collect()
        })
        .collect();
    let salts = (0..circuit.program().num_salts()).map(|_| Fr::rand(rng)).collect();
    Assignment { inputs, context: rng.r#gen(), salts }
}

/// Peak resident memory of this process (VmHWM), where the system tells.
pub fn peak_memory() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kib: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    kib.checked_mul(1024)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_process_uses_memory() {
        assert!(peak_memory().is_none_or(|bytes| bytes > 1 << 20));
    }
}

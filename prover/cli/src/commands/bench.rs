//! `assay bench`: how long loading, witness, proof and verification take, with their spread.
//!
//! Each run draws its own input, uniformly from the model's domain, so that no run profits from small values. A row is
//! the median over all runs with its least, its greatest and the median absolute deviation (MAD).

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::{Context, anyhow};
use ark_bn254::Fr;
use ark_ff::UniformRand;
use assay_circuits::{Assignment, Circuit};
use assay_compiler::{CompiledModel, Format, Options};
use assay_groth16::{Calibration, Prover, ProvingKey, VerifyingKey};
use assay_interface::features;
use assay_interface::schema::ModelSchema;
use rand::rngs::OsRng;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha20Rng;
use serde_json::{Value, json};

use crate::artifacts;
use crate::cli::Outcome;
use crate::commands::compile::compile_files;
use crate::commands::print;
use crate::failure::{SelfCheck, hinted};
use crate::ui::{self, Bar, Spinner, Table, bytes, duration};

const EXAMPLE: &str = "\
Examples:
  $ assay bench          the repository's liquidation-risk model, compiled on the spot
  $ assay bench --model model.assay --key model.pk --runs 100
  $ assay bench --json | jq '.times.\"witness + prove\".median_ms'

`witness + prove` is what a keeper pays for each decision: the key is loaded, the input is
fresh. Without --key a development key is made in memory and thrown away.";

/// Where the repository keeps the model that `assay bench` measures by default.
const DEFAULT_MODEL: &str = "models/liquidation-risk/model.onnx";
const DEFAULT_CALIBRATION: &str = "models/liquidation-risk/calibration.csv";

/// Measure witness, proof and verification times of a model.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLE)]
pub struct Args {
    /// Compiled model [default: models/liquidation-risk, compiled on the spot]
    #[arg(long, value_name = "MODEL.assay")]
    model: Option<PathBuf>,
    /// Proving key [default: a development key made in memory]
    #[arg(long, value_name = "MODEL.pk", requires = "model")]
    key: Option<PathBuf>,
    /// Measured runs, after one that warms up
    #[arg(long, value_name = "N", default_value_t = 30, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    runs: u32,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// Runs the command.
pub fn run(args: Args) -> anyhow::Result<Outcome> {
    let (model_bytes, compiled) = match &args.model {
        Some(path) => {
            let model = artifacts::model(path)?;
            (model.compiled.to_bytes(), model.compiled)
        }
        None => default_model()?,
    };
    let circuit = &compiled.circuit;
    let key = match &args.key {
        Some(path) => {
            let key = artifacts::proving_key(path)?;
            if key.circuit_digest() != circuit.digest() {
                return Err(hinted(
                    anyhow!("{} is the key of another model", path.display()),
                    "leave --key out: a development key is made in memory",
                ));
            }
            key
        }
        None => {
            let _spinner = Spinner::start("making a development key in memory");
            assay_groth16::setup_development(circuit, &mut OsRng)?.0
        }
    };
    let report = measure(&args, &compiled.schema, circuit, key, &model_bytes)?;
    print(args.json, || report.json(), || report.text())?;
    Ok(Outcome::Valid)
}

fn measure(
    args: &Args,
    schema: &ModelSchema,
    circuit: &Circuit,
    key: ProvingKey,
    model_bytes: &[u8],
) -> anyhow::Result<Report> {
    let estimate = assay_groth16::estimate_with(circuit, &Calibration::measure());
    let mut series = Series::default();
    // Loading is measured a few times only: it is paid once a process, and takes long for large keys.
    let key_bytes = key.to_bytes();
    for _ in 0..args.runs.min(3) {
        series.time("load model", || CompiledModel::from_bytes(model_bytes))?;
        series.time("load and check key", || ProvingKey::from_bytes(&key_bytes))?;
    }
    let verifying_key: VerifyingKey = key.verifying_key().clone();
    let prover = Prover::new(&key, circuit)?;
    let mut rng = ChaCha20Rng::from_rng(OsRng).context("the system has no random numbers")?;

    let bar = Bar::start("measuring", u64::from(args.runs));
    for run in 0..=args.runs {
        let assignment = random_assignment(schema, circuit, &mut rng);
        let mut one = Series::default();
        let witness = one.time("witness", || circuit.solve(&assignment))?;
        let proof = one.time("prove", || prover.prove(&witness, &mut rng))?;
        let digest = assay_groth16::scalar(witness.digest());
        one.time("verify", || assay_groth16::verify(&verifying_key, &proof, &digest))
            .map_err(|error| SelfCheck(format!("a proof of run {run} does not verify: {error:#}")))?;
        one.add_sum("witness + prove", ["witness", "prove"]);
        if run > 0 {
            series.extend(one);
            bar.step();
        }
    }
    drop(bar);
    let stats = circuit.stats();
    Ok(Report {
        model: schema.name().to_owned(),
        runs: args.runs,
        threads: std::thread::available_parallelism().map_or(1, usize::from),
        constraints: stats.constraints,
        fft_domain: stats.domain,
        key_bytes: key_bytes.len() as u64,
        series,
        estimated_ms: estimate.proving_ms,
        estimated_bytes: estimate.memory_bytes,
        peak_bytes: peak_memory(),
    })
}

/// The repository's own model, compiled now.
fn default_model() -> anyhow::Result<(Vec<u8>, CompiledModel)> {
    if !Path::new(DEFAULT_MODEL).is_file() {
        return Err(hinted(
            anyhow!("there is no {DEFAULT_MODEL} here to measure"),
            "name a model with --model, or run this at the root of the repository",
        ));
    }
    ui::note(&format!("compiling {DEFAULT_MODEL}"));
    let _spinner = Spinner::start("compiling");
    // The formats that the lending program computes with.
    let options = Options {
        input_format: Some(Format { bits: features::BITS, scale: features::SCALE }),
        output_format: Some(Format { bits: 16, scale: 8 }),
        ..Options::default()
    };
    let (compiled, _) = compile_files(Path::new(DEFAULT_MODEL), Path::new(DEFAULT_CALIBRATION), &options)?;
    Ok((compiled.to_bytes(), compiled))
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
fn peak_memory() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kib: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    kib.checked_mul(1024)
}

/// Measured times by name, in the order of first use.
#[derive(Default)]
struct Series(Vec<(&'static str, Vec<Duration>)>);

impl Series {
    fn add(&mut self, name: &'static str, time: Duration) {
        match self.0.iter_mut().find(|(known, _)| *known == name) {
            Some((_, times)) => times.push(time),
            None => self.0.push((name, vec![time])),
        }
    }

    fn time<T, E>(&mut self, name: &'static str, work: impl FnOnce() -> Result<T, E>) -> anyhow::Result<T>
    where
        anyhow::Error: From<E>,
    {
        let start = Instant::now();
        let result = work();
        self.add(name, start.elapsed());
        Ok(result?)
    }

    fn add_sum(&mut self, name: &'static str, parts: [&str; 2]) {
        let last = |part: &str| self.0.iter().find(|(known, _)| *known == part)?.1.last().copied();
        let sum: Option<Duration> = parts.into_iter().map(last).sum();
        if let Some(sum) = sum {
            self.add(name, sum);
        }
    }

    fn extend(&mut self, other: Series) {
        for (name, times) in other.0 {
            times.into_iter().for_each(|time| self.add(name, time));
        }
    }
}

/// Median, least, greatest, and median absolute deviation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Spread {
    median: Duration,
    least: Duration,
    greatest: Duration,
    deviation: Duration,
}

impl Spread {
    fn of(times: &[Duration]) -> Option<Spread> {
        let median = median(times.to_vec())?;
        Some(Spread {
            median,
            least: times.iter().min().copied()?,
            greatest: times.iter().max().copied()?,
            deviation: median_of_deviations(times, median)?,
        })
    }
}

fn median_of_deviations(times: &[Duration], center: Duration) -> Option<Duration> {
    median(times.iter().map(|time| time.abs_diff(center)).collect())
}

/// The middle one, or the mean of the middle two.
fn median(mut times: Vec<Duration>) -> Option<Duration> {
    times.sort_unstable();
    let upper = *times.get(times.len() / 2)?;
    if times.len() % 2 == 1 {
        return Some(upper);
    }
    Some((*times.get(times.len() / 2 - 1)? + upper) / 2)
}

struct Report {
    model: String,
    runs: u32,
    threads: usize,
    constraints: usize,
    fft_domain: usize,
    key_bytes: u64,
    series: Series,
    estimated_ms: f64,
    estimated_bytes: u64,
    peak_bytes: Option<u64>,
}

impl Report {
    fn spreads(&self) -> impl Iterator<Item = (&'static str, usize, Spread)> {
        self.series.0.iter().filter_map(|(name, times)| Some((*name, times.len(), Spread::of(times)?)))
    }

    fn json(&self) -> Value {
        let ms = |time: Duration| time.as_secs_f64() * 1e3;
        let times: serde_json::Map<String, Value> = self
            .spreads()
            .map(|(name, runs, spread)| {
                let row = json!({
                    "runs": runs,
                    "median_ms": ms(spread.median),
                    "min_ms": ms(spread.least),
                    "max_ms": ms(spread.greatest),
                    "mad_ms": ms(spread.deviation),
                });
                (name.to_owned(), row)
            })
            .collect();
        json!({
            "model": self.model,
            "runs": self.runs,
            "threads": self.threads,
            "constraints": self.constraints,
            "fft_domain": self.fft_domain,
            "proving_key_bytes": self.key_bytes,
            "peak_memory_bytes": self.peak_bytes,
            "estimate": { "prove_ms": self.estimated_ms, "memory_bytes": self.estimated_bytes },
            "times": times,
        })
    }

    fn text(&self) -> String {
        let mut table = Table::new(["", "median", "min", "max", "MAD", "runs"]);
        for (name, runs, spread) in self.spreads() {
            let Spread { median, least, greatest, deviation } = spread;
            table.row([
                name.to_owned(),
                duration(median),
                duration(least),
                duration(greatest),
                duration(deviation),
                runs.to_string(),
            ]);
        }
        let estimate = Duration::from_secs_f64((self.estimated_ms / 1e3).clamp(0.0, 1e9));
        let prove = self.spreads().find(|(name, ..)| *name == "prove").map(|(.., spread)| spread.median);
        let compared = prove.map_or_else(String::new, |measured| {
            format!(
                ", measured {} ({:.2} of it)",
                duration(measured),
                measured.as_secs_f64() / estimate.as_secs_f64()
            )
        });
        let memory = self.peak_bytes.map_or_else(|| "not known on this system".into(), bytes);
        ui::fields(&[
            ("model", self.model.clone()),
            ("constraints", format!("{} (FFT domain {})", self.constraints, self.fft_domain)),
            ("proving key", bytes(self.key_bytes)),
            ("threads", self.threads.to_string()),
            ("estimate", format!("prove {}{compared}", duration(estimate))),
            (
                "peak memory",
                format!("{memory} of the whole process; key and prover {}", bytes(self.estimated_bytes)),
            ),
        ]) + &table.render()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ms(times: &[u64]) -> Vec<Duration> {
        times.iter().copied().map(Duration::from_millis).collect()
    }

    #[test]
    fn medians_and_deviations() {
        assert_eq!(median(ms(&[])), None);
        assert_eq!(median(ms(&[5])), Some(Duration::from_millis(5)));
        assert_eq!(median(ms(&[9, 1, 5])), Some(Duration::from_millis(5)));
        assert_eq!(median(ms(&[1, 4, 2, 9])), Some(Duration::from_millis(3)));
        let spread = Spread::of(&ms(&[1, 2, 3, 4, 100])).unwrap();
        assert_eq!(spread.median, Duration::from_millis(3));
        assert_eq!(spread.deviation, Duration::from_millis(1));
        assert_eq!((spread.least, spread.greatest), (Duration::from_millis(1), Duration::from_millis(100)));
    }

    #[test]
    fn sums_are_per_run() {
        let mut series = Series::default();
        series.add("a", Duration::from_millis(2));
        series.add("b", Duration::from_millis(3));
        series.add_sum("a + b", ["a", "b"]);
        series.add_sum("a + c", ["a", "c"]);
        assert_eq!(series.0.last(), Some(&("a + b", ms(&[5]))));
    }

    #[test]
    fn this_process_uses_memory() {
        assert!(peak_memory().is_none_or(|bytes| bytes > 1 << 20));
    }
}

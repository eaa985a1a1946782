//! The engine alone: constraint systems without a model, against ark-groth16.

use std::time::Instant;

use anyhow::{Context, anyhow};
use assay_groth16::Backend;
use assay_groth16::synthetic::{self, Synthetic};
use rand::SeedableRng;
use rand::rngs::OsRng;
use rand_chacha::ChaCha20Rng;

use super::measure::{self, ARK_RUNS, Measured};
use super::series::Series;
use crate::failure::{SelfCheck, hinted};
use crate::ui::{Bar, Spinner};

/// Most constraints of a system: it is made in memory before the setup can say what that takes.
const LARGEST: u64 = 1 << 24;

/// Kind and number of constraints in a name; `None` for a name that is none.
fn parse(name: &str) -> Option<(&str, u64)> {
    let (kind, count) = name.split_once('-').filter(|(kind, _)| ["squarings", "bits"].contains(kind))?;
    let count = match count.split_once('^') {
        Some(("2", exponent)) => 1u64.checked_shl(exponent.parse().ok()?).unwrap_or(u64::MAX),
        _ => count.parse().ok()?,
    };
    Some((kind, count))
}

/// The system `name`, with a random witness; `None` for a name that is none.
fn system(name: &str, rng: &mut ChaCha20Rng) -> anyhow::Result<Option<Synthetic>> {
    let Some((kind, count)) = parse(name) else { return Ok(None) };
    let Some(count) = usize::try_from(count).ok().filter(|_| (1..=LARGEST).contains(&count)) else {
        return Err(hinted(
            anyhow!("{name:?} is not of a size that can be measured"),
            "systems have from 1 to 2^24 constraints",
        ));
    };
    Ok(Some(match kind {
        "squarings" => synthetic::squarings(count, rng),
        _ => synthetic::bits(count, rng),
    }))
}

/// Measures the system `name`; `None` for a name that is none.
pub fn measure(name: &str, runs: u32, with_ark: bool) -> anyhow::Result<Option<Measured>> {
    let mut rng = ChaCha20Rng::from_rng(OsRng).context("the system has no random numbers")?;
    let Some(system) = system(name, &mut rng)? else { return Ok(None) };
    let mut series = Series::default();
    let start = Instant::now();
    let spinner = Spinner::start("making a development key");
    let key = system.setup(&mut rng)?;
    drop(spinner);
    let setup_ms = start.elapsed().as_secs_f64() * 1e3;
    let (key, key_bytes) = measure::reload(key, &mut series)?;
    let backend = Backend::detect()?;
    let bar = Bar::start(&format!("measuring {name}"), u64::from(runs));
    let mut proof_bytes = 0;
    for run in 0..=runs {
        let mut one = Series::default();
        let start = Instant::now();
        let (proof, phases) = system.prove(&key, backend, &mut rng)?;
        one.add("prove", start.elapsed());
        phases.phases().into_iter().for_each(|(name, time)| one.add(name, time));
        one.time("verify", || assay_groth16::verify(key.verifying_key(), &proof, &system.public_input()))
            .map_err(|error| SelfCheck(format!("a proof of run {run} does not verify: {error:#}")))?;
        proof_bytes = proof.to_interface().as_bytes().len();
        if run > 0 {
            series.extend(one);
            bar.step();
        }
    }
    drop(bar);
    let peak_bytes = measure::peak_memory();
    if with_ark {
        let _spinner = Spinner::start("ark-groth16");
        let reference = assay_arkworks::Reference::for_synthetic(&system, &mut rng)?;
        for run in 0..=ARK_RUNS {
            let start = Instant::now();
            reference.prove(
                system.wires(),
                ark_ff::UniformRand::rand(&mut rng),
                ark_ff::UniformRand::rand(&mut rng),
            )?;
            if run > 0 {
                series.add("ark-groth16 prove", start.elapsed());
            }
        }
    }
    let mut measured = Measured {
        name: name.to_owned(),
        constraints: system.num_constraints(),
        kinds: Vec::new(),
        domain: key.domain_size(),
        has_commitment: false,
        compile_ms: None,
        setup_ms: Some(setup_ms),
        key_bytes,
        times: series.spreads(),
        proof_bytes,
        compute_units: None,
        peak_bytes,
        ark_ratio: None,
    };
    measured.ark_ratio = measure::ratio(&measured);
    Ok(Some(measured))
}

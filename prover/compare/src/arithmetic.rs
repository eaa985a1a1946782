//! The engine alone: constraint systems without a model, against ark-groth16.

use std::time::Instant;

use anyhow::{Context, anyhow};
use ark_bn254::Fr;
use ark_ff::UniformRand;
use assay_arkworks::Reference;
use assay_groth16::Backend;
use assay_groth16::synthetic::{self, Synthetic};
use rand::SeedableRng;
use rand::rngs::OsRng;
use rand_chacha::ChaCha20Rng;

use assay_cli::bench::machine::peak_memory;
use assay_cli::bench::measure::{Measured, SavedKey};
use assay_cli::bench::series::Series;
use assay_cli::failure::{SelfCheck, hinted};
use assay_cli::ui::Bar;

use crate::row::{ARK, ARK_RUNS, Ark, Row};

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
pub fn measure(name: &str, runs: u32, ark: Ark) -> anyhow::Result<Option<Row>> {
    let mut rng = ChaCha20Rng::from_rng(OsRng).context("the system has no random numbers")?;
    let Some(system) = system(name, &mut rng)? else { return Ok(None) };
    let mut series = Series::default();
    let start = Instant::now();
    let spinner = Bar::start("making a development key");
    let key = system.setup(&mut rng)?;
    drop(spinner);
    let setup_ms = start.elapsed().as_secs_f64() * 1e3;
    let saved = SavedKey::write(key.as_bytes())?;
    drop(key);
    let keys = saved.open(&mut series)?;
    let key = keys.proving_key();
    let backend = Backend::detect()?;
    let bar = Bar::of(&format!("measuring {name}"), u64::from(runs));
    let mut proof_bytes = 0;
    for run in 0..=runs {
        let mut one = Series::default();
        let start = Instant::now();
        let (proof, phases) = system.prove(key, backend, &mut rng)?;
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
    let peak_bytes = peak_memory();
    if ark == Ark::Compared {
        let _spinner = Bar::start("ark-groth16");
        let reference = Reference::for_synthetic(&system, &mut rng)?;
        for run in 0..=ARK_RUNS {
            let start = Instant::now();
            reference.prove(system.wires(), Fr::rand(&mut rng), Fr::rand(&mut rng))?;
            if run > 0 {
                series.add(ARK, start.elapsed());
            }
        }
    }
    let measured = Measured {
        name: name.to_owned(),
        constraints: system.num_constraints(),
        kinds: Vec::new(),
        domain: key.domain_size(),
        has_commitment: false,
        key_bytes: saved.bytes,
        proof_bytes,
        peak_bytes,
        times: series.spreads(),
    };
    Ok(Some(Row { compile_ms: None, setup_ms: Some(setup_ms), compute_units: None, measured }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn systems_have_a_size() {
        for name in ["squarings-0", "bits-2^40", "squarings-2^64"] {
            let error = measure(name, 1, Ark::LeftOut).unwrap_err();
            assert!(error.to_string().contains("not of a size"), "{name}: {error}");
        }
        assert!(measure("resnet", 1, Ark::LeftOut).unwrap().is_none());
    }

    #[test]
    fn both_kinds_are_measured_against_ark() {
        for (name, constraints) in [("squarings-100", 100), ("bits-2^5", 33)] {
            let row = measure(name, 2, Ark::Compared).unwrap().unwrap();
            assert_eq!(row.measured.constraints, constraints);
            assert!(row.ark_ratio().unwrap() > 0.0, "{row:?}");
            assert_eq!(row.measured.times.iter().find(|(name, _)| name == "prove").unwrap().1.runs, 2);
        }
    }
}

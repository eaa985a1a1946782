//! The certified bound as a claim: on rows of the declared domain that calibration did not see, half of them anywhere in it and half at its
//! corners, and on those that it saw, no output is further off than is certified, on the numbers that integers stand for and on the numbers
//! as given.

use assay::{Feature, Model, OnnxFile, Report, Samples};
use assay_compiler::model::Kind;
use assay_compiler::report::real_up;
use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::{RngCore, SeedableRng};

/// Fresh rows of a model, at most and at least.
const ROWS: [usize; 2] = [1000, 60];
/// Multiplications of all rows, about.
const WORK: usize = 100_000_000;

/// What became of the claim for one output.
pub struct Held {
    pub output: String,
    /// Largest error on the calibration data.
    pub calibration: f64,
    /// Largest error that was found: by the search, or here.
    pub found: f64,
    /// What is certified, if anything is.
    pub certified: Option<f64>,
    pub is_useful: bool,
    /// Fresh rows that were looked at.
    pub rows: usize,
    /// Rows that were further off.
    pub beyond: usize,
}

/// Holds the bounds of a compiled model against rows.
pub fn hold(model: &Model, report: &Report, onnx: &OnnxFile, samples: &Samples) -> Result<Vec<Held>, String> {
    let explainer = model.explainer(onnx, Some(samples)).map_err(|error| format!("explainer: {error}"))?;
    let seen = model.arrange(samples).map_err(|error| error.to_string())?.rows;
    let mut held: Vec<Held> = (report.outputs.iter())
        .map(|output| {
            let bound = output.bound.as_ref();
            let certified = bound.and_then(|bound| bound.certified.as_ref());
            Held {
                output: output.name.clone(),
                calibration: output.max_error,
                found: bound.map_or(0.0, |bound| bound.found),
                certified: certified.map(|known| known.error),
                is_useful: certified.is_some_and(|known| known.is_useful),
                rows: 0,
                beyond: 0,
            }
        })
        .collect();
    let layers = &model.compiled().graph.layers;
    let terms = layers.iter().fold(0, |sum, layer| sum + layer.map.terms()) as usize;
    let work = 2 * terms + model.circuit().stats().constraints;
    let fresh = (WORK / work.max(1)).clamp(ROWS[1], ROWS[0]);
    let mut rng = ChaCha20Rng::seed_from_u64(0xc1a1);
    let drawn: Vec<Vec<f64>> =
        (0..fresh).map(|row| draw(model.features(), &seen, row % 2 == 0, &mut rng)).collect();
    let step = seen.len().div_ceil(fresh).max(1);
    for (position, row) in drawn.iter().chain(seen.iter().step_by(step)).enumerate() {
        let found = explainer.differences(row).map_err(|error| format!("row {row:?}: {error}"))?;
        for (((held, output), off), given) in
            held.iter_mut().zip(&report.outputs).zip(&found.outputs).zip(&found.given)
        {
            let numbers = off.iter().filter(|off| !off.is_nan());
            held.found = numbers.fold(held.found, |most, off| most.max(off.abs()));
            held.rows += usize::from(position < fresh);
            let Some(known) = output.bound.as_ref().and_then(|bound| bound.certified.as_ref()) else {
                continue;
            };
            // Both models are computed in `f64` here.
            let room = 1e-9 * (1.0 + known.error);
            let is_off = |off: &&f64| **off < known.low - room || **off > known.high + room;
            let is_far = |off: &&f64| off.abs() > known.raw + 1e-9 * (1.0 + known.raw);
            if let Some(off) = off.iter().find(is_off).or_else(|| given.iter().find(is_far)) {
                held.beyond += 1;
                println!("{}: off by {off}, beyond {known:?}, at {row:?}", output.name);
            }
        }
    }
    Ok(held)
}

/// A row of the domain: anywhere in it, or at a corner.
fn draw(features: &[Feature], seen: &[Vec<f64>], anywhere: bool, rng: &mut ChaCha20Rng) -> Vec<f64> {
    let other = &seen[rng.next_u32() as usize % seen.len()];
    let value = |(position, feature): (usize, &Feature)| {
        if feature.missing.is_some() && rng.next_u32().is_multiple_of(8) {
            return f64::NAN;
        }
        // An end that is none is where the data is.
        let seen = if other[position].is_finite() { other[position] } else { 0.0 };
        let end = |end: f64| if end.is_finite() { end } else { seen };
        let (min, max) = (end(feature.min), end(feature.max));
        let part = f64::from(rng.next_u32()) / f64::from(u32::MAX);
        let x = match anywhere {
            true => (min + part * (max - min)).clamp(min, max),
            false if part < 0.5 => min,
            false => max,
        };
        let is_whole = feature.kind != Kind::Real || feature.categories.is_some();
        if is_whole { x.round().clamp(min.ceil(), max.floor()) } else { x }
    };
    features.iter().enumerate().map(value).collect()
}

/// The claims of all models as a table, and how many there are of each kind.
pub fn show(all: &[(String, Vec<Held>)]) {
    let number = |x: f64| real_up(x);
    println!("model, output, calibration, found, certified, fresh rows, beyond");
    for (name, held) in all {
        for Held { output, calibration, found, certified, is_useful, rows, beyond } in held {
            let certified = match certified {
                Some(error) if *is_useful => number(*error),
                Some(error) => format!("{} (of no use)", number(*error)),
                None => "none".into(),
            };
            println!(
                "{name}, {output}, {}, {}, {certified}, {rows}, {beyond}",
                number(*calibration),
                number(*found)
            );
        }
    }
    let each = || all.iter().flat_map(|(_, held)| held);
    let count = |is: &dyn Fn(&&Held) -> bool| each().filter(is).count();
    println!(
        "{} outputs of {} models: {} certified, {} of no use, {} without; {} rows, {} beyond; {} with fewer than {} rows",
        each().count(),
        all.len(),
        count(&|held| held.certified.is_some() && held.is_useful),
        count(&|held| held.certified.is_some() && !held.is_useful),
        count(&|held| held.certified.is_none()),
        each().map(|held| held.rows).sum::<usize>(),
        each().map(|held| held.beyond).sum::<usize>(),
        count(&|held| held.rows < ROWS[0]),
        ROWS[0],
    );
}

//! The keys of an architecture: of its circuit, and of the circuit that proves the ranges of weights, in one setup.

use std::path::{Path, PathBuf};
use std::time::Instant;

use anyhow::anyhow;
use assay::{ArchitectureKeys, SetupSeed};
use serde_json::json;

use crate::artifacts::Model;
use crate::commands::{print, show};
use crate::failure::hinted;
use crate::files::{self, Claims, Force, Product};
use crate::outcome::Outcome;
use crate::progress::observed;
use crate::ui::{self, bytes, duration};

/// Endings of the four keys.
pub(super) const ENDINGS: [&str; 4] = ["pk", "vk", "registration.pk", "registration.vk"];

/// Makes them, and writes them to these paths, in the order of [`ENDINGS`]. `record` is where a setup record was asked for.
pub(super) fn run(
    model: &Model,
    seed: &SetupSeed,
    paths: &[PathBuf],
    record: Option<&Path>,
    force: Force,
) -> anyhow::Result<Outcome> {
    if record.is_some() {
        return Err(hinted(
            anyhow!("there is no setup record of keys whose weights are committed to"),
            "leave --setup-record out; with --seed the same keys can be made again",
        ));
    }
    let mut claims = Claims::reading([model.path.as_path()]);
    let outputs = paths.iter().map(|path| claims.output(path, Product::Key, force));
    let outputs = outputs.collect::<anyhow::Result<Vec<_>>>()?;
    let constraints = model.model.circuit().r1cs.num_constraints();
    let task = format!("making development keys for {constraints} constraints and a registration");
    let start = Instant::now();
    let keys = observed(&task, |observer| ArchitectureKeys::setup(&model.model, seed, observer))?;
    let elapsed = start.elapsed();
    let (inference, registration) = (keys.inference(), keys.registration());
    let contents = vec![
        inference.as_bytes().to_vec(),
        inference.verifying_key().to_bytes(),
        registration.as_bytes().to_vec(),
        registration.verifying_key().to_bytes(),
    ];
    let sizes: Vec<u64> = contents.iter().map(|content| content.len() as u64).collect();
    files::commit(outputs.into_iter().zip(contents).collect())?;
    ui::note(&format!("setup took {}", duration(elapsed)));
    let key_hash = hex::encode(inference.verifying_key().to_interface().key_hash());
    let circuit = hex::encode(model.model.circuit_digest());
    let shown: Vec<String> = paths.iter().map(|path| show(path)).collect();
    let [proving, verifying, registering, registered] = shown.as_slice() else {
        return Err(anyhow!("a setup has four outputs"));
    };
    print(
        || {
            json!({
                "proving_key": proving,
                "verifying_key": verifying,
                "registration_proving_key": registering,
                "registration_verifying_key": registered,
                "setup_record": None::<String>,
                "circuit": circuit,
                "key_hash": key_hash,
                "setup": "development",
                "seconds": elapsed.as_secs_f64(),
            })
        },
        || {
            let labels = [
                "proving key",
                "verifying key",
                "registration's proving key",
                "registration's verifying key",
            ];
            let files = labels.into_iter().zip(shown.iter().zip(&sizes));
            let mut lines: Vec<(&str, String)> =
                files.map(|(label, (path, size))| (label, format!("{path} ({})", bytes(*size)))).collect();
            lines.push(("circuit", circuit.clone()));
            lines.push(("key hash", key_hash.clone()));
            lines.push(("setup", "development: do not trust these keys with real funds".into()));
            ui::fields(&lines)
        },
    )?;
    Ok(Outcome::Valid)
}

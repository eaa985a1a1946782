//! snarkjs, another implementation of Groth16 that judges our keys and proofs: from the npm registry, installed by
//! `cargo xtask test`.

use std::path::{Path, PathBuf};
use std::process::Command;

/// The verdict of `snarkjs groth16 verify` on three JSON files.
///
/// # Panics
/// When snarkjs is missing, or gives no verdict.
pub fn accepts(key: &Path, public: &Path, proof: &Path) -> bool {
    let snarkjs = path();
    let output = Command::new(&snarkjs)
        .args(["groth16", "verify"])
        .args([key, public, proof])
        .output()
        .unwrap_or_else(|error| panic!("{}: {error}; run `cargo xtask test`", snarkjs.display()));
    let says = |words| String::from_utf8_lossy(&output.stdout).contains(words);
    match (output.status.success(), says("OK!"), says("Invalid proof")) {
        (true, true, false) => true,
        (false, false, true) => false,
        _ => panic!("no verdict: {output:?}"),
    }
}

/// Where `cargo xtask test` says that it is, or where it puts it: below the repository's root.
fn path() -> PathBuf {
    let crate_folder = Path::new(env!("CARGO_MANIFEST_DIR"));
    let installed = |folder: &Path| folder.join("target/tools/snarkjs-0.7.6/node_modules/.bin/snarkjs");
    std::env::var_os("ASSAY_SNARKJS").map(PathBuf::from).unwrap_or_else(|| {
        let mut candidates = crate_folder.ancestors().map(installed);
        candidates.find(|path| path.exists()).unwrap_or_else(|| installed(crate_folder))
    })
}

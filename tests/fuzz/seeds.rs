//! Writes the seeds of every target to `corpus/<target>/`, where cargo-fuzz looks for them.

use std::path::Path;

fn main() -> std::io::Result<()> {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus");
    for reader in assay_tests::readers::READERS {
        let directory = corpus.join(reader.name);
        std::fs::create_dir_all(&directory)?;
        for (index, seed) in (reader.seeds)().iter().enumerate() {
            std::fs::write(directory.join(format!("seed-{index}")), seed)?;
        }
    }
    Ok(())
}

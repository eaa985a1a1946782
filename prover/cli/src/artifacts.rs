//! Artifacts by path: read within a limit, decoded, paired, and refused with the file's name and a way out.

use std::path::{Path, PathBuf};

use anyhow::{Context, anyhow};
use assay_compiler::CompiledModel;
use assay_groth16::{KeyOpenError, KeyReadError, ProvingKey, ValidatedKeys, VerifyingKey};
use assay_interface::artifact::{self, ArtifactError, Kind};
use assay_interface::proof_file::ProofFile;
use assay_interface::statement::Statement;

use crate::failure::{HintExt, hinted};
use crate::files;
use crate::ui::hex;
use crate::values::{self, Tensors};

/// Most bytes of a compiled model or key that are read: four times what a circuit of a million constraints takes.
const LARGE: u64 = 4 << 30;
/// Most bytes of a verifying key or proof that are read.
const SMALL: u64 = 4 << 20;

/// A compiled model and where it came from.
pub struct Model {
    /// The file.
    pub path: PathBuf,
    /// Its content.
    pub compiled: CompiledModel,
    /// Digest of its circuit: what keys are bound to.
    pub circuit_digest: [u8; 32],
}

impl Model {
    /// The tensors that a statement of this model shows.
    pub fn decode(&self, statement: &Statement) -> anyhow::Result<Tensors> {
        let features: Vec<&str> =
            self.compiled.features.iter().map(|feature| feature.name.as_str()).collect();
        values::decode(&self.compiled.schema, &features, statement)
    }
}

/// The compiled model in a `.assay` file.
pub fn model(path: &Path) -> anyhow::Result<Model> {
    let compiled = load(path, Kind::Circuit, LARGE, CompiledModel::from_bytes)?;
    let circuit_digest = compiled.circuit.digest();
    Ok(Model { path: path.to_owned(), compiled, circuit_digest })
}

/// The proving key in a `.pk` file, mapped; validated in full the first time that this user loads the file.
pub fn proving_key(path: &Path) -> anyhow::Result<ProvingKey> {
    let kind = Kind::ProvingKey;
    files::check(path, &kind.to_string())?;
    ProvingKey::open(path, &ValidatedKeys::of_user()).map_err(|error| match error {
        KeyOpenError::Io(error) => {
            anyhow::Error::new(error).context(format!("cannot map the {kind} {}", path.display()))
        }
        KeyOpenError::Key(error) => {
            let hint = match &error {
                KeyReadError::Artifact(error) => artifact_hint(*error, Some(kind)),
                KeyReadError::Format { .. } => made_by(kind).into(),
                _ => format!("its checksum holds, so it was written like this: {}", made_by(kind)),
            };
            hinted(anyhow::Error::new(error).context(path.display().to_string()), hint)
        }
    })
}

/// The verifying key in a `.vk` file.
pub fn verifying_key(path: &Path) -> anyhow::Result<VerifyingKey> {
    load(path, Kind::VerifyingKey, SMALL, VerifyingKey::from_bytes)
}

/// The proof and statement in a `.proof` file.
pub fn proof(path: &Path) -> anyhow::Result<ProofFile> {
    load(path, Kind::Proof, SMALL, ProofFile::from_bytes)
}

/// The bytes of an artifact of any kind, and that kind.
pub fn any(path: &Path) -> anyhow::Result<(Kind, Vec<u8>)> {
    let bytes = files::read(path, "artifact", LARGE)?;
    let result = match artifact::decode(Kind::Circuit, &bytes) {
        Ok(_) => Ok(Kind::Circuit),
        Err(ArtifactError::WrongKind { found, .. }) => artifact::decode(found, &bytes).map(|_| found),
        Err(error) => Err(error),
    };
    let kind = result.with_context(|| path.display().to_string()).hint(|| match result {
        Err(error) => artifact_hint(error, None),
        Ok(_) => String::new(),
    })?;
    Ok((kind, bytes))
}

/// Refuses a key that was made for another circuit than the model's.
pub fn pair(model: &Model, key_path: &Path, key_circuit: [u8; 32]) -> anyhow::Result<()> {
    if key_circuit == model.circuit_digest {
        return Ok(());
    }
    Err(hinted(
        anyhow!(
            "{} is a key for circuit {}, and {} holds circuit {}",
            key_path.display(),
            short(&key_circuit),
            model.path.display(),
            short(&model.circuit_digest)
        ),
        format!(
            "a key fits the one model that it was made for: `assay setup {}` makes keys for this one",
            model.path.display()
        ),
    ))
}

/// The first eight bytes of a digest, for messages.
pub fn short(digest: &[u8; 32]) -> String {
    format!("{}...", hex(digest.first_chunk::<8>().unwrap_or(&[0; 8])))
}

/// Reads and decodes; a container that is not sound gets advice by what is wrong with it.
pub fn load<T, E>(
    path: &Path,
    kind: Kind,
    limit: u64,
    decode: impl FnOnce(&[u8]) -> Result<T, E>,
) -> anyhow::Result<T>
where
    E: std::error::Error + Send + Sync + 'static,
{
    let bytes = files::read(path, &kind.to_string(), limit)?;
    decode(&bytes).with_context(|| path.display().to_string()).map_err(|error| {
        let hint = match artifact::decode(kind, &bytes) {
            Err(error) => artifact_hint(error, Some(kind)),
            Ok(_) => format!("its checksum holds, so it was written like this: {}", made_by(kind)),
        };
        hinted(error, hint)
    })
}

fn artifact_hint(error: ArtifactError, wanted: Option<Kind>) -> String {
    match (error, wanted) {
        (ArtifactError::NewerVersion { .. } | ArtifactError::UnknownKind(_), _) => {
            format!("this is assay {}; a newer version wrote the file", env!("CARGO_PKG_VERSION"))
        }
        (ArtifactError::NotAssay | ArtifactError::WrongKind { .. }, Some(kind)) => made_by(kind).into(),
        (ArtifactError::NotAssay | ArtifactError::WrongKind { .. }, None) => {
            "assay files end in .assay, .pk, .vk, .wtns or .proof".into()
        }
        _ => "copy the file again from where it was made, or make it again".into(),
    }
}

fn made_by(kind: Kind) -> &'static str {
    match kind {
        Kind::Circuit => "`assay compile` makes compiled models (.assay)",
        Kind::ProvingKey => "`assay setup` makes proving keys (.pk)",
        Kind::VerifyingKey => "`assay setup` makes verifying keys (.vk)",
        Kind::Witness => "`assay prove --witness` writes witnesses (.wtns)",
        Kind::Proof => "`assay prove` makes proofs (.proof)",
        Kind::SetupRecord => "a setup writes its record (.secret) where it is asked to",
    }
}

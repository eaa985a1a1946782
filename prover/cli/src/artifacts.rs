//! Artifacts by path: read within a limit, decoded by the library, and refused with the file's name and a way out.

use std::path::{Path, PathBuf};

use anyhow::{Context, anyhow};
use assay::{
    Error, Keys, ProofFile, SetupRecord, ValidatedKeys, VerifyingKey, Weights, WeightsRegistration,
    WeightsVerifyingKey,
};
use assay_interface::artifact::{self, ArtifactError, Kind};

use crate::failure::{HintExt, hinted};
use crate::files;
use crate::progress::observed;

/// Most bytes of a compiled model or key that are read: four times what a circuit of a million constraints takes.
const LARGE: u64 = 4 << 30;
/// Most bytes of a verifying key or proof that are read.
const SMALL: u64 = 4 << 20;

/// A compiled model and where it came from.
pub struct Model {
    /// The file.
    pub path: PathBuf,
    /// Its content.
    pub model: assay::Model,
}

/// The compiled model in a `.assay` file.
pub fn model(path: &Path) -> anyhow::Result<Model> {
    Ok(Model { path: path.to_owned(), model: load(path, Kind::Circuit, LARGE, assay::Model::load)? })
}

/// The same with weights from a file of their own, where the model has none.
pub fn model_with(path: &Path, weights: Option<&Path>) -> anyhow::Result<Model> {
    let model = model(path)?;
    let Some(weights) = weights else { return Ok(model) };
    let weights = self::weights(weights, &model)?;
    Ok(Model { model: model.model.with_weights(&weights)?, ..model })
}

/// The weights in a `.weights` file, for an architecture.
pub fn weights(path: &Path, architecture: &Model) -> anyhow::Result<Weights> {
    if !architecture.model.is_committed() {
        return Err(Error::FixedWeights { model: architecture.model.name().into() }.into());
    }
    load(path, Kind::Weights, LARGE, |bytes| Weights::load(bytes, &architecture.model))
}

/// The bytes of a `.assay` file that holds a compiled model.
pub fn compiled(path: &Path) -> anyhow::Result<Vec<u8>> {
    let read = |bytes: &[u8]| assay::Model::load(bytes).map(|_| bytes.to_vec());
    load(path, Kind::Circuit, LARGE, read)
}

/// The keys in a `.pk` file, mapped; validated in full the first time that this user loads the file.
pub fn keys(path: &Path) -> anyhow::Result<Keys> {
    keys_with(path, &ValidatedKeys::of_user())
}

/// The same, validated in full whatever was validated before.
pub fn keys_from_nothing(path: &Path) -> anyhow::Result<Keys> {
    keys_with(path, &ValidatedKeys::none())
}

fn keys_with(path: &Path, validated: &ValidatedKeys) -> anyhow::Result<Keys> {
    let kind = Kind::ProvingKey;
    files::check(path, &kind.to_string())?;
    let keys = observed("reading and checking the proving key", |observer| {
        Keys::open_with(path, validated, observer)
    });
    keys.map_err(|error| {
        let hint = match &error {
            Error::Io { .. } => return error.into(),
            Error::KeyFile(assay_groth16::KeyReadError::Artifact(error)) => artifact_hint(*error, Some(kind)),
            _ => made_by(kind).into(),
        };
        hinted(anyhow::Error::new(error).context(path.display().to_string()), hint)
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

/// The record in a `.secret` file.
pub fn setup_record(path: &Path) -> anyhow::Result<SetupRecord> {
    load(path, Kind::SetupRecord, SMALL, SetupRecord::from_bytes)
}

/// The commitment to weights in a `.commitment` file.
pub fn commitment(path: &Path) -> anyhow::Result<WeightsRegistration> {
    load(path, Kind::Commitment, SMALL, WeightsRegistration::load)
}

/// The verifying key of an architecture, or of its registrations, in a `.vk` file.
pub fn weights_verifying_key(path: &Path) -> anyhow::Result<WeightsVerifyingKey> {
    load(path, Kind::VerifyingKey, SMALL, WeightsVerifyingKey::from_bytes)
}

/// The bytes of an artifact of any kind, and that kind.
pub fn any(path: &Path) -> anyhow::Result<(Kind, Vec<u8>)> {
    let bytes = files::read(path, "artifact", LARGE)?;
    let result = files::identify(&bytes).map(|(kind, _)| kind);
    let kind = result.with_context(|| path.display().to_string()).hint(|| match result {
        Err(error) => artifact_hint(error, None),
        Ok(_) => String::new(),
    })?;
    Ok((kind, bytes))
}

/// Refuses a key that was made for another circuit than the model's.
pub fn pair(model: &Model, key_path: &Path, key_circuit: [u8; 32]) -> anyhow::Result<()> {
    let circuit = model.model.circuit_digest();
    if key_circuit == circuit {
        return Ok(());
    }
    Err(hinted(
        anyhow!(
            "{} is a key for circuit {}, and {} holds circuit {}",
            key_path.display(),
            short(&key_circuit),
            model.path.display(),
            short(&circuit)
        ),
        format!(
            "a key fits the one model that it was made for: `assay setup {}` makes keys for this one",
            model.path.display()
        ),
    ))
}

/// The first eight bytes of a digest, for messages.
pub fn short(digest: &[u8; 32]) -> String {
    let [head, ..] = digest.as_chunks::<8>().0 else { return String::new() };
    format!("{}...", hex::encode(head))
}

/// Reads and decodes; a container that is not sound gets advice by what is wrong with it.
fn load<T, E: Into<Error>>(
    path: &Path,
    kind: Kind,
    limit: u64,
    decode: impl FnOnce(&[u8]) -> Result<T, E>,
) -> anyhow::Result<T> {
    let bytes = files::read(path, &kind.to_string(), limit)?;
    decode(&bytes).map_err(|error| {
        let hint = match artifact::decode(kind, &bytes) {
            Err(error) => artifact_hint(error, Some(kind)),
            Ok(_) => format!("its checksum holds, so it was written like this: {}", made_by(kind)),
        };
        hinted(anyhow::Error::new(error.into()).context(path.display().to_string()), hint)
    })
}

fn artifact_hint(error: ArtifactError, wanted: Option<Kind>) -> String {
    match (error, wanted) {
        (ArtifactError::NewerVersion { .. } | ArtifactError::UnknownKind(_), _) => {
            format!("this is assay {}; a newer version wrote the file", env!("CARGO_PKG_VERSION"))
        }
        (ArtifactError::NotAssay | ArtifactError::WrongKind { .. }, Some(kind)) => made_by(kind).into(),
        (ArtifactError::NotAssay | ArtifactError::WrongKind { .. }, None) => {
            "assay files end in .assay, .pk, .vk, .wtns, .proof, .secret, .weights or .commitment".into()
        }
        _ => "copy the file again from where it was made, or make it again".into(),
    }
}

fn made_by(kind: Kind) -> &'static str {
    match kind {
        Kind::Circuit => "`assay compile` makes compiled models (.assay)",
        Kind::ProvingKey => "`assay setup` makes proving keys (.pk)",
        Kind::VerifyingKey => "`assay setup` makes verifying keys (.vk)",
        Kind::Witness => "`assay run --witness` writes witnesses (.wtns)",
        Kind::Proof => "`assay prove` makes proofs (.proof)",
        Kind::SetupRecord => "`assay setup --setup-record` writes setup records (.secret)",
        Kind::Weights => {
            "`assay compile --weights committed` and `assay weights fit` write weights (.weights)"
        }
        Kind::Commitment => "`assay weights commit` writes commitments (.commitment)",
    }
}

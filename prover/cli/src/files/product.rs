//! What the outputs of commands are, and which earlier file gives way to each.
//!
//! A file gives way when the command that is running would make the same thing again: same kind, same parent, and for
//! a proof the same statement. Of all else there may be no second copy. Keys and salts come from randomness and never
//! can be made again.

use anyhow::anyhow;
use assay::{Membership, ProofFile, Scalar};
use assay_groth16::snarkjs;
use assay_interface::artifact::{self, Artifact, ArtifactError, Kind};
use serde_json::Value;

use crate::failure::hinted;

/// The key of a report's outermost object, by which a later run knows it.
pub const REPORT: &str = "assay_report";

/// What an output is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Product {
    /// A compiled model, from the model file with this SHA-256.
    Model {
        /// SHA-256 of the ONNX file.
        source: [u8; 32],
    },
    /// A key.
    Key,
    /// The record of a key's setup.
    SetupRecord,
    /// Weights of an architecture, with the mask of their commitment.
    Weights,
    /// A commitment to weights, with its registration.
    Commitment,
    /// Salts of committed inputs.
    Salts,
    /// A secret or a salt of a member.
    Secret,
    /// What shows that an input is in a tree: made from a secret, a salt and the leaves.
    Membership,
    /// The witness of a computation.
    Witness,
    /// A proof of the statement with this digest.
    Proof {
        /// Digest of the statement.
        statement: Scalar,
    },
    /// A report about the model file with this SHA-256, as JSON.
    Report {
        /// SHA-256 of the ONNX file.
        source: [u8; 32],
    },
    /// A proof as snarkjs writes it.
    ProofJson,
    /// Public signals as snarkjs writes them.
    PublicJson,
    /// What was recorded of a model on chain.
    History,
    /// Up to where that was checked.
    Checkpoint,
    /// A Solidity contract that verifies proofs under the key with this hash.
    Solidity {
        /// SHA-256 of the key.
        key: [u8; 32],
    },
    /// The transcript of a ceremony.
    Transcript,
    /// A ceremony in one file.
    Ceremony,
    /// A page for `man`.
    ManPage,
}

/// Whether the user said `--force`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Force {
    /// Only what the command would make again is replaced.
    Absent,
    /// Whatever file stands there is replaced.
    Given,
}

impl From<bool> for Force {
    fn from(flag: bool) -> Force {
        if flag { Force::Given } else { Force::Absent }
    }
}

/// Who may read an output.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Access {
    /// Whoever the umask lets.
    Shared,
    /// The owner only (mode 0600).
    Private,
}

impl Product {
    /// Who may read it: salts and witnesses open what a statement hides, and whoever has a member's secret proves in his name.
    pub(super) fn access(self) -> Access {
        match self {
            Product::Salts
            | Product::Secret
            | Product::Membership
            | Product::Weights
            | Product::Witness
            | Product::SetupRecord => Access::Private,
            _ => Access::Shared,
        }
    }

    /// Whether a terminal can show it.
    pub(super) fn is_text(self) -> bool {
        matches!(
            self,
            Product::Salts
                | Product::Secret
                | Product::Membership
                | Product::Report { .. }
                | Product::ProofJson
                | Product::PublicJson
                | Product::History
                | Product::Checkpoint
                | Product::Solidity { .. }
                | Product::Transcript
                | Product::ManPage
        )
    }

    /// Whether `old`, which stands as `shown` where this output goes, gives way. `new` is the output's content, once it
    /// is known.
    pub(super) fn check_replaceable(self, shown: &str, old: &[u8], new: Option<&[u8]>) -> anyhow::Result<()> {
        self.gives_way(old, new).map_err(|refusal| {
            hinted(anyhow!("{shown} {refusal}"), "--force replaces it; another name keeps both")
        })
    }

    fn gives_way(self, old: &[u8], new: Option<&[u8]>) -> Result<(), String> {
        match self {
            Product::Key => Err("exists, and a key that is lost cannot be made again".into()),
            Product::Transcript => Err("exists, and may be the transcript of another key".into()),
            Product::Ceremony => Err("exists, and may be another state of the ceremony".into()),
            Product::SetupRecord => {
                Err("exists, and a setup record that is lost cannot be made again".into())
            }
            Product::Weights => {
                Err("exists, and the mask in a weights file that is lost cannot be drawn again".into())
            }
            Product::Commitment => {
                Err("exists, and what is registered elsewhere may be this very commitment".into())
            }
            Product::Salts => Err("exists, and salts that are lost cannot be drawn again".into()),
            Product::Secret => Err("exists, and a secret that is lost cannot be drawn again".into()),
            Product::History => Err("exists, and servers forget what is in it".into()),
            Product::Checkpoint => {
                Err("exists, and an audit that it ended cannot always be made again".into())
            }
            // What an empty file holds cannot be lost.
            _ if old.is_empty() => Ok(()),
            Product::Model { source } => {
                let same = artifact_of(Kind::Circuit, old)?.parent == source;
                refuse_unless(same, "was compiled from another model file")
            }
            Product::Membership => Membership::from_json(old).map(drop).map_err(|_| NOT_EARLIER.into()),
            Product::Witness => {
                artifact_of(Kind::Witness, old)?;
                refuse_unless(new.is_none_or(|new| new == old), "is the witness of another computation")
            }
            Product::Proof { statement } => {
                let key = artifact_of(Kind::Proof, old)?.parent;
                let digest = ProofFile::from_bytes(old).ok().and_then(|file| file.statement.digest().ok());
                refuse_unless(digest == Some(statement), "is a proof of another statement")?;
                let new = new.and_then(|new| artifact::decode(Kind::Proof, new).ok());
                refuse_unless(new.is_none_or(|new| new.parent == key), "is a proof under another key")
            }
            Product::Report { source } => {
                let object: Value = serde_json::from_slice(old).map_err(|_| NOT_EARLIER)?;
                let about =
                    object.get(REPORT).ok_or(NOT_EARLIER)?.get("source_digest").and_then(Value::as_str);
                refuse_unless(about == Some(&hex::encode(source)), "is the report of another model file")
            }
            Product::ProofJson => {
                let text = std::str::from_utf8(old).map_err(|_| NOT_EARLIER)?;
                snarkjs::proof_from_json(text).map(drop).map_err(|_| NOT_EARLIER.into())
            }
            Product::PublicJson => {
                serde_json::from_slice::<Vec<String>>(old).map_err(|_| NOT_EARLIER)?;
                refuse_unless(new.is_none_or(|new| new == old), "holds other public signals")
            }
            Product::Solidity { key } => {
                let text = std::str::from_utf8(old).map_err(|_| NOT_EARLIER)?;
                let is_contract = text.contains("// Made by `assay export solidity`");
                refuse_unless(is_contract, NOT_EARLIER)?;
                let same = text.contains(&assay_evm::key_hash_line(&key));
                refuse_unless(same, "is the contract of another key")
            }
            Product::ManPage => refuse_unless(old.starts_with(b".ie \\n(.g"), NOT_EARLIER),
        }
    }
}

const NOT_EARLIER: &str = "exists and is not an earlier output of this command";

/// What an artifact is; its checksum holds.
pub fn identify(bytes: &[u8]) -> Result<(Kind, Artifact<'_>), ArtifactError> {
    match artifact::decode(Kind::Circuit, bytes) {
        Ok(artifact) => Ok((Kind::Circuit, artifact)),
        Err(ArtifactError::WrongKind { found, .. }) => Ok((found, artifact::decode(found, bytes)?)),
        Err(error) => Err(error),
    }
}

fn artifact_of(kind: Kind, bytes: &[u8]) -> Result<Artifact<'_>, String> {
    match identify(bytes) {
        Ok((found, artifact)) if found == kind => Ok(artifact),
        Ok((found, _)) => Err(format!("is a {found}, not an earlier output of this command")),
        Err(_) => Err(NOT_EARLIER.into()),
    }
}

fn refuse_unless(condition: bool, refusal: &str) -> Result<(), String> {
    if condition { Ok(()) } else { Err(refusal.into()) }
}

//! The container of every file on disk: what it is, what it was made from, and that it arrived whole.
//!
//! ```text
//! offset  0  magic "ASSAY"
//!         5  kind, one byte
//!         6  version, u16 little-endian
//!         8  parent: SHA-256 of the payload that this was made from (zeros: nothing)
//!        40  payload length, u64 little-endian
//!        48  SHA-256 of the payload
//!        80  payload
//! ```
//!
//! An artifact's digest is the SHA-256 of its payload. Keys name their circuit and a proof its key as parent, so a
//! wrong pairing fails before any mathematics. The checksum finds damage, not malice: readers of a payload check
//! it in full.

use alloc::vec::Vec;

use thiserror::Error;

use crate::{bytes::Reader, syscalls::sha256};

/// First bytes of every artifact.
pub const MAGIC: [u8; 5] = *b"ASSAY";
/// Version of the container, and of the payloads in it that [`Kind::version`] gives no other.
pub const VERSION: u16 = 1;
/// Bytes before the payload.
pub const HEADER_LEN: usize = 80;

/// What an artifact is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum Kind {
    /// A compiled model: schema, quantized graph, circuit (`.assay`).
    Circuit = 1,
    /// A proving key (`.pk`).
    ProvingKey = 2,
    /// A verifying key (`.vk`).
    VerifyingKey = 3,
    /// A witness (`.wtns`).
    Witness = 4,
    /// A proof and its statement (`.proof`).
    Proof = 5,
    /// The seed of a development setup (`.secret`): whoever has it can forge proofs under the key.
    SetupRecord = 6,
    /// The weights of a model whose circuit has none, with the mask of their commitment (`.weights`): whoever has it can prove as
    /// the model's owner.
    Weights = 7,
    /// A commitment to such weights, with the proof of its registration (`.commitment`).
    Commitment = 8,
}

/// An artifact whose header and checksum hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Artifact<'a> {
    /// Digest of the artifact that this was made from.
    pub parent: [u8; 32],
    /// The content.
    pub payload: &'a [u8],
    /// SHA-256 of the payload, as the header states it.
    pub digest: [u8; 32],
}

/// Why bytes are not the artifact that was asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum ArtifactError {
    /// The magic is missing.
    #[error("not an Assay file")]
    NotAssay,
    /// An Assay file of another kind.
    #[error("this is a {found}, where a {expected} is needed")]
    WrongKind {
        /// Kind that was asked for.
        expected: Kind,
        /// Kind of the file.
        found: Kind,
    },
    /// An Assay file of a kind that this version does not know.
    #[error("unknown kind of Assay file ({0}): it may come from a newer version")]
    UnknownKind(u8),
    /// Written by a newer version.
    #[error("the file has format version {found}, newer than this tool reads: update the tool")]
    NewerVersion {
        /// Version of the file.
        found: u16,
    },
    /// Written by an older version, in a form that is no longer read.
    #[error(
        "the {kind} has format version {found} of an earlier release, which is no longer read: make it again"
    )]
    OlderVersion {
        /// Kind of the file.
        kind: Kind,
        /// Version of the file.
        found: u16,
    },
    /// A version that was never written.
    #[error("format version {found} does not exist: the file is damaged")]
    InvalidVersion {
        /// Version of the file.
        found: u16,
    },
    /// The file ends before its payload does.
    #[error("the file is truncated: {found} bytes of {expected}")]
    Truncated {
        /// Bytes that the header asks for.
        expected: u64,
        /// Bytes of the file.
        found: u64,
    },
    /// Bytes follow the payload.
    #[error("{0} bytes follow the end of the file's content")]
    TrailingBytes(u64),
    /// The payload is not what was written.
    #[error("the file is damaged: its checksum does not match")]
    Checksum,
}

impl Kind {
    /// Every kind.
    pub const ALL: [Kind; 8] = [
        Kind::Circuit,
        Kind::ProvingKey,
        Kind::VerifyingKey,
        Kind::Witness,
        Kind::Proof,
        Kind::SetupRecord,
        Kind::Weights,
        Kind::Commitment,
    ];

    /// File name ending, without the dot.
    pub const fn extension(self) -> &'static str {
        match self {
            Kind::Circuit => "assay",
            Kind::ProvingKey => "pk",
            Kind::VerifyingKey => "vk",
            Kind::Witness => "wtns",
            Kind::Proof => "proof",
            Kind::SetupRecord => "secret",
            Kind::Weights => "weights",
            Kind::Commitment => "commitment",
        }
    }

    /// Version of the payload that is written, and the only one that is read. Compiled models of version 1 did not say what they were
    /// compiled from; those of version 2 have circuits of statements of version 1, without tags in commitments; those of version 3
    /// knew fewer layers, and no kinds of features; circuits of version 4 took integers outside the declared domains; those of version 5
    /// claimed nothing of decisions.
    pub const fn version(self) -> u16 {
        match self {
            Kind::Circuit => 6,
            Kind::ProvingKey
            | Kind::VerifyingKey
            | Kind::Witness
            | Kind::Proof
            | Kind::SetupRecord
            | Kind::Weights
            | Kind::Commitment => VERSION,
        }
    }

    fn from_byte(byte: u8) -> Option<Kind> {
        Kind::ALL.into_iter().find(|kind| *kind as u8 == byte)
    }
}

impl core::fmt::Display for Kind {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(match self {
            Kind::Circuit => "compiled model (.assay)",
            Kind::ProvingKey => "proving key (.pk)",
            Kind::VerifyingKey => "verifying key (.vk)",
            Kind::Witness => "witness (.wtns)",
            Kind::Proof => "proof (.proof)",
            Kind::SetupRecord => "setup record (.secret)",
            Kind::Weights => "weights file (.weights)",
            Kind::Commitment => "commitment to weights (.commitment)",
        })
    }
}

/// The artifact of `kind` that holds `payload` and was made from the artifact with digest `parent`.
pub fn encode(kind: Kind, parent: [u8; 32], payload: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(HEADER_LEN.saturating_add(payload.len()));
    out.extend_from_slice(&header(kind, parent, payload));
    out.extend_from_slice(payload);
    out
}

/// The bytes that stand before `payload`: for a payload that is too large to copy.
pub fn header(kind: Kind, parent: [u8; 32], payload: &[u8]) -> [u8; HEADER_LEN] {
    let (version, length, digest) =
        (kind.version().to_le_bytes(), (payload.len() as u64).to_le_bytes(), digest(payload));
    let fields = [&MAGIC[..], &[kind as u8], &version, &parent, &length, &digest];
    let mut out = [0; HEADER_LEN];
    for (slot, byte) in out.iter_mut().zip(fields.into_iter().flatten()) {
        *slot = *byte;
    }
    out
}

/// The artifact of `kind` that `bytes` hold.
pub fn decode(kind: Kind, bytes: &[u8]) -> Result<Artifact<'_>, ArtifactError> {
    let artifact = decode_unverified(kind, bytes)?;
    if digest(artifact.payload) == artifact.digest { Ok(artifact) } else { Err(ArtifactError::Checksum) }
}

/// As [`decode`], but the checksum is believed: the payload was checked before and has not changed since.
pub fn decode_unverified(kind: Kind, bytes: &[u8]) -> Result<Artifact<'_>, ArtifactError> {
    let mut reader = Reader::new(bytes);
    let total = bytes.len() as u64;
    let short = || ArtifactError::Truncated { expected: HEADER_LEN as u64, found: total };
    // A file shorter than the magic is named truncated only when what it has agrees with it.
    if !bytes.iter().zip(&MAGIC).all(|(found, expected)| found == expected) || bytes.is_empty() {
        return Err(ArtifactError::NotAssay);
    }
    let _magic: [u8; 5] = reader.array().ok_or_else(short)?;
    let [found] = reader.array().ok_or_else(short)?;
    let version = u16::from_le_bytes(reader.array().ok_or_else(short)?);
    let newest = Kind::from_byte(found).map_or(VERSION, Kind::version);
    match version {
        0 => return Err(ArtifactError::InvalidVersion { found: version }),
        _ if version > newest => return Err(ArtifactError::NewerVersion { found: version }),
        _ => {}
    }
    match Kind::from_byte(found) {
        None => return Err(ArtifactError::UnknownKind(found)),
        Some(found) if found != kind => return Err(ArtifactError::WrongKind { expected: kind, found }),
        Some(_) if version < newest => return Err(ArtifactError::OlderVersion { kind, found: version }),
        Some(_) => {}
    }
    let parent = reader.array().ok_or_else(short)?;
    let length = u64::from_le_bytes(reader.array().ok_or_else(short)?);
    let digest = reader.array().ok_or_else(short)?;
    let payload = reader.rest();
    match (payload.len() as u64).checked_sub(length) {
        Some(0) => {}
        Some(trailing) => return Err(ArtifactError::TrailingBytes(trailing)),
        None => {
            let expected = length.saturating_add(HEADER_LEN as u64);
            return Err(ArtifactError::Truncated { expected, found: total });
        }
    }
    Ok(Artifact { parent, payload, digest })
}

/// The digest that names an artifact with this payload.
pub fn digest(payload: &[u8]) -> [u8; 32] {
    sha256(&[payload])
}

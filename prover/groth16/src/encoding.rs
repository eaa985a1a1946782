//! Verifying keys to bytes and back, and what can be wrong with the bytes of a key of either kind.
//!
//! ```text
//! .vk = circuit digest 32 | setup kind 1 | the interface's verifying key: 576, or 768 with a commitment; with weights 128 more
//! ```
//!
//! The artifact's parent is the circuit digest, which the payload repeats so that the checksum covers it.

use assay_interface::{
    artifact::{self, ArtifactError, Kind},
    groth16::{
        KeyError, KeyRef, SetupKind, check_key,
        weights::{WeightsKeyRef, check_weights_key},
    },
};
use thiserror::Error;

use crate::{
    key::{BasePoints, CommitmentPoints, KeyPoints, VerifyingKey},
    layout,
    points::{Point, PointError},
    progress::Cancelled,
};

/// Why bytes are not a key.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum KeyReadError {
    /// The container is not sound.
    #[error(transparent)]
    Artifact(#[from] ArtifactError),
    /// The header names another circuit than the content.
    #[error("the header and the content of the key name different circuits: the file is damaged")]
    Parent,
    /// The payload ends inside a field.
    #[error("the key ends too early, inside its {field}")]
    Truncated {
        /// The field.
        field: &'static str,
    },
    /// Bytes follow the last field.
    #[error("{0} bytes follow the end of the key")]
    Trailing(usize),
    /// A proving key in another format than this version's.
    #[error(
        "the proving key has format {found}, this version reads formats {} and {}: run the setup again, with this version",
        layout::FORMAT,
        layout::FORMAT_WEIGHTS
    )]
    Format {
        /// The format's number; the first format has 0 or 1 there.
        found: u8,
    },
    /// A setup byte that stands for no kind.
    #[error("setup kind {0} does not exist")]
    SetupKind(u8),
    /// The verifying key is one that nobody should trust.
    #[error("verifying key: {0}")]
    Key(#[from] KeyError),
    /// A point that is not one, or is not allowed.
    #[error("point {index} of {field}: {error}")]
    Point {
        /// Which points.
        field: &'static str,
        /// Position among them.
        index: usize,
        /// What is wrong with it.
        error: PointError,
    },
    /// Wires that are not strictly ascending, or not wires of the circuit.
    #[error("wire {wire} at position {index} of {field} is out of order or not below {limit}")]
    Wire {
        /// Which wires.
        field: &'static str,
        /// Position among them.
        index: usize,
        /// The wire.
        wire: u32,
        /// Number of wires.
        limit: u32,
    },
    /// A count that no circuit gives.
    #[error("{field}: {found} is not a possible count")]
    Count {
        /// What is counted.
        field: &'static str,
        /// The count.
        found: u32,
    },
    /// A byte between two parts that is not zero.
    #[error("byte {0} of the key lies between two parts and is not zero")]
    Gap(usize),
    /// beta or delta differ between G1 and G2: no setup gives this.
    #[error("beta and delta of the proving key are not those of its verifying key")]
    Inconsistent,
    /// Two of a key's IC points are equal or opposite: with it a proof for some public inputs is one for others.
    #[error(
        "IC_{left} and IC_{right} are equal or opposite: with this key anyone can exchange public inputs"
    )]
    InputPoints {
        /// Position of the first.
        left: usize,
        /// Position of the second.
        right: usize,
    },
    /// The caller ended the validation.
    #[error(transparent)]
    Cancelled(#[from] Cancelled),
    /// A key of a circuit whose weights are committed to, where one without is read.
    #[error(
        "the key is of a circuit whose weights are committed to: it proves and verifies together with such a commitment alone"
    )]
    HasWeights,
    /// A key of a circuit without such weights, where one with them is read.
    #[error("the key is of a circuit that holds its weights itself: no commitment to weights goes with it")]
    NoWeights,
    /// A weight among the wires of another part: it would be free in every proof.
    #[error(
        "weight {index}, wire {wire}, is among the wires of {field} as well: it would be free in every proof"
    )]
    FreeWeight {
        /// Position among the weights.
        index: usize,
        /// The wire.
        wire: u32,
        /// The other part.
        field: &'static str,
    },
    /// The points of the weights' knowledge check are not sigma_w times those of their commitment.
    #[error("the proving key's points of weights do not fit the sigma_w of its verifying key")]
    SigmaWeights,
    /// The points of the knowledge check are not sigma times those of the commitment.
    #[error("the proving key's commitment points do not fit the sigma of its verifying key")]
    Sigma,
}

impl VerifyingKey {
    /// The `.vk` artifact.
    pub fn to_bytes(&self) -> Vec<u8> {
        artifact::encode(Kind::VerifyingKey, self.circuit, &self.payload())
    }

    /// The key in a `.vk` artifact, checked in full. One with weights is another type: see [`crate::weights`].
    pub fn from_bytes(bytes: &[u8]) -> Result<VerifyingKey, KeyReadError> {
        let key = VerifyingKey::from_any_bytes(bytes)?;
        if key.points.weights.is_some() { Err(KeyReadError::HasWeights) } else { Ok(key) }
    }

    /// The same, with weights or without.
    pub(crate) fn from_any_bytes(bytes: &[u8]) -> Result<VerifyingKey, KeyReadError> {
        let artifact = artifact::decode(Kind::VerifyingKey, bytes)?;
        let truncated = |field| KeyReadError::Truncated { field };
        let (circuit, rest) =
            artifact.payload.split_first_chunk::<32>().ok_or(truncated("circuit digest"))?;
        if *circuit != artifact.parent {
            return Err(KeyReadError::Parent);
        }
        let (&setup, key) = rest.split_first().ok_or(truncated("setup kind"))?;
        let setup = SetupKind::from_byte(setup).ok_or(KeyReadError::SetupKind(setup))?;
        VerifyingKey::from_key_bytes(key, *circuit, setup)
    }

    /// Digest of the `.vk` artifact: what proof files name as their parent.
    pub fn digest(&self) -> [u8; 32] {
        artifact::digest(&self.payload())
    }

    /// A verifying key from the interface's bytes, for the circuit with digest `circuit`; checked in full.
    pub fn from_interface<'a>(
        key: impl Into<KeyRef<'a>>,
        circuit: [u8; 32],
        setup: SetupKind,
    ) -> Result<VerifyingKey, KeyReadError> {
        let key = key.into();
        check_key(key)?;
        Ok(VerifyingKey { circuit, setup, points: read_points(key)? })
    }

    /// A verifying key from the interface's bytes, with weights or without; checked in full.
    pub(crate) fn from_key_bytes(
        bytes: &[u8],
        circuit: [u8; 32],
        setup: SetupKind,
    ) -> Result<VerifyingKey, KeyReadError> {
        let Ok(key) = WeightsKeyRef::from_slice(bytes) else {
            return VerifyingKey::from_interface(KeyRef::from_slice(bytes)?, circuit, setup);
        };
        check_weights_key(key)?;
        let sigma_weights = Point::read(key.sigma_weights_negated())
            .map_err(|error| KeyReadError::Point { field: "verifying key", index: 8, error })?;
        let points = KeyPoints { weights: Some(sigma_weights), ..read_points(key.key())? };
        Ok(VerifyingKey { circuit, setup, points })
    }

    /// What reading the key's own bytes would find.
    pub(crate) fn check(&self) -> Result<(), KeyReadError> {
        VerifyingKey::from_key_bytes(&self.key_bytes(), self.circuit, self.setup).map(drop)
    }

    fn payload(&self) -> Vec<u8> {
        let mut out = self.circuit.to_vec();
        out.push(self.setup.to_byte());
        out.extend_from_slice(&self.key_bytes());
        out
    }
}

/// The points in the interface's bytes.
fn read_points(key: KeyRef<'_>) -> Result<KeyPoints, KeyReadError> {
    fn read<P: Point<N>, const N: usize>(index: usize, bytes: &[u8; N]) -> Result<P, KeyReadError> {
        P::read(bytes).map_err(|error| KeyReadError::Point { field: "verifying key", index, error })
    }
    let plain = key.plain();
    let [ic0, ic1] = &plain.ic;
    let base = BasePoints {
        alpha_g1: read(0, &plain.alpha_g1)?,
        beta_g2: read(1, &plain.beta_g2)?,
        gamma_g2: read(2, &plain.gamma_g2)?,
        delta_g2: read(3, &plain.delta_g2)?,
    };
    let ic = [read(4, ic0)?, read(5, ic1)?];
    let commitment = match key {
        KeyRef::Plain(_) => None,
        KeyRef::Committed(key) => Some(CommitmentPoints {
            ic_challenge: read(6, &key.ic_challenge)?,
            sigma_gamma_negated: read(7, &key.sigma_gamma_negated)?,
        }),
    };
    Ok(KeyPoints { base, ic, commitment, weights: None })
}

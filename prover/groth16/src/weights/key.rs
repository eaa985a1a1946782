//! Keys of circuits with weights: types of their own, so that no such key is taken for one whose proofs verify by themselves.

use std::path::Path;

use assay_interface::{
    artifact::{self, Kind},
    groth16::{
        self as interface, SetupKind,
        weights::{CommittedWeightsKey, PlainWeightsKey, WeightsKey, WeightsKeyRef, share_weights},
    },
};
use sha2::{Digest, Sha256};

use crate::{
    encoding::KeyReadError,
    key::{ProvingKey, VerifyingKey},
    points::Point,
    progress::Observer,
    shared::SharedError,
    validated::{KeyOpenError, ValidatedKeys},
};

/// A verifying key of a circuit with weights. Its proofs verify together with a commitment to them.
#[derive(Clone, Debug, PartialEq)]
pub struct WeightsVerifyingKey {
    key: VerifyingKey,
    bytes: WeightsKey,
}

/// A proving key of a circuit with weights. A clone shares the points.
#[derive(Clone, Debug, PartialEq)]
pub struct WeightsProvingKey {
    key: ProvingKey,
    verifying_key: WeightsVerifyingKey,
}

impl WeightsVerifyingKey {
    /// `None` for a key without weights.
    fn of(key: &VerifyingKey) -> Option<WeightsVerifyingKey> {
        let sigma_weights_negated = key.points.weights?.bytes();
        let bytes = match key.to_interface() {
            interface::VerifyingKey::Plain(key) => {
                WeightsKey::Plain(PlainWeightsKey { key, sigma_weights_negated })
            }
            interface::VerifyingKey::Committed(key) => {
                WeightsKey::Committed(CommittedWeightsKey { key, sigma_weights_negated })
            }
        };
        Some(WeightsVerifyingKey { key: key.clone(), bytes })
    }

    /// The `.vk` artifact.
    pub fn to_bytes(&self) -> Vec<u8> {
        self.key.to_bytes()
    }

    /// The key in a `.vk` artifact, checked in full.
    pub fn from_bytes(bytes: &[u8]) -> Result<WeightsVerifyingKey, KeyReadError> {
        let key = VerifyingKey::from_any_bytes(bytes)?;
        WeightsVerifyingKey::of(&key).ok_or(KeyReadError::NoWeights)
    }

    /// A verifying key from the interface's bytes, for the circuit with digest `circuit`; checked in full.
    pub fn from_interface<'a>(
        key: impl Into<WeightsKeyRef<'a>>,
        circuit: [u8; 32],
        setup: SetupKind,
    ) -> Result<WeightsVerifyingKey, KeyReadError> {
        let key = VerifyingKey::from_key_bytes(key.into().as_bytes(), circuit, setup)?;
        WeightsVerifyingKey::of(&key).ok_or(KeyReadError::NoWeights)
    }

    /// Whether a `.vk` artifact is of this type, and not a [`VerifyingKey`]: by its length, nothing is checked.
    pub fn is_in(bytes: &[u8]) -> bool {
        const HEAD: usize = 32 + 1; // circuit digest and setup kind
        let artifact = artifact::decode_unverified(Kind::VerifyingKey, bytes);
        let key = artifact.ok().and_then(|artifact| artifact.payload.get(HEAD..));
        key.is_some_and(|key| WeightsKeyRef::from_slice(key).is_ok())
    }

    /// The bytes that a verifier stores: 704, or 896 with lookups.
    pub fn to_interface(&self) -> WeightsKey {
        self.bytes
    }

    /// Digest of the `.vk` artifact.
    pub fn digest(&self) -> [u8; 32] {
        self.key.digest()
    }

    /// Digest of the circuit that the key is for.
    pub fn circuit_digest(&self) -> [u8; 32] {
        self.key.circuit_digest()
    }

    /// How the key's secrets were made.
    pub fn setup_kind(&self) -> SetupKind {
        self.key.setup_kind()
    }

    /// Whether proofs under the key carry a commitment to lookups.
    pub fn has_commitment(&self) -> bool {
        self.key.has_commitment()
    }

    pub(crate) fn inner(&self) -> &VerifyingKey {
        &self.key
    }
}

impl WeightsProvingKey {
    /// A key with weights that was made or read.
    pub(crate) fn new(key: ProvingKey) -> Result<WeightsProvingKey, KeyReadError> {
        let verifying_key = WeightsVerifyingKey::of(key.verifying_key()).ok_or(KeyReadError::NoWeights)?;
        Ok(WeightsProvingKey { key, verifying_key })
    }

    /// The key in a `.pk` artifact, validated in full and copied.
    pub fn from_bytes(bytes: &[u8]) -> Result<WeightsProvingKey, KeyReadError> {
        WeightsProvingKey::new(ProvingKey::any_from_bytes(bytes)?)
    }

    /// The key in a `.pk` file, mapped: see [`ProvingKey::open`].
    pub fn open(path: &Path, validated: &ValidatedKeys) -> Result<WeightsProvingKey, KeyOpenError> {
        WeightsProvingKey::open_observed(path, validated, Observer::none())
    }

    /// As [`WeightsProvingKey::open`], with progress of the validation.
    pub fn open_observed(
        path: &Path,
        validated: &ValidatedKeys,
        observer: Observer<'_>,
    ) -> Result<WeightsProvingKey, KeyOpenError> {
        Ok(WeightsProvingKey::new(ProvingKey::open_any(path, validated, observer)?)?)
    }

    /// The `.pk` artifact, where it lies.
    pub fn as_bytes(&self) -> &[u8] {
        self.key.as_bytes()
    }

    /// Digest of the `.pk` artifact.
    pub fn digest(&self) -> [u8; 32] {
        self.key.digest()
    }

    /// The verifying key of the same setup.
    pub fn verifying_key(&self) -> &WeightsVerifyingKey {
        &self.verifying_key
    }

    /// Digest of the circuit that the key is for.
    pub fn circuit_digest(&self) -> [u8; 32] {
        self.key.circuit_digest()
    }

    /// Points of the evaluation domain.
    pub fn domain_size(&self) -> usize {
        self.key.domain_size()
    }

    /// Weights, without their mask.
    pub fn num_weights(&self) -> usize {
        self.key.weights().wires.len().saturating_sub(1)
    }

    /// Fails unless a commitment to weights under one of the keys is one under the other: everything that it depends on is equal,
    /// the points byte for byte. Both keys have to be sound, and neither proves that the other is of a circuit that proves ranges:
    /// that is its circuit's digest.
    pub fn shares_weights(&self, other: &WeightsProvingKey) -> Result<(), SharedError> {
        let (left, right) = (self.num_weights(), other.num_weights());
        if left != right {
            return Err(SharedError::Count { left, right });
        }
        share_weights(&self.verifying_key.bytes, &other.verifying_key.bytes)?;
        let (left, right) = (self.domain_size(), other.domain_size());
        if left != right {
            return Err(SharedError::Domain { left, right });
        }
        let points = |key: &WeightsProvingKey| {
            [key.key.weights().points.to_vec(), key.key.sigma_weights().points.to_vec()]
        };
        let (ours, theirs) = (points(self), points(other));
        let differ =
            |index: &usize| ours.iter().zip(&theirs).any(|(ours, theirs)| ours[*index] != theirs[*index]);
        match (0..=self.num_weights()).find(differ) {
            Some(index) => Err(SharedError::Points(index)),
            None => Ok(()),
        }
    }

    /// What a commitment to weights depends on: equal for keys that share them. A hash, and no check that they do.
    pub(crate) fn basis(&self) -> [u8; 32] {
        let base = &self.key.verifying_key().points.base;
        let mut hash = Sha256::new();
        hash.update(base.gamma_g2.bytes());
        hash.update(self.verifying_key.bytes.as_ref().sigma_weights_negated());
        hash.update(bytemuck::cast_slice::<_, u8>(self.key.weights().points));
        hash.update(bytemuck::cast_slice::<_, u8>(self.key.sigma_weights().points));
        hash.finalize().into()
    }

    pub(crate) fn inner(&self) -> &ProvingKey {
        &self.key
    }
}

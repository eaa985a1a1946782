//! Keys: made for a model, or read from files.
//!
//! # What a key shows, and what it claims
//!
//! Files name each other by digest. A name that stands in a file is what its writer claims; these are the pairings, and what
//! decides them:
//!
//! | Pairing | Named | Checked by |
//! |---|---|---|
//! | `.assay`, its circuit | circuit digest in the payload | every load: the circuit is built from the graph and hashed |
//! | `.assay`, its ONNX file and samples | SHA-256 of both | [`crate::Model::check`], which compiles them again |
//! | `.pk`, its circuit | circuit digest | sizes and wires by every [`crate::Prover`], which a key of another circuit can have as well; in full by [`Keys::recompute`] from a [`SetupRecord`] |
//! | `.vk`, its circuit | circuit digest | plain or committed form; in full by [`Keys::recompute`] |
//! | `.pk`, its `.vk` | nothing: the one holds the other | beta, delta and sigma by pairings on load; the rest by each proof, which its prover verifies |
//! | `.wtns`, its circuit | circuit digest in the header | [`crate::Model::check_witness`]: every constraint |
//! | `.proof`, its key | digest of the `.vk` in the header | verification under the key; the name only gives a better message |
//! | `.proof`, its model | domain, a hash of the schema, in the statement | verification: the circuit binds it |
//! | `.vk`, its setup kind `ceremony` | setup kind | the transcript, first phase and model: `assay_ceremony::verify_verifying_key`, which shows its circuit as well |
//! | `.secret`, its key | circuit digest and digest of the `.vk` | [`Keys::recompute`] |
//!
//! **A verifying key alone proves nothing about its circuit**: its points are determined by circuit and secrets together, and
//! without the secrets nobody can tell one circuit's points from another's. [`CircuitBinding`] says what is known of a key.

use std::path::Path;

use assay_groth16::{
    Observer, ProvingKey, SetupKind, SetupRecord, SetupSeed, ValidatedKeys, VerifyingKey, setup_from_seed,
};
use rand::{CryptoRng, RngCore};

use crate::{error::Error, files, model::Model};

/// Most bytes of a verifying key or setup record that are read from a file.
const SMALL: u64 = 4 << 20;

/// What ties a key to its circuit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum CircuitBinding {
    /// The file says so. Whoever wrote it may have said anything.
    Claimed,
    /// This process computed the key from the circuit, in its setup or again from the setup's record.
    Recomputed,
}

/// The proving key of a model, which holds its verifying key. A clone shares the points.
#[derive(Clone, Debug)]
pub struct Keys {
    key: ProvingKey,
    binding: CircuitBinding,
}

impl Keys {
    /// Development keys: this machine draws the secrets, uses them and forgets them. The keys are marked for good, and
    /// programs that hold real funds refuse them.
    ///
    /// # Errors
    /// [`Error::Setup`] for a circuit that is too large for the field or the machine.
    pub fn setup(model: &Model, rng: &mut (impl RngCore + CryptoRng)) -> Result<Keys, Error> {
        Keys::setup_recorded(model, SetupSeed::draw(rng), Observer::none()).map(|(keys, _)| keys)
    }

    /// As [`Keys::setup`], from this seed, with the record that shows later which circuit the keys are of. Whoever has seed
    /// or record can forge proofs.
    ///
    /// # Errors
    /// As [`Keys::setup`], and [`Error::Cancelled`].
    pub fn setup_recorded(
        model: &Model,
        seed: SetupSeed,
        observer: Observer<'_>,
    ) -> Result<(Keys, SetupRecord), Error> {
        let key = setup_from_seed(model.circuit(), &seed, observer)?;
        let record = SetupRecord::new(key.verifying_key(), seed);
        Ok((Keys { key, binding: CircuitBinding::Recomputed }, record))
    }

    /// Makes the keys of a record again, which takes what the setup took. [`Keys::confirm`] and
    /// [`crate::Verifier::confirm`] compare them with keys from elsewhere.
    ///
    /// # Errors
    /// [`Error::Record`] where model and record do not belong together.
    pub fn recompute(model: &Model, record: &SetupRecord, observer: Observer<'_>) -> Result<Keys, Error> {
        Ok(Keys { key: record.recompute(model.circuit(), observer)?, binding: CircuitBinding::Recomputed })
    }

    /// The keys in the bytes of a `.pk` file, every point checked. Their circuit is [claimed](CircuitBinding::Claimed).
    ///
    /// # Errors
    /// [`Error::KeyFile`] says which check failed.
    pub fn load(bytes: &[u8]) -> Result<Keys, Error> {
        Ok(Keys { key: ProvingKey::from_bytes(bytes)?, binding: CircuitBinding::Claimed })
    }

    /// The keys in a `.pk` file, which is mapped. Its points are checked unless `validated` has a note that they were.
    ///
    /// # Errors
    /// As [`Keys::load`], and where the file cannot be read.
    pub fn open(path: &Path, validated: &ValidatedKeys) -> Result<Keys, Error> {
        Keys::open_with(path, validated, Observer::none())
    }

    /// As [`Keys::open`], with progress of the checks.
    ///
    /// # Errors
    /// As [`Keys::open`], and [`Error::Cancelled`].
    pub fn open_with(path: &Path, validated: &ValidatedKeys, observer: Observer<'_>) -> Result<Keys, Error> {
        let key = ProvingKey::open_observed(path, validated, observer)
            .map_err(|error| Error::key_open(path, error))?;
        Ok(Keys { key, binding: CircuitBinding::Claimed })
    }

    /// These keys, their circuit [recomputed](CircuitBinding::Recomputed), if they are the ones that `recomputed` are.
    ///
    /// # Errors
    /// [`Error::OtherKey`] where a byte differs.
    pub fn confirm(&self, recomputed: &Keys) -> Result<Keys, Error> {
        same_key(self.verifying_key(), recomputed)?;
        if self.key.as_bytes() != recomputed.key.as_bytes() {
            return Err(Error::OtherKey { what: "proving key" });
        }
        Ok(Keys { key: self.key.clone(), binding: CircuitBinding::Recomputed })
    }

    /// What a verifier needs.
    pub fn verifying_key(&self) -> &VerifyingKey {
        self.key.verifying_key()
    }

    /// What a prover needs.
    pub fn proving_key(&self) -> &ProvingKey {
        &self.key
    }

    /// How the keys' secrets were made.
    pub fn setup_kind(&self) -> SetupKind {
        self.verifying_key().setup_kind()
    }

    /// What ties the keys to their circuit.
    pub fn binding(&self) -> CircuitBinding {
        self.binding
    }

    /// The `.pk` artifact, where it lies.
    pub fn as_bytes(&self) -> &[u8] {
        self.key.as_bytes()
    }
}

/// Fails unless `key` is, byte for byte, the verifying key of keys that were computed here.
pub(crate) fn same_key(key: &VerifyingKey, recomputed: &Keys) -> Result<(), Error> {
    if recomputed.binding != CircuitBinding::Recomputed {
        return Err(Error::NotRecomputed);
    }
    if key == recomputed.verifying_key() { Ok(()) } else { Err(Error::OtherKey { what: "verifying key" }) }
}

/// The verifying key in a `.vk` file.
///
/// # Errors
/// [`Error::KeyFile`] says which check failed; or the file cannot be read.
pub fn open_verifying_key(path: &Path) -> Result<VerifyingKey, Error> {
    Ok(VerifyingKey::from_bytes(&files::read(path, SMALL)?)?)
}

/// The record in a `.secret` file.
///
/// # Errors
/// [`Error::Record`] says what is wrong with it; or the file cannot be read.
pub fn open_setup_record(path: &Path) -> Result<SetupRecord, Error> {
    Ok(SetupRecord::from_bytes(&files::read(path, SMALL)?)?)
}

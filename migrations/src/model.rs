//! The model of a description: its files, checked for all that the verifier program would refuse, and its registration.

use std::path::Path;

use assay::{SetupKind, Verifier, VerifyingKey};
use assay_compiler::registration;
use assay_interface::groth16::{self, VerifyingKey as InterfaceKey};
use assay_interface::sha256;
use assay_verifier_host::{MAX_TIMELOCK, MIN_TIMELOCK, Registration};
use solana_address::Address;

use crate::description::{Description, Model as Wanted};
use crate::error::{Result, Stop};
use crate::files;
use crate::world::World;

/// Most bytes of a compiled model, and of a key.
const LARGE: u64 = 4 << 30;
const SMALL: u64 = 4 << 20;

/// A model and its key.
pub struct ModelFiles {
    /// The compiled model.
    pub model: assay::Model,
    key: InterfaceKey,
    /// SHA-256 of the key's file.
    pub key_digest: [u8; 32],
    /// How the key was made.
    pub setup: SetupKind,
    wanted: Wanted,
}

impl ModelFiles {
    /// Those that a description names; none where it names none.
    ///
    /// # Errors
    /// A file cannot be read, is none, or the program would refuse it; the key is of another circuit.
    pub fn read(description: &Description) -> Result<Option<Self>> {
        let Some(wanted) = description.model.clone() else { return Ok(None) };
        let read = |path: &Path, most| {
            let path = description.path(path);
            files::read(&path, most).map(|bytes| (path, bytes)).map_err(|mut stop| {
                stop.remedy = Some("`assay compile` makes a model's file, and `assay setup` its key".into());
                stop
            })
        };
        let (path, bytes) = read(&wanted.file, LARGE)?;
        let told = |error: assay::Error, path: &Path| Stop {
            what: format!("{}: {error}", path.display()),
            remedy: error.hint().map(str::to_owned),
        };
        let model = assay::Model::load(&bytes).map_err(|error| told(error, &path))?;
        if let Some(warning) = registration::warnings(model.schema()).first() {
            return Err(Stop::new(
                format!("the program refuses this model: {}", warning.text()),
                warning.remedy(),
            ));
        }
        let (path, bytes) = read(&wanted.key, SMALL)?;
        let key_digest = sha256(&[&bytes]);
        let key = VerifyingKey::from_bytes(&bytes).map_err(|error| told(error.into(), &path))?;
        if key.circuit_digest() != model.circuit_digest() {
            return Err(Stop::new(
                format!("{} is a key for another circuit than the model's", path.display()),
                "a key fits the one model that it was made for: `assay setup` makes keys for this one",
            ));
        }
        let verifier = Verifier::new(key).for_model(&model).map_err(|error| told(error, &path))?;
        let (key, setup) = (verifier.key().to_interface(), verifier.key().setup_kind());
        groth16::check_key(&key).map_err(|error| {
            Stop::new(
                format!("{}: {error}", path.display()),
                "the key is unsound: `assay setup` makes another",
            )
        })?;
        match (setup, wanted.transcript) {
            (SetupKind::Development, Some(_)) => {
                return Err(Stop::new(
                    "the model's key is a development key, and no ceremony has a transcript of it",
                    "leave model.transcript out",
                ));
            }
            (SetupKind::Ceremony, transcript) if transcript.unwrap_or_default() == [0; 32] => {
                return Err(Stop::new(
                    "the model's key comes from a ceremony, and its registration names the ceremony's transcript",
                    "model.transcript is the transcript's SHA-256",
                ));
            }
            _ => {}
        }
        if !(MIN_TIMELOCK..=MAX_TIMELOCK).contains(&wanted.timelock) {
            return Err(Stop::new("model.timelock is none that the program allows", "it allows 1d to 30d"));
        }
        Ok(Some(Self { model, key, key_digest, setup, wanted }))
    }

    /// Refuses a key that proofs may be forged with, where that matters.
    ///
    /// # Errors
    /// It is one, and the cluster is none for such keys.
    pub fn refuse_development(&self, world: &World) -> Result<()> {
        if self.setup == SetupKind::Development && !world.takes_development_keys {
            return Err(Stop::new(
                "the model's key is a development key, so whoever made it can forge proofs, and this cluster is not local",
                "run a ceremony for the circuit; --development-keys takes it all the same, for trials",
            ));
        }
        Ok(())
    }

    /// What registers the model.
    ///
    /// # Errors
    /// Its guardian is its authority.
    pub fn registration(&self, world: &World) -> Result<Registration<'_>> {
        let guardian = self.guardian();
        if guardian == world.model {
            return Err(Stop::new(
                format!("the model's guardian is to be a key apart, and {guardian} registers it"),
                "model.guardian is another address, whose key is kept elsewhere",
            ));
        }
        Ok(Registration {
            authority: world.model,
            payer: world.payer,
            key: &self.key,
            schema: self.model.schema(),
            setup: self.setup,
            transcript_hash: self.wanted.transcript.unwrap_or_default(),
            timelock: self.wanted.timelock,
            guardian,
        })
    }

    /// Who is to have its authority now.
    pub fn authority(&self, world: &World) -> Address {
        self.wanted.authority.unwrap_or(world.model)
    }

    /// SHA-256 of the transcript of its key's ceremony.
    pub fn transcript(&self) -> Option<[u8; 32]> {
        self.wanted.transcript
    }

    /// Who may suspend it; zeros for nobody.
    pub fn guardian(&self) -> Address {
        self.wanted.guardian.unwrap_or_default()
    }

    /// Seconds from proposals to their effect.
    pub fn timelock(&self) -> i64 {
        self.wanted.timelock
    }
}

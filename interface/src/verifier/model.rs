//! A model's account, as other programs read it.

use super::error::{AccountError, body};
use crate::{bytes::Reader, groth16::SetupKind};

/// Where fields of a model's account lie, the discriminator counted.
pub mod model_account {
    use core::ops::Range;

    /// First bytes of the account.
    pub const DISCRIMINATOR: [u8; 8] = [152, 221, 247, 122, 185, 125, 223, 151];
    /// Bytes of the account.
    pub const LENGTH: usize = 1_512;
    /// Version of the layout.
    pub const VERSION: u8 = 3;
    /// Who manages the model; zeros where nobody ever will.
    pub const AUTHORITY: Range<usize> = 72..104;
    /// SHA-256 of the verifying key.
    pub const KEY_HASH: Range<usize> = 296..328;
    /// Domain of the model's statements: a field element, big-endian.
    pub const DOMAIN: Range<usize> = 360..392;
}

/// Where a model is in its life.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Status {
    /// Waiting for its timelock and for `activate`.
    Proposed = 0,
    /// Proofs are accepted.
    Active = 1,
    /// Stopped; `resume` proposes it again.
    Suspended = 2,
    /// Stopped for good.
    Retired = 3,
}

impl Status {
    /// The status that a byte stands for.
    pub const fn from_byte(byte: u8) -> Option<Self> {
        match byte {
            0 => Some(Self::Proposed),
            1 => Some(Self::Active),
            2 => Some(Self::Suspended),
            3 => Some(Self::Retired),
            _ => None,
        }
    }
}

/// What a model's account says of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ModelFacts<'a> {
    /// Who may activate, suspend, resume and retire it; zeros where nobody ever will.
    pub authority: &'a [u8; 32],
    /// Who may suspend it beside the authority; zeros for nobody.
    pub guardian: &'a [u8; 32],
    /// What it is: see [`super::model_id`].
    pub id: &'a [u8; 32],
    /// SHA-256 of its key.
    pub key_hash: &'a [u8; 32],
    /// SHA-256 of the ceremony's transcript: the registrar's word, which attestors may confirm.
    pub transcript_hash: &'a [u8; 32],
    /// First element of its statements: it stands for the schema.
    pub domain: &'a [u8; 32],
    /// How its key was made: the registrar's word as well.
    pub setup: SetupKind,
    /// Where it is in its life.
    pub status: Status,
}

impl<'a> ModelFacts<'a> {
    /// Reads an account that belongs to the verifier program.
    ///
    /// # Errors
    /// [`AccountError::Kind`], [`AccountError::Version`] or [`AccountError::Malformed`].
    pub fn read(data: &'a [u8]) -> Result<ModelFacts<'a>, AccountError> {
        let mut reader = Reader::new(body(data, &model_account::DISCRIMINATOR, model_account::LENGTH)?);
        Self::fields(&mut reader).ok_or(AccountError::Malformed)?
    }

    fn fields(reader: &mut Reader<'a>) -> Option<Result<ModelFacts<'a>, AccountError>> {
        reader.take(8 * 8)?; // times and counts
        let authority = reader.chunk()?;
        reader.take(32)?; // pending authority
        let guardian = reader.chunk()?;
        reader.take(3 * 32)?; // pending guardian, registrar, payer
        let (id, key_hash) = (reader.chunk()?, reader.chunk()?);
        let (transcript_hash, domain) = (reader.chunk()?, reader.chunk()?);
        reader.take(32 + 768 + 256 + 2 + 2)?; // audit chain, key, schema, its length, limbs
        let [version, _bump, setup, status] = reader.array()?;
        if version != model_account::VERSION {
            return Some(Err(AccountError::Version(version)));
        }
        let (setup, status) = (SetupKind::from_byte(setup)?, Status::from_byte(status)?);
        let facts = ModelFacts { authority, guardian, id, key_hash, transcript_hash, domain, setup, status };
        Some(Ok(facts))
    }

    /// Whether the authority was renounced: the model is active, and nobody can ever stop, suspend or close it.
    pub fn is_immutable(&self) -> bool {
        *self.authority == [0; 32]
    }
}

//! A registered model: its key, its schema, its life and its audit chain.

use core::mem::offset_of;

use anchor_lang::prelude::*;
use assay_interface::field::Scalar;
use assay_interface::groth16::{self, COMMITTED_KEY_LEN, Form, KeyRef, ProofRef, SetupKind};
use assay_interface::pda;
use assay_interface::statement::digest_of_encoded;
use assay_interface::verifier::{audit_extend, audit_start, model_account, model_id};

use crate::{ProofArgs, VerifierError};

/// Longest schema, in bytes: with a compressed key it leaves room in a transaction for two signers and a compute limit.
pub const MAX_SCHEMA_LEN: usize = 256;
/// Most limbs of a statement: more would not fit the longest transaction (4,096 bytes).
pub const MAX_LIMBS: usize = 96;
/// Shortest timelock of a key from a ceremony, in seconds: a day to look at it. Development keys may have none.
pub const MIN_CEREMONY_TIMELOCK: i64 = 24 * 60 * 60;
/// Longest timelock, in seconds.
pub const MAX_TIMELOCK: i64 = 30 * 24 * 60 * 60;

/// 1 had room for plain keys only.
const VERSION: u8 = 2;

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

/// A model, at the address of `["model", authority that registered it, id]`.
#[account]
#[derive(Debug)]
pub struct Model {
    /// Registration, in Unix seconds.
    pub registered_at: i64,
    /// Earliest activation, in Unix seconds.
    pub activates_at: i64,
    /// From proposal to activation, in seconds.
    pub timelock: i64,
    /// Statements recorded.
    pub accepted: u64,
    /// Last recorded statement, in Unix seconds; 0 before the first.
    pub last_accepted_at: i64,
    /// Who manages the model.
    pub authority: Address,
    /// To whom the authority is offered; zeros for nobody.
    pub pending_authority: Address,
    /// What the model is: the hash of key and schema that `assay_interface::verifier::model_id` gives.
    pub id: [u8; 32],
    /// SHA-256 of the key.
    pub key_hash: [u8; 32],
    /// SHA-256 of the ceremony's transcript; zeros for a development setup.
    pub transcript_hash: [u8; 32],
    /// First element of every statement: a field element that stands for the schema.
    pub domain: [u8; 32],
    /// Hash chain over the recorded statements, see [`Model::extend_audit_chain`].
    pub audit_chain: [u8; 32],
    /// The verifying key, then zeros: [`Model::key`] reads it.
    pub key: [u8; COMMITTED_KEY_LEN],
    /// The encoded schema, then zeros.
    pub schema: [u8; MAX_SCHEMA_LEN],
    /// Bytes of the schema.
    pub schema_len: u16,
    /// Limbs of a statement.
    pub limb_count: u16,
    /// Version of this layout.
    pub version: u8,
    /// Bump of the address.
    pub bump: u8,
    /// 0 development, 1 ceremony; never changes.
    pub setup: u8,
    /// A [`Status`].
    pub status: u8,
    /// The key's form: 0 plain, 1 committed.
    pub key_form: u8,
    /// Zeros, for later versions.
    pub reserved: [u8; 63],
}

const _: () = assert!(size_of::<Model>() == 1360, "the layout is fixed: version it instead");
const _: () = {
    let body = Model::DISCRIMINATOR.len();
    assert!(model_account::KEY_HASH.start == body + offset_of!(Model, key_hash));
    assert!(model_account::DOMAIN.start == body + offset_of!(Model, domain));
};

/// What `register` found to be sound.
pub struct NewModel<'a> {
    /// Who manages the model.
    pub authority: Address,
    /// The checked key.
    pub key: KeyRef<'a>,
    /// The decoded schema's encoding, at most [`MAX_SCHEMA_LEN`] bytes.
    pub schema: &'a [u8],
    /// Domain tag of the schema.
    pub domain: Scalar,
    /// Limbs of the schema's statements, at most [`MAX_LIMBS`].
    pub limb_count: u16,
    /// How the key was made.
    pub setup: SetupKind,
    /// Hash of the ceremony's transcript.
    pub transcript_hash: [u8; 32],
    /// From proposal to activation, in seconds.
    pub timelock: i64,
}

/// Seeds of a model's address, without the bump.
pub fn model_seeds<'a>(authority: &'a Address, id: &'a [u8; 32]) -> [&'a [u8]; 3] {
    [pda::verifier::MODEL, authority.as_ref(), id]
}

impl Model {
    /// Fills a zeroed account with a proposed model, `now` in Unix seconds.
    pub fn propose(&mut self, new: &NewModel<'_>, bump: u8, now: i64) -> Result<()> {
        self.registered_at = now;
        self.activates_at = activation(now, new.timelock)?;
        self.timelock = new.timelock;
        self.authority = new.authority;
        self.id = model_id(new.key, new.schema);
        self.key_hash = new.key.key_hash();
        self.transcript_hash = new.transcript_hash;
        self.domain = new.domain.to_be_bytes();
        self.audit_chain = audit_start(&self.id);
        let key = new.key.as_bytes();
        self.key.get_mut(..key.len()).ok_or(VerifierError::KeyLength)?.copy_from_slice(key);
        self.key_form = new.key.form().to_byte();
        self.schema
            .get_mut(..new.schema.len())
            .ok_or(VerifierError::SchemaTooLong)?
            .copy_from_slice(new.schema);
        self.schema_len = u16::try_from(new.schema.len()).map_err(|_| VerifierError::SchemaTooLong)?;
        self.limb_count = new.limb_count;
        self.version = VERSION;
        self.bump = bump;
        self.setup = new.setup.to_byte();
        self.status = Status::Proposed as u8;
        self.invariant()
    }

    /// The verifying key.
    pub fn key(&self) -> Result<KeyRef<'_>> {
        let form = Form::from_byte(self.key_form).ok_or(VerifierError::Invariant)?;
        let bytes = self.key.get(..form.key_len()).ok_or(VerifierError::Invariant)?;
        KeyRef::from_slice(bytes).map_err(|_| VerifierError::Invariant.into())
    }

    /// The encoded schema.
    pub fn schema(&self) -> &[u8] {
        self.schema.get(..usize::from(self.schema_len)).unwrap_or_default()
    }

    /// Where the model is in its life.
    pub fn status(&self) -> Result<Status> {
        Status::from_byte(self.status).ok_or(VerifierError::Invariant.into())
    }

    /// How the key was made.
    pub fn setup(&self) -> Result<SetupKind> {
        SetupKind::from_byte(self.setup).ok_or(VerifierError::Invariant.into())
    }

    /// Proposed, and past the timelock, to active.
    pub fn activate(&mut self, now: i64) -> Result<()> {
        match self.status()? {
            Status::Proposed => {}
            Status::Retired => return Err(VerifierError::ModelRetired.into()),
            Status::Active | Status::Suspended => return Err(VerifierError::NotProposed.into()),
        }
        require!(now >= self.activates_at, VerifierError::TimelockRunning);
        self.status = Status::Active as u8;
        Ok(())
    }

    /// Proposed or active to suspended.
    pub fn suspend(&mut self) -> Result<()> {
        match self.status()? {
            Status::Proposed | Status::Active => {}
            Status::Suspended => return Err(VerifierError::ModelSuspended.into()),
            Status::Retired => return Err(VerifierError::ModelRetired.into()),
        }
        self.status = Status::Suspended as u8;
        Ok(())
    }

    /// Suspended to proposed, with a new timelock: who took the authority cannot reactivate a model at once.
    pub fn resume(&mut self, now: i64) -> Result<()> {
        match self.status()? {
            Status::Suspended => {}
            Status::Retired => return Err(VerifierError::ModelRetired.into()),
            Status::Proposed | Status::Active => return Err(VerifierError::NotSuspended.into()),
        }
        self.activates_at = activation(now, self.timelock)?;
        self.status = Status::Proposed as u8;
        Ok(())
    }

    /// Anything but retired to retired.
    pub fn retire(&mut self) -> Result<()> {
        require!(self.status()? != Status::Retired, VerifierError::ModelRetired);
        self.status = Status::Retired as u8;
        Ok(())
    }

    /// The digest of the statement that `args` prove under this model's key; an error when they do not.
    pub fn check_proof(&self, args: &ProofArgs) -> Result<Scalar> {
        match self.status()? {
            Status::Active => {}
            Status::Proposed => return Err(VerifierError::ModelProposed.into()),
            Status::Suspended => return Err(VerifierError::ModelSuspended.into()),
            Status::Retired => return Err(VerifierError::ModelRetired.into()),
        }
        require!(args.limbs.len() == usize::from(self.limb_count), VerifierError::LimbCount);
        let domain = Scalar::from_be_bytes(self.domain).map_err(|_| VerifierError::Invariant)?;
        let digest = digest_of_encoded(&domain, &args.context, &args.limbs).map_err(VerifierError::from)?;
        let proof = ProofRef::from_slice(&args.proof).map_err(VerifierError::from)?;
        groth16::verify(self.key()?, proof, &digest).map_err(VerifierError::from)?;
        Ok(digest)
    }

    /// Counts a recorded statement, and chains it: see [`audit_extend`].
    pub fn extend_audit_chain(&mut self, digest: &Scalar, now: i64) -> Result<()> {
        self.audit_chain = audit_extend(&self.audit_chain, digest.as_be_bytes(), now);
        self.accepted = self.accepted.checked_add(1).ok_or(ProgramError::ArithmeticOverflow)?;
        self.last_accepted_at = now;
        Ok(())
    }

    /// What holds after every instruction that changes a model; each checks it last.
    pub fn invariant(&self) -> Result<()> {
        self.status()?;
        let is_ceremony = self.setup()? == SetupKind::Ceremony;
        let (_, behind_the_key) =
            self.key.split_at_checked(self.key()?.form().key_len()).ok_or(VerifierError::Invariant)?;
        let holds = self.version == VERSION
            && self.authority != Address::default()
            && self.pending_authority != self.authority
            && is_ceremony == (self.transcript_hash != [0; 32])
            && timelock_range(is_ceremony).contains(&self.timelock)
            && behind_the_key.as_chunks::<8>().0.iter().all(|word| u64::from_ne_bytes(*word) == 0)
            && usize::from(self.schema_len) <= MAX_SCHEMA_LEN
            && (1..=MAX_LIMBS).contains(&usize::from(self.limb_count))
            && (self.accepted != 0 || self.last_accepted_at == 0);
        require!(holds, VerifierError::Invariant);
        Ok(())
    }
}

/// The timelocks that a kind of setup allows, in seconds.
pub fn timelock_range(is_ceremony: bool) -> core::ops::RangeInclusive<i64> {
    if is_ceremony { MIN_CEREMONY_TIMELOCK..=MAX_TIMELOCK } else { 0..=MAX_TIMELOCK }
}

fn activation(now: i64, timelock: i64) -> Result<i64> {
    now.checked_add(timelock).ok_or(ProgramError::ArithmeticOverflow)
}

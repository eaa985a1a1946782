//! A registered model: its key, its schema, its life and its audit chain. What it does in its life stands in `life`, what is
//! proven for it in `statement`.

use core::mem::offset_of;

use anchor_lang::prelude::*;
use assay_interface::field::Scalar;
use assay_interface::groth16::{COMMITTED_KEY_LEN, Form, KeyRef, SetupKind};
use assay_interface::pda;
use assay_interface::verifier::{Status, audit_start, model_account, model_id};

use super::waits::{after, is_timelock};
use crate::VerifierError;

/// Longest schema, in bytes: with a compressed key it leaves room in a transaction for two signers and a compute limit.
pub const MAX_SCHEMA_LEN: usize = 256;
/// Most limbs of a statement: more would not fit the longest transaction (4,096 bytes).
pub const MAX_LIMBS: usize = 96;

/// A model, at the address of `["model", registrar, id]`.
#[account]
#[derive(Debug)]
pub struct Model {
    /// Registration, in Unix seconds.
    pub registered_at: i64,
    /// Earliest activation, in Unix seconds: of a proposed model, else of its last proposal.
    pub activates_at: i64,
    /// From proposal to effect, in seconds: of the model and of its guardian.
    pub timelock: i64,
    /// Statements recorded.
    pub accepted: u64,
    /// Last recorded statement, in Unix seconds; 0 before the first.
    pub last_accepted_at: i64,
    /// Until when the offered authority can be accepted, in Unix seconds; 0 for no offer.
    pub offer_expires_at: i64,
    /// From when the pending guardian can take effect, in Unix seconds; 0 for none pending.
    pub guardian_from: i64,
    /// Retirement, in Unix seconds; 0 before it.
    pub retired_at: i64,
    /// Who manages the model; zeros once renounced.
    pub authority: Address,
    /// To whom the authority is offered; zeros for nobody.
    pub pending_authority: Address,
    /// Who may suspend the model beside the authority; zeros for nobody.
    pub guardian: Address,
    /// Who waits to become the guardian, meaningless while `guardian_from` is 0; zeros to have none.
    pub pending_guardian: Address,
    /// Who registered the model: its first authority, and part of its address.
    pub registrar: Address,
    /// Who paid for the account, and gets the rent back.
    pub payer: Address,
    /// What the model is: the hash that `assay_interface::verifier::model_id` gives.
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
    pub reserved: [u8; 55],
}

const _: () = {
    let body = Model::DISCRIMINATOR.len();
    assert!(model_account::LENGTH == body + size_of::<Model>(), "the layout is fixed: version it instead");
    assert!(model_account::AUTHORITY.start == body + offset_of!(Model, authority));
    assert!(model_account::KEY_HASH.start == body + offset_of!(Model, key_hash));
    assert!(model_account::DOMAIN.start == body + offset_of!(Model, domain));
};

/// What `register` found to be sound.
pub struct NewModel<'a> {
    /// Who manages the model.
    pub authority: Address,
    /// Who may suspend it as well; zeros for nobody.
    pub guardian: Address,
    /// Who pays.
    pub payer: Address,
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

impl NewModel<'_> {
    /// What the model is.
    pub fn id(&self) -> [u8; 32] {
        model_id(self.setup, &self.transcript_hash, self.key, self.schema)
    }
}

/// Seeds of a model's address, without the bump.
pub fn model_seeds<'a>(registrar: &'a Address, id: &'a [u8; 32]) -> [&'a [u8]; 3] {
    [pda::verifier::MODEL, registrar.as_ref(), id]
}

impl Model {
    /// Version of the layout. 1 had room for plain keys only; 2 had no guardian, and an id without the setup.
    pub const VERSION: u8 = model_account::VERSION;

    /// Seconds from retirement to the earliest closing: consumers who still hold the address see a retired model until then.
    pub const CLOSES_AFTER: i64 = 30 * 24 * 60 * 60;

    /// Fills a zeroed account with a proposed model, `now` in Unix seconds.
    pub fn propose(&mut self, new: &NewModel<'_>, id: &[u8; 32], bump: u8, now: i64) -> Result<()> {
        self.registered_at = now;
        self.activates_at = after(now, new.timelock)?;
        self.timelock = new.timelock;
        self.authority = new.authority;
        self.guardian = new.guardian;
        self.registrar = new.authority;
        self.payer = new.payer;
        self.id = *id;
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
        self.version = Self::VERSION;
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
    pub fn schema(&self) -> Result<&[u8]> {
        self.schema.get(..usize::from(self.schema_len)).ok_or(VerifierError::Invariant.into())
    }

    /// Where the model is in its life.
    pub fn status(&self) -> Result<Status> {
        Status::from_byte(self.status).ok_or(VerifierError::Invariant.into())
    }

    /// How the key was made.
    pub fn setup(&self) -> Result<SetupKind> {
        SetupKind::from_byte(self.setup).ok_or(VerifierError::Invariant.into())
    }

    /// Whether the authority was renounced: the model is active, and stays so.
    pub fn is_immutable(&self) -> bool {
        self.authority == Address::default()
    }

    /// What holds after every instruction that changes a model; each checks it last.
    pub fn invariant(&self) -> Result<()> {
        require!(self.version == Self::VERSION, VerifierError::ModelVersion);
        let is_ceremony = self.setup()? == SetupKind::Ceremony;
        let status = self.status()?;
        let (_, behind_the_key) =
            self.key.split_at_checked(self.key()?.form().key_len()).ok_or(VerifierError::Invariant)?;
        let nobody = Address::default();
        let holds = (!self.is_immutable() || (status == Status::Active && self.has_nothing_pending()))
            && (self.pending_authority == nobody) == (self.offer_expires_at == 0)
            && (self.pending_authority == nobody || self.pending_authority != self.authority)
            && (self.guardian == nobody || (self.guardian != self.authority && !self.is_immutable()))
            && (self.guardian_from != 0 || self.pending_guardian == nobody)
            && (status == Status::Retired) == (self.retired_at != 0)
            && is_ceremony == (self.transcript_hash != [0; 32])
            && is_timelock(self.timelock)
            && behind_the_key.as_chunks::<8>().0.iter().all(|word| u64::from_ne_bytes(*word) == 0)
            && usize::from(self.schema_len) <= MAX_SCHEMA_LEN
            && (1..=MAX_LIMBS).contains(&usize::from(self.limb_count))
            && (self.accepted != 0 || self.last_accepted_at == 0);
        require!(holds, VerifierError::Invariant);
        Ok(())
    }

    /// Whether neither authority nor guardian waits to change.
    pub fn has_nothing_pending(&self) -> bool {
        self.offer_expires_at == 0 && self.guardian_from == 0
    }
}

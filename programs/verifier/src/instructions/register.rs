//! `register`: a key and a schema enter the registry, as a proposed model.
//!
//! The key comes compressed, so that a committed one leaves room in a transaction for the longest schema and two signers.
//! Everything about it is checked here, once, so that `verify` need not: about 118,000 compute units, for a committed
//! key 144,000; naming the fault of a refused point takes up to twice as many.
//!
//! The address holds the signer and the content, setup and transcript included, so nobody can take another's place, and who
//! says something else of how a key was made registers another model.

use anchor_lang::prelude::*;
use assay_interface::groth16::{SetupKind, VerifyingKey, check_key};
use assay_interface::schema::ModelSchema;
use assay_program::bounded::Vec;

use super::manage::now;
use crate::create::create;
use crate::{
    MAX_LIMBS, MAX_SCHEMA_LEN, Model, ModelRegistered, NewModel, VerifierError, is_timelock, model_seeds,
};

/// What `register` is given.
#[derive(SchemaWrite, SchemaRead, IdlType)]
pub struct RegisterArgs {
    /// The verifying key, plain or committed, as `assay_interface::groth16::VerifyingKey` compresses it.
    pub key: Vec<u8>,
    /// The encoded schema.
    pub schema: Vec<u8>,
    /// 0 development, 1 ceremony.
    pub setup: u8,
    /// SHA-256 of the ceremony's transcript; zeros for a development setup.
    pub transcript_hash: [u8; 32],
    /// Seconds from now to the earliest activation: a day to 30 days.
    pub timelock: i64,
    /// Who may suspend the model beside the authority, a key apart; zeros for nobody.
    pub guardian: Address,
}

/// 0. `[signer]` authority, 1. `[signer, writable]` payer, 2. `[writable]` model, 3. system program.
#[derive(Accounts)]
pub struct Register {
    /// Who will manage the model.
    pub authority: Signer,
    /// Who pays for the account; may be the authority, as neither account's data is touched.
    #[account(mut, unsafe(dup))]
    pub payer: Signer,
    /// The model, at `["model", authority, id]`, see `assay_interface::verifier::model_id`: created here.
    #[account(mut)]
    pub model: UncheckedAccount,
    /// Creates the account.
    pub system_program: Program<System>,
}

impl RegisterArgs {
    /// The model that these arguments describe, when all of it is sound.
    #[inline(never)] // a stack frame of its own
    fn validate<'a>(
        &'a self,
        authority: Address,
        payer: Address,
        key: &'a VerifyingKey,
    ) -> Result<NewModel<'a>> {
        let setup = SetupKind::from_byte(self.setup).ok_or(VerifierError::SetupKind)?;
        let is_ceremony = setup == SetupKind::Ceremony;
        require!(is_ceremony == (self.transcript_hash != [0; 32]), VerifierError::Transcript);
        require!(is_timelock(self.timelock), VerifierError::TimelockRange);
        require!(self.guardian != authority, VerifierError::GuardianIsAuthority);

        require!(self.schema.len() <= MAX_SCHEMA_LEN, VerifierError::SchemaTooLong);
        let schema = ModelSchema::decode(&self.schema).map_err(|_| VerifierError::SchemaMalformed)?;
        let limbs = schema.input_limbs() + schema.output_limbs();
        require!(limbs <= MAX_LIMBS, VerifierError::TooManyLimbs);

        check_key(key).map_err(VerifierError::from)?;
        Ok(NewModel {
            authority,
            guardian: self.guardian,
            payer,
            key: key.as_ref(),
            schema: &self.schema,
            domain: schema.domain(),
            limb_count: u16::try_from(limbs).map_err(|_| VerifierError::TooManyLimbs)?,
            setup,
            transcript_hash: self.transcript_hash,
            timelock: self.timelock,
        })
    }
}

/// Creates the model's account.
#[inline(never)] // the dispatcher would have to hold the frames of all handlers
pub fn handler(ctx: &mut Context<Register>, args: RegisterArgs) -> Result<()> {
    let accounts = &ctx.accounts;
    let key = VerifyingKey::decompress(&args.key).map_err(VerifierError::from)?;
    let new = args.validate(*accounts.authority.address(), *accounts.payer.address(), &key)?;
    let now = now()?;
    let id = new.id();
    create(
        accounts.payer.account(),
        accounts.model.account(),
        model_seeds(&new.authority, &id),
        VerifierError::ModelExists,
        |bump, model: &mut Model| model.propose(&new, &id, bump, now),
    )?;
    emit!(ModelRegistered {
        model: *accounts.model.address(),
        authority: new.authority,
        guardian: new.guardian,
        key_hash: new.key.key_hash(),
        key_form: new.key.form().to_byte(),
        setup: args.setup,
        transcript_hash: args.transcript_hash,
        activates_at: now.saturating_add(args.timelock),
    });
    Ok(())
}

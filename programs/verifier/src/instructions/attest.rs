//! `attest`: a member of a set confirms a model. The first of them creates the attestation; attesting twice changes nothing.
//!
//! Only bytes that never change under the model's address are attested: its key, its schema, how it was made. A retired
//! model is refused, since nobody should take it up.

use anchor_lang::prelude::*;
use assay_interface::verifier::{Status, attestation_account};

use super::manage::now;
use crate::create::create;
use crate::{Attestation, AttestorSet, Model, ModelAttested, VerifierError, attestation_seeds};

/// 0. `[signer]` attestor, 1. `[signer, writable]` payer, 2. `[]` set, 3. `[]` model, 4. `[writable]` attestation,
/// 5. system program.
#[derive(Accounts)]
pub struct Attest {
    /// Who attests: a member of the set.
    pub attestor: Signer,
    /// Who pays for the attestation, if it is not there; may be the attestor.
    #[account(mut, unsafe(dup))]
    pub payer: Signer,
    /// The set.
    pub set: Account<AttestorSet>,
    /// The model.
    pub model: Account<Model>,
    /// The attestation, at `["attestation", set, model]`: created here, if it is not there.
    #[account(mut)]
    pub attestation: UncheckedAccount,
    /// Creates the account.
    pub system_program: Program<System>,
}

/// Sets the attestor's bit.
#[inline(never)] // the dispatcher would have to hold the frames of all handlers
pub fn handler(ctx: &mut Context<Attest>) -> Result<()> {
    let Attest { attestor, payer, set, model, attestation, .. } = &ctx.accounts;
    let bit = set.bit(attestor.address())?;
    require!(model.version == Model::VERSION, VerifierError::ModelVersion);
    require!(model.status()? != Status::Retired, VerifierError::ModelRetired);
    let (set, model, now) = (*set.address(), *model.address(), now()?);
    if !Attestation::add(attestation.account(), &set, &model, bit, now)? {
        create(
            payer.account(),
            attestation.account(),
            attestation_seeds(&set, &model),
            VerifierError::NotAnAttestation,
            |bump, place: &mut Attestation| {
                *place = Attestation {
                    set,
                    model,
                    payer: *payer.address(),
                    attested_at: now,
                    bitmap: bit,
                    version: attestation_account::VERSION,
                    bump,
                    reserved: [0; 21],
                };
                Ok(())
            },
        )?;
    }
    emit!(ModelAttested { set, model, attestor: *attestor.address() });
    Ok(())
}

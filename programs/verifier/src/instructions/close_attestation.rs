//! `close_attestation`: whoever paid for an attestation takes the rent back, once its model is retired or closed. Before that
//! it stays: who pays for what others attest does not decide whether it holds.

use anchor_lang::prelude::*;

use crate::{AccountClosed, Attestation, Model, VerifierError};

/// 0. `[signer, writable]` payer, 1. `[]` model, 2. `[writable]` attestation.
#[derive(Accounts)]
pub struct CloseAttestation {
    /// Who paid for the attestation, and is paid back.
    #[account(mut, address = attestation.payer @ VerifierError::NotPayer)]
    pub payer: Signer,
    /// The model that was attested: retired, or closed.
    #[account(address = attestation.model @ VerifierError::WrongAddress)]
    pub model: UncheckedAccount,
    /// The attestation.
    #[account(mut, close = payer)]
    pub attestation: Account<Attestation>,
}

/// Closes the attestation.
#[inline(never)] // the dispatcher would have to hold the frames of all handlers
pub fn handler(ctx: &mut Context<CloseAttestation>) -> Result<()> {
    let CloseAttestation { payer, model, attestation } = &ctx.accounts;
    require!(Model::has_ended(model.account())?, VerifierError::ModelInUse);
    emit!(AccountClosed { account: *attestation.address(), payer: *payer.address() });
    Ok(())
}

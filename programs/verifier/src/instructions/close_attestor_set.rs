//! `close_attestor_set`: whoever paid for a set takes the rent back, at any time. The address holds what the set is, so anyone
//! can create it again, and no attestation under it changes meaning.

use anchor_lang::prelude::*;

use crate::{AccountClosed, AttestorSet, VerifierError};

/// 0. `[signer, writable]` payer, 1. `[writable]` set.
#[derive(Accounts)]
pub struct CloseAttestorSet {
    /// Who paid for the set, and is paid back.
    #[account(mut, address = set.payer @ VerifierError::NotPayer)]
    pub payer: Signer,
    /// The set.
    #[account(mut, close = payer)]
    pub set: Account<AttestorSet>,
}

/// Closes the set.
#[inline(never)] // the dispatcher would have to hold the frames of all handlers
pub fn handler(ctx: &mut Context<CloseAttestorSet>) -> Result<()> {
    let CloseAttestorSet { payer, set } = &ctx.accounts;
    emit!(AccountClosed { account: *set.address(), payer: *payer.address() });
    Ok(())
}

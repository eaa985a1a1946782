//! `create_issuer`: anyone becomes an issuer. It means nothing until a pool names it, whose suppliers choose to trust it.

use anchor_lang::prelude::*;
use assay_credit_interface::seeds::ISSUER;

use crate::{
    errors::CreditError,
    events::IssuerCreated,
    state::{Issuer, VERSION},
};

/// Accounts of `create_issuer`.
#[derive(Accounts)]
pub struct CreateIssuer {
    /// 0. `[signer, writable]` The authority; pays the rent.
    #[account(mut)]
    pub authority: Signer,
    /// 1. `[writable]` The issuer, which must not exist.
    #[account(init, payer = authority, seeds = [ISSUER, authority], bump)]
    pub issuer: Account<Issuer>,
    /// 2. `[]` The system program.
    pub system_program: Program<System>,
}

/// Creates the issuer. Its guardian is fixed for good: a stolen authority cannot be rid of it.
#[inline(never)]
pub(crate) fn handler(ctx: &mut Context<CreateIssuer>, guardian: Address) -> Result<()> {
    let bump = ctx.bumps.issuer;
    let CreateIssuer { authority, issuer, .. } = &mut ctx.accounts;
    if guardian == Address::default() || guardian == *authority.address() {
        return Err(CreditError::GuardianMissing.into());
    }
    issuer.authority = *authority.address();
    issuer.guardian = guardian;
    issuer.bump = bump;
    issuer.version = VERSION;
    emit!(IssuerCreated { issuer: *issuer.address(), authority: issuer.authority, guardian });
    Ok(issuer.invariant()?)
}

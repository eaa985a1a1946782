//! `stop_issuer`: the guardian stops an issuer, at once. Nothing is appended, no proof from its trees is taken, and nobody draws
//! on a tier of its word, until it is started.
//!
//! A guardian gone bad can do that, and nothing else: debts are repaid as before, and pools name another issuer.

use anchor_lang::prelude::*;

use super::now;
use crate::{errors::CreditError, events::IssuerChanged, state::Issuer};

/// Accounts of `stop_issuer`.
#[derive(Accounts)]
pub struct StopIssuer {
    /// 0. `[signer]` The guardian.
    #[account(address = issuer.guardian @ CreditError::WrongAuthority)]
    pub guardian: Signer,
    /// 1. `[writable]` The issuer.
    #[account(mut)]
    pub issuer: Account<Issuer>,
}

/// Stops it.
#[inline(never)]
pub(crate) fn handler(ctx: &mut Context<StopIssuer>) -> Result<()> {
    let issuer = &mut ctx.accounts.issuer;
    issuer.stop(now()?)?;
    emit!(IssuerChanged { issuer: *issuer.address(), stopped_at: issuer.stopped_at });
    Ok(issuer.invariant()?)
}

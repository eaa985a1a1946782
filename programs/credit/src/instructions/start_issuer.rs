//! `start_issuer`: authority and guardian start a stopped issuer at once; the authority alone a week after the stop, which is
//! time for pools to stop lending if it is the authority's key that was stolen.

use anchor_lang::prelude::*;

use super::now;
use crate::{
    errors::CreditError,
    events::IssuerChanged,
    state::{Issuer, StartedBy},
};

/// Accounts of `start_issuer`.
#[derive(Accounts)]
pub struct StartIssuer {
    /// 0. `[signer]` The authority.
    #[account(address = issuer.authority @ CreditError::WrongAuthority)]
    pub authority: Signer,
    /// 1. `[writable]` The issuer.
    #[account(mut)]
    pub issuer: Account<Issuer>,
    /// 2. `[signer]`, optional: the guardian, who consents to starting at once.
    pub guardian: Option<Signer>,
}

/// Starts it.
#[inline(never)]
pub(crate) fn handler(ctx: &mut Context<StartIssuer>) -> Result<()> {
    let StartIssuer { issuer, guardian, .. } = &mut ctx.accounts;
    let by = match guardian {
        None => StartedBy::AuthorityAlone,
        Some(signer) if *signer.address() == issuer.guardian => StartedBy::Both,
        Some(_) => return Err(CreditError::WrongAuthority.into()),
    };
    issuer.start(by, now()?)?;
    emit!(IssuerChanged { issuer: *issuer.address(), stopped_at: 0 });
    Ok(issuer.invariant()?)
}

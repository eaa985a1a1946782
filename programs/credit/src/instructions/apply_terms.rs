//! `apply_terms`: the admin puts proposed terms into force, once they are due. Interest up to this moment accrues at the old
//! rates.
//!
//! The admin chooses the moment, within seven days of the exit clock: any of them comes after suppliers could leave. Borrowers
//! see the new rates as long before.
//!
//! Issuer and model are asked again only where the terms name others: what was asked of them cannot change, but a model can be
//! retired and its account closed, by an authority that is not the admin, and that must not keep a pool from being made safer.

use anchor_lang::prelude::*;

use super::now;
#[allow(clippy::wildcard_imports)] // with the modules that the nested accounts generate
use super::trust::*;
use crate::{errors::CreditError, events::TermsApplied, state::Pool};

/// Accounts of `apply_terms`.
#[derive(Accounts)]
pub struct ApplyTerms {
    /// 0. `[signer]` The admin.
    #[account(address = pool.admin @ CreditError::WrongAuthority)]
    pub admin: Signer,
    /// 1. `[writable]` The pool.
    #[account(mut)]
    pub pool: Account<Pool>,
    /// 2 to 5. The issuer and the model that the proposed terms name.
    pub taken_up: Nested<TakenUp>,
}

/// Applies the proposal.
#[inline(never)]
pub(crate) fn handler(ctx: &mut Context<ApplyTerms>) -> Result<()> {
    let pool = &mut ctx.accounts.pool;
    let now = now()?;
    pool.accrue(now)?;
    let before = pool.terms;
    pool.apply_terms(now)?;
    ctx.accounts.taken_up.require_named(&pool.terms)?;
    if !before.trusts_alike(&pool.terms) {
        ctx.accounts.taken_up.require_trusted(&pool.terms)?;
    }
    pool.settle_exit(now)?;
    emit!(TermsApplied { pool: *pool.address(), issuer: pool.terms.issuer, model: pool.terms.model });
    Ok(pool.invariant()?)
}

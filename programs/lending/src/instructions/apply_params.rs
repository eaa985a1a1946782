//! `apply_params`: the admin puts proposed parameters into force, once they are due. Interest up to this moment accrues at the
//! old rates.
//!
//! The admin chooses the moment, within seven days of the exit clock: any of them comes after suppliers could leave.
//!
//! The model, or the series, is asked again only where the parameters trust another one or on other terms: what was asked of it
//! cannot change, but its authority, who is not the admin, can close its account, and that must not keep a market from being
//! made safer.

use anchor_lang::prelude::*;

use super::now;
#[allow(clippy::wildcard_imports)] // with the modules that the nested accounts generate
use super::trust::*;
use crate::{errors::LendingError, events::ParamsApplied, state::Market};

/// Accounts of `apply_params`.
#[derive(Accounts)]
pub struct ApplyParams {
    /// 0. `[signer]` The admin.
    #[account(address = market.admin @ LendingError::WrongAuthority)]
    pub admin: Signer,
    /// 1. `[writable]` The market.
    #[account(mut)]
    pub market: Account<Market>,
    /// 2 to 5. The model that the proposed parameters name.
    pub taken_up: Nested<TakenUp>,
}

/// Applies the proposal.
#[inline(never)]
pub(crate) fn handler(ctx: &mut Context<ApplyParams>) -> Result<()> {
    let market = &mut ctx.accounts.market;
    let now = now()?;
    market.accrue(now)?;
    let before = market.params;
    market.apply_params(now)?;
    if before.trusts_alike(&market.params) {
        ctx.accounts.taken_up.require_named(&market.params)?;
    } else {
        ctx.accounts.taken_up.require_trusted(&market.params)?;
    }
    market.settle_exit(now)?;
    emit!(ParamsApplied { market: *market.address(), model: market.params.model });
    Ok(market.invariant()?)
}

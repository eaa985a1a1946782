//! `lower_pause`: the admin lowers the pause level a day after it was raised, or at once if the guardian signs too. Where
//! the admin was renounced, the guardian lowers it alone.

use anchor_lang::prelude::*;

use super::now;
use crate::{
    errors::LendingError,
    events::PauseChanged,
    state::{Consent, Market, PauseLevel},
};

/// Accounts of `lower_pause`.
#[derive(Accounts)]
pub struct LowerPause {
    /// 0. `[signer]` The admin; where there is none, the guardian.
    pub authority: Signer,
    /// 1. `[writable]` The market.
    #[account(mut)]
    pub market: Account<Market>,
    /// 2. `[signer]`, optional: the guardian, who consents to lowering at once.
    pub guardian: Option<Signer>,
}

impl LowerPause {
    fn consent(&self) -> Result<Consent> {
        let market = &self.market;
        let renounced = market.admin == Address::default();
        let holder = if renounced { market.guardian } else { market.admin };
        if *self.authority.address() != holder {
            return Err(LendingError::WrongAuthority.into());
        }
        match &self.guardian {
            Some(guardian) if *guardian.address() == market.guardian => Ok(Consent::WithGuardian),
            Some(_) => Err(LendingError::WrongAuthority.into()),
            None if renounced => Ok(Consent::WithGuardian),
            None => Ok(Consent::AdminAlone),
        }
    }
}

/// Lowers the level: 0 open, 1 reduce-only.
#[inline(never)]
pub(crate) fn handler(ctx: &mut Context<LowerPause>, level: u8) -> Result<()> {
    let consent = ctx.accounts.consent()?;
    let market = &mut ctx.accounts.market;
    let now = now()?;
    market.accrue(now)?;
    let level_set = PauseLevel::from_byte(level).map_err(LendingError::from)?;
    market.guard.lower(level_set, consent, now).map_err(LendingError::from)?;
    market.settle_exit(now)?;
    emit!(PauseChanged { market: *market.address(), level, halted_until: market.guard.halted_until });
    Ok(market.invariant()?)
}

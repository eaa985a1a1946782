//! `lower_pause`: the admin lowers the pause level a day after it was raised, or at once if the guardian signs too. Where the
//! admin was renounced, the guardian lowers it alone.

use anchor_lang::prelude::*;

use super::now;
use crate::{
    errors::CreditError,
    events::PauseChanged,
    state::{Consent, PauseLevel, Pool},
};

/// Accounts of `lower_pause`.
#[derive(Accounts)]
pub struct LowerPause {
    /// 0. `[signer]` The admin; where there is none, the guardian.
    pub authority: Signer,
    /// 1. `[writable]` The pool.
    #[account(mut)]
    pub pool: Account<Pool>,
    /// 2. `[signer]`, optional: the guardian, who consents to lowering at once.
    pub guardian: Option<Signer>,
}

impl LowerPause {
    fn consent(&self) -> Result<Consent> {
        let pool = &self.pool;
        let renounced = pool.admin == Address::default();
        let holder = if renounced { pool.guardian } else { pool.admin };
        if *self.authority.address() != holder {
            return Err(CreditError::WrongAuthority.into());
        }
        match &self.guardian {
            Some(guardian) if *guardian.address() == pool.guardian => Ok(Consent::WithGuardian),
            Some(_) => Err(CreditError::WrongAuthority.into()),
            None if renounced => Ok(Consent::WithGuardian),
            None => Ok(Consent::AdminAlone),
        }
    }
}

/// Lowers the level: 0 open, 1 reduce-only.
#[inline(never)]
pub(crate) fn handler(ctx: &mut Context<LowerPause>, level: u8) -> Result<()> {
    let consent = ctx.accounts.consent()?;
    let pool = &mut ctx.accounts.pool;
    let now = now()?;
    pool.accrue(now)?;
    let lowered = PauseLevel::from_byte(level).map_err(CreditError::from)?;
    pool.guard.lower(lowered, consent, now).map_err(CreditError::from)?;
    pool.settle_exit(now)?;
    emit!(PauseChanged { pool: *pool.address(), level, halted_until: pool.guard.halted_until });
    Ok(pool.invariant()?)
}

//! `council`: the council chooses among the rows that were proven and the fallback. It can name no other, and its silence is
//! the fallback.

use anchor_lang::prelude::*;

use super::now;
#[allow(clippy::wildcard_imports)] // with the modules that the nested accounts generate
use super::settle::*;
use crate::{errors::MarketError, state::Choice};

/// Accounts of `council`.
#[derive(Accounts)]
pub struct Council {
    /// 0 to 5. The accounts of `settle`.
    pub ending: Nested<Settle>,
    /// 6. `[signer]` The council.
    #[account(address = ending.question.council @ MarketError::NotCouncil)]
    pub council: Signer,
}

/// Pays what the council chose.
#[inline(never)]
pub(crate) fn handler(ctx: &mut Context<Council>, choice: u8) -> Result<()> {
    let choice = Choice::from_byte(choice).ok_or(MarketError::NotProven)?;
    ctx.accounts.ending.question.decide(choice, now()?)?;
    ctx.accounts.ending.finish()
}

//! `close_position`: its owner closes an empty position and gets the lamports back, three minutes after its debt ended. No
//! snapshot of the old debt can be taken by then, so a position opened again at the same address meets none in its place.

use anchor_lang::prelude::*;

use super::now;
use crate::{errors::LendingError, state::Position};

/// Accounts of `close_position`.
#[derive(Accounts)]
pub struct ClosePosition {
    /// 0. `[signer, writable]` The owner, who paid for it.
    #[account(mut, address = position.owner @ LendingError::WrongAuthority)]
    pub owner: Signer,
    /// 1. `[writable]` The position.
    #[account(mut, close = owner)]
    pub position: Account<Position>,
}

/// Closes the position.
#[inline(never)]
pub(crate) fn handler(ctx: &mut Context<ClosePosition>) -> Result<()> {
    Ok(ctx.accounts.position.require_closable(now()?)?)
}

//! `close_snapshot`: closes a snapshot that has expired. Anyone may; the lamports go to whoever paid for it.

use anchor_lang::prelude::*;

use super::now;
use crate::{errors::LendingError, state::Snapshot};

/// Accounts of `close_snapshot`.
#[derive(Accounts)]
pub struct CloseSnapshot {
    /// 0. `[writable]` The snapshot.
    #[account(mut, close = payer)]
    pub snapshot: Account<Snapshot>,
    /// 1. `[writable]` Who paid for it.
    #[account(mut, address = snapshot.payer @ LendingError::WrongReceiver)]
    pub payer: UncheckedAccount,
}

/// Closes the snapshot.
#[inline(never)]
pub(crate) fn handler(ctx: &mut Context<CloseSnapshot>) -> Result<()> {
    if now()? <= ctx.accounts.snapshot.expires_at {
        return Err(LendingError::SnapshotAlive.into());
    }
    Ok(())
}

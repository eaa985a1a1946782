//! `close_round`: the rent of a round that is of no use any more. Anyone may; it goes to who paid.
//!
//! A round is closed a quarter of an hour after its minute, when nothing can be published of it, and then it cannot be opened
//! again either: the minute is too long ago.

use anchor_lang::prelude::*;

use super::now;
use crate::{errors::FeedError, state::Round};

/// Accounts of `close_round`.
#[derive(Accounts)]
pub struct CloseRound {
    /// 0. `[writable]` Who paid for the round.
    #[account(mut, address = round.payer @ FeedError::WrongReceiver)]
    pub payer: UncheckedAccount,
    /// 1. `[writable]` The round.
    #[account(mut, close = payer)]
    pub round: Account<Round>,
}

/// Closes it, if its time is over.
#[inline(never)]
pub(crate) fn handler(ctx: &mut Context<CloseRound>) -> Result<()> {
    if now()? < ctx.accounts.round.ends_at() { Err(FeedError::RoundOpen.into()) } else { Ok(()) }
}

//! `close_observation`: the rent of an observation whose question is closed. Anyone may; it goes to who paid.

use anchor_lang::prelude::*;

use crate::{errors::MarketError, state::Observation};

/// Accounts of `close_observation`.
#[derive(Accounts)]
pub struct CloseObservation {
    /// 0. `[writable]` Who paid for the observation.
    #[account(mut, address = observation.payer @ MarketError::WrongReceiver)]
    pub payer: UncheckedAccount,
    /// 1. `[writable]` The observation.
    #[account(mut, close = payer)]
    pub observation: Account<Observation>,
    /// 2. `[]` Its question, which is closed.
    #[account(address = observation.question @ MarketError::WrongObservation)]
    pub question: UncheckedAccount,
}

/// Closes it, if the question is no more.
#[inline(never)]
pub(crate) fn handler(ctx: &mut Context<CloseObservation>) -> Result<()> {
    if ctx.accounts.question.account().is_data_empty() { Ok(()) } else { Err(MarketError::StillHeld.into()) }
}

//! `close_series`: the rent of a series returns to whoever paid it, once its current model is retired or closed, or before it
//! had one. Nobody can follow it then; and what it promised is part of its address, so creating it again breaks no promise:
//! a model waits as long as it would have. One that was renounced has no authority, and stays.

use anchor_lang::prelude::*;

use crate::{AccountClosed, Model, Series, VerifierError};

/// 0. `[signer]` authority, 1. `[writable]` payer, 2. `[]` current model, 3. `[writable]` series.
#[derive(Accounts)]
pub struct CloseSeries {
    /// Who proposed the series' models.
    #[account(address = series.authority @ VerifierError::NotSeriesAuthority)]
    pub authority: Signer,
    /// Who paid for the series, and is paid back; may be the authority.
    #[account(mut, unsafe(dup), address = series.payer @ VerifierError::NotPayer)]
    pub payer: UncheckedAccount,
    /// The current model: retired, or closed. Where there was none yet, the zero address.
    #[account(address = series.current @ VerifierError::SeriesModel)]
    pub model: UncheckedAccount,
    /// The series.
    #[account(mut, close = payer)]
    pub series: Account<Series>,
}

/// Closes the series.
#[inline(never)] // the dispatcher would have to hold the frames of all handlers
pub fn handler(ctx: &mut Context<CloseSeries>) -> Result<()> {
    let CloseSeries { payer, model, series, .. } = &ctx.accounts;
    if series.current != Address::default() {
        require!(Model::has_ended(model.account())?, VerifierError::ModelInUse);
    }
    emit!(AccountClosed { account: *series.address(), payer: *payer.address() });
    Ok(())
}

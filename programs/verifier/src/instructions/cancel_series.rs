//! `cancel_series`: the authority withdraws the proposal of a model.

use anchor_lang::prelude::*;

use super::manage_series::ManageSeries;
use crate::SeriesProposed;

/// Withdraws the proposal.
#[inline(never)] // the dispatcher would have to hold the frames of all handlers
pub fn handler(ctx: &mut Context<ManageSeries>) -> Result<()> {
    let series = &mut ctx.accounts.series;
    series.cancel()?;
    series.invariant()?;
    emit!(SeriesProposed { series: *series.address(), model: Address::default(), applies_from: 0 });
    Ok(())
}

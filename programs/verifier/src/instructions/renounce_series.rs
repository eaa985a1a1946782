//! `renounce_series`: the current model stays current for good; following the series is pinning that model.

use anchor_lang::prelude::*;

use super::manage_series::ManageSeries;
use crate::SeriesRenounced;

/// Renounces the authority.
#[inline(never)] // the dispatcher would have to hold the frames of all handlers
pub fn handler(ctx: &mut Context<ManageSeries>) -> Result<()> {
    let series = &mut ctx.accounts.series;
    series.renounce()?;
    series.invariant()?;
    emit!(SeriesRenounced { series: *series.address(), model: series.current });
    Ok(())
}

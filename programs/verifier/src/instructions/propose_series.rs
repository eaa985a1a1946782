//! `propose_series`: the next model of a series, behind the series' timelock. It must have the series' domain, and must not be
//! retired; that it is active and attested is asked for when it takes its place.

use anchor_lang::prelude::*;
use assay_interface::verifier::Status;

use super::manage::now;
use crate::{Model, Series, SeriesProposed, VerifierError};

/// 0. `[signer]` authority, 1. `[]` model, 2. `[writable]` series.
#[derive(Accounts)]
pub struct ProposeSeries {
    /// Who proposes the series' models.
    #[account(address = series.authority @ VerifierError::NotSeriesAuthority)]
    pub authority: Signer,
    /// The model.
    pub model: Account<Model>,
    /// The series.
    #[account(mut)]
    pub series: Account<Series>,
}

/// Proposes the model; a second proposal replaces the first and waits anew.
#[inline(never)] // the dispatcher would have to hold the frames of all handlers
pub fn handler(ctx: &mut Context<ProposeSeries>) -> Result<()> {
    let ProposeSeries { model, series, .. } = &mut ctx.accounts;
    require!(model.version == Model::VERSION, VerifierError::ModelVersion);
    require!(model.status()? != Status::Retired, VerifierError::ModelRetired);
    series.propose(model.address(), &model.domain, now()?)?;
    series.invariant()?;
    emit!(SeriesProposed {
        series: *series.address(),
        model: *model.address(),
        applies_from: series.pending_from,
    });
    Ok(())
}

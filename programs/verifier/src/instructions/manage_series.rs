//! The accounts of what a series' authority does alone: `cancel_series`, `renounce_series`.
//!
//! Nobody signs for the zero address, so nobody manages a series that was renounced.

use anchor_lang::prelude::*;

use crate::{Series, VerifierError};

/// 0. `[signer]` authority, 1. `[writable]` series.
#[derive(Accounts)]
pub struct ManageSeries {
    /// Who proposes the series' models.
    #[account(address = series.authority @ VerifierError::NotSeriesAuthority)]
    pub authority: Signer,
    /// The series.
    #[account(mut)]
    pub series: Account<Series>,
}

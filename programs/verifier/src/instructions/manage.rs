//! The accounts of everything that a model's authority does alone: `activate`, `resume`, `retire`, `propose_authority`,
//! `propose_guardian`, `apply_guardian`, `cancel_guardian`, `renounce_authority`.
//!
//! Nobody signs for the zero address, so nobody manages a model whose authority was renounced.

use anchor_lang::prelude::*;

use crate::{Model, VerifierError};

/// 0. `[signer]` authority, 1. `[writable]` model.
#[derive(Accounts)]
pub struct Manage {
    /// Who manages the model.
    #[account(address = model.authority @ VerifierError::NotAuthority)]
    pub authority: Signer,
    /// The model.
    #[account(mut)]
    pub model: Account<Model>,
}

/// The time, in Unix seconds: slots are not a clock.
pub(crate) fn now() -> Result<i64> {
    Ok(Clock::get()?.unix_timestamp)
}

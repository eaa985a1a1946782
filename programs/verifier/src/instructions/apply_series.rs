//! `apply_series`: the pending model becomes the current one, once the series' timelock has passed, and for 14 days from then.
//! It must be active by now, and attested where the series names a set: who follows a series asks for neither again.

use anchor_lang::prelude::*;
use assay_interface::verifier::attested;

use super::manage::now;
use crate::{Model, Series, SeriesApplied, VerifierError};

/// 0. `[signer]` authority, 1. `[]` model, 2. `[writable]` series, 3. `[]` set, 4. `[]` attestation.
#[derive(Accounts)]
pub struct ApplySeries {
    /// Who proposes the series' models.
    #[account(address = series.authority @ VerifierError::NotSeriesAuthority)]
    pub authority: Signer,
    /// The pending model: active.
    #[account(address = series.pending @ VerifierError::SeriesModel)]
    pub model: Account<Model>,
    /// The series.
    #[account(mut)]
    pub series: Account<Series>,
    /// The set that the series names; any account where it names none.
    pub set: UncheckedAccount,
    /// The set's attestation of the model; any account where the series names no set.
    pub attestation: UncheckedAccount,
}

impl ApplySeries {
    fn validate(&self) -> Result<()> {
        self.model.require_active()?;
        let set = &self.series.attestor_set;
        if *set == Address::default() {
            return Ok(());
        }
        require!(self.set.address() == set, VerifierError::NotAnAttestorSet);
        require!(self.set.account().owned_by(&crate::ID), VerifierError::NotAnAttestorSet);
        require!(self.attestation.account().owned_by(&crate::ID), VerifierError::NotAnAttestation);
        let set_data = self.set.account().try_borrow()?;
        let data = self.attestation.account().try_borrow()?;
        let model = self.model.address().as_array();
        attested(set.as_array(), &set_data, &data, model).map_err(|_| VerifierError::NotAttested.into())
    }
}

/// Makes the pending model current.
#[inline(never)] // the dispatcher would have to hold the frames of all handlers
pub fn handler(ctx: &mut Context<ApplySeries>) -> Result<()> {
    ctx.accounts.validate()?;
    let series = &mut ctx.accounts.series;
    let previous = series.current;
    series.apply(now()?)?;
    series.invariant()?;
    emit!(SeriesApplied { series: *series.address(), previous, model: series.current });
    Ok(())
}

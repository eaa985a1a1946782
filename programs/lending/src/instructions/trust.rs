//! Which model a market accepts, and what it asks of one when it takes it up.
//!
//! A market pins a model, or follows a series and accepts the series' current model. Then the series' account comes with every
//! instruction that verifies, and the model is read from it at that moment. The account is the one whose address the parameters
//! hold; it must be the verifier program's, with the discriminator and version of a series. The verifier makes such accounts at
//! the address of their seeds only, and what a series promises (timelock, domain, attestors) is part of them. Where the series
//! is closed nothing is verified, and the plain rule remains.
//!
//! Taken up, at the market's creation and with every change of its parameters, is a model of the stated schema whose key was made
//! in an accepted way. "Ceremony" is the word of whoever registered the key, so:
//!
//! - a pinned model from a ceremony has the attestation of the set that the parameters name;
//! - a series that is followed names that same set where ceremonies are accepted: the verifier then lets no model become current
//!   that the set did not attest, whoever proposes it;
//! - a series waits at least as long with its models as the market with its parameters, two days.
//!
//! None of it can change under the addresses, so no proof asks for it again; how the key was made each answer of the verifier
//! says, and a key of another kind is refused then. What a follower trusts, beside the series' promises: that its authority
//! chooses models that score as well as the one before. The wait is plain time, not the exit clock's: a model can open early
//! liquidations only, and borrowers can repay whatever the market's pause level is.

use anchor_lang::prelude::*;
use assay_cpi::{Choice, CpiError, SetupKind, Setups, model_facts, require_attested, series_facts};

use crate::{
    errors::LendingError,
    state::{RiskParams, SETUP_CEREMONY, TIMELOCK_SECONDS},
};

/// The model that a market takes up, and what is said of it.
#[derive(Accounts)]
pub struct TakenUp {
    /// 0. `[]` The model: the one that the parameters name, or the current one of the series that they name.
    pub model: UncheckedAccount,
    /// 1. `[]`, optional: the series, where the parameters name one.
    pub series: Option<UncheckedAccount>,
    /// 2. `[]` The set of attestors; any account where the model's key is a development key, or a series is followed.
    pub attestors: UncheckedAccount,
    /// 3. `[]` What the set attested of the model; any account where the set may be any.
    pub attestation: UncheckedAccount,
}

/// Address of the model that the parameters accept now, given the series' account where they name one.
pub(super) fn accepted_model(params: &RiskParams, series: Option<&UncheckedAccount>) -> Result<[u8; 32]> {
    match (params.series(), series) {
        (None, None) => Ok(params.model),
        (None, Some(_)) => Err(LendingError::SeriesUnwanted.into()),
        (Some(_), None) => Err(LendingError::SeriesMissing.into()),
        (Some(series), Some(account)) => Choice::Followed { series, account: account.account() }.model(),
    }
}

impl TakenUp {
    /// Fails unless this is what the parameters name, whatever has become of it: the pinned model, or the series. Which model a
    /// series has now, only its account could say.
    pub(crate) fn require_named(&self, params: &RiskParams) -> Result<()> {
        let named = match (params.series(), &self.series) {
            (None, None) => self.model.address(),
            (Some(_), Some(series)) => series.address(),
            (None, Some(_)) => return Err(LendingError::SeriesUnwanted.into()),
            (Some(_), None) => return Err(LendingError::SeriesMissing.into()),
        };
        if *named.as_array() != params.model {
            return Err(LendingError::WrongModel.into());
        }
        Ok(())
    }

    /// Fails unless the model is the one that the parameters accept, and may be trusted on their terms.
    pub(crate) fn require_trusted(&self, params: &RiskParams) -> Result<()> {
        let model = self.model.account();
        let accepted = accepted_model(params, self.series.as_ref())?;
        if *model.address().as_array() != accepted {
            return Err(LendingError::WrongModel.into());
        }
        let (setup, domain) = model_facts(&accepted, model, |facts| (facts.setup, *facts.domain))?;
        if domain != params.statement_domain {
            return Err(CpiError::WrongDomain.into());
        }
        let setups = Setups::from_bits(params.accepted_setup_kinds).ok_or(LendingError::InvalidSetupKinds)?;
        if !setups.contain(setup) {
            return Err(CpiError::SetupRefused.into());
        }
        match (params.series().zip(self.series.as_ref()), setup) {
            (Some((series, account)), _) => require_sound_series(params, series, account.account()),
            (None, SetupKind::Development) => Ok(()),
            (None, SetupKind::Ceremony) => {
                let (set, attestation) = (self.attestors.account(), self.attestation.account());
                require_attested(&params.attestors, set, attestation, &params.model)
            }
        }
    }
}

/// Fails unless what the series promises is what the parameters ask of it.
fn require_sound_series(params: &RiskParams, series: &[u8; 32], account: &AccountView) -> Result<()> {
    let (timelock, set) = series_facts(series, account, |facts| (facts.timelock, *facts.attestor_set))?;
    if u64::try_from(timelock).unwrap_or(0) < TIMELOCK_SECONDS {
        return Err(LendingError::SeriesTooFast.into());
    }
    if params.accepted_setup_kinds & SETUP_CEREMONY != 0 && set != params.attestors {
        return Err(LendingError::SeriesAttestors.into());
    }
    Ok(())
}

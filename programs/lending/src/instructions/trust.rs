//! What a market asks of a model when it takes it up, at its creation and with every change of its parameters: that it is the
//! model of the stated schema, that its key was made in an accepted way, and, where that is a ceremony, that the attestors
//! whom the parameters name confirmed it. "Ceremony" is otherwise the word of whoever registered the key.
//!
//! None of it can change under the model's address, so no proof asks for it again.

use anchor_lang::prelude::*;
use assay_cpi::{CpiError, SetupKind, Setups, model_facts, require_attested};

use crate::{errors::LendingError, state::RiskParams};

/// The model that a market takes up, and what is said of it.
#[derive(Accounts)]
pub struct TakenUp {
    /// 0. `[]` The model.
    pub model: UncheckedAccount,
    /// 1. `[]` The set of attestors; any account where the model's key is a development key.
    pub attestors: UncheckedAccount,
    /// 2. `[]` What the set attested of the model; any account where the model's key is a development key.
    pub attestation: UncheckedAccount,
}

impl TakenUp {
    /// Fails unless the model is the one that the parameters name, and may be trusted on their terms.
    pub(crate) fn require_trusted(&self, params: &RiskParams) -> Result<()> {
        let model = self.model.account();
        if *model.address().as_array() != params.model {
            return Err(LendingError::WrongModel.into());
        }
        let (setup, domain) = model_facts(&params.model, model, |facts| (facts.setup, *facts.domain))?;
        if domain != params.statement_domain {
            return Err(CpiError::WrongDomain.into());
        }
        let setups = Setups::from_bits(params.accepted_setup_kinds).ok_or(LendingError::InvalidSetupKinds)?;
        if !setups.contain(setup) {
            return Err(CpiError::SetupRefused.into());
        }
        match setup {
            SetupKind::Development => Ok(()),
            SetupKind::Ceremony => {
                let (set, attestation) = (self.attestors.account(), self.attestation.account());
                require_attested(&params.attestors, set, attestation, &params.model)
            }
        }
    }
}

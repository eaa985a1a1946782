//! What a pool asks of model and issuer when it takes them up, at its creation and with every change of its terms: that they
//! exist, that the model is the one of the stated schema, that its key was made in an accepted way, and, where that is a
//! ceremony, that the attestors whom the terms name confirmed it. "Ceremony" is otherwise the word of whoever registered it.
//!
//! None of it can change under the model's address, so no proof asks for it again.

use anchor_lang::prelude::*;
use assay_cpi::{CpiError, SetupKind, Setups, model_facts, require_attested};

use crate::{
    errors::CreditError,
    state::{Issuer, Terms},
};

/// The issuer and the model that a pool takes up, and what is said of the model.
#[derive(Accounts)]
pub struct TakenUp {
    /// 0. `[]` The issuer.
    pub issuer: Account<Issuer>,
    /// 1. `[]` The model.
    pub model: UncheckedAccount,
    /// 2. `[]` The set of attestors; any account where the model's key is a development key.
    pub attestors: UncheckedAccount,
    /// 3. `[]` What the set attested of the model; any account where the model's key is a development key.
    pub attestation: UncheckedAccount,
}

impl TakenUp {
    /// Fails unless these are the issuer and the model that the terms name.
    pub(crate) fn require_named(&self, terms: &Terms) -> Result<()> {
        if *self.issuer.address().as_array() != terms.issuer {
            return Err(CreditError::WrongIssuer.into());
        }
        if *self.model.address().as_array() != terms.model {
            return Err(CreditError::WrongModel.into());
        }
        Ok(())
    }

    /// Fails unless these are the issuer and the model that the terms name, and may be trusted on them.
    pub(crate) fn require_trusted(&self, terms: &Terms) -> Result<()> {
        self.require_named(terms)?;
        let model = self.model.account();
        let (setup, domain) = model_facts(&terms.model, model, |facts| (facts.setup, *facts.domain))?;
        if domain != terms.domain {
            return Err(CpiError::WrongDomain.into());
        }
        let setups = Setups::from_bits(terms.setups).ok_or(CreditError::InvalidSetupKinds)?;
        if !setups.contain(setup) {
            return Err(CpiError::SetupRefused.into());
        }
        match setup {
            SetupKind::Development => Ok(()),
            SetupKind::Ceremony => {
                let (set, attestation) = (self.attestors.account(), self.attestation.account());
                require_attested(&terms.attestors, set, attestation, &terms.model)
            }
        }
    }
}

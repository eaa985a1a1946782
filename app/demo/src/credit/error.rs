//! Why a run could not be finished. What a run finds out is no error: it is in the outcome.

use std::io;

use assay_host::account::AccountError;
use assay_interface::{groth16::KeyError, poseidon::PoseidonError};
use assay_localnet::{DeployError, Refusal};
use solana_address::Address;
use thiserror::Error;

use assay_credit_host::{follower::FollowError, schema::UnfitModel, statement::UnprovableError};

use crate::scenario::ScenarioError;

/// Why a run stopped.
#[derive(Debug, Error)]
pub enum DemoError {
    /// A program's file is missing or none.
    #[error(transparent)]
    Deploy(#[from] DeployError),
    /// The model does not compile, or something about keys or proofs fails.
    #[error(transparent)]
    Assay(#[from] assay::Error),
    /// A verifying key holds no points of its curves.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// The model is not for pools.
    #[error(transparent)]
    Model(#[from] UnfitModel),
    /// Nothing can be proven.
    #[error(transparent)]
    Unprovable(#[from] UnprovableError),
    /// A hash failed.
    #[error(transparent)]
    Hash(#[from] PoseidonError),
    /// Events and tree do not fit.
    #[error(transparent)]
    Follow(#[from] FollowError),
    /// A transaction of the scenario was refused.
    #[error("{action} was refused: {refusal}")]
    Refused {
        /// What was sent.
        action: &'static str,
        /// Why it was refused.
        refusal: Refusal,
    },
    /// An account is another.
    #[error(transparent)]
    Account(#[from] AccountError),
    /// An account is missing.
    #[error("account {0} does not exist")]
    Missing(Address),
    /// The scenario lacks something that it is built on.
    #[error("the scenario does not hold: {0}")]
    Scenario(&'static str),
    /// The books cannot be read.
    #[error("the books do not add up: {0:?}")]
    Books(assay_credit::CreditError),
    /// The output cannot be written.
    #[error("the output cannot be written")]
    Output(#[from] io::Error),
}

impl From<DemoError> for ScenarioError {
    fn from(error: DemoError) -> Self {
        let hint = match &error {
            DemoError::Deploy(_) => {
                Some("`cargo xtask build` compiles the programs; --programs names another directory")
            }
            _ => None,
        };
        Self { hint, source: Box::new(error) }
    }
}

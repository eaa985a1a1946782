//! Why a run could not be finished. What a run finds out is no error: it is in the outcome.

use std::io;

use assay_host::account::AccountError;
use assay_interface::groth16::KeyError;
use assay_keeper::KeeperError;
use assay_localnet::{DeployError, Refusal};
use solana_address::Address;
use thiserror::Error;

use assay_feed_host::read::SourceError;

use crate::scenario::ScenarioError;

/// Why a run stopped.
#[derive(Debug, Error)]
pub enum DemoError {
    /// A program's file is missing or none.
    #[error(transparent)]
    Deploy(#[from] DeployError),
    /// The candles that come with the demo.
    #[error("the candles that come with the demonstration are malformed")]
    Candles,
    /// The model does not compile, or something about keys or proofs fails.
    #[error(transparent)]
    Assay(#[from] assay::Error),
    /// A verifying key holds no points of its curves.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// The keeper could not do its work.
    #[error(transparent)]
    Keeper(#[from] KeeperError),
    /// An account that a check is about cannot be read.
    #[error(transparent)]
    Read(#[from] SourceError),
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

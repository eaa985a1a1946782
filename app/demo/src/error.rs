//! Why a run could not be finished. What a run finds out is no error: it is in the outcome.

use std::io;

use assay_credit_host::{follower::FollowError, schema::UnfitModel, statement::UnprovableError};
use assay_feed_host::read::SourceError;
use assay_host::{account::AccountError, errors::ErrorTableError};
use assay_interface::{groth16::KeyError, poseidon::PoseidonError};
use assay_keeper::KeeperError;
use assay_lending_host::ReadError;
use assay_localnet::{DeployError, Refusal};
use assay_market_host::statement::UnprovableError as UnprovableAnswer;
use solana_address::Address;
use thiserror::Error;

use crate::lending::CandleError;
use crate::scenario::ScenarioError;

/// Why a run stopped.
#[derive(Debug, Error)]
pub enum DemoError {
    /// A program's file is missing or none.
    #[error(transparent)]
    Deploy(#[from] DeployError),
    /// The replay is too short or too long.
    #[error("{hours} hours cannot be shown: {least} to {most} can")]
    Hours {
        /// Hours asked for.
        hours: usize,
        /// Fewest.
        least: usize,
        /// Most.
        most: usize,
    },
    /// The candles that come with the demonstration are not what a scenario is built on.
    #[error("the candles that come with the demonstration are malformed")]
    Candles,
    /// They cannot be read.
    #[error("the candles: {0}")]
    CandleFile(#[from] CandleError),
    /// The metrics that come with the demonstration.
    #[error("the model's metrics hold no score threshold")]
    Metrics,
    /// The model does not compile, or something about keys or proofs fails.
    #[error(transparent)]
    Assay(#[from] assay::Error),
    /// The programs' IDLs contradict each other.
    #[error(transparent)]
    Errors(#[from] ErrorTableError),
    /// A verifying key holds no points of its curves.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// The model is not for pools.
    #[error(transparent)]
    Model(#[from] UnfitModel),
    /// Nothing about an applicant can be proven.
    #[error(transparent)]
    Unprovable(#[from] UnprovableError),
    /// A question's accounts say nothing that can be proven.
    #[error(transparent)]
    UnprovableAnswer(#[from] UnprovableAnswer),
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
    /// The keeper could not do its work.
    #[error(transparent)]
    Keeper(#[from] KeeperError),
    /// A keeper's service stopped, or does not settle.
    #[error("the keeper: {0}")]
    Service(String),
    /// An account is another.
    #[error(transparent)]
    Account(#[from] AccountError),
    /// An account is missing.
    #[error("account {0} does not exist")]
    Missing(Address),
    /// A source that a check is about cannot be read.
    #[error(transparent)]
    Source(#[from] SourceError),
    /// A market's accounts cannot be read.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// A market's books are out of range.
    #[error("a market's books are out of range")]
    Books,
    /// A pool's books cannot be read.
    #[error("the books do not add up: {0:?}")]
    Pool(assay_credit::CreditError),
    /// The scenario lacks something that it is built on.
    #[error("the scenario does not hold: {0}")]
    Scenario(&'static str),
    /// The output cannot be written, no port is free, or there is no room for a journal.
    #[error("the output, a socket or a journal: {0}")]
    Output(#[from] io::Error),
}

impl DemoError {
    /// A refusal of a transaction that should go through.
    pub(crate) fn refused(action: &'static str) -> impl FnOnce(Refusal) -> Self {
        move |refusal| Self::Refused { action, refusal }
    }

    /// What to do about it, where a person can do something.
    pub fn hint(&self) -> Option<&'static str> {
        match self {
            Self::Deploy(_) => {
                Some("`cargo xtask build` compiles the programs; --programs names another directory")
            }
            Self::Hours { .. } => Some("leave --hours out for the default"),
            _ => None,
        }
    }
}

impl From<DemoError> for ScenarioError {
    fn from(error: DemoError) -> Self {
        Self { hint: error.hint(), source: Box::new(error) }
    }
}

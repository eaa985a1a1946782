//! Why a question's accounts cannot be read or acted on.

use assay_feed_host::read::SourceError;
use assay_host::{account::AccountError, chain::ChainError, strategy::StrategyError};
use assay_market::MarketError;
use solana_address::Address;
use thiserror::Error;

/// Why there is nothing to decide on.
#[derive(Debug, Error)]
pub enum ReadError {
    /// The chain could not be asked.
    #[error(transparent)]
    Chain(#[from] ChainError),
    /// An account does not exist.
    #[error("{what} {address} does not exist")]
    Missing {
        /// What it should be.
        what: &'static str,
        /// Its address.
        address: Address,
    },
    /// An account is of another program or kind.
    #[error("{address} is not a {what}: {source}")]
    Foreign {
        /// What it should be.
        what: &'static str,
        /// Its address.
        address: Address,
        /// What is wrong with it.
        source: AccountError,
    },
    /// A price source cannot be read.
    #[error(transparent)]
    Source(Box<SourceError>),
    /// The question's model is no account of the verifier program's.
    #[error("{0} is not a model of the verifier program")]
    NotModel(Address),
    /// The question is in no state that the program leaves one in.
    #[error("the question: {0:?}")]
    Question(MarketError),
    /// The model has other tensors than a resolver.
    #[error("the model is no resolver: it wants one public input of 16 features and one output of 16 bits")]
    Tensors,
    /// The model's output is not one number of 16 bits.
    #[error("the model's output is no number of 16 bits: {0:?}")]
    Output(Option<i64>),
}

impl ReadError {
    /// A short name for counters.
    pub fn reason(&self) -> String {
        match self {
            Self::Chain(_) => "chain".into(),
            Self::Missing { what, .. } => format!("missing {what}"),
            Self::Foreign { what, .. } => format!("foreign {what}"),
            Self::Source(error) => error.reason().into(),
            Self::NotModel(_) => "foreign model".into(),
            Self::Question(_) => "question".into(),
            Self::Tensors => "other model".into(),
            Self::Output(_) => "output".into(),
        }
    }
}

impl From<SourceError> for ReadError {
    fn from(error: SourceError) -> Self {
        Self::Source(Box::new(error))
    }
}

impl From<ReadError> for StrategyError {
    fn from(error: ReadError) -> Self {
        Self { reason: error.reason().into(), source: Box::new(error) }
    }
}

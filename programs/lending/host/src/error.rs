//! Why a market's accounts cannot be read or acted on.

use assay_feed_host::read::SourceError;
use assay_host::{account::AccountError, chain::ChainError, strategy::StrategyError};
use assay_interface::schema::TensorSchema;
use assay_lending::LendingError;
use assay_lending_interface::formats::Format;
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
    /// An account of the lending program is of another program or kind.
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
    /// A price source is not the one that the market is pinned to.
    #[error("the market is not pinned to the price source {address}")]
    OtherSource {
        /// Its address.
        address: Address,
    },
    /// The market's model is no account of the verifier program's.
    #[error("{address} is not a model of the verifier program")]
    NotModel {
        /// Its address.
        address: Address,
    },
    /// The account that the market follows is no series of the verifier program's.
    #[error("{address} is not a series of the verifier program")]
    NotSeries {
        /// Its address.
        address: Address,
    },
    /// The wallet's token account is missing or none.
    #[error("{address} is not a token account")]
    NotToken {
        /// Its address.
        address: Address,
    },
    /// A position of another market.
    #[error("position {position} belongs to another market")]
    OtherMarket {
        /// The position.
        position: Address,
    },
    /// A price that may not be acted on.
    #[error("the prices: {0:?}")]
    Price(LendingError),
    /// The market's books are out of range: no sound market has such.
    #[error("the market's books or parameters are out of range")]
    Books,
    /// The market trusts a statement of another schema than the model's.
    #[error("the market accepts statements of another schema than this model's: its proofs would be refused")]
    OtherModel,
    /// Another number of tensors than one in, one out.
    #[error("the model has {inputs} inputs and {outputs} outputs; a liquidation-risk model has one of each")]
    Tensors {
        /// Input tensors.
        inputs: usize,
        /// Output tensors.
        outputs: usize,
    },
    /// A tensor that the lending program makes no statements of.
    #[error(
        "tensor {:?} has {} elements of format {}:{}, {:?}, missing {:?}; the lending program's statements have {elements} public \
         ones of format {format}, never missing",
        .tensor.name, .tensor.elements(), .tensor.bits, .tensor.scales, .tensor.visibility, .tensor.missing
    )]
    Tensor {
        /// The tensor.
        tensor: Box<TensorSchema>,
        /// Elements expected.
        elements: usize,
        /// Format expected.
        format: Format,
    },
    /// The model's output is not one score of 16 bits.
    #[error("the model's output is no score of 16 bits: {0:?}")]
    Score(Option<i64>),
}

impl ReadError {
    /// A short name for counters.
    pub fn reason(&self) -> String {
        match self {
            Self::Chain(_) => "chain".into(),
            Self::Missing { what, .. } => format!("missing {what}"),
            Self::Foreign { what, .. } => format!("foreign {what}"),
            Self::Source(error) => error.reason().into(),
            Self::OtherSource { .. } => "other price source".into(),
            Self::NotModel { .. } => "foreign model".into(),
            Self::NotSeries { .. } => "foreign series".into(),
            Self::NotToken { .. } => "foreign token account".into(),
            Self::OtherMarket { .. } => "other market".into(),
            Self::Price(_) => "price".into(),
            Self::Books => "books".into(),
            Self::OtherModel | Self::Tensors { .. } | Self::Tensor { .. } => "other model".into(),
            Self::Score(_) => "score".into(),
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

//! Why a market's accounts cannot be read or acted on.

use assay_host::{account::AccountError, chain::ChainError, strategy::StrategyError};
use assay_interface::schema::TensorSchema;
use assay_lending_interface::{formats::Format, pyth::PythError};
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
    /// A price account is not the receiver program's.
    #[error("{address} is not a Pyth price account: program {owner} owns it")]
    NotPyth {
        /// Its address.
        address: Address,
        /// Its owner.
        owner: Address,
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
    #[error("the price at {address}: {source}")]
    Price {
        /// The price account.
        address: Address,
        /// What is wrong with it.
        source: PythError,
    },
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
        "tensor {:?} has {} elements of format {}:{}, {:?}; the lending program's statements have {elements} public \
         ones of format {format}",
        .tensor.name, .tensor.elements(), .tensor.bits, .tensor.scale, .tensor.visibility
    )]
    Tensor {
        /// The tensor.
        tensor: TensorSchema,
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
            Self::NotPyth { .. } => "foreign price account".into(),
            Self::NotToken { .. } => "foreign token account".into(),
            Self::OtherMarket { .. } => "other market".into(),
            Self::Price { .. } => "price".into(),
            Self::Books => "books".into(),
            Self::OtherModel | Self::Tensors { .. } | Self::Tensor { .. } => "other model".into(),
            Self::Score(_) => "score".into(),
        }
    }
}

impl From<ReadError> for StrategyError {
    fn from(error: ReadError) -> Self {
        Self { reason: error.reason().into(), source: Box::new(error) }
    }
}

//! What can go wrong in a keeper, one enum a stage.

use assay_circuits::SolveError;
use assay_client::account::AccountError;
use assay_compiler::RunError;
use assay_groth16::{ProveError, VerifyError};
use assay_interface::{
    poseidon::PoseidonError, pyth::PythError, schema::TensorSchema, statement::StatementError,
};
use solana_address::Address;
use thiserror::Error;

use crate::chain::SendError;

/// A model or key that cannot score positions.
#[derive(Clone, Debug, PartialEq, Error)]
pub enum ModelError {
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
        "tensor {:?} has {} elements of {} bits at scale {}, {:?}; the lending program's statements have \
         {elements} public ones of {bits} bits{}",
        .tensor.name, .tensor.elements(), .tensor.bits, .tensor.scale, .tensor.visibility,
        .scale.map(|scale| format!(" at scale {scale}")).unwrap_or_default()
    )]
    Tensor {
        /// The tensor.
        tensor: TensorSchema,
        /// Elements expected.
        elements: usize,
        /// Bits expected.
        bits: u8,
        /// Scale expected, where one is.
        scale: Option<i8>,
    },
    /// The key is of another circuit.
    #[error(transparent)]
    Key(#[from] ProveError),
}

/// A score or proof that could not be made. With a checked model none of these occurs.
#[derive(Clone, Debug, PartialEq, Error)]
pub enum ProofError {
    /// The integer reference refused the features.
    #[error("scoring: {0}")]
    Run(Box<RunError>),
    /// The witness could not be solved.
    #[error("solving: {0}")]
    Solve(#[from] SolveError),
    /// The prover refused the witness.
    #[error("proving: {0}")]
    Prove(#[from] ProveError),
    /// The proof fails the prover's own check.
    #[error("the prover's own check: {0}")]
    Verify(#[from] VerifyError),
    /// The statement could not be encoded.
    #[error("the statement: {0}")]
    Statement(#[from] StatementError),
    /// The statement could not be hashed.
    #[error("the digest: {0}")]
    Poseidon(#[from] PoseidonError),
    /// The circuit's digest is not the statement's.
    #[error("the circuit's digest is not that of the statement: circuit and interface disagree")]
    Digest,
    /// The model's output is not one score of 16 bits.
    #[error("the model's output is no score of 16 bits: {0:?}")]
    Score(Option<i64>),
}

impl From<RunError> for ProofError {
    fn from(error: RunError) -> Self {
        Self::Run(Box::new(error))
    }
}

/// Books that no sound market has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum AssessError {
    /// Debts or parameters are out of range.
    #[error("the market's books or parameters are out of range")]
    Books,
}

/// Why a keeper did not get through a position.
#[derive(Debug, Error)]
pub enum KeeperError<E: std::error::Error + 'static> {
    /// The chain could not be asked.
    #[error("the chain did not answer")]
    Chain(#[source] E),
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
    /// The wallet's token account is not one.
    #[error("{address} is too short for a token account")]
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
    /// The market's books are not sound.
    #[error(transparent)]
    Assess(#[from] AssessError),
    /// No proof could be made.
    #[error(transparent)]
    Proof(Box<ProofError>),
    /// The market trusts a statement of another schema than the model's.
    #[error(
        "the market accepts statements of another schema than this keeper's model: its proofs would be refused"
    )]
    OtherModel,
    /// The transaction did not go through.
    #[error("{action}: {source}")]
    Send {
        /// What was sent.
        action: &'static str,
        /// Why not.
        source: SendError<E>,
    },
}

impl<E: std::error::Error + 'static> From<ProofError> for KeeperError<E> {
    fn from(error: ProofError) -> Self {
        Self::Proof(Box::new(error))
    }
}

impl<E: std::error::Error + 'static> KeeperError<E> {
    /// A short name for counters: of the error, and of the program's number where a program refused.
    pub fn reason(&self) -> String {
        match self {
            Self::Chain(_) => "chain".into(),
            Self::Missing { what, .. } => format!("missing {what}"),
            Self::Foreign { what, .. } => format!("foreign {what}"),
            Self::NotPyth { .. } => "foreign price account".into(),
            Self::NotToken { .. } => "foreign token account".into(),
            Self::OtherMarket { .. } => "other market".into(),
            Self::Price { .. } => "price".into(),
            Self::Assess(_) => "books".into(),
            Self::Proof(_) => "proof".into(),
            Self::OtherModel => "other model".into(),
            Self::Send { action, source: SendError::Chain(_) } => format!("{action}: chain"),
            Self::Send { action, source: SendError::Refused { code: Some(code), .. } } => {
                format!("{action}: {code}")
            }
            Self::Send { action, source: SendError::Refused { code: None, .. } } => {
                format!("{action}: refused")
            }
        }
    }
}

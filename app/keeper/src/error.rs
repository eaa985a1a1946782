//! What can go wrong in a keeper.

use assay_host::{ChainError, SendError, strategy::StrategyError};
use solana_address::Address;
use thiserror::Error;

/// Why a keeper did not get through an account.
#[derive(Debug, Error)]
pub enum KeeperError {
    /// The chain could not be asked.
    #[error(transparent)]
    Chain(#[from] ChainError),
    /// The strategy has no decision.
    #[error(transparent)]
    Strategy(#[from] StrategyError),
    /// The program may come to inputs of which the model has no proof.
    #[error(
        "the program computes the inputs, and the model takes '{feature}' from {min} to {max} only: of others no proof is possible. \
         Compile the model with the input format alone, without --domain"
    )]
    Narrowed {
        /// The first feature.
        feature: String,
        /// Its smallest number.
        min: f64,
        /// Its largest number.
        max: f64,
    },
    /// No proof could be made.
    #[error("proving: {0}")]
    Prove(#[from] assay::Error),
    /// The transaction did not go through.
    #[error("{action}: {source}")]
    Send {
        /// What was sent.
        action: &'static str,
        /// Why not.
        source: SendError,
    },
    /// The account that pays does not exist.
    #[error("there is no account {0}, from which tokens would be paid")]
    NoAccount(Address),
    /// The account that pays is no token account.
    #[error("{0} is not a token account")]
    NotToken(Address),
    /// The strategy asks for one thing after another and settles nothing: a defect of it.
    #[error("the strategy settles nothing about {0}")]
    Unsettled(Address),
}

impl KeeperError {
    /// Whether the cluster did not answer: asked again, it may.
    #[cfg(feature = "service")]
    pub fn is_unanswered(&self) -> bool {
        let causes = std::iter::successors(std::error::Error::source(self), |error| error.source());
        causes.into_iter().any(|error| error.is::<assay_chain::Error>())
    }

    /// A short name for counters: of the error, and of the program's number where a program refused.
    pub fn reason(&self) -> String {
        match self {
            Self::Chain(_) => "chain".into(),
            Self::Strategy(error) => error.reason.to_string(),
            Self::Narrowed { .. } => "narrow domain".into(),
            Self::Prove(_) => "proof".into(),
            Self::Send { action, source: SendError::Withheld(_) } => format!("{action}: withheld"),
            Self::Send { action, source: SendError::Chain(_) } => format!("{action}: chain"),
            Self::Send { action, source: SendError::Refused { code: Some(code), .. } } => {
                format!("{action}: {code}")
            }
            Self::Send { action, source: SendError::Refused { code: None, .. } } => {
                format!("{action}: refused")
            }
            Self::NoAccount(_) => "missing token account".into(),
            Self::NotToken(_) => "foreign token account".into(),
            Self::Unsettled(_) => "unsettled".into(),
        }
    }
}

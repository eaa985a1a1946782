//! Why a run could not be finished. What a run finds out is no error: it is in the outcome.

use std::io;
use std::path::PathBuf;

use assay_client::account::AccountError;
use assay_compiler::{CalibrationError, CompileError};
use assay_groth16::{ProveError, SetupError};
use assay_interface::groth16::KeyError;
use assay_keeper::{KeeperError, ModelError, ProofError};
use assay_localnet::{DeployError, Refusal};
use solana_address::Address;
use thiserror::Error;

use crate::candles::CandleError;

/// Why a run stopped.
#[derive(Debug, Error)]
pub enum DemoError {
    /// A program's file cannot be read.
    #[error("the program {} cannot be read", path.display())]
    Program {
        /// Where it was looked for.
        path: PathBuf,
        /// What reading it said.
        source: io::Error,
    },
    /// A program's file is none.
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
    /// The candles that come with the demo.
    #[error("the candles: {0}")]
    Candles(#[from] CandleError),
    /// The calibration data that come with the demo.
    #[error("the calibration data: {0}")]
    Calibration(#[from] CalibrationError),
    /// The metrics that come with the demo.
    #[error("the model's metrics hold no score threshold")]
    Metrics,
    /// The model does not compile.
    #[error(transparent)]
    Compile(#[from] CompileError),
    /// No keys can be made for it.
    #[error(transparent)]
    Setup(#[from] SetupError),
    /// A verifying key holds no points of its curves.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// The model or key is not what the market scores with.
    #[error(transparent)]
    Model(#[from] ModelError),
    /// Key and circuit do not fit.
    #[error(transparent)]
    Prove(#[from] ProveError),
    /// A proof could not be made.
    #[error(transparent)]
    Proof(#[from] ProofError),
    /// A transaction of the scenario was refused.
    #[error("{action} was refused: {refusal}")]
    Refused {
        /// What was sent.
        action: &'static str,
        /// Why it was refused.
        refusal: Refusal,
    },
    /// The honest keeper did not get through.
    #[error("the keeper: {0}")]
    Keeper(#[from] KeeperError<AccountError>),
    /// An account is another.
    #[error(transparent)]
    Account(#[from] AccountError),
    /// An account is missing.
    #[error("account {0} does not exist")]
    Missing(Address),
    /// A market's books are out of range.
    #[error("a market's books are out of range")]
    Books,
    /// The scenario lacks something that it is built on.
    #[error("the scenario does not hold: {0}")]
    Scenario(&'static str),
    /// The output cannot be written.
    #[error("the output cannot be written")]
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
            Self::Program { .. } | Self::Deploy(_) => Some(
                "`cargo xtask build` compiles the programs to target/deploy; --programs names another directory",
            ),
            Self::Hours { .. } => Some("leave --hours out for the default"),
            _ => None,
        }
    }
}

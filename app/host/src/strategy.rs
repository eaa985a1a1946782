//! What is worth proving for a program, and what a proof opens: the part of a keeper that only the program can say.
//!
//! A keeper asks [`Strategy::targets`] which accounts matter, and [`Strategy::decide`] about one at a time. The answer is to
//! leave it, to send something, or a [`Question`] to prove; with the proof, [`Strategy::act`] says what it opens. Proving,
//! sending and spending are the keeper's. A strategy reads accounts and computes; it sends nothing and keeps nothing, so it
//! can be asked again. Whatever is kept in order is a target: a position, a question, and a price source, or an account whose
//! rent returns, just the same.

use std::borrow::Cow;
use std::cell::RefCell;
use std::error::Error;
use std::sync::Arc;

use assay_interface::{field::Scalar, groth16::Proof, schema::ModelSchema};
use solana_address::Address;
use thiserror::Error;

pub use crate::chain::{Action, Payment};
use crate::{
    account::{token_amount, token_mint},
    chain::{Account, Chain, ChainError},
};

/// What a strategy knows of the present.
pub struct View<'a> {
    /// The chain, to read from.
    pub chain: &'a dyn Chain,
    /// Most that may still be spent, base units.
    pub allowance: u64,
    /// The keeper's model.
    pub model: &'a dyn Evaluate,
    evaluated: RefCell<Vec<Vec<Vec<i64>>>>,
}

/// A model by its integer reference: what a proof would show, for a fraction of its cost.
pub trait Evaluate {
    /// The model's tensors.
    fn schema(&self) -> &ModelSchema;

    /// SHA-256 of its verifying key: which of the models with these tensors it is.
    fn key_hash(&self) -> [u8; 32];

    /// The outputs for some inputs, in the schema's order.
    ///
    /// # Errors
    /// The inputs are not the model's.
    fn evaluate(&self, inputs: &[Vec<i64>]) -> Result<Vec<Vec<i64>>, Box<dyn Error + Send + Sync>>;
}

/// What a keeper is to do about an account.
#[derive(Clone, Debug)]
pub enum Decision {
    /// Nothing.
    Leave(Reason),
    /// Send this, then decide again.
    Prepare(Action),
    /// Prove this, then [`Strategy::act`].
    Prove {
        /// What is to be proven.
        question: Question,
        /// What the action that it opens is expected to bring: see [`Action::gain`].
        gain: Option<u64>,
    },
    /// Send this: it settles the account.
    Settle(Action),
}

/// Why an account is left alone: a short name for logs and counters. Strategies export theirs as constants.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reason(pub &'static str);

/// Something to prove: that the model gives its outputs for these inputs, in this context.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Question {
    /// The model's inputs.
    pub inputs: Vec<Vec<i64>>,
    /// What the proof is bound to.
    pub context: [u8; 32],
}

/// A question with its proof.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// What was to be proven.
    pub question: Question,
    /// The model's outputs.
    pub outputs: Vec<Vec<i64>>,
    /// The statement's limbs.
    pub limbs: Vec<Scalar>,
    /// The statement's digest.
    pub digest: Scalar,
    /// The proof.
    pub proof: Proof,
}

/// Why a strategy has no decision: a program's own error, with a short name for counters.
#[derive(Debug, Error)]
#[error("{source}")]
pub struct StrategyError {
    /// The short name.
    pub reason: Cow<'static, str>,
    /// The error.
    #[source]
    pub source: Box<dyn Error + Send + Sync>,
}

/// What a keeper does for a program. It may be asked about several accounts at once.
pub trait Strategy: Send + Sync {
    /// Fails unless a model is one whose proofs the program can use.
    ///
    /// # Errors
    /// The model's tensors are others.
    fn accepts(&self, schema: &ModelSchema) -> Result<(), StrategyError>;

    /// The accounts that it looks at now, in the order in which it does.
    ///
    /// # Errors
    /// The accounts cannot be listed or read.
    fn targets(&self, chain: &dyn Chain) -> Result<Vec<Address>, StrategyError>;

    /// What to do about an account.
    ///
    /// # Errors
    /// The accounts cannot be read or used.
    fn decide(&self, view: &View<'_>, target: &Address) -> Result<Decision, StrategyError>;

    /// What a proof opens.
    ///
    /// # Errors
    /// The accounts cannot be read or used.
    fn act(&self, view: &View<'_>, target: &Address, answer: &Answer) -> Result<Decision, StrategyError>;
}

impl<S: Strategy + ?Sized> Strategy for Arc<S> {
    fn accepts(&self, schema: &ModelSchema) -> Result<(), StrategyError> {
        (**self).accepts(schema)
    }

    fn targets(&self, chain: &dyn Chain) -> Result<Vec<Address>, StrategyError> {
        (**self).targets(chain)
    }

    fn decide(&self, view: &View<'_>, target: &Address) -> Result<Decision, StrategyError> {
        (**self).decide(view, target)
    }

    fn act(&self, view: &View<'_>, target: &Address, answer: &Answer) -> Result<Decision, StrategyError> {
        (**self).act(view, target, answer)
    }
}

impl From<ChainError> for StrategyError {
    fn from(error: ChainError) -> Self {
        Self { reason: "chain".into(), source: Box::new(error) }
    }
}

/// The one element of the one output of a model that has no more.
pub fn only_value(outputs: &[Vec<i64>]) -> Option<i64> {
    match outputs {
        [output] => match output[..] {
            [value] => Some(value),
            _ => None,
        },
        _ => None,
    }
}

impl<'a> View<'a> {
    /// The present, as `chain` shows it.
    pub fn new(chain: &'a dyn Chain, allowance: u64, model: &'a dyn Evaluate) -> Self {
        Self { chain, allowance, model, evaluated: RefCell::new(Vec::new()) }
    }

    /// The model's outputs, of which the view keeps a copy.
    ///
    /// # Errors
    /// The inputs are not the model's.
    pub fn evaluate(&self, inputs: &[Vec<i64>]) -> Result<Vec<Vec<i64>>, StrategyError> {
        let outputs = self.model.evaluate(inputs);
        let outputs = outputs.map_err(|source| StrategyError { reason: "evaluation".into(), source })?;
        self.evaluated.borrow_mut().push(outputs.clone());
        Ok(outputs)
    }

    /// The model's answers so far, in order.
    pub fn into_evaluated(self) -> Vec<Vec<Vec<i64>>> {
        self.evaluated.into_inner()
    }

    /// What may be spent out of a token account: its balance, within what the keeper and the chain allow. `None` where it is no token
    /// account.
    pub fn funds(&self, account: &Account) -> Option<u64> {
        let (balance, mint) = (token_amount(&account.data)?, token_mint(&account.data)?);
        Some(balance.min(self.allowance).min(self.chain.allowance(&mint)))
    }
}

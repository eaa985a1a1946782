//! One event for each change of state, so that an indexer needs no account reads.

use anchor_lang::prelude::*;

/// A question exists.
#[event]
pub struct QuestionCreated {
    /// The question.
    pub question: Address,
    /// Who made it.
    pub creator: Address,
    /// Mint of the collateral.
    pub mint: Address,
    /// The model that resolves it.
    pub model: Address,
    /// The model that answers a dispute; zero for none.
    pub second_model: Address,
    /// Flags of its terms: 1 trusts the models' authority, 2 trades while it is observed.
    pub flags: u8,
}

/// Sets were made or taken back.
#[event]
pub struct SetsChanged {
    /// The question.
    pub question: Address,
    /// Collateral that the books count.
    pub held: u64,
}

/// The observation is complete.
#[event]
pub struct ObservationCompleted {
    /// The question.
    pub question: Address,
    /// Hash of the prices.
    pub hash: [u8; 32],
    /// The model's inputs.
    pub features: [i16; 16],
}

/// A model's output was proven.
#[event]
pub struct OutputProven {
    /// The question.
    pub question: Address,
    /// 1 the question's model, 2 the second.
    pub place: u8,
    /// What it gave.
    pub output: i16,
    /// Its bucket, which names the row.
    pub bucket: u8,
    /// The statement's digest.
    pub digest: [u8; 32],
    /// Until when it may be disputed, Unix seconds.
    pub deadline: i64,
}

/// A row was disputed.
#[event]
pub struct RowDisputed {
    /// The question.
    pub question: Address,
    /// Whose row: 1 the question's model, 2 the second.
    pub place: u8,
    /// Who paid the bond.
    pub challenger: Address,
    /// Until when it may be answered or decided, Unix seconds.
    pub deadline: i64,
}

/// The payout is set.
#[event]
pub struct PayoutSet {
    /// The question.
    pub question: Address,
    /// 6 settled, 7 void.
    pub status: u8,
    /// Share of each outcome, in units of 1/10,000.
    pub payout: [u16; 8],
}

/// Tokens of an outcome became collateral.
#[event]
pub struct Redeemed {
    /// The question.
    pub question: Address,
    /// The outcome.
    pub outcome: u8,
    /// Tokens burned.
    pub burned: u64,
    /// Collateral paid.
    pub paid: u64,
}

/// A question is no more.
#[event]
pub struct QuestionClosed {
    /// The question.
    pub question: Address,
}

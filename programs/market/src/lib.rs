//! Markets on a question whose outcome a model, fixed at creation, proves from observed prices.
//!
//! A set is one token of each outcome; it is made of one unit of collateral and can be turned back into it at any time. Trading
//! closes before the first price that counts. Then the prices are copied from the sources that were fixed at creation, a proof
//! says what the model gives for them, and the output's bucket names a payout row, fixed at creation too. Whoever
//! disagrees pays a bond: a second model answers, and a council decides between what both have proven.
//!
//! | who | instructions |
//! | --- | --- |
//! | creator | `create` |
//! | holder | `split`, `merge`, `redeem` |
//! | anyone | `add_outcome`, `observe`, `resolve_by_proof`, `dispute`, `settle`, `void`, `close`, `close_observation` |
//! | council | `council` |
//!
//! Always: before the payout is set every outcome's supply is the number of sets and the vault holds as much; afterwards it
//! covers what all tokens are worth; the payout is set once, to a row of the terms or to the fallback.
#![allow(unsafe_code)] // the entrypoint that `#[program]` generates

use anchor_lang::prelude::*;

mod authority;
#[warn(missing_docs)]
pub mod errors;
#[warn(missing_docs)]
pub mod events;
pub mod instructions;
mod outcomes;
#[warn(missing_docs)]
pub mod state;

pub use errors::MarketError;
use instructions::*;
use state::Terms;

declare_id!("AMktDf7AxFzkzwpYBNFbbS4S3pw8Wf2XLwdoR1JoF9q7");

#[cfg(all(target_os = "solana", not(feature = "no-entrypoint")))]
solana_security_txt::security_txt! {
    name: "Assay market",
    project_url: "none: not deployed",
    contacts: "other:the holder of this program's upgrade authority",
    policy: "SECURITY.md of the sources says what holds and what does not",
    preferred_languages: "en",
    source_release: env!("CARGO_PKG_VERSION")
}

/// The market program's instructions.
#[program]
pub mod assay_market {
    use super::*;

    /// Creates a question and its vault.
    pub fn create(ctx: &mut Context<Create>, nonce: u64, council: Address, terms: Terms) -> Result<()> {
        instructions::create::handler(ctx, nonce, council, &terms)
    }

    /// Creates the mint of the next outcome.
    pub fn add_outcome(ctx: &mut Context<AddOutcome>) -> Result<()> {
        instructions::add_outcome::handler(ctx)
    }

    /// Makes sets out of collateral.
    pub fn split(ctx: &mut Context<Sets>, amount: u64) -> Result<()> {
        instructions::split::handler(ctx, amount)
    }

    /// Turns sets back into collateral.
    pub fn merge(ctx: &mut Context<Sets>, amount: u64) -> Result<()> {
        instructions::merge::handler(ctx, amount)
    }

    /// Copies final hourly prices from the question's sources.
    pub fn observe(ctx: &mut Context<Observe>) -> Result<()> {
        instructions::observe::handler(ctx)
    }

    /// Proves what a model gives for the observed prices.
    pub fn resolve_by_proof(ctx: &mut Context<ResolveByProof>, claim: Claim) -> Result<()> {
        instructions::resolve_by_proof::handler(ctx, &claim)
    }

    /// Disputes the row that stands, for a bond.
    pub fn dispute(ctx: &mut Context<Dispute>) -> Result<()> {
        instructions::dispute::handler(ctx)
    }

    /// Sets the payout to the row that nobody disputed in its window.
    pub fn settle(ctx: &mut Context<Settle>) -> Result<()> {
        instructions::settle::handler(ctx)
    }

    /// The council chooses: 0 the first row, 1 the second, 2 the fallback.
    pub fn council(ctx: &mut Context<Council>, choice: u8) -> Result<()> {
        instructions::council::handler(ctx, choice)
    }

    /// Sets the payout to the fallback, because time ran out.
    pub fn void(ctx: &mut Context<Settle>) -> Result<()> {
        instructions::void::handler(ctx)
    }

    /// Turns tokens of an outcome into what they are worth.
    pub fn redeem(ctx: &mut Context<Redeem>, outcome: u8, amount: u64) -> Result<()> {
        instructions::redeem::handler(ctx, outcome, amount)
    }

    /// Closes the observation of a question that is closed.
    pub fn close_observation(ctx: &mut Context<CloseObservation>) -> Result<()> {
        instructions::close_observation::handler(ctx)
    }

    /// Closes a question of which nobody holds a token that pays.
    pub fn close(ctx: &mut Context<Close>) -> Result<()> {
        instructions::close::handler(ctx)
    }
}

//! Unsecured lines of credit whose limit is a proven tier: the tier, and nothing else, is revealed.
//!
//! An issuer attests people: it appends, to a tree of this program, one leaf a person and epoch, which commits to the numbers
//! that a scoring model wants and to the person's key. A borrower proves in zero knowledge that a leaf of the tree is theirs
//! and which of four tiers the model gives its numbers. A pool lends up to the tier's limit. What an observer learns is the
//! tier, and a nullifier that is the same for the person in this pool in every epoch, and another in every other pool.
//!
//! | who | instructions |
//! | --- | --- |
//! | issuer's authority | `create_issuer`, `create_tree`, `append_leaf`, `start_issuer` |
//! | issuer's guardian | `stop_issuer` |
//! | supplier | `supply`, `withdraw_supply`, `close_deposit` |
//! | borrower | `open_line_by_proof`, `renew_by_proof`, `draw`, `repay` |
//! | anyone | `repay`, `mark_default`, `write_off`, `close_tree` |
//! | admin | `create_pool`, `propose_terms`, `apply_terms`, `propose_withdrawal`, `withdraw_reserves`, `cancel_proposal`, `lower_pause`, `renounce_admin`, `close_pool` |
//! | pool's guardian | `set_pause` |
//!
//! Always: one line for a person in a pool, for ever; a debt is within the tier's limit when something is drawn; the vault
//! holds what the books say; suppliers' claims and the reserves together are at most cash and debts; every rounding is for
//! the pool and against the caller; no change of the terms takes effect before suppliers could leave for two days.
//!
//! Not stopped: a sold secret, an issuer that gives one person two keys, and the loss that unsecured lending is.
#![allow(unsafe_code)] // the entrypoint that `#[program]` generates

use anchor_lang::prelude::*;

mod authority;
#[warn(missing_docs)]
pub mod errors;
#[warn(missing_docs)]
pub mod events;
pub mod instructions;
#[warn(missing_docs)]
pub mod state;

pub use errors::CreditError;
use instructions::*;
use state::Terms;

declare_id!("ACruvGUXYAjwNh9JQRazxLTrQCBAFuVgzqSErEvM9TFf");

#[cfg(all(target_os = "solana", not(feature = "no-entrypoint")))]
solana_security_txt::security_txt! {
    name: "Assay credit",
    project_url: "none: not deployed",
    contacts: "other:the holder of this program's upgrade authority",
    policy: "SECURITY.md of the sources says what holds and what does not",
    preferred_languages: "en",
    source_release: env!("CARGO_PKG_VERSION")
}

/// The credit program's instructions.
#[program]
pub mod assay_credit {
    use super::*;

    /// Creates an issuer.
    pub fn create_issuer(ctx: &mut Context<CreateIssuer>, guardian: Address) -> Result<()> {
        instructions::create_issuer::handler(ctx, guardian)
    }

    /// Stops an issuer.
    pub fn stop_issuer(ctx: &mut Context<StopIssuer>) -> Result<()> {
        instructions::stop_issuer::handler(ctx)
    }

    /// Starts an issuer that was stopped.
    pub fn start_issuer(ctx: &mut Context<StartIssuer>) -> Result<()> {
        instructions::start_issuer::handler(ctx)
    }

    /// Creates the tree of an epoch.
    pub fn create_tree(ctx: &mut Context<CreateTree>, epoch: u32) -> Result<()> {
        instructions::create_tree::handler(ctx, epoch)
    }

    /// Appends a leaf.
    pub fn append_leaf(ctx: &mut Context<AppendLeaf>, leaf: [u8; 32]) -> Result<()> {
        instructions::append_leaf::handler(ctx, leaf)
    }

    /// Closes a tree whose epoch is over.
    pub fn close_tree(ctx: &mut Context<CloseTree>) -> Result<()> {
        instructions::close_tree::handler(ctx)
    }

    /// Creates a pool and its vault.
    pub fn create_pool(
        ctx: &mut Context<CreatePool>,
        nonce: u64,
        guardian: Address,
        reserve_owner: Address,
        terms: Terms,
    ) -> Result<()> {
        instructions::create_pool::handler(ctx, nonce, &Offices { guardian, reserve_owner }, &terms)
    }

    /// Deposits for shares.
    pub fn supply(ctx: &mut Context<Supply>, amount: u64) -> Result<()> {
        instructions::supply::handler(ctx, amount)
    }

    /// Redeems shares.
    pub fn withdraw_supply(ctx: &mut Context<WithdrawSupply>, shares: u64) -> Result<()> {
        instructions::withdraw_supply::handler(ctx, shares)
    }

    /// Closes a deposit account without shares.
    pub fn close_deposit(ctx: &mut Context<CloseDeposit>) -> Result<()> {
        instructions::close_deposit::handler(ctx)
    }

    /// Opens a line by the proof of a tier.
    pub fn open_line_by_proof(ctx: &mut Context<OpenLineByProof>, claimed: Claimed) -> Result<()> {
        instructions::open_line_by_proof::handler(ctx, &claimed)
    }

    /// Renews a line by the proof of a tier from a later epoch.
    pub fn renew_by_proof(ctx: &mut Context<RenewByProof>, claimed: Claimed) -> Result<()> {
        instructions::renew_by_proof::handler(ctx, &claimed)
    }

    /// Draws on a line.
    pub fn draw(ctx: &mut Context<Draw>, amount: u64) -> Result<()> {
        instructions::draw::handler(ctx, amount)
    }

    /// Repays a debt.
    pub fn repay(ctx: &mut Context<Repay>, amount: u64) -> Result<()> {
        instructions::repay::handler(ctx, amount)
    }

    /// Marks a debt that was not paid in time.
    pub fn mark_default(ctx: &mut Context<AssessLine>) -> Result<()> {
        instructions::mark_default::handler(ctx)
    }

    /// Books a defaulted debt as lost.
    pub fn write_off(ctx: &mut Context<AssessLine>) -> Result<()> {
        instructions::write_off::handler(ctx)
    }

    /// Proposes terms.
    pub fn propose_terms(ctx: &mut Context<Administer>, terms: Terms) -> Result<()> {
        instructions::proposals::terms(ctx, &terms)
    }

    /// Proposes to withdraw reserves.
    pub fn propose_withdrawal(ctx: &mut Context<Administer>, amount: u64) -> Result<()> {
        instructions::proposals::withdrawal(ctx, amount)
    }

    /// Drops what is proposed.
    pub fn cancel_proposal(ctx: &mut Context<Administer>) -> Result<()> {
        instructions::proposals::cancel(ctx)
    }

    /// Puts proposed terms into force.
    pub fn apply_terms(ctx: &mut Context<ApplyTerms>) -> Result<()> {
        instructions::apply_terms::handler(ctx)
    }

    /// Pays proposed reserves to their owner.
    pub fn withdraw_reserves(ctx: &mut Context<WithdrawReserves>) -> Result<()> {
        instructions::withdraw_reserves::handler(ctx)
    }

    /// Raises the pause level: 1 reduce-only, 2 halted.
    pub fn set_pause(ctx: &mut Context<SetPause>, level: u8) -> Result<()> {
        instructions::set_pause::handler(ctx, level)
    }

    /// Lowers the pause level: 0 open, 1 reduce-only.
    pub fn lower_pause(ctx: &mut Context<LowerPause>, level: u8) -> Result<()> {
        instructions::lower_pause::handler(ctx, level)
    }

    /// Gives the admin's role up, for good.
    pub fn renounce_admin(ctx: &mut Context<Administer>) -> Result<()> {
        instructions::renounce_admin::handler(ctx)
    }

    /// Closes a pool that nobody has anything in.
    pub fn close_pool(ctx: &mut Context<ClosePool>) -> Result<()> {
        instructions::close_pool::handler(ctx)
    }
}

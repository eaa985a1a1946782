//! A lending market whose early liquidations are opened by a proven risk score.
//!
//! One collateral mint, one debt mint. Suppliers deposit the debt asset for shares; borrowers deposit collateral and
//! borrow. A position over the liquidation threshold can always be liquidated by the plain rule. Before that, from a hard
//! floor on, a model's score can open a partial liquidation: the program computes the model's inputs itself (`snapshot`),
//! and a keeper proves what the model says about them (`liquidate_by_proof`).
//!
//! | who | instructions |
//! | --- | --- |
//! | admin | `init_market`, `propose_params`, `apply_params`, `cancel_params`, `propose_admin`, `accept_admin`, `set_pause` |
//! | supplier | `supply`, `withdraw_supply` |
//! | borrower | `deposit_collateral`, `withdraw_collateral`, `borrow`, `repay` |
//! | anyone | `observe`, `snapshot`, `liquidate_by_proof`, `liquidate`, `repay` |
//!
//! Always: each vault holds at least what the books say; the suppliers' claims and the reserves together are at most
//! cash and loans; every rounding is for the market and against the caller; one snapshot opens at most one liquidation.
#![allow(unsafe_code)] // the entrypoint that `#[program]` generates

use anchor_lang::prelude::*;

// Everything public is documented; the lint cannot see so for the items that Anchor generates at the root and beside the
// instructions' accounts.
#[warn(missing_docs)]
pub mod errors;
#[warn(missing_docs)]
pub mod events;
pub mod instructions;
#[warn(missing_docs)]
pub mod math;
#[warn(missing_docs)]
pub mod prices;
#[warn(missing_docs)]
pub mod state;

pub use errors::LendingError;
use instructions::*;
use state::RiskParams;

declare_id!("ALenqoseeZGz6gvrAEvhiL8HJmnb5ux1H2snYkjiYRDC");

#[cfg(all(target_os = "solana", not(feature = "no-entrypoint")))]
solana_security_txt::security_txt! {
    name: "Assay lending market",
    project_url: "none: not deployed",
    contacts: "other:the holder of this program's upgrade authority",
    policy: "SECURITY.md of the sources says what holds and what does not",
    preferred_languages: "en",
    source_release: env!("CARGO_PKG_VERSION")
}

/// The lending program's instructions.
#[program]
pub mod assay_lending {
    use super::*;

    /// Creates a market, its vaults and its price history.
    pub fn init_market(ctx: &mut Context<InitMarket>, params: RiskParams) -> Result<()> {
        instructions::init_market::handler(ctx, params)
    }

    /// Proposes parameters: they may be applied once the timelock has run out.
    pub fn propose_params(ctx: &mut Context<Administer>, params: RiskParams) -> Result<()> {
        instructions::propose_params::handler(ctx, params)
    }

    /// Puts proposed parameters into force.
    pub fn apply_params(ctx: &mut Context<Administer>) -> Result<()> {
        instructions::apply_params::handler(ctx)
    }

    /// Drops proposed parameters.
    pub fn cancel_params(ctx: &mut Context<Administer>) -> Result<()> {
        instructions::cancel_params::handler(ctx)
    }

    /// Names a successor of the admin.
    pub fn propose_admin(ctx: &mut Context<Administer>, successor: Address) -> Result<()> {
        instructions::propose_admin::handler(ctx, successor)
    }

    /// Accepts the admin's role.
    pub fn accept_admin(ctx: &mut Context<AcceptAdmin>) -> Result<()> {
        instructions::accept_admin::handler(ctx)
    }

    /// Moves the pause level: 0 open, 1 reduce-only, 2 halted.
    pub fn set_pause(ctx: &mut Context<Administer>, level: u8) -> Result<()> {
        instructions::set_pause::handler(ctx, level)
    }

    /// Deposits the debt asset for shares.
    pub fn supply(ctx: &mut Context<Supply>, amount: u64) -> Result<()> {
        instructions::supply::handler(ctx, amount)
    }

    /// Redeems shares for the debt asset; the greatest amount stands for all of them.
    pub fn withdraw_supply(ctx: &mut Context<WithdrawSupply>, shares: u64) -> Result<()> {
        instructions::withdraw_supply::handler(ctx, shares)
    }

    /// Adds collateral to the caller's position.
    pub fn deposit_collateral(ctx: &mut Context<DepositCollateral>, amount: u64) -> Result<()> {
        instructions::deposit_collateral::handler(ctx, amount)
    }

    /// Takes collateral out; the greatest amount stands for all of it.
    pub fn withdraw_collateral(ctx: &mut Context<WithdrawCollateral>, amount: u64) -> Result<()> {
        instructions::withdraw_collateral::handler(ctx, amount)
    }

    /// Borrows against the collateral.
    pub fn borrow(ctx: &mut Context<Borrow>, amount: u64) -> Result<()> {
        instructions::borrow::handler(ctx, amount)
    }

    /// Repays a position's debt; the greatest amount stands for all of it.
    pub fn repay(ctx: &mut Context<Repay>, amount: u64) -> Result<()> {
        instructions::repay::handler(ctx, amount)
    }

    /// Writes the collateral's price into the history.
    pub fn observe(ctx: &mut Context<Observe>) -> Result<()> {
        instructions::observe::handler(ctx)
    }

    /// Computes a position's features and stores them.
    pub fn snapshot(ctx: &mut Context<TakeSnapshot>) -> Result<()> {
        instructions::snapshot::handler(ctx)
    }

    /// Liquidates a part of a position, early, because a proven score is high.
    pub fn liquidate_by_proof(
        ctx: &mut Context<LiquidateByProof>,
        claim: Claim,
        repay: u64,
        min_seized: u64,
    ) -> Result<()> {
        instructions::liquidate_by_proof::handler(ctx, &claim, &Request { repay, min_seized })
    }

    /// Liquidates a position that is over the threshold.
    pub fn liquidate(ctx: &mut Context<Liquidate>, repay: u64, min_seized: u64) -> Result<()> {
        instructions::liquidate::handler(ctx, &Request { repay, min_seized })
    }
}

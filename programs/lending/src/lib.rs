//! A lending market whose early liquidations are opened by a proven risk score.
//!
//! One collateral mint, one debt mint. Suppliers deposit the debt asset for shares; borrowers deposit collateral and
//! borrow. A position over the liquidation threshold can always be liquidated by the plain rule. Before that, from a hard
//! floor on, a model's score can open a partial liquidation: the program computes the model's inputs itself (`snapshot`),
//! and a keeper proves what the model says about them (`liquidate_by_proof`).
//!
//! | who | instructions |
//! | --- | --- |
//! | admin | `init_market`, `propose_params`, `propose_admin`, `propose_guardian`, `propose_withdrawal`, `cancel_proposal`, `apply_params`, `set_guardian`, `withdraw_reserves`, `lower_pause`, `renounce_admin`, `close_market` |
//! | successor | `accept_admin` |
//! | guardian | `set_pause` |
//! | supplier | `supply`, `withdraw_supply`, `close_deposit` |
//! | borrower | `deposit_collateral`, `withdraw_collateral`, `borrow`, `repay`, `close_position` |
//! | anyone | `snapshot`, `flag_by_proof`, `clear_by_proof`, `liquidate_by_proof`, `liquidate`, `liquidate_start`, `liquidate_end`, `impair`, `socialize`, `repay`, `close_snapshot` |
//!
//! Prices are those of the feed program's sources, which the parameters pin; the program reads no oracle itself.
//!
//! Always: each vault holds at least what the books say; the suppliers' claims and the reserves together are at most
//! cash and loans; every rounding is for the market and against the caller; early liquidations repay at most a fifth of a
//! debt in a window, over all proofs; no change of the rules takes effect before suppliers could leave for two days.
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
pub mod oracle;
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

    /// Creates a market and its vaults.
    pub fn init_market(
        ctx: &mut Context<InitMarket>,
        params: RiskParams,
        guardian: Address,
        reserve_owner: Address,
    ) -> Result<()> {
        instructions::init_market::handler(ctx, &params, &Offices { guardian, reserve_owner })
    }

    /// Proposes parameters: they may be applied once suppliers could leave for two days.
    pub fn propose_params(ctx: &mut Context<Administer>, params: RiskParams) -> Result<()> {
        proposals::params(ctx, &params)
    }

    /// Proposes another admin.
    pub fn propose_admin(ctx: &mut Context<Administer>, successor: Address) -> Result<()> {
        proposals::admin(ctx, successor)
    }

    /// Proposes another guardian.
    pub fn propose_guardian(ctx: &mut Context<Administer>, guardian: Address) -> Result<()> {
        proposals::guardian(ctx, guardian)
    }

    /// Proposes to withdraw reserves.
    pub fn propose_withdrawal(ctx: &mut Context<Administer>, amount: u64) -> Result<()> {
        proposals::withdrawal(ctx, amount)
    }

    /// Drops what is proposed.
    pub fn cancel_proposal(ctx: &mut Context<Administer>) -> Result<()> {
        proposals::cancel(ctx)
    }

    /// Puts proposed parameters into force.
    pub fn apply_params(ctx: &mut Context<ApplyParams>) -> Result<()> {
        instructions::apply_params::handler(ctx)
    }

    /// Accepts the admin's role.
    pub fn accept_admin(ctx: &mut Context<AcceptAdmin>) -> Result<()> {
        instructions::accept_admin::handler(ctx)
    }

    /// Puts the proposed guardian into office.
    pub fn set_guardian(ctx: &mut Context<Administer>) -> Result<()> {
        instructions::set_guardian::handler(ctx)
    }

    /// Pays the proposed reserves out.
    pub fn withdraw_reserves(ctx: &mut Context<WithdrawReserves>) -> Result<()> {
        instructions::withdraw_reserves::handler(ctx)
    }

    /// Gives the admin's role up for good.
    pub fn renounce_admin(ctx: &mut Context<Administer>) -> Result<()> {
        instructions::renounce_admin::handler(ctx)
    }

    /// Raises the pause level: 1 reduce-only, 2 halted.
    pub fn set_pause(ctx: &mut Context<SetPause>, level: u8) -> Result<()> {
        instructions::set_pause::handler(ctx, level)
    }

    /// Lowers the pause level: 0 open, 1 reduce-only.
    pub fn lower_pause(ctx: &mut Context<LowerPause>, level: u8) -> Result<()> {
        instructions::lower_pause::handler(ctx, level)
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

    /// Computes a position's features at a final minute and stores them.
    pub fn snapshot(ctx: &mut Context<TakeSnapshot>, epoch: u32) -> Result<()> {
        instructions::snapshot::handler(ctx, epoch)
    }

    /// Flags a position because a proven score is high.
    pub fn flag_by_proof(ctx: &mut Context<FlagByProof>, claim: Claim) -> Result<()> {
        instructions::flag_by_proof::handler(ctx, &claim)
    }

    /// Clears a flag because a later score is low.
    pub fn clear_by_proof(ctx: &mut Context<ClearByProof>, claim: Claim) -> Result<()> {
        instructions::clear_by_proof::handler(ctx, &claim)
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

    /// Starts a liquidation of a position that is over the threshold: the transaction repays and ends it later.
    pub fn liquidate_start(ctx: &mut Context<LiquidateStart>, repay: u64, min_seized: u64) -> Result<()> {
        instructions::liquidate_start::handler(ctx, &Request { repay, min_seized })
    }

    /// Repays and ends a liquidation that the transaction started.
    pub fn liquidate_end(ctx: &mut Context<LiquidateEnd>) -> Result<()> {
        instructions::liquidate_end::handler(ctx)
    }

    /// Assesses which part of a debt no collateral pays.
    pub fn impair(ctx: &mut Context<AssessLoss>) -> Result<()> {
        instructions::impair::handler(ctx)
    }

    /// Writes a debt off whose collateral is dust.
    pub fn socialize(ctx: &mut Context<AssessLoss>) -> Result<()> {
        instructions::socialize::handler(ctx)
    }

    /// Closes an expired snapshot.
    pub fn close_snapshot(ctx: &mut Context<CloseSnapshot>) -> Result<()> {
        instructions::close_snapshot::handler(ctx)
    }

    /// Closes an empty position.
    pub fn close_position(ctx: &mut Context<ClosePosition>) -> Result<()> {
        instructions::close_position::handler(ctx)
    }

    /// Closes an empty deposit account.
    pub fn close_deposit(ctx: &mut Context<CloseDeposit>) -> Result<()> {
        instructions::close_deposit::handler(ctx)
    }

    /// Closes an empty market.
    pub fn close_market(ctx: &mut Context<CloseMarket>) -> Result<()> {
        instructions::close_market::handler(ctx)
    }
}

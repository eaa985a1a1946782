//! `flag_by_proof`: a proven score flags a position, without liquidating it. The flag starts the public clock of the bonus.
//!
//! Who flags gains nothing over the others: the clock is everybody's, and nobody can start it for a position that could not
//! be liquidated early now.

use anchor_lang::prelude::*;

#[allow(clippy::wildcard_imports)] // with the modules that the nested accounts generate
use super::evidence::*;
use super::{liquidate_by_proof::require_early, now};
use crate::{
    errors::LendingError,
    oracle::Purpose,
    prices::Prices,
    state::{Action, Market, Position, Snapshot},
};

/// Accounts of `flag_by_proof`.
#[derive(Accounts)]
pub struct FlagByProof {
    /// 0. `[signer, writable]` The prover, who pays for the receipt.
    #[account(mut)]
    pub prover: Signer,
    /// 1. `[writable]` The market: its interest accrues.
    #[account(mut)]
    pub market: Account<Market>,
    /// 2. `[writable]` The position.
    #[account(mut, constraint = position.market == *market.address() @ LendingError::WrongMarket)]
    pub position: Account<Position>,
    /// 3. `[]` A snapshot of the position.
    #[account(constraint = snapshot.position == *position.address() @ LendingError::WrongSnapshot)]
    pub snapshot: Account<Snapshot>,
    /// 4. `[]` Price source of the collateral.
    pub collateral_price: UncheckedAccount,
    /// 5. `[]` Price source of the debt asset.
    pub debt_price: UncheckedAccount,
    /// 6 to 10. What a recorded proof needs.
    pub recorder: Nested<Recorder>,
}

/// Sets the flag, or keeps it standing.
#[inline(never)]
pub(crate) fn handler(ctx: &mut Context<FlagByProof>, claim: &Claim) -> Result<()> {
    let FlagByProof { prover, market, position, snapshot, collateral_price, debt_price, recorder } =
        &mut ctx.accounts;
    let now = now()?;
    market.require_open(Action::LiquidateEarly, now)?;
    require_usable(snapshot, now)?;
    market.accrue(now)?;
    let params = &market.params;
    if claim.score < params.score_threshold {
        return Err(LendingError::ScoreBelowThreshold.into());
    }
    if position.debt_shares == 0 {
        return Err(LendingError::NoDebt.into());
    }
    let prices = Prices::load(collateral_price, debt_price, params, Purpose::Evidence, now)?;
    require_early(&prices.exposure(market, position)?, snapshot, params)?;
    let flagged_since = position.flag.accept(snapshot.evidence(), now)?;

    recorder.record(prover.account(), params, snapshot, claim)?.announce(snapshot, flagged_since);
    position.invariant(market)?;
    Ok(market.invariant()?)
}

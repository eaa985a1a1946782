//! `flag_by_proof`: a proven score flags a position, without liquidating it. The flag starts the public clock of the bonus.
//!
//! Who flags gains nothing over the others: the clock is everybody's, and nobody can start it for a position that could not
//! be liquidated early now.

use anchor_lang::prelude::*;

use super::{
    evidence::{Claim, Recorder, require_usable},
    liquidate_by_proof::require_early,
    now,
};
use crate::{
    errors::LendingError,
    events::ScoreProven,
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
    /// 6. `[writable]` The model that the market accepts.
    #[account(mut, address = market.params.model @ LendingError::WrongModel)]
    pub model: UncheckedAccount,
    /// 7. `[writable]` The statement's receipt, at `["receipt", model, digest]` of the verifier.
    #[account(mut)]
    pub receipt: UncheckedAccount,
    /// 8. `[]` The verifier program.
    #[account(address = Address::new_from_array(assay_cpi::VERIFIER) @ LendingError::WrongVerifier)]
    pub verifier: UncheckedAccount,
    /// 9. `[]` The system program.
    pub system_program: Program<System>,
}

/// Sets the flag, or keeps it standing.
#[inline(never)]
pub(crate) fn handler(ctx: &mut Context<FlagByProof>, claim: &Claim) -> Result<()> {
    let FlagByProof {
        prover,
        market,
        position,
        snapshot,
        collateral_price,
        debt_price,
        model,
        receipt,
        system_program,
        ..
    } = &mut ctx.accounts;
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

    let recorder = Recorder {
        prover: prover.account(),
        model: model.account(),
        receipt: receipt.account(),
        system_program: system_program.account(),
    };
    let digest = recorder.record(params, snapshot, claim)?;
    emit!(ScoreProven {
        position: snapshot.position,
        model: params.model,
        digest,
        score: claim.score,
        epoch: snapshot.epoch,
        revision: snapshot.revision,
        flagged_since,
    });
    position.invariant(market)?;
    Ok(market.invariant()?)
}

//! `clear_by_proof`: a later snapshot that is proven to score below the threshold takes a position's flag away.
//!
//! Anyone may, the borrower first of all. The evidence must be later than what the flag stands on, by final minute or by
//! revision: an old, milder snapshot clears nothing. Prices are not asked for: the snapshot's are final, and whoever sees
//! another score in a later minute flags again.

use anchor_lang::prelude::*;

#[allow(clippy::wildcard_imports)] // with the modules that the nested accounts generate
use super::evidence::*;
use super::now;
use crate::{
    errors::LendingError,
    state::{Market, Position, Snapshot},
};

/// Accounts of `clear_by_proof`.
#[derive(Accounts)]
pub struct ClearByProof {
    /// 0. `[signer, writable]` The prover, who pays for the receipt.
    #[account(mut)]
    pub prover: Signer,
    /// 1. `[]` The market.
    pub market: Account<Market>,
    /// 2. `[writable]` The position.
    #[account(mut, constraint = position.market == *market.address() @ LendingError::WrongMarket)]
    pub position: Account<Position>,
    /// 3. `[]` A snapshot of the position.
    #[account(constraint = snapshot.position == *position.address() @ LendingError::WrongSnapshot)]
    pub snapshot: Account<Snapshot>,
    /// 4 to 8. What a recorded proof needs.
    pub recorder: Nested<Recorder>,
}

/// Clears the flag.
#[inline(never)]
pub(crate) fn handler(ctx: &mut Context<ClearByProof>, claim: &Claim) -> Result<()> {
    let ClearByProof { prover, market, position, snapshot, recorder } = &mut ctx.accounts;
    let now = now()?;
    require_usable(snapshot, now)?;
    let params = &market.params;
    if claim.score >= params.score_threshold {
        return Err(LendingError::ScoreNotBelowThreshold.into());
    }
    position.flag.clear(snapshot.evidence(), now)?;

    recorder.record(prover.account(), params, snapshot, claim)?.announce(snapshot, 0);
    Ok(position.invariant(market)?)
}

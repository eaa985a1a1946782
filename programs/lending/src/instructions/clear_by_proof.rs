//! `clear_by_proof`: a later snapshot that is proven to score below the threshold takes a position's flag away.
//!
//! Anyone may, the borrower first of all. The evidence must be later than what the flag stands on, by final minute or by
//! revision: an old, milder snapshot clears nothing. Prices are not asked for: the snapshot's are final, and whoever sees
//! another score in a later minute flags again.

use anchor_lang::prelude::*;

use super::{
    evidence::{Claim, Recorder, require_usable},
    now,
};
use crate::{
    errors::LendingError,
    events::ScoreProven,
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
    /// 4. `[writable]` The model that the market accepts.
    #[account(mut, address = market.params.model @ LendingError::WrongModel)]
    pub model: UncheckedAccount,
    /// 5. `[writable]` The statement's receipt, at `["receipt", model, digest]` of the verifier.
    #[account(mut)]
    pub receipt: UncheckedAccount,
    /// 6. `[]` The verifier program.
    #[account(address = Address::new_from_array(assay_cpi::VERIFIER) @ LendingError::WrongVerifier)]
    pub verifier: UncheckedAccount,
    /// 7. `[]` The system program.
    pub system_program: Program<System>,
}

/// Clears the flag.
#[inline(never)]
pub(crate) fn handler(ctx: &mut Context<ClearByProof>, claim: &Claim) -> Result<()> {
    let ClearByProof { prover, market, position, snapshot, model, receipt, system_program, .. } =
        &mut ctx.accounts;
    let now = now()?;
    require_usable(snapshot, now)?;
    let params = &market.params;
    if claim.score >= params.score_threshold {
        return Err(LendingError::ScoreNotBelowThreshold.into());
    }
    position.flag.clear(snapshot.evidence(), now)?;

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
        flagged_since: 0,
    });
    Ok(position.invariant(market)?)
}

//! `liquidate_by_proof`: an early, partial liquidation that a proven risk score opens.
//!
//! Accepted when all of it holds: the snapshot is alive and of an earlier second; the score reaches the threshold; the
//! loan-to-value ratio now, at mid prices, is at the hard floor or above, below the liquidation threshold, and has not fallen
//! by more than the tolerance since the snapshot; the collateral covers debt and bonus; no later evidence cleared the flag;
//! the window's budget holds the repayment, which is not below the least. An early liquidation lowers the ratio itself: what is
//! left of the budget then needs a price that restores it, or the next minute's snapshot.
//!
//! What no score can do: liquidate below the floor; repay more than the budget, over however many snapshots and keepers;
//! raise the loan-to-value ratio; earn more than the plain rule's least bonus. The bonus is the auction's: the seconds since
//! the position was first flagged, and nothing that the liquidator chooses.

use anchor_lang::prelude::*;

use super::{ALL, now};
#[allow(clippy::wildcard_imports)] // with the modules that the nested accounts generate
use super::{evidence::*, liquidate::*};
use crate::{
    errors::LendingError,
    events::DecisionChained,
    math::{liquidation::Exposure, value::ltv_at_least},
    oracle::Purpose,
    state::{Action, Decision, RiskParams, Snapshot, least_repayment},
};

/// Accounts of `liquidate_by_proof`.
#[derive(Accounts)]
pub struct LiquidateByProof {
    /// 0 to 11. The accounts of the plain liquidation; the liquidator is the prover, and pays for the receipt.
    pub liquidation: Nested<Liquidate>,
    /// 12. `[]` A snapshot of the position.
    #[account(constraint = snapshot.position == *liquidation.position.address() @ LendingError::WrongSnapshot)]
    pub snapshot: Account<Snapshot>,
    /// 13 to 17. What a recorded proof needs.
    pub recorder: Nested<Recorder>,
}

/// Fails unless the position as it is now may be liquidated early on this evidence, at mid prices.
pub(super) fn require_early(exposure: &Exposure, snapshot: &Snapshot, params: &RiskParams) -> Result<()> {
    let (debt, collateral) = (exposure.debt_value(), exposure.collateral_value());
    let at_least = |bps| ltv_at_least(debt, collateral, bps);
    if !at_least(params.early_floor_bps) {
        return Err(LendingError::BelowEarlyFloor.into());
    }
    // Before the threshold: what is not covered is liquidated under the plain rule, and for that reason.
    if !exposure.covered(params.bonus_min_bps) {
        return Err(LendingError::NotCovered.into());
    }
    if at_least(params.liquidation_threshold_bps) {
        return Err(LendingError::PlainRuleApplies.into());
    }
    if !at_least(snapshot.ltv_bps.saturating_sub(params.tolerance_bps)) {
        return Err(LendingError::PositionRecovered.into());
    }
    Ok(())
}

impl LiquidateByProof {
    /// What the window's budget grants, at the auction's bonus. Counts the repayment, and sets the flag if none stands.
    fn terms(&mut self, exposure: &Exposure, request: &Request, now: i64) -> Result<(Request, Terms)> {
        let params = self.liquidation.market.params;
        let position = &mut self.liquidation.position;
        let since = position.flag.accept(self.snapshot.evidence(), now)?;
        let bonus_bps = params.auction().bonus_bps(now.saturating_sub(since));

        let mut budget = position.budget.renewed(exposure.debt, params.early_window, now);
        let limit = budget.allowed(exposure.debt, params.early_close_factor_bps)?;
        if limit == 0 {
            return Err(LendingError::BudgetSpent.into());
        }
        let least = least_repayment(exposure.debt, params.least_repayment_bps, params.min_borrow, limit)?;
        let repay = if request.repay == ALL { limit } else { request.repay };
        if repay > limit {
            return Err(LendingError::CloseFactorExceeded.into());
        }
        if repay < least {
            return Err(LendingError::RepaymentTooSmall.into());
        }
        budget.spend(repay)?;
        position.budget = budget;
        Ok((Request { repay, ..*request }, Terms { limit, bonus_bps }))
    }
}

/// Exchanges a part of the debt, as requested, because the model gives the claimed score for the snapshot's features.
#[inline(never)]
pub(crate) fn handler(ctx: &mut Context<LiquidateByProof>, claim: &Claim, request: &Request) -> Result<()> {
    let accounts = &mut ctx.accounts;
    let now = now()?;
    accounts.liquidation.market.require_open(Action::LiquidateEarly, now)?;
    require_usable(&accounts.snapshot, now)?;
    let params = accounts.liquidation.market.params;
    if claim.score < params.score_threshold {
        return Err(LendingError::ScoreBelowThreshold.into());
    }
    let assessment = accounts.liquidation.assess(Purpose::Evidence, now)?;
    require_early(&assessment.exposure, &accounts.snapshot, &params)?;
    let (request, terms) = accounts.terms(&assessment.exposure, request, now)?;

    let prover = accounts.liquidation.liquidator.account();
    let recorded = accounts.recorder.record(prover, &params, &accounts.snapshot, claim)?;
    recorded.announce(&accounts.snapshot, accounts.liquidation.position.flag.since);
    let plan = accounts.liquidation.settle(&assessment, &request, &terms, now)?;
    let market = &mut accounts.liquidation.market;
    market.chain_decision(&Decision {
        digest: recorded.digest,
        position: accounts.snapshot.position.to_bytes(),
        repaid: plan.repaid,
        seized: plan.seized,
        at: now,
    });
    emit!(DecisionChained { market: *market.address(), chain: market.decision_chain, at: now });
    Ok(())
}

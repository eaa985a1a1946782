//! `liquidate`: the plain rule. A position at or over the liquidation threshold can always be liquidated, without a proof
//! and at every pause level.
//!
//! Up to the close factor of the debt; the whole of it where the debt is dust or the ratio is past 95 %; where the
//! collateral no longer covers debt and bonus, as much as buys all of it. What no collateral pays then is impaired at once,
//! and suppliers withdraw without it; when no collateral is left, it is written off.
//!
//! The liquidator chooses the moment and the amount. A price may be a minute old and as uncertain as it is: an interval wider
//! than the clamp counts as the clamp, so uncertainty neither stops a liquidation nor opens one on a fresh loan.

use anchor_lang::prelude::*;
use anchor_spl::{
    mint::Mint,
    token::{TokenAccount, TokenCpiExt},
};

use super::{ALL, endings::pay_out, now};
use crate::{
    errors::{LendingError, MathResult},
    events::Liquidated,
    math::{
        liquidation::{Exposure, FULL_CLOSE_LTV_BPS, Plan, overshoot_bonus_bps, repay_limit},
        value::{ltv_at_least, ltv_bps},
    },
    oracle::Purpose,
    prices::Prices,
    state::{Market, Position, RiskParams},
};

/// Accounts of `liquidate`.
#[derive(Accounts)]
pub struct Liquidate {
    /// 0. `[signer, writable]` The liquidator.
    #[account(mut)]
    pub liquidator: Signer,
    /// 1. `[writable]` The market.
    #[account(mut)]
    pub market: Account<Market>,
    /// 2. `[writable]` The position.
    #[account(mut, constraint = position.market == *market.address() @ LendingError::WrongMarket)]
    pub position: Account<Position>,
    /// 3. `[]` The collateral mint.
    #[account(address = market.collateral_mint @ LendingError::WrongMint)]
    pub collateral_mint: Account<Mint>,
    /// 4. `[]` The debt mint.
    #[account(address = market.debt_mint @ LendingError::WrongMint)]
    pub debt_mint: Account<Mint>,
    /// 5. `[writable]` The collateral vault.
    #[account(mut, address = market.collateral_vault @ LendingError::WrongVault)]
    pub collateral_vault: Account<TokenAccount>,
    /// 6. `[writable]` The liquidity vault.
    #[account(mut, address = market.liquidity_vault @ LendingError::WrongVault)]
    pub liquidity_vault: Account<TokenAccount>,
    /// 7. `[writable]` The liquidator's token account that receives collateral.
    #[account(mut)]
    pub collateral_destination: Account<TokenAccount>,
    /// 8. `[writable]` The liquidator's token account that pays the debt.
    #[account(mut)]
    pub debt_source: Account<TokenAccount>,
    /// 9. `[]` Price source of the collateral.
    pub collateral_price: UncheckedAccount,
    /// 10. `[]` Price source of the debt asset.
    pub debt_price: UncheckedAccount,
    /// 11. `[]` The SPL token program.
    pub token_program: Program<Token>,
}

/// What the liquidator asks for.
#[derive(Clone, Copy)]
pub(crate) struct Request {
    /// Debt to repay, or [`ALL`] for as much as is allowed.
    pub repay: u64,
    /// Collateral to receive at least.
    pub min_seized: u64,
}

/// What the rule that opened the liquidation grants.
#[derive(Clone, Copy)]
pub(crate) struct Terms {
    /// Debt that may be repaid at most.
    pub limit: u64,
    /// Bonus on what is repaid.
    pub bonus_bps: u16,
}

impl Terms {
    /// Those of the plain rule, for a position over the threshold.
    pub(crate) fn plain(market: &Market, prices: &Prices, exposure: &Exposure) -> MathResult<Self> {
        let params = &market.params;
        let (debt, collateral) = prices.safe_values(market, exposure.debt, exposure.collateral);
        if !ltv_at_least(debt, collateral, params.liquidation_threshold_bps) {
            return Err(LendingError::NotLiquidatable);
        }
        let limit = if !exposure.covered(params.bonus_min_bps) {
            exposure.payable(params.bonus_min_bps)
        } else if ltv_at_least(debt, collateral, FULL_CLOSE_LTV_BPS) {
            exposure.debt
        } else {
            repay_limit(exposure.debt, params.close_factor_bps, params.min_borrow)?
        };
        let threshold = params.liquidation_threshold_bps;
        Ok(Self { limit, bonus_bps: overshoot_bonus_bps(debt, collateral, threshold, params.bonus()) })
    }

    /// The exchange that is asked for.
    pub(crate) fn plan(
        &self,
        exposure: &Exposure,
        request: &Request,
        params: &RiskParams,
    ) -> MathResult<Plan> {
        let repay = if request.repay == ALL { self.limit } else { request.repay };
        if repay > self.limit {
            return Err(LendingError::CloseFactorExceeded);
        }
        let plan = exposure.plan(repay, self.bonus_bps, params.bonus_min_bps)?;
        if plan.repaid == 0 || plan.seized == 0 {
            return Err(LendingError::ZeroAmount);
        }
        if plan.seized < request.min_seized {
            return Err(LendingError::SlippageExceeded);
        }
        Ok(plan)
    }
}

/// A position at the moment of its liquidation.
pub(crate) struct Assessment {
    /// Checked prices.
    pub prices: Prices,
    /// The position at mid prices.
    pub exposure: Exposure,
}

impl Liquidate {
    /// Charges interest, reads the prices for a purpose, values the position.
    pub(crate) fn assess(&mut self, purpose: Purpose, now: i64) -> Result<Assessment> {
        self.market.accrue(now)?;
        if self.position.debt_shares == 0 {
            return Err(LendingError::NoDebt.into());
        }
        let params = &self.market.params;
        let prices = Prices::load(&self.collateral_price, &self.debt_price, params, purpose, now)?;
        let exposure = prices.exposure(&self.market, &self.position)?;
        Ok(Assessment { prices, exposure })
    }

    /// Exchanges debt for collateral at the bonus, impairs or writes off what nothing backs, and moves the tokens.
    pub(crate) fn settle(
        &mut self,
        assessment: &Assessment,
        request: &Request,
        terms: &Terms,
        now: i64,
    ) -> Result<Plan> {
        let Assessment { prices, exposure } = assessment;
        let plan = terms.plan(exposure, request, &self.market.params)?;
        let bad_debt = self.book(plan, prices, now)?;
        self.transfer(plan)?;
        self.market.settle_exit(now)?;
        emit!(Liquidated {
            market: *self.market.address(),
            position: *self.position.address(),
            liquidator: *self.liquidator.address(),
            repaid: plan.repaid,
            seized: plan.seized,
            bonus_bps: terms.bonus_bps,
            ltv_bps: ltv_bps(exposure.debt_value(), exposure.collateral_value()),
            bad_debt,
        });
        self.position.invariant(&self.market)?;
        self.market.invariant()?;
        Ok(plan)
    }

    /// Books the plan; returns the debt that was written off.
    fn book(&mut self, plan: Plan, prices: &Prices, now: i64) -> Result<u64> {
        let (market, position) = (&mut self.market, &mut self.position);
        position.cancel_debt(market, plan.repaid, now)?;
        position.collateral =
            position.collateral.checked_sub(plan.seized).ok_or(LendingError::InvariantViolated)?;
        market.collateral_total =
            market.collateral_total.checked_sub(plan.seized).ok_or(LendingError::InvariantViolated)?;
        if position.debt_shares == 0 {
            return Ok(0);
        }
        if position.collateral == 0 {
            return Ok(position.write_off(market, now)?);
        }
        prices.impair(market, position)?;
        Ok(0)
    }

    fn transfer(&mut self, plan: Plan) -> Result<()> {
        let market = &self.market;
        self.token_program.transfer_checked(
            &mut self.debt_source,
            &self.debt_mint,
            &mut self.liquidity_vault,
            &self.liquidator,
            &[],
            plan.repaid,
            market.debt_decimals,
        )?;
        pay_out(
            &self.token_program,
            market,
            &mut self.collateral_vault,
            &self.collateral_mint,
            &mut self.collateral_destination,
            plan.seized,
            market.collateral_decimals,
        )
    }
}

/// Exchanges debt for collateral, as requested.
#[inline(never)]
pub(crate) fn handler(ctx: &mut Context<Liquidate>, request: &Request) -> Result<()> {
    let accounts = &mut ctx.accounts;
    let now = now()?;
    let assessment = accounts.assess(Purpose::PlainRule, now)?;
    let Assessment { prices, exposure } = &assessment;
    let terms = Terms::plain(&accounts.market, prices, exposure)?;
    accounts.settle(&assessment, request, &terms, now)?;
    Ok(())
}

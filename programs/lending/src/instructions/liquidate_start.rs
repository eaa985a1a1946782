//! `liquidate_start`: a liquidation under the plain rule that hands the collateral out first. The same transaction ends it with
//! `liquidate_end`, which takes the repayment: in between, the collateral can be sold for it, by instructions of any program.
//!
//! The program calls no foreign code. It looks at the transaction's own list of instructions for the end, of this market and
//! position, behind this instruction; a transaction happens whole or not at all, so the end runs or nothing did. Until then
//! the position owes what it owed with less collateral: every other instruction on it fails ([`Position::invariant`]), so
//! nobody liquidates, scores or assesses it in that state. Terms are those of `liquidate`.

use anchor_lang::pinocchio::sysvars::instructions::{INSTRUCTIONS_ID, Instructions};
use anchor_lang::{Discriminator, prelude::*};
use anchor_spl::{mint::Mint, token::TokenAccount};

use super::{
    endings::pay_out,
    liquidate::{Request, Terms},
    now,
};
use crate::{
    errors::LendingError,
    events::Liquidated,
    math::value::ltv_bps,
    oracle::Purpose,
    prices::Prices,
    state::{Market, Position},
};

/// Places of market and position among the accounts of `liquidate_end`.
const END_MARKET: usize = 1;
const END_POSITION: usize = 2;

/// Accounts of `liquidate_start`.
#[derive(Accounts)]
pub struct LiquidateStart {
    /// 0. `[signer]` The liquidator.
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
    /// 4. `[writable]` The collateral vault.
    #[account(mut, address = market.collateral_vault @ LendingError::WrongVault)]
    pub collateral_vault: Account<TokenAccount>,
    /// 5. `[writable]` The liquidator's token account that receives collateral.
    #[account(mut)]
    pub collateral_destination: Account<TokenAccount>,
    /// 6. `[]` Price source of the collateral.
    pub collateral_price: UncheckedAccount,
    /// 7. `[]` Price source of the debt asset.
    pub debt_price: UncheckedAccount,
    /// 8. `[]` The SPL token program.
    pub token_program: Program<Token>,
    /// 9. `[]` The transaction's instructions.
    #[account(address = INSTRUCTIONS_ID @ LendingError::WrongAddress)]
    pub instructions: UncheckedAccount,
}

impl LiquidateStart {
    /// Fails unless this is an instruction of the transaction, and an end of the same position stands behind it.
    fn require_end(&self) -> Result<()> {
        let instructions = Instructions::try_from(self.instructions.account())?;
        let current = usize::from(instructions.load_current_index());
        if *instructions.load_instruction_at(current)?.get_program_id() != crate::ID {
            return Err(LendingError::FlashByProgram.into());
        }
        for index in current.saturating_add(1)..instructions.num_instructions() {
            let later = instructions.load_instruction_at(index)?;
            let is_end = *later.get_program_id() == crate::ID
                && later.get_instruction_data().starts_with(crate::instruction::LiquidateEnd::DISCRIMINATOR)
                && later.num_account_metas() > END_POSITION;
            if is_end
                && later.get_instruction_account_at(END_MARKET)?.key == *self.market.address()
                && later.get_instruction_account_at(END_POSITION)?.key == *self.position.address()
            {
                return Ok(());
            }
        }
        Err(LendingError::FlashEndMissing.into())
    }
}

/// Hands the collateral out.
#[inline(never)]
pub(crate) fn handler(ctx: &mut Context<LiquidateStart>, request: &Request) -> Result<()> {
    ctx.accounts.require_end()?;
    let LiquidateStart {
        liquidator,
        market,
        position,
        collateral_mint,
        collateral_vault,
        collateral_destination,
        collateral_price,
        debt_price,
        token_program,
        ..
    } = &mut ctx.accounts;
    let now = now()?;
    position.require_settled()?;
    market.accrue(now)?;
    if position.debt_shares == 0 {
        return Err(LendingError::NoDebt.into());
    }
    let prices = Prices::load(collateral_price, debt_price, &market.params, Purpose::PlainRule, now)?;
    let exposure = prices.exposure(market, position)?;
    let terms = Terms::plain(market, &prices, &exposure)?;
    let plan = terms.plan(&exposure, request, &market.params)?;

    position.collateral =
        position.collateral.checked_sub(plan.seized).ok_or(LendingError::InvariantViolated)?;
    market.collateral_total =
        market.collateral_total.checked_sub(plan.seized).ok_or(LendingError::InvariantViolated)?;
    position.flash_repay = plan.repaid;
    let decimals = market.collateral_decimals;
    pay_out(
        token_program,
        market,
        collateral_vault,
        collateral_mint,
        collateral_destination,
        plan.seized,
        decimals,
    )?;
    emit!(Liquidated {
        market: *market.address(),
        position: *position.address(),
        liquidator: *liquidator.address(),
        repaid: plan.repaid,
        seized: plan.seized,
        bonus_bps: terms.bonus_bps,
        ltv_bps: ltv_bps(exposure.debt_value(), exposure.collateral_value()),
        bad_debt: 0,
    });
    Ok(market.invariant()?)
}

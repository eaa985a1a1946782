//! `withdraw_collateral`: takes collateral out, as long as the rest carries the debt at the maximum loan-to-value ratio.

use anchor_lang::prelude::*;
use anchor_spl::{mint::Mint, token::TokenAccount};

use super::{
    ALL,
    endings::{pay_out, position_changed},
    now,
};
use crate::{
    errors::LendingError,
    oracle::Purpose,
    prices::Prices,
    state::{Action, Market, Position},
};

/// Accounts of `withdraw_collateral`.
#[derive(Accounts)]
pub struct WithdrawCollateral {
    /// 0. `[signer]` The position's owner.
    #[account(address = position.owner @ LendingError::WrongAuthority)]
    pub owner: Signer,
    /// 1. `[writable]` The market.
    #[account(mut)]
    pub market: Account<Market>,
    /// 2. `[writable]` The position.
    #[account(mut, constraint = position.market == *market.address() @ LendingError::WrongMarket)]
    pub position: Account<Position>,
    /// 3. `[]` The collateral mint.
    #[account(address = market.collateral_mint @ LendingError::WrongMint)]
    pub mint: Account<Mint>,
    /// 4. `[writable]` The collateral vault.
    #[account(mut, address = market.collateral_vault @ LendingError::WrongVault)]
    pub vault: Account<TokenAccount>,
    /// 5. `[writable]` Token account that receives the collateral.
    #[account(mut)]
    pub destination: Account<TokenAccount>,
    /// 6. `[]` Price source of the collateral; not read while the position owes nothing.
    pub collateral_price: UncheckedAccount,
    /// 7. `[]` Price source of the debt asset; not read while the position owes nothing.
    pub debt_price: UncheckedAccount,
    /// 8. `[]` The SPL token program.
    pub token_program: Program<Token>,
}

/// Withdraws `amount` base units, or everything for [`ALL`].
#[inline(never)]
pub(crate) fn handler(ctx: &mut Context<WithdrawCollateral>, amount: u64) -> Result<()> {
    let WithdrawCollateral {
        market,
        position,
        mint,
        vault,
        destination,
        collateral_price,
        debt_price,
        token_program,
        ..
    } = &mut ctx.accounts;
    let now = now()?;
    let owes = position.debt_shares > 0;
    market.require_open(if owes { Action::WithdrawUnderDebt } else { Action::WithdrawFree }, now)?;
    market.accrue(now)?;

    let amount = if amount == ALL { position.collateral } else { amount };
    if amount == 0 {
        return Err(LendingError::ZeroAmount.into());
    }
    position.collateral = position.collateral.checked_sub(amount).ok_or(LendingError::InsufficientBalance)?;
    market.collateral_total =
        market.collateral_total.checked_sub(amount).ok_or(LendingError::InvariantViolated)?;
    position.revise()?;
    if owes {
        let prices = Prices::load(collateral_price, debt_price, &market.params, Purpose::AddRisk, now)?;
        prices.require_healthy(market, position)?;
    }

    pay_out(token_program, market, vault, mint, destination, amount, market.collateral_decimals)?;
    position_changed(market, position, now)
}

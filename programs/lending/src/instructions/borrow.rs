//! `borrow`: takes the debt asset out against collateral, up to the maximum loan-to-value ratio at the safe ends of both
//! prices' confidence intervals. The loan raises the position's revision: snapshots of the state before it are evidence of less
//! risk than there is now, and the next minute's, or this minute's next, describes the new one.

use anchor_lang::prelude::*;
use anchor_spl::{mint::Mint, token::TokenAccount};

use super::{
    endings::{pay_out, position_changed},
    now,
};
use crate::{
    errors::LendingError,
    oracle::Purpose,
    prices::Prices,
    state::{Action, Market, Position},
};

/// Accounts of `borrow`.
#[derive(Accounts)]
pub struct Borrow {
    /// 0. `[signer]` The position's owner.
    #[account(address = position.owner @ LendingError::WrongAuthority)]
    pub owner: Signer,
    /// 1. `[writable]` The market.
    #[account(mut)]
    pub market: Account<Market>,
    /// 2. `[writable]` The position.
    #[account(mut, constraint = position.market == *market.address() @ LendingError::WrongMarket)]
    pub position: Account<Position>,
    /// 3. `[]` The debt mint.
    #[account(address = market.debt_mint @ LendingError::WrongMint)]
    pub mint: Account<Mint>,
    /// 4. `[writable]` The liquidity vault.
    #[account(mut, address = market.liquidity_vault @ LendingError::WrongVault)]
    pub vault: Account<TokenAccount>,
    /// 5. `[writable]` Token account that receives the loan.
    #[account(mut)]
    pub destination: Account<TokenAccount>,
    /// 6. `[]` Price source of the collateral.
    pub collateral_price: UncheckedAccount,
    /// 7. `[]` Price source of the debt asset.
    pub debt_price: UncheckedAccount,
    /// 8. `[]` The SPL token program.
    pub token_program: Program<Token>,
}

/// Borrows `amount` base units.
#[inline(never)]
pub(crate) fn handler(ctx: &mut Context<Borrow>, amount: u64) -> Result<()> {
    let Borrow {
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
    market.require_open(Action::Borrow, now)?;
    market.accrue(now)?;
    if amount == 0 {
        return Err(LendingError::ZeroAmount.into());
    }
    position.take_loan(market, amount)?;
    if position.debt(market)? < market.params.min_borrow {
        return Err(LendingError::DebtBelowMinimum.into());
    }
    let prices = Prices::load(collateral_price, debt_price, &market.params, Purpose::AddRisk, now)?;
    prices.require_healthy(market, position)?;

    pay_out(token_program, market, vault, mint, destination, amount, market.debt_decimals)?;
    position_changed(market, position, now)
}

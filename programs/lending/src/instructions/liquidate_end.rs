//! `liquidate_end`: takes the repayment of a liquidation that the transaction started, and settles the position: what no
//! collateral pays is impaired, or written off where none is left.

use anchor_lang::prelude::*;
use anchor_spl::{
    mint::Mint,
    token::{TokenAccount, TokenCpiExt},
};

use super::{endings::position_changed, now};
use crate::{
    errors::LendingError,
    events::Socialized,
    oracle::Purpose,
    prices::Prices,
    state::{Market, Position},
};

/// Accounts of `liquidate_end`. The start looks for market and position at these places.
#[derive(Accounts)]
pub struct LiquidateEnd {
    /// 0. `[signer]` Who repays: the authority of the token account.
    pub liquidator: Signer,
    /// 1. `[writable]` The market.
    #[account(mut)]
    pub market: Account<Market>,
    /// 2. `[writable]` The position.
    #[account(mut, constraint = position.market == *market.address() @ LendingError::WrongMarket)]
    pub position: Account<Position>,
    /// 3. `[]` The debt mint.
    #[account(address = market.debt_mint @ LendingError::WrongMint)]
    pub debt_mint: Account<Mint>,
    /// 4. `[writable]` The liquidity vault.
    #[account(mut, address = market.liquidity_vault @ LendingError::WrongVault)]
    pub liquidity_vault: Account<TokenAccount>,
    /// 5. `[writable]` The token account that pays.
    #[account(mut)]
    pub debt_source: Account<TokenAccount>,
    /// 6. `[]` Price source of the collateral.
    pub collateral_price: UncheckedAccount,
    /// 7. `[]` Price source of the debt asset.
    pub debt_price: UncheckedAccount,
    /// 8. `[]` The SPL token program.
    pub token_program: Program<Token>,
}

/// Takes the repayment.
#[inline(never)]
pub(crate) fn handler(ctx: &mut Context<LiquidateEnd>) -> Result<()> {
    let LiquidateEnd {
        liquidator,
        market,
        position,
        debt_mint,
        liquidity_vault,
        debt_source,
        collateral_price,
        debt_price,
        token_program,
    } = &mut ctx.accounts;
    let now = now()?;
    let owed = core::mem::take(&mut position.flash_repay);
    if owed == 0 {
        return Err(LendingError::FlashNotOpen.into());
    }
    market.accrue(now)?;
    position.cancel_debt(market, owed, now)?;
    let decimals = market.debt_decimals;
    token_program.transfer_checked(
        debt_source,
        debt_mint,
        liquidity_vault,
        liquidator,
        &[],
        owed,
        decimals,
    )?;
    if position.debt_shares > 0 {
        if position.collateral == 0 {
            let lost = position.write_off(market, now)?;
            emit!(Socialized { market: *market.address(), position: *position.address(), lost, dust: 0 });
        } else {
            let params = &market.params;
            let prices = Prices::load(collateral_price, debt_price, params, Purpose::PlainRule, now)?;
            prices.impair(market, position)?;
        }
    }
    position_changed(market, position, now)
}

//! `close_market`: the admin closes a market that nobody has anything in. The creator, who paid for the accounts, gets their
//! lamports back; what the vaults hold beyond the books (reserves, dust, donations) goes to the reserves' owner.

use anchor_lang::prelude::*;
use anchor_spl::{
    mint::Mint,
    token::{TokenAccount, TokenCpiExt},
};

use super::endings::pay_out;
use crate::{errors::LendingError, events::MarketClosed, state::Market};

/// Accounts of `close_market`.
#[derive(Accounts)]
pub struct CloseMarket {
    /// 0. `[signer]` The admin.
    #[account(address = market.admin @ LendingError::WrongAuthority)]
    pub admin: Signer,
    /// 1. `[writable]` The market.
    #[account(mut, close = creator)]
    pub market: Account<Market>,
    /// 2. `[writable]` Its creator, who paid for the accounts. It may be the admin.
    #[account(mut, unsafe(dup), address = market.creator @ LendingError::WrongReceiver)]
    pub creator: UncheckedAccount,
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
    /// 7. `[writable]` A token account of the reserves' owner, for collateral.
    #[account(mut,
        constraint = *collateral_destination.owner() == market.reserve_owner @ LendingError::WrongReceiver)]
    pub collateral_destination: Account<TokenAccount>,
    /// 8. `[writable]` A token account of the reserves' owner, for the debt asset.
    #[account(mut,
        constraint = *debt_destination.owner() == market.reserve_owner @ LendingError::WrongReceiver)]
    pub debt_destination: Account<TokenAccount>,
    /// 9. `[]` The SPL token program.
    pub token_program: Program<Token>,
}

/// Empties and closes the vaults, then the market.
#[inline(never)]
pub(crate) fn handler(ctx: &mut Context<CloseMarket>) -> Result<()> {
    let CloseMarket {
        market,
        creator,
        collateral_mint,
        debt_mint,
        collateral_vault,
        liquidity_vault,
        collateral_destination,
        debt_destination,
        token_program,
        ..
    } = &mut ctx.accounts;
    if market.supply_shares != 0 || market.debt_shares != 0 || market.collateral_total != 0 {
        return Err(LendingError::AccountInUse.into());
    }
    let vaults = [
        (collateral_vault, collateral_mint, collateral_destination, market.collateral_decimals),
        (liquidity_vault, debt_mint, debt_destination, market.debt_decimals),
    ];
    for (vault, mint, destination, decimals) in vaults {
        let amount = vault.amount();
        if amount > 0 {
            pay_out(token_program, market, vault, mint, destination, amount, decimals)?;
        }
        let bump = [market.bump];
        let [label, owner, collateral, debt] = market.seeds();
        let seeds = [label, owner, collateral, debt, &bump];
        token_program.close_account(vault, creator, &*market, &[&seeds])?;
    }
    emit!(MarketClosed { market: *market.address() });
    Ok(())
}

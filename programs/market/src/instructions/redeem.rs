//! `redeem`: tokens of one outcome become what the payout says, rounded down. The rest of the rounding stays in the vault.

use anchor_lang::prelude::*;
use anchor_spl::{
    mint::Mint,
    token::{TokenAccount, TokenCpiExt},
};

use super::endings::pay_out;
use crate::{authority::Authority, errors::MarketError, events::Redeemed, outcomes, state::Question};

/// Accounts of `redeem`.
#[derive(Accounts)]
pub struct Redeem {
    /// 0. `[signer]` The owner of the tokens.
    pub owner: Signer,
    /// 1. `[writable]` The question.
    #[account(mut)]
    pub question: Account<Question>,
    /// 2. `[]` Mint of the collateral.
    #[account(address = question.mint @ MarketError::WrongMint)]
    pub mint: Account<Mint>,
    /// 3. `[writable]` The vault.
    #[account(mut, address = question.vault @ MarketError::WrongVault)]
    pub vault: Account<TokenAccount>,
    /// 4. `[writable]` Receives the collateral.
    #[account(mut)]
    pub destination: Account<TokenAccount>,
    /// 5. `[writable]` Mint of the outcome.
    #[account(mut)]
    pub outcome_mint: Account<Mint>,
    /// 6. `[writable]` The owner's tokens of the outcome.
    #[account(mut)]
    pub source: Account<TokenAccount>,
    /// 7. `[]` The SPL token program.
    pub token_program: Program<Token>,
}

/// Burns `amount` tokens of `outcome` and pays what they are worth.
#[inline(never)]
pub(crate) fn handler(ctx: &mut Context<Redeem>, outcome: u8, amount: u64) -> Result<()> {
    let Redeem { owner, question, mint, vault, destination, outcome_mint, source, token_program } =
        &mut ctx.accounts;
    outcomes::require_mint(question, outcome, outcome_mint.address())?;
    let paid = question.redeem(outcome, amount)?;
    token_program.burn(source, outcome_mint, owner, &[], amount)?;
    pay_out(token_program, question, &Authority::of(question)?, vault, mint, destination, paid)?;
    emit!(Redeemed { question: *question.address(), outcome, burned: amount, paid });
    Ok(question.invariant()?)
}

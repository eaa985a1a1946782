//! The accounts of what makes sets and takes them back: `split` and `merge`.

use anchor_lang::prelude::*;
use anchor_spl::{mint::Mint, token::TokenAccount};

use crate::{errors::MarketError, state::Question};

/// Accounts of `split` and `merge`, then `[mint, own token account]` of each outcome, in order, writable.
#[derive(Accounts)]
pub struct Sets {
    /// 0. `[signer]` The owner of collateral and outcomes.
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
    /// 4. `[writable]` Where the collateral comes from, or goes to.
    #[account(mut)]
    pub collateral: Account<TokenAccount>,
    /// 5. `[]` The SPL token program.
    pub token_program: Program<Token>,
}

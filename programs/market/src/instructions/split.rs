//! `split`: collateral becomes sets, one token of each outcome for each unit. Until `close_at`, which lies before the first price
//! that counts: nobody makes sets of a question whose answer they know, unless its flag says so.
//!
//! Behind the accounts come `[mint, own token account]` for each outcome, in order, writable.

use anchor_lang::prelude::*;
use anchor_spl::{
    mint::Mint,
    token::{TokenAccount, TokenCpiExt},
};

use super::now;
use crate::{authority::Authority, errors::MarketError, events::SetsChanged, outcomes, state::Question};

/// Accounts of `split`, then the outcomes' pairs.
#[derive(Accounts)]
pub struct Split {
    /// 0. `[signer]` The owner of the collateral.
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
    /// 4. `[writable]` The owner's collateral.
    #[account(mut)]
    pub source: Account<TokenAccount>,
    /// 5. `[]` The SPL token program.
    pub token_program: Program<Token>,
}

/// Makes `amount` sets.
#[inline(never)]
pub(crate) fn handler(ctx: &mut Context<Split>, amount: u64) -> Result<()> {
    let mut behind = ctx.remaining_accounts()?;
    let Split { owner, question, mint, vault, source, token_program } = &mut ctx.accounts;
    question.split(amount, now()?)?;
    token_program.transfer_checked(source, mint, vault, owner, &[], amount, question.decimals)?;
    let authority = Authority::of(question)?;
    for pair in outcomes::pairs(question, &mut behind)? {
        outcomes::mint_to(token_program, question, &authority, pair, amount)?;
    }
    emit!(SetsChanged { question: *question.address(), held: question.held });
    Ok(question.invariant()?)
}

//! `merge`: full sets become their collateral, at every time: a full set is worth its collateral whatever the answer is.
//!
//! Behind the accounts come `[mint, own token account]` for each outcome, in order, writable.

use anchor_lang::prelude::*;
use anchor_spl::{
    mint::Mint,
    token::{TokenAccount, TokenCpiExt},
};

use super::endings::pay_out;
use crate::{authority::Authority, errors::MarketError, events::SetsChanged, outcomes, state::Question};

/// Accounts of `merge`, then the outcomes' pairs.
#[derive(Accounts)]
pub struct Merge {
    /// 0. `[signer]` The owner of the sets.
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
    /// 5. `[]` The SPL token program.
    pub token_program: Program<Token>,
}

/// Takes `amount` sets back.
#[inline(never)]
pub(crate) fn handler(ctx: &mut Context<Merge>, amount: u64) -> Result<()> {
    let mut behind = ctx.remaining_accounts()?;
    let Merge { owner, question, mint, vault, destination, token_program } = &mut ctx.accounts;
    question.merge(amount)?;
    for [outcome, account] in outcomes::pairs(question, &mut behind)? {
        token_program.burn(account, outcome, owner, &[], amount)?;
    }
    pay_out(token_program, question, &Authority::of(question)?, vault, mint, destination, amount)?;
    emit!(SetsChanged { question: *question.address(), held: question.held });
    Ok(question.invariant()?)
}

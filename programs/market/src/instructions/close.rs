//! `close`: a question with a payout, of which nobody holds a token that pays. Anyone may; everything goes to who paid for it.
//!
//! What rounding left in the vault, and what strangers sent there, goes with it. The outcomes' mints stay for good, so the same
//! creator cannot make the same question again with tokens already out.
//!
//! Behind the accounts come the outcomes' mints, in order.

use anchor_lang::prelude::*;
use anchor_spl::{
    mint::Mint,
    token::{self, TokenAccount, TokenCpiExt},
};

use super::endings::pay_out;
use crate::{
    authority::Authority, errors::MarketError, events::QuestionClosed, outcomes::require_mint,
    state::Question,
};

/// Accounts of `close`, then the outcomes' mints.
#[derive(Accounts)]
pub struct Close {
    /// 0. `[writable]` Who paid for the question.
    #[account(mut, address = question.payer @ MarketError::WrongReceiver)]
    pub payer: UncheckedAccount,
    /// 1. `[writable]` The question.
    #[account(mut, close = payer)]
    pub question: Account<Question>,
    /// 2. `[]` Mint of the collateral.
    #[account(address = question.mint @ MarketError::WrongMint)]
    pub mint: Account<Mint>,
    /// 3. `[writable]` The vault.
    #[account(mut, address = question.vault @ MarketError::WrongVault)]
    pub vault: Account<TokenAccount>,
    /// 4. `[writable]` The payer's token account of the collateral.
    #[account(mut, token::authority = payer)]
    pub destination: Account<TokenAccount>,
    /// 5. `[]` The SPL token program.
    pub token_program: Program<Token>,
}

/// Closes vault and question.
#[inline(never)]
pub(crate) fn handler(ctx: &mut Context<Close>) -> Result<()> {
    let mints = ctx.remaining_accounts()?;
    let Close { payer, question, mint, vault, destination, token_program } = &mut ctx.accounts;
    if !question.status()?.is_final() {
        return Err(MarketError::WrongState.into());
    }
    if mints.len() != usize::from(question.mints) {
        return Err(MarketError::WrongOutcomeMint.into());
    }
    for ((account, share), index) in mints.iter().zip(question.payout).zip(0..) {
        require_mint(question, index, account.address())?;
        let supply = Account::<Mint>::load(*account)?.supply();
        if share > 0 && supply > 0 {
            return Err(MarketError::StillHeld.into());
        }
    }
    let authority = Authority::of(question)?;
    let left = vault.amount();
    if left > 0 {
        pay_out(token_program, question, &authority, vault, mint, destination, left)?;
    }
    token_program.close_account(vault, payer, &*question, &[&authority.seeds()])?;
    emit!(QuestionClosed { question: *question.address() });
    Ok(())
}

//! How instructions end that pay: collateral out of the vault, lamports out of the question.

use anchor_lang::prelude::*;
use anchor_spl::{
    mint::Mint,
    token::{TokenAccount, TokenCpiExt},
};

use crate::{authority::Authority, errors::MarketError, state::Question};

/// Pays `amount` out of the vault, whose authority is the question.
#[inline(always)]
pub(super) fn pay_out(
    token_program: &Program<Token>,
    question: &Account<Question>,
    authority: &Authority,
    vault: &mut Account<TokenAccount>,
    mint: &Account<Mint>,
    destination: &mut Account<TokenAccount>,
    amount: u64,
) -> Result<()> {
    let (signers, decimals) = ([&authority.seeds()[..]], question.decimals);
    token_program.transfer_checked(vault, mint, destination, question, &signers, amount, decimals)
}

/// Pays lamports that the question holds beside its rent: a bounty, or a bond. An empty account stays alive by it, since
/// every stake is large enough.
pub(super) fn pay_lamports(question: &Account<Question>, to: &AccountView, lamports: u64) -> Result<()> {
    let (mut from, mut to) = (*question.account(), *to);
    from.set_lamports(from.lamports().checked_sub(lamports).ok_or(MarketError::InvariantViolated)?);
    // Read after the write: were both one account, it would keep what it has.
    to.set_lamports(to.lamports().checked_add(lamports).ok_or(MarketError::MathOverflow)?);
    Ok(())
}

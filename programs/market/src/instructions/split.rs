//! `split`: collateral becomes sets, one token of each outcome for each unit. Until `close_at`, which lies before the first price
//! that counts: nobody makes sets of a question whose answer they know, unless its flag says so.

use anchor_lang::prelude::*;
use anchor_spl::token::TokenCpiExt;

use super::{now, sets::Sets};
use crate::{authority::Authority, events::SetsChanged, outcomes};

/// Makes `amount` sets.
#[inline(never)]
pub(crate) fn handler(ctx: &mut Context<Sets>, amount: u64) -> Result<()> {
    let mut behind = ctx.remaining_accounts()?;
    let Sets { owner, question, mint, vault, collateral, token_program } = &mut ctx.accounts;
    question.split(amount, now()?)?;
    token_program.transfer_checked(collateral, mint, vault, owner, &[], amount, question.decimals)?;
    let authority = Authority::of(question)?;
    for pair in outcomes::pairs(question, &mut behind)? {
        outcomes::mint_to(token_program, question, &authority, pair, amount)?;
    }
    emit!(SetsChanged { question: *question.address(), held: question.held });
    Ok(question.invariant()?)
}

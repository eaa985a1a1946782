//! `merge`: full sets become their collateral, at every time: a full set is worth its collateral whatever the answer is.

use anchor_lang::prelude::*;
use anchor_spl::token::TokenCpiExt;

use super::{endings::pay_out, sets::Sets};
use crate::{authority::Authority, events::SetsChanged, outcomes};

/// Takes `amount` sets back.
#[inline(never)]
pub(crate) fn handler(ctx: &mut Context<Sets>, amount: u64) -> Result<()> {
    let mut behind = ctx.remaining_accounts()?;
    let Sets { owner, question, mint, vault, collateral, token_program } = &mut ctx.accounts;
    question.merge(amount)?;
    for [outcome, account] in outcomes::pairs(question, &mut behind)? {
        token_program.burn(account, outcome, owner, &[], amount)?;
    }
    pay_out(token_program, question, &Authority::of(question)?, vault, mint, collateral, amount)?;
    emit!(SetsChanged { question: *question.address(), held: question.held });
    Ok(question.invariant()?)
}

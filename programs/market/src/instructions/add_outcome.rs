//! `add_outcome`: the mint of the next outcome. Anyone may, in order; no set can be made before all are there.
//!
//! The mint's address holds question and index, its authority is the question, nobody can freeze it, and nothing exists at the
//! address before: so its supply is what this program minted.

use anchor_lang::prelude::*;
use anchor_spl::mint::{self, Mint};
use assay_market_interface::seeds::OUTCOME;

use crate::state::Question;

/// Accounts of `add_outcome`.
#[derive(Accounts)]
pub struct AddOutcome {
    /// 0. `[signer, writable]` Pays the rent.
    #[account(mut)]
    pub payer: Signer,
    /// 1. `[writable]` The question.
    #[account(mut)]
    pub question: Account<Question>,
    /// 2. `[writable]` The mint, which must not exist.
    #[account(init, payer = payer, seeds = [OUTCOME, question, &[question.mints]], bump,
        mint::decimals = question.decimals, mint::authority = question)]
    pub mint: Account<Mint>,
    /// 3. `[]` The SPL token program.
    pub token_program: Program<Token>,
    /// 4. `[]` The system program.
    pub system_program: Program<System>,
}

/// Notes the mint.
#[inline(never)]
pub(crate) fn handler(ctx: &mut Context<AddOutcome>) -> Result<()> {
    let bump = ctx.bumps.mint;
    let question = &mut ctx.accounts.question;
    question.add_outcome(bump)?;
    Ok(question.invariant()?)
}

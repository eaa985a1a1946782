//! `dispute`: the row that stands is looked at again, for a bond. Anyone may, in its window, once for each row.
//!
//! What a challenger gains by a wrong dispute: two windows of delay, for a bond that goes to the prover and to who paid the
//! bounties. The council's silence is the fallback, so who would rather have that disputes twice and hopes: the council is
//! named in the question before anybody buys.

use anchor_lang::prelude::*;

use super::{create::transfer_lamports, now};
use crate::{events::RowDisputed, state::Question};

/// Accounts of `dispute`.
#[derive(Accounts)]
pub struct Dispute {
    /// 0. `[signer, writable]` The challenger: pays the bond.
    #[account(mut)]
    pub challenger: Signer,
    /// 1. `[writable]` The question.
    #[account(mut)]
    pub question: Account<Question>,
    /// 2. `[]` The system program.
    pub system_program: Program<System>,
}

/// Takes the bond.
#[inline(never)]
pub(crate) fn handler(ctx: &mut Context<Dispute>) -> Result<()> {
    let Dispute { challenger, question, .. } = &mut ctx.accounts;
    let place = question.dispute(*challenger.address(), now()?)?;
    let bond = question.terms.bond;
    transfer_lamports(challenger, question, bond)?;
    emit!(RowDisputed {
        question: *question.address(),
        place: place as u8,
        challenger: *challenger.address(),
        deadline: question.deadline,
    });
    Ok(question.invariant()?)
}

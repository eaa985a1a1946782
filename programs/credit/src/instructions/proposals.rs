//! `propose_terms`, `propose_withdrawal`, `cancel_proposal`: the admin proposes one thing at a time. A second proposal replaces
//! the first and waits anew. What is proposed takes effect by its own instruction once suppliers had two days in which they
//! could leave.

use anchor_lang::prelude::*;

use super::{administer::Administer, now};
use crate::{
    errors::CreditError,
    events::{ProposalCancelled, Proposed},
    state::{Kind, Pool, Terms},
};

/// Proposes terms, which pass their checks now.
#[inline(never)]
pub(crate) fn terms(ctx: &mut Context<Administer>, terms: &Terms) -> Result<()> {
    let pool = &mut ctx.accounts.pool;
    pool.propose_terms(terms, now()?)?;
    proposed(pool)
}

/// Proposes to withdraw reserves.
#[inline(never)]
pub(crate) fn withdrawal(ctx: &mut Context<Administer>, amount: u64) -> Result<()> {
    if amount == 0 {
        return Err(CreditError::ZeroAmount.into());
    }
    let pool = &mut ctx.accounts.pool;
    pool.propose(Kind::Withdrawal, now()?).amount = amount;
    proposed(pool)
}

/// Drops what waits.
#[inline(never)]
pub(crate) fn cancel(ctx: &mut Context<Administer>) -> Result<()> {
    let pool = &mut ctx.accounts.pool;
    if !pool.proposal.waits() {
        return Err(CreditError::NothingPending.into());
    }
    let kind = pool.proposal.kind;
    pool.proposal.clear();
    emit!(ProposalCancelled { pool: *pool.address(), kind });
    Ok(pool.invariant()?)
}

fn proposed(pool: &Account<Pool>) -> Result<()> {
    let proposal = &pool.proposal;
    emit!(Proposed {
        pool: *pool.address(),
        kind: proposal.kind,
        amount: proposal.amount,
        clock: proposal.clock_at,
    });
    Ok(pool.invariant()?)
}

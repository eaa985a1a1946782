//! `propose_params`, `propose_admin`, `propose_guardian`, `propose_withdrawal`, `cancel_proposal`: the admin proposes one
//! thing at a time. A second proposal replaces the first and waits anew. What is proposed takes effect by its own instruction
//! once suppliers had two days in which they could leave.

use anchor_lang::prelude::*;

use super::{administer::Administer, now};
use crate::{
    errors::LendingError,
    events::{ProposalCancelled, Proposed},
    state::{Kind, Market, RiskParams},
};

/// Proposes parameters, which pass their checks now.
#[inline(never)]
pub(crate) fn params(ctx: &mut Context<Administer>, params: &RiskParams) -> Result<()> {
    let market = &mut ctx.accounts.market;
    market.propose_params(params, now()?)?;
    proposed(market)
}

/// Proposes another admin, who must accept: a mistyped address changes nothing.
#[inline(never)]
pub(crate) fn admin(ctx: &mut Context<Administer>, successor: Address) -> Result<()> {
    let market = &mut ctx.accounts.market;
    market.propose(Kind::Admin, now()?).address = successor;
    proposed(market)
}

/// Proposes another guardian; zero for none.
#[inline(never)]
pub(crate) fn guardian(ctx: &mut Context<Administer>, guardian: Address) -> Result<()> {
    let market = &mut ctx.accounts.market;
    market.propose(Kind::Guardian, now()?).address = guardian;
    proposed(market)
}

/// Proposes to withdraw reserves.
#[inline(never)]
pub(crate) fn withdrawal(ctx: &mut Context<Administer>, amount: u64) -> Result<()> {
    if amount == 0 {
        return Err(LendingError::ZeroAmount.into());
    }
    let market = &mut ctx.accounts.market;
    market.propose(Kind::Withdrawal, now()?).amount = amount;
    proposed(market)
}

/// Drops what waits.
#[inline(never)]
pub(crate) fn cancel(ctx: &mut Context<Administer>) -> Result<()> {
    let market = &mut ctx.accounts.market;
    if !market.proposal.waits() {
        return Err(LendingError::NothingPending.into());
    }
    let kind = market.proposal.kind;
    market.proposal.clear();
    emit!(ProposalCancelled { market: *market.address(), kind });
    Ok(market.invariant()?)
}

fn proposed(market: &Account<Market>) -> Result<()> {
    let proposal = &market.proposal;
    emit!(Proposed {
        market: *market.address(),
        kind: proposal.kind,
        address: proposal.address,
        amount: proposal.amount,
        clock: proposal.clock_at,
    });
    Ok(market.invariant()?)
}

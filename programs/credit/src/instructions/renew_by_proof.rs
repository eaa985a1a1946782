//! `renew_by_proof`: the owner proves a tier from a later epoch, for the same nullifier. The tier is replaced, a debt goes on at the
//! new rate, and its due date stays. A defaulted line is renewed once nothing is owed and the cool-off is over.
//!
//! Only the owner: whoever gets hold of a person's secret takes no line over that they have.

use anchor_lang::prelude::*;

#[allow(clippy::wildcard_imports)] // with the modules that the nested accounts generate
use super::evidence::*;
use super::now;
use crate::{
    errors::CreditError,
    events::TierProven,
    state::{Action, Decision, Line, Pool},
};

/// Accounts of `renew_by_proof`.
#[derive(Accounts)]
pub struct RenewByProof {
    /// 0. `[signer, writable]` The line's owner; pays the receipt's rent.
    #[account(mut, address = line.owner @ CreditError::WrongAuthority)]
    pub borrower: Signer,
    /// 1. `[writable]` The pool.
    #[account(mut)]
    pub pool: Account<Pool>,
    /// 2. `[writable]` The line.
    #[account(mut, constraint = line.pool == *pool.address() @ CreditError::WrongPool)]
    pub line: Account<Line>,
    /// 3 to 8. Whose word counts, and who checks the proof.
    pub evidence: Nested<Evidence>,
}

/// Renews the line.
#[inline(never)]
pub(crate) fn handler(ctx: &mut Context<RenewByProof>, claimed: &Claimed) -> Result<()> {
    let now = now()?;
    let RenewByProof { borrower, pool, line, evidence } = &mut ctx.accounts;
    pool.require_open(Action::Take, now)?;
    if claimed.nullifier != line.nullifier {
        return Err(CreditError::WrongAddress.into());
    }
    let tier = claimed.tier;
    let digest = evidence.verify(borrower.account(), pool, line.address(), claimed, now)?;
    pool.accrue(now)?;
    let epoch = evidence.tree.epoch;
    line.take_tier(pool, tier, epoch, now)?;
    line.invariant(pool)?;
    pool.settle_exit(now)?;
    pool.chain_decision(&Decision { digest, line: line.address().to_bytes(), epoch, tier, at: now });
    emit!(TierProven {
        pool: *pool.address(),
        line: *line.address(),
        owner: line.owner,
        tier,
        epoch,
        digest,
    });
    Ok(pool.invariant()?)
}

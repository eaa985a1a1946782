//! `mark_default`: a debt that was not paid when due and grace were over. Anyone may, at every pause level, from that second on.
//! Withdrawals price it as lost from here on, so whoever marks it early protects whoever stays.

use anchor_lang::prelude::*;

use super::{
    endings::{Moved, line_changed},
    now,
};
use crate::{
    errors::CreditError,
    state::{Line, Pool},
};

/// Accounts of `mark_default` and `write_off`.
#[derive(Accounts)]
pub struct AssessLine {
    /// 0. `[writable]` The pool.
    #[account(mut)]
    pub pool: Account<Pool>,
    /// 1. `[writable]` The line.
    #[account(mut, constraint = line.pool == *pool.address() @ CreditError::WrongPool)]
    pub line: Account<Line>,
}

/// Marks the default.
#[inline(never)]
pub(crate) fn handler(ctx: &mut Context<AssessLine>) -> Result<()> {
    let AssessLine { pool, line } = &mut ctx.accounts;
    let now = now()?;
    pool.accrue(now)?;
    line.mark_default(pool, now)?;
    line_changed(pool, line, Moved::Nothing, now)
}

//! `write_off`: books a defaulted debt as lost, 30 days after it was marked. Anyone may, at every pause level.
//!
//! The reserves bear it first, then all suppliers alike; the price of a withdrawal does not move, since it was priced as lost
//! before. The line owes the debt still, and what is paid back now goes to the reserves.

use anchor_lang::prelude::*;

use super::{
    endings::{Moved, line_changed},
    mark_default::AssessLine,
    now,
};

/// Writes the debt off.
#[inline(never)]
pub(crate) fn handler(ctx: &mut Context<AssessLine>) -> Result<()> {
    let AssessLine { pool, line } = &mut ctx.accounts;
    let now = now()?;
    pool.accrue(now)?;
    line.write_off(pool, now)?;
    line_changed(pool, line, Moved::Nothing, now)
}

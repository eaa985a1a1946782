//! `void`: time ran out, the fallback is the payout. Anyone may: no prices in time, no proof in time, no answer or decision in
//! its window.

use anchor_lang::prelude::*;

use super::{now, settle::Settle};

/// Pays the fallback.
#[inline(never)]
pub(crate) fn handler(ctx: &mut Context<Settle>) -> Result<()> {
    ctx.accounts.question.void(now()?)?;
    ctx.accounts.finish()
}

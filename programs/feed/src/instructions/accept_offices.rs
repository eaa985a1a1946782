//! `accept_offices`: those proposed a day ago take over. The next authority signs, so that no office goes to a key that nobody has;
//! where there is to be none, anyone may.

use anchor_lang::prelude::*;

use super::now;
use crate::{
    events::OfficesChanged,
    state::{Feed, Offices},
};

/// Accounts of `accept_offices`.
#[derive(Accounts)]
pub struct AcceptOffices {
    /// 0. `[signer]` The next authority.
    pub signer: Signer,
    /// 1. `[writable]` The feed.
    #[account(mut)]
    pub feed: Account<Feed>,
}

/// Hands over.
#[inline(never)]
pub(crate) fn handler(ctx: &mut Context<AcceptOffices>) -> Result<()> {
    let AcceptOffices { signer, feed } = &mut ctx.accounts;
    let Offices { authority, guardian } = feed.hand_over(signer.address(), now()?)?;
    emit!(OfficesChanged { feed: *feed.address(), authority, guardian });
    Ok(feed.invariant()?)
}

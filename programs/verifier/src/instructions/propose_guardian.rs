//! `propose_guardian`: the authority names another guardian, or none. It takes effect by `apply_guardian` after the model's
//! timelock, in which the present guardian can still stop the model: whoever stole the authority is not rid of it at once. The
//! first guardian waits as well, by the same rule; it can be named at registration.

use anchor_lang::prelude::*;

use super::manage::{Manage, now};
use crate::GuardianProposed;

/// Proposes `proposed` as the guardian; the zero address for none. A second proposal replaces the first.
#[inline(never)] // the dispatcher would have to hold the frames of all handlers
pub fn handler(ctx: &mut Context<Manage>, proposed: Address) -> Result<()> {
    let model = &mut ctx.accounts.model;
    model.propose_guardian(proposed, now()?)?;
    model.invariant()?;
    emit!(GuardianProposed { model: *model.address(), proposed, applies_from: model.guardian_from });
    Ok(())
}

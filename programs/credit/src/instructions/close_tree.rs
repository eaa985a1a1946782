//! `close_tree`: the rent of a tree whose epoch is no longer in force. Anyone may; it goes to who paid.

use anchor_lang::prelude::*;

use super::now;
use crate::{errors::CreditError, events::TreeClosed, state::Tree};

/// Accounts of `close_tree`.
#[derive(Accounts)]
pub struct CloseTree {
    /// 0. `[writable]` Who paid for the tree.
    #[account(mut, address = tree.payer @ CreditError::WrongReceiver)]
    pub payer: UncheckedAccount,
    /// 1. `[writable]` The tree.
    #[account(mut, close = payer)]
    pub tree: Account<Tree>,
}

/// Closes it.
#[inline(never)]
pub(crate) fn handler(ctx: &mut Context<CloseTree>) -> Result<()> {
    let tree = &ctx.accounts.tree;
    tree.require_closable(now()?)?;
    emit!(TreeClosed { tree: *tree.address() });
    Ok(())
}

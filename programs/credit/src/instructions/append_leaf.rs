//! `append_leaf`: the issuer attests a person. The program hashes and appends, so the tree only grows; the event holds the leaf.
//!
//! The issuer chooses the leaf: `absorb(tag, commitment, key)`, whose commitment hides the person's numbers under a salt. What
//! it owes, and what it can do if it goes bad, is in [`crate::state::Tree`] and [`crate::state::Issuer`].

use anchor_lang::prelude::*;

use super::now;
use crate::{
    errors::CreditError,
    events::LeafAppended,
    state::{Issuer, Tree},
};

/// Accounts of `append_leaf`.
#[derive(Accounts)]
pub struct AppendLeaf {
    /// 0. `[signer]` The issuer's authority.
    #[account(address = issuer.authority @ CreditError::WrongAuthority)]
    pub authority: Signer,
    /// 1. `[]` The issuer.
    pub issuer: Account<Issuer>,
    /// 2. `[writable]` The tree.
    #[account(mut, constraint = tree.issuer == *issuer.address() @ CreditError::WrongTree)]
    pub tree: Account<Tree>,
}

/// Appends the leaf.
#[inline(never)]
pub(crate) fn handler(ctx: &mut Context<AppendLeaf>, leaf: [u8; 32]) -> Result<()> {
    let AppendLeaf { issuer, tree, .. } = &mut ctx.accounts;
    issuer.require_running()?;
    let (position, root) = tree.append(leaf, now()?)?;
    emit!(LeafAppended { tree: *tree.address(), position, leaf, root });
    Ok(tree.invariant()?)
}

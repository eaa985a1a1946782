//! `create_tree`: the tree of an issuer's epoch, in that epoch or in the one before it.

#![allow(unused_variables)] // the derive names the argument in each of its functions, and uses it in one

use anchor_lang::prelude::*;
use assay_credit_interface::seeds::TREE;

use super::now;
use crate::{
    errors::CreditError,
    events::TreeCreated,
    state::{Issuer, Tree, VERSION, require_growing},
};

/// Accounts of `create_tree`.
#[derive(Accounts)]
#[instruction(epoch: u32)]
pub struct CreateTree {
    /// 0. `[signer, writable]` The issuer's authority; pays the rent.
    #[account(mut, address = issuer.authority @ CreditError::WrongAuthority)]
    pub authority: Signer,
    /// 1. `[]` The issuer.
    pub issuer: Account<Issuer>,
    /// 2. `[writable]` The tree, which must not exist.
    #[account(init, payer = authority, seeds = [TREE, issuer, &epoch.to_le_bytes()], bump)]
    pub tree: Account<Tree>,
    /// 3. `[]` The system program.
    pub system_program: Program<System>,
}

/// Creates the tree, empty.
#[inline(never)]
pub(crate) fn handler(ctx: &mut Context<CreateTree>, epoch: u32) -> Result<()> {
    let bump = ctx.bumps.tree;
    let CreateTree { authority, issuer, tree, .. } = &mut ctx.accounts;
    issuer.require_running()?;
    require_growing(epoch, now()?)?;
    tree.issuer = *issuer.address();
    tree.payer = *authority.address();
    tree.epoch = epoch;
    tree.bump = bump;
    tree.version = VERSION;
    emit!(TreeCreated { tree: *tree.address(), issuer: tree.issuer, epoch });
    Ok(tree.invariant()?)
}

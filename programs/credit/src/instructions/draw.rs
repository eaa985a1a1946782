//! `draw`: the owner takes a loan on the line, up to the tier's limit, while the tier's epoch is in force, its issuer runs, issuer
//! and model are the pool's, and no debt is due.
//!
//! The model counts because a pool can change it, and can be closed and created again: lines that were opened by a model whose
//! maker forges, in a pool without suppliers, would wait there for those who come for the next model's sake.
//!
//! The limit is the pool's of now: lowering it takes effect on open lines too. Who brings the whole debt can draw it anew a second
//! later, and gets a new due date. Not in the same second: a loan that lives for one transaction brings it for nothing, and a
//! debt that nobody can pay would never be due.

use anchor_lang::prelude::*;
use anchor_spl::{mint::Mint, token::TokenAccount};

use super::{
    endings::{Moved, line_changed, pay_out},
    now,
};
use crate::{
    errors::CreditError,
    state::{Action, Issuer, Line, Pool},
};

/// Accounts of `draw`.
#[derive(Accounts)]
pub struct Draw {
    /// 0. `[signer]` The line's owner.
    #[account(address = line.owner @ CreditError::WrongAuthority)]
    pub owner: Signer,
    /// 1. `[writable]` The pool.
    #[account(mut)]
    pub pool: Account<Pool>,
    /// 2. `[writable]` The line.
    #[account(mut, constraint = line.pool == *pool.address() @ CreditError::WrongPool)]
    pub line: Account<Line>,
    /// 3. `[]` The issuer on whose word the tier is.
    #[account(address = line.issuer @ CreditError::WrongIssuer)]
    pub issuer: Account<Issuer>,
    /// 4. `[]` The mint.
    #[account(address = pool.mint @ CreditError::WrongMint)]
    pub mint: Account<Mint>,
    /// 5. `[writable]` The vault.
    #[account(mut, address = pool.vault @ CreditError::WrongVault)]
    pub vault: Account<TokenAccount>,
    /// 6. `[writable]` Token account that receives the loan.
    #[account(mut)]
    pub destination: Account<TokenAccount>,
    /// 7. `[]` The SPL token program.
    pub token_program: Program<Token>,
}

/// Draws `amount` base units.
#[inline(never)]
pub(crate) fn handler(ctx: &mut Context<Draw>, amount: u64) -> Result<()> {
    let Draw { pool, line, issuer, mint, vault, destination, token_program, .. } = &mut ctx.accounts;
    let now = now()?;
    pool.require_open(Action::Draw, now)?;
    issuer.require_running()?;
    if amount == 0 {
        return Err(CreditError::ZeroAmount.into());
    }
    pool.accrue(now)?;
    line.draw(pool, amount, now)?;
    pay_out(token_program, pool, vault, mint, destination, amount)?;
    line_changed(pool, line, Moved::Out(amount), now)
}

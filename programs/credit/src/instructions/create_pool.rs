//! `create_pool`: a pool and its vault. Anyone may; who supplies chooses to trust its issuer, its model, its admin, its guardian
//! and its terms, which are checked and afterwards change only behind the exit clock.

#![allow(unused_variables)] // the derive names the argument in each of its functions, and uses it in one

use anchor_lang::prelude::*;
use anchor_spl::{
    mint::Mint,
    token::{self, TokenAccount},
};
use assay_credit_interface::{
    formats::TIERS,
    seeds::{POOL, VAULT},
};

use super::now;
#[allow(clippy::wildcard_imports)] // with the modules that the nested accounts generate
use super::trust::*;
use crate::{
    events::PoolCreated,
    state::{ExitClock, Pool, Terms, TierBooks, VERSION},
};

/// Accounts of `create_pool`.
#[derive(Accounts)]
#[instruction(nonce: u64)]
pub struct CreatePool {
    /// 0. `[signer, writable]` Creator, payer and admin.
    #[account(mut)]
    pub creator: Signer,
    /// 1. `[writable]` The pool, which must not exist.
    #[account(init, payer = creator, seeds = [POOL, creator, &nonce.to_le_bytes()], bump)]
    pub pool: Account<Pool>,
    /// 2. `[]` Mint that is supplied and borrowed, of the SPL token program.
    pub mint: Account<Mint>,
    /// 3. `[writable]` The vault, which must not exist.
    #[account(init, payer = creator, seeds = [VAULT, pool], bump,
        token::mint = mint, token::authority = pool)]
    pub vault: Account<TokenAccount>,
    /// 4. `[]` The SPL token program.
    pub token_program: Program<Token>,
    /// 5. `[]` The system program.
    pub system_program: Program<System>,
    /// 6 to 9. The issuer and the model that the pool takes up.
    pub taken_up: Nested<TakenUp>,
}

/// Who the pool answers to, beside its admin.
pub(crate) struct Offices {
    /// Who may raise the pause level; zero for nobody.
    pub guardian: Address,
    /// Whose token accounts reserves go to.
    pub reserve_owner: Address,
}

/// Creates the pool.
#[inline(never)]
pub(crate) fn handler(
    ctx: &mut Context<CreatePool>,
    nonce: u64,
    offices: &Offices,
    terms: &Terms,
) -> Result<()> {
    terms.validate()?;
    let (now, bump) = (now()?, ctx.bumps.pool);
    let CreatePool { creator, pool, mint, vault, taken_up, .. } = &mut ctx.accounts;
    taken_up.require_trusted(terms)?;
    pool.creator = *creator.address();
    pool.admin = *creator.address();
    pool.guardian = offices.guardian;
    pool.reserve_owner = offices.reserve_owner;
    pool.mint = *mint.address();
    pool.vault = *vault.address();
    pool.terms = *terms;
    pool.books = [TierBooks::empty(); TIERS];
    pool.exit = ExitClock::start(now);
    pool.last_accrual = now;
    pool.nonce = nonce;
    pool.decimals = mint.decimals();
    pool.bump = bump;
    pool.version = VERSION;
    emit!(PoolCreated {
        pool: *pool.address(),
        creator: pool.creator,
        guardian: pool.guardian,
        mint: pool.mint,
        issuer: terms.issuer,
        model: terms.model,
    });
    Ok(pool.invariant()?)
}

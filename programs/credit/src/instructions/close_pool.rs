//! `close_pool`: the admin closes a pool that nobody has anything in and that nobody owes anything. The creator, who paid for the
//! accounts, gets their lamports back; what the vault holds beyond the books (reserves, dust, donations) goes to the reserves'
//! owner.
//!
//! A pool whose losses were not paid back never closes, and neither does a line: at the same address it would come back without
//! what it is owed.

use anchor_lang::prelude::*;
use anchor_spl::{
    mint::Mint,
    token::{TokenAccount, TokenCpiExt},
};

use super::endings::pay_out;
use crate::{authority::Authority, errors::CreditError, events::PoolClosed, state::Pool};

/// Accounts of `close_pool`.
#[derive(Accounts)]
pub struct ClosePool {
    /// 0. `[signer]` The admin.
    #[account(address = pool.admin @ CreditError::WrongAuthority)]
    pub admin: Signer,
    /// 1. `[writable]` The pool.
    #[account(mut, close = creator)]
    pub pool: Account<Pool>,
    /// 2. `[writable]` Its creator, who paid for the accounts. It may be the admin.
    #[account(mut, unsafe(dup), address = pool.creator @ CreditError::WrongReceiver)]
    pub creator: UncheckedAccount,
    /// 3. `[]` The mint.
    #[account(address = pool.mint @ CreditError::WrongMint)]
    pub mint: Account<Mint>,
    /// 4. `[writable]` The vault.
    #[account(mut, address = pool.vault @ CreditError::WrongVault)]
    pub vault: Account<TokenAccount>,
    /// 5. `[writable]` A token account of the reserves' owner.
    #[account(mut, constraint = *destination.owner() == pool.reserve_owner @ CreditError::WrongReceiver)]
    pub destination: Account<TokenAccount>,
    /// 6. `[]` The SPL token program.
    pub token_program: Program<Token>,
}

/// Empties and closes the vault, then the pool.
#[inline(never)]
pub(crate) fn handler(ctx: &mut Context<ClosePool>) -> Result<()> {
    let ClosePool { pool, creator, mint, vault, destination, token_program, .. } = &mut ctx.accounts;
    let shares = pool.books.iter().any(|tier| tier.shares != 0);
    if shares || pool.supply_shares != 0 || pool.defaulted != 0 || pool.written_off != 0 {
        return Err(CreditError::AccountInUse.into());
    }
    let amount = vault.amount();
    if amount > 0 {
        pay_out(token_program, pool, vault, mint, destination, amount)?;
    }
    let authority = Authority::of(pool)?;
    token_program.close_account(vault, creator, &*pool, &[&authority.seeds()])?;
    emit!(PoolClosed { pool: *pool.address() });
    Ok(())
}

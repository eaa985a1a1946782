//! `open_line_by_proof`: a person's line in a pool, at the tier that the pool's model gives the numbers of a leaf that is theirs.
//!
//! The line's address holds the nullifier, so a second one for the same secret has the same address and is refused, in this epoch
//! and in every later one. Who signs owns the line: a copied proof proves nothing for another signer.

use anchor_lang::{Discriminator, bytemuck, create_account_signed, find_program_address, prelude::*};
use assay_credit_interface::seeds::LINE;

#[allow(clippy::wildcard_imports)] // with the modules that the nested accounts generate
use super::evidence::*;
use super::now;
use crate::{
    errors::CreditError,
    events::TierProven,
    state::{Action, Decision, Line, Pool, VERSION},
};

/// Accounts of `open_line_by_proof`.
#[derive(Accounts)]
pub struct OpenLineByProof {
    /// 0. `[signer, writable]` The borrower: owns the line, pays its rent and the receipt's.
    #[account(mut)]
    pub borrower: Signer,
    /// 1. `[writable]` The pool.
    #[account(mut)]
    pub pool: Account<Pool>,
    /// 2. `[writable]` The line, at `["line", pool, nullifier]`, which must not exist.
    #[account(mut)]
    pub line: UncheckedAccount,
    /// 3 to 8. Whose word counts, and who checks the proof.
    pub evidence: Nested<Evidence>,
}

/// Opens the line.
#[inline(never)]
pub(crate) fn handler(ctx: &mut Context<OpenLineByProof>, claimed: &Claimed) -> Result<()> {
    let now = now()?;
    let OpenLineByProof { borrower, pool, line, evidence } = &mut ctx.accounts;
    pool.require_open(Action::Take, now)?;
    let pool_address = *pool.address();
    let (address, bump) =
        find_program_address(&[LINE, pool_address.as_ref(), &claimed.nullifier], &crate::ID);
    let target = line.account();
    if *target.address() != address {
        return Err(CreditError::WrongAddress.into());
    }
    // Lamports that somebody sent there do not matter; data or an owner do.
    if !target.is_data_empty() || !target.owned_by(&System::id()) {
        return Err(CreditError::LineExists.into());
    }
    let digest = evidence.verify(borrower.account(), pool, &address, claimed, now)?;

    let seeds: [&[u8]; 4] = [LINE, pool_address.as_ref(), &claimed.nullifier, &[bump]];
    let space = Line::DISCRIMINATOR.len() + size_of::<Line>();
    create_account_signed(borrower.account(), target, space, &crate::ID, &seeds)?;
    let mut view = *target;
    let mut data = view.try_borrow_mut()?;
    let (discriminator, body) =
        data.split_at_mut_checked(Line::DISCRIMINATOR.len()).ok_or(ProgramError::AccountDataTooSmall)?;
    discriminator.copy_from_slice(Line::DISCRIMINATOR);
    let line: &mut Line = bytemuck::try_from_bytes_mut(body).map_err(|_| ProgramError::InvalidAccountData)?;

    pool.accrue(now)?;
    let epoch = evidence.tree.epoch;
    line.take_tier(pool, claimed.tier, epoch, now)?;
    line.pool = pool_address;
    line.owner = *borrower.address();
    line.nullifier = claimed.nullifier;
    line.bump = bump;
    line.version = VERSION;
    line.invariant(pool)?;
    pool.chain_decision(&Decision { digest, line: address.to_bytes(), epoch, tier: line.tier, at: now });
    emit!(TierProven {
        pool: pool_address,
        line: address,
        owner: line.owner,
        tier: line.tier,
        epoch,
        digest,
    });
    Ok(pool.invariant()?)
}

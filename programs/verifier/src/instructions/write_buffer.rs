//! `write_buffer`: a piece of a batch that is longer than a transaction goes to its place in the payer's buffer.
//!
//! The first piece creates the buffer, and each that ends behind the others makes it longer: at most 10,240 bytes an
//! instruction, as the runtime has it. Written in order, pieces of a transaction's length never meet that limit. What was never
//! written is zero. A buffer never gets shorter: for a shorter batch, close it or take another nonce.
//!
//! Who chooses what: the payer everything, at any time. Nobody else writes, and nothing follows from what is written: no event
//! tells of it.

use anchor_lang::prelude::*;
use anchor_lang::realloc_account;

use crate::create::create;
use crate::{Buffer, ChunkArgs, VerifierError, buffer_seeds};

/// 0. `[signer, writable]` payer, 1. `[writable]` buffer, 2. system program.
#[derive(Accounts)]
pub struct WriteBuffer {
    /// Whose buffer it is: pays for its length.
    #[account(mut)]
    pub payer: Signer,
    /// The buffer, at `["buffer", payer, nonce]`: created here, if it is not there.
    #[account(mut)]
    pub buffer: UncheckedAccount,
    /// Creates the account.
    pub system_program: Program<System>,
}

/// Writes the piece.
#[inline(never)] // the dispatcher would have to hold the frames of all handlers
pub fn handler(ctx: &mut Context<WriteBuffer>, args: &ChunkArgs) -> Result<()> {
    let accounts = &mut ctx.accounts;
    let payer = accounts.payer.account();
    let mut buffer = *accounts.buffer.account();
    let start = usize::try_from(args.offset).map_err(|_| VerifierError::BufferLength)?;
    let end = start.checked_add(args.chunk.len()).ok_or(VerifierError::BufferLength)?;
    require!(end <= Buffer::MAX_LEN, VerifierError::BufferLength);
    let (start, end) = (Buffer::START.saturating_add(start), Buffer::START.saturating_add(end));
    let growth = end.saturating_sub(buffer.data_len());
    require!(growth <= Buffer::MAX_GROWTH, VerifierError::BufferGrowth);

    if !Buffer::is_at(&buffer, payer.address(), args.nonce)? {
        let owner = *payer.address();
        create(
            payer,
            &buffer,
            buffer_seeds(&owner, &args.nonce.to_le_bytes()),
            VerifierError::NotABuffer,
            |bump, new: &mut Buffer| {
                let (nonce, version) = (args.nonce, Buffer::VERSION);
                *new = Buffer { payer: owner, nonce, version, bump, reserved: [0; 6] };
                Ok(())
            },
        )?;
    }
    if end > buffer.data_len() {
        realloc_account(&mut buffer, end, payer, false)?; // what an account grows by is zero
    }
    let mut data = buffer.try_borrow_mut()?;
    let place = data.get_mut(start..end).ok_or(ProgramError::AccountDataTooSmall)?;
    place.copy_from_slice(&args.chunk);
    Ok(())
}

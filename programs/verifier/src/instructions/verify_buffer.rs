//! `verify_buffer`: `verify_batch` of the bytes that a buffer holds.
//!
//! Up to 64 proofs of a plain key and two limbs, or 52 of a committed one, in the compute units of one transaction, where a
//! transaction of version 0 carries 3 or 2. A proof costs no more than it does in `verify_batch`.
//!
//! Who chooses what: as in `verify_batch`, with the buffer's owner as the sender. Anybody may have anybody's buffer verified:
//! the answer names model and digests, and is about the bytes as they are in this instruction. An owner who rewrites or
//! closes the buffer before gets another answer or an error for whoever asks, never a false one.

use anchor_lang::prelude::*;

use crate::{Buffer, Model};

/// 0. `[]` model, 1. `[]` buffer.
#[derive(Accounts)]
pub struct VerifyBuffer {
    /// The model: active.
    pub model: Account<Model>,
    /// The buffer: anybody's.
    pub buffer: Account<Buffer>,
}

/// Checks the proofs and answers as `verify_batch` does.
#[inline(never)] // the dispatcher would have to hold the frames of all handlers
pub fn handler(ctx: &mut Context<VerifyBuffer>) -> Result<[u8; 67]> {
    let VerifyBuffer { model, buffer } = &ctx.accounts;
    buffer.require_version()?;
    let data = buffer.account().try_borrow()?;
    let (_, digests) = model.check_batch(Buffer::batch_of(&data)?)?;
    model.batch_answer(model.address(), &digests)
}

//! The bytes of a batch that fits no transaction, while they are brought in pieces.
//!
//! A buffer is a place and says nothing: its owner may rewrite it between any two transactions, and whoever checks it checks what
//! it holds in that instruction. So it has no state beside its bytes, and nobody may take its being there for a sign of anything.

use anchor_lang::prelude::*;
use anchor_lang::{Discriminator, bytemuck};
use assay_interface::groth16::Form;
use assay_interface::groth16::batch::{Layout, MAX_PROOFS};
use assay_interface::pda;

use super::MAX_LIMBS;
use crate::VerifierError;

/// What stands ahead of a batch's bytes, at the address of `["buffer", payer, nonce]`.
#[account]
#[derive(Debug)]
pub struct Buffer {
    /// Who alone writes and closes it, pays its rent and gets it back.
    pub payer: Address,
    /// Which of the payer's buffers: the payer's choice.
    pub nonce: u64,
    /// Version of this layout.
    pub version: u8,
    /// Bump of the address.
    pub bump: u8,
    /// Zeros, for later versions.
    pub reserved: [u8; 6],
}

const _: () = assert!(size_of::<Buffer>() == 48, "the layout is fixed: version it instead");

impl Buffer {
    /// Version of the layout.
    pub const VERSION: u8 = 1;
    /// Where the batch starts in the account: behind discriminator and header.
    pub const START: usize = Self::DISCRIMINATOR.len() + size_of::<Self>();
    /// Most bytes of a batch: those of the longest of any model.
    pub const MAX_LEN: usize = Layout { form: Form::Committed, limbs: MAX_LIMBS }.len(MAX_PROOFS);
    /// Most bytes that an account grows in one instruction: the runtime's limit.
    pub const MAX_GROWTH: usize = 10_240;

    /// Whether `account` is the payer's buffer of this nonce; `false` where there is none yet.
    ///
    /// The address is not derived again: the program writes a buffer at the address of its payer and nonce only.
    ///
    /// # Errors
    /// The account is something else: another buffer, another kind of account, or another program's.
    pub fn is_at(account: &AccountView, payer: &Address, nonce: u64) -> Result<bool> {
        if account.owned_by(&system_program::ID) && account.is_data_empty() {
            return Ok(false);
        }
        require!(account.owned_by(&crate::ID), VerifierError::NotABuffer);
        let data = account.try_borrow()?;
        let body = data.strip_prefix(Self::DISCRIMINATOR).ok_or(VerifierError::NotABuffer)?;
        let header = body.get(..size_of::<Self>()).ok_or(VerifierError::NotABuffer)?;
        let buffer: &Self = bytemuck::try_from_bytes(header).map_err(|_| VerifierError::NotABuffer)?;
        buffer.require_version()?;
        require!(buffer.payer == *payer, VerifierError::NotPayer);
        require!(buffer.nonce == nonce, VerifierError::WrongAddress);
        Ok(true)
    }

    /// The buffer is of this layout.
    pub fn require_version(&self) -> Result<()> {
        require!(self.version == Self::VERSION, VerifierError::NotABuffer);
        Ok(())
    }

    /// The batch in the data of a buffer's account.
    pub fn batch_of(data: &[u8]) -> Result<&[u8]> {
        data.get(Self::START..).ok_or_else(|| VerifierError::NotABuffer.into())
    }
}

/// Seeds of a buffer's address, without the bump; the nonce little-endian.
pub fn buffer_seeds<'a>(payer: &'a Address, nonce: &'a [u8; 8]) -> [&'a [u8]; 3] {
    [pda::verifier::BUFFER, payer.as_ref(), nonce]
}

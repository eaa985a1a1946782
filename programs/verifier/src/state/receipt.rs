//! Proof that a statement was proven: one account for each.
//!
//! A receipt is a cached verification, and no more: who holds one knows that the verifier accepted a proof of its statement.
//! It is nobody's nullifier, since anybody may record anything that he can prove, whenever he likes. A program that acts on
//! a statement keeps its own mark that it did.

use anchor_lang::prelude::*;
use anchor_lang::{Discriminator, bytemuck};
use assay_interface::field::Scalar;
use assay_interface::pda;

use crate::VerifierError;

/// A recorded statement, at the address of `["receipt", model, digest]`.
#[account]
#[derive(Debug)]
pub struct Receipt {
    /// Position among the model's recorded statements, from 0.
    pub index: u64,
    /// When, in Unix seconds.
    pub recorded_at: i64,
    /// When, as a slot.
    pub slot: u64,
    /// The model's account.
    pub model: Address,
    /// The statement's digest.
    pub digest: [u8; 32],
    /// The statement's context: the caller's binding.
    pub context: [u8; 32],
    /// Who paid for the account, and gets the rent back.
    pub payer: Address,
    /// The model's setup kind: 0 development, 1 ceremony.
    pub setup: u8,
    /// Version of this layout.
    pub version: u8,
    /// Bump of the address.
    pub bump: u8,
    /// Zeros, for later versions.
    pub reserved: [u8; 13],
}

const _: () = assert!(size_of::<Receipt>() == 168, "the layout is fixed: version it instead");

impl Receipt {
    /// Version of the layout.
    pub const VERSION: u8 = 1;
    /// Seconds for which a receipt stays, whoever paid for it: what was promised to readers of the audit chain.
    pub const LIFETIME: i64 = 7 * 24 * 60 * 60;

    /// Whether `account` is the receipt of the statement with `digest` of `model`; `false` where there is none yet.
    ///
    /// The address is not derived again: the program writes a receipt at the address of its model and digest only, so an
    /// account of the program's with these three is at that address.
    ///
    /// # Errors
    /// The account is something else: another receipt, another kind of account, or another program's.
    pub fn is_at(account: &AccountView, model: &Address, digest: &Scalar) -> Result<bool> {
        if account.owned_by(&system_program::ID) && account.is_data_empty() {
            return Ok(false);
        }
        require!(account.owned_by(&crate::ID), VerifierError::NotAReceipt);
        let data = account.try_borrow()?;
        let body = data.strip_prefix(Receipt::DISCRIMINATOR).ok_or(VerifierError::NotAReceipt)?;
        let receipt: &Receipt = bytemuck::try_from_bytes(body).map_err(|_| VerifierError::NotAReceipt)?;
        require!(receipt.version == Self::VERSION, VerifierError::NotAReceipt);
        let is_of_statement = receipt.model == *model && receipt.digest == *digest.as_be_bytes();
        require!(is_of_statement, VerifierError::WrongAddress);
        Ok(true)
    }
}

/// Seeds of a receipt's address, without the bump.
pub fn receipt_seeds<'a>(model: &'a Address, digest: &'a Scalar) -> [&'a [u8]; 3] {
    [pda::verifier::RECEIPT, model.as_ref(), digest.as_be_bytes()]
}

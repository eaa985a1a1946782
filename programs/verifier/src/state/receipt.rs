//! Proof that a statement was proven: one account for each.

use anchor_lang::prelude::*;
use assay_interface::field::Scalar;
use assay_interface::pda;

/// A recorded statement, at the address of `["receipt", model, digest]`: it can be written once only.
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
    /// Who paid for the account.
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
}

/// Seeds of a receipt's address, without the bump.
pub fn receipt_seeds<'a>(model: &'a Address, digest: &'a Scalar) -> [&'a [u8]; 3] {
    [pda::verifier::RECEIPT, model.as_ref(), digest.as_be_bytes()]
}

//! What the proof of a tier states: context and limbs, as the program rebuilds them.

use assay_credit_interface::{Taking, context, limbs};
use assay_interface::{
    field::{FieldError, Scalar},
    member::{Claim, nullifier},
    poseidon::PoseidonError,
    statement::{PackError, StatementError, digest_of_encoded},
};
use solana_address::Address;
use thiserror::Error;

use crate::instructions::PoolKeys;

/// Who proves a tier where.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Subject {
    /// The pool.
    pub pool: Address,
    /// The line.
    pub line: Address,
    /// Who signs.
    pub borrower: Address,
    /// The issuer.
    pub issuer: Address,
    /// Epoch of the tree.
    pub epoch: u32,
}

/// A person's nullifier in a pool.
///
/// # Errors
/// Never for an element of the field.
pub fn nullifier_in(pool: &PoolKeys, secret: Scalar) -> Result<Scalar, PoseidonError> {
    nullifier(secret, &pool.pool.to_bytes())
}

/// The context of the proof.
pub fn taking_context(subject: &Subject) -> [u8; 32] {
    context(&Taking {
        program: assay_credit::ID.to_bytes(),
        pool: subject.pool.to_bytes(),
        line: subject.line.to_bytes(),
        borrower: subject.borrower.to_bytes(),
        issuer: subject.issuer.to_bytes(),
        epoch: subject.epoch,
    })
}

/// The statement's digest, which names its receipt.
///
/// # Errors
/// A tier that the model's output has no room for, or a domain that is no field element: not for terms of the program.
pub fn digest(
    domain: &[u8; 32],
    subject: &Subject,
    root: Scalar,
    nullifier: Scalar,
    tier: u8,
) -> Result<Scalar, UnprovableError> {
    let claim = Claim { root, scope: subject.pool.to_bytes(), nullifier };
    let encoded = limbs(&claim, tier)?.map(|limb| limb.to_be_bytes());
    let domain = Scalar::from_be_bytes(*domain)?;
    Ok(digest_of_encoded(&domain, &taking_context(subject), &encoded)?)
}

/// Why nothing can be proven.
#[derive(Debug, Error)]
pub enum UnprovableError {
    /// A tier beyond its bits.
    #[error(transparent)]
    Tier(#[from] PackError),
    /// A domain that is no field element.
    #[error(transparent)]
    Domain(#[from] FieldError),
    /// A statement without a digest.
    #[error(transparent)]
    Statement(#[from] StatementError),
}

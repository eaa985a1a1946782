//! What a proof of a tier states, as the limbs of its statement: the member input's claim, then the packed tier.

use assay_interface::{
    field::Scalar,
    member::{CLAIM_LIMBS, Claim},
    statement::{PackError, pack},
};

use crate::formats::TIER_BITS;

/// Limbs of the statement.
pub const LIMBS: usize = CLAIM_LIMBS + 1;

/// Root, both halves of the scope, nullifier, tier. The scope is the pool's address.
///
/// # Errors
/// [`PackError::Range`] for a tier that the model's output has no room for: 4 or more.
pub fn limbs(claim: &Claim, tier: u8) -> Result<[Scalar; LIMBS], PackError> {
    let [root, high, low, nullifier] = claim.limbs();
    match pack(&[i64::from(tier)], TIER_BITS)?[..] {
        [tier] => Ok([root, high, low, nullifier, tier]),
        ref limbs => Err(PackError::LimbCount { expected: 1, given: limbs.len() }),
    }
}

//! What a statement says of a member input: four elements.

use super::limits::MemberError;
use crate::field::{Scalar, halves};

/// Elements of a [`Claim`] in a statement.
pub const CLAIM_LIMBS: usize = 4;

/// What a statement says of a *member* input.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Claim {
    /// Root of the tree that the input's leaf is in. Whether it is a tree that counts, the consumer decides.
    pub root: Scalar,
    /// What the nullifier is for: 32 bytes of the consumer, such as its account's address. The consumer compares them.
    pub scope: [u8; 32],
    /// The owner's nullifier for the scope.
    pub nullifier: Scalar,
}

impl Claim {
    /// The four elements of the statement, in its order: root, both halves of the scope, nullifier.
    pub fn limbs(&self) -> [Scalar; CLAIM_LIMBS] {
        let [high, low] = halves(&self.scope);
        [self.root, high, low, self.nullifier]
    }

    /// The claim that four elements of a statement make.
    pub fn from_limbs([root, high, low, nullifier]: [Scalar; CLAIM_LIMBS]) -> Result<Claim, MemberError> {
        let mut scope = [0; 32];
        for (index, (place, half)) in scope.chunks_exact_mut(16).zip([high, low]).enumerate() {
            let (above, bytes) = half.as_be_bytes().split_at(16);
            if above.iter().any(|&byte| byte != 0) {
                return Err(MemberError::Scope(1 + index));
            }
            place.copy_from_slice(bytes);
        }
        Ok(Claim { root, scope, nullifier })
    }
}

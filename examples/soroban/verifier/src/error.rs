//! Why the contract refuses.

use soroban_sdk::contracterror;

/// Why a proof, or a key, is refused.
#[contracterror]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u32)]
pub enum Error {
    /// Another length than that of a proof under this key.
    ProofLength = 1,
    /// A coordinate or a number that is not below its field's order.
    NotCanonical = 2,
    /// A point is the identity.
    Identity = 3,
    /// The proof is of another statement or key, or was altered.
    InvalidProof = 4,
    /// Another number of limbs than the model's.
    LimbCount = 5,
    /// Another length than a key's.
    KeyLength = 6,
    /// Two points of the key that must be independent share x: anyone could forge.
    KeyNotIndependent = 7,
    /// A statement of more elements than Stellar's Poseidon takes here, or of none.
    Elements = 8,
}

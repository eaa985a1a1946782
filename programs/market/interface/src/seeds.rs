//! Seeds of the market program's addresses. Lists are in the order of `find_program_address`.

/// A question: `[QUESTION, creator, nonce (u64, little-endian)]`. It is the authority of its vault and of its mints.
pub const QUESTION: &[u8] = b"question";
/// Token account that holds a question's collateral: `[VAULT, question]`.
pub const VAULT: &[u8] = b"vault";
/// Mint of an outcome: `[OUTCOME, question, index (one byte)]`.
pub const OUTCOME: &[u8] = b"outcome";
/// The prices that resolve a question: `[OBSERVATION, question]`.
pub const OBSERVATION: &[u8] = b"observation";

//! Seeds of the program-derived addresses. Lists are in the order of `find_program_address`.

/// Addresses of the verifier program.
pub mod verifier {
    /// Model: `[MODEL, authority, model id]`, see [`crate::verifier::model_id`].
    pub const MODEL: &[u8] = b"model";
    /// Receipt: `[RECEIPT, model address, digest (32 bytes)]`: one for a statement, so it cannot be written twice.
    pub const RECEIPT: &[u8] = b"receipt";
}

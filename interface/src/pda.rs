//! Seeds of the program-derived addresses. Lists are in the order of `find_program_address`.

/// Addresses of the verifier program.
pub mod verifier {
    /// Model: `[MODEL, registrar, model id]`, see [`crate::verifier::model_id`]. The registrar is the model's first authority.
    pub const MODEL: &[u8] = b"model";
    /// Receipt: `[RECEIPT, model address, digest (32 bytes)]`: one for a statement.
    pub const RECEIPT: &[u8] = b"receipt";
    /// Set of attestors: `[ATTESTORS, set id]`, see [`crate::verifier::attestor_set_id`].
    pub const ATTESTORS: &[u8] = b"attestors";
    /// What a set says of a model: `[ATTESTATION, set address, model address]`.
    pub const ATTESTATION: &[u8] = b"attestation";
    /// Bytes of a batch on their way: `[BUFFER, payer, nonce (u64, little-endian)]`.
    pub const BUFFER: &[u8] = b"buffer";
    /// Series of models: `[SERIES, creator, series id]`, see [`crate::verifier::series_id`].
    pub const SERIES: &[u8] = b"series";
}

//! Why an account of the verifier program was not read.

use thiserror::Error;

/// Why bytes do not say what a reader asked of them. That the account belongs to the verifier program is the caller's to
/// check first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum AccountError {
    /// Another discriminator or length: an account of another kind, or of an earlier layout.
    #[error("the account is of another kind, or of another layout")]
    Kind,
    /// A version that this code does not know.
    #[error("layout version {0} is not known")]
    Version(u8),
    /// A value that the program never writes.
    #[error("the account holds a value that the program never writes")]
    Malformed,
    /// The attestation is of another set of attestors.
    #[error("the attestation is of another set of attestors")]
    OtherSet,
    /// The attestation is about another model.
    #[error("the attestation is about another model")]
    OtherModel,
    /// Fewer attestors than the set asks for.
    #[error("{given} attested, and {threshold} must")]
    BelowThreshold {
        /// Attestors who attested.
        given: u8,
        /// Attestors who must.
        threshold: u8,
    },
    /// The first model of the series still waits for its timelock.
    #[error("the series has no model yet")]
    NoModel,
}

/// The bytes behind the discriminator, of an account of `length` bytes in all.
pub(super) fn body<'a>(
    data: &'a [u8],
    discriminator: &[u8; 8],
    length: usize,
) -> Result<&'a [u8], AccountError> {
    match data.split_first_chunk::<8>() {
        Some((kind, body)) if kind == discriminator && data.len() == length => Ok(body),
        _ => Err(AccountError::Kind),
    }
}

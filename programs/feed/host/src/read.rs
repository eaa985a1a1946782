//! A source as a typed value: owner, discriminator, length and version checked.

use assay_feed_interface::{ReadError, Source};
use assay_host::{Chain, ChainError};
use solana_address::Address;
use thiserror::Error;

/// Why there is no source at an address.
#[derive(Debug, Error)]
pub enum SourceError {
    /// The chain did not answer.
    #[error(transparent)]
    Chain(#[from] ChainError),
    /// There is no account.
    #[error("there is no source at {0}; create it with `create_source`")]
    Missing(Address),
    /// Another program owns the account.
    #[error("the account {address} belongs to program {owner}, not to the feed program")]
    Owner {
        /// The account.
        address: Address,
        /// Its owner.
        owner: Address,
    },
    /// The bytes are no source.
    #[error("the account {address} is no source: {source}")]
    Bytes {
        /// The account.
        address: Address,
        /// What is wrong with its bytes.
        source: ReadError,
    },
}

/// The source at an address.
///
/// # Errors
/// [`SourceError`].
pub fn source(chain: &dyn Chain, address: &Address) -> Result<Source, SourceError> {
    let found = chain.account(address)?.ok_or(SourceError::Missing(*address))?;
    if found.owner != assay_feed::ID {
        return Err(SourceError::Owner { address: *address, owner: found.owner });
    }
    Source::decode(&found.data).map_err(|source| SourceError::Bytes { address: *address, source })
}

//! Accounts as typed values: owner, discriminator, length and version checked.

use anchor_lang::{Discriminator, Owner};
use assay_feed::state::{Feed, Round};
use assay_feed_interface::{ReadError, Source};
use assay_host::{
    Account, Chain, ChainError, Watch,
    account::{AccountError, decode},
};
use bytemuck::Pod;
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
    /// The account is no feed or no round.
    #[error("the account {address} is no {what}: {source}")]
    Account {
        /// The account.
        address: Address,
        /// What it should be.
        what: &'static str,
        /// What is wrong with it.
        source: AccountError,
    },
}

impl SourceError {
    /// A short name for counters.
    pub const fn reason(&self) -> &'static str {
        match self {
            Self::Chain(_) => "chain",
            Self::Missing(_) => "missing price source",
            Self::Owner { .. } | Self::Bytes { .. } | Self::Account { .. } => "foreign price source",
        }
    }
}

/// The source at an address, or the part of a feed that is read like one.
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

/// The feed at an address.
///
/// # Errors
/// [`SourceError`].
pub fn feed(chain: &dyn Chain, address: &Address) -> Result<Feed, SourceError> {
    account(chain, address, "feed")?.ok_or(SourceError::Missing(*address))
}

/// The round of a feed at an address, if there is one.
///
/// # Errors
/// [`SourceError`].
pub fn round(chain: &dyn Chain, feed: &Address, address: &Address) -> Result<Option<Round>, SourceError> {
    let rounds = Watch::of::<Round>().holding(core::mem::offset_of!(Round, feed), feed);
    parse(chain.listed(&rounds, address)?, address, "round")
}

/// Which rounds somebody paid for.
pub fn rounds_of(payer: &Address) -> Watch {
    Watch::of::<Round>().holding(core::mem::offset_of!(Round, payer), payer)
}

/// The round at an address that the chain's wallet paid for, if there is one.
///
/// # Errors
/// [`SourceError`].
pub fn own_round(chain: &dyn Chain, address: &Address) -> Result<Option<Round>, SourceError> {
    parse(chain.listed(&rounds_of(&chain.wallet()), address)?, address, "round")
}

fn account<T: Owner + Discriminator + Pod>(
    chain: &dyn Chain,
    address: &Address,
    what: &'static str,
) -> Result<Option<T>, SourceError> {
    // An address that somebody sent lamports to is still empty.
    let found = chain.account(address)?.filter(|found| !found.data.is_empty());
    parse(found, address, what)
}

fn parse<T: Owner + Discriminator + Pod>(
    found: Option<Account>,
    address: &Address,
    what: &'static str,
) -> Result<Option<T>, SourceError> {
    let decoded = found.map(|found| decode(&found.owner, &found.data)).transpose();
    decoded.map_err(|source| SourceError::Account { address: *address, what, source })
}

//! Reading a program's account from its bytes.

use anchor_lang::{Discriminator, Owner};
use bytemuck::Pod;
use solana_address::Address;
use thiserror::Error;

/// Why bytes are not the account that was asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum AccountError {
    /// Another program owns it.
    #[error("the account belongs to program {owner}, not to {expected}")]
    Owner {
        /// The program whose account was asked for.
        expected: Address,
        /// The account's owner.
        owner: Address,
    },
    /// It is an account of another kind.
    #[error("the account is of another kind: its discriminator is another")]
    Kind,
    /// Another length than the kind has.
    #[error("the account has {given} bytes, its kind has {expected}")]
    Length {
        /// Bytes of the kind, discriminator included.
        expected: usize,
        /// Bytes given.
        given: usize,
    },
}

/// Decodes the account `T` of the program that defines it.
///
/// # Errors
/// See [`AccountError`].
pub fn decode<T: Owner + Discriminator + Pod>(owner: &Address, data: &[u8]) -> Result<T, AccountError> {
    if *owner != T::OWNER {
        return Err(AccountError::Owner { expected: T::OWNER, owner: *owner });
    }
    let expected = T::DISCRIMINATOR.len() + size_of::<T>();
    let body = data.strip_prefix(T::DISCRIMINATOR).ok_or(AccountError::Kind)?;
    bytemuck::try_pod_read_unaligned(body).map_err(|_| AccountError::Length { expected, given: data.len() })
}

/// Where mint and amount lie in a token account of the SPL token program, and the supply in a mint.
const TOKEN_MINT: std::ops::Range<usize> = 0..32;
const TOKEN_AMOUNT: std::ops::Range<usize> = 64..72;
const MINT_SUPPLY: std::ops::Range<usize> = 36..44;

/// Base units in a token account; `None` where the bytes are too short for one.
pub fn token_amount(data: &[u8]) -> Option<u64> {
    data.get(TOKEN_AMOUNT)?.try_into().ok().map(u64::from_le_bytes)
}

/// The mint of a token account; `None` where the bytes are too short for one.
pub fn token_mint(data: &[u8]) -> Option<Address> {
    data.get(TOKEN_MINT)?.try_into().ok().map(Address::new_from_array)
}

/// Base units that a mint has given out; `None` where the bytes are too short for a mint.
pub fn mint_supply(data: &[u8]) -> Option<u64> {
    data.get(MINT_SUPPLY)?.try_into().ok().map(u64::from_le_bytes)
}

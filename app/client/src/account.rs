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

#[cfg(test)]
mod tests {
    use assay_verifier::{Model, Receipt};
    use bytemuck::Zeroable;

    use super::*;

    #[test]
    fn an_account_decodes_only_as_what_it_is() {
        let receipt = Receipt { index: 7, ..Receipt::zeroed() };
        let mut data = Receipt::DISCRIMINATOR.to_vec();
        data.extend_from_slice(bytemuck::bytes_of(&receipt));
        let read = |owner: &Address, data: &[u8]| decode::<Receipt>(owner, data).map(|read| read.index);
        assert_eq!(read(&assay_verifier::ID, &data), Ok(7));
        let stranger = Address::new_from_array([9; 32]);
        let foreign = AccountError::Owner { expected: assay_verifier::ID, owner: stranger };
        assert_eq!(read(&stranger, &data), Err(foreign));
        assert_eq!(decode::<Model>(&assay_verifier::ID, &data).err(), Some(AccountError::Kind));
        let expected = data.len();
        data.push(0);
        assert_eq!(
            read(&assay_verifier::ID, &data),
            Err(AccountError::Length { expected, given: expected + 1 })
        );
        assert_eq!(read(&assay_verifier::ID, &[]), Err(AccountError::Kind));
    }
}

//! The pool's signature: what makes it the authority of its vault.

use anchor_lang::{create_program_address, prelude::*};
use assay_credit_interface::seeds::POOL;

use crate::{errors::CreditError, state::Pool};

/// The seeds of a pool's address, which are known to give it.
///
/// The runtime ends a program that signs with seeds which give another address, so they are compared before: about 700
/// compute units, once an instruction.
pub struct Authority {
    creator: Address,
    nonce: [u8; 8],
    bump: [u8; 1],
}

impl Authority {
    /// That of `pool`.
    ///
    /// # Errors
    /// [`CreditError::InvariantViolated`]: what the account says of its seeds is not its address. Never in an account of the
    /// program.
    pub fn of(pool: &Account<Pool>) -> Result<Self> {
        let authority = Self { creator: pool.creator, nonce: pool.nonce.to_le_bytes(), bump: [pool.bump] };
        match create_program_address(&authority.seeds(), &crate::ID) {
            Ok(address) if address == *pool.address() => Ok(authority),
            Ok(_) | Err(_) => Err(CreditError::InvariantViolated.into()),
        }
    }

    /// For signing.
    pub fn seeds(&self) -> [&[u8]; 4] {
        [POOL, self.creator.as_ref(), &self.nonce, &self.bump]
    }
}

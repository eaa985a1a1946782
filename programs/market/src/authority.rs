//! The question's signature: what makes it the authority of its vault and of its outcomes' mints.

use anchor_lang::{create_program_address, prelude::*};
use assay_market_interface::seeds::QUESTION;

use crate::{errors::MarketError, state::Question};

/// The seeds of a question's address, which are known to give it.
///
/// The runtime ends a program that signs with seeds which give another address, so they are compared before: about 700
/// compute units, once an instruction.
pub struct Authority {
    creator: Address,
    nonce: [u8; 8],
    bump: [u8; 1],
}

impl Authority {
    /// That of `question`.
    ///
    /// # Errors
    /// [`MarketError::InvariantViolated`]: what the account says of its seeds is not its address. Never in an account of the
    /// program.
    pub fn of(question: &Account<Question>) -> Result<Self> {
        let (creator, nonce, bump) = (question.creator, question.nonce.to_le_bytes(), [question.bump]);
        let authority = Self { creator, nonce, bump };
        match create_program_address(&authority.seeds(), &crate::ID) {
            Ok(address) if address == *question.address() => Ok(authority),
            Ok(_) | Err(_) => Err(MarketError::InvariantViolated.into()),
        }
    }

    /// For signing.
    pub fn seeds(&self) -> [&[u8]; 4] {
        [QUESTION, self.creator.as_ref(), &self.nonce, &self.bump]
    }
}

//! Why a call did not give an answer to act on.

use thiserror::Error;

/// Why a claim was refused. What the verifier itself refuses ends the transaction with an error of its own.
///
/// The numbers are fixed, and the verifier's IDL lists them: clients name an error of this crate whatever program it
/// came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[repr(u32)]
pub enum CpiError {
    /// The answer is missing, malformed, or another program's.
    #[error("the answer does not come from the verifier")]
    ForeignAnswer = 6090,
    /// The account, or the answer, is not of the expected model.
    #[error("the model is another than the expected one")]
    WrongModel = 6091,
    /// The account does not belong to the verifier program, or is too short for a model.
    #[error("the account is no model of the verifier program")]
    NotAModel = 6092,
    /// The model's key has another hash.
    #[error("the model's key is another than the expected one")]
    WrongKey = 6093,
    /// The model's statements have another domain: its schema is another.
    #[error("the model's schema is another than the expected one")]
    WrongDomain = 6094,
    /// The model's key was made in a way that is not accepted.
    #[error("keys of this kind of setup are not accepted")]
    SetupRefused = 6095,
    /// The limbs do not hold a tensor of the declared place and bits: the declaration is not the schema's.
    #[error("the limbs do not hold the tensor that was asked for")]
    TensorLayout = 6096,
    /// The bytes have the length of no proof.
    #[error("the proof has neither the length of a plain proof nor that of a committed one")]
    CallerProofLength = 6097,
    /// The model has an authority, and a model that nobody can stop is wanted.
    #[error("the model's authority was not renounced")]
    MutableModel = 6098,
    /// The set of attestors that is trusted did not attest the model.
    #[error("the model is not attested by the set that is trusted")]
    NotAttested = 6099,
    /// The account is not the series that is followed, or the series has no model yet.
    #[error("the account is not the series that is followed, or the series has no model yet")]
    WrongSeries = 6101,
    /// The batch proves other statements than those that are acted on, or in another order.
    #[error("the batch proves other statements than the expected ones")]
    WrongStatements = 6102,
}

impl CpiError {
    /// The number that clients see.
    pub const fn code(self) -> u32 {
        self as u32
    }
}

#[cfg(any(feature = "pinocchio", feature = "solana-program"))]
impl From<CpiError> for solana_program_error::ProgramError {
    fn from(error: CpiError) -> Self {
        Self::Custom(error.code())
    }
}

//! Every error of the program, with fixed numbers: 6000 plus the value below.

use anchor_lang::prelude::*;
use assay_interface::groth16::{KeyError, KeyPoint, VerifyError};
use assay_interface::statement::StatementError;

/// Why the verifier refused. Numbers never change; a gap separates the groups.
#[error_code(offset = 6000)]
#[derive(Debug, PartialEq, Eq)]
pub enum VerifierError {
    /// Only the model's authority may do this.
    #[msg("The signer is not the model's authority")]
    NotAuthority = 0,
    /// The signer is not the one to whom the authority was offered.
    #[msg("The signer is not the authority that was proposed")]
    NotPendingAuthority = 1,
    /// The authority cannot be offered to whoever has it.
    #[msg("The proposed authority has the authority already")]
    AuthorityUnchanged = 2,
    /// The address of a new account is not the one that its seeds give.
    #[msg("The account's address is not derived from this model, statement or key")]
    WrongAddress = 3,

    /// This authority has registered this key and schema before.
    #[msg("This key and schema are registered already")]
    ModelExists = 10,
    /// `activate` needs a proposed model.
    #[msg("The model is not proposed")]
    NotProposed = 11,
    /// The timelock has not passed.
    #[msg("The model's timelock has not passed")]
    TimelockRunning = 12,
    /// `resume` needs a suspended model.
    #[msg("The model is not suspended")]
    NotSuspended = 13,
    /// Proofs are not accepted before activation.
    #[msg("The model is not active yet")]
    ModelProposed = 14,
    /// Proofs are not accepted while the model is suspended.
    #[msg("The model is suspended")]
    ModelSuspended = 15,
    /// Nothing is possible with a retired model.
    #[msg("The model is retired")]
    ModelRetired = 16,
    /// The timelock is negative, too long, or too short for the kind of setup.
    #[msg("The timelock is outside the range of this setup kind")]
    TimelockRange = 17,
    /// A setup byte that stands for no kind.
    #[msg("The setup kind is unknown")]
    SetupKind = 18,
    /// A ceremony has a transcript, a development setup has none.
    #[msg("A ceremony needs the hash of its transcript, and a development setup has none")]
    Transcript = 19,

    /// The key has another length than a compressed one of one public input.
    #[msg("The verifying key does not have the length of a compressed key with one public input")]
    KeyLength = 30,
    /// A point of the key is the identity.
    #[msg("A point of the verifying key is the identity")]
    KeyIdentity = 31,
    /// A coordinate of the key is not below the field's order.
    #[msg("A coordinate of the verifying key is not below the order of the base field")]
    KeyNotCanonical = 32,
    /// A point of the key is not on its curve.
    #[msg("A point of the verifying key is not on its curve")]
    KeyNotOnCurve = 33,
    /// A point of the key is outside the subgroup of prime order.
    #[msg("A point of the verifying key is not in the subgroup of prime order")]
    KeyNotInSubgroup = 34,
    /// gamma = delta: phase 2 of the setup was skipped, and anyone can forge proofs.
    #[msg("gamma equals delta: anyone could forge proofs")]
    KeyGammaEqualsDelta = 35,
    /// gamma = -delta, which is as forgeable.
    #[msg("gamma is the negation of delta: anyone could forge proofs")]
    KeyGammaOppositeDelta = 36,
    /// Two of IC_0, IC_1 and IC_2 are equal or opposite.
    #[msg("Two IC points of the verifying key are equal or opposite")]
    KeyInputPoints = 37,
    /// beta is related to gamma or delta.
    #[msg("beta equals or negates gamma or delta: anyone could forge proofs")]
    KeyBetaRelated = 38,
    /// The runtime refused the pairing.
    #[msg("The runtime refused the pairing syscall")]
    KeySyscall = 39,
    /// The compressed bytes of a point give no point of its curve.
    #[msg("The compressed bytes of a point of the verifying key are not a point")]
    KeyCompressed = 40,
    /// -sigma gamma equals or negates another point of G2.
    #[msg("-sigma gamma equals or negates beta, gamma or delta: anyone could forge proofs")]
    KeySigmaRelated = 41,

    /// The bytes are not a schema.
    #[msg("The schema is malformed")]
    SchemaMalformed = 50,
    /// The schema does not fit the account.
    #[msg("The schema is longer than 256 bytes")]
    SchemaTooLong = 51,
    /// A statement of this schema would not fit a transaction.
    #[msg("The schema's statements have too many limbs")]
    TooManyLimbs = 52,

    /// Another number of limbs than the model's.
    #[msg("The statement has another number of limbs than the model's schema")]
    LimbCount = 70,
    /// A limb is not below the field's order.
    #[msg("A limb is not below the order of the field")]
    LimbNotCanonical = 71,
    /// The runtime refused the hash.
    #[msg("The runtime refused the Poseidon syscall")]
    Digest = 72,
    /// A point of the proof is the identity.
    #[msg("A point of the proof is the identity")]
    ProofIdentity = 73,
    /// The proof is of another statement or key, or was altered.
    #[msg("The proof does not verify: it is of another statement or key, or was altered")]
    ProofInvalid = 74,
    /// The stored key refuses arithmetic.
    #[msg("The stored verifying key is malformed")]
    StoredKey = 75,
    /// This statement has a receipt.
    #[msg("This statement is recorded already")]
    ReceiptExists = 76,
    /// The bytes have the length of no proof.
    #[msg("The proof has neither the length of a plain proof nor that of a committed one")]
    ProofLength = 77,
    /// A plain proof for a model with a committed key, or the reverse.
    #[msg("The proof is plain and the model's key committed, or the reverse")]
    ProofForm = 78,

    // 90 to 97 are `assay_cpi::CpiError`: raised by the programs that call this one, and named here for their clients.
    /// The verifier's answer is missing, malformed, or from another program.
    #[msg("The answer does not come from the verifier")]
    ForeignAnswer = 90,
    /// The account, or the verifier's answer, is of another model than the caller trusts.
    #[msg("The model is another than the caller expects")]
    WrongModel = 91,
    /// The account does not belong to the verifier.
    #[msg("The account is no model of the verifier program")]
    NotAModel = 92,
    /// The model's key is another than the caller trusts.
    #[msg("The model's key is another than the caller expects")]
    WrongKey = 93,
    /// The model's schema is another than the caller decodes.
    #[msg("The model's schema is another than the caller expects")]
    WrongDomain = 94,
    /// The caller does not accept keys of this kind of setup.
    #[msg("The caller accepts no keys of this kind of setup")]
    SetupRefused = 95,
    /// The caller asked for a tensor that the limbs do not hold.
    #[msg("The limbs do not hold the tensor that the caller asked for")]
    TensorLayout = 96,
    /// The caller was given the bytes of no proof.
    #[msg("The caller was given bytes that have the length of no proof")]
    CallerProofLength = 97,

    /// A state that no instruction may leave behind.
    #[msg("The model's state breaks an invariant")]
    Invariant = 100,
}

impl From<KeyError> for VerifierError {
    fn from(error: KeyError) -> Self {
        use KeyPoint::{Delta, Gamma, Ic0, Ic1, SigmaGamma};
        match error {
            KeyError::Length(_) => Self::KeyLength,
            KeyError::Compressed(_) => Self::KeyCompressed,
            KeyError::Identity(_) => Self::KeyIdentity,
            KeyError::NotCanonical(_) => Self::KeyNotCanonical,
            KeyError::NotOnCurve(_) => Self::KeyNotOnCurve,
            KeyError::NotInSubgroup(_) => Self::KeyNotInSubgroup,
            KeyError::Equal(Gamma, Delta) => Self::KeyGammaEqualsDelta,
            KeyError::Opposite(Gamma, Delta) => Self::KeyGammaOppositeDelta,
            KeyError::Equal(Ic0 | Ic1, _) | KeyError::Opposite(Ic0 | Ic1, _) => Self::KeyInputPoints,
            KeyError::Equal(_, SigmaGamma) | KeyError::Opposite(_, SigmaGamma) => Self::KeySigmaRelated,
            KeyError::Equal(..) | KeyError::Opposite(..) => Self::KeyBetaRelated,
            KeyError::Syscall => Self::KeySyscall,
        }
    }
}

impl From<VerifyError> for VerifierError {
    fn from(error: VerifyError) -> Self {
        match error {
            VerifyError::Identity(_) => Self::ProofIdentity,
            VerifyError::MalformedKey => Self::StoredKey,
            VerifyError::Length(_) => Self::ProofLength,
            VerifyError::Form { .. } => Self::ProofForm,
            VerifyError::Invalid => Self::ProofInvalid,
        }
    }
}

impl From<StatementError> for VerifierError {
    fn from(error: StatementError) -> Self {
        match error {
            StatementError::LimbNotCanonical(_) => Self::LimbNotCanonical,
            _ => Self::Digest,
        }
    }
}

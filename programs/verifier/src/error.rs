//! Every error of the program, with fixed numbers: 6000 plus the value below.

use anchor_lang::prelude::*;
use assay_interface::groth16::batch::{BatchError, ProofFault};
use assay_interface::groth16::{KeyError, KeyPoint, VerifyError};
use assay_interface::statement::StatementError;
use assay_interface::verifier::error_at;

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
    /// The address of an account is not the one that its seeds give.
    #[msg("The account's address is not derived from this model, statement or key")]
    WrongAddress = 3,
    /// Only the model's authority and its guardian may do this.
    #[msg("The signer is neither the model's authority nor its guardian")]
    NotAuthorityNorGuardian = 4,
    /// The guardian is a key apart.
    #[msg("The guardian and the authority must be two keys")]
    GuardianIsAuthority = 5,
    /// The guardian cannot be replaced by itself.
    #[msg("The proposed guardian is the guardian already")]
    GuardianUnchanged = 6,
    /// A guardian is removed by a proposal that waits, never at once.
    #[msg("The model has a guardian, which must first be removed behind the timelock")]
    GuardianInPlace = 7,
    /// There is nothing to apply or to cancel.
    #[msg("Nothing is pending")]
    NothingPending = 8,
    /// A proposal or an offer was not taken up in time.
    #[msg("The proposal has lapsed: it must be made anew")]
    ProposalLapsed = 9,

    /// This authority has registered this model before, or registered and closed it.
    #[msg("This model is registered already, or was and is closed for good")]
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
    /// The timelock is shorter than a day or longer than 30.
    #[msg("The timelock is shorter than a day or longer than 30 days")]
    TimelockRange = 17,
    /// A setup byte that stands for no kind.
    #[msg("The setup kind is unknown")]
    SetupKind = 18,
    /// A ceremony has a transcript, a development setup has none.
    #[msg("A ceremony needs the hash of its transcript, and a development setup has none")]
    Transcript = 19,
    /// The account was written by an earlier version of the program.
    #[msg("The model's account has a layout that this version of the program does not read")]
    ModelVersion = 20,
    /// Only a retired model is closed.
    #[msg("The model is not retired")]
    NotRetired = 21,
    /// The account stays longer than this.
    #[msg("The account cannot be closed yet")]
    TooEarlyToClose = 22,
    /// The rent goes to whoever paid it.
    #[msg("The account was paid for by somebody else")]
    NotPayer = 23,

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
    /// The account at the receipt's place is none.
    #[msg("The account is no receipt of this program")]
    NotAReceipt = 76,
    /// The bytes have the length of no proof.
    #[msg("The proof has neither the length of a plain proof nor that of a committed one")]
    ProofLength = 77,
    /// A plain proof for a model with a committed key, or the reverse.
    #[msg("The proof is plain and the model's key committed, or the reverse")]
    ProofForm = 78,
    /// No proof was brought, and there is no receipt that stands for one.
    #[msg("No proof was given, and the statement has no receipt")]
    ReceiptMissing = 79,

    /// A batch of no proof, or of more than it holds.
    #[msg("A batch holds 1 to 64 proofs")]
    BatchCount = 80,
    /// The batch has another length than its count of proofs takes, under the model's form and number of limbs.
    #[msg("The batch has another length than its proofs take for this model")]
    BatchLength = 81,
    /// `record_batch` takes one receipt for each proof, in the same order.
    #[msg("There is not one receipt account for each proof of the batch")]
    BatchReceipts = 82,
    /// The account is no buffer.
    #[msg("The account is no buffer of this program")]
    NotABuffer = 83,
    /// A buffer holds no more than the longest batch.
    #[msg("The buffer would be longer than any batch")]
    BufferLength = 84,
    /// An account grows by 10,240 bytes in an instruction: pieces come in order.
    #[msg("The buffer would grow by more than 10,240 bytes at once")]
    BufferGrowth = 85,

    // 90 to 99 are `assay_cpi::CpiError`: raised by the programs that call this one, and named here for their clients.
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
    /// The caller wants a model that nobody can stop.
    #[msg("The model's authority was not renounced")]
    MutableModel = 98,
    /// The caller wants a model that its attestors attested.
    #[msg("The model is not attested by the set that the caller trusts")]
    NotAttested = 99,

    /// A state that no instruction may leave behind.
    #[msg("The account's state breaks an invariant")]
    Invariant = 100,
    /// The caller follows another series, or one without a model.
    #[msg("The account is not the series that the caller follows, or the series has no model yet")]
    WrongSeries = 101,
    /// The caller acts on other statements than the batch proves.
    #[msg("The batch proves other statements than the caller acts on")]
    WrongStatements = 102,

    /// The set has no members, too many, some twice or out of order, or asks for none or for more than it has.
    #[msg("A set has 1 to 8 attestors in strictly increasing order, and asks for 1 to all of them")]
    AttestorSetMalformed = 110,
    /// There is this set already.
    #[msg("This set of attestors exists already")]
    AttestorSetExists = 111,
    /// The signer does not belong to the set.
    #[msg("The signer is no attestor of this set")]
    NotAnAttestor = 112,
    /// The account at the attestation's place is none.
    #[msg("The account is no attestation of this program")]
    NotAnAttestation = 113,
    /// The account is no set of attestors.
    #[msg("The account is no set of attestors of this program")]
    NotAnAttestorSet = 114,
    /// Attestations and series stay while their model can be used.
    #[msg("The model is neither retired nor closed")]
    ModelInUse = 115,

    /// There is this series already.
    #[msg("This series exists already")]
    SeriesExists = 130,
    /// A name has 1 to 32 bytes of UTF-8.
    #[msg("A series has a name of 1 to 32 bytes of UTF-8")]
    SeriesName = 131,
    /// Only the series' authority may do this.
    #[msg("The signer is not the series' authority")]
    NotSeriesAuthority = 132,
    /// All models of a series have one domain.
    #[msg("The model's schema is not that of the series")]
    SeriesDomain = 133,
    /// The model is current already.
    #[msg("The model is the series' current one already")]
    SeriesUnchanged = 134,
    /// The model is not the one that waits.
    #[msg("The model is not the one that was proposed to the series")]
    SeriesModel = 135,
    /// A series without a model cannot be renounced.
    #[msg("The series has no model yet")]
    SeriesEmpty = 136,
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

/// The error of a batch: with the place of the proof at fault in its upper bits where it has one, see
/// [`assay_interface::verifier::error_place`].
pub fn of_batch(error: BatchError) -> ProgramError {
    let kind = match error {
        BatchError::Count(_) => VerifierError::BatchCount,
        BatchError::Length { .. } => VerifierError::BatchLength,
        BatchError::Digests { .. } | BatchError::MalformedKey => VerifierError::StoredKey,
        BatchError::Form { .. } => VerifierError::ProofForm,
        BatchError::Identity(_) => VerifierError::ProofIdentity,
        BatchError::Encoding(_) | BatchError::Invalid => VerifierError::ProofInvalid,
        BatchError::Proof { index, fault } => {
            let kind = match fault {
                ProofFault::Identity(_) => VerifierError::ProofIdentity,
                ProofFault::Encoding(_) | ProofFault::NotOnCurve(_) => VerifierError::ProofInvalid,
                ProofFault::LimbCount { .. } => VerifierError::LimbCount,
                ProofFault::Statement(error) => error.into(),
            };
            return match ProgramError::from(kind) {
                ProgramError::Custom(number) => ProgramError::Custom(error_at(number, index)),
                other => other,
            };
        }
    };
    kind.into()
}

//! The program's errors. A number is part of the interface: it is never reused and never moves.
//!
//! A client sees `Custom(9500 + n)`.

use anchor_lang::prelude::*;

/// Why an instruction was refused.
#[error_code(offset = 9500)]
#[derive(Debug, PartialEq, Eq)]
pub enum MarketError {
    /// 9500: a result left the range of its type.
    #[msg("Arithmetic overflow: the result does not fit its type")]
    MathOverflow = 0,
    /// 9501: an amount of zero, or one that pays nothing.
    #[msg("The amount is zero, or pays nothing")]
    ZeroAmount = 1,
    /// 9502: the state's own check after an instruction failed.
    #[msg("The account's invariant does not hold after this instruction")]
    InvariantViolated = 2,

    /// 9510: the vault is not the question's.
    #[msg("The vault is not this question's")]
    WrongVault = 10,
    /// 9511: a mint is not the one of its outcome, or the outcomes are not all there.
    #[msg("The outcome mints are not this question's, in order and all of them")]
    WrongOutcomeMint = 11,
    /// 9512: an account is none of the question's sources.
    #[msg("The price source is not this question's, in order")]
    WrongSource = 12,
    /// 9513: the observation is another question's.
    #[msg("The observation belongs to another question")]
    WrongObservation = 13,
    /// 9514: the model is not the one that may resolve the question now.
    #[msg("The model is not the one that may resolve this question now")]
    WrongModel = 14,
    /// 9515: a program account is not the verifier.
    #[msg("The program account is not the verifier")]
    WrongVerifier = 15,
    /// 9516: the signer is not the council.
    #[msg("The signer is not this question's council")]
    NotCouncil = 16,
    /// 9517: an account that is paid is not the one that the question names.
    #[msg("The account is not the one that this question pays")]
    WrongReceiver = 17,
    /// 9518: the collateral's mint could be frozen.
    #[msg("The collateral mint has a freeze authority")]
    FreezableMint = 18,
    /// 9519: the mint is not the question's collateral.
    #[msg("The mint is not this question's collateral")]
    WrongMint = 19,

    /// 9530: not in this state, or not at this time.
    #[msg("The question's state does not allow this now")]
    WrongState = 30,
    /// 9531: no more sets once trading has closed.
    #[msg("The question is closed for new sets")]
    TradingClosed = 31,
    /// 9532: the window for a dispute is over.
    #[msg("The window for this is over")]
    WindowOver = 32,
    /// 9533: the window for a dispute is still open.
    #[msg("The window is still open")]
    WindowOpen = 33,
    /// 9534: an outcome is there already, or none is missing.
    #[msg("The outcomes are all there")]
    OutcomesComplete = 34,
    /// 9535: the council may choose a proven row or the fallback.
    #[msg("The council may choose a row that was proven, or the fallback")]
    NotProven = 35,
    /// 9536: outcomes that pay are still held.
    #[msg("Outcome tokens that pay are still held")]
    StillHeld = 36,
    /// 9537: the statement cannot be packed: a feature is outside its bits.
    #[msg("The statement cannot be encoded")]
    StatementEncoding = 37,

    /// 9550: rows, outcomes or buckets are out of bounds, or a row does not sum to 10,000.
    #[msg("The payout rows are malformed: each must sum to 10,000")]
    InvalidRows = 50,
    /// 9551: thresholds that do not rise.
    #[msg("The thresholds must rise strictly, one fewer than buckets")]
    InvalidThresholds = 51,
    /// 9552: times out of order or out of bounds.
    #[msg("The times of the question are out of order or out of bounds")]
    InvalidTimes = 52,
    /// 9553: trading would go on while the window is observed.
    #[msg("Trading would go on after the first hour that counts; this needs the flag")]
    LateClose = 53,
    /// 9554: no source, too many, one twice, or an account that is none.
    #[msg("The price sources must be 1 to 4 different accounts of the feed program")]
    InvalidSources = 54,
    /// 9555: a bond or bounty that an empty account could not hold.
    #[msg("The bond or a bounty is too small to be paid to an empty account")]
    InvalidStakes = 55,
    /// 9556: no setup kind, or an unknown one.
    #[msg("The accepted setup kinds are empty or unknown")]
    InvalidSetupKinds = 56,
    /// 9557: the second model is the first one.
    #[msg("The second model must be another than the first")]
    SameModel = 57,
    /// 9558: reserved bits and bytes must be zero.
    #[msg("Reserved bits must be zero")]
    ReservedNotZero = 58,
    /// 9559: no council: nobody could decide a dispute.
    #[msg("A question needs a council")]
    NoAppeal = 59,
}

/// What every fallible function of the program's rules returns.
pub type Rule<T> = core::result::Result<T, MarketError>;

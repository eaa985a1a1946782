//! The program's errors. A number is part of the interface: it is never reused and never moves.
//!
//! A client sees `Custom(9000 + n)`.

use anchor_lang::prelude::*;
use assay_feed_interface::{ObserveError, RefreshError, pyth::PythError};

/// Why an instruction was refused.
#[error_code(offset = 9000)]
#[derive(Debug, PartialEq, Eq)]
pub enum FeedError {
    /// 9001: neither minute nor hour.
    #[msg("The interval is unknown: 0 is a minute, 1 is an hour")]
    UnknownInterval = 1,
    /// 9002: the pinned account's address is not the oracle's for this feed and shard.
    #[msg("The pinned account is not the push oracle's account of this feed and shard")]
    WrongPinnedAccount = 2,
    /// 9003: the account is not the one that the source copies.
    #[msg("The account is not the one that this source is pinned to")]
    NotPinned = 3,
    /// 9004: a source of a layout that this program does not know.
    #[msg("The source has a layout that this program does not know")]
    UnknownVersion = 4,

    /// 9010: the price account is not owned by the Pyth receiver.
    #[msg("The price account is not owned by the Pyth receiver program")]
    PriceOwner = 10,
    /// 9011: the price account does not hold a price update.
    #[msg("The price account does not decode as a Pyth price update")]
    PriceMalformed = 11,
    /// 9012: the price is of another feed.
    #[msg("The price update is of another feed")]
    PriceFeed = 12,
    /// 9013: not all guardian signatures of the price were checked.
    #[msg("The price update is only partially verified")]
    PricePartiallyVerified = 13,
    /// 9014: the price is zero or negative.
    #[msg("The price is not positive")]
    PriceNotPositive = 14,
    /// 9015: the price's exponent is none that a feed has.
    #[msg("The exponent of the price is out of bounds")]
    PriceExponent = 15,
    /// 9016: the price cannot be expressed in units of 1e-8 USD in 64 bits.
    #[msg("The price is outside the range that a source can express")]
    PriceOutOfRange = 16,
    /// 9017: the price was published too long after the present.
    #[msg("The price was published in the future")]
    PriceFromFuture = 17,

    /// 9020: the update is older than the last one taken.
    #[msg("The price is older than the last one that this source took")]
    PriceOlder = 20,
    /// 9021: the count of prices is at its end.
    #[msg("The source has taken its last price")]
    Exhausted = 21,

    /// 9030: the time is no multiple of the interval.
    #[msg("The time is no multiple of the interval")]
    NotATime = 30,
    /// 9031: the update lies before the time, or after its window.
    #[msg("The update was not published in the window after the time")]
    OutsideWindow = 31,
    /// 9032: a later time has the ring's place.
    #[msg("A later time has the place of this one")]
    PlaceTaken = 32,
    /// 9033: an update that is not proven to be the first, in the second half of the window or later.
    #[msg("It is too late for an update that is not the first after the time")]
    LateCandidate = 33,

    /// 9040: the feed is stopped.
    #[msg("The feed is stopped")]
    Stopped = 40,
    /// 9041: the feed is not stopped.
    #[msg("The feed is not stopped")]
    NotStopped = 41,
    /// 9042: 24 hours have not passed.
    #[msg("This waits 24 hours")]
    TooEarly = 42,
    /// 9043: the signer is not the guardian.
    #[msg("The signer is not this feed's guardian")]
    NotGuardian = 43,
    /// 9044: the signer is not the authority.
    #[msg("The signer is not this feed's authority")]
    NotAuthority = 44,
    /// 9045: nothing is proposed, or it lapsed.
    #[msg("There is no proposal, or it has lapsed")]
    NoProposal = 45,
    /// 9046: a feed that can be stopped needs who starts it.
    #[msg("A feed with a guardian needs an authority, and a stopped one both")]
    OfficesIncomplete = 46,
    /// 9047: the state's own check failed.
    #[msg("The state's own check after an instruction failed")]
    InvariantViolated = 47,

    /// 9050: the round is of a minute that has not begun, or of one long ago.
    #[msg("The round's minute has not begun, or is too long ago")]
    WrongMinute = 50,
    /// 9051: a later round was published or refused by its step.
    #[msg("A later round has passed this one")]
    RoundPassed = 51,
    /// 9052: the round is another feed's.
    #[msg("The round is another feed's")]
    WrongRound = 52,
    /// 9053: quotes may still come.
    #[msg("The round is not sealed: quotes may still come")]
    NotSealed = 53,
    /// 9054: an account is none of the feed's sources, in order.
    #[msg("The price source is not this feed's, in order")]
    WrongSource = 54,
    /// 9055: fewer sources than the quorum.
    #[msg("Fewer sources than the quorum are there, or accepted")]
    NoQuorum = 55,
    /// 9056: the interval of the price is too wide.
    #[msg("The confidence interval of the round's price is too wide")]
    TooUncertain = 56,
    /// 9057: a proof may still come.
    #[msg("A proof may still come: the fallback waits")]
    ProofAwaited = 57,
    /// 9058: the round is still of use.
    #[msg("The round is still of use")]
    RoundOpen = 58,
    /// 9059: who gets the rent is not who paid it.
    #[msg("The account is not the one that paid for this round")]
    WrongReceiver = 59,

    /// 9060: the model is not the feed's.
    #[msg("The model is not this feed's")]
    WrongModel = 60,
    /// 9061: a program account is not the verifier.
    #[msg("The program account is not the verifier")]
    WrongVerifier = 61,
    /// 9062: the statement cannot be packed.
    #[msg("The statement cannot be encoded")]
    StatementEncoding = 62,

    /// 9070: no setup kind, an unknown one, or one that the model does not have.
    #[msg("The accepted setup kinds are empty, unknown, or not the model's")]
    InvalidSetupKinds = 70,
    /// 9071: too few sources, too many, one twice, or an account that is none.
    #[msg("The sources must be 3 to 8 different prices of the feed program")]
    InvalidSources = 71,
    /// 9072: the quorum is not more than half of the sources, or more than all.
    #[msg("The quorum must be more than half of the sources")]
    InvalidQuorum = 72,
    /// 9073: a bound on the price is zero or too wide.
    #[msg("A bound on step, distance or confidence is out of range")]
    InvalidBounds = 73,
    /// 9074: patience or proof window is out of range.
    #[msg("Patience or proof window is out of range")]
    InvalidTimes = 74,
    /// 9075: a threshold that every score reaches.
    #[msg("Every score reaches this threshold")]
    InvalidThreshold = 75,
    /// 9076: reserved bits and bytes must be zero.
    #[msg("Reserved bits must be zero")]
    ReservedNotZero = 76,
}

/// What every fallible function of the program's rules returns.
pub type Rule<T> = core::result::Result<T, FeedError>;

impl From<PythError> for FeedError {
    fn from(error: PythError) -> Self {
        match error {
            PythError::Discriminator | PythError::Truncated(_) | PythError::UnknownVerificationLevel(_) => {
                Self::PriceMalformed
            }
            PythError::PartiallyVerified { .. } => Self::PricePartiallyVerified,
            PythError::Feed => Self::PriceFeed,
            PythError::Price(_) => Self::PriceNotPositive,
            PythError::Exponent(_) => Self::PriceExponent,
            PythError::Range { .. } => Self::PriceOutOfRange,
        }
    }
}

impl From<RefreshError> for FeedError {
    fn from(error: RefreshError) -> Self {
        match error {
            RefreshError::Older { .. } => Self::PriceOlder,
            RefreshError::Future { .. } => Self::PriceFromFuture,
            RefreshError::Exhausted => Self::Exhausted,
        }
    }
}

impl From<ObserveError> for FeedError {
    fn from(error: ObserveError) -> Self {
        match error {
            ObserveError::Time(_) => Self::NotATime,
            ObserveError::OutsideWindow { .. } => Self::OutsideWindow,
            ObserveError::Future { .. } => Self::PriceFromFuture,
            ObserveError::Passed(_) => Self::PlaceTaken,
            ObserveError::LateCandidate(_) => Self::LateCandidate,
        }
    }
}

//! The program's errors. A number is part of the interface: it is never reused and never moves.
//!
//! A client sees `Custom(7000 + n)`; the numbers below 7000 are the framework's and, by CPI, the verifier's and `assay-cpi`'s.

use anchor_lang::prelude::*;

/// Why an instruction was refused.
#[error_code(offset = 7000)]
#[derive(Debug, PartialEq, Eq)]
pub enum LendingError {
    /// 7000: a result left the range of its type, or a division had no divisor.
    #[msg("Arithmetic overflow: the result does not fit its type")]
    MathOverflow = 0,
    /// 7001: an amount of zero, or one so small that it rounds to nothing.
    #[msg("The amount is zero, or rounds to zero")]
    ZeroAmount = 1,
    /// 7002: the state's own check after an instruction failed.
    #[msg("The account's invariant does not hold after this instruction")]
    InvariantViolated = 2,

    /// 7010: the signer is not the one that may do this.
    #[msg("The signer is not the authority of this account")]
    WrongAuthority = 10,
    /// 7011: an account belongs to another market.
    #[msg("The account belongs to another market")]
    WrongMarket = 11,
    /// 7012: the mint is not the market's.
    #[msg("The mint is not this market's")]
    WrongMint = 12,
    /// 7013: the vault is not the market's.
    #[msg("The vault is not this market's")]
    WrongVault = 13,
    /// 7014: the snapshot describes another position.
    #[msg("The snapshot describes another position")]
    WrongPosition = 14,
    /// 7015: a program account is not the program that must be called.
    #[msg("The program account is not the verifier")]
    WrongVerifier = 15,
    /// 7016: the model is not the one that the market accepts.
    #[msg("The model is not the one this market accepts")]
    WrongModel = 16,
    /// 7017: the rent of a snapshot goes back to whoever paid it.
    #[msg("The rent receiver is not the payer of the snapshot")]
    WrongRentReceiver = 17,
    /// 7018: a market needs two different mints.
    #[msg("Collateral and debt must be different mints")]
    SameMint = 18,
    /// 7019: a mint with fewer than 6 or more than 9 decimals.
    #[msg("The mint must have 6 to 9 decimals")]
    UnsupportedDecimals = 19,

    /// 7030: the price account is not owned by the Pyth receiver.
    #[msg("The price account is not owned by the Pyth receiver program")]
    PriceOwner = 30,
    /// 7031: the price account does not hold a price update.
    #[msg("The price account does not decode as a Pyth price update")]
    PriceMalformed = 31,
    /// 7032: the price is of another feed.
    #[msg("The price update is of another feed")]
    PriceFeed = 32,
    /// 7033: not all guardian signatures of the price were checked.
    #[msg("The price update is only partially verified")]
    PricePartiallyVerified = 33,
    /// 7034: the price is too old.
    #[msg("The price is older than the market allows")]
    PriceStale = 34,
    /// 7035: the price was published after the present.
    #[msg("The price was published in the future")]
    PriceFromFuture = 35,
    /// 7036: the price is zero or negative.
    #[msg("The price is not positive")]
    PriceNotPositive = 36,
    /// 7037: the confidence interval is too wide.
    #[msg("The confidence interval of the price is wider than the market allows")]
    PriceUncertain = 37,
    /// 7038: the price cannot be expressed in units of 1e-8 USD in 64 bits.
    #[msg("The price is outside the range that the market can express")]
    PriceOutOfRange = 38,

    /// 7050: the market's pause level closes this instruction.
    #[msg("The market is paused for this instruction")]
    Paused = 50,
    /// 7051: the deposit would exceed the market's cap.
    #[msg("The deposit would exceed the market's cap")]
    CapExceeded = 51,
    /// 7052: the vault does not hold enough for this withdrawal or loan.
    #[msg("The market does not hold enough of the debt asset")]
    InsufficientLiquidity = 52,
    /// 7053: more than the account holds.
    #[msg("The amount exceeds the balance")]
    InsufficientBalance = 53,
    /// 7054: the position would exceed the loan-to-value limit.
    #[msg("The position would exceed the maximum loan-to-value ratio")]
    LtvExceeded = 54,
    /// 7055: a loan below the market's minimum.
    #[msg("The debt would be below the market's minimum")]
    DebtBelowMinimum = 55,
    /// 7056: the position owes nothing.
    #[msg("The position has no debt")]
    NoDebt = 56,
    /// 7057: suppliers have shares but the assets behind them are gone.
    #[msg("The market's assets are lost; it takes no deposits")]
    MarketInsolvent = 57,

    /// 7070: the position may not be liquidated under the plain rule.
    #[msg("The position is below the liquidation threshold")]
    NotLiquidatable = 70,
    /// 7071: the position may not be liquidated early, whatever its score.
    #[msg("The position is below the floor of early liquidation")]
    BelowEarlyFloor = 71,
    /// 7072: the proven score does not open a liquidation.
    #[msg("The score is below the market's threshold")]
    ScoreBelowThreshold = 72,
    /// 7073: the liquidator would repay more than the close factor allows.
    #[msg("The repayment exceeds the close factor")]
    CloseFactorExceeded = 73,
    /// 7074: the collateral does not cover the debt and the bonus: only the plain rule applies.
    #[msg("The collateral no longer covers the debt: use the plain liquidation")]
    NotCovered = 74,
    /// 7075: less collateral than the liquidator asked for at least.
    #[msg("The liquidation yields less collateral than the liquidator's minimum")]
    SlippageExceeded = 75,

    /// 7090: too soon after the last snapshot of the position.
    #[msg("The last snapshot of this position is too recent")]
    SnapshotTooSoon = 90,
    /// 7091: the snapshot has expired.
    #[msg("The snapshot has expired")]
    SnapshotExpired = 91,
    /// 7092: the snapshot is not the position's last one.
    #[msg("The snapshot is not the position's latest")]
    SnapshotSuperseded = 92,
    /// 7093: too few hourly closes, or gaps between them.
    #[msg("The price history does not cover the last day")]
    HistoryIncomplete = 93,
    /// 7094: the price is too close to the last observation.
    #[msg("The last observation is less than an hour older than this price")]
    ObservationTooSoon = 94,
    /// 7095: the features of the position are not defined.
    #[msg("The features of this position are not defined")]
    FeaturesUndefined = 95,

    /// 7114: the statement could not be encoded.
    #[msg("The features or the score do not fit the statement's bit widths")]
    StatementEncoding = 114,

    /// 7130: thresholds out of order or out of bounds.
    #[msg(
        "Loan-to-value limits must satisfy 0 < max <= early floor <= threshold <= 9500 and max < threshold"
    )]
    InvalidThresholds = 130,
    /// 7131: bonus bounds out of order, or too large for the threshold.
    #[msg("The bonus bounds are out of order, or a liquidation at the threshold could not pay the largest")]
    InvalidBonus = 131,
    /// 7132: close factors out of bounds.
    #[msg("The close factors must be within their bounds")]
    InvalidCloseFactor = 132,
    /// 7133: interest parameters out of order or out of bounds.
    #[msg("The interest parameters are out of order or out of bounds")]
    InvalidRates = 133,
    /// 7134: price checks out of bounds.
    #[msg("The price age or confidence limits are out of bounds")]
    InvalidPriceLimits = 134,
    /// 7135: snapshot spacing or expiry out of bounds.
    #[msg("The snapshot spacing or expiry is out of bounds")]
    InvalidSnapshotTimes = 135,
    /// 7136: the score range is empty.
    #[msg("The score of the full bonus must exceed the score threshold")]
    InvalidScores = 136,
    /// 7137: no setup kind, or an unknown one.
    #[msg("The accepted setup kinds are empty or unknown")]
    InvalidSetupKinds = 137,
    /// 7138: caps out of bounds.
    #[msg("The caps are out of bounds")]
    InvalidCaps = 138,
    /// 7139: padding bytes must be zero.
    #[msg("Reserved bytes must be zero")]
    ReservedNotZero = 139,
    /// 7140: a domain tag that is no field element.
    #[msg("The statement domain is not below the order of the field")]
    InvalidDomain = 140,

    /// 7150: no change of parameters waits.
    #[msg("No change of parameters is pending")]
    NothingPending = 150,
    /// 7151: the timelock has not run out.
    #[msg("The timelock has not run out")]
    TimelockRunning = 151,
    /// 7152: not a pause level.
    #[msg("Unknown pause level")]
    UnknownPauseLevel = 152,
    /// 7153: a halt may not be prolonged at once.
    #[msg("The market was halted too recently to be halted again")]
    HaltTooSoon = 153,
}

/// What every fallible function of the program's arithmetic returns.
pub type MathResult<T> = core::result::Result<T, LendingError>;

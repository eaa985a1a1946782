//! The program's errors. A number is part of the interface: it is never reused and never moves.
//!
//! A client sees `Custom(7000 + n)`; the numbers below 7000 are the framework's and, by CPI, the verifier's and `assay-cpi`'s.
//! Numbers that are missing here were those of version 1: 14, 17, 30 to 33, 36, 38, 90, 92, 94.

use anchor_lang::prelude::*;
use assay_program::rules::RuleError;

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
    /// 7015: a program account is not the program that must be called.
    #[msg("The program account is not the verifier")]
    WrongVerifier = 15,
    /// 7016: the model is not the one that the market accepts.
    #[msg("The model is not the one this market accepts")]
    WrongModel = 16,
    /// 7018: a market needs two different mints.
    #[msg("Collateral and debt must be different mints")]
    SameMint = 18,
    /// 7019: a mint with fewer than 6 or more than 9 decimals.
    #[msg("The mint must have 6 to 9 decimals")]
    UnsupportedDecimals = 19,
    /// 7020: the price account is not the one that the market's parameters name.
    #[msg("The price source is not the one this market is pinned to")]
    WrongSource = 20,
    /// 7021: the snapshot describes another position.
    #[msg("The snapshot describes another position")]
    WrongSnapshot = 21,
    /// 7022: lamports or tokens would go to somebody else than they belong to.
    #[msg("The receiver is not the one that this belongs to")]
    WrongReceiver = 22,
    /// 7023: not the address that the seeds give.
    #[msg("The account is not at the address that its seeds give")]
    WrongAddress = 23,
    /// 7024: a series came with an instruction of a market that pins its model.
    #[msg("This market pins its model: it follows no series")]
    SeriesUnwanted = 24,
    /// 7025: no series came with an instruction of a market that follows one.
    #[msg("This market follows a series: its account is missing")]
    SeriesMissing = 25,
    /// 7026: the series' models are attested by another set than the market's, or by none.
    #[msg("A market that accepts ceremonies follows a series only whose models its own attestors attest")]
    SeriesAttestors = 26,
    /// 7027: the series changes models faster than the market changes parameters.
    #[msg("The timelock of a series that a market follows must be two days at least")]
    SeriesTooFast = 27,

    /// 7034: the price is too old.
    #[msg("The price is older than this action allows")]
    PriceStale = 34,
    /// 7035: the price was published after the present.
    #[msg("The price was published in the future")]
    PriceFromFuture = 35,
    /// 7037: the confidence interval is too wide.
    #[msg("The confidence interval of the price is wider than this action allows")]
    PriceUncertain = 37,
    /// 7039: the account is not the feed program's, or no source.
    #[msg("The account is not a price source of the feed program")]
    SourceMalformed = 39,
    /// 7040: the price was made by a fallback.
    #[msg("The price is degraded: this action needs a good one")]
    PriceDegraded = 40,
    /// 7041: the source gives no price.
    #[msg("The source is stopped, or holds no price yet")]
    PriceStopped = 41,
    /// 7042: the two prices were published too far apart.
    #[msg("The publish times of the two prices are too far apart")]
    PricesApart = 42,

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
    /// 7073: the liquidator would repay more than the close factor or the budget allows.
    #[msg("The repayment exceeds what may be repaid")]
    CloseFactorExceeded = 73,
    /// 7074: the collateral does not cover the debt and the bonus: only the plain rule applies.
    #[msg("The collateral no longer covers the debt: use the plain liquidation")]
    NotCovered = 74,
    /// 7075: less collateral than the liquidator asked for at least.
    #[msg("The liquidation yields less collateral than the liquidator's minimum")]
    SlippageExceeded = 75,
    /// 7076: an early liquidation of less than the least repayment.
    #[msg("The repayment is below the least of an early liquidation")]
    RepaymentTooSmall = 76,
    /// 7077: the window's budget is spent.
    #[msg("Early liquidations have repaid what this window allows")]
    BudgetSpent = 77,
    /// 7078: the plain rule is open.
    #[msg("The position is over the liquidation threshold: no proof is needed")]
    PlainRuleApplies = 78,
    /// 7079: the position is safer than the snapshot that was proven.
    #[msg("The position's loan-to-value ratio has fallen since the snapshot")]
    PositionRecovered = 79,
    /// 7080: later evidence says otherwise.
    #[msg("Later evidence about this position was proven")]
    EvidenceSuperseded = 80,
    /// 7081: the proven score does not clear a flag.
    #[msg("The score is not below the market's threshold")]
    ScoreNotBelowThreshold = 81,
    /// 7082: no flag stands.
    #[msg("The position is not flagged")]
    NoFlag = 82,
    /// 7083: the collateral is worth more than dust.
    #[msg("The collateral is worth more than dust: liquidate first")]
    NotDust = 83,

    /// 7091: the snapshot has expired.
    #[msg("The snapshot has expired")]
    SnapshotExpired = 91,
    /// 7093: an hour of the last day is missing.
    #[msg("The source's hours do not cover the last day")]
    HistoryIncomplete = 93,
    /// 7095: the features of the position are not defined.
    #[msg("The features of this position are not defined")]
    FeaturesUndefined = 95,
    /// 7096: the final minute is missing or still open.
    #[msg("A source has no final price for this minute")]
    MinuteNotFinal = 96,
    /// 7097: the minute lies ahead, or is more than two minutes old.
    #[msg("A snapshot is taken within two minutes of its final minute")]
    WrongEpoch = 97,
    /// 7098: the snapshot was taken in this second.
    #[msg("The snapshot was taken in this second: act on it in a later one")]
    SnapshotTooYoung = 98,
    /// 7099: the snapshot may still be used.
    #[msg("The snapshot has not expired")]
    SnapshotAlive = 99,
    /// 7100: another account lies at the snapshot's address.
    #[msg("Another account lies at the snapshot's address")]
    SnapshotOccupied = 100,

    /// 7114: the statement could not be encoded.
    #[msg("The features or the score do not fit the statement's bit widths")]
    StatementEncoding = 114,

    /// 7120: what is to be closed still holds something.
    #[msg("The account still holds something")]
    AccountInUse = 120,
    /// 7121: a proof about the closed position could still be made.
    #[msg("A position is closed three minutes after its debt ended")]
    ClosedTooSoon = 121,

    /// 7130: thresholds out of order, too close, or out of bounds.
    #[msg(
        "Loan-to-value limits must be 200 basis points apart: 0 < max, early floor, threshold <= 9500; and uncertainty alone must not liquidate a fresh loan"
    )]
    InvalidThresholds = 130,
    /// 7131: bonus bounds out of order, or too large for the threshold.
    #[msg(
        "Bonuses must be early <= plain, and a liquidation at the threshold must be able to pay the largest"
    )]
    InvalidBonus = 131,
    /// 7132: close factors, least repayment or tolerance out of bounds.
    #[msg("The close factors, the least repayment or the tolerance are out of bounds")]
    InvalidCloseFactor = 132,
    /// 7133: interest parameters out of order or out of bounds.
    #[msg("The interest parameters are out of order or out of bounds")]
    InvalidRates = 133,
    /// 7134: price checks out of bounds.
    #[msg("The price age, skew or confidence limits are out of bounds")]
    InvalidPriceLimits = 134,
    /// 7135: snapshot, window or ramp out of bounds.
    #[msg("The snapshot's life, the budget's window or the bonus ramp is out of bounds")]
    InvalidSnapshotTimes = 135,
    /// 7136: every score would open a liquidation.
    #[msg("The score threshold is the least score: every score would reach it")]
    InvalidScores = 136,
    /// 7137: no setup kind, or an unknown one.
    #[msg("The accepted setup kinds are empty or unknown")]
    InvalidSetupKinds = 137,
    /// 7138: caps, least loan or dust out of bounds.
    #[msg("The caps, the least loan or the dust value are out of bounds")]
    InvalidCaps = 138,
    /// 7139: padding bytes must be zero.
    #[msg("Reserved bytes must be zero")]
    ReservedNotZero = 139,
    /// 7140: a domain tag that is no field element.
    #[msg("The statement domain is not below the order of the field")]
    InvalidDomain = 140,
    /// 7141: share of cash out of bounds.
    #[msg("The share of cash that lets suppliers leave must be 5 to 20 %")]
    InvalidExitCash = 141,
    /// 7142: sources are missing or one.
    #[msg("A market needs two different price sources")]
    InvalidSources = 142,
    /// 7143: an unknown way to name the model.
    #[msg("Unknown model mode")]
    InvalidModelMode = 143,
    /// 7144: ceremonies count, but nobody attests them.
    #[msg("A market that accepts ceremonies must name attestors")]
    AttestorsMissing = 144,

    /// 7150: no change waits.
    #[msg("Nothing is proposed")]
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
    /// 7154: the proposal's window has passed.
    #[msg("The proposal has expired")]
    ProposalExpired = 154,
    /// 7155: the level would not rise.
    #[msg("The guardian can only raise the pause level")]
    NotARaise = 155,
    /// 7156: the level would not fall.
    #[msg("The pause level can only be lowered here")]
    NotALowering = 156,
    /// 7157: too soon for the admin alone.
    #[msg("The admin alone may lower the pause level a day after it was raised")]
    LowerTooSoon = 157,
    /// 7158: suppliers cannot leave now.
    #[msg("Suppliers cannot leave now: the market is halted or short of cash")]
    ExitClosed = 158,
    /// 7159: something else is proposed.
    #[msg("Something else is proposed")]
    OtherProposal = 159,

    /// 7170: no end of the liquidation follows in the transaction.
    #[msg("No liquidate_end of this position follows in the transaction")]
    FlashEndMissing = 170,
    /// 7171: the position is in the middle of a liquidation.
    #[msg("The position is in the middle of a liquidation that the transaction has not ended")]
    FlashOpen = 171,
    /// 7172: there is no liquidation to end.
    #[msg("No liquidation of this position was started")]
    FlashNotOpen = 172,
    /// 7173: called by another program.
    #[msg("A liquidation is started by an instruction of the transaction, not by another program")]
    FlashByProgram = 173,
}

/// What every fallible function of the program's arithmetic returns.
pub type MathResult<T> = core::result::Result<T, LendingError>;

/// The program's number for what a rule refused that programs share.
impl From<RuleError> for LendingError {
    fn from(error: RuleError) -> Self {
        match error {
            RuleError::Overflow => Self::MathOverflow,
            RuleError::UnknownPauseLevel => Self::UnknownPauseLevel,
            RuleError::NotARaise => Self::NotARaise,
            RuleError::HaltTooSoon => Self::HaltTooSoon,
            RuleError::NotALowering => Self::NotALowering,
            RuleError::LowerTooSoon => Self::LowerTooSoon,
            RuleError::TimelockRunning => Self::TimelockRunning,
            RuleError::ProposalExpired => Self::ProposalExpired,
        }
    }
}

//! The program's errors. A number is part of the interface: it is never reused and never moves.
//!
//! A client sees `Custom(10000 + n)`.

use anchor_lang::prelude::*;
use assay_program::rules::RuleError;

/// Why an instruction was refused.
#[error_code(offset = 10000)]
#[derive(Debug, PartialEq, Eq)]
pub enum CreditError {
    /// 10000: a result left the range of its type.
    #[msg("Arithmetic overflow: the result does not fit its type")]
    MathOverflow = 0,
    /// 10001: an amount of zero, or one so small that it rounds to nothing.
    #[msg("The amount is zero, or rounds to zero")]
    ZeroAmount = 1,
    /// 10002: the state's own check after an instruction failed.
    #[msg("The account's invariant does not hold after this instruction")]
    InvariantViolated = 2,

    /// 10010: the signer is not the one that may do this.
    #[msg("The signer is not the authority of this account")]
    WrongAuthority = 10,
    /// 10011: an account belongs to another pool.
    #[msg("The account belongs to another pool")]
    WrongPool = 11,
    /// 10012: the mint is not the pool's.
    #[msg("The mint is not this pool's")]
    WrongMint = 12,
    /// 10013: the vault is not the pool's.
    #[msg("The vault is not this pool's")]
    WrongVault = 13,
    /// 10014: the program account is not the verifier.
    #[msg("The program account is not the verifier")]
    WrongVerifier = 14,
    /// 10015: the model is not the pool's, or did not give the line's tier.
    #[msg("The model is not the one this pool accepts")]
    WrongModel = 15,
    /// 10016: the issuer is not the pool's, or a line is another's.
    #[msg("The issuer is not the one this pool accepts")]
    WrongIssuer = 16,
    /// 10017: the tree is another issuer's.
    #[msg("The tree belongs to another issuer")]
    WrongTree = 17,
    /// 10018: lamports or tokens would go to somebody else than they belong to.
    #[msg("The receiver is not the one that this belongs to")]
    WrongReceiver = 18,
    /// 10019: not the address that the seeds give.
    #[msg("The account is not at the address that its seeds give")]
    WrongAddress = 19,

    /// 10030: the guardian stopped the issuer.
    #[msg("The issuer's guardian has stopped it")]
    IssuerStopped = 30,
    /// 10031: the issuer is not stopped.
    #[msg("The issuer is not stopped")]
    NotStopped = 31,
    /// 10032: a week after the stop has not passed.
    #[msg("The authority alone starts an issuer a week after it was stopped")]
    StartTooSoon = 32,
    /// 10033: the epoch is not one that counts here, now.
    #[msg("The epoch is over, or has not begun")]
    WrongEpoch = 33,
    /// 10034: the leaf is zero or no field element.
    #[msg("The leaf is zero, or not a field element")]
    NotALeaf = 34,
    /// 10035: every place of the tree is taken.
    #[msg("The tree is full")]
    TreeFull = 35,
    /// 10036: the root is not among the tree's last ones.
    #[msg("The root is not among the last roots of the tree")]
    StaleRoot = 36,
    /// 10037: an issuer without a guardian, or whose guardian is its authority.
    #[msg("An issuer needs a guardian apart from its authority")]
    GuardianMissing = 37,

    /// 10050: this person has a line in the pool.
    #[msg("The nullifier has a line in this pool already: renew it")]
    LineExists = 50,
    /// 10051: there are four tiers.
    #[msg("The tier is none of this pool's")]
    TierOutOfRange = 51,
    /// 10052: one proof an epoch.
    #[msg("The line's tier was proven from this epoch or a later one")]
    NoLaterEpoch = 52,
    /// 10053: the line's tier was proven in an epoch that is over.
    #[msg("The line has lapsed with its epoch: renew it")]
    LineLapsed = 53,
    /// 10054: the line has defaulted.
    #[msg("The line has defaulted")]
    LineDefaulted = 54,
    /// 10055: the debt would exceed the tier's limit.
    #[msg("The debt would exceed the tier's limit")]
    AboveLimit = 55,
    /// 10056: the debt is due.
    #[msg("The debt is due: repay it before drawing again")]
    DebtDue = 56,
    /// 10057: due date and grace are not over.
    #[msg("The debt's due date and grace are not over")]
    NotOverdue = 57,
    /// 10058: nothing is owed.
    #[msg("Nothing is owed")]
    NoDebt = 58,
    /// 10059: a defaulted debt is not paid back.
    #[msg("A defaulted debt is still owed")]
    StillOwed = 59,
    /// 10060: a defaulter waits.
    #[msg("The cool-off after a default is not over")]
    CoolOffRunning = 60,
    /// 10061: the line has not defaulted, or is written off.
    #[msg("The line is not a defaulted one that is still in the books")]
    NotDefaulted = 61,
    /// 10062: 30 days have not passed since the default.
    #[msg("A default is written off 30 days after it was marked")]
    WriteOffTooSoon = 62,
    /// 10063: the statement cannot be packed.
    #[msg("The statement cannot be encoded")]
    StatementEncoding = 63,
    /// 10064: the debt before was paid back in this second.
    #[msg("The last debt was paid back in this second: draw in a later one")]
    JustRepaid = 64,

    /// 10070: more than there is.
    #[msg("The amount exceeds the balance")]
    InsufficientBalance = 70,
    /// 10071: the vault does not hold that much.
    #[msg("The pool does not hold that much cash")]
    InsufficientLiquidity = 71,
    /// 10072: a cap would be exceeded.
    #[msg("The cap would be exceeded")]
    CapExceeded = 72,
    /// 10073: losses ate everything that suppliers had.
    #[msg("The pool's losses exceed what suppliers own")]
    PoolInsolvent = 73,
    /// 10074: something is in the account.
    #[msg("Something is still in the account, or owed to it")]
    AccountInUse = 74,

    /// 10080: the pause level closes this.
    #[msg("The pool is paused for this action")]
    Paused = 80,
    /// 10081: a byte that is no pause level.
    #[msg("The pause level is none of 0, 1 and 2")]
    UnknownPauseLevel = 81,
    /// 10082: the level would not rise.
    #[msg("The guardian raises the pause level, and this would not")]
    NotARaise = 82,
    /// 10083: too soon after the last halt.
    #[msg("A halt follows the last one too soon")]
    HaltTooSoon = 83,
    /// 10084: the level would not fall.
    #[msg("This would not lower the pause level")]
    NotALowering = 84,
    /// 10085: too soon for the admin alone.
    #[msg("The admin alone lowers the pause level a day after it was raised")]
    LowerTooSoon = 85,
    /// 10086: nothing is proposed.
    #[msg("Nothing is proposed")]
    NothingPending = 86,
    /// 10087: something else is proposed.
    #[msg("Something else is proposed")]
    OtherProposal = 87,
    /// 10088: the wait is not over.
    #[msg("The proposal's wait is not over: suppliers had less than two days in which they could leave")]
    TimelockRunning = 88,
    /// 10089: the window is over.
    #[msg("The proposal has expired")]
    ProposalExpired = 89,
    /// 10090: suppliers could not leave now.
    #[msg("Suppliers could not leave now: the pool is halted, or short of cash")]
    ExitClosed = 90,

    /// 10100: tiers that get less or pay more the better they are, or none that gets anything.
    #[msg(
        "Better tiers get no less and pay no more, at most the cap and 100 % a year, and one gets something"
    )]
    InvalidTiers = 100,
    /// 10101: term, grace or cool-off out of bounds.
    #[msg("Term, grace or cool-off is out of bounds")]
    InvalidTimes = 101,
    /// 10102: a cap of zero, or above 2^53.
    #[msg("The caps must be 1 to 2^53")]
    InvalidCaps = 102,
    /// 10103: reserve factor or exit cash out of bounds.
    #[msg("Reserve factor or exit cash is out of bounds")]
    InvalidShares = 103,
    /// 10104: the domain is no field element.
    #[msg("The domain is not a field element")]
    InvalidDomain = 104,
    /// 10105: no setup kind, or an unknown one.
    #[msg("The accepted setup kinds are empty or unknown")]
    InvalidSetupKinds = 105,
    /// 10106: a ceremony without attestors.
    #[msg("A ceremony counts only with attestors")]
    AttestorsMissing = 106,
    /// 10107: reserved bytes must be zero.
    #[msg("Reserved bytes must be zero")]
    ReservedNotZero = 107,
}

/// What every fallible function of the program's rules returns.
pub type Rule<T> = core::result::Result<T, CreditError>;

/// The program's number for what a rule refused that programs share.
impl From<RuleError> for CreditError {
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

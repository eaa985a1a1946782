//! Why an account is left alone, and the names of what is sent.

pub use assay_feed_host::keeping::{KEPT, OBSERVE};
use assay_host::strategy::Reason;

/// It owes nothing.
pub const NO_DEBT: Reason = Reason("no debt");
/// Its loan-to-value ratio is below the floor.
pub const SAFE: Reason = Reason("safe");
/// The model's score does not open a liquidation.
pub const LOW_SCORE: Reason = Reason("low score");
/// No minute of the last two is final in both sources.
pub const NO_MINUTE: Reason = Reason("no final minute");
/// The source's hours do not cover the last day, or the features are not defined.
pub const NO_FEATURES: Reason = Reason("no features");
/// A price is good enough for the plain rule only.
pub const NO_PRICE: Reason = Reason("no price");
/// The market is halted.
pub const PAUSED: Reason = Reason("paused");
/// The collateral no longer covers debt and bonus.
pub const NOT_COVERED: Reason = Reason("not covered");
/// It is above the floor, and the keeper acts under the plain rule only.
pub const RULE_ONLY: Reason = Reason("plain rule only");
/// The snapshot was taken in this second; it is used in the next.
pub const SNAPSHOT_YOUNG: Reason = Reason("snapshot too young");
/// Early liquidations have repaid what the window allows.
pub const BUDGET_SPENT: Reason = Reason("budget spent");
/// The flag stands, and the auction does not pay enough yet.
pub const BONUS_LOW: Reason = Reason("bonus too low");
/// The market's model is stopped, is not what the market accepts, or has another key than the keeper's.
pub const MODEL_UNUSABLE: Reason = Reason("model unusable");
/// The snapshot that was proven was closed or has expired.
pub const SNAPSHOT_GONE: Reason = Reason("snapshot gone");
/// The spend cap or the wallet's balance is used up, or below the least repayment.
pub const NO_FUNDS: Reason = Reason("no funds");
/// An account that is closed later.
pub const NOT_DUE: Reason = Reason("not due");
/// The account is gone: somebody closed it.
pub const GONE: Reason = Reason("gone");

/// Names of what it sends, those of the instructions.
pub const SNAPSHOT: &str = "snapshot";
/// See [`SNAPSHOT`].
pub const FLAG: &str = "flag_by_proof";
/// See [`SNAPSHOT`].
pub const CLEAR: &str = "clear_by_proof";
/// See [`SNAPSHOT`].
pub const LIQUIDATE: &str = "liquidate";
/// See [`SNAPSHOT`].
pub const LIQUIDATE_BY_PROOF: &str = "liquidate_by_proof";
/// See [`SNAPSHOT`].
pub const IMPAIR: &str = "impair";
/// See [`SNAPSHOT`].
pub const SOCIALIZE: &str = "socialize";
/// See [`SNAPSHOT`].
pub const CLOSE_SNAPSHOT: &str = "close_snapshot";
/// See [`SNAPSHOT`].
pub const CLOSE_RECEIPT: &str = "close_receipt";

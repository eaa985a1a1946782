//! The program's accounts, and the state machines in them. Every layout is explicit: sizes are asserted at compile time,
//! padding is named, and spare words are left for later versions.
//!
//! | account | address | one for each |
//! | --- | --- | --- |
//! | [`Market`] | `["market", creator, collateral mint, debt mint]` | creator and pair of mints |
//! | [`Position`] | `["position", market, owner]` | borrower in a market |
//! | [`Deposit`] | `["deposit", market, owner]` | supplier in a market |
//! | [`Snapshot`] | `["snapshot", position, epoch, revision]` | position, final minute and state of its risk |
//!
//! | part of an account | what it decides |
//! | --- | --- |
//! | [`ExitClock`], [`Proposal`] | when a change of the rules may take effect |
//! | [`Guard`], [`Action`] | what is paused |
//! | [`Budget`], [`Flag`] | how much an early liquidation may take, and at which bonus |

mod action;
mod budget;
mod deposit;
mod flag;
mod market;
mod params;
mod position;
mod proposal;
mod snapshot;

pub use action::Action;
pub use assay_program::{
    exit::{Door, ExitClock},
    pause::{Consent, Guard, HALT_COOLDOWN_SECONDS, HALT_SECONDS, LOWERING_SECONDS, PauseLevel},
    timelock::{TIGHTENING_SECONDS, TIMELOCK_SECONDS, WINDOW_SECONDS, Wait},
};
pub use budget::{Budget, least_repayment};
pub use deposit::Deposit;
pub use flag::{Evidence, FLAG_SECONDS, Flag};
pub use market::{Decision, Market};
pub use params::{MODEL_FOLLOWED, MODEL_PINNED, RiskParams, SETUP_CEREMONY, SETUP_DEVELOPMENT};
pub use position::{CLOSING_SECONDS, Position};
pub use proposal::{Kind, Proposal};
pub use snapshot::{Snapshot, TAKING_SECONDS, epoch_start, may_be_taken};

/// Version of the layouts in this module. Code that changes one raises it.
pub const VERSION: u8 = 2;

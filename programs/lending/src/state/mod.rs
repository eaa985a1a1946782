//! The program's accounts. Every layout is explicit: sizes are asserted at compile time, padding is named, and
//! spare words are left for later versions.
//!
//! | account | address | one for each |
//! | --- | --- | --- |
//! | [`Market`] | `["market", creator, collateral mint, debt mint]` | creator and pair of mints |
//! | [`PriceHistory`] | `["history", market]` | market |
//! | [`Position`] | `["position", market, owner]` | borrower in a market |
//! | [`Deposit`] | `["deposit", market, owner]` | supplier in a market |
//! | [`Snapshot`] | `["snapshot", position]` | position, while it lives |

mod deposit;
mod history;
mod market;
mod params;
mod pause;
mod position;
mod snapshot;

pub use deposit::Deposit;
pub use history::{Close, HISTORY_LEN, OBSERVATION_GAP, PriceHistory};
pub use market::Market;
pub use params::{RiskParams, SETUP_CEREMONY, SETUP_DEVELOPMENT, TIMELOCK_SECONDS};
pub use pause::{Action, HALT_COOLDOWN_SECONDS, HALT_SECONDS, PauseLevel};
pub use position::Position;
pub use snapshot::Snapshot;

/// Version of the layouts in this module. Code that changes one raises it, and still reads the old one.
pub const VERSION: u8 = 1;

//! The program's accounts, and the state machines in them. Every layout is explicit: sizes are asserted at compile time,
//! padding is named, and spare words are left for later versions.
//!
//! | account | address | one for each |
//! | --- | --- | --- |
//! | [`Issuer`] | `["issuer", authority]` | authority that attests people |
//! | [`Tree`] | `["tree", issuer, epoch]` | issuer and epoch |
//! | [`Pool`] | `["pool", creator, nonce]` | pool of a creator |
//! | [`Deposit`] | `["deposit", pool, owner]` | supplier in a pool |
//! | [`Line`] | `["line", pool, nullifier]` | person in a pool, for ever |

mod action;
mod deposit;
mod issuer;
mod line;
mod pool;
mod proposal;
mod terms;
mod tree;

pub use action::Action;
pub use assay_program::{
    exit::{Door, ExitClock},
    pause::{Consent, Guard, HALT_COOLDOWN_SECONDS, HALT_SECONDS, LOWERING_SECONDS, PauseLevel},
    timelock::{TIGHTENING_SECONDS, TIMELOCK_SECONDS, WINDOW_SECONDS, Wait},
};
pub use deposit::Deposit;
pub use issuer::{Issuer, STARTING_SECONDS, StartedBy};
pub use line::{Line, Standing, Status, WRITE_OFF_SECONDS};
pub use pool::{Decision, Pool, TierBooks};
pub use proposal::{Kind, Proposal};
pub use terms::{SETUP_CEREMONY, SETUP_DEVELOPMENT, Terms, Tier};
pub use tree::{Tree, require_growing};

/// Version of the layouts in this module. Code that changes one raises it.
pub const VERSION: u8 = 1;

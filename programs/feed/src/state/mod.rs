//! The program's accounts.
//!
//! | account | address | one for each |
//! | --- | --- | --- |
//! | [`Source`] | `["source", kind, pinned account]` | pinned account |
//! | [`Feed`] | `["feed", creator, nonce]` | feed of a creator |
//! | [`Round`] | `["round", feed, minute]` | minute of a feed |

mod feed;
mod params;
mod prices;
mod round;
mod source;

pub use feed::{Decision, Feed, OFFICES_LAPSE, Offices, WAIT};
pub use params::{FeedParams, TRUSTS_AUTHORITY};
pub use prices::{HourEntry, MinuteEntry, PriceHeader, Prices};
pub use round::{QuoteEntry, Round, RoundResult};
pub use source::Source;

/// Version of the layouts of feeds' rounds. Code that changes one raises it, and still reads the old one.
pub const VERSION: u8 = 1;

//! The program's one account.
//!
//! | account | address | one for each |
//! | --- | --- | --- |
//! | [`Source`] | `["source", kind, pinned account]` | pinned account |

mod source;

pub use source::{HourEntry, MinuteEntry, PriceHeader, Source};

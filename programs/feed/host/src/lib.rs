//! The feed program for hosts.
//!
//! | module | what it is |
//! | --- | --- |
//! | [`instructions`] | the addresses of a source, and one builder for each instruction |
//! | [`read`] | a source as a typed value |
//! | [`keeping`] | what keeps a source, from the price accounts that are there |
//! | [`oracle`] | price accounts as Pyth's receiver writes them, for runtimes in which no guardian signs |
//! | [`Feed`] | its entry in the list of programs |

#![forbid(unsafe_code)]
#![warn(missing_docs)]

mod entry;
pub mod instructions;
pub mod keeping;
pub mod oracle;
pub mod read;

pub use assay_feed::{FeedError, ID};
pub use assay_feed_interface::{Interval, Source, source::HOURS, source::MINUTES};
pub use entry::{Feed, IDENTITY};
pub use instructions::{PythFeed, SourceKeys};
pub use keeping::Keeping;

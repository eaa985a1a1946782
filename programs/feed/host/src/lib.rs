//! The feed program for hosts.
//!
//! | module | what it is |
//! | --- | --- |
//! | [`instructions`] | the addresses of a source, and one builder for each of its instructions |
//! | [`feeds`] | the addresses of a feed and its rounds, and one builder for each of their instructions |
//! | [`read`] | accounts as typed values |
//! | [`keeping`] | what keeps a source, from the price accounts that are there |
//! | [`statement`] | what a round's proof says |
//! | [`strategy`] | what a keeper does for feeds |
//! | [`oracle`] | price accounts as Pyth's receiver writes them, for runtimes in which no guardian signs |
//!
//! Layouts are the program crate's and its interface's; nothing is written twice here.

#![forbid(unsafe_code)]
#![warn(missing_docs)]

mod entry;
pub mod feeds;
mod identity;
pub mod instructions;
pub mod keeping;
pub mod oracle;
pub mod read;
pub mod statement;
pub mod strategy;

pub use assay_feed::{
    FeedError, ID,
    state::{
        Feed as FeedAccount, FeedParams, OFFICES_LAPSE, Offices, Round, RoundResult, TRUSTS_AUTHORITY, WAIT,
    },
};
pub use assay_feed_interface::{Interval, Source, source::HOURS, source::MINUTES};
pub use entry::Feed;
pub use feeds::{FeedKeys, Terms};
pub use identity::IDENTITY;
pub use instructions::{PythFeed, SourceKeys};
pub use keeping::Keeping;
pub use strategy::Rounds;

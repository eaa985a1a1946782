//! What readers of prices share with the feed program: the layout of a [`Source`], the rules by which it changes, how a
//! feed's price is made, and Pyth's price accounts. `no_std`, without a program framework: the program runs it on chain,
//! lending and markets read sources with it, training is compared with it, keepers run it off chain.
//!
//! | module | what it fixes |
//! | --- | --- |
//! | [`source`] | the account: header, rings of final minutes and hours; how it is read |
//! | [`interval`] | the rings' times |
//! | [`rules`] | how it changes: `refresh` and `observe`, as pure functions |
//! | [`pyth`] | price accounts of Pyth's receiver, and the push oracle's addresses |
//! | [`rounds`] | how a feed's price is made of sources, and what its rings hold |
//! | [`quote`] | what the sources say of one minute |
//! | [`features`] | the anomaly filter's inputs |
//! | [`aggregate`](mod@aggregate) | which quotes count, and the price of those |
//! | [`step`] | how far a price may move |
//! | [`context`](mod@context), [`limbs`](mod@limbs), [`formats`] | what a round's proof is bound to and says |
//! | [`arithmetic`] | the integer arithmetic of features |
//! | [`seeds`] | seeds of the program's addresses |
//!
//! A program that reads a source checks the account's owner ([`PROGRAM`]) and its address, which it has stored, and then
//! calls [`Source::read`].

#![no_std]
#![warn(missing_docs)]

extern crate alloc;

pub mod aggregate;
pub mod arithmetic;
pub mod context;
pub mod features;
pub mod formats;
pub mod interval;
pub mod limbs;
pub mod pyth;
pub mod quote;
pub mod rounds;
pub mod rules;
pub mod seeds;
pub mod source;
pub mod step;

pub use aggregate::{Aggregate, Filter, Mask, accepted, aggregate};
pub use assay_interface::price::{Price, PriceV1, SpotError};
pub use context::{RoundId, context};
pub use interval::Interval;
pub use limbs::{Scores, limbs};
pub use quote::{MAX_SOURCES, Quote, Quotes};
pub use rules::{Kept, ObserveError, Observed, RefreshError, Refreshed};
pub use source::{Hour, Kind, Minute, ReadError, RingError, Source, last_hour_before};

/// Address of the feed program, `AFdqLJD4G6nwt9Bb2mJg2ZfVWxfoyobcoGJ6FqKrjkwo`: the owner that a source must have.
pub const PROGRAM: [u8; 32] = [
    0x89, 0x78, 0xf6, 0x13, 0x79, 0xd7, 0x04, 0x96, 0xb2, 0x65, 0x9b, 0x7d, 0xa9, 0xd9, 0x0a, 0xdf, //
    0x52, 0x91, 0xdf, 0x87, 0xd0, 0x8b, 0xd8, 0xd1, 0xfa, 0x63, 0x6f, 0x69, 0xe1, 0x4f, 0xab, 0x56,
];

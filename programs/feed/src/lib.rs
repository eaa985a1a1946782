//! Prices for programs: one account for each price, shared by all who read it.
//!
//! A [`Source`](state::Source) copies one pinned account of an oracle, forward only (`refresh`), and holds rings of final
//! minutes and hours (`observe`). `assay_feed_interface` has the layout, the readers and the two rules with their argument;
//! this crate checks the accounts that an update comes from.
//!
//! | instruction | who | what it may choose |
//! | --- | --- | --- |
//! | `create_source` | anyone | which price of the oracle; the address holds the pinned account, so there is one source for it |
//! | `refresh` | anyone | when, and so which update newer than the last one pushed |
//! | `observe` | anyone | nothing: the entry is a function of its time, once somebody brings the first update |
//!
//! There is no authority, no parameter, no pause, and a source never closes: markets and lending hold its address for
//! years, and one that closed and came back would have forgotten the last publish time and its rings.
#![allow(unsafe_code)] // the entrypoint that `#[program]` generates

use anchor_lang::prelude::*;

#[warn(missing_docs)]
pub mod errors;
#[warn(missing_docs)]
pub mod events;
pub mod instructions;
#[warn(missing_docs)]
pub mod state;
mod update;

pub use errors::FeedError;
use instructions::*;

declare_id!("AFdqLJD4G6nwt9Bb2mJg2ZfVWxfoyobcoGJ6FqKrjkwo");

const _: () = {
    let (declared, shared) = (ID.to_bytes(), assay_feed_interface::PROGRAM);
    let mut byte = 0;
    while byte < 32 {
        assert!(declared[byte] == shared[byte], "the interface states another address");
        byte += 1;
    }
};

#[cfg(all(target_os = "solana", not(feature = "no-entrypoint")))]
solana_security_txt::security_txt! {
    name: "Assay price feed",
    project_url: "none: not deployed",
    contacts: "other:the holder of this program's upgrade authority",
    policy: "SECURITY.md of the sources says what holds and what does not",
    preferred_languages: "en",
    source_release: env!("CARGO_PKG_VERSION")
}

/// The feed program's instructions.
#[program]
pub mod assay_feed {
    use super::*;

    /// Creates the source of an account of Pyth's push oracle.
    pub fn create_source(ctx: &mut Context<CreateSource>, shard: u16, feed_id: [u8; 32]) -> Result<()> {
        instructions::create_source::handler(ctx, shard, &feed_id)
    }

    /// Copies the pinned account's price, forward only.
    pub fn refresh(ctx: &mut Context<Refresh>) -> Result<()> {
        instructions::refresh::handler(ctx)
    }

    /// Brings the price of a minute (interval 0) or an hour (interval 1).
    pub fn observe(ctx: &mut Context<Observe>, interval: u8, at: i64) -> Result<()> {
        instructions::observe::handler(ctx, interval, at)
    }
}

//! Prices for programs: one account for each price, shared by all who read it.
//!
//! A [`Source`](state::Source) copies one pinned account of an oracle, forward only (`refresh`), and holds rings of final
//! minutes and hours (`observe`). A [`Feed`](state::Feed) makes a price of several sources, of those that a model judged
//! sound, by proof, minute after minute; it is read like a source. `assay_feed_interface` has the layout, the readers and the
//! rules with their arguments; this crate checks accounts and proofs.
//!
//! | instruction | who | what it may choose |
//! | --- | --- | --- |
//! | `create_source` | anyone | which price of the oracle; the address holds the pinned account, so there is one source for it |
//! | `refresh` | anyone | when, and so which update newer than the last one pushed |
//! | `observe` | anyone | nothing: the entry is a function of its time, once somebody brings the first update |
//! | `create_feed` | anyone | sources, model, parameters, offices; all checked and shown, and fixed but for the offices |
//! | `open_round` | anyone | nothing: quotes are the sources' final minutes; which source is absent takes everybody's silence |
//! | `publish_by_proof` | anyone | nothing: the model gives one list of scores for a round |
//! | `publish_fallback` | anyone | nothing, after the proof window |
//! | `close_round` | anyone | nothing: the rent goes to who paid |
//! | `stop` | guardian | to stop, for a day at least |
//! | `start`, `propose_offices` | authority | to start a day after a stop; who holds the offices next, in a day |
//! | `accept_offices` | next authority | to take over |
//!
//! A source has no authority, no parameter, no pause. Neither a source nor a feed ever closes: markets and lending hold its
//! address for years, and one that closed and came back would have forgotten the last publish time and its rings.
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
use state::{FeedParams, Offices};

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

    /// Creates a feed over the sources behind the accounts. Zero stands for no authority and no guardian.
    pub fn create_feed(
        ctx: &mut Context<CreateFeed>,
        nonce: u64,
        feed_id: [u8; 32],
        authority: Address,
        guardian: Address,
        params: FeedParams,
    ) -> Result<()> {
        let offices = Offices { authority, guardian };
        instructions::create_feed::handler(ctx, &NewFeed { nonce, feed_id, offices, params })
    }

    /// Copies the sources' final prices of a minute (Unix seconds / 60), and seals the round if it can.
    pub fn open_round(ctx: &mut Context<OpenRound>, minute: u32) -> Result<()> {
        instructions::open_round::handler(ctx, minute)
    }

    /// Publishes the price of the sources that the model, by proof, scores high.
    pub fn publish_by_proof(ctx: &mut Context<PublishByProof>, claim: Claim) -> Result<()> {
        instructions::publish_by_proof::handler(ctx, &claim)
    }

    /// Publishes the median of all sources as a degraded price, because no proof came.
    pub fn publish_fallback(ctx: &mut Context<PublishFallback>) -> Result<()> {
        instructions::publish_fallback::handler(ctx)
    }

    /// Closes a round whose time is over.
    pub fn close_round(ctx: &mut Context<CloseRound>) -> Result<()> {
        instructions::close_round::handler(ctx)
    }

    /// Stops the feed.
    pub fn stop(ctx: &mut Context<Stop>) -> Result<()> {
        instructions::stop::handler(ctx)
    }

    /// Lets a stopped feed run again.
    pub fn start(ctx: &mut Context<Start>) -> Result<()> {
        instructions::start::handler(ctx)
    }

    /// Proposes who holds the offices next; zero stands for nobody.
    pub fn propose_offices(
        ctx: &mut Context<ProposeOffices>,
        authority: Address,
        guardian: Address,
    ) -> Result<()> {
        instructions::propose_offices::handler(ctx, Offices { authority, guardian })
    }

    /// The offices change hands.
    pub fn accept_offices(ctx: &mut Context<AcceptOffices>) -> Result<()> {
        instructions::accept_offices::handler(ctx)
    }
}

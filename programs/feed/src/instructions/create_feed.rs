//! `create_feed`: a price made of several sources. Anyone may; who reads it looks at the parameters first, which never change.
//!
//! The creator chooses everything but its enforcement, so everything is checked here or shown in the account: sources that exist
//! and are different prices, a quorum of more than half of them, a model that nobody can stop (or a flag) and of an accepted
//! setup, attested where a set of attestors is named. That the sources are prices of one thing, and good ones, is the creator's
//! word, which who reads the feed must check: their addresses stand in it.
//!
//! Behind the accounts come the sources, one account each: of an oracle, or feeds that exist already, so no feed is among its
//! own sources in whatever way.

#![allow(unused_variables)] // the derive names the argument in each of its functions, and uses it in one

use anchor_lang::prelude::*;
use assay_cpi::{model_facts, require_attested, require_immutable};
use assay_feed_interface::{self as layout, Kind, MAX_SOURCES, PriceV1, seeds::FEED};

use crate::{
    errors::FeedError,
    events::FeedCreated,
    state::{Feed, FeedParams, Offices, TRUSTS_AUTHORITY},
};

/// Accounts of `create_feed`, then the sources.
#[derive(Accounts)]
#[instruction(nonce: u64)]
pub struct CreateFeed {
    /// 0. `[signer, writable]` Creator; pays the rent, for good.
    #[account(mut)]
    pub creator: Signer,
    /// 1. `[writable]` The feed, which must not exist.
    #[account(init, payer = creator, seeds = [FEED, creator, &nonce.to_le_bytes()], bump)]
    pub feed: Account<Feed>,
    /// 2. `[]` The model.
    pub model: UncheckedAccount,
    /// 3. `[]` The set of attestors who must have attested the model; the system program for none.
    pub attestors: UncheckedAccount,
    /// 4. `[]` Their attestation of the model.
    pub attestation: UncheckedAccount,
    /// 5. `[]` The system program.
    pub system_program: Program<System>,
}

impl CreateFeed {
    /// The domain of the model, if it is one that may judge the sources.
    fn model_domain(&self, params: &FeedParams) -> Result<[u8; 32]> {
        let setups = params.setups()?;
        let model = self.model.account();
        let address = model.address().as_array();
        let (domain, setup) = model_facts(address, model, |facts| (*facts.domain, facts.setup))?;
        if !setups.contain(setup) {
            return Err(FeedError::InvalidSetupKinds.into());
        }
        if params.flags & TRUSTS_AUTHORITY == 0 {
            require_immutable(address, model)?;
        }
        let attestors = self.attestors.address();
        if *attestors != System::id() {
            let (set, attestation) = (self.attestors.account(), self.attestation.account());
            require_attested(attestors.as_array(), set, attestation, address)?;
        }
        Ok(domain)
    }
}

/// What the creator decides.
pub struct NewFeed {
    /// Part of the address.
    pub nonce: u64,
    /// Which price it is, by the creator's word.
    pub feed_id: [u8; 32],
    /// Who stops and who starts it.
    pub offices: Offices,
    /// What never changes.
    pub params: FeedParams,
}

/// Creates the feed, without a price.
#[inline(never)]
pub(crate) fn handler(ctx: &mut Context<CreateFeed>, new: &NewFeed) -> Result<()> {
    let NewFeed { nonce, feed_id, offices, params } = new;
    let bump = ctx.bumps.feed;
    let sources = ctx.remaining_accounts()?;
    params.validate()?;
    offices.validate()?;
    let domain = ctx.accounts.model_domain(params)?;
    let CreateFeed { creator, feed, model, attestors, .. } = &mut ctx.accounts;
    feed.prices.header.version = PriceV1::VERSION;
    feed.prices.header.kind = Kind::Feed as u8;
    feed.prices.header.bump = bump;
    feed.prices.feed_id = *feed_id;
    feed.prices.payer = *creator.address();
    feed.creator = *creator.address();
    feed.authority = offices.authority;
    feed.guardian = offices.guardian;
    feed.model = *model.address();
    feed.domain = domain;
    feed.attestors = match *attestors.address() {
        none if none == System::id() => Address::default(),
        set => set,
    };
    feed.nonce = *nonce;
    feed.params = *params;
    feed.sources = pinned(&sources, params)?;
    emit!(FeedCreated { feed: *feed.address(), creator: feed.creator, feed_id: *feed_id, model: feed.model });
    Ok(feed.invariant()?)
}

/// The sources' addresses: accounts of this program, each another price. A price under two addresses would vote twice.
fn pinned(sources: &[AccountView], params: &FeedParams) -> Result<[Address; MAX_SOURCES]> {
    if sources.len() != usize::from(params.sources) {
        return Err(FeedError::InvalidSources.into());
    }
    let mut addresses = [Address::default(); MAX_SOURCES];
    let mut prices = [(0, [0; 32]); MAX_SOURCES];
    for (place, account) in sources.iter().enumerate() {
        if !account.owned_by(&crate::ID) {
            return Err(FeedError::InvalidSources.into());
        }
        let data = account.try_borrow()?;
        let source = layout::Source::read(&data).map_err(|_| FeedError::InvalidSources)?;
        let price = (source.header.kind, source.feed_id);
        let is_new = !addresses.contains(account.address()) && !prices.contains(&price);
        let (Some(address), Some(slot)) = (addresses.get_mut(place), prices.get_mut(place)) else {
            return Err(FeedError::InvalidSources.into());
        };
        if !is_new {
            return Err(FeedError::InvalidSources.into());
        }
        *address = *account.address();
        *slot = price;
    }
    Ok(addresses)
}

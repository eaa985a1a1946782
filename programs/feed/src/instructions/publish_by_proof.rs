//! `publish_by_proof`: the price of the sources that the model judges sound, proven. Anyone may.
//!
//! The prover chooses nothing: features come from the sealed round, the model gives one list of scores for them, and the price is
//! the median of the quotes that score high and lie near the others. The context binds feed, round, minute and prover. A
//! round that was published or refused already stays as it is and the call succeeds, whatever proof comes with it: nobody
//! makes the transaction of a reader fail, which publishes and acts on the price, by publishing before it.
//!
//! No receipt is kept: one a minute would lock the rent of ten thousand for their week. What was proven stands in the round, in
//! the event and in the feed's chain.

use anchor_lang::prelude::*;
use assay_cpi::{Expect, Key};
use assay_feed_interface::{MAX_SOURCES, RoundId, Scores, accepted, aggregate, context, limbs};
use assay_program::bounded::Vec; // by this name, which an IDL knows

use super::{
    now,
    outcome::{self, Outcome},
};
use crate::{
    errors::FeedError,
    state::{Feed, Round},
};

/// What the prover claims: the model's scores for the round, and the proof of them.
#[derive(SchemaWrite, SchemaRead, IdlType)]
pub struct Claim {
    /// The bytes of a plain proof or of a committed one, as the model's key is.
    pub proof: Vec<u8>,
    /// A score for each source, in the feed's order.
    pub scores: [i16; MAX_SOURCES],
}

/// Accounts of `publish_by_proof`.
#[derive(Accounts)]
pub struct PublishByProof {
    /// 0. `[signer]` The prover.
    pub prover: Signer,
    /// 1. `[writable]` The feed.
    #[account(mut)]
    pub feed: Account<Feed>,
    /// 2. `[writable]` The round.
    #[account(mut, constraint = round.feed == *feed.address() @ FeedError::WrongRound)]
    pub round: Account<Round>,
    /// 3. `[]` The feed's model.
    #[account(address = feed.model @ FeedError::WrongModel)]
    pub model: UncheckedAccount,
    /// 4. `[]` The verifier program.
    #[account(address = Address::new_from_array(assay_cpi::VERIFIER) @ FeedError::WrongVerifier)]
    pub verifier: UncheckedAccount,
}

impl PublishByProof {
    /// Has the verifier check that the feed's model gives `scores` for this round. Returns the statement's digest.
    fn verify(&self, proof: &[u8], scores: &Scores) -> Result<[u8; 32]> {
        let (feed, round) = (&self.feed, &self.round);
        let limbs = limbs(&round.features, scores).map_err(|_| FeedError::StatementEncoding)?;
        let context = context(&RoundId {
            program: crate::ID.to_bytes(),
            feed: feed.address().to_bytes(),
            round: round.address().to_bytes(),
            minute: round.minute()?,
            prover: self.prover.address().to_bytes(),
        });
        let expect = Expect {
            model: feed.model.as_array(),
            key: Key::OfModel, // its address is derived from key and schema, and stands in the feed
            domain: &feed.domain,
            setups: feed.params.setups()?,
        };
        let claim = assay_cpi::Claim { proof, context: &context, limbs: &limbs };
        Ok(*assay_cpi::verify(self.model.account(), &claim, &expect)?.digest())
    }
}

/// Publishes the price of the accepted sources, if they are a quorum and their interval is narrow enough.
#[inline(never)]
pub(crate) fn handler(ctx: &mut Context<PublishByProof>, claim: &Claim) -> Result<()> {
    let Claim { proof, scores } = claim;
    let accounts = &mut ctx.accounts;
    if accounts.feed.considered() == accounts.round.at {
        return Ok(());
    }
    accounts.feed.require_running()?;
    accounts.round.require_alive(now()?)?;
    accounts.feed.require_later(accounts.round.at)?;
    if !accounts.round.is_sealed() {
        return Err(FeedError::NotSealed.into());
    }
    let digest = accounts.verify(proof, scores)?;
    let PublishByProof { feed, round, .. } = accounts;
    let mask = accepted(round.quotes(), scores, &feed.params.filter());
    if mask.count() < u32::from(feed.params.quorum) {
        return Err(FeedError::NoQuorum.into());
    }
    let price = aggregate(round.quotes(), mask).ok_or(FeedError::NoQuorum)?;
    if !price.is_certain(feed.params.max_confidence_bps) {
        return Err(FeedError::TooUncertain.into());
    }
    round.scores = *scores;
    outcome::publish(feed, round, &Outcome { price, mask, digest: Some(digest) })
}

//! `observe`: copies the final hourly prices that the question's sources have by now. Anyone may, as often as it takes.
//!
//! Nobody chooses a price: sources were fixed at creation, an hour's price is final or it is not there, and a written entry stays.
//! Who completes the observation gets the bounty; that is who sent the last call, not who sent the most.
//!
//! Behind the accounts come the sources, in order.

use anchor_lang::prelude::*;
use assay_feed_interface::{PROGRAM as FEED, Source};
use assay_market_interface::seeds::OBSERVATION;

use super::{endings::pay_lamports, now};
use crate::{
    errors::MarketError,
    events::ObservationCompleted,
    state::{Observation, Question, Status, VERSION},
};

const FEED_PROGRAM: Address = Address::new_from_array(FEED);

/// Accounts of `observe`, then the sources.
#[derive(Accounts)]
pub struct Observe {
    /// 0. `[signer, writable]` Pays the rent of the first call, and gets the bounty of the last.
    #[account(mut)]
    pub caller: Signer,
    /// 1. `[writable]` The question.
    #[account(mut)]
    pub question: Account<Question>,
    /// 2. `[writable]` Its observation.
    #[account(init_if_needed, payer = caller, seeds = [OBSERVATION, question], bump)]
    pub observation: Account<Observation>,
    /// 3. `[]` The system program.
    pub system_program: Program<System>,
}

/// Copies prices, and completes the observation if it can.
#[inline(never)]
pub(crate) fn handler(ctx: &mut Context<Observe>) -> Result<()> {
    let (now, bump) = (now()?, ctx.bumps.observation);
    let sources = ctx.remaining_accounts()?;
    let Observe { caller, question, observation, .. } = &mut ctx.accounts;
    question.require_observing(now)?;
    if observation.version == 0 {
        observation.question = *question.address();
        observation.payer = *caller.address();
        observation.bump = bump;
        observation.version = VERSION;
    }
    let terms = question.terms;
    if sources.len() != usize::from(terms.sources) {
        return Err(MarketError::WrongSource.into());
    }
    for (place, (account, expected)) in sources.iter().zip(&question.sources).enumerate() {
        if account.address() != expected || !account.owned_by(&FEED_PROGRAM) {
            return Err(MarketError::WrongSource.into());
        }
        let data = account.try_borrow()?;
        let source = Source::read(&data).map_err(|_| MarketError::WrongSource)?;
        observation.copy(place, source, &terms, now)?;
    }
    if observation.complete(&terms, now)? {
        question.status = Status::Observed as u8;
        pay_lamports(question, caller.account(), terms.observe_bounty)?;
        emit!(ObservationCompleted {
            question: *question.address(),
            hash: observation.hash,
            features: observation.features,
        });
    }
    Ok(question.invariant()?)
}

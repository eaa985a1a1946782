//! `settle`: the row that nobody disputed in its window is the payout. Anyone may. `void` and `council` end a question with the
//! same accounts.

use anchor_lang::prelude::*;

use super::{endings::pay_lamports, now};
use crate::{
    errors::MarketError,
    events::PayoutSet,
    state::{Question, Stakes},
};

/// Accounts of `settle` and `void`: who may be paid a bond. Where the question names nobody, the system program stands.
#[derive(Accounts)]
pub struct Settle {
    /// 0. `[writable]` The question.
    #[account(mut)]
    pub question: Account<Question>,
    /// 1. `[writable]` Who paid for the bounties.
    #[account(address = question.payer @ MarketError::WrongReceiver)]
    pub payer: UncheckedAccount,
    /// 2. `[writable]` Who proved the first row.
    #[account(address = question.provers[0] @ MarketError::WrongReceiver)]
    pub first_prover: UncheckedAccount,
    /// 3. `[writable]` Who proved the second row.
    #[account(address = question.provers[1] @ MarketError::WrongReceiver)]
    pub second_prover: UncheckedAccount,
    /// 4. `[writable]` Who disputed the first row.
    #[account(address = question.challengers[0] @ MarketError::WrongReceiver)]
    pub first_challenger: UncheckedAccount,
    /// 5. `[writable]` Who disputed the second row.
    #[account(address = question.challengers[1] @ MarketError::WrongReceiver)]
    pub second_challenger: UncheckedAccount,
}

impl Settle {
    /// Pays the bonds, now that the payout is set, and says so.
    pub(super) fn finish(&mut self) -> Result<()> {
        let Self { question, payer, first_prover, second_prover, first_challenger, second_challenger } = self;
        let Stakes { challengers, provers, payer: to_payer } = question.stakes()?;
        let receivers = [first_prover, second_prover, first_challenger, second_challenger, payer];
        let [[first_proof, second_proof], [first_bond, second_bond]] = [provers, challengers];
        let amounts = [first_proof, second_proof, first_bond, second_bond, to_payer];
        for (receiver, amount) in receivers.into_iter().zip(amounts) {
            if amount > 0 {
                pay_lamports(question, receiver.account(), amount)?;
            }
        }
        emit!(PayoutSet { question: *question.address(), status: question.status, payout: question.payout });
        Ok(question.invariant()?)
    }
}

/// Pays the row that stands.
#[inline(never)]
pub(crate) fn handler(ctx: &mut Context<Settle>) -> Result<()> {
    ctx.accounts.question.settle(now()?)?;
    ctx.accounts.finish()
}

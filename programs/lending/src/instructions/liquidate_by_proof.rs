//! `liquidate_by_proof`: an early, partial liquidation that a proven risk score opens.
//!
//! The features come from the snapshot, which the program wrote; the caller brings the score and a proof that the
//! accepted model gives that score for those features. The verifier, called here, must answer for this model, of this
//! schema, with a key of an accepted setup. A score at the threshold opens the smallest bonus, the full score the greatest.
//!
//! What no score can do: liquidate below the hard floor at the fresh mid prices (without the confidence interval, in the
//! borrower's favour); repay more than the early close factor; raise the loan-to-value ratio; be used twice, since the
//! snapshot is consumed.

use anchor_lang::prelude::*;
use assay_cpi::{Expect, Key, Setups};
use assay_lending_interface::limbs;
use assay_program::bounded::Vec;

#[allow(clippy::wildcard_imports)] // with the modules that the nested accounts generate
use super::liquidate::*;
use super::now;
use crate::{
    errors::LendingError,
    events::ScoreProven,
    math::{
        liquidation::{repay_limit, score_bonus_bps},
        value::ltv_at_least,
    },
    state::{Action, Snapshot},
};

/// What the caller claims: the model's score for the snapshot, and the proof of it.
#[derive(SchemaWrite, SchemaRead, IdlType)]
pub struct Claim {
    /// The bytes of a plain proof or of a committed one, as the model's key is.
    pub proof: Vec<u8>,
    /// The score.
    pub score: i16,
}

/// Accounts of `liquidate_by_proof`.
#[derive(Accounts)]
pub struct LiquidateByProof {
    /// 0 to 11. The accounts of the plain liquidation.
    pub liquidation: Nested<Liquidate>,
    /// 12. `[writable]` The position's snapshot; it is closed.
    #[account(mut, close = rent_receiver,
        constraint = snapshot.position == *liquidation.position.address() @ LendingError::WrongPosition)]
    pub snapshot: Account<Snapshot>,
    /// 13. `[writable]` Who paid for the snapshot. It may be the liquidator: it only receives lamports.
    #[account(mut, unsafe(dup), address = snapshot.payer @ LendingError::WrongRentReceiver)]
    pub rent_receiver: UncheckedAccount,
    /// 14. `[]` The model that the market accepts.
    #[account(address = liquidation.market.params.model @ LendingError::WrongModel)]
    pub model: UncheckedAccount,
    /// 15. `[]` The verifier program.
    #[account(address = Address::new_from_array(assay_cpi::VERIFIER) @ LendingError::WrongVerifier)]
    pub verifier: UncheckedAccount,
}

impl LiquidateByProof {
    fn validate(&self, score: i16, now: i64) -> Result<()> {
        let market = &self.liquidation.market;
        market.require_open(Action::LiquidateEarly, now)?;
        if self.snapshot.nonce != self.liquidation.position.snapshot_nonce {
            return Err(LendingError::SnapshotSuperseded.into());
        }
        if now > self.snapshot.expires_at {
            return Err(LendingError::SnapshotExpired.into());
        }
        if score < market.params.score_threshold {
            return Err(LendingError::ScoreBelowThreshold.into());
        }
        Ok(())
    }

    /// Has the verifier check the proof for the market's own model and schema. Returns the statement's digest.
    fn verify(&self, claim: &Claim) -> Result<[u8; 32]> {
        let params = &self.liquidation.market.params;
        let limbs =
            limbs(&self.snapshot.features, claim.score).map_err(|_| LendingError::StatementEncoding)?;
        let expect = Expect {
            model: &params.model,
            key: Key::OfModel, // whoever proposed the parameters looked at the model
            domain: &params.statement_domain,
            setups: Setups::from_bits(params.accepted_setup_kinds).ok_or(LendingError::InvalidSetupKinds)?,
        };
        let claim = assay_cpi::Claim { proof: &claim.proof, context: &self.snapshot.context, limbs: &limbs };
        Ok(*assay_cpi::verify(self.model.account(), &claim, &expect)?.digest())
    }
}

/// Exchanges a part of the debt, as requested, because the model gives the claimed score for the snapshot's features.
#[inline(never)]
pub(crate) fn handler(ctx: &mut Context<LiquidateByProof>, claim: &Claim, request: &Request) -> Result<()> {
    let accounts = &mut ctx.accounts;
    let now = now()?;
    accounts.validate(claim.score, now)?;
    let Assessment { exposure, .. } = accounts.liquidation.assess(now)?;
    let params = accounts.liquidation.market.params;
    if !ltv_at_least(exposure.debt_value(), exposure.collateral_value(), params.early_floor_bps) {
        return Err(LendingError::BelowEarlyFloor.into());
    }
    if !exposure.covered(params.bonus_min_bps) {
        return Err(LendingError::NotCovered.into());
    }
    let digest = accounts.verify(claim)?;
    emit!(ScoreProven {
        position: accounts.snapshot.position,
        model: params.model,
        digest,
        score: claim.score,
        nonce: accounts.snapshot.nonce,
    });
    let limit = repay_limit(exposure.debt, params.early_close_factor_bps, params.min_borrow)?;
    let bonus_bps = score_bonus_bps(claim.score, params.score_threshold, params.score_full, params.bonus());
    accounts.liquidation.settle(&exposure, request, &Terms { limit, bonus_bps })
}

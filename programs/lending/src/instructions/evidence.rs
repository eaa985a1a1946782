//! What the three instructions that take a proof have in common: the claim, the snapshot that it is about, and the verifier's
//! record of it.
//!
//! The features come from the snapshot, which the program wrote; the caller brings the score and a proof that the accepted
//! model gives that score for those features. The verifier records the statement and answers for this model, of this schema,
//! with a key of an accepted setup. Where the statement has its receipt already, an empty proof does: the verifier finds the
//! receipt, and no pairing is computed again. A receipt is a cached verification and nothing more; what keeps a proof from
//! being used twice is the position's budget.
//!
//! The model is the one that the market accepts at that moment ([`super::trust`]). Where a series is followed and has moved on,
//! neither a proof of the former model nor a receipt of it opens anything: the verifier checks the present model's key, and a
//! receipt lies at an address that its model is part of. What stays is what is no word of a model's: snapshots, which the
//! present model may be asked about, budgets, and a flag with its clock, which stood when it was set. Which of the two models
//! a transaction meets on the day of the switch, whoever applies the switch chooses.
//!
//! The caller chooses which of the snapshots alive to prove, and the moment within its life. Both are bounded by what the
//! instruction asks of the position as it is now.

use anchor_lang::prelude::*;
use assay_cpi::{Expect, Key, RecordAccounts, Setups};
use assay_lending_interface::{SnapshotId, context, limbs};
use assay_program::bounded::Vec;

use super::trust::accepted_model;
use crate::{
    errors::{LendingError, MathResult},
    events::ScoreProven,
    state::{RiskParams, Snapshot},
};

/// What the caller claims: the model's score for the snapshot, and the proof of it.
#[derive(SchemaWrite, SchemaRead, IdlType)]
pub struct Claim {
    /// The bytes of a plain proof or of a committed one, as the model's key is; none where the statement has a receipt.
    pub proof: Vec<u8>,
    /// The score.
    pub score: i16,
}

/// The accounts that a recorded proof needs, beside whoever signs.
#[derive(Accounts)]
pub struct Recorder {
    /// 0. `[writable]` The model that the market accepts: the verifier counts the receipt in it.
    #[account(mut)]
    pub model: UncheckedAccount,
    /// 1. `[]`, optional: the series, where the market follows one.
    pub series: Option<UncheckedAccount>,
    /// 2. `[writable]` The statement's receipt, at `["receipt", model, digest]` of the verifier.
    #[account(mut)]
    pub receipt: UncheckedAccount,
    /// 3. `[]` The verifier program.
    #[account(address = Address::new_from_array(assay_cpi::VERIFIER) @ LendingError::WrongVerifier)]
    pub verifier: UncheckedAccount,
    /// 4. `[]` The system program.
    pub system_program: Program<System>,
}

/// A score that the verifier recorded.
pub(super) struct Recorded {
    /// The model that gave it.
    pub model: [u8; 32],
    /// Digest of the statement.
    pub digest: [u8; 32],
    score: i16,
}

/// Fails unless the snapshot may be used now: in a later second than it was taken in, and not after its life.
pub(super) fn require_usable(snapshot: &Snapshot, now: i64) -> MathResult<()> {
    if now <= snapshot.taken_at {
        return Err(LendingError::SnapshotTooYoung);
    }
    if now > snapshot.expires_at {
        return Err(LendingError::SnapshotExpired);
    }
    Ok(())
}

impl Recorder {
    /// Has the verifier record the claim for the model that the market accepts. The prover signs, pays for the receipt, and is
    /// whom the statement names.
    pub(super) fn record(
        &self,
        prover: &AccountView,
        params: &RiskParams,
        snapshot: &Account<Snapshot>,
        claim: &Claim,
    ) -> Result<Recorded> {
        let model = accepted_model(params, self.series.as_ref())?;
        if *self.model.address().as_array() != model {
            return Err(LendingError::WrongModel.into());
        }
        let limbs = limbs(&snapshot.features, claim.score).map_err(|_| LendingError::StatementEncoding)?;
        let context = context(&SnapshotId {
            program: crate::ID.to_bytes(),
            market: snapshot.market.to_bytes(),
            position: snapshot.position.to_bytes(),
            snapshot: snapshot.address().to_bytes(),
            epoch: snapshot.epoch,
            revision: snapshot.revision,
            taken_at: snapshot.taken_at,
            prover: prover.address().to_bytes(),
        });
        let expect = Expect {
            model: &model,
            key: Key::OfModel, // whoever proposed the parameters looked at the model, or trusts the series to
            domain: &params.statement_domain,
            setups: Setups::from_bits(params.accepted_setup_kinds).ok_or(LendingError::InvalidSetupKinds)?,
        };
        let score = claim.score;
        let claim = assay_cpi::Claim { proof: &claim.proof, context: &context, limbs: &limbs };
        let accounts = RecordAccounts {
            payer: prover,
            model: self.model.account(),
            receipt: self.receipt.account(),
            system_program: self.system_program.account(),
        };
        let digest = *assay_cpi::record(&accounts, &claim, &expect)?.digest();
        Ok(Recorded { model, digest, score })
    }
}

impl Recorded {
    /// Says so in the log.
    pub(super) fn announce(&self, snapshot: &Snapshot, flagged_since: i64) {
        emit!(ScoreProven {
            position: snapshot.position,
            model: self.model,
            digest: self.digest,
            score: self.score,
            epoch: snapshot.epoch,
            revision: snapshot.revision,
            flagged_since,
        });
    }
}

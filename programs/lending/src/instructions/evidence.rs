//! What the three instructions that take a proof have in common: the claim, the snapshot that it is about, and the verifier's
//! record of it.
//!
//! The features come from the snapshot, which the program wrote; the caller brings the score and a proof that the accepted
//! model gives that score for those features. The verifier records the statement and answers for this model, of this schema,
//! with a key of an accepted setup. Where the statement has its receipt already, an empty proof does: the verifier finds the
//! receipt, and no pairing is computed again. A receipt is a cached verification and nothing more; what keeps a proof from
//! being used twice is the position's budget.
//!
//! The caller chooses which of the snapshots alive to prove, and the moment within its life. Both are bounded by what the
//! instruction asks of the position as it is now.

use anchor_lang::prelude::*;
use assay_cpi::{Expect, Key, RecordAccounts, Setups};
use assay_lending_interface::{SnapshotId, context, limbs};
use assay_program::bounded::Vec;

use crate::{
    errors::{LendingError, MathResult},
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

/// The accounts that a recorded proof needs.
pub(super) struct Recorder<'a> {
    /// Who signs, pays for the receipt, and must be the prover of the statement.
    pub prover: &'a AccountView,
    /// The model, which the verifier counts the receipt in.
    pub model: &'a AccountView,
    /// Where the receipt is, or will be.
    pub receipt: &'a AccountView,
    /// The system program.
    pub system_program: &'a AccountView,
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

impl Recorder<'_> {
    /// Has the verifier record the claim for the market's own model and schema. Returns the statement's digest.
    pub(super) fn record(
        &self,
        params: &RiskParams,
        snapshot: &Account<Snapshot>,
        claim: &Claim,
    ) -> Result<[u8; 32]> {
        let limbs = limbs(&snapshot.features, claim.score).map_err(|_| LendingError::StatementEncoding)?;
        let context = context(&SnapshotId {
            program: crate::ID.to_bytes(),
            market: snapshot.market.to_bytes(),
            position: snapshot.position.to_bytes(),
            snapshot: snapshot.address().to_bytes(),
            epoch: snapshot.epoch,
            revision: snapshot.revision,
            taken_at: snapshot.taken_at,
            prover: self.prover.address().to_bytes(),
        });
        let expect = Expect {
            model: &params.model,
            key: Key::OfModel, // whoever proposed the parameters looked at the model
            domain: &params.statement_domain,
            setups: Setups::from_bits(params.accepted_setup_kinds).ok_or(LendingError::InvalidSetupKinds)?,
        };
        let claim = assay_cpi::Claim { proof: &claim.proof, context: &context, limbs: &limbs };
        let accounts = RecordAccounts {
            payer: self.prover,
            model: self.model,
            receipt: self.receipt,
            system_program: self.system_program,
        };
        Ok(*assay_cpi::record(&accounts, &claim, &expect)?.digest())
    }
}

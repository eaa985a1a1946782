//! Writing statements down, for `record`, `record_batch` and `record_buffer`: its receipt, its place in the audit chain, its event.

use anchor_lang::prelude::*;
use assay_interface::field::Scalar;

use crate::create::create;
use crate::{Model, Receipt, StatementRecorded, VerifierError, receipt_seeds};

/// A statement that was proven for an active model, and has no receipt.
pub struct NewRecord<'a> {
    /// Who pays for the receipt.
    pub payer: &'a AccountView,
    /// Where the receipt goes.
    pub receipt: &'a AccountView,
    /// The statement's digest.
    pub digest: &'a Scalar,
    /// The statement's context.
    pub context: &'a [u8; 32],
}

impl NewRecord<'_> {
    /// Creates the receipt and extends the model's audit chain. The caller checks the model's invariant when it has written
    /// all that it writes.
    pub fn write(&self, model: &mut Account<Model>, clock: &Clock) -> Result<()> {
        let address = *model.address();
        let (index, setup) = (model.accepted, model.setup);
        create(
            self.payer,
            self.receipt,
            receipt_seeds(&address, self.digest),
            VerifierError::NotAReceipt,
            |bump, receipt: &mut Receipt| {
                *receipt = Receipt {
                    index,
                    recorded_at: clock.unix_timestamp,
                    slot: clock.slot,
                    model: address,
                    digest: self.digest.to_be_bytes(),
                    context: *self.context,
                    payer: *self.payer.address(),
                    setup,
                    version: Receipt::VERSION,
                    bump,
                    reserved: [0; 13],
                };
                Ok(())
            },
        )?;
        model.extend_audit_chain(self.digest, clock.unix_timestamp)?;
        emit!(StatementRecorded {
            model: address,
            digest: self.digest.to_be_bytes(),
            context: *self.context,
            index,
            recorded_at: clock.unix_timestamp,
            audit_chain: model.audit_chain,
        });
        Ok(())
    }
}

/// Checks the batch that `bytes` hold, and writes a receipt of each of its statements that has none; `receipts` are their places,
/// in the batch's order. The answer of `record_batch`.
pub fn record_all(
    payer: &AccountView,
    model: &mut Account<Model>,
    receipts: &[AccountView],
    bytes: &[u8],
) -> Result<[u8; 67]> {
    let (batch, digests) = model.check_batch(bytes)?;
    require!(receipts.len() == digests.len(), VerifierError::BatchReceipts);
    let clock = Clock::get()?;
    for ((receipt, digest), member) in receipts.iter().zip(&digests).zip(batch.members()) {
        if Receipt::is_at(receipt, model.address(), digest)? {
            continue;
        }
        NewRecord { payer, receipt, digest, context: member.context }.write(model, &clock)?;
    }
    model.invariant()?;
    model.batch_answer(model.address(), &digests)
}

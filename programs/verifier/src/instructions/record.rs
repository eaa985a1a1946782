//! `record`: a proof is checked and its statement gets a receipt; where it has one, nothing changes and all is well.
//!
//! The receipt's address holds the model and the statement's digest, so a statement has one receipt, whatever the bytes of
//! its proof. Anyone may record, and who records first gains nothing and stops nobody: a later `record` of the same
//! statement succeeds with a valid proof, or with none, which skips the pairing. Count and audit chain grow once a
//! receipt. About 88,000 compute units, with a commitment 115,000; with a receipt and no proof 5,000.
//!
//! The model must be active in every case: a receipt outlives a suspension, the right to act on it does not. Who chooses what:
//! the sender the moment and the payer, the prover the bytes of the proof, and nobody the statement, whose digest is
//! computed here. Where a receipt was closed, the statement can be recorded again, with a new index and a new time: a receipt
//! says that a statement was proven, not that it was proven just now or once only.
//!
//! Returns what `verify` returns.

use anchor_lang::prelude::*;
use assay_interface::verifier::Verified;

use crate::recording::NewRecord;
use crate::{Model, ProofArgs, Receipt, VerifierError};

/// 0. `[signer, writable]` payer, 1. `[writable]` model, 2. `[writable]` receipt, 3. system program.
#[derive(Accounts)]
pub struct Record {
    /// Who pays for the receipt.
    #[account(mut)]
    pub payer: Signer,
    /// The model: active.
    #[account(mut)]
    pub model: Account<Model>,
    /// The receipt, at `["receipt", model, digest]`: created here, if it is not there.
    #[account(mut)]
    pub receipt: UncheckedAccount,
    /// Creates the account.
    pub system_program: Program<System>,
}

/// Checks the proof, writes the receipt, extends the audit chain.
#[inline(never)] // the dispatcher would have to hold the frames of all handlers
pub fn handler(ctx: &mut Context<Record>, args: &ProofArgs) -> Result<[u8; 65]> {
    let accounts = &mut ctx.accounts;
    let model = &mut accounts.model;
    model.require_active()?;
    let digest = model.digest(&args.context, &args.limbs)?;
    let verified =
        Verified { model: model.address().to_bytes(), digest: digest.to_be_bytes(), setup: model.setup()? };

    let has_receipt = Receipt::is_at(accounts.receipt.account(), model.address(), &digest)?;
    if has_receipt && args.proof.is_empty() {
        return Ok(verified.encode());
    }
    require!(has_receipt || !args.proof.is_empty(), VerifierError::ReceiptMissing);
    model.check_proof(&args.proof, &digest)?;
    if !has_receipt {
        let new = NewRecord {
            payer: accounts.payer.account(),
            receipt: accounts.receipt.account(),
            digest: &digest,
            context: &args.context,
        };
        new.write(model, &Clock::get()?)?;
        model.invariant()?;
    }
    Ok(verified.encode())
}

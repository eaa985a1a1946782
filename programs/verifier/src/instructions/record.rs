//! `record`: a proof is checked and its statement gets a receipt.
//!
//! The receipt's address holds the model and the statement's digest, so a statement is recorded once, whatever the
//! bytes of its proof. Anyone may record; the model counts it and extends its audit chain. About 87,000 compute
//! units, with a commitment 113,000.

use anchor_lang::prelude::*;

use crate::ProofArgs;
use crate::create::create;
use crate::{Model, Receipt, StatementRecorded, VerifierError, receipt_seeds};

/// 0. `[signer, writable]` payer, 1. `[writable]` model, 2. `[writable]` receipt, 3. system program.
#[derive(Accounts)]
pub struct Record {
    /// Who pays for the receipt.
    #[account(mut)]
    pub payer: Signer,
    /// The model: active.
    #[account(mut)]
    pub model: Account<Model>,
    /// The receipt, at `["receipt", model, digest]`: created here.
    #[account(mut)]
    pub receipt: UncheckedAccount,
    /// Creates the account.
    pub system_program: Program<System>,
}

/// Checks the proof, writes the receipt, extends the audit chain.
#[inline(never)] // the dispatcher would have to hold the frames of all handlers
pub fn handler(ctx: &mut Context<Record>, args: &ProofArgs) -> Result<()> {
    let accounts = &mut ctx.accounts;
    let digest = accounts.model.check_proof(args)?;
    let clock = Clock::get()?;
    let model_address = *accounts.model.address();
    let (index, setup) = (accounts.model.accepted, accounts.model.setup);
    let payer = *accounts.payer.address();
    create(
        accounts.payer.account(),
        accounts.receipt.account(),
        receipt_seeds(&model_address, &digest),
        VerifierError::ReceiptExists,
        |bump, receipt: &mut Receipt| {
            *receipt = Receipt {
                index,
                recorded_at: clock.unix_timestamp,
                slot: clock.slot,
                model: model_address,
                digest: digest.to_be_bytes(),
                context: args.context,
                payer,
                setup,
                version: Receipt::VERSION,
                bump,
                reserved: [0; 13],
            };
            Ok(())
        },
    )?;

    let model = &mut accounts.model;
    model.extend_audit_chain(&digest, clock.unix_timestamp)?;
    model.invariant()?;
    emit!(StatementRecorded {
        model: model_address,
        digest: digest.to_be_bytes(),
        context: args.context,
        index,
        recorded_at: clock.unix_timestamp,
        audit_chain: model.audit_chain,
    });
    Ok(())
}

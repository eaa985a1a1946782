//! The registry of models and the verifier of their proofs.
//!
//! A [`Model`] account holds a Groth16 verifying key, checked once, and the schema of the statements that the key
//! is about. Programs call [`verify`](assay_verifier::verify), through `assay-cpi`, and act on its answer;
//! [`record`](assay_verifier::record) leaves a [`Receipt`] as well, one for a statement, which spares the next caller the
//! pairing.
//!
//! ```text
//!             register        activate, in 14 days behind the timelock      renounce_authority
//!   (nothing) --------> Proposed ------------------------------> Active -----------------------> Active, immutable
//!                          ^  |                                     |
//!    resume (new timelock) |  +--- suspend ---> Suspended <-- suspend, by the authority or the guardian
//!                          +-----------------------+  |
//!                                                     |   retire, from every mutable state, for good
//!                                                     +----------------------------------------------> Retired
//! ```
//!
//! A timelock is a day to 30, for keys of every kind. Beside models there are sets of attestors, who confirm what a registrar
//! says of a key, and series, which name one model after another; see [`state`].
//!
//! What it does not trust: the key (every check of `assay_interface::groth16::check_key`), the limbs (each below
//! the field's order, as many as the schema says), the proof's bytes (a proof is malleable, so replay protection is
//! on the statement's digest), and the clock of slots (only `Clock::unix_timestamp` counts).

#![allow(unsafe_code)] // the entrypoint that `#[program]` generates; there is no other

extern crate alloc;

mod create;
pub mod error;
pub mod events;
pub mod instructions;
pub mod pdas;
mod proof_args;
mod recording;
pub mod state;

use anchor_lang::prelude::*;

pub use error::VerifierError;
pub use events::*;
pub use instructions::*;
pub use proof_args::{BatchArgs, ChunkArgs, ProofArgs};
pub use state::*;

declare_id!("AVr5RWTqtrW1qMaUQ9B6LqbGBP2LQ4gvtpxgHugwPkzN");

#[cfg(all(target_os = "solana", not(feature = "no-entrypoint")))]
solana_security_txt::security_txt! {
    name: "Assay verifier",
    project_url: "none: not deployed",
    contacts: "other:the holder of this program's upgrade authority",
    policy: "SECURITY.md of the sources says what holds and what does not",
    preferred_languages: "en",
    source_release: env!("CARGO_PKG_VERSION")
}

/// The instructions; each module of [`instructions`] has the details of one.
#[program]
pub mod assay_verifier {
    use super::*;

    /// Puts a model into the registry, to become active after its timelock.
    pub fn register(ctx: &mut Context<Register>, args: RegisterArgs) -> Result<()> {
        instructions::register::handler(ctx, args)
    }

    /// Makes a proposed model active, once its timelock has passed.
    pub fn activate(ctx: &mut Context<Manage>) -> Result<()> {
        instructions::activate::handler(ctx)
    }

    /// Stops a model at once: the authority, or the guardian.
    pub fn suspend(ctx: &mut Context<Suspend>) -> Result<()> {
        instructions::suspend::handler(ctx)
    }

    /// Proposes a suspended model again: its timelock starts anew.
    pub fn resume(ctx: &mut Context<Manage>) -> Result<()> {
        instructions::resume::handler(ctx)
    }

    /// Ends a model for good.
    pub fn retire(ctx: &mut Context<Manage>) -> Result<()> {
        instructions::retire::handler(ctx)
    }

    /// Offers the authority over a model to another address; the zero address withdraws an offer.
    pub fn propose_authority(ctx: &mut Context<Manage>, proposed: Address) -> Result<()> {
        instructions::propose_authority::handler(ctx, proposed)
    }

    /// Takes over the authority that was offered.
    pub fn accept_authority(ctx: &mut Context<AcceptAuthority>) -> Result<()> {
        instructions::accept_authority::handler(ctx)
    }

    /// Makes an active model immutable: nobody will ever manage it again.
    pub fn renounce_authority(ctx: &mut Context<Manage>) -> Result<()> {
        instructions::renounce_authority::handler(ctx)
    }

    /// Proposes another guardian, or none by the zero address, behind the model's timelock.
    pub fn propose_guardian(ctx: &mut Context<Manage>, proposed: Address) -> Result<()> {
        instructions::propose_guardian::handler(ctx, proposed)
    }

    /// Puts the proposed guardian in place.
    pub fn apply_guardian(ctx: &mut Context<Manage>) -> Result<()> {
        instructions::apply_guardian::handler(ctx)
    }

    /// Withdraws the proposal of another guardian.
    pub fn cancel_guardian(ctx: &mut Context<Manage>) -> Result<()> {
        instructions::cancel_guardian::handler(ctx)
    }

    /// Returns the rent of a model that was retired 30 days ago. Its address stays taken.
    pub fn close_model(ctx: &mut Context<CloseModel>) -> Result<()> {
        instructions::close_model::handler(ctx)
    }

    /// Creates a set of attestors, m of n.
    pub fn create_attestor_set(ctx: &mut Context<CreateAttestorSet>, args: AttestorSetArgs) -> Result<()> {
        instructions::create_attestor_set::handler(ctx, &args)
    }

    /// Attests a model, as a member of a set.
    pub fn attest(ctx: &mut Context<Attest>) -> Result<()> {
        instructions::attest::handler(ctx)
    }

    /// Returns the rent of a set of attestors.
    pub fn close_attestor_set(ctx: &mut Context<CloseAttestorSet>) -> Result<()> {
        instructions::close_attestor_set::handler(ctx)
    }

    /// Returns the rent of an attestation whose model is retired or closed.
    pub fn close_attestation(ctx: &mut Context<CloseAttestation>) -> Result<()> {
        instructions::close_attestation::handler(ctx)
    }

    /// Creates a series of models, and proposes its first.
    pub fn create_series(ctx: &mut Context<CreateSeries>, args: SeriesArgs) -> Result<()> {
        instructions::create_series::handler(ctx, &args)
    }

    /// Proposes the next model of a series, behind its timelock.
    pub fn propose_series(ctx: &mut Context<ProposeSeries>) -> Result<()> {
        instructions::propose_series::handler(ctx)
    }

    /// Makes the pending model of a series current.
    pub fn apply_series(ctx: &mut Context<ApplySeries>) -> Result<()> {
        instructions::apply_series::handler(ctx)
    }

    /// Withdraws the proposal of a model.
    pub fn cancel_series(ctx: &mut Context<ManageSeries>) -> Result<()> {
        instructions::cancel_series::handler(ctx)
    }

    /// Keeps the current model of a series for good.
    pub fn renounce_series(ctx: &mut Context<ManageSeries>) -> Result<()> {
        instructions::renounce_series::handler(ctx)
    }

    /// Returns the rent of a series whose current model is retired or closed.
    pub fn close_series(ctx: &mut Context<CloseSeries>) -> Result<()> {
        instructions::close_series::handler(ctx)
    }

    /// Checks a proof and returns what was proven: model, digest, setup kind.
    pub fn verify(ctx: &mut Context<Verify>, args: ProofArgs) -> Result<[u8; 65]> {
        instructions::verify::handler(ctx, &args)
    }

    /// Checks a proof and writes a receipt of its statement, unless there is one: then no proof is needed, and nothing changes.
    /// Returns what `verify` returns.
    pub fn record(ctx: &mut Context<Record>, args: ProofArgs) -> Result<[u8; 65]> {
        instructions::record::handler(ctx, &args)
    }

    /// Checks a batch of proofs and returns what was proven: model, setup kind, count, hash of the digests.
    pub fn verify_batch(ctx: &mut Context<VerifyBatch>, args: BatchArgs) -> Result<[u8; 67]> {
        instructions::verify_batch::handler(ctx, &args.batch)
    }

    /// Checks a batch of proofs and writes a receipt of each statement that has none: the accounts behind the declared ones, in
    /// the batch's order. Returns what `verify_batch` returns.
    pub fn record_batch(ctx: &mut Context<RecordBatch>, args: BatchArgs) -> Result<[u8; 67]> {
        instructions::record_batch::handler(ctx, &args.batch)
    }

    /// Writes a piece of a batch into the payer's buffer, which the first piece creates.
    pub fn write_buffer(ctx: &mut Context<WriteBuffer>, args: ChunkArgs) -> Result<()> {
        instructions::write_buffer::handler(ctx, &args)
    }

    /// Checks the batch that a buffer holds. Returns what `verify_batch` returns.
    pub fn verify_buffer(ctx: &mut Context<VerifyBuffer>) -> Result<[u8; 67]> {
        instructions::verify_buffer::handler(ctx)
    }

    /// Checks the batch that a buffer holds and writes receipts as `record_batch` does. Returns what `verify_batch` returns.
    pub fn record_buffer(ctx: &mut Context<RecordBuffer>) -> Result<[u8; 67]> {
        instructions::record_buffer::handler(ctx)
    }

    /// Returns the rent of a buffer.
    pub fn close_buffer(ctx: &mut Context<CloseBuffer>) -> Result<()> {
        instructions::close_buffer::handler(ctx)
    }

    /// Returns the rent of a receipt that is a week old.
    pub fn close_receipt(ctx: &mut Context<CloseReceipt>) -> Result<()> {
        instructions::close_receipt::handler(ctx)
    }
}

//! A gate that opens for whoever proves a statement of one model: the smallest program that acts on a proof.
//!
//! It shows what an integrator owes: pin the model's address, decide about development keys, bind the context to
//! the use (here to the gate and the signer, so that nobody opens another gate, or opens this one, with a proof
//! that was made for somebody else), and call the verifier through `assay_verifier::call`.

#![allow(unsafe_code)] // the entrypoint that `#[program]` generates; there is no other

extern crate alloc;

use alloc::vec::Vec;

use anchor_lang::prelude::*;
use assay_interface::field::Scalar;
use assay_interface::groth16::{ProofRef, SetupKind};
use assay_interface::sha256;
use assay_interface::statement::digest_of_encoded;
use assay_verifier::call;

declare_id!("AGaxTZRPbswRXDqfmNEU8A5x5JUuH8cY6GNkuUV3XxTK");

/// The gate's instructions.
#[program]
pub mod assay_gate {
    use super::*;

    /// Creates the gate of `model`.
    pub fn create(ctx: &mut Context<Create>, model: Address, accepts_development: u8) -> Result<()> {
        let gate = &mut ctx.accounts.gate;
        gate.model = model;
        gate.accepts_development = accepts_development;
        Ok(())
    }

    /// Opens the gate for the signer, given a proof of `limbs`.
    pub fn open(ctx: &mut Context<Open>, proof: Vec<u8>, limbs: Vec<[u8; 32]>) -> Result<()> {
        let accounts = &mut ctx.accounts;
        let limbs = limbs
            .into_iter()
            .map(Scalar::from_be_bytes)
            .collect::<core::result::Result<Vec<_>, _>>()
            .map_err(|_| GateError::Limb)?;
        let context = context(accounts.gate.address(), accounts.visitor.address());
        let proof = ProofRef::from_slice(&proof).map_err(|_| GateError::Proof)?;
        let verified = call::verify(accounts.model.account(), proof, &context, &limbs)?;
        let is_accepted = verified.setup == SetupKind::Ceremony || accounts.gate.accepts_development == 1;
        require!(is_accepted, GateError::DevelopmentKey);
        accounts.gate.opened = accounts.gate.opened.checked_add(1).ok_or(ProgramError::ArithmeticOverflow)?;
        Ok(())
    }

    /// Returns a statement's digest, as the runtime's Poseidon computes it.
    pub fn digest(
        _ctx: &mut Context<Digest>,
        domain: [u8; 32],
        context: [u8; 32],
        limbs: Vec<[u8; 32]>,
    ) -> Result<[u8; 32]> {
        let domain = Scalar::from_be_bytes(domain).map_err(|_| GateError::Limb)?;
        let digest = digest_of_encoded(&domain, &context, &limbs).map_err(|_| GateError::Limb)?;
        Ok(digest.to_be_bytes())
    }
}

/// What a proof for `visitor` at `gate` must have as context.
pub fn context(gate: &Address, visitor: &Address) -> [u8; 32] {
    sha256(&[b"assay:gate:v1\0", gate.as_ref(), visitor.as_ref()])
}

/// A gate.
#[account]
pub struct Gate {
    /// How often it was opened.
    pub opened: u64,
    /// The model whose proofs open it.
    pub model: Address,
    /// 1 when keys of a development setup will do.
    pub accepts_development: u8,
    /// Zeros.
    pub reserved: [u8; 7],
}

/// Why the gate stays closed; the verifier's own errors pass through.
#[error_code(offset = 8000)]
#[derive(Debug, PartialEq, Eq)]
pub enum GateError {
    /// The account is not the model that the gate trusts.
    #[msg("The gate trusts another model")]
    WrongModel = 0,
    /// The model's key comes from a development setup.
    #[msg("The gate accepts no development keys")]
    DevelopmentKey = 1,
    /// A limb is not a field element.
    #[msg("A limb is not below the order of the field")]
    Limb = 2,
    /// The bytes have the length of no proof.
    #[msg("The proof has the length of no proof")]
    Proof = 3,
}

/// 0. `[signer, writable]` payer, 1. `[signer, writable]` gate, 2. system program.
#[derive(Accounts)]
pub struct Create {
    /// Who pays.
    #[account(mut)]
    pub payer: Signer,
    /// The new gate.
    #[account(init, payer = payer, signer)]
    pub gate: Account<Gate>,
    /// Creates the account.
    pub system_program: Program<System>,
}

/// 0. `[signer]` visitor, 1. `[writable]` gate, 2. `[]` model, 3. `[]` verifier program.
#[derive(Accounts)]
pub struct Open {
    /// For whom the gate opens.
    pub visitor: Signer,
    /// The gate.
    #[account(mut)]
    pub gate: Account<Gate>,
    /// The model that the gate trusts.
    #[account(address = gate.model @ GateError::WrongModel)]
    pub model: UncheckedAccount,
    /// The verifier program.
    #[account(address = assay_verifier::ID)]
    pub verifier: UncheckedAccount,
}

/// No accounts that matter.
#[derive(Accounts)]
pub struct Digest {
    /// Any account.
    pub payer: Signer,
}

//! How another program asks the verifier: one function that cannot be used without checking who answered.

use alloc::vec::Vec;

use anchor_lang::pinocchio::cpi::{get_return_data, invoke};
use anchor_lang::pinocchio::instruction::{InstructionAccount, InstructionView};
use anchor_lang::prelude::*;
use assay_interface::field::Scalar;
use assay_interface::groth16::ProofRef;
use assay_interface::verifier::{Verified, put_arguments};

use crate::{VerifierError, instruction};

/// Proves `context` and `limbs` under the key of `model`, or fails with the verifier's error.
///
/// The answer comes from the verifier program and is about `model`: both are checked here. Left to the caller are
/// that `model` is the address it trusts, and that it accepts [`Verified::setup`]. The verifier program's account
/// must be among the caller's accounts. The proof is plain or committed, as the model's key is; a caller that passes on
/// bytes takes [`ProofRef::from_slice`].
pub fn verify<'a>(
    model: &AccountView,
    proof: impl Into<ProofRef<'a>>,
    context: &[u8; 32],
    limbs: &[Scalar],
) -> Result<Verified> {
    let mut data = Vec::new();
    data.extend_from_slice(instruction::Verify::DISCRIMINATOR);
    put_arguments(&mut data, proof, context, limbs);
    let call = InstructionView {
        program_id: &crate::ID,
        accounts: &[InstructionAccount::readonly(model.address())],
        data: &data,
    };
    invoke(&call, &[model])?;

    let answer = get_return_data().ok_or(VerifierError::ForeignAnswer)?;
    require!(*answer.program_id() == crate::ID, VerifierError::ForeignAnswer);
    let verified = Verified::decode(answer.as_slice()).map_err(|_| VerifierError::ForeignAnswer)?;
    require!(verified.model == model.address().to_bytes(), VerifierError::WrongModel);
    Ok(verified)
}

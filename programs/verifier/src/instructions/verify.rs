//! `verify`: the answer to "was this statement proven for this model?", for a caller to act on.
//!
//! Stateless: the model is read only. It returns `assay_interface::verifier::Verified`; a program that calls it uses
//! `assay_cpi::verify`, which checks who answered. About 82,000 compute units, with a commitment 109,000.

use anchor_lang::prelude::*;
use assay_interface::verifier::{RETURN_DATA_LEN, Verified};

use crate::{Model, ProofArgs};

const _: () = assert!(RETURN_DATA_LEN == 65, "the IDL needs it as a literal");

/// 0. `[]` model.
#[derive(Accounts)]
pub struct Verify {
    /// The model: active.
    pub model: Account<Model>,
}

/// Checks the proof and answers.
#[inline(never)] // the dispatcher would have to hold the frames of all handlers
pub fn handler(ctx: &mut Context<Verify>, args: &ProofArgs) -> Result<[u8; 65]> {
    let model = &ctx.accounts.model;
    model.require_active()?;
    let digest = model.digest(&args.context, &args.limbs)?;
    model.check_proof(&args.proof, &digest)?;
    let verified =
        Verified { model: model.address().to_bytes(), digest: digest.to_be_bytes(), setup: model.setup()? };
    Ok(verified.encode())
}

//! A program that stands in for others, for the tests: whatever it is asked, it succeeds, does nothing, and answers.
//!
//! To `verify`, `record`, `verify_batch` and `record_batch` it gives the answer that the verifier program gives for an accepted
//! proof, without looking at the proof: model, setup and digests are right, only nothing was proven. To the token program's
//! and the system program's instructions it says yes and moves nothing. So a program that calls whoever stands in the place of
//! the verifier, or of the token program, believes it; the tests show that in the verifier's own place it is believed.

#![no_std]
#![allow(unsafe_code)] // the entrypoint that the macro generates; there is no other

extern crate alloc;

use assay_interface::field::Scalar;
use assay_interface::groth16::batch::{Batch, Layout};
use assay_interface::groth16::{Form, SetupKind};
use assay_interface::statement::digest_of_encoded;
use assay_interface::verifier::{
    ModelFacts, RECORD, RECORD_BATCH, VERIFY, VERIFY_BATCH, Verified, VerifiedBatch, digests_hash,
};
use pinocchio::ProgramResult;
use pinocchio::account::AccountView;
use pinocchio::address::{Address, declare_id};

declare_id!("AcckqNtRj3TTBrNkHMkGbJqAuq7yEvJYbsSszhgRp14V");

/// Where a model's account holds the number of its statements' limbs.
const LIMBS: core::ops::Range<usize> = 1_450..1_452;

#[cfg(all(target_os = "solana", not(feature = "no-entrypoint")))]
pinocchio::entrypoint!(process, 64);

/// Succeeds, and answers if there is an answer that somebody may wait for.
///
/// # Errors
/// None.
pub fn process(_: &Address, accounts: &mut [AccountView], data: &[u8]) -> ProgramResult {
    let _ = answer(accounts, data);
    Ok(())
}

/// The verifier's answer, if it is the verifier that was asked.
fn answer(accounts: &[AccountView], data: &[u8]) -> Option<()> {
    let (called, arguments) = data.split_first_chunk::<8>()?;
    let model = match *called {
        VERIFY | VERIFY_BATCH => accounts.first()?,
        RECORD | RECORD_BATCH => accounts.get(1)?,
        _ => return None,
    };
    let content = model.try_borrow().ok()?;
    let facts = ModelFacts::read(&content).ok()?;
    let domain = Scalar::from_be_bytes(*facts.domain).ok()?;
    let asked = Asked { model: *model.address().as_array(), domain, setup: facts.setup };
    if matches!(*called, VERIFY | RECORD) {
        asked.about_one(arguments)
    } else {
        let limbs = content.get(LIMBS)?.first_chunk()?;
        asked.about_several(arguments, u16::from_le_bytes(*limbs).into())
    }
}

/// What was asked about.
struct Asked {
    model: [u8; 32],
    domain: Scalar,
    setup: SetupKind,
}

impl Asked {
    fn about_one(&self, arguments: &[u8]) -> Option<()> {
        let (_proof, rest) = counted(arguments)?;
        let (context, rest) = rest.split_first_chunk::<32>()?;
        let (_count, limbs) = rest.split_first_chunk::<4>()?;
        let digest = digest_of_encoded(&self.domain, context, limbs.as_chunks().0).ok()?;
        let answer = Verified { model: self.model, digest: digest.to_be_bytes(), setup: self.setup };
        pinocchio::cpi::set_return_data(&answer.encode());
        Some(())
    }

    fn about_several(&self, arguments: &[u8], limbs: usize) -> Option<()> {
        let (bytes, _) = counted(arguments)?;
        let read = |form| Batch::read(bytes, Layout { form, limbs }).ok();
        let batch = read(Form::Plain).or_else(|| read(Form::Committed))?;
        let digests = batch.digests(&self.domain).ok()?;
        let answer = VerifiedBatch {
            model: self.model,
            setup: self.setup,
            count: u16::try_from(digests.len()).ok()?,
            digests_hash: digests_hash(&digests),
        };
        pinocchio::cpi::set_return_data(&answer.encode());
        Some(())
    }
}

/// Bytes behind their length, and what follows them.
fn counted(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let (length, rest) = bytes.split_first_chunk::<4>()?;
    rest.split_at_checked(usize::try_from(u32::from_le_bytes(*length)).ok()?)
}

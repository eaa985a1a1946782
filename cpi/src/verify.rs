//! The call.

use alloc::vec::Vec;
use core::{borrow::Borrow, ops::Range};

use assay_interface::groth16::ProofRef;
use assay_interface::verifier::{RETURN_DATA_LEN, VERIFY, Verified, model_account, put_arguments};

use crate::{Claim, CpiError, Expect, Key, ModelAccount, Proven, VERIFIER};

/// Has the verifier program check `claim`, on the terms of `expect`.
///
/// The verifier program's account must be among those of the calling instruction. Nothing of `expect` may come from whoever
/// sends the transaction.
///
/// # Errors
/// [`CpiError`], as the framework's error. What the verifier refuses ends the transaction.
pub fn verify<'a, A: ModelAccount, L: Borrow<[u8; 32]>>(
    model: &A,
    claim: &Claim<'a, L>,
    expect: &Expect<'_>,
) -> Result<Proven<'a, L>, A::Error> {
    check_account(model, expect)?;
    let proof = ProofRef::from_slice(claim.proof).map_err(|_| CpiError::CallerProofLength)?;
    let mut data = Vec::with_capacity(VERIFY.len() + 40 + claim.proof.len() + 32 * claim.limbs.len());
    data.extend_from_slice(&VERIFY);
    put_arguments(&mut data, proof, claim.context, claim.limbs);
    model.call(&VERIFIER, &data)?;

    let Verified { model: proven, digest, setup } = answer(model)?;
    if !same(&proven, expect.model) {
        return Err(CpiError::WrongModel.into());
    }
    if !expect.setups.contain(setup) {
        return Err(CpiError::SetupRefused.into());
    }
    Ok(Proven::new(claim.limbs, digest, setup))
}

/// The account is the expected model's, with the expected key and domain. That it is a model, and not another account of the
/// verifier's, the verifier checks; neither the call nor a program other than the verifier can change what is read here.
fn check_account<A: ModelAccount>(model: &A, expect: &Expect<'_>) -> Result<(), A::Error> {
    if !same(model.address(), expect.model) {
        return Err(CpiError::WrongModel.into());
    }
    if !model.is_owned_by(&VERIFIER) {
        return Err(CpiError::NotAModel.into());
    }
    model.with_data(|data| {
        let field =
            |range: Range<usize>| data.get(range).and_then(<[u8]>::as_array::<32>).ok_or(CpiError::NotAModel);
        match expect.key {
            Key::Hash(expected) if !same(field(model_account::KEY_HASH)?, expected) => {
                return Err(CpiError::WrongKey);
            }
            Key::Hash(_) | Key::OfModel => {}
        }
        if same(field(model_account::DOMAIN)?, expect.domain) { Ok(()) } else { Err(CpiError::WrongDomain) }
    })??;
    Ok(())
}

/// The verifier's answer to the last call.
fn answer<A: ModelAccount>(model: &A) -> Result<Verified, CpiError> {
    let returned = model.return_data().ok_or(CpiError::ForeignAnswer)?;
    if !same(&returned.program, &VERIFIER) || returned.length != RETURN_DATA_LEN {
        return Err(CpiError::ForeignAnswer);
    }
    Verified::decode(&returned.bytes).map_err(|_| CpiError::ForeignAnswer)
}

/// Equality, a word at a time: `==` of such arrays is a loop over bytes on chain, at ten times the cost.
pub(crate) fn same(a: &[u8; 32], b: &[u8; 32]) -> bool {
    let pairs = a.as_chunks::<8>().0.iter().zip(b.as_chunks::<8>().0);
    let word = |bytes: &[u8; 8]| u64::from_ne_bytes(*bytes);
    pairs.fold(0, |difference, (a, b)| difference | (word(a) ^ word(b))) == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_bit_counts() {
        let base = core::array::from_fn(|i| i as u8);
        assert!(same(&base, &base.clone()));
        for bit in 0..256 {
            let mut other = base;
            other[bit / 8] ^= 1 << (bit % 8);
            assert!(!same(&base, &other) && !same(&other, &base));
        }
    }
}

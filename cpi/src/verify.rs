//! The calls: `verify`, and `record`, which leaves a receipt.

use alloc::vec::Vec;
use core::{borrow::Borrow, ops::Range};

use assay_interface::groth16::ProofRef;
use assay_interface::verifier::{RECORD, VERIFY, Verified, model_account, put_raw_arguments};

use crate::{Account, Claim, CpiError, Expect, Key, Proven, Role, VERIFIER};

/// The accounts of [`record`]. Payer, model and receipt must be writable in the calling instruction.
#[derive(Debug)]
pub struct RecordAccounts<'a, A> {
    /// Who pays for the receipt where there is none yet, and may close it after a week: signed the transaction.
    pub payer: &'a A,
    /// The model.
    pub model: &'a A,
    /// The receipt, at `["receipt", model, digest]` of the verifier program: it checks the address.
    pub receipt: &'a A,
    /// The system program.
    pub system_program: &'a A,
}

/// Has the verifier program check `claim`, on the terms of `expect`.
///
/// The verifier program's account must be among those of the calling instruction. Nothing of `expect` may come from whoever
/// sends the transaction.
///
/// # Errors
/// [`CpiError`], as the framework's error. What the verifier refuses ends the transaction.
pub fn verify<'a, A: Account, L: Borrow<[u8; 32]>>(
    model: &A,
    claim: &Claim<'a, L>,
    expect: &Expect<'_>,
) -> Result<Proven<'a, L>, A::Error> {
    check_account(model, expect)?;
    ProofRef::from_slice(claim.proof).map_err(|_| CpiError::CallerProofLength)?;
    model.call(&VERIFIER, [(model, Role::Reads)], &instruction_data(VERIFY, claim))?;
    Ok(proven(model, claim, expect)?)
}

/// The same, and leaves a receipt of the statement where there is none.
///
/// Where there is one, whoever left it, the call succeeds all the same: nobody blocks an action by recording its statement
/// first. Then `claim.proof` may be empty, and the pairing is saved; the verifier still wants the model to be active. A
/// receipt is no nullifier: the action's own mark, a nonce in the context or an account of yours, is what makes it happen
/// once.
///
/// # Errors
/// As [`verify`].
pub fn record<'a, A: Account, L: Borrow<[u8; 32]>>(
    accounts: &RecordAccounts<'_, A>,
    claim: &Claim<'a, L>,
    expect: &Expect<'_>,
) -> Result<Proven<'a, L>, A::Error> {
    check_account(accounts.model, expect)?;
    if !claim.proof.is_empty() {
        ProofRef::from_slice(claim.proof).map_err(|_| CpiError::CallerProofLength)?;
    }
    let model = accounts.model;
    let accounts = [
        (accounts.payer, Role::Pays),
        (accounts.model, Role::Writes),
        (accounts.receipt, Role::Writes),
        (accounts.system_program, Role::Reads),
    ];
    model.call(&VERIFIER, accounts, &instruction_data(RECORD, claim))?;
    Ok(proven(model, claim, expect)?)
}

fn instruction_data<L: Borrow<[u8; 32]>>(instruction: [u8; 8], claim: &Claim<'_, L>) -> Vec<u8> {
    let mut data = Vec::with_capacity(instruction.len() + 40 + claim.proof.len() + 32 * claim.limbs.len());
    data.extend_from_slice(&instruction);
    put_raw_arguments(&mut data, claim.proof, claim.context, claim.limbs);
    data
}

/// The account is the expected model's, with the expected key and domain. That it is a model, and not another account of the
/// verifier's, the verifier checks; neither the call nor a program other than the verifier can change what is read here.
pub(crate) fn check_account<A: Account>(model: &A, expect: &Expect<'_>) -> Result<(), A::Error> {
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

/// What the verifier's answer to the last call says of the claim.
fn proven<'a, A: Account, L: Borrow<[u8; 32]>>(
    caller: &A,
    claim: &Claim<'a, L>,
    expect: &Expect<'_>,
) -> Result<Proven<'a, L>, CpiError> {
    let returned = caller.return_data().ok_or(CpiError::ForeignAnswer)?;
    if !same(&returned.program, &VERIFIER) {
        return Err(CpiError::ForeignAnswer);
    }
    let answer = returned.returned().ok_or(CpiError::ForeignAnswer)?;
    let Verified { model, digest, setup } = Verified::decode(answer).map_err(|_| CpiError::ForeignAnswer)?;
    if !same(&model, expect.model) {
        return Err(CpiError::WrongModel);
    }
    if !expect.setups.contain(setup) {
        return Err(CpiError::SetupRefused);
    }
    Ok(Proven::new(claim.limbs, digest, setup))
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

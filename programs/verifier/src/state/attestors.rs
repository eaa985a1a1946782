//! A set of attestors, and what it says of a model.
//!
//! "Ceremony" is the registrar's word. An attestor is somebody who checked it: who followed the ceremony, verified its
//! transcript, and found the key and the schema of the model's account to be what came out of it. A consumer names the set that
//! it trusts, and takes up a model when enough of the set attested it.
//!
//! A set's address holds its members and its threshold: nobody can change either, and whoever closes a set and creates it
//! again has the same set. An attestation is about bytes that cannot change under the model's address, so it is not
//! withdrawn: an attestor who erred tells the model's guardian.

use anchor_lang::prelude::*;
use anchor_lang::{Discriminator, bytemuck};
use assay_interface::pda;
use assay_interface::verifier::{MAX_ATTESTORS, attestation_account, attestor_set_account, attestor_set_id};

use crate::VerifierError;

/// A set of attestors, at the address of `["attestors", id]`: see [`attestor_set_id`].
#[account]
#[derive(Debug)]
pub struct AttestorSet {
    /// Who paid for the account, and gets the rent back.
    pub payer: Address,
    /// What the set is: part of its address.
    pub id: [u8; 32],
    /// The attestors in strictly increasing order, then zeros.
    pub attestors: [Address; MAX_ATTESTORS],
    /// Attestors.
    pub count: u8,
    /// How many of them must attest.
    pub threshold: u8,
    /// Version of this layout.
    pub version: u8,
    /// Bump of the address.
    pub bump: u8,
    /// Zeros, for later versions.
    pub reserved: [u8; 28],
}

/// What a set says of a model, at the address of `["attestation", set, model]`.
#[account]
#[derive(Debug)]
pub struct Attestation {
    /// The set.
    pub set: Address,
    /// The model.
    pub model: Address,
    /// Who paid for the account, and gets the rent back.
    pub payer: Address,
    /// When the last of them attested, in Unix seconds.
    pub attested_at: i64,
    /// Who attested: bit i is the set's attestor i.
    pub bitmap: u8,
    /// Version of this layout.
    pub version: u8,
    /// Bump of the address.
    pub bump: u8,
    /// Zeros, for later versions.
    pub reserved: [u8; 21],
}

const _: () = {
    let header = AttestorSet::DISCRIMINATOR.len();
    assert!(attestor_set_account::LENGTH == header + size_of::<AttestorSet>());
    assert!(attestation_account::LENGTH == header + size_of::<Attestation>());
};

/// Seeds of a set's address, without the bump.
pub fn attestor_set_seeds(id: &[u8; 32]) -> [&[u8]; 2] {
    [pda::verifier::ATTESTORS, id]
}

/// Seeds of an attestation's address, without the bump.
pub fn attestation_seeds<'a>(set: &'a Address, model: &'a Address) -> [&'a [u8]; 3] {
    [pda::verifier::ATTESTATION, set.as_ref(), model.as_ref()]
}

impl AttestorSet {
    /// The attestors.
    pub fn members(&self) -> Result<&[Address]> {
        self.attestors.get(..usize::from(self.count)).ok_or(VerifierError::Invariant.into())
    }

    /// What these members and this threshold are.
    pub fn computed_id(&self) -> Result<[u8; 32]> {
        let mut members = [[0; 32]; MAX_ATTESTORS];
        let used = self.members()?.len();
        members.iter_mut().zip(&self.attestors).for_each(|(to, from)| *to = from.to_bytes());
        Ok(attestor_set_id(self.threshold, members.get(..used).ok_or(VerifierError::Invariant)?))
    }

    /// The bit of an attestor.
    pub fn bit(&self, attestor: &Address) -> Result<u8> {
        let place = self.members()?.iter().position(|member| member == attestor);
        Ok(1 << place.ok_or(VerifierError::NotAnAttestor)?)
    }

    /// What holds of every set: it says one thing in one way, and can be satisfied.
    pub fn invariant(&self) -> Result<()> {
        let members = self.members()?;
        let is_sorted = members.array_windows().all(|[a, b]| a < b);
        let holds = self.version == attestor_set_account::VERSION
            && members.first().is_some_and(|first| *first != Address::default())
            && is_sorted
            && (1..=self.count).contains(&self.threshold)
            && self.attestors.iter().skip(members.len()).all(|unused| *unused == Address::default());
        require!(holds, VerifierError::AttestorSetMalformed);
        Ok(())
    }
}

impl Attestation {
    /// Adds `bit` to the attestation of `set` about `model` at `account`; `false` where there is none yet. As for a receipt,
    /// an account of the program's with this set and model is at their address.
    pub fn add(account: &AccountView, set: &Address, model: &Address, bit: u8, now: i64) -> Result<bool> {
        if account.owned_by(&system_program::ID) && account.is_data_empty() {
            return Ok(false);
        }
        require!(account.owned_by(&crate::ID), VerifierError::NotAnAttestation);
        let mut view = *account;
        let mut data = view.try_borrow_mut()?;
        let (discriminator, body) =
            data.split_at_mut_checked(Self::DISCRIMINATOR.len()).ok_or(VerifierError::NotAnAttestation)?;
        require!(discriminator == Self::DISCRIMINATOR, VerifierError::NotAnAttestation);
        let attestation: &mut Self =
            bytemuck::try_from_bytes_mut(body).map_err(|_| VerifierError::NotAnAttestation)?;
        require!(attestation.version == attestation_account::VERSION, VerifierError::NotAnAttestation);
        require!(attestation.set == *set && attestation.model == *model, VerifierError::WrongAddress);
        if attestation.bitmap & bit == 0 {
            attestation.bitmap |= bit;
            attestation.attested_at = now;
        }
        Ok(true)
    }
}

//! Creation of program-derived accounts, with errors of our own.
//!
//! Anchor's `init` leaves a second creation to the system program, whose error says nothing of models or receipts.

use anchor_lang::prelude::*;
use anchor_lang::{Discriminator, bytemuck, create_account_signed, find_program_address};

use crate::VerifierError;

/// Creates the account of `seeds` at `target` and has `fill` write it in place, given the bump. An address that
/// somebody sent lamports to can be created like any other; one that holds data or has an owner cannot.
pub fn create<T: Discriminator + bytemuck::Pod, const SEEDS: usize>(
    payer: &AccountView,
    target: &AccountView,
    seeds: [&[u8]; SEEDS],
    exists: VerifierError,
    fill: impl FnOnce(u8, &mut T) -> Result<()>,
) -> Result<()> {
    const { assert!(SEEDS <= 3, "`signed` has room for three seeds and a bump") };
    let (address, bump) = find_program_address(&seeds, &crate::ID);
    require!(*target.address() == address, VerifierError::WrongAddress);
    if !target.is_data_empty() || !target.owned_by(&system_program::ID) {
        return Err(exists.into());
    }
    let bump_seed = [bump];
    let mut signed: [&[u8]; 4] = [&bump_seed; 4];
    signed.iter_mut().zip(seeds).for_each(|(place, seed)| *place = seed);
    let signed = signed.get(..=SEEDS).ok_or(ProgramError::InvalidSeeds)?;
    let space = T::DISCRIMINATOR.len() + size_of::<T>();
    create_account_signed(payer, target, space, &crate::ID, signed)?;

    let mut view = *target;
    let mut data = view.try_borrow_mut()?;
    let (discriminator, body) =
        data.split_at_mut_checked(T::DISCRIMINATOR.len()).ok_or(ProgramError::AccountDataTooSmall)?;
    discriminator.copy_from_slice(T::DISCRIMINATOR);
    let value: &mut T = bytemuck::try_from_bytes_mut(body).map_err(|_| ProgramError::InvalidAccountData)?;
    fill(bump, value)
}

//! Creation of program-derived accounts, with errors of our own.
//!
//! Anchor's `init` leaves a second creation to the system program, whose error says nothing of models or receipts.

use anchor_lang::prelude::*;
use anchor_lang::{Discriminator, bytemuck, create_account_signed, find_program_address};

use crate::VerifierError;

/// Creates the account of `seeds` at `target` and has `fill` write it in place, given the bump. An address that
/// somebody sent lamports to can be created like any other; one that holds data or has an owner cannot.
pub fn create<T: Discriminator + bytemuck::Pod>(
    payer: &AccountView,
    target: &AccountView,
    seeds: [&[u8]; 3],
    exists: VerifierError,
    fill: impl FnOnce(u8, &mut T) -> Result<()>,
) -> Result<()> {
    let (address, bump) = find_program_address(&seeds, &crate::ID);
    require!(*target.address() == address, VerifierError::WrongAddress);
    if !target.is_data_empty() || !target.owned_by(&system_program::ID) {
        return Err(exists.into());
    }
    let [kind, parent, id] = seeds;
    let space = T::DISCRIMINATOR.len() + size_of::<T>();
    create_account_signed(payer, target, space, &crate::ID, &[kind, parent, id, &[bump]])?;

    let mut view = *target;
    let mut data = view.try_borrow_mut()?;
    let (discriminator, body) =
        data.split_at_mut_checked(T::DISCRIMINATOR.len()).ok_or(ProgramError::AccountDataTooSmall)?;
    discriminator.copy_from_slice(T::DISCRIMINATOR);
    let value: &mut T = bytemuck::try_from_bytes_mut(body).map_err(|_| ProgramError::InvalidAccountData)?;
    fill(bump, value)
}

//! Calls the program that its first account is, with the accounts behind it and the same data: the smallest caller there is. Tests
//! ask through it what a program answers when another program calls it.

#![no_std]
#![allow(unsafe_code)] // the entrypoint that the macro generates; there is no other

extern crate alloc;

use alloc::vec::Vec;

use pinocchio::ProgramResult;
use pinocchio::account::AccountView;
use pinocchio::address::{Address, declare_id};
use pinocchio::cpi::invoke_with_slice;
use pinocchio::error::ProgramError;
use pinocchio::instruction::{InstructionAccount, InstructionView};

declare_id!("ARhC3UAcjsi7nVPqX8cqdDnPmFf4Fs2DC4v9zhBb7vEJ");

#[cfg(all(target_os = "solana", not(feature = "no-entrypoint")))]
pinocchio::entrypoint!(process, 32);

/// Passes the instruction on.
///
/// # Errors
/// There is no program to call, or it refused: its error.
pub fn process(_: &Address, accounts: &mut [AccountView], data: &[u8]) -> ProgramResult {
    let (program, behind) = accounts.split_first().ok_or(ProgramError::NotEnoughAccountKeys)?;
    let metas: Vec<InstructionAccount<'_>> = behind.iter().map(InstructionAccount::from).collect();
    let call = InstructionView { program_id: program.address(), accounts: &metas, data };
    invoke_with_slice(&call, behind)
}

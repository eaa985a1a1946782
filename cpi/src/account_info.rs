//! Accounts of `solana-program`, and of the frameworks built on it.

use alloc::vec;

use solana_account_info::AccountInfo;
use solana_address::Address;
use solana_cpi::invoke;
use solana_instruction::{AccountMeta, Instruction};
use solana_program_error::ProgramError;

use crate::ModelAccount;
use crate::verify::same;

impl ModelAccount for AccountInfo<'_> {
    type Error = ProgramError;

    fn address(&self) -> &[u8; 32] {
        self.key.as_array()
    }

    fn is_owned_by(&self, program: &[u8; 32]) -> bool {
        same(self.owner.as_array(), program)
    }

    fn with_data<T>(&self, read: impl FnOnce(&[u8]) -> T) -> Result<T, ProgramError> {
        Ok(read(&self.try_borrow_data()?))
    }

    fn call(&self, program: &[u8; 32], data: &[u8]) -> Result<(), ProgramError> {
        let call = Instruction {
            program_id: Address::new_from_array(*program),
            accounts: vec![AccountMeta::new_readonly(*self.key, false)],
            data: data.to_vec(),
        };
        invoke(&call, core::slice::from_ref(self))
    }
}

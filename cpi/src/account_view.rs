//! Accounts of pinocchio, and of the frameworks built on it.

use solana_account_view::AccountView;
use solana_address::Address;
use solana_instruction_view::cpi::invoke;
use solana_instruction_view::{InstructionAccount, InstructionView};
use solana_program_error::ProgramError;

use crate::ModelAccount;
use crate::verify::same;

impl ModelAccount for AccountView {
    type Error = ProgramError;

    fn address(&self) -> &[u8; 32] {
        AccountView::address(self).as_array()
    }

    fn is_owned_by(&self, program: &[u8; 32]) -> bool {
        same(self.owner().as_array(), program)
    }

    fn with_data<T>(&self, read: impl FnOnce(&[u8]) -> T) -> Result<T, ProgramError> {
        Ok(read(&self.try_borrow()?))
    }

    fn call(&self, program: &[u8; 32], data: &[u8]) -> Result<(), ProgramError> {
        let call = InstructionView {
            program_id: &Address::new_from_array(*program),
            accounts: &[InstructionAccount::readonly(AccountView::address(self))],
            data,
        };
        invoke(&call, &[self])
    }
}

//! Accounts of pinocchio, and of the frameworks built on it.

use solana_account_view::AccountView;
use solana_address::Address;
use solana_instruction_view::cpi::invoke;
use solana_instruction_view::{InstructionAccount, InstructionView};
use solana_program_error::ProgramError;

use crate::verify::same;
use crate::{Account, Role};

impl Account for AccountView {
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

    fn call<const N: usize>(
        &self,
        program: &[u8; 32],
        accounts: [(&Self, Role); N],
        data: &[u8],
    ) -> Result<(), ProgramError> {
        let metas = accounts.map(|(account, role)| {
            let address = AccountView::address(account);
            match role {
                Role::Reads => InstructionAccount::readonly(address),
                Role::Writes => InstructionAccount::writable(address),
                Role::Pays => InstructionAccount::writable_signer(address),
            }
        });
        let call = InstructionView { program_id: &Address::new_from_array(*program), accounts: &metas, data };
        invoke(&call, &accounts.map(|(account, _)| account))
    }
}

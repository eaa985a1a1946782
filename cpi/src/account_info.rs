//! Accounts of `solana-program`, and of the frameworks built on it.

use solana_account_info::AccountInfo;
use solana_address::Address;
use solana_cpi::invoke;
use solana_instruction::{AccountMeta, Instruction};
use solana_program_error::ProgramError;

use crate::verify::same;
use crate::{Account, Role};

impl Account for AccountInfo<'_> {
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

    fn call<const N: usize>(
        &self,
        program: &[u8; 32],
        accounts: [(&Self, Role); N],
        data: &[u8],
    ) -> Result<(), ProgramError> {
        let meta = |(account, role): (&Self, Role)| match role {
            Role::Reads => AccountMeta::new_readonly(*account.key, false),
            Role::Writes => AccountMeta::new(*account.key, false),
            Role::Pays => AccountMeta::new(*account.key, true),
        };
        let call = Instruction {
            program_id: Address::new_from_array(*program),
            accounts: accounts.map(meta).to_vec(),
            data: data.to_vec(),
        };
        invoke(&call, &accounts.map(|(account, _)| account.clone()))
    }
}

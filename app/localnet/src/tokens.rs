//! Mints and token accounts, made by the SPL token program itself. The runtime's payer is every mint's authority.

use anchor_lang::solana_program::system_instruction;
use anchor_spl::token::spl_token::{self, instruction as token};
use solana_address::Address;
use solana_instruction::Instruction;
use solana_keypair::Keypair;
use solana_signer::Signer;

use crate::Localnet;

const MINT_LEN: usize = 82;
const TOKEN_ACCOUNT_LEN: usize = 165;
const AMOUNT_OFFSET: usize = 64;

impl Localnet {
    /// A new mint.
    pub fn create_mint(&mut self, decimals: u8) -> Address {
        let mint = Keypair::new();
        let authority = self.payer.pubkey();
        let initialize = token::initialize_mint2(&spl_token::ID, &mint.pubkey(), &authority, None, decimals);
        self.create_token_program_account(&mint, MINT_LEN, initialize);
        mint.pubkey()
    }

    /// A new, empty token account of `owner`.
    pub fn create_token_account(&mut self, mint: &Address, owner: &Address) -> Address {
        let account = Keypair::new();
        let initialize = token::initialize_account3(&spl_token::ID, &account.pubkey(), mint, owner);
        self.create_token_program_account(&account, TOKEN_ACCOUNT_LEN, initialize);
        account.pubkey()
    }

    /// Mints `amount` base units into a token account.
    pub fn mint_to(&mut self, mint: &Address, account: &Address, amount: u64) {
        let payer = self.payer.insecure_clone();
        let instruction =
            token::mint_to(&spl_token::ID, mint, account, &payer.pubkey(), &[], amount).expect("well-formed");
        self.send(&[instruction], &[&payer]).expect_ok();
    }

    /// Base units in a token account; 0 where there is none.
    pub fn token_balance(&self, account: &Address) -> u64 {
        self.account(account)
            .and_then(|account| account.data.get(AMOUNT_OFFSET..AMOUNT_OFFSET + 8)?.try_into().ok())
            .map_or(0, u64::from_le_bytes)
    }

    fn create_token_program_account(
        &mut self,
        account: &Keypair,
        length: usize,
        initialize: Result<Instruction, impl std::fmt::Debug>,
    ) {
        let payer = self.payer.insecure_clone();
        let lamports = self.svm.minimum_balance_for_rent_exemption(length);
        let create = system_instruction::create_account(
            &payer.pubkey(),
            &account.pubkey(),
            lamports,
            length as u64,
            &spl_token::ID,
        );
        self.send(&[create, initialize.expect("well-formed")], &[&payer, account]).expect_ok();
    }
}

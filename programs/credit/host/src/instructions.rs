//! Addresses of an issuer, a pool and a line, and one builder for each instruction.

use anchor_lang::Id as _;
use anchor_lang::programs::{System, Token};
use assay_credit::{
    accounts, instruction,
    instructions::{
        __client_accounts_evidence::Evidence, __client_accounts_takenup::TakenUp as TakenUpAccounts, Claimed,
    },
    state::Terms,
};
use assay_credit_interface::seeds::{DEPOSIT, ISSUER, LINE, POOL, TREE, VAULT};
use solana_address::Address;
use solana_instruction::Instruction;

/// The addresses of one issuer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct IssuerKeys {
    /// Who appends.
    pub authority: Address,
    /// The issuer.
    pub issuer: Address,
}

/// The addresses of one pool.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PoolKeys {
    /// The pool.
    pub pool: Address,
    /// Its vault.
    pub vault: Address,
    /// Its mint.
    pub mint: Address,
    /// Part of the address.
    pub nonce: u64,
}

/// What a pool takes up at its creation, or with new terms.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TakenUp {
    /// The issuer.
    pub issuer: Address,
    /// The model.
    pub model: Address,
    /// A set of attestors and its attestation of the model, where its key is a ceremony's.
    pub attested: Option<(Address, Address)>,
}

/// Where a proof's parts are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Proving {
    /// Who signs.
    pub borrower: Address,
    /// The line.
    pub line: Address,
    /// The pool's issuer.
    pub issuer: Address,
    /// The tree.
    pub tree: Address,
    /// The pool's model.
    pub model: Address,
    /// The statement's receipt.
    pub receipt: Address,
}

impl IssuerKeys {
    /// The issuer of an authority.
    pub fn derive(authority: &Address) -> Self {
        Self { authority: *authority, issuer: address(&[ISSUER, authority.as_ref()]) }
    }

    /// The tree of an epoch.
    pub fn tree(&self, epoch: u32) -> Address {
        address(&[TREE, self.issuer.as_ref(), &epoch.to_le_bytes()])
    }

    /// `create_issuer`.
    pub fn create(&self, guardian: Address) -> Instruction {
        instruction::CreateIssuer { guardian }.to_instruction(accounts::CreateIssuer {
            authority: self.authority,
            issuer: self.issuer,
            system_program: System::id(),
        })
    }

    /// `stop_issuer`.
    pub fn stop(&self, guardian: Address) -> Instruction {
        let accounts = accounts::StopIssuer { guardian, issuer: self.issuer };
        instruction::StopIssuer {}.to_instruction(accounts)
    }

    /// `start_issuer`, at once if the guardian signs too.
    pub fn start(&self, guardian: Option<Address>) -> Instruction {
        let accounts = accounts::StartIssuer { authority: self.authority, issuer: self.issuer, guardian };
        instruction::StartIssuer {}.to_instruction(accounts)
    }

    /// `create_tree`.
    pub fn create_tree(&self, epoch: u32) -> Instruction {
        instruction::CreateTree { epoch }.to_instruction(accounts::CreateTree {
            authority: self.authority,
            issuer: self.issuer,
            tree: self.tree(epoch),
            system_program: System::id(),
        })
    }

    /// `append_leaf`, to the tree of an epoch.
    pub fn append_leaf(&self, epoch: u32, leaf: [u8; 32]) -> Instruction {
        instruction::AppendLeaf { leaf }.to_instruction(accounts::AppendLeaf {
            authority: self.authority,
            issuer: self.issuer,
            tree: self.tree(epoch),
        })
    }

    /// `close_tree`; `payer` is who paid for it, from its account.
    pub fn close_tree(&self, epoch: u32, payer: Address) -> Instruction {
        instruction::CloseTree {}.to_instruction(accounts::CloseTree { payer, tree: self.tree(epoch) })
    }
}

impl PoolKeys {
    /// The pool of a creator and a nonce.
    pub fn derive(creator: &Address, nonce: u64, mint: Address) -> Self {
        let pool = address(&[POOL, creator.as_ref(), &nonce.to_le_bytes()]);
        Self { pool, vault: address(&[VAULT, pool.as_ref()]), mint, nonce }
    }

    /// An owner's deposit account.
    pub fn deposit(&self, owner: &Address) -> Address {
        address(&[DEPOSIT, self.pool.as_ref(), owner.as_ref()])
    }

    /// The line of a nullifier.
    pub fn line(&self, nullifier: &[u8; 32]) -> Address {
        address(&[LINE, self.pool.as_ref(), nullifier])
    }

    /// `create_pool`.
    pub fn create(
        &self,
        creator: Address,
        guardian: Address,
        reserve_owner: Address,
        attested: Option<(Address, Address)>,
        terms: Terms,
    ) -> Instruction {
        let taken_up = TakenUp {
            issuer: Address::new_from_array(terms.issuer),
            model: Address::new_from_array(terms.model),
            attested,
        };
        let arguments = instruction::CreatePool { nonce: self.nonce, guardian, reserve_owner, terms };
        arguments.to_instruction(accounts::CreatePool {
            creator,
            pool: self.pool,
            mint: self.mint,
            vault: self.vault,
            token_program: Token::id(),
            system_program: System::id(),
            taken_up: taken_up.accounts(),
        })
    }

    /// `supply`, out of the owner's `source`.
    pub fn supply(&self, owner: Address, source: Address, amount: u64) -> Instruction {
        instruction::Supply { amount }.to_instruction(accounts::Supply {
            owner,
            pool: self.pool,
            deposit: self.deposit(&owner),
            mint: self.mint,
            vault: self.vault,
            source,
            token_program: Token::id(),
            system_program: System::id(),
        })
    }

    /// `withdraw_supply`, into `destination`.
    pub fn withdraw_supply(&self, owner: Address, destination: Address, shares: u64) -> Instruction {
        instruction::WithdrawSupply { shares }.to_instruction(accounts::WithdrawSupply {
            owner,
            pool: self.pool,
            deposit: self.deposit(&owner),
            mint: self.mint,
            vault: self.vault,
            destination,
            token_program: Token::id(),
        })
    }

    /// `close_deposit`.
    pub fn close_deposit(&self, owner: Address) -> Instruction {
        let accounts = accounts::CloseDeposit { owner, deposit: self.deposit(&owner) };
        instruction::CloseDeposit {}.to_instruction(accounts)
    }

    /// `open_line_by_proof`. The claim's proof may be empty where the statement has its receipt.
    pub fn open_line_by_proof(&self, proving: &Proving, claimed: Claimed) -> Instruction {
        instruction::OpenLineByProof { claimed }.to_instruction(accounts::OpenLineByProof {
            borrower: proving.borrower,
            pool: self.pool,
            line: proving.line,
            evidence: proving.accounts(),
        })
    }

    /// `renew_by_proof`. The claim's proof may be empty where the statement has its receipt.
    pub fn renew_by_proof(&self, proving: &Proving, claimed: Claimed) -> Instruction {
        instruction::RenewByProof { claimed }.to_instruction(accounts::RenewByProof {
            borrower: proving.borrower,
            pool: self.pool,
            line: proving.line,
            evidence: proving.accounts(),
        })
    }

    /// `draw`, into `destination`; `issuer` is the one on whose word the line's tier is.
    pub fn draw(
        &self,
        owner: Address,
        line: Address,
        issuer: Address,
        destination: Address,
        amount: u64,
    ) -> Instruction {
        instruction::Draw { amount }.to_instruction(accounts::Draw {
            owner,
            pool: self.pool,
            line,
            issuer,
            mint: self.mint,
            vault: self.vault,
            destination,
            token_program: Token::id(),
        })
    }

    /// `repay`, out of the payer's `source`.
    pub fn repay(&self, payer: Address, line: Address, source: Address, amount: u64) -> Instruction {
        instruction::Repay { amount }.to_instruction(accounts::Repay {
            payer,
            pool: self.pool,
            line,
            mint: self.mint,
            vault: self.vault,
            source,
            token_program: Token::id(),
        })
    }

    /// `mark_default`.
    pub fn mark_default(&self, line: Address) -> Instruction {
        instruction::MarkDefault {}.to_instruction(accounts::AssessLine { pool: self.pool, line })
    }

    /// `write_off`.
    pub fn write_off(&self, line: Address) -> Instruction {
        instruction::WriteOff {}.to_instruction(accounts::AssessLine { pool: self.pool, line })
    }

    /// `propose_terms`.
    pub fn propose_terms(&self, admin: Address, terms: Terms) -> Instruction {
        instruction::ProposeTerms { terms }.to_instruction(self.administer(admin))
    }

    /// `propose_withdrawal`.
    pub fn propose_withdrawal(&self, admin: Address, amount: u64) -> Instruction {
        instruction::ProposeWithdrawal { amount }.to_instruction(self.administer(admin))
    }

    /// `cancel_proposal`.
    pub fn cancel_proposal(&self, admin: Address) -> Instruction {
        instruction::CancelProposal {}.to_instruction(self.administer(admin))
    }

    /// `apply_terms`, whose issuer and model these are.
    pub fn apply_terms(&self, admin: Address, taken_up: &TakenUp) -> Instruction {
        let accounts = accounts::ApplyTerms { admin, pool: self.pool, taken_up: taken_up.accounts() };
        instruction::ApplyTerms {}.to_instruction(accounts)
    }

    /// `withdraw_reserves`, into a token account of the reserves' owner.
    pub fn withdraw_reserves(&self, admin: Address, destination: Address) -> Instruction {
        instruction::WithdrawReserves {}.to_instruction(accounts::WithdrawReserves {
            admin,
            pool: self.pool,
            mint: self.mint,
            vault: self.vault,
            destination,
            token_program: Token::id(),
        })
    }

    /// `set_pause`.
    pub fn set_pause(&self, guardian: Address, level: u8) -> Instruction {
        let accounts = accounts::SetPause { guardian, pool: self.pool };
        instruction::SetPause { level }.to_instruction(accounts)
    }

    /// `lower_pause`, at once if the guardian signs too.
    pub fn lower_pause(&self, authority: Address, guardian: Option<Address>, level: u8) -> Instruction {
        let accounts = accounts::LowerPause { authority, pool: self.pool, guardian };
        instruction::LowerPause { level }.to_instruction(accounts)
    }

    /// `renounce_admin`.
    pub fn renounce_admin(&self, admin: Address) -> Instruction {
        instruction::RenounceAdmin {}.to_instruction(self.administer(admin))
    }

    /// `close_pool`; what the vault holds goes to the reserves' owner's `destination`.
    pub fn close_pool(&self, admin: Address, creator: Address, destination: Address) -> Instruction {
        instruction::ClosePool {}.to_instruction(accounts::ClosePool {
            admin,
            pool: self.pool,
            creator,
            mint: self.mint,
            vault: self.vault,
            destination,
            token_program: Token::id(),
        })
    }

    fn administer(&self, admin: Address) -> accounts::Administer {
        accounts::Administer { admin, pool: self.pool }
    }
}

impl TakenUp {
    fn accounts(&self) -> TakenUpAccounts {
        let (attestors, attestation) = self.attested.unwrap_or((System::id(), System::id()));
        TakenUpAccounts { issuer: self.issuer, model: self.model, attestors, attestation }
    }
}

impl Proving {
    fn accounts(&self) -> Evidence {
        Evidence {
            issuer: self.issuer,
            tree: self.tree,
            model: self.model,
            receipt: self.receipt,
            verifier: assay_verifier_host::ID,
            system_program: System::id(),
        }
    }
}

fn address(seeds: &[&[u8]]) -> Address {
    Address::find_program_address(seeds, &assay_credit::ID).0
}

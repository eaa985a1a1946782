//! Addresses of a question, and one builder for each instruction.

use anchor_lang::Id as _;
use anchor_lang::programs::{System, Token};
use assay_market::{
    accounts, instruction,
    instructions::Claim,
    state::{Choice, Observation, Question, Terms},
};
use assay_market_interface::seeds::{OBSERVATION, OUTCOME, QUESTION, VAULT};
use solana_address::Address;
use solana_instruction::{AccountMeta, Instruction};

/// The models of a question, and who attested them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Models {
    /// The model.
    pub first: Address,
    /// The one that answers a dispute.
    pub second: Option<Address>,
    /// A set of attestors, and its attestation of each model.
    pub attested: Option<(Address, [Address; 2])>,
}

/// The addresses of one question.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct QuestionKeys {
    /// The question.
    pub question: Address,
    /// Its vault.
    pub vault: Address,
    /// Its observation.
    pub observation: Address,
    /// Mint of its collateral.
    pub mint: Address,
    /// Part of the address.
    pub nonce: u64,
}

impl QuestionKeys {
    /// The question of a creator and a nonce.
    pub fn derive(creator: &Address, nonce: u64, mint: Address) -> Self {
        let question = address(&[QUESTION, creator.as_ref(), &nonce.to_le_bytes()]);
        let of_question = |label: &[u8]| address(&[label, question.as_ref()]);
        Self { question, vault: of_question(VAULT), observation: of_question(OBSERVATION), mint, nonce }
    }

    /// The mint of an outcome.
    pub fn outcome(&self, index: u8) -> Address {
        address(&[OUTCOME, self.question.as_ref(), &[index]])
    }

    /// `create`, over these sources.
    pub fn create(
        &self,
        creator: Address,
        council: Address,
        models: &Models,
        sources: &[Address],
        terms: Terms,
    ) -> Instruction {
        let (attestors, [attestation, second_attestation]) =
            models.attested.unwrap_or((System::id(), [System::id(); 2]));
        let arguments = instruction::Create { nonce: self.nonce, council, terms };
        let create = arguments.to_instruction(accounts::Create {
            creator,
            question: self.question,
            mint: self.mint,
            vault: self.vault,
            model: models.first,
            second_model: models.second.unwrap_or(System::id()),
            attestors,
            attestation,
            second_attestation,
            token_program: Token::id(),
            system_program: System::id(),
        });
        behind(create, sources.iter().map(|source| AccountMeta::new_readonly(*source, false)))
    }

    /// `add_outcome`, of the next index.
    pub fn add_outcome(&self, payer: Address, index: u8) -> Instruction {
        instruction::AddOutcome {}.to_instruction(accounts::AddOutcome {
            payer,
            question: self.question,
            mint: self.outcome(index),
            token_program: Token::id(),
            system_program: System::id(),
        })
    }

    /// `split`, out of `source`, into the owner's token account of each outcome.
    pub fn split(&self, owner: Address, source: Address, outcomes: &[Address], amount: u64) -> Instruction {
        let split = instruction::Split { amount }.to_instruction(self.sets(owner, source));
        behind(split, self.pairs(outcomes))
    }

    /// `merge`, into `destination`, out of the owner's token account of each outcome.
    pub fn merge(
        &self,
        owner: Address,
        destination: Address,
        outcomes: &[Address],
        amount: u64,
    ) -> Instruction {
        let merge = instruction::Merge { amount }.to_instruction(self.sets(owner, destination));
        behind(merge, self.pairs(outcomes))
    }

    /// `observe`, of the question's sources in order.
    pub fn observe(&self, caller: Address, sources: &[Address]) -> Instruction {
        let observe = instruction::Observe {}.to_instruction(accounts::Observe {
            caller,
            question: self.question,
            observation: self.observation,
            system_program: System::id(),
        });
        behind(observe, sources.iter().map(|source| AccountMeta::new_readonly(*source, false)))
    }

    /// `resolve_by_proof`; the proof may be empty where there is a receipt.
    pub fn resolve_by_proof(
        &self,
        prover: Address,
        model: Address,
        receipt: Address,
        proof: &[u8],
        output: i16,
    ) -> Instruction {
        let claim = Claim { proof: proof.to_vec().into(), output };
        let arguments = instruction::ResolveByProof { claim };
        arguments.to_instruction(accounts::ResolveByProof {
            prover,
            question: self.question,
            observation: self.observation,
            model,
            receipt,
            verifier: assay_verifier_host::ID,
            system_program: System::id(),
        })
    }

    /// `dispute`.
    pub fn dispute(&self, challenger: Address) -> Instruction {
        instruction::Dispute {}.to_instruction(accounts::Dispute {
            challenger,
            question: self.question,
            system_program: System::id(),
        })
    }

    /// `settle`, of the question as it stands.
    pub fn settle(&self, question: &Question) -> Instruction {
        paying(instruction::Settle {}.to_instruction(self.receivers(question)))
    }

    /// `void`, of the question as it stands.
    pub fn void(&self, question: &Question) -> Instruction {
        paying(instruction::Void {}.to_instruction(self.receivers(question)))
    }

    /// `council`, of the question as it stands.
    pub fn council(&self, question: &Question, choice: Choice) -> Instruction {
        let accounts = accounts::Council { ending: self.receivers(question), council: question.council };
        paying(instruction::Council { choice: choice as u8 }.to_instruction(accounts))
    }

    /// `redeem`, out of the owner's `source` of an outcome.
    pub fn redeem(
        &self,
        owner: Address,
        destination: Address,
        outcome: u8,
        source: Address,
        amount: u64,
    ) -> Instruction {
        instruction::Redeem { outcome, amount }.to_instruction(accounts::Redeem {
            owner,
            question: self.question,
            mint: self.mint,
            vault: self.vault,
            destination,
            outcome_mint: self.outcome(outcome),
            source,
            token_program: Token::id(),
        })
    }

    /// `close`; what is left of the collateral goes to the payer's `destination`.
    pub fn close(&self, question: &Question, destination: Address) -> Instruction {
        let close = instruction::Close {}.to_instruction(accounts::Close {
            payer: question.payer,
            question: self.question,
            mint: self.mint,
            vault: self.vault,
            destination,
            token_program: Token::id(),
        });
        behind(close, (0..question.mints).map(|index| AccountMeta::new_readonly(self.outcome(index), false)))
    }

    /// `close_observation`; `payer` is who paid for it, from its account.
    pub fn close_observation(&self, payer: Address) -> Instruction {
        let (question, observation) = (self.question, self.observation);
        close_observation(accounts::CloseObservation { payer, observation, question })
    }

    /// `close_observation` of an account whose question is gone, and with it the other addresses.
    pub fn close_observation_of(observation: Address, found: &Observation) -> Instruction {
        let (payer, question) = (found.payer, found.question);
        close_observation(accounts::CloseObservation { payer, observation, question })
    }

    fn sets(&self, owner: Address, collateral: Address) -> accounts::Sets {
        accounts::Sets {
            owner,
            question: self.question,
            mint: self.mint,
            vault: self.vault,
            collateral,
            token_program: Token::id(),
        }
    }

    fn receivers(&self, question: &Question) -> accounts::Settle {
        let [first_prover, second_prover] = question.provers;
        let [first_challenger, second_challenger] = question.challengers;
        accounts::Settle {
            question: self.question,
            payer: question.payer,
            first_prover,
            second_prover,
            first_challenger,
            second_challenger,
        }
    }

    fn pairs(&self, outcomes: &[Address]) -> impl Iterator<Item = AccountMeta> {
        let pair = |(index, account): (u8, &Address)| {
            [AccountMeta::new(self.outcome(index), false), AccountMeta::new(*account, false)]
        };
        (0..).zip(outcomes).flat_map(pair)
    }
}

fn close_observation(accounts: accounts::CloseObservation) -> Instruction {
    instruction::CloseObservation {}.to_instruction(accounts)
}

/// The instruction with more accounts behind its own.
fn behind(mut instruction: Instruction, accounts: impl Iterator<Item = AccountMeta>) -> Instruction {
    instruction.accounts.extend(accounts);
    instruction
}

/// The instruction with everybody writable whom it may pay: not who signs it, nor the system program, which stands for nobody.
fn paying(mut instruction: Instruction) -> Instruction {
    let is_paid = |account: &&mut AccountMeta| account.pubkey != System::id() && !account.is_signer;
    instruction.accounts.iter_mut().filter(is_paid).for_each(|account| account.is_writable = true);
    instruction
}

fn address(seeds: &[&[u8]]) -> Address {
    Address::find_program_address(seeds, &assay_market::ID).0
}

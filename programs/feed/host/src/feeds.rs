//! Addresses of a feed and its rounds, and one builder for each instruction.

use anchor_lang::Id as _;
use anchor_lang::programs::System;
use assay_feed::{
    accounts, instruction,
    instructions::Claim,
    state::{FeedParams, Offices},
};
use assay_feed_interface::{
    Scores,
    seeds::{FEED, ROUND},
};
use solana_address::Address;
use solana_instruction::{AccountMeta, Instruction};

/// The verifier program.
const VERIFIER: Address = assay_verifier_host::ID;

/// What the creator of a feed decides, but for its parameters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Terms {
    /// Part of the address.
    pub nonce: u64,
    /// Which price it is, by the creator's word.
    pub feed_id: [u8; 32],
    /// Who stops and who starts it; zero for nobody.
    pub offices: Offices,
    /// The model that judges the sources.
    pub model: Address,
    /// A set of attestors, and its attestation of the model.
    pub attested: Option<(Address, Address)>,
}

/// The address of a feed, from which those of its rounds follow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FeedKeys {
    /// The feed.
    pub feed: Address,
}

impl FeedKeys {
    /// The feed of a creator and a nonce.
    pub fn derive(creator: &Address, nonce: u64) -> Self {
        Self { feed: address(&[FEED, creator.as_ref(), &nonce.to_le_bytes()]) }
    }

    /// The round of a minute, Unix seconds / 60.
    pub fn round(&self, minute: u32) -> Address {
        address(&[ROUND, self.feed.as_ref(), &minute.to_le_bytes()])
    }

    /// `create_feed`, over these sources.
    pub fn create(creator: Address, terms: &Terms, params: FeedParams, sources: &[Address]) -> Instruction {
        let Terms { nonce, feed_id, offices: Offices { authority, guardian }, model, attested } = *terms;
        let (attestors, attestation) = attested.unwrap_or((System::id(), System::id()));
        let arguments = instruction::CreateFeed { nonce, feed_id, authority, guardian, params };
        let create = arguments.to_instruction(accounts::CreateFeed {
            creator,
            feed: Self::derive(&creator, nonce).feed,
            model,
            attestors,
            attestation,
            system_program: System::id(),
        });
        behind(create, sources)
    }

    /// `open_round`, of a minute; `sources` are the feed's, in order.
    pub fn open_round(&self, caller: Address, minute: u32, sources: &[Address]) -> Instruction {
        let open = instruction::OpenRound { minute }.to_instruction(accounts::OpenRound {
            caller,
            feed: self.feed,
            round: self.round(minute),
            system_program: System::id(),
        });
        behind(open, sources)
    }

    /// `publish_by_proof`.
    pub fn publish_by_proof(
        &self,
        prover: Address,
        model: Address,
        minute: u32,
        proof: &[u8],
        scores: Scores,
    ) -> Instruction {
        let claim = Claim { proof: proof.to_vec().into(), scores };
        let arguments = instruction::PublishByProof { claim };
        arguments.to_instruction(accounts::PublishByProof {
            prover,
            feed: self.feed,
            round: self.round(minute),
            model,
            verifier: VERIFIER,
        })
    }

    /// `publish_fallback`.
    pub fn publish_fallback(&self, minute: u32) -> Instruction {
        let accounts = accounts::PublishFallback { feed: self.feed, round: self.round(minute) };
        instruction::PublishFallback {}.to_instruction(accounts)
    }

    /// `close_round`, for who paid for it.
    pub fn close_round(&self, payer: Address, minute: u32) -> Instruction {
        let accounts = accounts::CloseRound { payer, round: self.round(minute) };
        instruction::CloseRound {}.to_instruction(accounts)
    }

    /// `stop`.
    pub fn stop(&self, guardian: Address) -> Instruction {
        instruction::Stop {}.to_instruction(accounts::Stop { guardian, feed: self.feed })
    }

    /// `start`.
    pub fn start(&self, authority: Address) -> Instruction {
        instruction::Start {}.to_instruction(accounts::Start { authority, feed: self.feed })
    }

    /// `propose_offices`; zero stands for nobody.
    pub fn propose_offices(&self, authority: Address, next: &Offices) -> Instruction {
        let arguments = instruction::ProposeOffices { authority: next.authority, guardian: next.guardian };
        arguments.to_instruction(accounts::ProposeOffices { authority, feed: self.feed })
    }

    /// `accept_offices`.
    pub fn accept_offices(&self, signer: Address) -> Instruction {
        instruction::AcceptOffices {}.to_instruction(accounts::AcceptOffices { signer, feed: self.feed })
    }
}

/// The instruction, with sources behind its accounts.
fn behind(mut instruction: Instruction, sources: &[Address]) -> Instruction {
    let sources = sources.iter().map(|source| AccountMeta::new_readonly(*source, false));
    instruction.accounts.extend(sources);
    instruction
}

fn address(seeds: &[&[u8]]) -> Address {
    Address::find_program_address(seeds, &assay_feed::ID).0
}

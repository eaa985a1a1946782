//! Addresses of a source, and one builder for each instruction.

use anchor_lang::Id as _;
use anchor_lang::programs::System;
use assay_feed::{accounts, instruction};
use assay_feed_interface::{
    Interval, Kind,
    pyth::{PUSH_ORACLE_PROGRAM, push_seeds},
    seeds::SOURCE,
};
use solana_address::Address;
use solana_instruction::Instruction;

/// A feed of Pyth's push oracle.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PythFeed {
    /// The sponsor's copy of the feed.
    pub shard: u16,
    /// Which price.
    pub id: [u8; 32],
}

impl PythFeed {
    /// The account that the push oracle writes.
    pub fn account(&self) -> Address {
        let oracle = Address::new_from_array(PUSH_ORACLE_PROGRAM);
        Address::find_program_address(&push_seeds(&self.shard.to_le_bytes(), &self.id), &oracle).0
    }
}

/// A source and the account that it is pinned to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SourceKeys {
    /// The source.
    pub source: Address,
    /// The account that it copies.
    pub pinned: Address,
}

impl SourceKeys {
    /// The source of a feed of Pyth's.
    pub fn of(feed: &PythFeed) -> Self {
        let pinned = feed.account();
        let seeds: [&[u8]; 3] = [SOURCE, &[Kind::Pyth as u8], pinned.as_ref()];
        Self { source: Address::find_program_address(&seeds, &assay_feed::ID).0, pinned }
    }

    /// `create_source`, for the feed that these are the keys of.
    pub fn create(&self, payer: Address, feed: &PythFeed) -> Instruction {
        let PythFeed { shard, id: feed_id } = *feed;
        let arguments = instruction::CreateSource { shard, feed_id };
        arguments.to_instruction(accounts::CreateSource {
            payer,
            source: self.source,
            pinned: self.pinned,
            system_program: System::id(),
        })
    }

    /// `refresh`.
    pub fn refresh(&self) -> Instruction {
        instruction::Refresh {}.to_instruction(accounts::Refresh { source: self.source, pinned: self.pinned })
    }

    /// `observe`: the price account `update` for the time `at`, Unix seconds.
    pub fn observe(&self, interval: Interval, at: i64, update: Address) -> Instruction {
        let arguments = instruction::Observe { interval: interval as u8, at };
        arguments.to_instruction(accounts::Observe { source: self.source, update })
    }
}

//! Batches through buffers, in transactions of version 0, for the tests of the instructions that write, check and close one.

pub mod costs;

use assay_host::compute_budget::{limit, price};
use assay_localnet::Outcome;
use assay_verifier_host::batch::{PreparedBatch, Purpose};
use assay_verifier_host::buffer::{Buffered, buffer_address};
use solana_address::Address;
use solana_instruction::Instruction;
use solana_signer::Signer;

use crate::support::World;

/// The buffer's nonce in tests that have one.
pub const NONCE: u64 = 9;

const COMPUTE_LIMIT: u32 = 1_400_000;

impl World {
    /// The stranger's buffer.
    pub fn buffer(&self) -> Address {
        buffer_address(&self.stranger.pubkey(), NONCE)
    }

    /// By the stranger, with compute limit and price, and all the compute units that there are.
    pub fn stranger_sends_limited(&mut self, instruction: Instruction) -> Outcome {
        self.net.send(&[limit(COMPUTE_LIMIT), price(1_000), instruction], &[&self.stranger])
    }

    /// Its way through the stranger's buffer.
    pub fn through_buffer(&self, batch: &PreparedBatch, purpose: Purpose) -> Buffered {
        batch.through_buffer(self.stranger.pubkey(), NONCE, self.model, purpose)
    }

    /// Writes a batch into the stranger's buffer.
    pub fn fill_buffer(&mut self, batch: &PreparedBatch) -> Address {
        for write in self.through_buffer(batch, Purpose::Verify).writes {
            self.stranger_sends_limited(write).expect_ok();
        }
        self.buffer()
    }

    /// The bytes of the batch that the stranger's buffer holds.
    pub fn buffered(&self) -> Vec<u8> {
        let data = self.net.account(&self.buffer()).unwrap().data;
        data[assay_verifier_host::Buffer::START..].to_vec()
    }
}

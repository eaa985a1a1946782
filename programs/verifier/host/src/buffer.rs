//! Batches through a buffer: for senders without transactions of version 1, and for batches longer than those carry.
//!
//! A batch goes into an account in pieces of 917 bytes, which fill transactions of version 0; then one transaction checks all of it
//! and one returns the rent. That is worth its transactions and the rent in between (0.07 to 0.14 SOL for 10 to 20 kB) where
//! many proofs must be checked at once; alone, proofs are checked in transactions of their own.
//!
//! The compute units that a batch takes are the program's, measured for two limbs (`tests/ledger/compute-units.csv`) and computed
//! from there for others.

use anchor_lang::Id as _;
use anchor_lang::programs::System;
use assay_interface::field::Scalar;
use assay_interface::groth16::Form;
use assay_interface::groth16::batch::{Layout, MAX_PROOFS};
use assay_verifier::{ChunkArgs, ID, accounts, buffer_seeds, instruction};
use solana_address::Address;
use solana_instruction::{AccountMeta, Instruction};

use crate::batch::{PreparedBatch, Purpose};
use crate::instructions::receipt_address;

/// Bytes of a batch in one `write_buffer`, alone with compute limit and price in a transaction of version 0 and one signer.
pub const CHUNK: usize = 917;

/// Most receipts whose addresses fit a `record_buffer` that is sent likewise.
pub const MAX_RECORDED: usize = 27;

/// Address of the buffer of this payer and nonce.
pub fn buffer_address(payer: &Address, nonce: u64) -> Address {
    Address::find_program_address(&buffer_seeds(payer, &nonce.to_le_bytes()), &ID).0
}

/// `write_buffer`: `chunk` goes to `offset` of the batch; the payer signs.
pub fn write_buffer(payer: Address, nonce: u64, offset: u32, chunk: &[u8]) -> Instruction {
    let args = ChunkArgs { nonce, offset, chunk: chunk.to_vec().into() };
    let buffer = buffer_address(&payer, nonce);
    let accounts = accounts::WriteBuffer { payer, buffer, system_program: System::id() };
    instruction::WriteBuffer { args }.to_instruction(accounts)
}

/// `close_buffer`, signed by the payer, who gets the rent.
pub fn close_buffer(payer: Address, nonce: u64) -> Instruction {
    let buffer = buffer_address(&payer, nonce);
    instruction::CloseBuffer {}.to_instruction(accounts::CloseBuffer { payer, buffer })
}

/// `verify_buffer`: returns [`VerifiedBatch`](crate::VerifiedBatch) as return data; no one signs.
pub fn verify_buffer(model: Address, buffer: Address) -> Instruction {
    instruction::VerifyBuffer {}.to_instruction(accounts::VerifyBuffer { model, buffer })
}

/// `record_buffer`: writes the receipts of the batch in `buffer`, whose digests are `digests` in this order, where there are none;
/// the payer of the receipts signs. Returns what `verify_buffer` returns.
pub fn record_buffer(payer: Address, model: Address, buffer: Address, digests: &[Scalar]) -> Instruction {
    let accounts = accounts::RecordBuffer { payer, model, buffer, system_program: System::id() };
    let mut instruction = instruction::RecordBuffer {}.to_instruction(accounts);
    let receipts = digests.iter().map(|digest| AccountMeta::new(receipt_address(&model, digest), false));
    instruction.accounts.extend(receipts);
    instruction
}

/// A batch's way through a buffer: an instruction is a transaction, beside compute limit and price.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Buffered {
    /// To be sent in this order, each after the one ahead was confirmed or in one go: a piece that overtakes others by more than
    /// 10,240 bytes is refused, and can be sent again.
    pub writes: Vec<Instruction>,
    /// After all of them: with all the compute units that there are.
    pub check: Instruction,
    /// At the end: returns the rent.
    pub close: Instruction,
}

impl PreparedBatch {
    /// Its way through the payer's buffer of `nonce`, which must be new, or of this batch's length or shorter.
    pub fn through_buffer(&self, payer: Address, nonce: u64, model: Address, purpose: Purpose) -> Buffered {
        let offsets = (0_u32..).step_by(CHUNK);
        let chunks = self.bytes.chunks(CHUNK);
        let buffer = buffer_address(&payer, nonce);
        Buffered {
            writes: offsets
                .zip(chunks)
                .map(|(offset, chunk)| write_buffer(payer, nonce, offset, chunk))
                .collect(),
            check: match purpose {
                Purpose::Verify => verify_buffer(model, buffer),
                Purpose::Record => record_buffer(payer, model, buffer, &self.digests),
            },
            close: close_buffer(payer, nonce),
        }
    }
}

/// Compute units of a transaction, less what its compute budget and `verify_buffer` take beside the batch.
const COMPUTE_UNITS: usize = 1_395_000;

/// Most proofs of a buffer that one transaction checks: what [`prepare`](crate::batch::prepare) takes for
/// [`PreparedBatch::through_buffer`].
pub fn most_proofs(layout: Layout, purpose: Purpose) -> usize {
    // What a batch takes, and each of its proofs beside the digest.
    let (batch, proof) = match layout.form {
        Form::Plain => (70_100, 17_830),
        Form::Committed => (96_700, 22_840),
    };
    let digest = digest_cost(layout.limbs.saturating_add(3)); // domain, two halves of the context, limbs
    let most = (COMPUTE_UNITS - batch) / digest.saturating_add(proof);
    match purpose {
        Purpose::Verify => most.min(MAX_PROOFS),
        Purpose::Record => most.min(MAX_RECORDED),
    }
}

/// Compute units of a digest of so many elements: 12 at once, then 11 and the digest so far.
fn digest_cost(elements: usize) -> usize {
    const fn hash(width: usize) -> usize {
        61 * width * width + 542
    }
    match elements.checked_sub(12) {
        None | Some(0) => hash(elements),
        Some(more) => hash(12).saturating_add(hash(12).saturating_mul(more.div_ceil(11))),
    }
}

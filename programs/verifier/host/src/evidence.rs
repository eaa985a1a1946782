//! Reading the program's own instructions and events again: what a receipt rests on, from a transaction of the past.

use anchor_lang::{Discriminator, Event as _};
use assay_verifier::{BatchArgs, ChunkArgs, ProofArgs, StatementRecorded, instruction};
use solana_address::Address;
use wincode::SchemaRead;

/// An instruction that brings statements, or the bytes of a buffer. Its accounts are those of [`assay_verifier::accounts`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Brought {
    /// `record`: of the model that is account 1. Without a proof where the statement had a receipt.
    Record {
        /// The proof, of no length that was checked.
        proof: Vec<u8>,
        /// The statement's context.
        context: [u8; 32],
        /// The statement's limbs.
        limbs: Vec<[u8; 32]>,
    },
    /// `record_batch`: a batch for the model that is account 1.
    Batch(Vec<u8>),
    /// `record_buffer`: what the buffer holds that is account 2, for the model that is account 1.
    Buffer,
    /// `write_buffer`: a piece of the buffer that is account 1.
    Chunk {
        /// Bytes ahead of it.
        offset: u32,
        /// The piece.
        chunk: Vec<u8>,
    },
    /// `close_buffer`: of the buffer that is account 1.
    Close,
}

/// What an instruction of the program brings; `None` where it is another one, or no instruction of the program's.
pub fn brought(data: &[u8]) -> Option<Brought> {
    let of = |discriminator: &[u8]| data.strip_prefix(discriminator);
    if let Some(rest) = of(instruction::Record::DISCRIMINATOR) {
        let ProofArgs { proof, context, limbs } = arguments(rest)?;
        return Some(Brought::Record { proof: proof.to_vec(), context, limbs: limbs.to_vec() });
    }
    if let Some(rest) = of(instruction::RecordBatch::DISCRIMINATOR) {
        return Some(Brought::Batch(arguments::<BatchArgs>(rest)?.batch.to_vec()));
    }
    if let Some(rest) = of(instruction::WriteBuffer::DISCRIMINATOR) {
        let ChunkArgs { offset, chunk, .. } = arguments(rest)?;
        return Some(Brought::Chunk { offset, chunk: chunk.to_vec() });
    }
    if of(instruction::RecordBuffer::DISCRIMINATOR).is_some() {
        return Some(Brought::Buffer);
    }
    of(instruction::CloseBuffer::DISCRIMINATOR).map(|_| Brought::Close)
}

fn arguments<'a, T: SchemaRead<'a, anchor_lang::BorshConfig, Dst = T>>(bytes: &'a [u8]) -> Option<T> {
    wincode::config::deserialize(bytes, anchor_lang::BORSH_CONFIG).ok()
}

/// The event of a statement that was recorded: as [`StatementRecorded`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Recording {
    /// The model's account.
    pub model: Address,
    /// The statement's digest.
    pub digest: [u8; 32],
    /// The statement's context.
    pub context: [u8; 32],
    /// Its position among the model's recorded statements.
    pub index: u64,
    /// When, in Unix seconds.
    pub recorded_at: i64,
    /// The model's audit chain after it.
    pub audit_chain: [u8; 32],
}

/// The recording that an event of the program's tells of; `None` where it is another event.
pub fn recording(event: &[u8]) -> Option<Recording> {
    let rest = event.strip_prefix(StatementRecorded::DISCRIMINATOR)?;
    let (model, rest) = rest.split_first_chunk()?;
    let (digest, rest) = rest.split_first_chunk()?;
    let (context, rest) = rest.split_first_chunk()?;
    let (index, rest) = rest.split_first_chunk()?;
    let (recorded_at, rest) = rest.split_first_chunk()?;
    let audit_chain = rest.try_into().ok()?;
    Some(Recording {
        model: Address::new_from_array(*model),
        digest: *digest,
        context: *context,
        index: u64::from_le_bytes(*index),
        recorded_at: i64::from_le_bytes(*recorded_at),
        audit_chain,
    })
}

/// The event that tells of a recording.
pub fn written(recording: &Recording) -> Vec<u8> {
    let Recording { model, digest, context, index, recorded_at, audit_chain } = *recording;
    StatementRecorded { model, digest, context, index, recorded_at, audit_chain }.data()
}

#[cfg(test)]
mod tests {
    use assay_interface::field::Scalar;
    use assay_interface::groth16::ProofRef;

    use super::*;

    #[test]
    fn what_was_sent_is_read_again() {
        let (payer, model) = (Address::new_from_array([1; 32]), Address::new_from_array([2; 32]));
        let limbs = [Scalar::from(5_u64), Scalar::from(6_u64)];
        let digest = Scalar::from(7_u64);
        let bytes = [3; 256];
        let proof = ProofRef::from_slice(&bytes).unwrap();
        let expected = |proof: &[u8]| Brought::Record {
            proof: proof.to_vec(),
            context: [9; 32],
            limbs: limbs.map(|limb| limb.to_be_bytes()).to_vec(),
        };
        let sent = crate::record(payer, model, proof, [9; 32], &limbs, &digest);
        assert_eq!(brought(&sent.data), Some(expected(&bytes)));
        let sent = crate::record_without_proof(payer, model, [9; 32], &limbs, &digest);
        assert_eq!(brought(&sent.data), Some(expected(&[])));
        let sent = crate::record_batch(payer, model, &[1, 2, 3], &[digest]);
        assert_eq!(brought(&sent.data), Some(Brought::Batch(vec![1, 2, 3])));
        for data in [&sent.data[..9], &[], &[0xff; 40]] {
            assert_eq!(brought(data), None);
        }
        assert_eq!(brought(&crate::activate(payer, model).data), None);
    }

    #[test]
    fn the_event_is_read_as_the_program_writes_it() {
        let recorded = Recording {
            model: Address::new_from_array([1; 32]),
            digest: [2; 32],
            context: [3; 32],
            index: 4,
            recorded_at: -5,
            audit_chain: [6; 32],
        };
        let event = written(&recorded);
        assert_eq!(recording(&event), Some(recorded));
        assert_eq!(recording(&event[1..]), None);
        assert_eq!(recording(&[&event[..], &[0]].concat()), None);
    }
}

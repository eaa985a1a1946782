//! From proofs to batches that the program accepts: bad proofs are named here, before anything is sent.
//!
//! The program cannot say which proof of a batch is bad, since their C are summed. So each is verified here first, 2 to 3 ms
//! a proof; those that fail are reported with their reason and left out, and the rest is summed and cut into as few batches as
//! fit the transactions, of nearly equal size. [`crate::buffer`] takes them where they are longer than a transaction. Nothing about the order of the proofs is secret or matters.

use assay_interface::field::Scalar;
use assay_interface::groth16::batch::{BatchError, Layout, Whole, assemble};
use assay_interface::groth16::{KeyRef, VerifyError, verify};
use assay_interface::poseidon::PoseidonError;
use assay_verifier::Model;
use thiserror::Error;

/// The model for which a batch is made: what the program knows of it.
#[derive(Clone, Copy, Debug)]
pub struct Target<'a> {
    /// Its key.
    pub key: KeyRef<'a>,
    /// First element of its statements.
    pub domain: Scalar,
    /// Limbs of its statements.
    pub limbs: usize,
}

impl<'a> Target<'a> {
    /// That of a model's account; `None` where the account's state breaks its invariant.
    pub fn of(model: &'a Model) -> Option<Self> {
        let domain = Scalar::from_be_bytes(model.domain).ok()?;
        Some(Self { key: model.key().ok()?, domain, limbs: usize::from(model.limb_count) })
    }

    /// The widths of its batches.
    pub fn layout(&self) -> Layout {
        Layout { form: self.key.form(), limbs: self.limbs }
    }
}

/// Batches, and the proofs that are in none.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Prepared {
    /// The batches: together they hold every proof that was not refused, in the order given.
    pub batches: Vec<PreparedBatch>,
    /// The places of the refused proofs, counted from 0, each with its reason.
    pub refused: Vec<(usize, Fault)>,
}

/// A batch to send.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PreparedBatch {
    /// The argument of `verify_batch` and `record_batch`.
    pub bytes: Vec<u8>,
    /// The places of its proofs among those given.
    pub places: Vec<usize>,
    /// The digests of its statements: the program answers with their hash, and receipts are named by them.
    pub digests: Vec<Scalar>,
}

/// Why a proof is in no batch.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum Fault {
    /// The statement is of another model.
    #[error("the statement is of another model: its domain differs")]
    Domain,
    /// The statement has another number of limbs than the model's.
    #[error("the statement has {given} limbs where the model has {expected}")]
    LimbCount {
        /// Limbs of the model.
        expected: usize,
        /// Limbs given.
        given: usize,
    },
    /// The digest could not be computed.
    #[error(transparent)]
    Digest(#[from] PoseidonError),
    /// The proof does not verify.
    #[error(transparent)]
    Proof(#[from] VerifyError),
}

/// Verifies `proofs` one by one, and makes batches of at most `most` of the good ones.
///
/// # Errors
/// [`BatchError::Count`] when `most` is 0. Proofs that verify can be summed, so nothing else is expected.
pub fn prepare(target: &Target<'_>, proofs: &[Whole<'_>], most: usize) -> Result<Prepared, BatchError> {
    if most == 0 {
        return Err(BatchError::Count(0));
    }
    let mut prepared = Prepared::default();
    let mut good = Vec::new();
    for (place, whole) in proofs.iter().enumerate() {
        match check(target, whole) {
            Ok(digest) => good.push((place, digest, *whole)),
            Err(fault) => prepared.refused.push((place, fault)),
        }
    }
    let batches = good.len().div_ceil(most);
    let mut rest = &good[..];
    for left in (1..=batches).rev() {
        let (members, others) = rest.split_at(rest.len().div_ceil(left));
        rest = others;
        let whole: Vec<Whole<'_>> = members.iter().map(|(_, _, whole)| *whole).collect();
        prepared.batches.push(PreparedBatch {
            bytes: assemble(target.key, &whole)?,
            places: members.iter().map(|(place, ..)| *place).collect(),
            digests: members.iter().map(|(_, digest, _)| *digest).collect(),
        });
    }
    Ok(prepared)
}

fn check(target: &Target<'_>, whole: &Whole<'_>) -> Result<Scalar, Fault> {
    let statement = whole.statement;
    if statement.domain != target.domain {
        return Err(Fault::Domain);
    }
    if statement.limbs.len() != target.limbs {
        return Err(Fault::LimbCount { expected: target.limbs, given: statement.limbs.len() });
    }
    let digest = statement.digest()?;
    verify(target.key, whole.proof, &digest)?;
    Ok(digest)
}

/// A transaction's format.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Version {
    /// 1,232 bytes; compute limit and price are instructions.
    Zero,
    /// 4,096 bytes; compute limit, price and loaded data stand in the header.
    One,
}

/// What is done with a batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// `verify_batch`, `verify_buffer`.
    Verify,
    /// `record_batch`, `record_buffer`: an account more for each proof.
    Record,
}

impl Version {
    /// Most bytes of a transaction.
    pub const fn max_len(self) -> usize {
        match self {
            Self::Zero => 1_232,
            Self::One => 4_096,
        }
    }

    /// Bytes of a transaction that has one signer, a compute limit and price, and one instruction over a batch.
    pub const fn transaction_len(self, layout: Layout, purpose: Purpose, proofs: usize) -> usize {
        const SIGNATURE: usize = 64;
        const ADDRESS: usize = 32;
        // Fee payer, program, model; `record_batch` pays from the fee payer, and has the system program and the receipts.
        let (addresses, indices) = match purpose {
            Purpose::Verify => (3, 1),
            Purpose::Record => (4 + proofs, 3 + proofs),
        };
        let data = 8 + 4 + layout.len(proofs);
        let envelope = match self {
            // Prefix, header, blockhash, two counts; the compute budget's address and two instructions; the instruction's
            // program, count of accounts and length; no lookup tables.
            Self::Zero => (1 + SIGNATURE) + 1 + 3 + 32 + 1 + 1 + (ADDRESS + 8 + 12) + (1 + 1 + 2) + 1,
            // Prefix, header, config mask and values (price 8, limit 4, loaded data 4), blockhash, two counts; the
            // instruction's header.
            Self::One => SIGNATURE + 1 + 3 + (4 + 16) + 32 + 1 + 1 + 4,
        };
        envelope + ADDRESS * addresses + indices + data
    }

    /// Most proofs that one transaction carries; 0 where a statement alone is too long.
    pub const fn most_proofs(self, layout: Layout, purpose: Purpose) -> usize {
        let mut most = layout.most_within(self.max_len());
        while most > 0 && self.transaction_len(layout, purpose, most) > self.max_len() {
            most -= 1;
        }
        most
    }
}

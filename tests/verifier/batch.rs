//! Batches for the tests of `verify_batch` and `record_batch`, and what these cost against the number of proofs.

pub mod costs;

use assay_interface::field::Scalar;
use assay_interface::groth16::batch::Whole;
use assay_interface::schema::ModelSchema;
use assay_interface::statement::Statement;
use assay_localnet::Outcome;
use assay_verifier_host::batch::{Prepared, PreparedBatch, Target, prepare};
use assay_verifier_host::{self as verifier};
use solana_instruction::Instruction;
use solana_signer::Signer;

use crate::support::{Echo, Proven, World};

/// Compute units that a transaction of version 1 asks for here: the most there are.
const COMPUTE_LIMIT: u32 = 1_400_000;

/// `count` proofs of different statements.
pub fn proofs(echo: &Echo, count: usize) -> Vec<Proven> {
    (0..count).map(|index| echo.prove_blinded(index as i64 - 5, [index as u8; 32], index as u64)).collect()
}

pub fn statements(schema: &ModelSchema, proofs: &[Proven]) -> Vec<Statement> {
    let statement = |proven: &Proven| Statement {
        domain: schema.domain(),
        context: proven.context,
        limbs: proven.limbs.clone(),
    };
    proofs.iter().map(statement).collect()
}

/// What a sender does with proofs: at most `most` a batch.
pub fn prepared(echo: &Echo, proofs: &[Proven], most: usize) -> Prepared {
    let statements = statements(&echo.schema, proofs);
    let whole: Vec<Whole<'_>> = proofs
        .iter()
        .zip(&statements)
        .map(|(proven, statement)| Whole { proof: proven.proof.as_ref(), statement })
        .collect();
    let limbs = echo.schema.input_limbs() + echo.schema.output_limbs();
    let target = Target { key: echo.key.as_ref(), domain: echo.schema.domain(), limbs };
    prepare(&target, &whole, most).unwrap()
}

/// All proofs in one batch, none of them refused.
pub fn one_batch(echo: &Echo, proofs: &[Proven]) -> PreparedBatch {
    let mut prepared = prepared(echo, proofs, proofs.len());
    assert_eq!(prepared.refused, []);
    assert_eq!(prepared.batches.len(), 1);
    prepared.batches.remove(0)
}

pub fn digests(proofs: &[Proven]) -> Vec<Scalar> {
    proofs.iter().map(|proven| proven.digest).collect()
}

impl World {
    /// In a transaction of version 1, by the stranger.
    pub fn stranger_sends_v1(&mut self, instruction: Instruction) -> Outcome {
        self.net.send_v1(&[instruction], &[&self.stranger], COMPUTE_LIMIT)
    }

    pub fn verify_batch(&mut self, batch: &[u8]) -> Outcome {
        let instruction = verifier::verify_batch(self.model, batch);
        self.stranger_sends_v1(instruction)
    }

    pub fn record_batch(&mut self, batch: &[u8], digests: &[Scalar]) -> Outcome {
        let instruction = verifier::record_batch(self.stranger.pubkey(), self.model, batch, digests);
        self.stranger_sends_v1(instruction)
    }
}

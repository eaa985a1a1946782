//! What a proof is about: packing of integers, commitments, and the one digest that is the public input.
//!
//! ```text
//! elements = domain, context[0..16], context[16..32], input limbs..., output limbs...
//! digest   = absorb(elements)
//! ```
//!
//! A signed integer v of b bits is stored offset-binary, `v + 2^(b-1)`. `floor(248 / b)` of them fill a limb,
//! value j at bit `j * b`; none straddles two limbs, and each tensor starts a new one ([`pack`]). A committed input
//! gives one element, `absorb(tag, salt, limbs)`, whose tag holds bits and count ([`crate::tag`]); a member input gives four,
//! the root of the tree that holds such a commitment, a scope's halves and a nullifier ([`crate::member`]). The circuit proves each
//! value's range, so a list of limbs has one reading.
//!
//! Two statements that differ anywhere have different element lists: within a model every part has a fixed
//! position and width, and the domain differs between models (SHA-256 of the schema). Lists of one model have
//! one length, which is what [`crate::poseidon::absorb`] needs.
//!
//! Commitments are compared across models: by who keeps one and asks a second model about it. So each says itself how
//! many values of how many bits it holds. Version 1 had no tag: a tensor of 330 values of 16 bits and one of 165 had one
//! commitment, under salts of the prover's choice (`interface/tests/it/commitment.rs`).

use alloc::{string::String, vec::Vec};

use thiserror::Error;

use crate::{
    field::{Scalar, halves, is_canonical},
    member::Claim,
    poseidon::{PoseidonError, absorb, absorb_canonical},
    schema::{MAX_ELEMENTS, ModelSchema, Side, TensorSchema, Visibility},
    tag::ListKind,
};

pub use crate::packing::{LIMB_BITS, PackError, limbs_for, pack, unpack, unpack_into, values_per_limb};

/// Elements before the limbs: the domain and two halves of the context.
pub const HEADER_ELEMENTS: usize = 3;

/// A tensor of a statement, as the caller knows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TensorValue<'a> {
    /// The integers of a public input.
    Values(&'a [i64]),
    /// The commitment of a committed input.
    Commitment(Scalar),
    /// What is said of a member input.
    Member(Claim),
}

/// A claim: this model, in this context, maps these inputs to these outputs.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Statement {
    /// Tag of the model's schema.
    pub domain: Scalar,
    /// The caller's binding: account, nonce, purpose.
    pub context: [u8; 32],
    /// For each input its packed limbs, its commitment or its claim, then each output's packed limbs.
    pub limbs: Vec<Scalar>,
}

/// Why values do not make a statement.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum StatementError {
    /// A tensor's values do not pack.
    #[error(transparent)]
    Pack(#[from] PackError),
    /// A limb that is not below the field's order.
    #[error("limb {0} is not below the order of the field")]
    LimbNotCanonical(usize),
    /// Tensors of another count than the schema's.
    #[error("{given} {side}s where the model has {expected}")]
    TensorCount {
        /// Inputs or outputs.
        side: Side,
        /// Tensors of the schema.
        expected: usize,
        /// Tensors given.
        given: usize,
    },
    /// Values of another count than the tensor's elements.
    #[error("{given} values for {side} {tensor:?}, which has {expected} elements")]
    ValueCount {
        /// Inputs or outputs.
        side: Side,
        /// The tensor's name.
        tensor: String,
        /// Elements of the tensor.
        expected: usize,
        /// Values given.
        given: usize,
    },
    /// Values given for a committed input: a statement must not show them.
    #[error("input {tensor:?} is committed: give its commitment, not its values")]
    ValuesForCommitted {
        /// The tensor's name.
        tensor: String,
    },
    /// A commitment given for a public input.
    #[error("input {tensor:?} is public: give its values, not a commitment")]
    CommitmentForPublic {
        /// The tensor's name.
        tensor: String,
    },
    /// Something else given for a member input: a statement shows neither its values nor its commitment.
    #[error("input {tensor:?} is a member of a tree: give root, scope and nullifier")]
    MemberExpected {
        /// The tensor's name.
        tensor: String,
    },
    /// A membership given for an input that is in no tree.
    #[error("input {tensor:?} is in no tree: give its values or its commitment, not a membership")]
    MemberUnexpected {
        /// The tensor's name.
        tensor: String,
    },
    /// A commitment to no values, or to more than a tensor has.
    #[error("{0} values to commit to; a tensor has 1 to {MAX_ELEMENTS}")]
    CommittedCount(usize),
    /// The hash failed.
    #[error(transparent)]
    Poseidon(#[from] PoseidonError),
}

/// Commitment to a tensor of `values` of `bits` bits, `absorb(tag, salt, limbs)`: hiding for a uniformly random `salt`;
/// binding to values, bits and count, whoever chooses the salt, by Poseidon.
pub fn commit(salt: Scalar, values: &[i64], bits: u8) -> Result<Scalar, StatementError> {
    let count = u32::try_from(values.len()).ok().filter(|&count| (1..=MAX_ELEMENTS as u32).contains(&count));
    let count = count.ok_or(StatementError::CommittedCount(values.len()))?;
    let limbs = pack(values, bits)?;
    let head = [ListKind::CommittedTensor.tag(bits, count), salt];
    Ok(absorb_canonical(head.iter().chain(&limbs).map(Scalar::as_be_bytes))?)
}

/// The digest, from limbs as they arrive in an instruction: each is checked to be canonical, none is copied.
/// The caller checks their count against the model.
#[inline]
pub fn digest_of_encoded(
    domain: &Scalar,
    context: &[u8; 32],
    limbs: &[[u8; 32]],
) -> Result<Scalar, StatementError> {
    if let Some(position) = limbs.iter().position(|limb| !is_canonical(limb)) {
        return Err(StatementError::LimbNotCanonical(position));
    }
    let [high, low] = context_elements(context);
    let header = [domain.as_be_bytes(), high.as_be_bytes(), low.as_be_bytes()];
    Ok(absorb_canonical(header.into_iter().chain(limbs))?)
}

/// The context as two elements: its first and its last 16 bytes as big-endian integers.
pub fn context_elements(context: &[u8; 32]) -> [Scalar; 2] {
    halves(context)
}

impl Statement {
    /// The statement of one inference, with tensors in the schema's order.
    pub fn new(
        schema: &ModelSchema,
        context: [u8; 32],
        inputs: &[TensorValue<'_>],
        outputs: &[&[i64]],
    ) -> Result<Statement, StatementError> {
        expect_tensors(Side::Input, schema.inputs().len(), inputs.len())?;
        expect_tensors(Side::Output, schema.outputs().len(), outputs.len())?;
        let mut limbs = Vec::with_capacity(schema.input_limbs() + schema.output_limbs());
        for (tensor, value) in schema.inputs().iter().zip(inputs) {
            match (tensor.visibility, *value) {
                (Visibility::Public, TensorValue::Values(values)) => {
                    limbs.extend(pack_tensor(Side::Input, tensor, values)?);
                }
                (Visibility::Committed, TensorValue::Commitment(commitment)) => limbs.push(commitment),
                (Visibility::Member { .. }, TensorValue::Member(claim)) => limbs.extend(claim.limbs()),
                (Visibility::Member { .. }, _) => {
                    return Err(StatementError::MemberExpected { tensor: tensor.name.clone() });
                }
                (_, TensorValue::Member(_)) => {
                    return Err(StatementError::MemberUnexpected { tensor: tensor.name.clone() });
                }
                (Visibility::Committed, TensorValue::Values(_)) => {
                    return Err(StatementError::ValuesForCommitted { tensor: tensor.name.clone() });
                }
                (Visibility::Public, TensorValue::Commitment(_)) => {
                    return Err(StatementError::CommitmentForPublic { tensor: tensor.name.clone() });
                }
            }
        }
        for (tensor, values) in schema.outputs().iter().zip(outputs) {
            limbs.extend(pack_tensor(Side::Output, tensor, values)?);
        }
        Ok(Statement { domain: schema.domain(), context, limbs })
    }

    /// The list that the digest absorbs.
    pub fn elements(&self) -> Vec<Scalar> {
        let [high, low] = context_elements(&self.context);
        let mut elements = Vec::with_capacity(HEADER_ELEMENTS + self.limbs.len());
        elements.extend([self.domain, high, low]);
        elements.extend_from_slice(&self.limbs);
        elements
    }

    /// The proof's one public input.
    pub fn digest(&self) -> Result<Scalar, PoseidonError> {
        absorb(&self.elements())
    }
}

fn expect_tensors(side: Side, expected: usize, given: usize) -> Result<(), StatementError> {
    if expected == given { Ok(()) } else { Err(StatementError::TensorCount { side, expected, given }) }
}

fn pack_tensor(side: Side, tensor: &TensorSchema, values: &[i64]) -> Result<Vec<Scalar>, StatementError> {
    let expected = tensor.elements();
    if values.len() != expected {
        let tensor = tensor.name.clone();
        return Err(StatementError::ValueCount { side, tensor, expected, given: values.len() });
    }
    Ok(pack(values, tensor.bits)?)
}

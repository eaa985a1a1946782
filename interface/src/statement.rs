//! What a proof is about: packing of integers, commitments, and the one digest that is the public input.
//!
//! ```text
//! elements = domain, context[0..16], context[16..32], input limbs..., output limbs...
//! digest   = absorb(elements)
//! ```
//!
//! A signed integer v of b bits is stored offset-binary, `v + 2^(b-1)`. `floor(248 / b)` of them fill a limb,
//! value j at bit `j * b`; none straddles two limbs, and each tensor starts a new one. A committed input gives one
//! element, `absorb(salt, limbs)`. The circuit proves each value's range, so a list of limbs has one reading.
//!
//! Two statements that differ anywhere have different element lists: within a model every part has a fixed
//! position and width, and the domain differs between models (SHA-256 of the schema). Lists of one model have
//! one length, which is what [`crate::poseidon::absorb`] needs.

use alloc::{string::String, vec::Vec};

use thiserror::Error;

use crate::{
    field::{Scalar, is_canonical},
    poseidon::{PoseidonError, absorb, absorb_canonical},
    schema::{MAX_BITS, ModelSchema, Side, TensorSchema, Visibility},
};

/// Bits of a limb that carry values: a limb is always below the field's order.
pub const LIMB_BITS: usize = 248;
/// Bytes of a limb that carry values.
const LIMB_BYTES: usize = LIMB_BITS / 8;
/// Elements before the limbs: the domain and two halves of the context.
pub const HEADER_ELEMENTS: usize = 3;

/// A tensor of a statement, as the caller knows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TensorValue<'a> {
    /// The integers of a public input.
    Values(&'a [i64]),
    /// The commitment of a committed input.
    Commitment(Scalar),
}

/// A claim: this model, in this context, maps these inputs to these outputs.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Statement {
    /// Tag of the model's schema.
    pub domain: Scalar,
    /// The caller's binding: account, nonce, purpose.
    pub context: [u8; 32],
    /// For each input its packed limbs or its commitment, then each output's packed limbs.
    pub limbs: Vec<Scalar>,
}

/// Why values do not make a statement.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum StatementError {
    /// Bits outside 1 to [`MAX_BITS`].
    #[error("{0} bits an element; 1 to {MAX_BITS} are possible")]
    Bits(u8),
    /// A value that its bits cannot hold.
    #[error("value {value} at position {index} does not fit {bits} signed bits")]
    Range {
        /// Position in the tensor.
        index: usize,
        /// The value.
        value: i64,
        /// The tensor's bits.
        bits: u8,
    },
    /// Limbs of another count than the values need.
    #[error("{given} limbs where {expected} hold the values")]
    LimbCount {
        /// Limbs that the schema asks for.
        expected: usize,
        /// Limbs given.
        given: usize,
    },
    /// A limb with a bit set above its last value: no packing gives it.
    #[error("limb {0} has bits set above its last value")]
    LimbPadding(usize),
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
    /// The hash failed.
    #[error(transparent)]
    Poseidon(#[from] PoseidonError),
}

/// Values of `bits` bits that one limb holds; 0 where no such packing exists.
pub const fn values_per_limb(bits: u8) -> usize {
    if bits == 0 || bits > MAX_BITS { 0 } else { LIMB_BITS / bits as usize }
}

/// Limbs that `count` values of `bits` bits take; 0 where no such packing exists.
pub const fn limbs_for(count: usize, bits: u8) -> usize {
    match values_per_limb(bits) {
        0 => 0,
        per_limb => count.div_ceil(per_limb),
    }
}

/// Packs one tensor's values into limbs.
pub fn pack(values: &[i64], bits: u8) -> Result<Vec<Scalar>, StatementError> {
    let (per_limb, offset) = layout(bits)?;
    let mut limbs = Vec::with_capacity(limbs_for(values.len(), bits));
    let mut index = 0;
    for chunk in values.chunks(per_limb) {
        let mut limb = LimbWriter::default();
        for &value in chunk {
            if !(-offset..offset).contains(&value) {
                return Err(StatementError::Range { index, value, bits });
            }
            limb.push((value + offset) as u64, bits);
            index += 1;
        }
        limbs.push(limb.finish());
    }
    Ok(limbs)
}

/// The `count` values that `limbs` pack: the inverse of [`pack`], and an error for limbs that it never gives.
pub fn unpack(limbs: &[Scalar], count: usize, bits: u8) -> Result<Vec<i64>, StatementError> {
    let (per_limb, offset) = layout(bits)?;
    let expected = limbs_for(count, bits);
    if limbs.len() != expected {
        return Err(StatementError::LimbCount { expected, given: limbs.len() });
    }
    let mut values = Vec::with_capacity(count);
    for (position, limb) in limbs.iter().enumerate() {
        let mut reader = LimbReader::new(limb);
        for _ in 0..per_limb.min(count - values.len()) {
            values.push(reader.pull(bits) as i64 - offset);
        }
        if !reader.only_zeros_left() {
            return Err(StatementError::LimbPadding(position));
        }
    }
    Ok(values)
}

/// Commitment to one tensor's packed limbs: hiding for a uniformly random `salt`, binding by Poseidon.
pub fn commit(salt: Scalar, limbs: &[Scalar]) -> Result<Scalar, PoseidonError> {
    absorb_canonical(core::iter::once(&salt).chain(limbs).map(Scalar::as_be_bytes))
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
    let (high, low) = context.split_at(16);
    [high, low].map(|half| {
        let mut bytes = [0; 32];
        bytes.split_at_mut(16).1.copy_from_slice(half);
        Scalar::from_trusted(bytes)
    })
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
    pack(values, tensor.bits)
}

/// Values a limb, and the offset that makes them non-negative.
fn layout(bits: u8) -> Result<(usize, i64), StatementError> {
    match values_per_limb(bits) {
        0 => Err(StatementError::Bits(bits)),
        per_limb => Ok((per_limb, 1 << (bits - 1))),
    }
}

/// Fills a limb from its least significant bit, through a window of 64 bits.
#[derive(Default)]
struct LimbWriter {
    bytes: [u8; LIMB_BYTES],
    filled: usize,
    window: u64,
    window_bits: u32,
}

impl LimbWriter {
    /// Appends the `bits` (at most 32) low bits of `value`; the caller keeps the sum within [`LIMB_BITS`].
    fn push(&mut self, value: u64, bits: u8) {
        self.window |= value << self.window_bits; // at most 7 + 32 bits
        self.window_bits += u32::from(bits);
        while self.window_bits >= 8 {
            self.flush_byte();
            self.window_bits -= 8;
        }
    }

    fn flush_byte(&mut self) {
        if let Some(byte) = self.bytes.iter_mut().rev().nth(self.filled) {
            *byte = self.window as u8;
        }
        self.filled += 1;
        self.window >>= 8;
    }

    fn finish(mut self) -> Scalar {
        self.flush_byte();
        Scalar::from_be_bytes_31(&self.bytes)
    }
}

/// Reads a limb from its least significant bit, through a window of 64 bits.
struct LimbReader<'a> {
    bytes: core::iter::Rev<core::slice::Iter<'a, u8>>,
    window: u64,
    window_bits: u32,
}

impl<'a> LimbReader<'a> {
    fn new(limb: &'a Scalar) -> Self {
        LimbReader { bytes: limb.as_be_bytes().iter().rev(), window: 0, window_bits: 0 }
    }

    fn pull(&mut self, bits: u8) -> u64 {
        let bits = u32::from(bits);
        while self.window_bits < bits {
            self.window |= u64::from(self.bytes.next().copied().unwrap_or(0)) << self.window_bits;
            self.window_bits += 8;
        }
        let value = self.window & ((1 << bits) - 1);
        self.window >>= bits;
        self.window_bits -= bits;
        value
    }

    fn only_zeros_left(mut self) -> bool {
        self.window == 0 && self.bytes.all(|&byte| byte == 0)
    }
}

//! A model's public face: its tensors, their shapes, bits, scales and visibility; and the domain tag they give.
//!
//! Encoding, little-endian, with no padding and one encoding for each schema:
//!
//! ```text
//! model   = name, inputs: u8 count, tensor*, outputs: u8 count, tensor*
//! tensor  = name, rank: u8, dims: u32*, bits: u8, scales, missing, visibility
//! scales  = scale: i8 (of all elements); where bit 7 of bits is set, axis: u8, scale: i8 for each position along it;
//!           where the low six bits of bits are 33, nothing (float32 numbers, 32 bits)
//! missing = nothing (never); where bit 6 of bits is set, 0: u8 (any element may be), or bytes: u8, a bit for each column
//! visibility = 0: u8 (public), or 1: u8 (committed), or 2: u8 (member), depth: u8
//! name    = u8 length, UTF-8 bytes
//! ```
//!
//! At most one input is a member, and no output; only inputs are committed, and only inputs may be missing. An element has at most 32 bits,
//! so the two top bits of `bits` are free to say that scales differ along an axis, and that elements may be missing; a schema without
//! either has none of them. The six others hold the bits, or 33 for [`Scales::Float32`], of inputs alone: no other meaning of 32 bits has
//! that encoding, and no tensor has 33 bits. Scales along an axis are 2 to 128, as many as the axis is long, and not all equal ([`crate::scales`]). Columns
//! are the positions along the last axis, 2 to 128 where they differ, eight a byte, the first in the lowest bit ([`crate::missing`]).
//!
//! `domain = first 31 bytes of SHA-256("assay:statement:v2\0" || encoding)` is the first element of every
//! statement of the model: it separates versions, and binds shapes, bits, scales and what may be missing, so that packed limbs mean
//! one list of integers and no other, and each integer one number or none.

mod error;
mod limits;

use alloc::{string::String, vec::Vec};

use crate::{
    bytes::Reader,
    field::Scalar,
    float32,
    member::{CLAIM_LIMBS, MAX_DEPTH},
    missing::{self, MAX_COLUMNS, Missing},
    packing::limbs_for,
    scales::{MAX_SCALES, Scales},
    syscalls::sha256,
};

pub use error::{SchemaError, Side};
pub use limits::{MAX_BITS, MAX_ELEMENTS, MAX_ENCODED_LEN, MAX_NAME, MAX_RANK, MAX_TENSORS};

/// In the byte of a tensor's bits: scales along an axis follow, and not one scale.
const ALONG_AXIS: u8 = 1 << 7;
/// In the byte of a tensor's bits: elements may be missing.
const MAY_BE_MISSING: u8 = 1 << 6;
/// In the place of a tensor's bits: 32 bits that stand for float32 numbers, and no scale follows.
const FLOAT32: u8 = 33;

const DOMAIN_PREFIX: &[u8] = b"assay:statement:v2\0";

/// What a statement shows of a tensor.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Visibility {
    /// The packed values are part of the statement.
    Public,
    /// The statement holds `absorb(tag, salt, packed values)` only.
    Committed,
    /// The values are secret, and so is their commitment: it sits in a leaf of a tree, whose root the statement
    /// shows, with a scope and the owner's nullifier for it ([`crate::member`]).
    Member {
        /// Depth of the tree, 1 to [`MAX_DEPTH`].
        depth: u8,
    },
}

/// One tensor of signed integers; element q stands for the real number `q * 2^-scale`, with the element's scale, or where it has none for
/// the float32 number with that order key; for no number where it may be missing and q is the least.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct TensorSchema {
    /// Name, 1 to [`MAX_NAME`] bytes, unique in the model.
    pub name: String,
    /// Dimensions, 1 to [`MAX_RANK`] of them, each at least 1; elements are in row-major order.
    pub shape: Vec<u32>,
    /// Bits of an element, 1 to [`MAX_BITS`]: values lie in `[-2^(bits-1), 2^(bits-1))`.
    pub bits: u8,
    /// Binary scales: real = q * 2^-scale; or none, of float32 numbers, which outputs are not.
    pub scales: Scales,
    /// Which elements may be missing; of outputs, none.
    pub missing: Missing,
    /// Public, committed or member; outputs are public.
    pub visibility: Visibility,
}

/// The tensors of a model. Holding one means that it is valid: every limit above was checked.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ModelSchema {
    name: String,
    inputs: Vec<TensorSchema>,
    outputs: Vec<TensorSchema>,
}

impl TensorSchema {
    /// Elements of the tensor: the product of its dimensions.
    pub fn elements(&self) -> usize {
        self.shape.iter().fold(1usize, |product, &dim| product.saturating_mul(dim as usize))
    }

    /// The scale of an element, counted in row-major order; `None` of float32 numbers.
    pub fn scale_of(&self, element: usize) -> Option<i8> {
        self.scales.of(element, &self.shape)
    }

    /// The scales of the elements, in row-major order; they repeat without end, to be zipped with the elements.
    pub fn each_scale(&self) -> impl Iterator<Item = Option<i8>> + '_ {
        self.scales.each(&self.shape)
    }

    /// The integer that says that an element is missing, of those that may be.
    pub fn missing_code(&self) -> i64 {
        missing::code(self.bits)
    }

    /// Whether this integer of an element, counted in row-major order, says that it is missing.
    pub fn is_missing(&self, element: usize, integer: i64) -> bool {
        integer == self.missing_code() && self.missing.allows(element, &self.shape)
    }

    /// Limbs that its packed values take.
    pub fn packed_limbs(&self) -> usize {
        limbs_for(self.elements(), self.bits)
    }

    /// Limbs that it takes in a statement: its packed values, one commitment, or a member's claim.
    pub fn statement_limbs(&self) -> usize {
        match self.visibility {
            Visibility::Public => self.packed_limbs(),
            Visibility::Committed => 1,
            Visibility::Member { .. } => CLAIM_LIMBS,
        }
    }

    /// Depth of the tree that it is in, for a member input.
    pub fn member_depth(&self) -> Option<u8> {
        match self.visibility {
            Visibility::Member { depth } => Some(depth),
            Visibility::Public | Visibility::Committed => None,
        }
    }

    fn validate(&self, side: Side) -> Result<(), SchemaError> {
        validate_name(&self.name)?;
        let tensor = || self.name.clone();
        if !(1..=MAX_RANK).contains(&self.shape.len()) {
            return Err(SchemaError::Rank { tensor: tensor(), rank: self.shape.len() });
        }
        if let Some(axis) = self.shape.iter().position(|&dim| dim == 0) {
            return Err(SchemaError::EmptyDimension { tensor: tensor(), axis });
        }
        if self.elements() > MAX_ELEMENTS {
            return Err(SchemaError::TooManyElements { tensor: tensor() });
        }
        if !(1..=MAX_BITS).contains(&self.bits) {
            return Err(SchemaError::Bits { tensor: tensor(), bits: self.bits });
        }
        self.validate_scales(side)?;
        self.validate_missing(side)?;
        match (side, self.visibility) {
            (Side::Output, Visibility::Committed) => Err(SchemaError::CommittedOutput { tensor: tensor() }),
            (Side::Output, Visibility::Member { .. }) => Err(SchemaError::MemberOutput { tensor: tensor() }),
            (Side::Input, Visibility::Member { depth }) if !(1..=MAX_DEPTH).contains(&depth) => {
                Err(SchemaError::MemberDepth { tensor: tensor(), depth })
            }
            _ => Ok(()),
        }
    }

    fn validate_missing(&self, side: Side) -> Result<(), SchemaError> {
        let tensor = || self.name.clone();
        match (&self.missing, side) {
            (Missing::Never, _) => Ok(()),
            (_, Side::Output) => Err(SchemaError::MissingOutput { tensor: tensor() }),
            _ if self.bits < 2 => Err(SchemaError::MissingBits { tensor: tensor(), bits: self.bits }),
            (Missing::Anywhere, _) => Ok(()),
            (Missing::Columns(columns), _) => check_columns(&self.name, &self.shape, columns),
        }
    }

    fn validate_scales(&self, side: Side) -> Result<(), SchemaError> {
        let tensor = || self.name.clone();
        let (axis, scales) = match &self.scales {
            Scales::One(_) => return Ok(()),
            Scales::Axis { axis, scales } => (axis, scales),
            Scales::Float32 if side == Side::Output => {
                return Err(SchemaError::Float32Output { tensor: tensor() });
            }
            Scales::Float32 if self.bits != float32::BITS => {
                return Err(SchemaError::Float32Bits { tensor: tensor(), bits: self.bits });
            }
            Scales::Float32 => return Ok(()),
        };
        let length = axis_length(&self.name, &self.shape, *axis)?;
        if scales.len() != length as usize {
            return Err(SchemaError::ScaleCount { tensor: tensor(), count: scales.len(), length });
        }
        match scales.split_first() {
            Some((first, rest)) if rest.iter().any(|scale| scale != first) => Ok(()),
            _ => Err(SchemaError::EqualScales { tensor: tensor() }),
        }
    }
}

/// A mask of columns for a tensor of this shape must say something that no shorter form says.
fn check_columns(name: &str, shape: &[u32], columns: &[bool]) -> Result<(), SchemaError> {
    let tensor = || String::from(name);
    let (count, length) = (columns.len(), missing::width(shape));
    if count != length || length > MAX_COLUMNS {
        return Err(SchemaError::MissingColumns { tensor: tensor(), count, length });
    }
    match columns.contains(&true) && columns.contains(&false) {
        true => Ok(()),
        false => Err(SchemaError::EqualColumns { tensor: tensor() }),
    }
}

/// Positions along the axis of a tensor's scales, at most [`MAX_SCALES`].
fn axis_length(name: &str, shape: &[u32], axis: u8) -> Result<u32, SchemaError> {
    let tensor = || String::from(name);
    let found = shape.get(usize::from(axis)).copied();
    let length = found.ok_or_else(|| SchemaError::ScaleAxis { tensor: tensor(), axis, rank: shape.len() })?;
    if length as usize > MAX_SCALES {
        return Err(SchemaError::TooManyScales { tensor: tensor(), length });
    }
    Ok(length)
}

impl ModelSchema {
    /// A schema, when every limit holds.
    pub fn new(
        name: String,
        inputs: Vec<TensorSchema>,
        outputs: Vec<TensorSchema>,
    ) -> Result<ModelSchema, SchemaError> {
        validate_name(&name)?;
        for (side, tensors) in [(Side::Input, &inputs), (Side::Output, &outputs)] {
            if !(1..=MAX_TENSORS).contains(&tensors.len()) {
                return Err(SchemaError::TensorCount { side, count: tensors.len() });
            }
            tensors.iter().try_for_each(|tensor| tensor.validate(side))?;
        }
        for (index, tensor) in inputs.iter().chain(&outputs).enumerate() {
            if inputs.iter().chain(&outputs).take(index).any(|earlier| earlier.name == tensor.name) {
                return Err(SchemaError::NameRepeated(tensor.name.clone()));
            }
        }
        let mut members = inputs.iter().filter(|tensor| tensor.member_depth().is_some());
        if let (Some(first), Some(second)) = (members.next(), members.next()) {
            let (first, second) = (first.name.clone(), second.name.clone());
            return Err(SchemaError::MemberRepeated { first, second });
        }
        Ok(ModelSchema { name, inputs, outputs })
    }

    /// The model's name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The inputs, in the order of the statement.
    pub fn inputs(&self) -> &[TensorSchema] {
        &self.inputs
    }

    /// The outputs, in the order of the statement, after the inputs.
    pub fn outputs(&self) -> &[TensorSchema] {
        &self.outputs
    }

    /// The member input, if the model has one.
    pub fn member(&self) -> Option<&TensorSchema> {
        self.inputs.iter().find(|tensor| tensor.member_depth().is_some())
    }

    /// Limbs of all inputs in a statement.
    pub fn input_limbs(&self) -> usize {
        self.inputs.iter().map(TensorSchema::statement_limbs).sum()
    }

    /// Limbs of all outputs in a statement.
    pub fn output_limbs(&self) -> usize {
        self.outputs.iter().map(TensorSchema::statement_limbs).sum()
    }

    /// The domain tag: first element of every statement of this model.
    pub fn domain(&self) -> Scalar {
        domain_of(&self.encode())
    }

    /// The encoding that the module describes.
    pub fn encode(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(MAX_ENCODED_LEN);
        put_name(&mut out, &self.name);
        for tensors in [&self.inputs, &self.outputs] {
            out.push(tensors.len() as u8);
            for tensor in tensors {
                put_name(&mut out, &tensor.name);
                out.push(tensor.shape.len() as u8);
                tensor.shape.iter().for_each(|dim| out.extend_from_slice(&dim.to_le_bytes()));
                let mark = if tensor.missing == Missing::Never { 0 } else { MAY_BE_MISSING };
                let marked = tensor.bits | mark;
                match &tensor.scales {
                    Scales::Float32 => out.push(FLOAT32 | mark),
                    Scales::One(_) => out.push(marked),
                    Scales::Axis { axis, .. } => out.extend([marked | ALONG_AXIS, *axis]),
                }
                out.extend(tensor.scales.as_slice().iter().flat_map(|scale| scale.to_le_bytes()));
                match &tensor.missing {
                    Missing::Never => {}
                    Missing::Anywhere => out.push(0),
                    Missing::Columns(columns) => {
                        out.push(columns.len().div_ceil(8) as u8); // at most 16: checked at construction
                        out.extend(columns.chunks(8).map(mask_byte));
                    }
                }
                match tensor.visibility {
                    Visibility::Public => out.push(0),
                    Visibility::Committed => out.push(1),
                    Visibility::Member { depth } => out.extend([2, depth]),
                }
            }
        }
        out
    }

    /// The schema that `bytes` encode, all of them, with every limit checked.
    pub fn decode(bytes: &[u8]) -> Result<ModelSchema, SchemaError> {
        let mut reader = Fields(Reader::new(bytes));
        let name = reader.name()?;
        let inputs = reader.tensors(Side::Input)?;
        let outputs = reader.tensors(Side::Output)?;
        match reader.0.rest().len() {
            0 => ModelSchema::new(name, inputs, outputs),
            trailing => Err(SchemaError::Trailing(trailing)),
        }
    }
}

/// The domain tag of an encoded schema: the first 31 bytes of a SHA-256, as an integer below 2^248.
pub fn domain_of(encoded: &[u8]) -> Scalar {
    let [head @ .., _] = sha256(&[DOMAIN_PREFIX, encoded]);
    Scalar::from_be_bytes_31(&head)
}

fn validate_name(name: &str) -> Result<(), SchemaError> {
    if !(1..=MAX_NAME).contains(&name.len()) {
        return Err(SchemaError::NameLength { length: name.len() });
    }
    if name.chars().any(char::is_control) {
        return Err(SchemaError::NameControl(name.into()));
    }
    Ok(())
}

/// Eight columns, the first in the lowest bit.
fn mask_byte(columns: &[bool]) -> u8 {
    columns.iter().rev().fold(0, |byte, &column| byte << 1 | u8::from(column))
}

fn put_name(out: &mut Vec<u8>, name: &str) {
    out.push(name.len() as u8); // at most MAX_NAME: checked at construction
    out.extend_from_slice(name.as_bytes());
}

/// Reads a schema's fields.
struct Fields<'a>(Reader<'a>);

impl<'a> Fields<'a> {
    fn take(&mut self, count: usize) -> Result<&'a [u8], SchemaError> {
        self.0.take(count).ok_or(SchemaError::Truncated(self.0.length()))
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], SchemaError> {
        self.0.array().ok_or(SchemaError::Truncated(self.0.length()))
    }

    fn byte(&mut self) -> Result<u8, SchemaError> {
        self.array().map(|[byte]| byte)
    }

    fn name(&mut self) -> Result<String, SchemaError> {
        let length = usize::from(self.byte()?);
        if !(1..=MAX_NAME).contains(&length) {
            return Err(SchemaError::NameLength { length });
        }
        let bytes = self.take(length)?;
        core::str::from_utf8(bytes).map(String::from).map_err(|_| SchemaError::NameEncoding)
    }

    fn tensors(&mut self, side: Side) -> Result<Vec<TensorSchema>, SchemaError> {
        let count = usize::from(self.byte()?);
        if !(1..=MAX_TENSORS).contains(&count) {
            return Err(SchemaError::TensorCount { side, count });
        }
        (0..count).map(|_| self.tensor()).collect()
    }

    fn tensor(&mut self) -> Result<TensorSchema, SchemaError> {
        let name = self.name()?;
        let rank = usize::from(self.byte()?);
        if !(1..=MAX_RANK).contains(&rank) {
            return Err(SchemaError::Rank { tensor: name, rank });
        }
        let shape: Vec<u32> =
            (0..rank).map(|_| self.array().map(u32::from_le_bytes)).collect::<Result<_, _>>()?;
        let marked = self.byte()?;
        let (bits, scales) = match (marked & !(ALONG_AXIS | MAY_BE_MISSING), marked & ALONG_AXIS) {
            (FLOAT32, 0) => (float32::BITS, Scales::Float32),
            (bits, 0) => (bits, Scales::One(self.scale()?)),
            (bits, _) => {
                let axis = self.byte()?;
                let length = axis_length(&name, &shape, axis)?;
                let scales = (0..length).map(|_| self.scale()).collect::<Result<_, _>>()?;
                (bits, Scales::Axis { axis, scales })
            }
        };
        let missing = match marked & MAY_BE_MISSING {
            0 => Missing::Never,
            _ => self.missing(&name, &shape)?,
        };
        let visibility = match self.byte()? {
            0 => Visibility::Public,
            1 => Visibility::Committed,
            2 => Visibility::Member { depth: self.byte()? },
            other => return Err(SchemaError::Visibility(other)),
        };
        Ok(TensorSchema { name, shape, bits, scales, missing, visibility })
    }

    /// Which elements may be missing, where some may.
    fn missing(&mut self, name: &str, shape: &[u32]) -> Result<Missing, SchemaError> {
        let length = missing::width(shape);
        let count = match usize::from(self.byte()?) {
            0 => return Ok(Missing::Anywhere),
            count if count == length.div_ceil(8) => count,
            count => return Err(SchemaError::MissingColumns { tensor: name.into(), count, length }),
        };
        let bytes = self.take(count)?;
        let bits = bytes.iter().flat_map(|byte| (0..8).map(move |bit| byte >> bit & 1 == 1));
        if bits.clone().skip(length).any(|bit| bit) {
            return Err(SchemaError::EqualColumns { tensor: name.into() });
        }
        Ok(Missing::Columns(bits.take(length).collect()))
    }

    fn scale(&mut self) -> Result<i8, SchemaError> {
        self.array().map(i8::from_le_bytes)
    }
}

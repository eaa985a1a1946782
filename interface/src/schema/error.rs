//! Why a schema is invalid, or bytes are not one.

use alloc::string::String;

use thiserror::Error;

use super::limits::{MAX_BITS, MAX_ELEMENTS, MAX_NAME, MAX_RANK, MAX_TENSORS};
use crate::{member::MAX_DEPTH, missing::MAX_COLUMNS, scales::MAX_SCALES};

/// Which list of tensors an error speaks of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// The model's inputs.
    Input,
    /// The model's outputs.
    Output,
}

impl core::fmt::Display for Side {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(match self {
            Side::Input => "input",
            Side::Output => "output",
        })
    }
}

/// Why a schema is invalid, or bytes are not one.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum SchemaError {
    /// A name has no bytes or more than [`MAX_NAME`].
    #[error("a name has {length} bytes; it needs 1 to {MAX_NAME}")]
    NameLength {
        /// Bytes of the name.
        length: usize,
    },
    /// A name in the bytes is not UTF-8.
    #[error("a name is not UTF-8")]
    NameEncoding,
    /// A name holds a control character, which would corrupt terminals and logs.
    #[error("the name {0:?} holds a control character")]
    NameControl(String),
    /// Two tensors of the model share a name.
    #[error("two tensors are called {0:?}; names must be unique")]
    NameRepeated(String),
    /// No tensor, or more than [`MAX_TENSORS`].
    #[error("the model has {count} {side}s; it needs 1 to {MAX_TENSORS}")]
    TensorCount {
        /// Inputs or outputs.
        side: Side,
        /// Tensors given.
        count: usize,
    },
    /// No dimension, or more than [`MAX_RANK`].
    #[error("tensor {tensor:?} has {rank} dimensions; it needs 1 to {MAX_RANK}")]
    Rank {
        /// Name of the tensor.
        tensor: String,
        /// Dimensions given.
        rank: usize,
    },
    /// A dimension is zero.
    #[error("dimension {axis} of tensor {tensor:?} is 0; a tensor needs at least one element")]
    EmptyDimension {
        /// Name of the tensor.
        tensor: String,
        /// The dimension.
        axis: usize,
    },
    /// The dimensions multiply to more than [`MAX_ELEMENTS`].
    #[error("tensor {tensor:?} has more than {MAX_ELEMENTS} elements")]
    TooManyElements {
        /// Name of the tensor.
        tensor: String,
    },
    /// Bits outside 1 to [`MAX_BITS`].
    #[error("tensor {tensor:?} has {bits} bits; it needs 1 to {MAX_BITS}")]
    Bits {
        /// Name of the tensor.
        tensor: String,
        /// Bits given.
        bits: u8,
    },
    /// Scales along an axis that the tensor does not have.
    #[error("tensor {tensor:?} has scales along axis {axis}, and {rank} dimensions")]
    ScaleAxis {
        /// Name of the tensor.
        tensor: String,
        /// The axis, counted from 0.
        axis: u8,
        /// Dimensions of the tensor.
        rank: usize,
    },
    /// Scales along an axis of another length.
    #[error("tensor {tensor:?} has {count} scales along an axis of {length} positions")]
    ScaleCount {
        /// Name of the tensor.
        tensor: String,
        /// Scales given.
        count: usize,
        /// Length of the axis.
        length: u32,
    },
    /// Scales along an axis longer than [`MAX_SCALES`].
    #[error(
        "tensor {tensor:?} has scales along an axis of {length} positions; at most {MAX_SCALES} have their own"
    )]
    TooManyScales {
        /// Name of the tensor.
        tensor: String,
        /// Length of the axis.
        length: u32,
    },
    /// Scales along an axis that are all equal: one scale is the one encoding of that.
    #[error("the scales of tensor {tensor:?} along an axis are all equal; that is one scale")]
    EqualScales {
        /// Name of the tensor.
        tensor: String,
    },
    /// Float32 numbers of a width that is not theirs.
    #[error("tensor {tensor:?} is of float32 numbers and has {bits} bits; they have 32")]
    Float32Bits {
        /// Name of the tensor.
        tensor: String,
        /// Bits given.
        bits: u8,
    },
    /// An output of float32 numbers: what a model computes has a scale.
    #[error("output {tensor:?} is of float32 numbers; only inputs are")]
    Float32Output {
        /// Name of the tensor.
        tensor: String,
    },
    /// Missing values in fewer bits than a code and a number take.
    #[error("tensor {tensor:?} of {bits} bits may be missing; it needs 2 bits at least")]
    MissingBits {
        /// Name of the tensor.
        tensor: String,
        /// Bits given.
        bits: u8,
    },
    /// An output that may be missing: a model answers.
    #[error("output {tensor:?} is marked as missing somewhere; only inputs may be missing")]
    MissingOutput {
        /// Name of the tensor.
        tensor: String,
    },
    /// A mask of missing columns of another length than the last axis, or of one longer than [`MAX_COLUMNS`].
    #[error(
        "tensor {tensor:?} says of {count} columns whether they may be missing, and has {length}; \
         at most {MAX_COLUMNS} have a say of their own"
    )]
    MissingColumns {
        /// Name of the tensor.
        tensor: String,
        /// Columns, or bytes of columns in an encoding, given.
        count: usize,
        /// Length of the last axis.
        length: usize,
    },
    /// A mask of missing columns that are all alike, or with bits behind the last: that has another encoding.
    #[error("the columns of tensor {tensor:?} that may be missing are all of them, none, or beyond the last")]
    EqualColumns {
        /// Name of the tensor.
        tensor: String,
    },
    /// An output marked as committed: a statement shows its outputs.
    #[error("output {tensor:?} is marked as committed; outputs are public")]
    CommittedOutput {
        /// Name of the tensor.
        tensor: String,
    },
    /// An output marked as a member: a statement shows its outputs.
    #[error("output {tensor:?} is marked as a member of a tree; outputs are public")]
    MemberOutput {
        /// Name of the tensor.
        tensor: String,
    },
    /// A second member input: a statement has one root and one nullifier.
    #[error("{first:?} and {second:?} are both members of a tree; a model has at most one such input")]
    MemberRepeated {
        /// Name of the first.
        first: String,
        /// Name of the second.
        second: String,
    },
    /// A tree of no levels, or of more than [`MAX_DEPTH`].
    #[error("member input {tensor:?} is in a tree of depth {depth}; it needs 1 to {MAX_DEPTH}")]
    MemberDepth {
        /// Name of the tensor.
        tensor: String,
        /// Depth given.
        depth: u8,
    },
    /// A visibility byte that is none of 0, 1 and 2.
    #[error("visibility byte {0} is none of 0 (public), 1 (committed) and 2 (member)")]
    Visibility(u8),
    /// The bytes end inside a schema.
    #[error("the schema ends too early, at byte {0}")]
    Truncated(usize),
    /// Bytes follow the schema.
    #[error("{0} bytes follow the schema")]
    Trailing(usize),
}

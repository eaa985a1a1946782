//! What a schema may hold at most.

use crate::{missing::MAX_MASK, scales::MAX_SCALES};

pub use crate::packing::MAX_BITS;

/// Longest name of a model or tensor, in bytes.
pub const MAX_NAME: usize = 32;
/// Most dimensions of a tensor.
pub const MAX_RANK: usize = 4;
/// Most inputs, and most outputs, of a model.
pub const MAX_TENSORS: usize = 8;
/// Most elements of one tensor.
pub const MAX_ELEMENTS: usize = 1 << 16;
/// Bytes of the longest encoding of a tensor: its name, dimensions, bits, axis, scales and visibility.
const MAX_TENSOR_LEN: usize = (1 + MAX_NAME) + (1 + 4 * MAX_RANK) + 1 + (1 + MAX_SCALES) + 1;
/// Bytes of the longest encoding: inputs have a mask of missing columns each, and one of them is a member, of a depth. The registry takes
/// fewer than that: its accounts hold 256 bytes of a schema.
pub const MAX_ENCODED_LEN: usize =
    (1 + MAX_NAME) + 2 + 2 * MAX_TENSORS * MAX_TENSOR_LEN + MAX_TENSORS * (1 + MAX_MASK) + 1;

//! Elements of an input that may be missing, and the integer that says that one is.
//!
//! A feature of tabular data may have no value (NaN). Of an element that may be missing, the least integer of its tensor's format,
//! `-2^(bits-1)` ([`code`]), says that it is; numbers are the integers above. Who writes a number rounds it to one of them, saturating or
//! refusing at `-2^(bits-1) + 1`, so no number is ever taken for a missing value. Of every other element the least integer is a number like
//! all others.
//!
//! What a model makes of the code its circuit fixes, and which elements have one its domain binds. The code is a value that a statement
//! shows or commits to, so a prover cannot call a number missing, or the reverse, without changing what the proof is about: whoever
//! derives or checks the inputs sees it, as he sees any other false input.

use alloc::vec::Vec;

/// Most positions along the last axis of which some may be missing and others not. Longer rows may be missing anywhere or nowhere.
pub const MAX_COLUMNS: usize = 128;
/// Bytes of the longest mask.
pub const MAX_MASK: usize = MAX_COLUMNS / 8;

/// Which elements of a tensor may be missing. A [`crate::schema::ModelSchema`] holds a valid one; by itself it is a claim.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub enum Missing {
    /// None.
    #[default]
    Never,
    /// All of them.
    Anywhere,
    /// Those at some positions along the last axis: the columns of a table.
    Columns(Vec<bool>),
}

/// The integer of a missing element of `bits` bits, 1 to 63: the least, `-2^(bits-1)`.
pub const fn code(bits: u8) -> i64 {
    let bits = if bits > 63 { 63 } else { bits };
    -(1i64 << bits.saturating_sub(1))
}

impl Missing {
    /// The least of these that allows what `elements` of a tensor of this shape say, in row-major order: where rows are longer than
    /// [`MAX_COLUMNS`], or elements of one column differ, more may be missing than asked for.
    pub fn of_elements(elements: &[bool], shape: &[u32]) -> Missing {
        if !elements.contains(&true) {
            return Missing::Never;
        }
        let width = width(shape);
        let column = |column: usize| elements.iter().skip(column).step_by(width).any(|&missing| missing);
        let columns: Vec<bool> = (0..width.min(elements.len())).map(column).collect();
        if width > MAX_COLUMNS || columns.iter().all(|&missing| missing) {
            return Missing::Anywhere;
        }
        Missing::Columns(columns)
    }

    /// Whether an element, counted in row-major order, of a tensor of this shape may be missing.
    pub fn allows(&self, element: usize, shape: &[u32]) -> bool {
        match self {
            Missing::Never => false,
            Missing::Anywhere => true,
            Missing::Columns(columns) => columns.get(element % width(shape)).copied().unwrap_or(false),
        }
    }

    /// Whether each element may be missing, in row-major order; they repeat without end, to be zipped with the elements.
    pub fn each<'a>(&'a self, shape: &'a [u32]) -> impl Iterator<Item = bool> + 'a {
        (0usize..).map(move |element| self.allows(element, shape))
    }
}

/// Positions along the last axis, 1 at least.
pub(crate) fn width(shape: &[u32]) -> usize {
    shape.last().map_or(1, |&width| width as usize).max(1)
}

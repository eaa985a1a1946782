//! What the elements of a tensor are.

/// The kind of a tensor's elements, all of which are held as real numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Real numbers: floats of any width.
    Real,
    /// Whole numbers: shapes, indices, labels. Beyond 2^53 the nearest that a double holds.
    Integer,
    /// 0 and 1.
    Bool,
}

//! What the elements of a tensor are.

/// The kind of a tensor's elements. Every kind has its values among the real numbers, and the circuit's integers stand for
/// them; the kind says which values there can be, and what an operator may do with them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Element {
    /// Real numbers: floats of any width.
    Real,
    /// Integers of any width.
    Integer,
    /// 0 and 1: `bool`.
    Truth,
    /// Text of a known set of values, each standing as its position in the set.
    Category,
}

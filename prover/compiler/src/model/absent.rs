//! Elements of inputs that may be missing: NaN in the model's own terms.

/// What becomes of an element that is missing.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Absent {
    /// This number stands for it, which every imputer that reads the element has for it; nothing else reads it.
    StandsFor(f64),
    /// It has an integer of its own, the least of the input's format, which the model's operators know:
    /// `assay_interface::missing`.
    Coded,
}

//! How the real numbers of an input become integers.

/// How the real numbers of an input become integers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Encoding {
    /// They are rounded to a grid: at a scale, integers.
    #[default]
    Rounded,
    /// They are single-precision numbers, and none is rounded: each has its order key (`assay_interface::float32`).
    Float32,
}

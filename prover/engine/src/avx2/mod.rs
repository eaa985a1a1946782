//! The AVX2 path: eight field elements at once, in limbs of 29 bits, as two vectors of four.

mod coordinate;
mod field;
mod lanes;
mod limbs;
pub(crate) mod measure;
mod product;
mod unit;

pub(crate) use self::coordinate::{Fq2x8, Fq8};

/// Proof that the processor has the instructions: it exists only where [`Avx2::detect`] has found them.
///
/// Vector values are made from it, and every vector operation takes a vector value. So safe code cannot reach an
/// instruction that the processor lacks.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Avx2(());

impl Avx2 {
    /// Asks the processor; the standard library remembers the answer, so this costs a load and a test.
    #[inline]
    pub(crate) fn detect() -> Option<Avx2> {
        is_x86_feature_detected!("avx2").then_some(Avx2(()))
    }
}

#[cfg(test)]
mod tests;

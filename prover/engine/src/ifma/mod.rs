//! The AVX-512 IFMA path: eight field elements at once, in limbs of 52 bits.

mod coordinate;
pub(crate) mod field;
pub(crate) mod lanes;
pub(crate) mod measure;
pub(crate) mod ntt;
mod unit;
pub(crate) mod vectors;

pub(crate) use self::coordinate::{Fq2x8, Fq8};
use crate::vector::modulus;

/// Proof that the processor has the instructions: it exists only where [`Ifma::detect`] has found them.
///
/// Vector values are made from it, and every vector operation takes a vector value. So safe code cannot reach an
/// instruction that the processor lacks.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Ifma(());

impl Ifma {
    /// Asks the processor; the standard library remembers the answer, so this costs a load and a test.
    #[inline]
    pub(crate) fn detect() -> Option<Ifma> {
        let found = is_x86_feature_detected!("avx512f")
            && is_x86_feature_detected!("avx512dq")
            && is_x86_feature_detected!("avx512vl")
            && is_x86_feature_detected!("avx512ifma")
            && is_x86_feature_detected!("avx512vbmi2");
        found.then_some(Ifma(()))
    }
}

//! The AVX-512 IFMA path: eight field elements at once, in limbs of 52 bits.

mod coordinate;
pub(crate) mod field;
pub(crate) mod lanes;
pub(crate) mod measure;
pub(crate) mod ntt;
pub(crate) mod vectors;

pub(crate) use self::coordinate::{Fq2x8, Fq8};
use self::lanes::Lanes;
use crate::{
    curve::Pair,
    vector::{Cases, Coordinate, Eight, Mask, Pairs, Source, Unit, compile_pairs, modulus, pairs},
};

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

impl Unit for Ifma {
    compile_pairs!("avx512f,avx512dq,avx512vl,avx512ifma,avx512vbmi2");

    #[inline(always)]
    fn signs(self, pairs: &Eight) -> (Mask, Mask) {
        // In a word of two references, the second one's sign is the highest bit.
        let words = Lanes::load(self, &bytemuck::must_cast(*pairs));
        (words.shift_left::<32>().negative_mask(), words.negative_mask())
    }
}

//! The AVX2 path: eight field elements at once, in limbs of 29 bits, as two vectors of four.

mod coordinate;
mod field;
mod lanes;
pub(crate) mod measure;
mod product;

pub(crate) use self::coordinate::{Fq2x8, Fq8};
use self::lanes::Lanes;
use crate::{
    curve::Pair,
    vector::{Cases, Coordinate, Eight, Mask, Pairs, Source, Unit, compile_pairs, pairs},
};

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

impl Unit for Avx2 {
    compile_pairs!("avx2");

    #[inline(always)]
    fn signs(self, pairs: &Eight) -> (Mask, Mask) {
        // In a word of two references, the second one's sign is the highest bit.
        let words: [[u64; 4]; 2] = bytemuck::must_cast(*pairs);
        let [low, high] = words.map(|words| Lanes::load(self, &words));
        let mask = |low: Lanes, high: Lanes| low.negative_mask() | high.negative_mask() << 4;
        (mask(low.shift_left::<32>(), high.shift_left::<32>()), mask(low, high))
    }
}

#[cfg(test)]
mod tests;

//! Additions of pairs of points, compiled with the instructions.

use super::{Avx2, lanes::Lanes};
use crate::{
    curve::Pair,
    vector::{Cases, Coordinate, Eight, Mask, Pairs, Source, Unit, pairs},
};

impl Unit for Avx2 {
    pairs::compile_pairs!("avx2");

    #[inline(always)]
    fn signs(self, pairs: &Eight) -> (Mask, Mask) {
        // In a word of two references, the second one's sign is the highest bit.
        let words: [[u64; 4]; 2] = bytemuck::must_cast(*pairs);
        let [low, high] = words.map(|words| Lanes::load(self, &words));
        let mask = |low: Lanes, high: Lanes| low.negative_mask() | high.negative_mask() << 4;
        (mask(low.shift_left::<32>(), high.shift_left::<32>()), mask(low, high))
    }
}

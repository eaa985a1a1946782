//! Additions of pairs of points, compiled with the instructions.

use super::{Ifma, lanes::Lanes};
use crate::{
    curve::Pair,
    vector::{Cases, Coordinate, Eight, Mask, Pairs, Source, Unit, pairs},
};

impl Unit for Ifma {
    pairs::compile_pairs!("avx512f,avx512dq,avx512vl,avx512ifma,avx512vbmi2");

    #[inline(always)]
    fn signs(self, pairs: &Eight) -> (Mask, Mask) {
        // In a word of two references, the second one's sign is the highest bit.
        let words = Lanes::load(self, &bytemuck::must_cast(*pairs));
        (words.shift_left::<32>().negative_mask(), words.negative_mask())
    }
}

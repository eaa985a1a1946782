//! Four 64-bit lanes and the instructions on them.
//!
//! The instructions need a processor that has them, so the intrinsics are unsafe to call from code compiled for every
//! processor. Here they are safe: a [`Lanes`] is made only from an [`Avx2`] or from other `Lanes`, so whoever holds one runs
//! on such a processor. That is the safety argument of every block in this file.
//!
//! Every function is `#[inline(always)]`: it becomes part of a caller that is itself compiled with the features
//! (`#[target_feature]`, see the crate's kernels), and only there does an intrinsic become one instruction.

use core::arch::x86_64::*;

use super::Avx2;

/// Four unsigned 64-bit integers, one for each field element in flight.
#[derive(Clone, Copy)]
#[repr(transparent)]
pub(crate) struct Lanes(__m256i);

impl Lanes {
    /// The same word in every lane.
    #[inline(always)]
    pub(crate) fn splat(_: Avx2, word: u64) -> Lanes {
        // SAFETY: an `Avx2` exists.
        Lanes(unsafe { _mm256_set1_epi64x(word.cast_signed()) })
    }

    #[inline(always)]
    pub(crate) fn load(_: Avx2, words: &[u64; 4]) -> Lanes {
        // SAFETY: an `Avx2` exists, and the reference is good for 32 bytes; the load asks for no alignment.
        Lanes(unsafe { _mm256_loadu_si256(words.as_ptr().cast()) })
    }

    #[inline(always)]
    pub(crate) fn store(self, words: &mut [u64; 4]) {
        // SAFETY: a `Lanes` exists, and the reference is good for 32 bytes; the store asks for no alignment.
        unsafe { _mm256_storeu_si256(words.as_mut_ptr().cast(), self.0) }
    }

    /// The permission that this value proves.
    #[inline(always)]
    pub(crate) fn avx2(self) -> Avx2 {
        Avx2(())
    }

    /// The register.
    #[inline(always)]
    pub(super) fn vector(self) -> __m256i {
        self.0
    }

    /// A register's value, with `permission`.
    #[inline(always)]
    pub(super) fn from_vector(_permission: Lanes, vector: __m256i) -> Lanes {
        Lanes(vector)
    }

    /// A constant, with `self` as the permission.
    #[inline(always)]
    pub(crate) fn constant(self, word: u64) -> Lanes {
        Lanes::splat(self.avx2(), word)
    }

    /// The product of the low 32 bits of both.
    #[inline(always)]
    pub(crate) fn mul(self, other: Lanes) -> Lanes {
        // SAFETY: a `Lanes` exists.
        Lanes(unsafe { _mm256_mul_epu32(self.0, other.0) })
    }

    /// Sum modulo 2^64.
    #[inline(always)]
    pub(crate) fn add(self, other: Lanes) -> Lanes {
        // SAFETY: a `Lanes` exists.
        Lanes(unsafe { _mm256_add_epi64(self.0, other.0) })
    }

    /// Difference modulo 2^64.
    #[inline(always)]
    pub(crate) fn sub(self, other: Lanes) -> Lanes {
        // SAFETY: a `Lanes` exists.
        Lanes(unsafe { _mm256_sub_epi64(self.0, other.0) })
    }

    #[inline(always)]
    pub(crate) fn and(self, other: Lanes) -> Lanes {
        // SAFETY: a `Lanes` exists.
        Lanes(unsafe { _mm256_and_si256(self.0, other.0) })
    }

    #[inline(always)]
    pub(crate) fn or(self, other: Lanes) -> Lanes {
        // SAFETY: a `Lanes` exists.
        Lanes(unsafe { _mm256_or_si256(self.0, other.0) })
    }

    /// `floor(self / 2^BITS)`.
    #[inline(always)]
    pub(crate) fn shift_right<const BITS: i32>(self) -> Lanes {
        // SAFETY: a `Lanes` exists.
        Lanes(unsafe { _mm256_srli_epi64::<BITS>(self.0) })
    }

    /// `self 2^BITS mod 2^64`.
    #[inline(always)]
    pub(crate) fn shift_left<const BITS: i32>(self) -> Lanes {
        // SAFETY: a `Lanes` exists.
        Lanes(unsafe { _mm256_slli_epi64::<BITS>(self.0) })
    }

    /// All ones in the lanes whose bit of the mask's low four is one, zeros elsewhere.
    #[inline(always)]
    pub(crate) fn from_mask(_: Avx2, mask: u8) -> Lanes {
        // SAFETY: an `Avx2` exists.
        unsafe {
            let bit = _mm256_setr_epi64x(1, 2, 4, 8);
            Lanes(_mm256_cmpeq_epi64(_mm256_and_si256(_mm256_set1_epi64x(i64::from(mask)), bit), bit))
        }
    }

    /// Lanes of `other` where `ones` is all ones, of `self` where it is zero.
    #[inline(always)]
    pub(crate) fn select(self, ones: Lanes, other: Lanes) -> Lanes {
        // SAFETY: a `Lanes` exists.
        Lanes(unsafe { _mm256_blendv_epi8(self.0, other.0, ones.0) })
    }

    /// Which lanes are equal: bits 0 to 3.
    #[inline(always)]
    pub(crate) fn equal_mask(self, other: Lanes) -> u8 {
        // SAFETY: a `Lanes` exists.
        Lanes(unsafe { _mm256_cmpeq_epi64(self.0, other.0) }).negative_mask()
    }

    /// Which lanes are negative, as two's complement: bits 0 to 3.
    #[inline(always)]
    pub(crate) fn negative_mask(self) -> u8 {
        // SAFETY: a `Lanes` exists.
        unsafe { _mm256_movemask_pd(_mm256_castsi256_pd(self.0)) as u8 }
    }

    /// Word j of element i becomes lane i of result j: four elements of four words, anywhere in memory.
    #[inline(always)]
    pub(crate) fn gather(avx2: Avx2, elements: [&[u64; 4]; 4]) -> [Lanes; 4] {
        let [e0, e1, e2, e3] = elements;
        Lanes::transpose([
            Lanes::load(avx2, e0),
            Lanes::load(avx2, e1),
            Lanes::load(avx2, e2),
            Lanes::load(avx2, e3),
        ])
    }

    /// The inverse of [`Lanes::gather`].
    #[inline(always)]
    pub(crate) fn scatter(words: [Lanes; 4], elements: [&mut [u64; 4]; 4]) {
        let [e0, e1, e2, e3] = elements;
        let [r0, r1, r2, r3] = Lanes::transpose(words);
        r0.store(e0);
        r1.store(e1);
        r2.store(e2);
        r3.store(e3);
    }

    /// The 4 x 4 transpose: lane i of row j becomes lane j of row i.
    #[inline(always)]
    fn transpose([Lanes(r0), Lanes(r1), Lanes(r2), Lanes(r3)]: [Lanes; 4]) -> [Lanes; 4] {
        // SAFETY: a `Lanes` exists.
        unsafe {
            // Lanes 0 and 2 of two rows, in pairs; then lanes 1 and 3.
            let (even_01, odd_01) = (_mm256_unpacklo_epi64(r0, r1), _mm256_unpackhi_epi64(r0, r1));
            let (even_23, odd_23) = (_mm256_unpacklo_epi64(r2, r3), _mm256_unpackhi_epi64(r2, r3));
            [
                Lanes(_mm256_permute2x128_si256::<0x20>(even_01, even_23)),
                Lanes(_mm256_permute2x128_si256::<0x20>(odd_01, odd_23)),
                Lanes(_mm256_permute2x128_si256::<0x31>(even_01, even_23)),
                Lanes(_mm256_permute2x128_si256::<0x31>(odd_01, odd_23)),
            ]
        }
    }
}

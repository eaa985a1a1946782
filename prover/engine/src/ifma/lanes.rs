//! Eight 64-bit lanes and the instructions on them.
//!
//! The instructions need a processor that has them, so the intrinsics are unsafe to call from code compiled for every
//! processor. Here they are safe: a [`Lanes`] is made only from an [`Ifma`] or from other `Lanes`, so whoever holds one runs
//! on such a processor. That is the safety argument of every block in this file.
//!
//! Every function is `#[inline(always)]`: it becomes part of a caller that is itself compiled with the features
//! (`#[target_feature]`, see the crate's kernels), and only there does an intrinsic become one instruction.

use core::arch::x86_64::*;

use super::Ifma;
pub(crate) use crate::vector::Mask;

/// Eight unsigned 64-bit integers, one for each field element in flight.
#[derive(Clone, Copy)]
#[repr(transparent)]
pub(crate) struct Lanes(__m512i);

impl Lanes {
    /// The same word in every lane.
    #[inline(always)]
    pub(crate) fn splat(_: Ifma, word: u64) -> Lanes {
        // SAFETY: an `Ifma` exists.
        Lanes(unsafe { _mm512_set1_epi64(word.cast_signed()) })
    }

    #[inline(always)]
    pub(crate) fn load(_: Ifma, words: &[u64; 8]) -> Lanes {
        // SAFETY: an `Ifma` exists, and the reference is good for 64 bytes; the load asks for no alignment.
        Lanes(unsafe { _mm512_loadu_si512(words.as_ptr().cast()) })
    }

    #[inline(always)]
    pub(crate) fn store(self, words: &mut [u64; 8]) {
        // SAFETY: a `Lanes` exists, and the reference is good for 64 bytes; the store asks for no alignment.
        unsafe { _mm512_storeu_si512(words.as_mut_ptr().cast(), self.0) }
    }

    /// The permission that this value proves.
    #[inline(always)]
    pub(crate) fn ifma(self) -> Ifma {
        Ifma(())
    }

    /// A constant, with `self` as the permission.
    #[inline(always)]
    pub(crate) fn constant(self, word: u64) -> Lanes {
        Lanes::splat(self.ifma(), word)
    }

    /// `self + (a b mod 2^52)`, of a and b the low 52 bits.
    #[inline(always)]
    pub(crate) fn madd_low(self, a: Lanes, b: Lanes) -> Lanes {
        // SAFETY: a `Lanes` exists.
        Lanes(unsafe { _mm512_madd52lo_epu64(self.0, a.0, b.0) })
    }

    /// `self + floor(a b / 2^52)`, of a and b the low 52 bits.
    #[inline(always)]
    pub(crate) fn madd_high(self, a: Lanes, b: Lanes) -> Lanes {
        // SAFETY: a `Lanes` exists.
        Lanes(unsafe { _mm512_madd52hi_epu64(self.0, a.0, b.0) })
    }

    /// Sum modulo 2^64.
    #[inline(always)]
    pub(crate) fn add(self, other: Lanes) -> Lanes {
        // SAFETY: a `Lanes` exists.
        Lanes(unsafe { _mm512_add_epi64(self.0, other.0) })
    }

    /// Difference modulo 2^64.
    #[inline(always)]
    pub(crate) fn sub(self, other: Lanes) -> Lanes {
        // SAFETY: a `Lanes` exists.
        Lanes(unsafe { _mm512_sub_epi64(self.0, other.0) })
    }

    #[inline(always)]
    pub(crate) fn and(self, other: Lanes) -> Lanes {
        // SAFETY: a `Lanes` exists.
        Lanes(unsafe { _mm512_and_si512(self.0, other.0) })
    }

    #[inline(always)]
    pub(crate) fn or(self, other: Lanes) -> Lanes {
        // SAFETY: a `Lanes` exists.
        Lanes(unsafe { _mm512_or_si512(self.0, other.0) })
    }

    /// `floor(self / 2^BITS)`, unsigned.
    #[inline(always)]
    pub(crate) fn shift_right<const BITS: u32>(self) -> Lanes {
        // SAFETY: a `Lanes` exists.
        Lanes(unsafe { _mm512_srli_epi64::<BITS>(self.0) })
    }

    /// `floor(self / 2^BITS)`, two's complement.
    #[inline(always)]
    pub(crate) fn shift_right_signed<const BITS: u32>(self) -> Lanes {
        // SAFETY: a `Lanes` exists.
        Lanes(unsafe { _mm512_srai_epi64::<BITS>(self.0) })
    }

    /// `self 2^BITS mod 2^64`.
    #[inline(always)]
    pub(crate) fn shift_left<const BITS: u32>(self) -> Lanes {
        // SAFETY: a `Lanes` exists.
        Lanes(unsafe { _mm512_slli_epi64::<BITS>(self.0) })
    }

    /// Bits BITS to BITS + 63 of the 128-bit integer `self + 2^64 high`.
    #[inline(always)]
    pub(crate) fn funnel_right<const BITS: i32>(self, high: Lanes) -> Lanes {
        // SAFETY: a `Lanes` exists.
        Lanes(unsafe { _mm512_shrdi_epi64::<BITS>(self.0, high.0) })
    }

    /// Lanes of `other` where the mask has a one, of `self` elsewhere.
    #[inline(always)]
    pub(crate) fn select(self, mask: Mask, other: Lanes) -> Lanes {
        // SAFETY: a `Lanes` exists.
        Lanes(unsafe { _mm512_mask_blend_epi64(mask, self.0, other.0) })
    }

    /// Which lanes are zero.
    #[inline(always)]
    pub(crate) fn zero_mask(self) -> Mask {
        // SAFETY: a `Lanes` exists.
        unsafe { _mm512_testn_epi64_mask(self.0, self.0) }
    }

    /// Which lanes are equal.
    #[inline(always)]
    pub(crate) fn equal_mask(self, other: Lanes) -> Mask {
        // SAFETY: a `Lanes` exists.
        unsafe { _mm512_cmpeq_epi64_mask(self.0, other.0) }
    }

    /// Which lanes are negative, as two's complement.
    #[inline(always)]
    pub(crate) fn negative_mask(self) -> Mask {
        // SAFETY: a `Lanes` exists.
        unsafe { _mm512_movepi64_mask(self.0) }
    }

    /// Lane i of the result is lane `indices[i]` of `self`; of an index its low three bits.
    #[inline(always)]
    pub(crate) fn permute(self, indices: Lanes) -> Lanes {
        // SAFETY: a `Lanes` exists.
        Lanes(unsafe { _mm512_permutexvar_epi64(indices.0, self.0) })
    }

    /// Word j of element i becomes lane i of result j: eight elements of four words, anywhere in memory.
    #[inline(always)]
    pub(crate) fn gather(ifma: Ifma, elements: [&[u64; 4]; 8]) -> [Lanes; 4] {
        let _ = ifma;
        // SAFETY: an `Ifma` exists, and each reference is good for the 32 bytes that one load reads, at any alignment.
        unsafe {
            let [e0, e1, e2, e3, e4, e5, e6, e7] = elements;
            let (a, b, c, d) = (load_pair(e0, e4), load_pair(e1, e5), load_pair(e2, e6), load_pair(e3, e7));
            let (low_ab, high_ab) = (_mm512_unpacklo_epi64(a, b), _mm512_unpackhi_epi64(a, b));
            let (low_cd, high_cd) = (_mm512_unpacklo_epi64(c, d), _mm512_unpackhi_epi64(c, d));
            // Quarters of low_ab: e0, e1 | words 2 of both | e4, e5 | words 2 of both; the same of c and d.
            let first = _mm512_setr_epi64(0, 1, 8, 9, 4, 5, 12, 13);
            let second = _mm512_setr_epi64(2, 3, 10, 11, 6, 7, 14, 15);
            [
                Lanes(_mm512_permutex2var_epi64(low_ab, first, low_cd)),
                Lanes(_mm512_permutex2var_epi64(high_ab, first, high_cd)),
                Lanes(_mm512_permutex2var_epi64(low_ab, second, low_cd)),
                Lanes(_mm512_permutex2var_epi64(high_ab, second, high_cd)),
            ]
        }
    }

    /// The inverse of [`Lanes::gather`].
    #[inline(always)]
    pub(crate) fn scatter(words: [Lanes; 4], elements: [&mut [u64; 4]; 8]) {
        // SAFETY: a `Lanes` exists, and each reference is good for the 32 bytes that one store writes, at any alignment.
        unsafe {
            let [Lanes(w0), Lanes(w1), Lanes(w2), Lanes(w3)] = words;
            let [e0, e1, e2, e3, e4, e5, e6, e7] = elements;
            let (even_01, odd_01) = (_mm512_unpacklo_epi64(w0, w1), _mm512_unpackhi_epi64(w0, w1));
            let (even_23, odd_23) = (_mm512_unpacklo_epi64(w2, w3), _mm512_unpackhi_epi64(w2, w3));
            let first = _mm512_setr_epi64(0, 1, 8, 9, 4, 5, 12, 13);
            let second = _mm512_setr_epi64(2, 3, 10, 11, 6, 7, 14, 15);
            store_pair(_mm512_permutex2var_epi64(even_01, first, even_23), e0, e4);
            store_pair(_mm512_permutex2var_epi64(even_01, second, even_23), e2, e6);
            store_pair(_mm512_permutex2var_epi64(odd_01, first, odd_23), e1, e5);
            store_pair(_mm512_permutex2var_epi64(odd_01, second, odd_23), e3, e7);
        }
    }

    /// The 8 x 8 transpose: lane i of row j becomes lane j of row i.
    #[inline(always)]
    pub(crate) fn transpose(rows: [Lanes; 8]) -> [Lanes; 8] {
        // SAFETY: a `Lanes` exists.
        unsafe {
            let [Lanes(r0), Lanes(r1), Lanes(r2), Lanes(r3), Lanes(r4), Lanes(r5), Lanes(r6), Lanes(r7)] =
                rows;
            let (a0, a1) = (_mm512_unpacklo_epi64(r0, r1), _mm512_unpackhi_epi64(r0, r1));
            let (a2, a3) = (_mm512_unpacklo_epi64(r2, r3), _mm512_unpackhi_epi64(r2, r3));
            let (a4, a5) = (_mm512_unpacklo_epi64(r4, r5), _mm512_unpackhi_epi64(r4, r5));
            let (a6, a7) = (_mm512_unpacklo_epi64(r6, r7), _mm512_unpackhi_epi64(r6, r7));
            // a0 is columns 0, 2, 4, 6 of rows 0 and 1, a pair in each quarter; a1 the odd columns; a2 and a3 of rows 2, 3.
            // b0: columns 0 and 4 of rows 0 and 1, then of rows 2 and 3; so on for the others.
            let (b0, b2, b1, b3) =
                (even_quarters(a0, a2), odd_quarters(a0, a2), even_quarters(a1, a3), odd_quarters(a1, a3));
            let (b4, b6, b5, b7) =
                (even_quarters(a4, a6), odd_quarters(a4, a6), even_quarters(a5, a7), odd_quarters(a5, a7));
            [
                Lanes(even_quarters(b0, b4)),
                Lanes(even_quarters(b1, b5)),
                Lanes(even_quarters(b2, b6)),
                Lanes(even_quarters(b3, b7)),
                Lanes(odd_quarters(b0, b4)),
                Lanes(odd_quarters(b1, b5)),
                Lanes(odd_quarters(b2, b6)),
                Lanes(odd_quarters(b3, b7)),
            ]
        }
    }
}

// The blocks above are made of these. Named functions, not closures: a closure is not always inlined.

/// # Safety
/// The processor has AVX-512 F.
#[inline(always)]
unsafe fn load_pair(low: &[u64; 4], high: &[u64; 4]) -> __m512i {
    // SAFETY: as the caller promises; each reference is good for the 32 bytes that are read, at any alignment.
    unsafe {
        let low = _mm512_castsi256_si512(_mm256_loadu_si256(low.as_ptr().cast()));
        _mm512_inserti64x4::<1>(low, _mm256_loadu_si256(high.as_ptr().cast()))
    }
}

/// # Safety
/// The processor has AVX-512 F.
#[inline(always)]
unsafe fn store_pair(value: __m512i, low: &mut [u64; 4], high: &mut [u64; 4]) {
    // SAFETY: as the caller promises; each reference is good for the 32 bytes that are written, at any alignment.
    unsafe {
        _mm256_storeu_si256(low.as_mut_ptr().cast(), _mm512_castsi512_si256(value));
        _mm256_storeu_si256(high.as_mut_ptr().cast(), _mm512_extracti64x4_epi64::<1>(value));
    }
}

/// Quarters 0 and 2 of x, then of y.
///
/// # Safety
/// The processor has AVX-512 F.
#[inline(always)]
unsafe fn even_quarters(x: __m512i, y: __m512i) -> __m512i {
    // SAFETY: as the caller promises.
    unsafe { _mm512_shuffle_i64x2::<0b10_00_10_00>(x, y) }
}

/// Quarters 1 and 3 of x, then of y.
///
/// # Safety
/// The processor has AVX-512 F.
#[inline(always)]
unsafe fn odd_quarters(x: __m512i, y: __m512i) -> __m512i {
    // SAFETY: as the caller promises.
    unsafe { _mm512_shuffle_i64x2::<0b11_01_11_01>(x, y) }
}

//! Products, squares, and Montgomery's reduction: see [`super::field`] for the bounds.
//!
//! These are the only functions whose instructions are in an order of our own. A product is 163 multiplications, and the
//! processor can start two of them in a cycle: what decides is that their operands come from memory where they lie, that
//! a column stays in its register, and that the quotient digits, one after the other, have something to do beside them. The
//! compiler sees none of that, so [`mul`] and [`mul_row`] are assembly. Not inlined: a function that adds points has
//! twenty products, and would not fit the cache of instructions with all of them in it.

use std::arch::{asm, x86_64::__m256i};

use super::{
    lanes::Lanes,
    limbs::{Four, LIMB_MASK, Limbs, propagate},
};
use crate::vector::modulus::Modulus;

/// `a b / 2^261` and a multiple of p.
#[inline(always)]
pub(super) fn product<M: Modulus>(a: &Four, b: &Four) -> Four {
    // SAFETY: `Lanes` exist, so the processor has AVX2.
    unsafe { product_of::<M>(a, b) }
}

/// `(a b + c d) / 2^261` and a multiple of p.
#[inline(always)]
pub(super) fn dot<M: Modulus>(a: &Four, b: &Four, c: &Four, d: &Four) -> Four {
    // SAFETY: `Lanes` exist, so the processor has AVX2.
    unsafe { dot_of::<M>(a, b, c, d) }
}

/// `a^2 / 2^261` and a multiple of p.
#[inline(always)]
pub(super) fn square<M: Modulus>(a: &Four) -> Four {
    // SAFETY: `Lanes` exist, so the processor has AVX2.
    unsafe { square_of::<M>(a) }
}

/// The statement for each limb, in order: a loop's variable is no constant.
macro_rules! limbs {
    ($j:ident => $statement:expr) => {
        limbs!($j => $statement; 0 1 2 3 4 5 6 7 8)
    };
    ($j:ident => $statement:expr; $($limb:literal)*) => {
        $({
            const $j: usize = $limb;
            $statement;
        })*
    };
}

#[inline(never)]
#[target_feature(enable = "avx2")]
fn product_of<M: Modulus>(a: &Four, b: &Four) -> Four {
    let zero = b[0].constant(0);
    let mut t = [zero; 9];
    // Two rows at a time, so that each limb of a is read once for both.
    limbs!(I => {
        let (first, second) = (b[2 * I], b[2 * I + 1]);
        let mut rows = [t[0], t[1], t[2], t[3], t[4], t[5], t[6], t[7], t[8], zero];
        limbs!(J => {
            let limb = read_row::<J>(first, a);
            rows[J] = rows[J].add(mul(limb, first));
            rows[J + 1] = rows[J + 1].add(mul(limb, second));
        });
        let [low @ .., high] = rows;
        t = step::<M>(low);
        t[8] = t[8].add(high);
        t = step::<M>(t);
    }; 0 1 2 3);
    limbs!(J => t[J] = t[J].add(mul_row::<J>(b[8], a)));
    last_step::<M>(t)
}

#[inline(never)]
#[target_feature(enable = "avx2")]
fn dot_of<M: Modulus>(a: &Four, b: &Four, c: &Four, d: &Four) -> Four {
    let mut t = [b[0].constant(0); 9];
    limbs!(I => {
        limbs!(J => t[J] = t[J].add(mul_row::<J>(b[I], a)));
        limbs!(J => t[J] = t[J].add(mul_row::<J>(d[I], c)));
        t = step::<M>(t);
    }; 0 1 2 3 4 5 6 7);
    limbs!(J => t[J] = t[J].add(mul_row::<J>(b[8], a)));
    limbs!(J => t[J] = t[J].add(mul_row::<J>(d[8], c)));
    last_step::<M>(t)
}

#[inline(never)]
#[target_feature(enable = "avx2")]
fn square_of<M: Modulus>(a: &Four) -> Four {
    // Columns 0 to 16: limbs times themselves, and twice the products of two.
    let mut t = [a[0].constant(0); 17];
    macro_rules! row {
        ($i:literal: $($above:literal)*) => {
            let limb = a[$i];
            t[2 * $i] = t[2 * $i].add(mul(limb, limb));
            let twice = limb.add(limb);
            limbs!(J => t[$i + J] = t[$i + J].add(mul_row::<J>(twice, a)); $($above)*);
        };
    }
    row!(0: 1 2 3 4 5 6 7 8);
    row!(1: 2 3 4 5 6 7 8);
    row!(2: 3 4 5 6 7 8);
    row!(3: 4 5 6 7 8);
    row!(4: 5 6 7 8);
    row!(5: 6 7 8);
    row!(6: 7 8);
    row!(7: 8);
    t[16] = t[16].add(mul(a[8], a[8]));
    let [t0, t1, t2, t3, t4, t5, t6, t7, t8, rest @ ..] = t;
    let mut t = [t0, t1, t2, t3, t4, t5, t6, t7, t8];
    limbs!(I => {
        t = step::<M>(t);
        t[8] = t[8].add(rest[I]);
    }; 0 1 2 3 4 5 6 7);
    last_step::<M>(t)
}

/// Adds the multiple of `p'` that makes the lowest column a multiple of 2^29, and divides by it.
#[inline]
#[target_feature(enable = "avx2")]
fn step<M: Modulus>(t: Four) -> Four {
    let digit = t[0].and(t[0].constant(LIMB_MASK));
    let mut next =
        [t[1].add(t[0].shift_right::<29>()), t[2], t[3], t[4], t[5], t[6], t[7], t[8], t[8].constant(0)];
    limbs!(J => next[J] = next[J].add(mul_row::<J>(digit, M::FRIENDLY_ROWS)));
    next
}

/// The same with p itself, and all carries.
#[inline]
#[target_feature(enable = "avx2")]
fn last_step<M: Modulus>(mut t: Four) -> Four {
    let mask = t[0].constant(LIMB_MASK);
    let digit = mul(t[0], t[0].constant(M::NEGATIVE_INVERSE_29)).and(mask);
    limbs!(J => t[J] = t[J].add(mul_row::<J>(digit, M::P_ROWS)));
    let carry = t[0].shift_right::<29>();
    propagate([t[1].add(carry), t[2], t[3], t[4], t[5], t[6], t[7], t[8], t[0].constant(0)])
}

/// The products of the low 32 bits.
#[inline]
#[target_feature(enable = "avx2")]
fn mul(a: Lanes, b: Lanes) -> Lanes {
    let product: __m256i;
    // SAFETY: an instruction on registers alone, which `Lanes` prove that the processor has.
    unsafe {
        asm!("vpmuludq {}, {}, {}", lateout(ymm_reg) product, in(ymm_reg) a.vector(), in(ymm_reg) b.vector(),
            options(pure, nomem, nostack, preserves_flags));
    }
    Lanes::from_vector(a, product)
}

/// The same with row J of nine in memory.
#[inline]
#[target_feature(enable = "avx2")]
fn mul_row<const J: usize>(a: Lanes, rows: &impl Rows) -> Lanes {
    const { assert!(J < 9) };
    let product: __m256i;
    // SAFETY: as above; it reads 32 bytes, at any alignment, of the nine times 32 behind the reference.
    unsafe {
        asm!("vpmuludq {}, {}, ymmword ptr [{} + {}]", lateout(ymm_reg) product, in(ymm_reg) a.vector(),
            in(reg) rows.start(), const 32 * J, options(pure, readonly, nostack, preserves_flags));
    }
    Lanes::from_vector(a, product)
}

/// Row J of nine in memory, read here and nowhere else.
#[inline]
#[target_feature(enable = "avx2")]
fn read_row<const J: usize>(permission: Lanes, rows: &impl Rows) -> Lanes {
    const { assert!(J < 9) };
    let row: __m256i;
    // SAFETY: as above.
    unsafe {
        asm!("vmovdqu {}, ymmword ptr [{} + {}]", lateout(ymm_reg) row, in(reg) rows.start(), const 32 * J,
            options(pure, readonly, nostack, preserves_flags));
    }
    Lanes::from_vector(permission, row)
}

/// Nine rows of 32 bytes.
trait Rows {
    /// Where they begin.
    fn start(&self) -> *const [[u64; 4]; 9];
}

impl Rows for Four {
    #[inline(always)]
    fn start(&self) -> *const [[u64; 4]; 9] {
        const { assert!(size_of::<Four>() == size_of::<[[u64; 4]; 9]>()) };
        std::ptr::from_ref(self).cast()
    }
}

impl Rows for [[u64; 4]; 9] {
    #[inline(always)]
    fn start(&self) -> *const [[u64; 4]; 9] {
        self
    }
}

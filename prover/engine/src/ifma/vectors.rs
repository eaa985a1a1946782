//! The vector side of `crate::vectors`: slices of one length, eight elements at a time, the rest padded.

use ark_bn254::{Fq, Fr};
use ark_ff::Zero;

use super::{
    Ifma,
    field::Fe8,
    lanes::Lanes,
    modulus::{Base, Modulus, Scalar},
};

pub(crate) fn to_integers(ifma: Ifma, elements: &[Fr], integers: &mut [[u64; 4]]) {
    // SAFETY: an `Ifma` exists, so the processor has the features.
    unsafe { to_integers_kernel(ifma, elements, integers) }
}

pub(crate) fn from_integers(ifma: Ifma, integers: &[i64], elements: &mut [Fr]) {
    // SAFETY: an `Ifma` exists, so the processor has the features.
    unsafe { from_integers_kernel(ifma, integers, elements) }
}

pub(crate) fn first_unequal_product(ifma: Ifma, a: &[Fr], b: &[Fr], c: &[Fr]) -> Option<usize> {
    // SAFETY: an `Ifma` exists, so the processor has the features.
    unsafe { first_unequal_product_kernel(ifma, a, b, c) }
}

/// Multiplies elements in Montgomery form by a factor; the results are below 1.0001 p, and zeros stay zeros.
pub(crate) fn scale(ifma: Ifma, elements: &mut [[u64; 4]], factor: &Fq) {
    // SAFETY: an `Ifma` exists, so the processor has the features.
    unsafe { scale_kernel(ifma, elements, factor) }
}

#[target_feature(enable = "avx512f,avx512dq,avx512vl,avx512ifma,avx512vbmi2")]
fn scale_kernel(ifma: Ifma, elements: &mut [[u64; 4]], factor: &Fq) {
    // With R = 2^260, so that the product's form is that of the element.
    let factor = Fe8::<Base>::splat(ifma, &Fe8::<Base>::limbs_of(factor));
    for elements in elements.chunks_mut(8) {
        let mut eight = [[0; 4]; 8];
        eight[..elements.len()].copy_from_slice(elements);
        let product = Fe8::unpack(Lanes::gather(ifma, eight.each_ref())).mul(factor).reduce();
        Lanes::scatter(product.pack(), eight.each_mut());
        elements.copy_from_slice(&eight[..elements.len()]);
    }
}

#[target_feature(enable = "avx512f,avx512dq,avx512vl,avx512ifma,avx512vbmi2")]
fn to_integers_kernel(ifma: Ifma, elements: &[Fr], integers: &mut [[u64; 4]]) {
    for (elements, integers) in elements.chunks(8).zip(integers.chunks_mut(8)) {
        let value = Fe8::<Scalar>::unpack_shifted(read(ifma, elements));
        let mut eight = [[0; 4]; 8];
        Lanes::scatter(value.pack_integer(), eight.each_mut());
        integers.copy_from_slice(&eight[..integers.len()]);
    }
}

#[target_feature(enable = "avx512f,avx512dq,avx512vl,avx512ifma,avx512vbmi2")]
fn from_integers_kernel(ifma: Ifma, integers: &[i64], elements: &mut [Fr]) {
    // `x + 2^63` is not negative; times 2^516 and with R = 2^260 that leaves `(x + 2^63) 2^256`, below 2.1 p.
    let form = Fe8::<Scalar>::splat(ifma, &Scalar::FORM_256);
    let offset = Fe8::splat(ifma, &[0, 1 << 11, 0, 0, 0]).mul(form).reduce().loose();
    for (integers, elements) in integers.chunks(8).zip(elements.chunks_mut(8)) {
        let mut eight = [0; 8];
        eight
            .iter_mut()
            .zip(integers)
            .for_each(|(word, integer)| *word = integer.cast_unsigned() ^ (1 << 63));
        let words = Lanes::load(ifma, &eight);
        let zero = Lanes::splat(ifma, 0);
        let value = Fe8::unpack([words, zero, zero, zero]).mul_loose(form);
        let value = value.sub(offset).add_multiple(2).carry_signed().canonical();
        let mut eight = [[0; 4]; 8];
        Lanes::scatter(value.pack(), eight.each_mut());
        elements.iter_mut().zip(eight).for_each(|(element, words)| *element = Scalar::element(words));
    }
}

#[target_feature(enable = "avx512f,avx512dq,avx512vl,avx512ifma,avx512vbmi2")]
fn first_unequal_product_kernel(ifma: Ifma, a: &[Fr], b: &[Fr], c: &[Fr]) -> Option<usize> {
    for (index, ((a, b), c)) in a.chunks(8).zip(b.chunks(8)).zip(c.chunks(8)).enumerate() {
        // Sixteen a times b with R = 2^260 is in arkworks' form again; c is in it, and canonical.
        let product = Fe8::<Scalar>::unpack_shifted(read(ifma, a)).mul(Fe8::unpack(read(ifma, b)));
        let [w0, w1, w2, w3] = product.canonical().pack();
        let [c0, c1, c2, c3] = read(ifma, c);
        let equal = w0.equal_mask(c0) & w1.equal_mask(c1) & w2.equal_mask(c2) & w3.equal_mask(c3);
        if equal != 0xff {
            return Some(8 * index + equal.trailing_ones() as usize);
        }
    }
    None
}

/// Words of up to eight elements; zeros for those that lack.
#[inline(always)]
fn read(ifma: Ifma, elements: &[Fr]) -> [Lanes; 4] {
    if let Ok(eight) = <&[Fr; 8]>::try_from(elements) {
        return Lanes::gather(ifma, eight.each_ref().map(Scalar::words));
    }
    let mut eight = [Fr::zero(); 8];
    eight[..elements.len()].copy_from_slice(elements);
    Lanes::gather(ifma, eight.each_ref().map(Scalar::words))
}

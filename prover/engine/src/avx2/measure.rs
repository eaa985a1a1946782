//! The vector side of `crate::measure`.

use ark_bn254::Fq;
use ark_ff::{Field, MontFp, Zero};

use super::{Avx2, field::Fe8, limbs::split};
use crate::vector::modulus::{Base, Modulus};

/// What makes arkworks' form with R = 2^256 that with R = 2^261.
const TO_261: Fq = MontFp!("32");

pub(crate) fn products(avx2: Avx2, x: &mut [Fq], y: &[Fq], n: usize) {
    // SAFETY: an `Avx2` exists, so the processor has the features.
    let (mut a, b) = unsafe { (read(avx2, x), read(avx2, y)) };
    // SAFETY: as above.
    unsafe { product_rounds(&mut a, &b, n) };
    // SAFETY: as above.
    unsafe { write(avx2, &a, x) };
}

pub(crate) fn squares(avx2: Avx2, x: &mut [Fq], n: usize) {
    // SAFETY: an `Avx2` exists, so the processor has the features.
    let mut a = unsafe { read(avx2, x) };
    // SAFETY: as above.
    unsafe { square_rounds(&mut a, n) };
    // SAFETY: as above.
    unsafe { write(avx2, &a, x) };
}

#[target_feature(enable = "avx2")]
fn product_rounds(a: &mut [Fe8<Base>], b: &[Fe8<Base>], n: usize) {
    for _ in 0..n {
        for (a, b) in a.iter_mut().zip(b) {
            *a = a.mul(*b);
        }
    }
}

#[target_feature(enable = "avx2")]
fn square_rounds(a: &mut [Fe8<Base>], n: usize) {
    for _ in 0..n {
        for a in a.iter_mut() {
            *a = a.square();
        }
    }
}

#[target_feature(enable = "avx2")]
fn read(avx2: Avx2, elements: &[Fq]) -> Vec<Fe8<Base>> {
    let mut vectors = Vec::with_capacity(elements.len().div_ceil(8));
    for chunk in elements.chunks(8) {
        let mut eight = [Fq::zero(); 8];
        eight[..chunk.len()].copy_from_slice(chunk);
        eight.iter_mut().for_each(|element| *element *= TO_261);
        vectors.push(Fe8::unpack(avx2, eight.each_ref().map(Base::words)));
    }
    vectors
}

#[target_feature(enable = "avx2")]
fn write(avx2: Avx2, vectors: &[Fe8<Base>], elements: &mut [Fq]) {
    let one = Fe8::splat(avx2, &split(Fq::ONE.0.0));
    for (vector, chunk) in vectors.iter().zip(elements.chunks_mut(8)) {
        let words = vector.mul(one).canonical();
        chunk.iter_mut().zip(words).for_each(|(element, words)| *element = Base::element(words));
    }
}

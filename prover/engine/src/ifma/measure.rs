//! The vector side of `crate::measure`.

use ark_bn254::Fq;
use ark_ff::Zero;

use super::{
    Ifma,
    field::{Block, Fe8},
    lanes::Lanes,
    modulus::{Base, Modulus},
};

pub(crate) fn products(ifma: Ifma, x: &mut [Fq], y: &[Fq], n: usize) {
    let (mut a, b) = (blocks(x), blocks(y));
    // SAFETY: an `Ifma` exists, so the processor has the features.
    unsafe { product_rounds(ifma, &mut a, &b, n) };
    write(ifma, &a, x);
}

pub(crate) fn squares(ifma: Ifma, x: &mut [Fq], n: usize) {
    let mut a = blocks(x);
    // SAFETY: an `Ifma` exists, so the processor has the features.
    unsafe { square_rounds(ifma, &mut a, n) };
    write(ifma, &a, x);
}

#[target_feature(enable = "avx512f,avx512dq,avx512vl,avx512ifma,avx512vbmi2")]
fn product_rounds(ifma: Ifma, a: &mut [Block], b: &[Block], n: usize) {
    for _ in 0..n {
        for (a, b) in a.iter_mut().zip(b) {
            Fe8::<Base>::load(ifma, a).mul(Fe8::load(ifma, b)).store(a);
        }
    }
}

#[target_feature(enable = "avx512f,avx512dq,avx512vl,avx512ifma,avx512vbmi2")]
fn square_rounds(ifma: Ifma, a: &mut [Block], n: usize) {
    for _ in 0..n {
        for a in a.iter_mut() {
            Fe8::<Base>::load(ifma, a).square().store(a);
        }
    }
}

fn blocks(elements: &[Fq]) -> Vec<Block> {
    let block = |chunk: &[Fq]| {
        let mut eight = [Fq::zero(); 8];
        eight[..chunk.len()].copy_from_slice(chunk);
        Fe8::<Base>::block(&eight)
    };
    elements.chunks(8).map(block).collect()
}

fn write(ifma: Ifma, blocks: &[Block], elements: &mut [Fq]) {
    for (block, chunk) in blocks.iter().zip(elements.chunks_mut(8)) {
        let mut words = [[0; 4]; 8];
        Lanes::scatter(Fe8::<Base>::load(ifma, block).pack_montgomery(), words.each_mut());
        chunk.iter_mut().zip(words).for_each(|(element, words)| *element = Base::element(words));
    }
}

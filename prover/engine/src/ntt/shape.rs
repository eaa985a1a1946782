//! A domain's numbers, and the powers of its roots.

use ark_bn254::Fr;
use ark_ff::Field;
use rayon::prelude::*;

/// A domain's numbers.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Shape {
    /// N.
    pub(crate) size: usize,
    /// e of `N = 3^e 2^k`.
    pub(crate) threes: u32,
    /// k.
    pub(crate) twos: u32,
    /// w, of order N.
    pub(crate) omega: Fr,
    /// g, of order 2N: `g^2 = w`.
    pub(crate) shift: Fr,
}

impl Shape {
    /// The radices of a transform, whole domain first.
    pub(crate) fn radices(&self) -> impl Iterator<Item = usize> {
        let threes = std::iter::repeat_n(3, self.threes as usize);
        threes.chain(std::iter::repeat_n(2, self.twos as usize))
    }
}

/// `first ratio^i` for i below `count`.
pub(crate) fn powers(first: Fr, ratio: Fr, count: usize) -> Vec<Fr> {
    const CHUNK: usize = 1 << 12;
    let mut values = vec![first; count];
    values.par_chunks_mut(CHUNK).enumerate().for_each(|(index, chunk)| {
        let mut power = first * ratio.pow([(index * CHUNK) as u64]);
        for value in chunk {
            *value = power;
            power *= ratio;
        }
    });
    values
}

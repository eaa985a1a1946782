//! What a batch is challenged with: the coefficients that combine its proofs, and the factor that folds its knowledge check.
//!
//! ```text
//! seed = SHA-256("assay:batch:v1\0" || key hash || n u16 || for each proof: A, B, [D], d)
//! r_i  = half of SHA-256("assay:batch:r:v1\0" || seed || floor((i - 2) / 2) u8),  i = 2..n: the first 16 bytes for even i
//! rho  = first 16 bytes of SHA-256("assay:batch:fold:v1\0" || seed || C || K)
//! ```
//!
//! Integers are big-endian. C and K must not be part of the seed: an honest sender sums them with the r_i.

use alloc::vec::Vec;

use super::{
    layout::Batch,
    sum::{COEFFICIENT, TOTAL, Total, coefficient_digits},
};
use crate::{field::Scalar, groth16::forms::G1_LEN, syscalls::sha256};

const SEED_PREFIX: &[u8] = b"assay:batch:v1\0";
const COEFFICIENTS_PREFIX: &[u8; 17] = b"assay:batch:r:v1\0";
const FOLD_PREFIX: &[u8] = b"assay:batch:fold:v1\0";

/// The seed: it binds every byte of the proofs and every digest, and so fixes all that the coefficients combine.
pub(super) fn seed(key_hash: &[u8; 32], batch: &Batch<'_>, digests: &[Scalar]) -> [u8; 32] {
    let count = (batch.count() as u16).to_be_bytes(); // at most 64
    let mut parts: Vec<&[u8]> = Vec::with_capacity(3 + 2 * digests.len());
    parts.extend([SEED_PREFIX, &key_hash[..], &count]);
    for (member, digest) in batch.members().zip(digests) {
        parts.push(member.points);
        parts.push(digest.as_be_bytes());
    }
    sha256(&parts)
}

/// A coefficient: 16 big-endian bytes, and its digits.
pub(super) struct Coefficient {
    pub(super) bytes: [u8; 16],
    pub(super) digits: [u64; COEFFICIENT],
}

/// r_2, r_3, .., and their sum.
pub(super) struct Coefficients {
    input: [u8; 17 + 32 + 1],
    second: Option<[u8; 16]>,
    total: Total,
}

impl Coefficients {
    pub(super) fn new(seed: &[u8; 32]) -> Coefficients {
        let mut input = [0; 50];
        let (prefix, rest) = input.split_at_mut(17);
        prefix.copy_from_slice(COEFFICIENTS_PREFIX);
        rest.split_at_mut(32).0.copy_from_slice(seed);
        Coefficients { input, second: None, total: Total::default() }
    }

    /// The next coefficient: at most 255 are drawn.
    #[inline(always)]
    pub(super) fn draw(&mut self) -> Coefficient {
        let bytes = match self.second.take() {
            Some(bytes) => bytes,
            None => {
                let [first, second] = halves(sha256(&[&self.input]));
                self.second = Some(second);
                let [.., block] = &mut self.input;
                *block = block.wrapping_add(1);
                first
            }
        };
        let digits = coefficient_digits(&bytes);
        self.total.add(&digits);
        Coefficient { bytes, digits }
    }

    /// The digits of the sum of what was drawn.
    pub(super) fn total(&self) -> [u64; TOTAL] {
        self.total.digits()
    }
}

/// rho.
pub(super) fn fold_factor(seed: &[u8; 32], c: &[u8; G1_LEN], knowledge: &[u8; G1_LEN]) -> [u8; 16] {
    let [factor, _] = halves(sha256(&[FOLD_PREFIX, seed, c, knowledge]));
    factor
}

fn halves(hash: [u8; 32]) -> [[u8; 16]; 2] {
    bytemuck::must_cast(hash)
}

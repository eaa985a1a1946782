//! circom's witnesses.

use ark_bn254::Fr;
use ark_ff::{BigInteger256, PrimeField};

use super::{
    error::CircomError,
    sections::{Reader, Sections},
};

/// The values of all wires in the bytes of a `.wtns`.
pub fn read_wtns(bytes: &[u8]) -> Result<Vec<Fr>, CircomError> {
    let sections = Sections::read(bytes, "wtns", 2)?;
    let mut header = Reader { section: 1, rest: sections.get(1)? };
    header.modulus::<Fr>()?;
    let count: u32 = header.take()?;
    header.finish()?;
    let mut values = Reader { section: 2, rest: sections.get(2)? };
    let element = |(index, words)| {
        Fr::from_bigint(BigInteger256::new(words)).ok_or(CircomError::NotCanonical { section: 2, index })
    };
    let elements = values.array::<[u64; 4]>(count)?.enumerate().map(element).collect();
    values.finish()?;
    elements
}

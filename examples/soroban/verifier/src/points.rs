//! Points and numbers as bytes: what has one encoding.

use soroban_sdk::{Bytes, BytesN};

use crate::error::Error;

/// The order of the base field: coordinates are below it.
const BASE_MODULUS: [u8; 32] = [
    0x30, 0x64, 0x4e, 0x72, 0xe1, 0x31, 0xa0, 0x29, 0xb8, 0x50, 0x45, 0xb6, 0x81, 0x81, 0x58, 0x5d, 0x97,
    0x81, 0x6a, 0x91, 0x68, 0x71, 0xca, 0x8d, 0x3c, 0x20, 0x8c, 0x16, 0xd8, 0x7c, 0xfd, 0x47,
];
/// The order of the scalar field: digests and limbs are below it. The host reduces what is not, so that one proof would stand for two statements.
pub const SCALAR_MODULUS: [u8; 32] = [
    0x30, 0x64, 0x4e, 0x72, 0xe1, 0x31, 0xa0, 0x29, 0xb8, 0x50, 0x45, 0xb6, 0x81, 0x81, 0x58, 0x5d, 0x28,
    0x33, 0xe8, 0x48, 0x79, 0xb9, 0x70, 0x91, 0x43, 0xe1, 0xf5, 0x93, 0xf0, 0x00, 0x00, 0x01,
];

/// The point of `bytes` at this place; lengths were checked.
pub fn point<const N: usize>(bytes: &Bytes, at: u32) -> BytesN<N> {
    let mut out = [0; N];
    bytes.slice(at..at + N as u32).copy_into_slice(&mut out);
    BytesN::from_array(bytes.env(), &out)
}

/// Refuses coordinates that are second encodings, and the identity.
pub fn check_point(point: &Bytes) -> Result<(), Error> {
    let mut any = false;
    for at in (0..point.len()).step_by(32) {
        let mut coordinate = [0; 32];
        point.slice(at..at + 32).copy_into_slice(&mut coordinate);
        require_below(&coordinate, &BASE_MODULUS)?;
        any |= coordinate != [0; 32];
    }
    if any { Ok(()) } else { Err(Error::Identity) }
}

pub fn require_below(number: &[u8; 32], modulus: &[u8; 32]) -> Result<(), Error> {
    if number < modulus { Ok(()) } else { Err(Error::NotCanonical) }
}

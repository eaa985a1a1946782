//! Keys at half their length: the x of each point and a bit for its y.
//!
//! A registration has to fit one transaction, and a committed key of 768 bytes does not fit it together with a schema.
//! The points stand in the order of the key, 32 bytes for G1 and 64 for G2, as the runtime's compression syscall has
//! them: x big-endian, and in the first byte 0x80 where y is the greater of the two (for G2 in the order of c1, c0).
//!
//! Decompression says only that a point is on its curve: [`super::check_key`] checks what comes out. Cost on chain: 398
//! compute units a point of G1, 13,610 of G2.

use alloc::vec::Vec;

use bytemuck::Zeroable;

use super::{
    error::{KeyError, KeyPoint},
    forms::{COMMITTED_KEY_COMPRESSED_LEN, G1_LEN, G2_LEN, PLAIN_KEY_COMPRESSED_LEN},
    key::{CommittedKey, PlainKey, VerifyingKey},
};
use crate::syscalls::{g1_compress, g1_decompress, g2_compress, g2_decompress};

/// The points of a committed key in their order; a plain key has the first six.
const POINTS: [KeyPoint; 8] = [
    KeyPoint::Alpha,
    KeyPoint::Beta,
    KeyPoint::Gamma,
    KeyPoint::Delta,
    KeyPoint::Ic0,
    KeyPoint::Ic1,
    KeyPoint::Ic2,
    KeyPoint::SigmaGamma,
];

impl VerifyingKey {
    /// The key in 288 bytes, or in 384 with a commitment. It has to hold points of the curves, as a checked key does:
    /// y is lost but for a bit, so what is not on its curve cannot be told from what is.
    pub fn compress(&self) -> Result<Vec<u8>, KeyError> {
        let mut out = Vec::with_capacity(self.as_bytes().len() / 2);
        let mut rest = self.as_bytes();
        for point in POINTS {
            if rest.is_empty() {
                break;
            }
            let error = KeyError::NotOnCurve(point);
            if is_in_g2(point) {
                let (bytes, tail) = rest.split_first_chunk::<G2_LEN>().ok_or(error)?;
                let compressed = g2_compress(bytes).ok_or(error)?;
                if g2_decompress(&compressed).as_ref() != Some(bytes) {
                    return Err(error);
                }
                out.extend_from_slice(&compressed);
                rest = tail;
            } else {
                let (bytes, tail) = rest.split_first_chunk::<G1_LEN>().ok_or(error)?;
                let compressed = g1_compress(bytes).ok_or(error)?;
                if g1_decompress(&compressed).as_ref() != Some(bytes) {
                    return Err(error);
                }
                out.extend_from_slice(&compressed);
                rest = tail;
            }
        }
        Ok(out)
    }

    /// The key that 288 or 384 compressed bytes stand for: points of their curves, and nothing more is checked.
    #[inline(never)] // a stack frame of its own: on chain a frame has 4 KiB
    pub fn decompress(bytes: &[u8]) -> Result<VerifyingKey, KeyError> {
        match bytes.len() {
            PLAIN_KEY_COMPRESSED_LEN => {
                let mut key = PlainKey::zeroed();
                decompress_into(bytemuck::bytes_of_mut(&mut key), bytes)?;
                Ok(VerifyingKey::Plain(key))
            }
            COMMITTED_KEY_COMPRESSED_LEN => {
                let mut key = CommittedKey::zeroed();
                decompress_into(bytemuck::bytes_of_mut(&mut key), bytes)?;
                Ok(VerifyingKey::Committed(key))
            }
            other => Err(KeyError::Length(other)),
        }
    }
}

/// Fills `out` point by point; `bytes` has half its length.
fn decompress_into(mut out: &mut [u8], mut bytes: &[u8]) -> Result<(), KeyError> {
    for point in POINTS {
        if bytes.is_empty() {
            break;
        }
        let error = KeyError::Compressed(point);
        if is_in_g2(point) {
            let (compressed, tail) = bytes.split_first_chunk().ok_or(error)?;
            let (place, rest) = out.split_first_chunk_mut().ok_or(error)?;
            *place = g2_decompress(compressed).ok_or(error)?;
            (bytes, out) = (tail, rest);
        } else {
            let (compressed, tail) = bytes.split_first_chunk().ok_or(error)?;
            let (place, rest) = out.split_first_chunk_mut().ok_or(error)?;
            *place = g1_decompress(compressed).ok_or(error)?;
            (bytes, out) = (tail, rest);
        }
    }
    Ok(())
}

fn is_in_g2(point: KeyPoint) -> bool {
    matches!(point, KeyPoint::Beta | KeyPoint::Gamma | KeyPoint::Delta | KeyPoint::SigmaGamma)
}

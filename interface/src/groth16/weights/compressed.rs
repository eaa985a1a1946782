//! Keys with weights at half their length: the compressed key without them, and the compressed point behind it.

use alloc::vec::Vec;

use super::{CommittedWeightsKey, PlainWeightsKey, WeightsError, WeightsKey};
use crate::{
    groth16::{
        COMMITTED_KEY_COMPRESSED_LEN, G2_LEN, PLAIN_KEY_COMPRESSED_LEN, VerifyingKey,
        error::{KeyError, KeyPoint},
    },
    syscalls::{g2_compress, g2_decompress},
};

/// Bytes of a compressed plain key with weights.
pub const PLAIN_WEIGHTS_KEY_COMPRESSED_LEN: usize = PLAIN_KEY_COMPRESSED_LEN + G2_LEN / 2;
/// Bytes of a compressed committed key with weights.
pub const COMMITTED_WEIGHTS_KEY_COMPRESSED_LEN: usize = COMMITTED_KEY_COMPRESSED_LEN + G2_LEN / 2;

impl WeightsKey {
    /// The key in 352 bytes, or in 448 with lookups. It has to hold points of the curves, as a checked key does.
    pub fn compress(&self) -> Result<Vec<u8>, KeyError> {
        let key = self.as_ref();
        let mut out = key.key().to_owned().compress()?;
        let error = KeyError::NotOnCurve(KeyPoint::SigmaWeights);
        let compressed = g2_compress(key.sigma_weights_negated()).ok_or(error)?;
        if g2_decompress(&compressed).as_ref() != Some(key.sigma_weights_negated()) {
            return Err(error);
        }
        out.extend_from_slice(&compressed);
        Ok(out)
    }

    /// The key that 352 or 448 compressed bytes stand for: points of their curves, and nothing more is checked.
    #[inline(never)] // a stack frame of its own: on chain a frame has 4 KiB
    pub fn decompress(bytes: &[u8]) -> Result<WeightsKey, WeightsError> {
        let length = WeightsError::KeyLength(bytes.len());
        if !matches!(bytes.len(), PLAIN_WEIGHTS_KEY_COMPRESSED_LEN | COMMITTED_WEIGHTS_KEY_COMPRESSED_LEN) {
            return Err(length);
        }
        let (key, point) = bytes.split_last_chunk::<{ G2_LEN / 2 }>().ok_or(length)?;
        let sigma_weights_negated =
            g2_decompress(point).ok_or(KeyError::Compressed(KeyPoint::SigmaWeights))?;
        Ok(match VerifyingKey::decompress(key)? {
            VerifyingKey::Plain(key) => WeightsKey::Plain(PlainWeightsKey { key, sigma_weights_negated }),
            VerifyingKey::Committed(key) => {
                WeightsKey::Committed(CommittedWeightsKey { key, sigma_weights_negated })
            }
        })
    }
}

//! `verify_batch` and `record_batch`: arguments, answer, and the place of a proof at fault.
//!
//! ```text
//! arguments   = length u32, little-endian | batch, as crate::groth16::batch lays it out
//! return data = model address 32 | setup kind 1 | n u16, little-endian | SHA-256(d_1 || .. || d_n) 32     (67 bytes)
//! error       = number | (place of the proof, counted from 1) << 16; place 0 where none can be named
//! ```

use alloc::vec::Vec;

use super::ReturnDataError;
use crate::{field::Scalar, groth16::SetupKind, syscalls::sha256};

/// First bytes of the instruction data of `verify_batch`.
pub const VERIFY_BATCH: [u8; 8] = [207, 55, 42, 119, 105, 251, 88, 199];
/// First bytes of the instruction data of `record_batch`.
pub const RECORD_BATCH: [u8; 8] = [57, 246, 210, 47, 195, 112, 162, 65];

/// Bytes of the return data of `verify_batch` and `record_batch`.
pub const BATCH_RETURN_DATA_LEN: usize = 67;

/// Where the place of a proof starts in an error's number.
const PLACE_SHIFT: u32 = 16;

/// The verifier program's answer: these digests, in this order, were proven for this model.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct VerifiedBatch {
    /// Address of the model's account.
    pub model: [u8; 32],
    /// How the model's key was made.
    pub setup: SetupKind,
    /// Proofs of the batch.
    pub count: u16,
    /// What [`digests_hash`] makes of the digests.
    pub digests_hash: [u8; 32],
}

impl VerifiedBatch {
    /// The return data.
    pub fn encode(&self) -> [u8; BATCH_RETURN_DATA_LEN] {
        let mut out = [0; BATCH_RETURN_DATA_LEN];
        let (model, rest) = out.split_at_mut(32);
        let (setup, rest) = rest.split_at_mut(1);
        let (count, digests_hash) = rest.split_at_mut(2);
        model.copy_from_slice(&self.model);
        setup.fill(self.setup.to_byte());
        count.copy_from_slice(&self.count.to_le_bytes());
        digests_hash.copy_from_slice(&self.digests_hash);
        out
    }

    /// The answer that return data hold.
    pub fn decode(bytes: &[u8]) -> Result<VerifiedBatch, ReturnDataError> {
        let length = ReturnDataError::Length(bytes.len());
        let (&model, rest) = bytes.split_first_chunk().ok_or(length)?;
        let (&[setup], rest) = rest.split_first_chunk().ok_or(length)?;
        let (&count, rest) = rest.split_first_chunk().ok_or(length)?;
        let digests_hash = rest.try_into().map_err(|_| length)?;
        let setup = SetupKind::from_byte(setup).ok_or(ReturnDataError::SetupKind(setup))?;
        Ok(VerifiedBatch { model, setup, count: u16::from_le_bytes(count), digests_hash })
    }
}

/// What stands for the digests of a batch, in their order: SHA-256 of all of them. About 100 compute units and 20 a digest.
pub fn digests_hash<'a>(digests: impl IntoIterator<Item = &'a Scalar>) -> [u8; 32] {
    let parts: Vec<&[u8]> = digests.into_iter().map(|digest| &digest.as_be_bytes()[..]).collect();
    sha256(&parts)
}

/// Appends the arguments of `verify_batch` or `record_batch` to instruction data that holds the discriminator.
pub fn put_batch(data: &mut Vec<u8>, batch: &[u8]) {
    data.reserve(4 + batch.len());
    data.extend_from_slice(&(batch.len() as u32).to_le_bytes());
    data.extend_from_slice(batch);
}

/// The number of an error that is the fault of the proof at `index`, counted from 0.
pub const fn error_at(number: u32, index: usize) -> u32 {
    number | ((index as u32).wrapping_add(1) << PLACE_SHIFT) // a batch has at most 64 places
}

/// The number of an error, and the proof that is at fault, counted from 0, where it names one.
pub const fn error_place(code: u32) -> (u32, Option<usize>) {
    let place = (code >> PLACE_SHIFT) as usize;
    (code & 0xffff, place.checked_sub(1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_survive_encoding() {
        let answer = VerifiedBatch {
            model: [1; 32],
            setup: SetupKind::Ceremony,
            count: 0x0203,
            digests_hash: [4; 32],
        };
        let bytes = answer.encode();
        assert_eq!(VerifiedBatch::decode(&bytes), Ok(answer));
        assert_eq!(bytes.get(32..35), Some(&[1, 3, 2][..]));
        for given in [0, 33, 65, 66] {
            let error = ReturnDataError::Length(given);
            assert_eq!(VerifiedBatch::decode(bytes.split_at(given).0), Err(error));
        }
        let long: Vec<u8> = bytes.iter().copied().chain([0]).collect();
        assert!(VerifiedBatch::decode(&long).is_err());
        let mut unknown = bytes;
        unknown.iter_mut().skip(32).take(1).for_each(|byte| *byte = 2);
        assert_eq!(VerifiedBatch::decode(&unknown), Err(ReturnDataError::SetupKind(2)));
    }

    #[test]
    fn an_error_has_a_number_and_a_place() {
        for index in [0, 1, 63] {
            assert_eq!(error_place(error_at(6071, index)), (6071, Some(index)));
        }
        assert_eq!(error_place(6071), (6071, None));
    }

    #[test]
    fn the_hash_of_the_digests_is_of_their_concatenation() {
        let digests = [Scalar::from(5_u64), Scalar::from(6_u64)];
        let both: Vec<u8> = digests.iter().flat_map(|digest| digest.to_be_bytes()).collect();
        assert_eq!(digests_hash(&digests), sha256(&[&both]));
    }
}

//! Sets of attestors, and what they attested: m of n who confirm that a model's key came from the ceremony whose transcript
//! its registrar named.
//!
//! A consumer stores the address of the set that it trusts, and asks for [`attested`] when it takes up a model. The
//! attestors say that they checked bytes which cannot change under the model's address, so nothing is withdrawn.

use super::error::{AccountError, body};
use crate::bytes::Reader;

/// Most attestors of a set.
pub const MAX_ATTESTORS: usize = 8;

/// Layout of a set's account.
pub mod attestor_set_account {
    /// First bytes of the account.
    pub const DISCRIMINATOR: [u8; 8] = [202, 26, 217, 84, 207, 111, 64, 117];
    /// Bytes of the account.
    pub const LENGTH: usize = 8 + 352;
    /// Version of the layout.
    pub const VERSION: u8 = 1;
}

/// Layout of an attestation's account.
pub mod attestation_account {
    /// First bytes of the account.
    pub const DISCRIMINATOR: [u8; 8] = [152, 125, 183, 86, 36, 146, 121, 73];
    /// Bytes of the account.
    pub const LENGTH: usize = 8 + 128;
    /// Version of the layout.
    pub const VERSION: u8 = 1;
}

/// A set of attestors, as its account holds it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AttestorSet<'a> {
    /// The attestors, in strictly increasing order.
    pub attestors: &'a [[u8; 32]],
    /// How many of them must attest.
    pub threshold: u8,
}

/// What a set says of a model, as its account holds it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Attestation<'a> {
    /// Address of the set.
    pub set: &'a [u8; 32],
    /// Address of the model.
    pub model: &'a [u8; 32],
    /// Who attested: bit i is the set's attestor i.
    pub bitmap: u8,
}

impl<'a> AttestorSet<'a> {
    /// Reads an account that belongs to the verifier program.
    ///
    /// # Errors
    /// [`AccountError::Kind`], [`AccountError::Version`] or [`AccountError::Malformed`].
    pub fn read(data: &'a [u8]) -> Result<AttestorSet<'a>, AccountError> {
        use attestor_set_account::{DISCRIMINATOR, LENGTH, VERSION};
        let mut reader = Reader::new(body(data, &DISCRIMINATOR, LENGTH)?);
        let mut fields = || {
            reader.take(32 + 32)?; // payer, id
            let (attestors, []) = reader.take(MAX_ATTESTORS * 32)?.as_chunks() else { return None };
            Some((attestors, reader.array::<3>()?))
        };
        let (attestors, [count, threshold, version]) = fields().ok_or(AccountError::Malformed)?;
        if version != VERSION {
            return Err(AccountError::Version(version));
        }
        let attestors = attestors.get(..usize::from(count)).ok_or(AccountError::Malformed)?;
        if threshold == 0 || threshold > count {
            return Err(AccountError::Malformed);
        }
        Ok(AttestorSet { attestors, threshold })
    }
}

impl<'a> Attestation<'a> {
    /// Reads an account that belongs to the verifier program.
    ///
    /// # Errors
    /// [`AccountError::Kind`], [`AccountError::Version`] or [`AccountError::Malformed`].
    pub fn read(data: &'a [u8]) -> Result<Attestation<'a>, AccountError> {
        use attestation_account::{DISCRIMINATOR, LENGTH, VERSION};
        let mut reader = Reader::new(body(data, &DISCRIMINATOR, LENGTH)?);
        let mut fields = || {
            let (set, model) = (reader.chunk()?, reader.chunk()?);
            reader.take(32 + 8)?; // payer, time
            Some((set, model, reader.array::<2>()?))
        };
        let (set, model, [bitmap, version]) = fields().ok_or(AccountError::Malformed)?;
        if version != VERSION {
            return Err(AccountError::Version(version));
        }
        Ok(Attestation { set, model, bitmap })
    }
}

/// Whether the set at the address `set` attested the model at the address `model`, given the data of the set's and of the
/// attestation's account, both of which belong to the verifier program.
///
/// The attestation's own address is not asked for: the program writes such an account at the address of its set and model
/// only.
///
/// # Errors
/// [`AccountError`]: the accounts are no such, are of others, or too few attested.
pub fn attested(
    set: &[u8; 32],
    set_data: &[u8],
    attestation_data: &[u8],
    model: &[u8; 32],
) -> Result<(), AccountError> {
    let AttestorSet { attestors, threshold } = AttestorSet::read(set_data)?;
    let attestation = Attestation::read(attestation_data)?;
    if attestation.set != set {
        return Err(AccountError::OtherSet);
    }
    if attestation.model != model {
        return Err(AccountError::OtherModel);
    }
    let members = (0..attestors.len()).fold(0_u8, |mask, index| mask | 1 << index);
    let given = (attestation.bitmap & members).count_ones() as u8; // at most 8
    if given < threshold { Err(AccountError::BelowThreshold { given, threshold }) } else { Ok(()) }
}

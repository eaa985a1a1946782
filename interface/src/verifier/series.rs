//! Series of models: a name under which an authority publishes one model after another, each behind a timelock.
//!
//! A consumer either pins a model or follows a series. Who follows trusts the series' authority to choose among models of one
//! domain (and, where the series names a set, attested ones), and has the timelock to leave before a choice takes effect.

use super::error::{AccountError, body};
use crate::bytes::Reader;

/// Layout of a series' account.
pub mod series_account {
    /// First bytes of the account.
    pub const DISCRIMINATOR: [u8; 8] = [240, 97, 8, 183, 139, 77, 250, 162];
    /// Bytes of the account.
    pub const LENGTH: usize = 8 + 360;
    /// Version of the layout.
    pub const VERSION: u8 = 1;
}

/// A series, as its account holds it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Series<'a> {
    /// Who proposes; zeros where nobody ever will, and the current model stays.
    pub authority: &'a [u8; 32],
    /// Address of the model that followers use; zeros before the first.
    pub current: &'a [u8; 32],
    /// Address of the model that waits; zeros for none.
    pub pending: &'a [u8; 32],
    /// Domain of every model of the series.
    pub domain: &'a [u8; 32],
    /// The set that attests every model of the series; zeros for none.
    pub attestor_set: &'a [u8; 32],
    /// Earliest time at which the pending model becomes current, in Unix seconds; 0 for none.
    pub pending_from: i64,
    /// From proposal to effect, in seconds; never changes.
    pub timelock: i64,
}

impl<'a> Series<'a> {
    /// Reads an account that belongs to the verifier program.
    ///
    /// # Errors
    /// [`AccountError::Kind`], [`AccountError::Version`] or [`AccountError::Malformed`].
    pub fn read(data: &'a [u8]) -> Result<Series<'a>, AccountError> {
        use series_account::{DISCRIMINATOR, LENGTH, VERSION};
        let mut reader = Reader::new(body(data, &DISCRIMINATOR, LENGTH)?);
        let (series, version) = Self::fields(&mut reader).ok_or(AccountError::Malformed)?;
        if version != VERSION { Err(AccountError::Version(version)) } else { Ok(series) }
    }

    fn fields(reader: &mut Reader<'a>) -> Option<(Series<'a>, u8)> {
        let timelock = i64::from_le_bytes(reader.array()?);
        let pending_from = i64::from_le_bytes(reader.array()?);
        reader.take(32)?; // creator
        let authority = reader.chunk()?;
        reader.take(32)?; // payer
        let (current, pending) = (reader.chunk()?, reader.chunk()?);
        let (domain, attestor_set) = (reader.chunk()?, reader.chunk()?);
        reader.take(32 + 32)?; // id, name
        let [version] = reader.array()?;
        let series = Series { authority, current, pending, domain, attestor_set, pending_from, timelock };
        Some((series, version))
    }

    /// Address of the model that followers use.
    ///
    /// # Errors
    /// [`AccountError::NoModel`]: the first still waits.
    pub fn model(&self) -> Result<&'a [u8; 32], AccountError> {
        if *self.current == [0; 32] { Err(AccountError::NoModel) } else { Ok(self.current) }
    }
}

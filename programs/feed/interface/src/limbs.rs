//! The anomaly filter's tensors as the limbs of a statement.

use alloc::vec::Vec;

use assay_interface::{
    field::Scalar,
    statement::{PackError, pack},
};

use crate::{
    features,
    formats::{FEATURES, SCORES},
    quote::MAX_SOURCES,
};

/// Scores of the sources, in their order.
pub type Scores = [i16; MAX_SOURCES];

/// The statement's limbs: the packed features, then the packed scores.
///
/// # Errors
/// [`PackError::Range`] for a feature outside its bits; every score fits.
pub fn limbs(features: &[i16; features::COUNT], scores: &Scores) -> Result<Vec<Scalar>, PackError> {
    let mut limbs = pack(&features.map(i64::from), FEATURES.bits)?;
    limbs.extend(pack(&scores.map(i64::from), SCORES.bits)?);
    Ok(limbs)
}

//! The resolver's tensors as the limbs of a statement.

use alloc::vec::Vec;

use assay_interface::{
    field::Scalar,
    statement::{PackError, pack},
};

use crate::{
    features,
    formats::{FEATURES, VOLATILITY},
};

/// The statement's limbs: the packed features, then the packed output.
///
/// # Errors
/// [`PackError::Range`] for a feature outside its bits; every output fits.
pub fn limbs(features: &[i16; features::COUNT], output: i16) -> Result<Vec<Scalar>, PackError> {
    let mut limbs = pack(&features.map(i64::from), FEATURES.bits)?;
    limbs.extend(pack(&[i64::from(output)], VOLATILITY.bits)?);
    Ok(limbs)
}

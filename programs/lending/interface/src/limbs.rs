//! The statement's limbs: the liquidation-risk model's tensors, packed.

use alloc::vec::Vec;

use assay_interface::{
    field::Scalar,
    statement::{PackError, pack},
};

use crate::{
    features,
    formats::{FEATURES, SCORE},
};

/// The statement's limbs: the packed features, then the packed score.
///
/// # Errors
/// [`PackError::Range`] for a feature outside its bits; every score fits.
pub fn limbs(features: &[i16; features::COUNT], score: i16) -> Result<Vec<Scalar>, PackError> {
    let mut limbs = pack(&features.map(i64::from), FEATURES.bits)?;
    limbs.extend(pack(&[i64::from(score)], SCORE.bits)?);
    Ok(limbs)
}

#[cfg(test)]
mod tests {
    use alloc::vec;

    use assay_interface::statement::unpack;
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_feature_of_more_than_fifteen_bits_is_refused() {
        let mut features = [0; features::COUNT];
        features[3] = 1 << 14;
        assert_eq!(limbs(&features, 0), Err(PackError::Range { index: 3, value: 1 << 14, bits: 15 }));
    }

    proptest! {
        #[test]
        fn limbs_unpack_to_features_and_score(
            features in prop::array::uniform16(-(1i16 << 14)..1 << 14), score: i16,
        ) {
            let limbs = limbs(&features, score).unwrap();
            prop_assert_eq!(limbs.len(), 2);
            prop_assert_eq!(unpack(&limbs[..1], 16, 15).unwrap(), features.map(i64::from).to_vec());
            prop_assert_eq!(unpack(&limbs[1..], 1, 16).unwrap(), vec![i64::from(score)]);
        }
    }
}

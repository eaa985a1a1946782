//! An element of a model's inputs: its name, its domain, and what its values are.

use crate::model::{Absent, Categories, Kind};

/// One element of the inputs, with the real values that the model is declared for.
#[derive(Clone, Debug, PartialEq)]
pub struct Feature {
    /// Its name.
    pub name: String,
    /// Smallest declared value.
    pub min: f64,
    /// Largest declared value.
    pub max: f64,
    /// What its values are.
    pub kind: Kind,
    /// The values of text, which stand as their positions.
    pub categories: Option<Categories>,
    /// What becomes of a missing value, if the model takes one.
    pub missing: Option<Absent>,
}

/// Real inputs cannot be quantized.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum InputError {
    /// A sample of the wrong length.
    #[error("{found} values given, the model takes {expected}")]
    Length {
        /// Elements of all inputs.
        expected: usize,
        /// Values given.
        found: usize,
    },
    /// NaN or an infinity.
    #[error("'{feature}' is {value}, which is not finite")]
    NotFinite {
        /// Feature.
        feature: String,
        /// `NaN`, `inf` or `-inf`.
        value: String,
    },
    /// A fraction where integers belong.
    #[error("'{feature}' = {value}, and the model takes integers there")]
    NotInteger {
        /// Feature.
        feature: String,
        /// The value.
        value: f64,
    },
    /// A value outside the declared domain.
    #[error("'{feature}' = {value} is outside its declared domain [{min}, {max}]")]
    OutsideDomain {
        /// Feature.
        feature: String,
        /// The value.
        value: f64,
        /// Smallest declared value.
        min: f64,
        /// Largest declared value.
        max: f64,
    },
}

impl Feature {
    /// Whether a value is a missing one, which the model takes.
    pub fn misses(&self, value: f64) -> bool {
        value.is_nan() && self.missing.is_some()
    }

    /// Whether a value is in the domain, to single precision. A `float` may come as it is, as the shortest decimal
    /// that reads back as it, or as a `double`: three numbers that differ in the eighth digit, and one value. So an end
    /// of the domain stands for everything that rounds to the same `float`.
    pub fn contains(&self, value: f64) -> bool {
        let [single, min, max] = [value, self.min, self.max].map(|value| value as f32);
        let rounds = self.kind == Kind::Real;
        (self.min..=self.max).contains(&value)
            || (rounds && single.is_finite() && min <= single && single <= max)
    }
}

/// Finds the first value that is no integer where integers belong, or outside its domain.
pub(crate) fn check_domain(features: &[Feature], sample: &[f64]) -> Result<(), InputError> {
    let is_fraction =
        |(feature, value): &(&Feature, &f64)| feature.kind != Kind::Real && value.fract() != 0.0;
    if let Some((Feature { name, .. }, &value)) = features.iter().zip(sample).find(is_fraction) {
        return Err(InputError::NotInteger { feature: name.clone(), value });
    }
    let outside =
        |(feature, value): &(&Feature, &f64)| !feature.contains(**value) && !feature.misses(**value);
    match features.iter().zip(sample).find(outside) {
        Some((Feature { name, min, max, .. }, &value)) => {
            Err(InputError::OutsideDomain { feature: name.clone(), value, min: *min, max: *max })
        }
        None => Ok(()),
    }
}

//! Why two keys do not share their weights.

use assay_interface::groth16::weights::WeightsError;
use thiserror::Error;

/// What differs between two keys that one commitment to weights is to serve.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum SharedError {
    /// The numbers of weights.
    #[error("one key has {left} weights, the other {right}")]
    Count {
        /// Of the one.
        left: usize,
        /// Of the other.
        right: usize,
    },
    /// The domains: a row has another polynomial over each.
    #[error("one key has a domain of {left} points, the other one of {right}")]
    Domain {
        /// Of the one.
        left: usize,
        /// Of the other.
        right: usize,
    },
    /// What a verifying key shows.
    #[error(transparent)]
    Key(#[from] WeightsError),
    /// The points themselves: another tau, or another home row.
    #[error("the points of weight {0} differ: the keys have another tau, or the weight another home row")]
    Points(usize),
}

//! What a plan knows of a feature: the interval that it is proven to lie in, and whether that proof is still open.
//!
//! The range of an input is proven by whoever does it first ([`crate::Builder::input`]). So a gadget that proves it along the way
//! is worth that range proof, and one that needs the bits of an input may make them the proof.

use super::affine::narrow;
use crate::bounded::Bounded;
use crate::builder::Builder;
use crate::cost::Tally;
use crate::domain::Domain;
use crate::error::BuildError;
use crate::integer::Interval;

/// A feature, as plans are made of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Feature {
    /// What it is proven to lie in.
    pub(super) interval: Interval,
    /// By whom.
    pub(super) range: Range,
}

/// Who proves that a feature lies in its interval.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Range {
    /// Others: it is what some layer gave.
    Proven,
    /// Nobody yet: it is an input.
    Open,
}

impl Feature {
    fn new(interval: Interval, is_open: bool) -> Self {
        Self { interval, range: if is_open { Range::Open } else { Range::Proven } }
    }

    /// The features of a circuit.
    pub(super) fn of_values(b: &Builder, x: &[Bounded]) -> Vec<Self> {
        x.iter().zip(b.open_among(x)).map(|(x, is_open)| Self::new(x.interval(), is_open)).collect()
    }

    /// The features of a prediction.
    pub(super) fn of_intervals(t: &Tally, x: &[Interval]) -> Vec<Self> {
        x.iter().zip(t.open_among(x.len())).map(|(&x, is_open)| Self::new(x, is_open)).collect()
    }

    /// Whether its range is still to be proven.
    pub(super) fn is_open(&self) -> bool {
        self.range == Range::Open
    }

    /// What is still to be proven of an input whose range is open.
    pub(super) fn domain(&self) -> Result<Domain, BuildError> {
        Domain::new(narrow(self.interval.0)?, narrow(self.interval.1)?)
    }
}

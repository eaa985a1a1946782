//! What spending goes by: plans with what is certified of them, and what makes their errors.

use super::super::candidate::Search;
use super::super::certify::{Certificate, Certified};
use super::super::plan::Plan;
use super::super::realize::Realized;
use crate::feature::Feature;

/// What spends bits.
pub(crate) struct Spender<'a, 'p> {
    pub(super) search: Search<'a, 'p>,
    pub(super) features: &'a [Feature],
    /// Certificates that may still be computed, and all.
    pub(super) left: usize,
    pub(super) total: usize,
}

/// A plan with what is certified of it.
pub(super) struct State {
    pub(super) plan: Plan,
    pub(super) realized: Realized,
    pub(super) cost: u64,
    pub(super) certified: Certified,
}

/// What an error comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Kind {
    Weights,
    Rounding,
    Tables,
    Saturation,
}

impl Kind {
    pub fn name(self) -> &'static str {
        match self {
            Kind::Weights => "its weights",
            Kind::Rounding => "rounding its results",
            Kind::Tables => "its function",
            Kind::Saturation => "results that are clamped",
        }
    }
}

/// What makes a part of an error, and which.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Move {
    pub kind: Kind,
    pub layer: usize,
    pub share: f64,
}

/// The output with the largest error, of some.
pub(super) fn worst<'a>(certified: &'a Certified, outputs: &[usize]) -> Option<(usize, &'a Certificate)> {
    let mut worst: Option<(usize, &Certificate)> = None;
    for &output in outputs {
        let known = certified.outputs.get(output)?.as_ref().ok()?;
        if worst.is_none_or(|(_, other)| known.error.magnitude() > other.error.magnitude()) {
            worst = Some((output, known));
        }
    }
    worst
}

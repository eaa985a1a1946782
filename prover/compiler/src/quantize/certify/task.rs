//! What is certified, and why something is not.

use crate::feature::Feature;
use crate::model::Model;
use crate::quantize::plan::Plan;
use crate::quantize::profile::Profile;
use crate::quantize::realize::Realized;

/// Multiplications that bounds of hidden layers may take, about; and those of outputs as many again.
pub(super) const WORK: usize = 60_000_000;

/// What is certified from.
#[derive(Clone, Copy)]
pub(crate) struct Task<'a> {
    /// The model that the plan is of: equalized.
    pub model: &'a Model,
    pub profile: &'a Profile,
    pub plan: &'a Plan,
    pub realized: &'a Realized,
    pub features: &'a [Feature],
}

/// Why an output has no certificate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Uncertified {
    /// An operator in front of it has no rule, or none for what it is applied to: the layer, and the operator.
    Operator(String, String),
    /// The bound is no number.
    Unbounded,
    /// The model is too large.
    TooLarge,
    /// A search found an input that is further off: a bug of the compiler's.
    Refuted,
}

impl Uncertified {
    /// In words.
    pub fn text(&self) -> String {
        match self {
            Uncertified::Operator(layer, operator) => {
                format!("layer '{layer}' ({operator}) has no bound for its arguments over the domain")
            }
            Uncertified::Unbounded => "no number bounds it over the domain".into(),
            Uncertified::TooLarge => "the model is too large".into(),
            Uncertified::Refuted => {
                "what was found exceeds it: please report this error of the compiler".into()
            }
        }
    }
}

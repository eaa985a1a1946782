//! Tree ensembles (gradient boosting, random forests, isolation forests) over integers, evaluated as they are.
//!
//! | part | constraints | where |
//! | --- | --- | --- |
//! | the bits `[x_f >= t]` of `D` thresholds of a feature | about `D` and two range proofs, which are also that of an input | `thresholds` |
//! | a condition, whatever comparison, missing value or set it is | none: a sum of these bits | [`set`] |
//! | a tree as nested selects | a product for each branch whose children both branch, half of all | `planner` |
//! | an oblivious tree of depth `d` | a multiplexer over `d` given bits: 16 for 6, 38 for 8 | `table` |
//! | a deep tree of thresholds of its own, with lookups: the prover names its leaf | `2 sqrt(boxes)`, and about 3 a level | `named` |
//! | the sum of all trees | none | |
//! | `K` outputs of the same trees | one evaluation and `K` range proofs | `unpack` |
//!
//! *Soundness.* The bits of thresholds are functions of the features by their constraints; selects and tables are functions of them, so
//! that the prover chooses no leaf and no path. Of named leaves all bounds are proven: see `named`.
//!
//! *Assumes* of each feature that its interval is proven when the circuit is finished; thresholds outside of it, and branches that cannot be reached, cost nothing.
//!
//! *Costs* are those of a plan that `constrain` builds and `cost` counts: predicted and built are equal. Leaves are coefficients, so that their
//! precision costs nothing but the range proofs of what is done with the outputs.
//!
//! Nested selects and thresholds as unary counters are folklore; the multiplexer is [`crate::gadgets::multiplex`]'s.

mod affine;
mod bins;
#[cfg(test)]
mod bounding;
mod boxes;
mod build;
mod cases;
mod dag;
mod ensemble;
mod feature;
mod named;
#[cfg(test)]
mod naming;
mod plan;
mod planned;
mod planner;
mod prefixes;
pub mod set;
mod table;
#[cfg(test)]
mod tests;
mod thresholds;
mod unpack;

use build::{build, tally};
use feature::Feature;
use plan::{Plan, Way};
use planned::best;

use crate::bounded::Bounded;
use crate::builder::Builder;
use crate::case::Case;
use crate::cost::Tally;
use crate::error::BuildError;
use crate::integer::Interval;

pub use ensemble::{Aggregate, Ensemble, LIMIT, MAX_DEPTH, Node, Tree};
pub use planned::Planned;
pub use set::Set;

/// Integer reference: see [`Ensemble::reference`].
///
/// # Errors
/// As there.
pub fn reference(x: &[i64], ensemble: &Ensemble) -> Result<Vec<i64>, BuildError> {
    ensemble.reference(x)
}

/// Nodes that [`constrain`] and [`cost`] evaluate to plan, at most, for whoever has to bound it: outputs that share trees have each of
/// these trees evaluated for each of them.
///
/// # Errors
/// A bug of this module's.
pub fn work(ensemble: &Ensemble) -> Result<u64, BuildError> {
    plan::work(ensemble)
}

/// The outputs for the features.
///
/// # Errors
/// [`BuildError::Length`] for another number of features; [`BuildError::Overflow`] where sums leave 60 bits; [`BuildError::Tree`] where the
/// feature changes more than 256 times along a path.
pub fn constrain(b: &mut Builder, x: &[Bounded], ensemble: &Ensemble) -> Result<Vec<Bounded>, BuildError> {
    let features = Feature::of_values(b, x);
    let plan = best(ensemble, &features, b.ranges())?;
    build(b, x, &features, ensemble, &plan)
}

/// As [`constrain`], with the leaf of every tree named: also where that costs more.
///
/// # Errors
/// As there; [`BuildError::TooLarge`] for trees of more boxes than records are made of.
pub fn constrain_by_names(
    b: &mut Builder,
    x: &[Bounded],
    ensemble: &Ensemble,
) -> Result<Vec<Bounded>, BuildError> {
    let features = Feature::of_values(b, x);
    let plan = Plan::by(Way::Names, ensemble, &features, b.ranges())?;
    build(b, x, &features, ensemble, &plan)
}

/// Adds what [`constrain`] costs for features of these intervals; returns those of the outputs.
///
/// # Errors
/// As [`constrain`].
pub fn cost(t: &mut Tally, x: &[Interval], ensemble: &Ensemble) -> Result<Vec<Interval>, BuildError> {
    let features = Feature::of_intervals(t, x);
    let plan = best(ensemble, &features, t.ranges())?;
    tally(t, &features, ensemble, &plan)
}

/// What audits and ledger see of it.
pub(crate) const CASES: &[Case] = &[
    Case::new("trees: 4 of depth 3, 3 features of 6 bits", 3, 6, |b, x| {
        constrain(b, x, &cases::boosted(3, 4, 3)?)
    }),
    Case::new("trees: 2 oblivious ones of depth 4, 4 features of 6 bits", 4, 6, |b, x| {
        constrain(b, x, &cases::oblivious()?)
    }),
    Case::new("trees: a forest of 3 classes, 3 features of 5 bits", 3, 5, |b, x| {
        constrain(b, x, &cases::forest()?)
    }),
    Case::new("trees: 4 named leaves of depth 3, 3 features of 6 bits", 3, 6, |b, x| {
        constrain_by_names(b, x, &cases::boosted(3, 4, 3)?)
    }),
    Case::new("trees: 12 thresholds and a flag, 2 features of 16 bits", 2, 16, |b, x| {
        constrain(b, x, &cases::flagged()?)
    }),
    Case::new("trees: the least of 3, 2 features of 5 bits", 2, 5, |b, x| constrain(b, x, &cases::least()?)),
];

//! Tree ensembles (gradient boosting, random forests, isolation forests) over integers, evaluated as they are.
//!
//! | part | constraints | where |
//! | --- | --- | --- |
//! | the bits `[x_f >= t]` of `D` thresholds of a feature | `D + 1` and two range proofs, or `D` comparisons | `bins` |
//! | a condition, whatever comparison, missing value or set it is | none: a sum of these bits | [`set`] |
//! | a tree as nested selects | a product for each branch whose children both branch, half of all | `planner` |
//! | an oblivious tree of depth `d` | a multiplexer over `d` given bits: 16 for 6, 38 for 8 | `table` |
//! | a deep tree of thresholds of its own, with lookups: the prover names its leaf | `2 sqrt(leaves)`, and about 3 a level | `named` |
//! | the sum of all trees | none | |
//! | `K` outputs of the same trees | one evaluation and `K` range proofs | `unpack` |
//!
//! *Soundness.* The bits of thresholds are functions of the features by their constraints; selects and tables are functions of them, so
//! that the prover chooses no leaf and no path. Of named leaves all bounds are proven: see `named`.
//!
//! *Assumes* of each feature that its interval is proven; thresholds outside of it, and branches that cannot be reached, cost nothing.
//!
//! *Costs* are those of a plan that `constrain` builds and `cost` counts: predicted and built are equal. Leaves are coefficients, so that their
//! precision costs nothing but the range proofs of what is done with the outputs.
//!
//! Nested selects and thresholds as unary counters are folklore; the multiplexer is [`crate::gadgets::multiplex`]'s.

mod affine;
mod bins;
mod boxes;
mod cases;
mod dag;
mod ensemble;
mod named;
mod plan;
mod planner;
pub mod set;
mod table;
#[cfg(test)]
mod tests;
mod unpack;

use std::collections::BTreeMap;

use affine::{Affine, Atom, OPERATION};
use plan::{Plan, Source, Way};

use crate::bounded::Bounded;
use crate::builder::Builder;
use crate::case::Case;
use crate::cost::Tally;
use crate::error::{BuildError, at};
use crate::gadgets::accumulate::{self, MAX_TERMS};
use crate::gadgets::larger;
use crate::integer::{Interval, sum, times};

pub use ensemble::{Aggregate, Ensemble, LIMIT, MAX_DEPTH, Node, Tree};
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
    let intervals: Vec<Interval> = x.iter().map(Bounded::interval).collect();
    let plan = Plan::new(ensemble, &intervals, b.ranges())?;
    build(b, x, ensemble, &plan)
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
    let intervals: Vec<Interval> = x.iter().map(Bounded::interval).collect();
    let plan = Plan::by(Way::Names, ensemble, &intervals, b.ranges())?;
    build(b, x, ensemble, &plan)
}

fn build(
    b: &mut Builder,
    x: &[Bounded],
    ensemble: &Ensemble,
    plan: &Plan,
) -> Result<Vec<Bounded>, BuildError> {
    b.scope(OPERATION, |b| {
        let mut wires: BTreeMap<Atom, Bounded> = BTreeMap::new();
        for (&feature, thresholds) in &plan.bits {
            let bits = bins::constrain(b, at("features", x, feature as usize)?, thresholds)?;
            let atoms = thresholds.iter().map(|&t| Atom::Bit(feature, t));
            wires.extend(atoms.zip(bits));
        }
        for (position, step) in (0u32..).zip(&plan.steps) {
            let bit = combine(&wires, &step.bit)?.proven(0, 1);
            let value = combine(&wires, &step.value)?.proven(0, step.span.into());
            // The bit on the B side, whose wires enter the sum in G2: they are small there.
            let product = b.product_wire(step.equation, &value, &bit, &Bounded::constant(0)?, step.span)?;
            wires.insert(Atom::Product(position), product);
        }
        let named = plan.named.constrain(b, x)?;
        wires.extend((0u32..).map(Atom::Named).zip(named));
        let mut sums = Vec::with_capacity(plan.sums.len());
        for value in &plan.sums {
            let sum = combine(&wires, &value.form)?.proven(value.interval.0, value.interval.1);
            sums.push(if value.form.len() > MAX_TERMS { accumulate::wire(b, &sum)? } else { sum });
        }
        let mut digits = Vec::with_capacity(plan.packed.len());
        for packed in &plan.packed {
            digits.push(unpack::constrain(b, at("sums", &sums, packed.sum)?, packed)?);
        }
        let known = plan.sources.iter().map(|source| known(source, &sums, &digits));
        let known = known.collect::<Result<Vec<_>, BuildError>>()?;
        let mut outputs = Vec::with_capacity(known.len());
        for ((source, value), &base) in plan.sources.iter().zip(&known).zip(ensemble.base()) {
            let value = match (source, value) {
                (Source::Rest { total, others, interval }, _) => {
                    let mut parts = Vec::with_capacity(others.len());
                    for &other in others {
                        parts.push((at("outputs", &known, other)?.as_ref().ok_or(EMPTY)?, -1));
                    }
                    Bounded::combine(OPERATION, &parts, *total)?.proven(interval.0, interval.1)
                }
                (Source::Extreme(of), _) => {
                    let of = of.iter().map(|&i| at("sums", &sums, i)).collect::<Result<Vec<_>, _>>()?;
                    extreme(b, &of, ensemble.aggregate())?
                }
                (_, known) => known.clone().ok_or(EMPTY)?,
            };
            outputs.push(value.add_const(base)?);
        }
        Ok(outputs)
    })
}

const EMPTY: BuildError = BuildError::Empty { operation: OPERATION };

/// What needs no other output.
fn known(source: &Source, sums: &[Bounded], digits: &[Vec<Bounded>]) -> Result<Option<Bounded>, BuildError> {
    Ok(match source {
        Source::Constant(value) => Some(Bounded::constant(*value)?),
        Source::Sum(position) => Some(at("sums", sums, *position)?.clone()),
        Source::Digit { packed, slot } => Some(at("digits", at("digits", digits, *packed)?, *slot)?.clone()),
        Source::Rest { .. } | Source::Extreme(_) => None,
    })
}

fn combine(wires: &BTreeMap<Atom, Bounded>, form: &Affine) -> Result<Bounded, BuildError> {
    let mut parts = Vec::with_capacity(form.terms.len());
    for (atom, &c) in &form.terms {
        parts.push((wires.get(atom).ok_or(EMPTY)?, c));
    }
    Bounded::combine(OPERATION, &parts, form.constant)
}

/// The least or largest of some values.
fn extreme(b: &mut Builder, of: &[&Bounded], aggregate: Aggregate) -> Result<Bounded, BuildError> {
    let sign = sign(aggregate);
    let mut values = of.iter().map(|value| value.mul_const(sign));
    let first = values.next().ok_or(EMPTY)??;
    values.try_fold(first, |best, value| larger::constrain(b, &best, &value?))?.mul_const(sign)
}

/// The least is what the largest of the negatives is the negative of.
fn sign(aggregate: Aggregate) -> i64 {
    if aggregate == Aggregate::Min { -1 } else { 1 }
}

/// Adds what [`constrain`] costs for features of these intervals; returns those of the outputs.
///
/// # Errors
/// As [`constrain`].
pub fn cost(t: &mut Tally, x: &[Interval], ensemble: &Ensemble) -> Result<Vec<Interval>, BuildError> {
    let plan = Plan::new(ensemble, x, t.ranges())?;
    tally(t, x, ensemble, &plan)
}

fn tally(t: &mut Tally, x: &[Interval], ensemble: &Ensemble, plan: &Plan) -> Result<Vec<Interval>, BuildError> {
    plan.cost(t, x)?;
    let mut digits = Vec::with_capacity(plan.packed.len());
    for packed in &plan.packed {
        digits.push(unpack::cost(t, at("sums", &plan.sums, packed.sum)?.interval, packed)?);
    }
    let mut known = Vec::with_capacity(plan.sources.len());
    for source in &plan.sources {
        known.push(match source {
            Source::Constant(value) => ((*value).into(), (*value).into()),
            Source::Sum(position) => at("sums", &plan.sums, *position)?.interval,
            Source::Digit { packed, slot } => *at("digits", at("digits", &digits, *packed)?, *slot)?,
            Source::Rest { interval, .. } => *interval,
            Source::Extreme(of) => {
                let sign = i128::from(sign(ensemble.aggregate()));
                let mut best: Option<Interval> = None;
                for &position in of {
                    let value = times(at("sums", &plan.sums, position)?.interval, sign);
                    best = Some(best.map_or(value, |best| larger::cost(t, best, value)));
                }
                times(best.ok_or(EMPTY)?, sign)
            }
        });
    }
    let mut outputs = Vec::with_capacity(known.len());
    for (position, (source, &base)) in plan.sources.iter().zip(ensemble.base()).enumerate() {
        let mut value = *at("outputs", &known, position)?;
        if let Source::Rest { total, others, .. } = source {
            let mut rest = (i128::from(*total), i128::from(*total));
            for &other in others {
                rest = sum(rest, times(*at("outputs", &known, other)?, -1));
            }
            value = (value.0.max(rest.0), value.1.min(rest.1));
        }
        outputs.push(sum(value, (base.into(), base.into())));
    }
    Ok(outputs)
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
    Case::new("trees: the least of 3, 2 features of 5 bits", 2, 5, |b, x| constrain(b, x, &cases::least()?)),
];

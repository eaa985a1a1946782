//! A plan as constraints, and what it costs.

use std::collections::BTreeMap;

use super::affine::{Affine, Atom, OPERATION};
use super::ensemble::{Aggregate, Ensemble};
use super::feature::Feature;
use super::plan::{Plan, Source};
use super::thresholds;
use super::unpack;
use crate::bounded::Bounded;
use crate::builder::Builder;
use crate::cost::Tally;
use crate::error::{BuildError, at};
use crate::gadgets::accumulate::{self, MAX_TERMS};
use crate::gadgets::larger;
use crate::integer::{Interval, sum, times};

/// The outputs for the features, of which this is known.
pub(super) fn build(
    b: &mut Builder,
    x: &[Bounded],
    features: &[Feature],
    ensemble: &Ensemble,
    plan: &Plan,
) -> Result<Vec<Bounded>, BuildError> {
    b.scope(OPERATION, |b| {
        let mut wires: BTreeMap<Atom, Bounded> = BTreeMap::new();
        for (&feature, thresholds) in &plan.bits {
            let position = feature as usize;
            let (x, known) = (at("features", x, position)?, at("features", features, position)?);
            let bits = thresholds::constrain(b, x, known, thresholds)?;
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

/// Adds what [`build`] costs for these features; returns the intervals of the outputs.
pub(super) fn tally(
    t: &mut Tally,
    x: &[Feature],
    ensemble: &Ensemble,
    plan: &Plan,
) -> Result<Vec<Interval>, BuildError> {
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

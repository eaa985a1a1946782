//! Softmax: probabilities along an axis.

use std::any::Any;
use std::sync::Arc;

use assay_circuits::cost::{Interval, Tally};
use assay_circuits::layers::softmax;
use assay_circuits::{Bounded, BuildError, Builder};

use super::family::{Encoded, Family, Shape};
use super::operator::{Argument, Formats, IntegerOperator, Operator, Sink, Takes};
use crate::bytes::{ENTRY, ReadError, Reader};
use crate::import::graph::Layers;
use crate::import::value::{Data, Tensor};
use crate::model::Groups;
use crate::number::pow2;
use crate::quantize::certify::range::Range;
use crate::quantize::certify::rule::{ELEMENTARY, Given, Rule};
use crate::quantize::error::{Feasible, PlanError};

/// Bits of a softmax' results, at most: what its layer takes.
const MAX_SCALE: i32 = 20;
/// Bits of its arguments, at most: scores may be far from each other, and those close to the largest count.
pub(super) const MAX_DOMAIN_BITS: u32 = 24;
/// Their finest scale. The table of exponentials is as long as it is fine, whatever the scores' range: it ends where they are nothing.
pub(super) const MAX_DOMAIN_SCALE: i32 = 11;
const TAG: u8 = 4;

/// The entry of the registry: [`super::masked`] has the node.
pub(super) const FAMILY: Family = Family {
    name: "Softmax without masks",
    cost: "a maximum and a division a group, a table and a product an element",
    operators: &[],
    integers: &[Encoded { tag: TAG, read }],
};

/// `e^(x_i - m) / Σ_j e^(x_j - m)` along an axis, `m` the largest element.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Softmax(pub Groups);

/// What a softmax over these groups was made of, if `x` is all that it gave: in the same order, and not rounded yet.
pub(super) fn scores(layers: &Layers, x: &Tensor, groups: Groups) -> Option<Tensor> {
    let layer = layers.layer(layers.owner(x)?)?;
    let softmax = layer.function.operator()?.as_any().downcast_ref::<Softmax>()?;
    let is_same = softmax.0 == groups && layer.pool.is_none();
    let data = Data::Variable(Arc::clone(&layer.map));
    is_same.then(|| Tensor { shape: x.shape.clone(), kind: x.kind, data, trail: Vec::new() })
}

impl Operator for Softmax {
    fn name(&self) -> &'static str {
        "softmax"
    }

    fn arguments(&self) -> Vec<Argument> {
        vec![Argument { len: self.len(), takes: Takes::rounded(MAX_DOMAIN_BITS).no_finer_than(MAX_DOMAIN_SCALE) }]
    }

    fn len(&self) -> usize {
        self.0.count() * self.0.length
    }

    fn apply(&self, x: &[f64]) -> Vec<f64> {
        self.0.mapped(x, |group| {
            let top = group.iter().copied().fold(f64::NEG_INFINITY, f64::max);
            group.iter_mut().for_each(|x| *x = crate::elementary::exp(*x - top));
            let sum: f64 = group.iter().sum();
            group.iter_mut().for_each(|power| *power /= sum);
        })
    }

    fn is_unsigned(&self) -> bool {
        true
    }

    fn scale_for(&self, _peak: f64, bits: u32) -> i32 {
        (bits as i32).min(MAX_SCALE)
    }

    fn quantize(&self, formats: &Formats<'_>) -> Result<Arc<dyn IntegerOperator>, PlanError> {
        let (domain, _) = formats.one_rounded()?;
        let scale = u32::try_from(formats.scale).ok().feasible()?;
        let softmax = formats.tables.softmax(self.0.length, domain.scale, scale).feasible()?;
        let (groups, input_scale) = (self.0, i8::try_from(domain.scale).ok().feasible()?);
        Ok(Arc::new(Integers { groups, input_scale, softmax, scale }))
    }

    /// Where no score is off by more than D, but for what all are off by, the odds of one move by at most `e^(2D)`, and a probability by
    /// `tanh(D / 2)`; the integers' own error is a unit.
    fn certify(&self, given: &Given<'_>) -> Option<Vec<Rule>> {
        let mut rules = vec![None; self.len()];
        for group in self.0.positions() {
            let positions: Vec<usize> = group.collect();
            let rows = positions.iter().map(|&at| given.rows.get(at).filter(|row| !row.may_miss).map(|row| row.error));
            let all = rows.collect::<Option<Vec<Range>>>()?.into_iter().reduce(Range::hull)?;
            let most = crate::elementary::tanh(0.25 * all.width()).min(1.0) * (1.0 + ELEMENTARY);
            let own = Range::around(pow2(-given.scale));
            let error = Range::around(most).plus(own);
            for at in positions {
                let rule = Rule { own, ..Rule::constant(error, *given.results.get(at)?) };
                *rules.get_mut(at)? = Some(rule);
            }
        }
        rules.into_iter().collect()
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

#[derive(Debug)]
struct Integers {
    groups: Groups,
    input_scale: i8,
    scale: u32,
    softmax: Arc<softmax::Softmax>,
}

impl IntegerOperator for Integers {
    fn holds_parameters(&self) -> bool {
        false
    }

    fn kind(&self) -> &'static str {
        "softmax"
    }

    fn len(&self) -> usize {
        self.groups.count() * self.groups.length
    }

    fn reference(&self, x: &[i64]) -> Result<Vec<i64>, BuildError> {
        self.groups.back_in_place(softmax::reference(&self.groups.in_order(x)?, &self.softmax)?)
    }

    // All groups at once: they share the table of exponentials.
    fn constrain(&self, b: &mut Builder, x: &[Bounded]) -> Result<Vec<Bounded>, BuildError> {
        self.groups.back_in_place(softmax::constrain(b, &self.groups.in_order(x)?, &self.softmax)?)
    }

    fn cost(&self, t: &mut Tally, x: &[Interval]) -> Result<Vec<Interval>, BuildError> {
        softmax::cost(t, &self.groups.in_order(x)?, &self.softmax)?;
        self.intervals(x)
    }

    fn intervals(&self, x: &[Interval]) -> Result<Vec<Interval>, BuildError> {
        Ok(vec![(0, 1 << self.scale.min(40)); x.len()])
    }

    fn tag(&self) -> u8 {
        TAG
    }

    fn write(&self, out: &mut dyn Sink) {
        out.bytes(&self.input_scale.to_le_bytes());
        self.groups.write(out);
    }
}

fn read(reader: &mut Reader<'_>, shape: &Shape<'_>) -> Result<Arc<dyn IntegerOperator>, ReadError> {
    let (len, _) = shape.one_rounded()?;
    let input_scale = i8::from_le_bytes(reader.fixed()?);
    let groups = Groups::read(reader, len)?;
    let scale = u32::try_from(shape.scale).map_err(|_| ReadError::Scale(shape.scale))?;
    let entries = softmax::Softmax::entries(groups.length, input_scale.into(), scale);
    reader.spend("table entries", ENTRY * entries.map_err(ReadError::Layer)?)?;
    let softmax = softmax::Softmax::new(groups.length, input_scale.into(), scale).map_err(ReadError::Layer)?;
    let softmax = Arc::new(softmax);
    Ok(Arc::new(Integers { groups, input_scale, softmax, scale }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::quantize::certify::rule::Row;

    /// Scores that are all off by the ends of their errors, on both sides of one: the bound is reached, but for the integers' unit.
    #[test]
    fn probabilities_are_off_by_no_more_than_the_rule_says() {
        let softmax = Softmax(Groups { outer: 1, length: 3, inner: 1 });
        for (lo, hi) in [(-0.25, 0.25), (-1.0, 0.5), (0.0, 3.0)] {
            let (value, error) = (Range::new(-2.0, 2.0), Range::new(lo, hi));
            let (float, is_cut) = (value.plus(error), (false, false));
            let row = Row { value, error, float, before: error, is_cut, domain: Range::ALL, may_miss: false };
            let integers = |_: &[i64]| None;
            let given = Given {
                integers: &integers,
                rows: &[row; 3],
                scales: &[6; 3],
                codes: &[],
                scale: 12,
                results: &[Range::new(0.0, 1.0); 3],
            };
            let rules = softmax.certify(&given).unwrap();
            let mut largest = 0.0f64;
            // One against two, over all differences.
            for i in -40..=40 {
                let d = f64::from(i) * 0.1;
                let scores = [d, 0.0, 0.0];
                for signs in 0..8 {
                    let end = |at: usize| if signs >> at & 1 == 1 { hi } else { lo };
                    let float: Vec<f64> = scores.iter().enumerate().map(|(at, score)| score + end(at)).collect();
                    let (p, q) = (softmax.apply(&float), softmax.apply(&scores));
                    for ((p, q), rule) in p.iter().zip(&q).zip(&rules) {
                        assert!(rule.error.range.contains(p - q), "{p} {q} {rule:?}");
                        largest = largest.max((p - q).abs());
                    }
                }
            }
            let bound = rules[0].error.range.hi - pow2(-12);
            assert!(bound - largest < 0.02 * bound, "{bound} {largest}");
        }
    }

    /// However small the scores are, a table of exponentials has few entries.
    #[test]
    fn tables_are_short_at_the_finest_scale() {
        let softmax = Softmax(Groups { outer: 1, length: 4, inner: 1 });
        let [Argument { takes: Takes::Rounded { finest, .. }, .. }] = softmax.arguments()[..] else {
            panic!("one argument, rounded");
        };
        let entries = softmax::Softmax::entries(4, finest, MAX_SCALE as u32).unwrap();
        assert!(entries <= 1 << 16, "{entries}");
    }
}

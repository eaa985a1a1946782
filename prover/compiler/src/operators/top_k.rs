//! TopK: the largest or smallest values along an axis, in order, and their indices.
//!
//! Values and indices are a layer each, since a layer has one scale: whoever reads one only pays for one.

use std::any::Any;
use std::sync::Arc;

use assay_circuits::cost::{Interval, Tally};
use assay_circuits::layers::extremum::Extremum;
use assay_circuits::layers::top_k::{self, Ranked, TopK};
use assay_circuits::{Bounded, BuildError, Builder};

use super::broadcast::{passed_on, rearranged};
use super::extremum::{read_ends, write_ends};
use super::family::{Encoded, Family, Import, OnnxOperator, Shape};
use super::function;
use super::operator::{
    Argument, ArgumentFormat, Formats, IntegerOperator, Measure, Operator, ResultScale, Sink, Takes,
};
use crate::bytes::{ReadError, Reader};
use crate::import::graph::Layers;
use crate::import::node::Node;
use crate::import::refusal::Refusal;
use crate::import::value::{Kind, Value};
use crate::model::Groups;
use crate::quantize::certify::range::Range;
use crate::quantize::certify::rule::{Given, Rule};
use crate::quantize::error::PlanError;

const TAG: u8 = 48;

/// The entry of the registry.
pub(super) const FAMILY: Family = Family {
    name: "TopK",
    cost: "about k comparisons with a product or two an element; values and indices are paid for each",
    operators: &[OnnxOperator {
        import: Import::Several(import),
        ..OnnxOperator::onnx("TopK", |node, layers| {
            import(node, layers).and_then(|mut all| node.expected(all.pop()))
        })
    }
    .remarks("sorted, also where `sorted = 0`; `k` constant")],
    integers: &[Encoded { tag: TAG, read }],
};

/// Values or indices of groups, which stand one behind the other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Ranking {
    top: TopK,
    count: usize,
}

impl Operator for Ranking {
    fn name(&self) -> &'static str {
        self.kind()
    }

    fn arguments(&self) -> Vec<Argument> {
        vec![Argument { len: self.count * self.top.len as usize, takes: Takes::Common }]
    }

    fn len(&self) -> usize {
        self.count * self.top.k as usize
    }

    fn apply(&self, x: &[f64]) -> Vec<f64> {
        let ranked = |group: &[f64]| {
            let mut ranked: Vec<(usize, f64)> = group.iter().copied().enumerate().collect();
            // Stable: of equal values the lower index comes first.
            match self.top.of {
                Extremum::Maximum => ranked.sort_by(|a, b| b.1.total_cmp(&a.1)),
                Extremum::Minimum => ranked.sort_by(|a, b| a.1.total_cmp(&b.1)),
            }
            ranked.truncate(self.top.k as usize);
            ranked
        };
        // Zeros of either sign are equal.
        let x: Vec<f64> = x.iter().map(|x| x + 0.0).collect();
        let all = x.chunks_exact(self.top.len.max(1) as usize).flat_map(ranked);
        all.map(|(index, value)| match self.top.ranked {
            Ranked::Values => value,
            Ranked::Indices => index as f64,
        })
        .collect()
    }

    fn is_unsigned(&self) -> bool {
        self.top.ranked == Ranked::Indices
    }

    fn chooses(&self) -> bool {
        self.top.ranked == Ranked::Values
    }

    fn measure(&self) -> Measure {
        match self.top.ranked {
            Ranked::Values => Measure::Results,
            Ranked::Indices => Measure::Scores,
        }
    }

    /// Of the index at each rank, half of what its value is from those of the ranks beside it, since both may be off.
    fn margins(&self, x: &[f64]) -> Vec<f64> {
        let of_group = |group: &[f64]| {
            let mut sorted = group.to_vec();
            match self.top.of {
                Extremum::Maximum => sorted.sort_by(|a, b| b.total_cmp(a)),
                Extremum::Minimum => sorted.sort_by(f64::total_cmp),
            }
            let mut gaps = vec![f64::INFINITY];
            let gap = |(next, value): (&f64, &f64)| (next - value).abs() / 2.0;
            gaps.extend(sorted.iter().skip(1).zip(&sorted).map(gap));
            gaps.push(f64::INFINITY);
            let beside = gaps.windows(2).map(|pair| pair.iter().copied().fold(f64::INFINITY, f64::min));
            beside.take(self.top.k as usize).collect::<Vec<f64>>()
        };
        x.chunks_exact(self.top.len.max(1) as usize).flat_map(of_group).collect()
    }

    /// The steps of the sorts.
    fn work(&self) -> usize {
        let steps = 1 + self.top.len.max(1).ilog2() as usize;
        self.count.saturating_mul(self.top.len as usize).saturating_mul(steps)
    }

    fn result_scale(&self, arguments: &[ArgumentFormat]) -> ResultScale {
        let scale = arguments.first().and_then(ArgumentFormat::scale).unwrap_or(0);
        ResultScale::Fixed(if self.top.ranked == Ranked::Indices { 0 } else { scale })
    }

    fn quantize(&self, _formats: &Formats<'_>) -> Result<Arc<dyn IntegerOperator>, PlanError> {
        Ok(Arc::new(*self))
    }

    /// The value at a rank is off by no more than some value of its group; an index may be any other.
    fn certify(&self, given: &Given<'_>) -> Option<Vec<Rule>> {
        let (len, k) = (self.top.len.max(1) as usize, self.top.k.max(1) as usize);
        let mut rules = Vec::with_capacity(given.results.len());
        for (group, (rows, results)) in given.rows.chunks_exact(len).zip(given.results.chunks(k)).enumerate()
        {
            let error = rows.iter().map(|row| row.error).reduce(Range::hull)?;
            if rows.iter().any(|row| row.may_miss) {
                return None;
            }
            for &value in results {
                rules.push(match self.top.ranked {
                    Ranked::Values => {
                        let first = group * len;
                        let gains = (first..first + len).map(|row| (row, Range::new(0.0, 1.0))).collect();
                        Rule { gains, own: Range::ZERO, ..Rule::constant(error, value) }
                    }
                    Ranked::Indices if error == Range::ZERO => Rule::constant(Range::ZERO, value),
                    Ranked::Indices => Rule::constant(Range::around((len - 1) as f64), value),
                });
            }
        }
        Some(rules)
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

impl IntegerOperator for Ranking {
    fn holds_parameters(&self) -> bool {
        false
    }

    fn kind(&self) -> &'static str {
        match self.top.ranked {
            Ranked::Values => "top-k",
            Ranked::Indices => "top-k indices",
        }
    }

    fn len(&self) -> usize {
        self.count * self.top.k as usize
    }

    fn reference(&self, x: &[i64]) -> Result<Vec<i64>, BuildError> {
        top_k::reference(x, &self.top)
    }

    fn constrain(&self, b: &mut Builder, x: &[Bounded]) -> Result<Vec<Bounded>, BuildError> {
        top_k::constrain(b, x, &self.top)
    }

    fn cost(&self, t: &mut Tally, x: &[Interval]) -> Result<Vec<Interval>, BuildError> {
        top_k::cost(t, x, &self.top)
    }

    fn tag(&self) -> u8 {
        TAG
    }

    fn write(&self, out: &mut dyn Sink) {
        write_ends(out, self.top.of, self.top.len);
        out.count(self.top.k as usize);
        out.bytes(&[u8::from(self.top.ranked == Ranked::Indices)]);
    }
}

fn read(reader: &mut Reader<'_>, shape: &Shape<'_>) -> Result<Arc<dyn IntegerOperator>, ReadError> {
    let (of, len, count) = read_ends(reader, shape.one()?)?;
    let k = reader.count("values that are taken", len as usize)? as u32; // read from 32 bits
    if k == 0 {
        return Err(ReadError::Count { what: "values that are taken", expected: 1, found: 0 });
    }
    let ranked = match reader.byte()? {
        0 => Ranked::Values,
        1 => Ranked::Indices,
        other => return Err(ReadError::Step(other)),
    };
    // One step of the sort is about as much as an entry of a table.
    let steps = u64::from(k).saturating_mul(u64::from(len)).saturating_mul(count as u64);
    reader.spend("steps of a sort", steps.saturating_mul(crate::bytes::ENTRY))?;
    Ok(Arc::new(Ranking { top: TopK { len, k, of, ranked }, count }))
}

/// Values and indices.
fn import(node: &Node<'_>, layers: &mut Layers) -> Result<Vec<Value>, Refusal> {
    let (allowed, words) = if node.opset < 10 { (1, "1") } else { (2, "2") };
    if node.operands.len() != allowed {
        let (node, found) = (node.name.clone(), node.operands.len());
        return Err(Refusal::Arity { node, what: "inputs", found, allowed: words });
    }
    let x = node.tensor(0)?;
    let k = match node.opset < 10 {
        true => node.optional_int("k")?,
        false => node.integers(1)?.first().copied(),
    };
    let axis = node.axis(node.int("axis", -1)?, &x.shape, x.shape.len())?;
    let groups = node.groups(x, axis)?;
    let wrong = || {
        let found = k.map_or_else(|| "absent".into(), |k| k.to_string());
        node.bad_attribute("k", found, "a number from 1 to the length of the axis")
    };
    let k = k
        .and_then(|k| usize::try_from(k).ok())
        .filter(|k| (1..=groups.length).contains(k))
        .ok_or_else(wrong)?;
    let of = match node.int("largest", 1)? {
        0 => Extremum::Minimum,
        1 => Extremum::Maximum,
        other => return Err(node.bad_attribute("largest", other.to_string(), "0 or 1")),
    };
    // A step of the sort for each pair of a place and a value.
    layers.spend_work(node, groups.count() as u128 * groups.length as u128 * k as u128)?;
    let mut shape = x.shape.clone();
    *node.expected(shape.get_mut(axis))? = k;
    layers.check_size(node, &shape)?;
    let results = Groups { length: k, ..groups };
    let back = node.expected(order_back(results))?;
    let narrow = |size: usize| node.expected(u32::try_from(size).ok());
    let (len, k) = (narrow(groups.length)?, narrow(k)?);
    let of_kind = |ranked: Ranked| if ranked == Ranked::Indices { Kind::Integer } else { x.kind };
    let mut all = Vec::with_capacity(2);
    for ranked in [Ranked::Values, Ranked::Indices] {
        // Indices are compared at full precision; values are passed on.
        let x = match ranked {
            Ranked::Values => passed_on(node, layers, x)?,
            // Roots keep the order of what they are of.
            Ranked::Indices => function::under_roots(layers, x).unwrap_or_else(|| x.clone()),
        };
        let order = groups.positions().flatten();
        let ordered = rearranged(node, layers, &x, vec![x.len()], order)?;
        let operator = Ranking { top: TopK { len, k, of, ranked }, count: groups.count() };
        let ranks =
            layers.apply(node, Arc::new(operator), &[&ordered], vec![results.count() * results.length])?;
        let placed = rearranged(node, layers, &ranks, shape.clone(), back.iter().copied())?;
        all.push(placed.of_kind(of_kind(ranked)).into());
    }
    Ok(all)
}

/// Where each element of an array stands if its groups stand one behind the other.
fn order_back(groups: Groups) -> Option<Vec<usize>> {
    let mut back = vec![0; groups.count() * groups.length];
    for (place, position) in groups.positions().flatten().enumerate() {
        *back.get_mut(position)? = place;
    }
    Some(back)
}

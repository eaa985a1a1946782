//! Inputs whose range is still to be proven, as the builder knows them ([`assay_circuits::Builder::input`]): some operators prove the
//! range of an input that is an argument of theirs as it is.

use std::collections::{BTreeMap, BTreeSet};

use assay_circuits::Domain;
use assay_circuits::cost::Tally;
use assay_circuits::gadgets::domain;

use super::bounds::LayerIntervals;
use super::graph::{QuantGraph, QuantLayer, Step};
use super::interval::Interval;

/// The elements of all inputs.
pub(super) struct Inputs {
    /// For each value of the graph that is an input, its first element.
    starts: Vec<usize>,
    /// The domain of each element, and who proves it.
    elements: Vec<(Domain, Range)>,
    /// For each value of the graph, how many elements it has: the inputs, then the layers so far.
    lengths: Vec<usize>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Range {
    Open,
    Proven,
}

/// For each row of a layer, the element of an open input that it is.
#[derive(Default)]
pub(super) struct Rows(Vec<Option<usize>>);

impl Rows {
    /// Which rows are open.
    pub(super) fn open(&self) -> Vec<bool> {
        self.0.iter().map(Option::is_some).collect()
    }
}

impl Inputs {
    /// All are open.
    pub(super) fn new(graph: &QuantGraph) -> Self {
        let mut inputs = Self { starts: Vec::new(), elements: Vec::new(), lengths: Vec::new() };
        for input in &graph.inputs {
            inputs.starts.push(inputs.elements.len());
            inputs.lengths.push(input.elements());
            inputs.elements.extend(input.domains.iter().map(|&domain| (domain, Range::Open)));
        }
        inputs
    }

    /// What the next layer of the graph reads of them.
    pub(super) fn read_by(&mut self, layer: &QuantLayer, intervals: &LayerIntervals) -> Rows {
        let rows = self.rows(layer, intervals);
        self.lengths.push(intervals.results.len());
        rows
    }

    fn rows(&self, layer: &QuantLayer, intervals: &LayerIntervals) -> Rows {
        let Step::Operator { arguments, operator } = &layer.step else { return Rows::default() };
        let is_plain = layer.pool.is_none() && arguments.iter().all(|argument| argument.rounding.is_none());
        // What is multiplied by a weight is a value of its own.
        if !operator.bounds_inputs() || !is_plain || layer.committed.is_some() {
            return Rows::default();
        }
        // The element of each column.
        let mut columns = Vec::with_capacity(layer.map.columns());
        for &source in &layer.sources {
            let length = self.lengths.get(source).copied().unwrap_or(0);
            let start = self.starts.get(source).copied();
            columns.extend((0..length).map(|i| start.map(|start| start + i)));
        }
        let mut seen = BTreeSet::new();
        let open = |(row, interval): (usize, &Interval)| {
            let element = (*columns.get(layer.map.copied(row)?)?)?;
            let &(domain, range) = self.elements.get(element)?;
            let (lo, hi) = domain.interval();
            let is_whole = domain.is_interval() && interval.hi - interval.lo == hi - lo;
            (range == Range::Open && is_whole && seen.insert(element)).then_some(element)
        };
        Rows(intervals.accumulators.iter().enumerate().map(open).collect())
    }

    /// The rows that are not open any more are proven.
    pub(super) fn close(&mut self, rows: &Rows, still: &[bool]) {
        for (&element, _) in rows.0.iter().zip(still).filter(|&(_, &is_open)| !is_open) {
            if let Some((_, range)) = element.and_then(|element| self.elements.get_mut(element)) {
                *range = Range::Proven;
            }
        }
    }

    /// Adds the domains that nobody has proven.
    pub(super) fn cost(&self, tally: &mut Tally) {
        let mut counts: BTreeMap<Domain, usize> = BTreeMap::new();
        for &(domain, _) in self.elements.iter().filter(|(_, range)| *range == Range::Open) {
            *counts.entry(domain).or_default() += 1;
        }
        counts.into_iter().for_each(|(domain, count)| domain::cost(tally, &domain, count));
    }
}

//! What the calibration data, and rows made of it, say about a model: value ranges, means, and the outputs to be met.

use assay_circuits::{Missing, at, at_mut};

use super::doubt::{self, TIE};
use super::error::SearchError;
use super::evaluation::Evaluation;
use super::tables::Tables;
use crate::internal::{Expected, InternalError};
use crate::model::{Layer, Map, Model, Row};
use crate::operators::operator::Measure;
use crate::progress::{Observer, Stage};

/// Multiplications that one evaluation of a candidate may cost, over all samples of the search.
const EVALUATION_WORK: usize = 2_000_000;
/// Part of the range of scores that an error of them may be.
const SCORES: f64 = 1e-3;
/// What a layer takes whatever it computes, in multiplications.
const LAYER_WORK: usize = 16;
/// Samples that the search keeps at least, for models of up to [`EVALUATION_WORK`] multiplications, and for larger ones.
const FEWEST_SAMPLES: [usize; 2] = [64, 16];

/// Statistics of a model over calibration data. Sums run in the order of the samples.
pub(crate) struct Profile {
    /// The samples, in model order: the given ones, then those made of them.
    pub samples: Vec<Vec<f64>>,
    /// How many are given.
    given: usize,
    /// For each sample, what each output is measured by: its values, or the scores that it compares.
    pub targets: Vec<Vec<Vec<f64>>>,
    /// For each sample, each output's decisions, of which those that tie in single precision are `None`; none where its values are no
    /// decisions.
    pub decisions: Vec<Vec<Vec<Option<f64>>>>,
    /// Mean of every atom, over the given samples.
    pub means: Vec<f64>,
    /// Range of each result of each layer; of its scores, where that is what it is measured by.
    pub ranges: Vec<Vec<(f64, f64)>>,
    /// Range of each argument of each layer's function, over all of its rows.
    pub arguments: Vec<Vec<(f64, f64)>>,
    /// Whether the integer of each input element may say that it is missing; empty where none may.
    pub coded: Vec<bool>,
    /// Whether each input element is a number of single precision that is not rounded; empty where none is.
    pub exact: Vec<bool>,
    /// For each output, what part of an error of it counts: all, but of scores that nobody sees where they are large.
    pub counts: Vec<f64>,
    /// Positions of the samples that the search evaluates candidates on.
    pub searched: Vec<usize>,
    /// The values each layer reads.
    wiring: Vec<Wiring>,
    /// Tables of the layers' functions.
    pub tables: Tables,
}

/// The values that a layer reads, one behind the other: the columns of its map.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Wiring {
    /// Values: inputs first, then layers; ascending.
    pub sources: Vec<usize>,
    /// Elements of all sources together.
    pub columns: usize,
    /// Atoms of each source, and the column of its first one.
    blocks: Vec<(std::ops::Range<usize>, usize)>,
}

/// A column of a layer's map.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Column {
    /// Its position.
    pub column: usize,
    /// The value that it comes from.
    pub source: usize,
    /// Which of its elements.
    pub element: usize,
}

impl Wiring {
    /// The column of an atom.
    pub fn column(&self, atom: u32) -> Result<Column, InternalError> {
        let atom = atom as usize;
        let position = self.blocks.partition_point(|(range, _)| range.end <= atom);
        let (range, start) = at("the columns of a value", &self.blocks, position)?;
        let within = atom.checked_sub(range.start).expected("the column of an element")?;
        let source = *at("the source of a column", &self.sources, position)?;
        Ok(Column { column: start + within, source, element: within })
    }

    /// The one value that a layer with a convolution, or of sums, reads.
    pub fn source(&self) -> Result<usize, Missing> {
        at("the source of a layer", &self.sources, 0).copied()
    }
}

impl Profile {
    /// The profile of calibration data.
    pub fn new(model: &Model, samples: Vec<Vec<f64>>, observer: &Observer<'_>) -> Result<Self, SearchError> {
        let atoms: usize = model.atom_ranges().last().map_or(0, |range| range.end);
        let none = (f64::INFINITY, f64::NEG_INFINITY);
        let coded = model.coded();
        let exact = model.exact();
        check_exact(model, &exact)?;
        // Values of each element that are numbers: not missing, and defined.
        let mut present = vec![0usize; atoms];
        let observed_len = |layer: &Layer| match layer.function.measure() {
            Measure::Scores => layer.pooled_len(),
            _ => layer.len(),
        };
        let arguments = |layer: &Layer| vec![none; argument_lengths(layer).len()];
        let mut profile = Profile {
            given: samples.len(),
            searched: Vec::new(),
            counts: vec![1.0; model.outputs.len()],
            targets: Vec::with_capacity(samples.len()),
            decisions: Vec::with_capacity(samples.len()),
            means: vec![0.0; atoms],
            coded,
            exact,
            ranges: model.layers.iter().map(|layer| vec![none; observed_len(layer)]).collect(),
            arguments: model.layers.iter().map(arguments).collect(),
            wiring: wiring(model)?,
            tables: Tables::default(),
            samples,
        };
        for position in 0..profile.given {
            observer.step(Stage::Calibrate, position, profile.given)?;
            let found = Evaluation::of(model, at("a sample", &profile.samples, position)?);
            if found.values.len() != atoms {
                return Err(InternalError("a value for each element").into());
            }
            for ((sum, count), value) in profile.means.iter_mut().zip(&mut present).zip(&found.values) {
                if value.is_finite() {
                    *sum += value;
                    *count += 1;
                }
            }
            profile.add(model, &found)?;
        }
        profile.means.iter_mut().zip(&present).for_each(|(sum, &count)| *sum /= count.max(1) as f64);
        // No weight of theirs is rounded, and they may be infinite.
        let exact = profile.means.iter_mut().zip(&profile.exact).filter(|(_, is_exact)| **is_exact);
        exact.for_each(|(mean, _)| *mean = 0.0);
        profile.settle(model)?;
        Ok(profile)
    }

    /// Adds a sample that is made of given ones, with what the model gives for it.
    pub(super) fn add_made(
        &mut self,
        model: &Model,
        row: Vec<f64>,
        found: &Evaluation,
    ) -> Result<(), InternalError> {
        self.add(model, found)?;
        self.samples.push(row);
        Ok(())
    }

    /// Has errors of the scores of decisions count in proportion: `allowed`, or a thousandth of their range where that is less, as `max_error`,
    /// and less not more.
    pub fn count_scores(&mut self, model: &Model, max_error: f64, allowed: f64) -> Result<(), InternalError> {
        for (position, output) in model.outputs.iter().enumerate() {
            let layer = model.layers.get(output.layer).expected("the layer of an output")?;
            if layer.function.measure() != Measure::Scores {
                continue;
            }
            let values =
                || self.targets.iter().filter_map(|targets| targets.get(position)).flatten().copied();
            let range = values().fold(f64::NEG_INFINITY, f64::max) - values().fold(f64::INFINITY, f64::min);
            let part = max_error / (SCORES * range).min(allowed);
            *at_mut("what counts of an output", &mut self.counts, position)? =
                if part.is_finite() { part.min(1.0) } else { 1.0 };
        }
        Ok(())
    }

    /// What follows from all samples together: those that candidates are evaluated on, and which decisions are ties.
    pub(super) fn settle(&mut self, model: &Model) -> Result<(), InternalError> {
        self.choose_searched(model);
        self.settle_ties(model)?;
        for (position, output) in model.outputs.iter().enumerate() {
            let layer = model.layers.get(output.layer).expected("the layer of an output")?;
            let Some(operator) = layer.function.operator() else { continue };
            if operator.measure() != Measure::Scores {
                continue;
            }
            let tie = self.peak(output.layer)? * TIE;
            for (targets, decisions) in self.targets.iter().zip(&mut self.decisions) {
                let margins = operator.margins(at("the scores of an output", targets, position)?);
                let decisions = at_mut("the decisions of an output", decisions, position)?;
                if margins.len() == decisions.len() {
                    let each = decisions.iter_mut().zip(&margins);
                    each.filter(|(_, margin)| **margin <= tie).for_each(|(decision, _)| *decision = None);
                } else if margins.iter().any(|margin| *margin <= tie) {
                    // Several results are one decision: which are whose, only the operator knows.
                    decisions.fill(None);
                }
            }
        }
        Ok(())
    }

    /// Takes out of what follows from decisions what follows from one that ties.
    fn settle_ties(&mut self, model: &Model) -> Result<(), InternalError> {
        let mut operators =
            model.outputs.iter().filter_map(|output| model.layers.get(output.layer)?.function.operator());
        if !operators.any(|operator| operator.measure() == Measure::Decisions) {
            return Ok(());
        }
        let peaks =
            (0..model.layers.len()).map(|layer| self.peak(layer)).collect::<Result<Vec<f64>, Missing>>()?;
        for (sample, decisions) in self.samples.iter().zip(&mut self.decisions) {
            let ties = doubt::ties(model, &Evaluation::of(model, sample), &peaks)?;
            for (decision, tie) in
                decisions.iter_mut().zip(&ties).flat_map(|(all, ties)| all.iter_mut().zip(ties))
            {
                if *tie {
                    *decision = None;
                }
            }
        }
        Ok(())
    }

    /// Decisions of all samples, but ties.
    pub fn count_decisions(&self) -> usize {
        self.decisions.iter().flatten().flatten().filter(|decision| decision.is_some()).count()
    }

    fn choose_searched(&mut self, model: &Model) {
        let work = Profile::work(model);
        let [small, large] = FEWEST_SAMPLES;
        let fewest = if work <= EVALUATION_WORK { small } else { large };
        let total = self.samples.len();
        let kept = (EVALUATION_WORK / work.max(1)).clamp(fewest, total.max(fewest));
        self.searched = (0..total).step_by(total.div_ceil(kept).max(1)).collect();
    }

    /// Multiplications that an evaluation of the model takes, about, and what takes as long.
    pub(super) fn work(model: &Model) -> usize {
        let of_layer = |layer: &Layer| {
            let of_operator = layer.function.operator().map_or(0, |operator| operator.work());
            layer.map.rows().saturating_add(of_operator).saturating_add(LAYER_WORK)
        };
        model.layers.iter().map(of_layer).fold(model.terms(), usize::saturating_add)
    }

    /// Adds what a sample gives to targets and ranges.
    fn add(&mut self, model: &Model, found: &Evaluation) -> Result<(), InternalError> {
        let layers = model.layers.iter().zip(&found.arguments).zip(&mut self.arguments);
        for ((layer, values), ranges) in layers {
            let mut rest = values.iter();
            for (range, len) in ranges.iter_mut().zip(argument_lengths(layer)) {
                *range = rest.by_ref().take(len).fold(*range, with);
            }
        }
        for (ranges, values) in self.ranges.iter_mut().zip(found.observed(model)) {
            ranges.iter_mut().zip(values).for_each(|(range, value)| *range = with(*range, value));
        }
        self.targets.push(found.targets(model)?);
        let decisions = found.decisions(model)?.into_iter();
        self.decisions.push(decisions.map(|decided| decided.into_iter().map(Some).collect()).collect());
        Ok(())
    }

    /// The given samples.
    pub fn given(&self) -> &[Vec<f64>] {
        self.samples.get(..self.given).unwrap_or_default()
    }

    /// Number of samples that are made of given ones.
    pub fn made(&self) -> usize {
        self.samples.len().saturating_sub(self.given)
    }

    /// Whether the sample at a position is a given one.
    pub fn is_given(&self, position: usize) -> bool {
        position < self.given
    }

    /// The given samples alone.
    pub fn into_given(mut self) -> Vec<Vec<f64>> {
        self.samples.truncate(self.given);
        self.samples
    }

    /// Largest magnitude of a layer's results.
    pub fn peak(&self, layer: usize) -> Result<f64, Missing> {
        let rows = at("the ranges of a layer", &self.ranges, layer)?;
        Ok(rows.iter().fold(0.0, |peak, &(lo, hi)| peak.max(lo.abs()).max(hi.abs())))
    }

    /// Range of each argument of a layer's function.
    pub fn arguments(&self, layer: usize) -> Result<&[(f64, f64)], Missing> {
        at("the arguments of a layer", &self.arguments, layer).map(Vec::as_slice)
    }

    /// The values that a layer reads.
    pub fn wiring(&self, layer: usize) -> Result<&Wiring, Missing> {
        at("the wiring of a layer", &self.wiring, layer)
    }

    /// Every sample's position.
    pub fn all(&self) -> Vec<usize> {
        (0..self.samples.len()).collect()
    }
}

/// A range with another value. What is not defined has no place in one.
fn with((lo, hi): (f64, f64), value: &f64) -> (f64, f64) {
    if value.is_finite() { (lo.min(*value), hi.max(*value)) } else { (lo, hi) }
}

/// That integers which are order keys are read by what compares them, each by itself: import refuses all other models.
fn check_exact(model: &Model, exact: &[bool]) -> Result<(), InternalError> {
    const KNOWN: InternalError = InternalError("an operator that compares order keys");
    let is_exact = |atom: u32| exact.get(atom as usize).copied().unwrap_or(false);
    let layers = if exact.is_empty() { &[][..] } else { model.layers.as_slice() };
    for layer in layers {
        let mut reads = false;
        layer.map.for_each_atom(|atom| reads |= is_exact(atom));
        if !reads {
            continue;
        }
        let (Map::Rows(rows), Some(operator), None) =
            (layer.map.as_ref(), layer.function.operator(), layer.pool)
        else {
            return Err(KNOWN);
        };
        let knows = |(position, row): (usize, &Row)| {
            let computes = row.terms.iter().any(|&(atom, _)| is_exact(atom));
            !computes || (row.as_atom().is_some() && operator.compares_keys(position))
        };
        if !rows.iter().enumerate().all(knows) {
            return Err(KNOWN);
        }
    }
    Ok(())
}

/// Rows of each argument of a layer's function.
fn argument_lengths(layer: &Layer) -> Vec<usize> {
    match layer.function.operator() {
        Some(operator) => operator.arguments().iter().map(|argument| argument.len).collect(),
        None => vec![layer.pooled_len()],
    }
}

fn wiring(model: &Model) -> Result<Vec<Wiring>, InternalError> {
    let ranges = model.atom_ranges();
    let owner = |atom: u32| ranges.partition_point(|range| range.end <= atom as usize);
    let wire = |map: &Map| {
        let mut is_read = vec![false; ranges.len()];
        let mut last = usize::MAX;
        let mut missing = None;
        map.for_each_atom(|atom| {
            // Neighbours mostly come from one value.
            if !ranges.get(last).is_some_and(|range| range.contains(&(atom as usize))) {
                last = owner(atom);
                match at_mut("the owner of an element", &mut is_read, last) {
                    Ok(slot) => *slot = true,
                    Err(error) => missing = Some(error),
                }
            }
        });
        if let Some(missing) = missing {
            return Err(missing.into());
        }
        let mut sources: Vec<usize> =
            is_read.iter().enumerate().filter(|(_, read)| **read).map(|(source, _)| source).collect();
        if sources.is_empty() {
            // A layer of constants still reads something: the columns of a matrix cannot be none.
            sources.push(0);
        }
        let mut columns = 0;
        let blocks = sources.iter().map(|&source| {
            let range = at("the elements of a value", &ranges, source)?.clone();
            let start = columns;
            columns += range.len();
            Ok((range, start))
        });
        let blocks = blocks.collect::<Result<_, InternalError>>()?;
        Ok(Wiring { sources, columns, blocks })
    };
    model.layers.iter().map(|layer| wire(&layer.map)).collect()
}

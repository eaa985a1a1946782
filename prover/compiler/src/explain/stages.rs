//! A layer on what the integers in front of it stand for, in steps from real numbers to integers: its real map, the map of integer weights,
//! rounded, clamped, and as it is. Each step differs from the one before by one cause.

use assay_circuits::layers::requantize::{self, Requantize};
use serde::Serialize;

use super::causes::Causes;
use crate::internal::InternalError;
use crate::model::{Layer, Model};
use crate::number::{dequantize, pow2};
use crate::operators::operator::Measure;
use crate::quantize::graph::{LayerValues, QuantGraph, QuantLayer, Rounding, Step};
use crate::quantize::moved::Moved;
use crate::quantize::plan::{LayerPlan, Plan};

/// Larger than any accumulator.
const FAR: i64 = 1 << 62;

/// Values that were clamped: to what a format holds, or to what a table has entries for.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Clamped {
    /// How many.
    pub count: usize,
    /// Whether they are arguments of a table, and not results.
    pub is_argument: bool,
    /// The one that was clamped furthest.
    pub element: usize,
    /// What it was, in the float model's units.
    pub value: f64,
    /// What it was clamped to.
    pub limit: f64,
}

/// The steps of a layer, from real numbers to integers.
pub(super) struct Stages {
    /// Whether it is a decision by scores: then those are looked at.
    pub of_scores: bool,
    /// Results, of what the integers in front stand for: of real weights; of integer ones; rounded; clamped; of the integer operator.
    pub results: [Vec<f64>; 5],
    /// Arguments of the layer's function, likewise.
    pub arguments: [Vec<f64>; 4],
    /// Arguments, or results, that are clamped.
    is_clamped: Vec<bool>,
    is_operator: bool,
    /// What a result counts in.
    unit: f64,
}

impl Stages {
    /// Of all layers.
    pub fn of_layers(
        model: &Model,
        graph: &QuantGraph,
        plan: &Plan,
        values: &[LayerValues],
        grid: &[f64],
    ) -> Result<Vec<Stages>, InternalError> {
        let (mut atoms, exact) = (grid.to_vec(), model.exact());
        let mut all = Vec::with_capacity(model.layers.len());
        for (((layer, quantized), plan), values) in
            model.layers.iter().zip(&graph.layers).zip(&plan.layers).zip(values)
        {
            let stages = Stages::new((layer, quantized, plan), values, &atoms, &exact)?;
            atoms.extend_from_slice(stages.as_is());
            all.push(stages);
        }
        Ok(all)
    }

    fn new(
        (layer, graph, plan): (&Layer, &QuantLayer, &LayerPlan),
        values: &LayerValues,
        atoms: &[f64],
        exact: &[bool],
    ) -> Result<Stages, InternalError> {
        let real = layer.evaluate(atoms);
        let len = real.len();
        let scale_of = |at: usize| -> i32 {
            let run = (at * plan.rows.len()).checked_div(len).unwrap_or(0);
            plan.rows.get(run).copied().unwrap_or(0)
        };
        // Order keys are no numbers at a scale, and neither is what says that a number is missing.
        let is_key = |row: usize| {
            let mut reads = false;
            if !exact.is_empty() && layer.pool.is_none() {
                layer.map.for_each_term(row, |atom, _| {
                    reads |= exact.get(atom as usize).copied().unwrap_or(false);
                });
            }
            reads
        };
        let as_is: Vec<bool> =
            real.iter().enumerate().map(|(row, x)| !x.is_finite() || is_key(row)).collect();
        let number = |at: usize, q: i64, scale: i32| match (as_is.get(at), real.get(at)) {
            (Some(true), Some(&real)) => real,
            _ => dequantize(q, scale),
        };
        let accumulators: Vec<f64> =
            values.accumulators.iter().enumerate().map(|(at, &q)| number(at, q, scale_of(at))).collect();
        // Rounded, and clamped.
        let (mut rounded, mut clamped) = (accumulators.clone(), accumulators.clone());
        let mut round = |rounding: &Rounding, first: usize, part: &[i64]| -> Result<(), InternalError> {
            let each = rounding.of_each(part.len()).map_err(|_| InternalError("a rounding for each sum"))?;
            for ((at, &q), p) in (first..).zip(part).zip(each) {
                let far = requantize::reference(q, Requantize { shift: p.shift, lo: -FAR, hi: FAR });
                let near = requantize::reference(q, p);
                let scale = scale_of(at) - p.shift as i32; // at most 40
                if let (Some(rounded), Some(clamped)) = (rounded.get_mut(at), clamped.get_mut(at)) {
                    (*rounded, *clamped) = (number(at, far, scale), number(at, near, scale));
                }
            }
            Ok(())
        };
        match &graph.step {
            Step::Accumulate => {}
            Step::Requantize(rounding) => round(rounding, 0, &values.accumulators)?,
            Step::Operator { arguments, .. } => {
                let parts = Step::split(arguments, &values.accumulators);
                let mut first = 0;
                for (argument, part) in parts.map_err(|_| InternalError("the arguments of an operator"))? {
                    if let Some(rounding) = &argument.rounding {
                        round(rounding, first, part)?;
                    }
                    first += part.len();
                }
            }
        }
        let unit = pow2(-i32::from(graph.scale));
        let integers: Vec<f64> = values.results.iter().map(|&q| q as f64 * unit).collect();
        let is_operator = matches!(graph.step, Step::Operator { .. });
        let apply = |arguments: &[f64]| layer.function.apply(arguments.to_vec());
        let of_clamped = if is_operator { apply(&clamped) } else { integers.clone() };
        let of_rounded = apply(&rounded);
        let is_clamped = match is_operator {
            true => rounded.iter().zip(&clamped).map(|(a, b)| a != b && !a.is_nan()).collect(),
            // Where the model has a bound of its own, that is no loss.
            false => of_rounded.iter().zip(&integers).map(|(a, b)| (a - b).abs() > unit).collect(),
        };
        let results = [apply(&real), apply(&accumulators), of_rounded, of_clamped, integers];
        let of_scores = layer.function.measure() == Measure::Scores;
        let arguments = [real, accumulators, rounded, clamped];
        if results.iter().any(|of_stage| of_stage.len() != layer.len()) {
            return Err(InternalError("as many results of a layer in real numbers as in integers"));
        }
        Ok(Stages { of_scores, results, arguments, is_clamped, is_operator, unit })
    }

    /// What is looked at, at a step.
    pub fn observed(&self, step: usize) -> &[f64] {
        let found = match self.of_scores {
            true => self.arguments.get(step.min(self.arguments.len() - 1)),
            false => self.results.get(step),
        };
        found.map_or(&[], Vec::as_slice)
    }

    /// With nothing but what comes in being integers.
    pub fn first(&self) -> &[f64] {
        self.observed(0)
    }

    /// As the integers are.
    pub fn last(&self) -> &[f64] {
        self.observed(self.results.len() - 1)
    }

    /// The results as the integers are.
    pub fn as_is(&self) -> &[f64] {
        let [.., last] = &self.results;
        last
    }

    /// What is looked at in the float model, of its arguments.
    pub fn float(&self, layer: &Layer, arguments: &[f64]) -> Vec<f64> {
        match self.of_scores {
            true => arguments.to_vec(),
            false => layer.function.apply(arguments.to_vec()),
        }
    }

    /// The element that is furthest from the float model's, in the units of each.
    pub fn worst(&self, float: &[f64], unit: &dyn Fn(usize) -> f64) -> usize {
        let off = |(at, (a, b)): (usize, (&f64, &f64))| {
            Some((at, (a - b).abs() * unit(at))).filter(|x| !x.1.is_nan())
        };
        let each = self.last().iter().zip(float).enumerate().filter_map(off);
        // The first of equal ones.
        let worst = each.reduce(|best, next| if next.1 > best.1 { next } else { best });
        worst.map_or(0, |(at, _)| at)
    }

    /// What each step adds to an element.
    pub fn causes(&self, element: usize) -> Causes {
        let at = |step: usize| self.observed(step).get(element).copied().unwrap_or(f64::NAN);
        causes([at(0), at(1), at(2), at(3), at(4)])
    }

    /// What was clamped: of results that a hidden layer was equalized by `moved`, and of arguments what they are in the equalized and in the
    /// file's own model.
    pub fn clamped(&self, moved: &[Moved], (own, original): (&[f64], &[f64])) -> Option<Clamped> {
        let [_, _, rounded, clamped] = &self.arguments;
        let to_own = |at: usize, value: f64| match (self.is_operator, own.get(at), original.get(at)) {
            (true, Some(&own), Some(&original)) if own != 0.0 && own != original => value * (original / own),
            (true, ..) => value,
            (false, ..) => moved.get(at).map_or(value, |moved| moved.original(value)),
        };
        // Arguments that a function does not change beyond are none that are lost.
        let [.., of_rounded, of_clamped, _] = &self.results;
        let lost = of_rounded.iter().zip(of_clamped).any(|(a, b)| (a - b).abs() > 0.5 * self.unit);
        let each = self.is_clamped.iter().enumerate().filter(|(_, is_clamped)| **is_clamped && lost);
        let ends = |at: usize| {
            let before = if self.is_operator { rounded.get(at) } else { of_rounded.get(at) };
            let after = if self.is_operator { clamped.get(at) } else { of_clamped.get(at) };
            Some((at, to_own(at, *before?), to_own(at, *after?)))
        };
        let all: Vec<(usize, f64, f64)> = each.filter_map(|(at, _)| ends(at)).collect();
        let furthest =
            |a: &(usize, f64, f64), b: &(usize, f64, f64)| (a.1 - a.2).abs().total_cmp(&(b.1 - b.2).abs());
        let (element, value, limit) = all.iter().copied().max_by(furthest)?;
        Some(Clamped { count: all.len(), is_argument: self.is_operator, element, value, limit })
    }
}

/// Of a value at each step, what each step adds.
pub(super) fn causes([real, integer, rounded, clamped, last]: [f64; 5]) -> Causes {
    Causes {
        weights: integer - real,
        rounding: rounded - integer,
        saturation: clamped - rounded,
        tables: last - clamped,
    }
}

//! Forwards: what each row and each result of every layer can be, and how far it can be off.

use super::super::error::PlanError;
use super::super::graph::{QuantLayer, Rounding, Step};
use super::super::interval::Interval;
use super::pairs::Pairs;
use super::pass::{Coefficients, Form, Known, Solved, Stage};
use super::range::{EPSILON, Range};
use super::rule::{Given, Row, Rule};
use super::step::{Clamp, Clamped, clamped, pooled};
use super::task::{Task, Uncertified, WORK};
use crate::internal::Expected;
use crate::model::{Absent, Kind, Layer, LayerFunction};
use crate::number::pow2;
use crate::operators::operator::{Argument, Operator, Takes};
use crate::quantize::codes;

/// All layers with their rules.
pub(super) struct Net {
    pub atoms: Vec<Known>,
    pub layers: Vec<Solved>,
    /// For each layer without a rule, its position.
    unknown: Vec<usize>,
    /// Weights' errors of each layer's rows, at most.
    pub weights: Vec<Vec<f64>>,
    /// Whether inputs are rounded.
    pub rounds_inputs: bool,
    /// Of each layer, values that may be clamped to what their format holds or a table has entries for.
    pub saturating: Vec<usize>,
    /// Of each layer that is rounded to a format of its own, the integers that hold all of its results, where some may be clamped.
    pub reach: Vec<Option<(f64, f64)>>,
    /// Elements of the inputs.
    inputs: usize,
    may_miss: Vec<bool>,
}

impl Net {
    /// Of numbers that are integers already, or of `raw` ones that are rounded first.
    pub fn solve(task: Task<'_>, raw: bool) -> Result<Net, PlanError> {
        let mut net = Net {
            atoms: Vec::new(),
            layers: Vec::new(),
            unknown: Vec::new(),
            weights: Vec::new(),
            rounds_inputs: false,
            saturating: Vec::new(),
            reach: Vec::new(),
            inputs: task.features.len(),
            may_miss: Vec::new(),
        };
        net.add_inputs(task, raw)?;
        let (mut before, mut spent) = (0usize, 0usize);
        for (position, layer) in task.model.layers.iter().enumerate() {
            let work = layer.map.rows().saturating_mul(4).saturating_mul(before);
            let is_narrow = spent.saturating_add(work) <= WORK;
            spent = if is_narrow { spent + work } else { spent };
            net.add_layer(task, position, is_narrow)?;
            // A form passes each term, and lies over all atoms.
            before =
                before.saturating_add(layer.map.terms()).saturating_add(net.atoms.len().saturating_mul(4));
        }
        Ok(net)
    }

    /// Multiplications of a form over the results of the layer before this position, about.
    pub fn work_before(&self, position: usize) -> usize {
        self.layers.iter().take(position).map(|layer| layer.pairs.terms() + layer.rows.len()).sum()
    }

    fn add_inputs(&mut self, task: Task<'_>, raw: bool) -> Result<(), PlanError> {
        let mut features = task.features.iter();
        for (input, graph) in task.model.inputs.iter().zip(&task.realized.graph.inputs) {
            let scales: Vec<Option<i8>> = graph.scales.each(&graph.shape).take(input.len()).collect();
            for (element, scale) in scales.into_iter().enumerate() {
                let feature = features.next().expected("the feature of an element")?;
                let is_coded = input.missing.get(element).copied().flatten() == Some(Absent::Coded);
                self.may_miss.push(is_coded);
                let Some(scale) = scale else {
                    // Numbers of single precision, which stand for themselves.
                    let value = Range::new(feature.min, feature.max);
                    self.atoms.push(Known { error: Range::ZERO, value });
                    continue;
                };
                // What the circuit asserts of it.
                let (first, last) =
                    graph.domains.get(element).expected("the domain of an element")?.numbers();
                let unit = pow2(-i32::from(scale));
                let value = Range::new(first as f64 * unit, last as f64 * unit);
                // Integers are, where a format counts in twos or more.
                let is_rounded = scale < 0 || feature.kind == Kind::Real && feature.categories.is_none();
                self.rounds_inputs |= is_rounded;
                // Half a unit, and what the format has no room for.
                let by = |end: f64| end.abs() * f64::from(f32::EPSILON);
                let half = pow2(-i32::from(scale) - 1);
                let (below, above) = (feature.min - by(feature.min), feature.max + by(feature.max));
                let error = match raw && is_rounded {
                    true => Range::new((below - value.lo).min(-half), (above - value.hi).max(half)),
                    false => Range::ZERO,
                };
                self.atoms.push(Known { error, value });
            }
        }
        Ok(())
    }

    fn add_layer(&mut self, task: Task<'_>, position: usize, is_narrow: bool) -> Result<(), PlanError> {
        let layer = task.model.layers.get(position).expected("a layer")?;
        let graph = task.realized.graph.layers.get(position).expected("a layer of the graph")?;
        let (plan, wiring) = (task.plan.layer(position)?, task.profile.wiring(position)?);
        let pairs = Pairs::new(&layer.map, &graph.map, wiring, task.plan, &plan.rows)?;
        let codes = codes::of_rows(layer, &graph.map, wiring, task.profile, task.plan)?;
        let first = self.atoms.len();
        let (mut rows, weights) = self.rows(&pairs);
        if is_narrow && self.reads_layers(layer) {
            self.narrow(&pairs, &mut rows);
        }
        let may_miss = self.missing(layer, pairs.rows());
        let mut current: Vec<Row> =
            rows.iter().zip(may_miss).map(|(row, may_miss)| plain(*row, may_miss)).collect();
        let mut scales = pairs.scales.clone();
        let mut solved = Solved { pairs, rows, stages: Vec::new(), first };
        if let Some(window) = &layer.pool {
            let pooled = pooled(&current, window);
            scales = (0..pooled.len())
                .filter_map(|at| scales.get(at * scales.len() / pooled.len().max(1)).copied())
                .collect();
            current = push(&mut solved, pooled);
        }
        self.reach.push(None);
        self.saturating.push(0);
        if let Some(clamps) = clamps(layer, graph, &scales)? {
            let each = || clamps.iter().zip(&current).filter_map(|(clamp, row)| Some((clamp.as_ref()?, row)));
            let each = || each().filter(|(clamp, row)| clamp.may_saturate(row));
            let reaches = reaches(layer, clamps.len());
            let lost = clamps.iter().zip(&current).zip(reaches).filter(|((clamp, row), reach)| {
                clamp.as_ref().is_some_and(|clamp| clamp.may_saturate(row) && clamp.may_lose(row, *reach))
            });
            if let Some(count) = self.saturating.last_mut() {
                *count = lost.count();
            }
            if let (Step::Requantize(_), Some(reach)) = (&graph.step, self.reach.last_mut()) {
                *reach =
                    each().map(|(clamp, row)| clamp.reach(row)).reduce(|a, b| (a.0.min(b.0), a.1.max(b.1)));
            }
            let each = current.iter().zip(&clamps).enumerate();
            let rounded = each.map(|(at, (row, clamp))| match clamp {
                Some(clamp) => clamped(at, row, clamp),
                None => Clamped { rule: Rule::copied(at, row), row: *row },
            });
            current = push(&mut solved, rounded.collect());
            scales = (scales.iter().zip(&clamps))
                .map(|(&scale, clamp)| clamp.map_or(scale, |clamp| clamp.scale))
                .collect();
        }
        if let Some(operator) = layer.function.operator() {
            let intervals = task.realized.intervals.get(position).expected("the intervals of a layer")?;
            let results = real(&intervals.results, graph.scale.into());
            let given = (current.as_slice(), scales.as_slice(), codes.as_slice());
            let rules = self.operator_rules(operator, graph, given, &results);
            if rules.is_none() {
                self.unknown.push(position);
            }
            let rules = rules
                .unwrap_or_else(|| results.iter().map(|&range| Rule::constant(Range::ALL, range)).collect());
            let known = rules.iter().zip(&results);
            let known = known
                .map(|(rule, &range)| Known { error: rule.error.range, value: rule.value.range.cut(range) });
            solved.stages.push(Stage { known: known.collect(), rules, is_operator: true });
        } else if current.iter().any(|row| row.may_miss) {
            self.unknown.push(position);
            let unknown = current.iter().map(|row| Rule::constant(Range::ALL, row.value)).collect::<Vec<_>>();
            let known = current.iter().map(|row| Known { error: Range::ALL, value: row.value }).collect();
            solved.stages.push(Stage { rules: unknown, known, is_operator: true });
        }
        let results = solved.stages.last().map_or(&solved.rows, |stage| &stage.known);
        self.atoms.extend(results.iter().copied());
        self.may_miss.resize(self.atoms.len(), false);
        self.weights.push(weights);
        self.layers.push(solved);
        Ok(())
    }

    fn operator_rules(
        &self,
        operator: &dyn Operator,
        graph: &QuantLayer,
        (rows, scales, codes): (&[Row], &[i32], &[Option<i64>]),
        results: &[Range],
    ) -> Option<Vec<Rule>> {
        let Step::Operator { operator: integers, .. } = &graph.step else { return None };
        let reference = |x: &[i64]| integers.reference(x).ok();
        let scale = graph.scale.into();
        let given = Given { integers: &reference, rows, scales, codes, scale, results };
        operator.certify(&given).filter(|rules| rules.len() == results.len())
    }

    /// By intervals: what rows can be, and what the errors of weights make of each at most.
    fn rows(&self, pairs: &Pairs) -> (Vec<Known>, Vec<f64>) {
        let of_row = |row: usize| {
            let (bias, integer) = pairs.bias(row);
            let start = |x: f64| (Range { lo: x, hi: x }, x.abs());
            let (mut value, mut weight) = (start(integer), start(bias - integer));
            let mut passed = start(0.0);
            let mut count = 3.0;
            pairs.for_each(row, |atom, w, q| {
                let Some(known) = self.atoms.get(atom) else {
                    value.0 = Range::ALL;
                    return;
                };
                count += 1.0;
                for (sum, factor, range) in [
                    (&mut value, q, known.value),
                    (&mut weight, w - q, known.value),
                    (&mut passed, w, known.error),
                ] {
                    if factor != 0.0 {
                        let (a, b) = (factor * range.lo, factor * range.hi);
                        sum.0.lo += a.min(b);
                        sum.0.hi += a.max(b);
                        sum.1 += a.abs().max(b.abs());
                    }
                }
            });
            let outward = |(range, size): (Range, f64)| {
                let lost = count * EPSILON * size;
                Range::new(range.lo - lost, range.hi + lost)
            };
            let [value, weight, passed] = [value, weight, passed].map(outward);
            (Known { error: weight.plus(passed), value }, weight.magnitude())
        };
        (0..pairs.rows()).map(of_row).unzip()
    }

    /// The same by backward passes.
    fn narrow(&self, pairs: &Pairs, rows: &mut [Known]) {
        let len = rows.len();
        for (at, known) in rows.iter_mut().enumerate() {
            let largest = |error: f64, value: f64| {
                let mut row = Coefficients::zeros(len);
                if let (Some(e), Some(v)) = (row.error.get_mut(at), row.value.get_mut(at)) {
                    (*e, *v) = (error, value);
                }
                let mut form = Form::empty(self.atoms.len());
                form.add_rows(pairs, &row, &self.atoms);
                form.largest(&self.layers, &self.atoms)
            };
            known.error = known.error.cut(Range { lo: -largest(-1.0, 0.0), hi: largest(1.0, 0.0) });
            known.value = known.value.cut(Range { lo: -largest(0.0, -1.0), hi: largest(0.0, 1.0) });
        }
    }

    fn reads_layers(&self, layer: &Layer) -> bool {
        let mut reads = false;
        layer.map.for_each_atom(|atom| reads |= atom as usize >= self.inputs);
        reads
    }

    /// Whether each row may be missing.
    fn missing(&self, layer: &Layer, rows: usize) -> Vec<bool> {
        if !self.may_miss.contains(&true) {
            return vec![false; rows];
        }
        let of_row = |row: usize| {
            let mut misses = false;
            layer.map.for_each_term(row, |atom, _| {
                misses |= self.may_miss.get(atom as usize).copied().unwrap_or(true);
            });
            misses
        };
        (0..rows).map(of_row).collect()
    }

    /// Why a layer's results are not bounded.
    pub fn reason(&self, task: Task<'_>, layer: usize) -> Uncertified {
        // What it reads, and what that reads.
        let mut reads = vec![false; self.layers.len()];
        if let Some(slot) = reads.get_mut(layer) {
            *slot = true;
        }
        for position in (0..=layer).rev() {
            if reads.get(position) != Some(&true) {
                continue;
            }
            let sources = task.profile.wiring(position).map_or(&[][..], |wiring| wiring.sources.as_slice());
            for source in sources {
                let before = source.checked_sub(task.model.inputs.len());
                if let Some(slot) = before.and_then(|before| reads.get_mut(before)) {
                    *slot = true;
                }
            }
        }
        let first = self.unknown.iter().find(|&&position| reads.get(position) == Some(&true));
        match first.and_then(|&position| task.model.layers.get(position)) {
            Some(layer) => {
                let operator = layer.function.operator().map_or("missing values", |operator| operator.name());
                Uncertified::Operator(layer.name.clone(), operator.into())
            }
            None => Uncertified::Unbounded,
        }
    }

    /// The input at which a form is largest, as the integers' real numbers.
    pub fn corner(&self, form: &Form) -> Vec<f64> {
        let atoms = self.atoms.iter().zip(&form.atoms.value).take(self.inputs);
        atoms.map(|(known, &c)| if c < 0.0 { known.value.lo } else { known.value.hi }).collect()
    }
}

fn plain(known: Known, may_miss: bool) -> Row {
    let float = known.value.plus(known.error);
    let (value, error) = (known.value, known.error);
    Row { value, error, float, before: error, is_cut: (false, false), domain: Range::ALL, may_miss }
}

/// Adds a stage; what its results are.
fn push(solved: &mut Solved, clamped: Vec<Clamped>) -> Vec<Row> {
    let known = clamped.iter().map(|one| Known { error: one.row.error, value: one.row.value }).collect();
    let (rules, rows) = clamped.into_iter().map(|one| (one.rule, one.row)).unzip();
    solved.stages.push(Stage { rules, known, is_operator: false });
    rows
}

/// For each row, the magnitude beyond which the layer's function does not change, or hardly.
pub(crate) fn reaches(layer: &Layer, rows: usize) -> Vec<f64> {
    let arguments = layer.function.operator().map_or_else(Vec::new, |operator| operator.arguments());
    let of_argument = |argument: Argument| {
        let reach = match argument.takes {
            Takes::Rounded { reach, .. } => reach,
            Takes::Exact | Takes::Whole | Takes::Common => f64::INFINITY,
        };
        std::iter::repeat_n(reach, argument.len)
    };
    arguments.into_iter().flat_map(of_argument).chain(std::iter::repeat(f64::INFINITY)).take(rows).collect()
}

/// What each row is rounded to and clamped to, where one is.
fn clamps(
    layer: &Layer,
    graph: &QuantLayer,
    scales: &[i32],
) -> Result<Option<Vec<Option<Clamp>>>, PlanError> {
    let of = |rounding: &Rounding, scales: &[i32], (low, high): (Option<f64>, Option<f64>)| {
        let each = rounding.of_each(scales.len())?.zip(scales);
        let clamp = each.map(|(p, &scale)| {
            let result = scale - p.shift as i32; // at most 40
            let unit = pow2(-result);
            let integers = Range::new(p.lo as f64 * unit, p.hi as f64 * unit);
            let half = if p.shift > 0 { 0.5 * unit } else { 0.0 };
            Some(Clamp { unit, half, integers, low, high, scale: result })
        });
        Ok::<Vec<Option<Clamp>>, PlanError>(clamp.collect())
    };
    Ok(match &graph.step {
        Step::Accumulate => None,
        Step::Requantize(rounding) => {
            let bounds = match layer.function {
                LayerFunction::Clip { low, high } => (low, high),
                _ => (None, None),
            };
            Some(of(rounding, scales, bounds)?)
        }
        Step::Operator { arguments, .. } => {
            if arguments.iter().all(|argument| argument.rounding.is_none()) {
                return Ok(None);
            }
            let mut all = Vec::with_capacity(scales.len());
            for (argument, part) in Step::split(arguments, scales)? {
                match &argument.rounding {
                    Some(rounding) => all.extend(of(rounding, part, (None, None))?),
                    None => all.extend(std::iter::repeat_n(None, part.len())),
                }
            }
            Some(all)
        }
    })
}

/// Integers at a scale as real numbers.
fn real(intervals: &[Interval], scale: i32) -> Vec<Range> {
    let unit = pow2(-scale);
    intervals.iter().map(|x| Range::new(x.lo as f64 * unit, x.hi as f64 * unit)).collect()
}

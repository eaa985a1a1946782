//! Bits where the bound says: what is certified for every input of the domain, and not for the calibration data alone.
//!
//! The search meets its bounds on samples. Here the certificate of what it found ([`certify`]) says for each row, result and table what it
//! adds to the largest error of an output, and bits go there:
//!
//! - *widths* that hold all that results can be over the domain, where that costs less than a tenth of the constraints: nothing saturates
//!   then;
//! - where a certified error is asked for: accumulator bits for the rows with the largest part for their cost, in lookups for their layer
//!   (rows of it share a table); two bits for results and arguments together with two for the weights behind them, where rounding makes
//!   more than a third; two for the entries of tables likewise. Until the bound is met, or nothing helps. What is found to be spent in
//!   excess is taken back row by row.
//!
//! Every decision compares `f64` numbers that are computed sequentially, so the same inputs give the same graph on every machine; the effort
//! is bounded by a number of certificates, not by time.

mod moves;
mod state;

use std::collections::BTreeSet;
use std::ops::RangeInclusive;

use super::candidate::{Found, Search};
use super::certify::{self, Certificate, Uncertified};
use super::cost;
use super::descent::lowered;
use super::error::{PlanError, QuantizeError, SearchError};
use super::loss::{Bound, measure};
use super::plan::Plan;
use super::realize::{realize, settle};
use crate::feature::Feature;
use crate::internal::{Expected, InternalError};
use crate::operators::operator::Measure;
use crate::progress::Stage;
pub(crate) use state::Spender;
use state::{Kind, Move, State, worst};

/// Multiplications that all certificates take, about.
const WORK: usize = 6_000_000_000;
/// Certificates, at least and at most.
const CERTIFICATES: RangeInclusive<usize> = 12..=600;
/// One in so many constraints is what it may cost that nothing saturates, where no certified error is asked for.
const OF_CONSTRAINTS: u64 = 10;
/// What part of a bound a move must take away at least.
const LEAST: f64 = 1e-3;
/// Parts of a bound that are too small to spend bits on.
const SMALL: f64 = 1e-2;

/// What was found, and which outputs keep to the error on the calibration data only.
pub(crate) struct Spent {
    pub found: Found,
    /// The outputs, by position, with why no certificate is of use.
    pub uncertified: Vec<(usize, String)>,
}

/// What spending came to.
enum Outcome {
    Met(State),
    /// The best that was reached.
    Unmet(State),
}

impl<'a, 'p> Spender<'a, 'p> {
    /// Over what a search works on; its bound is the one to be kept on the calibration data.
    pub fn new(search: Search<'a, 'p>, features: &'a [Feature]) -> Self {
        let work = certify::work(search.model).max(1);
        let total = (WORK / work).clamp(*CERTIFICATES.start(), *CERTIFICATES.end());
        Spender { search, features, left: total, total }
    }

    /// What was found, with widths at which nothing saturates where they cost little.
    pub fn widen(&mut self, found: Found) -> Result<Found, SearchError> {
        if !certify::is_small(self.search.model) {
            return Ok(found);
        }
        let Some(start) = self.state(found.plan.clone())? else { return Ok(found) };
        let limit = start.cost + start.cost / OF_CONSTRAINTS;
        let mut best = start;
        // What is not clamped any more may reach further in the layers behind.
        for _ in 0..=self.search.model.layers.len() {
            let Some(plan) = self.wider(&best)? else { break };
            match self.state(plan)? {
                Some(next) if next.cost <= limit => best = next,
                _ => return Ok(found),
            }
        }
        if best.plan == found.plan || self.wider(&best)?.is_some() {
            return Ok(found);
        }
        Ok(self.measured(best)?.unwrap_or(found))
    }

    /// The cheapest found graph whose every output is certified to be off by at most `most`. An output that no certificate says anything of
    /// keeps to the bound on the calibration data only.
    pub fn certify(&mut self, found: Found, most: f64) -> Result<Spent, SearchError> {
        let start = match certify::is_small(self.search.model) {
            true => self.state(found.plan.clone())?,
            false => None,
        };
        let outputs = self.real_outputs()?;
        let Some(start) = start else {
            let all = outputs.into_iter().map(|output| (output, Uncertified::TooLarge.text()));
            return Ok(Spent { found, uncertified: all.collect() });
        };
        let mut uncertified = Vec::new();
        let mut certain = Vec::new();
        for &output in &outputs {
            match start.certified.outputs.get(output).expected("the certificate of an output")? {
                Ok(_) => certain.push(output),
                Err(why) => uncertified.push((output, why.text())),
            }
        }
        if certain.is_empty() {
            let found = self.widen(found)?;
            return Ok(Spent { found, uncertified });
        }
        match self.spend(start, &certain, most)? {
            Outcome::Met(met) => {
                let met = self.trimmed(met, &found.plan, &certain, most)?;
                let found = self.measured(met)?.expected("a graph that keeps to the bound")?;
                Ok(Spent { found, uncertified })
            }
            Outcome::Unmet(best) => {
                let (output, known) = worst(&best.certified, &certain).expected("a certificate")?;
                let (range, error) = (self.range(output), known.error.magnitude());
                if error < range {
                    return Err(self.unmet(output, known, most)?.into());
                }
                let text = format!("the bound, {error:.3e}, exceeds the {range:.3e} by which it varies");
                uncertified.push((output, text));
                uncertified.sort_by_key(|(output, _)| *output);
                let found = self.widen(found)?;
                Ok(Spent { found, uncertified })
            }
        }
    }

    /// A plan with its certificate; none where it is not feasible, or nothing may be computed any more.
    fn state(&mut self, mut plan: Plan) -> Result<Option<State>, SearchError> {
        let Some(left) = self.left.checked_sub(1) else { return Ok(None) };
        self.search.observer.step(Stage::Certify, self.total - self.left, self.total)?;
        self.left = left;
        let (model, profile) = (self.search.model, self.search.profile);
        settle(model, profile, &mut plan)?;
        let Some(realized) = PlanError::feasible(realize(model, profile, &plan, None))? else {
            return Ok(None);
        };
        let cost =
            cost::of_graph(&realized.graph, &realized.intervals, self.search.ranges).constraints as u64;
        let task =
            certify::Task { model, profile, plan: &plan, realized: &realized, features: self.features };
        let certified = certify::on_grid(task)?;
        Ok(Some(State { plan, realized, cost, certified }))
    }

    /// What it loses on the calibration data, where that is within the bound.
    fn measured(&self, state: State) -> Result<Option<Found>, SearchError> {
        let State { plan, realized, .. } = state;
        let (profile, allowed) = (self.search.profile, (self.search.threshold, self.search.bound));
        let all = profile.all();
        let loss = measure(self.search.model, &realized, &plan, profile, &all, allowed, None);
        let loss = PlanError::feasible(loss)?;
        Ok(loss.map(|(loss, _)| Found { plan, realized, loss }))
    }

    fn keeps(&self, state: &State) -> Result<bool, SearchError> {
        let (profile, allowed) = (self.search.profile, (self.search.threshold, self.search.bound));
        let (model, all) = (self.search.model, profile.all());
        let loss = measure(model, &state.realized, &state.plan, profile, &all, allowed, None);
        Ok(PlanError::feasible(loss)?.is_some())
    }

    /// Bits where the largest error comes from, until all `outputs` are certain to `most` and the calibration data is within its bound.
    fn spend(&mut self, start: State, outputs: &[usize], most: f64) -> Result<Outcome, SearchError> {
        let (mut state, mut dead) = (start, BTreeSet::new());
        loop {
            let Some((_, known)) = worst(&state.certified, outputs) else { return Ok(Outcome::Unmet(state)) };
            let error = known.error.magnitude();
            let is_met = error <= most;
            if is_met && self.keeps(&state)? {
                return Ok(Outcome::Met(state));
            }
            let mut next = None;
            for found in ranked(known) {
                if dead.contains(&(found.kind, found.layer)) {
                    continue;
                }
                let plan = self.moved(&state, known, found, &dead)?;
                let candidate = plan.map(|plan| self.state(plan)).transpose()?.flatten();
                let is_better = |candidate: &State| {
                    let Some((_, of_next)) = worst(&candidate.certified, outputs) else { return false };
                    let next = of_next.error.magnitude();
                    match found.kind {
                        // Only the calibration data is beyond its bound: by how rounding falls out there.
                        _ if is_met => next <= most,
                        // One of several elements is seen at a time.
                        Kind::Weights => next <= error * (1.0 + LEAST),
                        _ => next <= error * (1.0 - LEAST),
                    }
                };
                match candidate.filter(is_better) {
                    Some(candidate) => {
                        next = Some(candidate);
                        break;
                    }
                    None => _ = dead.insert((found.kind, found.layer)),
                }
            }
            match next {
                Some(next) => {
                    state = next;
                    dead.clear();
                }
                None => return Ok(Outcome::Unmet(state)),
            }
        }
    }

    /// Takes bits back that rows were given since `start`, those with the smallest part first.
    fn trimmed(
        &mut self,
        met: State,
        start: &Plan,
        outputs: &[usize],
        most: f64,
    ) -> Result<State, SearchError> {
        let mut best = met;
        if self.search.ranges == assay_circuits::Ranges::Lookup {
            return Ok(best);
        }
        for (layer, run) in self.spent(&best, start, outputs)? {
            let Some(plan) = lowered(&best.plan, layer, run)? else { continue };
            let Some(next) = self.state(plan)? else { continue };
            let is_met =
                worst(&next.certified, outputs).is_some_and(|(_, known)| known.error.magnitude() <= most);
            if is_met && next.cost < best.cost && self.keeps(&next)? {
                best = next;
            }
        }
        Ok(best)
    }

    /// Outputs whose errors are numbers.
    fn real_outputs(&self) -> Result<Vec<usize>, InternalError> {
        let mut real = Vec::new();
        for (position, output) in self.search.model.outputs.iter().enumerate() {
            let layer = self.search.model.layers.get(output.layer).expected("the layer of an output")?;
            if layer.function.measure() != Measure::Decisions {
                real.push(position);
            }
        }
        Ok(real)
    }

    /// What an output, or the scores behind it, varies by over the calibration data.
    fn range(&self, output: usize) -> f64 {
        let profile = self.search.profile;
        let given = profile.targets.iter().take(profile.given().len());
        let values = || given.clone().filter_map(|targets| targets.get(output)).flatten().copied();
        values().fold(f64::NEG_INFINITY, f64::max) - values().fold(f64::INFINITY, f64::min)
    }

    /// That nothing makes the bound of an output smaller, and what holds it up.
    fn unmet(&self, output: usize, known: &Certificate, most: f64) -> Result<QuantizeError, InternalError> {
        let model = self.search.model;
        let first = ranked(known).into_iter().max_by(|a, b| a.share.total_cmp(&b.share));
        let layer = first.and_then(|found| model.layers.get(found.layer)).map(|layer| layer.name.clone());
        Ok(QuantizeError::Uncertain {
            max_error: most,
            achieved: known.error.magnitude(),
            output: model.outputs.get(output).expected("an output")?.name.clone(),
            layer: layer.unwrap_or_default(),
            by: first.map_or("weights", |found| found.kind.name()),
        })
    }
}

/// Where an error comes from, the largest part first; what makes less than a third of it in all layers together comes last.
fn ranked(known: &Certificate) -> Vec<Move> {
    let all = |of: fn(&certify::Parts) -> f64| known.parts.iter().map(of).sum::<f64>();
    type Share = fn(&certify::Parts) -> f64;
    let kinds: [(Kind, Share, bool); 4] = [
        (Kind::Weights, |parts| parts.weights, true),
        (Kind::Rounding, |parts| parts.rounding, false),
        (Kind::Tables, |parts| parts.tables, false),
        (Kind::Saturation, |parts| parts.saturation, true),
    ];
    let mut found = Vec::new();
    for (kind, of, is_first) in kinds {
        let is_first = is_first || all(of) > 1.0 / 3.0;
        let each = known.parts.iter().map(of).enumerate().filter(|(_, share)| *share >= SMALL);
        found.extend(each.map(|(layer, share)| (is_first, Move { kind, layer, share })));
    }
    // A stable sort: equal parts keep the order of kinds and layers.
    found.sort_by(|(a, x), (b, y)| b.cmp(a).then(y.share.total_cmp(&x.share)));
    found.into_iter().map(|(_, found)| found).collect()
}

/// The bound of what was found: what it met is kept.
pub(crate) fn kept(found: &Found, bound: Bound) -> Bound {
    Bound {
        error: bound.error.max(found.loss.error),
        flips: bound.flips.max(found.loss.all_flips()),
        labels: bound.labels.max(found.loss.labels),
    }
}

//! What the search works on, and what one plan gives.

use assay_circuits::Ranges;

use super::cost;
use super::error::PlanError;
use super::input::InputFormat;
use super::loss::{Bound, Loss, Trace, measure};
use super::plan::Plan;
use super::profile::Profile;
use super::realize::{Realized, realize, settle};
use crate::internal::InternalError;
use crate::model::Model;
use crate::options::Format;
use crate::progress::Observer;

/// What the search works on.
pub(crate) struct Search<'a, 'p> {
    pub model: &'a Model,
    pub profile: &'a Profile,
    /// What the graph may lose over the calibration data.
    pub bound: Bound,
    /// Decision threshold of real outputs.
    pub threshold: Option<f64>,
    /// What decides the format of each input tensor.
    pub inputs: Vec<InputFormat>,
    /// Fixed format of the outputs.
    pub output_format: Option<Format>,
    /// How the circuit will prove ranges: what its constraints cost.
    pub ranges: Ranges,
    /// Hears how far the search is.
    pub observer: &'a Observer<'p>,
}

/// A plan that the search found.
pub(crate) struct Found {
    pub plan: Plan,
    pub realized: Realized,
    /// What it loses over all of the calibration data.
    pub loss: Loss,
}

/// A feasible plan with its cost and its loss over some samples.
pub(super) struct Candidate {
    pub plan: Plan,
    pub realized: Realized,
    pub cost: u64,
    pub loss: Loss,
    /// What it computed for them.
    trace: Trace,
}

impl Search<'_, '_> {
    /// What a plan gives, where it loses at most `bound` over the samples at `positions`; `known` is a candidate that it
    /// differs little from.
    pub(super) fn candidate(
        &self,
        mut plan: Plan,
        known: Option<&Candidate>,
        positions: &[usize],
        bound: Bound,
    ) -> Result<Option<Candidate>, InternalError> {
        settle(self.model, self.profile, &mut plan)?;
        let old = known.map(|known| (&known.plan, &known.realized));
        let realized = realize(self.model, self.profile, &plan, old);
        let Some(realized) = PlanError::feasible(realized)? else { return Ok(None) };
        let known = known.map(|known| (&known.realized, &known.trace));
        let allowed = (self.threshold, bound);
        let loss = measure(self.model, &realized, &plan, self.profile, positions, allowed, known);
        let Some((loss, trace)) = PlanError::feasible(loss)? else { return Ok(None) };
        let cost = cost::of_graph(&realized.graph, &realized.intervals, self.ranges).constraints as u64;
        Ok(Some(Candidate { plan, realized, cost, loss, trace }))
    }
}

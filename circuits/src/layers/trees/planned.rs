//! The choice of a plan, and an ensemble that remembers its plans: whoever searches for formats asks for the costs of one ensemble many
//! times.
//!
//! The *price* of a plan is what proving takes: its constraints, the ranges of inputs that it leaves open, and its wires of full size, each of which takes
//! about 4/3 of what a constraint does.

use std::sync::{Arc, Mutex, PoisonError};

use super::build::{build, tally};
use super::ensemble::Ensemble;
use super::feature::Feature;
use super::plan::{Plan, Way};
use crate::bounded::Bounded;
use crate::builder::Builder;
use crate::cost::Tally;
use crate::error::BuildError;
use crate::gadgets::domain;
use crate::integer::Interval;
use crate::lookups::Ranges;

/// Plans that are kept: an ensemble meets few intervals.
const MOST: usize = 4;

/// An ensemble, with the plans that were made of it last.
#[derive(Debug)]
pub struct Planned {
    ensemble: Ensemble,
    plans: Mutex<Vec<Known>>,
}

/// A plan, and what it was made for.
#[derive(Debug)]
struct Known {
    x: Vec<Feature>,
    ranges: Ranges,
    plan: Arc<Plan>,
}

/// The plan for these features: by selects, or by names, whichever has the lower price.
pub(super) fn best(ensemble: &Ensemble, x: &[Feature], ranges: Ranges) -> Result<Plan, BuildError> {
    let selects = Plan::by(Way::Selects, ensemble, x, ranges)?;
    // By bits, the digits of distances cost more than what they save.
    if ranges == Ranges::Bits {
        return Ok(selects);
    }
    match Plan::by(Way::Names, ensemble, x, ranges) {
        Ok(names) => {
            let is_less = price(&names, ensemble, x, ranges)? < price(&selects, ensemble, x, ranges)?;
            Ok(if is_less { names } else { selects })
        }
        // Trees of too many boxes, or records that fit no field element: selects have no such limits.
        Err(BuildError::TooLarge { .. }) => Ok(selects),
        Err(error) => Err(error),
    }
}

/// What proving takes, in thirds of a constraint.
fn price(plan: &Plan, ensemble: &Ensemble, x: &[Feature], ranges: Ranges) -> Result<usize, BuildError> {
    let mut t = Tally::new(ranges);
    let open = x.iter().map(Feature::is_open).collect();
    let (outputs, open) = t.with_open(open, |t| tally(t, x, ensemble, plan));
    outputs?;
    for (feature, _) in x.iter().zip(open).filter(|&(_, is_open)| is_open) {
        domain::cost(&mut t, &feature.domain()?, 1);
    }
    let size = t.size();
    Ok(size.constraints.saturating_mul(3).saturating_add(size.fractions.saturating_mul(4)))
}

impl Planned {
    /// Nothing is planned yet.
    pub fn new(ensemble: Ensemble) -> Self {
        Self { ensemble, plans: Mutex::default() }
    }

    /// The ensemble.
    pub fn ensemble(&self) -> &Ensemble {
        &self.ensemble
    }

    /// As [`super::constrain`].
    ///
    /// # Errors
    /// As there.
    pub fn constrain(&self, b: &mut Builder, x: &[Bounded]) -> Result<Vec<Bounded>, BuildError> {
        let features = Feature::of_values(b, x);
        let plan = self.plan(&features, b.ranges())?;
        build(b, x, &features, &self.ensemble, &plan)
    }

    /// As [`super::cost`].
    ///
    /// # Errors
    /// As there.
    pub fn cost(&self, t: &mut Tally, x: &[Interval]) -> Result<Vec<Interval>, BuildError> {
        let features = Feature::of_intervals(t, x);
        let plan = self.plan(&features, t.ranges())?;
        tally(t, &features, &self.ensemble, &plan)
    }

    /// Two threads may make the same plan, which is the same.
    fn plan(&self, x: &[Feature], ranges: Ranges) -> Result<Arc<Plan>, BuildError> {
        let plans = || self.plans.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = plans().iter().find(|known| known.x == x && known.ranges == ranges) {
            return Ok(Arc::clone(&known.plan));
        }
        let plan = Arc::new(best(&self.ensemble, x, ranges)?);
        let mut plans = plans();
        if plans.len() >= MOST {
            plans.remove(0);
        }
        plans.push(Known { x: x.to_vec(), ranges, plan: Arc::clone(&plan) });
        Ok(plan)
    }
}

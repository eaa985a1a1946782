//! An ensemble that remembers its plans: whoever searches for formats asks for the costs of one ensemble many times.

use std::sync::{Arc, Mutex, PoisonError};

use super::build::{build, tally};
use super::ensemble::Ensemble;
use super::plan::Plan;
use crate::bounded::Bounded;
use crate::builder::Builder;
use crate::cost::Tally;
use crate::error::BuildError;
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
    x: Vec<Interval>,
    ranges: Ranges,
    plan: Arc<Plan>,
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
        let intervals: Vec<Interval> = x.iter().map(Bounded::interval).collect();
        let plan = self.plan(&intervals, b.ranges())?;
        build(b, x, &self.ensemble, &plan)
    }

    /// As [`super::cost`].
    ///
    /// # Errors
    /// As there.
    pub fn cost(&self, t: &mut Tally, x: &[Interval]) -> Result<Vec<Interval>, BuildError> {
        let plan = self.plan(x, t.ranges())?;
        tally(t, x, &self.ensemble, &plan)
    }

    /// Two threads may make the same plan, which is the same.
    fn plan(&self, x: &[Interval], ranges: Ranges) -> Result<Arc<Plan>, BuildError> {
        let plans = || self.plans.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = plans().iter().find(|known| known.x == x && known.ranges == ranges) {
            return Ok(Arc::clone(&known.plan));
        }
        let plan = Arc::new(Plan::new(&self.ensemble, x, ranges)?);
        let mut plans = plans();
        if plans.len() >= MOST {
            plans.remove(0);
        }
        plans.push(Known { x: x.to_vec(), ranges, plan: Arc::clone(&plan) });
        Ok(plan)
    }
}

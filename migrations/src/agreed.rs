//! What was agreed to. What is done is that and nothing else, whatever a server says in between.

use assay_chain::transaction::MOST_COMPUTE_UNITS;
use solana_address::Address;

use crate::error::{Result, Stop};
use crate::plan::{Action, Plan, Step, Work, costs};
use crate::world::World;

/// How often a piece of a program may be signed, on the average: one that is lost is signed anew.
const SIGNINGS: usize = 3;
/// Compute units of writing a piece of a program, with room: it takes some 3,000.
const PIECE_UNITS: u32 = 10_000;

/// The actions of a plan that somebody agreed to, and that are still to be done.
pub struct Agreed(Vec<Item>);

struct Item {
    step: (u16, String),
    what: String,
    account: Address,
    lamports: i64,
    work: Work,
    /// How many transactions may still be signed for it.
    left: usize,
}

impl Agreed {
    /// All that is in these plans.
    pub fn to(plans: Vec<(&dyn Step, Plan)>) -> Self {
        let items = plans.into_iter().flat_map(|(step, plan)| {
            plan.actions.into_iter().map(move |action| {
                let Action { what, account, lamports, work, .. } = action;
                let left = signings(&work);
                Item { step: (step.number(), step.name()), what, account, lamports, work, left }
            })
        });
        Self(items.collect())
    }

    /// How many transactions may be signed for an action of now.
    ///
    /// # Errors
    /// It is none of those that were agreed to, it costs more, or it was done.
    pub fn check(&mut self, step: &dyn Step, action: &Action) -> Result<&mut usize> {
        let is_this = |item: &&mut Item| {
            item.step == (step.number(), step.name())
                && item.account == action.account
                && action.lamports <= item.lamports.max(0)
                && match (&item.work, &action.work) {
                    // Some of them may have landed before.
                    (Work::SendMany(agreed), Work::SendMany(calls)) => {
                        calls.iter().all(|call| agreed.contains(call))
                    }
                    (agreed, work) => agreed == work && item.what == action.what,
                }
        };
        let Some(item) = self.0.iter_mut().find(is_this) else {
            return Err(Stop::new(
                format!(
                    "{} is not what was agreed to: the cluster, or what its server says, changed since",
                    action.what
                ),
                "run the command again: it shows the new plan. Where it goes on like this, name another server with cluster.url",
            ));
        };
        if item.left < action.work.transactions() {
            return Err(Stop::new(
                format!("{} landed, and {} does not show it", action.what, action.account),
                "run the command again, or use another server (cluster.url): it looks first at what is done",
            ));
        }
        Ok(&mut item.left)
    }
}

/// The most lamports that are spent at any time on the way: pieces that are signed again and what is paid for being early included.
pub fn budget(plans: &[(&dyn Step, Plan)], world: &World) -> i64 {
    let (_, most) = costs(plans);
    let more = plans.iter().flat_map(|(_, plan)| &plan.actions).map(|action| {
        let again = match action.work {
            Work::SendMany(_) => action.lamports.saturating_mul(number(SIGNINGS) - 1),
            _ => 0,
        };
        let early = i64::try_from(most_priority(world, &action.work)).unwrap_or(i64::MAX);
        again.saturating_add(early.saturating_mul(number(signings(&action.work))))
    });
    more.fold(most, i64::saturating_add)
}

/// Most lamports that a transaction of this work pays for being early, whatever the server says that it takes.
pub fn most_priority(world: &World, work: &Work) -> u64 {
    world.priority(match work {
        Work::SendMany(_) => PIECE_UNITS,
        _ => MOST_COMPUTE_UNITS,
    })
}

/// Most transactions that are signed for it.
fn signings(work: &Work) -> usize {
    match work {
        Work::SendMany(calls) => calls.len().saturating_mul(SIGNINGS),
        other => other.transactions(),
    }
}

fn number(count: usize) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

//! Prices that the keeper brings itself: signed updates that are followed, and posted where they are worth a transaction.

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use assay_feed_interface::pyth::PriceUpdate;
use assay_host::{Action, Chain as _};
use serde_json::json;
use tokio::sync::Semaphore;

use super::hear::Hear;
use super::hermes::{Hermes, pinned};
use super::prices::{Feed, Point, Policy, PriceSource, now};
use super::wallet::{Shared, Wallet};

/// Name of what is sent.
pub const POST: &str = "post_prices";
/// Between two looks at what is on the chain.
const PACE: Duration = Duration::from_millis(500);
/// How long to rest after what failed, the first time and at most.
const REST: Duration = Duration::from_secs(1);
const LONGEST_REST: Duration = Duration::from_secs(4);
/// And of a server that has no stream.
const LONGEST_SILENCE: Duration = Duration::from_secs(30);

/// How much older than its policy allows a feed's newest price may be, seconds: beyond, nobody brings it.
const SILENCE: i64 = 30;

/// Told of a feed, and how old its newest price is, seconds.
pub type TellAge = dyn Fn(&Feed, i64) + Send + Sync;

/// What is posted, and when.
pub struct Plan {
    /// Who knows prices.
    pub source: Arc<dyn PriceSource>,
    /// Which.
    pub feeds: Vec<Feed>,
    /// To which copy of them.
    pub shard: u16,
    /// When.
    pub policy: Policy,
    /// Who is told how old prices are.
    pub told: Box<TellAge>,
}

/// Follows a server's stream until it is told to stop, and asks it once where the stream breaks off. It blocks: a thread's work.
pub fn follow(hermes: &Hermes, is_stopped: &AtomicBool) {
    let mut rest = REST;
    while !is_stopped.load(Ordering::Relaxed) {
        let (began, mut heard) = (Instant::now(), || match is_stopped.load(Ordering::Relaxed) {
            true => ControlFlow::Break(()),
            false => ControlFlow::Continue(()),
        });
        if let Err(error) = hermes.follow(&mut heard).and_then(|()| hermes.ask()) {
            tracing::warn!(%error, "prices: no stream");
        }
        if began.elapsed() > LONGEST_SILENCE {
            rest = REST;
        }
        thread::sleep(rest);
        rest = (rest * 2).min(LONGEST_SILENCE);
    }
}

/// Posts prices for as long as the service runs. `told` hears of each look at them. The one of `place` is held while something may be on
/// its way.
pub async fn post(shared: Arc<Shared>, plan: Arc<Plan>, place: Arc<Semaphore>, told: Arc<dyn Hear>) {
    let mut rest = REST;
    loop {
        let (posting, of) = (Arc::clone(&shared), Arc::clone(&plan));
        let Ok(held) = Arc::clone(&place).acquire_owned().await else { return };
        let posted = tokio::task::spawn_blocking(move || {
            let posted = post_due(&posting, &of);
            drop(held);
            posted
        });
        let Ok(posted) = posted.await else { return };
        told.prices(&posted);
        match posted {
            Ok(()) => {
                rest = REST;
                tokio::time::sleep(PACE).await;
            }
            Err(error) => {
                tracing::warn!(error, "prices were not posted");
                tokio::time::sleep(rest).await;
                rest = (rest * 2).min(LONGEST_REST);
            }
        }
    }
}

/// Posts what is due now.
fn post_due(shared: &Arc<Shared>, plan: &Plan) -> Result<(), String> {
    let wallet = |target| Wallet {
        shared: Arc::clone(shared),
        target,
        since: Instant::now(),
        lamports_per_unit: None,
        is_needed: true,
    };
    let (now, mut due, mut first, mut silent) = (now(), BTreeMap::new(), None, 0);
    for feed in &plan.feeds {
        let account = pinned(feed, plan.shard).ok_or("a feed's account cannot be derived")?;
        let there = wallet(account).account(&account).map_err(|error| error.to_string())?;
        let there = there.and_then(|found| point(&found.data, feed));
        let held = there.map_or(0, |there| there.time);
        let newest = plan.source.newest(feed);
        let age = now.saturating_sub(newest.map_or(held, |newest| newest.time.max(held)));
        (plan.told)(feed, age);
        silent += usize::from(age > plan.policy.age.saturating_add(SILENCE));
        let Some(newest) = newest else { continue };
        if plan.policy.is_due(there, newest, now) {
            due.insert(*feed, held);
            first.get_or_insert(account);
        }
    }
    if let Some(first) = first {
        // Of all feeds at once the message is verified once.
        let rent = rent(shared)?;
        for posting in plan.source.postings(&wallet(first).wallet(), &due, &rent) {
            let action = Action { name: POST, instructions: posting.instructions, payment: None, gain: None };
            wallet(first).send(&action).map_err(|error| error.to_string())?;
        }
    }
    match silent {
        0 => Ok(()),
        count => Err(format!("nobody has a new price of {count} of {} feeds", plan.feeds.len())),
    }
}

/// What an account of the push oracle holds for a feed.
fn point(data: &[u8], feed: &Feed) -> Option<Point> {
    let update = PriceUpdate::decode(data).ok().filter(|update| update.feed_id == *feed)?;
    Some(Point { time: update.publish_time, price: update.price, exponent: update.exponent })
}

/// What makes so many bytes exempt from rent: a line, of which two places are asked for.
fn rent(shared: &Shared) -> Result<impl Fn(usize) -> u64 + use<>, String> {
    let ask = |bytes: u64| -> Result<u64, String> {
        const METHOD: &str = "getMinimumBalanceForRentExemption";
        let answer = shared.rpc.ask(METHOD, &json!([bytes])).map_err(|error| error.to_string())?;
        answer.as_u64().ok_or_else(|| format!("{METHOD} answered no number"))
    };
    let (empty, more) = (ask(0)?, ask(1_000)?);
    // Rounded up: what is too much returns when the account is closed, in the same transaction.
    let each = more.saturating_sub(empty).div_ceil(1_000);
    Ok(move |bytes: usize| empty.saturating_add(each.saturating_mul(bytes as u64)))
}

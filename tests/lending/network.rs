//! The keeper's service through a proxy that does wrong: each fault by itself, all of them at once, and a fork that is left.

use std::time::Duration;

use assay_proxy::{Counts, Faults, Proxy, Upstream};
use tokio::runtime::Runtime;

use crate::service::{FALLEN, World, has, until};
use crate::support::USDC;

fn runtime() -> Runtime {
    tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap()
}

impl World {
    /// The keeper goes through a proxy from here on, which does nothing yet.
    fn through_a_proxy(&mut self, runtime: &Runtime, seed: u64) -> Proxy {
        let cluster = Upstream { rpc: self.url.clone(), websocket: self.websocket.clone() };
        let proxy = runtime.block_on(Proxy::start(&cluster, 0, seed)).unwrap();
        (self.url, self.websocket) = (proxy.rpc(), proxy.websocket());
        proxy
    }

    /// Transactions that were executed and not refused.
    fn executed(&self) -> usize {
        self.server.state().landed.values().filter(|(_, error)| error.is_null()).count()
    }
}

/// Each fault by itself, from before the price falls until all is known.
#[test]
fn through_each_fault_it_is_liquidated_once() {
    let runtime = runtime();
    let none = Faults::default;
    type Counted = fn(&Counts) -> u64;
    let all: [(&str, Faults, Counted); 9] = [
        ("lag", Faults { lag_ms: 150, ..none() }, |counts| counts.late),
        ("lost requests", Faults { lost_requests: 0.3, ..none() }, |counts| counts.lost_requests),
        ("lost answers", Faults { lost_answers: 0.3, ..none() }, |counts| counts.lost_answers),
        ("refused requests", Faults { refused_requests: 0.3, ..none() }, |counts| counts.refused_requests),
        ("dropped sends", Faults { dropped_sends: 0.6, ..none() }, |counts| counts.dropped_sends),
        ("repeated sends", Faults { repeated_sends: 1.0, ..none() }, |counts| counts.repeated_sends),
        ("lost notifications", Faults { lost_notifications: 1.0, ..none() }, |counts| {
            counts.lost_notifications
        }),
        ("stale reads", Faults { stale_slots: 10, ..none() }, |counts| counts.stale),
        ("cut connections", none(), |counts| counts.cut_connections),
    ];
    for (name, faults, count) in all {
        let mut world = World::new();
        let proxy = world.through_a_proxy(&runtime, 1);
        let (before, journal) = (world.debt(), world.journal(u64::MAX));
        let said = world.runs(Some(journal.clone()), Duration::from_millis(500), |world, heard| {
            until("it has begun", || has(heard, "connected"));
            proxy.set(faults).unwrap();
            if name == "cut connections" {
                proxy.cut();
            }
            world.publish(0, FALLEN);
            // Of what one sending in two drops the first may be the one.
            until(name, || world.debt() < before);
            until("its end is noted", || journal.in_flight().is_empty());
            std::thread::sleep(Duration::from_secs(1));
        });
        assert_eq!(world.executed(), 1, "{name}: {said:?}");
        assert!(journal.spent().of(&world.token()) >= 3_875 * USDC, "{name}: {said:?}");
        // A transaction that was not dropped at its first sending was not dropped at all.
        assert!(count(&proxy.counts()) > 0 || name == "dropped sends", "{name}: {:?}", proxy.counts());
    }
}

/// The fork on which it was liquidated is left: what is shown owes as before. It is tried again, and where the cluster knows better, refused
/// before it is sent; caps count what was spent.
#[test]
fn a_rollback_that_is_shown_is_not_paid_for_twice() {
    let runtime = runtime();
    let mut world = World::new();
    let proxy = world.through_a_proxy(&runtime, 1);
    let (before, journal) = (world.debt(), world.journal(u64::MAX));
    let said = world.runs(Some(journal.clone()), Duration::from_millis(300), |world, heard| {
        until("it has begun", || has(heard, "connected"));
        world.publish(0, FALLEN);
        until("it is liquidated", || world.debt() < before && journal.in_flight().is_empty());
        proxy.set(Faults { rollback_slots: 50, ..Faults::default() }).unwrap();
        until("it is shown", || proxy.counts().rolled_back > 10);
        std::thread::sleep(Duration::from_secs(1));
        proxy.set(Faults::default()).unwrap();
        std::thread::sleep(Duration::from_secs(1));
    });
    assert_eq!(world.executed(), 1, "{said:?}");
    let spent = journal.spent().of(&world.token());
    assert!(spent.abs_diff(3_875 * USDC) < USDC, "{spent}: {said:?}");
}

/// Everything goes wrong at once: connections are lost before and after a question is heard, answers are late or refused, transactions
/// are dropped or repeated, and a share of what subscriptions tell is lost.
#[test]
fn through_a_bad_network_it_is_liquidated_once() {
    let faults = Faults {
        lag_ms: 20,
        lost_requests: 0.1,
        lost_answers: 0.1,
        refused_requests: 0.1,
        dropped_sends: 0.3,
        repeated_sends: 0.3,
        lost_notifications: 0.3,
        ..Faults::default()
    };
    let runtime = runtime();
    for seed in [1, 2, 3] {
        let mut world = World::new();
        let proxy = world.through_a_proxy(&runtime, seed);
        let (before, journal) = (world.debt(), world.journal(u64::MAX));
        let said = world.runs(Some(journal.clone()), Duration::from_millis(500), |world, heard| {
            // A service that cannot read anything in the beginning ends: what begins well has to last.
            until("it has begun", || has(heard, "connected"));
            proxy.set(faults.clone()).unwrap();
            std::thread::sleep(Duration::from_millis(300));
            proxy.cut();
            world.publish(0, FALLEN);
            until("it is liquidated", || world.debt() < before);
            until("its end is noted", || has(heard, "liquidate") || journal.in_flight().is_empty());
            std::thread::sleep(Duration::from_secs(1));
        });
        assert_eq!(world.executed(), 1, "seed {seed}: {said:?}");
        assert!(journal.spent().of(&world.token()) >= 3_875 * USDC, "seed {seed}: {said:?}");
        let counts = proxy.counts();
        assert!(
            counts.lost_requests > 0 && counts.lost_answers > 0 && counts.cut_connections > 0,
            "{counts:?}"
        );
    }
}

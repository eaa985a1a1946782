//! The keeper's service among others: who is faster, who knows the same, who makes work, and a server that does not answer.

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpListener;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, mpsc};
use std::time::{Duration, Instant};

use assay_chain::{Commitment, Price, Rpc, base64};
use assay_feed_host::{SourceKeys, oracle};
use assay_feed_interface::pyth::{PriceUpdate, VerificationLevel};
use assay_keeper::service::journal::{Asset, Journal};
use assay_keeper::service::posting::Plan;
use assay_keeper::service::prices::{Feed, Point, Policy, Posting, PriceSource};
use assay_keeper::service::wallet::Tip;
use assay_lending::instruction::{Liquidate, Snapshot as TakeSnapshot};
use assay_lending::state::Snapshot;
use assay_lending_host::{Liquidation, Liquidations, Route};
use assay_localnet::{Discriminator, Localnet};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde_json::Value;
use solana_address::Address;
use solana_instruction::Instruction;

use crate::keeper::FEEDS;
use crate::service::{FALLEN, SELDOM, SOL, Service, World, until};
use crate::support::{Actor, USDC};

/// Lamports of one signature.
const FEE: u64 = 5_000;

/// What somebody with the same information sends: half of the debt is liquidated at the prices that are there.
fn theft(world: &World) -> Vec<Instruction> {
    let (test, thief) = (&world.kept.test, &world.kept.test.stranger);
    let refresh = FEEDS.map(|feed| SourceKeys::of(&feed).refresh());
    let liquidation = Liquidation {
        liquidator: thief.address(),
        collateral_destination: thief.collateral,
        debt_source: thief.debt,
        ..test.liquidation(3_875 * USDC)
    };
    refresh.into_iter().chain([test.keys.liquidate(&liquidation)]).collect()
}

/// Between the decision and its landing somebody else liquidates: a fee is lost and nothing else, and the account is free again at once.
#[test]
fn who_is_robbed_on_the_way_loses_a_fee() {
    let mut world = World::new();
    let journal = world.journal(u64::MAX);
    let (theft, key) = (theft(&world), world.kept.test.stranger.key.insecure_clone());
    let service = live(&world, &world.kept.test.liquidator, *world.kept.keeper.strategy(), &journal);
    let (stolen, theft_is_over) = mpsc::channel();
    world.server.state().before_send = Some(Box::new(move |net: &mut Localnet| {
        let _ = stolen.send(net.send(&theft, &[&key]));
    }));
    world.publish(0, FALLEN);
    theft_is_over.recv_timeout(Duration::from_secs(60)).unwrap().expect_ok();
    hears(&service, "in vain: liquidate");
    until("it is known", || journal.in_flight().is_empty());
    // Long enough for many more, if it stormed.
    std::thread::sleep(Duration::from_secs(3));
    let (said, ended) = service.stop();
    ended.unwrap();
    assert_eq!(world.sent(Liquidate::DISCRIMINATOR), 1, "{said:?}");
    assert_eq!(journal.spent().of(&world.token()), 0, "{said:?}");
    assert_eq!(journal.spent().of(&Asset::Lamports), FEE, "{said:?}");
    assert!(said.iter().all(|said| !said.starts_with("expired")), "{said:?}");
}

/// The price comes back after the simulation, and falls again later: nothing waits for a blockhash to expire.
#[test]
fn what_is_refused_on_the_way_is_decided_on_again_at_once() {
    let mut world = World::new();
    let before = world.debt();
    let journal = world.journal(u64::MAX);
    let service = live(&world, &world.kept.test.liquidator, *world.kept.keeper.strategy(), &journal);
    let now = world.minute;
    world.server.state().before_send = Some(Box::new(move |net: &mut Localnet| {
        let price = 100 * 100_000_000;
        let update = PriceUpdate {
            write_authority: [0; 32],
            verification_level: VerificationLevel::Full,
            feed_id: FEEDS[0].id,
            price,
            confidence: 1_000_000,
            exponent: -8,
            publish_time: now,
            previous_publish_time: now - 3,
            ema_price: price,
            ema_confidence: 1_000_000,
            posted_slot: 0,
        };
        net.put(FEEDS[0].account(), oracle::account(&update));
    }));
    world.publish(0, FALLEN);
    hears(&service, "in vain: liquidate");
    world.publish(1, FALLEN);
    hears(&service, "liquidate");
    let (said, ended) = service.stop();
    ended.unwrap();
    assert!(world.debt() < before && journal.in_flight().is_empty());
    assert!(said.iter().all(|said| !said.starts_with("expired")), "{said:?}");
}

/// Waits until a service tells something that begins so.
fn hears(service: &Service, what: &str) {
    let began = Instant::now();
    while service.told.said().iter().all(|said| !said.starts_with(what)) {
        assert!(began.elapsed() < Duration::from_secs(60), "{what}: {:?}", service.told.said());
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// A service that sends, once it is connected.
fn live(world: &World, who: &Actor, strategy: Liquidations, journal: &Journal) -> Service {
    let service = world.start(who.key.insecure_clone(), strategy, Some(journal.clone()), SELDOM);
    hears(&service, "connected");
    service
}

/// Two keepers, each with a wallet of its own and the same information: what there is is liquidated once, and neither storms.
#[test]
fn two_keepers_liquidate_once() {
    let mut world = World::new();
    let before = world.debt();
    let ours = *world.kept.keeper.strategy();
    let other = &world.kept.test.stranger;
    let route = Route { collateral_account: other.collateral, debt_account: other.debt, ..ours.route };
    let cap = 5_000 * USDC;
    let addresses = [world.kept.test.liquidator.address(), other.address()];
    let journals = addresses.map(|address| world.journal_of(address, SOL, cap));
    let first = live(&world, &world.kept.test.liquidator, ours, &journals[0]);
    let second = live(&world, &world.kept.test.stranger, Liquidations { route, ..ours }, &journals[1]);
    world.publish(0, FALLEN);
    until("it is liquidated", || world.debt() < before);
    until("all is known", || journals.iter().all(|journal| journal.in_flight().is_empty()));
    std::thread::sleep(Duration::from_secs(3));
    let said = [first, second].map(|service| {
        let (said, ended) = service.stop();
        ended.unwrap();
        said
    });
    let landed = said.iter().flatten().filter(|said| *said == "liquidate").count();
    let in_vain = said.iter().flatten().filter(|said| *said == "in vain: liquidate").count();
    assert_eq!(landed, 1, "{said:?}");
    assert_eq!(world.sent(Liquidate::DISCRIMINATOR), 1 + in_vain, "{said:?}");
    assert!(in_vain <= 1, "{said:?}");
    let spent = journals.each_ref().map(|journal| journal.spent().of(&world.token()));
    let repaid = before - world.debt();
    assert!(spent.contains(&0) && spent.iter().sum::<u64>().abs_diff(repaid) < USDC, "{spent:?} of {repaid}");
}

/// What cannot bring its fee is neither sent nor proven, and takes nobody's place.
#[test]
fn what_brings_less_than_a_fee_is_left_alone() {
    for price in [FALLEN, 91.7] {
        let mut world = World::new();
        // Some forty dollars are worth four lamports then.
        world.worth = 1e-7;
        let service = live(
            &world,
            &world.kept.test.liquidator,
            *world.kept.keeper.strategy(),
            &world.journal(u64::MAX),
        );
        world.publish(0, price);
        std::thread::sleep(Duration::from_secs(1));
        let (said, ended) = service.stop();
        ended.unwrap();
        assert_eq!(said, ["connected"], "{price}");
        let names = [Liquidate::DISCRIMINATOR, TakeSnapshot::DISCRIMINATOR];
        assert!(names.iter().all(|name| world.sent(name) == 0), "{price}");
    }
}

/// A server that lists nothing at first: the keeper says so, goes on asking, and works once it answers.
#[test]
fn what_a_server_refuses_at_first_is_asked_for_again() {
    let mut world = World::new();
    world.server.state().refuses = Some(|method: &str, _: &Value| method == "getProgramAccounts");
    let service =
        live(&world, &world.kept.test.liquidator, *world.kept.keeper.strategy(), &world.journal(u64::MAX));
    hears(&service, "blind");
    world.server.state().refuses = None;
    world.publish(0, FALLEN);
    hears(&service, "liquidate");
    service.stop().1.unwrap();
}

/// Accounts that are something else are a mistake in the configuration, which no asking mends.
#[test]
fn a_wrong_address_ends_it_at_once() {
    let world = World::new();
    let ours = *world.kept.keeper.strategy();
    let (mut keys, mut prices) = (ours.route.keys, ours.route.prices);
    keys.market = Address::new_from_array([77; 32]);
    prices.collateral = ours.route.debt_account;
    for route in [Route { keys, ..ours.route }, Route { prices, ..ours.route }] {
        let key = world.kept.test.liquidator.key.insecure_clone();
        let journal = world.journal(u64::MAX);
        let service = world.start(key, Liquidations { route, ..ours }, Some(journal), SELDOM);
        until("it ended", || service.is_over());
        assert!(service.stop().1.unwrap_err().contains("lending"));
    }
}

/// One list that a server does not give, the first of all: what else is there is read again all the same.
#[test]
fn a_list_that_fails_keeps_nothing_from_the_others() {
    let mut world = World::new();
    world.server.state().loses_notifications = true;
    let key = world.kept.test.liquidator.key.insecure_clone();
    let (strategy, journal) = (*world.kept.keeper.strategy(), world.journal(u64::MAX));
    let service = world.start(key, strategy, Some(journal), Duration::from_millis(300));
    hears(&service, "connected");
    world.server.state().refuses = Some(|method: &str, parameters: &Value| {
        let kind = &parameters[1]["filters"][0]["memcmp"]["bytes"];
        method == "getProgramAccounts" && *kind == base64(Snapshot::DISCRIMINATOR)
    });
    world.publish(0, FALLEN);
    hears(&service, "liquidate");
    service.stop().1.unwrap();
}

/// Somebody who knows prices, and what brings them.
struct Oracle(Vec<Instruction>);

impl PriceSource for Oracle {
    fn newest(&self, _: &Feed) -> Option<Point> {
        let now = std::time::UNIX_EPOCH.elapsed().unwrap().as_secs();
        Some(Point { time: i64::try_from(now).unwrap(), price: 1, exponent: -8 })
    }

    fn postings(&self, _: &Address, there: &BTreeMap<Feed, i64>, _: &dyn Fn(usize) -> u64) -> Vec<Posting> {
        vec![Posting { feeds: there.clone(), instructions: self.0.clone() }]
    }
}

/// Prices that are posted pay for being early; where they are refused, that is told.
#[test]
fn posted_prices_are_in_a_hurry_and_their_failures_are_told() {
    let refresh = SourceKeys::of(&FEEDS[0]).refresh();
    let refused = Instruction { accounts: Vec::new(), ..refresh.clone() };
    for (instruction, is_refused) in [(refresh, false), (refused, true)] {
        let mut world = World::new();
        world.price = Price::Upto(1_000);
        *world.plan.lock().unwrap() = Some(Plan {
            source: Arc::new(Oracle(vec![instruction])),
            feeds: vec![FEEDS[0].id],
            shard: FEEDS[0].shard,
            policy: Policy { deviation_bps: 1, age: 1 },
            told: Box::new(|_, _| {}),
        });
        let service = live(
            &world,
            &world.kept.test.liquidator,
            *world.kept.keeper.strategy(),
            &world.journal(u64::MAX),
        );
        let wanted = if is_refused { "no prices: " } else { "prices" };
        hears(&service, wanted);
        let (said, ended) = service.stop();
        ended.unwrap();
        assert_eq!(world.server.state().sent.is_empty(), is_refused, "{said:?}");
        // SetComputeUnitPrice, the number behind its tag.
        let price = [3, 0xe8, 3, 0, 0, 0, 0, 0];
        assert_eq!(world.sent(&price) > 0, !is_refused, "{said:?}");
    }
}

/// Whoever takes bundles is given what brings a gain, with its tip, and nobody else is; what it drops goes the usual way after a while.
#[test]
fn what_brings_a_gain_goes_as_a_bundle_and_pays_its_tip() {
    for drops in [false, true] {
        let mut world = World::new();
        let (before, to) = (world.debt(), Address::new_from_array([0x54; 32]));
        world.with(|kept| kept.test.net.airdrop(&to, 1_000_000));
        let (url, taken) = bundles(world.server.url.clone(), drops);
        world.bundles = Some((url, Tip { to, share_percent: 10, most: 7_000 }));
        let journal = world.journal(u64::MAX);
        let service = live(&world, &world.kept.test.liquidator, *world.kept.keeper.strategy(), &journal);
        world.publish(0, FALLEN);
        hears(&service, "liquidate");
        let (said, ended) = service.stop();
        ended.unwrap();
        assert!(world.debt() < before, "{said:?}");
        assert!(taken.load(Ordering::Relaxed) > 0 && world.sent(Liquidate::DISCRIMINATOR) == 1, "{said:?}");
        assert_eq!(world.with(|kept| kept.test.lamports(&to)), 1_007_000);
        assert_eq!(journal.spent().of(&Asset::Lamports), FEE + 7_000);
    }
}

/// Whoever is to take bundles takes the connection and never answers: it goes the usual way, which is told, and pays its tip.
#[test]
fn who_takes_bundles_and_never_answers_delays_and_no_more() {
    let silent = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let mut world = World::new();
    let (before, to) = (world.debt(), Address::new_from_array([0x54; 32]));
    world.with(|kept| kept.test.net.airdrop(&to, 1_000_000));
    let url = format!("http://{}", silent.local_addr().unwrap());
    let taken = std::thread::spawn(move || silent.accept().unwrap());
    world.bundles = Some((url, Tip { to, share_percent: 10, most: 7_000 }));
    let journal = world.journal(u64::MAX);
    let service = live(&world, &world.kept.test.liquidator, *world.kept.keeper.strategy(), &journal);
    world.publish(0, FALLEN);
    hears(&service, "liquidate");
    let (said, ended) = service.stop();
    ended.unwrap();
    drop(taken.join().unwrap());
    assert!(world.debt() < before && said.iter().any(|said| said.starts_with("no bundle: ")), "{said:?}");
    assert_eq!((world.sent(Liquidate::DISCRIMINATOR), journal.in_flight().len()), (1, 0), "{said:?}");
    assert_eq!(journal.spent().of(&Asset::Lamports), FEE + 7_000);
}

/// A server that takes bundles, and hands them to the cluster or drops them; how many it took.
fn bundles(cluster: String, drops: bool) -> (String, Arc<AtomicUsize>) {
    let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let url = format!("http://{}/api/v1/bundles", listener.local_addr().unwrap());
    let taken = Arc::<AtomicUsize>::default();
    let counted = Arc::clone(&taken);
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let mut reader = BufReader::new(stream.try_clone().unwrap());
            let (mut length, mut line) = (0, String::new());
            while reader.read_line(&mut line).unwrap() > 2 {
                if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
                    length = value.trim().parse().unwrap();
                }
                line.clear();
            }
            let mut body = vec![0; length];
            reader.read_exact(&mut body).unwrap();
            let question: Value = serde_json::from_slice(&body).unwrap();
            assert_eq!(
                (&question["method"], &question["params"][1]["encoding"]),
                (&"sendBundle".into(), &"base64".into())
            );
            let wire = BASE64.decode(question["params"][0][0].as_str().unwrap()).unwrap();
            counted.fetch_add(1, Ordering::Relaxed);
            if !drops {
                Rpc::new(&cluster, Commitment::Confirmed).send(&wire).unwrap();
            }
            let answer = r#"{"jsonrpc":"2.0","id":1,"result":"bundle"}"#;
            let head =
                format!("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: {}\r\n\r\n", answer.len());
            stream.write_all((head + answer).as_bytes()).unwrap();
        }
    });
    (url, taken)
}

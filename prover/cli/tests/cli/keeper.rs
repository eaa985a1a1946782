//! `assay keeper` as a user runs it: its configuration, one look, and on a cluster a fall of prices with a `kill -9` in the middle.

mod market;

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader};
use std::net::TcpListener;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use serde_json::Value;

use self::market::{USDC, World};
use crate::common::Workspace;

#[test]
fn a_configuration_is_written_once_and_read() {
    let workspace = Workspace::new();
    workspace.succeed(["keeper", "init"]);
    let text = String::from_utf8(workspace.read("keeper.toml")).unwrap();
    for program in ["lending", "market", "feed"] {
        assert!(text.contains(&format!("#program = \"{program}\"")), "{text}");
    }
    assert!(workspace.refused(["keeper", "init"]).contains("keeper.toml"));
    workspace.succeed(["keeper", "init", "--force"]);
    // It names no strategy yet.
    for step in ["check", "run"] {
        assert!(workspace.refused(["keeper", step]).contains("[[strategy]]"));
    }
    assert!(workspace.refused(["keeper", "check", "--config", "none.toml"]).contains("keeper init"));
    workspace.write("keeper.toml", "[keeper]\nmode = \"fast\"\n");
    let refused = workspace.refused(["keeper", "run"]);
    assert!(refused.contains("keeper.mode") && refused.contains("dry-run"), "{refused}");
}

/// A keeper that runs, and what it logs.
struct Running {
    child: Child,
    logs: Arc<Mutex<Vec<(Instant, Value)>>>,
}

impl Running {
    fn start(world: &World, arguments: &[&str]) -> Self {
        let arguments = ["keeper", "run", "--json"].iter().chain(arguments);
        let mut command = world.workspace.command(arguments);
        let mut child = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
        let (stderr, logs) = (child.stderr.take().unwrap(), Arc::<Mutex<Vec<_>>>::default());
        let written = Arc::clone(&logs);
        std::thread::spawn(move || {
            for line in BufReader::new(stderr).lines().map_while(Result::ok) {
                let Ok(value) = serde_json::from_str(&line) else {
                    eprintln!("{line}");
                    continue;
                };
                written.lock().unwrap().push((Instant::now(), value));
            }
        });
        Self { child, logs }
    }

    fn logs(&self) -> Vec<(Instant, Value)> {
        self.logs.lock().unwrap().clone()
    }

    /// Log entries of a kind.
    fn of(&self, message: &str) -> Vec<(Instant, Value)> {
        self.logs().into_iter().filter(|(_, entry)| entry["message"] == message).collect()
    }

    fn until(&mut self, what: &str, is_so: impl Fn(&Self) -> bool) {
        let began = Instant::now();
        while !is_so(self) {
            let ended = self.child.try_wait().unwrap();
            assert!(ended.is_none(), "{what}: it ended: {ended:?}: {:#?}", self.logs());
            assert!(began.elapsed() < Duration::from_secs(180), "{what}: {:#?}", self.logs());
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// Ctrl-C: what is on its way is waited for.
    fn stop(mut self) -> Vec<(Instant, Value)> {
        let told = Command::new("kill").args(["-s", "TERM", &self.child.id().to_string()]).status().unwrap();
        assert!(told.success());
        let status = self.child.wait().unwrap();
        assert!(status.success(), "{status}: {:#?}", self.logs());
        self.logs()
    }

    fn kill(mut self) -> Vec<(Instant, Value)> {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
        self.logs()
    }
}

fn configure(world: &World, url: &str, websocket: &str) {
    let World { keys, prices, collateral_account, debt_account, .. } = world;
    let addresses = [
        ("creator", world.creator()),
        ("collateral_mint", keys.collateral_mint),
        ("debt_mint", keys.debt_mint),
        ("collateral_price", prices.collateral),
        ("debt_price", prices.debt),
        ("collateral_account", *collateral_account),
        ("debt_account", *debt_account),
    ];
    let addresses: Vec<String> =
        addresses.iter().map(|(name, address)| format!("{name} = \"{address}\"")).collect();
    let port = TcpListener::bind(("127.0.0.1", 0)).unwrap().local_addr().unwrap().port();
    let text = format!(
        "[cluster]\nurl = \"{url}\"\nwebsocket = \"{websocket}\"\n[wallet]\nkeypair = \"keeper.json\"\n\
         [keeper]\nworkers = 64\nresync_seconds = 5\npoll_millis = 200\n[fees]\nprice = 0\n[metrics]\nlisten = \"127.0.0.1:{port}\"\n\
         [caps]\nlamports_day = 10000000000\nlamports_life = 10000000000\n\
         [[token]]\nmint = \"{}\"\nday = {}\nlife = {}\n\
         [[strategy]]\nprogram = \"lending\"\nmodel = \"risk.assay\"\nkey = \"risk.pk\"\n[strategy.addresses]\n{}\n",
        keys.debt_mint,
        1_000_000 * USDC,
        1_000_000 * USDC,
        addresses.join("\n"),
    );
    world.workspace.write("keeper.toml", text);
}

fn number(name: &str, default: usize) -> usize {
    std::env::var(name).map_or(default, |text| text.parse().unwrap())
}

/// Milliseconds: the median, and the most.
fn summary(mut times: Vec<u128>) -> (u128, u128) {
    times.sort_unstable();
    (times.get(times.len() / 2).copied().unwrap_or(0), times.last().copied().unwrap_or(0))
}

/// Starts one that sends, and waits until it is told of changes.
fn live(world: &World) -> Running {
    let mut live = Running::start(world, &["--live"]);
    live.until("it is ready", |running| !running.of("subscriptions: connected").is_empty());
    live
}

/// Most positions are safe, and some fall with the price. `KEEPER_POSITIONS` and `KEEPER_FALLING` say how many; with `KEEPER_KILLS=0` nobody is
/// killed, so that the times are those of a keeper that runs.
#[test]
#[ignore = "needs a cluster: cargo xtask anchor-test"]
fn over_rpc_a_crash_is_liquidated_once_each_through_a_kill() {
    let _clock = crate::over_rpc::CLOCK.lock();
    let (count, falling) = (number("KEEPER_POSITIONS", 100), number("KEEPER_FALLING", 12));
    let debts: Vec<u64> =
        (0..count).map(|index| if index < falling { 7_600 + index as u64 } else { 3_000 }).collect();
    let world = World::new(&debts);
    let websocket = world.websocket();
    configure(&world, &world.url.clone(), &websocket);
    let funds = world.tokens(&world.debt_account);

    world.publish(100.0);
    let check = world.workspace.succeed(["keeper", "check", "--json"]);
    let check: Value = serde_json::from_str(&check).unwrap();
    let counts = &check["strategies"][0]["counts"];
    assert_eq!(counts["safe"], count, "{check}");

    // A dry run sees the fall and sends nothing.
    let mut dry = Running::start(&world, &[]);
    dry.until("it is ready", |running| !running.of("subscriptions: connected").is_empty());
    world.publish(99.0);
    std::thread::sleep(Duration::from_secs(1));
    let status = world.workspace.succeed(["keeper", "status", "--json"]);
    let status: Value = serde_json::from_str(&status).unwrap();
    assert_eq!((&status["well"], &status["metrics"]["connected"]), (&true.into(), &1.0.into()), "{status}");
    assert!(dry.stop().iter().all(|(_, entry)| entry["message"] != "sending"));
    assert_eq!(world.workspace.run(["keeper", "status"]).status.code(), Some(2));

    let mut live = self::live(&world);
    std::thread::sleep(Duration::from_secs(1));
    let began = Instant::now();
    world.publish(88.0);
    let published = began.elapsed();
    let mut logs = Vec::new();
    if number("KEEPER_KILLS", 1) > 0 {
        live.until("some are under way", |running| running.of("sending").len() > falling / 4);
        logs = live.kill();
        live = self::live(&world);
    }
    let half = |position: &market::Held| position.debt < 5_000 * USDC;
    let published_at = std::cell::Cell::new(began);
    live.until("all are liquidated", |_| {
        // What was on its way is looked up first: the price must not grow too old in the meantime.
        if published_at.get().elapsed() > Duration::from_secs(15) {
            world.publish(88.0);
            published_at.set(Instant::now());
        }
        world.positions[..falling].iter().all(|address| half(&world.held(address)))
    });
    let before = logs.iter().filter(|(_, entry)| entry["message"] == "sending").count();
    let ended = logs.iter().filter(|(_, entry)| entry["message"] == "ended").count();
    live.until("all ends are noted", |running| {
        running.of("ended").len() + ended >= running.of("sending").len() + before
    });
    logs.extend(live.stop());

    let mut sent = BTreeMap::<String, usize>::new();
    let mut times = Vec::new();
    // At a full hour the keeper observes the sources as well.
    let is_liquidation = |entry: &Value| entry["message"] == "sending" && entry["action"] == "liquidate";
    for (at, entry) in logs.iter().filter(|(_, entry)| is_liquidation(entry)) {
        *sent.entry(entry["account"].as_str().unwrap().into()).or_default() += 1;
        times.push((at.duration_since(began).as_millis(), entry["since_change_ms"].as_u64().unwrap()));
    }
    let (median, slowest) = summary(times.iter().map(|(time, _)| *time).collect());
    let (median_of, slowest_of) = summary(times.iter().map(|(_, since)| u128::from(*since)).collect());
    eprintln!(
        "{count} positions, {falling} fall; price written in {} ms; from there to each sending, milliseconds: first {}, median {median}, \
         slowest {slowest}; from its notification: median {median_of}, slowest {slowest_of}; {} sendings for {} positions",
        published.as_millis(),
        times.iter().map(|(time, _)| *time).min().unwrap(),
        times.len(),
        sent.len(),
    );

    // Each was liquidated once: about half of its debt is repaid, and the books say who paid.
    let mut repaid = 0;
    for (address, debt) in world.positions.iter().zip(&debts) {
        let held = world.held(address);
        // Interest makes it a little more in the meantime.
        let paid = (debt * USDC).saturating_sub(held.debt);
        if *debt > 7_000 {
            assert!((debt * USDC * 45 / 100..=debt * USDC * 55 / 100).contains(&paid), "{paid} of {debt}");
        } else {
            assert_eq!(paid, 0);
        }
        repaid += paid;
    }
    let spent = funds - world.tokens(&world.debt_account);
    assert!(spent.abs_diff(repaid) < USDC, "{spent} were paid and {repaid} repaid");
    assert_eq!(sent.len(), falling, "{sent:?}");
}

/// The price falls into the model's reach: a snapshot, a proof, a flag that starts the auction's clock, and a liquidation by proof, once each,
/// through a `kill -9` at each of the steps. `KEEPER_PROVEN` says how many positions fall, of `KEEPER_POSITIONS`; with `KEEPER_KILLS=0` nobody
/// is killed, so that the times are those of a keeper that runs.
#[test]
#[ignore = "needs a cluster: cargo xtask anchor-test"]
fn over_rpc_a_fall_is_liquidated_by_proof_through_kills() {
    const FALLEN: f64 = 91.7;
    let _clock = crate::over_rpc::CLOCK.lock();
    let (count, falling) = (number("KEEPER_POSITIONS", 40), number("KEEPER_PROVEN", 6));
    let debts: Vec<u64> =
        (0..count).map(|index| if index < falling { 7_740 + index as u64 % 10 } else { 3_000 }).collect();
    let world = World::new(&debts);
    world.fill_history(100.0);
    configure(&world, &world.url.clone(), &world.websocket());
    let funds = world.tokens(&world.debt_account);
    world.publish(100.0);
    let (mut live, mut logs) = (self::live(&world), Vec::new());
    std::thread::sleep(Duration::from_secs(1));

    for step in ["snapshot", "flag_by_proof", "liquidate_by_proof"] {
        let sent = |running: &Running| {
            let sent = running.of("sending").into_iter().filter(|(_, entry)| entry["action"] == step);
            sent.collect::<Vec<_>>()
        };
        if step == "liquidate_by_proof" {
            // The auction's clock has come to where the keeper's least bonus is.
            world.pass(90);
        }
        let began = Instant::now();
        world.publish(FALLEN);
        let mut published_at = Instant::now();
        if number("KEEPER_KILLS", 1) > 0 {
            live.until(step, |running| !sent(running).is_empty());
            logs.extend(live.kill());
            live = self::live(&world);
        }
        let published = std::cell::Cell::new(published_at);
        live.until(step, |running| {
            // What was on its way is looked up first: the price must not grow too old in the meantime.
            if published.get().elapsed() > Duration::from_secs(10) {
                world.publish(FALLEN);
                published.set(Instant::now());
            }
            let all = logs.iter().cloned().chain(running.logs());
            done(all, step).len() >= falling
        });
        published_at = published.get();
        let times = sent(&live).iter().map(|(at, _)| at.duration_since(began).as_millis()).collect();
        let (median, slowest) = summary(times);
        eprintln!(
            "{step}: {falling} of {count}, from the price to each sending of the last keeper: median {median} ms, slowest {slowest} ms{}",
            if published_at > began + Duration::from_secs(10) {
                " (the price was written anew meanwhile)"
            } else {
                ""
            }
        );
    }
    live.until("all ends are noted", |running| {
        let ended = |logs: &[(Instant, Value)], message| {
            logs.iter().filter(|(_, entry)| entry["message"] == message).count()
        };
        let all: Vec<_> = logs.iter().cloned().chain(running.logs()).collect();
        ended(&all, "ended") >= ended(&all, "sending")
    });
    logs.extend(live.stop());

    let liquidated = done(logs.iter().cloned(), "liquidate_by_proof");
    assert_eq!(liquidated.len(), falling);
    assert!(liquidated.values().all(|count| *count == 1), "{liquidated:?}");
    let mut repaid = 0;
    for (address, debt) in world.positions.iter().zip(&debts) {
        // Interest makes it a little more in the meantime.
        let paid = (debt * USDC).saturating_sub(world.held(address).debt);
        if liquidated.contains_key(&address.to_string()) {
            assert!((debt * USDC * 19 / 100..=debt * USDC * 20 / 100).contains(&paid), "{paid} of {debt}");
        } else {
            assert_eq!(paid, 0);
        }
        repaid += paid;
    }
    let spent = funds - world.tokens(&world.debt_account);
    assert!(spent.abs_diff(repaid) < USDC, "{spent} were paid and {repaid} repaid");
}

/// How often something was executed about each account.
fn done(logs: impl Iterator<Item = (Instant, Value)>, action: &str) -> BTreeMap<String, usize> {
    let mut done = BTreeMap::new();
    for (_, entry) in logs.filter(|(_, entry)| entry["message"] == "ended") {
        if entry["action"] == action && entry["how"] == "executed" {
            *done.entry(entry["account"].as_str().unwrap().to_owned()).or_default() += 1;
        }
    }
    done
}

//! The command against a cluster behind sockets: from nothing, again, killed, with other bytes, and where something else stands.

mod agreed;
mod killed;
mod programs;
mod roles;
mod world;

use assay_feed_host::{PythFeed, SourceKeys};
use assay_host::Identity;
use assay_lending_host::{Market, MarketKeys};
use assay_localnet::Localnet;
use assay_migrations::description::Description;
use assay_programs::{by_name, identities};
use assay_verifier_host::{Model, Status};
use solana_address::Address;
use solana_signer::Signer as _;

use crate::world::{DAY, World, committed, replaced, repository};

pub fn program(name: &str) -> Identity {
    by_name(name).unwrap().identity()
}

/// What a record says of a transaction that a crash kept from being handed in.
const UNSENT: &str =
    "5VERv8NMvzbJMEkV8xnrLkEaWRtSz9CosKDYjCJjBRnbJLgp8uirBgmQpjKhoR4tjF3ZpRzrFmBV6UjKdiSZkQUW";

/// The address behind an action of the plan.
fn planned(plan: &str, step: &str) -> Address {
    let row = plan.lines().find(|line| line.contains(step)).unwrap_or_else(|| panic!("{step} in {plan}"));
    row.split("  ").filter_map(|cell| cell.trim().parse().ok()).next().unwrap()
}

#[test]
fn from_nothing_and_again() {
    let world = World::new(30);
    let all = world.describe_all();

    let dry = world.run(&all, &["--dry-run"]).ends(0, "dry run: nothing was sent");
    assert!(dry.out.contains("0001 verifier program: buffer for"), "{dry:#?}");
    assert!(dry.out.contains("would go through"), "{dry:#?}");
    assert!(dry.out.contains("activate: 1 d after it is registered"), "{dry:#?}");
    let shown =
        ["    circuit ", ", Development\n", "guardian nobody\n", "min_borrow = 100000000", "    collateral "];
    assert!(shown.iter().all(|detail| dry.out.contains(detail)), "{dry:#?}");
    world.run(&all, &[]).refused("nobody is there to agree");
    assert!(world.state().sent.is_empty());
    assert!(!world.folder.path().join("records").exists() || world.record().len() == 1, "nothing was done");
    let [model, market] = ["0003 register", "0005 lending"].map(|step| planned(&dry.out, step));

    // All that can be done before the timelock ends.
    world.run(&all, &["--yes"]).ends(1, "0004 activate liquidation-risk: not yet, not before");
    for program in identities() {
        let found = world.program(&program).unwrap();
        assert_eq!(found.bytes, committed(&program), "{}", program.name);
        assert_eq!(found.authority, Some(world.payer.pubkey()));
    }
    let read = |net: &Localnet| net.read::<Model>(&model).unwrap().unwrap();
    assert_eq!(read(&world.state().net).status, Status::Proposed as u8);
    assert!(world.state().net.account(&market).is_none());
    let executed = world.executed();
    world.run(&all, &["--yes"]).ends(1, "not yet: activate not before");
    assert_eq!(world.executed(), executed);

    world.state().net.advance(DAY);
    world.run(&all, &["--yes"]).ends(0, "done; the record is");
    assert_eq!(world.executed(), executed + 2, "activation and market");
    {
        let state = world.state();
        assert_eq!(read(&state.net).status, Status::Active as u8);
        let found = state.net.read::<Market>(&market).unwrap().unwrap();
        assert_eq!(MarketKeys::of(&found).market, market);
        assert_eq!((found.params.model, found.params.score_threshold), (model.to_bytes(), -14));
        assert_eq!([found.collateral_mint, found.debt_mint], world.mints);
        let sol = Description::read(&world.write("d.toml", &all)).unwrap().sources["SOL"].clone();
        let sol = SourceKeys::of(&PythFeed { shard: sol.shard, id: sol.feed });
        assert_eq!(found.params.collateral_source, sol.source.to_bytes());
        assert!(state.net.account(&sol.source).is_some());
        assert!(state.outcomes.iter().all(|outcome| outcome.is_ok()), "nothing was tried in vain");
    }

    // The second time there is nothing to do. What a crash left is cleared up: a transaction that was never handed in, a line that was cut short.
    let lines = world.record().len();
    let records = world.folder.path().join("records");
    let path = std::fs::read_dir(&records).unwrap().next().unwrap().unwrap().path();
    let unsent = format!("{{\"event\":\"sending\",\"signature\":\"{UNSENT}\",\"last_height\":1}}\n");
    let whole = std::fs::read_to_string(&path).unwrap();
    std::fs::write(&path, format!("{whole}{unsent}{{\"time\":\"20")).unwrap();
    let again = world.run(&all, &["--yes"]).ends(0, "nothing to do: the cluster has all of it");
    assert!(again.out.contains("had been cut short"), "{again:#?}");
    assert!(again.out.contains("looking up 1 transactions"), "{again:#?}");
    assert_eq!((world.executed(), world.record().len()), (executed + 2, lines + 3));
    let (record, [torn, expired]) = (world.record(), [lines + 1, lines + 2]);
    assert_eq!((&record[torn]["text"], &record[torn]["event"]), (&"{\"time\":\"20".into(), &"torn".into()));
    assert_eq!(
        (&record[expired]["event"], &record[expired]["signature"]),
        (&"expired".into(), &UNSENT.into())
    );
    // A server that forgot it says nothing of it.
    let whole = std::fs::read_to_string(&path).unwrap();
    std::fs::write(&path, format!("{whole}{unsent}")).unwrap();
    world.state().forgets = true;
    world.run(&all, &["--yes"]).ends(0, "looking up 1 transactions");
    world.state().forgets = false;
    assert_eq!(world.record().last().unwrap()["event"], "unknown");
    world.run(&all, &["--dry-run"]).ends(0, "nothing to do");
    every_transaction_is_recorded(&world);

    // What is there, and is another than described, is left alone and named.
    for (from, to, what) in [
        (
            "min_borrow = 100_000_000",
            "min_borrow = 200_000_000",
            "min_borrow is 100000000, described 200000000",
        ),
        ("timelock = \"1d\"", "timelock = \"2d\"", "has 1 d as its timelock, and the description has 2 d"),
    ] {
        world.run(&replaced(&all, from, to), &["--yes"]).refused(what);
    }
    let guardian = format!("timelock = \"1d\"\nguardian = \"{}\"", world.mints[0]);
    world
        .run(&replaced(&all, "timelock = \"1d\"", &guardian), &["--yes"])
        .refused("has nobody as its guardian");
    assert_eq!(world.executed(), executed + 2);
    roles::each_is_its_own(&world, &all, market);
}

/// Of each transaction that is no piece of a program the record tells before and after it.
fn every_transaction_is_recorded(world: &World) {
    let record = world.record();
    let of = |event: &str| {
        let lines = record.iter().filter(|line| line["event"] == event);
        lines.map(|line| line["signature"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    let (sending, landed) = (of("sending"), of("landed"));
    assert_eq!(
        sending.iter().filter(|one| *one != UNSENT).collect::<Vec<_>>(),
        landed.iter().collect::<Vec<_>>()
    );
    let state = world.state();
    let pieces = |line: &&serde_json::Value| line["event"] == "written";
    let pieces: u64 = record.iter().filter(pieces).map(|line| line["transactions"].as_u64().unwrap()).sum();
    assert_eq!(state.sent.len(), landed.len() + usize::try_from(pieces).unwrap());
    assert!(landed.iter().all(|signature| state.landed[signature].1.is_null()));
}

#[test]
fn the_committed_description_is_for_the_local_cluster() {
    let description = Description::read(&repository().join("migrations/local.toml")).unwrap();
    let token: Address = "TokenkegQfeZyiNwAJbNbGKPFXCWuBvf9Ss623VQ5DA".parse().unwrap();
    let mint = |name: &str| Address::find_program_address(&[b"assay test mint", name.as_bytes()], &token).0;
    let market = description.market.unwrap();
    assert_eq!([market.collateral.mint, market.debt.mint], ["SOL", "USDC"].map(mint));
    let names: Vec<&str> = identities().iter().map(|program| program.name).collect();
    assert!(names.iter().all(|name| description.programs.keypairs.contains_key(*name)));
}

#[test]
fn another_cluster_and_too_little_are_refused() {
    let world = World::new(0);
    let feed = world.describe_feed(&repository().join("programs"), "");
    let elsewhere = replaced(&feed, "\"local\"", "\"5eykt4UsFv8P8NJdTREpY1vzqKqZKvdpKuc147dw2N9d\"");
    world.run(&elsewhere, &["--yes"]).refused("this is another cluster: its genesis is");
    world.run(&feed, &["--yes"]).refused("has 0 SOL, and this takes 0.7");
    assert!(world.state().sent.is_empty());
}

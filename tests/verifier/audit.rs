//! What was recorded of a model is read from a cluster and checked from nothing: alone, through other programs, in batches and through buffers.

use std::time::Duration;

use assay_audit::check::{Chain, CheckError, Finding};
use assay_audit::history::Evidence;
use assay_audit::read::Source;
use assay_audit::{Checkpoint, History, Report, check, read};
use assay_chain::rpc::{Named, Past};
use assay_chain::{Commitment, MOST_PRIORITY, Price, Rpc, Sender};
use assay_interface::groth16::Form;
use assay_localnet::server::Server;
use assay_verifier_host::batch::Purpose;
use assay_verifier_host::{self as verifier, Model};
use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::SeedableRng;
use solana_address::Address;
use solana_instruction::{AccountMeta, Instruction};
use solana_signer::Signer;

use crate::batch::{digests, one_batch, proofs};
use crate::support::{Echo, Proven, World};

/// A cluster on which statements of a model were recorded.
struct Recorded {
    server: Server,
    rpc: Rpc,
    world: World,
    proven: Vec<Proven>,
}

impl Recorded {
    fn new(echo: &Echo) -> Self {
        let mut world = World::active_with(echo);
        world.net.deploy(assay_test_relay::ID, "assay_test_relay").unwrap();
        let net = std::mem::replace(&mut world.net, assay_localnet::Localnet::new(&[]).unwrap());
        let server = Server::start(net, Duration::from_millis(5)).unwrap();
        let rpc = Rpc::new(&server.url, Commitment::Confirmed);
        Self { server, rpc, world, proven: proofs(echo, 14) }
    }

    fn send(&self, instructions: &[Instruction]) {
        let sender = Sender {
            rpc: &self.rpc,
            payer: self.world.stranger.pubkey(),
            keys: vec![&self.world.stranger],
            price: Price::Fixed(0),
            most_priority: MOST_PRIORITY,
            patience: Duration::from_secs(20),
        };
        let simulated = sender.simulate(instructions).unwrap();
        sender.send(&simulated, &mut |_| Ok(())).unwrap();
        // So that times differ.
        self.server.state().net.advance(7);
    }

    /// Three alone, one of them twice; one called by another program; a batch of three, of which one has its receipt; three through a buffer that is
    /// written again, closed and made anew; one that is verified and not recorded.
    fn record_in_every_way(&self, echo: &Echo) {
        let record = |index: usize| self.world.record_instruction(&self.proven[index]);
        self.send(&[record(0)]);
        self.send(&[record(1), record(0)]);
        let mut relayed = record(2);
        relayed.accounts.insert(0, AccountMeta::new_readonly(verifier::ID, false));
        self.send(&[Instruction { program_id: assay_test_relay::ID, ..relayed }]);
        let proven = &self.proven[3];
        let verify = verifier::verify(self.world.model, &proven.proof, proven.context, &proven.limbs);
        self.send(&[verify]);
        let payer = self.world.stranger.pubkey();
        let batch = one_batch(echo, &self.proven[2..5]);
        self.send(&[verifier::record_batch(
            payer,
            self.world.model,
            &batch.bytes,
            &digests(&self.proven[2..5]),
        )]);
        for part in [&self.proven[5..7], &self.proven[7..10], &self.proven[10..12]] {
            let through = one_batch(echo, part).through_buffer(payer, 3, self.world.model, Purpose::Record);
            through.writes.iter().for_each(|write| self.send(std::slice::from_ref(write)));
            self.send(&[through.check]);
            if part.len() == 3 {
                self.send(&[through.close]);
            }
        }
    }

    fn read(&self, from: Option<&Checkpoint>) -> History {
        read(&self.rpc, &self.world.model, from, &mut |_, _| {}).unwrap()
    }
}

/// A server that shows transactions as `shown` makes them; `None` where it keeps one no more.
struct Altered<'a>(&'a Rpc, &'a dyn Fn(Past) -> Option<Past>);

impl Source for Altered<'_> {
    fn genesis(&self) -> assay_chain::Result<String> {
        Source::genesis(self.0)
    }

    fn model(&self, address: &Address) -> assay_chain::Result<(Model, Vec<u8>)> {
        self.0.model(address)
    }

    fn naming(&self, address: &Address, after: Option<&str>) -> assay_chain::Result<Vec<Named>> {
        Source::naming(self.0, address, after)
    }

    fn past(&self, signature: &str) -> assay_chain::Result<Option<Past>> {
        Ok(Source::past(self.0, signature)?.and_then(self.1))
    }
}

fn verdict(history: &History, from: Option<&Checkpoint>) -> Report {
    check(history, from, &mut ChaCha20Rng::seed_from_u64(1), &mut |_, _| {}).unwrap()
}

#[test]
fn everything_recorded_is_read_and_proven() {
    for echo in Echo::of_each_form() {
        let recorded = Recorded::new(echo);
        assert!(verdict(&recorded.read(None), None).is_clean(), "nothing was recorded yet");
        recorded.record_in_every_way(echo);
        let history = recorded.read(None);
        let report = verdict(&history, None);
        let (_, model) = history.account().unwrap();
        assert_eq!(report.findings, []);
        assert_eq!((report.accepted, report.proven), (12, 12));
        assert_eq!(report.chain, Chain::Whole(model.audit_chain));
        assert_eq!(history.batches.len(), 4);
        // The file says the same.
        let file = History::from_json(&history.to_json()).unwrap();
        assert_eq!(file, history);

        // An audit that goes on from a checkpoint reads what came after.
        let auditor = &recorded.world.authority;
        let Chain::Whole(chain) = report.chain else { panic!("the chain is whole") };
        let last = history.last.as_deref();
        let signed = Checkpoint::sign(&history.genesis, &recorded.world.model, (12, chain), last, auditor);
        let nothing = recorded.read(Some(&signed));
        assert_eq!(nothing.records, []);
        assert!(verdict(&nothing, Some(&signed)).is_clean());
        recorded.send(&[recorded.world.record_instruction(&recorded.proven[12])]);
        let more = recorded.read(Some(&signed));
        assert_eq!(more.records.len(), 1);
        let report = verdict(&more, Some(&signed));
        assert!(report.is_clean() && (report.from, report.proven) == (12, 1), "{report:?}");
        // Of another chain up to there.
        let other = Checkpoint::sign(&history.genesis, &recorded.world.model, (12, [1; 32]), last, auditor);
        assert_eq!(verdict(&more, Some(&other)).chain, Chain::Broken);
        let ahead = Checkpoint::sign(&history.genesis, &recorded.world.model, (99, chain), last, auditor);
        let refused = check(&more, Some(&ahead), &mut ChaCha20Rng::seed_from_u64(1), &mut |_, _| {});
        assert!(matches!(refused, Err(CheckError::Behind { checkpoint: 99, accepted: 13 })));
    }
}

/// What a server can do to a history: each is found, and what is found names the statement.
#[test]
fn what_a_server_alters_is_found() {
    let echo = Echo::of_each_form()[1];
    assert_eq!(echo.key.form(), Form::Committed);
    let recorded = Recorded::new(echo);
    recorded.record_in_every_way(echo);
    let honest = recorded.read(None);
    type Change = fn(&mut History);
    let changes: [(&str, Change, Option<u64>); 11] = [
        ("a record is left out", |history| drop(history.records.remove(4)), Some(4)),
        ("the last one is left out", |history| drop(history.records.pop()), Some(11)),
        ("two change places", |history| history.records.swap(0, 1), Some(0)),
        ("one is there twice", |history| history.records[5] = history.records[4].clone(), Some(5)),
        ("another time", |history| history.records[3].recorded_at += 1, None),
        ("another digest", |history| history.records[0].digest[31] ^= 1, Some(0)),
        ("another digest of a batch", |history| history.records[9].digest[31] ^= 1, Some(9)),
        (
            "an altered proof",
            |history| {
                let Evidence::Proof { proof, .. } = &mut history.records[1].evidence else { panic!("alone") };
                proof[200] ^= 1;
            },
            Some(1),
        ),
        (
            "another's proof",
            |history| {
                let other = history.records[0].evidence.clone();
                let (Evidence::Proof { proof: other, .. }, Evidence::Proof { proof, .. }) =
                    (other, &mut history.records[2].evidence)
                else {
                    panic!("alone")
                };
                *proof = other;
            },
            Some(2),
        ),
        ("an altered batch", |history| history.batches[1].0[300] ^= 1, Some(5)),
        ("a batch that is not there", |history| drop(history.batches.pop()), Some(10)),
    ];
    for (what, change, first) in changes {
        let mut history = honest.clone();
        change(&mut history);
        let report = verdict(&history, None);
        assert!(!report.is_clean(), "{what}");
        assert_eq!(report.findings.first().map(|(index, _)| *index), first, "{what}: {:?}", report.findings);
        assert!(report.proven < 12 || report.chain == Chain::Broken, "{what}");
    }
    // Nothing shows one.
    let mut history = honest.clone();
    history.records[2].evidence = Evidence::Missing { what: "pruned".into() };
    assert_eq!(verdict(&history, None).findings, [(2, Finding::Missing("pruned".into()))]);
    // Another key in the account: the address is not made of it.
    let text = String::from_utf8(honest.to_json()).unwrap();
    let other = Address::new_from_array([8; 32]).to_string();
    let moved = text.replace(&recorded.world.model.to_string(), &other);
    let moved = History::from_json(moved.as_bytes()).unwrap();
    let refused = check(&moved, None, &mut ChaCha20Rng::seed_from_u64(1), &mut |_, _| {});
    assert!(matches!(refused, Err(CheckError::History(_))));
}

/// Whoever fills the logs hides no statement: it is found by its instruction, and the account that the program created.
#[test]
fn statements_are_found_without_their_events() {
    for echo in Echo::of_each_form() {
        let recorded = Recorded::new(echo);
        recorded.record_in_every_way(echo);
        let shown = |cut: &dyn Fn(Past) -> Option<Past>| {
            read(&Altered(&recorded.rpc, cut), &recorded.world.model, None, &mut |_, _| {}).unwrap()
        };
        let without = |mut past: Past, keep: usize| {
            let mut events = 0;
            past.logs.retain(|line| {
                events += usize::from(line.starts_with("Program data: "));
                !line.starts_with("Program data: ") || events <= keep
            });
            past.logs.push("Log truncated".into());
            past
        };
        let honest = recorded.read(None);
        for keep in [0, 1, 2] {
            let history = shown(&|past| Some(without(past, keep)));
            assert_eq!(history.records, honest.records, "{keep} events are left");
            assert!(verdict(&history, None).is_clean());
        }
        // Lines that only look cut add nothing, and without the clock nothing is made up.
        let history = shown(&|past| Some(Past { time: None, ..without(past, 0) }));
        assert_eq!(verdict(&history, None).findings, [(0, Finding::Left { count: 12 })]);
        // One that is gone hides itself and none behind it.
        let second = honest.records[1].transaction.clone();
        let gone = Altered(&recorded.rpc, &|past| Some(past));
        let slot = Source::past(&gone, &second).unwrap().unwrap().slot;
        let history = shown(&|past| (past.slot != slot).then_some(past));
        let report = verdict(&history, None);
        assert_eq!(report.findings, [(1, Finding::Left { count: 1 })]);
        assert_eq!((report.proven, report.chain), (11, Chain::Incomplete));
    }
}

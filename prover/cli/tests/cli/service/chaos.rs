//! Processes that are killed, at random and by a job: nothing is lost, and nothing is there twice.

use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use rand::{Rng as _, SeedableRng as _};
use rand_chacha::ChaCha20Rng;
use serde_json::{Value, json};

use super::postgres::Postgres;
use super::world::{Client, World, digest, wait};
use crate::common::{COMPILE, SEED};

/// What came of jobs while processes were killed.
#[derive(Debug)]
pub struct Report {
    pub jobs: usize,
    pub kills: BTreeMap<&'static str, usize>,
    /// Attempts that were begun, of all jobs.
    pub attempts: u64,
    /// Jobs that were given up, since three of the kills fell on them.
    pub given_up: usize,
    pub seconds: f64,
}

/// Submits so many jobs, some of them twice, while processes are killed at random, each within so many milliseconds of the one before;
/// and looks at what came of each.
pub fn storm(world: &World, jobs: usize, kills: usize, within: u64, workers: usize, seed: u64) -> Report {
    let mut rng = ChaCha20Rng::seed_from_u64(seed);
    let start = Instant::now();
    let (server, address) = world.serve(0);
    let client = world.stocked(&address);
    let address = Mutex::new(address);
    let here = || client.at(&address.lock().unwrap());
    let again: Vec<bool> = (0..jobs).map(|_| rng.gen_ratio(1, 8)).collect();
    let submit = || {
        let submit = |number: usize| {
            // Numbers that differ, so that no two statements are alike.
            let job = world.job(number as f64 / 32_768.0 % 1.0, (number / 256) as f64 / 256.0 % 1.0);
            wait(|| {
                let name = format!("job {number}");
                // A server that is killed answers nothing: then it is asked again, by the same name.
                let answer = here().try_post("/v1/jobs", Some(&name), job.to_string().as_bytes()).ok()?;
                assert!([200, 201].contains(&answer.status), "{answer:?}");
                Some(answer.json()["id"].as_str().unwrap().to_owned())
            })
        };
        let each = again.iter().enumerate().map(|(number, again)| {
            let id = submit(number);
            if *again {
                assert_eq!(submit(number), id);
            }
            id
        });
        each.collect::<Vec<String>>()
    };
    let (ids, killed) = std::thread::scope(|scope| {
        let submitting = scope.spawn(submit);
        let mut server = Some(server);
        let mut working: Vec<_> = (0..workers).map(|_| world.work()).collect();
        let mut killed = BTreeMap::new();
        for _ in 0..kills {
            std::thread::sleep(Duration::from_millis(rng.gen_range(0..within)));
            let victim = rng.gen_range(0..=workers);
            if victim == workers {
                server.take().unwrap().kill();
                *killed.entry("servers").or_default() += 1;
                let (process, now) = world.serve(0);
                *address.lock().unwrap() = now;
                server = Some(process);
            } else {
                working.swap_remove(victim).kill();
                *killed.entry("workers").or_default() += 1;
                working.push(world.work());
            }
        }
        let ids = submitting.join().unwrap();
        let last = |id: &String| here().ended(id);
        ids.iter().for_each(|id| drop(last(id)));
        (ids, killed)
    });
    let seconds = start.elapsed().as_secs_f64();
    assert_eq!(ids.iter().collect::<BTreeSet<_>>().len(), jobs, "two submissions were one job");
    let (server, now) = world.serve(0);
    let client = client.at(&now);
    let (mut proofs, mut attempts, mut given_up) = (BTreeSet::new(), 0, 0);
    for id in &ids {
        let job = client.job(id);
        attempts += job["attempts"].as_u64().unwrap();
        if job["state"] == "failed" {
            // Three kills fell on it: that is what is promised then.
            assert_eq!(
                (&job["error"]["code"], &job["attempts"]),
                (&json!("worker-lost"), &json!(3)),
                "{job}"
            );
            given_up += 1;
            continue;
        }
        let (job, proof) = client.proven(id);
        world.verify(&proof);
        assert_eq!(job["result"]["proof"], digest(&proof));
        assert!(proofs.insert(digest(&proof)), "one proof for two jobs");
    }
    server.stop();
    Report { jobs, kills: killed, attempts, given_up, seconds }
}

impl Report {
    /// As a table has it. That none was lost and none doubled is what [`storm`] insists on.
    pub fn line(&self) -> String {
        let Report { jobs, kills, attempts, given_up, seconds } = self;
        let kills: Vec<String> = kills.iter().map(|(what, count)| format!("{count} {what}")).collect();
        format!(
            "{jobs} jobs in {seconds:.1} s, killed {}: {attempts} attempts, {given_up} given up, 0 lost, 0 doubled",
            kills.join(" and ")
        )
    }
}

fn calm(report: &Report) {
    println!("{}", report.line());
    assert_eq!(report.given_up, 0, "three kills in a row fell on one job: {report:?}");
}

#[test]
fn kills_at_random_lose_nothing_and_double_nothing_on_sqlite() {
    calm(&storm(&World::new(), 200, 6, 700, 2, 1));
}

#[test]
fn kills_at_random_lose_nothing_and_double_nothing_on_postgres() {
    let Some(postgres) = Postgres::start() else { return };
    let world = World::on(&postgres.database("storm"));
    calm(&storm(&world, 200, 6, 700, 2, 2));
    let count = |sql| postgres.psql("storm", sql).unwrap();
    assert_eq!(count("SELECT COUNT(*) FROM assay_results"), "200");
    assert_eq!(count("SELECT COUNT(*) FROM assay_jobs WHERE state = 'done' AND secret IS NULL"), "200");
    assert_eq!(count("SELECT COUNT(*) FROM apalis.jobs"), "200");
}

/// The store hangs where the model of one job should be, so whoever takes that job is stuck until it is killed.
#[test]
fn a_job_that_takes_its_workers_down_is_given_up_and_others_go_on() {
    let world = World::new();
    let wider = COMPILE.iter().map(|argument| if *argument == "16:12" { "16:11" } else { argument });
    world.workspace.succeed(wider.chain(["-o", "other.assay"]));
    world.workspace.succeed(["setup", "other.assay", "--development", "--seed", SEED]);
    let (_server, address) = world.serve(0);
    let client = world.stocked(&address);
    client.post("/v1/models", &world.workspace.read("other.assay")).expect(201);
    client.post("/v1/keys", &world.workspace.read("other.pk")).expect(201);
    let hangs = world.workspace.path(&format!("assay-service/store/{}", world.digest("other.assay")));
    std::fs::remove_file(&hangs).unwrap();
    assert!(Command::new("mkfifo").arg(&hangs).status().unwrap().success());

    let deadly = json!({ "model": world.digest("other.assay"), "key": world.digest("other.pk"), "inputs": { "a": 0.5, "b": 0.5 } });
    let deadly = client.submitted(&deadly);
    let harmless = client.submitted(&world.job(0.5, 0.5));
    for attempt in 1..=3 {
        let worker = world.work();
        wait(|| (attempts(&client, &deadly) == attempt).then_some(()));
        worker.kill();
    }
    let worker = world.work();
    let given_up = client.ended(&deadly);
    assert_eq!(
        (&given_up["state"], &given_up["error"]["code"]),
        (&json!("failed"), &json!("worker-lost")),
        "{given_up}"
    );
    assert_eq!(given_up["attempts"], 3);
    // It stood beside the other one three times, and was begun once.
    let (job, proof) = client.proven(&harmless);
    assert_eq!(job["attempts"], 1, "{job}");
    world.verify(&proof);
    assert_eq!(client.ended(&client.submitted(&world.job(0.25, 0.5)))["state"], "done");
    drop(worker);
}

fn attempts(client: &Client, id: &str) -> u64 {
    let job: Value = client.job(id);
    if job["state"] == "running" { job["attempts"].as_u64().unwrap() } else { 0 }
}

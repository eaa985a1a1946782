//! What the service does in a while: not part of the tests, since a busy machine says nothing of it.
//!
//! `ASSAY_SERVICE_JOBS=10000 ASSAY_SERVICE_KILLS=200 cargo test --release -p assay-cli --test cli service::measure -- --ignored
//! --nocapture --test-threads 1`

use std::time::Instant;

use super::chaos::storm;
use super::postgres::Postgres;
use super::world::{Client, World};

fn number(name: &str, default: usize) -> usize {
    std::env::var(name).map_or(default, |text| text.parse().unwrap())
}

fn tempest(name: &str, world: &World, seed: u64) {
    let (jobs, kills) = (number("ASSAY_SERVICE_JOBS", 10_000), number("ASSAY_SERVICE_KILLS", 200));
    let report = storm(world, jobs, kills, 1_500, 3, seed);
    println!("{name}: {}", report.line());
}

#[test]
#[ignore = "measures, for minutes: the head of this file says how"]
fn kills_on_sqlite() {
    tempest("SQLite", &World::new(), 3);
}

#[test]
#[ignore = "measures, for minutes: the head of this file says how"]
fn kills_on_postgres() {
    let Some(postgres) = Postgres::start() else { return };
    tempest("Postgres", &World::on(&postgres.database("tempest")), 4);
}

/// Jobs a second of one worker and of three, beside the bare library in this process with as many threads.
#[test]
#[ignore = "measures, for a minute: the head of this file says how"]
fn throughput() {
    let postgres = Postgres::start();
    let jobs = number("ASSAY_SERVICE_JOBS", 300);
    let folder = std::env::var("ASSAY_SERVICE_MODEL").unwrap_or_default();
    for workers in [1, 3] {
        compared("SQLite", &World::new().with_model_of(&folder), jobs, workers);
        let Some(postgres) = &postgres else { continue };
        let database = format!("throughput{workers}");
        let world = World::on(&postgres.database(&database)).with_model_of(&folder);
        let before = postgres.spent(&database);
        compared("Postgres", &world, jobs, workers);
        let after = postgres.spent(&database);
        let each = |before: f64, after: f64| (after - before) / jobs as f64;
        println!(
            "Postgres: {:.1} transactions and {:.2} ms of CPU time a job, its submission, the polls of its watcher and idle workers included",
            each(before.0, after.0),
            each(before.1, after.1)
        );
    }
}

fn compared(name: &str, world: &World, jobs: usize, workers: usize) {
    let before = bare(world, jobs, workers);
    let served = served(world, jobs, workers);
    let after = bare(world, jobs, workers);
    let share = 200.0 * served / (before + after);
    println!(
        "{name}, {workers} workers: {served:.1} jobs/s, the library {before:.1} and {after:.1}: {share:.1} %"
    );
}

/// Proofs a second of the library, in so many threads.
fn bare(world: &World, jobs: usize, threads: usize) -> f64 {
    let model = assay::Model::load(&world.workspace.read("model.assay")).unwrap();
    let keys = assay::Keys::load(&world.workspace.read("model.pk")).unwrap();
    let prover = assay::Prover::new(&model, &keys).unwrap();
    let samples = assay::Samples::read(world.inputs().to_string().as_bytes()).unwrap();
    let row = model.arrange(&samples).unwrap().rows.swap_remove(0);
    let start = Instant::now();
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                for _ in 0..jobs / threads {
                    prover.prove(&model.quantize(&row).unwrap(), assay::Context::NONE).unwrap();
                }
            });
        }
    });
    (jobs / threads * threads) as f64 / start.elapsed().as_secs_f64()
}

/// Jobs a second of so many workers, each a process, once they are all at work.
fn served(world: &World, jobs: usize, workers: usize) -> f64 {
    let (_server, address) = world.serve(0);
    let client: Client = world.stocked(&address);
    let ids: Vec<String> = (0..jobs).map(|_| client.submitted(&world.job_of_model())).collect();
    let _working: Vec<_> = (0..workers).map(|_| world.work()).collect();
    let mut finished: Vec<i64> =
        ids.iter().map(|id| client.ended(id)["finished"].as_i64().unwrap()).collect();
    finished.sort_unstable();
    let warm = jobs / 5;
    let span = finished.last().unwrap() - finished[warm];
    (jobs - warm - 1) as f64 / (span as f64 / 1_000.0)
}

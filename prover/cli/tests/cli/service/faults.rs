//! Machines that are faulty, files that are damaged, and clients that take nothing of what they ask for.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;

use serde_json::json;

use super::world::{Client, World, wait};

#[test]
fn a_faulty_machine_costs_no_job_an_attempt() {
    let world = World::new();
    let (_server, address) = world.serve(0);
    let client = world.stocked(&address);
    let jobs: Vec<String> = (0..3).map(|_| client.submitted(&world.job(0.5, 0.5))).collect();

    // A store that is not mounted: nothing is made there, and nothing is taken.
    let (missing, empty) = (world.workspace.path("missing"), world.workspace.path("empty"));
    std::fs::create_dir(&empty).unwrap();
    for (store, says) in [("missing", "the folder is not there"), ("empty", "none of the files")] {
        let run = world.workspace.run(["worker", "--store", store]);
        let said = String::from_utf8(run.stderr).unwrap();
        assert!(!run.status.success() && said.contains(says) && said.contains("--store"), "{said}");
    }
    assert!(!missing.exists() && std::fs::read_dir(&empty).unwrap().next().is_none());
    for job in &jobs {
        let job = client.job(job);
        assert_eq!((&job["state"], &job["attempts"]), (&json!("queued"), &json!(0)));
    }

    for job in &jobs {
        client.post(&format!("/v1/jobs/{job}/cancel"), b"").expect(200);
    }

    // A store that goes away while a worker works: the jobs wait until it is there again.
    let (store, away) = (world.workspace.path("assay-service/store"), world.workspace.path("away"));
    let worker = world.work();
    worker.wait_for("working");
    std::fs::rename(&store, &away).unwrap();
    let jobs: Vec<String> = (0..3).map(|_| client.submitted(&world.job(0.25, 0.5))).collect();
    let waits = worker.wait_for("this machine is faulty: it takes no jobs for a while");
    assert!(waits["seconds"].as_u64().unwrap() <= 60, "{waits}");
    std::fs::rename(&away, &store).unwrap();
    for job in &jobs {
        let (done, _) = client.proven(job);
        assert_eq!(done["attempts"], 1, "{done}");
    }
}

#[test]
fn a_damaged_file_is_named_not_served_and_repaired() {
    let world = World::new();
    let (_server, address) = world.serve(0);
    let client = world.stocked(&address);
    let (model, right) = (world.digest("model.assay"), world.workspace.read("model.assay"));
    let path = world.workspace.path("assay-service/store").join(&model);
    let mut changed = right.clone();
    *changed.last_mut().unwrap() ^= 1;
    let artifact = format!("/v1/artifacts/{model}");
    // What is shorter is not begun, and other bytes are cut off.
    std::fs::write(&path, &right[..100]).unwrap();
    let detail = client.get(&artifact).problem(503, "unavailable");
    std::fs::write(&path, &changed).unwrap();
    assert!(client.try_get(&artifact).map_or(true, |answer| answer.bytes != changed));

    // Whoever submitted a job about it hears nothing of the machine, and the job waits.
    let worker = world.work();
    let job = client.submitted(&world.job(0.5, 0.5));
    let said = worker.wait_for("the service could not do its part");
    assert!(said["error"].as_str().unwrap().contains(&model), "{said}");
    assert!(!detail.contains("assay-service") && !client.job(&job).to_string().contains("assay-service"));
    client.post("/v1/models", &right).expect(201);
    assert_eq!(std::fs::read(&path).unwrap(), right);
    let (done, _) = client.proven(&job);
    assert_eq!(done["attempts"], 1, "{done}");
    assert!(client.get(&artifact).bytes == right);
}

#[test]
fn who_takes_no_answer_shuts_nobody_out() {
    let world = World::new();
    world.workspace.write("service.toml", "[server]\ntimeout_seconds = 1\nconnections = 8\n");
    let (_server, address) = world.serve(0);
    let client = Client::new(&address, &world.key("submit", &[]));
    let asks = "GET /openapi.json HTTP/1.1\r\nhost: x\r\n\r\n".repeat(2_000);
    let greedy: Vec<TcpStream> = (0..8)
        .map(|_| {
            let mut stream = TcpStream::connect(&address).unwrap();
            stream.write_all(asks.as_bytes()).unwrap();
            stream
        })
        .collect();
    // Every place is taken, or was: health is seen, others are told to come again, and soon they are served.
    assert_eq!(client.get("/healthz").status, 200);
    // What they asked for is more than the system keeps for them: a place is free only when one of them is left.
    let answer = || client.try_get("/v1/models").ok();
    wait(|| answer().filter(|answer| answer.status == 200));
    drop(greedy);
}

#[test]
fn one_key_does_not_take_every_stream_and_a_revoked_one_has_none() {
    let world = World::new();
    world.workspace.write("service.toml", "[server]\nstreams = 4\n");
    let (_server, address) = world.serve(0);
    let client = world.stocked(&address);
    let key = world.key("submit", &[]);
    let other = Client::new(&address, &key);
    let open = |client: &Client| {
        let job = client.submitted(&world.job(0.5, 0.5));
        let mut stream = TcpStream::connect(&address).unwrap();
        let ask = format!(
            "GET /v1/jobs/{job}/events HTTP/1.1\r\nhost: x\r\nauthorization: {}\r\nconnection: close\r\n\r\n",
            client.bearer()
        );
        stream.write_all(ask.as_bytes()).unwrap();
        let mut head = [0; 12];
        stream.read_exact(&mut head).unwrap();
        (String::from_utf8_lossy(&head).into_owned(), stream, job)
    };
    let (first, _one, _) = open(&client);
    let (second, _two, _) = open(&client);
    assert_eq!((first.as_str(), second.as_str()), ("HTTP/1.1 200", "HTTP/1.1 429"));
    let (third, mut three, job) = open(&other);
    assert_eq!(third, "HTTP/1.1 200");
    // The job's end is told to nobody whose key was revoked.
    world.workspace.succeed(["serve", "keys", "revoke", key.split('_').nth(1).unwrap()]);
    let _worker = world.work();
    let mut told = String::new();
    three.read_to_string(&mut told).unwrap();
    assert!(told.contains("queued") && !told.contains("outputs") && told.contains(&job), "{told}");
}

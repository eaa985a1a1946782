//! `assay serve` and `assay worker` as processes, asked over sockets.

mod chaos;
mod faults;
mod measure;
mod postgres;
mod world;

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;

use serde_json::{Value, json};

use self::postgres::Postgres;
use self::world::{Client, World, wait};
use crate::common::{COMPILE, SEED, Workspace};

#[test]
fn a_configuration_is_written_once_and_read() {
    let workspace = Workspace::new();
    workspace.succeed(["serve", "init"]);
    assert!(workspace.refused(["serve", "init"]).contains("service.toml"));
    workspace.succeed(["serve", "init", "--force"]);
    workspace.write("service.toml", "[worker]\nprover = 1\n");
    for command in [&["serve"][..], &["worker"], &["serve", "keys", "list"]] {
        let refused = workspace.refused(command);
        assert!(
            refused.contains("service.toml:2: worker.prover") && refused.contains("did you mean provers?"),
            "{refused}"
        );
    }
    assert!(workspace.refused(["serve", "--config", "none.toml"]).contains("serve init"));
    let workspace = Workspace::new();
    let document: Value = serde_json::from_str(&workspace.succeed(["serve", "--openapi"])).unwrap();
    assert!(document["openapi"].as_str().unwrap().starts_with("3.1"));
    assert!(workspace.listing().is_empty());
    let refused = workspace.run(["worker", "--database", "postgres://assay:secret@127.0.0.1:1/none"]);
    let said = String::from_utf8(refused.stderr).unwrap();
    assert!(
        !refused.status.success() && said.contains("postgres://127.0.0.1:1") && !said.contains("secret"),
        "{said}"
    );
}

#[test]
fn from_files_to_a_proof_and_everything_on_the_way() {
    let world = World::new();
    let (server, address) = world.serve(1);
    let client = world.stocked(&address);
    let strangers = Client::new(&address, &world.key("submit", &[]));
    let (model, pk) = (world.digest("model.assay"), world.digest("model.pk"));

    // Models, keys and their files.
    let models = client.get("/v1/models").expect(200);
    let [listed] = &models.as_array().unwrap()[..] else { panic!("{models}") };
    assert_eq!((&listed["digest"], &listed["keys"][0]["digest"]), (&json!(model), &json!(pk)));
    assert_eq!(
        (&listed["features"], &listed["keys"][0]["setup"]),
        (&json!(["a", "b"]), &json!("development"))
    );
    let vk = listed["keys"][0]["verifying_key"].as_str().unwrap();
    for (digest, file) in [(model.as_str(), "model.assay"), (pk.as_str(), "model.pk"), (vk, "model.vk")] {
        let file_there = client.get(&format!("/v1/artifacts/{digest}"));
        assert!(file_there.status == 200 && file_there.bytes == world.workspace.read(file), "{file}");
    }
    client.post("/v1/models", &world.workspace.read("model.assay")).expect(201);
    client.post("/v1/models", b"no model").problem(400, "model-file");
    client.post("/v1/keys", &world.workspace.read("model.assay")).problem(400, "key-file");

    // A job, its events, its proof.
    let context = "1f".repeat(32);
    let mut job = world.job(0.5, -0.25);
    job["context"] = json!(context);
    let submitted = client.submit(Some("one"), &job);
    let id = submitted.json()["id"].as_str().unwrap().to_owned();
    submitted.expect(201);
    let events = events(&address, &client, &id);
    let states: Vec<&str> = events.iter().map(|event| event["state"].as_str().unwrap()).collect();
    assert_eq!(states.last(), Some(&"done"), "{states:?}");
    assert!(states.iter().all(|state| ["queued", "running", "done"].contains(state)), "{states:?}");
    let (done, proof) = client.proven(&id);
    assert_eq!(events.last(), Some(&done));
    assert_eq!((&done["context"], &done["attempts"]), (&json!(context), &json!(1)));
    world.verify(&proof);
    world.workspace.write("decision.proof", &proof);
    world.workspace.write("input.json", "{\"a\": 0.5, \"b\": -0.25}");
    let verify = [
        "verify",
        "--vk",
        "model.vk",
        "--proof",
        "decision.proof",
        "--model",
        "model.assay",
        "--context",
        &context,
    ];
    world.workspace.succeed(verify);
    let run = world.workspace.succeed(["--json", "run", "--model", "model.assay", "--input", "input.json"]);
    let run: Value = serde_json::from_str(&run).unwrap();
    assert_eq!(done["result"]["outputs"], run["outputs"]);

    // The same again, under its name and under others.
    assert_eq!(client.submit(Some("one"), &job).expect(200)["id"], json!(id));
    client.submit(Some("one"), &world.job(0.25, 0.5)).problem(409, "idempotency-key-reused");
    assert_ne!(strangers.submit(Some("one"), &job).expect(201)["id"], json!(id));
    client.submit(Some(&"x".repeat(256)), &job).problem(400, "idempotency-key");

    // What is nobody else's.
    for path in [
        format!("/v1/jobs/{id}"),
        format!("/v1/jobs/{id}/events"),
        "/v1/jobs/x".into(),
        "/v1/jobs/%00".into(),
        "/v1/jobs/%ff".into(),
        "/v1/jobs/%ff/events".into(),
    ] {
        strangers.get(&path).problem(404, "unknown-job");
    }
    strangers.post(&format!("/v1/jobs/{id}/cancel"), b"").problem(404, "unknown-job");
    strangers.get(&format!("/v1/artifacts/{}", world::digest(&proof))).problem(404, "unknown-artifact");
    strangers.get("/v1/artifacts/%ff").problem(404, "unknown-artifact");
    client.post(&format!("/v1/jobs/{id}/cancel"), b"").problem(409, "not-queued");

    // What cannot be proven.
    let mut wrong = world.job(77.0, 0.0);
    let refused = client.ended(&client.submitted(&wrong));
    assert_eq!(
        (&refused["state"], &refused["error"]["code"]),
        (&json!("failed"), &json!("input")),
        "{refused}"
    );
    assert!(refused["error"]["hint"].as_str().unwrap().contains("domain"), "{refused}");
    assert_eq!(refused["attempts"], 1);
    wrong["inputs"] = json!({ "a": 0.5 });
    assert_eq!(client.ended(&client.submitted(&wrong))["error"]["code"], "samples");
    wrong["inputs"] = json!([[0.5, 0.5], [0.5, 0.5]]);
    assert_eq!(client.ended(&client.submitted(&wrong))["error"]["code"], "samples");
    for (change, value, code) in [
        ("model", json!("0".repeat(64)), "unknown-artifact"),
        ("model", json!("'; --"), "unknown-artifact"),
        ("model", json!(pk), "unknown-artifact"),
        ("key", json!(model), "unknown-artifact"),
        ("context", json!("1f"), "context"),
        ("salts", json!(7), "salts"),
    ] {
        let mut wrong = world.job(0.5, 0.5);
        wrong[change] = value;
        client.submit(None, &wrong).problem(422, code);
    }
    for body in
        ["", "[]", "{\"model\": 1}", "{\"model\": \"a\", \"key\": \"b\", \"inputs\": 1, \"other\": 2}"]
    {
        client.post("/v1/jobs", body.as_bytes()).problem(400, "body");
    }
    let large = vec![b' '; (1 << 20) + 1];
    client.post("/v1/jobs", &large).problem(413, "too-large");

    // What shows how it is.
    let page = String::from_utf8(client.get("/metrics").bytes).unwrap();
    let short = &model[..16];
    assert!(
        page.contains(&format!("assay_service_attempts_total{{model=\"{short}\",outcome=\"failed\"}} 3\n")),
        "{page}"
    );
    assert!(
        page.contains("assay_service_phase_seconds_count{") && page.contains("phase=\"prove\"} "),
        "{page}"
    );
    assert_eq!(client.get("/healthz").status, 200);
    assert_eq!(client.get("/readyz").status, 200);
    client.get("/openapi.json").expect(200);
    client.get("/v2").problem(404, "not-found");
    client.get("/v1/keys").problem(405, "method-not-allowed");
    let logs = server.stop();
    assert!(logs.iter().any(|entry| entry["message"] == "stopped: what was begun has ended"), "{logs:#?}");
}

#[test]
fn rights_and_quotas_hold() {
    let world = World::new();
    let (_server, address) = world.serve(0);
    let client = world.stocked(&address);
    let other = |rights: &str, more: &[&str]| {
        let key = world.key(rights, more);
        (Client::new(&address, &key), key)
    };
    let (uploader, _) = other("upload", &[]);
    uploader.get("/v1/models").problem(403, "forbidden");
    uploader.submit(None, &world.job(0.5, 0.5)).problem(403, "forbidden");
    let (submitter, key) = other("submit", &["--per-minute", "3", "--queued", "2"]);
    submitter.post("/v1/models", b"").problem(403, "forbidden");
    submitter.get("/metrics").problem(403, "forbidden");
    Client::new(&address, "nonsense").get("/v1/models").problem(401, "unauthorized");
    Client::new(&address, &format!("{key}0")).get("/v1/models").problem(401, "unauthorized");

    let first = submitter.submitted(&world.job(0.5, 0.5));
    submitter.submitted(&world.job(0.5, 0.5));
    submitter.submit(None, &world.job(0.5, 0.5)).problem(429, "too-many");
    let cancelled = submitter.post(&format!("/v1/jobs/{first}/cancel"), b"").expect(200);
    assert_eq!(cancelled["state"], "cancelled");
    assert_eq!(submitter.post(&format!("/v1/jobs/{first}/cancel"), b"").expect(200)["state"], "cancelled");
    submitter.submitted(&world.job(0.5, 0.5));
    let fast = submitter.submit(None, &world.job(0.5, 0.5));
    assert!((1..=60).contains(&fast.retry_after.as_ref().unwrap().parse().unwrap()), "{fast:?}");
    fast.problem(429, "too-fast");

    let id = key.split('_').nth(1).unwrap();
    let list = world.workspace.succeed(["serve", "keys", "list"]);
    assert!(list.contains(id) && !list.contains(key.rsplit('_').next().unwrap()), "{list}");
    world.workspace.succeed(["serve", "keys", "revoke", id]);
    submitter.get("/v1/models").problem(401, "unauthorized");
    let refused = world.workspace.run(["serve", "keys", "revoke", id]);
    assert_eq!(refused.status.code(), Some(2));

    // A cancelled job is not proven, and another is, when a worker comes.
    let open = client.submitted(&world.job(0.5, 0.5));
    let gone = client.submitted(&world.job(0.5, 0.5));
    client.post(&format!("/v1/jobs/{gone}/cancel"), b"").expect(200);
    let worker = world.work();
    client.proven(&open);
    assert_eq!(client.job(&gone)["state"], "cancelled");
    let logs = worker.stop();
    assert!(logs.iter().any(|entry| entry["message"] == "stopped: what was begun has ended"), "{logs:#?}");
}

#[test]
fn two_servers_are_one_service_on_one_postgres() {
    let Some(postgres) = Postgres::start() else { return };
    let world = World::on(&postgres.database("two"));
    let ((one, first), (_two, second)) = (world.serve(1), world.serve(0));
    let client = world.stocked(&first);
    let ids: Vec<String> = (0..6)
        .map(|number| {
            client.at(if number % 2 == 0 { &first } else { &second }).submitted(&world.job(0.5, 0.5))
        })
        .collect();
    let job = world.job(0.25, 0.5);
    let named = client.submit(Some("x"), &job).expect(201);
    assert_eq!(client.at(&second).submit(Some("x"), &job).expect(200)["id"], named["id"]);
    for id in &ids {
        let (_, proof) = client.at(&second).proven(id);
        world.verify(&proof);
    }
    // The other goes on alone, with a worker from elsewhere.
    one.kill();
    let _worker = world.work();
    let left = client.at(&second).submitted(&world.job(0.5, 0.5));
    client.at(&second).proven(&left);
}

#[test]
fn secrets_are_nowhere_in_the_open() {
    let world = World::new();
    // The model commits to what it is given.
    let hidden = ["--commit", "x", "-o", "hidden.assay"];
    let compiled = world.workspace.run(COMPILE.iter().chain(&hidden));
    assert!(compiled.status.success(), "{compiled:?}");
    world.workspace.succeed(["setup", "hidden.assay", "--development", "--seed", SEED]);
    let (server, address) = world.serve(0);
    let client = world.stocked(&address);
    client.post("/v1/models", &world.workspace.read("hidden.assay")).expect(201);
    client.post("/v1/keys", &world.workspace.read("hidden.pk")).expect(201);

    // Digits that stand nowhere else, in the input and in the salt.
    let (marker, salt) = ("0.7071239876543217", format!("0x07{}", "5a3c".repeat(15) + "17"));
    let job = |salts: &str| {
        let (model, key) = (world.digest("hidden.assay"), world.digest("hidden.pk"));
        format!(
            "{{\"model\": \"{model}\", \"key\": \"{key}\", \"inputs\": {{\"a\": {marker}, \"b\": 0.5}}{salts}}}"
        )
    };
    let post = |salts: &str| client.post("/v1/jobs", job(salts).as_bytes());
    assert!(post("").problem(422, "salts").contains("discard"));
    let id =
        post(&format!(", \"salts\": {{\"x\": \"{salt}\"}}")).expect(201)["id"].as_str().unwrap().to_owned();
    let discarded = post(", \"salts\": \"discard\"").expect(201)["id"].as_str().unwrap().to_owned();
    let refused = format!(", \"salts\": {{\"x\": \"{salt}0\"}}");
    let refused = post(&refused).expect(201)["id"].as_str().unwrap().to_owned();
    // What the model does not take is named to whoever sent it, and to nobody else.
    let outside = job(", \"salts\": \"discard\"").replace(marker, "8.7071239876543217");
    let outside = client.post("/v1/jobs", outside.as_bytes()).expect(201)["id"].as_str().unwrap().to_owned();
    let search = |when: &str| {
        for file in world.files() {
            let bytes = std::fs::read(&file).unwrap();
            for text in [&marker[2..12], &salt[2..], &salt[10..40]] {
                let found = bytes.windows(text.len()).any(|window| window == text.as_bytes());
                assert!(!found, "{when}: {} holds {text}", file.display());
            }
        }
    };
    search("before");
    let worker = world.work();
    let (done, proof) = client.proven(&id);
    client.proven(&discarded);
    let failed = client.ended(&refused);
    assert_eq!(failed["error"]["code"], "salts", "{failed}");
    let named = client.ended(&outside)["error"]["message"].as_str().unwrap().to_owned();
    assert!(named.contains("8.7071239"), "{named}");
    search("after");
    let database = world.workspace.path("assay-service/service.db");
    assert!(world.files().contains(&database) && done["result"]["outputs"].is_array());

    // The proof commits to the input under the salt that was sent.
    world.workspace.write("hidden.proof", proof);
    world.workspace.write("hidden.json", format!("{{\"a\": {marker}, \"b\": 0.5}}"));
    world.workspace.write("salts.json", format!("{{\"x\": \"{salt}\"}}"));
    let verify = ["verify", "--vk", "hidden.vk", "--proof", "hidden.proof", "--model", "hidden.assay"];
    let shown = ["--input", "hidden.json", "--salts", "salts.json"];
    let verified = world.workspace.run(verify.iter().chain(&shown));
    assert!(verified.status.success(), "{verified:?}");
    for entry in server.stop().into_iter().chain(worker.stop()) {
        let text = entry.to_string();
        assert!(!text.contains(&marker[2..12]) && !text.contains(&salt[10..40]), "{text}");
    }
    // Another key is refused, and named.
    world.workspace.write("other.key", format!("{}\n", "07".repeat(32)));
    owner_only(&world, "other.key");
    let said = world.workspace.run(["worker", "--secret-key", "other.key"]);
    let said = String::from_utf8(said.stderr).unwrap();
    assert!(said.contains("same key file"), "{said}");
}

fn owner_only(world: &World, file: &str) {
    use std::os::unix::fs::PermissionsExt as _;
    std::fs::set_permissions(world.workspace.path(file), std::fs::Permissions::from_mode(0o600)).unwrap();
}

/// A job's events until the stream ends, over a bare socket.
fn events(address: &str, client: &Client, id: &str) -> Vec<Value> {
    let mut stream = TcpStream::connect(address).unwrap();
    let head = format!(
        "GET /v1/jobs/{id}/events HTTP/1.1\r\nhost: x\r\nauthorization: {}\r\nconnection: close\r\n\r\n",
        client.bearer()
    );
    stream.write_all(head.as_bytes()).unwrap();
    let mut text = String::new();
    BufReader::new(stream).read_to_string(&mut text).unwrap();
    assert!(text.starts_with("HTTP/1.1 200") && text.contains("text/event-stream"), "{text}");
    let data = text.as_bytes().lines().map_while(Result::ok);
    let data: Vec<Value> =
        data.filter_map(|line| Some(serde_json::from_str(line.strip_prefix("data: ")?).unwrap())).collect();
    assert!(!data.is_empty(), "{text}");
    data
}

#[test]
fn slow_and_endless_requests_end() {
    let world = World::new();
    world.workspace.write("service.toml", "[server]\ntimeout_seconds = 1\nconnections = 8\n");
    let (_server, address) = world.serve(0);
    let key = world.key("submit", &[]);
    let slow = |sent: &str| {
        let mut stream = TcpStream::connect(&address).unwrap();
        stream.write_all(sent.as_bytes()).unwrap();
        stream
    };
    let head = format!(
        "POST /v1/jobs HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {key}\r\ncontent-length: 100\r\nconnection: close\r\n\r\n"
    );
    let mut stream = slow(&format!("{head}{{"));
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 408 ") && answer.contains("\"code\":\"timeout\""), "{answer}");
    let mut stream = slow(&format!("GET / HTTP/1.1\r\nx: {}", "y".repeat(40_000)));
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer);
    assert!(
        answer.is_empty() || answer.starts_with(b"HTTP/1.1 431 "),
        "{}",
        String::from_utf8_lossy(&answer)
    );
    // Who says nothing takes a place, and one place is left.
    let silent: Vec<TcpStream> = (0..7).map(|_| slow("")).collect();
    let client = Client::new(&address, &key);
    wait(|| client.try_get("/healthz").ok().filter(|answer| answer.status == 200));
    drop(silent);
}

//! A service as processes: servers, workers, whoever asks them, and a database that is thrown away.

use std::io::{BufRead as _, BufReader};
use std::path::PathBuf;
use std::process::{Child, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use crate::common::Workspace;

/// How long anything that must happen may take on a machine that does much else.
pub const PATIENCE: Duration = Duration::from_secs(120);

/// Quick heartbeats, so that a dead worker is missed within seconds.
const CONFIG: &str = "[queue]\npoll_millis = 50\nheartbeat_seconds = 1\nmissed_heartbeats = 3\n";

/// A folder with a model, its keys and a service's configuration.
pub struct World {
    pub workspace: Workspace,
    /// More arguments for everything that opens the service.
    database: Vec<String>,
}

/// A process that is killed with the test.
pub struct Process {
    pub child: Child,
    logs: Receiver<Value>,
}

/// Whoever asks a server.
#[derive(Clone)]
pub struct Client {
    agent: ureq::Agent,
    pub address: String,
    key: String,
}

/// What a server answered.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub kind: String,
    pub retry_after: Option<String>,
    pub bytes: Vec<u8>,
}

impl Answer {
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.bytes).unwrap_or_else(|_| panic!("{self:?}"))
    }

    /// Insists on the status, and gives the document.
    pub fn expect(self, status: u16) -> Value {
        assert_eq!(self.status, status, "{}", String::from_utf8_lossy(&self.bytes));
        self.json()
    }

    /// Insists on a problem of this status and code.
    pub fn problem(self, status: u16, code: &str) -> String {
        let said = String::from_utf8_lossy(&self.bytes).into_owned();
        assert_eq!((self.status, self.kind.as_str()), (status, "application/problem+json"), "{said}");
        let problem = self.json();
        assert_eq!(problem["code"], code, "{said}");
        assert_eq!(
            (&problem["status"], &problem["type"]),
            (&json!(status), &json!(format!("urn:assay:problem:{code}")))
        );
        assert!(!problem["title"].as_str().unwrap().is_empty(), "{said}");
        problem["detail"].as_str().unwrap().to_owned()
    }
}

impl World {
    /// On SQLite.
    pub fn new() -> World {
        let workspace = Workspace::with_keys();
        workspace.write("service.toml", CONFIG);
        World { workspace, database: Vec::new() }
    }

    /// On Postgres.
    pub fn on(url: &str) -> World {
        World { database: vec!["--database".into(), url.into()], ..World::new() }
    }

    pub fn digest(&self, file: &str) -> String {
        digest(&self.workspace.read(file))
    }

    /// Makes an API key.
    pub fn key(&self, rights: &str, more: &[&str]) -> String {
        let mut arguments = vec!["--json", "serve", "keys", "add", "test", "--rights", rights];
        arguments.extend(more);
        arguments.extend(self.database.iter().map(String::as_str));
        let text = self.workspace.succeed(&arguments);
        serde_json::from_str::<Value>(&text).unwrap()["key"].as_str().unwrap().to_owned()
    }

    /// Starts a server and waits until it serves: itself, and its address.
    pub fn serve(&self, workers: usize) -> (Process, String) {
        let workers = workers.to_string();
        let process = self.start(&["--json", "serve", "--listen", "127.0.0.1:0", "--workers", &workers]);
        let serving = process.wait_for("serving");
        let address = serving["address"].as_str().unwrap().to_owned();
        (process, address)
    }

    /// Starts a worker.
    pub fn work(&self) -> Process {
        self.start(&["--json", "worker"])
    }

    fn start(&self, arguments: &[&str]) -> Process {
        let all = arguments.iter().copied().chain(self.database.iter().map(String::as_str));
        let mut command = self.workspace.command(all);
        if std::env::var_os("RAYON_NUM_THREADS").is_none() {
            // One thread a proof: a test runs several workers on few cores.
            command.env("RAYON_NUM_THREADS", "1");
        }
        let mut child = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
        let (stderr, (send, logs)) = (child.stderr.take().unwrap(), channel());
        std::thread::spawn(move || {
            for line in BufReader::new(stderr).lines().map_while(Result::ok) {
                let entry = serde_json::from_str(&line).unwrap_or_else(|_| json!({ "message": line }));
                // Where nobody listens any more, nobody minds.
                let _ = send.send(entry);
            }
        });
        Process { child, logs }
    }

    /// A client with the rights of everything, and the model and its key in the store.
    pub fn stocked(&self, address: &str) -> Client {
        let key = self.key("submit,upload,metrics", &["--per-minute", "100000", "--queued", "100000"]);
        let client = Client::new(address, &key);
        client.post("/v1/models", &self.workspace.read("model.assay")).expect(201);
        client.post("/v1/keys", &self.workspace.read("model.pk")).expect(201);
        client
    }

    /// With another model in place of the usual one: a folder of `models/`, or none.
    pub fn with_model_of(self, folder: &str) -> World {
        if !folder.is_empty() {
            let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../models").join(folder);
            let (onnx, samples) = (folder.join("model.onnx"), folder.join("calibration.csv"));
            let (onnx, samples) = (onnx.to_str().unwrap(), samples.to_str().unwrap());
            let compile = [
                "compile",
                onnx,
                "--calibration",
                samples,
                "--max-error-calibrated",
                "0.05",
                "-o",
                "model.assay",
                "--force",
            ];
            self.workspace.succeed(compile);
            self.workspace.succeed([
                "setup",
                "model.assay",
                "--development",
                "--seed",
                crate::common::SEED,
                "--force",
            ]);
        }
        self
    }

    /// Inputs that the model takes: the middle of each element's domain.
    pub fn inputs(&self) -> Value {
        let model = assay::Model::load(&self.workspace.read("model.assay")).unwrap();
        let middle = model.features().iter().map(|feature| json!((feature.min + feature.max) / 2.0));
        json!([middle.collect::<Vec<_>>()])
    }

    /// A job about these.
    pub fn job_of_model(&self) -> Value {
        json!({ "model": self.digest("model.assay"), "key": self.digest("model.pk"), "inputs": self.inputs() })
    }

    /// A job about these inputs.
    pub fn job(&self, a: f64, b: f64) -> Value {
        json!({ "model": self.digest("model.assay"), "key": self.digest("model.pk"), "inputs": { "a": a, "b": b } })
    }

    /// Verifies the bytes of a proof file.
    pub fn verify(&self, proof: &[u8]) {
        let model = assay::Model::load(&self.workspace.read("model.assay")).unwrap();
        let key = assay::VerifyingKey::from_bytes(&self.workspace.read("model.vk")).unwrap();
        let verifier = assay::Verifier::new(key).for_model(&model).unwrap();
        verifier.verify_file(&assay::ProofFile::from_bytes(proof).unwrap()).unwrap();
    }

    /// All files of the service, below its folder.
    pub fn files(&self) -> Vec<PathBuf> {
        let (mut folders, mut files) = (vec![self.workspace.path("assay-service")], Vec::new());
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() { folders.push(path) } else { files.push(path) }
            }
        }
        files
    }
}

pub fn digest(bytes: &[u8]) -> String {
    hex::encode(Sha256::digest(bytes))
}

impl Process {
    /// The next log entry with this message.
    pub fn wait_for(&self, message: &str) -> Value {
        let until = Instant::now() + PATIENCE;
        let mut seen = Vec::new();
        while let Ok(entry) = self.logs.recv_timeout(until.saturating_duration_since(Instant::now())) {
            if entry["message"] == message {
                return entry;
            }
            seen.push(entry);
        }
        panic!("{message:?} was not logged: {seen:#?}");
    }

    /// Kills it, as `kill -9` does, and waits until it is gone.
    pub fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Tells it to stop, and waits until it has.
    pub fn stop(mut self) -> Vec<Value> {
        signal("TERM", self.child.id());
        assert!(self.child.wait().unwrap().success());
        // The reader ends with the pipe.
        self.logs.iter().collect()
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

pub fn signal(name: &str, process: u32) {
    let status = std::process::Command::new("kill").args([format!("-{name}"), process.to_string()]).status();
    assert!(status.unwrap().success());
}

impl Client {
    pub fn new(address: &str, key: &str) -> Client {
        let config = ureq::Agent::config_builder().http_status_as_error(false).timeout_global(Some(PATIENCE));
        Client { agent: config.build().into(), address: address.into(), key: key.into() }
    }

    /// The same at another address.
    pub fn at(&self, address: &str) -> Client {
        Client { address: address.into(), ..self.clone() }
    }

    fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    pub fn bearer(&self) -> String {
        format!("Bearer {}", self.key)
    }

    pub fn try_get(&self, path: &str) -> Result<Answer, ureq::Error> {
        let response = self.agent.get(self.url(path)).header("authorization", self.bearer()).call()?;
        answer(response)
    }

    pub fn get(&self, path: &str) -> Answer {
        self.try_get(path).unwrap()
    }

    pub fn try_post(&self, path: &str, name: Option<&str>, body: &[u8]) -> Result<Answer, ureq::Error> {
        let mut request = self.agent.post(self.url(path)).header("authorization", self.bearer());
        if let Some(name) = name {
            request = request.header("idempotency-key", name);
        }
        answer(request.send(body)?)
    }

    pub fn post(&self, path: &str, body: &[u8]) -> Answer {
        self.try_post(path, None, body).unwrap()
    }

    pub fn submit(&self, name: Option<&str>, job: &Value) -> Answer {
        self.try_post("/v1/jobs", name, job.to_string().as_bytes()).unwrap()
    }

    /// Submits a job, and gives its id.
    pub fn submitted(&self, job: &Value) -> String {
        self.submit(None, job).expect(201)["id"].as_str().unwrap().to_owned()
    }

    pub fn job(&self, id: &str) -> Value {
        self.get(&format!("/v1/jobs/{id}")).expect(200)
    }

    /// The job at its end.
    pub fn ended(&self, id: &str) -> Value {
        wait(|| {
            let job = self.job(id);
            ["done", "failed", "cancelled"].contains(&job["state"].as_str().unwrap()).then_some(job)
        })
    }

    /// The job, done, and the bytes of its proof.
    pub fn proven(&self, id: &str) -> (Value, Vec<u8>) {
        let job = self.ended(id);
        assert_eq!(job["state"], "done", "{job}");
        let digest_said = job["result"]["proof"].as_str().unwrap();
        let proof = self.get(&format!("/v1/artifacts/{digest_said}"));
        assert_eq!((proof.status, digest(&proof.bytes).as_str()), (200, digest_said));
        (job, proof.bytes)
    }
}

fn answer(mut response: ureq::http::Response<ureq::Body>) -> Result<Answer, ureq::Error> {
    let header = |name: &str| response.headers().get(name).map(|value| value.to_str().unwrap().to_owned());
    let (kind, retry_after) = (header("content-type").unwrap_or_default(), header("retry-after"));
    let status = response.status().as_u16();
    let bytes = response.body_mut().with_config().limit(1 << 30).read_to_vec()?;
    Ok(Answer { status, kind, retry_after, bytes })
}

/// Asks until there is something.
pub fn wait<T>(mut ask: impl FnMut() -> Option<T>) -> T {
    let until = Instant::now() + PATIENCE;
    loop {
        if let Some(found) = ask() {
            return found;
        }
        assert!(Instant::now() < until, "it did not happen");
        std::thread::sleep(Duration::from_millis(20));
    }
}

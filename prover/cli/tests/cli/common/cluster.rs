//! A cluster of answers: RPC over a socket, as far as a test scripts it. What programs do is for the tests on a real one (`over_rpc`).

use std::collections::{HashMap, VecDeque};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::Output;
use std::sync::{Arc, Mutex, MutexGuard};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde_json::{Value, json};
use solana_address::Address;
use solana_keypair::{Keypair, write_keypair_file};
use solana_signer::Signer;

use super::Workspace;

const CLOCK: &str = "SysvarC1ock11111111111111111111111111111111";
/// The blockhash that it names, and the last block that takes it.
pub const BLOCKHASH: &str = "9sHcv6xwn9YkB8nxTUGKDwPwNnmqVp5oAXxU8Fdkm4J6";
pub const LAST_HEIGHT: u64 = 150;

/// How a request is answered.
#[derive(Clone, Debug)]
pub enum Answer {
    Result(Value),
    Error(Value),
    /// A status and a page.
    Page(u16, &'static str),
    /// Nothing: the connection is closed.
    Nothing,
}

/// What it has, and what it will say.
pub struct State {
    pub accounts: HashMap<Address, (Address, Vec<u8>)>,
    pub lamports: u64,
    pub now: i64,
    pub height: u64,
    pub simulation: Value,
    /// What is said first to requests of a method, one after the other.
    pub script: HashMap<&'static str, VecDeque<Answer>>,
    /// Every request.
    pub asked: Vec<(String, Value)>,
}

pub struct Cluster {
    pub url: String,
    state: Arc<Mutex<State>>,
}

impl Cluster {
    pub fn start() -> Cluster {
        let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let state = Arc::new(Mutex::new(State {
            accounts: HashMap::new(),
            lamports: 5_000_000_000,
            now: 1_800_000_000,
            height: 0,
            simulation: json!({ "err": null, "logs": [], "unitsConsumed": 100_000, "returnData": null }),
            script: HashMap::new(),
            asked: Vec::new(),
        }));
        let shared = Arc::clone(&state);
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                answer(stream.unwrap(), &shared);
            }
        });
        Cluster { url, state }
    }

    pub fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }

    /// What is said first to the next requests of a method.
    pub fn script(&self, method: &'static str, answers: impl IntoIterator<Item = Answer>) {
        self.state().script.entry(method).or_default().extend(answers);
    }

    /// The parameters of every request of a method.
    pub fn asked(&self, method: &str) -> Vec<Value> {
        let state = self.state();
        state
            .asked
            .iter()
            .filter(|(asked, _)| asked == method)
            .map(|(_, parameters)| parameters.clone())
            .collect()
    }

    /// The transactions that were sent.
    pub fn sent(&self) -> Vec<Vec<u8>> {
        let wire = |parameters: Value| BASE64.decode(parameters[0].as_str().unwrap()).unwrap();
        self.asked("sendTransaction").into_iter().map(wire).collect()
    }

    /// `assay` with `--url` and a key file.
    pub fn run(&self, workspace: &Workspace, arguments: &[&str]) -> Output {
        let common = ["--url", &self.url, "--keypair", "id.json"];
        workspace.run(arguments.iter().chain(&common))
    }

    /// Insists on exit code 0, and gives the JSON document.
    pub fn json(&self, workspace: &Workspace, arguments: &[&str]) -> Value {
        let output = self.run(workspace, &[arguments, &["--json"]].concat());
        assert!(output.status.success(), "{}", super::show(&output));
        serde_json::from_slice(&output.stdout).unwrap()
    }

    /// Insists on exit code 2 and on nothing sent, and gives the error object.
    pub fn refused(&self, workspace: &Workspace, arguments: &[&str]) -> Value {
        let before = self.sent().len();
        let error = self.failed(workspace, arguments);
        assert_eq!(self.sent().len(), before, "nothing is sent");
        error
    }

    /// Insists on exit code 2, and gives the error object.
    pub fn failed(&self, workspace: &Workspace, arguments: &[&str]) -> Value {
        let output = self.run(workspace, &[arguments, &["--json"]].concat());
        assert_eq!(output.status.code(), Some(2), "{}", super::show(&output));
        serde_json::from_slice::<Value>(&output.stdout).unwrap()["error"].take()
    }
}

/// The key that signs in these tests, also as `id.json`.
pub fn key(workspace: &Workspace) -> Keypair {
    let key = Keypair::new_from_array([7; 32]);
    write_keypair_file(&key, workspace.path("id.json")).unwrap();
    assert_eq!(key.pubkey(), Keypair::new_from_array([7; 32]).pubkey());
    key
}

fn answer(stream: TcpStream, state: &Mutex<State>) {
    let mut reader = BufReader::new(stream);
    let mut length = 0;
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line).unwrap_or(0) == 0 {
            return;
        }
        let line = line.trim().to_ascii_lowercase();
        if let Some(value) = line.strip_prefix("content-length:") {
            length = value.trim().parse().unwrap();
        }
        if line.is_empty() {
            break;
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).unwrap();
    let request: Value = serde_json::from_slice(&body).unwrap();
    let method = request["method"].as_str().unwrap().to_owned();
    let (status, text) = {
        let mut state = state.lock().unwrap();
        state.asked.push((method.clone(), request["params"].clone()));
        let scripted = state.script.get_mut(method.as_str()).and_then(VecDeque::pop_front);
        let answer = scripted.unwrap_or_else(|| Answer::Result(usual(&state, &method, &request["params"])));
        let document =
            |field: &str, value: Value| json!({ "jsonrpc": "2.0", "id": 1, field: value }).to_string();
        match answer {
            Answer::Result(value) => (200, document("result", value)),
            Answer::Error(value) => (200, document("error", value)),
            Answer::Page(status, page) => (status, page.to_owned()),
            Answer::Nothing => return,
        }
    };
    let length = text.len();
    let head = format!("HTTP/1.1 {status} X\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n");
    let _ = reader.get_mut().write_all((head + &text).as_bytes());
}

/// What a cluster says where nothing goes wrong.
fn usual(state: &State, method: &str, parameters: &Value) -> Value {
    let at_slot = |value: Value| json!({ "context": { "slot": 9 }, "value": value });
    let account = |(owner, data): &(Address, Vec<u8>)| json!({ "owner": owner.to_string(), "data": [BASE64.encode(data), "base64"], "lamports": 1 });
    match method {
        "getSignaturesForAddress" => json!([]),
        "getGenesisHash" => json!("11111111111111111111111111111111"),
        "getBalance" => at_slot(json!(state.lamports)),
        "getMinimumBalanceForRentExemption" => json!(6_960 * (128 + parameters[0].as_u64().unwrap())),
        "getLatestBlockhash" => {
            at_slot(json!({ "blockhash": BLOCKHASH, "lastValidBlockHeight": LAST_HEIGHT }))
        }
        "getBlockHeight" => json!(state.height),
        "getAccountInfo" if parameters[0] == CLOCK => {
            let data = [&[0; 32][..], &state.now.to_le_bytes()].concat();
            at_slot(account(&(Address::default(), data)))
        }
        "getAccountInfo" => {
            let address = parameters[0].as_str().unwrap().parse().unwrap();
            at_slot(state.accounts.get(&address).map_or(Value::Null, account))
        }
        "getProgramAccounts" => {
            let item = |(address, found): (&Address, &(Address, Vec<u8>))| json!({ "pubkey": address.to_string(), "account": account(found) });
            Value::Array(state.accounts.iter().map(item).collect())
        }
        "simulateTransaction" => at_slot(state.simulation.clone()),
        "sendTransaction" => json!("the signature is computed where it is sent from"),
        "getSignatureStatuses" => at_slot(
            json!([{ "slot": 12, "err": null, "confirmationStatus": "confirmed", "confirmations": 1 }]),
        ),
        other => panic!("nobody asks for {other}"),
    }
}

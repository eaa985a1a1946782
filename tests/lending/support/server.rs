//! The in-process runtime behind sockets: JSON-RPC and subscriptions, as far as a keeper asks. Slots pass by themselves, time when told.

use std::collections::{HashMap, HashSet};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use assay_host::{Chain, Holds, Watch};
use assay_localnet::{Localnet, Wallet};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde_json::{Value, json};
use solana_address::Address;
use solana_instruction::{AccountMeta, Instruction};
use solana_keypair::Keypair;
use solana_message::VersionedMessage;
use tungstenite::{Message, WebSocket};

const SLOT: Duration = Duration::from_millis(40);
/// Blocks that a blockhash lives.
const LIFE: u64 = 150;

/// What the cluster has, and what it does wrong.
pub struct State {
    pub net: Localnet,
    pub slot: u64,
    /// What became of transactions, by signature: the slot and the error.
    pub landed: HashMap<String, (u64, Value)>,
    /// The signature of every transaction that was handed in for the first time, with its instructions' first bytes.
    pub sent: Vec<(String, Vec<[u8; 8]>)>,
    /// Transactions are taken and never executed.
    pub loses_sends: bool,
    /// Their statuses are not told.
    pub hides_statuses: bool,
    /// Only the statuses of the latest 300 slots are kept.
    pub forgets: bool,
    /// Subscriptions are told nothing but slots, and see a gap.
    pub loses_notifications: bool,
    /// Every connection is closed at the next slot.
    pub cuts: bool,
    key: Keypair,
}

/// The cluster, for whoever has its wallet's key.
pub struct Server {
    pub url: String,
    pub websocket: String,
    state: Arc<Mutex<State>>,
}

impl Server {
    pub fn start(net: Localnet, key: Keypair) -> Self {
        let state = State {
            net,
            slot: 1_000,
            landed: HashMap::new(),
            sent: Vec::new(),
            loses_sends: false,
            hides_statuses: false,
            forgets: false,
            loses_notifications: false,
            cuts: false,
            key,
        };
        let state = Arc::new(Mutex::new(state));
        let [http, sockets] = [(), ()].map(|()| TcpListener::bind(("127.0.0.1", 0)).unwrap());
        let url = format!("http://{}", http.local_addr().unwrap());
        let websocket = format!("ws://{}", sockets.local_addr().unwrap());
        let shared = Arc::clone(&state);
        std::thread::spawn(move || {
            for stream in http.incoming() {
                let state = Arc::clone(&shared);
                std::thread::spawn(move || while serve(stream.as_ref().unwrap(), &state).is_some() {});
            }
        });
        let shared = Arc::clone(&state);
        std::thread::spawn(move || {
            for stream in sockets.incoming() {
                let state = Arc::clone(&shared);
                std::thread::spawn(move || tell(stream.unwrap(), &state));
            }
        });
        let shared = Arc::clone(&state);
        std::thread::spawn(move || {
            loop {
                std::thread::sleep(SLOT);
                shared.lock().unwrap().slot += 1;
            }
        });
        Self { url, websocket, state }
    }

    pub fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }
}

/// One request of a connection; none where it ended.
fn serve(stream: &TcpStream, state: &Mutex<State>) -> Option<()> {
    let (mut reader, mut length) = (BufReader::new(stream), 0);
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line).ok()? == 0 {
            return None;
        }
        if let Some(value) = line.to_ascii_lowercase().trim().strip_prefix("content-length:") {
            length = value.trim().parse().ok()?;
        }
        if line.trim().is_empty() {
            break;
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    let request: Value = serde_json::from_slice(&body).ok()?;
    let method = request["method"].as_str()?;
    let (field, answer) = match state.lock().unwrap().answer(method, &request["params"]) {
        Ok(answer) => ("result", answer),
        Err(error) => ("error", error),
    };
    let text = json!({ "jsonrpc": "2.0", "id": request["id"], field: answer }).to_string();
    let head = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n", text.len());
    (&*stream).write_all((head + &text).as_bytes()).ok()
}

impl State {
    fn at_slot(&self, value: Value) -> Value {
        json!({ "context": { "slot": self.slot }, "value": value })
    }

    fn account(&self, address: &Address) -> Value {
        if address.to_string() == "SysvarC1ock11111111111111111111111111111111" {
            let data = [&[0; 32][..], &self.net.now().to_le_bytes()].concat();
            return json!({ "owner": address.to_string(), "lamports": 1, "data": [BASE64.encode(data), "base64"] });
        }
        let written = |account: solana_account::Account| {
            json!({ "owner": account.owner.to_string(), "lamports": account.lamports,
                "data": [BASE64.encode(&account.data), "base64"] })
        };
        self.net.account(address).map_or(Value::Null, written)
    }

    fn listed(&mut self, program: &Value, options: &Value) -> Vec<(Address, Value)> {
        let key = self.key.insecure_clone();
        let found = Wallet::new(&mut self.net, &key).addresses(&watch(program, options)).unwrap();
        found.into_iter().map(|address| (address, self.account(&address))).collect()
    }

    fn answer(&mut self, method: &str, parameters: &Value) -> Result<Value, Value> {
        let address = |value: &Value| value.as_str().unwrap().parse::<Address>().unwrap();
        Ok(match method {
            "getGenesisHash" => json!("11111111111111111111111111111111"),
            "getBlockHeight" | "getSlot" => json!(self.slot),
            "getLatestBlockhash" => {
                // Another one in each slot: what is signed anew has another signature.
                let mut hash = [7; 32];
                hash[..8].copy_from_slice(&self.slot.to_le_bytes());
                let hash = Address::new_from_array(hash).to_string();
                self.at_slot(json!({ "blockhash": hash, "lastValidBlockHeight": self.slot + LIFE }))
            }
            "getAccountInfo" => self.at_slot(self.account(&address(&parameters[0]))),
            "getMultipleAccounts" => {
                let all = parameters[0].as_array().unwrap().iter().map(|name| self.account(&address(name)));
                self.at_slot(all.collect())
            }
            "getProgramAccounts" => {
                let listed = self.listed(&parameters[0], &parameters[1]);
                let item = |(address, account): (Address, Value)| json!({ "pubkey": address.to_string(), "account": account });
                self.at_slot(listed.into_iter().map(item).collect())
            }
            "simulateTransaction" => {
                let (_, instructions) = read(&parameters[0]);
                let key = self.key.insecure_clone();
                let outcome = self.net.simulate(&instructions, &[&key]);
                self.at_slot(json!({ "err": error(&outcome), "logs": outcome.logs,
                    "unitsConsumed": outcome.compute_units, "returnData": null }))
            }
            "sendTransaction" => {
                let (signature, instructions) = read(&parameters[0]);
                if self.sent.iter().all(|(sent, _)| *sent != signature) {
                    let names = instructions.iter().filter_map(|one| one.data.first_chunk().copied());
                    self.sent.push((signature.clone(), names.collect()));
                }
                if !self.loses_sends && !self.landed.contains_key(&signature) {
                    let key = self.key.insecure_clone();
                    let outcome = self.net.send(&instructions, &[&key]);
                    self.landed.insert(signature.clone(), (self.slot, error(&outcome)));
                }
                json!(signature)
            }
            "getSignatureStatuses"
                if self.forgets && parameters[1]["searchTransactionHistory"].as_bool() == Some(true) =>
            {
                let message = "Transaction history is not available from this node";
                return Err(json!({ "code": -32011, "message": message }));
            }
            "getSignatureStatuses" => {
                let found = self.landed.get(parameters[0][0].as_str().unwrap());
                let found = found.filter(|(slot, _)| !self.forgets || slot + 300 > self.slot);
                let found = found.filter(|_| !self.hides_statuses);
                let status = |(slot, error): &(u64, Value)| json!({ "slot": slot, "err": error, "confirmationStatus": "confirmed" });
                self.at_slot(json!([found.map(status)]))
            }
            "getTransaction" => Value::Null,
            other => return Err(json!({ "code": -32601, "message": format!("nobody asks for {other}") })),
        })
    }
}

fn error(outcome: &assay_localnet::Outcome) -> Value {
    match &outcome.refusal {
        None => Value::Null,
        Some(refusal) => {
            let code = refusal.code.map_or_else(|| json!(refusal.name), |code| json!({ "Custom": code }));
            json!({ "InstructionError": [refusal.instruction.unwrap_or(0), code] })
        }
    }
}

fn watch(program: &Value, options: &Value) -> Watch {
    let filters = options["filters"].as_array().unwrap().iter().map(|filter| {
        let bytes = BASE64.decode(filter["memcmp"]["bytes"].as_str().unwrap()).unwrap();
        (filter["memcmp"]["offset"].as_u64().unwrap() as usize, bytes)
    });
    let filters: Vec<(usize, Vec<u8>)> = filters.collect();
    let holds =
        filters.get(1).map(|(offset, bytes)| Holds { offset: *offset, bytes: bytes[..].try_into().unwrap() });
    let discriminator = filters[0].1[..].try_into().unwrap();
    Watch { program: program.as_str().unwrap().parse().unwrap(), discriminator, holds }
}

/// The signature and the instructions of a transaction of version 0.
fn read(wire: &Value) -> (String, Vec<Instruction>) {
    let wire = BASE64.decode(wire.as_str().unwrap()).unwrap();
    let (count, rest) = (usize::from(wire[0]), &wire[1..]);
    assert!(wire.len() <= 1_232 && count < 20, "a transaction of version 0: {} bytes", wire.len());
    let (signatures, message) = rest.split_at(64 * count);
    let message: VersionedMessage = wincode::deserialize(message).unwrap();
    let keys = message.static_account_keys();
    let meta = |index: &u8| {
        let index = usize::from(*index);
        AccountMeta {
            pubkey: keys[index],
            is_signer: message.is_signer(index),
            is_writable: message.is_maybe_writable_with_reserved_addresses(index, None::<&HashSet<Address>>),
        }
    };
    let instructions = message.instructions().iter().map(|one| Instruction {
        program_id: keys[usize::from(one.program_id_index)],
        accounts: one.accounts.iter().map(meta).collect(),
        data: one.data.clone(),
    });
    let signature: [u8; 64] = signatures[..64].try_into().unwrap();
    (bs58::encode(signature).into_string(), instructions.collect())
}

/// One client's subscriptions: slots, and each account that is other than it was told last. What was closed is not told of where a program
/// is subscribed to.
fn tell(stream: TcpStream, state: &Mutex<State>) -> Option<()> {
    let mut socket = tungstenite::accept(stream).ok()?;
    socket.get_ref().set_read_timeout(Some(SLOT / 4)).ok()?;
    let (mut topics, mut told, mut last) = (Vec::<(Value, Value)>::new(), HashMap::new(), 0);
    loop {
        match socket.read() {
            Ok(Message::Text(text)) => {
                let request: Value = serde_json::from_str(text.as_str()).ok()?;
                topics.push((request["method"].clone(), request["params"].clone()));
                let answer = json!({ "jsonrpc": "2.0", "id": request["id"], "result": topics.len() });
                socket.send(Message::text(answer.to_string())).ok()?;
            }
            Ok(_) => {}
            Err(tungstenite::Error::Io(error)) if error.kind() == std::io::ErrorKind::WouldBlock => {}
            Err(_) => return None,
        }
        let mut state = state.lock().unwrap();
        if std::mem::take(&mut state.cuts) {
            return None;
        }
        let slot = state.slot;
        if slot == last {
            continue;
        }
        for (topic, number) in topics.iter().zip(1u64..) {
            let found = match topic.0.as_str()? {
                "slotSubscribe" => {
                    notify(&mut socket, number, json!({ "slot": slot, "parent": slot - 1, "root": 0 }))?;
                    continue;
                }
                "accountSubscribe" => {
                    let address = topic.1[0].as_str()?.parse().ok()?;
                    vec![(address, state.account(&address))]
                }
                _ => state.listed(&topic.1[0], &topic.1[1]),
            };
            let is_first = told.keys().all(|(of, _)| *of != number);
            for (address, account) in found {
                let before = told.insert((number, address), account.clone());
                if is_first || before.as_ref() == Some(&account) || state.loses_notifications {
                    continue;
                }
                let value = match topic.0.as_str()? {
                    "accountSubscribe" => account,
                    _ => json!({ "pubkey": address.to_string(), "account": account }),
                };
                notify(&mut socket, number, json!({ "context": { "slot": slot }, "value": value }))?;
            }
        }
        last = slot;
    }
}

fn notify(socket: &mut WebSocket<TcpStream>, number: u64, result: Value) -> Option<()> {
    let told =
        json!({ "jsonrpc": "2.0", "method": "n", "params": { "subscription": number, "result": result } });
    socket.send(Message::text(told.to_string())).ok()
}

//! Subscriptions over a WebSocket: slots, and each account that is other than it was told last. Of what was closed nothing is told where a
//! program is subscribed to, as on a cluster.

use std::collections::HashMap;
use std::io::ErrorKind;
use std::net::TcpStream;
use std::sync::Mutex;
use std::time::Duration;

use assay_host::Watch;
use serde_json::{Value, json};
use solana_account::Account;
use solana_address::Address;
use tungstenite::{Error, Message, WebSocket};

use super::answers::{address, watch, written};
use super::state::{State, lock};

/// What somebody subscribed to.
enum Topic {
    Slots,
    Account(Address),
    Program(Watch),
}

/// A subscription, and what was told of it.
struct Subscription {
    topic: Topic,
    /// None before the first slot in which it stood.
    told: Option<HashMap<Address, Option<Account>>>,
}

/// Tells a client of changes until it leaves.
pub(super) fn tell(stream: TcpStream, state: &Mutex<State>, slot: Duration) {
    if let Ok(socket) = tungstenite::accept(stream)
        && socket.get_ref().set_read_timeout(Some(slot / 4)).is_ok()
    {
        let mut client = Client { socket, subscriptions: HashMap::new(), next: 1, slot: 0 };
        while client.step(state).is_some() {}
    }
}

struct Client {
    socket: WebSocket<TcpStream>,
    subscriptions: HashMap<u64, Subscription>,
    next: u64,
    slot: u64,
}

impl Client {
    /// One message, if there is one, and the slot, if it is new; none once the client is gone.
    fn step(&mut self, state: &Mutex<State>) -> Option<()> {
        match self.socket.read() {
            Ok(Message::Text(text)) => {
                let answer = self.answer(&serde_json::from_str(text.as_str()).ok()?, &lock(state));
                self.socket.send(Message::text(answer.to_string())).ok()?;
            }
            Ok(_) => {}
            Err(Error::Io(error)) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {}
            Err(_) => return None,
        }
        let mut news = Vec::new();
        {
            let mut state = lock(state);
            if state.cuts {
                state.cuts = false;
                return None;
            }
            if state.slot != self.slot {
                self.slot = state.slot;
                let mut numbers: Vec<u64> = self.subscriptions.keys().copied().collect();
                numbers.sort_unstable();
                for number in numbers {
                    let Some(subscription) = self.subscriptions.get_mut(&number) else { continue };
                    news.extend(subscription.news(&state).into_iter().map(|news| (number, news)));
                }
            }
        }
        for (number, result) in news {
            let told = json!({ "jsonrpc": "2.0", "method": "notification", "params": { "subscription": number, "result": result } });
            self.socket.send(Message::text(told.to_string())).ok()?;
        }
        Some(())
    }

    fn answer(&mut self, request: &Value, state: &State) -> Value {
        let part = |name| request.get(name).unwrap_or(&Value::Null);
        let (method, parameters) = (part("method").as_str().unwrap_or_default(), part("params"));
        let result = if method.ends_with("Unsubscribe") {
            let number = parameters.get(0).and_then(Value::as_u64);
            number.map(|number| json!(self.subscriptions.remove(&number).is_some()))
        } else {
            let topic = match method {
                "slotSubscribe" => Some(Topic::Slots),
                "accountSubscribe" => parameters.get(0).and_then(address).map(Topic::Account),
                "programSubscribe" => watch(parameters).map(Topic::Program),
                _ => None,
            };
            topic.map(|topic| {
                let number = self.next;
                self.next += 1;
                let mut subscription = Subscription { topic, told: None };
                // What is there now is known to whoever asks for it afterwards; whatever changes from here on is news.
                subscription.news(state);
                self.subscriptions.insert(number, subscription);
                json!(number)
            })
        };
        match result {
            Some(result) => json!({ "jsonrpc": "2.0", "id": part("id"), "result": result }),
            None => {
                let error = json!({ "code": -32602, "message": "Invalid params" });
                json!({ "jsonrpc": "2.0", "id": part("id"), "error": error })
            }
        }
    }
}

impl Subscription {
    /// What is to be told of it in this slot.
    fn news(&mut self, state: &State) -> Vec<Value> {
        let slot = state.slot;
        let found = match &self.topic {
            Topic::Slots => return vec![json!({ "slot": slot, "parent": slot - 1, "root": 0 })],
            Topic::Account(address) => vec![(*address, state.found(address))],
            Topic::Program(watch) => {
                let listed = state.net.listed(watch).into_iter();
                listed.map(|(address, account)| (address, Some(account))).collect()
            }
        };
        let is_first = self.told.is_none();
        let told = self.told.get_or_insert_default();
        let mut news = Vec::new();
        for (address, account) in found {
            let is_same = told.get(&address).is_some_and(|before| *before == account);
            if !is_same && !is_first && !state.loses_notifications {
                let shown = account.as_ref().map_or(Value::Null, written);
                let value = match self.topic {
                    Topic::Account(_) => shown,
                    _ => json!({ "pubkey": address.to_string(), "account": shown }),
                };
                news.push(json!({ "context": { "slot": slot }, "value": value }));
            }
            if !is_same {
                told.insert(address, account);
            }
        }
        news
    }
}

//! Subscriptions over a WebSocket, as every RPC server has them.

use std::collections::HashMap;
use std::time::Duration;

use assay_chain::rpc::{At, filters, written};
use futures_util::{SinkExt as _, StreamExt as _};
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio::sync::mpsc;
use tokio::time::{Instant, timeout};
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_tungstenite::tungstenite::{Error, Message};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async_with_config};

use super::mirror::Key;
use super::reader::Want;
use super::source::{Ended, Intake, LONGEST, Line, PATIENCE, PING, Source};

type Socket = WebSocketStream<MaybeTlsStream<TcpStream>>;

/// A server's subscriptions.
pub struct WebSocket {
    /// Its address, `ws://` or `wss://`.
    pub url: String,
}

/// What is subscribed to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Topic {
    Slots,
    Accounts(Key),
}

#[derive(Deserialize)]
struct Incoming {
    id: Option<u64>,
    result: Option<Value>,
    error: Option<Value>,
    params: Option<Notification>,
}

#[derive(Deserialize)]
struct Notification {
    subscription: u64,
    result: Value,
}

/// One connection's life.
struct Session<'a> {
    line: Line<'a>,
    next: u64,
    /// Requests without an answer.
    pending: HashMap<u64, Topic>,
    standing: HashMap<u64, Topic>,
}

impl Source for WebSocket {
    fn session<'a>(&'a self, intake: &'a Intake, wants: &'a mut mpsc::UnboundedReceiver<Want>) -> Ended<'a> {
        Box::pin(self.tell(intake, wants))
    }
}

impl WebSocket {
    async fn tell(&self, intake: &Intake, wants: &mut mpsc::UnboundedReceiver<Want>) -> Result<(), String> {
        let failed = |error: Error| error.to_string();
        let config = WebSocketConfig::default().max_message_size(Some(LONGEST)).max_frame_size(Some(LONGEST));
        let opening = connect_async_with_config(self.url.as_str(), Some(config), true);
        let opened = timeout(PATIENCE, opening).await.map_err(|_| "no answer".to_owned())?;
        let (mut socket, _) = opened.map_err(failed)?;
        let mut session = Session::new(intake);
        let mut requests = vec![session.open(Topic::Slots)];
        let keys = session.line.keys(wants);
        requests.extend(keys.into_iter().map(|key| session.open(Topic::Accounts(key))));
        let mut ping = tokio::time::interval(PING);
        let mut last = Instant::now();
        loop {
            for request in requests.drain(..) {
                send(&mut socket, Message::text(request.to_string()), PATIENCE).await?;
            }
            tokio::select! {
                message = socket.next() => {
                    last = Instant::now();
                    match message {
                        Some(Ok(Message::Text(text))) => session.take(text.as_str())?,
                        Some(Ok(Message::Close(_))) | None => return Err("the server closed it".into()),
                        Some(Ok(_)) => {}
                        Some(Err(error)) => return Err(failed(error)),
                    }
                }
                want = wants.recv() => match want {
                    Some(Want::Keep(key)) if session.has(Topic::Accounts(key)) => {}
                    Some(Want::Keep(key)) => requests.push(session.open(Topic::Accounts(key))),
                    // Somebody reads it again.
                    Some(Want::Drop(key)) if intake.mirror.keeps(&key) => {}
                    Some(Want::Drop(key)) => requests.extend(session.close(key)),
                    None => return Ok(()),
                },
                _ = ping.tick() => {
                    if last.elapsed() > PING * 3 {
                        return Err("nothing was heard for too long".into());
                    }
                    if session.is_silent() {
                        return Err("no slot was told of for too long".into());
                    }
                    send(&mut socket, Message::Ping(Vec::new().into()), PATIENCE).await?;
                }
            }
        }
    }
}

/// Sends a message, to a peer that reads.
async fn send(socket: &mut Socket, message: Message, patience: Duration) -> Result<(), String> {
    let sent = timeout(patience, socket.send(message)).await;
    sent.map_err(|_| "the server takes nothing".to_owned())?.map_err(|error| error.to_string())
}

impl<'a> Session<'a> {
    fn new(intake: &'a Intake) -> Self {
        Self { line: Line::new(intake), next: 1, pending: HashMap::new(), standing: HashMap::new() }
    }

    fn request(&mut self, method: &str, parameters: &Value) -> Value {
        let id = self.next;
        self.next += 1;
        json!({ "jsonrpc": "2.0", "id": id, "method": method, "params": parameters })
    }

    /// Whether this is subscribed to, or asked to be.
    fn has(&self, topic: Topic) -> bool {
        self.pending.values().chain(self.standing.values()).any(|other| *other == topic)
    }

    /// Whether slots are subscribed to, be it answered or not, and none comes.
    fn is_silent(&self) -> bool {
        self.has(Topic::Slots) && self.line.is_silent()
    }

    fn open(&mut self, topic: Topic) -> Value {
        self.pending.insert(self.next, topic);
        let commitment = self.line.intake.commitment.as_str();
        match topic {
            Topic::Slots => self.request("slotSubscribe", &json!([])),
            Topic::Accounts(Key::Single(address)) => {
                let options = json!({ "encoding": "base64", "commitment": commitment });
                self.request("accountSubscribe", &json!([address.to_string(), options]))
            }
            Topic::Accounts(Key::List(watch)) => {
                let filters = filters(&watch);
                let options = json!({ "encoding": "base64", "commitment": commitment, "filters": filters });
                self.request("programSubscribe", &json!([watch.program.to_string(), options]))
            }
        }
    }

    fn close(&mut self, key: Key) -> Option<Value> {
        let standing = self.standing.iter().find(|(_, topic)| **topic == Topic::Accounts(key));
        let number = standing.map(|(number, _)| *number)?;
        self.standing.remove(&number);
        let method = match key {
            Key::Single(_) => "accountUnsubscribe",
            Key::List(_) => "programUnsubscribe",
        };
        Some(self.request(method, &json!([number])))
    }

    /// One message of the server's.
    fn take(&mut self, text: &str) -> Result<(), String> {
        let Ok(message) = serde_json::from_str::<Incoming>(text) else {
            return Err("the server sent what is no message of Solana's".into());
        };
        if let Some(Notification { subscription, result }) = message.params {
            match self.standing.get(&subscription) {
                Some(Topic::Slots) => self.slot(&result),
                Some(Topic::Accounts(key)) => {
                    let key = *key;
                    (self.line.intake.heard)(None);
                    if self.accounts(key, &result).is_none() {
                        tracing::warn!(?key, "the server told of an account in another form than Solana's");
                    }
                }
                // Of a subscription that was given up.
                None => {}
            }
            return Ok(());
        }
        let Some(topic) = message.id.and_then(|id| self.pending.remove(&id)) else { return Ok(()) };
        match (message.result.as_ref().and_then(Value::as_u64), topic) {
            (Some(number), topic) => {
                self.standing.insert(number, topic);
                if let Topic::Accounts(key) = topic {
                    self.line.stands(vec![key], 0);
                }
            }
            (None, topic) => {
                let error = message.error.unwrap_or_default();
                tracing::warn!(?topic, %error, "the server does not tell of this: it is asked for from time to time");
            }
        }
        Ok(())
    }

    fn slot(&mut self, result: &Value) {
        let number = |field| result.get(field).and_then(Value::as_u64);
        if let (Some(slot), Some(parent)) = (number("slot"), number("parent")) {
            self.line.slot(slot, Some(parent));
        }
    }

    /// An account that is told of; `None` where it has another form than Solana's.
    fn accounts(&mut self, key: Key, result: &Value) -> Option<()> {
        let slot = result.pointer("/context/slot")?.as_u64()?;
        let value = result.get("value")?;
        let (address, account) = match key {
            Key::Single(address) => (address, value),
            Key::List(_) => (value.get("pubkey")?.as_str()?.parse().ok()?, value.get("account")?),
        };
        self.line.account(key, address, At { slot, value: written(account)? });
        Some(())
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use assay_chain::{Commitment, base64};
    use assay_host::{Account, Watch};
    use solana_address::Address;

    use super::super::mirror::Mirror;
    use super::super::reader::Repair;
    use super::super::source::{MOST_AHEAD, SILENCE};
    use super::*;

    const PROGRAM: Address = Address::new_from_array([1; 32]);
    const WATCH: Watch = Watch { program: PROGRAM, discriminator: [7; 8], holds: None };

    fn intake() -> (Intake, mpsc::UnboundedReceiver<Repair>) {
        let (repairs, asked) = mpsc::unbounded_channel();
        let (commitment, mirror) = (Commitment::Confirmed, Arc::new(Mirror::default()));
        (Intake { commitment, mirror, heard: Box::new(|_| {}), connected: Box::new(|_| {}), repairs }, asked)
    }

    fn told(subscription: u64, result: Value) -> String {
        json!({ "jsonrpc": "2.0", "method": "x", "params": { "subscription": subscription, "result": result } })
            .to_string()
    }

    fn account(slot: u64, lamports: u64, data: &[u8]) -> Value {
        let address = Address::new_from_array([2; 32]).to_string();
        let account =
            json!({ "owner": PROGRAM.to_string(), "lamports": lamports, "data": [base64(data), "base64"] });
        json!({ "context": { "slot": slot }, "value": { "pubkey": address, "account": account } })
    }

    /// It opens the connection and reads nothing afterwards: more than fits between the two is not waited for.
    #[tokio::test]
    async fn a_server_that_takes_nothing_is_not_waited_for() {
        let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let url = format!("ws://{}", listener.local_addr().unwrap());
        let deaf = tokio::spawn(async move {
            let (stream, _) = listener.accept().await.unwrap();
            tokio_tungstenite::accept_async(stream).await.unwrap()
        });
        let (mut socket, _) = connect_async_with_config(url, None, true).await.unwrap();
        let _open = deaf.await.unwrap();
        let patience = Duration::from_millis(300);
        send(&mut socket, Message::text("short"), patience).await.unwrap();
        let refused = send(&mut socket, Message::text("x".repeat(64 << 20)), patience).await;
        assert_eq!(refused.unwrap_err(), "the server takes nothing");
    }

    #[test]
    fn what_stands_is_asked_for_again_and_told_from_then_on() {
        let (intake, mut repairs) = intake();
        let mut session = Session::new(&intake);
        let slots = session.open(Topic::Slots);
        let list = session.open(Topic::Accounts(Key::List(WATCH)));
        assert_eq!(list["params"][1]["filters"][0]["memcmp"]["bytes"], base64(&[7; 8]));
        assert!(session.has(Topic::Accounts(Key::List(WATCH))));
        for (request, number) in [(&slots, 70), (&list, 71)] {
            assert!(repairs.try_recv().is_err(), "only what stands");
            let id = &request["id"];
            session.take(&json!({ "id": id, "result": number }).to_string()).unwrap();
        }
        assert_eq!(repairs.try_recv().unwrap(), Repair::Keys(vec![Key::List(WATCH)], 0));
        intake.mirror.put_list(&WATCH, At { slot: 1, value: Vec::new() });

        let address = Address::new_from_array([2; 32]);
        session.take(&told(71, account(5, 1, &[7; 9]))).unwrap();
        let expected = Account { owner: PROGRAM, data: vec![7; 9] };
        assert_eq!(intake.mirror.listed(&WATCH, &address), Some(Some(expected)));
        session.take(&told(71, account(6, 0, &[]))).unwrap();
        assert_eq!(intake.mirror.addresses(&WATCH), Some(vec![]), "without lamports it is gone");
        // Of nothing that was asked for, and in no form.
        session.take(&told(99, account(7, 1, &[7; 9]))).unwrap();
        session.take(&told(71, json!({ "context": {} }))).unwrap();
        assert_eq!(intake.mirror.addresses(&WATCH), Some(vec![]));
        assert!(session.take("[]").is_err() && session.take("{").is_err());

        let close = session.close(Key::List(WATCH)).unwrap();
        assert_eq!((&close["method"], &close["params"]), (&json!("programUnsubscribe"), &json!([71])));
        session.take(&told(71, account(8, 1, &[7; 9]))).unwrap();
        assert_eq!(intake.mirror.addresses(&WATCH), Some(vec![]));
    }

    #[test]
    fn a_slot_that_is_far_ahead_is_asked_for_and_not_believed() {
        let (intake, mut repairs) = intake();
        let mut session = Session::new(&intake);
        session.standing.insert(71, Topic::Accounts(Key::List(WATCH)));
        intake.mirror.put_list(&WATCH, At { slot: 1, value: Vec::new() });
        intake.mirror.set_clock(At { slot: 100, value: 1 });
        for _ in 0..1_000 {
            session.take(&told(71, account(1 << 60, 1, &[7; 9]))).unwrap();
        }
        assert_eq!(repairs.try_recv().unwrap(), Repair::Keys(vec![Key::List(WATCH)], 0));
        assert!(repairs.try_recv().is_err(), "it is asked for once");
        assert_eq!(intake.mirror.addresses(&WATCH), Some(vec![]));
        assert_eq!(intake.mirror.clock().slot, 100);
        session.take(&told(71, account(100 + MOST_AHEAD, 1, &[7; 9]))).unwrap();
        assert_eq!(intake.mirror.addresses(&WATCH).map(|found| found.len()), Some(1));
        assert_eq!(intake.mirror.clock().read_at, 100, "what reads are held against is what was read");
    }

    #[test]
    fn without_slots_a_connection_is_silent_whatever_else_it_answers() {
        let (intake, _repairs) = intake();
        let mut session = Session::new(&intake);
        session.line.told = Instant::now().checked_sub(SILENCE * 2).unwrap();
        assert!(!session.is_silent(), "a server without such subscriptions");
        let request = session.open(Topic::Slots);
        assert!(session.is_silent(), "nobody answered");
        session.take(&json!({ "id": request["id"], "result": 1 }).to_string()).unwrap();
        assert!(session.is_silent());
        session.take(&told(1, json!({ "slot": 5, "parent": 4, "root": 0 }))).unwrap();
        assert!(!session.is_silent());
    }

    #[test]
    fn a_slot_whose_parent_nobody_told_of_is_a_gap() {
        let (intake, mut repairs) = intake();
        let mut session = Session::new(&intake);
        session.standing.insert(1, Topic::Slots);
        let mut slot = |slot: u64, parent: u64| {
            session.take(&told(1, json!({ "slot": slot, "parent": parent, "root": 0 }))).unwrap();
            repairs.try_recv().ok()
        };
        assert_eq!(slot(10, 9), None);
        assert_eq!(slot(11, 10), None);
        assert_eq!(slot(13, 11), None, "nobody made twelve");
        assert_eq!(slot(12, 11), None, "a fork");
        assert_eq!(slot(16, 15), Some(Repair::All));
        assert_eq!(slot(20, 19), None, "not at once again");
    }

    #[test]
    fn one_slot_far_ahead_is_no_news_and_many_in_a_row_are() {
        let (mut intake, mut repairs) = intake();
        let heard = Arc::<std::sync::Mutex<Vec<u64>>>::default();
        let noted = Arc::clone(&heard);
        intake.heard = Box::new(move |slot| noted.lock().unwrap().extend(slot));
        intake.mirror.set_clock(At { slot: 100, value: 1 });
        let mut session = Session::new(&intake);
        session.standing.insert(1, Topic::Slots);
        let mut slot = |slot: u64| {
            let told = told(1, json!({ "slot": slot, "parent": slot - 1, "root": 0 }));
            session.take(&told).unwrap();
            std::mem::take(&mut *heard.lock().unwrap())
        };
        assert_eq!(slot(101), [101]);
        for far in [1 << 60, 1 << 61, 1 << 60] {
            assert!(slot(far).is_empty());
        }
        assert_eq!(slot(102), [102]);
        assert!(repairs.try_recv().is_err(), "nothing is missing");
        let believed: Vec<u64> = (1_000..1_012).flat_map(&mut slot).collect();
        assert_eq!(believed, [1_009, 1_010, 1_011], "the server that is asked is far behind");
        assert_eq!(slot(103), [103]);
    }

    #[test]
    fn what_the_server_refuses_keeps_nothing_waiting() {
        let (intake, mut repairs) = intake();
        let mut session = Session::new(&intake);
        let single = Key::Single(PROGRAM);
        let [refused, stands] = [Key::List(WATCH), single].map(|key| session.open(Topic::Accounts(key)));
        session.take(&json!({ "id": stands["id"], "result": 1 }).to_string()).unwrap();
        let error = json!({ "code": -32601, "message": "no" });
        session.take(&json!({ "id": refused["id"], "error": error }).to_string()).unwrap();
        assert_eq!(repairs.try_recv().unwrap(), Repair::Keys(vec![single], 0));
    }
}

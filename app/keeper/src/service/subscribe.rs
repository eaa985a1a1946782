//! Subscriptions over one WebSocket, opened again for as long as it takes.
//!
//! Whatever was subscribed to is asked for again once the subscription stands: what happened before is in the answer, what happens
//! afterwards is told. Slots are subscribed to as well. They show that the connection lives, and one whose parent was not told of shows
//! that something was lost.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use assay_chain::Commitment;
use assay_chain::rpc::{At, filters, written};
use futures_util::{SinkExt as _, StreamExt as _};
use serde::Deserialize;
use serde_json::{Value, json};
use solana_address::Address;
use tokio::net::TcpStream;
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep, timeout};
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_tungstenite::tungstenite::{Error, Message};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async_with_config};

use super::mirror::{Key, Mirror, Way};
use super::reader::{Repair, Want};

/// Longest message: no account that is watched is near it.
const LONGEST: usize = 1 << 20;
/// How long a connection may take to stand.
const PATIENCE: Duration = Duration::from_secs(10);
/// Between two signs of life that are asked for; without any for three times as long the connection is dead.
const PING: Duration = Duration::from_secs(5);
/// Waits between connections, which double.
const WAIT: Duration = Duration::from_millis(250);
const LONGEST_WAIT: Duration = Duration::from_secs(30);
/// Without a slot for so long, a connection tells nothing, whatever else it answers.
const SILENCE: Duration = Duration::from_secs(15);
/// Slots that a notification may be ahead of the clock that was read last: as many as pass in a minute. What tells of later ones is not
/// believed, and asked for.
const MOST_AHEAD: u64 = 150;
/// Between two repairs because slots are missing.
const BETWEEN_GAPS: Duration = Duration::from_secs(5);

type Socket = WebSocketStream<MaybeTlsStream<TcpStream>>;

/// Where subscriptions go to and what they need.
pub struct Subscriber {
    /// The server's address, `ws://` or `wss://`.
    pub url: String,
    /// What is told of.
    pub commitment: Commitment,
    /// Where it goes.
    pub mirror: Arc<Mirror>,
    /// Who is told that something was told, and of slots.
    pub heard: Box<dyn Fn(Option<u64>) + Send + Sync>,
    /// Who asks again.
    pub repairs: mpsc::UnboundedSender<Repair>,
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
    of: &'a Subscriber,
    next: u64,
    /// Requests without an answer.
    pending: HashMap<u64, Topic>,
    standing: HashMap<u64, Topic>,
    slot: Option<u64>,
    /// When a slot was told of, or slots were subscribed to.
    told: Instant,
    last_gap: Option<Instant>,
}

impl Subscriber {
    /// Subscribes to all that the mirror keeps, and to what comes along, until nobody wants anything any more. `connected` is told whether
    /// a connection stands.
    pub async fn follow(self, mut wants: mpsc::UnboundedReceiver<Want>, connected: impl Fn(bool)) {
        let mut wait = WAIT;
        loop {
            let config =
                WebSocketConfig::default().max_message_size(Some(LONGEST)).max_frame_size(Some(LONGEST));
            let opening = connect_async_with_config(self.url.as_str(), Some(config), true);
            let why = match timeout(PATIENCE, opening).await {
                Ok(Ok((socket, _))) => {
                    tracing::info!("subscriptions: connected");
                    connected(true);
                    let began = Instant::now();
                    let end = self.session(socket, &mut wants).await;
                    connected(false);
                    if began.elapsed() > LONGEST_WAIT {
                        wait = WAIT;
                    }
                    match end {
                        Ok(()) => return,
                        Err(why) => why,
                    }
                }
                Ok(Err(error)) => error.to_string(),
                Err(_) => "no answer".into(),
            };
            tracing::warn!(
                why,
                wait_ms = u64::try_from(wait.as_millis()).unwrap_or(u64::MAX),
                "subscriptions: no connection"
            );
            sleep(wait.mul_f64(0.5 + rand::random::<f64>() / 2.0)).await;
            wait = (wait * 2).min(LONGEST_WAIT);
            if wants.is_closed() && wants.is_empty() {
                return;
            }
        }
    }

    /// Ends well when nobody wants anything any more.
    async fn session(
        &self,
        mut socket: Socket,
        wants: &mut mpsc::UnboundedReceiver<Want>,
    ) -> Result<(), String> {
        let failed = |error: Error| error.to_string();
        let mut session = Session::new(self);
        let mut requests = vec![session.open(Topic::Slots)];
        // Whatever was wanted meanwhile is kept there.
        while wants.try_recv().is_ok() {}
        requests.extend(self.mirror.keys().into_iter().map(|key| session.open(Topic::Accounts(key))));
        let mut ping = tokio::time::interval(PING);
        let mut last = Instant::now();
        loop {
            for request in requests.drain(..) {
                send(&mut socket, Message::text(request.to_string())).await?;
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
                    send(&mut socket, Message::Ping(Vec::new().into())).await?;
                }
            }
        }
    }
}

/// Sends a message, to a peer that reads.
async fn send(socket: &mut Socket, message: Message) -> Result<(), String> {
    let sent = timeout(PATIENCE, socket.send(message)).await;
    sent.map_err(|_| "the server takes nothing".to_owned())?.map_err(|error| error.to_string())
}

impl<'a> Session<'a> {
    fn new(of: &'a Subscriber) -> Self {
        let (pending, standing) = (HashMap::new(), HashMap::new());
        Self { of, next: 1, pending, standing, slot: None, told: Instant::now(), last_gap: None }
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

    /// Whether slots are subscribed to, and none comes.
    fn is_silent(&self) -> bool {
        self.standing.values().any(|topic| *topic == Topic::Slots) && self.told.elapsed() > SILENCE
    }

    fn open(&mut self, topic: Topic) -> Value {
        self.pending.insert(self.next, topic);
        let commitment = self.of.commitment.as_str();
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
                    (self.of.heard)(None);
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
                    self.repair(Repair::Keys(vec![key]));
                }
            }
            (None, topic) => {
                let error = message.error.unwrap_or_default();
                tracing::warn!(?topic, %error, "the server does not tell of this: it is asked for from time to time");
            }
        }
        Ok(())
    }

    fn repair(&self, what: Repair) {
        // Nobody repairs any more where the service stops.
        let _ = self.of.repairs.send(what);
    }

    fn slot(&mut self, result: &Value) {
        let number = |field| result.get(field).and_then(Value::as_u64);
        let (Some(slot), Some(parent)) = (number("slot"), number("parent")) else { return };
        (self.of.heard)(Some(slot));
        self.told = Instant::now();
        let is_gap = self.slot.is_some_and(|last| parent > last);
        self.slot = Some(self.slot.map_or(slot, |last| last.max(slot)));
        if is_gap && self.last_gap.is_none_or(|gap| gap.elapsed() > BETWEEN_GAPS) {
            self.last_gap = Some(Instant::now());
            tracing::info!(slot, parent, "slots are missing: everything is read again");
            self.repair(Repair::All);
        }
    }

    /// An account that is told of; `None` where it has another form than Solana's.
    fn accounts(&self, key: Key, result: &Value) -> Option<()> {
        let slot = result.pointer("/context/slot")?.as_u64()?;
        let value = result.get("value")?;
        let mirror = &self.of.mirror;
        let read_at = mirror.clock().read_at;
        if read_at > 0 && slot > read_at.saturating_add(MOST_AHEAD) {
            tracing::warn!(slot, read_at, "the server told of an account in a slot that is far ahead");
            self.repair(Repair::Keys(vec![key]));
            return Some(());
        }
        match key {
            Key::Single(address) => {
                mirror.put(Way::Told, address, At { slot, value: written(value)? });
            }
            Key::List(watch) => {
                let address: Address = value.get("pubkey")?.as_str()?.parse().ok()?;
                mirror.told_of(&watch, address, At { slot, value: written(value.get("account")?)? });
            }
        }
        Some(())
    }
}

#[cfg(test)]
mod tests {
    use assay_chain::base64;
    use assay_host::{Account, Watch};

    use super::*;

    const PROGRAM: Address = Address::new_from_array([1; 32]);
    const WATCH: Watch = Watch { program: PROGRAM, discriminator: [7; 8], holds: None };

    fn subscriber() -> (Subscriber, mpsc::UnboundedReceiver<Repair>) {
        let (repairs, asked) = mpsc::unbounded_channel();
        let mirror = Arc::new(Mirror::default());
        let url = "ws://127.0.0.1:1".into();
        let heard = Box::new(|_| {});
        (Subscriber { url, commitment: Commitment::Confirmed, mirror, heard, repairs }, asked)
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

    #[test]
    fn what_stands_is_asked_for_again_and_told_from_then_on() {
        let (subscriber, mut repairs) = subscriber();
        let mut session = Session::new(&subscriber);
        let slots = session.open(Topic::Slots);
        let list = session.open(Topic::Accounts(Key::List(WATCH)));
        assert_eq!(list["params"][1]["filters"][0]["memcmp"]["bytes"], base64(&[7; 8]));
        assert!(session.has(Topic::Accounts(Key::List(WATCH))));
        for (request, number) in [(&slots, 70), (&list, 71)] {
            assert!(repairs.try_recv().is_err(), "only what stands");
            let id = &request["id"];
            session.take(&json!({ "id": id, "result": number }).to_string()).unwrap();
        }
        assert_eq!(repairs.try_recv().unwrap(), Repair::Keys(vec![Key::List(WATCH)]));
        subscriber.mirror.put_list(&WATCH, At { slot: 1, value: Vec::new() });

        let address = Address::new_from_array([2; 32]);
        session.take(&told(71, account(5, 1, &[7; 9]))).unwrap();
        let expected = Account { owner: PROGRAM, data: vec![7; 9] };
        assert_eq!(subscriber.mirror.listed(&WATCH, &address), Some(Some(expected)));
        session.take(&told(71, account(6, 0, &[]))).unwrap();
        assert_eq!(subscriber.mirror.addresses(&WATCH), Some(vec![]), "without lamports it is gone");
        // Of nothing that was asked for, and in no form.
        session.take(&told(99, account(7, 1, &[7; 9]))).unwrap();
        session.take(&told(71, json!({ "context": {} }))).unwrap();
        assert_eq!(subscriber.mirror.addresses(&WATCH), Some(vec![]));
        assert!(session.take("[]").is_err() && session.take("{").is_err());

        let close = session.close(Key::List(WATCH)).unwrap();
        assert_eq!((&close["method"], &close["params"]), (&json!("programUnsubscribe"), &json!([71])));
        session.take(&told(71, account(8, 1, &[7; 9]))).unwrap();
        assert_eq!(subscriber.mirror.addresses(&WATCH), Some(vec![]));
    }

    #[test]
    fn a_slot_that_is_far_ahead_is_asked_for_and_not_believed() {
        let (subscriber, mut repairs) = subscriber();
        let mut session = Session::new(&subscriber);
        session.standing.insert(71, Topic::Accounts(Key::List(WATCH)));
        subscriber.mirror.put_list(&WATCH, At { slot: 1, value: Vec::new() });
        subscriber.mirror.set_clock(At { slot: 100, value: 1 });
        session.take(&told(71, account(1 << 60, 1, &[7; 9]))).unwrap();
        assert_eq!(repairs.try_recv().unwrap(), Repair::Keys(vec![Key::List(WATCH)]));
        assert_eq!(subscriber.mirror.addresses(&WATCH), Some(vec![]));
        assert_eq!(subscriber.mirror.clock().slot, 100);
        session.take(&told(71, account(100 + MOST_AHEAD, 1, &[7; 9]))).unwrap();
        assert_eq!(subscriber.mirror.addresses(&WATCH).map(|found| found.len()), Some(1));
        assert_eq!(subscriber.mirror.clock().read_at, 100, "what reads are held against is what was read");
    }

    #[test]
    fn without_slots_a_connection_is_silent_whatever_else_it_answers() {
        let (subscriber, _repairs) = subscriber();
        let mut session = Session::new(&subscriber);
        session.told = Instant::now().checked_sub(SILENCE * 2).unwrap();
        assert!(!session.is_silent(), "a server without such subscriptions");
        session.standing.insert(1, Topic::Slots);
        assert!(session.is_silent());
        session.take(&told(1, json!({ "slot": 5, "parent": 4, "root": 0 }))).unwrap();
        assert!(!session.is_silent());
    }

    #[test]
    fn a_slot_whose_parent_nobody_told_of_is_a_gap() {
        let (subscriber, mut repairs) = subscriber();
        let mut session = Session::new(&subscriber);
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
    fn what_the_server_refuses_keeps_nothing_waiting() {
        let (subscriber, mut repairs) = subscriber();
        let mut session = Session::new(&subscriber);
        let single = Key::Single(PROGRAM);
        let [refused, stands] = [Key::List(WATCH), single].map(|key| session.open(Topic::Accounts(key)));
        session.take(&json!({ "id": stands["id"], "result": 1 }).to_string()).unwrap();
        let error = json!({ "code": -32601, "message": "no" });
        session.take(&json!({ "id": refused["id"], "error": error }).to_string()).unwrap();
        assert_eq!(repairs.try_recv().unwrap(), Repair::Keys(vec![single]));
    }
}

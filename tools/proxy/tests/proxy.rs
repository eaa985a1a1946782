//! Each fault, between a client that speaks HTTP by hand and a cluster that remembers what it was asked.

use std::convert::Infallible;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use assay_proxy::{Faults, Proxy, Step, Upstream};
use futures_util::{SinkExt as _, StreamExt as _};
use http_body_util::{BodyExt as _, Full};
use hyper::body::{Bytes, Incoming};
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use serde_json::{Value, json};
use tokio::net::{TcpListener, TcpStream};
use tokio_tungstenite::tungstenite::Message;

/// A cluster: a slot that tests move, a balance that is ten times the slot, and a number of transactions.
struct Cluster {
    slot: AtomicU64,
    sent: AtomicU64,
}

impl Cluster {
    fn answer(&self, request: &Value) -> Value {
        let slot = self.slot.load(Ordering::SeqCst);
        let result = match request["method"].as_str().unwrap() {
            "getSlot" => json!(slot),
            "getBalance" => json!({ "context": { "slot": slot }, "value": slot * 10 }),
            "sendTransaction" => {
                self.sent.fetch_add(1, Ordering::SeqCst);
                json!("the cluster's signature")
            }
            method => panic!("{method}"),
        };
        json!({ "jsonrpc": "2.0", "result": result, "id": request["id"] })
    }

    async fn start() -> (Arc<Self>, Upstream) {
        let cluster = Arc::new(Self { slot: AtomicU64::new(100), sent: AtomicU64::new(0) });
        let requests = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let subscriptions = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let upstream = Upstream {
            rpc: format!("http://{}", requests.local_addr().unwrap()),
            websocket: format!("ws://{}", subscriptions.local_addr().unwrap()),
        };
        let served = Arc::clone(&cluster);
        tokio::spawn(async move {
            loop {
                let (stream, _) = requests.accept().await.unwrap();
                let cluster = Arc::clone(&served);
                let service = service_fn(move |request: Request<Incoming>| {
                    let cluster = Arc::clone(&cluster);
                    async move {
                        let body = request.into_body().collect().await.unwrap().to_bytes();
                        let answer = cluster.answer(&serde_json::from_slice(&body).unwrap()).to_string();
                        Ok::<_, Infallible>(Response::new(Full::new(Bytes::from(answer))))
                    }
                });
                let builder = hyper::server::conn::http1::Builder::new();
                tokio::spawn(builder.serve_connection(TokioIo::new(stream), service));
            }
        });
        tokio::spawn(async move {
            loop {
                let (stream, _) = subscriptions.accept().await.unwrap();
                tokio::spawn(async move {
                    let mut socket = tokio_tungstenite::accept_async(stream).await.unwrap();
                    while let Some(Ok(message)) = socket.next().await {
                        // A subscription is confirmed, and then there are ten notifications.
                        let _ = socket.send(message).await;
                        for number in 0..10 {
                            let note =
                                json!({ "method": "slotNotification", "params": { "result": number } });
                            let _ = socket.send(Message::text(note.to_string())).await;
                        }
                    }
                });
            }
        });
        (cluster, upstream)
    }
}

struct World {
    cluster: Arc<Cluster>,
    proxy: Proxy,
}

impl World {
    async fn new() -> Self {
        let (cluster, upstream) = Cluster::start().await;
        let world = Self { cluster, proxy: Proxy::start(&upstream, 0, 1).await.unwrap() };
        world.at_slot(100).await;
        world
    }

    fn set(&self, faults: Faults) {
        self.proxy.set(faults).unwrap();
    }

    /// The cluster is in a slot, and the proxy knows.
    async fn at_slot(&self, slot: u64) {
        self.cluster.slot.store(slot, Ordering::SeqCst);
        tokio::time::sleep(Duration::from_millis(400)).await; // the proxy asks each 100 ms
    }

    async fn ask(&self, method: &str, parameters: Value) -> Option<Value> {
        post(
            &self.proxy.rpc(),
            "/",
            json!({ "jsonrpc": "2.0", "id": 7, "method": method, "params": parameters }),
        )
        .await
    }

    /// Slot and value that a balance is answered with.
    async fn balance(&self) -> (u64, u64) {
        let answer = self.ask("getBalance", json!(["somebody"])).await.unwrap();
        assert_eq!(answer["id"], 7);
        let result = &answer["result"];
        (result["context"]["slot"].as_u64().unwrap(), result["value"].as_u64().unwrap())
    }

    async fn send(&self) -> Option<Value> {
        let mut bytes = vec![1];
        bytes.extend([9; 64]);
        bytes.extend([0x80, 1, 0, 0]);
        self.ask("sendTransaction", json!([bs58::encode(bytes).into_string()])).await
    }

    fn sent(&self) -> u64 {
        self.cluster.sent.load(Ordering::SeqCst)
    }
}

/// Posts JSON; nothing where the connection is lost.
async fn post(url: &str, path: &str, body: Value) -> Option<Value> {
    let authority = url.strip_prefix("http://").unwrap();
    let stream = TcpStream::connect(authority).await.unwrap();
    let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream)).await.unwrap();
    tokio::spawn(connection);
    let request =
        Request::post(path).header("host", authority).body(Full::new(Bytes::from(body.to_string())));
    let answer = sender.send_request(request.unwrap()).await.ok()?;
    let status = answer.status().as_u16();
    let body = answer.into_body().collect().await.ok()?.to_bytes();
    let mut value: Value = serde_json::from_slice(&body).unwrap();
    if let (200.., Some(object)) = (status, value.as_object_mut()) {
        object.insert("status".into(), status.into());
    }
    Some(value)
}

#[tokio::test(flavor = "multi_thread")]
async fn without_faults_everything_passes() {
    let world = World::new().await;
    assert_eq!(world.balance().await, (100, 1_000));
    assert_eq!(world.send().await.unwrap()["result"], "the cluster's signature");
    let batch = json!([{ "id": 1, "method": "getSlot" }, { "id": 2, "method": "getBalance" }]);
    let answers = post(&world.proxy.rpc(), "/", batch).await.unwrap();
    assert_eq!((&answers[0]["result"], &answers[1]["id"]), (&json!(100), &json!(2)));
    assert_eq!(world.proxy.counts().requests, 4);
}

#[tokio::test(flavor = "multi_thread")]
async fn lost_requests_are_never_heard_of_and_lost_answers_are() {
    let world = World::new().await;
    world.set(Faults { lost_requests: 1.0, ..Faults::default() });
    assert_eq!((world.send().await, world.sent()), (None, 0));
    world.set(Faults { lost_answers: 1.0, ..Faults::default() });
    assert_eq!((world.send().await, world.sent()), (None, 1));
    world.set(Faults { refused_requests: 1.0, ..Faults::default() });
    assert_eq!((&world.send().await.unwrap()["status"], world.sent()), (&json!(429), 1));
    let counts = world.proxy.counts();
    assert_eq!((counts.lost_requests, counts.lost_answers, counts.refused_requests), (1, 1, 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn faults_are_about_the_methods_named() {
    let world = World::new().await;
    world.set(Faults { lost_requests: 1.0, methods: vec!["sendTransaction".into()], ..Faults::default() });
    assert_eq!(world.balance().await, (100, 1_000));
    assert_eq!(world.send().await, None);
}

#[tokio::test(flavor = "multi_thread")]
async fn dropped_sends_have_their_signature_and_repeated_ones_arrive_twice() {
    let world = World::new().await;
    world.set(Faults { dropped_sends: 1.0, ..Faults::default() });
    assert_eq!(world.send().await.unwrap()["result"], bs58::encode([9; 64]).into_string());
    assert_eq!(world.sent(), 0);
    world.set(Faults { repeated_sends: 1.0, ..Faults::default() });
    assert_eq!(world.send().await.unwrap()["result"], "the cluster's signature");
    assert_eq!(world.sent(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn stale_reads_follow_from_afar() {
    let world = World::new().await;
    assert_eq!(world.balance().await, (100, 1_000));
    world.at_slot(104).await;
    assert_eq!(world.balance().await, (104, 1_040));
    world.set(Faults { stale_slots: 3, ..Faults::default() });
    assert_eq!(
        world.balance().await,
        (100, 1_000),
        "nothing was asked in slot 101, so that of 100 is the last"
    );
    world.at_slot(107).await;
    assert_eq!(world.balance().await, (104, 1_040));
    assert_eq!(world.ask("getSlot", json!([])).await.unwrap()["result"], 107, "it was never asked before");
    world.set(Faults::default());
    assert_eq!(world.balance().await, (107, 1_070));
    assert_eq!(world.proxy.counts().stale, 2);
}

/// Whoever asks for a slot at least asks the same question, and is told by a server that is behind that it is; by one on another fork it is not.
#[tokio::test(flavor = "multi_thread")]
async fn who_asks_for_a_slot_at_least_is_answered_as_of_it_or_not_at_all() {
    let world = World::new().await;
    let ask = |least: u64| world.ask("getBalance", json!(["somebody", { "minContextSlot": least }]));
    let value = |answer: Option<Value>| answer.unwrap()["result"]["value"].clone();
    assert_eq!(value(ask(90).await), 1_000);
    world.at_slot(104).await;
    assert_eq!(value(ask(104).await), 1_040);
    world.set(Faults { stale_slots: 3, ..Faults::default() });
    assert_eq!(value(ask(95).await), 1_000);
    let behind = ask(101).await.unwrap();
    assert_eq!((&behind["error"]["code"], &behind["id"]), (&json!(-32016), &json!(7)));
    world.at_slot(107).await;
    assert_eq!(value(ask(104).await), 1_040);
    world.set(Faults { rollback_slots: 5, ..Faults::default() });
    let answer = ask(107).await.unwrap();
    assert_eq!(
        (&answer["result"]["context"]["slot"], value(Some(answer.clone()))),
        (&json!(107), json!(1_000))
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rollback_undoes_what_was_seen_and_keeps_it_undone() {
    let world = World::new().await;
    assert_eq!(world.balance().await, (100, 1_000));
    world.at_slot(104).await;
    assert_eq!(world.balance().await, (104, 1_040));
    let rollback = Faults { rollback_slots: 2, ..Faults::default() };
    world.set(rollback.clone());
    assert_eq!(world.balance().await, (104, 1_000), "today's slot, yesterday's state");
    world.at_slot(120).await;
    world.set(rollback);
    assert_eq!(world.balance().await, (120, 1_000));
    assert_eq!(world.ask("getSlot", json!([])).await.unwrap()["result"], 120);
    world.set(Faults::default());
    assert_eq!(world.balance().await, (120, 1_200));
    assert_eq!(world.proxy.counts().rolled_back, 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn lag_delays_what_is_asked() {
    let world = World::new().await;
    world.set(Faults { lag_ms: 300, ..Faults::default() });
    let start = tokio::time::Instant::now();
    world.balance().await;
    assert!(start.elapsed() >= Duration::from_millis(300), "{:?}", start.elapsed());
    assert_eq!(world.proxy.counts().late, 1);
}

async fn subscribe(proxy: &Proxy) -> (usize, bool) {
    let (mut socket, _) = tokio_tungstenite::connect_async(proxy.websocket()).await.unwrap();
    socket.send(Message::text(r#"{"id":1,"method":"slotSubscribe"}"#)).await.unwrap();
    let mut notes = 0;
    let mut open = true;
    let silence = Duration::from_millis(700);
    while let Ok(message) = tokio::time::timeout(silence, socket.next()).await {
        match message {
            Some(Ok(Message::Text(text))) if text.contains("Notification") => notes += 1,
            Some(Ok(_)) => {}
            Some(Err(_)) | None => {
                open = false;
                break;
            }
        }
    }
    (notes, open)
}

#[tokio::test(flavor = "multi_thread")]
async fn notifications_pass_are_lost_and_connections_are_cut() {
    let world = World::new().await;
    assert_eq!(subscribe(&world.proxy).await, (10, true));
    world.set(Faults { lost_notifications: 1.0, ..Faults::default() });
    assert_eq!(subscribe(&world.proxy).await, (0, true));
    assert_eq!(world.proxy.counts().lost_notifications, 10);
    world.set(Faults { lag_ms: 200, ..Faults::default() });
    assert_eq!(subscribe(&world.proxy).await, (10, true));
    world.set(Faults { lag_ms: 60_000, ..Faults::default() });
    let (subscription, ()) = tokio::join!(subscribe(&world.proxy), async {
        tokio::time::sleep(Duration::from_millis(200)).await;
        world.proxy.cut();
    });
    assert_eq!(subscription, (0, false));
    assert_eq!(world.proxy.counts().cut_connections, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_control_port_sets_and_counts() {
    let world = World::new().await;
    let control = world.proxy.control();
    let set = post(&control, "/faults", json!({ "droppedSends": 1.0 })).await.unwrap();
    assert_eq!((&set["status"], &set["droppedSends"]), (&json!(200), &json!(1.0)));
    world.send().await;
    assert_eq!(world.sent(), 0);
    for wrong in [json!({ "droppedSends": 2.0 }), json!({ "drops": 1 }), json!([])] {
        let refused = post(&control, "/faults", wrong).await.unwrap();
        assert_eq!(refused["status"], 400, "{refused}");
    }
    assert_eq!(post(&control, "/cut", json!({})).await.unwrap()["droppedSends"], 1);
    assert_eq!(post(&control, "/nothing", json!({})).await.unwrap()["status"], 404);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_schedule_is_played_or_refused_as_a_whole() {
    let world = World::new().await;
    let schedule: Vec<Step> = serde_json::from_value(json!([
        { "afterMs": 10, "faults": { "lostRequests": 1.0 } },
        { "afterMs": 10 },
        { "afterMs": 10, "faults": { "droppedSends": 1.0 } },
    ]))
    .unwrap();
    world.proxy.play(&schedule).await.unwrap();
    world.send().await.unwrap();
    assert_eq!(world.sent(), 0);
    let wrong = [Step { after_ms: 0, faults: Faults { lost_answers: 3.0, ..Faults::default() } }];
    assert!(world.proxy.play(&wrong).await.unwrap_err().contains("step 1"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cluster_that_is_gone_is_said_to_be() {
    let upstream = Upstream { rpc: "http://127.0.0.1:1".into(), websocket: "ws://127.0.0.1:1".into() };
    let proxy = Proxy::start(&upstream, 0, 1).await.unwrap();
    let authority = proxy.rpc();
    let stream = TcpStream::connect(authority.strip_prefix("http://").unwrap()).await.unwrap();
    let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream)).await.unwrap();
    tokio::spawn(connection);
    let request = Request::post("/").body(Full::new(Bytes::from(r#"{"method":"getSlot"}"#))).unwrap();
    assert_eq!(sender.send_request(request).await.unwrap().status(), 502);
}

//! Bytes as `protoc` makes them of `geyser.proto` (`protoc --deterministic_output --encode`), and a server that speaks them over a socket.

use std::future::poll_fn;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::{BufMut as _, Bytes, BytesMut};
use h2::server::SendResponse;
use h2::{RecvStream, SendStream};
use http::{HeaderMap, Response};
use prost::Message as _;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::time::timeout;

use super::super::mirror::Mirror;
use super::super::reader::Repair;
use super::super::source::follow;
use super::*;

const PROGRAM: Address = Address::new_from_array([1; 32]);
const TOLD: Address = Address::new_from_array([2; 32]);
const WATCH: Watch = Watch { program: PROGRAM, discriminator: [7; 8], holds: None };

/// A list, a single account and the slots, of what is confirmed.
const REQUEST: &str = "0a390a086163636f756e7473122d122b34764a394a5531624a4a4539364657534a4b7648736d6d46414443673467705a\
516666345033626b4c4b690a6d0a066c697374203012631a2b34764a394a5531624a4a4539364657534a4b7648736d6d46414443673467705a\
516666345033626b4c4b69220c0a0a1208070707070707070722260a24080c1220090909090909090909090909090909090909090909090909\
0909090909090909120d0a07736c6f74732031120208013001";
const PING_REQUEST: &str = "4a020801";
/// An account of slot 12 with every field that there is, by both filters.
const ACCOUNT: &str = "0a066c69737420300a086163636f756e747312690a630a2002020202020202020202020202020202020202020202020202020202\
020202021005\
1a20010101010101010101010101010101010101010101010101010101010101010128ffffffffffffffffff013209070707070707070709384d\
4203616263100c20035a080880e2cfaa061005";
/// Slot 12, whose parent is 11, is confirmed; and one that is not, without a parent.
const SLOT: &str = "0a07736c6f747320311a08080c100b180128095a020801";
const PROCESSED: &str = "0a07736c6f747320311a02080c";
const PING_UPDATE: &str = "32005a020801";
const PONG: &str = "4a020801";
/// Something else.
const BLOCK: &str = "0a01783a050805120168";

fn bytes(hex: &str) -> Vec<u8> {
    let digit = |at: usize| u8::from_str_radix(&hex[at..at + 2], 16).unwrap();
    (0..hex.len()).step_by(2).map(digit).collect()
}

fn update(hex: &str) -> SubscribeUpdate {
    SubscribeUpdate::decode(&bytes(hex)[..]).unwrap()
}

fn intake() -> (Intake, UnboundedReceiver<Repair>) {
    let (repairs, asked) = unbounded_channel();
    let (commitment, mirror) = (Commitment::Confirmed, Arc::new(Mirror::default()));
    (Intake { commitment, mirror, heard: Box::new(|_| {}), connected: Box::new(|_| {}), repairs }, asked)
}

#[test]
fn messages_are_what_protoc_makes_of_them() {
    let (intake, _repairs) = intake();
    let mut session = Session::new(Line::new(&intake));
    session.keep(Key::List(WATCH.holding(4, &Address::new_from_array([9; 32]))));
    session.keep(Key::Single(PROGRAM));
    assert_eq!(session.request().encode_to_vec(), bytes(REQUEST));
    assert_eq!(sign_of_life().encode_to_vec(), bytes(PING_REQUEST));
    assert_eq!(SubscribeRequest::decode(&bytes(REQUEST)[..]).unwrap().encode_to_vec(), bytes(REQUEST));

    let SubscribeUpdate { filters, update: told } = update(ACCOUNT);
    assert_eq!(filters, ["list 0", "accounts"]);
    let info = AccountInfo {
        pubkey: TOLD.to_bytes().to_vec(),
        lamports: 5,
        owner: PROGRAM.to_bytes().to_vec(),
        data: vec![7, 7, 7, 7, 7, 7, 7, 7, 9],
    };
    assert_eq!(told, Some(Update::Account(UpdateAccount { account: Some(info), slot: 12 })));
    let slot = |parent, status| Some(Update::Slot(UpdateSlot { slot: 12, parent, status }));
    assert_eq!(update(SLOT).update, slot(Some(11), 1));
    assert_eq!(update(PROCESSED).update, slot(None, 0));
    assert_eq!(update(PING_UPDATE).update, Some(Update::Ping(messages::Nothing {})));
    assert_eq!(update(PONG).update, Some(Update::Pong(Ping { id: 1 })));
    assert_eq!(update(BLOCK).update, None);
}

#[test]
fn what_stands_is_asked_for_and_told_from_then_on() {
    let (intake, mut repairs) = intake();
    let mut session = Session::new(Line::new(&intake));
    session.keep(Key::List(WATCH));
    session.request();
    assert_eq!(session.take(update(PROCESSED)), None);
    assert!(repairs.try_recv().is_err(), "a slot that is not confirmed shows nothing");
    assert_eq!(session.take(update(SLOT)), None);
    assert_eq!(repairs.try_recv().unwrap(), Repair::Keys(vec![Key::List(WATCH)]));
    // The next request is on its way: the slots of the first say nothing of it.
    session.keep(Key::Single(TOLD));
    session.keep(Key::Single(TOLD));
    session.request();
    session.take(update(SLOT));
    assert!(repairs.try_recv().is_err());
    let mut second = update(SLOT);
    second.filters = vec!["slots 2".into()];
    session.take(second);
    assert_eq!(repairs.try_recv().unwrap(), Repair::Keys(vec![Key::Single(TOLD)]));

    intake.mirror.put_list(&WATCH, At { slot: 1, value: Vec::new() });
    session.take(update(ACCOUNT));
    assert_eq!(intake.mirror.addresses(&WATCH), Some(vec![TOLD]));
    let closed = |session: &mut Session<'_>, slot| {
        let mut told = update(ACCOUNT);
        if let Some(Update::Account(UpdateAccount { account: Some(account), slot: at })) = &mut told.update {
            (account.lamports, *at) = (0, slot);
        }
        session.take(told);
    };
    closed(&mut session, 11);
    assert_eq!(intake.mirror.addresses(&WATCH), Some(vec![TOLD]), "it is older");
    closed(&mut session, 13);
    assert_eq!(intake.mirror.addresses(&WATCH), Some(vec![]), "without lamports it is gone");
    // Of what was dropped, and in no form.
    session.forget(Key::List(WATCH));
    session.forget(Key::Single(TOLD));
    let mut later = update(ACCOUNT);
    if let Some(Update::Account(told)) = &mut later.update {
        told.slot = 20;
    }
    session.take(later.clone());
    if let Some(Update::Account(UpdateAccount { account: Some(account), .. })) = &mut later.update {
        account.pubkey.pop();
    }
    session.take(later);
    assert_eq!(intake.mirror.addresses(&WATCH), Some(vec![]));
    assert_eq!(session.take(update(PING_UPDATE)), Some(sign_of_life()));
}

/// One call: what the client said so far, and how to tell it something.
struct Client {
    stream: SendStream<Bytes>,
    said: UnboundedReceiver<SubscribeRequest>,
    connection: tokio::task::JoinHandle<()>,
}

async fn accept(listener: &TcpListener, token: &str) -> Client {
    let (stream, _) = timeout(Duration::from_secs(20), listener.accept()).await.unwrap().unwrap();
    let (heard, mut said) = unbounded_channel();
    let connection = tokio::spawn(serve(stream, heard));
    let Heard { path, token: shown, mut respond, body } = said.recv().await.unwrap();
    assert_eq!((path.as_str(), shown.as_str()), (SUBSCRIBE, token));
    let head = Response::builder().header("content-type", "application/grpc").body(()).unwrap();
    let stream = respond.send_response(head, false).unwrap();
    let (requests, said) = unbounded_channel();
    tokio::spawn(read(body, requests));
    Client { stream, said, connection }
}

struct Heard {
    path: String,
    token: String,
    respond: SendResponse<Bytes>,
    body: RecvStream,
}

async fn serve(stream: TcpStream, heard: UnboundedSender<Heard>) {
    let mut connection = h2::server::handshake(stream).await.unwrap();
    while let Some(Ok((request, respond))) = connection.accept().await {
        let token = request.headers().get("x-token").map(|token| token.to_str().unwrap().to_owned());
        let path = request.uri().path().to_owned();
        let token = token.unwrap_or_default();
        let _ = heard.send(Heard { path, token, respond, body: request.into_body() });
    }
}

async fn read(mut body: RecvStream, requests: UnboundedSender<SubscribeRequest>) {
    let mut buffer = BytesMut::new();
    while let Some(Ok(bytes)) = body.data().await {
        body.flow_control().release_capacity(bytes.len()).unwrap();
        buffer.extend_from_slice(&bytes);
        while let Some(length) = buffer.get(1..5).map(|head| u32::from_be_bytes(head.try_into().unwrap())) {
            let whole = 5 + length as usize;
            if buffer.len() < whole {
                break;
            }
            let frame = buffer.split_to(whole);
            requests.send(SubscribeRequest::decode(&frame[5..]).unwrap()).unwrap();
        }
    }
}

impl Client {
    /// Tells something, in frames of HTTP/2 that cut its message in two.
    fn tell(&mut self, hex: &str) {
        let message = bytes(hex);
        let mut frame = BytesMut::new();
        frame.put_u8(0);
        frame.put_u32(message.len() as u32);
        frame.put_slice(&message);
        let second = frame.split_off(3);
        self.stream.send_data(frame.freeze(), false).unwrap();
        self.stream.send_data(second.freeze(), false).unwrap();
    }

    /// The next request that is no sign of life.
    async fn request(&mut self) -> SubscribeRequest {
        loop {
            let next = timeout(Duration::from_secs(20), self.said.recv()).await.unwrap().unwrap();
            if next.ping.is_none() {
                return next;
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn it_follows_a_server_over_a_socket_through_every_end_of_a_call() {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let (mut intake, mut repairs) = intake();
    let mirror = Arc::clone(&intake.mirror);
    let connections = Arc::new(Mutex::new(Vec::new()));
    let noted = Arc::clone(&connections);
    intake.connected = Box::new(move |is_connected| noted.lock().unwrap().push(is_connected));
    mirror.put_list(&WATCH, At { slot: 1, value: Vec::new() });
    let (wanted, wants) = unbounded_channel();
    let source = Yellowstone { url, token: Some("key".into()) };
    let following = tokio::spawn(follow(Box::new(source), intake, wants));
    let repaired = async |repairs: &mut UnboundedReceiver<Repair>| {
        timeout(Duration::from_secs(20), repairs.recv()).await.unwrap().unwrap()
    };

    let mut client = accept(&listener, "key").await;
    let request = client.request().await;
    assert_eq!(request.accounts.keys().collect::<Vec<_>>(), ["list 0"]);
    assert_eq!(request.commitment, Some(1));
    client.tell(SLOT);
    assert_eq!(repaired(&mut repairs).await, Repair::Keys(vec![Key::List(WATCH)]));
    let mut changes = mirror.changes();
    client.tell(ACCOUNT);
    timeout(Duration::from_secs(20), changes.changed()).await.unwrap().unwrap();
    assert_eq!(mirror.addresses(&WATCH), Some(vec![TOLD]));
    // A sign of life is answered, and what is wanted later is in the next request.
    client.tell(PING_UPDATE);
    wanted.send(Want::Keep(Key::Single(PROGRAM))).unwrap();
    mirror.keep_single(PROGRAM);
    let request = client.request().await;
    assert_eq!(request.accounts.keys().collect::<Vec<_>>(), ["accounts", "list 0"]);
    assert_eq!(request.slots.keys().collect::<Vec<_>>(), ["slots 2"]);

    // The server ends the call with a status: it is called again, for all of it.
    let mut trailers = HeaderMap::new();
    trailers.insert("grpc-status", "14".parse().unwrap());
    trailers.insert("grpc-message", "going away".parse().unwrap());
    client.stream.send_trailers(trailers).unwrap();
    let mut client = accept(&listener, "key").await;
    let request = client.request().await;
    assert_eq!(request.accounts.len(), 2);
    client.tell(SLOT);
    let Repair::Keys(keys) = repaired(&mut repairs).await else { panic!("what stands is asked for") };
    assert_eq!(keys.len(), 2);
    // The connection is cut.
    client.connection.abort();
    let mut client = accept(&listener, "key").await;
    client.request().await;
    // What is no message of the protocol's.
    client.stream.send_data(Bytes::from_static(&[1, 0, 0, 0, 1, 0]), false).unwrap();
    let mut client = accept(&listener, "key").await;
    client.request().await;
    // What is longer than any.
    client.stream.send_data(Bytes::from_static(&[0, 0xff, 0xff, 0xff, 0xff]), false).unwrap();
    let mut client = accept(&listener, "key").await;
    client.request().await;
    // Nobody wants anything any more: the call ends.
    drop(wanted);
    timeout(Duration::from_secs(20), following).await.unwrap().unwrap();
    let reset = timeout(Duration::from_secs(20), poll_fn(|context| client.stream.poll_reset(context))).await;
    assert!(reset.is_ok(), "the server sees it");
    assert_eq!(*connections.lock().unwrap(), [true, false].repeat(5));
}

#[tokio::test]
async fn whoever_does_not_answer_as_such_a_server_is_named() {
    let open = |url: String| async move { Call::open(&url, SUBSCRIBE, None).await.map(drop).unwrap_err() };
    assert!(open("127.0.0.1".into()).await.contains("http://"));
    let nobody = TcpListener::bind(("127.0.0.1", 0)).await.unwrap().local_addr().unwrap();
    assert!(open(format!("http://{nobody}")).await.contains("refused"));
    // A status in the head, as a server without the token says it.
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let answering = tokio::spawn(async move {
        let (stream, _) = listener.accept().await.unwrap();
        let mut connection = h2::server::handshake(stream).await.unwrap();
        while let Some(Ok((_, mut respond))) = connection.accept().await {
            let head = Response::builder().header("grpc-status", "16").header("grpc-message", "no token");
            respond.send_response(head.body(()).unwrap(), true).unwrap();
        }
    });
    let mut call = Call::open(&url, SUBSCRIBE, None).await.unwrap();
    let error = call.next::<SubscribeUpdate>().await.unwrap_err();
    assert!(error.contains("16") && error.contains("no token"), "{error}");
    answering.abort();
}

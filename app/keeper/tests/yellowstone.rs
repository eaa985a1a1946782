//! The adapter of Yellowstone's gRPC, against a server over a socket. What crosses it are bytes that `protoc` made of `geyser.proto`
//! (`protoc --deterministic_output --encode`, version 14 of `yellowstone-grpc-proto`), with fields among them that the adapter does not know.

use std::future::poll_fn;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use assay_chain::Commitment;
use assay_chain::rpc::At;
use assay_host::{Account, Watch};
use assay_keeper::service::mirror::{Key, Mirror};
use assay_keeper::service::reader::{Repair, Want};
use assay_keeper::service::source::{Intake, Source as _, follow};
use assay_keeper::service::yellowstone::Yellowstone;
use bytes::{BufMut as _, Bytes, BytesMut};
use h2::server::SendResponse;
use h2::{RecvStream, SendStream};
use http::{HeaderMap, Response};
use solana_address::Address;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::task::JoinHandle;
use tokio::time::timeout;

const PROGRAM: Address = Address::new_from_array([1; 32]);
const FOUND: Address = Address::new_from_array([2; 32]);

fn watch() -> Watch {
    let watch = Watch { program: PROGRAM, discriminator: [7; 8], holds: None };
    watch.holding(4, &Address::new_from_array([9; 32]))
}

/// The list and the slots, of what is confirmed: the first request of a call.
const LIST_ALONE: &str = "0a6d0a066c697374203012631a2b34764a394a5531624a4a4539364657534a4b7648736d6d46414443673467705a51666634\
5033626b4c4b69220c0a0a1208070707070707070722260a24080c1220090909090909090909090909090909090909090909\
0909090909090909090909120d0a07736c6f74732031120208013001";
/// The same with a single account, as the second request.
const BOTH: &str = "0a390a086163636f756e7473122d122b34764a394a5531624a4a4539364657534a4b7648736d6d46414443673467705a5166\
66345033626b4c4b690a6d0a066c697374203012631a2b34764a394a5531624a4a4539364657534a4b7648736d6d46414443\
673467705a516666345033626b4c4b69220c0a0a1208070707070707070722260a24080c1220090909090909090909090909\
0909090909090909090909090909090909090909120d0a07736c6f74732032120208013001";
/// And as the first.
const BOTH_AGAIN: &str = "0a390a086163636f756e7473122d122b34764a394a5531624a4a4539364657534a4b7648736d6d46414443673467705a5166\
66345033626b4c4b690a6d0a066c697374203012631a2b34764a394a5531624a4a4539364657534a4b7648736d6d46414443\
673467705a516666345033626b4c4b69220c0a0a1208070707070707070722260a24080c1220090909090909090909090909\
0909090909090909090909090909090909090909120d0a07736c6f74732031120208013001";
/// A sign of life.
const SIGN_OF_LIFE: &str = "4a020801";
/// An account of slot 12, by both filters, with every field that there is.
const TOLD: &str = "0a066c69737420300a086163636f756e7473128d010a86010a20020202020202020202020202020202020202020202020202\
020202020202020210051a20010101010101010101010101010101010101010101010101010101010101010128ffffffffff\
ffffffff01322c07070707070707070000000009090909090909090909090909090909090909090909090909090909090909\
09384d4203616263100c20035a080880e2cfaa061005";
/// It is gone in slot 11, and in slot 13.
const CLOSED_BEFORE: &str = "0a066c69737420300a086163636f756e7473128b010a84010a20020202020202020202020202020202020202020202020202\
02020202020202021a20010101010101010101010101010101010101010101010101010101010101010128ffffffffffffff\
ffff01322c070707070707070700000000090909090909090909090909090909090909090909090909090909090909090938\
4d4203616263100b20035a080880e2cfaa061005";
const CLOSED: &str = "0a066c69737420300a086163636f756e7473128b010a84010a20020202020202020202020202020202020202020202020202\
02020202020202021a20010101010101010101010101010101010101010101010101010101010101010128ffffffffffffff\
ffff01322c070707070707070700000000090909090909090909090909090909090909090909090909090909090909090938\
4d4203616263100d20035a080880e2cfaa061005";
/// Slot 12, whose parent is 11, told of by the filter of the first request, and of the second.
const CONFIRMED: &str = "0a07736c6f747320311a08080c100b180128095a020801";
const CONFIRMED_BY_SECOND: &str = "0a07736c6f747320321a08080c100b180128095a020801";
/// That slot.
const SLOT: u64 = 12;
/// A slot that is not confirmed.
const PROCESSED: &str = "0a07736c6f747320311a06080c100b28095a020801";
/// A sign of life is asked for, and answered.
const PING: &str = "32005a020801";
const PONG: &str = "4a020801";
/// Something that nobody asked for.
const BLOCK: &str = "0a01783a050805120168";

fn bytes(hex: &str) -> Vec<u8> {
    let digit = |at: usize| u8::from_str_radix(&hex[at..at + 2], 16).unwrap();
    (0..hex.len()).step_by(2).map(digit).collect()
}

async fn soon<T>(what: impl Future<Output = T>) -> T {
    timeout(Duration::from_secs(30), what).await.expect("it takes no such time")
}

fn intake() -> (Intake, UnboundedReceiver<Repair>) {
    let (repairs, asked) = unbounded_channel();
    let (commitment, mirror) = (Commitment::Confirmed, Arc::new(Mirror::default()));
    (Intake { commitment, mirror, heard: Box::new(|_| {}), connected: Box::new(|_| {}), repairs }, asked)
}

/// A call that came, before it is answered.
struct Call {
    path: String,
    token: String,
    respond: SendResponse<Bytes>,
    body: RecvStream,
}

/// A client that called: what it said so far, and how to tell it something.
struct Client {
    stream: SendStream<Bytes>,
    said: UnboundedReceiver<Vec<u8>>,
    connection: JoinHandle<()>,
}

async fn accept(listener: &TcpListener) -> Client {
    let (stream, _) = soon(listener.accept()).await.unwrap();
    let (calls, mut called) = unbounded_channel();
    let connection = tokio::spawn(serve(stream, calls));
    let Call { path, token, mut respond, body } = soon(called.recv()).await.unwrap();
    assert_eq!((path.as_str(), token.as_str()), ("/geyser.Geyser/Subscribe", "key"));
    let head = Response::builder().header("content-type", "application/grpc").body(()).unwrap();
    let stream = respond.send_response(head, false).unwrap();
    let (messages, said) = unbounded_channel();
    tokio::spawn(read(body, messages));
    Client { stream, said, connection }
}

async fn serve(stream: TcpStream, calls: UnboundedSender<Call>) {
    let mut connection = h2::server::handshake(stream).await.unwrap();
    while let Some(Ok((request, respond))) = connection.accept().await {
        let token = request.headers().get("x-token").map(|token| token.to_str().unwrap().to_owned());
        let (path, token) = (request.uri().path().to_owned(), token.unwrap_or_default());
        let _ = calls.send(Call { path, token, respond, body: request.into_body() });
    }
}

async fn read(mut body: RecvStream, messages: UnboundedSender<Vec<u8>>) {
    let mut buffer = BytesMut::new();
    while let Some(Ok(bytes)) = body.data().await {
        body.flow_control().release_capacity(bytes.len()).unwrap();
        buffer.extend_from_slice(&bytes);
        while let Some(length) = buffer.get(1..5).map(|head| u32::from_be_bytes(head.try_into().unwrap())) {
            let whole = 5 + length as usize;
            if buffer.len() < whole {
                break;
            }
            let _ = messages.send(buffer.split_to(whole)[5..].to_vec());
        }
    }
}

impl Client {
    /// Tells something, in frames of HTTP/2 that cut it in two.
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
    async fn request(&mut self) -> Vec<u8> {
        loop {
            let next = soon(self.said.recv()).await.unwrap();
            if next != bytes(SIGN_OF_LIFE) {
                return next;
            }
        }
    }
}

async fn until(mirror: &Mirror, addresses: &[Address]) {
    let mut changes = mirror.changes();
    while mirror.addresses(&watch()).unwrap() != addresses {
        soon(changes.changed()).await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn it_follows_a_server_through_every_end_of_a_call() {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let (mut intake, mut repairs) = intake();
    let mirror = Arc::clone(&intake.mirror);
    let connections = Arc::new(Mutex::new(Vec::new()));
    let noted = Arc::clone(&connections);
    intake.connected = Box::new(move |is_connected| noted.lock().unwrap().push(is_connected));
    mirror.put_list(&watch(), At { slot: 1, value: Vec::new() });
    let (wanted, wants) = unbounded_channel();
    let source = Yellowstone { url, token: Some("key".into()) };
    let following = tokio::spawn(follow(Box::new(source), intake, wants));

    let mut client = accept(&listener).await;
    assert_eq!(client.request().await, bytes(LIST_ALONE));
    // A slot that is not confirmed shows nothing; one that is, that what was asked for is told of.
    for told in [PONG, BLOCK, PROCESSED, TOLD] {
        client.tell(told);
    }
    until(&mirror, &[FOUND]).await;
    assert!(repairs.try_recv().is_err());
    client.tell(CONFIRMED);
    assert_eq!(soon(repairs.recv()).await.unwrap(), Repair::Keys(vec![Key::List(watch())], SLOT));
    let data = [&[7; 8][..], &[0; 4], &[9; 32]].concat();
    assert_eq!(mirror.listed(&watch(), &FOUND), Some(Some(Account { owner: PROGRAM, data })));
    client.tell(CLOSED_BEFORE);
    // A sign of life is answered, and what is wanted later is in the next request.
    client.tell(PING);
    let answered = async { while soon(client.said.recv()).await.unwrap() != bytes(SIGN_OF_LIFE) {} };
    answered.await;
    assert_eq!(mirror.addresses(&watch()).unwrap(), [FOUND], "it was closed before it was told of");
    client.tell(CLOSED);
    until(&mirror, &[]).await;
    mirror.keep_single(PROGRAM);
    for _ in 0..2 {
        wanted.send(Want::Keep(Key::Single(PROGRAM))).unwrap();
    }
    assert_eq!(client.request().await, bytes(BOTH));
    client.tell(CONFIRMED);
    client.tell(CONFIRMED_BY_SECOND);
    let stands = Repair::Keys(vec![Key::Single(PROGRAM)], SLOT);
    assert_eq!(soon(repairs.recv()).await.unwrap(), stands, "the first request's slots say nothing of it");

    // The server ends the call with a status: it is called again, for all of it.
    let mut trailers = HeaderMap::new();
    trailers.insert("grpc-status", "14".parse().unwrap());
    trailers.insert("grpc-message", "going away".parse().unwrap());
    client.stream.send_trailers(trailers).unwrap();
    let mut client = accept(&listener).await;
    assert_eq!(client.request().await, bytes(BOTH_AGAIN));
    client.tell(CONFIRMED);
    let keys = vec![Key::List(watch()), Key::Single(PROGRAM)];
    assert_eq!(soon(repairs.recv()).await.unwrap(), Repair::Keys(keys, SLOT));
    // The connection is cut.
    client.connection.abort();
    // What is compressed, though nobody asked for that; and what is longer than anything that is watched.
    for wrong in [&[1, 0, 0, 0, 1, 0][..], &[0, 0xff, 0xff, 0xff, 0xff]] {
        let mut client = accept(&listener).await;
        client.request().await;
        client.stream.send_data(Bytes::from_static(wrong), false).unwrap();
    }
    // Nobody wants anything any more: the call ends.
    let mut client = accept(&listener).await;
    client.request().await;
    wanted.send(Want::Keep(Key::Single(FOUND))).unwrap();
    client.request().await;
    // What is kept is not given up.
    for dropped in [FOUND, PROGRAM] {
        wanted.send(Want::Drop(Key::Single(dropped))).unwrap();
    }
    assert_eq!(client.request().await.len(), bytes(BOTH).len());
    drop(wanted);
    soon(following).await.unwrap();
    // The server sees it, one way or the other.
    drop(soon(poll_fn(|context| client.stream.poll_reset(context))).await);
    assert_eq!(*connections.lock().unwrap(), [true, false].repeat(5));
}

#[tokio::test]
async fn whoever_does_not_answer_as_such_a_server_is_named() {
    let why = async |url: String| {
        let (intake, _repairs) = intake();
        let (_wanted, mut wants) = unbounded_channel();
        soon(Yellowstone { url, token: None }.session(&intake, &mut wants)).await.unwrap_err()
    };
    assert!(why("127.0.0.1".into()).await.contains("http://"));
    let nobody = TcpListener::bind(("127.0.0.1", 0)).await.unwrap().local_addr().unwrap();
    assert!(why(format!("http://{nobody}")).await.contains("refused"));
    // A status in the head, as a server says it to whoever has no token.
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
    let error = why(url).await;
    assert!(error.contains("16") && error.contains("no token"), "{error}");
    answering.abort();
}

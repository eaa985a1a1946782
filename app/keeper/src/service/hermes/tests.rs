//! A server on this machine answers with documents of the form that Hermes' description has, around updates made by hand.

use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::thread::{self, JoinHandle};

use super::update::tests::{message, update};
use super::*;

fn document(messages: &[Vec<u8>]) -> String {
    let data = BASE64.encode(update(messages));
    format!("{{\"binary\":{{\"encoding\":\"base64\",\"data\":[\"{data}\"]}},\"parsed\":null}}")
}

fn answer(status: &str, body: &str) -> String {
    format!("HTTP/1.1 {status}\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}", body.len())
}

/// A server that gives these answers, one a connection, and returns the first lines of what it was asked.
fn serve(answers: Vec<String>) -> (Url, JoinHandle<Vec<String>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    let text =
        format!("[prices]\nsource = \"hermes\"\nhermes = \"{url}\"\nfeeds = [\"{}\"]\n", "01".repeat(32));
    let config = super::super::config::Config::parse("k".as_ref(), &text, &[]).unwrap();
    let super::super::config::Prices::Hermes { url, .. } = config.prices else { panic!() };
    let served = thread::spawn(move || {
        let mut asked = Vec::new();
        for answer in answers {
            let (mut stream, _) = listener.accept().unwrap();
            let mut head = Vec::new();
            while !head.ends_with(b"\r\n\r\n") {
                let mut byte = [0];
                stream.read_exact(&mut byte).unwrap();
                head.push(byte[0]);
            }
            asked.push(String::from_utf8(head).unwrap().lines().next().unwrap().to_owned());
            // The client may have read enough before this ends.
            let _ = stream.write_all(answer.as_bytes());
        }
        asked
    });
    (url, served)
}

const FEEDS: [Feed; 2] = [[1; 32], [2; 32]];

/// What one answer comes to.
fn asked(answer: String) -> (Result<(), HermesError>, Hermes) {
    let (url, served) = serve(vec![answer]);
    let hermes = Hermes::new(&url, &FEEDS, 0);
    let result = hermes.ask();
    served.join().unwrap();
    (result, hermes)
}

#[test]
fn the_newest_price_of_each_feed_is_kept_and_posted_if_the_chain_has_an_older_one() {
    let both = document(&[message(1, 5, 100), message(2, 6, 100), message(3, 7, 100)]);
    let later = document(&[message(1, 8, 101), message(2, 9, 99)]);
    let (url, served) = serve(vec![answer("200 OK", &both), answer("200 OK", &later)]);
    let hermes = Hermes::new(&url, &FEEDS, 0);
    let source: &dyn PriceSource = &hermes;
    assert_eq!(source.newest(&FEEDS[0]), None);
    hermes.ask().unwrap();
    let payer = Address::new_from_array([9; 32]);
    let postings = |there: [i64; 2]| {
        let there = FEEDS.into_iter().zip(there).collect();
        source.postings(&payer, &there, &|bytes| bytes as u64)
    };
    let [both] = &postings([99, 0])[..] else { panic!() };
    assert_eq!(both.feeds, [(FEEDS[0], 100), (FEEDS[1], 100)].into());
    assert_eq!(both.instructions.len(), 4 + 2 + 1);
    assert_eq!(postings([100, 100]), []);
    hermes.ask().unwrap();
    assert_eq!((hermes.price(&FEEDS[0]).unwrap().price, hermes.price(&FEEDS[1]).unwrap().price), (8, 6));
    assert_eq!(hermes.price(&[3; 32]), None, "nobody asked for it");
    assert_eq!(postings([0, 0]).len(), 2, "of two updates");
    let expected = format!(
        "GET /v2/updates/price/latest?encoding=base64&parsed=false&ids%5B%5D=0x{}&ids%5B%5D=0x{} HTTP/1.1",
        "01".repeat(32),
        "02".repeat(32)
    );
    assert_eq!(served.join().unwrap(), [expected.clone(), expected]);
    assert_eq!(super::super::prices::Sponsored.postings(&payer, &BTreeMap::new(), &|_| 0), []);
}

#[test]
fn a_stream_is_followed_to_its_end_or_until_it_is_broken_off() {
    let event = |price, time| format!("event: message\ndata:{}\n\n", document(&[message(1, price, time)]));
    let body = format!(":keep-alive\n\n{}{}{}", event(5, 100), event(6, 101), event(7, 102));
    let head = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nconnection: close\r\n\r\n";
    let (url, served) = serve(vec![format!("{head}{body}"), format!("{head}{body}")]);
    let hermes = Hermes::new(&url, &FEEDS, 0);
    let mut heard = 0;
    let mut until = |last: i32| {
        hermes.follow(&mut || {
            heard += 1;
            if heard == last { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        })
    };
    until(2).unwrap();
    assert_eq!(hermes.price(&FEEDS[0]).unwrap().price, 6);
    until(0).unwrap();
    assert_eq!((heard, hermes.price(&FEEDS[0]).unwrap().price), (5, 7));
    assert!(served.join().unwrap()[0].starts_with("GET /v2/updates/price/stream?encoding=base64"));
}

#[test]
fn what_a_wrong_server_says_is_named_and_changes_nothing() {
    let far = document(&[message(1, 5, i64::MAX)]);
    let half = document(&[message(1, 5, 100)]);
    let hex = half.replace("base64", "hex");
    let torn = half.replace("UE5BVQ", "UE5BVA");
    for (text, said) in [
        (answer("200 OK", "<html>"), "no such document"),
        (answer("200 OK", "{\"binary\":{\"encoding\":\"base64\",\"data\":[\"?\"]}}"), "not base64"),
        (answer("200 OK", &hex), "another encoding"),
        (answer("200 OK", &torn), "no accumulator update"),
        (answer("200 OK", &far), "of the future"),
        (answer("200 OK", &"x".repeat(LONGEST as usize + 10)), "more bytes"),
        (answer("404 Not Found", &half), "status 404"),
        (answer("302 Found", &half), "status 302"),
        ("HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nshort".into(), "http://127.0.0.1:"),
        ("nonsense\r\n\r\n".into(), "failed"),
    ] {
        let (result, hermes) = asked(text);
        let error = result.unwrap_err().to_string();
        assert!(error.contains(said), "{said}: {error}");
        assert_eq!(hermes.price(&FEEDS[0]), None);
    }
    let (result, hermes) = asked(answer("200 OK", &half));
    let error = result.unwrap_err().to_string();
    assert!(error.contains(&"02".repeat(32)), "{error}");
    assert_eq!(hermes.price(&FEEDS[0]).unwrap().price, 5);
}

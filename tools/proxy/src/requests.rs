//! JSON-RPC over HTTP: each request meets its faults on the way to the cluster and back.

use std::convert::Infallible;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use http_body_util::{BodyExt as _, Full};
use hyper::body::{Bytes, Incoming};
use hyper::header::CONTENT_TYPE;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use serde_json::{Value, json};
use tokio::net::TcpStream;

use crate::faults::{Event, Faults};
use crate::shared::Shared;
use crate::{history, wire};

/// Why a request gets no answer of the cluster's.
enum Fate {
    /// The connection is closed without a word.
    Lost,
    /// Status 429.
    Refused,
    /// The cluster does not answer.
    Unreachable(String),
}

/// Serves one client until it goes or is cut off.
pub async fn serve(shared: Arc<Shared>, stream: TcpStream) {
    let service = {
        let shared = Arc::clone(&shared);
        service_fn(move |request| answer(Arc::clone(&shared), request))
    };
    let connection = http1::Builder::new().serve_connection(TokioIo::new(stream), service);
    tokio::select! {
        _ = connection => {} // a client that goes in the middle is as good as one that goes at the end
        () = shared.until_cut() => shared.counters.count(Event::Cut),
    }
}

/// A lost connection: hyper closes it on any error.
#[derive(Debug)]
struct LostConnection;

impl std::fmt::Display for LostConnection {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str("the connection is lost")
    }
}

impl std::error::Error for LostConnection {}

async fn answer(
    shared: Arc<Shared>,
    request: Request<Incoming>,
) -> Result<Response<Full<Bytes>>, LostConnection> {
    let body = request.into_body().collect().await.map_err(|_| LostConnection)?.to_bytes();
    let answered = match serde_json::from_slice(&body) {
        Ok(Value::Array(batch)) => {
            let mut answers = Vec::new();
            let mut fate = None;
            for request in batch {
                match one(&shared, request).await {
                    Ok(answer) => answers.push(answer),
                    Err(other) => fate = Some(other),
                }
            }
            fate.map_or(Ok(Value::Array(answers)), Err)
        }
        Ok(request) => one(&shared, request).await,
        Err(_) => return Ok(raw(&shared, body).await),
    };
    match answered {
        Ok(value) => Ok(reply(StatusCode::OK, value.to_string())),
        Err(Fate::Lost) => Err(LostConnection),
        Err(Fate::Refused) => {
            let error = json!({ "jsonrpc": "2.0", "error": { "code": 429, "message": "Too many requests" }, "id": null });
            Ok(reply(StatusCode::TOO_MANY_REQUESTS, error.to_string()))
        }
        Err(Fate::Unreachable(error)) => Ok(reply(StatusCode::BAD_GATEWAY, error)),
    }
}

/// What is no JSON is the cluster's to refuse.
async fn raw(shared: &Shared, body: Bytes) -> Response<Full<Bytes>> {
    match shared.upstream.post(body).await {
        Ok((status, body)) => reply(status, body),
        Err(error) => reply(StatusCode::BAD_GATEWAY, format!("{error:#}")),
    }
}

pub fn reply(status: StatusCode, body: impl Into<Bytes>) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(body.into()));
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, hyper::header::HeaderValue::from_static("application/json"));
    response
}

async fn one(shared: &Shared, request: Value) -> Result<Value, Fate> {
    shared.counters.count(Event::Request);
    let method = request.get("method").and_then(Value::as_str).unwrap_or_default().to_owned();
    let parameters = request.get("params").cloned().unwrap_or(Value::Null);
    let (faults, fork) = shared.faults();
    let faults = if faults.concern(&method) { faults } else { Faults::default() };
    let happens = |share: f64, event: Event| {
        let happens = shared.dice.fall(share);
        if happens {
            shared.counters.count(event);
        }
        happens
    };

    shared.lag(faults.lag_ms).await;
    if happens(faults.lost_requests, Event::LostRequest) {
        return Err(Fate::Lost);
    }
    if happens(faults.refused_requests, Event::Refused) {
        return Err(Fate::Refused);
    }
    if method == "sendTransaction"
        && let Some(signature) = wire::signature(&parameters)
        && happens(faults.dropped_sends, Event::DroppedSend)
    {
        let id = request.get("id").cloned().unwrap_or(Value::Null);
        return Ok(json!({ "jsonrpc": "2.0", "result": signature, "id": id }));
    }
    let answer = ask(shared, &request).await?;
    if method == "sendTransaction" && happens(faults.repeated_sends, Event::RepeatedSend) {
        ask(shared, &request).await?; // the client hears of the first only
    }
    let answer = past(shared, &faults, fork, &method, &parameters, answer);
    if happens(faults.lost_answers, Event::LostAnswer) {
        return Err(Fate::Lost);
    }
    Ok(answer)
}

async fn ask(shared: &Shared, request: &Value) -> Result<Value, Fate> {
    shared.upstream.ask(request).await.map_err(|error| Fate::Unreachable(format!("{error:#}")))
}

/// The answer that a read gets: the cluster's, or one that it gave before.
fn past(
    shared: &Shared,
    faults: &Faults,
    fork: u64,
    method: &str,
    parameters: &Value,
    answer: Value,
) -> Value {
    let is_read = method.starts_with("get") || method == "isBlockhashValid";
    if !is_read || answer.get("error").is_some() {
        return answer;
    }
    let now = shared.slot.load(Ordering::Relaxed);
    let key = history::key(method, parameters);
    let mut history = shared.history.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    let bytes = if answer.get("result").is_some_and(Value::is_number) { 0 } else { answer.to_string().len() };
    history.note(key.clone(), now, &answer, bytes);

    let context = answer.pointer("/result/context/slot").cloned();
    let (slot, context, event) = match (faults.rollback_slots, faults.stale_slots, context) {
        (0, 0, _) | (1.., 0, None) => return answer, // a bare number is no state that could go back
        (1.., _, Some(today)) => (fork, Some(today), Event::RolledBack),
        (_, stale, _) => (now.saturating_sub(stale), None, Event::Stale),
    };
    let Some(mut old) = history.at(&key, slot).cloned() else { return answer };
    drop(history);
    let (of, least) =
        (old.pointer("/result/context/slot").and_then(Value::as_u64), history::least(parameters));
    match (context, old.pointer_mut("/result/context/slot")) {
        (Some(today), Some(place)) => *place = today,
        // So a server says that it is behind.
        (None, Some(_)) if of.is_some_and(|of| of < least) => {
            let message = "Minimum context slot has not been reached";
            old = json!({ "jsonrpc": "2.0", "error": { "code": -32016, "message": message }, "id": null });
        }
        _ => {}
    }
    if let (Some(id), Some(place)) = (answer.get("id"), old.get_mut("id")) {
        *place = id.clone();
    }
    if old != answer {
        shared.counters.count(event);
    }
    old
}

/// The type of a service that cannot fail.
pub type Sure<T> = Result<T, Infallible>;

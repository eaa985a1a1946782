//! The control port: faults set and counted from outside the process.

use std::sync::Arc;

use http_body_util::{BodyExt as _, Full};
use hyper::body::{Bytes, Incoming};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use serde::Serialize;
use serde_json::{Value, json};
use tokio::net::TcpStream;

use crate::requests::{Sure, reply};
use crate::shared::Shared;

/// Serves whoever holds the strings; [`Shared::cut`] does not cut these.
pub async fn serve(shared: Arc<Shared>, stream: TcpStream) {
    let service = service_fn(move |request| answer(Arc::clone(&shared), request));
    let _ = http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
}

async fn answer(shared: Arc<Shared>, request: Request<Incoming>) -> Sure<Response<Full<Bytes>>> {
    let (head, body) = request.into_parts();
    Ok(match (&head.method, head.uri.path()) {
        (&Method::GET, "/faults") => shown(&shared.faults().0),
        (&Method::GET, "/counts") => shown(&shared.counters.now()),
        (&Method::POST, "/cut") => {
            shared.cut();
            shown(&shared.counters.now())
        }
        (&Method::POST, "/faults") => match body.collect().await {
            Ok(body) => match set(&shared, &body.to_bytes()) {
                Ok(()) => shown(&shared.faults().0),
                Err(error) => refused(StatusCode::BAD_REQUEST, &error),
            },
            Err(error) => refused(StatusCode::BAD_REQUEST, &error.to_string()),
        },
        _ => refused(
            StatusCode::NOT_FOUND,
            "there are GET /faults, POST /faults (those not named end), GET /counts and POST /cut",
        ),
    })
}

fn set(shared: &Shared, body: &[u8]) -> Result<(), String> {
    let value: Value = serde_json::from_slice(body).map_err(|error| error.to_string())?;
    if !value.is_object() {
        return Err("an object of faults by name is meant".into()); // serde would take a list for one
    }
    shared.set(serde_json::from_value(value).map_err(|error| error.to_string())?)
}

fn shown(value: &impl Serialize) -> Response<Full<Bytes>> {
    match serde_json::to_vec(value) {
        Ok(body) => reply(StatusCode::OK, body),
        Err(error) => refused(StatusCode::INTERNAL_SERVER_ERROR, &error.to_string()),
    }
}

fn refused(status: StatusCode, error: &str) -> Response<Full<Bytes>> {
    reply(status, json!({ "error": error }).to_string())
}

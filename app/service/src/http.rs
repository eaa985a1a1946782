//! The door: HTTP/1.1 with JSON, described by OpenAPI at `/openapi.json`.
//!
//! A request has a longest head, a longest body and a longest time, and so has its answer; so many connections at once are served, and no
//! more: another is told so, unless it asks for the server's health. TLS is for a proxy before it.

mod artifacts;
mod body;
mod document;
mod door;
mod events;
mod jobs;
mod pages;
mod problem;

use std::future::Future;
use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::Router;
use axum::extract::{MatchedPath, Request, State};
use axum::http::{StatusCode, header};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse as _, Response};
use axum::routing::{get, post};
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, watch};
use tokio::task::JoinSet;
use tokio_io_timeout::TimeoutStream;

pub use self::document::document;
pub use self::door::Door;
pub use self::pages::worker_pages;
pub use self::problem::Problem;
use crate::metrics::{CONNECTIONS, Metrics, REQUEST_SECONDS, REQUESTS};

/// How long a request's head may take.
const HEAD: Duration = Duration::from_secs(10);
/// Most bytes of a head.
const LONGEST_HEAD: usize = 16 << 10;
/// How long uploads and downloads may take.
const TRANSFER: Duration = Duration::from_secs(3_600);
/// How long a connection may begin requests, and then go on with the last one: as long as a transfer.
const LIFE: Duration = TRANSFER;
/// The same of a connection for which there is no place.
const SHORT: Duration = Duration::from_secs(5);
/// How many of those there are at once.
const SPARE: usize = 32;

/// All routes.
pub fn router(door: Arc<Door>) -> Router {
    Router::new()
        .route("/v1/jobs", post(jobs::submit))
        .route("/v1/jobs/{id}", get(jobs::job))
        .route("/v1/jobs/{id}/cancel", post(jobs::cancel))
        .route("/v1/jobs/{id}/events", get(events::events))
        .route("/v1/models", get(artifacts::models).post(artifacts::upload_model))
        .route("/v1/keys", post(artifacts::upload_key))
        .route("/v1/artifacts/{digest}", get(artifacts::artifact))
        .route("/metrics", get(pages::metrics))
        .route("/healthz", get(pages::health))
        .route("/readyz", get(pages::ready))
        .route("/openapi.json", get(document::openapi))
        .fallback(nothing)
        .method_not_allowed_fallback(not_so)
        .layer(from_fn_with_state(Arc::clone(&door), measured))
        .with_state(door)
}

async fn nothing() -> Problem {
    Problem::new(StatusCode::NOT_FOUND, "not-found", "nothing is here: /openapi.json has every path")
}

async fn not_so() -> Problem {
    let detail = "this path takes other methods: /openapi.json has them";
    Problem::new(StatusCode::METHOD_NOT_ALLOWED, "method-not-allowed", detail)
}

/// Counts and times a request, and ends one that takes too long.
async fn measured(
    State(door): State<Arc<Door>>,
    path: Option<MatchedPath>,
    request: Request,
    next: Next,
) -> Response {
    let route = path.as_ref().map_or("none", MatchedPath::as_str).to_owned();
    let is_transfer = matches!(route.as_str(), "/v1/models" | "/v1/keys" | "/v1/artifacts/{digest}");
    let patience = if is_transfer { TRANSFER } else { door.limits.patience };
    let start = Instant::now();
    // Of a stream this is the time until it begins.
    let response = tokio::time::timeout(patience, next.run(request)).await.unwrap_or_else(|_| {
        let detail = format!("it took more than {} seconds to arrive and be answered", patience.as_secs());
        Problem::new(StatusCode::REQUEST_TIMEOUT, "timeout", detail).into_response()
    });
    door.metrics.observe(REQUEST_SECONDS, [&route], start.elapsed());
    door.metrics.add(REQUESTS, [&route, response.status().as_str()], 1);
    response
}

/// What is asked of a server that has no place for more, as well as one that has.
pub fn spare(door: Arc<Door>) -> Router {
    Router::new()
        .route("/healthz", get(pages::health))
        .route("/readyz", get(pages::ready))
        .fallback(busy)
        .with_state(door)
}

async fn busy() -> Response {
    let detail = "as many connections are open as this server takes: try again";
    let problem = Problem::new(StatusCode::SERVICE_UNAVAILABLE, "busy", detail).after(1);
    ([(header::CONNECTION, "close")], problem).into_response()
}

/// What is answered.
#[derive(Clone)]
pub struct Routes {
    /// To those who have a place.
    pub all: Router,
    /// To those for whom there is none, for a moment.
    pub spare: Router,
}

/// Answers until `stop` is done, which is the time that is returned; then requests that have begun are answered, for as long as `grace`.
/// Who takes nothing of an answer for `patience` is left.
pub async fn serve(
    listener: TcpListener,
    routes: Routes,
    connections: usize,
    patience: Duration,
    metrics: &Metrics,
    grace: Duration,
    stop: watch::Receiver<bool>,
) -> Instant {
    let (room, spare) = (Arc::new(Semaphore::new(connections)), Arc::new(Semaphore::new(SPARE)));
    let mut open = JoinSet::new();
    let mut is_full = false;
    let mut stopped = std::pin::pin!(is_time(stop.clone()));
    loop {
        metrics.set(CONNECTIONS, [], connections.saturating_sub(room.available_permits()) as f64);
        let accepted = async {
            // The semaphore is never closed.
            let place = Arc::clone(&spare).acquire_owned().await;
            (listener.accept().await, place)
        };
        tokio::select! {
            () = &mut stopped => break,
            Some(_) = open.join_next() => {}
            (accepted, place) = accepted => match accepted {
                Ok((stream, _)) => {
                    let stop = is_time(stop.clone());
                    let (place, router, life) = match Arc::clone(&room).try_acquire_owned() {
                        Ok(place) => (Ok(place), routes.all.clone(), LIFE),
                        Err(_) => (place, routes.spare.clone(), SHORT),
                    };
                    let was_full = std::mem::replace(&mut is_full, room.available_permits() == 0);
                    if is_full && !was_full {
                        tracing::warn!(connections, "every place for connections is taken");
                    }
                    open.spawn(async move {
                        connection(stream, router, stop, patience, life).await;
                        drop(place);
                    });
                }
                // No file descriptors are left, most likely.
                Err(error) => {
                    tracing::warn!(%error, "no connection was accepted");
                    tokio::time::sleep(Duration::from_millis(100)).await;
                }
            },
        }
    }
    drop(listener);
    let since = Instant::now();
    let ended = async { while open.join_next().await.is_some() {} };
    if tokio::time::timeout(grace, ended).await.is_err() {
        tracing::warn!("requests were cut off");
    }
    since
}

async fn is_time(mut stop: watch::Receiver<bool>) {
    // Where nobody can say it any more, it is time as well.
    let _ = stop.wait_for(|is_time| *is_time).await;
}

/// Serves one connection: no new request is begun after `life`, and after as long again it is closed.
async fn connection(
    stream: TcpStream,
    router: Router,
    stop: impl Future<Output = ()>,
    patience: Duration,
    life: Duration,
) {
    // Events are short, and wait for nothing.
    let _ = stream.set_nodelay(true);
    let mut stream = TimeoutStream::new(stream);
    stream.set_write_timeout(Some(patience));
    let mut builder = http1::Builder::new();
    builder.timer(TokioTimer::new()).header_read_timeout(HEAD).max_buf_size(LONGEST_HEAD);
    // Who found no place may find one the next time.
    builder.keep_alive(life > SHORT);
    let served = builder.serve_connection(TokioIo::new(Box::pin(stream)), TowerToHyperService::new(router));
    let mut served = std::pin::pin!(served);
    let mut stop = std::pin::pin!(stop);
    let ended = tokio::select! {
        ended = &mut served => Ok(ended),
        () = async { tokio::select! { () = &mut stop => {} () = tokio::time::sleep(life) => {} } } => {
            served.as_mut().graceful_shutdown();
            tokio::time::timeout(life, served).await
        }
    };
    // Whoever asks wrongly or slowly gets no more than a closed connection.
    match ended {
        Ok(Ok(())) => {}
        Ok(Err(error)) => tracing::debug!(%error, "a connection ended early"),
        Err(_) => tracing::debug!("a connection was open for too long"),
    }
}

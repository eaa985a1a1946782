//! The door: HTTP/1.1 with JSON, described by OpenAPI at `/openapi.json`.
//!
//! A request has a longest head, a longest body and a longest time, and so many connections at once are served and no more. TLS is for a
//! proxy before it.

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
use axum::http::StatusCode;
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse as _, Response};
use axum::routing::{get, post};
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, watch};
use tokio::task::JoinSet;

pub use self::document::document;
pub use self::door::Door;
pub use self::pages::worker_pages;
pub use self::problem::Problem;
use crate::metrics::{REQUEST_SECONDS, REQUESTS};

/// How long a request's head may take.
const HEAD: Duration = Duration::from_secs(10);
/// Most bytes of a head.
const LONGEST_HEAD: usize = 16 << 10;
/// How long uploads and downloads may take.
const TRANSFER: Duration = Duration::from_secs(3_600);

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

/// Answers until `stop` is done; then requests that have begun are answered, for as long as `grace`.
pub async fn serve(
    listener: TcpListener,
    router: Router,
    connections: usize,
    grace: Duration,
    stop: watch::Receiver<bool>,
) {
    let room = Arc::new(Semaphore::new(connections));
    let mut open = JoinSet::new();
    let mut stopped = std::pin::pin!(is_time(stop.clone()));
    loop {
        let accepted = async {
            // The semaphore is never closed.
            let place = Arc::clone(&room).acquire_owned().await;
            (listener.accept().await, place)
        };
        tokio::select! {
            () = &mut stopped => break,
            Some(_) = open.join_next() => {}
            (accepted, place) = accepted => match accepted {
                Ok((stream, _)) => {
                    let (router, stop) = (router.clone(), is_time(stop.clone()));
                    open.spawn(async move {
                        connection(stream, router, stop).await;
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
    let ended = async { while open.join_next().await.is_some() {} };
    if tokio::time::timeout(grace, ended).await.is_err() {
        tracing::warn!("requests were cut off");
    }
}

async fn is_time(mut stop: watch::Receiver<bool>) {
    // Where nobody can say it any more, it is time as well.
    let _ = stop.wait_for(|is_time| *is_time).await;
}

async fn connection(stream: TcpStream, router: Router, stop: impl Future<Output = ()>) {
    // Events are short, and wait for nothing.
    let _ = stream.set_nodelay(true);
    let mut builder = http1::Builder::new();
    builder.timer(TokioTimer::new()).header_read_timeout(HEAD).max_buf_size(LONGEST_HEAD);
    let served = builder.serve_connection(TokioIo::new(stream), TowerToHyperService::new(router));
    let mut served = std::pin::pin!(served);
    let mut stop = std::pin::pin!(stop);
    let ended = tokio::select! {
        ended = &mut served => ended,
        () = &mut stop => {
            served.as_mut().graceful_shutdown();
            served.await
        }
    };
    // Whoever asks wrongly or slowly gets no more than a closed connection.
    if let Err(error) = ended {
        tracing::debug!(%error, "a connection ended early");
    }
}

//! What a server shows of itself: metrics and health.

use std::collections::BTreeSet;
use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;

use super::door::Door;
use super::problem::Problem;
use crate::keys::Right;
use crate::metrics::{Metrics, OPEN};
use crate::worker::short;

const TEXT: &str = "text/plain; version=0.0.4; charset=utf-8";

/// Read the metrics, as Prometheus' text.
#[utoipa::path(
    get,
    path = "/metrics",
    responses(
        (status = 200, description = "The metrics", body = String, content_type = "text/plain"),
        (status = 401, description = "No API key", body = Problem, content_type = "application/problem+json"),
        (status = 403, description = "The API key lacks the right `metrics`", body = Problem, content_type = "application/problem+json"),
    ),
    security(("key" = []))
)]
pub(super) async fn metrics(State(door): State<Arc<Door>>, headers: HeaderMap) -> Result<Response, Problem> {
    door.caller(&headers, Right::Metrics).await?;
    let counts = door.database.counts().await?;
    door.metrics.clear(OPEN);
    let models: BTreeSet<&str> = counts.iter().map(|(model, ..)| model.as_str()).collect();
    for model in models {
        for state in ["queued", "running"] {
            let of = |(named, in_state, _): &&(String, String, i64)| named == model && in_state == state;
            let count = counts.iter().find(of).map_or(0, |(.., count)| *count);
            door.metrics.set(OPEN, [short(model), state], count as f64);
        }
    }
    Ok(page(&door.metrics))
}

fn page(metrics: &Metrics) -> Response {
    ([(header::CONTENT_TYPE, TEXT), (header::CACHE_CONTROL, "no-store")], metrics.text()).into_response()
}

/// Whether the process lives.
#[utoipa::path(get, path = "/healthz", responses((status = 200, description = "It does", body = String, content_type = "text/plain")))]
pub(super) async fn health() -> &'static str {
    "well\n"
}

/// Whether it takes jobs: it can reach its database, and is not about to stop.
#[utoipa::path(
    get,
    path = "/readyz",
    responses(
        (status = 200, description = "It does", body = String, content_type = "text/plain"),
        (status = 503, description = "It does not", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(super) async fn ready(State(door): State<Arc<Door>>) -> Result<&'static str, Problem> {
    if *door.stop.borrow() {
        return Err(Problem::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "stopping",
            "this server is about to stop",
        ));
    }
    door.database.ping().await?;
    Ok("ready\n")
}

/// The pages of a process that only works: metrics and health, for whoever can reach the address.
pub fn worker_pages(metrics: Arc<Metrics>) -> Router {
    Router::new()
        .route("/metrics", get(move || std::future::ready(page(&metrics))))
        .route("/healthz", get(health))
}

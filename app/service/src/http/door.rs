//! What the handlers share, and who asks: the API key in the head of a request.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use axum::http::{HeaderMap, StatusCode, header};
use tokio::sync::{Notify, Semaphore, watch};

use super::problem::Problem;
use crate::config::Limits;
use crate::database::Database;
use crate::keys::{ApiKey, Right};
use crate::metrics::Metrics;
use crate::secrets::Secrets;
use crate::store::Store;

/// What the handlers share.
pub struct Door {
    /// Where jobs and results are.
    pub database: Database,
    /// What jobs hide.
    pub secrets: Arc<Secrets>,
    /// Models and keys.
    pub store: Store,
    /// A folder for files that arrive.
    pub scratch: PathBuf,
    /// What is taken.
    pub limits: Limits,
    /// What is counted.
    pub metrics: Arc<Metrics>,
    /// Told when something was put into the queue.
    pub news: Arc<Notify>,
    /// Streams of events at once.
    pub streams: Arc<Semaphore>,
    /// Uploads that are looked at, one at a time.
    pub looking: Arc<Semaphore>,
    /// Streams of each API key.
    pub watching: Mutex<HashMap<String, usize>>,
    /// Whether it is time to stop.
    pub stop: watch::Receiver<bool>,
}

impl Door {
    /// The key of a request, which must allow this.
    pub(super) async fn caller(&self, headers: &HeaderMap, right: Right) -> Result<ApiKey, Problem> {
        let unknown = |detail: &str| Problem::new(StatusCode::UNAUTHORIZED, "unauthorized", detail);
        let header = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
        let shown = header.and_then(|value| value.split_once(' '));
        let shown = shown.filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer")).map(|(_, shown)| shown);
        let shown = shown
            .ok_or_else(|| unknown("send `Authorization: Bearer KEY`; `assay serve keys add` makes keys"))?;
        let key = self.database.key(shown.trim()).await?;
        let key = key.ok_or_else(|| unknown("there is no such API key, or it was revoked"))?;
        if key.may(right) {
            return Ok(key);
        }
        let detail = format!(
            "this API key does not have the right {right}: `assay serve keys add --rights` gives it to a new one"
        );
        Err(Problem::new(StatusCode::FORBIDDEN, "forbidden", detail))
    }
}

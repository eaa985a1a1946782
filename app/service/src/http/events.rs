//! A job's events, as they happen: server-sent events until its end.

use std::convert::Infallible;
use std::sync::{Arc, PoisonError};
use std::time::{Duration, Instant};

use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::sse::{Event, KeepAlive, Sse};
use futures_util::Stream;
use tokio::sync::OwnedSemaphorePermit;

use super::body::named;
use super::door::Door;
use super::jobs::view;
use super::problem::Problem;
use crate::keys::Right;
use crate::metrics::STREAMS;

/// How often the database is asked.
const LOOK: Duration = Duration::from_millis(200);
/// How often an idle stream shows that it lives.
const ALIVE: Duration = Duration::from_secs(15);

/// How long a stream lives: whoever watches longer asks again.
const LIFE: Duration = Duration::from_secs(3_600);
/// One API key has one of so many parts of the places.
const SHARE: usize = 4;

/// A stream that is open.
struct Open {
    door: Arc<Door>,
    owner: String,
    id: String,
    said: String,
    is_over: bool,
    since: Instant,
    _place: Place,
}

/// One of the places for streams.
struct Place(Arc<Door>, String, Option<OwnedSemaphorePermit>);

impl Place {
    /// One for this API key, if it has not its share already.
    fn take(door: &Arc<Door>, owner: &str) -> Option<Place> {
        let permit = Arc::clone(&door.streams).try_acquire_owned().ok()?;
        {
            // Each change is one step: a panic leaves the numbers sound.
            let mut watching = door.watching.lock().unwrap_or_else(PoisonError::into_inner);
            let open = watching.entry(owner.to_owned()).or_default();
            if *open >= (door.limits.streams / SHARE).max(1) {
                return None;
            }
            *open += 1;
        }
        let place = Place(Arc::clone(door), owner.to_owned(), Some(permit));
        place.count();
        Some(place)
    }

    fn count(&self) {
        let Place(door, ..) = self;
        let open = door.limits.streams.saturating_sub(door.streams.available_permits());
        door.metrics.set(STREAMS, [], open as f64);
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.2 = None;
        self.count();
        let mut watching = self.0.watching.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(open) = watching.get_mut(&self.1) {
            *open = open.saturating_sub(1);
        }
        watching.retain(|_, open| *open > 0);
    }
}

/// Watch a job.
///
/// Each event `job` has the job as it is then; the last one is at its end, and the stream ends after it. Where it ends before, ask again.
#[utoipa::path(
    get,
    path = "/v1/jobs/{id}/events",
    params(("id" = String, Path, description = "The job's id")),
    responses(
        (status = 200, description = "Events `job`, each with the job", body = String, content_type = "text/event-stream"),
        (status = 401, description = "No API key", body = Problem, content_type = "application/problem+json"),
        (status = 403, description = "The API key lacks the right `submit`", body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "The API key has no such job", body = Problem, content_type = "application/problem+json"),
        (status = 429, description = "Too many streams are open", body = Problem, content_type = "application/problem+json"),
    ),
    security(("key" = []))
)]
pub(super) async fn events(
    State(door): State<Arc<Door>>,
    id: Result<Path<String>, PathRejection>,
    headers: HeaderMap,
) -> Result<Sse<impl Stream<Item = Result<Event, Infallible>>>, Problem> {
    let caller = door.caller(&headers, Right::Submit).await?;
    let id = named(id);
    view(&door, &caller.id, &id).await?;
    let full = || {
        Problem::new(
            StatusCode::TOO_MANY_REQUESTS,
            "too-many-streams",
            "too many streams are open: look at the job instead",
        )
        .after(1)
    };
    let place = Place::take(&door, &caller.id).ok_or_else(full)?;
    let (said, since) = (String::new(), Instant::now());
    let open = Open { door, owner: caller.id, id, said, is_over: false, since, _place: place };
    let stream = futures_util::stream::unfold(open, |mut open| async move {
        let event = open.next().await?;
        Some((Ok(event), open))
    });
    Ok(Sse::new(stream).keep_alive(KeepAlive::new().interval(ALIVE)))
}

impl Open {
    /// What changed, when it does; none after the job's end, or when the server stops.
    async fn next(&mut self) -> Option<Event> {
        let mut stop = self.door.stop.clone();
        while !self.is_over && !*stop.borrow() && self.since.elapsed() < LIFE {
            // A database that does not answer now may do so later.
            if let Ok(view) = view(&self.door, &self.owner, &self.id).await {
                let text = serde_json::to_string(&view).unwrap_or_default();
                if text != self.said {
                    // A key that was revoked meanwhile is told nothing more.
                    if !self.door.database.is_valid(&self.owner).await.unwrap_or(false) {
                        return None;
                    }
                    self.is_over = view.state.is_end();
                    self.said.clone_from(&text);
                    return Some(Event::default().event("job").data(text));
                }
            }
            tokio::select! {
                () = tokio::time::sleep(LOOK) => {}
                _ = stop.wait_for(|is_time| *is_time) => {}
            }
        }
        None
    }
}

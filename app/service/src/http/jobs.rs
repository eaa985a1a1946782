//! Jobs: submitted, looked at, taken back.

use std::sync::Arc;

use axum::Json;
use axum::body::Body;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use utoipa::ToSchema;
use zeroize::Zeroizing;

use super::body::{bytes, is_digest, named};
use super::door::Door;
use super::problem::Problem;
use crate::catalogue::Kind;
use crate::error::{Error, Result as ServiceResult};
use crate::jobs::{Failure, Job, LOST, State as JobState, Submission, Submitted};
use crate::keys::Right;
use crate::prove::{Answer, Hidden};
use crate::secrets::{Bound, Part, Secrets};

/// Longest `Idempotency-Key`.
const LONGEST_NAME: usize = 255;

/// A job.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewJob {
    /// SHA-256 of the model's file, as the list of models has it.
    #[schema(min_length = 64, max_length = 64, pattern = "^[0-9a-f]{64}$")]
    model: String,
    /// SHA-256 of the proving key's file, as the list of models has it.
    #[schema(min_length = 64, max_length = 64, pattern = "^[0-9a-f]{64}$")]
    key: String,
    /// One sample, as `assay prove --input` reads it from a JSON file: an object of features or tensors by name, or a list with one list
    /// of all values.
    #[schema(value_type = Value)]
    inputs: Box<RawValue>,
    /// What the proof is for: 32 bytes in hexadecimal digits; zeros where it is left out.
    #[serde(default)]
    #[schema(min_length = 64, max_length = 64, pattern = "^[0-9a-fA-F]{64}$")]
    context: Option<String>,
    /// For models that commit to inputs: an object of salts by input, as `assay prove --save-salts` writes it; or `"discard"`, and
    /// nobody can show later what the proof commits to.
    #[serde(default)]
    #[schema(value_type = Option<Value>)]
    salts: Option<Box<RawValue>>,
    /// For models with a member input: what `assay member path` writes.
    #[serde(default)]
    #[schema(value_type = Option<Object>)]
    membership: Option<Box<RawValue>>,
}

/// A job as its owner sees it.
#[derive(Serialize, ToSchema)]
pub struct JobView {
    /// Its id.
    pub id: String,
    /// Where it is.
    pub state: JobState,
    /// SHA-256 of the model's file.
    pub model: String,
    /// SHA-256 of the proving key's file.
    pub key: String,
    /// What the proof is for.
    pub context: String,
    /// Attempts that were begun; the third is the last.
    pub attempts: i64,
    /// What a worker is doing, where that takes long.
    pub progress: Option<ProgressView>,
    /// When it was submitted, milliseconds since 1970.
    pub created: i64,
    /// When its first attempt began.
    pub started: Option<i64>,
    /// When it ended.
    pub finished: Option<i64>,
    /// What came of it.
    pub result: Option<ResultView>,
    /// Why nothing came of it.
    pub error: Option<Failure>,
}

/// What a worker is doing.
#[derive(Serialize, ToSchema)]
pub struct ProgressView {
    /// `solve`, `prove` or `check`.
    pub stage: String,
    /// How much of that is done, 0 to 1.
    pub share: f64,
}

/// A proof.
#[derive(Serialize, ToSchema)]
pub struct ResultView {
    /// SHA-256 of the `.proof` file, which `/v1/artifacts/` has.
    pub proof: String,
    /// What it shows.
    #[serde(flatten)]
    pub answer: Answer,
}

impl JobView {
    /// What a row says.
    pub(super) fn of(job: Job, owner: &str, secrets: &Secrets) -> ServiceResult<JobView> {
        let state = job.state()?;
        let damaged = |_| Error::Row(format!("the row of job {} is damaged", job.id));
        let answer =
            job.answer.as_deref().map(serde_json::from_str::<Answer>).transpose().map_err(damaged)?;
        let result = job.digest.zip(answer).map(|(proof, answer)| ResultView { proof, answer });
        let bound = Bound {
            part: Part::Said,
            job: &job.id,
            owner,
            model: &job.model,
            pk: &job.pk,
            context: &job.context,
        };
        let said = job.said.as_deref().map(|said| secrets.unseal(&bound, said)).transpose()?;
        let said = said.map(|said| serde_json::from_slice::<Failure>(&said)).transpose().map_err(damaged)?;
        let error =
            said.or_else(|| job.code.as_deref().filter(|code| *code == LOST).map(|_| Failure::lost()));
        let progress = job.stage.zip(job.share).map(|(stage, share)| ProgressView { stage, share });
        let Job { id, model, pk: key, context, attempts, created, started, finished, .. } = job;
        Ok(JobView {
            id,
            state,
            model,
            key,
            context,
            attempts,
            progress,
            created,
            started,
            finished,
            result,
            error,
        })
    }
}

/// Submit a job.
///
/// The answer is 201 for a new job, and 200 for one that the same `Idempotency-Key` with the same body made before.
#[utoipa::path(
    post,
    path = "/v1/jobs",
    params(("Idempotency-Key" = Option<String>, Header, description = "A name of the client's for this job: the same again is no new job")),
    request_body = NewJob,
    responses(
        (status = 201, description = "It is in the queue", body = JobView),
        (status = 200, description = "It was submitted before", body = JobView),
        (status = 400, description = "It is no job", body = Problem, content_type = "application/problem+json"),
        (status = 401, description = "No API key", body = Problem, content_type = "application/problem+json"),
        (status = 403, description = "The API key lacks the right `submit`", body = Problem, content_type = "application/problem+json"),
        (status = 408, description = "It took too long", body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "The `Idempotency-Key` was used for another job", body = Problem, content_type = "application/problem+json"),
        (status = 413, description = "It is too large", body = Problem, content_type = "application/problem+json"),
        (status = 422, description = "Its model, key or salts are none that could be used", body = Problem, content_type = "application/problem+json"),
        (status = 429, description = "Too many jobs", body = Problem, content_type = "application/problem+json"),
    ),
    security(("key" = []))
)]
pub(super) async fn submit(
    State(door): State<Arc<Door>>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Problem> {
    let caller = door.caller(&headers, Right::Submit).await?;
    let idempotency = name(&headers)?;
    let text = bytes(body, door.limits.job).await?;
    let job: NewJob = serde_json::from_slice(&text).map_err(|error| {
        Problem::new(StatusCode::BAD_REQUEST, "body", format!("the body is no job: {error}"))
    })?;
    let context = checked(&door, &job).await?;
    let salts = job.salts.filter(|salts| salts.get() != DISCARD);
    let hidden = Hidden { inputs: job.inputs, salts, membership: job.membership };
    let lost = |error: serde_json::Error| Error::Internal(error.to_string());
    let request =
        Zeroizing::new(serde_json::to_vec(&(&job.model, &job.key, &context, &hidden)).map_err(lost)?);
    let hidden = Zeroizing::new(serde_json::to_vec(&hidden).map_err(lost)?);
    let submission = Submission {
        owner: caller.id.clone(),
        per_minute: caller.terms.per_minute,
        most_queued: caller.terms.most_queued,
        idempotency,
        fingerprint: door.secrets.fingerprint(&request),
        model: job.model,
        pk: job.key,
        context,
    };
    let submitted =
        door.database.submit(&submission, |id| door.secrets.seal(&submission.bound(id), &hidden)).await?;
    let (status, id) = match submitted {
        Submitted::New(id) => {
            door.news.notify_waiters();
            (StatusCode::CREATED, id)
        }
        Submitted::Known(id) => (StatusCode::OK, id),
        Submitted::Reused => {
            let detail = "this Idempotency-Key was used for another job: give each job its own";
            return Err(Problem::new(StatusCode::CONFLICT, "idempotency-key-reused", detail));
        }
        Submitted::TooFast(seconds) => {
            let detail = format!("this API key may submit {} jobs a minute", submission.per_minute);
            return Err(Problem::new(StatusCode::TOO_MANY_REQUESTS, "too-fast", detail).after(seconds));
        }
        Submitted::TooMany => {
            let detail = format!("this API key may have {} jobs that have not ended", submission.most_queued);
            return Err(Problem::new(StatusCode::TOO_MANY_REQUESTS, "too-many", detail).after(1));
        }
    };
    let view = view(&door, &caller.id, &id).await?;
    let mut response = (status, Json(view)).into_response();
    if let Ok(place) = HeaderValue::from_str(&format!("/v1/jobs/{id}")) {
        response.headers_mut().insert(header::LOCATION, place);
    }
    Ok(response)
}

/// What a job says in place of salts that nobody is to know.
const DISCARD: &str = "\"discard\"";

/// The client's name for a job.
fn name(headers: &HeaderMap) -> Result<Option<String>, Problem> {
    let mut values = headers.get_all("idempotency-key").iter();
    let Some(value) = values.next() else { return Ok(None) };
    let text = value
        .to_str()
        .ok()
        .filter(|_| values.next().is_none())
        .filter(|text| (1..=LONGEST_NAME).contains(&text.len()));
    let detail = format!("there is one Idempotency-Key at most, of 1 to {LONGEST_NAME} printable letters");
    text.map(|text| Some(text.to_owned()))
        .ok_or_else(|| Problem::new(StatusCode::BAD_REQUEST, "idempotency-key", detail))
}

/// The context, where model, key and salts are ones that could be used.
async fn checked(door: &Door, job: &NewJob) -> Result<String, Problem> {
    let refused =
        |code: &'static str, detail: String| Problem::new(StatusCode::UNPROCESSABLE_ENTITY, code, detail);
    let context = job.context.as_deref().unwrap_or(NO_CONTEXT).to_lowercase();
    if !is_digest(&context) {
        return Err(refused("context", "a context is 32 bytes as 64 hexadecimal digits".into()));
    }
    let unknown = |what: &str| {
        refused("unknown-artifact", format!("no {what} has this digest: GET /v1/models has them"))
    };
    let model = match is_digest(&job.model) {
        true => door.database.model(&job.model).await?,
        false => None,
    };
    let model = model.ok_or_else(|| unknown("model"))?;
    let circuit = match is_digest(&job.key) {
        true => door.database.circuit(&job.key, Kind::ProvingKey).await?,
        false => None,
    };
    if circuit.ok_or_else(|| unknown("proving key"))? != model.circuit {
        let detail =
            "this proving key is for the circuit of another model: GET /v1/models has each model's keys";
        return Err(refused("wrong-circuit", detail.into()));
    }
    let commits = model.inputs.iter().any(|tensor| tensor.visibility == "committed");
    match &job.salts {
        None if commits => {
            let detail = "this model commits to inputs: send their salts, or \"salts\": \"discard\" where nobody is to show later what the proof commits to";
            Err(refused("salts", detail.into()))
        }
        Some(salts) if salts.get() != DISCARD && !salts.get().starts_with('{') => {
            Err(refused("salts", "salts are an object by input name, or \"discard\"".into()))
        }
        _ => Ok(context),
    }
}

/// Zeros.
const NO_CONTEXT: &str = "0000000000000000000000000000000000000000000000000000000000000000";

/// A job of the caller's.
pub(super) async fn view(door: &Door, owner: &str, id: &str) -> Result<JobView, Problem> {
    let is_id = id.len() == 26 && id.bytes().all(|byte| byte.is_ascii_alphanumeric());
    let job = if is_id { door.database.job(owner, id).await? } else { None };
    let unknown = || Problem::new(StatusCode::NOT_FOUND, "unknown-job", "this API key has no such job");
    Ok(JobView::of(job.ok_or_else(unknown)?, owner, &door.secrets)?)
}

/// Look at a job.
#[utoipa::path(
    get,
    path = "/v1/jobs/{id}",
    params(("id" = String, Path, description = "The job's id")),
    responses(
        (status = 200, description = "The job", body = JobView),
        (status = 401, description = "No API key", body = Problem, content_type = "application/problem+json"),
        (status = 403, description = "The API key lacks the right `submit`", body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "The API key has no such job", body = Problem, content_type = "application/problem+json"),
    ),
    security(("key" = []))
)]
pub(super) async fn job(
    State(door): State<Arc<Door>>,
    id: Result<Path<String>, PathRejection>,
    headers: HeaderMap,
) -> Result<Json<JobView>, Problem> {
    let caller = door.caller(&headers, Right::Submit).await?;
    view(&door, &caller.id, &named(id)).await.map(Json)
}

/// Take back a job that no worker has begun.
#[utoipa::path(
    post,
    path = "/v1/jobs/{id}/cancel",
    params(("id" = String, Path, description = "The job's id")),
    responses(
        (status = 200, description = "The job, which is cancelled, now or before", body = JobView),
        (status = 401, description = "No API key", body = Problem, content_type = "application/problem+json"),
        (status = 403, description = "The API key lacks the right `submit`", body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "The API key has no such job", body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "It was begun, or has ended", body = Problem, content_type = "application/problem+json"),
    ),
    security(("key" = []))
)]
pub(super) async fn cancel(
    State(door): State<Arc<Door>>,
    id: Result<Path<String>, PathRejection>,
    headers: HeaderMap,
) -> Result<Json<JobView>, Problem> {
    let caller = door.caller(&headers, Right::Submit).await?;
    let id = named(id);
    // Whoever asks for another's job, or for none, learns no more than that.
    view(&door, &caller.id, &id).await?;
    door.database.cancel(&caller.id, &id).await?;
    let view = view(&door, &caller.id, &id).await?;
    if view.state == JobState::Cancelled {
        return Ok(Json(view));
    }
    let detail = format!("the job is {}: only one that is queued can be taken back", view.state.name());
    Err(Problem::new(StatusCode::CONFLICT, "not-queued", detail))
}

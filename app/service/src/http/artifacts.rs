//! Models, keys and proofs as files.

use std::sync::Arc;

use axum::Json;
use axum::body::Body;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse as _, Response};

use super::body::{file, is_digest, named};
use super::door::Door;
use super::problem::Problem;
use crate::catalogue::{KeyView, ModelView, Refused, take_key, take_model};
use crate::error::Error;
use crate::keys::Right;

/// List models and their keys.
#[utoipa::path(
    get,
    path = "/v1/models",
    responses(
        (status = 200, description = "The models, the newest first", body = Vec<ModelView>),
        (status = 401, description = "No API key", body = Problem, content_type = "application/problem+json"),
        (status = 403, description = "The API key lacks the right `submit`", body = Problem, content_type = "application/problem+json"),
    ),
    security(("key" = []))
)]
pub(super) async fn models(
    State(door): State<Arc<Door>>,
    headers: HeaderMap,
) -> Result<Json<Vec<ModelView>>, Problem> {
    door.caller(&headers, Right::Submit).await?;
    Ok(Json(door.database.models().await?))
}

/// Upload a model: the bytes of an `.assay` file.
#[utoipa::path(
    post,
    path = "/v1/models",
    request_body(content = Vec<u8>, content_type = "application/octet-stream"),
    responses(
        (status = 201, description = "The model, with the keys that were there before it", body = ModelView),
        (status = 400, description = "The bytes are no model", body = Problem, content_type = "application/problem+json"),
        (status = 401, description = "No API key", body = Problem, content_type = "application/problem+json"),
        (status = 403, description = "The API key lacks the right `upload`", body = Problem, content_type = "application/problem+json"),
        (status = 408, description = "It took too long", body = Problem, content_type = "application/problem+json"),
        (status = 413, description = "It is too large", body = Problem, content_type = "application/problem+json"),
    ),
    security(("key" = []))
)]
pub(super) async fn upload_model(
    State(door): State<Arc<Door>>,
    headers: HeaderMap,
    body: Body,
) -> Result<(StatusCode, Json<ModelView>), Problem> {
    door.caller(&headers, Right::Upload).await?;
    let arrived = file(body, door.limits.artifact, &door.scratch).await?;
    let work = Arc::clone(&door);
    let looked =
        looked_at(&door, async move { take_model(&work.database, &work.store, arrived.path()).await });
    let view = looked.await?.map_err(refused)?;
    tracing::info!(model = view.digest, name = view.name, "a model was uploaded");
    Ok((StatusCode::CREATED, Json(view)))
}

/// Upload a proving key: the bytes of a `.pk` file. Every point in it is checked, which takes a while for a large one.
#[utoipa::path(
    post,
    path = "/v1/keys",
    request_body(content = Vec<u8>, content_type = "application/octet-stream"),
    responses(
        (status = 201, description = "The key", body = KeyView),
        (status = 400, description = "The bytes are no proving key", body = Problem, content_type = "application/problem+json"),
        (status = 401, description = "No API key", body = Problem, content_type = "application/problem+json"),
        (status = 403, description = "The API key lacks the right `upload`", body = Problem, content_type = "application/problem+json"),
        (status = 408, description = "It took too long", body = Problem, content_type = "application/problem+json"),
        (status = 413, description = "It is too large", body = Problem, content_type = "application/problem+json"),
    ),
    security(("key" = []))
)]
pub(super) async fn upload_key(
    State(door): State<Arc<Door>>,
    headers: HeaderMap,
    body: Body,
) -> Result<(StatusCode, Json<KeyView>), Problem> {
    door.caller(&headers, Right::Upload).await?;
    let arrived = file(body, door.limits.artifact, &door.scratch).await?;
    let work = Arc::clone(&door);
    let looked = looked_at(&door, async move {
        take_key(&work.database, &work.store, arrived.path(), &work.scratch).await
    });
    let view = looked.await?.map_err(refused)?;
    tracing::info!(key = view.digest, setup = view.setup, "a key was uploaded");
    Ok((StatusCode::CREATED, Json(view)))
}

/// Download a model, a key, or a proof of one's own.
#[utoipa::path(
    get,
    path = "/v1/artifacts/{digest}",
    params(("digest" = String, Path, description = "SHA-256 of the file")),
    responses(
        (status = 200, description = "The file", body = Vec<u8>, content_type = "application/octet-stream"),
        (status = 401, description = "No API key", body = Problem, content_type = "application/problem+json"),
        (status = 403, description = "The API key lacks the right `submit`", body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "There is no such file for this API key", body = Problem, content_type = "application/problem+json"),
    ),
    security(("key" = []))
)]
pub(super) async fn artifact(
    State(door): State<Arc<Door>>,
    digest: Result<Path<String>, PathRejection>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let caller = door.caller(&headers, Right::Submit).await?;
    let unknown = || {
        Problem::new(
            StatusCode::NOT_FOUND,
            "unknown-artifact",
            "no file that this API key may see has this digest",
        )
    };
    let digest = named(digest);
    if !is_digest(&digest) {
        return Err(unknown());
    }
    if let Some(proof) = door.database.proof(&caller.id, &digest).await? {
        return Ok(octets(Body::from(proof)));
    }
    let entered = door.database.entered(&digest).await?.ok_or_else(unknown)?;
    let found = door.store.read(&digest).await?;
    // What is shorter or longer is not begun; other bytes are cut off before their end.
    let found = found.filter(|(length, _)| *length == entered);
    let (length, pieces) = found.ok_or_else(|| Error::Damaged(digest.clone()))?;
    let mut response = octets(Body::from_stream(pieces));
    response.headers_mut().insert(header::CONTENT_LENGTH, HeaderValue::from(length));
    Ok(response)
}

/// Looks at an upload, one at a time. It comes to its end, and so does its turn, whether or not whoever sent it waits.
async fn looked_at<T: Send + 'static>(
    door: &Door,
    work: impl Future<Output = T> + Send + 'static,
) -> Result<T, Problem> {
    let turn = Arc::clone(&door.looking).acquire_owned().await.map_err(closed)?;
    let looked = tokio::spawn(async move {
        let done = work.await;
        drop(turn);
        done
    });
    looked.await.map_err(|error| Error::Internal(error.to_string()).into())
}

fn octets(body: Body) -> Response {
    let kind = HeaderValue::from_static("application/octet-stream");
    ([(header::CONTENT_TYPE, kind)], body).into_response()
}

fn refused(refused: Refused) -> Problem {
    match refused {
        Refused::Failed(error) => error.into(),
        Refused::Artifact(error) => Problem::new(StatusCode::BAD_REQUEST, error.code(), in_words(&error)),
    }
}

/// The library's words, without paths of this machine.
fn in_words(error: &assay::Error) -> String {
    match error {
        assay::Error::Io { error, .. } => format!("the file cannot be read: {error}"),
        error => error.to_string(),
    }
}

fn closed(_: tokio::sync::AcquireError) -> Problem {
    Error::Internal("uploads are not looked at any more".into()).into()
}

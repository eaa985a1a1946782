//! Models, keys and proofs as files.

use std::sync::Arc;

use axum::Json;
use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse as _, Response};

use super::body::{file, is_digest};
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
    let _turn = door.looking.acquire().await.map_err(closed)?;
    let view = take_model(&door.database, &door.store, arrived.path()).await.map_err(refused)?;
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
    let _turn = door.looking.acquire().await.map_err(closed)?;
    let view = take_key(&door.database, &door.store, arrived.path(), &door.scratch).await.map_err(refused)?;
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
    Path(digest): Path<String>,
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
    if !is_digest(&digest) {
        return Err(unknown());
    }
    if let Some(proof) = door.database.proof(&caller.id, &digest).await? {
        return Ok(octets(Body::from(proof)));
    }
    if !door.database.is_entered(&digest).await? {
        return Err(unknown());
    }
    let (length, pieces) = door.store.read(&digest).await?.ok_or_else(unknown)?;
    let mut response = octets(Body::from_stream(pieces));
    response.headers_mut().insert(header::CONTENT_LENGTH, HeaderValue::from(length));
    Ok(response)
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

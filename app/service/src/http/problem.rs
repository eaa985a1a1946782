//! What a request is answered with that cannot be done: `application/problem+json` (RFC 9457), with a code that stays.

use axum::body::Body;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use utoipa::ToSchema;

use crate::error::Error;

/// A problem, as RFC 9457 has it.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Problem {
    /// What kind it is: `urn:assay:problem:` and the code.
    #[serde(rename = "type")]
    pub kind: String,
    /// The status's words.
    pub title: &'static str,
    /// The HTTP status.
    pub status: u16,
    /// What is wrong, and what to do about it.
    pub detail: String,
    /// A word for the kind, which stays.
    pub code: &'static str,
    /// Seconds after which it may be tried again.
    #[serde(skip)]
    retry_after: Option<u64>,
    /// Why, for the log alone.
    #[serde(skip)]
    cause: Option<Box<str>>,
}

impl Problem {
    /// A problem of this kind.
    pub fn new(status: StatusCode, code: &'static str, detail: impl Into<String>) -> Problem {
        Problem {
            kind: format!("urn:assay:problem:{code}"),
            title: status.canonical_reason().unwrap_or_default(),
            status: status.as_u16(),
            detail: detail.into(),
            code,
            retry_after: None,
            cause: None,
        }
    }

    /// One that may be tried again after so many seconds.
    pub fn after(self, seconds: u64) -> Problem {
        Problem { retry_after: Some(seconds), ..self }
    }
}

impl From<Error> for Problem {
    /// The service cannot do its work: the log says why, and whoever asked only that it is so.
    fn from(error: Error) -> Problem {
        let detail = "the service cannot do this now: its log says why; try again";
        let unavailable = Problem::new(StatusCode::SERVICE_UNAVAILABLE, "unavailable", detail);
        Problem { cause: Some(error.to_string().into()), ..unavailable.after(1) }
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        if let Some(cause) = &self.cause {
            tracing::error!(cause, "a request could not be answered");
        }
        let text = serde_json::to_string(&self).unwrap_or_default();
        let mut response = Response::new(Body::from(text));
        *response.status_mut() =
            StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        if let Some(seconds) = self.retry_after {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        if self.status == StatusCode::UNAUTHORIZED.as_u16() {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        response
    }
}

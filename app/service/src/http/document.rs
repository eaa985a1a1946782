//! The description of the door, OpenAPI 3.1, made from the handlers.

use axum::http::header;
use axum::response::{IntoResponse as _, Response};
use utoipa::openapi::content::ContentBuilder;
use utoipa::openapi::response::ResponseBuilder;
use utoipa::openapi::schema::Ref;
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::{Modify, OpenApi};

use super::{artifacts, events, jobs, pages};

/// What is described.
#[derive(OpenApi)]
#[openapi(
    info(
        title = "Assay proof service",
        description = "Proofs that a decision came from a committed model. Jobs go into a queue; workers prove them. docs/service.md is the manual."
    ),
    paths(
        jobs::submit,
        jobs::job,
        jobs::cancel,
        events::events,
        artifacts::models,
        artifacts::upload_model,
        artifacts::upload_key,
        artifacts::artifact,
        pages::metrics,
        pages::health,
        pages::ready,
        openapi
    ),
    modifiers(&Keys, &Everywhere)
)]
struct Described;

/// How requests show who asks.
struct Keys;

impl Modify for Keys {
    fn modify(&self, openapi: &mut utoipa::openapi::OpenApi) {
        let scheme =
            HttpBuilder::new().scheme(HttpAuthScheme::Bearer).bearer_format("assay_ID_SECRET").build();
        openapi.components.get_or_insert_default().add_security_scheme("key", SecurityScheme::Http(scheme));
    }
}

/// What every request that needs a key may be answered with.
struct Everywhere;

impl Modify for Everywhere {
    fn modify(&self, openapi: &mut utoipa::openapi::OpenApi) {
        let operations = openapi.paths.paths.values_mut().flat_map(|item| [&mut item.get, &mut item.post]);
        for operation in operations.flatten().filter(|operation| operation.security.is_some()) {
            for (status, description) in
                [("408", "It took too long"), ("503", "The service cannot do this now: try again")]
            {
                let schema = Ref::from_schema_name("Problem");
                let content = ContentBuilder::new().schema(Some(schema)).build();
                let response = ResponseBuilder::new()
                    .description(description)
                    .content("application/problem+json", content)
                    .build();
                operation.responses.responses.entry(status.into()).or_insert_with(|| response.into());
            }
        }
    }
}

/// What this server answers to.
#[utoipa::path(get, path = "/openapi.json", responses((status = 200, description = "An OpenAPI 3.1 document", body = Object)))]
pub(super) async fn openapi() -> Response {
    ([(header::CONTENT_TYPE, "application/json")], document()).into_response()
}

/// The document, as JSON.
pub fn document() -> String {
    // It holds nothing that JSON has no form for.
    serde_json::to_string_pretty(&Described::openapi()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_path_is_described_with_its_problems() {
        let document: serde_json::Value = serde_json::from_str(&document()).unwrap();
        assert!(document["openapi"].as_str().unwrap().starts_with("3.1"));
        let paths = document["paths"].as_object().unwrap();
        let known: Vec<&str> = paths.keys().map(String::as_str).collect();
        for path in [
            "/healthz",
            "/metrics",
            "/openapi.json",
            "/readyz",
            "/v1/artifacts/{digest}",
            "/v1/jobs",
            "/v1/jobs/{id}",
            "/v1/jobs/{id}/cancel",
            "/v1/jobs/{id}/events",
            "/v1/keys",
            "/v1/models",
        ] {
            assert!(known.contains(&path), "{path}");
        }
        assert_eq!(known.len(), 11);
        for (path, methods) in paths {
            for (method, operation) in methods.as_object().unwrap() {
                let is_open = ["/healthz", "/readyz", "/openapi.json"].contains(&path.as_str());
                let responses = operation["responses"].as_object().unwrap();
                assert_eq!(responses.contains_key("401"), !is_open, "{method} {path}");
                for status in ["408", "503"] {
                    assert!(is_open || responses.contains_key(status), "{method} {path} {status}");
                }
                assert_eq!(operation["security"].is_array(), !is_open, "{method} {path}");
                assert!(!operation["summary"].as_str().unwrap().is_empty(), "{method} {path}");
            }
        }
        assert_eq!(document["components"]["securitySchemes"]["key"]["scheme"], "bearer");
    }
}

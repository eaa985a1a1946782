//! What went wrong, as a person at a terminal needs it: the error, its causes, and a `hint:` with the likely way out.
//!
//! The libraries below have one typed error a stage. This is the edge, where they become `anyhow::Error` and are
//! printed, and get an exit code ([`crate::outcome`]).

use std::fmt;
use std::io;

use assay_interface::artifact::ArtifactError;
use serde_json::{Map, Value, json};

use crate::outcome::{MISTAKE, UNEXPECTED};

/// An error with advice. Transparent: it shows the wrapped error's message and causes, and adds only the hint.
#[derive(Debug)]
struct Hinted {
    inner: anyhow::Error,
    hint: String,
}

impl fmt::Display for Hinted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.inner, f)
    }
}

impl std::error::Error for Hinted {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.inner.source()
    }
}

/// A self-check of ours failed: whatever the input was, this must not happen.
#[derive(Debug, thiserror::Error)]
#[error("internal check failed: {0}")]
pub struct SelfCheck(pub String);

/// Adds a hint to an error.
pub trait HintExt<T> {
    /// Wraps the error, if there is one, with the advice that `hint` makes.
    fn hint<H: Into<String>>(self, hint: impl FnOnce() -> H) -> anyhow::Result<T>;

    /// As [`HintExt::hint`], where the error has no advice of its own.
    fn or_hint<H: Into<String>>(self, hint: impl FnOnce() -> H) -> anyhow::Result<T>;
}

impl<T, E: Into<anyhow::Error>> HintExt<T> for Result<T, E> {
    fn hint<H: Into<String>>(self, hint: impl FnOnce() -> H) -> anyhow::Result<T> {
        self.map_err(|error| hinted(error.into(), hint().into()))
    }

    fn or_hint<H: Into<String>>(self, hint: impl FnOnce() -> H) -> anyhow::Result<T> {
        self.map_err(Into::into).map_err(|error| match hints(&error).is_empty() {
            true => hinted(error, hint()),
            false => error,
        })
    }
}

/// `error` with the advice `hint`.
pub fn hinted(error: impl Into<anyhow::Error>, hint: impl Into<String>) -> anyhow::Error {
    anyhow::Error::new(Hinted { inner: error.into(), hint: hint.into() })
}

/// The message and its causes on one line, each said once: libraries often repeat their source in their own message.
pub fn message(error: &anyhow::Error) -> String {
    let mut text = String::new();
    for cause in error.chain() {
        let cause = cause.to_string();
        if text.is_empty() {
            text = cause;
        } else if !text.contains(&cause) {
            text.push_str(": ");
            text.push_str(&cause);
        }
    }
    text
}

/// The advice that the error carries, outermost first; without any, the library's.
pub fn hints(error: &anyhow::Error) -> Vec<&str> {
    let given = given_hints(error);
    if given.is_empty() { library(error).and_then(assay::Error::hint).into_iter().collect() } else { given }
}

fn given_hints(error: &anyhow::Error) -> Vec<&str> {
    // The first one wraps all that follows it in the chain.
    let Some(hinted) = error.chain().find_map(|cause| cause.downcast_ref::<Hinted>()) else {
        return Vec::new();
    };
    let mut found = vec![hinted.hint.as_str()];
    found.extend(given_hints(&hinted.inner));
    found
}

/// The library's error, if one is the cause.
fn library(error: &anyhow::Error) -> Option<&assay::Error> {
    error.chain().find_map(|cause| match cause.downcast_ref::<Hinted>() {
        Some(hinted) => library(&hinted.inner),
        None => cause.downcast_ref(),
    })
}

/// The error for a script: what `--json` prints in place of a result. `details` are the fields of its kind.
pub fn to_json(code: &str, message: &str, hints: &[&str], details: Map<String, Value>) -> Value {
    let hint = if hints.is_empty() { Value::Null } else { hints.join("; ").into() };
    let mut error = details;
    for (field, value) in [("code", code.into()), ("message", message.into()), ("hint", hint)] {
        error.insert(field.into(), value);
    }
    json!({ "error": error })
}

/// What a script wants to know of an error beside its code: of a refused transaction the `name` of the error and its `number`, of one that
/// was sent its `signature`.
pub fn details(error: &anyhow::Error) -> Map<String, Value> {
    let mut details = Map::new();
    let Some(error) = chain(error) else { return details };
    if let Some(refusal) = error.refusal() {
        details.insert("name".into(), refusal.name.clone().into());
        details.insert("number".into(), refusal.number.into());
    }
    if let Some(signature) = error.signature() {
        details.insert("signature".into(), signature.into());
    }
    details
}

/// The error of what asks a cluster, if one is the cause.
fn chain(error: &anyhow::Error) -> Option<&assay_chain::Error> {
    error.chain().find_map(|cause| match cause.downcast_ref::<Hinted>() {
        Some(hinted) => chain(&hinted.inner),
        None => cause.downcast_ref(),
    })
}

/// A word for the kind of error, which stays the same from version to version: the libraries' own codes, or `file`,
/// `artifact`, `ceremony`, `internal` and, for what a command was asked and cannot do, `request`.
pub fn code(error: &anyhow::Error) -> &'static str {
    if let Some(error) = library(error) {
        return error.code();
    }
    if let Some(error) = chain(error) {
        return error.code();
    }
    let is = |test: fn(&(dyn std::error::Error + 'static)) -> bool| any_cause(error, &test);
    if is(|cause| cause.is::<SelfCheck>()) {
        "internal"
    } else if is(|cause| cause.is::<ArtifactError>()) {
        "artifact"
    } else if is(|cause| cause.is::<assay_ceremony::Error>()) {
        "ceremony"
    } else if is(|cause| cause.is::<io::Error>()) {
        "file"
    } else {
        "request"
    }
}

/// [`MISTAKE`] for what the user can correct, [`UNEXPECTED`] for the machine's failures and ours.
pub fn exit_code(error: &anyhow::Error) -> u8 {
    if any_cause(error, &is_unexpected) { UNEXPECTED } else { MISTAKE }
}

fn is_unexpected(cause: &(dyn std::error::Error + 'static)) -> bool {
    if cause.is::<SelfCheck>() {
        return true;
    }
    if let Some(error) = cause.downcast_ref::<assay::Error>() {
        return match error {
            assay::Error::Io { error, .. } => is_unexpected(error),
            error => matches!(error.class(), assay::Class::Internal | assay::Class::System),
        };
    }
    if let Some(error) = cause.downcast_ref::<assay_ceremony::Error>() {
        return match error {
            assay_ceremony::Error::Io { error, .. } => is_unexpected(error),
            error => matches!(error, assay_ceremony::Error::Random(_) | assay_ceremony::Error::Cancelled(_)),
        };
    }
    let Some(error) = cause.downcast_ref::<io::Error>() else { return false };
    !matches!(
        error.kind(),
        io::ErrorKind::NotFound
            | io::ErrorKind::PermissionDenied
            | io::ErrorKind::AlreadyExists
            | io::ErrorKind::IsADirectory
            | io::ErrorKind::NotADirectory
            | io::ErrorKind::ReadOnlyFilesystem
            | io::ErrorKind::InvalidInput
            | io::ErrorKind::InvalidFilename
            | io::ErrorKind::InvalidData
    )
}

/// Whether any cause is one that `test` knows, looking through hints: they stand in the chain for what they wrap.
fn any_cause(error: &anyhow::Error, test: &dyn Fn(&(dyn std::error::Error + 'static)) -> bool) -> bool {
    error.chain().any(|cause| match cause.downcast_ref::<Hinted>() {
        Some(hinted) => any_cause(&hinted.inner, test),
        None => test(cause),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use anyhow::{Context, anyhow};

    #[test]
    fn a_hint_changes_neither_message_nor_causes() {
        let plain = anyhow!("inner").context("outer");
        let with = hinted(anyhow!("inner").context("outer"), "try this");
        assert_eq!(message(&plain), "outer: inner");
        assert_eq!(message(&with), message(&plain));
        assert_eq!(hints(&with), ["try this"]);
    }

    #[test]
    fn hints_survive_added_context() {
        let error =
            Err::<(), _>(hinted(anyhow!("inner"), "deep")).context("outer").hint(|| "shallow").unwrap_err();
        assert_eq!(message(&error), "outer: inner");
        assert_eq!(hints(&error), ["shallow", "deep"]);
    }

    #[test]
    fn a_cause_that_its_parent_already_says_is_not_repeated() {
        let error = anyhow!("bad magic").context("model.pk: bad magic");
        assert_eq!(message(&error), "model.pk: bad magic");
    }

    #[test]
    fn exit_codes() {
        let missing = anyhow::Error::new(io::Error::from(io::ErrorKind::NotFound)).context("reading");
        let full = anyhow::Error::new(io::Error::from(io::ErrorKind::StorageFull)).context("writing");
        assert_eq!(exit_code(&missing), MISTAKE);
        assert_eq!(exit_code(&full), UNEXPECTED);
        assert_eq!(exit_code(&hinted(full, "free some space")), UNEXPECTED);
        assert_eq!(exit_code(&hinted(io::Error::from(io::ErrorKind::StorageFull), "free some")), UNEXPECTED);
        assert_eq!(exit_code(&anyhow!("bad value")), MISTAKE);
        assert_eq!(exit_code(&anyhow::Error::new(SelfCheck("x".into()))), UNEXPECTED);
    }
}

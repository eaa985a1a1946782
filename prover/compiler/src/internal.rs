//! Errors that are this crate's own.

/// Two parts of the compiler contradict each other: a bug in it, whatever the input.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("internal error of the compiler, please report it: {0}")]
pub struct InternalError(pub &'static str);

impl From<assay_circuits::Missing> for InternalError {
    fn from(missing: assay_circuits::Missing) -> Self {
        InternalError(missing.what)
    }
}

/// What must exist.
pub(crate) trait Expected<T> {
    /// The value, or an internal error that says what is missing.
    fn expected(self, what: &'static str) -> Result<T, InternalError>;
}

impl<T> Expected<T> for Option<T> {
    fn expected(self, what: &'static str) -> Result<T, InternalError> {
        self.ok_or(InternalError(what))
    }
}

//! Errors of the libraries below as this one's: what was cancelled, and what lacked memory, is that whichever of them says so.

use assay_compiler::{
    CheckError, CompileError, DecodeError as ModelFileError, ExplainError, FitError, RunError,
};
use assay_groth16::{Cancelled, KeyReadError, ProveError, RecordError, SetupError};

use super::Error;

impl From<ModelFileError> for Error {
    fn from(error: ModelFileError) -> Error {
        Error::ModelFile(Box::new(error))
    }
}

impl From<RunError> for Error {
    fn from(error: RunError) -> Error {
        Error::Integers(Box::new(error))
    }
}

impl From<ExplainError> for Error {
    fn from(error: ExplainError) -> Error {
        match error {
            ExplainError::Input(error) => error.into(),
            ExplainError::Run(error) => Error::Integers(error),
            ExplainError::Table(error) => error.into(),
            ExplainError::Import(error) => CompileError::from(error).into(),
            ExplainError::Internal(error) => Error::Internal(error.0),
            error => Error::Source(Box::new(error)),
        }
    }
}

impl From<CompileError> for Error {
    fn from(error: CompileError) -> Error {
        match error {
            CompileError::Cancelled => Error::Cancelled(Cancelled),
            other => Error::Compile(Box::new(other)),
        }
    }
}

impl From<FitError> for Error {
    fn from(error: FitError) -> Error {
        match error {
            FitError::Cancelled => Error::Cancelled(Cancelled),
            FitError::Internal(error) => Error::Internal(error.0),
            FitError::Measure(error) => (*error).into(),
            other => Error::Fit(Box::new(other)),
        }
    }
}

impl From<CheckError> for Error {
    fn from(error: CheckError) -> Error {
        match error {
            CheckError::Cancelled => Error::Cancelled(Cancelled),
            CheckError::Decode(error) => error.into(),
        }
    }
}

impl From<KeyReadError> for Error {
    fn from(error: KeyReadError) -> Error {
        match error {
            KeyReadError::Cancelled(error) => Error::Cancelled(error),
            other => Error::KeyFile(other),
        }
    }
}

impl From<SetupError> for Error {
    fn from(error: SetupError) -> Error {
        match error {
            SetupError::Memory(error) => Error::Memory(error),
            SetupError::Cancelled(error) => Error::Cancelled(error),
            other => Error::Setup(other),
        }
    }
}

impl From<ProveError> for Error {
    fn from(error: ProveError) -> Error {
        match error {
            ProveError::Memory(error) => Error::Memory(error),
            ProveError::Cancelled(error) => Error::Cancelled(error),
            other => Error::Prove(other),
        }
    }
}

impl From<RecordError> for Error {
    fn from(error: RecordError) -> Error {
        match error {
            RecordError::Setup(error) => error.into(),
            other => Error::Record(other),
        }
    }
}

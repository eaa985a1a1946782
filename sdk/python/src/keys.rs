//! Keys.

use std::{path::PathBuf, sync::Mutex};

use assay::{Error, Prover, SetupKind, SetupSeed, ValidatedKeys};
use pyo3::prelude::*;
use pyo3::types::PyBytes;

use crate::{
    model::Model,
    save::save,
    work::{observed, quiet},
};

/// A proving key with its verifying key, and the prover of the model that it was last used with.
#[pyclass(frozen, module = "assay._native")]
pub struct Keys {
    pub keys: assay::Keys,
    prover: Mutex<Option<Prover>>,
}

/// A verifying key.
#[pyclass(frozen, module = "assay._native")]
pub struct VerifyingKey(pub assay::VerifyingKey);

/// Facts of a key: circuit and key hash in hex, how the secrets were made.
type Facts = (String, String, &'static str);

fn facts(key: &assay::VerifyingKey) -> Facts {
    let setup = match key.setup_kind() {
        SetupKind::Development => "development",
        SetupKind::Ceremony => "ceremony",
    };
    (hex::encode(key.circuit_digest()), hex::encode(key.to_interface().key_hash()), setup)
}

impl Keys {
    fn of(keys: assay::Keys) -> Keys {
        Keys { keys, prover: Mutex::new(None) }
    }

    /// The prover of a model under these keys, paired once.
    pub fn prover(&self, model: &assay::Model) -> Result<Prover, Error> {
        let mut held =
            self.prover.lock().map_err(|_| Error::Internal("a thread failed while it held the prover"))?;
        if let Some(prover) =
            held.as_ref().filter(|held| held.model().circuit_digest() == model.circuit_digest())
        {
            return Ok(prover.clone());
        }
        let prover = Prover::new(model, &self.keys)?;
        *held = Some(prover.clone());
        Ok(prover)
    }
}

#[pymethods]
impl Keys {
    #[staticmethod]
    fn setup(
        py: Python<'_>,
        model: &Model,
        seed: Option<[u8; 32]>,
        progress: Option<Py<PyAny>>,
    ) -> PyResult<(Keys, Vec<u8>)> {
        observed(py, progress, |observer| {
            let seed = match seed {
                Some(seed) => SetupSeed::from_bytes(seed),
                None => SetupSeed::draw(&mut assay::system_rng()?),
            };
            let (keys, record) = assay::Keys::setup_recorded(&model.0, seed, observer)?;
            Ok((Keys::of(keys), record.to_secret_bytes()))
        })
    }

    #[staticmethod]
    fn open(py: Python<'_>, path: PathBuf, progress: Option<Py<PyAny>>) -> PyResult<Keys> {
        observed(py, progress, |observer| {
            Ok(Keys::of(assay::Keys::open_with(&path, &ValidatedKeys::of_user(), observer)?))
        })
    }

    fn save(&self, py: Python<'_>, path: PathBuf) -> PyResult<()> {
        save(py, path, self.keys.as_bytes(), false)
    }

    fn verifying_key(&self) -> VerifyingKey {
        VerifyingKey(self.keys.verifying_key().clone())
    }

    fn facts(&self) -> Facts {
        facts(self.keys.verifying_key())
    }
}

#[pymethods]
impl VerifyingKey {
    #[staticmethod]
    fn open(py: Python<'_>, path: PathBuf) -> PyResult<VerifyingKey> {
        quiet(py, || assay::open_verifying_key(&path).map(VerifyingKey))
    }

    #[staticmethod]
    fn from_bytes(py: Python<'_>, bytes: &[u8]) -> PyResult<VerifyingKey> {
        quiet(py, || Ok(VerifyingKey(assay::VerifyingKey::from_bytes(bytes)?)))
    }

    fn to_bytes<'py>(&self, py: Python<'py>) -> Bound<'py, PyBytes> {
        PyBytes::new(py, &self.0.to_bytes())
    }

    fn facts(&self) -> Facts {
        facts(&self.0)
    }
}

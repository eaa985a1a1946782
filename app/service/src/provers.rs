//! Models and keys that are ready to prove: loaded once, checked against the digests that jobs name, and kept while they are used.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use assay::{Keys, Model, Prover, ValidatedKeys};

use crate::error::Error;
use crate::jobs::Failure;
use crate::prove::Fault;
use crate::store::Store;

/// Digests of a model and of a proving key.
type Pair = (String, String);

/// The provers that were used last.
#[derive(Debug)]
pub struct Provers {
    store: Store,
    validated: ValidatedKeys,
    most: usize,
    /// The one that was used last at the end. One that is being loaded has its place already, so that it is loaded once.
    kept: Mutex<Vec<(Pair, Arc<tokio::sync::OnceCell<Prover>>)>>,
}

impl Provers {
    /// None yet, and never more than `most`. Keys that were validated before are known by notes in the folder of `validated`.
    pub fn new(store: Store, validated: ValidatedKeys, most: usize) -> Provers {
        Provers { store, validated, most: most.max(1), kept: Mutex::default() }
    }

    /// How many are ready.
    pub fn len(&self) -> usize {
        self.kept().iter().filter(|(_, cell)| cell.initialized()).count()
    }

    /// Whether none is.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The prover for a model's and a key's file.
    ///
    /// # Errors
    /// [`Fault::Refused`] where the two do not belong together; [`Fault::Machine`] where the store does not give them.
    pub async fn get(&self, model: &str, key: &str) -> Result<Prover, Fault> {
        let pair = (model.to_owned(), key.to_owned());
        let cell = {
            let mut kept = self.kept();
            let at = kept.iter().position(|(known, _)| *known == pair);
            let found = at.map_or_else(|| (pair.clone(), Arc::default()), |at| kept.remove(at));
            let cell = Arc::clone(&found.1);
            kept.push(found);
            let over = kept.len().saturating_sub(self.most);
            kept.drain(..over);
            cell
        };
        let loaded = cell.get_or_try_init(|| self.load(model, key)).await.cloned();
        if loaded.is_err() {
            self.kept().retain(|(known, cell)| *known != pair || cell.initialized());
        }
        loaded
    }

    async fn load(&self, model: &str, key: &str) -> Result<Prover, Fault> {
        let (model, key) = (self.store.copy(model).await?, self.store.copy(key).await?);
        let validated = self.validated.clone();
        let load = move || {
            let model = Model::open(&model)?;
            let keys = Keys::open(&key, &validated)?;
            let of = keys.verifying_key().circuit_digest();
            if of != model.circuit_digest() {
                let (name, circuit) = (model.name().into(), model.circuit_digest());
                return Err(assay::Error::WrongCircuit { key: of, model: name, circuit });
            }
            Prover::new(&model, &keys)
        };
        let loaded = tokio::task::spawn_blocking(load).await;
        Ok(loaded.map_err(|_| Fault::internal("loading the model and its key ended unexpectedly"))??)
    }

    fn kept(&self) -> MutexGuard<'_, Vec<(Pair, Arc<tokio::sync::OnceCell<Prover>>)>> {
        // Each change is one call: a panic leaves the list sound.
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl From<Error> for Fault {
    fn from(error: Error) -> Fault {
        // Whoever submitted the job sees what is returned; the cause names places of this machine.
        tracing::warn!(%error, "the service could not do its part");
        match error {
            Error::Store(_) | Error::File { .. } | Error::NoStore { .. } => Fault::machine("store"),
            Error::Damaged(_) => Fault::machine("store-damaged"),
            Error::Database(_) | Error::Queue(_) => Fault::machine("database"),
            Error::Sealed(_) => Fault::Attempt(Failure {
                code: "secrets".into(),
                message: "the job's inputs do not decrypt: its row was changed".into(),
                hint: Some("submit the job again, and tell whoever runs the service".into()),
            }),
            _ => Fault::internal("the service failed; its log says why"),
        }
    }
}

//! The native half of the Python module: the library `assay` behind plain types (bytes, texts, numbers, lists). Arrays, data frames, estimators
//! and what a notebook shows are the Python half's (`python/assay`).
//!
//! Every call that takes long releases the interpreter's lock, asks for signals between pieces of work, and turns a panic into an error.

mod errors;
mod keys;
mod model;
mod options;
mod pool;
mod proof;
mod save;
mod schema;
mod table;
mod work;

/// See `python/assay/_native.pyi`.
#[pyo3::pymodule(gil_used = false)]
mod _native {
    #[pymodule_export]
    use crate::keys::{Keys, VerifyingKey};
    #[pymodule_export]
    use crate::model::{Model, Report, compile, load};
    #[pymodule_export]
    use crate::proof::{Proof, verify};
    #[pymodule_export]
    use crate::save::save;
}

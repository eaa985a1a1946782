//! Every reader of outside bytes, each as one function that must not panic on any input and that checks what the
//! reader promises: what it accepts, it encodes back to the same bytes.
//!
//! The fuzz targets of `tests/fuzz` and the smoke test `tests/readers.rs` call the same functions on the same seeds.

mod ceremony;
mod chain;
mod files;
mod keys;
mod models;
mod seeds;

pub use self::{
    ceremony::{ptau, transcript},
    chain::{onchain_key, price_account, price_source, return_data, schema, unpack},
    files::{artifact, circuit, proof_file, witness},
    keys::{proof, proving_key, snarkjs, verifying_key, wtns, zkey},
    models::{compilation, compiled_model, onnx, samples_csv, samples_json, samples_numpy},
};

/// A reader under test.
pub struct Reader {
    /// Name, also that of the fuzz target.
    pub name: &'static str,
    /// Reads the bytes; panics only where the reader breaks a promise.
    pub read: fn(&[u8]),
    /// Valid inputs to start from.
    pub seeds: fn() -> Vec<Vec<u8>>,
    /// Mutants that the smoke test tries: fewer where a read is slow.
    pub mutants: usize,
}

/// All of them.
pub const READERS: &[Reader] = &[
    Reader { name: "artifact", read: artifact, seeds: files::artifact_seeds, mutants: 5000 },
    Reader { name: "proof_file", read: proof_file, seeds: files::proof_file_seeds, mutants: 5000 },
    Reader { name: "schema", read: schema, seeds: chain::schema_seeds, mutants: 5000 },
    Reader { name: "statement", read: unpack, seeds: chain::unpack_seeds, mutants: 5000 },
    Reader { name: "circuit", read: circuit, seeds: files::circuit_seeds, mutants: 3000 },
    Reader {
        name: "compiled_model",
        read: compiled_model,
        seeds: models::compiled_model_seeds,
        mutants: 400,
    },
    Reader { name: "onnx", read: onnx, seeds: models::onnx_seeds, mutants: 3000 },
    Reader { name: "compilation", read: compilation, seeds: models::onnx_seeds, mutants: 300 },
    Reader { name: "samples_csv", read: samples_csv, seeds: models::samples_csv_seeds, mutants: 3000 },
    Reader { name: "samples_json", read: samples_json, seeds: models::samples_json_seeds, mutants: 3000 },
    Reader { name: "samples_numpy", read: samples_numpy, seeds: models::samples_numpy_seeds, mutants: 3000 },
    Reader { name: "witness", read: witness, seeds: files::witness_seeds, mutants: 5000 },
    Reader { name: "proving_key", read: proving_key, seeds: keys::proving_key_seeds, mutants: 100 },
    Reader { name: "verifying_key", read: verifying_key, seeds: keys::verifying_key_seeds, mutants: 500 },
    Reader { name: "proof", read: proof, seeds: keys::proof_seeds, mutants: 1000 },
    Reader { name: "snarkjs", read: snarkjs, seeds: keys::snarkjs_seeds, mutants: 2000 },
    Reader { name: "zkey", read: zkey, seeds: keys::zkey_seeds, mutants: 500 },
    Reader { name: "wtns", read: wtns, seeds: keys::wtns_seeds, mutants: 5000 },
    Reader { name: "ptau", read: ptau, seeds: ceremony::ptau_seeds, mutants: 100 },
    Reader { name: "transcript", read: transcript, seeds: ceremony::transcript_seeds, mutants: 1000 },
    Reader { name: "onchain_key", read: onchain_key, seeds: chain::onchain_key_seeds, mutants: 200 },
    Reader { name: "return_data", read: return_data, seeds: chain::return_data_seeds, mutants: 5000 },
    Reader { name: "price_account", read: price_account, seeds: chain::price_account_seeds, mutants: 5000 },
    Reader { name: "price_source", read: price_source, seeds: chain::price_source_seeds, mutants: 5000 },
];

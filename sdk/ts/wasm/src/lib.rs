//! Hashes, key checks and verification for JavaScript: the code that the chain runs, behind five functions.
//!
//! One buffer carries both directions. The caller asks for room with [`reserve`], writes the input there, and calls a function,
//! which replaces the buffer's content by its answer. It returns the answer's length, or, where there is none, the negated length
//! of a text that says why; [`answer`] says where it lies. Nothing is imported, so the module reaches nothing but its own memory.

#![allow(unsafe_code)] // exported names are not mangled, so that the caller finds them

use std::sync::{Mutex, MutexGuard, PoisonError};

use assay_interface::{
    field::Scalar,
    groth16::{self, KeyRef, ProofRef, VerifyingKey},
    poseidon,
};

static BUFFER: Mutex<Vec<u8>> = Mutex::new(Vec::new());

/// Makes the buffer `length` bytes long; where it begins.
#[unsafe(no_mangle)]
pub extern "C" fn reserve(length: usize) -> *mut u8 {
    let mut buffer = buffer();
    buffer.clear();
    buffer.resize(length, 0);
    buffer.as_mut_ptr()
}

/// Where the buffer begins.
#[unsafe(no_mangle)]
pub extern "C" fn answer() -> *const u8 {
    buffer().as_ptr()
}

/// SHA-256 of the buffer.
#[unsafe(no_mangle)]
pub extern "C" fn sha256() -> i32 {
    reply(|bytes| Ok(assay_interface::sha256(&[bytes]).to_vec()))
}

/// `absorb` of field elements, 32 bytes each, big-endian.
#[unsafe(no_mangle)]
pub extern "C" fn absorb() -> i32 {
    reply(|bytes| {
        let (elements, rest) = bytes.as_chunks::<32>();
        if !rest.is_empty() {
            return Err(format!("{} bytes are no list of elements, which have 32 each", bytes.len()));
        }
        let elements: Vec<Scalar> =
            (0..).zip(elements).map(|(index, element)| scalar(index, element)).collect::<Result<_, _>>()?;
        Ok(poseidon::absorb(&elements).map_err(text)?.as_be_bytes().to_vec())
    })
}

/// Whether a verifying key may be trusted to bind proofs. The answer is its compressed form, which `register` takes.
#[unsafe(no_mangle)]
pub extern "C" fn check_key() -> i32 {
    reply(|bytes| {
        let key = KeyRef::from_slice(bytes).map_err(text)?;
        groth16::check_key(key).map_err(text)?;
        VerifyingKey::from_slice(bytes).map_err(text)?.compress().map_err(text)
    })
}

/// Whether a proof is one of a digest under a key that [`check_key`] took. The buffer is the key, the proof of `proof` bytes, and
/// the digest of 32. The answer is empty.
#[unsafe(no_mangle)]
pub extern "C" fn verify(proof: usize) -> i32 {
    reply(|bytes| {
        let (rest, digest) = bytes.split_last_chunk::<32>().ok_or("the digest is missing")?;
        let length = rest.len().checked_sub(proof).ok_or("the proof is missing")?;
        let (key, proof) = rest.split_at(length);
        let (key, proof) =
            (KeyRef::from_slice(key).map_err(text)?, ProofRef::from_slice(proof).map_err(text)?);
        groth16::verify(key, proof, &scalar(0, digest)?).map_err(text)?;
        Ok(Vec::new())
    })
}

fn buffer() -> MutexGuard<'static, Vec<u8>> {
    BUFFER.lock().unwrap_or_else(PoisonError::into_inner)
}

fn reply(answer: impl FnOnce(&[u8]) -> Result<Vec<u8>, String>) -> i32 {
    let mut buffer = buffer();
    let (sign, bytes) = match answer(&buffer) {
        Ok(bytes) => (1, bytes),
        Err(error) => (-1, error.into_bytes()),
    };
    *buffer = bytes;
    sign * buffer.len() as i32 // answers are short
}

fn scalar(index: usize, bytes: &[u8; 32]) -> Result<Scalar, String> {
    Scalar::from_be_bytes(*bytes).map_err(|_| format!("element {index} is not below the order of the field"))
}

fn text(error: impl std::fmt::Display) -> String {
    error.to_string()
}

//! The digest of a statement: Poseidon of domain, both halves of the context, and limbs.

use soroban_poseidon::poseidon_hash;
use soroban_sdk::{Bytes, BytesN, Env, U256, Vec, crypto::bn254::Bn254Fr};

use crate::{
    error::Error,
    points::{SCALAR_MODULUS, require_below},
};

/// Stellar's library has circomlib's parameters up to this many elements. A statement of one limb for its inputs and one for its outputs has five.
const ELEMENTS: u32 = 5;

pub fn digest(
    env: &Env,
    domain: BytesN<32>,
    context: &BytesN<32>,
    limbs: &Vec<BytesN<32>>,
) -> Result<BytesN<32>, Error> {
    if limbs.len() + 3 != ELEMENTS {
        return Err(Error::LimbCount);
    }
    let number = |bytes: &BytesN<32>| U256::from_be_bytes(env, &Bytes::from(bytes.clone()));
    let half = |at: usize| {
        let mut half = [0; 32];
        half[16..].copy_from_slice(&context.to_array()[at..at + 16]);
        U256::from_be_bytes(env, &Bytes::from_array(env, &half))
    };
    let mut elements: Vec<U256> = Vec::new(env);
    elements.push_back(number(&domain));
    elements.push_back(half(0));
    elements.push_back(half(16));
    for limb in limbs.iter() {
        require_below(&limb.to_array(), &SCALAR_MODULUS)?;
        elements.push_back(number(&limb));
    }
    let hash = poseidon_hash::<6, Bn254Fr>(env, &elements).to_be_bytes();
    BytesN::try_from(hash).map_err(|_| Error::Elements)
}

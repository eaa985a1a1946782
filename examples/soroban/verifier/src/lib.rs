//! Verifies Assay's proofs on Stellar, under the one key that it was made with.
//!
//! BN254 and Poseidon are host functions there (CAP-0074 and CAP-0075), and the host writes points as EIP-196 and EIP-197 do, hence as Assay does: nothing is
//! converted. The checks are those of `assay_interface::groth16`, in its order; docs/statement.md has the statement's bytes.
//!
//! What is the host's to check traps, which fails the call like an error: that points lie on their curves and in their groups.
#![no_std]

mod error;
mod key;
mod points;
mod statement;

use soroban_sdk::{
    Bytes, BytesN, Env, U256, Vec, bytes, contract, contractimpl, contracttype,
    crypto::bn254::{Bn254Fr, Bn254G1Affine, Bn254G2Affine},
};

pub use error::Error;
use key::{Key, PLAIN_KEY};
use points::{SCALAR_MODULUS, check_point, point, require_below};

const PLAIN_PROOF: u32 = 256;
const COMMITTED_PROOF: u32 = 384;

/// What the contract keeps, from its creation on.
#[contracttype]
enum Stored {
    Key,
    Domain,
}

#[contract]
pub struct Verifier;

#[contractimpl]
impl Verifier {
    /// For proofs under `key`, 576 or 768 bytes, of statements that begin with `domain`. Nobody can change them.
    ///
    /// The key's points are checked as the verifier program on Solana does; what no key shows (whose it is, of which circuit, how
    /// its secrets were made) is for who creates the contract to know.
    pub fn __constructor(env: Env, key: Bytes, domain: BytesN<32>) -> Result<(), Error> {
        Key(key.clone()).check(&env)?;
        require_below(&domain.to_array(), &SCALAR_MODULUS)?;
        env.storage().instance().set(&Stored::Key, &key);
        env.storage().instance().set(&Stored::Domain, &domain);
        Ok(())
    }

    /// SHA-256 of the key: its name elsewhere.
    pub fn key_hash(env: Env) -> BytesN<32> {
        env.crypto().sha256(&stored_key(&env).0).to_bytes()
    }

    /// Whether `proof` is one of the statement with this digest: an error, or a trap, if not.
    pub fn verify(env: Env, proof: Bytes, digest: BytesN<32>) -> Result<(), Error> {
        verify(&env, &stored_key(&env), &proof, &digest)
    }

    /// The same for a statement, whose digest comes back: who must act once keeps it, for a proof has many encodings.
    pub fn verify_statement(
        env: Env,
        proof: Bytes,
        context: BytesN<32>,
        limbs: Vec<BytesN<32>>,
    ) -> Result<BytesN<32>, Error> {
        let digest = Self::statement_digest(env.clone(), context, limbs)?;
        verify(&env, &stored_key(&env), &proof, &digest)?;
        Ok(digest)
    }

    /// The digest of a statement of the model.
    pub fn statement_digest(
        env: Env,
        context: BytesN<32>,
        limbs: Vec<BytesN<32>>,
    ) -> Result<BytesN<32>, Error> {
        let domain = env.storage().instance().get(&Stored::Domain).ok_or(Error::Elements)?;
        statement::digest(&env, domain, &context, &limbs)
    }
}

fn stored_key(env: &Env) -> Key {
    Key(env.storage().instance().get(&Stored::Key).unwrap_or(Bytes::new(env)))
}

fn verify(env: &Env, key: &Key, proof: &Bytes, digest: &BytesN<32>) -> Result<(), Error> {
    let plain = key.0.len() == PLAIN_KEY;
    if proof.len() != if plain { PLAIN_PROOF } else { COMMITTED_PROOF } {
        return Err(Error::ProofLength);
    }
    require_below(&digest.to_array(), &SCALAR_MODULUS)?;
    for (at, length) in [(0, 64), (64, 128), (192, 64), (256, 64), (320, 64)] {
        if at < proof.len() {
            check_point(&proof.slice(at..at + length))?;
        }
    }
    let curve = env.crypto().bn254();
    let scaled = |point: &Bn254G1Affine, factor: &Bytes| {
        curve.g1_mul(point, &Bn254Fr::from_u256(U256::from_be_bytes(env, factor)))
    };
    let sum = curve.g1_add(&key.g1(448), &scaled(&key.g1(512), &Bytes::from(digest.clone())));
    let mut left: Vec<Bn254G1Affine> = Vec::new(env);
    let mut right: Vec<Bn254G2Affine> = Vec::new(env);
    let mut pair = |p: Bn254G1Affine, q: Bn254G2Affine| {
        left.push_back(p);
        right.push_back(q);
    };
    pair(Bn254G1Affine::from_bytes(point(proof, 0)), Bn254G2Affine::from_bytes(point(proof, 64)));
    pair(key.g1(0), key.g2(64));
    if plain {
        // e(-A, B) e(alpha, beta) e(IC_0 + d IC_1, gamma) e(C, delta) = 1
        pair(sum, key.g2(192));
    } else {
        // e(-A, B) e(alpha, beta) e(V + rho PoK, gamma) e(C, delta) e(rho D, -sigma gamma) = 1, V = IC_0 + d IC_1 + h IC_2 + D
        let commitment = Bn254G1Affine::from_bytes(point(proof, 256));
        let knowledge = Bn254G1Affine::from_bytes(point(proof, 320));
        let hash = env.crypto().sha256(&key.0).to_bytes();
        let challenge = transcript(
            env,
            &bytes!(env, 0x61737361793a6368616c6c656e67653a763100),
            &hash,
            &proof.slice(256..320),
            digest,
        );
        let fold = transcript(env, &bytes!(env, 0x61737361793a666f6c643a763100), &hash, proof, digest);
        let challenge = leading(env, &challenge, 31);
        let fold = leading(env, &fold, 16);
        let inputs = curve.g1_add(&sum, &scaled(&key.g1(576), &challenge));
        let inputs = curve.g1_add(&inputs, &commitment);
        pair(curve.g1_add(&inputs, &scaled(&knowledge, &fold)), key.g2(192));
        pair(scaled(&commitment, &fold), key.g2(640));
    }
    pair(Bn254G1Affine::from_bytes(point(proof, 192)), key.g2(320));
    if curve.pairing_check(left, right) { Ok(()) } else { Err(Error::InvalidProof) }
}

/// SHA-256 of what challenge and fold factor bind.
fn transcript(env: &Env, prefix: &Bytes, key_hash: &BytesN<32>, part: &Bytes, digest: &BytesN<32>) -> Bytes {
    let mut all = prefix.clone();
    all.append(&Bytes::from(key_hash.clone()));
    all.append(part);
    all.append(&Bytes::from(digest.clone()));
    Bytes::from(env.crypto().sha256(&all).to_bytes())
}

/// The first bytes of a hash, as an integer of 32.
fn leading(env: &Env, hash: &Bytes, length: u32) -> Bytes {
    let mut number = Bytes::from_array(env, &[0; 32]).slice(length..32);
    number.append(&hash.slice(0..length));
    number
}

//! Lets a borrower in by a proven tier: an example of what acts on a proof must do.
//!
//! Verifying is not enough. A proof is of one statement, so this contract makes the context itself, of itself, the borrower and a nonce, so that nobody else's
//! proof and no earlier one opens anything; it reads the output from the limbs that were verified; and it leaves to who creates it
//! which verifier, hence which key, it believes. The features are the borrower's word here: a contract that knows them compares
//! them with the first limb.
#![no_std]

use soroban_sdk::{
    Address, Bytes, BytesN, Env, Vec, contract, contractclient, contracterror, contractimpl, contracttype,
    xdr::ToXdr,
};

/// Of the verifier's contract.
#[contractclient(name = "VerifierClient")]
pub trait Verifier {
    fn verify_statement(env: Env, proof: Bytes, context: BytesN<32>, limbs: Vec<BytesN<32>>) -> BytesN<32>;
}

#[contracterror]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u32)]
pub enum Error {
    /// The proven tier is above the highest that is let in.
    TierTooHigh = 1,
    /// No limbs, or bits that no tier has.
    NoTier = 2,
    /// The last limb has bits above a tier's: the gate was created with too small a width.
    NotOneTier = 3,
}

#[contracttype]
enum Stored {
    Verifier,
    Bits,
    Highest,
    Nonce(Address),
    Admitted(Address),
}

#[contract]
pub struct Gate;

#[contractimpl]
impl Gate {
    /// `bits` is the width of the tier, the one value of the last limb; tiers up to `highest` are let in.
    ///
    /// The width has to be the model's, as the statement's layout has it (`assay inspect`): the verifier knows no layout, so nothing
    /// here compares it. Of too small a width every proof is refused; under too large a one every tier reads as a low one, and EVERYBODY
    /// is let in.
    pub fn __constructor(env: Env, verifier: Address, bits: u32, highest: i64) -> Result<(), Error> {
        if !(1..=32).contains(&bits) {
            return Err(Error::NoTier);
        }
        let storage = env.storage().instance();
        storage.set(&Stored::Verifier, &verifier);
        storage.set(&Stored::Bits, &bits);
        storage.set(&Stored::Highest, &highest);
        Ok(())
    }

    /// What the borrower's next proof must have been made with: `assay prove --context`.
    pub fn context_of(env: Env, borrower: Address) -> BytesN<32> {
        let nonce: u32 = env.storage().persistent().get(&Stored::Nonce(borrower.clone())).unwrap_or(0);
        env.crypto().sha256(&(env.current_contract_address(), borrower, nonce).to_xdr(&env)).to_bytes()
    }

    /// Whether the borrower was let in.
    pub fn is_admitted(env: Env, borrower: Address) -> bool {
        env.storage().persistent().get(&Stored::Admitted(borrower)).unwrap_or(false)
    }

    /// Lets the borrower in if the proof is of a tier that may enter.
    pub fn enter(env: Env, borrower: Address, proof: Bytes, limbs: Vec<BytesN<32>>) -> Result<(), Error> {
        borrower.require_auth();
        let storage = env.storage().instance();
        let verifier: Address = storage.get(&Stored::Verifier).ok_or(Error::NoTier)?;
        let bits: u32 = storage.get(&Stored::Bits).ok_or(Error::NoTier)?;
        let highest: i64 = storage.get(&Stored::Highest).ok_or(Error::NoTier)?;
        let context = Self::context_of(env.clone(), borrower.clone());
        VerifierClient::new(&env, &verifier).verify_statement(&proof, &context, &limbs); // a refusal ends this call
        let [above @ .., a, b, c, d] = limbs.last().ok_or(Error::NoTier)?.to_array();
        let offset = i64::from(u32::from_be_bytes([a, b, c, d]));
        if above != [0; 28] || offset >> bits != 0 {
            return Err(Error::NotOneTier);
        }
        if offset - (1 << (bits - 1)) > highest {
            return Err(Error::TierTooHigh);
        }
        let nonce = Stored::Nonce(borrower.clone());
        let storage = env.storage().persistent();
        let used: u32 = storage.get(&nonce).unwrap_or(0);
        storage.set(&nonce, &(used + 1));
        storage.set(&Stored::Admitted(borrower), &true);
        Ok(())
    }
}

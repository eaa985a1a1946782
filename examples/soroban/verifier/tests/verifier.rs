//! Proofs of the command line on Stellar's host: accepted, attacked, and what they take.

#[path = "../../vectors/read.rs"]
mod vectors;

use assay_soroban_verifier::{Error, Verifier, VerifierClient};
use soroban_sdk::{Bytes, BytesN, Env, Vec, testutils::EnvTestConfig};
use vectors::Vector;

const PLAIN: &str = include_str!("../../vectors/plain.txt");
const COMMITTED: &str = include_str!("../../vectors/committed.txt");

const FORMS: [&str; 2] = [PLAIN, COMMITTED];

/// Instructions and bytes of memory of `verify`, then of `verify_statement`, plain and committed, as the host counts them: what the
/// contract's own instructions take as WebAssembly comes on top.
const COSTS: [[[u64; 2]; 2]; 2] =
    [[[25_626_342, 219_466], [28_921_473, 384_618]], [[34_042_678, 277_201], [37_337_809, 442_353]]];

fn env() -> Env {
    Env::new_with_config(EnvTestConfig { capture_snapshot_at_drop: false })
}

fn deployed<'a>(env: &Env, vector: &Vector) -> VerifierClient<'a> {
    let address = env.register(Verifier, (vector.key.clone(), vector.domain.clone()));
    VerifierClient::new(env, &address)
}

fn with(bytes: &Bytes, at: u32, part: &[u8]) -> Bytes {
    let mut changed = bytes.clone();
    (at..).zip(part).for_each(|(at, byte)| changed.set(at, *byte));
    changed
}

fn flipped<const N: usize>(bytes: &BytesN<N>, at: usize) -> BytesN<N> {
    let mut array = bytes.to_array();
    array[at] ^= 1;
    BytesN::from_array(bytes.env(), &array)
}

/// `bytes + modulus`, both big-endian.
fn plus(bytes: &[u8], modulus: &[u8; 32]) -> [u8; 32] {
    let mut out = [0; 32];
    let mut carry = 0;
    for at in (0..32).rev() {
        let sum = u16::from(bytes[at]) + u16::from(modulus[at]) + carry;
        (out[at], carry) = (sum as u8, sum >> 8);
    }
    assert_eq!(carry, 0);
    out
}

const BASE: [u8; 32] = hex(b"30644e72e131a029b85045b68181585d97816a916871ca8d3c208c16d87cfd47");
const SCALAR: [u8; 32] = hex(b"30644e72e131a029b85045b68181585d2833e84879b9709143e1f593f0000001");

const fn hex(digits: &[u8; 64]) -> [u8; 32] {
    const fn digit(c: u8) -> u8 {
        if c <= b'9' { c - b'0' } else { c - b'a' + 10 }
    }
    let mut out = [0; 32];
    let mut at = 0;
    while at < 32 {
        out[at] = digit(digits[2 * at]) << 4 | digit(digits[2 * at + 1]);
        at += 1;
    }
    out
}

#[test]
fn proofs_of_both_forms_are_accepted_at_a_known_cost() {
    let mut measured = std::vec::Vec::new();
    for text in FORMS {
        let env = env();
        let vector = vectors::read(&env, text);
        let contract = deployed(&env, &vector);
        let cost = || {
            let budget = env.cost_estimate().budget();
            [budget.cpu_instruction_cost(), budget.memory_bytes_cost()]
        };
        contract.verify(&vector.proof, &vector.digest);
        let by_digest = cost();
        let digest = contract.verify_statement(&vector.proof, &vector.context, &vector.limbs);
        measured.push([by_digest, cost()]);
        assert_eq!(digest, vector.digest);
        assert_eq!(contract.key_hash(), env.crypto().sha256(&vector.key).to_bytes());
    }
    assert_eq!(measured, COSTS, "if this is meant, write these into COSTS and docs/other-chains.md");
}

#[test]
#[ignore = "ASSAY_SOROBAN_WASM has to name the compiled contract: README.md says how to build it"]
fn the_compiled_contract_accepts_them_too() {
    let path = std::env::var("ASSAY_SOROBAN_WASM").expect("ASSAY_SOROBAN_WASM");
    let wasm = std::fs::read(path).expect("the contract");
    for text in FORMS {
        let env = env();
        let vector = vectors::read(&env, text);
        let address = env.register(&wasm[..], (vector.key.clone(), vector.domain.clone()));
        let contract = VerifierClient::new(&env, &address);
        let budget = || env.cost_estimate().budget();
        contract.verify(&vector.proof, &vector.digest);
        println!("verify: {} {}", budget().cpu_instruction_cost(), budget().memory_bytes_cost());
        contract.verify_statement(&vector.proof, &vector.context, &vector.limbs);
        println!("verify_statement: {} {}", budget().cpu_instruction_cost(), budget().memory_bytes_cost());
        let altered = flipped(&vector.digest, 31);
        assert_eq!(contract.try_verify(&vector.proof, &altered), Err(Ok(Error::InvalidProof)));
    }
}

#[test]
fn what_is_no_proof_of_the_statement_is_refused() {
    for text in FORMS {
        let env = env();
        let vector = vectors::read(&env, text);
        let contract = deployed(&env, &vector);
        let refused = |what: &str, proof: &Bytes, digest: &BytesN<32>, error: Option<Error>| {
            let Err(given) = contract.try_verify(proof, digest) else { panic!("{what} was accepted") };
            if let Some(error) = error {
                assert_eq!(given, Ok(error), "{what}");
            }
        };
        // Every byte: the host refuses what lies on no curve, the equation the rest.
        for at in 0..vector.proof.len() {
            let byte = vector.proof.get(at).expect("a byte") ^ 1;
            refused(&format!("byte {at}"), &with(&vector.proof, at, &[byte]), &vector.digest, None);
        }
        for at in 0..32 {
            refused(&format!("digest {at}"), &vector.proof, &flipped(&vector.digest, at), None);
        }
        for at in (0..vector.proof.len()).step_by(32) {
            let mut coordinate = [0; 32];
            vector.proof.slice(at..at + 32).copy_into_slice(&mut coordinate);
            let other = with(&vector.proof, at, &plus(&coordinate, &BASE));
            refused(
                &format!("coordinate {at} and the modulus"),
                &other,
                &vector.digest,
                Some(Error::NotCanonical),
            );
        }
        let other = BytesN::from_array(&env, &plus(&vector.digest.to_array(), &SCALAR));
        refused("digest and the modulus", &vector.proof, &other, Some(Error::NotCanonical));
        for (at, length) in [(0, 64), (64, 128), (192, 64), (256, 64), (320, 64)] {
            if at < vector.proof.len() {
                let identity = with(&vector.proof, at, &[0; 128][..length]);
                refused(&format!("identity at {at}"), &identity, &vector.digest, Some(Error::Identity));
            }
        }
        for length in [0, 64, 255, vector.proof.len() - 1] {
            refused("cut short", &vector.proof.slice(0..length), &vector.digest, Some(Error::ProofLength));
        }
        let mut longer = vector.proof.clone();
        longer.extend_from_slice(&[0; 128]);
        refused("lengthened", &longer, &vector.digest, Some(Error::ProofLength));

        let statement = |context: &BytesN<32>, limbs: &Vec<BytesN<32>>| {
            contract.try_verify_statement(&vector.proof, context, limbs)
        };
        assert!(statement(&vector.context, &vector.limbs).is_ok());
        assert_eq!(statement(&flipped(&vector.context, 0), &vector.limbs), Err(Ok(Error::InvalidProof)));
        assert_eq!(statement(&flipped(&vector.context, 31), &vector.limbs), Err(Ok(Error::InvalidProof)));
        for (at, limb) in (0..).zip(vector.limbs.iter()) {
            let mut others = vector.limbs.clone();
            others.set(at, flipped(&limb, 31));
            assert_eq!(statement(&vector.context, &others), Err(Ok(Error::InvalidProof)));
            others.set(at, BytesN::from_array(&env, &plus(&limb.to_array(), &SCALAR)));
            assert_eq!(statement(&vector.context, &others), Err(Ok(Error::NotCanonical)));
        }
        assert_eq!(statement(&vector.context, &vector.limbs.slice(0..1)), Err(Ok(Error::LimbCount)));
    }
}

/// Whether a contract of this key is created; what refuses it panics in this host's tests.
fn creates(text: &str, change: impl Fn(&Bytes) -> Bytes + std::panic::RefUnwindSafe) -> bool {
    std::panic::catch_unwind(|| {
        let env = env();
        let mut vector = vectors::read(&env, text);
        vector.key = change(&vector.key);
        deployed(&env, &vector).key_hash();
    })
    .is_ok()
}

#[test]
fn keys_that_must_not_be_trusted_make_no_contract() {
    for text in FORMS {
        assert!(creates(text, Bytes::clone));
        let copied = |key: &Bytes, from: u32, to: u32, length: u32| {
            let part: std::vec::Vec<u8> = key.slice(from..from + length).iter().collect();
            with(key, to, &part)
        };
        assert!(!creates(text, |key| copied(key, 192, 320, 128)), "delta = gamma");
        assert!(!creates(text, |key| copied(key, 64, 192, 128)), "gamma = beta");
        assert!(!creates(text, |key| copied(key, 448, 512, 64)), "IC_1 = IC_0");
        assert!(!creates(text, |key| with(key, 512, &[0; 64])), "IC_1 is the identity");
        assert!(
            !creates(text, |key| with(key, 575, &[key.get(575).expect("a byte") ^ 1])),
            "IC_1 is off its curve"
        );
        assert!(
            !creates(text, |key| with(key, 447, &[key.get(447).expect("a byte") ^ 1])),
            "delta is off its curve"
        );
        assert!(!creates(text, |key| key.slice(0..key.len() - 1)), "a byte is missing");
    }
}

//! What a reader takes is bounded by the bytes that it was given, whatever they claim. A program of its own, for its allocator
//! counts.

use std::fmt::Debug;

use assay_circuits::{Assignment, Builder, StatementInput, StatementOutput, Visibility};
use assay_engine::measure::{CountingAllocator, peak_of};
use assay_groth16::{
    Backend, ProvingKey, SetupKind, VerifyingKey,
    circom::{Zkey, read_wtns},
    setup_development,
    snarkjs::{proof_from_json, public_from_json, verifying_key_from_json},
};
use assay_interface::artifact::{self, HEADER_LEN, Kind};
use rand_chacha::{ChaCha20Rng, rand_core::SeedableRng};

#[global_allocator]
static ALLOCATOR: CountingAllocator = CountingAllocator;

const ZKEY: &[u8] = include_bytes!("data/tiny.zkey");
const WTNS: &[u8] = include_bytes!("data/tiny.wtns");

/// The error for a file that claims more than it has, which may cost no more than a few times the file and some stack.
fn refused<T, E: Debug>(what: &str, bytes: &[u8], read: impl FnOnce(&[u8]) -> Result<T, E>) {
    let (peak, result) = peak_of(|| read(bytes).map(drop));
    assert!(result.is_err(), "{what} was read");
    let allowed = 4 * bytes.len() + (64 << 10);
    assert!(peak <= allowed, "{what}: {peak} bytes taken for a file of {}: {result:?}", bytes.len());
}

/// Where a section's bytes start and end.
fn section(bytes: &[u8], wanted: u32) -> std::ops::Range<usize> {
    let mut at = 12;
    loop {
        let number = u32::from_le_bytes(bytes[at..at + 4].try_into().unwrap());
        let length = u64::from_le_bytes(bytes[at + 4..at + 12].try_into().unwrap()) as usize;
        if number == wanted {
            return at + 12..at + 12 + length;
        }
        at += 12 + length;
    }
}

fn with(bytes: &[u8], at: usize, value: &[u8]) -> Vec<u8> {
    let mut changed = bytes.to_vec();
    changed[at..at + value.len()].copy_from_slice(value);
    changed
}

/// One test: two at once would count each other's bytes.
#[test]
fn claims_cost_nothing() {
    let _ = Backend::detect().unwrap(); // and the thread pool's start is not a reader's
    rayon::join(|| (), || ());
    assert!(Zkey::from_bytes(ZKEY).is_ok() && read_wtns(WTNS).is_ok());

    let counts = section(ZKEY, 2).start + 72;
    for (what, at, value) in [
        ("a domain of 2^28", counts + 8, 1u32 << 28),
        ("a domain of 2^31", counts + 8, 1 << 31),
        ("2^32 wires", counts, u32::MAX),
        ("2^32 public wires", counts + 4, u32::MAX),
        ("2^32 - 1 public wires", counts + 4, u32::MAX - 1),
        ("2^32 entries", section(ZKEY, 4).start, u32::MAX),
        ("2^32 sections", 8, u32::MAX),
    ] {
        refused(what, &with(ZKEY, at, &value.to_le_bytes()), Zkey::from_bytes);
    }
    let length = section(ZKEY, 4).start - 8;
    refused("a section of 2^64 bytes", &with(ZKEY, length, &[0xff; 8]), Zkey::from_bytes);
    refused("2^32 values", &with(WTNS, section(WTNS, 1).end - 4, &[0xff; 4]), read_wtns);
    refused(
        "a witness section of 2^64 bytes",
        &with(WTNS, section(WTNS, 2).start - 8, &[0xff; 8]),
        read_wtns,
    );
    // Nothing but section headers, of sections without a byte.
    let mut empty = [&b"zkey"[..], &1u32.to_le_bytes(), &80_000u32.to_le_bytes()].concat();
    empty.resize(12 + 12 * 80_000, 0);
    refused("sections without bytes", &empty, Zkey::from_bytes);

    let mut b = Builder::new();
    let x = b.input("x", 1, 8).unwrap();
    b.bind_statement(
        7u64.into(),
        &[StatementInput { values: &x, bits: 8, visibility: Visibility::Public }],
        &[StatementOutput { values: &x, bits: 8 }],
    )
    .unwrap();
    let circuit = b.finish().unwrap();
    assert!(circuit.solve(&Assignment { inputs: vec![vec![4]], ..Assignment::default() }).is_ok());
    let (key, verifying_key) = setup_development(&circuit, &mut ChaCha20Rng::seed_from_u64(1)).unwrap();
    let payload = key.to_bytes().split_off(HEADER_LEN);
    for (what, index, value) in [
        ("a domain of 9 * 2^28", 1, 9u32 << 28),
        ("2^32 wires of A", 2, u32::MAX),
        ("2^32 committed wires", 5, u32::MAX),
    ] {
        let changed = with(&payload, 36 + 4 * index, &value.to_le_bytes());
        let bytes = artifact::encode(Kind::ProvingKey, circuit.digest(), &changed);
        refused(what, &bytes, ProvingKey::from_bytes);
    }
    let mut wider = with(&payload, 36, &(1u32 << 31).to_le_bytes());
    wider[44..56].fill(0xff);
    refused("2^32 of everything", &artifact::encode(Kind::ProvingKey, circuit.digest(), &wider), |bytes| {
        ProvingKey::from_bytes(bytes)
    });
    refused("a short verifying key", &verifying_key.to_bytes()[..200], VerifyingKey::from_bytes);

    let key_json = |bytes: &[u8]| {
        verifying_key_from_json(std::str::from_utf8(bytes).unwrap(), [0; 32], SetupKind::Ceremony)
    };
    let nested = "[".repeat(1 << 20);
    refused("a million arrays in each other", nested.as_bytes(), key_json);
    refused("a key of them", format!("{{\"IC\": {nested}").as_bytes(), key_json);
    refused("a proof of them", nested.as_bytes(), |bytes| {
        proof_from_json(std::str::from_utf8(bytes).unwrap())
    });
    refused("inputs of them", nested.as_bytes(), |bytes| {
        public_from_json(std::str::from_utf8(bytes).unwrap())
    });
    let digits = format!("[\"{}\"]", "9".repeat(1 << 20));
    refused("a million digits", digits.as_bytes(), |bytes| {
        public_from_json(std::str::from_utf8(bytes).unwrap())
    });
    let Err(error) = public_from_json(&digits) else { panic!("a million digits were read") };
    assert!(error.to_string().len() < 200, "an error shows the start of what it refuses");
}

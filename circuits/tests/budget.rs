//! What reading a circuit or a witness takes is bounded by the bytes that it was given, whatever they claim. A program of
//! its own, for its allocator counts.

use assay_circuits::{Circuit, Ranges, Witness};
use assay_engine::measure::{CountingAllocator, peak_of};

#[path = "suite/common.rs"]
mod common;

#[global_allocator]
static ALLOCATOR: CountingAllocator = CountingAllocator;

/// Memory a byte: an instruction of one byte takes eight, a name of no bytes the head of a string.
const A_BYTE: usize = 16;

fn assert_bounded<T, E>(what: &str, bytes: &[u8], read: impl FnOnce(&[u8]) -> Result<T, E>) {
    let (peak, _) = peak_of(|| read(bytes).map(drop));
    let allowed = A_BYTE * bytes.len() + (64 << 10);
    assert!(peak <= allowed, "{what}: {peak} bytes taken for {}", bytes.len());
}

/// One test: two at once would count each other's bytes.
#[test]
fn claims_cost_nothing() -> Result<(), Box<dyn std::error::Error>> {
    let mut cases = common::statements()?;
    cases.truncate(1);
    cases.extend([common::risk_with(Ranges::Lookup)?]);
    cases.extend(common::lookups()?.into_iter().nth(5));
    for case in cases {
        let bytes = case.circuit.to_bytes();
        let read = Circuit::from_bytes(&bytes)?; // and the tables of Poseidon are no reader's
        assert_bounded(&case.name, &bytes, Circuit::from_bytes);
        let witness = read.solve(&case.assignments[0])?.to_bytes();
        // Every place in turn claims 2^32 - 1 of something, and less than that.
        for (kind, bytes) in [("circuit", bytes), ("witness", witness)] {
            for at in (0..bytes.len() - 4).step_by((bytes.len() / 700).max(1) | 1) {
                for claim in [u32::MAX, 1 << 28, 1 << 20] {
                    let mut hostile = bytes.clone();
                    hostile[at..at + 4].copy_from_slice(&claim.to_le_bytes());
                    let what = format!("{} of {}, {claim} at {at}", kind, case.name);
                    match kind {
                        "circuit" => assert_bounded(&what, &hostile, Circuit::from_bytes),
                        _ => assert_bounded(&what, &hostile, Witness::from_bytes),
                    }
                }
            }
        }
    }
    // Sixty bytes that claim four billion wires and rows.
    let mut small = b"assaycir\x02\x00".to_vec();
    small.extend_from_slice(&u32::MAX.to_le_bytes());
    small.extend_from_slice(&0u32.to_le_bytes());
    small.resize(60, 0xff);
    assert_bounded("a header", &small, Circuit::from_bytes);
    assert!(Circuit::from_bytes(&small).is_err());
    Ok(())
}

//! What verification costs on chain.
//!
//! Two costs, each by one name wherever it is told: *verify alone* is the verifier's instruction as a transaction's own, and
//! *verify by CPI* is a program's call of it, the call and the calling program included. The figures are those of
//! `tests/ledger/compute-units.csv`, rows `verify` and `verify by CPI`, and a test compares them; for another statement
//! than the measured one they are corrected by what its hash costs.

use assay_circuits::Ranges;
use assay_interface::poseidon::MAX_ARITY;
use assay_interface::schema::ModelSchema;
use serde::Serialize;

/// *Verify alone*, of a proof without a commitment.
pub const VERIFY_ALONE: u64 = 82_577;
/// *Verify alone*, of a proof with a commitment.
pub const VERIFY_ALONE_COMMITTED: u64 = 108_977;
/// *Verify by CPI*, of a proof without a commitment.
pub const VERIFY_BY_CPI: u64 = 85_989;
/// *Verify by CPI*, of a proof with a commitment.
pub const VERIFY_BY_CPI_COMMITTED: u64 = 112_556;
/// Elements of the statement that these were measured for.
pub const MEASURED_ELEMENTS: usize = 5;

/// Elements of a statement beside its limbs: domain tag and two halves of the context.
const HEADER_ELEMENTS: usize = 3;

/// Compute units of verifying a model's proof.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct ComputeUnits {
    /// The verifier's instruction as a transaction's own.
    pub verify_alone: u64,
    /// A program's call of it, the call and the calling program included.
    pub verify_by_cpi: u64,
}

impl ComputeUnits {
    /// For a model's statements; proofs of ranges by lookup have a commitment.
    pub fn new(schema: &ModelSchema, ranges: Ranges) -> Self {
        let (alone, by_cpi) = match ranges {
            Ranges::Bits => (VERIFY_ALONE, VERIFY_BY_CPI),
            Ranges::Lookup => (VERIFY_ALONE_COMMITTED, VERIFY_BY_CPI_COMMITTED),
        };
        let elements = HEADER_ELEMENTS + schema.input_limbs() + schema.output_limbs();
        let with_statement = |measured: u64| {
            (measured + statement_hash(elements)).saturating_sub(statement_hash(MEASURED_ELEMENTS))
        };
        ComputeUnits { verify_alone: with_statement(alone), verify_by_cpi: with_statement(by_cpi) }
    }
}

/// Compute units of the Poseidon syscalls for a statement: `61 n^2 + 542` for `n` elements at once. A further block
/// holds the running digest and up to 11 elements.
fn statement_hash(elements: usize) -> u64 {
    let hash = |n: usize| 61 * (n as u64).pow(2) + 542;
    let first = elements.min(MAX_ARITY);
    let rest = elements - first;
    let (full, last) = (rest / (MAX_ARITY - 1), rest % (MAX_ARITY - 1));
    let last = if last > 0 { hash(last + 1) } else { 0 };
    hash(first) + full as u64 * hash(MAX_ARITY) + last
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_are_those_of_the_ledger() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/ledger/compute-units.csv");
        let ledger = std::fs::read_to_string(path).unwrap();
        for (row, known) in [
            ("verify", VERIFY_ALONE),
            ("verify (committed)", VERIFY_ALONE_COMMITTED),
            ("verify by CPI", VERIFY_BY_CPI),
            ("verify by CPI (committed)", VERIFY_BY_CPI_COMMITTED),
        ] {
            let line = ledger.lines().find_map(|line| line.strip_prefix(&format!("verifier,{row},")));
            let measured = line.and_then(|line| line.split(',').next()).unwrap().parse();
            assert_eq!(measured, Ok(known), "{row}: write the ledger's figure into this file");
        }
    }

    #[test]
    fn long_statements_are_hashed_in_blocks() {
        assert_eq!(statement_hash(5), 61 * 25 + 542);
        assert_eq!(statement_hash(12), 61 * 144 + 542);
        assert_eq!(statement_hash(13), statement_hash(12) + 61 * 4 + 542);
        assert_eq!(statement_hash(23), 2 * statement_hash(12));
        assert_eq!(statement_hash(24), 2 * statement_hash(12) + 61 * 4 + 542);
    }
}

//! Bits or lookups: how a circuit proves its ranges.
//!
//! Lookups need a quarter of the constraints of bits, or less. But their circuit has a table, wires that hold full-size
//! numbers, and a commitment, which costs about 30,000 compute units of the verifier and 128 bytes of the proof. Small
//! circuits are better off without.

use assay_circuits::{Circuit, Ranges};

use crate::lower::{self, LowerError};
use crate::options::{Options, Strategy};
use crate::quantize::search::Search;

/// Milliseconds of proving that are worth what a commitment costs on chain.
pub(crate) const COMMITMENT_MS: f64 = 5.0;
/// Constraints by bits from which on lookups are the choice without a closer look: proving them saves far more than
/// [`COMMITMENT_MS`].
pub(crate) const MANY: u64 = 1 << 16;

/// The way that the options ask for, or, if it is left open, the better one for the model at uniform widths.
pub(crate) fn choose(search: &Search<'_>, name: &str, options: &Options) -> Result<Ranges, LowerError> {
    match options.ranges {
        Strategy::Bits => return Ok(Ranges::Bits),
        Strategy::Lookup => return Ok(Ranges::Lookup),
        Strategy::Auto => {}
    }
    let Some(first) = search.first() else { return Ok(Ranges::Bits) };
    let count = |ranges| crate::quantize::constraints(&first.graph, &first.intervals, ranges);
    if count(Ranges::Bits) >= MANY {
        return Ok(Ranges::Lookup);
    }
    let schema = lower::schema(&first.graph, name, &options.commit)?;
    let time = |ranges| lower::lower(&first.graph, &schema, ranges).map(|circuit| proving_ms(&circuit));
    let saved = time(Ranges::Bits)? - time(Ranges::Lookup)?;
    Ok(if saved > COMMITMENT_MS { Ranges::Lookup } else { Ranges::Bits })
}

/// Estimated time of a proof on the reference machine: the same number everywhere.
pub(crate) fn proving_ms(circuit: &Circuit) -> f64 {
    assay_groth16::estimate(circuit).proving_ms
}

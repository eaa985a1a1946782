//! The figures that the compiler chooses by, against those who measure them: the ledger of compute units, and the prover's own
//! estimate.

use assay_circuits::Ranges;
use assay_circuits::cost::Size;
use assay_compiler::strategy::{COMMITTED_BY_CPI, VERIFY_BY_CPI, proving_ms};
use assay_compiler::synthetic::Network;
use assay_compiler::{Options, Strategy, compile};

const LEDGER: &str = include_str!("../ledger/compute-units.csv");

/// Most that the compiler's figures may lag behind the ledger's.
const LAG: f64 = 0.03;

#[test]
fn compute_units_are_those_of_the_ledger() {
    for (name, known) in [("verify by CPI", VERIFY_BY_CPI), ("verify by CPI (committed)", COMMITTED_BY_CPI)] {
        let row = LEDGER.lines().find_map(|row| row.strip_prefix(&format!("verifier,{name},")));
        let measured: f64 = row.and_then(|row| row.split(',').next()).unwrap().parse().unwrap();
        let lag = (known as f64 / measured - 1.0).abs();
        assert!(lag < LAG, "{name}: {known} in assay_compiler::strategy, {measured} in the ledger");
    }
}

/// What the choice rests on is how the two ways compare. Two models of that: one from counts of constraints, one from the
/// operations of the prover.
#[test]
fn the_two_ways_compare_as_the_prover_estimates() {
    for network in [Network::Mlp, Network::MnistMlp, Network::LeNet] {
        let times =
            [(Strategy::Bits, Ranges::Bits), (Strategy::Lookup, Ranges::Lookup)].map(|(way, ranges)| {
                let options = Options { ranges: way, ..network.options() };
                let (model, _) = compile(&network.onnx(1), &network.calibration(1), &options).unwrap();
                (
                    proving_ms(Size::of(&model.circuit), ranges),
                    assay_groth16::estimate(&model.circuit).proving_ms,
                )
            });
        let [(bits, their_bits), (lookups, their_lookups)] = times;
        let (ours, theirs) = (lookups / bits, their_lookups / their_bits);
        let at = format!("{}: lookups take {ours:.2} of bits, the prover says {theirs:.2}", network.name());
        println!("{at}: {times:.1?}");
        assert!((0.6..1.6).contains(&(ours / theirs)), "{at}: {times:.1?}");
    }
}

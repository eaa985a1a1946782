//! The times that the compiler chooses by, against the prover's own estimate.

use assay_circuits::Ranges;
use assay_circuits::cost::Size;
use assay_compiler::strategy::Machine;
use assay_compiler::synthetic::Network;
use assay_compiler::{Options, Strategy, compile};

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
                    Machine::WITH_IFMA.proving_ms(Size::of(&model.circuit), ranges),
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

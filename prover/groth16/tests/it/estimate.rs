//! The estimate against what is there to count.

use crate::common;
use assay_circuits::Visibility;
use assay_groth16::{Calibration, Observer, estimate, estimate_with, setup_development};

#[test]
fn memory_covers_the_loaded_key_and_not_ten_times_it() {
    let circuit = common::perceptron(&[8, 8, 1], Visibility::Public, 1);
    let (key, _) = setup_development(&circuit, &mut common::rng(1)).unwrap();
    let (estimated, key) = (estimate(&circuit).memory_bytes, key.memory_bytes() as u64);
    // Tables and stacks are there whatever the circuit.
    let fixed = 64 << 20;
    assert!((key..10 * key + fixed).contains(&estimated), "{estimated} bytes estimated, the key has {key}");
}

#[test]
fn a_larger_circuit_costs_more_and_twice_the_threads_half() {
    let (small, large) = (common::small(), common::perceptron(&[8, 16, 4], Visibility::Public, 1));
    assert!(estimate(&large).proving_ms > estimate(&small).proving_ms);
    assert!(estimate(&large).memory_bytes > estimate(&small).memory_bytes);
    let twice = Calibration { threads: 2.0 * Calibration::REFERENCE.threads, ..Calibration::REFERENCE };
    let ratio = estimate(&large).proving_ms / estimate_with(&large, &twice).proving_ms;
    assert!((ratio - 2.0).abs() < 1e-9, "{ratio}");
}

#[test]
fn estimates_are_the_same_every_time() {
    let circuit = common::small();
    assert_eq!(estimate(&circuit), estimate(&circuit));
}

#[test]
fn a_measured_calibration_is_plausible() {
    let measured = Calibration::measure(Observer::none()).unwrap();
    for nanoseconds in [measured.g1_add_ns, measured.g2_add_ns, measured.fr_mul_ns] {
        assert!(nanoseconds > 1.0 && nanoseconds < 1e6, "{measured:?}");
    }
    assert!(measured.threads >= 1.0);
}

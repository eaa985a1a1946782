//! Other values for a wire.

use ark_bn254::Fr;
use ark_ff::{Field, One, Zero};

/// Elements to try in place of one, and what they are called.
pub(super) fn mutations(value: Fr, seed: usize) -> Vec<(String, Fr)> {
    let half = (Fr::one() + Fr::one()).inverse().map_or(value, |half| value * half);
    let mut all = vec![
        ("plus 1".into(), value + Fr::one()),
        ("minus 1".into(), value - Fr::one()),
        ("one minus it".into(), Fr::one() - value),
        ("zero".into(), Fr::zero()),
        ("one".into(), Fr::one()),
        ("negated".into(), -value),
        ("halved".into(), half),
        ("random".into(), pseudorandom(seed)),
    ];
    for k in [1u64, 2, 4, 8, 15, 16, 24, 32, 48, 64, 128, 248, 253] {
        all.push((format!("plus 2^{k}"), value + Fr::from(2u64).pow([k])));
    }
    all
}

/// What integers and operands are off by.
pub(super) const OFFSETS: [i64; 12] =
    [1, -1, 2, -2, 3, 128, -128, 1 << 15, -(1 << 15), 1 << 24, -(1 << 31), 1 << 40];

/// Integers to try in place of one: they stay integers for the code behind them.
pub(super) fn integer_mutations(value: i64) -> Vec<i64> {
    let mut values: Vec<i64> = OFFSETS.iter().map(|offset| value.wrapping_add(*offset)).collect();
    values.extend([0, 1, 1i64.wrapping_sub(value), value.wrapping_neg(), value << 1, value ^ 1]);
    values
}

/// Any full-size element; the same for the same seed.
pub(super) fn pseudorandom(seed: usize) -> Fr {
    Fr::from(seed as u64 ^ 0x9e37_79b9_7f4a_7c15).pow([65_537])
}

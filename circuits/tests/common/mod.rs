//! Circuits that several test files use.
#![allow(dead_code)] // each test file uses some of them

use ark_bn254::Fr;
use assay_circuits::layers::dense::{self, Weights};
use assay_circuits::layers::requantize::{self, Requantize};
use assay_circuits::{Assignment, BuildError, Builder, Circuit, StatementInput, StatementOutput, Visibility};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// A network as the liquidation-risk model has it: layers of weights, biases and requantizations.
pub struct Network {
    pub layers: Vec<(Weights, Vec<i64>, Requantize)>,
}

/// 16 inputs of 15 bits, 32 and 16 hidden neurons, one score of 16 bits; 8-bit weights.
pub fn risk_network(seed: u64) -> Network {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let mut layer = |rows: usize, cols: usize, bound: i64, requantize| {
        let w = (0..rows * cols).map(|_| rng.gen_range(-bound..=bound)).collect();
        let bias = (0..rows).map(|_| rng.gen_range(-(1 << 16)..=1 << 16)).collect();
        (Weights { rows, cols, w }, bias, requantize)
    };
    Network {
        layers: vec![
            layer(32, 16, 64, Requantize::unsigned(10, 9)),
            layer(16, 32, 64, Requantize::unsigned(7, 9)),
            layer(1, 16, 127, Requantize::signed(3, 16)),
        ],
    }
}

impl Network {
    pub fn circuit(&self) -> Result<Circuit, BuildError> {
        let mut b = Builder::new();
        let x = b.input("features", 16, 15)?;
        let mut y = x.clone();
        for (i, (weights, bias, requantize)) in self.layers.iter().enumerate() {
            let last = i + 1 == self.layers.len();
            y = b.scope(&format!("layer {i}"), |b| {
                let acc = dense::constrain(b, &y, weights, bias)?;
                if last {
                    requantize::constrain(b, &acc, *requantize)
                } else {
                    requantize::requantize_relu(b, &acc, *requantize)
                }
            })?;
        }
        let domain = Fr::from(0x1234_5678_9abc_u64);
        b.bind_statement(
            domain,
            &[StatementInput { values: &x, bits: 15, visibility: Visibility::Public }],
            &[StatementOutput { values: &y, bits: 16 }],
        )?;
        b.finish()
    }

    pub fn reference(&self, x: &[i64]) -> Result<Vec<i64>, BuildError> {
        let mut y = x.to_vec();
        for (i, (weights, bias, requantize)) in self.layers.iter().enumerate() {
            let last = i + 1 == self.layers.len();
            let acc = dense::reference(&y, weights, bias)?;
            let round = if last { requantize::reference } else { requantize::reference_relu };
            y = acc.into_iter().map(|acc| round(acc, *requantize)).collect();
        }
        Ok(y)
    }
}

/// Random inputs for [`risk_network`]; every fourth value is at a limit.
pub fn risk_assignment(seed: u64) -> Assignment {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let half = 1i64 << 14;
    let value = |rng: &mut ChaCha8Rng| match rng.gen_range(0..8) {
        0 => -half,
        1 => half - 1,
        _ => rng.gen_range(-half..half),
    };
    let inputs = vec![(0..16).map(|_| value(&mut rng)).collect()];
    Assignment { inputs, context: rng.r#gen(), salts: vec![] }
}

use std::sync::Arc;

use ark_bn254::Fr;
use ark_ff::One;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::*;
use crate::circuit::Circuit;
use crate::layers::dense::{self, Weights};
use crate::layers::window::{Axis, Window};
use crate::layers::{conv, sparse};
use crate::witness::Assignment;

const WEIGHT_BITS: u8 = 5;
const BIAS_BITS: u8 = 9;
const INPUT_BITS: u8 = 6;

/// A map that all of these tests are run on.
enum Map {
    Dense(usize, usize),
    Sparse(Rows),
    Convolution(Convolution),
}

impl Map {
    fn inputs(&self) -> usize {
        match self {
            Map::Dense(_, columns) => *columns,
            Map::Sparse(rows) => rows.inputs,
            Map::Convolution(conv) => conv.window.inputs(),
        }
    }

    /// Numbers of weights and biases.
    fn sizes(&self) -> (usize, usize) {
        match self {
            Map::Dense(rows, columns) => (rows * columns, *rows),
            Map::Sparse(rows) => (rows.terms.len(), rows.bias.len()),
            Map::Convolution(conv) => (conv.w.len(), conv.filters),
        }
    }

    /// The circuit, the intervals of the accumulators, and the constraints beside inputs and mask.
    fn build(&self) -> (Circuit, Vec<(i128, i128)>, usize) {
        let mut b = Builder::new();
        let (weights, biases) = self.sizes();
        let tensors = b.weights(&[("weights", weights, WEIGHT_BITS), ("biases", biases, BIAS_BITS)]).unwrap();
        let [weights, biases] = tensors.try_into().unwrap();
        let x = b.input("x", self.inputs(), INPUT_BITS).unwrap();
        let sums = match self {
            Map::Dense(..) => dense(&mut b, &x, &weights, &biases),
            Map::Sparse(rows) => sparse(&mut b, &x, rows, &weights, &biases),
            Map::Convolution(conv) => convolution(&mut b, &x, conv, &weights, &biases),
        };
        let sums = sums.unwrap();
        let intervals = sums.iter().map(Bounded::interval).collect();
        let circuit = b.finish_gadget(&[&sums]).unwrap();
        // A bit each.
        let of_inputs = self.inputs() * usize::from(INPUT_BITS);
        let count = circuit.r1cs.num_constraints() - 1;
        (circuit, intervals, count.saturating_sub(of_inputs))
    }

    /// What layers with fixed weights say of these.
    fn reference(&self, x: &[i64], w: &[i64], bias: &[i64]) -> Vec<i64> {
        match self {
            Map::Dense(rows, cols) => {
                dense::reference(x, &Weights { rows: *rows, cols: *cols, w: w.to_vec() }, bias).unwrap()
            }
            Map::Sparse(rows) => {
                let terms = rows.terms.iter().zip(w).map(|(&(column, _), &w)| (column, w)).collect();
                sparse::reference(x, &Rows { terms, bias: bias.to_vec(), ..rows.clone() }).unwrap()
            }
            Map::Convolution(conv) => {
                let other = Convolution { w: w.to_vec(), bias: bias.to_vec(), ..conv.clone() };
                conv::reference(x, &other).unwrap()
            }
        }
    }
}

fn maps() -> Vec<Map> {
    let axis = Axis::new(3, 2).pad(1);
    let window = Window { channels: 2, height: axis, width: Axis::new(3, 3) };
    let one = Window { channels: 2, height: Axis::new(2, 2), width: Axis::new(2, 2) };
    let conv = |window: Window, filters: usize, groups: usize| {
        let taps = window.channels / groups * window.size();
        let (w, bias) = (vec![0; filters * taps], vec![0; filters]);
        Map::Convolution(Convolution { window, filters, groups, w, bias })
    };
    let terms = vec![(0, 1), (2, 1), (1, 1), (3, 1)];
    let rows = Rows { inputs: 4, ends: vec![2, 2, 4], terms, bias: vec![0; 3] };
    vec![Map::Dense(3, 4), Map::Sparse(rows), conv(window, 2, 1), conv(window, 2, 2), conv(one, 2, 1)]
}

fn draw(rng: &mut ChaCha8Rng, len: usize, bits: u8) -> Vec<i64> {
    let half = 1i64 << (bits - 1);
    // The ends as often as all that lies between.
    let mut value = || match rng.gen_range(0..4) {
        0 => -half,
        1 => half - 1,
        _ => rng.gen_range(-half..half),
    };
    (0..len).map(|_| value()).collect()
}

#[test]
fn gives_what_fixed_weights_give_whatever_they_are() {
    let mut rng = ChaCha8Rng::seed_from_u64(7);
    for map in maps() {
        let (circuit, intervals, _) = map.build();
        let (weights, biases) = map.sizes();
        for _ in 0..40 {
            let x = draw(&mut rng, map.inputs(), INPUT_BITS);
            let (w, bias) = (draw(&mut rng, weights, WEIGHT_BITS), draw(&mut rng, biases, BIAS_BITS));
            let expected = map.reference(&x, &w, &bias);
            let assignment = Assignment {
                inputs: vec![x],
                weights: Arc::from([w, bias].concat()),
                ..Assignment::default()
            };
            let witness = circuit.solve(&assignment).unwrap();
            assert_eq!(circuit.r1cs.first_violation(&witness), None);
            assert_eq!(witness.outputs(), std::slice::from_ref(&expected));
            for (value, (lo, hi)) in expected.iter().zip(&intervals) {
                assert!((*lo..=*hi).contains(&i128::from(*value)), "{value} in [{lo}, {hi}]");
            }
        }
    }
}

/// Intervals are those of all weights, and reached.
#[test]
fn intervals_are_reached() {
    let map = Map::Dense(1, 2);
    let (_, intervals, _) = map.build();
    let (least, most) =
        (map.reference(&[31, 31], &[-16, -16], &[-256]), map.reference(&[-32; 2], &[-16; 2], &[255]));
    assert_eq!(intervals, [(least[0].into(), most[0].into())]);
}

#[test]
fn costs_a_row_a_weight_and_one_a_use_of_a_copy() {
    let costs: Vec<usize> = maps().iter().map(|map| map.build().2).collect();
    // Positions 4 x 1 of a window of 2 x 3; of the rows, one of two is padding in the first and the last.
    let uses = 2 * 6 * 3;
    assert_eq!(costs, [3 * 4 + 3, 4 + 3, 2 * 12 + 2 + 2 * 2 * uses / 2, 2 * 6 + 2 + 2 * uses / 2, 2 * 8 + 2]);
}

/// Whoever has fixed weights and inputs has fixed every wire.
#[test]
fn no_other_wire_can_be_changed() {
    let mut rng = ChaCha8Rng::seed_from_u64(8);
    for map in maps() {
        let (circuit, ..) = map.build();
        let (weights, biases) = map.sizes();
        let values = [draw(&mut rng, weights, WEIGHT_BITS), draw(&mut rng, biases, BIAS_BITS)].concat();
        // No zero among the inputs: a product with one does not see the weight.
        let x: Vec<i64> = (0..map.inputs() as i64).map(|i| 1 + i % 7).collect();
        let assignment = Assignment { inputs: vec![x], weights: values.into(), ..Assignment::default() };
        let witness = circuit.solve(&assignment).unwrap();
        let mask = circuit.weights.as_ref().and_then(|weights| weights.mask()).unwrap();
        for wire in crate::r1cs::NUM_INSTANCE..circuit.r1cs.num_wires() {
            let mut wires = witness.values.clone();
            wires[wire] += Fr::one();
            let is_refused = circuit.r1cs.first_violation_of(&wires).is_some();
            assert_eq!(is_refused, wire != mask as usize, "wire {wire}");
        }
    }
}

#[test]
fn wrong_numbers_are_refused() {
    let mut b = Builder::new();
    let weights = b.weights(&[("weights", 4, 4), ("biases", 2, 4)]).unwrap();
    let x = b.input("x", 2, 4).unwrap();
    let [weights, biases] = weights.try_into().unwrap();
    let refused = |result: Result<Vec<Bounded>, BuildError>, what: &str| {
        assert!(
            matches!(&result, Err(BuildError::Length { what: found, .. }) if *found == what),
            "{result:?}"
        );
    };
    refused(dense(&mut b, &x, &weights[..3], &biases), "weights");
    let rows = Rows { inputs: 2, ends: vec![1, 2], terms: vec![(0, 1), (1, 1)], bias: vec![0; 2] };
    refused(sparse(&mut b, &x, &rows, &weights, &biases), "weights");
    refused(sparse(&mut b, &x, &rows, &weights[..2], &biases[..1]), "biases");
    assert_eq!(
        dense(&mut b, &[], &[], &biases).err(),
        Some(BuildError::Empty { operation: "dense with weights" })
    );
}

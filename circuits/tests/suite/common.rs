//! Circuits that the tests and the bench use.
#![allow(dead_code)] // the bench uses some of them

use ark_bn254::Fr;
use ark_ff::UniformRand;
use assay_circuits::gadgets::lookup;
use assay_circuits::layers::dense::{self, Weights};
use assay_circuits::layers::requantize::{self, Requantize};
use assay_circuits::{
    Assignment, Bounded, BuildError, Builder, Circuit, Membership, Ranges, StatementInput, StatementOutput,
    Visibility, cases,
};
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
        self.circuit_with(Ranges::Bits)
    }

    pub fn circuit_with(&self, ranges: Ranges) -> Result<Circuit, BuildError> {
        let mut b = Builder::with_ranges(ranges);
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
    Assignment { inputs, context: rng.r#gen(), ..Assignment::default() }
}

/// Range proofs of many values of 16 bits, and nothing else.
pub fn wide(count: usize) -> Result<(Circuit, Assignment), BuildError> {
    let mut b = Builder::with_ranges(Ranges::Lookup);
    let x = b.input("x", count, 16)?;
    let circuit = b.finish_gadget(&[&x[..1]])?;
    let inputs = vec![(0..count as i64).map(|i| i * 7_919 % (1 << 16) - (1 << 15)).collect()];
    Ok((circuit, Assignment { inputs, ..Assignment::default() }))
}

/// A dense layer with ReLU of as many inputs as outputs, 8 bits each, by lookup.
pub fn square(size: usize) -> Result<(Circuit, Assignment), BuildError> {
    let mut b = Builder::with_ranges(Ranges::Lookup);
    let x = b.input("x", size, 8)?;
    let w = (0..size * size).map(|i| (i as i64 * 7_919 + 3) % 255 - 127).collect();
    let acc = dense::constrain(&mut b, &x, &Weights { rows: size, cols: size, w }, &vec![5; size])?;
    let y = requantize::requantize_relu(&mut b, &acc, Requantize::unsigned(14, 8))?;
    let circuit = b.finish_gadget(&[&y])?;
    let inputs = vec![(0..size as i64).map(|i| i * 7_919 % 256 - 128).collect()];
    Ok((circuit, Assignment { inputs, ..Assignment::default() }))
}

/// A circuit with assignments at its limits and at random: a row of the ledger, a subject of the audits.
pub struct Case {
    pub name: String,
    pub circuit: Circuit,
    pub assignments: Vec<Assignment>,
}

/// Every gadget and layer alone.
pub fn gadgets() -> Result<Vec<Case>, BuildError> {
    gadgets_by(Ranges::Bits)
}

fn gadgets_by(ranges: Ranges) -> Result<Vec<Case>, BuildError> {
    cases::all()
        .map(|case| {
            let mut assignments = edges(&[(case.inputs, case.bits)], 0);
            let values = assignments.iter_mut().flat_map(|assignment| &mut assignment.inputs).flatten();
            values.for_each(|x| *x = case.clamp(*x));
            Ok(Case { name: name_by(ranges, case.name), circuit: case.circuit(ranges)?, assignments })
        })
        .collect()
}

fn name_by(ranges: Ranges, name: &str) -> String {
    match ranges {
        Ranges::Bits => name.into(),
        Ranges::Lookup => format!("{name}, by lookup"),
    }
}

/// Many clamps that share a table, and a function of a quotient, with a statement.
pub fn functions(ranges: Ranges) -> Result<Case, BuildError> {
    let mut b = Builder::with_ranges(ranges);
    let x = b.input("x", 40, 8)?;
    let wide = x.iter().map(|x| x.mul_const(3)).collect::<Result<Vec<_>, _>>()?;
    let mut y = requantize::constrain(&mut b, &wide, Requantize::signed(1, 4))?;
    let squares: Vec<i64> = (-32..=32).map(|q| q * q).collect();
    let square = lookup::function::Function::new(&mut b, -32, &squares)?;
    y.push(square.of_quotient(&mut b, &x[0], 2)?);
    b.bind_statement(
        Fr::from(0xf0_u64),
        &[StatementInput { values: &x, bits: 8, visibility: Visibility::Public }],
        &[StatementOutput { values: &y, bits: 12 }],
    )?;
    let name = name_by(ranges, "statement: 40 clamps and a square of a quotient");
    Ok(Case { name, circuit: b.finish()?, assignments: edges(&[(40, 8)], 0) })
}

/// Weights that the circuit does not hold: those of a neuron, and one that nothing uses; and the proof of their ranges.
pub fn weights(ranges: Ranges) -> Result<[Case; 2], BuildError> {
    const TENSORS: &[(&str, usize, u8)] = &[("w", 4, 8), ("spare", 1, 5)];
    let values: [i64; 5] = [-128, 127, 0, 5, 15];
    let mut b = Builder::with_ranges(ranges);
    let w = b.weights(TENSORS)?;
    let x = b.input("x", 3, 6)?;
    let bias = b.copy_weight(&w[0][3])?;
    let y = [b.weighted_sum(&w[0][..3], &x, &bias)?];
    b.bind_statement(
        Fr::from(0xf1_u64),
        &[StatementInput { values: &x, bits: 6, visibility: Visibility::Public }],
        &[StatementOutput { values: &y, bits: 16 }],
    )?;
    let assignment = |inputs| Assignment { inputs, weights: values.into(), ..Assignment::default() };
    let name = name_by(ranges, "weights: a neuron");
    let neuron = Case { name, circuit: b.finish()?, assignments: vec![assignment(vec![vec![31, -32, 1]])] };
    let mut b = Builder::with_ranges(ranges);
    for weight in b.weights(TENSORS)?.concat() {
        b.prove_weight(&weight)?;
    }
    b.bind_statement(Fr::from(0xf2_u64), &[], &[])?;
    let name = name_by(ranges, "weights: their ranges");
    Ok([neuron, Case { name, circuit: b.finish()?, assignments: vec![assignment(vec![])] }])
}

/// Circuits with a statement: one hash, a chain of hashes, committed inputs, several tensors.
pub fn statements() -> Result<Vec<Case>, BuildError> {
    statements_by(Ranges::Bits)
}

fn statements_by(ranges: Ranges) -> Result<Vec<Case>, BuildError> {
    let case = |name, tensors: &[(usize, u8, Visibility)]| -> Result<Case, BuildError> {
        let mut b = Builder::with_ranges(ranges);
        let inputs = tensors
            .iter()
            .enumerate()
            .map(|(i, &(len, bits, _))| b.input(&format!("t{i}"), len, bits))
            .collect::<Result<Vec<_>, _>>()?;
        let sum = Bounded::weighted_sum(&inputs[0], &vec![1; inputs[0].len()], 0)?;
        let y = [requantize::constrain_one(&mut b, &sum, Requantize::signed(2, 6))?, inputs[0][0].clone()];
        let bound: Vec<_> = inputs
            .iter()
            .zip(tensors)
            .map(|(values, &(_, bits, visibility))| StatementInput { values, bits, visibility })
            .collect();
        let outputs = [StatementOutput { values: &y, bits: 12 }];
        b.bind_statement(Fr::from(0xd0_u64), &bound, &outputs)?;
        let shapes: Vec<_> = tensors.iter().map(|&(len, bits, _)| (len, bits)).collect();
        let salts = tensors.iter().filter(|(_, _, v)| *v == Visibility::Committed).count();
        let circuit = b.finish()?;
        let mut assignments = edges(&shapes, salts);
        for (seed, assignment) in (1..).zip(&mut assignments) {
            assignment.member = circuit.program().member_depth().map(|depth| membership(depth, seed));
        }
        Ok(Case { name: name_by(ranges, name), circuit, assignments })
    };
    let (public, committed) = (Visibility::Public, Visibility::Committed);
    let member = |depth| Visibility::Member { depth };
    Ok(vec![
        case("statement: one public tensor", &[(3, 8, public)])?,
        case("statement: one committed tensor", &[(3, 8, committed)])?,
        case("statement: public, committed, public", &[(2, 5, public), (4, 12, committed), (9, 1, public)])?,
        case("statement: twelve tensors of one value, chained", &[(1, 4, public); 12])?,
        case("statement: one member, depth 1", &[(3, 8, member(1))])?,
        case(
            "statement: public, member at depth 3, committed",
            &[(2, 5, public), (4, 12, member(3)), (2, 3, committed)],
        )?,
    ])
}

/// A membership in some tree of this depth: any siblings lead to a root.
pub fn membership(depth: u8, seed: u64) -> Membership {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    Membership {
        secret: Fr::rand(&mut rng),
        salt: Fr::rand(&mut rng),
        position: (rng.r#gen::<u64>() & ((1 << depth) - 1)) as u32,
        siblings: (0..depth).map(|_| Fr::rand(&mut rng)).collect(),
        scope: rng.r#gen(),
    }
}

/// The liquidation-risk-shaped circuit.
pub fn risk() -> Result<Case, BuildError> {
    risk_with(Ranges::Bits)
}

pub fn risk_with(ranges: Ranges) -> Result<Case, BuildError> {
    let circuit = risk_network(1).circuit_with(ranges)?;
    let assignments = (0..3).map(risk_assignment).collect();
    Ok(Case { name: name_by(ranges, "liquidation-risk shape: 16-32-16-1"), circuit, assignments })
}

/// All cases.
pub fn cases() -> Result<Vec<Case>, BuildError> {
    let mut all = gadgets()?;
    all.extend(statements()?);
    all.push(risk()?);
    all.extend(gadgets_by(Ranges::Lookup)?);
    all.extend(lookups()?);
    Ok(all)
}

/// Circuits with a statement and with lookups.
pub fn lookups() -> Result<Vec<Case>, BuildError> {
    let mut all = statements_by(Ranges::Lookup)?;
    all.push(functions(Ranges::Bits)?);
    all.push(functions(Ranges::Lookup)?);
    all.push(risk_with(Ranges::Lookup)?);
    Ok(all)
}

/// Lowest, highest, zero, minus one, alternating, and random values for tensors of (length, bits).
fn edges(shapes: &[(usize, u8)], salts: usize) -> Vec<Assignment> {
    let mut rng = ChaCha8Rng::seed_from_u64(9);
    let mut assign = |value: &mut dyn FnMut(&mut ChaCha8Rng, i64, usize) -> i64| Assignment {
        inputs: shapes
            .iter()
            .map(|&(len, bits)| (0..len).map(|i| value(&mut rng, 1 << (bits - 1), i)).collect())
            .collect(),
        context: rng.r#gen(),
        salts: (0..salts).map(|_| Fr::rand(&mut rng)).collect(),
        member: None,
        ..Assignment::default()
    };
    vec![
        assign(&mut |_, half, _| -half),
        assign(&mut |_, half, _| half - 1),
        assign(&mut |_, _, _| 0),
        assign(&mut |_, _, _| -1),
        assign(&mut |_, half, i| if i % 2 == 0 { -half } else { half - 1 }),
        assign(&mut |rng, half, _| rng.gen_range(-half..half)),
        assign(&mut |rng, half, _| rng.gen_range(-half..half) / 64),
    ]
}

/// Property tests try the same cases every time.
pub fn property(cases: u32) -> proptest::test_runner::Config {
    use proptest::test_runner::{Config, RngSeed};
    Config { cases, rng_seed: RngSeed::Fixed(1), failure_persistence: None, ..Config::default() }
}

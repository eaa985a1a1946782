//! Files that are no trees; and the cost of inputs that trees bound, as it is foretold.

use crate::builder::*;
use crate::trees::{Line, TWO_TREES, leaf, regressor};
use assay_circuits::Ranges;
use assay_circuits::cost::Tally;
use assay_compiler::import::import;
use assay_compiler::{CompiledModel, ImportError, Options, Strategy, Table, compile};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha20Rng;

#[test]
fn files_that_are_no_trees() {
    let branch = |tree, number, children| Line(tree, number, "BRANCH_LT", 0, 0.0, children, &[]);
    let one = || leaf(0, 1, &[(0, 1.0)]);
    let two = || leaf(0, 2, &[(0, 2.0)]);
    let refused = |onnx: Onnx, part: &str| match import(&onnx.bytes()) {
        Err(ImportError::Refused(refusals)) => {
            let message = refusals[0].to_string();
            assert!(message.contains(part), "{message}, expected {part}");
            assert!(message.contains("node 'y_node' (TreeEnsembleRegressor)"), "{message}");
        }
        other => panic!("expected '{part}', found {other:?}"),
    };
    let plain = |lines: &[Line]| regressor(lines, vec![]);
    refused(plain(&[branch(0, 0, [1, 5]), one(), two()]), "a node that it leads to does not exist");
    refused(plain(&[branch(0, 0, [1, 0]), one()]), "its tree has no root");
    let shared = [branch(0, 0, [3, 3]), one(), two(), branch(0, 3, [1, 2])];
    refused(plain(&shared), "more than one node leads to it");
    refused(plain(&[branch(0, 0, [1, 2]), one(), two(), two()]), "its number occurs twice");
    refused(plain(&[branch(0, 0, [1, 2]), one(), two(), leaf(0, 3, &[])]), "another root");
    let cycle = [branch(0, 0, [1, 2]), one(), two(), branch(0, 5, [6, 6]), branch(0, 6, [5, 5])];
    refused(plain(&cycle), "its nodes form a cycle");
    refused(plain(&[Line(0, 0, "BRANCH_LT", 3, 0.0, [1, 2], &[]), one(), two()]), "a feature that the input");
    refused(
        plain(&[Line(0, 0, "BRANCH_LT", -1, 0.0, [1, 2], &[]), one(), two()]),
        "a feature that the input",
    );
    refused(plain(&[Line(0, 0, "BRANCH_LT", 0, f32::NAN, [1, 2], &[]), one(), two()]), "NaN at position 0");
    refused(plain(&[Line(0, 0, "BRANCH_X", 0, 0.0, [1, 2], &[]), one(), two()]), "nodes_modes = BRANCH_X");
    refused(plain(&[branch(0, 0, [1, 2]), one(), leaf(0, 2, &[(1, 1.0)])]), "an output that does not exist");
    refused(
        plain(&[branch(0, 0, [1, 2]), one(), leaf(0, 2, &[(0, f32::INFINITY)])]),
        "its weight is not finite",
    );
    refused(regressor(&TWO_TREES, vec![text("post_transform", "PROBIT")]), "post_transform = PROBIT");
    let mut chain: Vec<Line> = Vec::new();
    for i in 0..1100 {
        chain.push(branch(0, 2 * i, [2 * i + 1, 2 * i + 2]));
        chain.push(leaf(0, 2 * i + 1, &[]));
    }
    chain.push(leaf(0, 2200, &[]));
    refused(plain(&chain), "too deep");
    let mut short = plain(&[branch(0, 0, [1, 2]), one(), two()]);
    short.graph().node[0].attribute[2].strings.pop();
    refused(short, "2 elements where 3 are needed");
}

/// The formula of each way is what is built that way, where trees prove the ranges of inputs: bins, prefixes, and an input that none reads.
#[test]
fn inputs_that_trees_bound_cost_what_is_built() {
    let lines: Vec<Line> = (0..60)
        .flat_map(|tree| {
            let (feature, value) = if tree % 6 == 5 { (2, 1.0) } else { (0, tree as f32 / 16.0 - 1.9) };
            let branch = Line(tree, 0, "BRANCH_LT", feature, value, [1, 2], &[]);
            [branch, leaf(tree, 1, &[(0, 0.125)]), leaf(tree, 2, &[(0, -0.5)])]
        })
        .collect();
    let onnx = regressor(&lines, vec![]);
    let mut rng = ChaCha20Rng::seed_from_u64(6);
    let calibration: Vec<Vec<f64>> = (0..60)
        .map(|_| {
            let flag = f64::from(rng.gen_range(0..2));
            vec![
                f64::from(rng.gen_range(-128..=128)) / 64.0,
                f64::from(rng.gen_range(-128..=128)) / 64.0,
                flag,
            ]
        })
        .collect();
    let compiled = |ranges| {
        let options = Options { ranges, ..Options::default() };
        let compiled = compile(&onnx.bytes(), &Table::Rows(calibration.clone()), &options);
        compiled.unwrap_or_else(|error| panic!("{error}"))
    };
    let ((bits, by_bits), (lookups, by_lookups)) = (compiled(Strategy::Bits), compiled(Strategy::Lookup));
    assert_eq!(bits.schema, lookups.schema);
    let ranges = |model: &CompiledModel| -> usize {
        let parts = model.circuit.parts();
        parts.iter().filter(|part| part.name.starts_with("input ")).map(|part| part.kinds.total()).sum()
    };
    // Of the three inputs one is left to the end.
    let costs = bits.graph.inputs[0].domains.iter().map(|domain| {
        let mut tally = Tally::new(Ranges::Bits);
        assay_circuits::gadgets::domain::cost(&mut tally, domain, 1);
        tally.constraints()
    });
    assert!(costs.collect::<Vec<_>>().contains(&ranges(&bits)));
    for way in [&by_bits, &by_lookups] {
        assert_eq!(way.ranges.bits.constraints, bits.circuit.stats().constraints);
        assert_eq!(way.ranges.lookups.constraints, lookups.circuit.stats().constraints);
    }
}

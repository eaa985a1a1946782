//! Built circuits against the walk through the trees, costs against built circuits, and witnesses that lie.

use super::cases::{Numbers, boosted, condition, forest, least, oblivious, perfect};
use super::*;
use crate::linear::Wire;
use crate::testing::{
    all, all_pairs, assert_costs, assert_every_constraint_is_needed, check, check_both, check_values, forge,
    gadget, gadget_by, gadget_with_bounds_by, one,
};
use crate::{Ranges, audit};
use ark_bn254::Fr;

/// As [`assert_costs`], and intervals.
fn assert_predicted(bits: u8, ensemble: &Ensemble) -> Result<(), BuildError> {
    let features = ensemble.features();
    assert_costs(
        features,
        bits,
        |b, x| constrain(b, x, ensemble),
        |t, x| {
            assert!(cost(t, x, ensemble).is_ok());
        },
    )?;
    let half = 1i128 << (bits - 1);
    for ranges in [Ranges::Bits, Ranges::Lookup] {
        let (_, bounds) = gadget_with_bounds_by(ranges, features, bits, |b, x| constrain(b, x, ensemble))?;
        let mut tally = Tally::new(ranges);
        assert_eq!(cost(&mut tally, &vec![(-half, half - 1); features], ensemble)?, bounds);
    }
    Ok(())
}

fn expected(ensemble: &Ensemble) -> impl Fn(&[i64]) -> Vec<i64> {
    |x| ensemble.reference(x).unwrap_or_else(|error| panic!("{error}"))
}

/// On, just below and just above each threshold of each feature, the others as they are.
fn around_thresholds(ensemble: &Ensemble, lo: i64, hi: i64, seed: u64) -> Vec<Vec<i64>> {
    let mut numbers = Numbers::new(seed);
    let mut inputs = vec![vec![lo; ensemble.features()], vec![hi; ensemble.features()]];
    for (feature, thresholds) in ensemble.thresholds().iter().enumerate() {
        for &t in thresholds {
            for x in [t - 1, t, t + 1] {
                let mut row: Vec<i64> = (0..ensemble.features()).map(|_| numbers.within(lo, hi)).collect();
                row[feature] = x.clamp(lo, hi);
                inputs.push(row);
            }
        }
    }
    inputs
}

/// One feature, every number of thresholds, every value: bits, bins and their boundaries.
#[test]
fn all_values_of_one_feature() -> Result<(), BuildError> {
    for bits in 1..=6u8 {
        let half = 1i64 << (bits - 1);
        for seed in 0..12u64 {
            let mut numbers = Numbers::new(seed + 100 * u64::from(bits));
            let trees = (0..=seed).map(|_| {
                let set = condition(&mut numbers, -half - 2, half + 2);
                let (a, b) = (numbers.within(-50, 50), numbers.within(-50, 50));
                perfect(1, |_| (0, set.clone()), |i| vec![(0, if i == 0 { a } else { b })])
            });
            let ensemble = Ensemble::new(1, trees.collect(), vec![3], Aggregate::Sum)?;
            assert_predicted(bits, &ensemble)?;
            for ranges in [Ranges::Bits, Ranges::Lookup] {
                let (circuit, bounds) =
                    gadget_with_bounds_by(ranges, 1, bits, |b, x| constrain(b, x, &ensemble))?;
                check(&circuit, &bounds, all(bits).map(|x| vec![x]), expected(&ensemble));
            }
        }
    }
    Ok(())
}

#[test]
fn all_pairs_of_two_features() -> Result<(), BuildError> {
    for (seed, depth) in [(1u64, 2), (2, 3), (3, 4), (4, 5), (5, 6)] {
        let mut numbers = Numbers::new(seed);
        let mut trees = Vec::new();
        for _ in 0..3 {
            let tree = perfect(
                depth,
                |_| (numbers.below(2) as u32, condition(&mut numbers, -8, 7)),
                |i| vec![(0, i64::from(i) * 37 % 101 - 50)],
            );
            trees.push(tree);
        }
        let ensemble = Ensemble::new(2, trees, vec![0], Aggregate::Sum)?;
        assert_predicted(4, &ensemble)?;
        check_values(&gadget(2, 4, |b, x| constrain(b, x, &ensemble))?, all_pairs(4), expected(&ensemble));
    }
    Ok(())
}

#[test]
fn boosted_trees_of_every_kind() -> Result<(), BuildError> {
    for (features, trees, depth) in [(3, 4, 3), (5, 20, 4), (2, 10, 6), (8, 30, 5), (30, 10, 1)] {
        let ensemble = boosted(features, trees, depth)?;
        assert_predicted(6, &ensemble)?;
        let inputs = around_thresholds(&ensemble, -32, 31, 9);
        let few: Vec<Vec<i64>> = inputs.iter().take(if trees > 4 { 40 } else { 400 }).cloned().collect();
        let build = |b: &mut Builder, x: &[Bounded]| constrain(b, x, &ensemble);
        check_values(&gadget(features as usize, 6, build)?, inputs, expected(&ensemble));
        if trees <= 4 {
            check_both(features as usize, 6, build, few, expected(&ensemble))?;
        }
    }
    Ok(())
}

#[test]
fn oblivious_trees_are_tables() -> Result<(), BuildError> {
    let ensemble = oblivious()?;
    assert_predicted(6, &ensemble)?;
    let inputs = around_thresholds(&ensemble, -32, 31, 4);
    check_both(4, 6, |b, x| constrain(b, x, &ensemble), inputs, expected(&ensemble))?;
    // One condition a level and feature: 16 products for 6 levels, as of a multiplexer with given bits; 38 for 8.
    for (depth, products) in [(2, 1), (3, 3), (4, 6), (5, 9), (6, 16), (8, 38)] {
        let mut numbers = Numbers::new(depth.into());
        let leaf = |_| vec![(0, numbers.within(-500, 500))];
        let tree = perfect(depth, |position| ((position + 1).ilog2(), Set::at_least(0)), leaf);
        let ensemble = Ensemble::new(depth as usize, vec![tree], vec![0], Aggregate::Sum)?;
        let intervals = vec![(-1, 0); depth as usize];
        let mut tally = Tally::new(Ranges::Bits);
        cost(&mut tally, &intervals, &ensemble)?;
        assert_eq!(tally.constraints(), products, "depth {depth}");
        assert_predicted(1, &ensemble)?;
    }
    Ok(())
}

/// Perfect trees of their own thresholds take `2^(d-1) - 1` products, stumps none.
#[test]
fn half_a_product_a_branch() -> Result<(), BuildError> {
    for (depth, products) in [(1u32, 0), (2, 1), (3, 3), (4, 7), (6, 31)] {
        let features = (1usize << depth) - 1;
        let tree = perfect(depth, |position| (position, Set::below(0)), |i| vec![(0, i64::from(i * i))]);
        let ensemble = Ensemble::new(features, vec![tree], vec![0], Aggregate::Sum)?;
        let mut tally = Tally::new(Ranges::Bits);
        cost(&mut tally, &vec![(-1, 0); features], &ensemble)?;
        assert_eq!(tally.constraints(), products, "depth {depth}");
    }
    Ok(())
}

/// Trees with one root share its product, and what follows is planned in the same way.
#[test]
fn equal_roots_share_a_product() -> Result<(), BuildError> {
    let tree = |seed: i64| {
        perfect(2, |position| (position, Set::below(0)), move |i| vec![(0, i64::from(i + 1).pow(2) * seed)])
    };
    let ensemble = Ensemble::new(3, vec![tree(3), tree(5), tree(-7)], vec![0], Aggregate::Sum)?;
    let mut tally = Tally::new(Ranges::Bits);
    cost(&mut tally, &[(-1, 0); 3], &ensemble)?;
    assert_eq!(tally.constraints(), 1);
    let inputs = (0..8i64).map(|bits| (0..3).map(|i| -(bits >> i & 1)).collect::<Vec<_>>());
    check_both(3, 1, |b, x| constrain(b, x, &ensemble), inputs, expected(&ensemble))
}

#[test]
fn classes_of_a_forest_are_evaluated_once() -> Result<(), BuildError> {
    let ensemble = forest()?;
    assert_predicted(5, &ensemble)?;
    let inputs = around_thresholds(&ensemble, -16, 15, 2);
    check_both(3, 5, |b, x| constrain(b, x, &ensemble), inputs, expected(&ensemble))?;
    // Two of the three are digits of one sum, the third is what they leave.
    let circuit = gadget(3, 5, |b, x| constrain(b, x, &ensemble))?;
    let names: Vec<&str> = circuit.r1cs.blocks.iter().map(|block| block.name.as_str()).collect();
    assert!(names.iter().any(|name| name.contains("unpack")), "{names:?}");
    Ok(())
}

#[test]
fn least_and_largest() -> Result<(), BuildError> {
    let least = least()?;
    let largest = Ensemble::new(2, least.trees().to_vec(), vec![-1], Aggregate::Max)?;
    for ensemble in [least, largest] {
        assert_predicted(5, &ensemble)?;
        check_values(&gadget(2, 5, |b, x| constrain(b, x, &ensemble))?, all_pairs(5), expected(&ensemble));
    }
    Ok(())
}

#[test]
fn every_constraint_is_needed() -> Result<(), BuildError> {
    for (ensemble, bits) in [(boosted(2, 3, 3)?, 6), (oblivious()?, 6), (forest()?, 5), (least()?, 5)] {
        let half = 1i64 << (bits - 1);
        let mut inputs = around_thresholds(&ensemble, -half, half - 1, 8);
        // A second bin may only fit far from all thresholds.
        inputs.extend(all(bits).map(|x| vec![x; ensemble.features()]));
        let circuit = gadget(ensemble.features(), bits, |b, x| constrain(b, x, &ensemble))?;
        assert_every_constraint_is_needed(&circuit, &inputs);
    }
    Ok(())
}

/// A neighbouring bin, claimed by moving one bit of the thermometer; all other wires follow honestly.
#[test]
fn a_neighbouring_bin_is_refused() -> Result<(), BuildError> {
    let trees = (0..6).map(|i| {
        let set = Set::at_least(5 * i - 13);
        perfect(1, |_| (0, set.clone()), |leaf| vec![(0, i64::from(leaf))])
    });
    let ensemble = Ensemble::new(1, trees.collect(), vec![0], Aggregate::Sum)?;
    let circuit = gadget(1, 8, |b, x| constrain(b, x, &ensemble))?;
    // The wires behind digest and input are the bits.
    for x in [-14i64, -13, -9, -8, -3, 2, 11, 12, 127, -128] {
        let witness = audit::solve(&circuit, &crate::testing::assign(&[x])).unwrap_or_else(|e| panic!("{e}"));
        let reached = ensemble.thresholds()[0].iter().filter(|&&t| t <= x).count();
        let first = first_bit(&circuit);
        let bits: Vec<Wire> = (0..6).map(|i| Wire(first + i)).collect();
        for (i, bit) in bits.iter().enumerate() {
            assert_eq!(witness.values[bit.index()], Fr::from(u64::from(i < reached)));
        }
        for other in 0..=6usize {
            if other != reached {
                let changes: Vec<(Wire, Fr)> =
                    bits.iter().enumerate().map(|(i, &bit)| (bit, Fr::from(u64::from(i < other)))).collect();
                let broken = forge(&circuit, &[x], &changes);
                assert!(broken.contains("completes the sum"), "{x} in bin {other}: {broken}");
            }
        }
        // Two bins at once, and one and a half.
        let broken = forge(&circuit, &[x], &[(bits[0], one() + one())]);
        assert!(broken.contains("one bin"), "{broken}");
    }
    Ok(())
}

/// The first wire behind the inputs and their bits.
fn first_bit(circuit: &crate::Circuit) -> u32 {
    let wires = crate::testing::wires_of(circuit, "one bin is the last that is reached");
    wires.first().map_or(0, |wire| wire.0)
}

/// A sibling's value in place of a product's.
#[test]
fn a_wrong_leaf_is_refused() -> Result<(), BuildError> {
    let ensemble = boosted(3, 4, 3)?;
    let circuit = gadget(3, 6, |b, x| constrain(b, x, &ensemble))?;
    let last = Wire(circuit.r1cs.num_wires() as u32 - 1);
    let broken = forge(&circuit, &[-5, 3, 8], &[(last, Fr::from(12_345u64))]);
    assert!(broken.contains("[x in set]"), "{broken}");
    Ok(())
}

/// Digits of a packed sum with a borrow between them.
#[test]
fn a_borrow_between_outputs_is_refused() -> Result<(), BuildError> {
    let ensemble = forest()?;
    for ranges in [Ranges::Bits, Ranges::Lookup] {
        let circuit = gadget_by(ranges, 3, 5, |b, x| constrain(b, x, &ensemble))?;
        let assignment = crate::testing::assign(&[3, -4, 9]);
        let report = audit::advice_sweep(&circuit, &assignment, &audit::mask(&circuit));
        assert!(report.is_ok_and(|report| report.is_clean()));
    }
    Ok(())
}

#[test]
fn branches_that_cannot_be_reached_cost_nothing() -> Result<(), BuildError> {
    // x >= 5 below x < 3: the inner branch is decided; so is one whose threshold lies outside of the feature's interval.
    let inner =
        perfect(2, |i| (0, if i == 0 { Set::below(3) } else { Set::at_least(5) }), |i| vec![(0, i.into())]);
    let outside = perfect(1, |_| (0, Set::below(1000)), |i| vec![(0, 10 * i64::from(i))]);
    let ensemble = Ensemble::new(1, vec![inner, outside], vec![0], Aggregate::Sum)?;
    let (circuit, bounds) = gadget_with_bounds_by(Ranges::Bits, 1, 4, |b, x| constrain(b, x, &ensemble))?;
    check(&circuit, &bounds, all(4).map(|x| vec![x]), expected(&ensemble));
    assert_eq!(bounds, [(1, 3)]);
    assert_predicted(4, &ensemble)
}

#[test]
fn what_is_no_tree_is_refused() {
    let leaf = || Node::Leaf(vec![(0, 1)]);
    let branch = |yes, no| Node::Branch { feature: 0, set: Set::below(0), yes, no };
    let build = |tree: Tree| Ensemble::new(1, vec![tree], vec![0], Aggregate::Sum).err();
    assert_eq!(build(vec![branch(1, 2), leaf(), leaf()]), None);
    for tree in [
        vec![],
        vec![branch(0, 1), leaf()],
        vec![branch(1, 1), leaf()],
        vec![branch(1, 3), leaf(), leaf()],
        vec![branch(1, 2), leaf(), leaf(), leaf()],
        vec![branch(1, 2), branch(1, 2), leaf()],
        vec![Node::Leaf(vec![(0, 1), (0, 2)])],
    ] {
        assert!(matches!(build(tree.clone()), Some(BuildError::Tree { tree: 0, .. })), "{tree:?}");
    }
    let feature = vec![Node::Branch { feature: 1, set: Set::below(0), yes: 1, no: 2 }, leaf(), leaf()];
    assert!(matches!(build(feature), Some(BuildError::Index { index: 1, inputs: 1, .. })));
    assert!(matches!(build(vec![Node::Leaf(vec![(1, 1)])]), Some(BuildError::Index { index: 1, .. })));
    assert!(matches!(build(vec![Node::Leaf(vec![(0, i64::MAX)])]), Some(BuildError::Overflow { .. })));
    // A path longer than any.
    let mut chain = Tree::new();
    for i in 0..1100u32 {
        chain.push(Node::Branch { feature: 0, set: Set::exactly(i.into()), yes: 2 * i + 1, no: 2 * i + 2 });
        chain.push(leaf());
    }
    chain.push(leaf());
    let refused = build(chain);
    assert!(matches!(refused, Some(BuildError::Tree { why, .. }) if why.contains("1024")), "{refused:?}");
}

/// Categories as exporters write them: a chain of equalities is one cap, free of products.
#[test]
fn a_chain_of_categories_is_free() -> Result<(), BuildError> {
    let mut tree = Tree::new();
    for i in 0..20u32 {
        let value = i64::from(i) - 10;
        tree.push(Node::Branch { feature: 0, set: Set::exactly(value), yes: 2 * i + 1, no: 2 * i + 2 });
        tree.push(Node::Leaf(vec![(0, value * value)]));
    }
    tree.push(Node::Leaf(vec![(0, -1)]));
    let ensemble = Ensemble::new(1, vec![tree], vec![0], Aggregate::Sum)?;
    let features = Feature::of_intervals(&Tally::new(Ranges::Bits), &[(-16, 15)]);
    let plan = best(&ensemble, &features, Ranges::Bits)?;
    assert!(plan.steps.is_empty());
    assert_predicted(5, &ensemble)?;
    check_values(
        &gadget(1, 5, |b, x| constrain(b, x, &ensemble))?,
        all(5).map(|x| vec![x]),
        expected(&ensemble),
    );
    Ok(())
}

/// A short file may name many outputs in one tree, each of which is planned by itself: that is what [`work`] says.
#[test]
fn outputs_that_share_trees_multiply_the_work() -> Result<(), BuildError> {
    let comb = |leaves: u32, output: &dyn Fn(u32) -> u32| -> Tree {
        let branch = |i: u32| {
            let branch =
                Node::Branch { feature: 0, set: Set::at_least(i.into()), yes: 2 * i + 2, no: 2 * i + 1 };
            [branch, Node::Leaf(vec![(output(i), 1)])]
        };
        (0..leaves - 1).flat_map(branch).chain([Node::Leaf(vec![(output(leaves - 1), 2)])]).collect()
    };
    let of =
        |trees: Vec<Tree>, outputs, aggregate| work(&Ensemble::new(1, trees, vec![0; outputs], aggregate)?);
    // One tree of 15 nodes: 8 outputs of it, or one.
    assert_eq!(of(vec![comb(8, &|i| i)], 8, Aggregate::Sum)?, 8 * 15);
    assert_eq!(of(vec![comb(8, &|_| 0)], 8, Aggregate::Sum)?, 15);
    // Two trees with an output in common, and one by itself.
    let three = vec![comb(2, &|i| i), comb(2, &|i| i + 1), comb(4, &|_| 3)];
    assert_eq!(of(three, 4, Aggregate::Sum)?, 3 * (3 + 3) + 7);
    assert_eq!(of(vec![comb(4, &|_| 0)], 2, Aggregate::Max)?, 2 * 7);
    Ok(())
}

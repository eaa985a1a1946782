//! Inputs whose range nothing proves but the bits of thresholds: all witnesses of small circuits, whatever the wires hold.

use std::collections::BTreeSet;

use ark_bn254::Fr;
use ark_ff::{Field, One, Zero};

use super::bins::Bins;
use super::cases::{boosted, perfect};
use super::prefixes::Prefixes;
use super::*;
use crate::circuit::Circuit;
use crate::domain::Domain;
use crate::gadgets::range;
use crate::testing::{Inputs, all, assert_costs, assign, check_values, gadget_of};
use crate::witness::Witness;
use crate::{Ranges, audit};

type Outcome = Result<(), BuildError>;

/// The wires behind the input, and what each may hold: 0 or 1 where a constraint says so, else also what is none of both.
fn choices(circuit: &Circuit) -> Vec<(usize, Vec<Fr>)> {
    let r1cs = &circuit.r1cs;
    let is_bit = |wire: usize| {
        (0..r1cs.num_constraints()).any(|row| {
            let only = |mut terms: Vec<(u32, u32)>| terms.len() == 1 && terms.remove(0).0 as usize == wire;
            only(r1cs.a.row(row).collect())
                && only(r1cs.b.row(row).collect())
                && only(r1cs.c.row(row).collect())
        })
    };
    let bits = vec![Fr::zero(), Fr::one()];
    let half = Fr::from(2u64).inverse().unwrap_or_default();
    let others: Vec<Fr> = (-1..=2i64).map(Fr::from).chain([half]).collect();
    (3..r1cs.num_wires())
        .map(|wire| (wire, if is_bit(wire) { bits.clone() } else { others.clone() }))
        .collect()
}

fn count(choices: &[(usize, Vec<Fr>)]) -> usize {
    choices.iter().map(|(_, values)| values.len()).product()
}

/// Every witness that the constraints accept, for inputs in and out of range, whole and broken.
fn accepted(circuit: &Circuit, bits: u8) -> Vec<(Fr, Witness)> {
    accepted_from(circuit, bits, 0)
}

/// The same, where 0 may be outside of the domain and another value is not.
fn accepted_from(circuit: &Circuit, bits: u8, inside: i64) -> Vec<(Fr, Witness)> {
    let choices = choices(circuit);
    let count = count(&choices);
    let honest = audit::solve(circuit, &assign(&[inside])).unwrap_or_else(|error| panic!("{error}"));
    let range = 1i64 << bits;
    let half = Fr::from(2u64).inverse().unwrap_or_default();
    let whole = (-2 * range..3 * range).map(Fr::from);
    let broken = (-2 * range..2 * range).map(|x| Fr::from(x) + half);
    let (mut accepted, mut witness) = (Vec::new(), honest);
    for x in whole.chain(broken) {
        witness.values[2] = x;
        for mut choice in 0..count {
            for (wire, values) in &choices {
                witness.values[*wire] = values[choice % values.len()];
                choice /= values.len();
            }
            if circuit.r1cs.first_violation(&witness).is_none() {
                accepted.push((x, witness.clone()));
            }
        }
    }
    accepted
}

/// No input but those of its bits has a witness, and each of these has one.
fn assert_bounds(circuit: &Circuit, bits: u8, what: &str) {
    let accepted = accepted(circuit, bits);
    let inputs: Vec<Fr> = accepted.iter().map(|(x, _)| *x).collect();
    assert_eq!(inputs, (0..1i64 << bits).map(Fr::from).collect::<Vec<Fr>>(), "{what}");
    for (x, (_, witness)) in all(bits).zip(&accepted) {
        let honest = audit::solve(circuit, &assign(&[x])).unwrap_or_else(|error| panic!("{error}"));
        assert_eq!(honest.values, witness.values, "{what}, {x}");
    }
}

/// Nothing of the circuit proves the range of an input by itself.
fn has_no_range(circuit: &Circuit) -> bool {
    circuit.r1cs.blocks.iter().all(|block| !block.name.starts_with("input "))
}

/// All sets of up to three thresholds of an input of three bits, each way that bounds it.
#[test]
fn bits_of_thresholds_bound_an_input() -> Outcome {
    let mut tried = 0;
    for set in 1..1u32 << 7 {
        let thresholds: Vec<i64> = (0..7).filter(|i| set >> i & 1 == 1).map(|i| i - 3).collect();
        if thresholds.len() > 3 {
            continue;
        }
        let bins = |equation| Bins::new((-4, 3), &thresholds, |bits| bits.max(1) as usize, equation);
        // As they are, and cut into many.
        for equation in [1, 0] {
            let build = |b: &mut Builder, x: &[Bounded]| {
                let bits = bins(equation).constrain(b, &x[0])?;
                b.close(&x[0]);
                Ok(bits)
            };
            let circuit = gadget_of(Inputs::Open, Ranges::Bits, 1, 3, build)?;
            assert!(has_no_range(&circuit));
            if count(&choices(&circuit)) <= 400 {
                tried += 1;
                assert_bounds(&circuit, 3, &format!("bins of {thresholds:?}"));
            }
            let expected = |x: &[i64]| thresholds.iter().map(|&t| i64::from(x[0] >= t)).collect();
            check_values(&circuit, all(3).map(|x| vec![x]), expected);
        }
        let Some(prefixes) = Prefixes::new((-4, 3), &thresholds, usize::MAX) else {
            panic!("prefixes of 3 bits")
        };
        let circuit = gadget_of(Inputs::Open, Ranges::Bits, 1, 3, |b, x| {
            let bits = prefixes.constrain(b, &x[0])?;
            b.close(&x[0]);
            Ok(bits)
        })?;
        assert!(has_no_range(&circuit));
        assert_eq!(circuit.r1cs.num_constraints(), prefixes.cost());
        assert_bounds(&circuit, 3, &format!("prefixes of {thresholds:?}"));
    }
    assert!(tried > 60, "{tried} circuits of bins");
    Ok(())
}

/// Prefixes of many bits: round numbers on a fine grid, and missing values.
#[test]
fn thresholds_by_prefixes() -> Outcome {
    let lo = -(1i64 << 19);
    for (thresholds, cost) in [
        // A flag that is 0 or 2^18.
        (vec![1 << 18], 21),
        (vec![0], 20),
        (vec![1 << 17], 22),
        // Zero to seven at 2^16 each, of which the first is the middle.
        ((0..8).map(|i| i << 16).collect(), 20 + 7),
        // A missing value is the least integer.
        (vec![lo + 1], 23),
        (vec![lo + 1, 1 << 18], 24),
        (vec![12_345], 39),
    ] {
        let Some(prefixes) = Prefixes::new((lo.into(), (-lo - 1).into()), &thresholds, usize::MAX) else {
            panic!("prefixes of 20 bits")
        };
        assert_eq!(prefixes.cost(), cost, "{thresholds:?}");
        let circuit = gadget_of(Inputs::Open, Ranges::Bits, 1, 20, |b, x| {
            let bits = prefixes.constrain(b, &x[0])?;
            b.close(&x[0]);
            Ok(bits)
        })?;
        assert_eq!(circuit.r1cs.num_constraints(), cost);
        let near = thresholds.iter().flat_map(|&t| [t - 1, t, t + 1]).chain([lo, lo + 2, -lo - 1, 0, 77_777]);
        let near: Vec<Vec<i64>> = near.map(|x| vec![x.clamp(lo, -lo - 1)]).collect();
        let expected = |x: &[i64]| thresholds.iter().map(|&t| i64::from(x[0] >= t)).collect();
        check_values(&circuit, near.clone(), expected);
        for x in near {
            let witness = audit::solve(&circuit, &assign(&x)).unwrap_or_else(|error| panic!("{error}"));
            assert!(crate::testing::unique(&circuit, &witness).is_clean(), "{thresholds:?} {x:?}");
        }
    }
    Ok(())
}

/// Stumps of one feature at these thresholds.
fn stumps(features: usize, of: &[(u32, i64)]) -> Result<Ensemble, BuildError> {
    let trees = of.iter().map(|&(feature, t)| {
        perfect(1, |_| (feature, Set::at_least(t)), |leaf| vec![(0, i64::from(leaf) * 3 + t)])
    });
    Ensemble::new(features, trees.collect(), vec![0], Aggregate::Sum)
}

/// An input that is read twice, negated, moved, narrowed or not at all has a range, once.
#[test]
fn every_input_is_bounded_once() -> Outcome {
    let many: Vec<(u32, i64)> = (-20..20).map(|t| (0, t)).chain((-20..20).map(|t| (1, 2 * t))).collect();
    let ensemble = stumps(2, &many)?;
    type Arguments = fn(&mut Builder, &[Bounded]) -> Result<Vec<Bounded>, BuildError>;
    // What the trees read of two inputs, and how many of these have a range of their own.
    let cases: [(&str, Arguments, usize); 6] = [
        ("as they are", |_, x| Ok(x.to_vec()), 0),
        ("one twice", |_, x| Ok(vec![x[0].clone(), x[0].clone()]), 1),
        ("negated and moved", |_, x| Ok(vec![x[0].mul_const(-1)?, x[1].add_const(5)?]), 0),
        ("twice one", |_, x| Ok(vec![x[0].mul_const(2)?, x[1].clone()]), 1),
        ("a sum", |_, x| Ok(vec![x[0].add(&x[1])?, x[1].clone()]), 1),
        ("one that is narrowed", |b, x| Ok(vec![range::constrain(b, &x[0], -100, 100)?, x[1].clone()]), 1),
    ];
    for (what, arguments, expected) in cases {
        for ranges in [Ranges::Bits, Ranges::Lookup] {
            let mut b = Builder::with_ranges(ranges);
            let x = b.input("x", 2, 8)?;
            let arguments = arguments(&mut b, &x)?;
            let y = constrain(&mut b, &arguments, &ensemble)?;
            assert_eq!(b.open.len(), expected, "{what}, {ranges:?}");
            let circuit = b.finish_gadget(&[&y])?;
            let assignment = assign(&[-3, 40]);
            let report = audit::advice_sweep(&circuit, &assignment, &audit::mask(&circuit));
            let report = report.unwrap_or_else(|error| panic!("{error}"));
            assert!(report.is_clean(), "{what}, {ranges:?}: {:?}", report.findings);
        }
    }
    // One twice, of which no tree asks for the first.
    let second = stumps(2, &(-20..20).map(|t| (1, t)).collect::<Vec<_>>())?;
    let twice = |x: &[Bounded]| vec![x[0].clone(), x[0].clone()];
    for ranges in [Ranges::Bits, Ranges::Lookup] {
        let circuit = gadget_of(Inputs::Open, ranges, 1, 8, |b, x| constrain(b, &twice(x), &second))?;
        let mut t = Tally::new(ranges);
        let (bounds, open) = t.with_open(vec![true, false], |t| cost(t, &[(-128, 127); 2], &second));
        assert!(bounds.is_ok());
        t.exact(8, open.into_iter().filter(|&open| open).count());
        assert_eq!(t.size(), crate::cost::Size::of(&circuit));
    }
    // One that no tree asks for, and one that is compared.
    let compared = stumps(3, &[(1, 77)])?;
    let mut b = Builder::new();
    let x = b.input("x", 3, 8)?;
    let y = constrain(&mut b, &x, &compared)?;
    let open = b.open.len();
    let circuit = b.finish_gadget(&[&y])?;
    let named = circuit.r1cs.blocks.iter().map(|block| block.name.as_str()).collect::<BTreeSet<_>>();
    assert!(open >= 2 && named.contains("input x/bit"), "{open} open, {named:?}");
    assert_costs(
        3,
        8,
        |b, x| constrain(b, x, &compared),
        |t, x| {
            assert!(cost(t, x, &compared).is_ok());
        },
    )
}

/// More thresholds than a row holds.
#[test]
fn long_sums_get_wires() -> Outcome {
    let thresholds: Vec<i64> = (-300..300).map(|t| 50 * t + t % 7).collect();
    let ensemble = stumps(1, &thresholds.iter().map(|&t| (0, t)).collect::<Vec<_>>())?;
    let build = |b: &mut Builder, x: &[Bounded]| constrain(b, x, &ensemble);
    assert_costs(1, 16, build, |t, x| assert!(cost(t, x, &ensemble).is_ok()))?;
    let circuit = gadget_of(Inputs::Open, Ranges::Bits, 1, 16, build)?;
    assert!(circuit.r1cs.blocks.iter().any(|block| block.name.contains("bins/accumulator")));
    let expected = |x: &[i64]| ensemble.reference(x).unwrap_or_else(|error| panic!("{error}"));
    check_values(&circuit, [-32_768, -14_999, -7, 0, 1, 13_001, 32_767].map(|x| vec![x]), expected);
    Ok(())
}

/// Out of range, all the rest following honestly, by bits and by lookups.
#[test]
fn an_input_out_of_its_range_is_refused() -> Outcome {
    for ranges in [Ranges::Bits, Ranges::Lookup] {
        let ensemble = boosted(3, 4, 3)?;
        let circuit = gadget_of(Inputs::Open, ranges, 3, 6, |b, x| constrain(b, x, &ensemble))?;
        assert!(has_no_range(&circuit));
        for x in [[-32, 31, 0], [5, -7, 30]] {
            let report = audit::advice_sweep(&circuit, &assign(&x), &audit::mask(&circuit));
            let report = report.unwrap_or_else(|error| panic!("{error}"));
            assert!(report.is_clean(), "{ranges:?}, {x:?}: {:?}", report.findings);
        }
    }
    Ok(())
}

/// `2 x - x` has the terms of `x` and a wider interval. Narrowed to as many values as `x` has, but others, it bounds the tree's feature, and
/// not `x`, whose own range stays.
#[test]
fn a_shifted_range_closes_nothing() -> Outcome {
    let tree = |t: i64| {
        let leaf = |value| Node::Leaf(vec![(0, value)]);
        vec![Node::Branch { feature: 0, set: Set::at_least(t), yes: 1, no: 2 }, leaf(1), leaf(0)]
    };
    let ensemble = Ensemble::new(1, (-3..=11).map(tree).collect(), vec![0], Aggregate::Sum)?;
    for ranges in [Ranges::Bits, Ranges::Lookup] {
        let mut b = Builder::with_ranges(ranges);
        let x = b.input("x", 1, 4)?;
        let wide = Bounded::weighted_sum(&[x[0].clone(), x[0].clone()], &[2, -1], 0)?;
        let shifted = range::constrain(&mut b, &wide, -4, 11)?;
        let y = constrain(&mut b, &[shifted], &ensemble)?;
        let circuit = b.finish_gadget(&[&y])?;
        let is_range = |row: usize| circuit.r1cs.violation(row).block.contains("input x");
        assert!((0..circuit.r1cs.num_constraints()).any(is_range), "{ranges:?}");
    }
    Ok(())
}

/// The same of domains that are not all integers of so many bits: what bounds the input has the domain's ends, whichever they are.
#[test]
fn bits_of_thresholds_bound_a_domain() -> Outcome {
    let mut tried = 0;
    for (lo, hi) in (-4..4).flat_map(|lo| (lo + 1..4).map(move |hi| (lo, hi))) {
        let domain = Domain::new(lo, hi)?;
        let expected: Vec<Fr> = (lo..=hi).map(|x| Fr::from(x + 4)).collect();
        for threshold in lo + 1..=hi {
            let thresholds = [threshold];
            let bins = Bins::new((lo.into(), hi.into()), &thresholds, |bits| bits.max(1) as usize, 1);
            let prefixes =
                Prefixes::new((lo.into(), hi.into()), &thresholds, usize::MAX).map(Prefixes::bounding);
            assert_eq!(prefixes.is_some(), hi - lo > 1, "one bit has no prefixes");
            for prefixes in [None, prefixes.as_ref()] {
                let by_bins = prefixes.is_none();
                let mut b = Builder::with_ranges(Ranges::Bits);
                let x = b.input_of("x", 3, &[domain])?;
                let bits = match prefixes {
                    None => bins.constrain(&mut b, &x[0]),
                    Some(prefixes) => prefixes.constrain(&mut b, &x[0]),
                }?;
                b.close(&x[0]);
                let circuit = b.finish_gadget(&[&bits])?;
                assert!(has_no_range(&circuit));
                if count(&choices(&circuit)) > 2000 {
                    continue;
                }
                tried += 1;
                let accepted: Vec<Fr> = accepted_from(&circuit, 3, lo).into_iter().map(|(x, _)| x).collect();
                assert_eq!(accepted, expected, "{lo} to {hi}, at {threshold}, by bins: {by_bins}");
            }
        }
    }
    assert!(tried > 60, "{tried} circuits");
    Ok(())
}

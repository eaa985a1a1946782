//! Named leaves: the walk through the trees, costs, and provers that name other leaves.

use ark_bn254::Fr;
use ark_ff::PrimeField;

use super::cases::{Numbers, boosted, condition, forest, least, oblivious, perfect};
use super::*;
use crate::circuit::Circuit;
use crate::cost::Size;
use crate::instruction::{Choice, Instruction};
use crate::machine::Machine;
use crate::testing::{assign, check_values, gadget_by, unique};
use crate::witness::Randomness;
use crate::{Ranges, audit};

type Outcome = Result<(), BuildError>;

/// Over inputs of so many bits; its formula counts what is built.
fn named(ranges: Ranges, bits: u8, ensemble: &Ensemble) -> Result<Circuit, BuildError> {
    let features = ensemble.features();
    let circuit = gadget_by(ranges, features, bits, |b, x| constrain_by_names(b, x, ensemble))?;
    let half = 1i128 << (bits - 1);
    let x = vec![(-half, half - 1); features];
    let mut t = Tally::new(ranges);
    t.exact(bits.into(), features);
    let x = Feature::of_intervals(&t, &x);
    tally(&mut t, &x, ensemble, &Plan::by(Way::Names, ensemble, &x, ranges)?)?;
    assert_eq!(t.size(), Size::of(&circuit), "{features} features of {bits} bits, {ranges:?}");
    Ok(circuit)
}

fn expected(ensemble: &Ensemble) -> impl Fn(&[i64]) -> Vec<i64> {
    |x| ensemble.reference(x).unwrap_or_else(|error| panic!("{error}"))
}

/// On, just below and just above each threshold of each feature, the others as they are.
fn around_thresholds(ensemble: &Ensemble, lo: i64, hi: i64) -> Vec<Vec<i64>> {
    let mut numbers = Numbers::new(17);
    let mut inputs = vec![vec![lo; ensemble.features()], vec![hi; ensemble.features()]];
    for (feature, thresholds) in ensemble.thresholds().iter().enumerate() {
        for x in thresholds.iter().flat_map(|t| [t - 1, *t, t + 1]) {
            let mut row: Vec<i64> = (0..ensemble.features()).map(|_| numbers.within(lo, hi)).collect();
            row[feature] = x.clamp(lo, hi);
            inputs.push(row);
        }
    }
    inputs
}

/// A tree with one long arm.
fn chain(depth: u32, features: u32, lo: i64, hi: i64) -> Tree {
    let mut numbers = Numbers::new(depth.into());
    let mut tree = Tree::new();
    for i in 0..depth {
        let set = condition(&mut numbers, lo, hi);
        tree.push(Node::Branch { feature: i % features, set, yes: 2 * i + 1, no: 2 * i + 2 });
        tree.push(Node::Leaf(vec![(0, numbers.within(-1000, 1000))]));
    }
    tree.push(Node::Leaf(vec![(0, 5000)]));
    tree
}

#[test]
fn named_leaves_are_those_that_are_reached() -> Outcome {
    let chains = Ensemble::new(3, vec![chain(9, 3, -32, 31), chain(4, 2, -32, 31)], vec![1], Aggregate::Sum)?;
    let ensembles = [(6, boosted(3, 4, 3)?), (6, oblivious()?), (5, forest()?), (5, least()?), (6, chains)];
    for (bits, ensemble) in ensembles {
        let half = 1i64 << (bits - 1);
        for ranges in [Ranges::Bits, Ranges::Lookup] {
            let circuit = named(ranges, bits, &ensemble)?;
            check_values(&circuit, around_thresholds(&ensemble, -half, half - 1), expected(&ensemble));
        }
    }
    Ok(())
}

/// Records of one, two and more words, and ranges that fit digits of the table or not.
#[test]
fn records_of_several_words() -> Outcome {
    for (bits, depth) in [(8u8, 5u32), (16, 9), (20, 8), (20, 10), (24, 12), (30, 7)] {
        let half = 1i64 << (bits - 1);
        let trees = vec![chain(depth, 12, -half, half - 1), chain(2, 12, -half, half - 1)];
        let ensemble = Ensemble::new(12, trees, vec![0], Aggregate::Sum)?;
        let circuit = named(Ranges::Lookup, bits, &ensemble)?;
        check_values(&circuit, around_thresholds(&ensemble, -half, half - 1), expected(&ensemble));
        let witness = audit::solve(&circuit, &assign(&[half / 3; 12]));
        let witness = witness.unwrap_or_else(|error| panic!("{error}"));
        let report = unique(&circuit, &witness);
        assert!(report.is_clean(), "{bits} bits, depth {depth}: {:?}", report.findings.first());
    }
    Ok(())
}

/// The proof of uniqueness is lost with any of the constraints of a named leaf, but for those of records that are alone in being named.
#[test]
fn no_constraint_of_a_name_is_spare() -> Outcome {
    let ensemble = Ensemble::new(2, vec![chain(5, 2, -8, 7), chain(3, 2, -8, 7)], vec![0], Aggregate::Sum)?;
    for ranges in [Ranges::Bits, Ranges::Lookup] {
        let circuit = named(ranges, 4, &ensemble)?;
        let honest = audit::solve(&circuit, &assign(&[3, -4])).unwrap_or_else(|error| panic!("{error}"));
        assert!(unique(&circuit, &honest).is_clean());
        let mut tried = 0;
        for row in 0..circuit.r1cs.num_constraints() {
            if !circuit.r1cs.violation(row).block.contains("named") {
                continue;
            }
            let mut weakened = circuit.clone();
            for matrix in [&mut weakened.r1cs.a, &mut weakened.r1cs.b, &mut weakened.r1cs.c] {
                let (start, end) = (matrix.row_ptr[row] as usize, matrix.row_ptr[row + 1] as usize);
                matrix.col.drain(start..end);
                matrix.coeff.drain(start..end);
                matrix.row_ptr[row + 1..].iter_mut().for_each(|next| *next -= (end - start) as u32);
            }
            let report = unique(&weakened, &honest);
            assert!(!report.findings.is_empty(), "{ranges:?}: {}", circuit.r1cs.violation(row).block);
            tried += 1;
        }
        assert!(tried > 30, "{tried} constraints");
    }
    Ok(())
}

/// Deep trees with thresholds of their own: what names are for. By bits, and of few trees, selects are taken.
#[test]
fn the_cheaper_way_is_taken() -> Outcome {
    let mut numbers = Numbers::new(1);
    let mut trees = Vec::new();
    for _ in 0..12 {
        let branch = |_| (numbers.below(20) as u32, Set::below(numbers.within(-30_000, 30_000)));
        let tree = perfect(8, branch, |leaf| vec![(0, i64::from(leaf) * 7919 % 1000)]);
        trees.push(tree);
    }
    let x = vec![(-(1i128 << 15), (1 << 15) - 1); 20];
    let names = |trees: &[Tree], ranges| -> Result<bool, BuildError> {
        let features = Feature::of_intervals(&Tally::new(ranges), &x);
        let plan = best(&Ensemble::new(20, trees.to_vec(), vec![0], Aggregate::Sum)?, &features, ranges)?;
        Ok(plan.steps.is_empty())
    };
    assert!(names(&trees, Ranges::Lookup)?);
    assert!(!names(&trees, Ranges::Bits)?);
    // Trees that ask the same have few thresholds.
    let few = (0..12).map(|tree| {
        let branch = |i: u32| ((i + 1).ilog2(), Set::below(0));
        perfect(3, branch, |leaf| vec![(0, i64::from((leaf + tree) * 5 % 8))])
    });
    assert!(!names(&few.collect::<Vec<_>>(), Ranges::Lookup)?);
    // A leaf of the forest costs about twice the root of their number, and three a level.
    let ensemble = Ensemble::new(20, trees, vec![0], Aggregate::Sum)?;
    let mut t = Tally::new(Ranges::Lookup);
    cost(&mut t, &x, &ensemble)?;
    assert!(t.constraints() < 12 * (32 + 3 * 8 + 4) + 300, "{}", t.constraints());
    Ok(())
}

/// Wires of each choice: where they start.
fn starts(circuit: &Circuit, x: &[i64]) -> Vec<usize> {
    let (mut machine, mut starts) = (Machine::new(&circuit.program, Randomness::default()), Vec::new());
    for &instruction in circuit.program.phases().0 {
        if let Instruction::Choose { .. } = instruction {
            starts.push(machine.elements.len());
        }
        machine.step(instruction, &assign(x)).unwrap_or_else(|error| panic!("{error}"));
    }
    starts
}

/// Every box of every tree, and every place behind the last: the prover names it, reads the entries that it is about, and writes the
/// distances as they are in the field. The record agrees; the ranges refuse whatever is negative.
#[test]
fn no_other_leaf_can_be_named() -> Outcome {
    let ensemble = Ensemble::new(2, vec![chain(5, 2, -8, 7), chain(3, 2, -8, 7)], vec![0], Aggregate::Sum)?;
    let circuit = named(Ranges::Bits, 4, &ensemble)?;
    let (mut refused, mut behind) = (0, 0);
    for x in crate::testing::all_pairs(4) {
        let honest = audit::solve(&circuit, &assign(&x)).unwrap_or_else(|error| panic!("{error}"));
        for (choice, start) in circuit.program.choices.iter().zip(starts(&circuit, &x)) {
            let (rows, columns) = (choice.rows(), choice.columns as usize);
            let literals = choice.literals as usize;
            let count = i64::from(choice.entries);
            let entries = entries(&circuit, &honest.values);
            for place in 0..rows * columns {
                let never = [vec![count << 4], vec![0; literals - 1]].concat();
                let ks = if place < choice.worth.len() { choice.literals_of(place) } else { &never };
                let worth = choice.worth.get(place).copied().unwrap_or(0);
                let holds = ks.iter().all(|&k| choice.entry(k, &entries) >= k);
                let mut values = honest.values.clone();
                let mut write = (start..).zip(
                    (1..rows)
                        .map(|i| i64::from(i == place / columns))
                        .chain((1..columns).map(|j| i64::from(j == place % columns)))
                        .chain(ks.iter().flat_map(|&k| {
                            let entry = choice.entry(k, &entries);
                            [entry, (entry - k).div_euclid(count)]
                        }))
                        .chain([worth]),
                );
                write.by_ref().for_each(|(wire, value)| values[wire] = Fr::from(value));
                let broken: Vec<String> = (0..circuit.r1cs.num_constraints())
                    .filter(|&row| !circuit.r1cs.holds(row, &values))
                    .map(|row| circuit.r1cs.violation(row).block)
                    .collect();
                assert!(
                    !broken.iter().any(|block| block.contains("record") || block.contains("column")),
                    "{broken:?}"
                );
                if holds {
                    assert!(place < choice.worth.len());
                } else {
                    assert!(
                        broken.iter().any(|block| block.contains("bit")),
                        "{x:?}, place {place}: {broken:?}"
                    );
                    refused += 1;
                    behind += usize::from(place >= choice.worth.len());
                }
            }
        }
    }
    assert!(refused > 500 && behind > 0, "{refused} refused, {behind} of them behind the last box");
    Ok(())
}

/// What a lying prover writes down for one tree.
struct Lie {
    /// Which tree.
    choice: u32,
    /// The place in the grid that is named.
    place: usize,
    /// The literals whose entries and distances are written.
    literals: Vec<i64>,
    worth: i64,
}

/// The constraints that break where all else follows from the lie as the program says, digits, counts and fractions included.
fn broken(circuit: &Circuit, x: &[i64], lie: &Lie) -> Vec<String> {
    let randomness = Randomness { mask: Fr::from(5u64), challenge: -Fr::from(1_234_567u64) };
    let mut machine = Machine::new(&circuit.program, randomness);
    for &instruction in &circuit.program.instructions {
        let start = machine.elements.len();
        machine.step(instruction, &assign(x)).unwrap_or_else(|error| panic!("{error}"));
        if instruction != (Instruction::Choose { choice: lie.choice }) {
            continue;
        }
        let choice = &circuit.program.choices[lie.choice as usize];
        let (rows, columns) = (choice.rows(), choice.columns as usize);
        let entries = entries(circuit, &machine.elements);
        let read = lie.literals.iter().flat_map(|&k| {
            let entry = choice.entry(k, &entries);
            [entry, (entry - k).div_euclid(i64::from(choice.entries))]
        });
        let lie = (1..rows)
            .map(|i| i64::from(i == lie.place / columns))
            .chain((1..columns).map(|j| i64::from(j == lie.place % columns)))
            .chain(read)
            .chain([lie.worth]);
        for (wire, value) in (start..).zip(lie) {
            machine.integers[wire] = value;
            machine.elements[wire] = Fr::from(value);
        }
    }
    let r1cs = &circuit.r1cs;
    let rows = (0..r1cs.num_constraints()).filter(|&row| !r1cs.holds(row, &machine.elements));
    rows.map(|row| r1cs.violation(row).block).collect()
}

/// By lookups, with records of several words: no other leaf, no word of another leaf, no other worth.
#[test]
fn no_other_leaf_can_be_named_by_lookups() -> Outcome {
    let (bits, features) = (20u8, 12usize);
    let half = 1i64 << (bits - 1);
    let trees = vec![chain(10, 12, -half, half - 1), chain(3, 12, -half, half - 1)];
    let ensemble = Ensemble::new(features, trees, vec![0], Aggregate::Sum)?;
    let circuit = named(Ranges::Lookup, bits, &ensemble)?;
    let is_record = |block: &String| block.contains("record") || block.contains("column");
    let records = (0..circuit.r1cs.num_constraints())
        .filter(|&row| circuit.r1cs.violation(row).block.contains("record"))
        .count();
    let rows: usize = circuit.program.choices.iter().map(Choice::rows).sum();
    assert!(records > rows, "{records} equations of {rows} rows are records of one word");
    let mut numbers = Numbers::new(4);
    let (mut refused, mut mixed) = (0, 0);
    for _ in 0..2 {
        let x: Vec<i64> = (0..features).map(|_| numbers.within(-half, half - 1)).collect();
        let honest = audit::solve(&circuit, &assign(&x)).unwrap_or_else(|error| panic!("{error}"));
        let entries = entries(&circuit, &honest.values);
        for (position, choice) in (0u32..).zip(&circuit.program.choices) {
            let reached = choice.first(&entries);
            let literals = choice.literals_of(reached).to_vec();
            for place in 0..choice.rows() * choice.columns as usize {
                let never = [vec![i64::from(choice.entries) << bits], vec![0; literals.len() - 1]].concat();
                let others =
                    if place < choice.worth.len() { choice.literals_of(place).to_vec() } else { never };
                let worth = choice.worth.get(place).copied().unwrap_or(0);
                let lie = |place, literals, worth| Lie { choice: position, place, literals, worth };
                // The place with all that belongs to it.
                let found = broken(&circuit, &x, &lie(place, others.clone(), worth));
                assert!(!found.iter().any(is_record), "{found:?}");
                assert_eq!(
                    found.is_empty(),
                    place == reached,
                    "place {place}, {reached} is reached: {found:?}"
                );
                refused += usize::from(place != reached);
                if place == reached {
                    continue;
                }
                // The place, and what the reached leaf reads; the reached one with that place's worth.
                let more = choice.worth[reached] + 1;
                for lie in [lie(place, literals.clone(), worth), lie(reached, literals.clone(), more)] {
                    assert!(broken(&circuit, &x, &lie).iter().any(is_record));
                }
                // The first bounds of one and the last of the other.
                for cut in (1..literals.len()).step_by(3) {
                    let mix: Vec<i64> =
                        literals.iter().take(cut).chain(others.iter().skip(cut)).copied().collect();
                    if mix != literals && mix != others {
                        for place in [place, reached] {
                            let found = broken(&circuit, &x, &lie(place, mix.clone(), worth));
                            assert!(found.iter().any(is_record), "{found:?}");
                        }
                        mixed += 1;
                    }
                }
            }
        }
    }
    assert!(refused > 20 && mixed > 20, "{refused} refused, {mixed} mixed");
    Ok(())
}

/// The values of the entries of the one table of combinations.
fn entries(circuit: &Circuit, values: &[Fr]) -> Vec<i64> {
    let first = circuit.program.first_query().unwrap_or_else(|error| panic!("{error}"));
    let count = circuit.program.tables()[0].entries().len();
    let value = |operand: usize| {
        let terms = circuit.program.integers.get(operand).unwrap_or_else(|error| panic!("{error}"));
        let sum: Fr = terms.iter().map(|&(wire, c)| values[wire as usize] * Fr::from(c)).sum();
        i64::try_from(sum.into_bigint().0[0]).unwrap_or_else(|_| panic!("an entry is a small integer"))
    };
    (first..first + count).map(value).collect()
}

/// No other value of any one piece of advice satisfies the circuit: digits, columns, rows.
#[test]
fn records_are_read_digit_by_digit() -> Outcome {
    let ensemble = Ensemble::new(2, vec![chain(5, 2, -8, 7), chain(3, 2, -8, 7)], vec![0], Aggregate::Sum)?;
    for ranges in [Ranges::Bits, Ranges::Lookup] {
        let circuit = named(ranges, 4, &ensemble)?;
        for x in [[3, -4], [-8, 7], [0, 0]] {
            let report = audit::advice_sweep(&circuit, &assign(&x), &audit::mask(&circuit));
            assert!(report.is_ok_and(|report| report.is_clean()), "{x:?}");
        }
    }
    Ok(())
}

/// The lists of boxes are part of a circuit's bytes, each searched once.
#[test]
fn bytes_hold_the_boxes() -> Outcome {
    let ensemble = Ensemble::new(2, vec![chain(5, 2, -8, 7), chain(3, 2, -8, 7)], vec![0], Aggregate::Sum)?;
    let mut b = Builder::with_ranges(Ranges::Lookup);
    let x = b.input("x", 2, 4)?;
    let y = constrain_by_names(&mut b, &x, &ensemble)?;
    let visibility = crate::Visibility::Public;
    let inputs = [crate::StatementInput { values: &x, bits: 4, visibility }];
    b.bind_statement(Fr::from(7u64), &inputs, &[crate::StatementOutput { values: &y, bits: 16 }])?;
    let circuit = b.finish()?;
    let bytes = circuit.to_bytes();
    assert_eq!(Circuit::from_bytes(&bytes).as_ref(), Ok(&circuit));
    let mut twice = circuit.clone();
    for instruction in &mut twice.program.instructions {
        if let Instruction::Choose { choice } = instruction {
            *choice = 0;
        }
    }
    assert!(Circuit::from_bytes(&twice.to_bytes()).is_err());
    let mut other = circuit.clone();
    other.program.choices[0].columns = 0;
    assert!(Circuit::from_bytes(&other.to_bytes()).is_err());
    Ok(())
}

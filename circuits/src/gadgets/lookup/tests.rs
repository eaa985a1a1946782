//! The gadgets by lookup equal their references and have unique witnesses; cheating provers fail.

use ark_bn254::Fr;
use ark_ff::{Field, One, Zero};
use proptest::prelude::*;

use super::cost::{self, Demand};
use super::function::{self, Function};
use crate::audit;
use crate::bounded::Bounded;
use crate::builder::{Builder, Ranges};
use crate::circuit::{Circuit, Witness};
use crate::error::BuildError;
use crate::gadgets::{clamp, compare, div_pow2, minmax, range};
use crate::layers::{argmax, relu};
use crate::linear::Wire;
use crate::program::Entries;
use crate::testing::{
    all, all_pairs, assert_no_constraint_is_idle, assign, check, check_values, gadget_by,
    gadget_with_bounds_by,
};

type Outcome = Result<(), BuildError>;

fn by_lookup(
    len: usize,
    bits: u8,
    build: impl FnOnce(&mut Builder, &[Bounded]) -> Result<Vec<Bounded>, BuildError>,
) -> Result<(Circuit, Vec<(i128, i128)>), BuildError> {
    gadget_with_bounds_by(Ranges::Lookup, len, bits, build)
}

fn singles(bits: u8) -> impl Iterator<Item = Vec<i64>> {
    all(bits).map(|x| vec![x])
}

#[test]
fn comparisons_of_all_pairs() -> Outcome {
    for bits in 1..=4 {
        let (circuit, bounds) = by_lookup(2, bits, |b, x| {
            let (min, max) = (minmax::min(b, &x[0], &x[1])?, minmax::max(b, &x[0], &x[1])?);
            Ok(vec![compare::less_than(b, &x[0], &x[1])?, compare::at_least(b, &x[0], &x[1])?, min, max])
        })?;
        check(&circuit, &bounds, all_pairs(bits), |v| {
            let (x, y) = (v[0], v[1]);
            vec![i64::from(x < y), i64::from(x >= y), x.min(y), x.max(y)]
        });
    }
    Ok(())
}

#[test]
fn signs_of_all_intervals() -> Outcome {
    for offset in -9..=9 {
        let (circuit, bounds) = by_lookup(1, 4, |b, x| {
            Ok(vec![
                compare::is_non_negative(b, &x[0].add_const(offset)?)?,
                relu::constrain_one(b, &x[0].add_const(offset)?)?,
            ])
        })?;
        check(&circuit, &bounds, singles(4), |x| vec![i64::from(x[0] + offset >= 0), (x[0] + offset).max(0)]);
    }
    Ok(())
}

#[test]
fn divisions_of_all_values() -> Outcome {
    for bits in 1..=6u8 {
        for shift in 0..=u32::from(bits) + 1 {
            let (circuit, bounds) =
                by_lookup(1, bits, |b, x| Ok(vec![div_pow2::constrain(b, &x[0], shift)?]))?;
            check(&circuit, &bounds, singles(bits), |x| vec![div_pow2::reference(x[0], shift)]);
        }
    }
    Ok(())
}

#[test]
fn clamps_with_all_bounds() -> Outcome {
    for shift in 0..3 {
        for lo in -9..=8 {
            for hi in lo..=9 {
                let (circuit, bounds) =
                    by_lookup(1, 4, |b, x| Ok(vec![clamp::constrain(b, &x[0], shift, lo, hi)?]))?;
                check(&circuit, &bounds, singles(4), |x| vec![clamp::reference(x[0], shift, lo, hi)]);
            }
        }
    }
    Ok(())
}

/// In range: a unique witness. Out of range: the program's witness fails, in the sum of the table.
#[test]
fn ranges_with_all_bounds() -> Outcome {
    for lo in -9..8 {
        for hi in lo.max(-8)..9 {
            let (circuit, bounds) = by_lookup(1, 4, |b, x| Ok(vec![range::constrain(b, &x[0], lo, hi)?]))?;
            let inside = singles(4).filter(|x| range::reference(x[0], lo, hi));
            check(&circuit, &bounds, inside, |x| x.to_vec());
            for x in singles(4).filter(|x| !range::reference(x[0], lo, hi)) {
                let Ok(witness) = audit::solve(&circuit, &assign(&x)) else { panic!("{x:?} is an input") };
                let violation = circuit.r1cs.first_violation(&witness).map(|violation| violation.block);
                let expected = [SUM, "range/the only value"];
                assert!(violation.is_some_and(|block| expected.iter().any(|e| block.ends_with(e))), "{x:?}");
            }
        }
    }
    Ok(())
}

const SUM: &str = "fractions of entries = fractions of queries";

#[test]
fn functions_of_all_values() -> Outcome {
    let values: Vec<i64> = (0..16).map(|i| i * i * 7 % 23 - 11).collect();
    let (circuit, bounds) = by_lookup(1, 4, |b, x| {
        let f = Function::new(b, -8, &values)?;
        let same = function::constrain(b, &x[0], -8, &values)?;
        Ok(vec![f.constrain(b, &x[0])?, same])
    })?;
    // Equal tables are one; the input has a range table beside it.
    assert_eq!(circuit.program().tables().len(), 2);
    check(&circuit, &bounds, singles(4), |x| vec![values[(x[0] + 8) as usize]; 2]);
    // Without other lookups, in a circuit of bits.
    let (circuit, bounds) = gadget_with_bounds_by(Ranges::Bits, 1, 4, |b, x| {
        Ok(vec![function::constrain(b, &x[0], -10, &[&[0, 0], values.as_slice()].concat())?])
    })?;
    assert_eq!(circuit.program().tables().len(), 1);
    assert_eq!(
        circuit.stats().constraints,
        4 + cost::MASK + cost::RHO + cost::table(18) + cost::FUNCTION_QUERY
    );
    check(&circuit, &bounds, singles(4), |x| vec![values[(x[0] + 8) as usize]]);
    Ok(())
}

#[test]
fn functions_of_quotients() -> Outcome {
    for shift in 0..4 {
        let f = |q: i64| (q * q + 3) % 17 - 5;
        let (circuit, bounds) = by_lookup(1, 6, |b, x| {
            let values: Vec<i64> = (-40..40).map(f).collect();
            Ok(vec![Function::new(b, -40, &values)?.of_quotient(b, &x[0], shift)?])
        })?;
        check(&circuit, &bounds, singles(6), |x| vec![f(div_pow2::reference(x[0], shift))]);
    }
    Ok(())
}

#[test]
fn many_clamps_share_a_table() -> Outcome {
    let build = |b: &mut Builder, x: &[Bounded]| {
        let wide: Vec<_> = x.iter().map(|x| x.mul_const(3)).collect::<Result<_, _>>()?;
        clamp::constrain_all(b, &wide, 2, -4, 9)
    };
    let (circuit, bounds) = by_lookup(200, 6, build)?;
    assert!(circuit.program().tables().iter().any(|table| table.entries().columns() == 2));
    let inputs = [-32, -1, 0, 31].map(|x| vec![x; 200]).into_iter();
    let inputs = inputs.chain([(0..200).map(|i| i % 64 - 32).collect()]);
    check(&circuit, &bounds, inputs, |x| x.iter().map(|x| clamp::reference(3 * x, 2, -4, 9)).collect());
    // A few do not.
    let (circuit, _) = by_lookup(3, 6, build)?;
    assert!(circuit.program().tables().iter().all(|table| table.entries().columns() == 1));
    Ok(())
}

#[test]
fn argmax_of_small_values() -> Outcome {
    let (circuit, bounds) = by_lookup(3, 3, |b, x| Ok(vec![argmax::constrain(b, x)?]))?;
    let triples = all(3).flat_map(|z| all_pairs(3).map(move |xy| vec![xy[0], xy[1], z]));
    check(&circuit, &bounds, triples, |x| argmax::reference(x).map(|i| i as i64).into_iter().collect());
    Ok(())
}

#[test]
fn no_constraint_is_idle() -> Outcome {
    let edges = [-8, -3, -1, 0, 1, 4, 7].map(|x| vec![x]);
    for (shift, lo, hi) in [(1, -2, 1), (2, -8, 7), (0, 0, 7), (0, -8, 3)] {
        let build = |b: &mut Builder, x: &[Bounded]| Ok(vec![clamp::constrain(b, &x[0], shift, lo, hi)?]);
        assert_no_constraint_is_idle(&gadget_by(Ranges::Lookup, 1, 4, build)?, &edges);
    }
    for (lo, hi) in [(-3, 4), (-8, 2), (-2, 2)] {
        let build = |b: &mut Builder, x: &[Bounded]| Ok(vec![range::constrain(b, &x[0], lo, hi)?]);
        let inside: Vec<_> = edges.iter().filter(|x| range::reference(x[0], lo, hi)).cloned().collect();
        assert_no_constraint_is_idle(&gadget_by(Ranges::Lookup, 1, 4, build)?, &inside);
    }
    let build = |b: &mut Builder, x: &[Bounded]| {
        Ok(vec![function::constrain(
            b,
            &x[0].mul_const(1)?,
            -8,
            &(0..16).map(|i| i * 5 % 16).collect::<Vec<_>>(),
        )?])
    };
    let circuit = gadget_by(Ranges::Bits, 1, 4, build)?;
    assert_no_constraint_is_idle(&circuit, &edges[..2]);
    Ok(())
}

#[test]
fn costs_what_the_formulas_say() -> Outcome {
    for shift in [0, 3, 8] {
        for (lo, hi) in [(0, 127), (-128, 127), (-1 << 15, 1 << 15), (0, 1 << 15), (-5, 5), (9, 9)] {
            for offset in [0, -(1 << 13), 1 << 13] {
                let mut demand = Demand::default();
                demand.add_exact(14, 1);
                let interval = (-(1 << 13) + i128::from(offset), (1 << 13) - 1 + i128::from(offset));
                let fixed = cost::clamp(&mut demand, interval, shift, lo, hi);
                let circuit = gadget_by(Ranges::Lookup, 1, 14, |b, x| {
                    Ok(vec![clamp::constrain(b, &x[0].add_const(offset)?, shift, lo, hi)?])
                })?;
                let expected = fixed + demand.constraints(demand.best_width()) + cost::MASK;
                assert_eq!(circuit.stats().constraints, expected, "{shift} {lo} {hi} {offset}");
            }
        }
    }
    Ok(())
}

#[test]
fn impossible_tables_are_refused() {
    let mut b = Builder::new();
    let size = |entries| BuildError::TableSize { entries, max: function::MAX_ENTRIES };
    assert_eq!(Function::new(&mut b, 0, &[]).err(), Some(size(0)));
    let many = function::MAX_ENTRIES + 1;
    assert_eq!(Function::new(&mut b, 0, &vec![0; many]).err(), Some(size(many)));
    for (lo, values) in [(0, [0, i64::MAX]), (i64::MIN, [0, 1]), (0, [-(1 << 60), 1 << 60])] {
        let refused = Function::new(&mut b, lo, &values).err();
        assert!(matches!(refused, Some(BuildError::Overflow { .. })), "{refused:?}");
    }
    let outside = by_lookup(1, 4, |b, x| Ok(vec![function::constrain(b, &x[0], -7, &[0; 15])?])).err();
    assert!(matches!(outside, Some(BuildError::NotProven { lo: -8, min: -7, .. })), "{outside:?}");
    let foreign = Function::new(&mut b, -8, &[0, 1].repeat(8));
    let refused = by_lookup(1, 4, |b, x| Ok(vec![foreign.clone()?.constrain(b, &x[0])?])).err();
    assert_eq!(refused, Some(BuildError::ForeignValue { operation: "lookup of a function" }));
    // What is never applied costs nothing.
    let idle = gadget_by(Ranges::Bits, 1, 4, |b, x| {
        Function::new(b, 0, &[1, 2, 3])?;
        Ok(x.to_vec())
    });
    assert_eq!(
        idle.map(|circuit| (circuit.commitment.is_none(), circuit.stats().constraints)),
        Ok((true, 4))
    );
}

// Cheating provers.

/// Two functions of one input of 4 bits, whose range is proven by 2-bit digits or wider.
fn victim() -> Circuit {
    let build = |b: &mut Builder, x: &[Bounded]| {
        let squares: Vec<i64> = (-8..8).map(|x: i64| x * x).collect();
        let cubes: Vec<i64> = (-8..8).map(|x: i64| x * x * x).collect();
        Ok(vec![function::constrain(b, &x[0], -8, &squares)?, function::constrain(b, &x[0], -8, &cubes)?])
    };
    gadget_by(Ranges::Lookup, 1, 4, build).unwrap_or_else(|e| panic!("{e}"))
}

/// Where the tables' multiplicities start, in order.
fn multiplicities(circuit: &Circuit) -> Vec<usize> {
    let mask = circuit.commitment.as_ref().map_or(0, |c| c.mask as usize);
    let sizes: Vec<usize> = circuit.program().tables().iter().map(|table| table.entries().len()).collect();
    let first = mask - sizes.iter().sum::<usize>();
    sizes.iter().scan(first, |next, size| Some(std::mem::replace(next, *next + size))).collect()
}

/// Changes wires of the first phase, completes the second honestly, and names what breaks.
fn cheat(circuit: &Circuit, x: &[i64], challenge: u64, changes: &[(usize, Fr)]) -> (Witness, String) {
    let mut witness = circuit.solve(&assign(x)).unwrap_or_else(|e| panic!("{e}"));
    for &(wire, value) in changes {
        witness.values[wire] = value;
    }
    // Queries are read from the wires anew.
    witness.positions.clear();
    let witness =
        circuit.complete(witness, Fr::from(5u64), hash(challenge)).unwrap_or_else(|e| panic!("{e}"));
    let violation = circuit.r1cs.first_violation(&witness);
    (witness, violation.map_or_else(|| "accepted".into(), |violation| violation.block))
}

fn hash(challenge: u64) -> Fr {
    Fr::from(challenge + 1).pow([65_537])
}

#[test]
fn wrong_multiplicities_are_caught() {
    let circuit = victim();
    for (table, &first) in multiplicities(&circuit).iter().enumerate() {
        let len = circuit.program().tables()[table].entries().len();
        let honest = circuit.solve(&assign(&[3])).unwrap_or_else(|e| panic!("{e}")).values;
        for (wire, &count) in honest.iter().enumerate().skip(first).take(len) {
            let huge = -Fr::from(7u64).inverse().unwrap_or_default();
            for lie in [count + Fr::one(), count - Fr::one(), -Fr::one(), huge, Fr::from(1u64 << 40)] {
                if lie != count {
                    let (_, verdict) = cheat(&circuit, &[3], 1, &[(wire, lie)]);
                    assert_eq!(verdict, format!("lookup/table {table}/{SUM}"));
                }
            }
        }
        // One moved to the neighbour.
        let hit = (first..first + len).find(|&wire| !honest[wire].is_zero()).unwrap_or(first);
        let other = if hit == first { hit + 1 } else { hit - 1 };
        let changes = [(hit, honest[hit] - Fr::one()), (other, honest[other] + Fr::one())];
        assert_eq!(cheat(&circuit, &[3], 1, &changes).1, format!("lookup/table {table}/{SUM}"));
    }
}

/// Whoever knows the challenge first can balance any sum. So it must be drawn after the commitment: the
/// same multiplicities fail for every other challenge.
#[test]
fn a_known_challenge_breaks_a_lookup_and_another_one_does_not() -> Outcome {
    // 9 is no value of 3 bits.
    let circuit = gadget_by(Ranges::Lookup, 1, 4, |b, x| Ok(vec![range::constrain(b, &x[0], 0, 7)?]))?;
    let x = hash(1);
    let lie = Fr::from(1000u64);
    let input = [(circuit.r1cs.num_instance, lie)];
    let (witness, verdict) = cheat(&circuit, &[3], 1, &input);
    assert!(verdict.ends_with(SUM), "{verdict}");
    // The sum is off by `excess`; a multiplicity `m` more of entry 0 adds m / (X - 0).
    let last = circuit.r1cs.num_constraints() - 1;
    let excess = circuit.r1cs.evaluate(&circuit.r1cs.c, last, &witness.values);
    let first = multiplicities(&circuit)[0];
    let forged = [input[0], (first, witness.values[first] - excess * x)];
    assert_eq!(cheat(&circuit, &[3], 1, &forged).1, "accepted");
    for challenge in 2..40 {
        assert!(cheat(&circuit, &[3], challenge, &forged).1.ends_with(SUM));
    }
    Ok(())
}

#[test]
fn a_witness_is_for_one_challenge() {
    let circuit = victim();
    let (mut witness, verdict) = cheat(&circuit, &[3], 1, &[]);
    assert_eq!(verdict, "accepted");
    witness.values[Wire::CHALLENGE.index()] = hash(2);
    assert!(circuit.r1cs.first_violation(&witness).is_some());
    // All but rho and what follows from it.
    let fresh = cheat(&circuit, &[3], 2, &[]).0;
    let mask = circuit.commitment.as_ref().map_or(0, |c| c.mask as usize);
    let hash_wires = mask + 1..mask + 1 + cost::RHO;
    for wire in hash_wires.end..witness.values.len() {
        witness.values[wire] = fresh.values[wire];
    }
    let violation = circuit.r1cs.first_violation(&witness).map(|violation| violation.block);
    assert!(violation.is_some_and(|block| block.starts_with("lookup/rho/")));
}

/// The wire of the value of query `query` of table `table`.
fn value_wires(circuit: &Circuit, scope: &str) -> Vec<usize> {
    let r1cs = &circuit.r1cs;
    (0..r1cs.num_constraints())
        .filter(|&row| r1cs.violation(row).block == scope)
        .filter_map(|row| r1cs.b.row(row).next().map(|(wire, _)| wire as usize))
        .collect()
}

#[test]
fn a_query_is_answered_by_its_own_table_and_argument() {
    let circuit = victim();
    let values = value_wires(&circuit, "function/rho * value = product");
    assert_eq!(values.len(), 2);
    let starts = multiplicities(&circuit);
    let honest = cheat(&circuit, &[3], 1, &[]).0.values;
    // Wires hold the value less the smallest one: squares from 0, cubes from -512.
    assert_eq!([honest[values[0]], honest[values[1]]], [9u64, 27 + 512].map(Fr::from));
    // The other table's value for the same argument, or the same table's for another, counted there or not.
    for (table, lie) in [(0, 27 + 512), (0, 16), (0, 0), (1, 9), (1, 64 + 512), (1, 0)] {
        for counted in [None, Some(0), Some(1)] {
            for entry in [10, 11, 12] {
                let mut changes = vec![(values[table], Fr::from(lie as u64))];
                changes.extend(counted.map(|t| (starts[t] + entry, honest[starts[t] + entry] + Fr::one())));
                let own = starts[table] + 11;
                if counted.is_some() && changes.iter().all(|&(wire, _)| wire != own) {
                    changes.push((own, honest[own] - Fr::one()));
                }
                let verdict = cheat(&circuit, &[3], 1, &changes).1;
                assert!(verdict.ends_with(SUM), "{table} {lie}: {verdict}");
            }
        }
    }
}

#[test]
fn rho_cannot_be_chosen() {
    let circuit = victim();
    let honest = cheat(&circuit, &[3], 1, &[]).0;
    let mask = circuit.commitment.as_ref().map_or(0, |c| c.mask as usize);
    let rho = mask + cost::RHO;
    // The hash has one wire less than constraints, rho is the last.
    for lie in [Fr::zero(), Fr::one(), hash(9)] {
        let mut forged = honest.clone();
        forged.values[rho] = lie;
        let violation = circuit.r1cs.first_violation(&forged).map(|violation| violation.block);
        assert_eq!(violation.as_deref(), Some("lookup/rho/rho * 1 = hash of the challenge"));
    }
}

/// A range check whose top digit is shorter than the others.
#[test]
fn top_digits_are_bounded_exactly() -> Outcome {
    // Six checks of 5 bits make digits of 3 bits best: the top digit has 2.
    let circuit = gadget_by(Ranges::Lookup, 6, 5, |_, x| Ok(x.to_vec()))?;
    let Some(&Entries::Range { bits: width }) =
        circuit.program().tables().first().map(|table| table.entries())
    else {
        panic!("a range table");
    };
    let width = u32::from(width);
    assert!(5 % width != 0 && width < 5, "{width}");
    let input = circuit.r1cs.num_instance;
    let digits_of_one = 5u32.div_ceil(width) as usize - 1;
    let top = input + 6 + digits_of_one - 1;
    let short = 5 - width * digits_of_one as u32;
    let weight = Fr::from(1u64 << (width * digits_of_one as u32));
    let starts = multiplicities(&circuit);
    let honest = cheat(&circuit, &[3; 6], 1, &[]).0.values;
    let accepted = |digit: Fr, counts: &[(usize, i64)]| {
        let mut changes = vec![(input, honest[input] + (digit - honest[top]) * weight), (top, digit)];
        changes.extend(
            counts.iter().map(|&(entry, c)| (starts[0] + entry, honest[starts[0] + entry] + Fr::from(c))),
        );
        cheat(&circuit, &[3; 6], 1, &changes).1 == "accepted"
    };
    let scale = 1u64 << (width - short);
    let old = 19u64 >> (width * digits_of_one as u32); // 3 + 16
    let recount = |digit: u64, scaled: u64| {
        let mut counts = vec![0i64; 1 << width];
        for (entry, c) in [(old, -1), (old * scale, -1), (digit, 1), (scaled, 1)] {
            if let Some(count) = counts.get_mut(entry as usize) {
                *count += c;
            }
        }
        counts.into_iter().enumerate().collect::<Vec<_>>()
    };
    // All that a digit of the full width could be: only short ones pass, with their own counts.
    for digit in 0..1u64 << width {
        let verdict = accepted(Fr::from(digit), &recount(digit, digit * scale));
        assert_eq!(verdict, digit < 1 << short, "{digit}");
    }
    // Fractions whose multiple is in the table, with that query counted and without.
    for t in (1..1u64 << width).filter(|t| t % scale != 0) {
        let fraction = Fr::from(t) * Fr::from(scale).inverse().unwrap_or_default();
        assert!(!accepted(fraction, &recount(1 << width, t)), "{t}");
        assert!(!accepted(fraction, &[]), "{t}");
    }
    Ok(())
}

/// Remainders of 2 bits with wider digits, which are scaled: a quotient off by one has no remainder, and no fraction passes
/// for a quotient.
#[test]
fn remainders_are_exact() -> Outcome {
    let circuit =
        gadget_by(Ranges::Lookup, 4, 8, |b, x| x.iter().map(|x| div_pow2::constrain(b, x, 2)).collect())?;
    let width = match circuit.program().tables().first().map(|table| table.entries()) {
        Some(&Entries::Range { bits }) => u64::from(bits),
        other => panic!("{other:?}"),
    };
    assert!(2 % width != 0, "{width}");
    let honest = cheat(&circuit, &[40; 4], 1, &[]).0.values;
    let quotient = circuit.r1cs.num_instance + 4;
    // (40 + 2 + 32 * 4) / 4 = 42.5
    assert_eq!(honest[quotient], Fr::from(42u64));
    let quarter = Fr::from(4u64).inverse().unwrap_or_default();
    let lies = [41u64, 43].map(Fr::from).into_iter();
    for lie in
        lies.chain((1..4u64).map(|t| Fr::from(170 - t) * quarter).filter(|lie| *lie != honest[quotient]))
    {
        let (witness, verdict) = cheat(&circuit, &[40; 4], 1, &[(quotient, lie)]);
        assert!(verdict.ends_with(SUM), "{verdict}");
        // Not even with multiplicities for whatever the digits are now: some query is no entry.
        let table = 0..1u64 << width;
        let is_entry = |value: Fr| table.clone().any(|entry| Fr::from(entry) == value);
        let challenge = witness.values[Wire::CHALLENGE.index()];
        let queries = (0..circuit.r1cs.num_constraints())
            .filter(|&row| circuit.r1cs.violation(row).block.ends_with("inverse * (challenge - query) = 1"));
        let asked =
            queries.map(|row| challenge - circuit.r1cs.evaluate(&circuit.r1cs.b, row, &witness.values));
        assert!(asked.into_iter().any(|value| !is_entry(value)), "{lie}");
    }
    Ok(())
}

/// Tables are not padded: a function of 5 values has 5 entries, and its neighbours are refused.
#[test]
fn nothing_is_padded() -> Outcome {
    let circuit =
        gadget_by(Ranges::Bits, 1, 2, |b, x| Ok(vec![function::constrain(b, &x[0], -3, &[5, 1, 4, 2, 3])?]))?;
    let entries = |block: &str| {
        (0..circuit.r1cs.num_constraints())
            .filter(|&row| circuit.r1cs.violation(row).block.ends_with(block))
            .count()
    };
    assert_eq!(entries("fraction * (challenge - entry) = multiplicity"), 5);
    let input = circuit.r1cs.num_instance;
    let value = value_wires(&circuit, "function/rho * value = product")[0];
    let starts = multiplicities(&circuit);
    for x in [-5i64, -4, 2, 3, 4] {
        for y in 0..6u64 {
            for entry in 0..5 {
                // The input's own bits break too; look at the table alone.
                let honest = circuit.solve(&assign(&[0])).unwrap_or_else(|e| panic!("{e}")).values;
                let (hit, moved) = (starts[0] + 3, starts[0] + entry);
                let mut changes =
                    vec![(input, Fr::from(x + 2)), (value, Fr::from(y)), (hit, honest[hit] - Fr::one())];
                changes.push((moved, if moved == hit { honest[hit] } else { honest[moved] + Fr::one() }));
                let (witness, _) = cheat(&circuit, &[0], 1, &changes);
                let last = circuit.r1cs.num_constraints() - 1;
                assert!(!circuit.r1cs.evaluate(&circuit.r1cs.c, last, &witness.values).is_zero());
            }
        }
    }
    Ok(())
}

proptest! {
    #![proptest_config(crate::testing::property(96))]
    #[test]
    fn wide_values(
        x in prop_oneof![any::<i32>(), Just(i32::MIN), Just(i32::MAX), -4..4i32],
        y in prop_oneof![any::<i32>(), Just(i32::MIN), Just(i32::MAX), -1..=1],
        factor in prop_oneof![1i64..1 << 20, Just(1)],
        shift in 0..40u32,
        lo in prop_oneof![-(1i64 << 24)..1 << 24, Just(0)],
        span in prop_oneof![1i64..1 << 24, Just(255)],
    ) {
        let (circuit, bounds) = by_lookup(2, 32, |b, v| {
            let acc = v[0].mul_const(factor)?;
            let wide = v[0].mul_const(1 << 27)?.add(&v[1])?;
            Ok(vec![
                clamp::constrain(b, &acc, shift, lo, lo + span)?,
                div_pow2::constrain(b, &acc, shift)?,
                compare::less_than(b, &v[0], &v[1])?,
                compare::is_non_negative(b, &wide)?,
                relu::constrain_one(b, &wide)?,
            ])
        })?;
        let (x, y) = (i64::from(x), i64::from(y));
        check(&circuit, &bounds, [vec![x, y], vec![x, x], vec![0, y]], |v| {
            let (acc, wide) = (v[0] * factor, (v[0] << 27) + v[1]);
            vec![
                clamp::reference(acc, shift, lo, lo + span),
                div_pow2::reference(acc, shift),
                i64::from(v[0] < v[1]),
                i64::from(wide >= 0),
                wide.max(0),
            ]
        });
    }

    #[test]
    fn any_function(values in prop::collection::vec(-(1i64 << 40)..1 << 40, 1..300), lo in -(1i64 << 40)..1 << 40, picks in prop::collection::vec(any::<prop::sample::Index>(), 1..20)) {
        let xs: Vec<i64> = picks.iter().map(|pick| pick.index(values.len()) as i64).collect();
        let circuit = gadget_by(Ranges::Lookup, xs.len(), 10, |b, v| {
            let f = Function::new(b, lo, &values)?;
            v.iter()
                .map(|x| {
                    let index = range::constrain(b, x, 0, values.len() as i64 - 1)?;
                    f.constrain(b, &index.add_const(lo)?)
                })
                .collect()
        })?;
        check_values(&circuit, [xs], |x| {
            x.iter().map(|&x| function::reference(x + lo, lo, &values).unwrap_or(i64::MIN)).collect()
        });
    }
}

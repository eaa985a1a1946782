//! Cheating provers: wires of their choice, and whatever multiplicities suit them.

use ark_bn254::Fr;
use ark_ff::{Field, One, PrimeField, Zero};

use super::{Outcome, SUM};
use crate::bounded::Bounded;
use crate::builder::Builder;
use crate::circuit::Circuit;
use crate::gadgets::lookup::{cost, function};
use crate::gadgets::{clamp, div_pow2, range};
use crate::instruction::Entries;
use crate::linear::Wire;
use crate::lookups::Ranges;
use crate::testing::{assign, gadget_by};
use crate::witness::Witness;

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
    let excess = sum_of(&circuit, last, &witness);
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
    let width = width_of(&circuit);
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

/// The C side of a constraint.
fn sum_of(circuit: &Circuit, row: usize, witness: &Witness) -> Fr {
    let sum = circuit.r1cs.evaluate(&circuit.r1cs.c, row, &witness.values);
    sum.unwrap_or_else(|| panic!("row {row}"))
}

/// Changes wires of the first phase and counts the queries anew, as well as can be: the queries that are no entry of their
/// table, by position among all, and what breaks.
fn recount(circuit: &Circuit, x: &[i64], changes: &[(usize, Fr)]) -> (Vec<usize>, String) {
    let mut values = circuit.solve(&assign(x)).unwrap_or_else(|e| panic!("{x:?}: {e}")).values;
    for &(wire, value) in changes {
        values[wire] = value;
    }
    let program = circuit.program();
    let mut strays = Vec::new();
    let mut counts = Vec::new();
    let (mut operand, mut query) = (program.first_query().unwrap_or_else(|e| panic!("{e}")), 0);
    for (table, first) in program.tables().iter().zip(multiplicities(circuit)) {
        let mut hits = vec![0u64; table.entries().len()];
        for _ in 0..table.queries() {
            let terms = |i: usize| program.integers.get(i).unwrap_or_else(|e| panic!("{e}")).iter();
            let evaluate = |i| terms(i).map(|&(wire, c)| values[wire as usize] * Fr::from(c)).sum::<Fr>();
            let position = small(evaluate(operand)).and_then(|x| table.entries().position(x));
            let is_right = |p: &u32| match table.entries() {
                Entries::Range { .. } => true,
                function => function.value(*p).map(Fr::from) == Some(evaluate(operand + 1)),
            };
            match position.filter(is_right) {
                Some(position) => hits[position as usize] += 1,
                None => strays.push(query),
            }
            operand += table.entries().columns();
            query += 1;
        }
        counts.extend((first..).zip(hits).map(|(wire, hits)| (wire, Fr::from(hits))));
    }
    let (_, verdict) = cheat(circuit, x, 1, &[changes, &counts].concat());
    (strays, verdict)
}

/// The element as an integer of 62 bits and a sign, if it is one.
fn small(value: Fr) -> Option<i64> {
    let narrow = |value: Fr| match value.into_bigint().0 {
        [low, 0, 0, 0] => i64::try_from(low).ok(),
        _ => None,
    };
    narrow(value).or_else(|| narrow(-value).map(|value| -value))
}

/// Rounding by `shift` bits, by one digit that is scaled or by several: no quotient but the right one passes. Integers that the
/// quotient's own proof admits, which is loose, are stopped by the remainder; fractions that give any remainder at all
/// are stopped by the quotient.
#[test]
fn remainders_are_exact() -> Outcome {
    // One digit, and two.
    for (count, bits, shift) in [(12, 8, 2), (6, 8, 5)] {
        let circuit = gadget_by(Ranges::Lookup, count, bits, |b, x| {
            x.iter().map(|x| div_pow2::constrain(b, x, shift)).collect()
        })?;
        let width = width_of(&circuit);
        let digits = |bits: u32| bits.div_ceil(width) as usize;
        let (of_input, of_rest, of_quotient) = (digits(8), digits(shift), digits(9 - shift));
        assert!(shift % width != 0, "{width} bits");
        let x = vec![40; count];
        let honest = circuit.solve(&assign(&x)).unwrap_or_else(|e| panic!("{e}")).values;
        // Inputs, quotients, digits of inputs, digits of remainder and quotient.
        let quotient = circuit.r1cs.num_instance + count;
        let rest_digits = quotient + count + count * (of_input - 1);
        let quotient_digits = rest_digits + of_rest - 1;
        // Positions of the queries of the first remainder: each input has a digit more for its top.
        let first = count * (of_input + usize::from(8 % width != 0));
        let is_of_rest = |query: &usize| (first..first + of_rest).contains(query);
        // x + 2^(s-1) less the smallest quotient, times 2^s
        let lowest = div_pow2::reference(-128, shift);
        let v = 40 + crate::integer::half(shift) - (lowest << shift);
        let right = v >> shift;
        assert_eq!(honest[quotient], Fr::from(right));

        let scale = 1i64 << (width * of_rest as u32 - shift);
        let inverse = |x: i64| Fr::from(x).inverse().unwrap_or_default();
        // Digits behind the first of `value`, in two's complement; or one that leaves nothing to digit 0.
        let split = |value: i64, i: u32| Fr::from((value >> (width * i)) & ((1 << width) - 1));
        let with_digits = |lie: Fr, value: Option<i64>, rest: Option<i64>| {
            let mut changes = vec![(quotient, lie)];
            for i in 1..of_quotient as u32 {
                let digit = value.map_or(lie * inverse(1 << width), |value| split(value, i));
                changes.push((quotient_digits + i as usize - 1, digit));
            }
            let scaled = (Fr::from(v) - lie * Fr::from(1i64 << shift)) * Fr::from(scale);
            for i in 1..of_rest as u32 {
                let digit = rest.map_or(scaled * inverse(1 << width), |rest| split(rest, i));
                changes.push((rest_digits + i as usize - 1, digit));
            }
            recount(&circuit, &x, &changes)
        };
        let mut admitted = 0;
        for q in -3..(1i64 << (width * of_quotient as u32)) + 3 {
            let rest = (v - (q << shift)) * scale;
            let (strays, verdict) = with_digits(Fr::from(q), Some(q), Some(rest));
            assert_eq!(verdict == "accepted", q == right, "{q}");
            assert_eq!(strays.iter().any(is_of_rest), q != right, "{q}");
            admitted += usize::from(q != right && strays.iter().all(is_of_rest));
            if of_rest > 1 {
                // The fraction of the next digit that leaves none to the first, unless that is none anyway.
                let is_honest = q == right && rest % (1 << width) == 0;
                let (strays, verdict) = with_digits(Fr::from(q), Some(q), None);
                assert_eq!(verdict == "accepted", is_honest, "{q}: {verdict}");
                assert_eq!(strays.iter().any(is_of_rest), !is_honest, "{q}");
            }
        }
        assert!(admitted > 1 << (8 - shift), "the quotient's own proof stops hardly anything");
        for t in (0..1i64 << (width * of_rest as u32))
            .filter(|t| t % scale != 0 || (v - t / scale) % (1 << shift) != 0)
        {
            let lie = (Fr::from(v) - Fr::from(t) * inverse(scale)) * inverse(1 << shift);
            let (strays, verdict) = with_digits(lie, None, Some(t));
            assert!(verdict.ends_with(SUM), "{t}: {verdict}");
            assert!(!strays.is_empty() && !strays.iter().any(is_of_rest), "{t}: {strays:?}");
        }
    }
    Ok(())
}

/// Behind a clamp the quotient has a sign of the prover's choice, with its digits. Whatever it says, only the quotient
/// passes, so that the sign is that of the quotient.
#[test]
fn clamped_quotients_are_exact() -> Outcome {
    let count = 12;
    let circuit = gadget_by(Ranges::Lookup, count, 8, |b, x| {
        x.iter().map(|x| clamp::constrain(b, x, 2, 0, 1 << 20)).collect()
    })?;
    let width = width_of(&circuit);
    assert!(2 % width != 0, "{width} bits");
    for x in [-40i64, 40] {
        let values = vec![x; count];
        let honest = circuit.solve(&assign(&values)).unwrap_or_else(|e| panic!("{e}")).values;
        // Quotient, sign, product.
        let quotient = circuit.r1cs.num_instance + count;
        let [stored, sign] = [honest[quotient], honest[quotient + 1]];
        assert_eq!(sign, Fr::from(u64::from(x >= 0)));
        let lowest = div_pow2::reference(-128, 2);
        let right = div_pow2::reference(x, 2);
        assert_eq!(stored, Fr::from(right - lowest));
        let of_input = 8u32.div_ceil(width) as usize - 1;
        let digits = quotient + 3 * count + count * of_input;
        let magnitude = 6u32.next_multiple_of(width);
        let mut accepted = Vec::new();
        for q in -70i64..70 {
            for lie in [0, 1i64] {
                let product = Fr::from(q * lie);
                let mut changes = vec![
                    (quotient, Fr::from(q - lowest)),
                    (quotient + 1, Fr::from(lie)),
                    (quotient + 2, product),
                ];
                let u = q + ((1 - lie) << magnitude);
                for i in 1..magnitude / width {
                    changes
                        .push((digits + i as usize - 1, Fr::from((u >> (width * i)) & ((1 << width) - 1))));
                }
                if recount(&circuit, &values, &changes).1 == "accepted" {
                    accepted.push((q, lie));
                }
            }
        }
        assert_eq!(accepted, [(right, i64::from(x >= 0))]);
    }
    Ok(())
}

fn width_of(circuit: &Circuit) -> u32 {
    match circuit.program().tables().last().map(|table| table.entries()) {
        Some(&Entries::Range { bits }) => u32::from(bits),
        other => panic!("no range table: {other:?}"),
    }
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
                assert!(!sum_of(&circuit, last, &witness).is_zero());
            }
        }
    }
    Ok(())
}

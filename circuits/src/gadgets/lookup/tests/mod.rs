//! The gadgets by lookup equal their references and have unique witnesses; cheating provers fail.

mod cheating;

use proptest::prelude::*;

use super::cost::{self, Demand};
use super::function::{self, Function};
use crate::audit;
use crate::bounded::Bounded;
use crate::builder::Builder;
use crate::circuit::Circuit;
use crate::error::BuildError;
use crate::gadgets::{clamp, compare, div_pow2, larger, range};
use crate::integer::times;
use crate::layers::argmax;
use crate::lookups::Ranges;
use crate::testing::{
    all, all_pairs, assert_costs, assert_every_constraint_is_needed, assign, check, check_values, gadget_by,
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
            let largest = larger::constrain(b, &x[0], &x[1])?;
            Ok(vec![compare::less_than(b, &x[0], &x[1])?, compare::at_least(b, &x[0], &x[1])?, largest])
        })?;
        check(&circuit, &bounds, all_pairs(bits), |v| {
            let (x, y) = (v[0], v[1]);
            vec![i64::from(x < y), i64::from(x >= y), x.max(y)]
        });
    }
    Ok(())
}

/// `max(x, 0)`: no value is above the bound.
fn relu(b: &mut Builder, x: &Bounded) -> Result<Bounded, BuildError> {
    clamp::constrain(b, x, 0, 0, 1 << crate::integer::LIMIT_BITS)
}

#[test]
fn signs_of_all_intervals() -> Outcome {
    for offset in -9..=9 {
        let (circuit, bounds) = by_lookup(1, 4, |b, x| {
            Ok(vec![
                compare::is_non_negative(b, &x[0].add_const(offset)?)?,
                relu(b, &x[0].add_const(offset)?)?,
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
    assert_costs(200, 6, build, |t, x| {
        let wide: Vec<_> = x.iter().map(|&x| times(x, 3)).collect();
        clamp::cost_all(t, &wide, 2, -4, 9);
    })?;
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
fn every_constraint_is_needed() -> Outcome {
    let edges = [-8, -3, -1, 0, 1, 4, 7].map(|x| vec![x]);
    for (shift, lo, hi) in [(1, -2, 1), (2, -8, 7), (0, 0, 7), (0, -8, 3)] {
        let build = |b: &mut Builder, x: &[Bounded]| Ok(vec![clamp::constrain(b, &x[0], shift, lo, hi)?]);
        assert_every_constraint_is_needed(&gadget_by(Ranges::Lookup, 1, 4, build)?, &edges);
    }
    for (lo, hi) in [(-3, 4), (-8, 2), (-2, 2)] {
        let build = |b: &mut Builder, x: &[Bounded]| Ok(vec![range::constrain(b, &x[0], lo, hi)?]);
        let inside: Vec<_> = edges.iter().filter(|x| range::reference(x[0], lo, hi)).cloned().collect();
        assert_every_constraint_is_needed(&gadget_by(Ranges::Lookup, 1, 4, build)?, &inside);
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
    assert_every_constraint_is_needed(&circuit, &edges[..2]);
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
                relu(b, &wide)?,
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

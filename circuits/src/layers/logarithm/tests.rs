//! The logarithm against real numbers, and its constraints against the reference.

use super::*;
use crate::integer::sum;
use crate::linear::Wire;
use crate::testing::{
    all, assert_costs, assert_every_constraint_is_needed, check, check_both, check_values, forge, gadget,
    gadget_with_bounds, wires_of,
};
use ark_bn254::Fr;
use proptest::prelude::*;

fn one(x: i64, p: &Logarithm) -> i64 {
    reference(&[x], p).unwrap_or_else(|e| panic!("{x}: {e}"))[0]
}

/// All of 17 bits, and around powers of two beyond.
fn many() -> impl Iterator<Item = i64> {
    let beyond =
        (17..60).flat_map(|bits| (-40..40).map(move |near| (1i64 << bits) + near * (1 << (bits - 16))));
    (1..1 << 17).chain(beyond)
}

#[test]
fn errs_as_stated() -> Result<(), BuildError> {
    for (input_scale, scale) in [(0, 28), (20, 28), (-3, 28), (0, 34), (0, 8), (13, 12)] {
        let p = Logarithm::new(input_scale, scale)?;
        let (unit, by) = (2f64.powi(-scale), 2f64.powi(-input_scale));
        for x in many() {
            let error = one(x, &p) as f64 * unit - (x as f64 * by).ln();
            assert!(
                error.abs() < 2f64.powi(-14) + 0.5 * unit,
                "{x} * 2^-{input_scale} at 2^-{scale}: {error}"
            );
        }
    }
    // ln 2^e to the nearest.
    let p = Logarithm::new(0, 16)?;
    for e in 0..60 {
        assert_eq!(one(1 << e, &p), (f64::from(e) * 2f64.ln() * 65536.0).round() as i64);
    }
    Ok(())
}

#[test]
fn never_falls() -> Result<(), BuildError> {
    let p = Logarithm::new(0, 28)?;
    let mut last = 0;
    for x in (1..1 << 17).chain(many().skip_while(|&x| x != (1 << 18) - 160)) {
        let fine = p.fine(x.into());
        assert!(fine >= last, "{x}");
        last = fine;
    }
    // At the end of each octave, as fine as d is.
    for e in 17..59 {
        assert!(p.fine((1 << e) - 1) < p.fine(1 << e));
    }
    Ok(())
}

fn from(offset: i64, p: &Logarithm) -> impl Fn(&mut Builder, &[Bounded]) -> Result<Vec<Bounded>, BuildError> {
    move |b, x| {
        let x = x.iter().map(|x| x.add_const(offset)).collect::<Result<Vec<_>, _>>()?;
        constrain(b, &x, p)
    }
}

#[test]
fn constraints_equal_the_reference() -> Result<(), BuildError> {
    for (input_scale, scale) in [(0, 10), (3, 28), (-2, 30), (12, 0)] {
        let p = Logarithm::new(input_scale, scale)?;
        for (bits, offset) in [(1u8, 2), (3, 5), (8, 129), (8, 1000), (8, 1 << 20)] {
            let build = from(offset, &p);
            let expected = |x: &[i64]| vec![one(x[0] + offset, &p)];
            let (circuit, bounds) = gadget_with_bounds(1, bits, &build)?;
            check(&circuit, &bounds, all(bits).map(|x| vec![x]), expected);
            check_both(1, bits, &build, all(bits).map(|x| vec![x]), expected)?;
            assert_costs(1, bits, &build, |t, x| {
                let x = sum(x[0], (offset.into(), offset.into()));
                assert_eq!(cost(t, &[x], &p), Ok(bounds.clone()));
            })?;
        }
    }
    Ok(())
}

#[test]
fn many_values_share_a_table() -> Result<(), BuildError> {
    let p = Logarithm::new(2, 12)?;
    let build = from((1 << 13) + 1, &p);
    let x: Vec<i64> = (0..40).map(|i| i * 397 % 16384 - 8192).collect();
    check_both(40, 14, &build, [x], |x| x.iter().map(|x| one(x + (1 << 13) + 1, &p)).collect())?;
    assert_costs(40, 14, &build, |t, x| {
        let x: Vec<Interval> = x.iter().map(|&x| sum(x, ((1 << 13) + 1, (1 << 13) + 1))).collect();
        assert!(cost(t, &x, &p).is_ok());
    })
}

#[test]
fn costs_and_necessity() -> Result<(), BuildError> {
    let p = Logarithm::new(0, 4)?;
    let circuit = gadget(1, 4, from(9, &p))?;
    // From 1 to 16: 3 bits of shift; 16 digits; chords; a product; V of 30 bits.
    assert_eq!(circuit.stats().constraints - 4, 2 * 3 + 16 + 20 + 1 + 30);
    assert_every_constraint_is_needed(&circuit, &all(4).map(|x| vec![x]).collect::<Vec<_>>());
    Ok(())
}

/// The constraint that stops a prover who claims another shift, with everything behind it to match.
#[test]
fn no_other_shift_passes() -> Result<(), BuildError> {
    let p = Logarithm::new(0, 28)?;
    let circuit = gadget(1, 8, from(129, &p))?;
    let bits = wires_of(&circuit, "shift bit");
    assert_eq!(bits.len(), 4);
    for x in [1i64, 2, 3, 127, 128, 200, 256] {
        let least = 16 - 8;
        let honest = 16 - least - i64::from(x.ilog2());
        for shift in 0..16 {
            let (mut value, mut changes) = (x << least, Vec::new());
            for (&wire, j) in bits.iter().zip([3, 2, 1, 0]) {
                let bit = shift >> j & 1;
                changes.push((wire, Fr::from(bit as u64)));
                changes.push((Wire(wire.0 + 1), Fr::from((bit * value) as u64)));
                value += bit * value * ((1 << (1 << j)) - 1);
            }
            let fraction = (value - (1 << 16)) as u64;
            let digits = wires_of(&circuit, "logarithm/bit");
            changes.extend((1..16).zip(digits).map(|(i, wire)| (wire, Fr::from(fraction >> i & 1))));
            let verdict = forge(&circuit, &[x - 129], &changes);
            match shift == honest {
                true => assert_eq!(verdict, "accepted", "{x}"),
                false => assert!(verdict.starts_with("logarithm/bit 0"), "{x} by 2^{shift}: {verdict}"),
            }
        }
    }
    Ok(())
}

#[test]
fn what_has_no_logarithm_is_refused() -> Result<(), BuildError> {
    let p = Logarithm::new(0, 8)?;
    for refused in [reference(&[1, 0], &p).map(|_| ()), gadget(1, 4, from(8, &p)).map(|_| ())] {
        assert!(matches!(refused, Err(BuildError::NotProven { operation: OPERATION, min: 1, .. })));
    }
    let mut tally = Tally::new(Ranges::Bits);
    assert!(cost(&mut tally, &[(1, 2), (0, 5)], &p).is_err());
    let wide = gadget(1, 32, from((1 << 31) + 1, &p)).map(|_| ());
    assert!(matches!(wide, Err(BuildError::Overflow { .. })), "{wide:?}");
    assert!(cost(&mut tally, &[(1, 1 << 31)], &p).is_err());
    assert!(cost(&mut tally, &[(1, (1 << 28) - 1)], &p).is_ok());
    for (input_scale, scale) in [(61, 0), (-61, 0), (0, 41), (0, -21)] {
        assert!(matches!(Logarithm::new(input_scale, scale), Err(BuildError::Function { .. })));
    }
    Ok(())
}

proptest! {
    #![proptest_config(crate::testing::property(48))]
    #[test]
    fn wide_values(x in -(1i64 << 23)..1 << 23, small in 1i64..1000, scale in 0..34i32) {
        let p = Logarithm::new(7, scale)?;
        let offset = (1 << 23) + 1;
        let circuit = gadget(1, 24, from(offset, &p))?;
        let inputs = [vec![x], vec![small - offset], vec![-(1 << 23)], vec![(1 << 23) - 1]];
        check_values(&circuit, inputs, |x| vec![one(x[0] + offset, &p)]);
    }
}

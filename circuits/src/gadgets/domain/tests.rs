use super::*;
use crate::audit;
use crate::circuit::Circuit;
use crate::cost::Size;
use crate::linear::Wire;
use crate::testing::{assign, check_values, unique};
use ark_ff::Field;
use proptest::prelude::*;

type Outcome = Result<(), BuildError>;

fn circuit(ranges: Ranges, bits: u8, domain: Domain) -> Result<Circuit, BuildError> {
    let mut b = Builder::with_ranges(ranges);
    let x = b.input_of("x", bits, &[domain])?;
    b.finish_gadget(&[&x])
}

/// Each domain of few bits: an interval, with or without a missing value, or a few steps.
fn domains() -> Vec<Domain> {
    let mut all = Vec::new();
    for lo in -8..8 {
        for hi in lo..8 {
            let domain = Domain::new(lo, hi).unwrap_or_else(|error| panic!("{error}"));
            all.push(domain);
            all.extend([-8, -5].into_iter().filter_map(|code| domain.or_missing(code).ok()));
            all.extend([1, 2, 3].into_iter().filter_map(|step| domain.stepping(step).ok()));
            let stepping = domain.stepping(1).and_then(|domain| domain.or_missing(-8));
            all.extend(stepping.ok());
        }
    }
    all
}

/// Whatever the wire and the advice hold, by bits: exactly the integers of the domain have a witness, and one.
#[test]
fn no_witness_outside_of_any_domain_of_four_bits() -> Outcome {
    let half = Fr::from(2u64).inverse().unwrap_or_default();
    let whole = (-20..40i64).map(Fr::from);
    let broken =
        (-20..40i64).map(|x| Fr::from(x) + half).chain((0..20i64).map(|x| Fr::from(2 * x + 1) * half * half));
    let wires: Vec<Fr> = whole.chain(broken).collect();
    for domain in domains() {
        let circuit = circuit(Ranges::Bits, 4, domain)?;
        let first = domain.interval().1 as i64;
        let honest = audit::solve(&circuit, &assign(&[first])).unwrap_or_else(|error| panic!("{error}"));
        let free = circuit.r1cs.num_wires() - 3;
        let mut accepted = Vec::new();
        for &x in &wires {
            let mut witness = honest.clone();
            witness.values[Wire(2).index()] = x;
            for choice in 0..1u32 << free {
                for i in 0..free {
                    witness.values[3 + i] = Fr::from((choice >> i) & 1);
                }
                if circuit.r1cs.first_violation(&witness).is_none() {
                    accepted.push(x);
                }
            }
        }
        let expected: Vec<Fr> = (-8..8).filter(|x| reference(*x, &domain)).map(|x| Fr::from(x + 8)).collect();
        assert_eq!(accepted, expected, "{domain:?}");
    }
    Ok(())
}

/// The witness of each integer of a domain is accepted and unique, and the formula counts what is built, either way; the program's
/// witness for any other is not accepted.
#[test]
fn domains_of_four_bits() -> Outcome {
    for domain in domains() {
        for ranges in [Ranges::Bits, Ranges::Lookup] {
            let circuit = circuit(ranges, 4, domain)?;
            let mut t = Tally::new(ranges);
            cost(&mut t, &domain, 1);
            assert_eq!(t.size(), Size::of(&circuit), "{domain:?}, {ranges:?}");
            for x in -8..8 {
                let Ok(witness) = audit::solve(&circuit, &assign(&[x])) else {
                    assert!(!domain.contains(x), "{x} in {domain:?}, {ranges:?}");
                    continue;
                };
                let violation = circuit.r1cs.first_violation(&witness);
                assert_eq!(violation.is_none(), reference(x, &domain), "{x} in {domain:?}, {ranges:?}");
                if let Some(violation) = violation {
                    let block = &violation.block;
                    assert!(block.starts_with("input x/") || block.starts_with("lookup"), "{block}");
                } else {
                    assert!(unique(&circuit, &witness).is_clean(), "{x} in {domain:?}, {ranges:?}");
                }
            }
        }
    }
    Ok(())
}

#[test]
fn costs() -> Outcome {
    let price = |domain: Domain| {
        let mut t = Tally::new(Ranges::Bits);
        cost(&mut t, &domain, 1);
        t.constraints()
    };
    assert_eq!(price(Domain::whole(15)), 15);
    assert_eq!(price(Domain::new(0, 1)?), 1); // a flag
    assert_eq!(price(Domain::new(3, 3)?), 1);
    assert_eq!(price(Domain::new(0, 127)?), 7);
    // 100 = 0b1100100: a product, two runs of zeros, and another.
    assert_eq!(price(Domain::new(0, 100)?), 7 + 4);
    assert_eq!(price(Domain::new(0, 4096)?.stepping(12)?), 2); // a flag at 2^12
    assert_eq!(price(Domain::new(0, 100)?.or_missing(-128)?), 7 + 4 + 2);
    // All integers of a format but the least are numbers.
    assert_eq!(price(Domain::new(-127, 127)?.or_missing(-128)?), 8);
    // Keys of single precision: 2^32 - 2^24 = 0b1111_1111 and 24 zeros.
    let keys = assay_interface::float32::KEY_OF_INFINITY;
    assert_eq!(price(Domain::new(-keys, keys)?), 32 + 7 + 1);
    Ok(())
}

#[test]
fn what_is_no_domain_is_refused() {
    let empty = |domain: Result<Domain, BuildError>| matches!(domain, Err(BuildError::EmptyRange { .. }));
    assert!(empty(Domain::new(3, 2)));
    assert!(empty(Domain::new(0, 3).and_then(|domain| domain.stepping(1))));
    assert!(empty(Domain::new(0, 3).and_then(|domain| domain.stepping(200))));
    assert!(empty(Domain::new(0, 3).and_then(|domain| domain.or_missing(0))));
    let wide = Domain::new(-8, 8).and_then(|domain| Builder::new().input_of("x", 4, &[domain]));
    assert!(matches!(wide, Err(BuildError::NotProven { index: 0, hi: 8, max: 7, .. })), "{wide:?}");
    assert!(matches!(Builder::new().input_of("x", 4, &[]), Err(BuildError::Empty { .. })));
}

proptest! {
    #![proptest_config(crate::testing::property(64))]
    #[test]
    fn wide_domains(a in any::<i32>(), c in any::<i32>(), x in any::<i32>()) {
        let (lo, hi) = (i64::from(a.min(c)), i64::from(a.max(c)));
        let domain = Domain::new(lo, hi)?;
        let near = [lo - 1, lo, lo + 1, hi - 1, hi, hi + 1, x.into(), i32::MIN.into(), i32::MAX.into()];
        for ranges in [Ranges::Bits, Ranges::Lookup] {
            let circuit = circuit(ranges, 32, domain)?;
            let mut t = Tally::new(ranges);
            cost(&mut t, &domain, 1);
            prop_assert_eq!(t.size(), Size::of(&circuit));
            let inside: Vec<Vec<i64>> = near.iter().filter(|x| domain.contains(**x)).map(|&x| vec![x]).collect();
            check_values(&circuit, inside, <[i64]>::to_vec);
            for x in near.into_iter().filter(|x| !domain.contains(*x) && i32::try_from(*x).is_ok()) {
                if let Ok(witness) = audit::solve(&circuit, &assign(&[x])) {
                    prop_assert!(circuit.r1cs.first_violation(&witness).is_some(), "{} in {:?}", x, domain);
                }
            }
        }
    }
}

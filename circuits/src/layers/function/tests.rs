//! Constraints against tables; [`values`] has tables against numbers.

use super::*;
use crate::testing::{all, assert_costs, check, check_both, gadget, gadget_by, gadget_with_bounds};
use values::{functions, quantization};

mod values;

#[test]
fn constraints_equal_the_table() -> Result<(), BuildError> {
    for function in functions() {
        // Of a function between 0 and 1, with some arguments there.
        let input_scale = if function.arguments().integers(4).1 < 100 { 7 } else { 4 };
        let q = Quantization { output_lo: -128, output_hi: 127, ..quantization(function, input_scale, 4) };
        // Smaller than the inputs: the ends saturate.
        let (lo, hi) = (q.lo.max(-100), q.hi.min(100));
        let table = FunctionTable::of(function, Quantization { lo, hi, ..q })?;
        let (circuit, bounds) = gadget_with_bounds(1, 8, |b, x| constrain(b, x, &table))?;
        assert!(bounds[0].0 >= -128 && bounds[0].1 <= 127);
        let edges = [-128, -101, -100, -99, -1, 0, 1, 2, 99, 100, 101, 127].map(|x| vec![x]);
        check(&circuit, &bounds, edges, |x| vec![reference(x[0], &table)]);
        let build = |b: &mut Builder, x: &[Bounded]| constrain(b, x, &table);
        check_both(1, 8, build, all(8).map(|x| vec![x]), |x| vec![reference(x[0], &table)])?;
        assert_costs(1, 8, build, |t, x| {
            assert_eq!(cost(t, x, &table), bounds);
        })?;
    }
    Ok(())
}

#[test]
fn cost_of_a_sigmoid() -> Result<(), BuildError> {
    let q = Quantization { lo: -128, hi: 127, input_scale: 4, output_scale: 8, output_lo: 0, output_hi: 255 };
    let table = FunctionTable::of(Activation::Sigmoid, q)?;
    let circuit = gadget(1, 8, |b, x| constrain(b, x, &table))?;
    assert_eq!(circuit.stats().constraints - 8, 45);
    // Half of the domain, one bit less.
    let half = gadget(1, 7, |b, x| constrain(b, &[x[0].add_const(64)?], &table))?;
    assert!(half.stats().constraints - 7 < 45);
    Ok(())
}

#[test]
fn impossible_tables_are_refused() {
    let q = quantization(Activation::Exp, 8, 8);
    let why = |function, q| match FunctionTable::of(function, q) {
        Err(BuildError::Function { why, .. }) => why,
        other => panic!("{other:?}"),
    };
    assert!(why(Activation::Exp, Quantization { hi: 1 << 30, ..q }).contains("2^20 arguments"));
    assert!(why(Activation::Exp, Quantization { lo: 1 << 40, hi: 1 << 40, ..q }).contains("beyond ±2^20"));
    assert!(why(Activation::Exp, Quantization { input_scale: 41, ..q }).contains("scale"));
    assert!(
        why(
            Activation::Exp,
            Quantization { lo: 40, hi: 40, input_scale: 0, output_scale: 0, output_hi: 1 << 50, ..q }
        )
        .contains("2^46")
    );
    // A file may state any scale: the largest argument inside 1 has to be one for all of them.
    for (scale, inside) in
        [(i32::MIN, 0), (0, 0), (4, 15), (62, (1 << 62) - 1), (63, i64::MAX), (i32::MAX, i64::MAX)]
    {
        assert_eq!(Activation::Atanh.arguments().integers(scale), (-inside, inside));
    }
    assert!(matches!(
        FunctionTable::of(Activation::Exp, Quantization { lo: 1, hi: 0, ..q }),
        Err(BuildError::EmptyRange { .. })
    ));
    assert!(matches!(FunctionTable::new(0, vec![]), Err(BuildError::Empty { .. })));
    assert!(matches!(FunctionTable::new(0, vec![i64::MAX]), Err(BuildError::Overflow { .. })));
    assert!(matches!(FunctionTable::new(i64::MAX, vec![0]), Err(BuildError::Overflow { .. })));
    assert!(matches!(FunctionTable::new(0, vec![0; MAX_ENTRIES + 1]), Err(BuildError::Bits { .. })));
}

#[test]
fn restriction_keeps_the_meaning() -> Result<(), BuildError> {
    let table = FunctionTable::new(-3, vec![5, 6, 7, 8])?;
    assert_eq!((table.lo(), table.hi()), (-3, 0));
    for (lo, hi, part) in [(-10, 10, &[5, 6, 7, 8][..]), (-2, -1, &[6, 7]), (4, 9, &[8]), (-9, -5, &[5])] {
        let restricted = table.restrict(lo, hi);
        assert_eq!(restricted.values(), part);
        for x in lo..=hi {
            let x = x as i64;
            assert_eq!(reference(x, &restricted), reference(x, &table));
        }
    }
    Ok(())
}

#[test]
fn with_lookups_the_cheapest_method_is_taken() -> Result<(), BuildError> {
    let q =
        Quantization { lo: -128, hi: 127, input_scale: 5, output_scale: 7, output_lo: -128, output_hi: 127 };
    let table = FunctionTable::of(Activation::Tanh, q)?;
    let names = |len: usize, bits: u8| -> Result<Vec<String>, BuildError> {
        let build = |b: &mut Builder, x: &[Bounded]| constrain(b, x, &table);
        let inputs =
            vec![vec![-(1i64 << (bits - 1)); len], (0..len as i64).map(|i| i * 7 % 256 - 100).collect()];
        check_both(len, bits, build, inputs, |x| x.iter().map(|&x| reference(x, &table)).collect())?;
        assert_costs(len, bits, build, |t, x| {
            cost(t, x, &table);
        })?;
        let circuit = gadget_by(Ranges::Lookup, len, bits, build)?;
        Ok(circuit.r1cs.blocks.iter().map(|block| block.name.clone()).collect())
    };
    let has = |names: &[String], part: &str| names.iter().any(|name| name.contains(part));
    // Few values: by bits.
    let few = names(3, 8)?;
    assert!(has(&few, "multiplex") && !has(&few, "rho"));
    // Many: looked up, beyond the domain as well.
    let many = names(100, 9)?;
    assert!(!has(&many, "multiplex") && !has(&many, "clamp") && has(&many, "rho"));
    // Far beyond the domain: clamped.
    let wide = names(40, 16)?;
    assert!(!has(&wide, "multiplex") && has(&wide, "clamp") && has(&wide, "rho"));
    assert_eq!(constrain(&mut Builder::new(), &[], &table), Ok(vec![]));
    Ok(())
}

#[test]
fn rounding_and_function_in_one() -> Result<(), BuildError> {
    let q =
        Quantization { lo: -64, hi: 63, input_scale: 4, output_scale: 7, output_lo: -128, output_hi: 127 };
    let table = FunctionTable::of(Activation::Gelu, q)?;
    // Bounds inside the domain and beyond it.
    for (lo, hi) in [(-64, 63), (0, 40), (-100, 100)] {
        let p: Vec<Requantize> = (0..32).map(|i| Requantize { shift: 1 + i % 3, lo, hi }).collect();
        let build = |b: &mut Builder, x: &[Bounded]| constrain_rounded(b, x, &p, &table);
        let expected = |x: &[i64]| x.iter().zip(&p).map(|(&x, &p)| reference_rounded(x, p, &table)).collect();
        let inputs = [-512, -257, -1, 0, 1, 255, 511];
        let inputs: Vec<Vec<i64>> =
            inputs.iter().map(|&start| (0..32).map(|i| (start + i).min(511)).collect()).collect();
        check_both(32, 10, build, inputs, expected)?;
        assert_costs(32, 10, build, |t, x| {
            cost_rounded(t, x, &p, &table);
        })?;
        let apart = |b: &mut Builder, x: &[Bounded]| {
            let rounded = x.iter().zip(&p).map(|(x, &p)| requantize::constrain_one(b, x, p));
            let rounded = rounded.collect::<Result<Vec<_>, _>>()?;
            constrain(b, &rounded, &table)
        };
        let (one, two) =
            (gadget_by(Ranges::Lookup, 32, 10, build)?, gadget_by(Ranges::Lookup, 32, 10, apart)?);
        assert!(one.stats().constraints <= two.stats().constraints);
    }
    let p = [Requantize { shift: 1, lo: 0, hi: 9 }, Requantize { shift: 1, lo: -9, hi: 9 }];
    let build = |b: &mut Builder, x: &[Bounded]| constrain_rounded(b, x, &p, &table);
    check_both(2, 5, build, [[-16, -16], [15, 15], [3, -3]].map(Vec::from), |x| {
        x.iter().zip(&p).map(|(&x, &p)| reference_rounded(x, p, &table)).collect()
    })?;
    let refused = constrain_rounded(&mut Builder::new(), &[], &p, &table);
    assert!(matches!(refused, Err(BuildError::Length { .. })));
    let empty = [Requantize { shift: 1, lo: 1, hi: 0 }];
    for ranges in [Ranges::Bits, Ranges::Lookup] {
        let refused = gadget_by(ranges, 1, 5, |b, x| constrain_rounded(b, x, &empty, &table));
        assert!(matches!(refused, Err(BuildError::EmptyRange { .. })), "{refused:?}");
    }
    Ok(())
}

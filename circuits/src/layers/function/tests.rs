//! Tables against floating point, and constraints against tables.

use super::*;
use crate::testing::{all, assert_costs, check, check_both, gadget, gadget_by, gadget_with_bounds};

const HALF: Dyadic = Dyadic { mantissa: 1, shift: 1 };

/// The error function to about 1e-15: its Taylor series below 3, the continued fraction of erfc above.
fn erf(x: f64) -> f64 {
    if x < 0.0 {
        return -erf(-x);
    }
    if x < 3.0 {
        let (mut term, mut sum) = (x, x);
        for n in 1..100 {
            term *= -x * x / f64::from(n);
            sum += term / f64::from(2 * n + 1);
        }
        return sum * 2.0 / std::f64::consts::PI.sqrt();
    }
    let fraction = (1..60).rev().fold(x, |rest, k| x + f64::from(k) / 2.0 / rest);
    1.0 - (-x * x).exp() / std::f64::consts::PI.sqrt() / fraction
}

fn float(function: Activation, x: f64) -> f64 {
    let real = |d: Dyadic| d.mantissa as f64 / 2f64.powi(d.shift as i32);
    match function {
        Activation::Sigmoid => 1.0 / (1.0 + (-x).exp()),
        Activation::Tanh => x.tanh(),
        Activation::Gelu => x / 2.0 * (1.0 + erf(x / 2f64.sqrt())),
        Activation::GeluTanh => {
            x / 2.0 * (1.0 + ((2.0 / std::f64::consts::PI).sqrt() * (x + 0.044715 * x * x * x)).tanh())
        }
        Activation::Silu => x / (1.0 + (-x).exp()),
        Activation::Softplus => x.max(0.0) + (-x.abs()).exp().ln_1p(),
        Activation::Exp => x.exp(),
        Activation::Erf => erf(x),
        Activation::Elu { alpha } => {
            if x < 0.0 {
                real(alpha) * x.exp_m1()
            } else {
                x
            }
        }
        Activation::Sqrt => x.max(0.0).sqrt(),
        Activation::Reciprocal => 1.0 / x,
        Activation::InverseSqrt => 1.0 / x.sqrt(),
        Activation::LeakyRelu { slope } => {
            if x < 0.0 {
                real(slope) * x
            } else {
                x
            }
        }
        Activation::HardSigmoid { alpha, beta } => (real(alpha) * x + real(beta)).clamp(0.0, 1.0),
        Activation::HardSwish => x * (x + 3.0).clamp(0.0, 6.0) / 6.0,
    }
}

fn functions() -> Vec<Activation> {
    vec![
        Activation::Sigmoid,
        Activation::Tanh,
        Activation::Gelu,
        Activation::GeluTanh,
        Activation::Silu,
        Activation::Softplus,
        Activation::Exp,
        Activation::Erf,
        Activation::Elu { alpha: Dyadic { mantissa: 3, shift: 1 } },
        Activation::Sqrt,
        Activation::Reciprocal,
        Activation::InverseSqrt,
        // 0.01 and 1/6 as the nearest f32.
        Activation::LeakyRelu { slope: Dyadic { mantissa: 10_737_418, shift: 30 } },
        Activation::HardSigmoid { alpha: Dyadic { mantissa: 11_184_811, shift: 26 }, beta: HALF },
        Activation::HardSwish,
    ]
}

const WIDE: i64 = 1 << 40;

fn quantization(function: Activation, input_scale: i32, output_scale: i32) -> Quantization {
    let lo = match function {
        Activation::Reciprocal | Activation::InverseSqrt => 1,
        _ => -2048,
    };
    Quantization { lo, hi: 2047, input_scale, output_scale, output_lo: -WIDE, output_hi: WIDE }
}

#[test]
fn entries_are_correctly_rounded() -> Result<(), BuildError> {
    for function in functions() {
        for input_scale in [-2, 4, 9, 16] {
            for output_scale in [-3, 7, 24] {
                let q = quantization(function, input_scale, output_scale);
                let table = FunctionTable::of(function, q)?;
                for (x, &y) in (q.lo..=q.hi).zip(table.values()) {
                    let exact = float(function, x as f64 * 2f64.powi(-input_scale)) * 2f64.powi(output_scale);
                    if exact > WIDE as f64 {
                        assert_eq!(y, WIDE);
                        continue;
                    }
                    // f64 itself errs by a few 2^-52.
                    let distance = (y as f64 - exact).abs();
                    let tolerance = 0.5 + 1e-13 * (1.0 + exact.abs());
                    assert!(
                        distance <= tolerance,
                        "{} of {x} 2^-{input_scale}: {y}, not {exact}",
                        function.name()
                    );
                }
            }
        }
    }
    Ok(())
}

#[test]
fn ties_go_up_and_tails_are_exact() -> Result<(), BuildError> {
    let at = |function, x, output_scale| {
        FunctionTable::of(
            function,
            Quantization { lo: x, hi: x, input_scale: 4, output_scale, output_lo: -WIDE, output_hi: WIDE },
        )
        .map(|table| table.values()[0])
    };
    assert_eq!(at(Activation::Sigmoid, 0, 0)?, 1); // 1/2
    assert_eq!(at(Activation::Sigmoid, 0, 8)?, 128);
    assert_eq!(at(Activation::Tanh, 0, 20)?, 0);
    assert_eq!(at(Activation::Erf, 0, 20)?, 0);
    assert_eq!(at(Activation::Gelu, 0, 20)?, 0);
    assert_eq!(at(Activation::Exp, 0, 20)?, 1 << 20);
    assert_eq!(at(Activation::Elu { alpha: HALF }, 0, 20)?, 0);
    assert_eq!(at(Activation::Sqrt, 4 * 16, 0)?, 2);
    assert_eq!(at(Activation::Sqrt, 36, 0)?, 2); // sqrt(9/4) = 3/2
    assert_eq!(at(Activation::Reciprocal, 32, 0)?, 1); // 1/2
    assert_eq!(at(Activation::Reciprocal, -32, 0)?, 0); // -1/2
    assert_eq!(at(Activation::LeakyRelu { slope: HALF }, -16, 0)?, 0); // -1/2
    assert_eq!(at(Activation::HardSwish, -24, 3)?, -3); // -3/2 * 3/2 / 6 * 8
    // A little less than 12 and than -12, a little more than 12: 12 / 8 is a tie.
    assert_eq!(at(Activation::Gelu, 12 * 16, -3)?, 1);
    assert_eq!(at(Activation::GeluTanh, 12 * 16, -3)?, 1);
    assert_eq!(at(Activation::Silu, 100 * 16, -3)?, 12);
    assert_eq!(at(Activation::Softplus, 12 * 16, -3)?, 2);
    assert_eq!(at(Activation::Elu { alpha: Dyadic { mantissa: 3, shift: 1 } }, -100 * 16, 0)?, -1);
    for x in [1 << 10, 1 << 16, 1 << 23] {
        assert_eq!(at(Activation::Sigmoid, x, 30)?, 1 << 30);
        assert_eq!(at(Activation::Sigmoid, -x, 30)?, 0);
        assert_eq!(at(Activation::Tanh, -x, 30)?, -(1 << 30));
        assert_eq!(at(Activation::Erf, x, 30)?, 1 << 30);
        assert_eq!(at(Activation::Gelu, x, 4)?, x);
        assert_eq!(at(Activation::Gelu, -x, 4)?, 0);
        assert_eq!(at(Activation::GeluTanh, x, 4)?, x);
        assert_eq!(at(Activation::GeluTanh, -x, 4)?, 0);
        assert_eq!(at(Activation::Silu, x, 4)?, x);
        assert_eq!(at(Activation::Softplus, x, 4)?, x);
        assert_eq!(at(Activation::Exp, x, 4)?, WIDE);
    }
    Ok(())
}

/// Values from tables of 30 decimals: 2^30 times tanh 1, erf 1, sigmoid 2, e^-1, ln(1 + e), GELU(1), erf 4.
#[test]
fn known_values() -> Result<(), BuildError> {
    let scaled = |digits: u128| ((digits * (1 << 30) * 2 + 10u128.pow(18)) / (2 * 10u128.pow(18))) as i64;
    let cases = [
        (Activation::Tanh, 1, 761_594_155_955_764_888),
        (Activation::Erf, 1, 842_700_792_949_714_869),
        (Activation::Sigmoid, 2, 880_797_077_977_882_444),
        (Activation::Exp, -1, 367_879_441_171_442_322),
        (Activation::Softplus, 1, 1_313_261_687_518_222_834),
        (Activation::Gelu, 1, 841_344_746_068_542_949),
        (Activation::Erf, 4, 999_999_984_582_742_100),
    ];
    for (function, x, digits) in cases {
        let q =
            Quantization { lo: x, hi: x, input_scale: 0, output_scale: 30, output_lo: 0, output_hi: WIDE };
        assert_eq!(FunctionTable::of(function, q)?.values(), [scaled(digits)], "{}", function.name());
    }
    Ok(())
}

#[test]
fn constraints_equal_the_table() -> Result<(), BuildError> {
    for function in functions() {
        let q = Quantization { output_lo: -128, output_hi: 127, ..quantization(function, 4, 4) };
        // Smaller than the inputs: the ends saturate.
        let (lo, hi) = (q.lo.max(-100), 100);
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
    assert_eq!(why(Activation::Reciprocal, Quantization { lo: -1, ..q }), "1 / 0");
    assert!(why(Activation::InverseSqrt, q).contains("not positive"));
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

/// All functions over 4096 arguments, at 15 bits behind the point: the digest of what 70 decimal digits, in another language, round
/// to. Tables are part of a model's identity, so they must be the same on every machine.
#[test]
fn tables_are_the_same_everywhere() -> Result<(), BuildError> {
    use sha2::Digest;
    let mut hash = sha2::Sha256::new();
    for function in functions() {
        let table = FunctionTable::of(function, quantization(function, 8, 15))?;
        table.values().iter().for_each(|value| hash.update(value.to_le_bytes()));
    }
    let digest: String = hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect();
    assert_eq!(digest, "bd23483b299fa0b52e7fb96cb62b11903444982f5fc99deb39a847e604f2a68c");
    Ok(())
}

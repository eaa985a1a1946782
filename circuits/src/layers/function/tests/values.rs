//! Tables against floating point, known values, and digests of what another language computes.

use super::*;

pub(super) const HALF: Dyadic = Dyadic { mantissa: 1, shift: 1 };

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
        Activation::Log => x.ln(),
        Activation::Mish if x < -30.0 => x * x.exp(),
        Activation::Mish => x * (x.max(0.0) + (-x.abs()).exp().ln_1p()).tanh(),
        Activation::Softsign => x / (1.0 + x.abs()),
        Activation::Selu { alpha, gamma } => real(gamma) * if x < 0.0 { real(alpha) * x.exp_m1() } else { x },
        Activation::Celu { alpha } => {
            if x < 0.0 {
                real(alpha) * (x / real(alpha)).exp_m1()
            } else {
                x
            }
        }
        Activation::ThresholdedRelu { alpha } => {
            if x > real(alpha) {
                x
            } else {
                0.0
            }
        }
        Activation::Shrink { lambda, bias } => {
            if x > real(lambda) {
                x - real(bias)
            } else if x < -real(lambda) {
                x + real(bias)
            } else {
                0.0
            }
        }
        Activation::Power { exponent } if x < 0.0 && !exponent.is_integer() => 0.0,
        Activation::Power { exponent } => x.powf(real(exponent)),
        Activation::Sin => x.sin(),
        Activation::Cos => x.cos(),
        Activation::Tan => x.tan(),
        Activation::Asin => x.clamp(-1.0, 1.0).asin(),
        Activation::Acos => x.clamp(-1.0, 1.0).acos(),
        Activation::Atan => x.atan(),
        Activation::Sinh => x.sinh(),
        Activation::Cosh => x.cosh(),
        Activation::Asinh => x.asinh(),
        Activation::Acosh => x.max(1.0).acosh(),
        Activation::Atanh => x.atanh(),
        Activation::Logit => x.ln() - (-x).ln_1p(),
        Activation::Probit => probit(x),
    }
}

/// The quantile of the normal distribution by bisection of the error function.
fn probit(p: f64) -> f64 {
    let (mut below, mut above) = (-9.0, 9.0);
    for _ in 0..100 {
        let middle = (below + above) / 2.0;
        if erf(middle / 2f64.sqrt()) < 2.0 * p - 1.0 { below = middle } else { above = middle }
    }
    (below + above) / 2.0
}

/// An `f32` below 2.
fn dyadic(x: f32) -> Dyadic {
    Dyadic { mantissa: (f64::from(x) * 2f64.powi(30)) as i64, shift: 30 }
}

/// The functions whose values are none of the above's: of these a second digest is known.
fn further() -> Vec<Activation> {
    let power = |x| Activation::Power { exponent: dyadic(x) };
    vec![
        Activation::Log,
        Activation::Mish,
        Activation::Softsign,
        Activation::Selu { alpha: dyadic(1.673_263_2), gamma: dyadic(1.050_701) },
        Activation::Celu { alpha: dyadic(0.3) },
        Activation::ThresholdedRelu { alpha: dyadic(0.75) },
        Activation::Shrink { lambda: HALF, bias: dyadic(-0.1) },
        Activation::Power { exponent: Dyadic { mantissa: 3, shift: 0 } },
        Activation::Power { exponent: Dyadic { mantissa: -2, shift: 0 } },
        power(1.5),
        power(-0.75),
        power(0.3),
        Activation::Sin,
        Activation::Cos,
        Activation::Tan,
        Activation::Asin,
        Activation::Acos,
        Activation::Atan,
        Activation::Sinh,
        Activation::Cosh,
        Activation::Asinh,
        Activation::Acosh,
        Activation::Atanh,
        Activation::Logit,
    ]
}

pub(super) fn functions() -> Vec<Activation> {
    [first(), further(), vec![Activation::Probit]].concat()
}

/// The functions whose digest came first.
fn first() -> Vec<Activation> {
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

pub(super) const WIDE: i64 = 1 << 40;

pub(super) fn quantization(function: Activation, input_scale: i32, output_scale: i32) -> Quantization {
    let (least, most) = match function.arguments() {
        // The zeros below are tested as well.
        Arguments::AtLeastZero => Arguments::All,
        arguments => arguments,
    }
    .integers(input_scale);
    let (output_lo, output_hi) = (-WIDE, WIDE);
    Quantization { lo: least.max(-2048), hi: most.min(2047), input_scale, output_scale, output_lo, output_hi }
}

#[test]
fn entries_are_correctly_rounded() -> Result<(), BuildError> {
    for function in functions() {
        for input_scale in [-2, 4, 9, 16] {
            for output_scale in [-3, 7, 24] {
                let q = quantization(function, input_scale, output_scale);
                if q.lo > q.hi {
                    continue;
                }
                let table = FunctionTable::of(function, q)?;
                for (x, &y) in (q.lo..=q.hi).zip(table.values()) {
                    let exact = float(function, x as f64 * 2f64.powi(-input_scale)) * 2f64.powi(output_scale);
                    if exact.abs() > WIDE as f64 {
                        assert_eq!(y, WIDE * exact.signum() as i64);
                        continue;
                    }
                    // f64 itself errs by a few 2^-52, and the quantile by those of the error function over a density.
                    let unit = if function == Activation::Probit { 2f64.powi(output_scale) } else { 1.0 };
                    let distance = (y as f64 - exact).abs();
                    let tolerance = 0.5 + 1e-13 * (unit + exact.abs());
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

/// Values from tables of 30 decimals: 2^30 times tanh 1, erf 1, sigmoid 2, e^-1, and so on.
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
        (Activation::Log, 2, 693_147_180_559_945_309),
        (Activation::Log, 10, 2_302_585_092_994_045_684),
        (Activation::Sin, 1, 841_470_984_807_896_507),
        (Activation::Cos, 1, 540_302_305_868_139_717),
        (Activation::Tan, 1, 1_557_407_724_654_902_231),
        (Activation::Asin, 1, 1_570_796_326_794_896_619),
        (Activation::Acos, -1, 3_141_592_653_589_793_238),
        (Activation::Atan, 1, 785_398_163_397_448_310),
        (Activation::Sinh, 1, 1_175_201_193_643_801_457),
        (Activation::Cosh, 1, 1_543_080_634_815_243_778),
        (Activation::Asinh, 1, 881_373_587_019_543_025),
        (Activation::Acosh, 2, 1_316_957_896_924_816_709),
        (Activation::Mish, 1, 865_098_388_267_310_353),
    ];
    for (function, x, digits) in cases {
        let q =
            Quantization { lo: x, hi: x, input_scale: 0, output_scale: 30, output_lo: 0, output_hi: WIDE };
        assert_eq!(FunctionTable::of(function, q)?.values(), [scaled(digits)], "{}", function.name());
    }
    Ok(())
}

/// All functions over 4096 arguments, at 15 bits behind the point: the digest of what 70 decimal digits, in another language, round
/// to. Tables are part of a model's identity, so they must be the same on every machine.
#[test]
fn tables_are_the_same_everywhere() -> Result<(), BuildError> {
    use sha2::Digest;
    let digest = |functions: Vec<Activation>| -> Result<String, BuildError> {
        let mut hash = sha2::Sha256::new();
        for function in functions {
            let table = FunctionTable::of(function, quantization(function, 8, 15))?;
            table.values().iter().for_each(|value| hash.update(value.to_le_bytes()));
        }
        Ok(hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect())
    };
    assert_eq!(digest(first())?, "bd23483b299fa0b52e7fb96cb62b11903444982f5fc99deb39a847e604f2a68c");
    assert_eq!(digest(further())?, "e2fbd39d862063bdb2bdbf0142b65d97b3d683e097c5754e81c40d2da43a8014");
    assert_eq!(
        digest(vec![Activation::Probit])?,
        "0953e7a40d97a0fb224db6bf8a8c08c99a93ef7ccc617e6f5c3af73e2431ee84"
    );
    Ok(())
}

/// Where a value is rational, ties go up; where it is not, its neighbours are not taken for it.
#[test]
fn rational_values_of_the_further_functions() -> Result<(), BuildError> {
    let at = |function, x, input_scale, output_scale| {
        let q = Quantization { lo: x, hi: x, input_scale, output_scale, output_lo: -WIDE, output_hi: WIDE };
        FunctionTable::of(function, q).map(|table| table.values()[0])
    };
    let power = |mantissa, shift| Activation::Power { exponent: Dyadic { mantissa, shift } };
    assert_eq!(at(power(2, 0), 3, 1, 1)?, 5); // 9/4, half-way between 4/2 and 5/2
    assert_eq!(at(power(3, 0), -3, 1, 2)?, -13); // -27/8, half-way between -14/4 and -13/4
    assert_eq!(at(power(-1, 0), 2, 0, 0)?, 1); // 1/2
    assert_eq!(at(power(-3, 0), -2, 0, 2)?, 0); // -1/8, half-way between -1/4 and 0
    assert_eq!(at(power(1, 1), 9, 2, 0)?, 2); // sqrt(9/4) = 3/2
    assert_eq!(at(power(6, 2), 9, 2, 2)?, 14); // (9/4)^(3/2) = 27/8
    assert_eq!(at(power(-1, 2), 16, 0, 0)?, 1); // 16^(-1/4) = 1/2
    assert_eq!(at(power(1, 3), 1 << 16, 0, 0)?, 4);
    assert_eq!(at(power(1, 1), -5, 0, 8)?, 0);
    assert_eq!(at(power(0, 7), 0, 0, 8)?, 256);
    assert_eq!(at(power(40, 0), 3, 1, -20)?, 11); // (3/2)^40 = 11,057,332.3
    assert_eq!(at(power(-1_000_000, 0), 3, 1, 20)?, 0);
    assert_eq!(at(power(1_000_001, 0), -3, 1, 20)?, -WIDE);
    assert_eq!(at(power(-1, 0), 1, 40, 0)?, WIDE);
    for (function, x, value) in [
        (Activation::Log, 16, 0),
        (Activation::Mish, 0, 0),
        (Activation::Sin, 0, 0),
        (Activation::Cos, 0, 1 << 20),
        (Activation::Tan, 0, 0),
        (Activation::Asin, 0, 0),
        (Activation::Acos, 16, 0),
        (Activation::Acos, 99, 0),
        (Activation::Atan, 0, 0),
        (Activation::Sinh, 0, 0),
        (Activation::Cosh, 0, 1 << 20),
        (Activation::Asinh, 0, 0),
        (Activation::Acosh, 16, 0),
        (Activation::Acosh, -3, 0),
        (Activation::Atanh, 0, 0),
        (Activation::Logit, 8, 0),
        (Activation::Probit, 8, 0),
    ] {
        assert_eq!(at(function, x, 4, 20)?, value, "{} of {x}/16", function.name());
    }
    // Tails: a little below 12, where 12/8 is half-way; the limits themselves.
    assert_eq!(at(Activation::Mish, 100, 0, -3)?, 12);
    assert_eq!(at(Activation::Mish, -100, 0, 30)?, 0);
    assert_eq!(at(Activation::Celu { alpha: Dyadic { mantissa: 1, shift: 40 } }, -4, 0, 38)?, 0);
    assert_eq!(at(Activation::Celu { alpha: Dyadic { mantissa: 12, shift: 0 } }, -4000, 0, 0)?, -12);
    assert_eq!(at(Activation::Sinh, 100, 0, 0)?, WIDE);
    assert_eq!(at(Activation::Sinh, -100, 0, 0)?, -WIDE);
    assert_eq!(at(Activation::Cosh, -100, 0, 0)?, WIDE);
    assert_eq!(at(Activation::ThresholdedRelu { alpha: HALF }, 8, 4, 4)?, 0);
    assert_eq!(at(Activation::ThresholdedRelu { alpha: HALF }, 9, 4, 4)?, 9);
    assert_eq!(at(Activation::Softsign, -1, 0, 0)?, 0); // -1/2
    Ok(())
}

/// The largest arguments that tables take: the reduction by multiples of pi/2, and squares of 40 bits.
#[test]
fn largest_arguments() -> Result<(), BuildError> {
    for function in [
        Activation::Sin,
        Activation::Cos,
        Activation::Atan,
        Activation::Asinh,
        Activation::Acosh,
        Activation::Log,
    ] {
        for x in [(1 << 20) - 1, 1_000_003, 1 << 20] {
            let q = Quantization {
                lo: x,
                hi: x,
                input_scale: 0,
                output_scale: 24,
                output_lo: -WIDE,
                output_hi: WIDE,
            };
            let found = FunctionTable::of(function, q)?.values()[0] as f64;
            let exact = float(function, x as f64) * 2f64.powi(24);
            assert!((found - exact).abs() < 0.5001, "{} of {x}", function.name());
        }
    }
    Ok(())
}

#[test]
fn arguments_without_a_value_are_refused() {
    let power = |mantissa, shift| Activation::Power { exponent: Dyadic { mantissa, shift } };
    for (function, x, part) in [
        (Activation::Reciprocal, 0, "1 / 0"),
        (Activation::InverseSqrt, 0, "not positive"),
        (Activation::Log, 0, "not positive"),
        (Activation::Log, -1, "not positive"),
        (Activation::Atanh, 16, "between -1 and 1"),
        (Activation::Atanh, -16, "between -1 and 1"),
        (Activation::Logit, 0, "between 0 and 1"),
        (Activation::Probit, 16, "between 0 and 1"),
        (power(-1, 0), 0, "1 / 0"),
        (power(-4, 1), 0, "1 / 0"),
        (power(-1, 1), 0, "not positive"),
        (power(-1, 1), -4, "not positive"),
        (Activation::Celu { alpha: Dyadic { mantissa: 0, shift: 0 } }, -4, "alpha"),
    ] {
        let q =
            Quantization { lo: x, hi: x, input_scale: 4, output_scale: 8, output_lo: -WIDE, output_hi: WIDE };
        match FunctionTable::of(function, q) {
            Err(BuildError::Function { why, .. }) => assert!(why.contains(part), "{why}"),
            other => panic!("{} of {x}: {other:?}", function.name()),
        }
    }
}

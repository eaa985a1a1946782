//! Functions whose values are rational, or square roots of rational numbers: rounded exactly, ties included.

use super::activation::{Activation, Dyadic, Quantization};

/// `numerator / denominator`, the latter positive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Ratio {
    numerator: i128,
    denominator: i128,
}

const TOO_FINE: &str = "the exact value does not fit 128 bits; use smaller scales";

impl Ratio {
    const ZERO: Self = Self { numerator: 0, denominator: 1 };

    /// `self - d`, over the product of the denominators.
    fn minus(self, d: Dyadic) -> Option<Self> {
        let unit = shifted(1, d.shift)?;
        let removed = self.denominator.checked_mul(d.mantissa.into())?;
        let numerator = self.numerator.checked_mul(unit)?.checked_sub(removed)?;
        Some(Self { numerator, denominator: self.denominator.checked_mul(unit)? })
    }

    /// `floor(self * 2^scale + 1/2)`, clamped.
    pub(super) fn round(self, scale: i32, lo: i64, hi: i64) -> Result<i64, &'static str> {
        let (left, right) = (scale.max(0).unsigned_abs(), scale.min(0).unsigned_abs());
        let twice = shifted(self.numerator, left + 1).ok_or(TOO_FINE)?;
        let denominator = shifted(self.denominator, right).ok_or(TOO_FINE)?;
        let sum = twice.checked_add(denominator).ok_or(TOO_FINE)?;
        let rounded = sum.div_euclid(denominator.checked_mul(2).ok_or(TOO_FINE)?);
        i64::try_from(rounded.clamp(lo.into(), hi.into())).map_err(|_| TOO_FINE)
    }
}

fn shifted(value: i128, left: u32) -> Option<i128> {
    1i128.checked_shl(left).filter(|&factor| factor > 0)?.checked_mul(value)
}

fn shift_either(value: i128, left: i32) -> Option<Ratio> {
    let (up, down) = (left.max(0).unsigned_abs(), left.min(0).unsigned_abs());
    Some(Ratio { numerator: shifted(value, up)?, denominator: shifted(1, down)? })
}

/// `f(x * 2^-scale)`, if it is rational and computed here.
pub(super) fn value(function: Activation, x: i64, scale: i32) -> Result<Option<Ratio>, &'static str> {
    let x = i128::from(x);
    let times = |slope: Dyadic, x: i128| {
        x.checked_mul(slope.mantissa.into())
            .and_then(|product| shift_either(product, -scale - slope.shift as i32))
    };
    let ratio = match function {
        Activation::LeakyRelu { .. } | Activation::Elu { .. } | Activation::Celu { .. } if x >= 0 => {
            shift_either(x, -scale)
        }
        Activation::LeakyRelu { slope } => times(slope, x),
        Activation::Selu { gamma, .. } if x >= 0 => times(gamma, x),
        // x = n / d, and n / d / (1 + |n| / d) = n / (d + |n|).
        Activation::Softsign => shift_either(x, -scale)
            .and_then(|x| Some(Ratio { denominator: x.denominator.checked_add(x.numerator.abs())?, ..x })),
        Activation::ThresholdedRelu { alpha } => shift_either(x, -scale).and_then(|x| {
            let above = x.minus(alpha)?.numerator > 0;
            Some(if above { x } else { Ratio::ZERO })
        }),
        Activation::Shrink { lambda, bias } => shift_either(x, -scale).and_then(|x| {
            let negative = |d: Dyadic| Dyadic { mantissa: -d.mantissa, ..d };
            if x.minus(lambda)?.numerator > 0 {
                x.minus(bias)
            } else if x.minus(negative(lambda))?.numerator < 0 {
                x.minus(negative(bias))
            } else {
                Some(Ratio::ZERO)
            }
        }),
        Activation::Reciprocal => shift_either(x.signum(), scale)
            .and_then(|r| Some(Ratio { denominator: r.denominator.checked_mul(x.abs())?, ..r })),
        Activation::HardSigmoid { alpha, beta } => times(alpha, x).and_then(|slope| {
            // Both over the product of their powers of two.
            let offset = shifted(1, beta.shift)?;
            let numerator = slope.numerator.checked_mul(offset)?;
            let added = i128::from(beta.mantissa).checked_mul(slope.denominator)?;
            let denominator = slope.denominator.checked_mul(offset)?;
            Some(Ratio { numerator: numerator.checked_add(added)?.clamp(0, denominator), denominator })
        }),
        Activation::HardSwish => shift_either(1, scale).and_then(|unit| {
            // With x = n / d: n/d * clamp(n/d + 3, 0, 6) / 6 = n * clamp(n + 3d, 0, 6d) / (6 d^2).
            let (n, d) = (x.checked_mul(unit.denominator)?, unit.numerator);
            let factor = n.checked_add(d.checked_mul(3)?)?.clamp(0, d.checked_mul(6)?);
            Some(Ratio { numerator: n.checked_mul(factor)?, denominator: d.checked_mul(d)?.checked_mul(6)? })
        }),
        _ => return Ok(None),
    };
    ratio.map(Some).ok_or(TOO_FINE)
}

/// For functions `sqrt(v)` at the output's scale: `floor(4 * v * 4^output_scale)`, whose root rounds as `2 sqrt(v)` does.
pub(super) fn radicand(function: Activation, x: i64, q: Quantization) -> Result<Option<i128>, &'static str> {
    let x = i128::from(x);
    let left = 2 + 2 * q.output_scale;
    let radicand = match function {
        Activation::Sqrt => shift_either(x.max(0), left - q.input_scale).map(|r| r.numerator / r.denominator),
        Activation::InverseSqrt => shift_either(1, left + q.input_scale).map(|r| {
            // floor(floor(n / d) / x) = floor(n / (d x))
            r.numerator / r.denominator / x
        }),
        _ => return Ok(None),
    };
    radicand.map(Some).ok_or(TOO_FINE)
}

/// `floor(sqrt(v) + 1/2)` from `floor(4 v)`: `floor((floor(sqrt(4 v)) + 1) / 2)`.
pub(super) fn rounded_root(radicand: i128) -> i64 {
    i64::try_from((radicand.isqrt() + 1) / 2).unwrap_or(i64::MAX)
}

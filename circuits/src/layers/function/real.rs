//! Exponentials and what is made of them over fixed-point intervals, with the error of each truncated series added.

use std::sync::OnceLock;

use super::interval::{FRACTION, Interval};

/// Bits of each of the two digits that the argument of a series is made smaller by.
const DIGIT: u32 = 5;
/// Terms of the exponential series: the rest, from `(2^-10)^8 / 8!` on, is below `2^-95`.
const POWERS: usize = 8;
/// Terms of the series of the hyperbolic arc tangent: the rest, from `(2^-6)^15 / 15` on, is below `2^-93`.
const ODD_POWERS: usize = 7;

/// The functions, with the constants that they share.
pub(super) struct Reals {
    /// `1 / n!`.
    factorials: [Interval; POWERS],
    /// `1 / (2n + 1)`.
    odd: [Interval; ODD_POWERS],
    /// `e^(d 2^-5)` and `e^(d 2^-10)` for d from -16 to 16.
    powers: [Vec<Interval>; 2],
    /// `ln(1 + d 2^-5)` for d from 0 to 32.
    logarithms: Vec<Interval>,
    pub(super) ln_2: Interval,
    pub(super) pi: Interval,
    /// `2 / sqrt(pi)`.
    pub(super) two_over_root_pi: Interval,
    /// `1 / sqrt(2)`.
    pub(super) root_half: Interval,
}

impl Reals {
    /// The same for all tables.
    pub(super) fn shared() -> &'static Self {
        static REALS: OnceLock<Reals> = OnceLock::new();
        REALS.get_or_init(Self::new)
    }

    fn new() -> Self {
        let pi = pi();
        let mut factorial = 1;
        let factorials = std::array::from_fn(|n| {
            factorial *= n.max(1) as i128;
            Interval::ONE.div_int(factorial)
        });
        let half = 1i64 << (DIGIT - 1);
        let digits = |place: u32| (-half..=half).map(|d| exponential(digit(d, place))).collect();
        Self {
            factorials,
            odd: std::array::from_fn(|n| Interval::ONE.div_int(2 * n as i128 + 1)),
            powers: [digits(1), digits(2)],
            // ln(1 + u) = 2 * atanh(u / (2 + u))
            logarithms: (0..=2 * half)
                .map(|d| digit(d, 1))
                .map(|u| atanh(u.div(u.add(Interval::integer(2)))).scale(1))
                .collect(),
            // ln 2 = 2 * atanh(1/3)
            ln_2: atanh(Interval::ONE.div_int(3)).scale(1),
            pi,
            two_over_root_pi: Interval::integer(2).div(pi.sqrt()),
            root_half: Interval::ONE.scale(-1).sqrt(),
        }
    }

    /// `e^x` for x <= 32; beyond, any number of at least `e^32`.
    pub(super) fn exp(&self, x: Interval) -> Interval {
        const LARGEST: Interval = Interval::integer(32);
        if x.lo > LARGEST.hi {
            return Interval::from(self.exp(LARGEST));
        }
        if x.hi < Interval::integer(-64).lo {
            // e^-64 < 2^-92
            return Interval { lo: 0, hi: 1 };
        }
        if !x.has_lower_bound() || !x.has_upper_bound() {
            return Interval::from(Interval::ZERO);
        }
        // The nearest multiple of ln 2, so that |r| < 0.35.
        let k = (x.lo + self.ln_2.lo / 2).div_euclid(self.ln_2.lo);
        let r = x.sub(self.ln_2.mul(Interval::integer(k as i64)));
        if r == Interval::ZERO {
            return Interval::ONE;
        }
        // r less two digits is below 2^-10.
        let (mut rest, mut product) = (r, Interval::ONE);
        for (place, powers) in (1..).zip(&self.powers) {
            let half = 1i64 << (DIGIT - 1);
            let nearest =
                rest.lo.saturating_add(1 << (FRACTION - place * DIGIT - 1)) >> (FRACTION - place * DIGIT);
            let nearest = (nearest.clamp(i128::from(-half), half.into())) as i64;
            let Some(&power) = powers.get((nearest + half) as usize) else {
                return Interval::from(Interval::ZERO);
            };
            rest = rest.sub(digit(nearest, place));
            product = product.mul(power);
        }
        if rest.lo < digit(-1, 2).lo || rest.hi > digit(1, 2).hi {
            // Not even x is known that well.
            return exponential(r).scale(k as i32);
        }
        let sum = self.factorials.iter().rev().fold(Interval::ZERO, |sum, &term| term.add(rest.mul(sum)));
        sum.widen(1).mul(product).scale(k as i32)
    }

    /// `ln(1 + u)` for 0 <= u <= 1: `ln(1 + c) + 2 * atanh(z)` with `z = (u - c) / (2 + u + c)`, c the digit at or below u.
    pub(super) fn ln_1_plus(&self, u: Interval) -> Interval {
        let below = (u.lo >> (FRACTION - DIGIT)).clamp(0, 1 << DIGIT) as i64;
        let (c, Some(&logarithm)) = (digit(below, 1), self.logarithms.get(below as usize)) else {
            return Interval::ALL;
        };
        let z = u.sub(c).div(u.add(c).add(Interval::integer(2)));
        if z == Interval::ZERO {
            return logarithm;
        }
        if z.lo < 0 || z.hi > digit(1, 1).scale(-1).hi {
            // Not even u is known that well.
            return atanh(u.div(u.add(Interval::integer(2)))).scale(1);
        }
        let square = z.mul(z);
        let sum = self.odd.iter().rev().fold(Interval::ZERO, |sum, &term| term.add(square.mul(sum)));
        logarithm.add(z.mul(sum.widen(1)).scale(1))
    }

    /// `1 / (1 + e^-x)`.
    pub(super) fn sigmoid(&self, x: Interval) -> Interval {
        if x.lo > 0 {
            return Interval::ONE.sub(self.sigmoid(x.neg()));
        }
        let e = self.exp(x);
        e.div(Interval::ONE.add(e))
    }

    /// `(1 - e^-2|x|) / (1 + e^-2|x|)` with the sign of x.
    pub(super) fn tanh(&self, x: Interval) -> Interval {
        if x.lo < 0 {
            return self.tanh(x.neg()).neg();
        }
        let e = self.exp(x.scale(1).neg());
        Interval::ONE.sub(e).div(Interval::ONE.add(e))
    }

    /// `ln(1 + e^x) = max(x, 0) + ln(1 + e^-|x|)`.
    pub(super) fn softplus(&self, x: Interval) -> Interval {
        let magnitude = if x.lo < 0 { x.neg() } else { x };
        let positive = if x.lo < 0 { Interval::ZERO } else { x };
        positive.add(self.ln_1_plus(self.exp(magnitude.neg())))
    }

    /// `e^x - e^-x` over 2.
    pub(super) fn sinh(&self, x: Interval) -> Interval {
        self.exp(x).sub(self.exp(x.neg())).scale(-1)
    }

    /// `e^x + e^-x` over 2.
    pub(super) fn cosh(&self, x: Interval) -> Interval {
        self.exp(x).add(self.exp(x.neg())).scale(-1)
    }

    /// `x * tanh(ln(1 + e^x))`. With `e = e^-|x|`, the hyperbolic tangent is `1 - 2 e^2 / (1 + 2 e + 2 e^2)` where x is positive,
    /// and `e (e + 2) / (e (e + 2) + 2)` where it is not.
    pub(super) fn mish(&self, x: Interval) -> Interval {
        let two = Interval::integer(2);
        let is_negative = x.lo < 0;
        let e = self.exp(if is_negative { x } else { x.neg() });
        let factor = if is_negative {
            let product = e.mul(e.add(two));
            product.div(product.add(two))
        } else {
            let squares = e.mul(e).scale(1);
            Interval::ONE.sub(squares.div(Interval::ONE.add(e.scale(1)).add(squares)))
        };
        x.mul(factor)
    }

    /// `alpha * (e^x - 1)`.
    pub(super) fn scaled_expm1(&self, alpha: Interval, x: Interval) -> Interval {
        alpha.mul(self.exp(x).sub(Interval::ONE))
    }

    /// The error function. Below 3 by `erf x = 2/sqrt(pi) * e^(-x^2) * sum 2^n x^(2n+1) / (1 * 3 * ... * (2n+1))`; from
    /// there by the continued fraction of `erfc`.
    pub(super) fn erf(&self, x: Interval) -> Interval {
        if x.lo < 0 {
            return self.erf(x.neg()).neg();
        }
        if x.lo >= Interval::integer(8).lo {
            // erfc 8 < 2^-95
            return Interval { lo: Interval::ONE.lo - 1, hi: Interval::ONE.hi };
        }
        if x.lo >= Interval::integer(3).lo {
            return Interval::ONE.sub(self.erfc(x));
        }
        let square = x.mul(x);
        let (mut term, mut sum) = (x, x);
        // From n >= 2 x^2 on, each term is below half of its predecessor, so the rest below the last.
        let halving = 2 * ((square.hi >> FRACTION) + 1);
        for n in 1..120 {
            term = term.mul(square).scale(1).div_int(2 * n + 1);
            sum = sum.add(term);
            if term.hi <= 1 && n >= halving {
                break;
            }
        }
        sum.add(Interval { lo: 0, hi: term.hi }).mul(self.exp(square.neg())).mul(self.two_over_root_pi)
    }

    /// `erfc x = e^(-x^2) / sqrt(pi) / (x + (1/2)/(x + (2/2)/(x + (3/2)/(x + ...))))` for 3 <= x < 8. Cutting the fraction
    /// at two successive places encloses its value: all its parts are positive.
    fn erfc(&self, x: Interval) -> Interval {
        let cut =
            |depth: i64| (1..=depth).rev().fold(x, |rest, k| x.add(Interval::integer(k).scale(-1).div(rest)));
        let square = x.mul(x);
        // It converges faster for larger x.
        let depth = 600 / (square.lo >> FRACTION).max(9) as i64;
        let (one, other) = (cut(depth), cut(depth + 1));
        let fraction = Interval { lo: one.lo.min(other.lo), hi: one.hi.max(other.hi) };
        self.exp(square.neg()).mul(self.two_over_root_pi).scale(-1).div(fraction)
    }

    /// `x / 2 * (1 + erf(x / sqrt 2))`.
    pub(super) fn gelu(&self, x: Interval) -> Interval {
        x.mul(Interval::ONE.add(self.erf(x.mul(self.root_half)))).scale(-1)
    }

    /// `x / 2 * (1 + tanh(sqrt(2 / pi) * (x + 0.044715 x^3)))`, the approximation that models are trained with.
    pub(super) fn gelu_tanh(&self, x: Interval) -> Interval {
        const LIMIT: Interval = Interval::integer(64);
        if x.hi > LIMIT.hi || x.lo < LIMIT.neg().lo {
            // tanh beyond 9000: 1 less e^-18000.
            let tail = Interval { lo: -1, hi: 0 };
            return if x.lo > 0 { x.add(tail) } else { tail };
        }
        let cubic = Interval::integer(44_715).div_int(1_000_000).mul(x).mul(x).mul(x);
        // sqrt(2 / pi) = 2 / sqrt(pi) / sqrt(2)
        let argument = self.two_over_root_pi.mul(self.root_half).mul(x.add(cubic));
        x.mul(Interval::ONE.add(self.tanh(argument))).scale(-1)
    }
}

/// `atanh z = sum z^(2k + 1) / (2k + 1)` for 0 <= z <= 1/3.
fn atanh(z: Interval) -> Interval {
    let square = z.mul(z);
    let (mut power, mut sum) = (z, Interval::ZERO);
    for k in 0..27 {
        sum = sum.add(power.div_int(2 * k + 1));
        power = power.mul(square);
    }
    // The rest is positive, and below (1/3)^55 / 55 * 9/8 < 2^-92.
    if z == Interval::ZERO { sum } else { sum.add(Interval { lo: 0, hi: 1 }) }
}

/// `d * 2^(-5 place)`.
fn digit(d: i64, place: u32) -> Interval {
    Interval::dyadic(d.into(), (place * DIGIT) as i32)
}

/// `e^r` for `|r| <= 1/2`. The terms from 25 on are below 0.5^25 / 25! < 2^-108, and so less than one unit.
fn exponential(r: Interval) -> Interval {
    if r == Interval::ZERO {
        return Interval::ONE;
    }
    let sum = (1..25).rev().fold(Interval::ONE, |sum, i| Interval::ONE.add(r.mul(sum).div_int(i)));
    sum.widen(1)
}

/// `pi = 16 * atan(1/5) - 4 * atan(1/239)` (Machin).
fn pi() -> Interval {
    let atan = |n: i128| {
        let mut power = Interval::ONE.div_int(n);
        let mut sum = power;
        for k in 1..20 {
            power = power.div_int(n * n);
            let term = power.div_int(2 * k + 1);
            sum = if k % 2 == 0 { sum.add(term) } else { sum.sub(term) };
        }
        // The next term is below 5^-41 / 41 < 2^-100.
        sum.widen(1)
    };
    atan(5).scale(4).sub(atan(239).scale(2))
}

/// `floor(v * 2^scale + 1/2)` clamped to `[lo, hi]`, if all numbers of the interval agree. An interval that is no point is open:
/// the value in it is no dyadic rational, so it is neither end.
pub(super) fn round(v: Interval, scale: i32, lo: i64, hi: i64) -> Option<i64> {
    let shift = u32::try_from(FRACTION as i32 - scale).ok().filter(|shift| (1..127).contains(shift))?;
    let half = 1i128 << (shift - 1);
    let end = |end: i128| (end.saturating_add(half) >> shift).clamp(lo.into(), hi.into());
    let low = if v.has_lower_bound() { end(v.lo) } else { lo.into() };
    let high = match v.has_upper_bound() {
        true => end(if v.lo == v.hi { v.hi } else { v.hi - 1 }),
        false => hi.into(),
    };
    (low == high).then(|| i64::try_from(low).ok()).flatten()
}

//! Functions of each element whose arguments have too many bits for a table: logarithm, square root, reciprocal, inverse square root,
//! exponential, powers; and others that are smooth, by chords.
//!
//! With `x' = clamp(x, lo, hi)`, i and s the scales of arguments and results:
//!
//! | function | `y` before it is clamped to the range of results | see |
//! | --- | --- | --- |
//! | logarithm | `2^s ln(x' 2^-i)`, to `2^(s-14)` and half a unit | [`logarithm`] |
//! | square root | `floor(sqrt(x' 2^(2s-i)))` | [`root`] |
//! | reciprocal | `floor(2^(s+i) / x' + 1/2)` | [`quotient`] |
//! | exponential | `2^s e^(x' 2^-i)`, to 3/4 of a unit | [`exponential`] |
//! | power p | `2^s e^(p ln(x' 2^-i))`, to `p 2^-13` of itself and a unit; of x' below 1 that of 1 | both |
//! | others | `2^s f(x' 2^-i)`, by chords | [`interpolated`] |
//! | inverse square root | `floor(sqrt(2^(2s+i) / x'))`, of arguments whose results do not saturate | [`root`] |
//!
//! The constraints are those of the gadgets: this chooses their parameters. What they need of an argument (that it is positive, at least 0,
//! not 0) is that of the domain, which the clamp proves where the argument's interval does not.
//!
//! Cost, for arguments of n bits and results of m: what the gadgets cost, `n + log2 n + 60` and more for a logarithm, `4 m` for a root,
//! `2 m + 2 n` for a reciprocal, `3 m + 2 (n + m)` for an inverse root; where the range of results can be exceeded, a clamp.

use crate::bounded::{Bounded, narrow};
use crate::builder::Builder;
use crate::case::Case;
use crate::cost::Tally;
use crate::error::BuildError;
use crate::gadgets::div_pow2;
use crate::gadgets::{clamp, root};
use crate::integer::{Interval, bit_length, times};
use crate::layers::exponential::{self, Exponential};
use crate::layers::function::{Activation, Arguments, Dyadic, Quantization};
use crate::layers::interpolated::{self, Interpolated};
use crate::layers::logarithm::{self, Logarithm};
use crate::layers::quotient::{self, Quotient};
use crate::layers::requantize::Requantize;

/// A function with the scales and ranges of arguments and results.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wide {
    q: Quantization,
    kind: Kind,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Kind {
    Logarithm(Logarithm),
    /// With `2s - i`.
    Root(u32),
    /// With `s + i`.
    Reciprocal(u32),
    /// With `2^(2s + i)`.
    InverseRoot(i64),
    Exponential(Exponential),
    Power(Box<Power>),
    Interpolated(Box<Interpolated>),
}

/// `e^(p ln x)`: the logarithm times p, rounded to the scale of the exponential's arguments.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Power {
    logarithm: Logarithm,
    /// `p * 2^-scale`, rounded.
    factor: i64,
    /// Bits that the product drops.
    drop: u32,
    exponential: Exponential,
}

/// The scale of the logarithm of a power.
const LOGARITHM: i32 = 20;
/// Bits of what its exponential takes, and the scales of that.
const EXPONENT: u32 = 22;
const EXPONENTS: std::ops::RangeInclusive<i32> = 10..=30;
/// Bits of the factor of a power, at most.
const FACTOR: u32 = 30;

impl Power {
    fn new(exponent: Dyadic, q: Quantization) -> Result<Self, BuildError> {
        let logarithm = Logarithm::new(q.input_scale, LOGARITHM)?;
        // The factor in as many bits as there are, at a scale of at least 0.
        let scale =
            (FACTOR + exponent.shift).saturating_sub(bit_length(exponent.mantissa.into())).min(FACTOR);
        let whole = i128::from(exponent.mantissa) << scale;
        let half = (1i128 << exponent.shift) >> 1;
        let factor = narrow(OPERATION, (whole + half) >> exponent.shift)?;
        let logarithms = logarithm::reference(&[q.lo.max(1), q.hi.max(1)], &logarithm)?;
        let end = |logarithm: &i64| narrow(OPERATION, i128::from(*logarithm) * i128::from(factor));
        let ends = logarithms.iter().map(end).collect::<Result<Vec<i64>, BuildError>>()?;
        let (lo, hi) = (ends.iter().copied().min().unwrap_or(0), ends.iter().copied().max().unwrap_or(0));
        // As fine as the exponential's arguments can be: of a small exponent, x^p varies little.
        let fine = LOGARITHM as u32 + scale;
        let drop_of = |scale: &i32| fine.checked_sub(scale.unsigned_abs());
        let fits = |scale: &i32| {
            drop_of(scale).is_some_and(|drop| bit_length(i128::from((hi >> drop) - (lo >> drop))) <= EXPONENT)
        };
        let scale = EXPONENTS.rev().find(fits).unwrap_or(*EXPONENTS.start());
        let drop = drop_of(&scale).unwrap_or(0);
        let domain = (div_pow2::reference(lo, drop), div_pow2::reference(hi, drop));
        let exponential = Exponential::new(domain, scale, q.output_scale, q.output_hi)?;
        Ok(Self { logarithm, factor, drop, exponential })
    }
}

const OPERATION: &str = "function of wide arguments";
/// Bits that what is divided or taken the root of has at most.
const MAX_BITS: u32 = 58;

impl Wide {
    /// Whether there is such a form of a function.
    pub fn has(function: Activation) -> bool {
        use Activation as A;
        let is_own =
            matches!(function, A::Log | A::Sqrt | A::Reciprocal | A::InverseSqrt | A::Exp | A::Power { .. });
        is_own || Interpolated::has(function)
    }

    /// Table entries that [`Wide::new`] computes: its work, for whoever has to bound it.
    pub fn entries(function: Activation) -> u64 {
        match function {
            Activation::Log => Logarithm::ENTRIES,
            Activation::Exp => Exponential::ENTRIES,
            Activation::Power { .. } => Logarithm::ENTRIES + Exponential::ENTRIES,
            other if Interpolated::has(other) => Interpolated::ENTRIES,
            _ => 1,
        }
    }

    /// A function over the domain of `q`, on all of which it must have values. Square roots are of what is not negative.
    pub fn new(function: Activation, q: Quantization) -> Result<Self, BuildError> {
        for (lo, hi) in [(q.lo, q.hi), (q.output_lo, q.output_hi)] {
            if lo > hi {
                let (lo, hi) = (lo.into(), hi.into());
                return Err(BuildError::EmptyRange { operation: OPERATION, lo, hi });
            }
            Bounded::constant(lo)?;
            Bounded::constant(hi)?;
        }
        let refuse = |why| BuildError::Function { function: function.name(), argument: q.lo, why };
        let has_values = match function.arguments() {
            Arguments::AtLeastZero => q.lo >= 0,
            Arguments::NotZero if function == Activation::Reciprocal => q.lo > 0 || q.hi < 0,
            _ if function == Activation::Exp || Interpolated::has(function) => true,
            _ => q.lo > 0,
        };
        if !has_values {
            return Err(refuse("the domain has arguments without a value"));
        }
        let bits = |bits: i32, argument: i64| {
            let bits =
                u32::try_from(bits).map_err(|_| refuse("the results are too coarse for such arguments"))?;
            match bits + bit_length(argument.into()) <= MAX_BITS {
                true => Ok(bits),
                false => Err(refuse("the results are too fine for such arguments")),
            }
        };
        let scales = [q.input_scale, q.output_scale];
        if scales.iter().any(|scale| !(-60..=60).contains(scale)) {
            return Err(refuse("a scale is outside [-60, 60]"));
        }
        let mut q = q;
        let kind = match function {
            Activation::Log => Kind::Logarithm(Logarithm::new(q.input_scale, q.output_scale)?),
            Activation::Sqrt => Kind::Root(bits(2 * q.output_scale - q.input_scale, q.hi)?),
            Activation::Reciprocal => Kind::Reciprocal(bits(q.output_scale + q.input_scale, 0)?),
            Activation::InverseSqrt => {
                let numerator = 1i64 << bits(2 * q.output_scale + q.input_scale, 0)?;
                // Below, the result would be larger than it can be.
                let beyond = i128::from(q.output_hi.max(0)) + 1;
                let least = i128::from(numerator) / (beyond * beyond) + 1;
                q.lo = q.lo.max(narrow(OPERATION, least)?).min(q.hi);
                Kind::InverseRoot(numerator)
            }
            Activation::Exp => {
                Kind::Exponential(Exponential::new((q.lo, q.hi), q.input_scale, q.output_scale, q.output_hi)?)
            }
            Activation::Power { exponent } => {
                q.lo = q.lo.max(1);
                if q.lo > q.hi {
                    return Err(refuse("the domain has no positive argument"));
                }
                Kind::Power(Box::new(Power::new(exponent, q)?))
            }
            _ if Interpolated::has(function) => Kind::Interpolated(Box::new(Interpolated::new(function, q)?)),
            _ => return Err(refuse("there is no form for wide arguments")),
        };
        Ok(Self { q, kind })
    }

    /// The quotient of 1, at place 0, by an argument, at place 1.
    fn quotient(&self, up: u32) -> Quotient {
        Quotient { pairs: vec![(0, 1)], up, lo: self.q.output_lo, hi: self.q.output_hi }
    }

    /// An argument's interval once it is clamped.
    fn clamped(&self, x: Interval) -> Interval {
        Requantize { shift: 0, lo: self.q.lo, hi: self.q.hi }.results(x)
    }

    /// A result's interval once it is clamped.
    fn results(&self, y: Interval) -> Interval {
        Requantize { shift: 0, lo: self.q.output_lo, hi: self.q.output_hi }.results(y)
    }
}

/// Integer reference.
pub fn reference(x: &[i64], p: &Wide) -> Result<Vec<i64>, BuildError> {
    let clamped: Vec<i64> = x.iter().map(|x| (*x).clamp(p.q.lo, p.q.hi)).collect();
    let each = |f: &dyn Fn(i64) -> i64| clamped.iter().map(|&x| f(x)).collect::<Vec<i64>>();
    let results = match &p.kind {
        Kind::Logarithm(p) => logarithm::reference(&clamped, p)?,
        Kind::Root(up) => each(&|x| root::reference(x << up)),
        Kind::InverseRoot(numerator) => each(&|x| root::reference_inverse(*numerator, x)),
        Kind::Reciprocal(up) => {
            let quotient = p.quotient(*up);
            let of = |x: &i64| quotient::reference(&[1, *x], &quotient);
            clamped.iter().map(of).collect::<Result<Vec<_>, _>>()?.concat()
        }
        Kind::Exponential(p) => {
            clamped.iter().map(|&x| exponential::reference(x, p)).collect::<Result<_, _>>()?
        }
        Kind::Power(p) => {
            let exponent = |logarithm: i64| div_pow2::reference(logarithm * p.factor, p.drop);
            let of = |logarithm: i64| exponential::reference(exponent(logarithm), &p.exponential);
            logarithm::reference(&clamped, &p.logarithm)?.into_iter().map(of).collect::<Result<_, _>>()?
        }
        Kind::Interpolated(p) => {
            clamped.iter().map(|&x| interpolated::reference(x, p)).collect::<Result<_, _>>()?
        }
    };
    Ok(results.into_iter().map(|y| y.clamp(p.q.output_lo, p.q.output_hi)).collect())
}

/// The function of each value.
pub fn constrain(b: &mut Builder, x: &[Bounded], p: &Wide) -> Result<Vec<Bounded>, BuildError> {
    b.scope("wide", |b| {
        let clamped = x.iter().map(|x| clamp::constrain(b, x, 0, p.q.lo, p.q.hi));
        let x: Vec<Bounded> = clamped.collect::<Result<_, _>>()?;
        let results = match &p.kind {
            Kind::Logarithm(p) => logarithm::constrain(b, &x, p)?,
            Kind::Root(up) => {
                x.iter().map(|x| square_root(b, &x.mul_const(1 << up)?)).collect::<Result<_, _>>()?
            }
            Kind::InverseRoot(n) => x.iter().map(|x| inverse_root(b, *n, x)).collect::<Result<_, _>>()?,
            Kind::Reciprocal(up) => {
                let (quotient, one) = (p.quotient(*up), Bounded::constant(1)?);
                let of = |x: &Bounded| quotient::constrain(b, &[one.clone(), x.clone()], &quotient);
                x.iter().map(of).collect::<Result<Vec<_>, _>>()?.concat()
            }
            Kind::Exponential(p) => exponential::constrain(b, &x, p)?,
            Kind::Power(p) => {
                let logarithms = logarithm::constrain(b, &x, &p.logarithm)?;
                let exponents = logarithms
                    .iter()
                    .map(|logarithm| div_pow2::constrain(b, &logarithm.mul_const(p.factor)?, p.drop));
                let exponents = exponents.collect::<Result<Vec<_>, _>>()?;
                exponential::constrain(b, &exponents, &p.exponential)?
            }
            Kind::Interpolated(p) => interpolated::constrain(b, &x, p)?,
        };
        results.iter().map(|y| clamp::constrain(b, y, 0, p.q.output_lo, p.q.output_hi)).collect()
    })
}

fn square_root(b: &mut Builder, v: &Bounded) -> Result<Bounded, BuildError> {
    match v.as_constant() {
        Some(constant) => Bounded::constant(root::reference(narrow(OPERATION, constant)?)),
        None => root::square_root(b, v),
    }
}

fn inverse_root(b: &mut Builder, numerator: i64, x: &Bounded) -> Result<Bounded, BuildError> {
    match x.as_constant() {
        Some(constant) => Bounded::constant(root::reference_inverse(numerator, narrow(OPERATION, constant)?)),
        None => root::inverse_square_root(b, numerator, x),
    }
}

/// Adds what [`constrain`] costs for values of these intervals; returns those of the results.
pub fn cost(t: &mut Tally, x: &[Interval], p: &Wide) -> Result<Vec<Interval>, BuildError> {
    x.iter().for_each(|&x| {
        clamp::cost(t, x, 0, p.q.lo, p.q.hi);
    });
    let x: Vec<Interval> = x.iter().map(|&x| p.clamped(x)).collect();
    let results = match &p.kind {
        Kind::Logarithm(p) => logarithm::cost(t, &x, p)?,
        Kind::Root(up) => {
            let of = |&(lo, hi): &Interval| {
                let v = (lo << up, hi << up);
                if lo != hi {
                    root::cost(t, v);
                }
                (v.0.isqrt(), v.1.isqrt())
            };
            x.iter().map(of).collect()
        }
        Kind::InverseRoot(numerator) => {
            let of = |&x: &Interval| match x.0 == x.1 {
                true => {
                    let root = (i128::from(*numerator) / x.0.max(1)).isqrt();
                    (root, root)
                }
                false => root::cost_inverse(t, *numerator, x),
            };
            x.iter().map(of).collect()
        }
        Kind::Reciprocal(up) => {
            let quotient = p.quotient(*up);
            let of = |&x: &Interval| quotient::cost(t, &[(1, 1), x], &quotient);
            x.iter().map(of).collect::<Result<Vec<_>, _>>()?.concat()
        }
        Kind::Exponential(p) => exponential::cost(t, &x, p)?,
        Kind::Power(p) => {
            let logarithms = logarithm::cost(t, &x, &p.logarithm)?;
            let exponent =
                |&logarithm: &Interval| div_pow2::cost(t, times(logarithm, p.factor.into()), p.drop);
            let exponents: Vec<Interval> = logarithms.iter().map(exponent).collect();
            exponential::cost(t, &exponents, &p.exponential)?
        }
        Kind::Interpolated(p) => interpolated::cost(t, &x, p)?,
    };
    results.iter().for_each(|&y| {
        clamp::cost(t, y, 0, p.q.output_lo, p.q.output_hi);
    });
    Ok(results.iter().map(|&y| p.results(y)).collect())
}

/// Scales and ranges of a case.
const fn quantization(hi: i64, input_scale: i32, output_scale: i32, output_hi: i64) -> Quantization {
    Quantization { lo: 1, hi, input_scale, output_scale, output_lo: 0, output_hi }
}

/// What audits and ledger see of it.
pub(crate) const CASES: &[Case] = &[
    Case::new("logarithm of 20 bits, below its domain too", 1, 20, |b, x| {
        let q = Quantization { output_lo: -(1 << 15), ..quantization((1 << 19) - 1, 10, 11, (1 << 15) - 1) };
        constrain(b, x, &Wide::new(Activation::Log, q)?)
    }),
    Case::new("exponential of 20 bits, to 16", 1, 20, |b, x| {
        let q = Quantization { lo: -(1 << 18), ..quantization(1 << 17, 15, 10, (1 << 16) - 1) };
        constrain(b, x, &Wide::new(Activation::Exp, q)?)
    }),
    Case::new("power 3/8 of 20 bits, to 16", 1, 20, |b, x| {
        let function = Activation::Power { exponent: Dyadic { mantissa: 3, shift: 3 } };
        constrain(b, x, &Wide::new(function, quantization((1 << 19) - 1, 4, 10, (1 << 16) - 1))?)
    }),
    Case::new("square root of 20 bits", 1, 20, |b, x| {
        let p = Wide::new(Activation::Sqrt, quantization((1 << 19) - 1, 4, 6, (1 << 16) - 1))?;
        constrain(b, x, &p)
    }),
    Case::new("reciprocal of 20 bits, to 16", 1, 20, |b, x| {
        let p = Wide::new(Activation::Reciprocal, quantization((1 << 19) - 1, 18, 6, (1 << 16) - 1))?;
        constrain(b, x, &p)
    }),
    Case::new("inverse square root of 20 bits, to 13", 1, 20, |b, x| {
        let p = Wide::new(Activation::InverseSqrt, quantization((1 << 19) - 1, 18, 8, (1 << 13) - 1))?;
        constrain(b, x, &p)
    }),
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{
        all, assert_costs, assert_every_constraint_is_needed, check, check_both, check_values, gadget,
        gadget_with_bounds,
    };
    use proptest::prelude::*;

    const POWER: Activation = Activation::Power { exponent: Dyadic { mantissa: -5, shift: 3 } };
    const FUNCTIONS: [Activation; 6] = [
        Activation::Log,
        Activation::Sqrt,
        Activation::Reciprocal,
        Activation::InverseSqrt,
        Activation::Exp,
        POWER,
    ];

    /// The function at a scale, before it is rounded.
    fn float(function: Activation, x: i64, q: Quantization) -> f64 {
        let x = x as f64 * 2f64.powi(-q.input_scale);
        let y = match function {
            Activation::Log => x.ln(),
            Activation::Sqrt => x.sqrt(),
            Activation::Reciprocal => 1.0 / x,
            Activation::Exp => x.exp(),
            POWER => x.powf(-0.625),
            _ => 1.0 / x.sqrt(),
        };
        y * 2f64.powi(q.output_scale)
    }

    fn one(x: i64, p: &Wide) -> i64 {
        reference(&[x], p).unwrap_or_else(|e| panic!("{x}: {e}"))[0]
    }

    #[test]
    fn values_are_those_of_the_functions() -> Result<(), BuildError> {
        for function in FUNCTIONS {
            let lo = if function == Activation::Log { -(1 << 20) } else { 0 };
            let q = Quantization { output_lo: lo, ..quantization((1 << 24) - 1, 20, 9, (1 << 20) - 1) };
            let q = if function == Activation::Sqrt { Quantization { output_scale: 18, ..q } } else { q };
            let p = Wide::new(function, q)?;
            let most = (0..24).flat_map(|bits| [1i64 << bits, (1 << bits) + 1, (3 << bits) / 2]);
            for x in most.chain((1..1 << 24).step_by(9973)).filter(|x| (p.q.lo..p.q.hi).contains(x)) {
                let (y, exact) =
                    (one(x, &p) as f64, float(function, x, q).clamp(lo as f64, q.output_hi as f64));
                let error = match function {
                    Activation::Log => 0.5 + 2f64.powi(9 - 14),
                    Activation::Reciprocal => 0.5,
                    POWER => 1.0 + 0.625 * exact * 2f64.powi(-13),
                    _ => 1.0,
                };
                assert!((y - exact).abs() <= error, "{function:?} of {x}: {y}, {exact}");
            }
            // Beyond the domain the nearest of it counts.
            assert_eq!(one(i64::MIN, &p), one(p.q.lo, &p));
            assert_eq!(one(i64::MAX, &p), one(p.q.hi, &p));
        }
        // log 1, sqrt 2, 1 / 3, 1 / sqrt 2 at 2^-8.
        let values = [(Activation::Log, 1, 0), (Activation::Sqrt, 2, 362), (Activation::Reciprocal, 3, 85)];
        for (function, x, y) in values.into_iter().chain([(Activation::InverseSqrt, 2, 181)]) {
            assert_eq!(one(x, &Wide::new(function, quantization(1000, 0, 8, 1000))?), y, "{function:?}");
        }
        let negative = Quantization { lo: -1000, hi: -1, output_lo: -999, ..quantization(0, 0, 8, 999) };
        assert_eq!(one(-3, &Wide::new(Activation::Reciprocal, negative)?), -85);
        Ok(())
    }

    #[test]
    fn constraints_equal_the_reference() -> Result<(), BuildError> {
        for function in FUNCTIONS {
            // Inside the range of results, and beyond; a domain within the values, and around them.
            for (hi, output_hi) in [(100, 1 << 20), (1000, 60), (3, 1 << 20), (1, 50)] {
                let q = Quantization { output_lo: -30, ..quantization(hi, 3, 5, output_hi) };
                let p = Wide::new(function, q)?;
                let build = |b: &mut Builder, x: &[Bounded]| constrain(b, x, &p);
                let expected = |x: &[i64]| vec![one(x[0], &p)];
                let (circuit, bounds) = gadget_with_bounds(1, 8, build)?;
                check(&circuit, &bounds, all(8).map(|x| vec![x]), expected);
                check_both(1, 8, build, all(8).map(|x| vec![x]), expected)?;
                assert_costs(1, 8, build, |t, x| assert_eq!(cost(t, x, &p), Ok(bounds.clone()), "{p:?}"))?;
            }
        }
        let q = Quantization { lo: -90, hi: -2, output_lo: -100, ..quantization(0, 3, 5, 0) };
        let p = Wide::new(Activation::Reciprocal, q)?;
        let build = |b: &mut Builder, x: &[Bounded]| constrain(b, x, &p);
        check_both(1, 8, build, all(8).map(|x| vec![x]), |x| vec![one(x[0], &p)])
    }

    #[test]
    fn every_constraint_is_needed() -> Result<(), BuildError> {
        for function in FUNCTIONS {
            let p = Wide::new(function, quantization(7, 1, 2, 6))?;
            let circuit = gadget(1, 4, |b, x| constrain(b, x, &p))?;
            assert_every_constraint_is_needed(&circuit, &all(4).map(|x| vec![x]).collect::<Vec<_>>());
        }
        Ok(())
    }

    #[test]
    fn impossible_parameters_are_refused() {
        let why = |function, q| match Wide::new(function, q) {
            Err(BuildError::Function { why, .. }) => why,
            other => panic!("{other:?}"),
        };
        let q = quantization(1000, 4, 8, 1000);
        for function in FUNCTIONS {
            if function != Activation::Exp {
                assert!(why(function, Quantization { lo: -1, ..q }).contains("without a value"));
            }
            assert!(why(function, Quantization { input_scale: 61, ..q }).contains("scale"));
            assert!(Wide::new(function, Quantization { lo: 2000, ..q }).is_err());
            assert!(Wide::new(function, Quantization { lo: i64::MIN, ..q }).is_err());
        }
        assert!(why(Activation::Sqrt, Quantization { output_scale: 1, ..q }).contains("too coarse"));
        assert!(why(Activation::Sqrt, Quantization { output_scale: 30, ..q }).contains("too fine"));
        assert!(why(Activation::Reciprocal, Quantization { output_scale: 60, ..q }).contains("too fine"));
        assert!(why(Activation::Tan, q).contains("no form"));
    }

    proptest! {
        #![proptest_config(crate::testing::property(24))]
        #[test]
        fn wide_values(x in 1i64..1 << 24, small in 1i64..100) {
            for (function, scale, hi) in [
                (Activation::Log, 14, 1 << 18),
                (Activation::Sqrt, 18, 1 << 24),
                (Activation::Reciprocal, 12, 1 << 24),
                (Activation::InverseSqrt, 12, 1 << 17),
                (POWER, 12, 1 << 17),
            ] {
                let q = Quantization { output_lo: -(1 << 20), ..quantization((1 << 24) - 1, 12, scale, hi) };
                let p = Wide::new(function, q)?;
                let circuit = gadget(1, 25, |b, x| constrain(b, x, &p))?;
                check_values(&circuit, [vec![x], vec![small], vec![-x], vec![0]], |x| vec![one(x[0], &p)]);
            }
        }
    }
}

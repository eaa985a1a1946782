//! Natural logarithms of positive integers of many bits: `y = floor(2^s * ln(x * 2^-i) + 1/2)`, by the place of the leading one and 64
//! chords of the logarithm between 1 and 2. A table would have an entry an argument.
//!
//! ```text
//! S = x * 2^(N - e)                2^N <= S < 2^(N + 1), e the place of the leading one of x
//! S - 2^N = 2^(N-6) a + 2^(N-16) d + rest      a of 6 bits, d of 10
//! V = 2^10 A[a] + (A[a + 1] - A[a]) * d + (e - i) L
//! A[a] = floor(2^18 ln(1 + a/64) + 1/2)        L = floor(2^28 ln 2 + 1/2)        y = floor(V / 2^(28-s) + 1/2)
//! ```
//!
//! The shift `u = N - e` is found by its bits from the top, which are advice: `S' = S + (2^(2^j) - 1) * u_j * S`. Its proof is the second
//! line: the digits say that S is in `[2^N, 2^(N+1))`. Each bit is 0 or 1, so S is x times a power of two over the integers (no side
//! leaves ±2^60), and just one multiple of a positive integer by a power of two lies there. Digits of an integer are unique, and all else
//! follows from them.
//!
//! *Error*: a chord over `1/64` is below the logarithm by up to `2^-15`; what `rest` drops is below `2^-16`, and what A and L are rounded by
//! below `2^-19 + |e - i| * 2^-29`: in all less than `2^-14` for |e - i| up to 40, and half a unit of the result. That of
//! powers of two is off by the rounding only. V never falls where x rises: the last chord's end is a step of d away, more than A and L can
//! disagree by.
//!
//! Cost, for values of n bits: 2 a bit of the shift, of which there are `log2 n`; `max(n - 1, 16)` bits; two entries of 64, which are
//! selected by the same bits (20), or looked up in one table of 65; a product; the rounding of V.

use crate::bounded::{Bounded, narrow};
use crate::builder::Builder;
use crate::case::Case;
use crate::cost::Tally;
use crate::error::{BuildError, Missing};
use crate::gadgets::bits::{assert_bits, high_bits, recompose, require};
use crate::gadgets::div_pow2;
use crate::gadgets::divide::SIGN;
use crate::gadgets::lookup::digits::{assert_integer_width, assert_width};
use crate::gadgets::multiplex::Selector;
use crate::instruction::Instruction;
use crate::integer::{Interval, LIMIT_BITS, bit_length, times};
use crate::layers::function::{self, Activation, FunctionTable, Quantization};
use crate::lookups::Ranges;

/// Scales of arguments and results.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Logarithm {
    /// `A`, from 0 to 64.
    knots: FunctionTable,
    /// `L`.
    ln_2: i64,
    /// `i`.
    input_scale: i32,
    /// `28 - s`.
    drop: i32,
}

const OPERATION: &str = "logarithm";
/// Bits of `a`.
const CHORDS: u32 = 6;
/// Bits of `d`.
const WITHIN: u32 = 10;
/// The scale of A.
const KNOTS: u32 = 18;
/// The scale of V.
const FINE: i32 = (KNOTS + WITHIN) as i32;
/// Largest scale of arguments and results.
const MAX_SCALE: i32 = 60;

impl Logarithm {
    /// Of arguments at scale `input_scale`, -60 to 60, with results at `scale`, -20 to 40.
    pub fn new(input_scale: i32, scale: i32) -> Result<Self, BuildError> {
        let refuse = |why| BuildError::Function { function: OPERATION, argument: input_scale.into(), why };
        if input_scale.abs() > MAX_SCALE {
            return Err(refuse("the input scale is outside [-60, 60]"));
        }
        if !(-20..=40).contains(&scale) {
            return Err(refuse("the output scale is outside [-20, 40]"));
        }
        let table = |lo, hi, input_scale: u32, output_scale: u32| {
            let q = Quantization {
                lo,
                hi,
                input_scale: input_scale as i32,
                output_scale: output_scale as i32,
                output_lo: 0,
                output_hi: 1 << output_scale,
            };
            FunctionTable::of(Activation::Log, q)
        };
        let values = table(1 << CHORDS, 2 << CHORDS, CHORDS, KNOTS)?.values().to_vec();
        let ln_2 = table(2, 2, 0, FINE.unsigned_abs())?.value(2);
        Ok(Self { knots: FunctionTable::new(0, values)?, ln_2, input_scale, drop: FINE - scale })
    }

    /// Table entries that [`Logarithm::new`] computes: its work, for whoever has to bound it.
    pub const ENTRIES: u64 = (1 << CHORDS) + 2;

    /// `A[a + 1] - A[a]` for each `a`.
    fn slopes(&self) -> Vec<i64> {
        self.knots.values().iter().zip(self.knots.values().iter().skip(1)).map(|(a, b)| b - a).collect()
    }

    /// `A[a]` for each `a` that digits have.
    fn starts(&self) -> Vec<i64> {
        self.knots.values().iter().copied().take(1 << CHORDS).collect()
    }

    /// The interval of the slopes.
    fn slope_interval(&self) -> Interval {
        let slopes = self.slopes();
        let (least, most) = (slopes.iter().min(), slopes.iter().max());
        (least.copied().unwrap_or(0).into(), most.copied().unwrap_or(i64::MAX).into())
    }

    /// `V` for a positive x.
    fn fine(&self, x: i128) -> i128 {
        let exponent = bit_length(x).saturating_sub(1);
        let digits = CHORDS + WITHIN;
        let fraction = match exponent.checked_sub(digits) {
            Some(down) => x >> down,
            None => x << (digits - exponent),
        } - (1 << digits);
        let a = (fraction >> WITHIN) as i64;
        let (start, end) = (self.knots.value(a), self.knots.value(a + 1));
        let chord =
            (i128::from(start) << WITHIN) + i128::from(end - start) * (fraction & ((1 << WITHIN) - 1));
        chord + (i128::from(exponent) - i128::from(self.input_scale)) * i128::from(self.ln_2)
    }

    /// The interval of `V`, which never falls.
    fn fine_interval(&self, (lo, hi): Interval) -> Interval {
        (self.fine(lo.max(1)), self.fine(hi.max(1)))
    }
}

/// What normalizing a value of an interval takes.
struct Steps {
    /// `N`.
    top: u32,
    /// The place of the leading one of the largest value.
    highest: u32,
    /// How many bits the shift has beyond that of the largest.
    bits: u32,
}

impl Steps {
    /// Fails where the largest value, shifted by all bits, would not fit a circuit's integers.
    fn of((lo, hi): Interval) -> Result<Self, BuildError> {
        let (lowest, highest) = (bit_length(lo.max(1)) - 1, bit_length(hi.max(1)) - 1);
        let bits = bit_length(i128::from(highest - lowest));
        let steps = Self { top: highest.max(CHORDS + WITHIN), highest, bits };
        match highest + 1 + steps.least() + (1 << bits) - 1 <= LIMIT_BITS {
            true => Ok(steps),
            false => Err(BuildError::Overflow { operation: OPERATION, lo, hi }),
        }
    }

    /// By how much all values are shifted.
    fn least(&self) -> u32 {
        self.top - self.highest
    }

    /// The weights `2^j` of the bits, the largest first.
    fn weights(&self) -> impl Iterator<Item = u32> + use<> {
        (0..self.bits).rev().map(|j| 1 << j)
    }

    /// Bits of S below `d`.
    fn rest(&self) -> u32 {
        self.top - CHORDS - WITHIN
    }
}

/// Integer reference. Fails on what is not positive.
pub fn reference(x: &[i64], p: &Logarithm) -> Result<Vec<i64>, BuildError> {
    let one = |(index, &x): (usize, &i64)| {
        positive(index, (x.into(), x.into()))?;
        let fine = narrow(OPERATION, p.fine(x.into()))?;
        match u32::try_from(p.drop) {
            Ok(drop) => Ok(div_pow2::reference(fine, drop)),
            Err(_) => narrow(OPERATION, i128::from(fine) << p.drop.unsigned_abs()),
        }
    };
    x.iter().enumerate().map(one).collect()
}

fn positive(index: usize, (lo, hi): Interval) -> Result<(), BuildError> {
    match lo {
        1.. => Ok(()),
        _ => Err(BuildError::NotProven { operation: OPERATION, index, lo, hi, min: 1, max: hi.max(1) }),
    }
}

/// The logarithms of values that are proven to be positive. Several at once may share a lookup table that one does not pay for.
pub fn constrain(b: &mut Builder, x: &[Bounded], p: &Logarithm) -> Result<Vec<Bounded>, BuildError> {
    b.scope("logarithm", |b| {
        let mut normalized = Vec::with_capacity(x.len());
        for x in x {
            require(x, 1, x.hi().max(1), OPERATION)?;
            normalized.push(match x.as_constant() {
                Some(_) => None,
                None => Some(normalize(b, x)?),
            });
        }
        let chords = chords(b, &normalized.iter().flatten().map(|n| &n.digits).collect::<Vec<_>>(), p)?;
        let (mut chords, mut results) = (chords.into_iter(), Vec::with_capacity(x.len()));
        for (x, normalized) in x.iter().zip(&normalized) {
            let (lo, hi) = p.fine_interval(x.interval());
            let fine = match normalized {
                None => Bounded::constant(narrow(OPERATION, lo)?)?,
                Some(Normalized { shift, offset, digits }) => {
                    let Some((start, slope)) = chords.next() else {
                        return Err(Missing { what: "chords", index: 0, len: 0 }.into());
                    };
                    let zero = Bounded::constant(0)?;
                    let most = narrow(OPERATION, slope.hi() * digits.within.hi())?;
                    let along = b.product_wire("slope * distance", &slope, &digits.within, &zero, most)?;
                    let terms = [(&start, 1 << WITHIN), (&along, 1), (shift, -p.ln_2)];
                    let constant = (i64::from(*offset) - i64::from(p.input_scale)) * p.ln_2;
                    Bounded::combine(OPERATION, &terms, constant)?.proven(lo, hi)
                }
            };
            results.push(match u32::try_from(p.drop) {
                Ok(drop) => div_pow2::constrain(b, &fine, drop)?,
                Err(_) => fine.mul_const(1 << p.drop.unsigned_abs().min(62))?,
            });
        }
        Ok(results)
    })
}

/// A value times a power of two.
struct Normalized {
    /// The shift, less that of the largest value.
    shift: Bounded,
    /// The exponent where that is zero.
    offset: u32,
    digits: Digits,
}

/// Digits of `S - 2^N`.
struct Digits {
    /// `a`, and its bits where the circuit proves ranges by bits.
    chord: Bounded,
    bits: Vec<Bounded>,
    /// `d`.
    within: Bounded,
}

fn normalize(b: &mut Builder, x: &Bounded) -> Result<Normalized, BuildError> {
    let steps = Steps::of(x.interval())?;
    let zero = Bounded::constant(0)?;
    let (mut value, mut shift) = (x.mul_const(1 << steps.least())?, zero.clone());
    for weight in steps.weights() {
        // Advice: 1 where the value stays below 2^(N+1), the sign of what it lacks. Nothing ties it to that but the digits.
        let lacks = value.add_const(-(1 << (steps.top + 1 - weight)))?;
        let bit = high_bits(b, &lacks, SIGN, 1, "shift bit")?;
        let bit = bit.into_iter().next().ok_or(BuildError::Empty { operation: OPERATION })?;
        let most = narrow(OPERATION, value.hi())?;
        let shifted = b.product_wire("shift bit * value", &bit, &value, &zero, most)?;
        value = Bounded::combine(OPERATION, &[(&value, 1), (&shifted, (1 << weight) - 1)], 0)?;
        shift = Bounded::combine(OPERATION, &[(&shift, 1), (&bit, weight.into())], 0)?;
    }
    let fraction = value.add_const(-(1 << steps.top))?;
    Ok(Normalized { shift, offset: steps.highest, digits: digits(b, &fraction, &steps)? })
}

/// Proves that a fraction is in `[0, 2^N)`; its interval is not relied upon.
fn digits(b: &mut Builder, fraction: &Bounded, steps: &Steps) -> Result<Digits, BuildError> {
    if b.ranges() == Ranges::Bits {
        let bits = assert_bits(b, fraction, steps.top)?;
        let (below, bits) = bits.split_at(bits.len().saturating_sub(CHORDS as usize));
        let (_, within) = below.split_at(below.len().saturating_sub(WITHIN as usize));
        return Ok(Digits { chord: recompose(bits)?, bits: bits.to_vec(), within: recompose(within)? });
    }
    let rest = steps.rest();
    let chord = quotient(b, fraction, rest + WITHIN, CHORDS)?;
    let below = Bounded::combine(OPERATION, &[(fraction, 1), (&chord, -(1 << (rest + WITHIN)))], 0)?;
    if rest == 0 {
        assert_integer_width(b, &below, WITHIN)?;
        return Ok(Digits { chord, bits: Vec::new(), within: below.proven(0, (1 << WITHIN) - 1) });
    }
    let within = quotient(b, &below, rest, WITHIN)?;
    // An integer: all others are.
    assert_integer_width(b, &below.sub(&within.mul_const(1 << rest)?)?, rest)?;
    Ok(Digits { chord, bits: Vec::new(), within })
}

/// A wire proven to be of so many bits, which is `floor(v / 2^shift)` where it can be.
fn quotient(b: &mut Builder, v: &Bounded, shift: u32, bits: u32) -> Result<Bounded, BuildError> {
    let shift = u8::try_from(shift).map_err(|_| BuildError::TooLarge { what: "bits of a shift" })?;
    b.instruct(Instruction::Quotient { shift }, &[v])?;
    let quotient = b.bounded_wire((1 << bits) - 1)?;
    assert_width(b, &quotient, bits)?;
    Ok(quotient)
}

/// `A[a]` and `A[a + 1] - A[a]` of each value.
fn chords(b: &mut Builder, digits: &[&Digits], p: &Logarithm) -> Result<Vec<(Bounded, Bounded)>, BuildError> {
    if b.ranges() == Ranges::Bits {
        let (starts, slopes) = (p.starts(), p.slopes());
        let high = Selector::split(starts.len(), 2);
        let select = |digits: &&Digits| {
            let selector = Selector::constrain(b, digits.bits.clone(), starts.len(), high)?;
            Ok((selector.select(b, &starts)?, selector.select(b, &slopes)?))
        };
        return digits.iter().map(select).collect();
    }
    let ends = digits.iter().map(|digits| digits.chord.add_const(1)).collect::<Result<Vec<_>, _>>()?;
    let all: Vec<Bounded> = digits.iter().map(|digits| digits.chord.clone()).chain(ends).collect();
    let knots = function::constrain(b, &all, &p.knots)?;
    let (starts, ends) = knots.split_at(digits.len());
    let (least, most) = p.slope_interval();
    let chord = |(start, end): (&Bounded, &Bounded)| Ok((start.clone(), end.sub(start)?.proven(least, most)));
    starts.iter().zip(ends).map(chord).collect()
}

/// Adds what [`constrain`] costs for values of these intervals; returns those of the results.
pub fn cost(t: &mut Tally, x: &[Interval], p: &Logarithm) -> Result<Vec<Interval>, BuildError> {
    x.iter().enumerate().try_for_each(|(index, &x)| positive(index, x))?;
    let varying: Vec<Interval> = x.iter().copied().filter(|(lo, hi)| lo != hi).collect();
    for &x in &varying {
        let steps = Steps::of(x)?;
        t.add(2 * steps.bits as usize + 1);
        if t.ranges() == Ranges::Bits {
            t.add(steps.top as usize);
            continue;
        }
        t.exact(CHORDS, 1);
        match steps.rest() {
            0 => t.integer(WITHIN),
            rest => {
                t.exact(WITHIN, 1);
                t.integer(rest);
            }
        }
    }
    if t.ranges() == Ranges::Bits {
        let (starts, slopes) = (p.starts(), p.slopes());
        let high = Selector::split(starts.len(), 2);
        let each = Selector::cost(starts.len(), high)
            + Selector::cost_of_table(&starts, high)
            + Selector::cost_of_table(&slopes, high);
        t.add(varying.len() * each);
    } else {
        let last = (1i128 << CHORDS) - 1;
        let all = [(0, last), (1, last + 1)].map(|interval| vec![interval; varying.len()]).concat();
        function::cost(t, &all, &p.knots);
    }
    let result = |&x: &Interval| {
        let fine = p.fine_interval(x);
        match u32::try_from(p.drop) {
            // The rounding of a constant costs nothing.
            Ok(drop) => div_pow2::cost(t, fine, drop),
            Err(_) => times(fine, 1 << p.drop.unsigned_abs().min(62)),
        }
    };
    Ok(x.iter().map(result).collect())
}

/// What audits and ledger see of it.
pub(crate) const CASES: &[Case] = &[
    Case::new("logarithm of 24 bits", 1, 24, |b, x| {
        constrain(b, &[x[0].add_const((1 << 23) + 1)?], &Logarithm::new(4, 16)?)
    }),
    Case::new("logarithm of 24 values of 14 bits", 24, 14, |b, x| {
        let x = x.iter().map(|x| x.add_const((1 << 13) + 1)).collect::<Result<Vec<_>, _>>()?;
        constrain(b, &x, &Logarithm::new(4, 12)?)
    }),
];

#[cfg(test)]
mod tests;

//! What the proof of uniqueness reasons with: small integers, their domains, affine combinations and digits.

use ark_bn254::Fr;
use ark_ff::{BigInteger, One, PrimeField, Zero};

/// Unknown wires with coefficients, and a constant.
#[derive(PartialEq, Eq)]
pub(super) struct Affine {
    pub(super) terms: Vec<(usize, Fr)>,
    pub(super) constant: Fr,
}

impl Affine {
    pub(super) fn is_one_more_than(&self, other: &Affine) -> bool {
        self.terms == other.terms && self.constant - other.constant == Fr::one()
    }

    /// `factor * self - other`.
    pub(super) fn scaled_minus(mut self, factor: Fr, other: &Affine) -> Affine {
        self.constant = self.constant * factor - other.constant;
        self.terms.iter_mut().for_each(|(_, c)| *c *= factor);
        for &(wire, c) in &other.terms {
            match self.terms.iter_mut().find(|(known, _)| *known == wire) {
                Some((_, sum)) => *sum -= c,
                None => self.terms.push((wire, -c)),
            }
        }
        self.terms.retain(|(_, c)| !c.is_zero());
        self
    }
}

/// The integers `start, start + step, ..., start + hi * step`.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct Domain {
    pub(super) start: i128,
    pub(super) hi: i128,
    pub(super) step: i128,
}

impl Domain {
    pub(super) const BIT: Self = Self { start: 0, hi: 1, step: 1 };

    pub(super) fn max(self) -> i128 {
        self.start + self.hi * self.step
    }

    pub(super) fn contains(self, value: i128) -> bool {
        (self.start..=self.max()).contains(&value) && (value - self.start) % self.step == 0
    }
}

#[derive(PartialEq, Eq)]
pub(super) enum Digits {
    Solved,
    /// No solution: a contradiction.
    None,
    /// The rule does not apply.
    Unclear,
}

/// One unknown of an equation with positive weights.
pub(super) struct Digit {
    /// `None` for the added bit.
    pub(super) wire: Option<usize>,
    /// Of one step.
    pub(super) weight: i128,
    pub(super) domain: Domain,
    /// Counts from the end of the domain.
    pub(super) mirrored: bool,
}

impl Digit {
    pub(super) fn reach(&self) -> i128 {
        self.weight * self.domain.hi
    }
}

/// The first weight that does not exceed what all smaller digits can reach.
pub(super) fn collision(digits: &[Digit]) -> Option<i128> {
    let mut reach = 0;
    digits.iter().find_map(|digit| {
        let collides = digit.weight <= reach;
        reach += digit.reach();
        collides.then_some(digit.weight)
    })
}

/// Sums of small numbers stay exact in `i128` and far from the modulus.
pub(super) const SMALL: i128 = 1 << 100;

/// The element as an integer within ±2^100, if it is one.
pub(super) fn small(value: Fr) -> Option<i128> {
    let narrow = |value: Fr| {
        let [low, high, ..] = value.into_bigint().0;
        let number = (i128::from(high) << 64) | i128::from(low);
        (value.into_bigint().num_bits() <= 100).then_some(number)
    };
    narrow(value).or_else(|| narrow(-value).map(|number| -number))
}

/// The inverse of [`small`].
pub(super) fn from_small(value: i128) -> Fr {
    let magnitude = Fr::from(value.unsigned_abs());
    if value < 0 { -magnitude } else { magnitude }
}

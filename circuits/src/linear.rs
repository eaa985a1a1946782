//! Wires and linear combinations over the field.

use ark_bn254::Fr;
use ark_ff::{One, Zero};

/// A wire of the constraint system: one position of the witness vector.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Wire(pub(crate) u32);

impl Wire {
    /// The constant one.
    pub const ONE: Wire = Wire(0);
    /// The statement's digest: the public input.
    pub const DIGEST: Wire = Wire(1);
    /// The challenge of a circuit with lookups, an instance wire that the verifier computes.
    pub const CHALLENGE: Wire = Wire(2);

    /// Position in the witness vector.
    pub fn index(self) -> usize {
        self.0 as usize
    }
}

/// A linear combination of wires with field coefficients: sorted by wire, no coefficient zero.
/// A constant is a term on [`Wire::ONE`].
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Lc {
    terms: Vec<(Wire, Fr)>,
}

impl Lc {
    /// The empty combination: zero.
    pub fn zero() -> Self {
        Self::default()
    }

    /// A constant.
    pub fn constant(value: Fr) -> Self {
        Self::term(Wire::ONE, value)
    }

    /// One wire.
    pub fn wire(wire: Wire) -> Self {
        Self::term(wire, Fr::one())
    }

    /// One wire times a coefficient.
    pub fn term(wire: Wire, coefficient: Fr) -> Self {
        if coefficient.is_zero() { Self::zero() } else { Self { terms: vec![(wire, coefficient)] } }
    }

    /// Sums terms in any order, adding up those of one wire.
    pub fn from_terms(mut terms: Vec<(Wire, Fr)>) -> Self {
        terms.sort_unstable_by_key(|&(wire, _)| wire);
        terms.dedup_by(|next, kept| {
            let same = next.0 == kept.0;
            if same {
                kept.1 += next.1;
            }
            same
        });
        terms.retain(|(_, coefficient)| !coefficient.is_zero());
        Self { terms }
    }

    /// The terms, sorted by wire.
    pub fn terms(&self) -> &[(Wire, Fr)] {
        &self.terms
    }

    /// The value, if no wire but the constant one occurs.
    pub fn as_constant(&self) -> Option<Fr> {
        match self.terms.as_slice() {
            [] => Some(Fr::zero()),
            [(Wire::ONE, value)] => Some(*value),
            _ => None,
        }
    }

    /// The value for a witness vector; `None` if it lacks a wire.
    pub fn evaluate(&self, wires: &[Fr]) -> Option<Fr> {
        self.terms.iter().map(|(wire, c)| wires.get(wire.index()).map(|value| *value * c)).sum()
    }

    /// `self + other`.
    pub fn plus(&self, other: &Lc) -> Lc {
        self.plus_scaled(other, Fr::one())
    }

    /// `self - other`.
    pub fn minus(&self, other: &Lc) -> Lc {
        self.plus_scaled(other, -Fr::one())
    }

    /// `self + factor * other`.
    pub fn plus_scaled(&self, other: &Lc, factor: Fr) -> Lc {
        let mut terms = Vec::with_capacity(self.terms.len() + other.terms.len());
        terms.extend_from_slice(&self.terms);
        terms.extend(other.terms.iter().map(|&(wire, c)| (wire, c * factor)));
        Self::from_terms(terms)
    }

    /// `factor * self`.
    pub fn scaled(&self, factor: Fr) -> Lc {
        Lc::zero().plus_scaled(self, factor)
    }
}

//! Weights: private wires that a commitment of their own fixes, once for a model and not once a proof.
//!
//! A verifier keeps `D_w = sum w_j G_j`, a commitment to all weights under the keys' own points, and adds it to the public
//! inputs of every proof (`assay_groth16::weights` has equations and argument). So one key serves every model of an
//! architecture, and the weights stay private.
//!
//! # Home rows
//!
//! Weight k stands in A of constraint k, its *home row*, with coefficient 1, and nowhere else: not in another row, not in B
//! or C. Its point in a key is then that of row k, whatever else the circuit computes. Two circuits with as many weights,
//! over one domain and with the same secrets, have the same points for them: one commitment serves both, and what one
//! circuit proves of the weights holds in the other. [`crate::Weights::check`] sees to it, wherever a circuit comes from.
//!
//! What a home row says is the circuit's affair. Where it computes with weights, `w_k * x = s - c`: a product and one
//! summand of a running sum ([`crate::Builder::weigh`]). Where it proves their ranges, a query, `(w_k + 2^(b-1) - X) * v =
//! -1` ([`crate::Builder::prove_weight`]). A weight that a circuit does not need has an idle one, `w_k * 0 = 0`.
//!
//! The last of these wires is the *mask*: any element, drawn when the weights are committed to. Its home row is idle in
//! every circuit, so it blinds the commitment and does nothing else.
//!
//! # What a circuit assumes
//!
//! That each weight is an integer of its bits: nothing in a circuit that only computes with it says so, and every interval
//! that it derives ([`crate::Bounded`]) rests on it. It is a property of the weights alone, so it is proven once, when they
//! are registered, by a circuit that calls [`crate::Builder::prove_weight`] for each.

use std::collections::HashMap;

use ark_ff::One;

use crate::commitment::Commitment;
use crate::error::WeightsError;
use crate::linear::{Lc, Wire};
use crate::r1cs::{Csr, R1cs};

/// Most bits of a weight.
pub const MAX_WEIGHT_BITS: u8 = 60;

/// The wires that a commitment to weights binds: see the module.
///
/// Wire `wires[k]` has the home row k.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Weights {
    /// Private wires, ascending: the weights in their order, then the mask.
    pub wires: Vec<u32>,
}

/// A weight of a builder's circuit, until its home row is built.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Weight {
    /// The builder that it belongs to.
    pub(crate) owner: u64,
    /// Position among the weights.
    pub(crate) index: usize,
    pub(crate) wire: Wire,
    pub(crate) bits: u8,
}

/// A home row that is built already: name and sides of the constraint.
#[derive(Clone, Debug)]
pub(crate) struct Home {
    pub(crate) name: String,
    pub(crate) sides: [Lc; 3],
}

impl Weight {
    /// Position among the weights of the circuit, and its home row.
    pub fn index(&self) -> usize {
        self.index
    }

    /// Its bits, signed.
    pub fn bits(&self) -> u8 {
        self.bits
    }
}

impl Weights {
    /// The mask: the last wire.
    pub fn mask(&self) -> Option<u32> {
        self.wires.last().copied()
    }

    /// Number of weights, without the mask.
    pub fn len(&self) -> usize {
        self.wires.len().saturating_sub(1)
    }

    /// Whether there are no weights.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Fails unless every weight has its home row and stands nowhere else, the mask's is idle, and no weight is an instance wire or
    /// one that `commitment` binds. The system's rows have to be sound.
    pub fn check(&self, r1cs: &R1cs, commitment: Option<&Commitment>) -> Result<(), WeightsError> {
        if self.wires.len() < 2 {
            return Err(WeightsError::Count(self.wires.len()));
        }
        let mut least = r1cs.num_instance;
        let mut positions = HashMap::with_capacity(self.wires.len());
        for (index, &wire) in self.wires.iter().enumerate() {
            if !(least..r1cs.num_wires()).contains(&(wire as usize)) {
                return Err(WeightsError::Wire { index, wire });
            }
            if commitment.is_some_and(|commitment| commitment.committed.contains(&wire)) {
                return Err(WeightsError::Committed { index, wire });
            }
            let is_home = |&(found, coefficient): &(u32, u32)| {
                found == wire && r1cs.values.get(coefficient as usize).is_some_and(One::is_one)
            };
            if !r1cs.a.row(index).any(|entry| is_home(&entry)) {
                return Err(WeightsError::Home { index, wire });
            }
            positions.insert(wire, index);
            least = wire as usize + 1;
        }
        for (matrix, csr) in [("A", &r1cs.a), ("B", &r1cs.b), ("C", &r1cs.c)] {
            self.check_matrix(matrix, csr, &positions)?;
        }
        let mask = self.len();
        let is_idle = [&r1cs.a, &r1cs.b, &r1cs.c].map(|csr| csr.row(mask).count()) == [1, 0, 0];
        if is_idle { Ok(()) } else { Err(WeightsError::Mask(mask)) }
    }

    /// No weight stands in `csr` but in A's home row.
    fn check_matrix(
        &self,
        matrix: &'static str,
        csr: &Csr,
        positions: &HashMap<u32, usize>,
    ) -> Result<(), WeightsError> {
        let (Some(&first), Some(&last)) = (self.wires.first(), self.wires.last()) else { return Ok(()) };
        for row in 0..csr.rows() {
            // Most wires are no weights: the map is asked for those only that may be.
            for (wire, _) in csr.row(row).filter(|(wire, _)| (first..=last).contains(wire)) {
                if let Some(&index) = positions.get(&wire)
                    && (matrix != "A" || index != row)
                {
                    return Err(WeightsError::Elsewhere { index, wire, matrix, row });
                }
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;

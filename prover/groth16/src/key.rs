//! Proving and verifying keys.

use ark_bn254::{Bn254, G1Affine, G2Affine};
use ark_ec::AffineRepr;
use assay_circuits::Circuit;
use assay_interface::groth16::{self as interface, SetupKind};

use crate::points::point_bytes;

/// What a verifier needs: the interface's 576 bytes, which circuit they are for, and how they were made.
#[derive(Clone, Debug, PartialEq)]
pub struct VerifyingKey {
    pub(crate) circuit: [u8; 32],
    pub(crate) setup: SetupKind,
    pub(crate) points: ark_groth16::VerifyingKey<Bn254>,
}

/// What a prover needs. Made by a setup or read from a file; either way its parts fit each other.
#[derive(Clone, Debug, PartialEq)]
pub struct ProvingKey {
    pub(crate) verifying_key: VerifyingKey,
    pub(crate) beta_g1: G1Affine,
    pub(crate) delta_g1: G1Affine,
    /// Wires of the circuit, the constant one included.
    pub(crate) num_wires: usize,
    /// `[A_i(tau)]_1` for each wire i.
    pub(crate) a: Query<G1Affine>,
    /// `[B_i(tau)]_1` for each wire i.
    pub(crate) b_g1: Query<G1Affine>,
    /// `[B_i(tau)]_2` for each wire i: the wires of `b_g1`.
    pub(crate) b_g2: Query<G2Affine>,
    /// `[(beta A_i + alpha B_i + C_i)(tau) / delta]_1` for each private wire i.
    pub(crate) l: Query<G1Affine>,
    /// `[L_j(tau) / delta]_1` for each odd point j of the doubled domain: see [`crate::CosetReduction`].
    pub(crate) h: Vec<G1Affine>,
}

/// Points for some of the wires: those of the others are the identity, and no work is spent on them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Query<P> {
    /// Wires in ascending order.
    pub(crate) wires: Vec<u32>,
    /// Their points, none the identity.
    pub(crate) points: Vec<P>,
}

impl<P: AffineRepr> Query<P> {
    /// The points of wires `first..` without the identities.
    fn compact(first: u32, points: &[P]) -> Self {
        let (wires, points) = (first..)
            .zip(points)
            .filter(|(_, point)| !point.is_zero())
            .map(|(wire, point)| (wire, *point))
            .unzip();
        Query { wires, points }
    }

    /// The points of wires `first..first + len`, with the identities.
    fn expand(&self, first: u32, len: usize) -> Vec<P> {
        let mut points = vec![P::zero(); len];
        for (wire, point) in self.wires.iter().zip(&self.points) {
            if let Some(slot) = wire.checked_sub(first).and_then(|index| points.get_mut(index as usize)) {
                *slot = *point;
            }
        }
        points
    }
}

impl VerifyingKey {
    /// Digest of the circuit that the key is for.
    pub fn circuit_digest(&self) -> [u8; 32] {
        self.circuit
    }

    /// How the key's secrets were made.
    pub fn setup_kind(&self) -> SetupKind {
        self.setup
    }

    /// The 576 bytes that the verifier program stores.
    pub fn to_interface(&self) -> interface::VerifyingKey {
        let ic = |index: usize| self.points.gamma_abc_g1.get(index).copied().unwrap_or_else(G1Affine::zero);
        let key = interface::PlainKey {
            alpha_g1: point_bytes(&self.points.alpha_g1),
            beta_g2: point_bytes(&self.points.beta_g2),
            gamma_g2: point_bytes(&self.points.gamma_g2),
            delta_g2: point_bytes(&self.points.delta_g2),
            ic: [point_bytes(&ic(0)), point_bytes(&ic(1))],
        };
        key.into()
    }

    /// The same key for arkworks.
    pub fn to_arkworks(&self) -> &ark_groth16::VerifyingKey<Bn254> {
        &self.points
    }
}

impl ProvingKey {
    /// The verifying key of the same setup.
    pub fn verifying_key(&self) -> &VerifyingKey {
        &self.verifying_key
    }

    /// Digest of the circuit that the key is for.
    pub fn circuit_digest(&self) -> [u8; 32] {
        self.verifying_key.circuit
    }

    /// The key of a setup by arkworks with [`crate::CosetReduction`].
    pub(crate) fn from_arkworks(
        key: &ark_groth16::ProvingKey<Bn254>,
        circuit: &Circuit,
        setup: SetupKind,
    ) -> ProvingKey {
        let num_instance = circuit.r1cs.num_instance as u32;
        ProvingKey {
            verifying_key: VerifyingKey { circuit: circuit.digest(), setup, points: key.vk.clone() },
            beta_g1: key.beta_g1,
            delta_g1: key.delta_g1,
            num_wires: circuit.r1cs.num_wires(),
            a: Query::compact(0, &key.a_query),
            b_g1: Query::compact(0, &key.b_g1_query),
            b_g2: Query::compact(0, &key.b_g2_query),
            l: Query::compact(num_instance, &key.l_query),
            h: key.h_query.clone(),
        }
    }

    /// The same key for arkworks: its prover with [`crate::CosetReduction`] makes proofs that verify under it.
    pub fn to_arkworks(&self) -> ark_groth16::ProvingKey<Bn254> {
        let num_instance = assay_circuits::NUM_INSTANCE;
        ark_groth16::ProvingKey {
            vk: self.verifying_key.points.clone(),
            beta_g1: self.beta_g1,
            delta_g1: self.delta_g1,
            a_query: self.a.expand(0, self.num_wires),
            b_g1_query: self.b_g1.expand(0, self.num_wires),
            b_g2_query: self.b_g2.expand(0, self.num_wires),
            h_query: self.h.clone(),
            l_query: self.l.expand(num_instance as u32, self.num_wires.saturating_sub(num_instance)),
        }
    }

    /// Bytes that the key takes in memory.
    pub fn memory_bytes(&self) -> usize {
        let g1 = self.a.points.len() + self.b_g1.points.len() + self.l.points.len() + self.h.len();
        let wires = self.a.wires.len() + 2 * self.b_g1.wires.len() + self.l.wires.len();
        g1 * size_of::<G1Affine>() + self.b_g2.points.len() * size_of::<G2Affine>() + wires * size_of::<u32>()
    }
}

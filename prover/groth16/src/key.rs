//! Proving and verifying keys.

use std::{fmt, sync::Arc};

use ark_bn254::{G1Affine, G2Affine};
use assay_engine::{G1Point, G2Point};
use assay_interface::groth16::{self as interface, SetupKind};

use crate::{
    layout::{Counts, Layout},
    points::Point,
    store::Store,
};

/// What a verifier needs: the interface's bytes, which circuit they are for, and how they were made.
#[derive(Clone, Debug, PartialEq)]
pub struct VerifyingKey {
    pub(crate) circuit: [u8; 32],
    pub(crate) setup: SetupKind,
    pub(crate) points: KeyPoints,
}

/// The points of a verifying key.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct KeyPoints {
    pub base: BasePoints,
    /// `[(beta A_j + alpha B_j + C_j)(tau) / gamma]_1` for wires 0 and 1: one and the digest.
    pub ic: [G1Affine; 2],
    /// For a circuit with a commitment.
    pub commitment: Option<CommitmentPoints>,
    /// For a circuit with weights: `[-sigma_w gamma]_2`.
    pub weights: Option<G2Affine>,
}

/// What every verifying key has, whatever its number of public inputs.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct BasePoints {
    pub alpha_g1: G1Affine,
    pub beta_g2: G2Affine,
    pub gamma_g2: G2Affine,
    pub delta_g2: G2Affine,
}

/// What a key with a commitment has beyond the others.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct CommitmentPoints {
    /// The IC point of wire 2, the challenge.
    pub ic_challenge: G1Affine,
    /// `[-sigma gamma]_2`.
    pub sigma_gamma_negated: G2Affine,
}

/// What a prover needs. Made by a setup or read from a file; either way its parts fit each other. A clone shares the points.
#[derive(Clone)]
pub struct ProvingKey {
    pub(crate) verifying_key: VerifyingKey,
    pub(crate) beta_g1: G1Affine,
    pub(crate) delta_g1: G1Affine,
    pub(crate) counts: Counts,
    pub(crate) layout: Layout,
    /// SHA-256 of the artifact's payload.
    pub(crate) digest: [u8; 32],
    pub(crate) store: Arc<Store>,
}

/// Points for some of the wires: those of the others are the identity, and neither space nor work is spent on them.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Query<'a, P> {
    /// Wires in ascending order.
    pub(crate) wires: &'a [u32],
    /// Their points, none the identity.
    pub(crate) points: &'a [P],
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

    /// Whether proofs under the key carry a commitment.
    pub fn has_commitment(&self) -> bool {
        self.points.commitment.is_some()
    }

    /// The bytes that the verifier program stores: 576, or 768 with a commitment.
    pub fn to_interface(&self) -> interface::VerifyingKey {
        let KeyPoints { base, ic, commitment, .. } = &self.points;
        let plain = interface::PlainKey {
            alpha_g1: base.alpha_g1.bytes(),
            beta_g2: base.beta_g2.bytes(),
            gamma_g2: base.gamma_g2.bytes(),
            delta_g2: base.delta_g2.bytes(),
            ic: ic.map(|point| point.bytes()),
        };
        match commitment {
            None => plain.into(),
            Some(CommitmentPoints { ic_challenge, sigma_gamma_negated }) => interface::CommittedKey {
                plain,
                ic_challenge: ic_challenge.bytes(),
                sigma_gamma_negated: sigma_gamma_negated.bytes(),
            }
            .into(),
        }
    }
}

impl VerifyingKey {
    /// The bytes that files hold and that the hash is of: those of the interface, with weights or without.
    pub(crate) fn key_bytes(&self) -> Vec<u8> {
        let mut bytes = self.to_interface().as_bytes().to_vec();
        bytes.extend(self.points.weights.iter().flat_map(Point::bytes));
        bytes
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

    /// Points of the evaluation domain.
    pub fn domain_size(&self) -> usize {
        self.h().len()
    }

    /// Bytes that the key takes, in memory or mapped: those of its `.pk` artifact.
    pub fn memory_bytes(&self) -> usize {
        self.store.len()
    }

    /// The `.pk` artifact, where it lies.
    pub fn as_bytes(&self) -> &[u8] {
        &self.store
    }

    /// A copy of the `.pk` artifact.
    pub fn to_bytes(&self) -> Vec<u8> {
        self.store.to_vec()
    }

    /// Digest of the `.pk` artifact.
    pub fn digest(&self) -> [u8; 32] {
        self.digest
    }

    /// `[A_i(tau)]_1` for each wire i with a polynomial in A.
    pub(crate) fn a(&self) -> Query<'_, G1Point> {
        Query { wires: self.slice(&self.layout.wires_a), points: self.slice(&self.layout.a) }
    }

    /// `[B_i(tau)]_1` for each wire i with a polynomial in B.
    pub(crate) fn b_g1(&self) -> Query<'_, G1Point> {
        Query { wires: self.slice(&self.layout.wires_b), points: self.slice(&self.layout.b_g1) }
    }

    /// `[B_i(tau)]_2` for the same wires.
    pub(crate) fn b_g2(&self) -> Query<'_, G2Point> {
        Query { wires: self.slice(&self.layout.wires_b), points: self.slice(&self.layout.b_g2) }
    }

    /// `[(beta A_i + alpha B_i + C_i)(tau) / delta]_1` for each private wire i that is not committed.
    pub(crate) fn l(&self) -> Query<'_, G1Point> {
        Query { wires: self.slice(&self.layout.wires_l), points: self.slice(&self.layout.l) }
    }

    /// `[L_j(tau) / delta]_1` for each odd point j of the doubled domain: see the module `qap`.
    pub(crate) fn h(&self) -> &[G1Point] {
        self.slice(&self.layout.h)
    }

    /// `G_j = [(beta A_j + alpha B_j + C_j)(tau) / gamma]_1` for each committed wire j.
    pub(crate) fn g(&self) -> Query<'_, G1Point> {
        Query { wires: self.slice(&self.layout.wires_committed), points: self.slice(&self.layout.g) }
    }

    /// `sigma G_j` for each committed wire j.
    pub(crate) fn sigma_g(&self) -> Query<'_, G1Point> {
        Query { wires: self.slice(&self.layout.wires_committed), points: self.slice(&self.layout.sigma_g) }
    }

    /// `G_j` for each weight and the mask behind them.
    pub(crate) fn weights(&self) -> Query<'_, G1Point> {
        Query { wires: self.slice(&self.layout.wires_weights), points: self.slice(&self.layout.g_weights) }
    }

    /// `sigma_w G_j` for the same.
    pub(crate) fn sigma_weights(&self) -> Query<'_, G1Point> {
        let points = self.slice(&self.layout.sigma_g_weights);
        Query { wires: self.slice(&self.layout.wires_weights), points }
    }

    /// A part of the artifact. Whoever makes a key has checked that the store is as long as the layout, whose parts start at
    /// multiples of 64 bytes, as the store does.
    fn slice<T: bytemuck::Pod>(&self, range: &std::ops::Range<usize>) -> &[T] {
        bytemuck::cast_slice(&self.store[range.clone()])
    }
}

impl PartialEq for ProvingKey {
    fn eq(&self, other: &ProvingKey) -> bool {
        **self.store == **other.store
    }
}

impl fmt::Debug for ProvingKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ProvingKey")
            .field("verifying_key", &self.verifying_key)
            .field("counts", &self.counts)
            .finish_non_exhaustive()
    }
}

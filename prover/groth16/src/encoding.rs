//! Keys as files: the payloads of `.pk` and `.vk` artifacts.
//!
//! ```text
//! .vk = circuit digest 32 | setup kind 1 | the interface's verifying key 576
//! .pk = the same 609 bytes | wires: u32 | beta G1 | delta G1
//!       | query A (G1) | wires of B: indices | points of B in G1 | points of B in G2 | query L (G1)
//!       | count: u32, points of H (G1)
//! query   = indices | points, one for each index
//! indices = count: u32 | wires: u32 each, strictly ascending
//! ```
//!
//! Integers are little-endian; points are the interface's. The artifact's parent is the circuit digest, which the payload
//! repeats so that the checksum covers it. Reading checks every point (canonical, on the curve, in the subgroup, not the
//! identity), every count and index, the verifying key as `check_key` does, and that beta and delta are the same in both
//! groups. About 0.1 ms a wire on one core, most of it G2 subgroup checks.

use ark_bn254::{Bn254, G1Affine};
use ark_ec::pairing::Pairing;
use assay_circuits::NUM_INSTANCE;
use assay_interface::{
    artifact::{self, ArtifactError, Kind},
    groth16::{self as interface, KeyError, SetupKind, check_key},
};
use rayon::prelude::*;
use thiserror::Error;

use crate::{
    key::{ProvingKey, Query, VerifyingKey},
    points::{Point, PointError},
};

/// Most wires of a circuit that BN254's domains allow.
const MAX_WIRES: u32 = 1 << 28;

/// Why bytes are not a key.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum KeyReadError {
    /// The container is not sound.
    #[error(transparent)]
    Artifact(#[from] ArtifactError),
    /// The header names another circuit than the content.
    #[error("the header and the content of the key name different circuits: the file is damaged")]
    Parent,
    /// The payload ends inside a field.
    #[error("the key ends too early, inside its {field}")]
    Truncated {
        /// The field.
        field: &'static str,
    },
    /// Bytes follow the last field.
    #[error("{0} bytes follow the end of the key")]
    Trailing(usize),
    /// A setup byte that stands for no kind.
    #[error("setup kind {0} does not exist")]
    SetupKind(u8),
    /// The verifying key is one that nobody should trust.
    #[error("verifying key: {0}")]
    Key(#[from] KeyError),
    /// A point that is not one, or is not allowed.
    #[error("point {index} of {field}: {error}")]
    Point {
        /// Which points.
        field: &'static str,
        /// Position among them.
        index: usize,
        /// What is wrong with it.
        error: PointError,
    },
    /// Wires that are not strictly ascending, or not wires of the circuit.
    #[error("wire {wire} at position {index} of {field} is out of order or not below {limit}")]
    Wire {
        /// Which wires.
        field: &'static str,
        /// Position among them.
        index: usize,
        /// The wire.
        wire: u32,
        /// Number of wires.
        limit: u32,
    },
    /// A count that no circuit gives.
    #[error("{field}: {found} is not a possible count")]
    Count {
        /// What is counted.
        field: &'static str,
        /// The count.
        found: u32,
    },
    /// beta or delta differ between G1 and G2: no setup gives this.
    #[error("beta and delta of the proving key are not those of its verifying key")]
    Inconsistent,
}

impl VerifyingKey {
    /// The `.vk` artifact.
    pub fn to_bytes(&self) -> Vec<u8> {
        artifact::encode(Kind::VerifyingKey, self.circuit, &self.payload())
    }

    /// The key in a `.vk` artifact, checked in full.
    pub fn from_bytes(bytes: &[u8]) -> Result<VerifyingKey, KeyReadError> {
        let artifact = artifact::decode(Kind::VerifyingKey, bytes)?;
        let mut reader = Reader { rest: artifact.payload };
        let key = reader.verifying_key(artifact.parent)?;
        reader.finish()?;
        Ok(key)
    }

    /// Digest of the `.vk` artifact: what proof files name as their parent.
    pub fn digest(&self) -> [u8; 32] {
        artifact::digest(&self.payload())
    }

    /// A verifying key from the interface's bytes, for the circuit with digest `circuit`; checked in full.
    pub fn from_interface(
        key: &interface::PlainKey,
        circuit: [u8; 32],
        setup: SetupKind,
    ) -> Result<VerifyingKey, KeyReadError> {
        check_key(key)?;
        let field = "verifying key";
        let points = ark_groth16::VerifyingKey::<Bn254> {
            alpha_g1: point(field, 0, &key.alpha_g1)?,
            beta_g2: point(field, 1, &key.beta_g2)?,
            gamma_g2: point(field, 2, &key.gamma_g2)?,
            delta_g2: point(field, 3, &key.delta_g2)?,
            gamma_abc_g1: (4..)
                .zip(&key.ic)
                .map(|(index, ic)| point(field, index, ic))
                .collect::<Result<_, _>>()?,
        };
        Ok(VerifyingKey { circuit, setup, points })
    }

    fn payload(&self) -> Vec<u8> {
        let mut out = self.circuit.to_vec();
        out.push(self.setup.to_byte());
        out.extend_from_slice(self.to_interface().as_bytes());
        out
    }
}

impl ProvingKey {
    /// The `.pk` artifact.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut out = self.verifying_key.payload();
        put_count(&mut out, self.num_wires);
        put_points(&mut out, &[self.beta_g1, self.delta_g1]);
        put_indices(&mut out, &self.a.wires);
        put_points(&mut out, &self.a.points);
        put_indices(&mut out, &self.b_g1.wires);
        put_points(&mut out, &self.b_g1.points);
        put_points(&mut out, &self.b_g2.points);
        put_indices(&mut out, &self.l.wires);
        put_points(&mut out, &self.l.points);
        put_count(&mut out, self.h.len());
        put_points(&mut out, &self.h);
        artifact::encode(Kind::ProvingKey, self.circuit_digest(), &out)
    }

    /// The key in a `.pk` artifact, checked in full. That it fits a circuit is checked by [`crate::Prover::new`].
    pub fn from_bytes(bytes: &[u8]) -> Result<ProvingKey, KeyReadError> {
        let artifact = artifact::decode(Kind::ProvingKey, bytes)?;
        let mut reader = Reader { rest: artifact.payload };
        let verifying_key = reader.verifying_key(artifact.parent)?;
        let num_wires = reader.count("wires")?;
        if !(NUM_INSTANCE as u32..=MAX_WIRES).contains(&num_wires) {
            return Err(KeyReadError::Count { field: "wires", found: num_wires });
        }
        let beta_g1 = reader.point("beta in G1")?;
        let delta_g1 = reader.point("delta in G1")?;
        let a = reader.query("query A", 0, num_wires)?;
        let b_g1: Query<G1Affine> = reader.query("query B in G1", 0, num_wires)?;
        let b_g2 =
            Query { points: reader.points("query B in G2", b_g1.wires.len())?, wires: b_g1.wires.clone() };
        let l = reader.query("query L", NUM_INSTANCE as u32, num_wires)?;
        let count = reader.count("query H")?;
        if !count.is_power_of_two() || count > MAX_WIRES {
            return Err(KeyReadError::Count { field: "query H", found: count });
        }
        let h = reader.points("query H", count as usize)?;
        reader.finish()?;
        let key = ProvingKey {
            verifying_key,
            beta_g1,
            delta_g1,
            num_wires: num_wires as usize,
            a,
            b_g1,
            b_g2,
            l,
            h,
        };
        if key.is_consistent() { Ok(key) } else { Err(KeyReadError::Inconsistent) }
    }

    /// `e(beta_1, delta_2) = e(delta_1, beta_2)`, and alpha, beta, delta over one pair of generators: the ratio of beta
    /// and delta is the same in both groups.
    fn is_consistent(&self) -> bool {
        let vk = &self.verifying_key.points;
        Bn254::multi_pairing([self.beta_g1, -self.delta_g1], [vk.delta_g2, vk.beta_g2]).0
            == ark_ff::One::one()
    }
}

fn put_count(out: &mut Vec<u8>, count: usize) {
    out.extend_from_slice(&(count as u32).to_le_bytes()); // a circuit counts wires in 32 bits
}

fn put_indices(out: &mut Vec<u8>, wires: &[u32]) {
    put_count(out, wires.len());
    wires.iter().for_each(|wire| out.extend_from_slice(&wire.to_le_bytes()));
}

fn put_points<P: Point>(out: &mut Vec<u8>, points: &[P]) {
    out.reserve(points.len() * P::LEN);
    points.iter().for_each(|point| point.put(out));
}

fn point<P: Point>(field: &'static str, index: usize, bytes: &[u8]) -> Result<P, KeyReadError> {
    P::read(bytes).map_err(|error| KeyReadError::Point { field, index, error })
}

struct Reader<'a> {
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    fn take(&mut self, field: &'static str, count: usize) -> Result<&'a [u8], KeyReadError> {
        let (head, rest) = self.rest.split_at_checked(count).ok_or(KeyReadError::Truncated { field })?;
        self.rest = rest;
        Ok(head)
    }

    fn array<const N: usize>(&mut self, field: &'static str) -> Result<[u8; N], KeyReadError> {
        let (head, rest) = self.rest.split_first_chunk().ok_or(KeyReadError::Truncated { field })?;
        self.rest = rest;
        Ok(*head)
    }

    fn count(&mut self, field: &'static str) -> Result<u32, KeyReadError> {
        self.array(field).map(u32::from_le_bytes)
    }

    fn verifying_key(&mut self, parent: [u8; 32]) -> Result<VerifyingKey, KeyReadError> {
        let circuit = self.array("circuit digest")?;
        if circuit != parent {
            return Err(KeyReadError::Parent);
        }
        let [setup] = self.array("setup kind")?;
        let setup = SetupKind::from_byte(setup).ok_or(KeyReadError::SetupKind(setup))?;
        let key = interface::PlainKey::from_bytes(self.array("verifying key")?);
        VerifyingKey::from_interface(&key, circuit, setup)
    }

    fn point<P: Point>(&mut self, field: &'static str) -> Result<P, KeyReadError> {
        point(field, 0, self.take(field, P::LEN)?)
    }

    /// `count` points, read in parallel. Nothing is allocated before the bytes are known to be there.
    fn points<P: Point>(&mut self, field: &'static str, count: usize) -> Result<Vec<P>, KeyReadError> {
        let bytes = self.take(field, count.checked_mul(P::LEN).ok_or(KeyReadError::Truncated { field })?)?;
        let read: Vec<_> = bytes.par_chunks_exact(P::LEN).map(P::read).collect();
        read.into_iter()
            .enumerate()
            .map(|(index, point)| point.map_err(|error| KeyReadError::Point { field, index, error }))
            .collect()
    }

    fn query<P: Point>(
        &mut self,
        field: &'static str,
        first: u32,
        limit: u32,
    ) -> Result<Query<P>, KeyReadError> {
        let count = self.count(field)?;
        if count > limit {
            return Err(KeyReadError::Count { field, found: count });
        }
        let bytes = self.take(field, 4 * count as usize)?;
        let wires: Vec<u32> = bytes.as_chunks().0.iter().map(|bytes| u32::from_le_bytes(*bytes)).collect();
        let mut least = first;
        for (index, &wire) in wires.iter().enumerate() {
            if !(least..limit).contains(&wire) {
                return Err(KeyReadError::Wire { field, index, wire, limit });
            }
            least = wire + 1;
        }
        Ok(Query { points: self.points(field, wires.len())?, wires })
    }

    fn finish(self) -> Result<(), KeyReadError> {
        if self.rest.is_empty() { Ok(()) } else { Err(KeyReadError::Trailing(self.rest.len())) }
    }
}

//! A key in parts, and what its circuit asks of them: for a ceremony, which makes keys without knowing their secrets.
//!
//! A key that is put together here has the kind that the caller names. It is a claim, as in every key's file: what shows that a key
//! came out of a ceremony is the ceremony's transcript (`assay-ceremony`).

use ark_bn254::{G1Affine, G2Affine};
use assay_circuits::Circuit;
use assay_engine::{Domain, G1Point, G2Point};
use assay_interface::groth16::{G1_LEN, G2_LEN, SetupKind};

use crate::{
    encoding::KeyReadError,
    file::Assembly,
    key::{BasePoints, CommitmentPoints, KeyPoints, ProvingKey, VerifyingKey},
    layout::Counts,
    points::{Point, PointError},
    progress::Observer,
    qap::{wires_of_a, wires_of_b, wires_of_l},
    setup::{SetupError, check_of_circuit},
};

/// Which wires have points in a circuit's key, and how many rows its polynomials have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shape {
    /// Digest of the circuit.
    pub circuit: [u8; 32],
    /// Wires of the circuit.
    pub wires: usize,
    /// Instance wires: one, the digest and, with a commitment, the challenge. Each has a row of A to itself after the constraints.
    pub instance: usize,
    /// Constraints and instance rows: a domain has as many points or more.
    pub rows: usize,
    /// Wires with a polynomial in A.
    pub a: Vec<u32>,
    /// Wires with a polynomial in B.
    pub b: Vec<u32>,
    /// Private wires that are not committed.
    pub l: Vec<u32>,
    /// Committed wires: none for a plain circuit.
    pub committed: Vec<u32>,
}

/// The points of a key. Of the order of [`Shape`]'s wires.
#[derive(Clone, Debug)]
#[allow(missing_docs)] // as in the module `setup`
pub struct KeyParts<'a> {
    pub alpha_g1: G1Affine,
    pub beta_g1: G1Affine,
    pub beta_g2: G2Affine,
    pub gamma_g2: G2Affine,
    pub delta_g1: G1Affine,
    pub delta_g2: G2Affine,
    /// Of one, the digest, and the challenge where there is a commitment.
    pub ic: Vec<G1Affine>,
    /// `[-sigma gamma]_2`, for a key with a commitment.
    pub sigma_gamma_negated: Option<G2Affine>,
    pub a: &'a [G1Point],
    pub b_g1: &'a [G1Point],
    pub b_g2: &'a [G2Point],
    pub l: &'a [G1Point],
    /// One a domain point.
    pub h: &'a [G1Point],
    pub g: &'a [G1Point],
    pub sigma_g: &'a [G1Point],
}

impl Shape {
    /// What this circuit asks of its keys, after the checks that a setup makes.
    ///
    /// # Errors
    /// As for a setup, where the circuit has no keys.
    pub fn of(circuit: &Circuit) -> Result<Shape, SetupError> {
        let committed = check_of_circuit(circuit)?;
        let r1cs = &circuit.r1cs;
        Ok(Shape {
            circuit: circuit.digest(),
            wires: r1cs.num_wires(),
            instance: r1cs.num_instance,
            rows: r1cs.num_constraints() + r1cs.num_instance,
            a: wires_of_a(r1cs),
            b: wires_of_b(r1cs),
            l: wires_of_l(r1cs, [committed, &[]]),
            committed: committed.to_vec(),
        })
    }

    /// The domain of a setup: the smallest.
    ///
    /// # Errors
    /// [`SetupError::Domain`] where there is none.
    pub fn domain(&self) -> Result<Domain, SetupError> {
        Ok(Domain::for_rows(self.rows)?)
    }

    /// Whether a key has its points for these very wires, and at least a domain point for each row.
    pub fn is_of(&self, key: &ProvingKey) -> bool {
        key.circuit_digest() == self.circuit
            && key.counts.wires as usize == self.wires
            && usize::from(key.counts.instance) == self.instance
            && key.domain_size() >= self.rows
            && key.a().wires == self.a
            && key.b_g1().wires == self.b
            && key.l().wires == self.l
            && key.g().wires == self.committed
    }
}

impl ProvingKey {
    /// The key that has these points, checked in full: every point, and that beta, delta and sigma are the same in both groups.
    ///
    /// # Errors
    /// [`KeyReadError`] says which check failed; [`KeyReadError::Truncated`] where a part has another number of points than the
    /// circuit asks for.
    pub fn from_parts(
        shape: &Shape,
        kind: SetupKind,
        parts: &KeyParts<'_>,
        observer: Observer<'_>,
    ) -> Result<ProvingKey, KeyReadError> {
        let too_many = |field| move |_| KeyReadError::Truncated { field };
        let count = |field, len: usize| u32::try_from(len).map_err(too_many(field));
        let counts = Counts {
            wires: count("wires", shape.wires)?,
            domain: count("query H", parts.h.len())?,
            a: count("query A", shape.a.len())?,
            b: count("query B", shape.b.len())?,
            l: count("query L", shape.l.len())?,
            committed: count("commitment", shape.committed.len())?,
            weights: 0,
            instance: if shape.committed.is_empty() { 2 } else { 3 },
        };
        let (ic, commitment) = match (&parts.ic[..], parts.sigma_gamma_negated, counts.instance) {
            (&[one, digest], None, 2) => ([one, digest], None),
            (&[one, digest, ic_challenge], Some(sigma_gamma_negated), 3) => {
                ([one, digest], Some(CommitmentPoints { ic_challenge, sigma_gamma_negated }))
            }
            _ => return Err(KeyReadError::Truncated { field: "IC" }),
        };
        for (field, found, expected) in [
            ("query A", parts.a.len(), shape.a.len()),
            ("query B in G1", parts.b_g1.len(), shape.b.len()),
            ("query B in G2", parts.b_g2.len(), shape.b.len()),
            ("query L", parts.l.len(), shape.l.len()),
            ("commitment", parts.g.len(), shape.committed.len()),
            ("knowledge check", parts.sigma_g.len(), shape.committed.len()),
        ] {
            if found != expected {
                return Err(KeyReadError::Truncated { field });
            }
        }
        let base = BasePoints {
            alpha_g1: parts.alpha_g1,
            beta_g2: parts.beta_g2,
            gamma_g2: parts.gamma_g2,
            delta_g2: parts.delta_g2,
        };
        let verifying_key = VerifyingKey {
            circuit: shape.circuit,
            setup: kind,
            points: KeyPoints { base, ic, commitment, weights: None },
        };
        verifying_key.check()?;
        let mut key = Assembly::new(counts).ok_or(KeyReadError::Truncated { field: "points" })?;
        let layout = key.layout.clone();
        for (range, wires) in [
            (&layout.wires_a, &shape.a),
            (&layout.wires_b, &shape.b),
            (&layout.wires_l, &shape.l),
            (&layout.wires_committed, &shape.committed),
        ] {
            key.put(range.clone(), wires);
        }
        for (range, points) in [
            (&layout.a, parts.a),
            (&layout.b_g1, parts.b_g1),
            (&layout.l, parts.l),
            (&layout.h, parts.h),
            (&layout.g, parts.g),
            (&layout.sigma_g, parts.sigma_g),
        ] {
            key.put(range.clone(), points);
        }
        key.put(layout.b_g2.clone(), parts.b_g2);
        let key = key.finish(verifying_key, parts.beta_g1, parts.delta_g1);
        key.validate(observer)?;
        Ok(key)
    }

    /// The key's points.
    pub fn parts(&self) -> KeyParts<'_> {
        let KeyPoints { base, commitment, .. } = &self.verifying_key.points;
        KeyParts {
            alpha_g1: base.alpha_g1,
            beta_g1: self.beta_g1,
            beta_g2: base.beta_g2,
            gamma_g2: base.gamma_g2,
            delta_g1: self.delta_g1,
            delta_g2: base.delta_g2,
            ic: self.verifying_key.ic(),
            sigma_gamma_negated: commitment.map(|commitment| commitment.sigma_gamma_negated),
            a: self.a().points,
            b_g1: self.b_g1().points,
            b_g2: self.b_g2().points,
            l: self.l().points,
            h: self.h(),
            g: self.g().points,
            sigma_g: self.sigma_g().points,
        }
    }
}

impl VerifyingKey {
    /// The IC points: of one, the digest and, with a commitment, the challenge.
    pub fn ic(&self) -> Vec<G1Affine> {
        let challenge = self.points.commitment.map(|commitment| commitment.ic_challenge);
        self.points.ic.into_iter().chain(challenge).collect()
    }

    /// alpha in G1; beta, gamma and delta in G2; with a commitment `[-sigma gamma]_2`.
    pub fn base(&self) -> (G1Affine, [G2Affine; 3], Option<G2Affine>) {
        let KeyPoints { base, commitment, .. } = &self.points;
        let in_g2 = [base.beta_g2, base.gamma_g2, base.delta_g2];
        (base.alpha_g1, in_g2, commitment.map(|commitment| commitment.sigma_gamma_negated))
    }
}

/// The interface's bytes of a point of G1; the identity is all zeros.
pub fn g1_bytes(point: &G1Affine) -> [u8; G1_LEN] {
    point.bytes()
}

/// The interface's bytes of a point of G2.
pub fn g2_bytes(point: &G2Affine) -> [u8; G2_LEN] {
    point.bytes()
}

/// The point in the interface's bytes, checked in full; the identity is refused.
///
/// # Errors
/// [`PointError`] says what is wrong with it.
pub fn read_g1(bytes: &[u8; G1_LEN]) -> Result<G1Affine, PointError> {
    G1Affine::read(bytes)
}

/// The point in the interface's bytes, checked in full, its subgroup too; the identity is refused.
///
/// # Errors
/// [`PointError`] says what is wrong with it.
pub fn read_g2(bytes: &[u8; G2_LEN]) -> Result<G2Affine, PointError> {
    G2Affine::read(bytes)
}

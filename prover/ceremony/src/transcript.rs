//! What a ceremony leaves behind: what it began from, and a record of each contribution, chained by hashes.
//!
//! ```text
//! h_0 = SHA-256("assay:ceremony:begin:v1\0"  || circuit 32 || domain u32 || sigmas u32 || power u32 || Blake2b of the .ptau 64
//!               || contributions to it u32 || its last challenge 64 || length u32, name of the beacon || hashes of the initial parts, 32 each)
//! s_i = "assay:ceremony:record:v1\0" || h_(i-1) || who: 0, length u32, name, public key 32 (zeros: none) | 1, length u32, beacon's value
//!       || delta_(i-1) G1 64, G2 128, each sigma_(i-1) G2 128 || the same of i || hashes of the parts L, H and each sigma G_j
//! c_j = SHA-512("assay:ceremony:challenge:v1\0" || j u32 || s_i || R_0 G1 64 || each R_j G2 128), modulo the field's order
//! h_i = SHA-256(s_i || R_0 || each R_j || z_0 32 || each z_j 32)
//! ```
//!
//! Integers are little-endian, points and elements the interface's bytes. `z_0 delta_(i-1) = R_0 + c_0 delta_i` in G1 and
//! `z_j sigma_(i-1) = R_j + c_j sigma_i` in G2 show that the contributor knew the factors *relative to the state before*: a state that
//! leaves everybody else out has no such proof. The challenge hashes everything, so no proof fits another place, name or branch.
//! A beacon's record has no proof: its factors follow from its value.

use ark_bn254::{Bn254, Fr, G1Affine, G2Affine};
use ark_ec::{AffineRepr, CurveGroup, pairing::Pairing};
use ark_ff::{One, PrimeField};
use assay_groth16::parts::{g1_bytes, g2_bytes};
use sha2::{Digest, Sha256, Sha512};
use zeroize::Zeroizing;

use crate::{
    error::RecordError,
    parts::Part,
    phase1::Identity,
    secrets::{Factors, Seed},
};

/// Longest name of a contributor or a beacon, in bytes.
pub const LONGEST_NAME: usize = 100;
/// Most records of a transcript.
pub(crate) const MOST_RECORDS: usize = 10_000;
/// Bytes of a beacon's value: fewer could be guessed before they are published.
pub const VALUE_BYTES: std::ops::RangeInclusive<usize> = 16..=256;

/// What a ceremony began from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Beginning {
    /// Digest of the circuit.
    pub circuit: [u8; 32],
    /// Points of the domain.
    pub domain: u32,
    /// Secrets of knowledge checks beside delta: 0 for a plain key, 1 for one with lookups.
    pub sigmas: u32,
    /// The first phase.
    pub phase1: Identity,
    /// The beacon that ends it, named before anybody can know its value: a round of drand, a slot of Solana.
    pub beacon: Option<String>,
    /// SHA-256 of each initial part, in the order of [`crate::Part::initial`].
    pub parts: Vec<[u8; 32]>,
}

/// The points that contributions change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct State {
    /// delta in G1.
    pub delta_g1: G1Affine,
    /// delta in G2.
    pub delta_g2: G2Affine,
    /// Each sigma, in G2 and nowhere else: with one in G1, whoever knows it would pass the knowledge check with a point that holds
    /// no wire.
    pub sigmas: Vec<G2Affine>,
}

/// Who changed the state.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Author {
    /// A person, or a machine of theirs.
    Contributor {
        /// What the contributor calls himself.
        name: String,
        /// A public key of the contributor's, whose signature of the record's hash he can publish; zeros for none.
        key: [u8; 32],
        /// That the contributor knew delta's factor.
        delta: Proof<G1Affine>,
        /// That he knew each sigma's.
        sigmas: Vec<Proof<G2Affine>>,
    },
    /// A public value that nobody could know before.
    Beacon {
        /// The value.
        value: Vec<u8>,
    },
}

/// Knowledge of `x` for `P_i = x P_(i-1)`, after Schnorr.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Proof<P> {
    /// `R = k P_(i-1)`.
    pub commitment: P,
    /// `z = k + c x`.
    pub response: Fr,
}

/// One contribution.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// Who.
    pub author: Author,
    /// The state after it.
    pub state: State,
    /// SHA-256 of the points of L, of H, and of each sigma G_j after it.
    pub parts: Vec<[u8; 32]>,
}

/// A ceremony's whole history.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Transcript {
    /// What it began from.
    pub beginning: Beginning,
    /// The contributions, the first one first.
    pub records: Vec<Record>,
}

impl Beginning {
    /// `h_0`.
    pub fn hash(&self) -> [u8; 32] {
        let mut hash = Sha256::new_with_prefix(b"assay:ceremony:begin:v1\0");
        hash.update(self.circuit);
        for number in [self.domain, self.sigmas, self.phase1.power] {
            hash.update(number.to_le_bytes());
        }
        hash.update(self.phase1.blake2b);
        hash.update(self.phase1.contributions.to_le_bytes());
        hash.update(self.phase1.last_challenge);
        hash.update(with_length(self.beacon.as_deref().unwrap_or_default().as_bytes()));
        self.parts.iter().for_each(|part| hash.update(part));
        hash.finalize().into()
    }

    /// The state before the first contribution: every secret is one.
    pub fn state(&self) -> State {
        let (g1, g2) = (G1Affine::generator(), G2Affine::generator());
        State { delta_g1: g1, delta_g2: g2, sigmas: vec![g2; self.sigmas as usize] }
    }
}

impl State {
    /// The state after these factors.
    pub(crate) fn times(&self, factors: &Factors) -> State {
        State {
            delta_g1: (self.delta_g1 * factors.delta).into_affine(),
            delta_g2: (self.delta_g2 * factors.delta).into_affine(),
            sigmas: self.sigmas.iter().zip(&factors.sigmas).map(|(p, x)| (*p * x).into_affine()).collect(),
        }
    }

    fn bytes(&self) -> Vec<u8> {
        let mut bytes = [&g1_bytes(&self.delta_g1)[..], &g2_bytes(&self.delta_g2)].concat();
        self.sigmas.iter().for_each(|sigma| bytes.extend(g2_bytes(sigma)));
        bytes
    }
}

impl Record {
    /// The record of a contribution that took `before` to `state`.
    pub(crate) fn contribute(
        previous: &[u8; 32],
        before: &State,
        (name, key): (String, [u8; 32]),
        (seed, factors): (&Seed, &Factors),
        parts: Vec<[u8; 32]>,
    ) -> Record {
        let nonce = |index| Zeroizing::new(seed.element("nonce", index));
        let sigmas = (1..).zip(&before.sigmas);
        let none = Fr::default();
        let delta = Proof { commitment: (before.delta_g1 * *nonce(0)).into_affine(), response: none };
        let sigmas = sigmas.map(|(index, sigma)| Proof {
            commitment: (*sigma * *nonce(index)).into_affine(),
            response: none,
        });
        let author = Author::Contributor { name, key, delta, sigmas: sigmas.collect() };
        let mut record = Record { author, state: before.times(factors), parts };
        let statement = record.statement(previous, before);
        let Author::Contributor { delta, sigmas, .. } = &record.author else { return record };
        let challenge = |index| challenge(index, &statement, delta, sigmas);
        let responses = std::iter::once(&factors.delta).chain(&factors.sigmas).enumerate();
        let responses: Vec<Fr> =
            responses.map(|(index, factor)| *nonce(index) + challenge(index) * factor).collect();
        if let Author::Contributor { delta, sigmas, .. } = &mut record.author {
            let proofs =
                std::iter::once(&mut delta.response).chain(sigmas.iter_mut().map(|p| &mut p.response));
            proofs.zip(responses).for_each(|(place, response)| *place = response);
        }
        record
    }

    /// The record of a beacon's value, and its factors.
    pub(crate) fn beacon(previous: &[u8; 32], before: &State, value: &[u8]) -> (Record, Factors) {
        let factors = Seed::of_beacon(previous, value).factors(before.sigmas.len());
        let author = Author::Beacon { value: value.to_vec() };
        (Record { author, state: before.times(&factors), parts: Vec::new() }, factors)
    }

    /// Whether this is a contribution to the state `before`, after the transcript with this hash.
    pub(crate) fn check(&self, previous: &[u8; 32], before: &State) -> Result<(), RecordError> {
        let after = &self.state;
        if after.sigmas.len() != before.sigmas.len() || self.parts.len() != before.sigmas.len() + 2 {
            return Err(RecordError::Form);
        }
        let (g1, g2) = (G1Affine::generator(), G2Affine::generator());
        let deltas = [(before.delta_g2, after.delta_g2)].into_iter();
        let all = deltas.chain(before.sigmas.iter().copied().zip(after.sigmas.iter().copied()));
        for (what, (before, after)) in std::iter::once("delta").chain(std::iter::repeat("sigma")).zip(all) {
            if after == before || after == -before {
                return Err(RecordError::Unchanged(what));
            }
        }
        if !Bn254::multi_pairing([after.delta_g1, -g1], [g2, after.delta_g2]).0.is_one() {
            return Err(RecordError::Groups);
        }
        // gamma, delta and each sigma: no key may have two that are equal or opposite.
        let points: Vec<G2Affine> =
            [g2, after.delta_g2].into_iter().chain(after.sigmas.iter().copied()).collect();
        for (i, point) in points.iter().enumerate() {
            if points[..i].iter().any(|other| other == point || *other == -*point) {
                return Err(RecordError::Equal);
            }
        }
        // delta_i / delta_(i-1) against sigma_i / sigma_(i-1). Factors of two sigmas cannot be compared: neither has a point in G1.
        let same_factor = |(after_sigma, before_sigma): (&G2Affine, &G2Affine)| {
            let in_g2 = [before_sigma, after_sigma];
            [before.delta_g1, -before.delta_g1]
                .iter()
                .any(|delta| Bn254::multi_pairing([after.delta_g1, *delta], in_g2).0.is_one())
        };
        if after.sigmas.iter().zip(&before.sigmas).any(same_factor) {
            return Err(RecordError::SameFactor);
        }
        match &self.author {
            Author::Beacon { value } => {
                let (expected, _) = Record::beacon(previous, before, value);
                if expected.state == *after { Ok(()) } else { Err(RecordError::Beacon) }
            }
            Author::Contributor { delta, sigmas, .. } => {
                if sigmas.len() != before.sigmas.len() {
                    return Err(RecordError::Form);
                }
                let statement = self.statement(previous, before);
                let holds = |index, old: &G2Affine, new: &G2Affine, proof: &Proof<G2Affine>| {
                    let challenge = challenge(index, &statement, delta, sigmas);
                    *old * proof.response == *new * challenge + proof.commitment
                };
                let c = challenge(0, &statement, delta, sigmas);
                if before.delta_g1 * delta.response != after.delta_g1 * c + delta.commitment {
                    return Err(RecordError::Knowledge("delta"));
                }
                let mut all = (1..).zip(before.sigmas.iter().zip(&after.sigmas).zip(sigmas));
                if all.all(|(index, ((old, new), proof))| holds(index, old, new, proof)) {
                    Ok(())
                } else {
                    Err(RecordError::Knowledge("sigma"))
                }
            }
        }
    }

    /// `s_i`.
    fn statement(&self, previous: &[u8; 32], before: &State) -> Vec<u8> {
        let mut bytes = [b"assay:ceremony:record:v1\0", &previous[..]].concat();
        match &self.author {
            Author::Contributor { name, key, .. } => {
                bytes.push(0);
                bytes.extend(with_length(name.as_bytes()));
                bytes.extend(key);
            }
            Author::Beacon { value } => {
                bytes.push(1);
                bytes.extend(with_length(value));
            }
        }
        bytes.extend(before.bytes());
        bytes.extend(self.state.bytes());
        self.parts.iter().for_each(|part| bytes.extend(part));
        bytes
    }

    /// `h_i`.
    fn hash(&self, previous: &[u8; 32], before: &State) -> [u8; 32] {
        let mut bytes = self.statement(previous, before);
        if let Author::Contributor { delta, sigmas, .. } = &self.author {
            bytes.extend(commitments(delta, sigmas));
            let responses =
                std::iter::once(&delta.response).chain(sigmas.iter().map(|proof| &proof.response));
            responses.for_each(|z| bytes.extend(assay_groth16::scalar(*z).as_be_bytes()));
        }
        Sha256::digest(bytes).into()
    }
}

impl Transcript {
    /// The hashes `h_0`, `h_1`, ..: the last one is the transcript's.
    pub fn hashes(&self) -> Vec<[u8; 32]> {
        let mut hashes = vec![self.beginning.hash()];
        let (mut hash, mut state) = (self.beginning.hash(), &self.beginning.state());
        for record in &self.records {
            hash = record.hash(&hash, state);
            hashes.push(hash);
            state = &record.state;
        }
        hashes
    }

    /// The transcript's hash: what a key's registration names.
    pub fn hash(&self) -> [u8; 32] {
        self.hashes().pop().unwrap_or_default() // there is h_0
    }

    /// The state after the last record.
    pub fn state(&self) -> State {
        self.records.last().map_or_else(|| self.beginning.state(), |record| record.state.clone())
    }

    /// Whether the beacon has ended it.
    pub fn is_closed(&self) -> bool {
        self.records.iter().any(|record| matches!(record.author, Author::Beacon { .. }))
    }

    /// The parts of the last state, and the hashes that they have.
    pub(crate) fn parts(&self) -> impl Iterator<Item = (Part, [u8; 32])> {
        let Transcript { beginning, records } = self;
        let (fixed, first) = beginning.parts.split_at(Part::FIXED.len().min(beginning.parts.len()));
        let moving = records.last().map_or(first, |record| &record.parts[..]);
        Part::initial(beginning.sigmas as usize).zip(fixed.iter().chain(moving).copied())
    }

    /// Contributions of people: records without the beacon's.
    pub fn contributions(&self) -> usize {
        self.records.iter().filter(|record| matches!(record.author, Author::Contributor { .. })).count()
    }

    /// Fails unless each record is a contribution to the state before it, and the beacon, where there is one, is the last.
    ///
    /// # Errors
    /// The number of the first wrong record, from 1, and what is wrong with it.
    pub fn check(&self) -> Result<(), (usize, RecordError)> {
        let (mut hash, mut state) = (self.beginning.hash(), &self.beginning.state());
        for (number, record) in (1..).zip(&self.records) {
            let error = |error| (number, error);
            record.check(&hash, state).map_err(error)?;
            if matches!(record.author, Author::Beacon { .. }) && self.beginning.beacon.is_none() {
                return Err((number, RecordError::UnnamedBeacon));
            }
            if matches!(record.author, Author::Beacon { .. }) && number < self.records.len() {
                return Err((number + 1, RecordError::AfterBeacon));
            }
            hash = record.hash(&hash, state);
            state = &record.state;
        }
        Ok(())
    }
}

/// `c_index`.
fn challenge(index: usize, statement: &[u8], delta: &Proof<G1Affine>, sigmas: &[Proof<G2Affine>]) -> Fr {
    let mut hash = Sha512::new_with_prefix(b"assay:ceremony:challenge:v1\0");
    hash.update((index as u32).to_le_bytes());
    hash.update(statement);
    hash.update(commitments(delta, sigmas));
    Fr::from_le_bytes_mod_order(&hash.finalize())
}

fn commitments(delta: &Proof<G1Affine>, sigmas: &[Proof<G2Affine>]) -> Vec<u8> {
    let mut bytes = g1_bytes(&delta.commitment).to_vec();
    sigmas.iter().for_each(|proof| bytes.extend(g2_bytes(&proof.commitment)));
    bytes
}

fn with_length(text: &[u8]) -> Vec<u8> {
    [&(text.len() as u32).to_le_bytes()[..], text].concat()
}

#[cfg(test)]
#[path = "transcript/tests.rs"]
mod tests;

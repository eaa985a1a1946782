//! Groth16 with one commitment, in the exponent: a setup that keeps its secrets, and a prover that knows them.
//!
//! The circuit says "I know factors s and t of the digest x", and has a wire behind the challenge h:
//!
//! ```text
//! wires  1, x, h | s, t, m | q       public | committed, m the mask | private
//! rows   s * t = x     m * 1 = m     (s + h) * (t + h) = q
//! ```
//!
//! Everybody knows factors in a field: there is a proof for every digest, and one that verifies came from the prover.

use std::collections::BTreeMap;

use ark_bn254::{Fr, G1Affine, G2Affine};
use ark_ec::{AffineRepr, CurveGroup};
use ark_ff::{FftField, Field, One, UniformRand, Zero};
use assay_interface::groth16::{
    BASE_MODULUS, COMMITTED_PROOF_LEN, CommittedKey, CommittedProof, PlainKey, PlainProof, Transcript,
};
use rand_chacha::{ChaCha20Rng, rand_core::SeedableRng};

use super::encoding::{element, g1, g2, scalar};

const WIRES: usize = 7;
const ONE: usize = 0;
const DIGEST: usize = 1;
const CHALLENGE: usize = 2;
const LEFT: usize = 3;
const RIGHT: usize = 4;
const MASK: usize = 5;
const PRODUCT: usize = 6;
const COMMITTED: [usize; 3] = [LEFT, RIGHT, MASK];

/// The wires of each row of A, B and C, all with coefficient 1.
const A: [&[usize]; 3] = [&[LEFT], &[MASK], &[LEFT, CHALLENGE]];
const B: [&[usize]; 3] = [&[RIGHT], &[ONE], &[RIGHT, CHALLENGE]];
const C: [&[usize]; 3] = [&[DIGEST], &[MASK], &[PRODUCT]];

/// The secrets of a setup, and the circuit's polynomials at tau.
#[derive(Clone)]
pub struct Toy {
    pub alpha: Fr,
    pub beta: Fr,
    pub gamma: Fr,
    pub delta: Fr,
    pub sigma: Fr,
    a: [Fr; WIRES],
    b: [Fr; WIRES],
    c: [Fr; WIRES],
}

/// A proof, as the discrete logarithms of its points; `a` is that of A, not of -A.
#[derive(Clone, Copy)]
pub struct Exponents {
    pub a: Fr,
    pub b: Fr,
    pub c: Fr,
    pub d: Fr,
    pub knowledge: Fr,
}

impl Toy {
    pub fn new(seed: u64) -> Toy {
        let mut rng = ChaCha20Rng::seed_from_u64(seed);
        let [alpha, beta, gamma, delta, sigma, tau] = std::array::from_fn(|_| Fr::rand(&mut rng));
        let root_of_unity = Fr::get_root_of_unity(4).expect("4 divides r - 1");
        let lagrange: [Fr; 3] = std::array::from_fn(|row| {
            let point = root_of_unity.pow([row as u64]);
            let vanishing = tau.pow([4]) - Fr::one();
            point * vanishing / (Fr::from(4u64) * (tau - point))
        });
        let column = |matrix: [&[usize]; 3]| {
            let mut column = [Fr::zero(); WIRES];
            for (row, value) in matrix.iter().zip(lagrange) {
                row.iter().for_each(|&wire| column[wire] += value);
            }
            column
        };
        Toy { alpha, beta, gamma, delta, sigma, a: column(A), b: column(B), c: column(C) }
    }

    /// The logarithm of `kappa_j = beta A_j + alpha B_j + C_j`.
    fn kappa(&self, wire: usize) -> Fr {
        self.beta * self.a[wire] + self.alpha * self.b[wire] + self.c[wire]
    }

    /// The logarithm of IC_j.
    pub fn ic(&self, wire: usize) -> Fr {
        self.kappa(wire) / self.gamma
    }

    pub fn key(&self) -> CommittedKey {
        CommittedKey {
            plain: PlainKey {
                alpha_g1: g1_of(self.alpha),
                beta_g2: g2_of(self.beta),
                gamma_g2: g2_of(self.gamma),
                delta_g2: g2_of(self.delta),
                ic: [g1_of(self.ic(ONE)), g1_of(self.ic(DIGEST))],
            },
            ic_challenge: g1_of(self.ic(CHALLENGE)),
            sigma_gamma_negated: g2_of(-self.sigma * self.gamma),
        }
    }

    /// The logarithm that A B must have, given those of D and C: `alpha beta + V gamma + C delta`.
    fn product(&self, digest: Fr, transcript: Transcript, d: Fr, c: Fr) -> Fr {
        let challenge = element(&transcript.challenge(&self.key().key_hash(), &g1_of(d), &scalar(digest)));
        let inputs = self.ic(ONE) + digest * self.ic(DIGEST) + challenge * self.ic(CHALLENGE) + d;
        self.alpha * self.beta + inputs * self.gamma + c * self.delta
    }

    /// A valid proof of `digest` from no witness at all, as only the trapdoor makes one, with these B, C and D.
    pub fn forge(&self, digest: Fr, transcript: Transcript, [b, c, d]: [Fr; 3]) -> Exponents {
        Exponents { a: self.product(digest, transcript, d, c) / b, b, c, d, knowledge: self.sigma * d }
    }

    /// For each coordinate of a proof, by its offset: a valid proof, and the same with p added to that coordinate, where
    /// the sum has no more bits than p.
    pub fn with_aliases(
        &self,
        digest: Fr,
        transcript: Transcript,
    ) -> BTreeMap<usize, (CommittedProof, CommittedProof)> {
        let mut rng = ChaCha20Rng::seed_from_u64(1);
        let mut found = BTreeMap::new();
        while found.len() < COMMITTED_PROOF_LEN / 32 {
            let proof = self.forge(digest, transcript, std::array::from_fn(|_| Fr::rand(&mut rng))).encode();
            for (index, coordinate) in proof.as_bytes().chunks_exact(32).enumerate() {
                if let Some(alias) = alias(coordinate) {
                    let mut bytes = *proof.as_bytes();
                    bytes[32 * index..][..32].copy_from_slice(&alias);
                    found.insert(32 * index, (proof, CommittedProof::from_bytes(bytes)));
                }
            }
        }
        found
    }

    /// An honest proof of `digest`.
    pub fn prove(&self, digest: Fr, transcript: Transcript, seed: u64) -> Exponents {
        self.prove_claim(digest, digest, transcript, seed)
    }

    /// What the honest prover computes for the digest `claimed`, from factors of `factored`.
    ///
    /// Where they differ, D gets the multiple of IC_1 that makes up for it: this proves `claimed` to whoever does not
    /// check that D is a commitment, and PoK is what a prover who does not know sigma has, that of the honest part.
    pub fn prove_claim(&self, factored: Fr, claimed: Fr, transcript: Transcript, seed: u64) -> Exponents {
        let mut rng = ChaCha20Rng::seed_from_u64(seed);
        let mut wires = [Fr::zero(); WIRES];
        wires[ONE] = Fr::one();
        wires[DIGEST] = factored;
        wires[RIGHT] = Fr::rand(&mut rng);
        wires[LEFT] = factored / wires[RIGHT];
        wires[MASK] = Fr::rand(&mut rng);
        let committed: Fr = COMMITTED.iter().map(|&wire| wires[wire] * self.ic(wire)).sum();
        let d = committed + (factored - claimed) * self.ic(DIGEST);

        let challenge = transcript.challenge(&self.key().key_hash(), &g1_of(d), &scalar(claimed));
        wires[CHALLENGE] = element(&challenge);
        wires[PRODUCT] = (wires[LEFT] + wires[CHALLENGE]) * (wires[RIGHT] + wires[CHALLENGE]);

        let dot = |column: &[Fr; WIRES]| -> Fr { column.iter().zip(&wires).map(|(x, w)| *x * w).sum() };
        let (a, b, c) = (dot(&self.a), dot(&self.b), dot(&self.c));
        let (r, s) = (Fr::rand(&mut rng), Fr::rand(&mut rng));
        let a_blinded = self.alpha + a + r * self.delta;
        let b_blinded = self.beta + b + s * self.delta;
        let private = wires[PRODUCT] * self.kappa(PRODUCT) + a * b - c;
        let c = private / self.delta + s * a_blinded + r * b_blinded - r * s * self.delta;
        Exponents { a: a_blinded, b: b_blinded, c, d, knowledge: self.sigma * committed }
    }
}

impl Exponents {
    pub fn encode(&self) -> CommittedProof {
        CommittedProof {
            plain: PlainProof { a_negated: g1_of(-self.a), b: g2_of(self.b), c: g1_of(self.c) },
            commitment: g1_of(self.d),
            knowledge: g1_of(self.knowledge),
        }
    }
}

/// `coordinate + p`, where its first byte is that of p.
fn alias(coordinate: &[u8]) -> Option<[u8; 32]> {
    let (mut sum, mut carry) = ([0; 32], 0);
    for ((place, x), p) in sum.iter_mut().zip(coordinate).zip(&BASE_MODULUS).rev() {
        let digit = u16::from(*x) + u16::from(*p) + carry;
        (*place, carry) = (digit as u8, digit >> 8);
    }
    (carry == 0 && sum[0] == BASE_MODULUS[0]).then_some(sum)
}

pub fn g1_of(logarithm: Fr) -> [u8; 64] {
    g1((G1Affine::generator() * logarithm).into_affine())
}

pub fn g2_of(logarithm: Fr) -> [u8; 128] {
    g2((G2Affine::generator() * logarithm).into_affine())
}

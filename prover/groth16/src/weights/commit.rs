//! Commitments to weights, made once a model and changed as it learns.

use std::{fmt, sync::Arc};

use ark_bn254::{Fr, G1Affine, G1Projective};
use ark_ec::{AffineRepr, CurveGroup};
use ark_ff::UniformRand;
use ark_std::rand::{CryptoRng, RngCore};
use assay_engine::{Backend, BackendError, G1Point, msm::Prepared};
use assay_interface::groth16::weights::{WeightsCommitment, WeightsKnowledge};
use thiserror::Error;

use super::key::WeightsProvingKey;
use crate::{key::Query, points::Point};

/// A model's weights and what a prover keeps of them: the commitment, its knowledge proof, and their part of the sum A.
///
/// As secret as the weights are: whoever has them and the mask can prove as the owner can.
#[derive(Clone, PartialEq)]
pub struct CommittedWeights {
    weights: Arc<[i64]>,
    mask: Fr,
    sums: Sums,
    /// What they were committed to under: [`WeightsProvingKey::basis`].
    basis: [u8; 32],
}

/// `sum w_j P_j` over the weights and the mask, for three kinds of points.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Sums {
    /// D_w, of the G_j.
    commitment: G1Affine,
    /// PoK_w, of the `sigma_w G_j`.
    knowledge: G1Affine,
    /// Of the A_j.
    a: G1Affine,
}

/// Why weights were not committed to.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum CommitError {
    /// Another number of weights than the key's.
    #[error("the key is for {expected} weights, {found} were given")]
    Count {
        /// Weights of the key.
        expected: usize,
        /// Weights given.
        found: usize,
    },
    /// A change of a weight that does not exist.
    #[error("weight {index} is to change, and there are {count}")]
    Index {
        /// Position among the weights.
        index: usize,
        /// Number of weights.
        count: usize,
    },
    /// The commitment was made under a key of another setup.
    #[error("the weights were committed to under a key of another setup")]
    OtherSetup,
    /// The key has no point of A for a weight: it was put together by hand.
    #[error("the key has no point of A for weight {0}: it was altered")]
    KeyWires(usize),
    /// The sum is the identity, as it is for one mask of 2^254: take another.
    #[error("the commitment is the identity: commit with another mask")]
    Identity,
    /// The implementation that the environment asks for cannot run.
    #[error(transparent)]
    Backend(#[from] BackendError),
}

impl CommittedWeights {
    /// Commits to weights with a fresh mask from `rng`, under a key or any that shares its weights.
    ///
    /// Cost: three sums of as many points as there are weights.
    pub fn commit(
        key: &WeightsProvingKey,
        weights: impl Into<Arc<[i64]>>,
        rng: &mut (impl RngCore + CryptoRng),
    ) -> Result<CommittedWeights, CommitError> {
        CommittedWeights::with_mask(key, weights, Fr::rand(rng))
    }

    /// The commitment that these weights had with this mask. For a new one, [`CommittedWeights::commit`] draws the mask.
    pub fn with_mask(
        key: &WeightsProvingKey,
        weights: impl Into<Arc<[i64]>>,
        mask: Fr,
    ) -> Result<CommittedWeights, CommitError> {
        let weights = weights.into();
        let (expected, found) = (key.num_weights(), weights.len());
        if expected != found {
            return Err(CommitError::Count { expected, found });
        }
        let scalars: Vec<Fr> = weights.iter().map(|&weight| Fr::from(weight)).chain([mask]).collect();
        let places: Vec<usize> = (0..scalars.len()).collect();
        let sums = Sums::of(key, &places, &scalars)?;
        CommittedWeights { weights, mask, sums, basis: key.basis() }.checked()
    }

    /// The commitment after some weights have changed, each given with its new value, with a fresh mask: with the old one the two
    /// commitments would differ by the changes alone, which can be guessed.
    ///
    /// Cost: three sums of one point more than there are changes.
    pub fn update(
        &self,
        key: &WeightsProvingKey,
        changes: &[(usize, i64)],
        rng: &mut (impl RngCore + CryptoRng),
    ) -> Result<CommittedWeights, CommitError> {
        if key.basis() != self.basis {
            return Err(CommitError::OtherSetup);
        }
        let (mut weights, mask) = (self.weights.to_vec(), Fr::rand(rng));
        let (mut places, mut scalars) = (Vec::new(), Vec::new());
        for &(index, value) in changes {
            let count = weights.len();
            let weight = weights.get_mut(index).ok_or(CommitError::Index { index, count })?;
            let before = std::mem::replace(weight, value);
            places.push(index);
            scalars.push(Fr::from(value) - Fr::from(before));
        }
        places.push(weights.len());
        scalars.push(mask - self.mask);
        let change = Sums::of(key, &places, &scalars)?;
        let sum = |before: G1Affine, change: G1Affine| (before + change).into_affine();
        let sums = Sums {
            commitment: sum(self.sums.commitment, change.commitment),
            knowledge: sum(self.sums.knowledge, change.knowledge),
            a: sum(self.sums.a, change.a),
        };
        CommittedWeights { weights: weights.into(), mask, sums, basis: self.basis }.checked()
    }

    /// D_w: what a verifier stores.
    pub fn commitment(&self) -> WeightsCommitment {
        WeightsCommitment(self.sums.commitment.bytes())
    }

    /// PoK_w: what it checks once, before it does.
    pub fn knowledge(&self) -> WeightsKnowledge {
        WeightsKnowledge(self.sums.knowledge.bytes())
    }

    /// The weights.
    pub fn weights(&self) -> &Arc<[i64]> {
        &self.weights
    }

    /// The mask, to be kept as a private key is. With it and the weights the commitment can be made again.
    pub fn mask(&self) -> Fr {
        self.mask
    }

    /// Their part of the sum A.
    pub(crate) fn a(&self) -> G1Affine {
        self.sums.a
    }

    pub(crate) fn basis(&self) -> &[u8; 32] {
        &self.basis
    }

    fn checked(self) -> Result<CommittedWeights, CommitError> {
        if self.sums.commitment.is_zero() { Err(CommitError::Identity) } else { Ok(self) }
    }
}

impl Sums {
    /// Over the weights in `places`, of which the one behind the last is the mask.
    fn of(key: &WeightsProvingKey, places: &[usize], scalars: &[Fr]) -> Result<Sums, CommitError> {
        let key = key.inner();
        let (g, sigma_g, a) = (key.weights(), key.sigma_weights(), key.a());
        let places_a = places_of(a, g.wires, places)?;
        let backend = Backend::detect()?;
        let scalars = Prepared::read(scalars);
        let sum = |query: Query<'_, G1Point>, places: &[usize]| {
            let points: Vec<G1Point> = places.iter().map(|&place| query.points[place]).collect();
            let sum: G1Projective = scalars.msm(backend, &points);
            sum.into_affine()
        };
        let sums = [sum(g, places), sum(sigma_g, places), sum(a, &places_a)];
        let [commitment, knowledge, a] = sums;
        Ok(Sums { commitment, knowledge, a })
    }
}

/// Where the weights' points stand in A.
fn places_of(a: Query<'_, G1Point>, weights: &[u32], places: &[usize]) -> Result<Vec<usize>, CommitError> {
    let place = |&place: &usize| {
        let wire = weights.get(place).ok_or(CommitError::KeyWires(place))?;
        a.wires.binary_search(wire).map_err(|_| CommitError::KeyWires(place))
    };
    places.iter().map(place).collect()
}

impl fmt::Debug for CommittedWeights {
    /// Without weights and mask.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CommittedWeights")
            .field("weights", &self.weights.len())
            .field("commitment", &self.commitment())
            .finish_non_exhaustive()
    }
}

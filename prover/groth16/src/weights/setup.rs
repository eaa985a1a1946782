//! A development setup of several circuits that share their weights.

use ark_bn254::Fr;
use ark_ff::UniformRand;
use ark_std::rand::{CryptoRng, RngCore};
use assay_circuits::Circuit;
use assay_engine::Domain;
use assay_interface::{artifact, groth16::SetupKind};

use super::key::WeightsProvingKey;
use crate::{
    progress::Observer,
    setup::{Secrets, SetupError, SetupSeed, System, check_whole, nonzero, setup_with},
};

/// Keys for circuits that share their weights, in the order of the circuits, marked as development keys, with secrets that no
/// one keeps. One commitment serves all of them: usually a circuit that computes, and behind it one that proves the weights'
/// ranges, or several, each some.
///
/// All have the domain that the largest needs.
///
/// # Errors
/// [`SetupError::WeightCount`] of circuits without weights, or with other numbers of them.
pub fn setup(
    circuits: &[&Circuit],
    rng: &mut (impl RngCore + CryptoRng),
) -> Result<Vec<WeightsProvingKey>, SetupError> {
    setup_by(circuits, || Fr::rand(rng), Observer::none())
}

/// The keys of these circuits and a seed: always the same ones, on every machine.
///
/// ```text
/// key    = SHA-256("assay:setup:development:weights:v1\0" || SHA-256(circuit digests in order) || seed)
/// stream = as of [`SetupSeed`]: alpha, beta, gamma, delta, tau, sigma of the first key, then sigma_w, then delta and sigma of each other
/// ```
pub fn setup_from_seed(
    circuits: &[&Circuit],
    seed: &SetupSeed,
    observer: Observer<'_>,
) -> Result<Vec<WeightsProvingKey>, SetupError> {
    setup_by(circuits, elements(circuits, seed), observer)
}

fn elements(circuits: &[&Circuit], seed: &SetupSeed) -> impl FnMut() -> Fr + use<> {
    let digests: Vec<u8> = circuits.iter().flat_map(|circuit| circuit.digest()).collect();
    seed.elements(SEED_PREFIX, &artifact::digest(&digests))
}

/// The secrets of the first key, and sigma_w: whoever has the seed has them.
#[cfg(test)]
pub(super) fn secrets(circuits: &[&Circuit], seed: &SetupSeed) -> (Secrets, Fr) {
    let mut draw = elements(circuits, seed);
    (Secrets::from_elements(&mut draw), nonzero(&mut draw))
}

const SEED_PREFIX: &[u8] = b"assay:setup:development:weights:v1\0";

fn setup_by(
    circuits: &[&Circuit],
    mut draw: impl FnMut() -> Fr,
    observer: Observer<'_>,
) -> Result<Vec<WeightsProvingKey>, SetupError> {
    let count = |circuit: &Circuit| circuit.weights.as_ref().map_or(0, |weights| weights.len());
    let expected = circuits.first().map_or(0, |circuit| count(circuit));
    let mut rows = 0;
    for (index, circuit) in circuits.iter().enumerate() {
        let found = count(circuit);
        if found != expected || found == 0 {
            return Err(SetupError::WeightCount { circuit: index, expected, found });
        }
        check_whole(circuit)?;
        rows = rows.max(circuit.r1cs.num_constraints() + circuit.r1cs.num_instance);
    }
    let domain = Domain::for_rows(rows)?;
    let first = Secrets::from_elements(&mut draw);
    let sigma_weights = nonzero(&mut draw);
    let mut keys: Vec<WeightsProvingKey> = Vec::with_capacity(circuits.len());
    for (index, circuit) in circuits.iter().enumerate() {
        let secrets = match index {
            0 => first,
            _ => Secrets { delta: nonzero(&mut draw), sigma: nonzero(&mut draw), ..first },
        };
        let weights = circuit.weights.as_ref().map(|weights| (weights, sigma_weights));
        let system = System { weights, ..System::of(circuit) };
        let key = setup_with(&system, &secrets, &domain, SetupKind::Development, observer)?;
        let key = WeightsProvingKey::new(key)?;
        // By the home rows. It costs nothing to look.
        keys.first().map_or(Ok(()), |first| first.shares_weights(&key))?;
        keys.push(key);
    }
    Ok(keys)
}

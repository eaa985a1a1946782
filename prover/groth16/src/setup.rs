//! A setup on one machine, for development.
//!
//! It draws alpha, beta, gamma, delta, tau, and sigma for a circuit with a commitment, from the caller's generator, and
//! evaluates every wire's polynomials at tau (the module `qap`):
//!
//! ```text
//! kappa_j = beta A_j(tau) + alpha B_j(tau) + C_j(tau)
//! A_j, B_j for each wire | L_j = kappa_j / delta for a private wire | H_i = L_i(tau) / delta for an odd domain point
//! IC_j = kappa_j / gamma for an instance wire | G_j = kappa_j / gamma and sigma G_j for a committed wire, without L_j
//! ```
//!
//! # What a key with a commitment proves
//!
//! In the algebraic group model, with the secrets as variables: G1 of the key spans 1, alpha, beta, delta, polynomials
//! in tau, some over delta, `kappa_j / gamma` and, alone with a factor sigma, `sigma kappa_j / gamma` for committed j;
//! G2 spans 1, beta, gamma, delta, sigma gamma and polynomials in tau. The equations are the two of
//! `assay_interface::groth16`: what folds them is drawn after both are fixed.
//!
//! - *D is a commitment.* `PoK = sigma D`. A term of D with sigma would give PoK one with sigma^2, which it cannot
//!   have, and PoK's terms with sigma are `sigma kappa_j / gamma`. So D is `sum w_j kappa_j / gamma` over the
//!   committed wires. It was a combination of the key's points when it was hashed, before h was known, and that
//!   combination holds no IC_j, since an instance wire has a row of A to itself (module `qap`): its coefficients of
//!   the G_j are the w_j, and no challenge can change them.
//! - *A and B.* From the term alpha beta, `A = alpha + ..` and `B = beta + ..` but for a factor. Nothing on the right
//!   has beta^2, alpha gamma or alpha sigma gamma: so A has no beta, and B neither gamma nor sigma gamma. What A has
//!   over gamma with sigma, over gamma, and over delta is zero, in this order: its product with `beta + B(tau)` keeps
//!   that denominator, and on the right 1 / gamma has a factor delta and 1 / delta does not occur. That gamma is the
//!   base of the knowledge check too adds sigma gamma to G2 and nothing else.
//! - *The wires.* What is left is Groth16's: `A(tau) = sum w_j A_j`, `B(tau) = sum w_j B_j`, and `A B - sum w_j C_j`
//!   in the span of the H_i; the w_j are 1, the digest and h, those of D, and C's coefficients of the L_j.
//!
//! *Zero knowledge.* D is uniform, because the mask is and its G_j is not zero; PoK is sigma D, and h a hash of D. A
//! and B are blinded as in Groth16, and C follows from the equation. So whoever knows the secrets makes proofs of the
//! same distribution without a witness.
//!
//! Circuits with weights have one commitment more, and another argument: the module `weights`.
//!
//! Points come from fixed-base tables and are written where the key file has them; points that are zero are never made.
//! The generators are the groups' standard ones. Whoever learns one of the secrets (the *toxic waste*) can prove anything,
//! so the keys carry [`SetupKind::Development`] for good, and consumer programs can refuse them. Keys for real funds come
//! from a ceremony.

use ark_bn254::{Fr, G1Affine, G2Affine};
use ark_ec::{AffineRepr, CurveGroup};
use ark_ff::{Field, One, PrimeField, UniformRand, Zero};
use ark_std::rand::{CryptoRng, RngCore};
use assay_circuits::{Circuit, Commitment, Csr, NUM_INSTANCE, R1cs, Weights, WeightsError};
use assay_engine::{
    Backend, BackendError, Domain, DomainError, G1Point, G2Point, Point, fixed_base::FixedBase,
};
use assay_interface::{artifact, groth16::SetupKind};
use rand_chacha::{ChaCha20Rng, rand_core::SeedableRng};
use rayon::prelude::*;
use std::ops::Range;
use thiserror::Error;

use crate::{
    encoding::KeyReadError,
    file::Assembly,
    footprint::setup_memory,
    key::{BasePoints, CommitmentPoints, KeyPoints, ProvingKey, VerifyingKey},
    layout::Counts,
    memory::{self, MemoryError},
    progress::{Cancelled, Observer, Stage},
    qap::{Columns, odd_lagrange, wires_of_a, wires_of_b, wires_of_l},
    shared::SharedError,
    system::{self, SystemError},
};

/// Why a circuit has no keys.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum SetupError {
    /// Another number of instance wires than the statement's, and the challenge's where there is a commitment.
    #[error(
        "the circuit has {found} instance wires and needs {expected}: the constant one, the digest, and with lookups the \
         challenge"
    )]
    Instance {
        /// Instance wires that the circuit needs.
        expected: usize,
        /// Instance wires of the circuit.
        found: usize,
    },
    /// The digest is in no constraint: a proof would hold for any statement.
    #[error(
        "the digest wire is in no constraint: a proof would hold for any statement; bind the statement first"
    )]
    UnboundDigest,
    /// The challenge is in no constraint: what it is to check, nothing checks.
    #[error("the challenge wire is in no constraint: the circuit's lookups would check nothing")]
    UnboundChallenge,
    /// The commitment's wires are not ascending private wires, or lack the mask.
    #[error(
        "committed wire {wire}, number {index}: committed wires are private, ascending, and the mask is one of them"
    )]
    Committed {
        /// Position among the committed wires.
        index: usize,
        /// The wire.
        wire: u32,
    },
    /// A committed wire without a constraint, which the commitment would not hold.
    #[error("committed wire {wire} is in no constraint: the commitment would not hold it")]
    UnboundCommitted {
        /// The wire.
        wire: u32,
    },
    /// Not the wires that the circuit's lookups need committed. The circuit's digest does not tell, since they follow from
    /// the program that it covers.
    #[error(
        "the commitment is not that of the circuit's lookups: a wire that is not committed can follow the challenge"
    )]
    OtherCommitment,
    /// A circuit with weights, for which [`crate::weights::setup`] makes keys.
    #[error(
        "the circuit has weights that are committed to: its keys are made together with those of their registration"
    )]
    HasWeights,
    /// A circuit without weights among those that are to share some, or none at all.
    #[error("circuit {circuit} of those that are to share weights has {found}, the first has {expected}")]
    WeightCount {
        /// Position of the circuit.
        circuit: usize,
        /// Weights of the first circuit.
        expected: usize,
        /// Weights of this one.
        found: usize,
    },
    /// Not the weights that the circuit's program writes.
    #[error("the weights are not those of the circuit's program")]
    OtherWeights,
    /// Weights that a commitment cannot bind.
    #[error(transparent)]
    Weights(#[from] WeightsError),
    /// Keys of one setup that do not share their points of weights.
    #[error("the keys do not share their weights ({0}): please report this")]
    NotShared(#[from] SharedError),
    /// The constraint system has an index that points outside it.
    #[error(transparent)]
    System(#[from] SystemError),
    /// More constraints than the field has roots of unity for.
    #[error("the circuit is too large: {0}")]
    Domain(#[from] DomainError),
    /// More wires than a key counts.
    #[error("the circuit is too large: {0} wires do not fit into 32 bits")]
    Wires(usize),
    /// The keys, or what is needed to make them, do not fit into memory.
    #[error("the setup {0}")]
    Memory(#[from] MemoryError),
    /// A key that its own check refuses: the random generator is broken.
    #[error("the key fails its own check ({0}): the random generator is broken")]
    Key(#[from] KeyReadError),
    /// The implementation that the environment asks for cannot run.
    #[error(transparent)]
    Backend(#[from] BackendError),
    /// The caller ended it.
    #[error(transparent)]
    Cancelled(#[from] Cancelled),
}

/// Keys for `circuit`, marked as development keys, with secrets that no one keeps: nobody can show later which circuit they
/// were made for. [`setup_from_seed`] makes keys that can be made again.
///
/// Seconds for a million constraints, most of it fixed-base multiplication.
pub fn setup_development(
    circuit: &Circuit,
    rng: &mut (impl RngCore + CryptoRng),
) -> Result<(ProvingKey, VerifyingKey), SetupError> {
    let key = setup_circuit(circuit, |_| Secrets::draw(rng), Observer::none())?;
    let verifying_key = key.verifying_key().clone();
    Ok((key, verifying_key))
}

/// The development keys of `circuit` and `seed`: always the same ones, on every machine.
///
/// The secrets follow from the seed and the circuit's digest, so one seed gives two circuits unrelated keys. Whoever has the
/// seed can forge proofs under them.
pub fn setup_from_seed(
    circuit: &Circuit,
    seed: &SetupSeed,
    observer: Observer<'_>,
) -> Result<ProvingKey, SetupError> {
    setup_circuit(circuit, |digest| Secrets::derive(seed, &digest), observer)
}

fn setup_circuit(
    circuit: &Circuit,
    secrets: impl FnOnce([u8; 32]) -> Secrets,
    observer: Observer<'_>,
) -> Result<ProvingKey, SetupError> {
    let system = System::of(circuit);
    check_of_circuit(circuit)?;
    let rows = circuit.r1cs.num_constraints() + circuit.r1cs.num_instance;
    let domain = Domain::for_rows(rows)?;
    setup_with(&system, &secrets(system.digest), &domain, SetupKind::Development, observer)
}

/// The committed wires of a circuit without weights, after every check that it needs to pass, and that they are those of its lookups.
pub(crate) fn check_of_circuit(circuit: &Circuit) -> Result<&[u32], SetupError> {
    if circuit.weights.is_some() {
        return Err(SetupError::HasWeights);
    }
    check_whole(circuit)
}

/// The same of any circuit; what is asked of weights beyond that they are the program's, is asked elsewhere.
pub(crate) fn check_whole(circuit: &Circuit) -> Result<&[u32], SetupError> {
    let committed = check_circuit(&circuit.r1cs, circuit.commitment.as_ref())?;
    if circuit.program().commitment().as_ref() != Ok(&circuit.commitment) {
        return Err(SetupError::OtherCommitment);
    }
    if circuit.program().committed_weights() != circuit.weights {
        return Err(SetupError::OtherWeights);
    }
    Ok(committed)
}

/// Where the secrets of a development setup come from. It is as secret as they are.
///
/// ```text
/// key    = SHA-256("assay:setup:development:v1\0" || circuit digest || seed)
/// stream = ChaCha20 under that key, nonce zero
/// alpha, beta, gamma, delta, tau, sigma = each the next 64 bytes as a little-endian integer, modulo the field's order;
///                                         zero is drawn again
/// ```
#[derive(Clone)]
pub struct SetupSeed([u8; 32]);

const SEED_PREFIX: &[u8] = b"assay:setup:development:v1\0";

impl SetupSeed {
    /// A fresh seed.
    pub fn draw(rng: &mut (impl RngCore + CryptoRng)) -> SetupSeed {
        let mut seed = [0; 32];
        rng.fill_bytes(&mut seed);
        SetupSeed(seed)
    }

    /// These bytes, all of which should be random.
    pub fn from_bytes(seed: [u8; 32]) -> SetupSeed {
        SetupSeed(seed)
    }

    /// The elements that follow from the seed, for a purpose that the prefix names and a circuit: see the type.
    pub(crate) fn elements(&self, prefix: &[u8], circuit: &[u8; 32]) -> impl FnMut() -> Fr + use<> {
        let mut stream = ChaCha20Rng::from_seed(artifact::digest(&[prefix, circuit, &self.0].concat()));
        move || {
            let mut wide = [0; 64];
            stream.fill_bytes(&mut wide);
            Fr::from_le_bytes_mod_order(&wide)
        }
    }

    /// The bytes, to be kept as a private key is.
    pub fn secret_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl std::fmt::Debug for SetupSeed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SetupSeed(secret)")
    }
}

/// What a setup reads of a circuit.
#[derive(Clone, Copy)]
pub(crate) struct System<'a> {
    pub r1cs: &'a R1cs,
    pub commitment: Option<&'a Commitment>,
    /// With their secret sigma_w.
    pub weights: Option<(&'a Weights, Fr)>,
    pub digest: [u8; 32],
}

impl<'a> System<'a> {
    /// Without its weights.
    pub(crate) fn of(circuit: &'a Circuit) -> System<'a> {
        let (r1cs, commitment) = (&circuit.r1cs, circuit.commitment.as_ref());
        System { r1cs, commitment, weights: None, digest: circuit.digest() }
    }
}

/// The toxic waste. `sigma` is drawn for plain circuits too and not used there.
#[derive(Clone, Copy)]
pub(crate) struct Secrets {
    pub alpha: Fr,
    pub beta: Fr,
    pub gamma: Fr,
    pub delta: Fr,
    pub tau: Fr,
    pub sigma: Fr,
}

impl Secrets {
    pub(crate) fn draw(rng: &mut (impl RngCore + CryptoRng)) -> Secrets {
        Secrets::from_elements(|| Fr::rand(rng))
    }

    /// Those that follow from a seed: see [`SetupSeed`].
    pub(crate) fn derive(seed: &SetupSeed, circuit: &[u8; 32]) -> Secrets {
        Secrets::from_elements(seed.elements(SEED_PREFIX, circuit))
    }

    pub(crate) fn from_elements(mut draw: impl FnMut() -> Fr) -> Secrets {
        let mut nonzero = || nonzero(&mut draw);
        Secrets {
            alpha: nonzero(),
            beta: nonzero(),
            gamma: nonzero(),
            delta: nonzero(),
            tau: nonzero(),
            sigma: nonzero(),
        }
    }
}

/// The next element that is not zero.
pub(crate) fn nonzero(draw: &mut impl FnMut() -> Fr) -> Fr {
    loop {
        let element = draw();
        if !element.is_zero() {
            return element;
        }
    }
}

/// The key of these secrets over this domain, which has room for the constraints and the instance wires.
pub(crate) fn setup_with(
    system: &System<'_>,
    secrets: &Secrets,
    domain: &Domain,
    kind: SetupKind,
    observer: Observer<'_>,
) -> Result<ProvingKey, SetupError> {
    let r1cs = system.r1cs;
    let committed = check_circuit(r1cs, system.commitment)?;
    let (weights, sigma_weights) = match system.weights {
        Some((weights, sigma)) => {
            weights.check(r1cs, system.commitment)?;
            (&weights.wires[..], Some(sigma))
        }
        None => (&[][..], None),
    };
    let (wires_a, wires_b, wires_l) =
        (wires_of_a(r1cs), wires_of_b(r1cs), wires_of_l(r1cs, [committed, weights]));
    let too_large = || SetupError::Wires(r1cs.num_wires());
    let count = |len: usize| u32::try_from(len).map_err(|_| too_large());
    let counts = Counts {
        wires: count(r1cs.num_wires())?,
        domain: count(domain.size())?,
        a: count(wires_a.len())?,
        b: count(wires_b.len())?,
        l: count(wires_l.len())?,
        committed: count(committed.len())?,
        weights: count(weights.len())?,
        instance: if committed.is_empty() { 2 } else { 3 },
    };
    memory::require(setup_memory(&counts))?;
    let mut key = Assembly::new(counts).ok_or_else(too_large)?;
    let layout = key.layout.clone();

    let Secrets { alpha, beta, gamma, delta, tau, sigma } = *secrets;
    let broken = || SetupError::Key(KeyReadError::Inconsistent); // a secret is zero, or tau a root of unity
    let (gamma_inverse, delta_inverse) =
        (gamma.inverse().ok_or_else(broken)?, delta.inverse().ok_or_else(broken)?);
    if tau.pow([2 * domain.size() as u64]).is_one() {
        return Err(broken());
    }
    let columns = Columns::at(r1cs, &domain.lagrange(tau));

    let backend = Backend::detect()?;
    let committed_points = 2 * (committed.len() + weights.len());
    let count = wires_a.len() + wires_b.len() + wires_l.len() + committed_points + domain.size();
    let g1 = FixedBase::new(backend, G1Point::from(G1Affine::generator()), count);
    let mut made = Made { points: 0, total: (count + G2_AS_G1 * wires_b.len()) as u64, observer };
    let select = |column: &[Fr], wires: &[u32]| -> Vec<Fr> {
        wires.iter().map(|&wire| column[wire as usize]).collect()
    };
    let kappas = |wires: &[u32], factor: Fr| -> Vec<Fr> {
        wires.par_iter().map(|&wire| columns.kappa(alpha, beta, wire) * factor).collect()
    };
    for (range, wires) in [
        (&layout.wires_a, &wires_a[..]),
        (&layout.wires_b, &wires_b),
        (&layout.wires_l, &wires_l),
        (&layout.wires_committed, committed),
        (&layout.wires_weights, weights),
    ] {
        key.put(range.clone(), wires);
    }
    made.put(&mut key, &layout.a, &g1, &select(&columns.a, &wires_a), 1)?;
    let b = select(&columns.b, &wires_b);
    made.put(&mut key, &layout.b_g1, &g1, &b, 1)?;
    let g2 = FixedBase::new(backend, G2Point::from(G2Affine::generator()), b.len());
    made.put(&mut key, &layout.b_g2, &g2, &b, G2_AS_G1)?;
    drop((b, g2));
    made.put(&mut key, &layout.l, &g1, &kappas(&wires_l, delta_inverse), 1)?;
    for (wires, sigma, points, sigma_points) in [
        (committed, sigma, &layout.g, &layout.sigma_g),
        (weights, sigma_weights.unwrap_or_default(), &layout.g_weights, &layout.sigma_g_weights),
    ] {
        let mut g = kappas(wires, gamma_inverse);
        made.put(&mut key, points, &g1, &g, 1)?;
        g.iter_mut().for_each(|scalar| *scalar *= sigma);
        made.put(&mut key, sigma_points, &g1, &g, 1)?;
    }
    made.put(&mut key, &layout.h, &g1, &odd_lagrange(domain, tau, delta_inverse), 1)?;

    let instance_kappa = |wire| columns.kappa(alpha, beta, wire) * gamma_inverse;
    let in_g1 = |scalar: Fr| (G1Affine::generator() * scalar).into_affine();
    let in_g2 = |scalar: Fr| (G2Affine::generator() * scalar).into_affine();
    let base = BasePoints {
        alpha_g1: in_g1(alpha),
        beta_g2: in_g2(beta),
        gamma_g2: in_g2(gamma),
        delta_g2: in_g2(delta),
    };
    let ic = |wire| in_g1(instance_kappa(wire));
    let commitment = (!committed.is_empty())
        .then(|| CommitmentPoints { ic_challenge: ic(2), sigma_gamma_negated: in_g2(-sigma * gamma) });
    let weights = sigma_weights.map(|sigma| in_g2(-sigma * gamma));
    let points = KeyPoints { base, ic: [ic(0), ic(1)], commitment, weights };
    let verifying_key = VerifyingKey { circuit: system.digest, setup: kind, points };
    verifying_key.check()?;
    Ok(key.finish(verifying_key, in_g1(beta), in_g1(delta)))
}

/// A point of G2 takes the time of three in G1.
const G2_AS_G1: usize = 3;
/// Points that are made between two reports of progress.
const BATCH: usize = 1 << 16;

/// Makes points, part after part, and tells how far it is.
struct Made<'a> {
    points: u64,
    total: u64,
    observer: Observer<'a>,
}

impl Made<'_> {
    /// Fills a part with the multiples for `scalars`; each counts for `weight` points.
    fn put<P: Point>(
        &mut self,
        key: &mut Assembly,
        part: &Range<usize>,
        base: &FixedBase<P>,
        scalars: &[Fr],
        weight: usize,
    ) -> Result<(), Cancelled> {
        let mut start = part.start;
        for batch in scalars.chunks(BATCH) {
            let points = base.multiply(batch);
            let end = start + size_of_val(&points[..]);
            key.put(start..end, &points);
            start = end;
            self.points += (batch.len() * weight) as u64;
            self.observer.report(Stage::Setup, self.points, self.total)?;
        }
        Ok(())
    }
}

/// The committed wires, after every check that a circuit needs to pass for its keys to mean something.
fn check_circuit<'a>(r1cs: &R1cs, commitment: Option<&'a Commitment>) -> Result<&'a [u32], SetupError> {
    let (found, expected) = (r1cs.num_instance, NUM_INSTANCE + usize::from(commitment.is_some()));
    if found != expected {
        return Err(SetupError::Instance { expected, found });
    }
    system::check(r1cs, &[])?;
    let mut occurs = vec![false; r1cs.num_wires()];
    for wire in [&r1cs.a, &r1cs.b, &r1cs.c].into_iter().flat_map(|matrix: &Csr| &matrix.col) {
        occurs[*wire as usize] = true;
    }
    let occurs = |wire: u32| occurs.get(wire as usize) == Some(&true);
    if !occurs(1) {
        return Err(SetupError::UnboundDigest);
    }
    let Some(Commitment { committed, mask, challenge }) = commitment else { return Ok(&[]) };
    if *challenge as usize != NUM_INSTANCE || !occurs(*challenge) {
        return Err(SetupError::UnboundChallenge);
    }
    let mut least = r1cs.num_instance;
    for (index, &wire) in committed.iter().enumerate() {
        if !(least..r1cs.num_wires()).contains(&(wire as usize)) {
            return Err(SetupError::Committed { index, wire });
        }
        if !occurs(wire) {
            return Err(SetupError::UnboundCommitted { wire });
        }
        least = wire as usize + 1;
    }
    if committed.binary_search(mask).is_err() {
        return Err(SetupError::Committed { index: committed.len(), wire: *mask });
    }
    Ok(committed)
}

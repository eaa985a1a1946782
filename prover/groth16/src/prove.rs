//! The prover.
//!
//! For wires w (w_0 = 1), blinding r, s, and the committed wires S (none in a plain circuit):
//!
//! ```text
//! D  = sum over S of w_j G_j,  PoK = sum over S of w_j sigma G_j,  h = the challenge of D (`assay_interface::groth16`)
//! A  = alpha + sum w_i A_i + r delta           in G1
//! B  = beta  + sum w_i B_i + s delta           in G2, and B' the same in G1
//! C  = sum over private i not in S of w_i L_i + sum_j P(odd point j) H_j + s A + r B' - r s delta
//! ```
//!
//! Cost: the rows (the module `rows`), six transforms of the domain's size, and five sums of scaled points, one of them in
//! G2. A and B's rows give c = a b, so nothing is multiplied by C but the check that the constraints hold. The phases run
//! one after another, each on all threads; [`ProveTimings`] has their times.

use std::{
    ops::Deref,
    time::{Duration, Instant},
};

use ark_bn254::{Fr, G1Affine, G1Projective, G2Affine};
use ark_ec::CurveGroup;
use ark_ff::UniformRand;
use ark_std::rand::{CryptoRng, RngCore};
use assay_circuits::{Circuit, Commitment, SolveError, Witness};
use assay_engine::{
    Backend, Domain, G1Point, G2Point,
    msm::{Prepared, Selected, Workspaces},
};
use assay_interface::{artifact, groth16::challenge};

use crate::{
    footprint::{SIDE_BY_SIDE, prove_memory},
    key::{ProvingKey, Query},
    memory,
    points::{Point, element, scalar},
    progress::{Observer, Stage},
    proof::{Challenge, CommitmentProof, Proof},
    qap::{wires_of_a, wires_of_b, wires_of_l},
    rows::{Check, Coefficients, Rows, Wires},
    system,
};

mod error;

pub use error::ProveError;

/// Masks that are tried, where one would do but for a chance of 2^-200.
const ATTEMPTS: usize = 8;

/// Wall time of each phase of one proof. In small circuits the quotient and H run beside A, L and both B, so that their
/// times overlap.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ProveTimings {
    /// The commitment, its knowledge proof and the challenge; zero for a plain circuit.
    pub commitment: Duration,
    /// The wires behind the challenge; zero for a plain circuit.
    pub completion: Duration,
    /// Rows of A, B and C, the check, and the scalars.
    pub rows: Duration,
    /// Six transforms, and the product.
    pub quotient: Duration,
    /// The sum A.
    pub a: Duration,
    /// The sum B' in G1.
    pub b_g1: Duration,
    /// The sum B in G2.
    pub b_g2: Duration,
    /// The sum over L.
    pub l: Duration,
    /// The sum over H.
    pub h: Duration,
}

impl ProveTimings {
    /// The phases by name, in order.
    pub fn phases(&self) -> [(&'static str, Duration); 9] {
        [
            ("commitment", self.commitment),
            ("completion", self.completion),
            ("rows", self.rows),
            ("quotient", self.quotient),
            ("A", self.a),
            ("B in G1", self.b_g1),
            ("B in G2", self.b_g2),
            ("L", self.l),
            ("H", self.h),
        ]
    }

    /// All phases, as if one after another.
    pub fn total(&self) -> Duration {
        self.phases().iter().map(|(_, time)| *time).sum()
    }
}

/// A proving key and its circuit, paired once for any number of proofs, any number of them at a time.
///
/// `C` is whatever lends the circuit: `&Circuit`, `Arc<Circuit>`, or a type of the caller's. With an owned `C` the prover is
/// owned as well: the key it holds is a clone, which shares the points.
#[derive(Debug)]
pub struct Prover<C> {
    key: ProvingKey,
    circuit: C,
    coefficients: Coefficients,
    domain: Domain,
    backend: Backend,
}

/// One proof; for more than one with the same key, [`Prover`] pairs key and circuit once.
pub fn prove(
    key: &ProvingKey,
    circuit: &Circuit,
    witness: &Witness,
    rng: &mut (impl RngCore + CryptoRng),
) -> Result<Proof, ProveError> {
    Prover::new(key, circuit)?.prove(witness, rng)
}

impl<C: Deref<Target = Circuit>> Prover<C> {
    /// Pairs a key with its circuit: digests and sizes must agree, and the working set must fit into memory.
    ///
    /// That the key is *of* this circuit, the digest in it claims and this does not check: see the module `setup`.
    pub fn new(key: &ProvingKey, circuit: C) -> Result<Prover<C>, ProveError> {
        Prover::with_backend(key, circuit, Backend::detect()?)
    }

    /// As [`Prover::new`], with the arithmetic named by the caller.
    pub fn with_backend(key: &ProvingKey, circuit: C, backend: Backend) -> Result<Prover<C>, ProveError> {
        let digest = circuit.digest();
        if key.circuit_digest() != digest {
            return Err(ProveError::WrongCircuit { key: key.circuit_digest(), circuit: digest });
        }
        let r1cs = &circuit.r1cs;
        let size = |what, expected: usize, found: usize| {
            if expected == found { Ok(()) } else { Err(ProveError::KeySize { what, expected, found }) }
        };
        size("wires", r1cs.num_wires(), key.counts.wires as usize)?;
        size("instance wires", r1cs.num_instance, key.counts.instance.into())?;
        let committed = circuit.commitment.as_ref().map_or(&[][..], |commitment| &commitment.committed);
        let weights = circuit.weights.as_ref().map_or(&[][..], |weights| &weights.wires);
        system::check(r1cs, committed)?;
        circuit.weights.iter().try_for_each(|weights| weights.check(r1cs, circuit.commitment.as_ref()))?;
        for (what, wires, used) in [
            ("query A", key.a().wires, wires_of_a(r1cs)),
            ("query B", key.b_g1().wires, wires_of_b(r1cs)),
            ("query L", key.l().wires, wires_of_l(r1cs, [committed, weights])),
        ] {
            if wires != used {
                return Err(ProveError::KeyWires { what });
            }
        }
        if key.g().wires != committed {
            return Err(ProveError::KeyWires { what: "commitment" });
        }
        if key.weights().wires != weights {
            return Err(ProveError::KeyWires { what: "weights" });
        }
        let rows = r1cs.num_constraints() + r1cs.num_instance;
        let found = key.h().len();
        if found < rows {
            return Err(ProveError::KeySize { what: "quotient points", expected: rows, found });
        }
        let domain = Domain::with_size(found)?;
        memory::require(prove_memory(&key.counts))?;
        let coefficients = Coefficients::of(r1cs, Check::Constraints);
        Ok(Prover { key: key.clone(), circuit, coefficients, domain, backend })
    }

    /// The key.
    pub fn key(&self) -> &ProvingKey {
        &self.key
    }

    /// The circuit.
    pub fn circuit(&self) -> &Circuit {
        &self.circuit
    }

    /// A proof of the witness' digest, blinded by elements from `rng`. The witness of a circuit with a commitment need not be
    /// complete.
    pub fn prove(
        &self,
        witness: &Witness,
        rng: &mut (impl RngCore + CryptoRng),
    ) -> Result<Proof, ProveError> {
        self.prove_timed(witness, rng, Observer::none()).map(|(proof, _)| proof)
    }

    /// As [`Prover::prove`], with the time of each phase, telling `observer` before and after.
    pub fn prove_timed(
        &self,
        witness: &Witness,
        rng: &mut (impl RngCore + CryptoRng),
        observer: Observer<'_>,
    ) -> Result<(Proof, ProveTimings), ProveError> {
        observer.report(Stage::Prove, 0, 1)?;
        let proof = self.prove_with(witness, &challenge, None, rng)?;
        observer.report(Stage::Prove, 1, 1)?;
        Ok(proof)
    }

    /// As [`Prover::prove_timed`], for a verifier with another challenge, and with what is known of A already.
    pub(crate) fn prove_with(
        &self,
        witness: &Witness,
        challenge: Challenge<'_>,
        known: Option<Known<'_>>,
        rng: &mut (impl RngCore + CryptoRng),
    ) -> Result<(Proof, ProveTimings), ProveError> {
        let mut timings = ProveTimings::default();
        let (expected, found) = (self.circuit.r1cs.num_wires(), witness.values.len());
        if expected != found {
            return Err(ProveError::WitnessLength { expected, found });
        }
        let Some(commitment) = &self.circuit.commitment else {
            let core = Core { known, ..self.core() };
            let proof = core.prove(&witness.values, Fr::rand(rng), Fr::rand(rng), &mut timings)?;
            return Ok((proof, timings));
        };
        let (complete, commitment) = self.commit(commitment, witness, challenge, rng, &mut timings)?;
        let core = Core { known, ..self.core() };
        let proof = core.prove(&complete.values, Fr::rand(rng), Fr::rand(rng), &mut timings)?;
        Ok((Proof { commitment: Some(commitment), ..proof }, timings))
    }

    /// D and its knowledge proof for a fresh mask, and the witness that its challenge completes.
    fn commit(
        &self,
        commitment: &Commitment,
        witness: &Witness,
        challenge: Challenge<'_>,
        rng: &mut (impl RngCore + CryptoRng),
        timings: &mut ProveTimings,
    ) -> Result<(Witness, CommitmentProof), ProveError> {
        let (g, sigma_g) = (self.key.g(), self.key.sigma_g());
        let key_hash = artifact::digest(&self.key.verifying_key().key_bytes());
        let digest = scalar(witness.digest());
        let mut attempts = 0;
        loop {
            attempts += 1;
            let mut clock = Clock::start();
            let mask = Fr::rand(rng);
            // The key's committed wires are the circuit's, and the witness has every wire of it.
            let value =
                |&wire: &u32| if wire == commitment.mask { mask } else { witness.values[wire as usize] };
            let scalars: Vec<Fr> = g.wires.iter().map(value).collect();
            let scalars = Prepared::read(&scalars[..]);
            let workspaces = Workspaces::new(self.backend);
            let d = scalars.msm_with(&workspaces, g.points).into_affine();
            let knowledge = scalars.msm_with(&workspaces, sigma_g.points).into_affine();
            let h = challenge(&key_hash, &d.bytes(), &digest);
            timings.commitment += clock.lap();
            let complete = self.circuit.complete(witness.clone(), mask, element(&h));
            timings.completion += clock.lap();
            match complete {
                // One challenge of 2^200; another mask gives another, unless the generator repeats itself.
                Err(SolveError::ChallengeInTable) if attempts < ATTEMPTS => {}
                complete => return Ok((complete?, CommitmentProof { d, knowledge })),
            }
        }
    }

    /// What proves once the witness is complete.
    pub(crate) fn core(&self) -> Core<'_> {
        let Prover { key, coefficients, domain, backend, .. } = self;
        let rows = Rows::new(&self.circuit.r1cs, coefficients);
        Core { points: Points::of(key), rows, domain, backend: *backend, known: None }
    }
}

/// The points that a proof is made of, wherever they lie.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Points<'a> {
    pub alpha_g1: G1Affine,
    pub beta_g1: G1Affine,
    pub delta_g1: G1Affine,
    pub beta_g2: G2Affine,
    pub delta_g2: G2Affine,
    pub a: Query<'a, G1Point>,
    pub b_g1: Query<'a, G1Point>,
    pub b_g2: Query<'a, G2Point>,
    pub l: Query<'a, G1Point>,
    pub h: &'a [G1Point],
}

impl<'a> Points<'a> {
    pub(crate) fn of(key: &'a ProvingKey) -> Points<'a> {
        let base = &key.verifying_key.points.base;
        Points {
            alpha_g1: base.alpha_g1,
            beta_g1: key.beta_g1,
            delta_g1: key.delta_g1,
            beta_g2: base.beta_g2,
            delta_g2: base.delta_g2,
            a: key.a(),
            b_g1: key.b_g1(),
            b_g2: key.b_g2(),
            l: key.l(),
            h: key.h(),
        }
    }
}

/// Everything after the witness is complete: the same for our keys and for a `.zkey`.
#[derive(Debug)]
pub(crate) struct Core<'a> {
    pub points: Points<'a>,
    pub rows: Rows<'a>,
    pub domain: &'a Domain,
    pub backend: Backend,
    /// Part of the sum A, if it is known.
    pub known: Option<Known<'a>>,
}

/// The part of the sum A that some wires have, which stand in A alone: it need not be computed again.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Known<'a> {
    /// The wires.
    pub wires: &'a [u32],
    /// Their sum.
    pub a: G1Affine,
}

impl Core<'_> {
    /// A, B and C for all wires and the blinding.
    pub(crate) fn prove(
        &self,
        wires: &[Fr],
        r: Fr,
        s: Fr,
        timings: &mut ProveTimings,
    ) -> Result<Proof, ProveError> {
        let expected = self.rows.num_wires();
        if wires.len() != expected {
            return Err(ProveError::WitnessLength { expected, found: wires.len() });
        }
        if wires.first() != Some(&Fr::from(1u64)) {
            return Err(ProveError::ConstantWire);
        }
        let (points, backend) = (&self.points, self.backend);
        let mut clock = Clock::start();
        let mut wires = Wires::new(backend, wires);
        let [a, b] = self.rows.evaluate(backend, &wires, self.domain.size())?;
        // From here on they are scalars. Zeros cost nothing.
        for known in self.known.iter().flat_map(|known| known.wires) {
            wires.integers[*known as usize] = [0; 4];
        }
        let wires = wires;
        timings.rows += clock.lap();
        let select =
            |wires_of: &'_ [u32]| Prepared::read(&Selected { values: &wires.integers[..], wires: wires_of });
        let g1 = Workspaces::new(backend);
        let over_domain = || -> Result<_, ProveError> {
            let mut clock = Clock::start();
            let quotient = self.domain.quotient(backend, a, b)?;
            let quotient_time = clock.lap();
            let sum_h = Prepared::read(&quotient[..]).msm_with(&g1, points.h);
            Ok((sum_h, quotient_time, clock.lap()))
        };
        let over_wires = || {
            let mut clock = Clock::start();
            let sum_a = select(points.a.wires).msm_with(&g1, points.a.points);
            let a_time = clock.lap();
            let sum_l = select(points.l.wires).msm_with(&g1, points.l.points);
            let l_time = clock.lap();
            let scalars_b = select(points.b_g1.wires);
            let sum_b = scalars_b.msm_with(&g1, points.b_g1.points);
            let b_g1_time = clock.lap();
            // The same wires in both groups, but in a `.zkey` nothing says so.
            let same = points.b_g1.wires == points.b_g2.wires;
            let scalars_b = if same { scalars_b } else { select(points.b_g2.wires) };
            let sum_b_g2 = scalars_b.msm(backend, points.b_g2.points);
            (sum_a, sum_l, sum_b, sum_b_g2, [a_time, l_time, b_g1_time, clock.lap()])
        };
        // Sums over a few thousand points do not fill the cores one by one: small circuits run both halves side by side.
        let (over_domain, over_wires) = if self.domain.size() <= SIDE_BY_SIDE {
            rayon::join(over_domain, over_wires)
        } else {
            (over_domain(), over_wires())
        };
        let (sum_h, quotient_time, h_time) = over_domain?;
        let (sum_a, sum_l, sum_b, sum_b_g2, [a_time, l_time, b_g1_time, b_g2_time]) = over_wires;
        timings.quotient += quotient_time;
        timings.h += h_time;
        timings.a += a_time;
        timings.l += l_time;
        timings.b_g1 += b_g1_time;
        timings.b_g2 += b_g2_time;

        let known = self.known.map_or_else(G1Affine::default, |known| known.a);
        let a = sum_a + known + points.alpha_g1 + points.delta_g1 * r;
        let b_g1 = sum_b + points.beta_g1 + points.delta_g1 * s;
        let b = sum_b_g2 + points.beta_g2 + points.delta_g2 * s;
        let c: G1Projective = sum_l + sum_h + a * s + b_g1 * r - points.delta_g1 * (r * s);
        Ok(Proof { a: a.into_affine(), b: b.into_affine(), c: c.into_affine(), commitment: None })
    }
}

/// Times phase after phase.
struct Clock(Instant);

impl Clock {
    fn start() -> Clock {
        Clock(Instant::now())
    }

    /// The time since the last lap.
    fn lap(&mut self) -> Duration {
        let now = Instant::now();
        now - std::mem::replace(&mut self.0, now)
    }
}

#[cfg(test)]
mod tests;

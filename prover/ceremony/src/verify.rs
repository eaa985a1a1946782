//! Whether a key is the one that a circuit, a first phase and the contributions of a transcript give: from nothing, without the
//! initial key, and without any transform of points.
//!
//! For random rho_j, unknown to whoever made the key, and coefficients c of the polynomial `sum rho_j A_j(X)`, which one transform in
//! the field gives from the circuit's rows:
//!
//! ```text
//! A      sum rho_j A_j = sum c_i [tau^i]_1                       B      likewise, in both groups
//! K(rho) = sum cA_i [beta tau^i] + cB_i [alpha tau^i] + cC_i [tau^i], the sum of the rho_j kappa_j
//! G, IC  sum rho_j G_j = K(rho)                                  L      e(sum rho_j L_j, delta) = e(K(rho), [1]_2)
//! H      e(sum rho_i H_i, delta) = e(sum_k e_k ([tau^k] - [tau^(k+N)]), [1]_2)       (see `initial::quotient_sum`)
//! sigma  e(sum rho_j sigma G_j, [1]_2) = e(sum rho_j G_j, sigma): what every reader of a key asks
//! ```
//!
//! Every coefficient has 128 bits, so a wrong point passes with a probability of 2^-128. alpha, beta and gamma are compared, delta and
//! sigma with the last record's, and the chain of records is checked from the beginning, where every secret is one.
//!
//! # Two questions
//!
//! *Is this state right?* Every section of it, with as many points as the circuit asks for, none for another wire: before the first
//! contribution, between two of them, after the beacon ([`crate::Ceremony::check`]). **Contributors ask this before they draw anything.**
//! Whoever multiplies points that are not the circuit's is an oracle: `IC_j` among the points of L comes back as `IC_j / delta`, from
//! which anything can be proven, and a generator among those of a sigma as sigma in G1. Nothing of that is seen in the final key.
//!
//! *Is this key the one of a finished ceremony?* ([`verify`].) A verifying key alone decides what can be forged **if** the contributors
//! asked the first question: so it is verified without the proving key, by the same checks of what it has.

use ark_bn254::{Bn254, Fr, G1Affine, G2Affine};
use ark_ec::{AffineRepr, CurveGroup, pairing::Pairing};
use ark_ff::{One, Zero};
use assay_circuits::Circuit;
use assay_engine::{Backend, G1Point, G2Point, Sum, msm};
use assay_groth16::{Observer, ProvingKey, SetupKind, Stage, VerifyingKey, parts::KeyParts};

use crate::{
    error::Error,
    ground::{Ground, named},
    initial::quotient_sum,
    parts::{Part, hash},
    phase1::{Identity, Phase1, Powers},
    random::Coefficients,
    transcript::{Author, Transcript},
};

/// What was verified.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verified {
    /// Digest of the circuit.
    pub circuit: [u8; 32],
    /// Hash of what the ceremony began from, which its coordinator published.
    pub beginning: [u8; 32],
    /// The transcript's hash: what a registration of the key names.
    pub transcript: [u8; 32],
    /// The first phase that it rests on, by its digest: whose it is, nothing here shows.
    pub phase1: Identity,
    /// Points of the domain.
    pub domain: u32,
    /// The contributions, in order, without the beacon's.
    pub contributors: Vec<Contributor>,
    /// The beacon's name and value. That the value is the named source's, people compare.
    pub beacon: Option<(String, Vec<u8>)>,
}

/// One contribution.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Contributor {
    /// What the contributor calls himself.
    pub name: String,
    /// The public key that he named; zeros for none.
    pub key: [u8; 32],
    /// The hash that he was shown.
    pub hash: [u8; 32],
}

/// Steps that progress counts.
const STEPS: u64 = 7;

/// Verifies a proving key and the verifying key in it. `expected` are hashes of contributions that must be among the transcript's.
///
/// # Errors
/// [`Error`] names the first check that fails.
pub fn verify(
    circuit: &Circuit,
    phase1: &Phase1<'_>,
    transcript: &Transcript,
    key: &ProvingKey,
    expected: &[[u8; 32]],
    observer: Observer<'_>,
) -> Result<Verified, Error> {
    let (ground, verified) = finished_ceremony(circuit, phase1, transcript, expected, observer)?;
    let check = Check::new(&ground, transcript, observer)?;
    check.verifying_key(key.verifying_key())?;
    if !ground.shape.is_of(key) {
        return Err(Error::OtherWires);
    }
    let parts = key.parts();
    check.queries(&parts)?;
    check.hashes(&parts)?;
    Ok(verified)
}

/// Verifies a verifying key alone: all that decides whether proofs under it can be forged, where the contributors had checked what
/// they contributed to.
///
/// # Errors
/// As [`verify`].
pub fn verify_verifying_key(
    circuit: &Circuit,
    phase1: &Phase1<'_>,
    transcript: &Transcript,
    key: &VerifyingKey,
    expected: &[[u8; 32]],
    observer: Observer<'_>,
) -> Result<Verified, Error> {
    let (ground, verified) = finished_ceremony(circuit, phase1, transcript, expected, observer)?;
    Check::new(&ground, transcript, observer)?.verifying_key(key)?;
    Ok(verified)
}

/// Whether a ceremony has ended: somebody contributed, and the beacon that was named has come.
///
/// # Errors
/// [`Error::NoContribution`] or [`Error::NoBeacon`], for one that is still open.
pub fn finished(transcript: &Transcript) -> Result<(), Error> {
    if transcript.contributions() == 0 {
        return Err(Error::NoContribution);
    }
    match &transcript.beginning.beacon {
        Some(name) if !transcript.is_closed() => Err(Error::NoBeacon(name.clone())),
        _ => Ok(()),
    }
}

/// Everything that is not about the key.
fn finished_ceremony<'a>(
    circuit: &'a Circuit,
    phase1: &Phase1<'_>,
    transcript: &Transcript,
    expected: &[[u8; 32]],
    observer: Observer<'_>,
) -> Result<(Ground<'a>, Verified), Error> {
    let (shape, domain) = named(circuit, phase1, transcript)?;
    transcript.check().map_err(|(number, error)| Error::Record { number, error })?;
    finished(transcript)?;
    let hashes = transcript.hashes();
    if let Some(missing) = expected.iter().find(|hash| !hashes[1..].contains(hash)) {
        return Err(Error::MissingContribution(*missing));
    }
    let ground = Ground::with(circuit, shape, domain, phase1, observer)?;
    let verified = facts(&ground, transcript);
    Ok((ground, verified))
}

/// What a transcript says, whose records hold, of a circuit and a first phase that are its own.
pub(crate) fn facts(ground: &Ground<'_>, transcript: &Transcript) -> Verified {
    let Transcript { beginning, records } = transcript;
    let hashes = transcript.hashes();
    let value = records.iter().find_map(|record| match &record.author {
        Author::Beacon { value } => Some(value.clone()),
        Author::Contributor { .. } => None,
    });
    let beacon = beginning.beacon.clone().zip(value);
    let contributors = records.iter().zip(&hashes[1..]).filter_map(|(record, hash)| match &record.author {
        Author::Contributor { name, key, .. } => {
            Some(Contributor { name: name.clone(), key: *key, hash: *hash })
        }
        Author::Beacon { .. } => None,
    });
    Verified {
        circuit: ground.shape.circuit,
        beginning: hashes[0],
        transcript: transcript.hash(),
        phase1: beginning.phase1.clone(),
        domain: beginning.domain,
        contributors: contributors.collect(),
        beacon,
    }
}

/// What the checks of a key share.
pub(crate) struct Check<'a> {
    ground: &'a Ground<'a>,
    transcript: &'a Transcript,
    backend: Backend,
    observer: Observer<'a>,
}

impl<'a> Check<'a> {
    pub(crate) fn new(
        ground: &'a Ground<'a>,
        transcript: &'a Transcript,
        observer: Observer<'a>,
    ) -> Result<Check<'a>, Error> {
        Ok(Check { ground, transcript, backend: Backend::detect()?, observer })
    }

    /// A verifying key: that it says what it is, and its points.
    fn verifying_key(&self, key: &VerifyingKey) -> Result<(), Error> {
        if key.setup_kind() != SetupKind::Ceremony {
            return Err(Error::Kind);
        }
        if key.circuit_digest() != self.ground.shape.circuit {
            let circuit = key.circuit_digest();
            return Err(Error::OtherCircuit { ceremony: self.ground.shape.circuit, circuit });
        }
        let (alpha, in_g2, sigma) = key.base();
        self.base(alpha, in_g2, sigma, &key.ic())
    }

    /// Every section of a state: base points, IC and queries, with as many points as the circuit asks for.
    pub(crate) fn state(&self, parts: &KeyParts<'_>) -> Result<(), Error> {
        let in_g2 = [parts.beta_g2, parts.gamma_g2, parts.delta_g2];
        self.base(parts.alpha_g1, in_g2, parts.sigma_gamma_negated, &parts.ic)?;
        self.queries(parts)
    }

    /// Base points, IC, delta and sigma.
    fn base(
        &self,
        alpha: G1Affine,
        [beta, gamma, delta]: [G2Affine; 3],
        sigma_negated: Option<G2Affine>,
        ic: &[G1Affine],
    ) -> Result<(), Error> {
        self.report(0)?;
        let powers = &self.ground.powers;
        let first = |points: &[G1Point]| points.first().map_or(G1Affine::zero(), |point| (*point).into());
        for (what, is_right) in [
            ("alpha", alpha == first(&powers.alpha)),
            ("beta", beta == powers.beta_g2),
            ("gamma", gamma == G2Affine::generator()),
        ] {
            if !is_right {
                return Err(Error::Base(what));
            }
        }
        let state = self.transcript.state();
        if delta != state.delta_g2 {
            return Err(Error::OtherState("delta"));
        }
        if sigma_negated.map(|sigma| -sigma) != state.sigmas.first().copied() {
            return Err(Error::OtherState("sigma"));
        }
        let wires: Vec<u32> = (0..self.ground.shape.instance as u32).collect();
        length("IC", ic.len(), wires.len())?;
        let ic: Vec<G1Point> = ic.iter().map(|point| G1Point::from(*point)).collect();
        let random = Coefficients::draw(wires.len())?;
        if random.sum(self.backend, &ic) != self.kappa(&wires, &random)? {
            return Err(Error::Section("IC"));
        }
        self.report(1)
    }

    /// The queries.
    fn queries(&self, parts: &KeyParts<'_>) -> Result<(), Error> {
        let Ground { shape, domain, powers, .. } = self.ground;
        let state = self.transcript.state();
        if parts.delta_g1 != state.delta_g1 {
            return Err(Error::OtherState("delta in G1"));
        }
        if powers.beta.first() != Some(&G1Point::from(parts.beta_g1)) {
            return Err(Error::Base("beta in G1"));
        }
        for (what, found, expected) in [
            ("A", parts.a.len(), shape.a.len()),
            ("B in G1", parts.b_g1.len(), shape.b.len()),
            ("B in G2", parts.b_g2.len(), shape.b.len()),
            ("L", parts.l.len(), shape.l.len()),
            ("H", parts.h.len(), domain.size()),
            ("the commitment", parts.g.len(), shape.committed.len()),
            ("the knowledge check", parts.sigma_g.len(), shape.committed.len()),
        ] {
            length(what, found, expected)?;
        }
        self.sums_of_a_and_b(parts)?;
        let (delta, one) = (state.delta_g2, G2Affine::generator());
        // e(left, delta) = e(right, [1]_2).
        let over_delta = |left: Sum<G1Point>, right: Sum<G1Point>| {
            Bn254::multi_pairing([left.into_affine(), -right.into_affine()], [delta, one]).0.is_one()
        };
        let random = Coefficients::draw(parts.l.len())?;
        let expected = self.kappa(&shape.l, &random)?;
        if !over_delta(random.sum(self.backend, parts.l), expected) {
            return Err(Error::Section("L"));
        }
        self.report(5)?;
        let random = Coefficients::draw(parts.h.len())?;
        let expected = quotient_sum(self.backend, domain, powers, random.elements().collect())?;
        if !over_delta(random.sum(self.backend, parts.h), expected) {
            return Err(Error::Section("H"));
        }
        self.report(6)?;
        let random = Coefficients::draw(parts.g.len())?;
        let sum = random.sum(self.backend, parts.g);
        if sum != self.kappa(&shape.committed, &random)? {
            return Err(Error::Section("the commitment"));
        }
        let with_sigma = random.sum(self.backend, parts.sigma_g).into_affine();
        if let Some(sigma) = state.sigmas.first()
            && !Bn254::multi_pairing([with_sigma, -sum.into_affine()], [one, *sigma]).0.is_one()
        {
            return Err(Error::Section("the knowledge check"));
        }
        self.report(STEPS)
    }

    fn sums_of_a_and_b(&self, parts: &KeyParts<'_>) -> Result<(), Error> {
        let Ground { shape, domain, powers, .. } = self.ground;
        let (tau_1, tau_2) = (&powers.tau_g1[..domain.size()], &powers.tau_g2[..]);
        let random = Coefficients::draw(shape.a.len())?;
        let [a, _, _] = self.rows(&shape.a, &random);
        let coefficients = domain.coefficients(a)?;
        if random.sum(self.backend, parts.a) != msm::msm::<G1Point>(self.backend, tau_1, &coefficients[..]) {
            return Err(Error::Section("A"));
        }
        self.report(2)?;
        let random = Coefficients::draw(shape.b.len())?;
        let [_, b, _] = self.rows(&shape.b, &random);
        let coefficients = msm::Prepared::read(&domain.coefficients(b)?[..]);
        if random.sum(self.backend, parts.b_g1) != coefficients.msm::<G1Point>(self.backend, tau_1) {
            return Err(Error::Section("B in G1"));
        }
        self.report(3)?;
        if random.sum(self.backend, parts.b_g2) != coefficients.msm::<G2Point>(self.backend, tau_2) {
            return Err(Error::Section("B in G2"));
        }
        self.report(4)
    }

    /// That the key is made of the parts that the transcript names.
    fn hashes(&self, parts: &KeyParts<'_>) -> Result<(), Error> {
        for (part, named) in self.transcript.parts() {
            let (what, found) = match part {
                Part::Base => continue, // compared point by point
                Part::A => ("A", hash(parts.a)),
                Part::BG1 => ("B in G1", hash(parts.b_g1)),
                Part::BG2 => ("B in G2", hash(parts.b_g2)),
                Part::G => ("the commitment", hash(parts.g)),
                Part::L => ("L", hash(parts.l)),
                Part::H => ("H", hash(parts.h)),
                Part::Sigma(_) => ("the knowledge check", hash(parts.sigma_g)),
            };
            if found != named {
                return Err(Error::OtherState(what));
            }
        }
        Ok(())
    }

    /// The rows' values of `sum rho_j A_j`, B and C over these wires.
    fn rows(&self, wires: &[u32], random: &Coefficients) -> [Vec<Fr>; 3] {
        let mut v = vec![Fr::zero(); self.ground.shape.wires];
        wires.iter().zip(random.elements()).for_each(|(wire, rho)| v[*wire as usize] = rho);
        self.ground.linear.rows(&v, self.ground.domain.size())
    }

    /// `K(rho)` over these wires.
    fn kappa(&self, wires: &[u32], random: &Coefficients) -> Result<Sum<G1Point>, Error> {
        let Powers { alpha, beta, tau_g1, .. } = &self.ground.powers;
        let mut sum = Sum::<G1Point>::zero();
        for (values, powers) in self.rows(wires, random).into_iter().zip([beta, alpha, tau_g1]) {
            let coefficients = self.ground.domain.coefficients(values)?;
            sum += msm::msm::<G1Point>(self.backend, powers, &coefficients[..]);
        }
        Ok(sum)
    }

    fn report(&self, step: u64) -> Result<(), Error> {
        Ok(self.observer.report(Stage::Validate, step, STEPS)?)
    }
}

/// Fails for a point too many, which would be one of no wire of the circuit's, or too few.
fn length(what: &'static str, found: usize, expected: usize) -> Result<(), Error> {
    if found == expected { Ok(()) } else { Err(Error::Length { what, found, expected }) }
}

//! snarkjs' proving keys: read, checked, proven and verified with.

use std::{collections::HashMap, fs, path::Path};

use ark_bn254::{Fq, Fr, G1Affine, G1Projective};
use ark_ec::CurveGroup;
use ark_ff::{UniformRand, Zero};
use ark_std::rand::{CryptoRng, RngCore};
use assay_circuits::R1cs;
use assay_engine::{Backend, Domain, G1Point, G2Point};
use assay_interface::groth16::{Form, PlainKey, check_key};

use super::{
    error::CircomError,
    matrices::matrices,
    points::{Part, PointStore},
    sections::{Reader, Sections},
};
use crate::{
    encoding::KeyReadError,
    file::{Counted, Trust, check_points, is_consistent},
    footprint::prove_memory,
    key::BasePoints,
    layout::Counts,
    memory,
    points::Point,
    progress::Observer,
    proof::{Proof, VerifyError, check_product},
    prove::{Core, Points, ProveError, ProveTimings},
    rows::{Check, Coefficients, Rows},
    store::Store,
    validated::ValidatedKeys,
};

/// A proving key of snarkjs.
#[derive(Debug)]
pub struct Zkey {
    base: BasePoints,
    /// One for the constant wire and one for each public input.
    ic: Vec<G1Affine>,
    beta_g1: G1Affine,
    delta_g1: G1Affine,
    /// A and B; no C.
    r1cs: R1cs,
    coefficients: Coefficients,
    domain: Domain,
    store: PointStore,
    a: Part,
    b_g1: Part,
    b_g2: Part,
    l: Part,
    h: Part,
}

impl Zkey {
    /// The key in a `.zkey` file; its points are checked unless `validated` has a note of this very file.
    pub fn open(path: &Path, validated: &ValidatedKeys) -> Result<Zkey, CircomError> {
        Zkey::open_observed(path, validated, Observer::none())
    }

    /// As [`Zkey::open`], with progress of the checks, and an end where `observer` asks for it.
    pub fn open_observed(
        path: &Path,
        validated: &ValidatedKeys,
        observer: Observer<'_>,
    ) -> Result<Zkey, CircomError> {
        let file = fs::File::open(path)?;
        let store = Store::map(&file)?;
        validated.once(&file, &store, |trust| Zkey::read(&store, trust, observer))
    }

    /// The key in the bytes of a `.zkey`, checked in full.
    pub fn from_bytes(bytes: &[u8]) -> Result<Zkey, CircomError> {
        Zkey::read(bytes, Trust::None, Observer::none())
    }

    fn read(bytes: &[u8], trust: Trust, observer: Observer<'_>) -> Result<Zkey, CircomError> {
        let sections = Sections::read(bytes, "zkey", 1)?;
        if sections.get(1)? != 1u32.to_le_bytes() {
            return Err(CircomError::Protocol);
        }
        let mut header = Reader { section: 2, rest: sections.get(2)? };
        header.modulus::<Fq>()?;
        header.modulus::<Fr>()?;
        let [wires, public, domain] = header.take::<[u32; 3]>()?;
        let counts = || CircomError::Counts { wires, public, domain };
        let instance = public.checked_add(1).ok_or_else(counts)?;
        let private = wires.checked_sub(instance).ok_or_else(counts)?;
        if !domain.is_power_of_two() {
            return Err(counts());
        }
        let [alpha_g1, beta_g1]: [G1Point; 2] = header.take()?;
        let [beta_g2, gamma_g2]: [G2Point; 2] = header.take()?;
        let (delta_g1, delta_g2): (G1Point, G2Point) = (header.take()?, header.take()?);
        header.finish()?;
        // Every count is held against the bytes of its section before anything of its size is made.
        let (g1, g2) = (size_of::<G1Point>(), size_of::<G2Point>());
        for (section, count, size) in [
            (3, instance, g1),
            (5, wires, g1),
            (6, wires, g1),
            (7, wires, g2),
            (8, private, g1),
            (9, domain, g1),
        ] {
            sections.expect(section, count, size)?;
        }
        let evaluation = Domain::with_size(domain as usize).map_err(|_| counts())?;
        // Matrices and points take about as long to read.
        let (r1cs, points) = rayon::join(
            || matrices(sections.get(4)?, wires, domain),
            || -> Result<_, CircomError> {
                let ic: Vec<G1Point> = sections.points(3, instance)?;
                let mut store = PointStore::for_sections(&sections)?;
                let a = store.query::<G1Point>(&sections, 5, 0..wires)?;
                let b = store.query::<G1Point>(&sections, 6, 0..wires)?;
                let b_g2 = store.query::<G2Point>(&sections, 7, 0..wires)?;
                let l = store.query::<G1Point>(&sections, 8, instance..wires)?;
                let h = store.take(sections.iter::<G1Point>(9, domain)?);
                Ok((ic, store, [a, b, b_g2, l], h))
            },
        );
        let (ic, store, [a, b_g1, b_g2, l], h) = points?;
        let h = Part { wires: Vec::new(), points: h };
        check_points("alpha, beta, delta in G1", &[alpha_g1, beta_g1, delta_g1])?;
        check_points("beta, gamma, delta in G2", &[beta_g2, gamma_g2, delta_g2])?;
        check_points("IC", &ic)?;
        if trust == Trust::None {
            let in_g1 = [("section 5", &a), ("section 6", &b_g1), ("section 8", &l), ("section 9", &h)]
                .map(|(what, part)| (what, store.query_of::<G1Point>(part).points));
            let in_g2 = store.query_of::<G2Point>(&b_g2).points;
            let total = in_g1.iter().map(|(_, points)| points.len()).sum::<usize>() + in_g2.len();
            let mut count = Counted::new(total, observer);
            in_g1.into_iter().try_for_each(|(what, points)| count.check(what, points))?;
            count.check("section 7", in_g2)?;
        }
        let base = BasePoints {
            alpha_g1: alpha_g1.into(),
            beta_g2: beta_g2.into(),
            gamma_g2: gamma_g2.into(),
            delta_g2: delta_g2.into(),
        };
        let ic: Vec<G1Affine> = ic.into_iter().map(Into::into).collect();
        check_foreign(&base, &ic)?;
        let r1cs = r1cs?;
        let coefficients = Coefficients::of(&r1cs, Check::Nothing);
        let (beta_g1, delta_g1) = (beta_g1.into(), delta_g1.into());
        if !is_consistent(beta_g1, delta_g1, &base) {
            return Err(KeyReadError::Inconsistent.into());
        }
        Ok(Zkey {
            base,
            ic,
            beta_g1,
            delta_g1,
            r1cs,
            coefficients,
            domain: evaluation,
            store,
            a,
            b_g1,
            b_g2,
            l,
            h,
        })
    }

    /// Public wires of a witness: those after the constant one. This is `public.json`.
    ///
    /// # Errors
    /// [`ProveError::WitnessLength`] for a witness of another circuit.
    pub fn public_inputs<'w>(&self, witness: &'w [Fr]) -> Result<&'w [Fr], ProveError> {
        let (expected, found) = (self.r1cs.num_wires(), witness.len());
        match witness.get(1..self.ic.len()) {
            Some(inputs) if expected == found => Ok(inputs),
            _ => Err(ProveError::WitnessLength { expected, found }),
        }
    }

    /// A proof for this witness, with the time of each phase. A witness that breaks a constraint gives a proof that does not
    /// verify: ask [`Zkey::verify`] before anything is done with it.
    pub fn prove(
        &self,
        witness: &[Fr],
        rng: &mut (impl RngCore + CryptoRng),
    ) -> Result<(Proof, ProveTimings), ProveError> {
        let counts = Counts {
            wires: self.r1cs.num_wires() as u32,
            domain: self.domain.size() as u32,
            a: self.a.wires.len() as u32,
            b: self.b_g1.wires.len() as u32,
            l: self.l.wires.len() as u32,
            committed: 0,
            weights: 0,
            instance: 2,
        };
        memory::require(prove_memory(&counts))?;
        let core = Core {
            points: Points {
                alpha_g1: self.base.alpha_g1,
                beta_g1: self.beta_g1,
                delta_g1: self.delta_g1,
                beta_g2: self.base.beta_g2,
                delta_g2: self.base.delta_g2,
                a: self.store.query_of(&self.a),
                b_g1: self.store.query_of(&self.b_g1),
                b_g2: self.store.query_of(&self.b_g2),
                l: self.store.query_of(&self.l),
                h: self.store.query_of(&self.h).points,
            },
            rows: Rows::new(&self.r1cs, &self.coefficients),
            domain: &self.domain,
            backend: Backend::detect()?,
            known: None,
        };
        let mut timings = ProveTimings::default();
        let proof = core.prove(witness, Fr::rand(rng), Fr::rand(rng), &mut timings)?;
        Ok((proof, timings))
    }

    /// Whether this is a proof of these public inputs under the key.
    pub fn verify(&self, proof: &Proof, inputs: &[Fr]) -> Result<(), VerifyError> {
        let (constant, factors) = self.ic.split_at(1);
        if proof.commitment.is_some() {
            return Err(VerifyError::Form { key: Form::Plain, proof: Form::Committed });
        }
        if factors.len() != inputs.len() {
            return Err(VerifyError::Invalid);
        }
        let public = constant.iter().fold(G1Projective::zero(), |sum, ic| sum + ic);
        let public = factors.iter().zip(inputs).fold(public, |sum, (ic, input)| sum + *ic * input);
        check_product(&self.base, proof, public)
    }
}

/// What registration asks of a key, asked of one with any number of public inputs: its points, and the first two of its IC
/// points, as a key of ours would have them, and then that no two of the IC points are equal or opposite.
///
/// A fresh `.zkey` before its first contribution has gamma = delta, and with it anyone can forge: it is refused here.
fn check_foreign(base: &BasePoints, ic: &[G1Affine]) -> Result<(), KeyReadError> {
    let constant = ic.first().ok_or(KeyReadError::Truncated { field: "IC" })?;
    // A circuit without public inputs has no second point. Twice the first is one that is independent of it.
    let factor = ic.get(1).copied().unwrap_or_else(|| (*constant + constant).into_affine());
    check_key(&PlainKey {
        alpha_g1: base.alpha_g1.bytes(),
        beta_g2: base.beta_g2.bytes(),
        gamma_g2: base.gamma_g2.bytes(),
        delta_g2: base.delta_g2.bytes(),
        ic: [constant.bytes(), factor.bytes()],
    })?;
    // Two points share their x exactly where they are equal or opposite.
    let mut first = HashMap::with_capacity(ic.len());
    for (right, point) in ic.iter().enumerate() {
        if let Some(left) = first.insert(point.x, right) {
            return Err(KeyReadError::InputPoints { left, right });
        }
    }
    Ok(())
}

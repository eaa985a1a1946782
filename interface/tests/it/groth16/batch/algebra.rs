//! The argument for the summed C and PoK, carried out: an algebraic prover, and the extractor of the module head.
//!
//! In the algebraic group model a prover's point is a combination of the points that it was given. Here these are Laurent
//! polynomials in alpha, beta, gamma, delta, tau and sigma, for a circuit of two rows:
//!
//! ```text
//! wires  1, x, h | m | s, q       public | committed | private
//! rows   s * s = x     (m + h) * 1 = q
//! ```
//!
//! `V` is spanned by the points of G1, so that the C of a single proof is any element of V, and a batch is accepted (but for
//! 2^-128) when `sum r_i E_i` is in `delta V` and `sum r_i sigma D_i` in `V`, with `E_i = A_i B_i - alpha beta - gamma (L_i + D_i)`.

use std::collections::BTreeMap;

use ark_bn254::Fr;
use ark_ff::{Field, One, UniformRand, Zero};
use assay_interface::{
    field::Scalar,
    groth16::{
        CommittedKey, CommittedProof, Form, PlainKey, PlainProof, Transcript,
        batch::{Batch, Layout, Whole, assemble, verify_batch},
        verify,
    },
    statement::Statement,
};
use rand_chacha::{ChaCha20Rng, rand_core::SeedableRng};

use super::{digest, statement};
use crate::groth16::{
    encoding::element,
    toy::{g1_of, g2_of},
};

/// Exponents of alpha, beta, gamma, delta, tau, sigma.
type Monomial = [i8; 6];

const ALPHA: Monomial = [1, 0, 0, 0, 0, 0];
const BETA: Monomial = [0, 1, 0, 0, 0, 0];
const GAMMA: Monomial = [0, 0, 1, 0, 0, 0];
const DELTA: Monomial = [0, 0, 0, 1, 0, 0];
const SIGMA: Monomial = [0, 0, 0, 0, 0, 1];

/// A Laurent polynomial: no coefficient is zero.
#[derive(Clone, Debug, Default, PartialEq)]
struct Poly(BTreeMap<Monomial, Fr>);

impl Poly {
    fn term(monomial: Monomial, coefficient: Fr) -> Poly {
        Poly::default().plus(&Poly([(monomial, coefficient)].into()), Fr::one())
    }

    /// A polynomial in tau.
    fn tau(coefficients: &[Fr]) -> Poly {
        let terms = coefficients.iter().zip(0..).map(|(c, power)| Poly::term([0, 0, 0, 0, power, 0], *c));
        terms.fold(Poly::default(), |sum, term| sum.plus(&term, Fr::one()))
    }

    fn plus(&self, other: &Poly, factor: Fr) -> Poly {
        let mut sum = self.0.clone();
        for (monomial, coefficient) in &other.0 {
            *sum.entry(*monomial).or_default() += factor * coefficient;
        }
        sum.retain(|_, coefficient| !coefficient.is_zero());
        Poly(sum)
    }

    fn times(&self, other: &Poly) -> Poly {
        let mut product = BTreeMap::<Monomial, Fr>::new();
        for (left, x) in &self.0 {
            for (right, y) in &other.0 {
                let monomial = std::array::from_fn(|index| left[index] + right[index]);
                *product.entry(monomial).or_default() += *x * y;
            }
        }
        product.retain(|_, coefficient| !coefficient.is_zero());
        Poly(product)
    }

    fn shifted(&self, by: Monomial) -> Poly {
        self.times(&Poly::term(by, Fr::one()))
    }

    fn at(&self, secrets: &[Fr; 6]) -> Fr {
        let power = |secret: &Fr, exponent: i8| match u64::try_from(exponent) {
            Ok(exponent) => secret.pow([exponent]),
            Err(_) => secret.inverse().unwrap().pow([u64::from(exponent.unsigned_abs())]),
        };
        let term = |(monomial, coefficient): (&Monomial, &Fr)| {
            secrets.iter().zip(monomial).fold(*coefficient, |value, (secret, e)| value * power(secret, *e))
        };
        self.0.iter().map(term).sum()
    }
}

fn inverse(monomial: Monomial) -> Monomial {
    monomial.map(|exponent| -exponent)
}

fn combination(points: &[Poly], coefficients: &[Fr]) -> Poly {
    points.iter().zip(coefficients).fold(Poly::default(), |sum, (point, c)| sum.plus(point, *c))
}

/// The coefficients of `target` in `basis`; `None` where it is not in the span.
fn solve(basis: &[Poly], target: &Poly) -> Option<Vec<Fr>> {
    // Rows: a basis element reduced by those before it, with what it is a combination of.
    let mut rows: Vec<(Monomial, Poly, Vec<Fr>)> = vec![];
    let reduce = |rows: &[(Monomial, Poly, Vec<Fr>)], mut poly: Poly, mut by: Vec<Fr>| {
        for (lead, row, combination) in rows {
            if let Some(coefficient) = poly.0.get(lead).copied() {
                let factor = -coefficient / row.0[lead];
                poly = poly.plus(row, factor);
                by.iter_mut().zip(combination).for_each(|(place, c)| *place += factor * c);
            }
        }
        (poly, by)
    };
    for (index, element) in basis.iter().enumerate() {
        let mut unit = vec![Fr::zero(); basis.len()];
        unit[index] = Fr::one();
        let (poly, by) = reduce(&rows, element.clone(), unit);
        if let Some(lead) = poly.0.keys().next().copied() {
            rows.push((lead, poly, by));
        }
    }
    let (rest, by) = reduce(&rows, target.clone(), vec![Fr::zero(); basis.len()]);
    rest.0.is_empty().then(|| by.iter().map(|coefficient| -*coefficient).collect())
}

const ONE: usize = 0;
const X: usize = 1;
const H: usize = 2;
const M: usize = 3;
const S: usize = 4;
const Q: usize = 5;

/// The setup: what everybody is given, as polynomials, and the secrets, which the extractor never looks at.
struct Setup {
    form: Form,
    secrets: [Fr; 6],
    a: [Poly; 6],
    b: [Poly; 6],
    c: [Poly; 6],
    /// The points of G1.
    v: Vec<Poly>,
}

/// An algebraic prover's proof of a digest, without C and PoK. B is known by its polynomial too: it is a combination in G2.
#[derive(Clone)]
struct Claim {
    a: Poly,
    b: Poly,
    d: Poly,
    statement: Statement,
}

impl Setup {
    fn new(form: Form) -> Setup {
        let mut rng = ChaCha20Rng::seed_from_u64(8);
        let half = Fr::from(2u64).inverse().unwrap();
        // Lagrange polynomials over {1, -1}: (1 + tau) / 2, (1 - tau) / 2.
        let rows = [Poly::tau(&[half, half]), Poly::tau(&[half, -half])];
        let column = |wires: [&[usize]; 2]| -> [Poly; 6] {
            std::array::from_fn(|wire| {
                let used = wires.iter().zip(&rows).filter(|(wires, _)| wires.contains(&wire));
                used.fold(Poly::default(), |sum, (_, row)| sum.plus(row, Fr::one()))
            })
        };
        let (a, b, c) = (column([&[S], &[M, H]]), column([&[S], &[ONE]]), column([&[X], &[Q]]));
        let mut setup =
            Setup { form, secrets: std::array::from_fn(|_| Fr::rand(&mut rng)), a, b, c, v: vec![] };
        let mut v =
            vec![Poly::term(ALPHA, Fr::one()), Poly::term(BETA, Fr::one()), Poly::term(DELTA, Fr::one())];
        v.extend((0..3).map(|power| Poly::term([0, 0, 0, 0, power, 0], Fr::one())));
        v.extend([ONE, X, H].map(|wire| setup.ic(wire)));
        v.extend([S, Q].map(|wire| setup.kappa(wire).shifted(inverse(DELTA))));
        v.push(Setup::vanishing().shifted(inverse(DELTA)));
        match form {
            Form::Plain => v.push(setup.kappa(M).shifted(inverse(DELTA))), // a private wire like the others
            Form::Committed => v.extend([setup.ic(M), setup.ic(M).shifted(SIGMA)]),
        }
        setup.v = v;
        setup
    }

    fn kappa(&self, wire: usize) -> Poly {
        self.a[wire]
            .shifted(BETA)
            .plus(&self.b[wire].shifted(ALPHA), Fr::one())
            .plus(&self.c[wire], Fr::one())
    }

    fn ic(&self, wire: usize) -> Poly {
        self.kappa(wire).shifted(inverse(GAMMA))
    }

    /// t = tau^2 - 1.
    fn vanishing() -> Poly {
        Poly::tau(&[-Fr::one(), Fr::zero(), Fr::one()])
    }

    fn g1(&self, point: &Poly) -> [u8; 64] {
        g1_of(point.at(&self.secrets))
    }

    fn key(&self) -> CommittedKey {
        let [alpha, beta, gamma, delta, _, sigma] = self.secrets;
        CommittedKey {
            plain: PlainKey {
                alpha_g1: g1_of(alpha),
                beta_g2: g2_of(beta),
                gamma_g2: g2_of(gamma),
                delta_g2: g2_of(delta),
                ic: [self.g1(&self.ic(ONE)), self.g1(&self.ic(X))],
            },
            ic_challenge: self.g1(&self.ic(H)),
            sigma_gamma_negated: g2_of(-sigma * gamma),
        }
    }

    /// h: of the commitment in the committed form; in the plain one the wire is not there.
    fn challenge(&self, d: &Poly, statement: &Statement) -> Fr {
        let hash =
            Transcript::Assay.challenge(&self.key().key_hash(), &self.g1(d), &statement.digest().unwrap());
        match self.form {
            Form::Plain => Fr::zero(),
            Form::Committed => element(&hash),
        }
    }

    /// The honest prover's A, B and D for a root of the digest; a non-residue gets the next context.
    fn prove(&self, seed: u64) -> Claim {
        let mut rng = ChaCha20Rng::seed_from_u64(seed);
        let mut statement = statement(seed as usize);
        let root = loop {
            match digest(&statement).sqrt() {
                Some(root) => break root,
                None => statement.context[0] = statement.context[0].wrapping_add(17),
            }
        };
        let mut wires = [Fr::zero(); 6];
        (wires[ONE], wires[X], wires[S], wires[M]) =
            (Fr::one(), digest(&statement), root, Fr::rand(&mut rng));
        let d = match self.form {
            Form::Plain => Poly::default(),
            Form::Committed => combination(&[self.ic(M)], &[wires[M]]),
        };
        wires[H] = self.challenge(&d, &statement);
        wires[Q] = wires[M] + wires[H];
        let (r, s) = (Fr::rand(&mut rng), Fr::rand(&mut rng));
        let blinded = |column: &[Poly; 6], base: Monomial, mask: Fr| {
            combination(column, &wires)
                .plus(&Poly::term(base, Fr::one()), Fr::one())
                .plus(&Poly::term(DELTA, mask), Fr::one())
        };
        let (a, b) = (blinded(&self.a, ALPHA, r), blinded(&self.b, BETA, s));
        Claim { a, b, d, statement }
    }

    /// E: what A, B and D leave of the equation for `delta C`.
    fn rest(&self, claim: &Claim) -> Poly {
        let x = digest(&claim.statement);
        let h = self.challenge(&claim.d, &claim.statement);
        let inputs = combination(
            &[self.ic(ONE), self.ic(X), self.ic(H), claim.d.clone()],
            &[Fr::one(), x, h, Fr::one()],
        );
        claim
            .a
            .times(&claim.b)
            .plus(&Poly::term([1, 1, 0, 0, 0, 0], Fr::one()), -Fr::one())
            .plus(&inputs.shifted(GAMMA), -Fr::one())
    }

    /// An element of V that is `rest / delta`: the C that completes a proof, or a sum of them.
    fn completing(&self, rest: &Poly) -> Option<Poly> {
        let c = rest.shifted(inverse(DELTA));
        solve(&self.v, &c).map(|coefficients| combination(&self.v, &coefficients))
    }

    /// An element of V that is `sigma d`: the PoK.
    fn knowledge(&self, d: &Poly) -> Option<Poly> {
        let knowledge = d.shifted(SIGMA);
        solve(&self.v, &knowledge).map(|coefficients| combination(&self.v, &coefficients))
    }

    /// Whether an algebraic prover has a C and a K for the whole batch under these coefficients.
    fn has_sums(&self, claims: &[Claim], coefficients: &[Fr]) -> bool {
        let rests: Vec<Poly> = claims.iter().map(|claim| self.rest(claim)).collect();
        let commitments: Vec<Poly> = claims.iter().map(|claim| claim.d.clone()).collect();
        self.completing(&combination(&rests, coefficients)).is_some()
            && self.knowledge(&combination(&commitments, coefficients)).is_some()
    }

    /// A whole proof of these points.
    fn encode(&self, claim: &Claim, c: &Poly, knowledge: &Poly) -> assay_interface::groth16::Proof {
        let b = g2_of(claim.b.at(&self.secrets));
        let plain = PlainProof { a_negated: g1_of(-claim.a.at(&self.secrets)), b, c: self.g1(c) };
        match self.form {
            Form::Plain => plain.into(),
            Form::Committed => {
                let (commitment, knowledge) = (self.g1(&claim.d), self.g1(knowledge));
                CommittedProof { plain, commitment, knowledge }.into()
            }
        }
    }

    fn forms() -> [Setup; 2] {
        [Setup::new(Form::Plain), Setup::new(Form::Committed)]
    }
}

fn random(count: usize, seed: u64) -> Vec<Fr> {
    let mut rng = ChaCha20Rng::seed_from_u64(seed);
    let mut all: Vec<Fr> = (0..count).map(|_| Fr::rand(&mut rng)).collect();
    all[0] = Fr::one() - all[1..].iter().sum::<Fr>();
    all
}

/// The extractor: from a batch whose single C and PoK nobody kept, each proof's own, by linear algebra on what the prover
/// combined its points of. Every one verifies alone.
#[test]
fn each_proof_of_a_batch_is_completed_by_the_extractor() {
    for setup in Setup::forms() {
        let key = match setup.form {
            Form::Plain => setup.key().plain.into(),
            Form::Committed => assay_interface::groth16::VerifyingKey::from(setup.key()),
        };
        let claims: Vec<Claim> = (0..3).map(|seed| setup.prove(seed)).collect();
        let proofs: Vec<_> = claims
            .iter()
            .map(|claim| {
                let c = setup.completing(&setup.rest(claim)).expect("the rest is in delta V");
                let knowledge = setup.knowledge(&claim.d).expect("sigma D is in V");
                setup.encode(claim, &c, &knowledge)
            })
            .collect();
        for (proof, claim) in proofs.iter().zip(&claims) {
            assert_eq!(verify(&key, proof, &claim.statement.digest().unwrap()), Ok(()));
        }
        let whole: Vec<Whole<'_>> = proofs
            .iter()
            .zip(&claims)
            .map(|(proof, claim)| Whole { proof: proof.as_ref(), statement: &claim.statement })
            .collect();
        let bytes = assemble(&key, &whole).unwrap();
        let layout = Layout { form: setup.form, limbs: claims[0].statement.limbs.len() };
        let batch = Batch::read(&bytes, layout).unwrap();
        let digests = batch.digests(&Scalar::from(7_u64)).unwrap();
        assert_eq!(verify_batch(&key, &batch, &digests), Ok(()));
        assert!(setup.has_sums(&claims, &random(3, 1)));
    }
}

/// C may hold anything that a single proof's C may hold, multiples of delta among it: those defects are none.
#[test]
fn what_a_single_c_may_hold_is_no_defect() {
    for setup in Setup::forms() {
        let honest = setup.prove(1);
        for point in setup.v.clone() {
            // B moved by delta t moves the rest by delta A t; A moved by delta V' does as well.
            let moved =
                Claim { b: honest.b.plus(&Poly::term(DELTA, Fr::from(5u64)), Fr::one()), ..honest.clone() };
            assert!(setup.completing(&setup.rest(&moved)).is_some());
            let rest = setup.rest(&honest).plus(&point.shifted(DELTA), Fr::from(3u64));
            assert!(setup.completing(&rest).is_some());
        }
    }
}

/// Defects that an algebraic prover can make and no C makes up for.
fn defects(setup: &Setup, honest: &Claim) -> Vec<Claim> {
    let mut bad = vec![];
    // A or B moved by each point that is given in its group.
    for point in &setup.v {
        bad.push(Claim { a: honest.a.plus(point, Fr::from(3u64)), ..honest.clone() });
    }
    for monomial in [BETA, GAMMA, [0, 0, 0, 0, 1, 0]] {
        bad.push(Claim { b: honest.b.plus(&Poly::term(monomial, Fr::one()), Fr::one()), ..honest.clone() });
    }
    let mut other = honest.clone();
    other.statement.context[9] ^= 1;
    bad.push(other);
    if setup.form == Form::Committed {
        for point in &setup.v {
            bad.push(Claim { d: honest.d.plus(point, Fr::from(3u64)), ..honest.clone() });
        }
    }
    let is_bad =
        |claim: &Claim| setup.completing(&setup.rest(claim)).is_none() || setup.knowledge(&claim.d).is_none();
    bad.into_iter().filter(is_bad).collect()
}

#[test]
fn one_defect_leaves_no_sum_for_random_coefficients() {
    for setup in Setup::forms() {
        let [first, second, third] = [1, 2, 3].map(|seed| setup.prove(seed));
        let bad = defects(&setup, &second);
        assert!(bad.len() > 12, "{}", bad.len());
        for (seed, claim) in (0..).zip(&bad) {
            let claims = [first.clone(), claim.clone(), third.clone()];
            assert!(!setup.has_sums(&claims, &random(3, seed)));
            // Exactly the coefficient zero hides it.
            let hiding = [Fr::from(4u64), Fr::zero(), -Fr::from(3u64)];
            assert!(setup.has_sums(&claims, &hiding));
        }
    }
}

/// Two defects X and -X cancel under equal coefficients and under no others; the same X twice never does, as the
/// coefficients sum to 1.
#[test]
fn defects_cancel_for_one_ratio_of_coefficients_only() {
    let half = Fr::from(2u64).inverse().unwrap();
    for setup in Setup::forms() {
        // The same proof twice, so that A moved by x and by -x leaves opposite defects.
        let honest = setup.prove(1);
        for point in &setup.v {
            let moved = |by: Fr| Claim { a: honest.a.plus(point, by), ..honest.clone() };
            if setup.completing(&setup.rest(&moved(Fr::one()))).is_some() {
                continue;
            }
            let opposite = [moved(Fr::one()), moved(-Fr::one())];
            assert!(setup.has_sums(&opposite, &[half, half]));
            for seed in 0..4 {
                assert!(!setup.has_sums(&opposite, &random(2, seed)));
                assert!(!setup.has_sums(&[moved(Fr::one()), moved(Fr::one())], &random(2, seed)));
            }
            // Under coefficients that sum to zero it would vanish.
            assert!(setup.has_sums(&[moved(Fr::one()), moved(Fr::one())], &[Fr::one(), -Fr::one()]));
        }
    }
}

/// Digests exchanged by way of D: IC_1 is in V, sigma IC_1 is not.
#[test]
fn commitments_hold_no_public_wire() {
    let setup = Setup::new(Form::Committed);
    let [first, second] = [1, 2].map(|seed| setup.prove(seed));
    let with = |claim: &Claim, factor: Fr| Claim { d: claim.d.plus(&setup.ic(X), factor), ..claim.clone() };
    let exchanged = [with(&first, Fr::from(5u64)), with(&second, -Fr::from(5u64))];
    assert!(exchanged.iter().all(|claim| setup.knowledge(&claim.d).is_none()));
    let half = Fr::from(2u64).inverse().unwrap();
    let sum = combination(&exchanged.clone().map(|claim| claim.d), &[half, half]);
    assert!(setup.knowledge(&sum).is_some(), "their plain sum is a commitment");
    for seed in 0..4 {
        let sum = combination(&exchanged.clone().map(|claim| claim.d), &random(2, seed));
        assert!(setup.knowledge(&sum).is_none());
    }
}

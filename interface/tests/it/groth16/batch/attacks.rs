//! Attacks on what a batch leaves out: the single C and PoK.
//!
//! The equation is evaluated in the exponent, so that each attack is shown to work against a weaker protocol (predictable
//! coefficients, no fold) before the real one refuses it.

use ark_bn254::Fr;
use ark_ff::{Field, One, PrimeField, UniformRand, Zero};
use assay_interface::{
    field::Scalar,
    groth16::{Form, Transcript, batch::BatchError},
    sha256,
};
use rand_chacha::{ChaCha20Rng, rand_core::SeedableRng};

use super::{Case, digest, statement};
use crate::groth16::{
    encoding::element,
    toy::{Exponents, g1_of},
};

/// The transcript, written down a second time.
struct Challenges {
    seed: [u8; 32],
    coefficients: Vec<Fr>,
}

impl Challenges {
    fn of(case: &Case, bytes: &[u8]) -> Challenges {
        let count = case.statements.len();
        let (sums, points) = if case.form == Form::Plain { (64, 192) } else { (128, 256) };
        let mut bound = b"assay:batch:v1\0".to_vec();
        bound.extend(case.key().key_hash());
        bound.extend((count as u16).to_be_bytes());
        let members = bytes[1 + sums..].chunks_exact(case.layout().member_len());
        for (member, digest) in members.zip(case.digests()) {
            bound.extend(&member[..points]);
            bound.extend(digest.to_be_bytes());
        }
        let seed = sha256(&[&bound]);
        let mut rest = vec![];
        for block in 0..count.div_ceil(2) as u8 {
            let hash = sha256(&[b"assay:batch:r:v1\0", &seed, &[block]]);
            rest.extend(hash.chunks_exact(16).map(Fr::from_be_bytes_mod_order));
        }
        rest.truncate(count - 1);
        let first = Fr::one() - rest.iter().sum::<Fr>();
        Challenges { seed, coefficients: [vec![first], rest].concat() }
    }

    fn fold_factor(&self, c: Fr, knowledge: Fr) -> Fr {
        let hash = sha256(&[b"assay:batch:fold:v1\0", &self.seed, &g1_of(c), &g1_of(knowledge)]);
        Fr::from_be_bytes_mod_order(&hash[..16])
    }
}

impl Case {
    fn challenges(&self) -> Challenges {
        Challenges::of(self, &self.assemble())
    }

    /// What is left of proof i's own equation without C: `A B - alpha beta - gamma (L + D)`.
    fn rest(&self, index: usize) -> Fr {
        let (toy, proof) = (&self.toy, self.exponents[index]);
        let x = digest(&self.statements[index]);
        let mut inputs = toy.ic(0) + x * toy.ic(1);
        if self.form == Form::Committed {
            let hash = Transcript::Assay.challenge(
                &self.key().key_hash(),
                &g1_of(proof.d),
                &self.statements[index].digest().unwrap(),
            );
            inputs += element(&hash) * toy.ic(2) + proof.d;
        }
        proof.a * proof.b - toy.alpha * toy.beta - toy.gamma * inputs
    }

    /// What the product of pairings leaves over, in the exponent, for these coefficients, sums and fold factor.
    fn residue(&self, coefficients: &[Fr], [c, knowledge, factor]: [Fr; 3]) -> Fr {
        let toy = &self.toy;
        let rest: Fr = coefficients.iter().enumerate().map(|(index, r)| *r * self.rest(index)).sum();
        let main = rest - toy.delta * c;
        match self.form {
            Form::Plain => main,
            Form::Committed => {
                let d: Fr = coefficients.iter().zip(&self.exponents).map(|(r, proof)| *r * proof.d).sum();
                main - factor * toy.gamma * (knowledge - toy.sigma * d)
            }
        }
    }

    /// The sums of the proofs' own C and PoK.
    fn sums(&self, coefficients: &[Fr]) -> [Fr; 2] {
        let sum = |part: fn(&Exponents) -> Fr| {
            coefficients.iter().zip(&self.exponents).map(|(r, proof)| *r * part(proof)).sum()
        };
        [sum(|proof| proof.c), sum(|proof| proof.knowledge)]
    }

    /// The verdict with sums of the attacker's.
    fn verdict_with(&self, [c, knowledge]: [Fr; 2]) -> Result<(), BatchError> {
        let mut bytes = self.assemble();
        bytes[1..65].copy_from_slice(&g1_of(c));
        if self.form == Form::Committed {
            bytes[65..129].copy_from_slice(&g1_of(knowledge));
        }
        self.verdict(&bytes)
    }
}

/// The formulas of the module head, in the exponent, on honest batches: what every test below stands on.
#[test]
fn the_equation_is_the_one_that_is_verified() {
    for count in 1..=6 {
        for case in Case::of_each_form(count) {
            let challenges = case.challenges();
            let [c, knowledge] = case.sums(&challenges.coefficients);
            let bytes = case.assemble();
            assert_eq!(bytes[1..65], g1_of(c), "the sum of the C");
            let factor = challenges.fold_factor(c, knowledge);
            assert_eq!(case.residue(&challenges.coefficients, [c, knowledge, factor]), Fr::zero());
            assert_eq!(challenges.coefficients.iter().sum::<Fr>(), Fr::one());
        }
    }
}

/// Defects that cancel under equal coefficients, and under those of another transcript: none of the real one's.
#[test]
fn defects_do_not_cancel() {
    for honest in Case::of_each_form(2) {
        let defect = Fr::from(77u64);
        let mut equal = honest.clone();
        equal.exponents[0].c += defect;
        equal.exponents[1].c -= defect;
        let halves = [Fr::from(2u64).inverse().unwrap(); 2];
        let [c, knowledge] = equal.sums(&halves);
        assert_eq!(equal.residue(&halves, [c, knowledge, Fr::one()]), Fr::zero(), "a plain mean accepts it");
        assert_eq!(equal.assembled_verdict(), Err(BatchError::Invalid));

        // Defects of A, for the coefficients that the honest proofs got: they are others once A has changed.
        let [r_1, r_2] = honest.challenges().coefficients[..] else { panic!("two coefficients") };
        let mut stale = honest.clone();
        stale.exponents[0].a += r_2 * defect / honest.exponents[0].b;
        stale.exponents[1].a -= r_1 * defect / honest.exponents[1].b;
        let [c, knowledge] = honest.sums(&[r_1, r_2]);
        assert_eq!(stale.residue(&[r_1, r_2], [c, knowledge, Fr::one()]), Fr::zero());
        assert_ne!(stale.challenges().coefficients, [r_1, r_2]);
        assert_eq!(stale.verdict_with([c, knowledge]), Err(BatchError::Invalid));
        assert_eq!(stale.assembled_verdict(), Err(BatchError::Invalid));
    }
}

/// The same defect in every proof: the coefficients sum to 1, so it does not vanish.
#[test]
fn equal_defects_do_not_vanish() {
    for mut case in Case::of_each_form(3) {
        for proof in &mut case.exponents {
            proof.c += Fr::from(5u64);
        }
        assert_eq!(case.alone(), [false; 3]);
        assert_eq!(case.assembled_verdict(), Err(BatchError::Invalid));
    }
}

/// Coefficients of zero leave a proof out: they must not be predictable, and are hit once in 2^128.
#[test]
fn a_proof_with_coefficient_zero_would_not_be_seen() {
    for honest in Case::of_each_form(3) {
        for left_out in 0..3 {
            let mut coefficients = [2u64, 3, 5].map(Fr::from);
            coefficients[left_out] = Fr::zero();
            let others: Fr = coefficients.iter().sum();
            coefficients[(left_out + 1) % 3] += Fr::one() - others; // they sum to 1
            let mut case = honest.clone();
            let proof = &mut case.exponents[left_out];
            *proof = Exponents { a: Fr::one(), b: Fr::one(), c: Fr::one(), ..*proof };
            let [c, knowledge] = case.sums(&coefficients);
            assert_eq!(case.residue(&coefficients, [c, knowledge, Fr::one()]), Fr::zero());
            assert_eq!(case.assembled_verdict(), Err(BatchError::Invalid));
            assert!(case.challenges().coefficients.iter().all(|r| !r.is_zero()));
        }
    }
}

/// K takes up what a wrong digest leaves over, where the two equations are added without rho, or with the rho of another K.
#[test]
fn knowledge_does_not_make_up_for_a_defect() {
    let mut case = Case::honest(Form::Committed, 3);
    case.statements[1].context[0] ^= 1; // proof 1 is of another statement
    let challenges = case.challenges();
    let [c, knowledge] = case.sums(&challenges.coefficients);
    for factor in [Fr::one(), challenges.fold_factor(c, knowledge)] {
        let left = case.residue(&challenges.coefficients, [c, knowledge, factor]);
        assert!(!left.is_zero());
        let compensating = knowledge + left / (factor * case.toy.gamma);
        let solved = case.residue(&challenges.coefficients, [c, compensating, factor]);
        assert_eq!(solved, Fr::zero(), "solves the equation for the factor that it was made for");
        assert_ne!(challenges.fold_factor(c, compensating), factor);
        assert_eq!(case.verdict_with([c, compensating]), Err(BatchError::Invalid));
    }
}

/// Multiples of IC_1 in the D, which turn proofs of one digest into proofs of another and cancel in their plain sum.
#[test]
fn commitments_do_not_hold_the_digests_of_each_other() {
    let honest = Case::honest(Form::Committed, 2);
    let (x, y) = (digest(&honest.statements[0]), digest(&honest.statements[1]));
    let toy = honest.toy.clone();
    let mut case = honest;
    // Each proof claims the other's digest; its D makes up for the difference, its PoK is that of the honest part.
    case.exponents =
        vec![toy.prove_claim(y, x, Transcript::Assay, 1), toy.prove_claim(x, y, Transcript::Assay, 2)];
    let halves = [Fr::from(2u64).inverse().unwrap(); 2];
    let [c, knowledge] = case.sums(&halves);
    let seen = case.residue(&halves, [c, knowledge, Fr::from(9u64)]);
    assert_eq!(
        seen,
        Fr::zero(),
        "with equal coefficients sigma times the sum of the D is the sum of the PoK"
    );
    assert_eq!(case.alone(), [false; 2]);
    assert_eq!(case.assembled_verdict(), Err(BatchError::Invalid));
    // Who knows sigma forges, as ever.
    for proof in &mut case.exponents {
        proof.knowledge = toy.sigma * proof.d;
    }
    assert_eq!(case.assembled_verdict(), Ok(()));
}

#[test]
fn points_in_each_others_place_are_refused() {
    let honest = Case::honest(Form::Committed, 2);
    let swaps: [fn(&mut Vec<Exponents>); 5] = [
        |proofs| proofs.iter_mut().for_each(|proof| std::mem::swap(&mut proof.d, &mut proof.knowledge)),
        |proofs| {
            let d = proofs[0].d;
            proofs[0].d = proofs[1].d;
            proofs[1].d = d;
        },
        |proofs| proofs[0].knowledge = proofs[1].knowledge,
        |proofs| proofs.iter_mut().for_each(|proof| std::mem::swap(&mut proof.c, &mut proof.d)),
        |proofs| {
            let a = proofs[0].a;
            proofs[0].a = proofs[1].a;
            proofs[1].a = a;
        },
    ];
    for swap in swaps {
        let mut case = honest.clone();
        swap(&mut case.exponents);
        assert_eq!(case.assembled_verdict(), Err(BatchError::Invalid));
    }
    let challenges = honest.challenges();
    let [c, knowledge] = honest.sums(&challenges.coefficients);
    assert_eq!(honest.verdict_with([knowledge, c]), Err(BatchError::Invalid));
    assert_eq!(honest.verdict_with([-c, knowledge]), Err(BatchError::Invalid));
    assert_eq!(honest.verdict_with([c, -knowledge]), Err(BatchError::Invalid));
}

/// Which statements are proven does not depend on how often or in which order they stand; the bytes do.
#[test]
fn repeated_and_reordered_proofs() {
    for case in Case::of_each_form(3) {
        let mut twice = case.clone();
        twice.statements[1] = statement(0);
        twice.exponents[1] = twice.exponents[0];
        assert_eq!(twice.assembled_verdict(), Ok(()));
        let challenges = twice.challenges();
        assert_ne!(challenges.coefficients[0], challenges.coefficients[1]);

        let mut reordered = case.clone();
        reordered.statements.swap(0, 2);
        reordered.exponents.swap(0, 2);
        assert_eq!(reordered.assembled_verdict(), Ok(()));
        let stale = case.sums(&case.challenges().coefficients);
        assert_eq!(reordered.verdict_with(stale), Err(BatchError::Invalid));
    }
}

/// Proofs are malleable, batches too, for who has each C: the statements stay. Who has only the sums cannot go on from them.
#[test]
fn malleated_proofs_need_their_own_sum() {
    let mut rng = ChaCha20Rng::seed_from_u64(5);
    for case in Case::of_each_form(3) {
        let seen = case.sums(&case.challenges().coefficients);
        let (x, t) = (Fr::rand(&mut rng), Fr::rand(&mut rng));
        let changes: [&dyn Fn(&mut Exponents); 2] = [
            &|proof| {
                proof.a *= x;
                proof.b /= x;
            },
            &|proof| {
                proof.b += t * case.toy.delta;
                proof.c += t * proof.a;
            },
        ];
        for change in changes {
            let mut malleated = case.clone();
            change(&mut malleated.exponents[1]);
            assert_eq!(malleated.alone(), [true; 3]);
            assert_eq!(malleated.verdict_with(seen), Err(BatchError::Invalid));
            assert_eq!(malleated.assembled_verdict(), Ok(()));
        }
    }
}

/// Every byte that the seed binds changes every coefficient; the sums change none.
#[test]
fn the_seed_binds_proofs_and_digests_and_not_the_sums() {
    for case in Case::of_each_form(3) {
        let bytes = case.assemble();
        let honest = Challenges::of(&case, &bytes).coefficients;
        let (sums, points) = if case.form == Form::Plain { (64, 192) } else { (128, 256) };
        let other = |at: usize| {
            let mut bytes = bytes.clone();
            bytes[at] ^= 1;
            Challenges::of(&case, &bytes).coefficients
        };
        assert!((1..1 + sums).all(|at| other(at) == honest));
        let start = 1 + sums + case.layout().member_len();
        assert!((start..start + points).all(|at| other(at).iter().zip(&honest).all(|(a, b)| a != b)));
        let mut moved = case.clone();
        moved.statements[2].limbs[1] = Scalar::from(1_u64);
        assert!(moved.challenges().coefficients.iter().zip(&honest).all(|(a, b)| a != b));
    }
}

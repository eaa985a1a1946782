//! Batches: what is accepted, each fault's own error, attacks on the summed C and PoK, and the algebra of the argument.

mod algebra;
mod attacks;
mod faults;

use ark_bn254::Fr;
use ark_ff::UniformRand;
use assay_interface::{
    field::Scalar,
    groth16::{
        Form, PlainProof, Proof, Transcript, VerifyingKey,
        batch::{Batch, BatchError, Layout, Whole, assemble, verify_batch},
        verify,
    },
    statement::Statement,
};
use proptest::prelude::*;
use rand_chacha::{ChaCha20Rng, rand_core::SeedableRng};

use super::{
    encoding::element,
    toy::{Exponents, Toy, g1_of, g2_of},
};

const LIMBS: usize = 2;

/// Proofs of one key, with what they prove; whoever made them knew the trapdoor or a witness.
#[derive(Clone)]
struct Case {
    toy: Toy,
    form: Form,
    statements: Vec<Statement>,
    exponents: Vec<Exponents>,
}

fn statement(index: usize) -> Statement {
    let limbs = (0..LIMBS).map(|limb| Scalar::from((1_000 * index + limb) as u64)).collect();
    Statement { domain: Scalar::from(7_u64), context: [index as u8; 32], limbs }
}

fn digest(statement: &Statement) -> Fr {
    element(&statement.digest().unwrap())
}

impl Case {
    /// `count` valid proofs of different statements.
    fn honest(form: Form, count: usize) -> Case {
        let toy = Toy::new(1);
        let statements: Vec<Statement> = (0..count).map(statement).collect();
        let exponents = statements
            .iter()
            .zip(0..)
            .map(|(statement, seed)| match form {
                Form::Committed => toy.prove(digest(statement), Transcript::Assay, seed),
                Form::Plain => simulate_plain(&toy, digest(statement), seed),
            })
            .collect();
        Case { toy, form, statements, exponents }
    }

    fn of_each_form(count: usize) -> [Case; 2] {
        [Form::Plain, Form::Committed].map(|form| Case::honest(form, count))
    }

    fn key(&self) -> VerifyingKey {
        match self.form {
            Form::Plain => self.toy.key().plain.into(),
            Form::Committed => self.toy.key().into(),
        }
    }

    fn proofs(&self) -> Vec<Proof> {
        self.exponents.iter().map(|proof| encode(self.form, proof)).collect()
    }

    fn layout(&self) -> Layout {
        Layout { form: self.form, limbs: LIMBS }
    }

    /// The batch, with the sums of the proofs as they are.
    fn assemble(&self) -> Vec<u8> {
        let proofs = self.proofs();
        let whole: Vec<Whole<'_>> = proofs
            .iter()
            .zip(&self.statements)
            .map(|(proof, statement)| Whole { proof: proof.as_ref(), statement })
            .collect();
        assemble(&self.key(), &whole).unwrap()
    }

    fn digests(&self) -> Vec<Scalar> {
        self.statements.iter().map(|statement| statement.digest().unwrap()).collect()
    }

    /// The verdict on bytes that may not be those of [`Case::assemble`].
    fn verdict(&self, bytes: &[u8]) -> Result<(), BatchError> {
        let batch = Batch::read(bytes, self.layout())?;
        let digests = batch.digests(&Scalar::from(7_u64))?;
        verify_batch(&self.key(), &batch, &digests)
    }

    fn assembled_verdict(&self) -> Result<(), BatchError> {
        self.verdict(&self.assemble())
    }

    /// Whether each proof verifies alone.
    fn alone(&self) -> Vec<bool> {
        let valid = |(proof, digest): (&Proof, &Scalar)| verify(&self.key(), proof, digest).is_ok();
        self.proofs().iter().zip(&self.digests()).map(valid).collect()
    }
}

fn encode(form: Form, proof: &Exponents) -> Proof {
    match form {
        Form::Plain => PlainProof { a_negated: g1_of(-proof.a), b: g2_of(proof.b), c: g1_of(proof.c) }.into(),
        Form::Committed => proof.encode().into(),
    }
}

/// A plain proof from the trapdoor; its D and PoK stand for nothing.
fn simulate_plain(toy: &Toy, digest: Fr, seed: u64) -> Exponents {
    let mut rng = ChaCha20Rng::seed_from_u64(seed);
    let [a, b] = std::array::from_fn(|_| Fr::rand(&mut rng));
    let inputs = toy.ic(0) + digest * toy.ic(1);
    let c = (a * b - toy.alpha * toy.beta - inputs * toy.gamma) / toy.delta;
    Exponents { a, b, c, d: Fr::from(1u64), knowledge: Fr::from(1u64) }
}

#[test]
fn honest_batches_verify() {
    for count in [1, 2, 3, 4, 5, 8, 13, 64] {
        for case in Case::of_each_form(count) {
            let bytes = case.assemble();
            assert_eq!(bytes.len(), case.layout().len(count));
            assert_eq!(case.verdict(&bytes), Ok(()), "{count} {}", case.form);
        }
    }
}

/// With one proof the equation is that of a single verification.
#[test]
fn a_batch_of_one_carries_its_proofs_own_points() {
    for case in Case::of_each_form(1) {
        let (bytes, proof) = (case.assemble(), &case.proofs()[0]);
        assert_eq!(bytes[1..65], proof.plain().c);
        if let Proof::Committed(proof) = proof {
            assert_eq!(bytes[65..129], proof.knowledge);
        }
    }
}

#[test]
fn every_subset_of_spoiled_proofs_is_refused() {
    for case in Case::of_each_form(4) {
        for spoiled in 0..16_usize {
            let mut case = case.clone();
            let chosen = |index: usize| spoiled >> index & 1 == 1;
            for index in (0..4).filter(|index| chosen(*index)) {
                case.exponents[index].c += Fr::from(1u64);
            }
            let expected: Vec<bool> = (0..4).map(|index| !chosen(index)).collect();
            assert_eq!(case.alone(), expected);
            let verdict = if spoiled == 0 { Ok(()) } else { Err(BatchError::Invalid) };
            assert_eq!(case.assembled_verdict(), verdict, "{spoiled:04b}");
        }
    }
}

/// No coefficient goes unused, at even and odd counts.
#[test]
fn one_bad_proof_spoils_a_batch_wherever_it_stands() {
    for count in 1..=7 {
        for case in Case::of_each_form(count) {
            for index in 0..count {
                let mut wrong_a = case.clone();
                wrong_a.exponents[index].a += Fr::from(1u64);
                assert_eq!(wrong_a.assembled_verdict(), Err(BatchError::Invalid), "A of {index} of {count}");
                let mut wrong_digest = case.clone();
                wrong_digest.statements[index].context[31] ^= 1;
                assert_eq!(wrong_digest.assembled_verdict(), Err(BatchError::Invalid));
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn any_flipped_bit_is_refused(bit in 0usize..8 * 1_400, count in 1usize..4) {
        for case in Case::of_each_form(count) {
            let mut bytes = case.assemble();
            let bit = bit % (8 * bytes.len());
            bytes[bit / 8] ^= 1 << (bit % 8);
            prop_assert!(case.verdict(&bytes).is_err());
        }
    }

    #[test]
    fn any_bytes_are_read_without_a_panic(bytes in proptest::collection::vec(any::<u8>(), 0..1_500), limbs in 0usize..4) {
        let count = bytes.first().copied().map_or(0, usize::from);
        for case in Case::of_each_form(1) {
            let layout = Layout { form: case.form, limbs };
            if let Ok(batch) = Batch::read(&bytes, layout) {
                prop_assert_eq!((batch.count(), layout.len(count)), (count, bytes.len()));
                prop_assert_eq!(batch.members().count(), count);
                if let Ok(digests) = batch.digests(&Scalar::ZERO) {
                    prop_assert!(verify_batch(&case.key(), &batch, &digests).is_err());
                }
            }
        }
    }
}

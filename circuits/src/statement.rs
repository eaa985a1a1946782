//! The statement: what a proof says, hashed to the one public input.
//!
//! `digest = absorb([domain, context_high, context_low, limbs...])`, the encoding of
//! `assay_interface::statement`: for each input, its packed limbs if it is public, or its commitment
//! `absorb([tag, salt, limbs...])`, or root, scope and nullifier of a member ([`crate::member`]); then the packed limbs of each output. Values of `b` bits are offset by
//! `2^(b-1)` and packed `floor(248 / b)` to a limb, little-endian.
//!
//! Packing is linear, so it is free; the cost is Poseidon's. Decoding is unique because every value is
//! proven to be in `[-2^(b-1), 2^(b-1))` (its interval must fit: checked here), so a limb below 2^248
//! determines its values.
//!
//! The context limbs and the salts carry no range check, and need none. A verifier computes the
//! digest itself, from the context's two 128-bit halves; a proof whose context wires held anything
//! else would be a second preimage of that digest under Poseidon. The same holds for the halves'
//! order and for the domain tag, which is a constant of the circuit. A salt is any field element: it
//! only blinds. 256 constraints would prove what collision resistance already gives.
//!
//! A salt is the prover's choice, so a commitment must bind whatever it is. The tag sees to that: a
//! constant of kind, bits and count (`assay_interface::tag`), which a running digest is not. Without it
//! the salt of a short tensor could be the running digest of a long one, and both had one commitment.

use ark_bn254::Fr;
use ark_ff::{One, PrimeField};

use crate::bounded::Bounded;
use crate::builder::{Builder, check_tensor_bits};
use crate::error::BuildError;
use crate::gadgets::poseidon;
use crate::instruction::Instruction;
use crate::integer::half;
use crate::linear::{Lc, Wire};
use crate::member;

use assay_interface::member::CLAIM_LIMBS;
use assay_interface::statement::HEADER_ELEMENTS;
use assay_interface::tag::ListKind;

pub use assay_interface::schema::Visibility;
pub use assay_interface::statement::LIMB_BITS;

/// An input tensor of the statement.
#[derive(Clone, Copy, Debug)]
pub struct StatementInput<'a> {
    /// Its values.
    pub values: &'a [Bounded],
    /// Bits of each value, signed: 1 to 32.
    pub bits: u8,
    /// Public, committed or member.
    pub visibility: Visibility,
}

/// An output tensor of the statement.
#[derive(Clone, Copy, Debug)]
pub struct StatementOutput<'a> {
    /// Its values.
    pub values: &'a [Bounded],
    /// Bits of each value, signed: 1 to 32.
    pub bits: u8,
}

impl Builder {
    /// Binds the digest to domain, context, inputs and outputs; once a circuit, as its last step.
    ///
    /// The inputs must be those declared with [`Builder::input`], all of them and in that order: an
    /// input that no statement mentions would be the prover's free choice.
    ///
    /// Cost: Poseidon over 3 elements and one for each limb or commitment; for each committed input,
    /// Poseidon over its tag, which is a constant, its salt and limbs; for a member, what [`crate::member`] says.
    pub fn bind_statement(
        &mut self,
        domain: Fr,
        inputs: &[StatementInput<'_>],
        outputs: &[StatementOutput<'_>],
    ) -> Result<(), BuildError> {
        self.check_inputs(inputs)?;
        self.claim_digest()?;
        self.scope("statement", |b| {
            b.instruct(Instruction::Context, &[])?;
            let context = [b.element_wire()?, b.element_wire()?].map(Lc::wire);
            let mut elements = vec![Lc::constant(domain)];
            elements.extend(context);
            for input in inputs {
                let limbs = b.pack(input.values, input.bits, "statement input")?;
                match input.visibility {
                    Visibility::Public => elements.extend(limbs),
                    Visibility::Committed => {
                        let tag = Lc::constant(tag_of(input)?);
                        b.instruct(Instruction::Salt, &[])?;
                        let salt = Lc::wire(b.element_wire()?);
                        let committed: Vec<Lc> = [tag, salt].into_iter().chain(limbs).collect();
                        elements.push(b.scope("commitment", |b| poseidon::absorb(b, &committed))?);
                    }
                    Visibility::Member { depth } => {
                        let tag = tag_of(input)?;
                        elements.extend(b.scope("member", |b| member::constrain(b, tag, &limbs, depth))?);
                    }
                }
            }
            for output in outputs {
                elements.extend(b.pack(output.values, output.bits, "statement output")?);
            }
            b.scope("digest", |b| poseidon::absorb_to_digest(b, &elements))
        })?;
        outputs.iter().try_for_each(|output| self.output(output.values))
    }

    fn check_inputs(&self, inputs: &[StatementInput<'_>]) -> Result<(), BuildError> {
        let declared = self.declared_inputs();
        if declared.len() != inputs.len() {
            let (expected, found) = (declared.len(), inputs.len());
            return Err(BuildError::Length { operation: "statement", what: "inputs", expected, found });
        }
        for (index, ((values, tensor), input)) in declared.zip(inputs).enumerate() {
            if input.values != values || input.bits != tensor.bits {
                return Err(BuildError::StatementInput { index, name: tensor.name.clone() });
            }
        }
        if inputs.iter().filter(|input| matches!(input.visibility, Visibility::Member { .. })).count() > 1 {
            return Err(BuildError::MemberTwice);
        }
        Ok(())
    }

    /// Packs values into limbs; each must be proven to fit its bits.
    fn pack(&self, values: &[Bounded], bits: u8, operation: &'static str) -> Result<Vec<Lc>, BuildError> {
        check_tensor_bits(operation, bits)?;
        if values.is_empty() {
            return Err(BuildError::Empty { operation });
        }
        let offset = half(bits.into());
        let (min, max) = (-i128::from(offset), i128::from(offset) - 1);
        if let Some((index, value)) = values.iter().enumerate().find(|(_, v)| !v.is_within(min, max)) {
            return Err(BuildError::NotProven { operation, index, lo: value.lo(), hi: value.hi(), min, max });
        }
        values.iter().try_for_each(|value| self.check_owner(operation, value))?;
        let step = Fr::from(1u64 << bits);
        let per_limb = LIMB_BITS / usize::from(bits);
        let limb = |chunk: &[Bounded]| {
            let (mut terms, mut weight) = (Vec::new(), Fr::one());
            for value in chunk {
                terms.extend(value.to_lc().terms().iter().map(|&(wire, c)| (wire, c * weight)));
                terms.push((Wire::ONE, weight * Fr::from(offset)));
                weight *= step;
            }
            Lc::from_terms(terms)
        };
        Ok(values.chunks(per_limb).map(limb).collect())
    }
}

/// The tag of a committed tensor: that of [`assay_interface::statement::commit`].
fn tag_of(input: &StatementInput<'_>) -> Result<Fr, BuildError> {
    let count = u32::try_from(input.values.len())
        .map_err(|_| BuildError::TooLarge { what: "values of a committed input" })?;
    Ok(member::constant(ListKind::CommittedTensor.tag(input.bits, count)))
}

/// Constraints of a statement: of each input how many limbs its values pack into and what the statement shows of it, of the
/// outputs how many limbs they have together. Limbs that are constants cost less.
pub fn cost(inputs: impl IntoIterator<Item = (usize, Visibility)>, output_limbs: usize) -> usize {
    // Domain and context; the domain is a constant, and so is the tag of a commitment.
    let (mut elements, mut hidden) = (HEADER_ELEMENTS + output_limbs, 0);
    for (limbs, visibility) in inputs {
        let (shown, cost) = match visibility {
            Visibility::Public => (limbs, 0),
            Visibility::Committed => (1, poseidon::cost(2 + limbs, 1)),
            Visibility::Member { depth } => (CLAIM_LIMBS, member::cost(limbs, depth)),
        };
        elements += shown;
        hidden += cost;
    }
    hidden + poseidon::cost(elements, 1)
}

/// The domain tag as a field element: 31 bytes, big-endian, never reduced.
pub fn domain_from_bytes(bytes: &[u8; 31]) -> Fr {
    Fr::from_be_bytes_mod_order(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::gadget;

    fn bind(
        inputs: impl FnOnce(&[Bounded]) -> Result<(Vec<Bounded>, u8), BuildError>,
        outputs: impl FnOnce(&[Bounded]) -> Result<(Vec<Bounded>, u8), BuildError>,
    ) -> Result<(), BuildError> {
        let mut b = Builder::new();
        let x = b.input("x", 2, 8)?;
        let ((input, input_bits), (output, bits)) = (inputs(&x)?, outputs(&x)?);
        let visibility = Visibility::Public;
        b.bind_statement(
            Fr::one(),
            &[StatementInput { values: &input, bits: input_bits, visibility }],
            &[StatementOutput { values: &output, bits }],
        )
    }

    #[test]
    fn outputs_must_be_proven_to_fit_their_bits() {
        let same = |x: &[Bounded]| Ok((x.to_vec(), 8));
        assert_eq!(bind(same, same), Ok(()));
        let wide = |x: &[Bounded]| Ok((vec![x[0].clone(), x[1].add_const(1)?], 8));
        let refused = bind(same, wide);
        assert!(
            matches!(
                refused,
                Err(BuildError::NotProven { index: 1, lo: -127, hi: 128, min: -128, max: 127, .. })
            ),
            "{refused:?}"
        );
        assert!(bind(same, |x| Ok((x.to_vec(), 7))).is_err());
        assert!(matches!(bind(same, |x| Ok((x.to_vec(), 33))), Err(BuildError::Bits { bits: 33, .. })));
        assert!(matches!(bind(same, |_| Ok((vec![], 8))), Err(BuildError::Empty { .. })));
    }

    #[test]
    fn inputs_must_be_those_declared() {
        let same = |x: &[Bounded]| Ok((x.to_vec(), 8));
        let refused =
            |result| matches!(result, Err(BuildError::StatementInput { index: 0, name }) if name == "x");
        assert!(refused(bind(|x| Ok((vec![x[1].clone(), x[0].clone()], 8)), same)));
        assert!(refused(bind(|x| Ok((x[..1].to_vec(), 8)), same)));
        assert!(refused(bind(|x| Ok((x.to_vec(), 9)), same)));
        let mut b = Builder::new();
        assert!(b.input("x", 2, 8).is_ok());
        let forgotten = b.bind_statement(Fr::one(), &[], &[]);
        assert!(matches!(forgotten, Err(BuildError::Length { what: "inputs", expected: 1, found: 0, .. })));
    }

    #[test]
    fn costs_what_the_formula_says() -> Result<(), BuildError> {
        use Visibility::{Committed, Member, Public};
        // Values of 32 bits: seven a limb.
        for tensors in [
            vec![(1, Public)],
            vec![(1, Committed)],
            vec![(8, Committed), (20, Public)],
            vec![(7 * 7 + 1, Public), (200, Committed)],
            vec![(7 * 30, Public)],
            vec![(1, Member { depth: 1 })],
            vec![(20, Public), (8, Member { depth: 20 }), (3, Committed)],
            vec![(200, Member { depth: 32 })],
        ] {
            let mut b = Builder::new();
            let values = (0..).zip(&tensors).map(|(i, &(len, _))| b.input(&format!("x{i}"), len, 32));
            let values = values.collect::<Result<Vec<_>, _>>()?;
            let inputs: Vec<_> = values
                .iter()
                .zip(&tensors)
                .map(|(values, &(_, visibility))| StatementInput { values, bits: 32, visibility })
                .collect();
            let outputs = [StatementOutput { values: &values[0], bits: 32 }];
            let before = b.num_constraints();
            b.bind_statement(Fr::one(), &inputs, &outputs)?;
            let limbs = |len: usize| len.div_ceil(7);
            let counted = tensors.iter().map(|&(len, visibility)| (limbs(len), visibility));
            assert_eq!(cost(counted, limbs(tensors[0].0)), b.num_constraints() - before, "{tensors:?}");
        }
        Ok(())
    }

    #[test]
    fn a_circuit_has_one_statement() -> Result<(), BuildError> {
        let mut b = Builder::new();
        let x = b.input("x", 1, 8)?;
        assert_eq!(Builder::new().finish().err(), Some(BuildError::StatementMissing));
        let inputs = [StatementInput { values: &x, bits: 8, visibility: Visibility::Committed }];
        let outputs = [StatementOutput { values: &x, bits: 8 }];
        b.bind_statement(Fr::one(), &inputs, &outputs)?;
        assert_eq!(b.bind_statement(Fr::one(), &inputs, &outputs), Err(BuildError::StatementBoundTwice));
        assert!(b.finish()?.has_statement());
        assert!(!gadget(1, 8, |_, x| Ok(x.to_vec()))?.has_statement());
        Ok(())
    }

    #[test]
    fn input_tensors_have_values_and_bits() {
        let input = |len, bits| Builder::new().input("x", len, bits).err();
        assert_eq!(input(0, 8), Some(BuildError::Empty { operation: "input" }));
        for bits in [0, 33, 64, 255] {
            assert!(matches!(input(1, bits), Some(BuildError::Bits { min: 1, max: 32, .. })));
        }
    }
}

//! The statement: what a proof says, hashed to the one public input.
//!
//! `digest = absorb([domain, context_high, context_low, limbs...])`, the encoding of
//! `assay_interface::statement`: for each input, its packed limbs if it is public, or its commitment
//! `absorb([salt, limbs...])`; then the packed limbs of each output. Values of `b` bits are offset by
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

use ark_bn254::Fr;
use ark_ff::{One, PrimeField, Zero};

use crate::bounded::Bounded;
use crate::builder::{Builder, check_tensor_bits};
use crate::error::BuildError;
use crate::gadgets::poseidon;
use crate::linear::{Lc, Wire};
use crate::program::{Instruction, half};

pub use assay_interface::schema::Visibility;
pub use assay_interface::statement::LIMB_BITS;

/// An input tensor of the statement.
#[derive(Clone, Copy, Debug)]
pub struct StatementInput<'a> {
    /// Its values.
    pub values: &'a [Bounded],
    /// Bits of each value, signed: 1 to 32.
    pub bits: u8,
    /// Public or committed.
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
    /// Cost: Poseidon over 3 elements and one for each limb or commitment; for each committed input,
    /// Poseidon over its salt and limbs.
    pub fn bind_statement(
        &mut self,
        domain: Fr,
        inputs: &[StatementInput<'_>],
        outputs: &[StatementOutput<'_>],
    ) -> Result<(), BuildError> {
        self.claim_digest()?;
        self.scope("statement", |b| {
            b.instruct(Instruction::Context, &[])?;
            let context = [b.element_wire()?, b.element_wire()?].map(Lc::wire);
            let mut elements = vec![Lc::constant(domain)];
            elements.extend(context);
            for input in inputs {
                let limbs = pack(input.values, input.bits, "statement input")?;
                match input.visibility {
                    Visibility::Public => elements.extend(limbs),
                    Visibility::Committed => {
                        b.instruct(Instruction::Salt, &[])?;
                        let salt = Lc::wire(b.element_wire()?);
                        let committed: Vec<Lc> = std::iter::once(salt).chain(limbs).collect();
                        elements.push(b.scope("commitment", |b| poseidon::absorb(b, &committed))?);
                    }
                }
            }
            for output in outputs {
                elements.extend(pack(output.values, output.bits, "statement output")?);
            }
            b.scope("digest", |b| poseidon::absorb_to_digest(b, &elements))
        })?;
        outputs.iter().try_for_each(|output| self.output(output.values))
    }

    /// A circuit without a statement, to test a gadget alone: the digest is zero and unconstrained.
    /// No proof can use it: a key for it has the identity as the digest's point, which key checks
    /// refuse, and [`crate::Circuit::from_bytes`] refuses the circuit.
    pub fn finish_gadget(mut self, outputs: &[&[Bounded]]) -> Result<crate::Circuit, BuildError> {
        outputs.iter().try_for_each(|values| self.output(values))?;
        Ok(self.into_circuit())
    }
}

/// Packs values into limbs; each must be proven to fit its bits.
fn pack(values: &[Bounded], bits: u8, operation: &'static str) -> Result<Vec<Lc>, BuildError> {
    check_tensor_bits(operation, bits)?;
    if values.is_empty() {
        return Err(BuildError::Empty { operation });
    }
    let offset = half(bits);
    let (min, max) = (-i128::from(offset), i128::from(offset) - 1);
    if let Some((index, value)) = values.iter().enumerate().find(|(_, v)| !v.is_within(min, max)) {
        return Err(BuildError::NotProven { operation, index, lo: value.lo(), hi: value.hi(), min, max });
    }
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

/// The statement's digest computed directly, for tests: `elements` as the circuit absorbs them.
pub fn reference(elements: &[Fr]) -> Option<Fr> {
    let (first, mut rest) = elements.split_at(elements.len().min(poseidon::MAX_ARITY));
    let mut running = poseidon::reference(first)?;
    while !rest.is_empty() {
        let (block, tail) = rest.split_at(rest.len().min(poseidon::MAX_ARITY - 1));
        let next: Vec<Fr> = std::iter::once(running).chain(block.iter().copied()).collect();
        running = poseidon::reference(&next)?;
        rest = tail;
    }
    Some(running)
}

/// Packs plain integers as [`Builder::bind_statement`] does; `None` where one does not fit.
pub fn reference_limbs(values: &[i64], bits: u8) -> Option<Vec<Fr>> {
    check_tensor_bits("limbs", bits).ok()?;
    let offset = half(bits);
    let per_limb = LIMB_BITS / usize::from(bits);
    let limb = |chunk: &[i64]| {
        chunk.iter().rev().try_fold(Fr::zero(), |limb, &value| {
            let digit = (-offset..offset).contains(&value).then(|| Fr::from(value + offset))?;
            Some(limb * Fr::from(1u64 << bits) + digit)
        })
    };
    values.chunks(per_limb).map(limb).collect()
}

/// A field element from the first bytes of a domain tag, big-endian; at most 31 bytes are never
/// reduced.
pub fn domain_from_bytes(bytes: &[u8; 31]) -> Fr {
    Fr::from_be_bytes_mod_order(bytes)
}

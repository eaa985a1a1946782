//! Inputs: private wires of which constraints prove that they are in a domain.
//!
//! The range of an input is *open* from its declaration on, until a gadget closes it: one whose constraints prove it by themselves,
//! as the bins of [`crate::layers::trees`] do. Whatever is open when the builder finishes is proven then, so that no input
//! of a circuit is without a range, and nobody can forget one: [`crate::Bounded`] speaks of finished circuits.
//!
//! *Assumes* of a gadget that closes an input that its constraints prove the range of whatever field element the wire holds,
//! without any other range of an input: else two gadgets could rely on each other.

use std::collections::BTreeSet;

use crate::bounded::Bounded;
use crate::builder::{Builder, Open, check_tensor_bits};
use crate::domain::Domain;
use crate::error::{BuildError, at};
use crate::gadgets::domain;
use crate::instruction::{InputTensor, Instruction};
use crate::integer::half;
use crate::linear::Wire;

/// What the names of the ranges of inputs begin with.
pub(crate) const SCOPE: &str = "input ";

impl Builder {
    /// Declares an input tensor of `len` signed integers of `bits` bits (1 to 32). They are private
    /// wires; constraints prove each value's range, at the latest when the circuit is finished.
    ///
    /// Cost: a wire, and a range proof of `bits` bits a value (`bits` constraints without lookups), unless a gadget proves that
    /// range. The wire holds `value + 2^(bits-1)`.
    pub fn input(&mut self, name: &str, len: usize, bits: u8) -> Result<Vec<Bounded>, BuildError> {
        check_tensor_bits("input", bits)?;
        check_len(len)?;
        self.input_of(name, bits, &vec![Domain::whole(bits); len])
    }

    /// The same of one value a domain, of which constraints prove that it is in there.
    ///
    /// Cost: that of [`crate::gadgets::domain`], unless a gadget proves it.
    ///
    /// # Errors
    /// [`BuildError::NotProven`] for a domain of more bits.
    pub fn input_of(&mut self, name: &str, bits: u8, domains: &[Domain]) -> Result<Vec<Bounded>, BuildError> {
        check_tensor_bits("input", bits)?;
        if domains.is_empty() {
            return Err(BuildError::Empty { operation: "input" });
        }
        let len = check_len(domains.len())?;
        let offset = half(bits.into());
        if let Some((index, domain)) = domains.iter().enumerate().find(|(_, domain)| !domain.fits(bits)) {
            let ((lo, hi), offset) = (domain.interval(), i128::from(offset));
            return Err(BuildError::NotProven {
                operation: "input",
                index,
                lo,
                hi,
                min: -offset,
                max: offset - 1,
            });
        }
        let tensor = self.program.inputs.len();
        self.program.inputs.push(InputTensor { name: name.into(), len, bits });
        self.instruct(Instruction::Input, &[])?;
        let mut values = Vec::with_capacity(domains.len());
        for &domain in domains {
            let wire = self.integer_wire()?;
            let open = Open { tensor, domain, offset };
            self.open.insert(wire, open);
            values.push(self.opened(wire, open)?);
        }
        self.inputs.push(values.clone());
        Ok(values)
    }

    /// The value of an input, of whose domain the circuit will have a proof.
    fn opened(&self, wire: Wire, Open { domain, offset, .. }: Open) -> Result<Bounded, BuildError> {
        let (lo, hi) = domain.interval();
        Ok(self.proven(wire, 2 * offset.saturating_sub(1) + 1).add_const(-offset)?.proven(lo, hi))
    }

    /// Which of the values are inputs, perhaps negated or moved, whose range is open and all of their interval; of one input twice, the
    /// first.
    pub(crate) fn open_among(&self, x: &[Bounded]) -> Vec<bool> {
        let mut seen = BTreeSet::new();
        x.iter().map(|x| self.open_wire(x).is_some_and(|wire| seen.insert(wire))).collect()
    }

    /// The caller has added constraints that prove by themselves that `x` is in its interval. Where `x` is an open input, that is
    /// its range.
    pub(crate) fn close(&mut self, x: &Bounded) {
        if let Some(wire) = self.open_wire(x) {
            self.open.remove(&wire);
        }
    }

    /// The wire of an open input, if `x` is one up to its sign and a constant, with no narrower interval: what proves
    /// the interval proves the domain.
    fn open_wire(&self, x: &Bounded) -> Option<Wire> {
        let mut wires = x.terms().iter().filter(|&&(wire, _)| wire != Wire::ONE);
        let (&(wire, sign @ (1 | -1)), None) = (wires.next()?, wires.next()) else { return None };
        let open = self.open.get(&wire).filter(|_| x.owner() == Some(self.id()))?;
        let constant: i128 =
            x.terms().iter().find(|&&(wire, _)| wire == Wire::ONE).map_or(0, |&(_, c)| c.into());
        let (lo, hi) = open.domain.interval();
        let (lo, hi) = (lo + i128::from(open.offset), hi + i128::from(open.offset));
        // Another interval of that length would prove another range: terms that cancel leave wider ones, which may be narrowed anywhere.
        let whole = if sign == 1 { (constant + lo, constant + hi) } else { (constant - hi, constant - lo) };
        (open.domain.is_interval() && x.interval() == whole).then_some(wire)
    }

    /// Proves the domains that are open: the last thing that is built.
    pub(crate) fn close_all(&mut self) -> Result<(), BuildError> {
        for (wire, open) in std::mem::take(&mut self.open) {
            let name = format!("{SCOPE}{}", at("input tensors", &self.program.inputs, open.tensor)?.name);
            let value = self.opened(wire, open)?;
            self.scope(&name, |b| domain::assert(b, &value, &open.domain))?;
        }
        Ok(())
    }
}

fn check_len(len: usize) -> Result<u32, BuildError> {
    u32::try_from(len).map_err(|_| BuildError::TooLarge { what: "input values" })
}

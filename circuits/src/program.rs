//! The witness program: a flat list of instructions that computes every wire, in wire order.
//!
//! Each instruction reads linear combinations of earlier wires and writes the next wires; nothing
//! jumps, and every linear combination is read once, so a run takes time linear in the program's
//! size whatever the program says. Integer wires are computed in 64-bit two's complement: the
//! builder's intervals prove that the true results fit, and sums are exact modulo 2^64, so the
//! order of additions cannot overflow. Only Poseidon and what lies behind the challenge compute in
//! the field.
//!
//! A circuit with lookups has two phases. [`Instruction::Count`] ends the first, which computes all
//! that the commitment binds; [`Instruction::Mask`] starts the second, which computes what depends on
//! the challenge. See [`crate::gadgets::lookup`].

use std::ops::Range;

use ark_bn254::Fr;

use crate::commitment::Commitment;
use crate::error::{Missing, SolveError};
use crate::instruction::{Choice, InputTensor, Instruction, Table};
use crate::integer::half;
use crate::linear::Wire;
use crate::permutation;
use crate::r1cs::NUM_INSTANCE;
use crate::weights::Weights;
use crate::witness::Assignment;

/// Linear combinations one after another, each read once and in order. `wire` 0 holds constants.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Combinations<T> {
    /// Combination `i` is `ptr[i]..ptr[i + 1]` of `terms`.
    pub(crate) ptr: Vec<u32>,
    /// Wire and coefficient.
    pub(crate) terms: Vec<(u32, T)>,
}

impl<T> Default for Combinations<T> {
    fn default() -> Self {
        Self { ptr: vec![0], terms: Vec::new() }
    }
}

impl<T> Combinations<T> {
    pub(crate) fn len(&self) -> usize {
        self.ptr.len().saturating_sub(1)
    }

    pub(crate) fn get(&self, i: usize) -> Result<&[(u32, T)], Missing> {
        let missing = Missing { what: "linear combinations", index: i, len: self.len() };
        let (Some(&start), Some(&end)) = (self.ptr.get(i), self.ptr.get(i + 1)) else { return Err(missing) };
        self.terms.get(start as usize..end as usize).ok_or(missing)
    }
}

/// The compiled witness program of a circuit.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct WitnessProgram {
    /// The weights' tensors; without one there are no weights.
    pub(crate) weights: Vec<InputTensor>,
    pub(crate) inputs: Vec<InputTensor>,
    pub(crate) salts: u32,
    pub(crate) instructions: Vec<Instruction>,
    /// What the instructions read over the integers, then the outputs.
    pub(crate) integers: Combinations<i64>,
    /// What the instructions read over the field; coefficients index `constants`.
    pub(crate) elements: Combinations<u32>,
    pub(crate) constants: Vec<Fr>,
    /// Lengths of the output tensors.
    pub(crate) outputs: Vec<u32>,
    /// The lookup tables, functions first. Without one there is no second phase.
    pub(crate) tables: Vec<Table>,
    /// What boxes are named of, in the order of the instructions that do.
    pub(crate) choices: Vec<Choice>,
    pub(crate) num_wires: u32,
}

impl WitnessProgram {
    /// The lookup tables.
    pub fn tables(&self) -> &[Table] {
        &self.tables
    }

    /// Lists of boxes, one for each [`Instruction::Choose`].
    pub fn choices(&self) -> &[Choice] {
        &self.choices
    }

    /// Instance wires: the constant one, the digest, and the challenge where there are lookups.
    pub(crate) fn num_instance(&self) -> usize {
        NUM_INSTANCE + usize::from(!self.tables.is_empty())
    }

    /// Integer linear combinations that an instruction reads.
    pub(crate) fn integer_operands(&self, instruction: Instruction) -> usize {
        use Instruction as I;
        match instruction {
            I::Weights
            | I::Input
            | I::Context
            | I::Salt
            | I::Member { .. }
            | I::Poseidon { .. }
            | I::Product => 0,
            I::Mask | I::Element | I::Fractions => 0,
            I::Bits { .. } | I::Quotient { .. } | I::Regions { .. } | I::IsZero => 1,
            I::Limbs { .. } | I::Apply { .. } => 1,
            I::Maximum { count } => usize::from(count),
            I::MultiplyAdd => 3,
            I::Choose { choice } => {
                self.choices.get(choice as usize).map_or(0, |choice| choice.entries as usize)
            }
            I::Count => self.query_operands(),
        }
    }

    /// Field linear combinations that an instruction reads.
    pub(crate) fn element_operands(instruction: Instruction) -> usize {
        match instruction {
            Instruction::Poseidon { arity, .. } => usize::from(arity),
            Instruction::Element => 1,
            Instruction::Product => 2,
            _ => 0,
        }
    }

    fn query_operands(&self) -> usize {
        self.tables.iter().map(Table::operands).fold(0, usize::saturating_add)
    }

    /// Position of the first query, or of the first entry that is read, among the integer combinations: behind them are the outputs only.
    pub(crate) fn first_query(&self) -> Result<usize, Missing> {
        let outputs: usize = self.outputs.iter().map(|&len| len as usize).sum();
        let (len, behind) = (self.integers.len(), outputs.saturating_add(self.query_operands()));
        len.checked_sub(behind).ok_or(Missing { what: "integer combinations", index: behind, len })
    }

    /// The instructions up to the challenge, and those behind it.
    pub(crate) fn phases(&self) -> (&[Instruction], &[Instruction]) {
        // The second phase is a few instructions: mask, hash, rho, fractions.
        let mask = self.instructions.iter().rposition(|&i| i == Instruction::Mask);
        self.instructions.split_at(mask.unwrap_or(self.instructions.len()))
    }

    /// Wires between the mask and the fractions: the hash that makes rho, and rho, if a table has two
    /// columns.
    pub(crate) fn rho_wires(&self) -> usize {
        let has_rho = self.tables.iter().any(|table| table.entries.is_function());
        if has_rho { permutation::WIRES_OF_ONE_ELEMENT + 1 } else { 0 }
    }

    /// What the commitment binds: the wires of all queries and entries, the multiplicities, the mask. Not the weights, of which
    /// queries may read some: their own commitment binds those, before the challenge too.
    pub fn commitment(&self) -> Result<Option<Commitment>, Missing> {
        if self.tables.is_empty() {
            return Ok(None);
        }
        let entries: usize = self.tables.iter().map(|table| table.entries.len()).sum();
        let fractions: usize = self.tables.iter().map(Table::fractions).sum();
        let before = |wire: u32, count: usize| {
            let before = u32::try_from(count).ok().and_then(|count| wire.checked_sub(count));
            before.ok_or(Missing { what: "wires", index: count, len: wire as usize })
        };
        let mask = before(self.num_wires, fractions + self.rho_wires() + 1)?;
        let (first, instance) = (self.first_query()?, self.num_instance() as u32);
        let mut committed = Vec::new();
        for query in first..first + self.query_operands() {
            let wires = self.integers.get(query)?.iter().map(|&(wire, _)| wire);
            let weights = self.weight_wires();
            committed.extend(wires.filter(|wire| *wire >= instance && !weights.contains(wire)));
        }
        committed.sort_unstable();
        committed.dedup();
        // The multiplicities stand right before the mask, and no query reads them.
        committed.extend(before(mask, entries)?..=mask);
        Ok(Some(Commitment { committed, mask, challenge: Wire::CHALLENGE.0 }))
    }

    /// The weights' tensors.
    pub fn weights(&self) -> &[InputTensor] {
        &self.weights
    }

    /// Number of weights, without their mask.
    pub fn num_weights(&self) -> usize {
        self.weights.iter().fold(0, |sum, tensor| sum.saturating_add(tensor.len as usize))
    }

    /// The wires of the weights, and behind them that of their mask: the first private ones. None without weights.
    pub(crate) fn weight_wires(&self) -> Range<u32> {
        let first = self.num_instance() as u32;
        let count = match self.num_weights() {
            0 => 0,
            weights => u32::try_from(weights).map_or(u32::MAX, |weights| weights.saturating_add(1)),
        };
        first..first.saturating_add(count)
    }

    /// The weights of the circuit: see [`Weights`].
    pub fn committed_weights(&self) -> Option<Weights> {
        let wires: Vec<u32> =
            if self.weights.is_empty() { return None } else { self.weight_wires().collect() };
        Some(Weights { wires })
    }

    /// The input tensors.
    pub fn inputs(&self) -> &[InputTensor] {
        &self.inputs
    }

    /// Number of salts, one for each committed input.
    pub fn num_salts(&self) -> usize {
        self.salts as usize
    }

    /// Depth of the tree that the member input is in, if there is one.
    pub fn member_depth(&self) -> Option<u8> {
        self.instructions.iter().find_map(|&instruction| match instruction {
            Instruction::Member { depth } => Some(depth),
            _ => None,
        })
    }

    /// The instructions.
    pub fn instructions(&self) -> &[Instruction] {
        &self.instructions
    }

    /// Checks number and ranges of the weights.
    fn check_weights(&self, weights: &[i64]) -> Result<(), SolveError> {
        let (expected, found) = (self.num_weights(), weights.len());
        if expected != found {
            return Err(SolveError::WeightCount { expected, found });
        }
        let mut rest = weights;
        for tensor in &self.weights {
            let (values, behind) = rest.split_at(rest.len().min(tensor.len as usize));
            rest = behind;
            let half = half(tensor.bits.into());
            let (lo, hi) = (-half, half - 1);
            if let Some((index, &value)) = values.iter().enumerate().find(|&(_, v)| !(lo..=hi).contains(v)) {
                let (name, bits) = (tensor.name.clone(), tensor.bits);
                return Err(SolveError::WeightRange { name, index, value, lo, hi, bits });
            }
        }
        Ok(())
    }

    /// Checks shapes and ranges of an assignment.
    pub(crate) fn check(&self, assignment: &Assignment) -> Result<(), SolveError> {
        let (expected, found) = (self.inputs.len(), assignment.inputs.len());
        if expected != found {
            return Err(SolveError::TensorCount { expected, found });
        }
        for (tensor, values) in self.inputs.iter().zip(&assignment.inputs) {
            let (expected, found) = (tensor.len as usize, values.len());
            if expected != found {
                return Err(SolveError::TensorLength { name: tensor.name.clone(), expected, found });
            }
            let half = half(tensor.bits.into());
            let (lo, hi) = (-half, half - 1);
            if let Some((index, &value)) = values.iter().enumerate().find(|&(_, v)| !(lo..=hi).contains(v)) {
                let (name, bits) = (tensor.name.clone(), tensor.bits);
                return Err(SolveError::InputRange { name, index, value, lo, hi, bits });
            }
        }
        self.check_weights(&assignment.weights)?;
        let (expected, found) = (self.num_salts(), assignment.salts.len());
        if expected != found {
            return Err(SolveError::SaltCount { expected, found });
        }
        match (self.member_depth(), &assignment.member) {
            (None, None) => Ok(()),
            (None, Some(_)) => Err(SolveError::MemberUnexpected),
            (Some(depth), None) => Err(SolveError::MemberMissing { depth }),
            (Some(depth), Some(member)) => {
                let (found, position) = (member.siblings.len(), member.position);
                if found != usize::from(depth) {
                    return Err(SolveError::PathLength { depth, found });
                }
                if u64::from(position) >> depth != 0 {
                    return Err(SolveError::Position { position, depth });
                }
                Ok(())
            }
        }
    }
}

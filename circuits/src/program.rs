//! The witness program: a flat list of instructions that computes every wire, in wire order.
//!
//! Each instruction reads linear combinations of earlier wires and writes the next wires; nothing
//! jumps, and every linear combination is read once, so a run takes time linear in the program's
//! size whatever the program says. Integer wires are computed in 64-bit two's complement: the
//! builder's intervals prove that the true results fit, and sums are exact modulo 2^64, so the
//! order of additions cannot overflow. Only Poseidon, the inverse of an is-zero test, and what lies
//! behind the challenge compute in the field.
//!
//! A circuit with lookups has two phases. [`Instruction::Count`] ends the first, which computes all
//! that the commitment binds; [`Instruction::Mask`] starts the second, which computes what depends on
//! the challenge. See [`crate::gadgets::lookup`].

use ark_bn254::Fr;
use ark_ff::{PrimeField, Zero};

use crate::circuit::{Assignment, Witness};
use crate::commitment::Commitment;
use crate::error::SolveError;
use crate::gadgets::poseidon;
use crate::linear::Wire;
use crate::machine::{Machine, Randomness};
use crate::r1cs::NUM_INSTANCE;

/// One step of the witness program. `v`, `a`, `b`, `c` are the integer linear combinations that it
/// reads, in order; it writes the next wires.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Instruction {
    /// Writes the next input tensor, each value offset to be non-negative: `value + 2^(bits-1)`.
    Input,
    /// Writes the context as two 128-bit integers, the high half first.
    Context,
    /// Writes the next salt.
    Salt,
    /// Writes bits `from`, `from + 1`, ..., `from + count - 1` of `v` in two's complement.
    Bits {
        /// Lowest bit.
        from: u8,
        /// Number of bits, one wire each.
        count: u8,
    },
    /// Writes `floor(v / 2^shift)`.
    Quotient {
        /// Bits dropped.
        shift: u8,
    },
    /// Writes `a * b + c`.
    MultiplyAdd,
    /// Writes the largest of several combinations.
    Maximum {
        /// How many it reads.
        count: u8,
    },
    /// Writes digits of `v` in base `2^width`: digit `i` is bits `from + i * width` and on.
    Limbs {
        /// Lowest bit.
        from: u8,
        /// Bits of a digit.
        width: u8,
        /// Number of digits, one wire each.
        count: u8,
    },
    /// Writes the function of a table at `v`, less its smallest value; 0 outside its domain.
    Apply {
        /// Position in [`WitnessProgram::tables`], a function.
        table: u32,
    },
    /// With `h = floor(v / 2^shift)`, writes `inside = [h = 0]`, `negative = [h < 0]`, and the
    /// `tail` low bits of `h + negative * (2^tail + 1) - (1 - inside)`.
    Regions {
        /// Bits dropped.
        shift: u8,
        /// Bits of the tail, one wire each.
        tail: u8,
    },
    /// Writes `[v = 0]` and the inverse of `v`, or zero if there is none.
    IsZero,
    /// Writes the S-box wires of the hash of `arity` field linear combinations.
    Poseidon {
        /// Number of elements hashed.
        arity: u8,
        /// Where the hash itself goes.
        output: HashOutput,
    },
    /// Reads the queries of all tables, table by table: one combination for a range, argument and
    /// value for a function. Writes how often each entry of each table was queried.
    Count,
    /// Receives the challenge; writes the mask of the commitment.
    Mask,
    /// Writes a field linear combination: rho, where a table has two columns.
    Element,
    /// Writes the sums of all tables. Table by table, with `e = t` for the entries of a range and
    /// `e = t + rho * f(t)` for those of a function: `multiplicity / (challenge - e)` for each entry; then,
    /// for each query, `rho * value` (functions only) and `1 / (challenge - query)`.
    Fractions,
}

/// What becomes of a hash.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HashOutput {
    /// It is a linear combination of the last S-box wires.
    Linear,
    /// It is the digest wire, which stands in for the last S-box wire.
    Digest,
}

/// An input tensor as the circuit declares it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InputTensor {
    /// Name, for messages.
    pub name: String,
    /// Number of values.
    pub len: u32,
    /// Bits of each value, signed.
    pub bits: u8,
}

/// A lookup table of a circuit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Table {
    /// What it holds.
    pub(crate) entries: Entries,
    /// Number of queries.
    pub(crate) queries: u32,
}

/// What a lookup table holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Entries {
    /// The integers of `[0, 2^bits)`.
    Range {
        /// Bits of the largest entry.
        bits: u8,
    },
    /// The pairs `(lo + i, values[i])`.
    Function {
        /// Start of the domain.
        lo: i64,
        /// Values, of which the smallest is 0.
        values: Vec<i64>,
    },
}

impl Entries {
    /// Number of entries.
    pub fn len(&self) -> usize {
        match self {
            Self::Range { bits } => 1usize.wrapping_shl(u32::from(*bits)),
            Self::Function { values, .. } => values.len(),
        }
    }

    /// Whether there are no entries.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Whether it maps arguments to values.
    pub fn is_function(&self) -> bool {
        matches!(self, Self::Function { .. })
    }

    /// Integer combinations that a query reads.
    pub(crate) fn columns(&self) -> usize {
        match self {
            Self::Range { .. } => 1,
            Self::Function { .. } => 2,
        }
    }

    /// Position of the entry with argument `x`, if there is one.
    pub(crate) fn position(&self, x: i64) -> Option<u32> {
        let lo = match self {
            Self::Range { .. } => 0,
            Self::Function { lo, .. } => *lo,
        };
        let position = x.checked_sub(lo)?;
        u32::try_from(position).ok().filter(|&position| (position as usize) < self.len())
    }

    /// Value of a function at a position.
    pub(crate) fn value(&self, position: u32) -> Option<i64> {
        match self {
            Self::Range { .. } => None,
            Self::Function { values, .. } => values.get(position as usize).copied(),
        }
    }
}

impl Table {
    /// What it holds.
    pub fn entries(&self) -> &Entries {
        &self.entries
    }

    /// Number of queries.
    pub fn queries(&self) -> usize {
        self.queries as usize
    }

    /// Wires that the fractions take.
    pub(crate) fn fractions(&self) -> usize {
        self.entries.len().saturating_add(self.queries().saturating_mul(self.entries.columns()))
    }
}

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

    pub(crate) fn get(&self, i: usize) -> &[(u32, T)] {
        let bound = |k: usize| self.ptr.get(k).map_or(0, |&p| p as usize);
        self.terms.get(bound(i)..bound(i + 1)).unwrap_or_default()
    }
}

/// The compiled witness program of a circuit.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct WitnessProgram {
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
    pub(crate) num_wires: u32,
}

impl WitnessProgram {
    /// The lookup tables.
    pub fn tables(&self) -> &[Table] {
        &self.tables
    }

    /// Instance wires: the constant one, the digest, and the challenge where there are lookups.
    pub(crate) fn num_instance(&self) -> usize {
        NUM_INSTANCE + usize::from(!self.tables.is_empty())
    }

    /// Integer linear combinations that an instruction reads.
    pub(crate) fn integer_operands(&self, instruction: Instruction) -> usize {
        use Instruction as I;
        match instruction {
            I::Input | I::Context | I::Salt | I::Poseidon { .. } | I::Mask | I::Element | I::Fractions => 0,
            I::Bits { .. } | I::Quotient { .. } | I::Regions { .. } | I::IsZero => 1,
            I::Limbs { .. } | I::Apply { .. } => 1,
            I::Maximum { count } => usize::from(count),
            I::MultiplyAdd => 3,
            I::Count => self.query_operands(),
        }
    }

    /// Field linear combinations that an instruction reads.
    pub(crate) fn element_operands(instruction: Instruction) -> usize {
        match instruction {
            Instruction::Poseidon { arity, .. } => usize::from(arity),
            Instruction::Element => 1,
            _ => 0,
        }
    }

    fn query_operands(&self) -> usize {
        self.tables.iter().map(|table| table.queries().saturating_mul(table.entries.columns())).sum()
    }

    /// Position of the first query among the integer combinations: behind them are the outputs only.
    pub(crate) fn first_query(&self) -> usize {
        let outputs: usize = self.outputs.iter().map(|&len| len as usize).sum();
        self.integers.len().saturating_sub(outputs).saturating_sub(self.query_operands())
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
        let has_rho = self.tables.iter().any(|table| table.entries.columns() > 1);
        if has_rho { poseidon::wires(1, 1) + 1 } else { 0 }
    }

    /// What the commitment binds: the wires of all queries, the multiplicities, the mask.
    pub fn commitment(&self) -> Option<Commitment> {
        if self.tables.is_empty() {
            return None;
        }
        let entries: usize = self.tables.iter().map(|table| table.entries.len()).sum();
        let fractions: usize = self.tables.iter().map(Table::fractions).sum();
        let mask = (self.num_wires as usize).saturating_sub(fractions + self.rho_wires() + 1);
        let first = self.first_query();
        let queries = (first..first + self.query_operands()).flat_map(|i| self.integers.get(i));
        let mut committed: Vec<u32> =
            queries.map(|&(wire, _)| wire).filter(|&wire| wire as usize >= self.num_instance()).collect();
        committed.sort_unstable();
        committed.dedup();
        let behind = |wire: usize| u32::try_from(wire).unwrap_or(u32::MAX);
        // The multiplicities stand right before the mask, and no query reads them.
        committed.extend(behind(mask.saturating_sub(entries))..=behind(mask));
        Some(Commitment { committed, mask: behind(mask), challenge: Wire::CHALLENGE.0 })
    }

    /// The input tensors.
    pub fn inputs(&self) -> &[InputTensor] {
        &self.inputs
    }

    /// Number of salts, one for each committed input.
    pub fn num_salts(&self) -> usize {
        self.salts as usize
    }

    /// The instructions.
    pub fn instructions(&self) -> &[Instruction] {
        &self.instructions
    }

    /// Number of wires that each instruction writes.
    pub(crate) fn wires_written(&self) -> Vec<usize> {
        let assignment = Assignment {
            inputs: self.inputs.iter().map(|tensor| vec![0; tensor.len as usize]).collect(),
            context: [0; 32],
            salts: vec![Fr::zero(); self.num_salts()],
        };
        let mut machine = Machine::new(self, Randomness::default());
        let step = |&instruction: &Instruction| {
            let before = machine.elements.len();
            machine.step(instruction, &assignment);
            machine.elements.len() - before
        };
        self.instructions.iter().map(step).collect()
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
            let (lo, hi) = (-half(tensor.bits), half(tensor.bits) - 1);
            if let Some((index, &value)) = values.iter().enumerate().find(|&(_, v)| !(lo..=hi).contains(v)) {
                let (name, bits) = (tensor.name.clone(), tensor.bits);
                return Err(SolveError::InputRange { name, index, value, lo, hi, bits });
            }
        }
        let (expected, found) = (self.num_salts(), assignment.salts.len());
        if expected != found {
            return Err(SolveError::SaltCount { expected, found });
        }
        Ok(())
    }

    /// Computes every wire that does not depend on mask and challenge; the others are zero.
    pub(crate) fn run(&self, assignment: &Assignment) -> Result<Witness, SolveError> {
        self.check(assignment)?;
        let mut machine = Machine::new(self, Randomness::default());
        for &instruction in self.phases().0 {
            machine.step(instruction, assignment);
        }
        let outputs = machine.outputs();
        let Machine { mut elements, positions, .. } = machine;
        elements.resize(self.num_wires as usize, Fr::zero());
        Ok(Witness { values: elements, outputs, positions })
    }

    /// Computes what depends on mask and challenge.
    pub(crate) fn complete(
        &self,
        commitment: &Commitment,
        witness: Witness,
        randomness: Randomness,
    ) -> Result<Witness, SolveError> {
        let (expected, found) = (self.num_wires as usize, witness.values.len());
        if expected != found {
            return Err(SolveError::WitnessLength { expected, found });
        }
        let mut machine = Machine::resume(self, commitment, witness.values, witness.positions, randomness);
        for &instruction in self.phases().1 {
            machine.step(instruction, &Assignment::default());
        }
        if machine.pole {
            return Err(SolveError::ChallengeInTable);
        }
        Ok(Witness { values: machine.elements, outputs: witness.outputs, positions: Vec::new() })
    }
}

/// `2^(bits-1)`: what makes a signed integer of `bits` bits non-negative.
pub(crate) fn half(bits: u8) -> i64 {
    1i64.wrapping_shl(u32::from(bits).saturating_sub(1))
}

/// The context as the statement absorbs it: two big-endian 128-bit integers.
pub(crate) fn context_limbs(context: &[u8; 32]) -> (Fr, Fr) {
    let (high, low) = context.split_at(16);
    (Fr::from_be_bytes_mod_order(high), Fr::from_be_bytes_mod_order(low))
}

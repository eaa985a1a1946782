//! The witness program: a flat list of instructions that computes every wire, in wire order.
//!
//! Each instruction reads linear combinations of earlier wires and writes the next wires; nothing
//! jumps, and every linear combination is read once, so a run takes time linear in the program's
//! size whatever the program says. Integer wires are computed in 64-bit two's complement: the
//! builder's intervals prove that the true results fit, and sums are exact modulo 2^64, so the
//! order of additions cannot overflow. Only Poseidon, and the inverse of an is-zero test, compute
//! in the field.

use ark_bn254::Fr;
use ark_ff::{Field, One, PrimeField, Zero};

use crate::circuit::{Assignment, Witness};
use crate::error::SolveError;
use crate::gadgets::poseidon;
use crate::linear::Wire;

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
    pub(crate) num_wires: u32,
}

impl Instruction {
    /// Integer linear combinations that it reads.
    pub(crate) fn integer_operands(self) -> usize {
        match self {
            Self::Input | Self::Context | Self::Salt | Self::Poseidon { .. } => 0,
            Self::Bits { .. } | Self::Quotient { .. } | Self::Regions { .. } | Self::IsZero => 1,
            Self::MultiplyAdd => 3,
        }
    }
}

/// The wires while the program runs: integers beside field elements.
///
/// `elements[i]` is set for every wire; `integers[i]` only for wires that integer code reads.
#[derive(Clone)]
pub(crate) struct Machine<'a> {
    program: &'a WitnessProgram,
    pub(crate) integers: Vec<i64>,
    pub(crate) elements: Vec<Fr>,
    next_integer: usize,
    next_element: usize,
    next_input: usize,
    next_salt: usize,
}

impl<'a> Machine<'a> {
    pub(crate) fn new(program: &'a WitnessProgram) -> Self {
        let wires = program.num_wires as usize;
        let (mut integers, mut elements) = (Vec::with_capacity(wires), Vec::with_capacity(wires));
        integers.extend([1, 0]);
        elements.extend([Fr::one(), Fr::zero()]);
        Self { program, integers, elements, next_integer: 0, next_element: 0, next_input: 0, next_salt: 0 }
    }

    /// The instructions from `position` on.
    pub(crate) fn instructions(&self, position: usize) -> &'a [Instruction] {
        self.program.instructions.get(position..).unwrap_or_default()
    }

    fn integer(&mut self) -> i64 {
        let terms = self.program.integers.get(self.next_integer);
        self.next_integer += 1;
        evaluate(terms, &self.integers)
    }

    fn element(&mut self) -> (Fr, bool) {
        let terms = self.program.elements.get(self.next_element);
        self.next_element += 1;
        let mut sum = Fr::zero();
        let mut constant = true;
        for &(wire, index) in terms {
            constant &= wire == 0;
            let value = self.elements.get(wire as usize).copied().unwrap_or_default();
            let coefficient = self.program.constants.get(index as usize).copied().unwrap_or_default();
            sum += value * coefficient;
        }
        (sum, constant)
    }

    fn push_bit(&mut self, bit: bool) {
        self.integers.push(i64::from(bit));
        self.elements.push(if bit { Fr::one() } else { Fr::zero() });
    }

    fn push_integer(&mut self, value: i64) {
        self.integers.push(value);
        self.elements.push(if value == 0 { Fr::zero() } else { Fr::from(value) });
    }

    fn push_element(&mut self, value: Fr) {
        self.integers.push(0);
        self.elements.push(value);
    }

    pub(crate) fn step(&mut self, instruction: Instruction, assignment: &Assignment) {
        match instruction {
            Instruction::Input => {
                let index = self.next_input;
                self.next_input += 1;
                if let (Some(tensor), Some(values)) =
                    (self.program.inputs.get(index), assignment.inputs.get(index))
                {
                    let offset = half(tensor.bits);
                    for &value in values {
                        self.push_integer(value.wrapping_add(offset));
                    }
                }
            }
            Instruction::Context => {
                let (high, low) = context_limbs(&assignment.context);
                self.push_element(high);
                self.push_element(low);
            }
            Instruction::Salt => {
                let salt = assignment.salts.get(self.next_salt).copied().unwrap_or_default();
                self.next_salt += 1;
                self.push_element(salt);
            }
            Instruction::Bits { from, count } => {
                let value = self.integer();
                for bit in 0..u32::from(count) {
                    self.push_bit(shift_right(value, u32::from(from) + bit) & 1 == 1);
                }
            }
            Instruction::Quotient { shift } => {
                let value = self.integer();
                self.push_integer(shift_right(value, u32::from(shift)));
            }
            Instruction::MultiplyAdd => {
                let (a, b, c) = (self.integer(), self.integer(), self.integer());
                self.push_integer(a.wrapping_mul(b).wrapping_add(c));
            }
            Instruction::Regions { shift, tail } => {
                let h = shift_right(self.integer(), u32::from(shift));
                let (inside, negative) = (h == 0, h < 0);
                self.push_bit(inside);
                self.push_bit(negative);
                let span = 1i64.wrapping_shl(u32::from(tail)).wrapping_add(1);
                let rest = h.wrapping_add(if negative { span } else { 0 }).wrapping_sub(i64::from(!inside));
                for bit in 0..u32::from(tail) {
                    self.push_bit(shift_right(rest, bit) & 1 == 1);
                }
            }
            Instruction::IsZero => {
                let value = self.integer();
                self.push_bit(value == 0);
                self.push_element(Fr::from(value).inverse().unwrap_or_default());
            }
            Instruction::Poseidon { arity, output } => {
                let mut state = Vec::with_capacity(usize::from(arity) + 1);
                state.push((Fr::zero(), true));
                for _ in 0..arity {
                    let element = self.element();
                    state.push(element);
                }
                let start = self.elements.len();
                let digest = poseidon::trace(&state, &mut self.elements);
                if output == HashOutput::Digest {
                    // The last S-box output is not a wire: the digest stands in for it.
                    if self.elements.len() > start {
                        self.elements.pop();
                    }
                    if let Some(wire) = self.elements.get_mut(Wire::DIGEST.index()) {
                        *wire = digest;
                    }
                }
                self.integers.resize(self.elements.len(), 0);
            }
        }
    }

    /// Reads the outputs; call it after the last instruction.
    pub(crate) fn outputs(&mut self) -> Vec<Vec<i64>> {
        let lengths = &self.program.outputs;
        lengths.iter().map(|&len| (0..len).map(|_| self.integer()).collect()).collect()
    }
}

impl WitnessProgram {
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
        let mut machine = Machine::new(self);
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

    /// Computes every wire. The result satisfies the constraints that were built with the program.
    pub fn run(&self, assignment: &Assignment) -> Result<Witness, SolveError> {
        self.check(assignment)?;
        let mut machine = Machine::new(self);
        for &instruction in &self.instructions {
            machine.step(instruction, assignment);
        }
        let outputs = machine.outputs();
        Ok(Witness { values: machine.elements, outputs })
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

/// Arithmetic shift that saturates: beyond 63 only the sign is left.
fn shift_right(value: i64, shift: u32) -> i64 {
    value >> shift.min(63)
}

/// Exact modulo 2^64, so exact whenever the true value fits.
fn evaluate(terms: &[(u32, i64)], integers: &[i64]) -> i64 {
    terms.iter().fold(0, |sum: i64, &(wire, coefficient)| {
        let value = integers.get(wire as usize).copied().unwrap_or_default();
        sum.wrapping_add(value.wrapping_mul(coefficient))
    })
}

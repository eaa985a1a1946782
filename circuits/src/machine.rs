//! The machine that runs a witness program: integers beside field elements.

use std::sync::LazyLock;

use ark_bn254::Fr;
use ark_ff::{Field, One, Zero};

use crate::circuit::Assignment;
use crate::commitment::Commitment;
use crate::gadgets::poseidon;
use crate::linear::Wire;
use crate::program::{Entries, HashOutput, Instruction, WitnessProgram, context_limbs, half};

/// What the second phase receives from outside.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Randomness {
    /// Blinds the commitment.
    pub(crate) mask: Fr,
    /// Drawn after the commitment.
    pub(crate) challenge: Fr,
}

/// In place of a position: the query is not in the table.
const NOWHERE: u32 = u32::MAX;

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
    randomness: Randomness,
    /// For each query, the position of the entry that it hits, or [`NOWHERE`].
    pub(crate) positions: Vec<u32>,
    /// The challenge equals an entry or a query.
    pub(crate) pole: bool,
}

impl<'a> Machine<'a> {
    pub(crate) fn new(program: &'a WitnessProgram, randomness: Randomness) -> Self {
        let wires = program.num_wires as usize;
        let (mut integers, mut elements) = (Vec::with_capacity(wires), Vec::with_capacity(wires));
        integers.push(1);
        integers.resize(program.num_instance(), 0);
        elements.push(Fr::one());
        elements.resize(program.num_instance(), Fr::zero());
        Self {
            program,
            integers,
            elements,
            next_integer: 0,
            next_element: 0,
            next_input: 0,
            next_salt: 0,
            randomness,
            positions: Vec::new(),
            pole: false,
        }
    }

    /// Behind the first phase, whose wires are `elements`. Integer code has no more to do.
    pub(crate) fn resume(
        program: &'a WitnessProgram,
        commitment: &Commitment,
        mut elements: Vec<Fr>,
        positions: Vec<u32>,
        randomness: Randomness,
    ) -> Self {
        elements.truncate(commitment.mask as usize);
        let read: usize = program.phases().1.iter().map(|&i| WitnessProgram::element_operands(i)).sum();
        let next_element = program.elements.len().saturating_sub(read);
        let new = Self::new(program, randomness);
        Self { elements, positions, next_element, integers: Vec::new(), ..new }
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
        self.elements.push(lift(value));
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
            Instruction::Maximum { count } => {
                let largest = (0..count).map(|_| self.integer()).max();
                self.push_integer(largest.unwrap_or(0));
            }
            Instruction::Limbs { from, width, count } => {
                let value = self.integer();
                let digit = !(-1i64).wrapping_shl(u32::from(width));
                for i in 0..u32::from(count) {
                    self.push_integer(shift_right(value, u32::from(from) + i * u32::from(width)) & digit);
                }
            }
            Instruction::Apply { table } => {
                let x = self.integer();
                let entries = self.program.tables.get(table as usize).map(|table| &table.entries);
                let value = entries.and_then(|entries| entries.value(entries.position(x)?));
                self.push_integer(value.unwrap_or(0));
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
            Instruction::Count => self.count(),
            Instruction::Mask => {
                if let Some(wire) = self.elements.get_mut(Wire::CHALLENGE.index()) {
                    *wire = self.randomness.challenge;
                }
                self.push_element(self.randomness.mask);
            }
            Instruction::Element => {
                let (value, _) = self.element();
                self.push_element(value);
            }
            Instruction::Fractions => self.fractions(),
        }
    }

    /// Which entry each query hits, and how often each entry is hit. A query outside its table, or
    /// with another value than the function's, counts nowhere.
    fn count(&mut self) {
        let program = self.program;
        self.positions = Vec::with_capacity(program.tables.iter().map(|table| table.queries()).sum());
        for table in &program.tables {
            let mut counts = vec![0i64; table.entries.len()];
            for _ in 0..table.queries {
                let mut position = table.entries.position(self.integer());
                if let Entries::Function { .. } = table.entries {
                    let y = self.integer();
                    position = position.filter(|&p| table.entries.value(p) == Some(y));
                }
                if let Some(count) = position.and_then(|p| counts.get_mut(p as usize)) {
                    *count += 1;
                }
                self.positions.push(position.unwrap_or(NOWHERE));
            }
            for count in counts {
                self.push_integer(count);
            }
        }
    }

    /// The fractions of all tables with one inversion in the field: a query has the denominator of the
    /// entry that it hits. A query that hits none gets its own, and the sums will not agree.
    fn fractions(&mut self) {
        let program = self.program;
        let challenge = self.randomness.challenge;
        let rho = self.elements.last().copied().unwrap_or_default();
        let entries: usize = program.tables.iter().map(|table| table.entries.len()).sum();
        let first_count = self.elements.len().saturating_sub(program.rho_wires() + 1 + entries);

        let mut denominators = Vec::with_capacity(entries);
        for table in &program.tables {
            match &table.entries {
                Entries::Range { .. } => {
                    let mut next = challenge;
                    for _ in 0..table.entries.len() {
                        denominators.push(next);
                        next -= Fr::one();
                    }
                }
                Entries::Function { lo, values } => {
                    let mut next = challenge - Fr::from(*lo);
                    for &value in values {
                        denominators.push(next - rho * Fr::from(value));
                        next -= Fr::one();
                    }
                }
            }
        }
        let mut queries = Vec::new(); // value of the second column, position of the denominator
        let (mut operand, mut query, mut first_entry) = (program.first_query(), 0, 0);
        for table in &program.tables {
            for _ in 0..table.queries {
                let known = self.positions.get(query).copied().unwrap_or(NOWHERE);
                query += 1;
                let (x, y) = (operand, operand + 1);
                operand += table.entries.columns();
                let is_function = matches!(table.entries, Entries::Function { .. });
                let value = if is_function { self.query_value(y) } else { Fr::zero() };
                if known == NOWHERE {
                    queries.push((value, denominators.len()));
                    let x = self.query_value(x);
                    denominators.push(challenge - x - rho * value);
                } else {
                    queries.push((value, first_entry + known as usize));
                }
            }
            first_entry += table.entries.len();
        }
        self.pole = denominators.iter().any(Zero::is_zero);
        ark_ff::batch_inversion(&mut denominators);

        let mut queries = queries.into_iter();
        let mut entry = 0;
        for table in &program.tables {
            for _ in 0..table.entries.len() {
                let count = self.elements.get(first_count + entry).copied().unwrap_or_default();
                let inverse = denominators.get(entry).copied().unwrap_or_default();
                // Most entries are queried rarely.
                self.elements.push(if count.is_zero() { count } else { count * inverse });
                entry += 1;
            }
            for (value, position) in queries.by_ref().take(table.queries()) {
                if matches!(table.entries, Entries::Function { .. }) {
                    self.elements.push(rho * value);
                }
                self.elements.push(denominators.get(position).copied().unwrap_or_default());
            }
        }
        self.integers.resize(self.elements.len(), 0);
    }

    /// An operand of [`Instruction::Count`] over the field.
    fn query_value(&self, operand: usize) -> Fr {
        let terms = self.program.integers.get(operand).iter();
        terms
            .map(|&(wire, c)| {
                let value = self.elements.get(wire as usize).copied().unwrap_or_default();
                if c == 1 { value } else { value * Fr::from(c) }
            })
            .sum()
    }

    /// Reads the outputs; call it after the last instruction.
    pub(crate) fn outputs(&mut self) -> Vec<Vec<i64>> {
        let lengths = &self.program.outputs;
        lengths.iter().map(|&len| (0..len).map(|_| self.integer()).collect()).collect()
    }
}

/// The integer as a field element. Digits, bits and most activations are below 256: those are kept.
fn lift(value: i64) -> Fr {
    static SMALL: LazyLock<[Fr; 256]> = LazyLock::new(|| std::array::from_fn(|value| Fr::from(value as u64)));
    let small = usize::try_from(value).ok().and_then(|value| SMALL.get(value).copied());
    small.unwrap_or_else(|| Fr::from(value))
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

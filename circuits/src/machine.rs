//! The machine that runs a witness program: integers beside field elements.
//!
//! The builder and the reader of circuits prove that every index of a program exists. Where one does not, a run stops with
//! [`Missing`]: a default in its place would be a wrong witness.

use std::collections::HashMap;
use std::sync::LazyLock;

use ark_bn254::Fr;
use ark_ff::{Field, One, PrimeField, Zero};

use crate::commitment::Commitment;
use crate::error::{Missing, SolveError, at, at_mut};
use crate::fractions;
use crate::instruction::{Entries, HashOutput, Instruction};
use crate::integer::half;
use crate::linear::Wire;
use crate::permutation;
use crate::program::WitnessProgram;
use crate::witness::{Assignment, Randomness, Witness};

/// What is added to integer operands as they are read.
pub(crate) trait Offsets: Copy {
    /// To operand `index` of the program.
    fn of(self, index: usize) -> i64;
}

/// Nothing: an honest run.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Exact;

impl Offsets for Exact {
    fn of(self, _: usize) -> i64 {
        0
    }
}

/// The wires while the program runs.
///
/// `elements[i]` is set for every wire; `integers[i]` only for wires that integer code reads.
#[derive(Clone)]
pub(crate) struct Machine<'a, O = Exact> {
    program: &'a WitnessProgram,
    pub(crate) integers: Vec<i64>,
    pub(crate) elements: Vec<Fr>,
    next: Next,
    randomness: Randomness,
    /// For each query, the position of the entry that it hits, if it hits one.
    positions: Vec<Option<u32>>,
    /// The challenge equals an entry or a query, so that a fraction has no value.
    challenge_in_table: bool,
    pub(crate) offsets: O,
}

/// Positions of what is read next.
#[derive(Clone, Copy, Default)]
struct Next {
    integer: usize,
    element: usize,
    input: usize,
    salt: usize,
}

/// Where a run can go back to: see [`Machine::rewind`].
#[derive(Clone, Copy)]
pub(crate) struct Checkpoint {
    next: Next,
    wires: usize,
    digest: Fr,
}

impl<'a> Machine<'a> {
    pub(crate) fn new(program: &'a WitnessProgram, randomness: Randomness) -> Self {
        Machine::with_offsets(program, randomness, Exact)
    }
}

impl<'a, O: Offsets> Machine<'a, O> {
    pub(crate) fn with_offsets(program: &'a WitnessProgram, randomness: Randomness, offsets: O) -> Self {
        let wires = program.num_wires as usize;
        let (mut integers, mut elements) = (Vec::with_capacity(wires), Vec::with_capacity(wires));
        integers.push(1);
        integers.resize(program.num_instance(), 0);
        elements.push(Fr::one());
        elements.resize(program.num_instance(), Fr::zero());
        let (next, positions) = (Next::default(), Vec::new());
        Self { program, integers, elements, next, randomness, positions, challenge_in_table: false, offsets }
    }

    fn integer(&mut self) -> Result<i64, Missing> {
        let operand = self.next.integer;
        self.next.integer += 1;
        let mut sum = self.offsets.of(operand);
        for &(wire, coefficient) in self.program.integers.get(operand)? {
            // Exact modulo 2^64, so exact whenever the true value fits.
            let value = *at("wires", &self.integers, wire as usize)?;
            sum = sum.wrapping_add(value.wrapping_mul(coefficient));
        }
        Ok(sum)
    }

    /// A field combination, and whether it is constant.
    fn element(&mut self) -> Result<(Fr, bool), Missing> {
        let terms = self.program.elements.get(self.next.element)?;
        self.next.element += 1;
        let mut sum = Fr::zero();
        let mut is_constant = true;
        for &(wire, index) in terms {
            is_constant &= wire == 0;
            let value = at("wires", &self.elements, wire as usize)?;
            sum += *value * at("constants", &self.program.constants, index as usize)?;
        }
        Ok((sum, is_constant))
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

    /// Runs one instruction: it writes the next wires.
    pub(crate) fn step(&mut self, instruction: Instruction, assignment: &Assignment) -> Result<(), Missing> {
        match instruction {
            Instruction::Weights => {
                for index in 0..self.program.num_weights() {
                    self.push_integer(*at("weights", &assignment.weights, index)?);
                }
                self.push_element(Fr::zero());
            }
            Instruction::Input => {
                let index = self.next.input;
                self.next.input += 1;
                let offset = half(at("input tensors", &self.program.inputs, index)?.bits.into());
                for &value in at("input tensors", &assignment.inputs, index)? {
                    self.push_integer(value.wrapping_add(offset));
                }
            }
            Instruction::Context => {
                let (high, low) = halves(&assignment.context);
                self.push_element(high);
                self.push_element(low);
            }
            Instruction::Salt => {
                let salt = *at("salts", &assignment.salts, self.next.salt)?;
                self.next.salt += 1;
                self.push_element(salt);
            }
            Instruction::Member { depth } => self.member(usize::from(depth), assignment)?,
            Instruction::Product => {
                let ((a, _), (b, _)) = (self.element()?, self.element()?);
                self.push_element(a * b);
            }
            Instruction::Bits { from, count } => {
                let value = self.integer()?;
                for bit in 0..u32::from(count) {
                    self.push_bit(shift_right(value, u32::from(from) + bit) & 1 == 1);
                }
            }
            Instruction::Quotient { shift } => {
                let value = self.integer()?;
                self.push_integer(shift_right(value, u32::from(shift)));
            }
            Instruction::MultiplyAdd => {
                let (a, b, c) = (self.integer()?, self.integer()?, self.integer()?);
                self.push_integer(a.wrapping_mul(b).wrapping_add(c));
            }
            Instruction::IsZero => {
                let value = self.integer()?;
                self.push_bit(value == 0);
                self.push_element(lift(value).inverse().unwrap_or_else(Fr::zero));
            }
            Instruction::Maximum { count } => {
                let mut largest = self.integer()?;
                for _ in 1..count {
                    largest = largest.max(self.integer()?);
                }
                self.push_integer(largest);
            }
            Instruction::Limbs { from, width, count } => {
                let value = self.integer()?;
                let digit = !(-1i64).wrapping_shl(u32::from(width));
                for i in 0..u32::from(count) {
                    self.push_integer(shift_right(value, u32::from(from) + i * u32::from(width)) & digit);
                }
            }
            Instruction::Apply { table } => {
                let x = self.integer()?;
                let entries = &at("lookup tables", &self.program.tables, table as usize)?.entries;
                let Entries::Function { lo, values } = entries else {
                    return Err(Missing { what: "functions", index: table as usize, len: 0 });
                };
                let index = x.checked_sub(*lo).and_then(|index| usize::try_from(index).ok());
                // Outside the domain there is no value: the query that follows fails, whatever stands here.
                self.push_integer(index.and_then(|index| values.get(index)).copied().unwrap_or(0));
            }
            Instruction::Choose { choice } => self.choose(choice)?,
            Instruction::Regions { shift, tail } => {
                let h = shift_right(self.integer()?, u32::from(shift));
                let (inside, negative) = (h == 0, h < 0);
                self.push_bit(inside);
                self.push_bit(negative);
                let span = 1i64.wrapping_shl(u32::from(tail)).wrapping_add(1);
                let rest = h.wrapping_add(if negative { span } else { 0 }).wrapping_sub(i64::from(!inside));
                for bit in 0..u32::from(tail) {
                    self.push_bit(shift_right(rest, bit) & 1 == 1);
                }
            }
            Instruction::Poseidon { arity, output } => self.hash(usize::from(arity), output)?,
            Instruction::Count => self.count()?,
            Instruction::Mask => {
                *at_mut("wires", &mut self.elements, Wire::CHALLENGE.index())? = self.randomness.challenge;
                self.push_element(self.randomness.mask);
            }
            Instruction::Element => {
                let (value, _) = self.element()?;
                self.push_element(value);
            }
            Instruction::Fractions => {
                let (challenge, offsets) = (self.randomness.challenge, self.offsets);
                let offset = |operand| offsets.of(operand);
                let fractions =
                    fractions::of(self.program, challenge, &self.elements, &self.positions, offset)?;
                self.challenge_in_table |= fractions.is_undefined;
                self.elements.extend(fractions.wires);
                self.integers.resize(self.elements.len(), 0);
            }
        }
        Ok(())
    }

    fn member(&mut self, depth: usize, assignment: &Assignment) -> Result<(), Missing> {
        let missing = Missing { what: "memberships", index: 0, len: 0 };
        let member = assignment.member.as_ref().ok_or(missing)?;
        let (high, low) = halves(&member.scope);
        for element in [member.secret, member.salt, high, low] {
            self.push_element(element);
        }
        for level in 0..depth {
            let bit = u64::from(member.position) >> level & 1;
            self.push_element(Fr::from(bit));
        }
        for level in 0..depth {
            self.push_element(*at("siblings", &member.siblings, level)?);
        }
        Ok(())
    }

    fn hash(&mut self, arity: usize, output: HashOutput) -> Result<(), Missing> {
        let mut state = Vec::with_capacity(arity + 1);
        state.push((Fr::zero(), true));
        for _ in 0..arity {
            let element = self.element()?;
            state.push(element);
        }
        let start = self.elements.len();
        let unknown =
            Missing { what: "widths of Poseidon", index: arity + 1, len: permutation::MAX_ARITY + 2 };
        let digest = permutation::trace(&state, &mut self.elements).ok_or(unknown)?;
        if output == HashOutput::Digest {
            // The last S-box output is not a wire: the digest stands in for it.
            self.elements.truncate(start.max(self.elements.len().saturating_sub(1)));
            *at_mut("wires", &mut self.elements, Wire::DIGEST.index())? = digest;
        }
        self.integers.resize(self.elements.len(), 0);
        Ok(())
    }

    /// Names a box and says what of it is read: see [`crate::instruction::Choice`].
    fn choose(&mut self, choice: u32) -> Result<(), Missing> {
        let program = self.program;
        let choice = at("choices", &program.choices, choice as usize)?;
        let entries = (0..choice.entries).map(|_| self.integer()).collect::<Result<Vec<i64>, _>>()?;
        let (named, columns) = (choice.first(&entries), choice.columns as usize);
        let (row, column) = (named / columns.max(1), named % columns.max(1));
        (1..choice.rows()).for_each(|i| self.push_bit(i == row));
        (1..columns).for_each(|j| self.push_bit(j == column));
        for &k in choice.literals_of(named) {
            let entry = choice.entry(k, &entries);
            self.push_integer(entry);
            self.push_integer(entry.wrapping_sub(k).div_euclid(i64::from(choice.entries).max(1)));
        }
        self.push_integer(*at("boxes", &choice.worth, named)?);
        Ok(())
    }

    /// Which entry each query hits, and how often each entry is hit. A query outside its table, or
    /// with another value than the function's, counts nowhere.
    fn count(&mut self) -> Result<(), Missing> {
        let program = self.program;
        self.positions = Vec::with_capacity(program.tables.iter().map(|table| table.queries()).sum());
        for table in &program.tables {
            let mut counts = vec![0i64; table.entries.len()];
            let mut computed = HashMap::new();
            for position in (0u32..).take(table.entries.operands()) {
                computed.entry(self.integer()?).or_insert(position);
            }
            for _ in 0..table.queries {
                let x = self.integer()?;
                let mut position = table.entries.position(x).or_else(|| computed.get(&x).copied());
                if table.entries.is_function() {
                    let y = self.integer()?;
                    position = position.filter(|&p| table.entries.value(p) == Some(y));
                }
                if let Some(position) = position {
                    *at_mut("entries of a table", &mut counts, position as usize)? += 1;
                }
                self.positions.push(position);
            }
            for count in counts {
                self.push_integer(count);
            }
        }
        Ok(())
    }

    /// Reads the outputs; call it after the last instruction.
    fn outputs(&mut self) -> Result<Vec<Vec<i64>>, Missing> {
        let lengths = &self.program.outputs;
        lengths.iter().map(|&len| (0..len).map(|_| self.integer()).collect()).collect()
    }

    /// The place that the run has reached.
    pub(crate) fn checkpoint(&self) -> Result<Checkpoint, Missing> {
        let digest = *at("wires", &self.elements, Wire::DIGEST.index())?;
        Ok(Checkpoint { next: self.next, wires: self.elements.len(), digest })
    }

    /// Back to a place of this run: what was written since then is forgotten.
    pub(crate) fn rewind(&mut self, to: Checkpoint) -> Result<(), Missing> {
        self.next = to.next;
        self.integers.truncate(to.wires);
        self.elements.truncate(to.wires);
        // The challenge is the same in every run. Positions are counted anew, unless that has been done.
        *at_mut("wires", &mut self.elements, Wire::DIGEST.index())? = to.digest;
        Ok(())
    }
}

/// Computes every wire that does not depend on mask and challenge; the others are zero.
pub(crate) fn solve(program: &WitnessProgram, assignment: &Assignment) -> Result<Witness, SolveError> {
    program.check(assignment)?;
    let mut machine = Machine::new(program, Randomness::default());
    for &instruction in program.phases().0 {
        machine.step(instruction, assignment)?;
    }
    let outputs = machine.outputs()?;
    let Machine { mut elements, positions, .. } = machine;
    elements.resize(program.num_wires as usize, Fr::zero());
    Ok(Witness { values: elements, outputs, positions })
}

/// Computes what depends on mask and challenge.
pub(crate) fn complete(
    program: &WitnessProgram,
    commitment: &Commitment,
    witness: Witness,
    randomness: Randomness,
) -> Result<Witness, SolveError> {
    let (expected, found) = (program.num_wires as usize, witness.values.len());
    if expected != found {
        return Err(SolveError::WitnessLength { expected, found });
    }
    let second = program.phases().1;
    let read: usize = second.iter().map(|&i| WitnessProgram::element_operands(i)).sum();
    let len = program.elements.len();
    let mut machine = Machine::new(program, randomness);
    machine.next.element =
        len.checked_sub(read).ok_or(Missing { what: "element combinations", index: read, len })?;
    machine.elements = witness.values;
    machine.elements.truncate(commitment.mask as usize);
    // Integer code has no more to do.
    machine.integers = Vec::new();
    machine.positions = witness.positions;
    for &instruction in second {
        machine.step(instruction, &Assignment::default())?;
    }
    if machine.challenge_in_table {
        return Err(SolveError::ChallengeInTable);
    }
    Ok(Witness { values: machine.elements, outputs: witness.outputs, positions: Vec::new() })
}

/// Context or scope as the statement absorbs it: two big-endian 128-bit integers.
fn halves(bytes: &[u8; 32]) -> (Fr, Fr) {
    let (high, low) = bytes.split_at(16);
    (Fr::from_be_bytes_mod_order(high), Fr::from_be_bytes_mod_order(low))
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

//! Bytes of a circuit: coefficients, matrices, names of constraints, then the witness program.
//!
//! What reading proves, so that solving cannot panic, loop or allocate beyond the size of the bytes:
//! every operand is a wire that an earlier instruction writes, integer code reads integer wires only,
//! each wire is written once and occurs in a constraint (digest and challenge too), and each linear
//! combination is read once, so the work is linear in the bytes. It does not prove that the
//! constraints mean anything: that is what the circuit's digest is for.

use super::bytes::{Reader, Writer, check_index};
use super::check::{FirstUse, check_matrices, check_program, check_values};
use super::instructions::{read_instruction, write_instruction};
use super::tables::{read_choices, read_tables, write_choices, write_tables};
use crate::circuit::Circuit;
use crate::error::DecodeError;
use crate::instruction::{InputTensor, Instruction, MAX_TENSOR_BITS};
use crate::program::{Combinations, WitnessProgram};
use crate::r1cs::{Block, Csr, NUM_INSTANCE, R1cs};
use crate::weights::MAX_WEIGHT_BITS;

const TAG: &[u8; 8] = b"assaycir";
/// A plain circuit: its bytes are those of the first release.
const PLAIN: u16 = 1;
/// A circuit with lookups: one instance wire more, and the tables at the end. What is committed to
/// follows from them.
const LOOKUPS: u16 = 2;
/// A circuit with lookups in which boxes are named: their lists behind the tables.
const CHOICES: u16 = 3;
/// What is added for a circuit with weights: their tensors stand at the end.
const WEIGHTS: u16 = 3;

impl Circuit {
    /// The canonical encoding: equal circuits have equal bytes, and no other bytes are accepted.
    pub fn to_bytes(&self) -> Vec<u8> {
        encode(self)
    }

    /// Reads a circuit, checking every index, count and element.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, DecodeError> {
        decode(bytes)
    }

    /// SHA-256 of the canonical encoding: the identity that keys and proofs refer to.
    pub fn digest(&self) -> [u8; 32] {
        use sha2::Digest;
        sha2::Sha256::digest(self.to_bytes()).into()
    }
}

fn encode(circuit: &Circuit) -> Vec<u8> {
    let (r1cs, program) = (&circuit.r1cs, &circuit.program);
    let mut w = Writer::default();
    w.bytes(TAG);
    let version = match (program.tables.is_empty(), program.choices.is_empty()) {
        (true, _) => PLAIN,
        (false, true) => LOOKUPS,
        (false, false) => CHOICES,
    };
    let weights = if program.weights.is_empty() { 0 } else { WEIGHTS };
    w.bytes(&(version + weights).to_le_bytes());
    w.count(r1cs.num_witness);
    w.elements(&r1cs.values);
    w.count(r1cs.num_constraints());
    for matrix in [&r1cs.a, &r1cs.b, &r1cs.c] {
        lengths(&mut w, &matrix.row_ptr);
        for (&wire, &coefficient) in matrix.col.iter().zip(&matrix.coeff) {
            w.u32(wire);
            w.u32(coefficient);
        }
    }
    w.count(r1cs.blocks.len());
    for block in &r1cs.blocks {
        w.u32(block.start);
        w.name(&block.name);
    }
    w.count(program.inputs.len());
    program.inputs.iter().for_each(|input| write_tensor(&mut w, input));
    w.count(program.instructions.len());
    for &instruction in &program.instructions {
        write_instruction(&mut w, instruction);
    }
    w.count(program.outputs.len());
    program.outputs.iter().for_each(|&len| w.u32(len));
    w.count(program.integers.len());
    lengths(&mut w, &program.integers.ptr);
    for &(wire, coefficient) in &program.integers.terms {
        w.u32(wire);
        w.i64(coefficient);
    }
    w.elements(&program.constants);
    w.count(program.elements.len());
    lengths(&mut w, &program.elements.ptr);
    for &(wire, index) in &program.elements.terms {
        w.u32(wire);
        w.u32(index);
    }
    if version >= LOOKUPS {
        write_tables(&mut w, &program.tables);
    }
    if version == CHOICES {
        write_choices(&mut w, &program.choices);
    }
    if weights > 0 {
        w.count(program.weights.len());
        program.weights.iter().for_each(|tensor| write_tensor(&mut w, tensor));
    }
    w.0
}

fn decode(bytes: &[u8]) -> Result<Circuit, DecodeError> {
    let mut r = Reader { rest: bytes };
    let version = r.header("circuit", TAG, PLAIN..=CHOICES + WEIGHTS)?;
    let has_weights = version > CHOICES;
    let version = if has_weights { version - WEIGHTS } else { version };
    let num_witness = r.u32("witness wires")? as usize;
    let values = r.elements("coefficients")?;
    check_values("coefficients", &values)?;
    let rows = r.count("constraints", 3 * 4)?;
    let mut matrix = || -> Result<Csr, DecodeError> {
        let row_ptr = read_lengths(&mut r, "matrix rows", rows, 8)?;
        let (mut col, mut coeff) = (Vec::new(), Vec::new());
        for _ in 0..total(&row_ptr) {
            col.push(r.u32("matrix wire")?);
            coeff.push(r.u32("matrix coefficient")?);
        }
        Ok(Csr { row_ptr, col, coeff })
    };
    let (a, b, c) = (matrix()?, matrix()?, matrix()?);
    let blocks = read_blocks(&mut r, rows)?;
    let num_instance = NUM_INSTANCE + usize::from(version >= LOOKUPS);
    let r1cs = R1cs { num_instance, num_witness, a, b, c, values, blocks };
    check_matrices(&r1cs)?;
    let num_wires = u32::try_from(r1cs.num_wires()).map_err(|_| {
        let (value, max) = (r1cs.num_wires() as u64, u32::MAX.into());
        DecodeError::Range { field: "wires", value, min: 0, max }
    })?;
    let mut program = read_program(&mut r, num_wires)?;
    if version >= LOOKUPS {
        program.tables = read_tables(&mut r)?;
    }
    if version == CHOICES {
        program.choices = read_choices(&mut r)?;
    }
    if has_weights {
        program.weights = r.items("weights", 4 + 1 + 4, |r, _| {
            read_tensor(r, ["length of weights", "bits of weights", "name of weights"], MAX_WEIGHT_BITS)
        })?;
        if program.weights.is_empty() {
            return Err(DecodeError::NotCanonical {
                field: "weights",
                rule: "there are some in a circuit of weights",
            });
        }
    }
    r.finish()?;
    check_program(&program)?;
    let (commitment, weights) = (program.commitment()?, program.committed_weights());
    if let Some(weights) = &weights {
        weights.check(&r1cs, commitment.as_ref())?;
    }
    Ok(Circuit { r1cs, program, commitment, weights })
}

fn write_tensor(w: &mut Writer, InputTensor { name, len, bits }: &InputTensor) {
    w.u32(*len);
    w.u8(*bits);
    w.name(name);
}

/// `fields` are the names of length, bits and name.
fn read_tensor(
    r: &mut Reader<'_>,
    fields: [&'static str; 3],
    most_bits: u8,
) -> Result<InputTensor, DecodeError> {
    let [len, field, name] = fields;
    let (len, bits) = (r.u32(len)?, r.u8(field)?);
    if !(1..=most_bits).contains(&bits) {
        let (value, max) = (bits.into(), most_bits.into());
        return Err(DecodeError::Range { field, value, min: 1, max });
    }
    Ok(InputTensor { name: r.name(name)?, len, bits })
}

/// Lengths of consecutive runs, from their bounds.
fn lengths(w: &mut Writer, bounds: &[u32]) {
    for (start, end) in bounds.iter().zip(bounds.iter().skip(1)) {
        w.u32(end - start);
    }
}

/// Bounds of `count` runs of items of `item_len` bytes, which follow.
fn read_lengths(
    r: &mut Reader<'_>,
    field: &'static str,
    count: usize,
    item_len: u64,
) -> Result<Vec<u32>, DecodeError> {
    let mut bounds = vec![0u32];
    let mut end = 0u32;
    for _ in 0..count {
        let len = r.u32(field)?;
        let needed = (u64::from(end) + u64::from(len)).saturating_mul(item_len);
        let truncated = DecodeError::Truncated { field, needed, left: r.rest.len() };
        if needed > r.rest.len() as u64 {
            return Err(truncated);
        }
        end = end.checked_add(len).ok_or(truncated)?;
        bounds.push(end);
    }
    Ok(bounds)
}

fn total(bounds: &[u32]) -> u32 {
    bounds.last().copied().unwrap_or(0)
}

fn read_blocks(r: &mut Reader<'_>, rows: usize) -> Result<Vec<Block>, DecodeError> {
    let count = r.count("constraint names", 8)?;
    let mut blocks: Vec<Block> = Vec::with_capacity(count);
    for _ in 0..count {
        let start = r.u32("constraint name start")?;
        let name = r.name("constraint name")?;
        check_index("constraint name start", start.into(), rows as u64)?;
        let in_order = match blocks.last() {
            None => start == 0,
            Some(last) => last.start < start && last.name != name,
        };
        if !in_order {
            return Err(DecodeError::NotCanonical {
                field: "constraint names",
                rule: "runs from 0, each longest",
            });
        }
        blocks.push(Block { name, start });
    }
    if blocks.is_empty() && rows > 0 {
        return Err(DecodeError::NotCanonical {
            field: "constraint names",
            rule: "every constraint has one",
        });
    }
    Ok(blocks)
}

fn read_program(r: &mut Reader<'_>, num_wires: u32) -> Result<WitnessProgram, DecodeError> {
    let inputs = r.items("input tensors", 4 + 1 + 4, |r, _| {
        read_tensor(r, ["input length", "input bits", "input name"], MAX_TENSOR_BITS)
    })?;
    let instructions = r.items("instructions", 1, read_instruction)?;
    let outputs = r.items("output tensors", 4, |r, _| r.u32("output length"))?;

    let count = r.count("integer combinations", 4)?;
    let ptr = read_lengths(r, "integer combinations", count, 12)?;
    let mut terms = Vec::new();
    for _ in 0..total(&ptr) {
        terms.push((r.u32("integer wire")?, r.i64("integer coefficient")?));
    }
    if terms.iter().any(|&(_, c)| c == 0) {
        return Err(DecodeError::NotCanonical {
            field: "integer combinations",
            rule: "no coefficient is zero",
        });
    }
    let integers = Combinations { ptr, terms };

    let constants = r.elements("element constants")?;
    check_values("element constants", &constants)?;
    let count = r.count("element combinations", 4)?;
    let ptr = read_lengths(r, "element combinations", count, 8)?;
    let mut terms = Vec::new();
    let mut used = FirstUse::new("element constants");
    for _ in 0..total(&ptr) {
        let term = (r.u32("element wire")?, r.u32("element constant")?);
        used.see(term.1, constants.len())?;
        terms.push(term);
    }
    used.finish(constants.len())?;
    let elements = Combinations { ptr, terms };

    // No more than there are instructions, whose count has 32 bits.
    let salts = instructions.iter().map(|&i| u32::from(i == Instruction::Salt)).sum();
    let program = WitnessProgram {
        weights: Vec::new(),
        inputs,
        salts,
        instructions,
        integers,
        elements,
        constants,
        outputs,
        tables: Vec::new(),
        choices: Vec::new(),
        num_wires,
    };
    Ok(program)
}

//! Bytes of a circuit: coefficients, matrices, names of constraints, then the witness program.
//!
//! What reading proves, so that solving cannot panic, loop or allocate beyond the size of the bytes:
//! every operand is a wire that an earlier instruction writes, integer code reads integer wires only,
//! each wire is written once and occurs in a constraint (digest and challenge too), and each linear
//! combination is read once, so the work is linear in the bytes. It does not prove that the
//! constraints mean anything: that is what the circuit's digest is for.

use super::check::{FirstUse, check_matrices, check_program, check_values};
use super::{Reader, Writer, check_index};
use crate::builder::MAX_TENSOR_BITS;
use crate::circuit::Circuit;
use crate::error::DecodeError;
use crate::gadgets::lookup::{self, cost};
use crate::gadgets::poseidon;
use crate::program::{Combinations, Entries, HashOutput, InputTensor, Instruction, Table, WitnessProgram};
use crate::r1cs::{Block, Csr, NUM_INSTANCE, R1cs};

const TAG: &[u8; 8] = b"assaycir";
/// A plain circuit: its bytes are those of the first release.
const PLAIN: u16 = 1;
/// A circuit with lookups: one instance wire more, and the tables at the end. What is committed to
/// follows from them.
const LOOKUPS: u16 = 2;

pub(crate) fn encode(circuit: &Circuit) -> Vec<u8> {
    let (r1cs, program) = (&circuit.r1cs, &circuit.program);
    let mut w = Writer::default();
    w.bytes(TAG);
    let version = if program.tables.is_empty() { PLAIN } else { LOOKUPS };
    w.bytes(&version.to_le_bytes());
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
    for input in &program.inputs {
        w.u32(input.len);
        w.u8(input.bits);
        w.name(&input.name);
    }
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
    if version == LOOKUPS {
        write_tables(&mut w, &program.tables);
    }
    w.0
}

const RANGE: u8 = 0;
const FUNCTION: u8 = 1;

fn write_tables(w: &mut Writer, tables: &[Table]) {
    w.count(tables.len());
    for table in tables {
        w.u32(table.queries);
        match &table.entries {
            Entries::Range { bits } => w.bytes(&[RANGE, *bits]),
            Entries::Function { lo, values } => {
                w.u8(FUNCTION);
                w.i64(*lo);
                w.count(values.len());
                values.iter().for_each(|&value| w.i64(value));
            }
        }
    }
}

fn read_tables(r: &mut Reader<'_>) -> Result<Vec<Table>, DecodeError> {
    let count = r.count("lookup tables", 4 + 1 + 1)?;
    let mut tables = Vec::with_capacity(count);
    for _ in 0..count {
        let queries = r.u32("queries of a table")?;
        let entries = match r.u8("kind of a table")? {
            RANGE => {
                let bits = r.u8("bits of a range table")?;
                let max = u8::try_from(cost::MAX_WIDTH).unwrap_or(u8::MAX);
                if !(1..=max).contains(&bits) {
                    let (value, min, max) = (bits.into(), 1, max.into());
                    return Err(DecodeError::Range { field: "bits of a range table", value, min, max });
                }
                Entries::Range { bits }
            }
            FUNCTION => {
                let lo = r.i64("domain of a table")?;
                let len = r.count("values of a table", 8)?;
                let values = (0..len).map(|_| r.i64("values of a table")).collect::<Result<Vec<_>, _>>()?;
                // As the builder makes them: the smallest value is 0, and nothing overflows.
                if !lookup::is_function(lo, &values) {
                    return Err(DecodeError::NotCanonical {
                        field: "values of a table",
                        rule: "from 0 to 2^60, over a domain within that",
                    });
                }
                Entries::Function { lo, values }
            }
            kind => {
                return Err(DecodeError::Range {
                    field: "kind of a table",
                    value: kind.into(),
                    min: RANGE.into(),
                    max: FUNCTION.into(),
                });
            }
        };
        let behind_range = tables.last().is_some_and(|t: &Table| t.entries.columns() == 1);
        if queries == 0 || behind_range {
            return Err(DecodeError::NotCanonical {
                field: "lookup tables",
                rule: "each is queried, functions come first, one range at most",
            });
        }
        tables.push(Table { entries, queries });
    }
    if tables.is_empty() {
        return Err(DecodeError::NotCanonical { field: "lookup tables", rule: "version 2 has one" });
    }
    Ok(tables)
}

pub(crate) fn decode(bytes: &[u8]) -> Result<Circuit, DecodeError> {
    let mut r = Reader { rest: bytes };
    let version = r.header("circuit", TAG, PLAIN..=LOOKUPS)?;
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
    let num_instance = NUM_INSTANCE + usize::from(version == LOOKUPS);
    let r1cs = R1cs { num_instance, num_witness, a, b, c, values, blocks };
    check_matrices(&r1cs)?;
    let mut program = read_program(&mut r, r1cs.num_wires())?;
    if version == LOOKUPS {
        program.tables = read_tables(&mut r)?;
    }
    r.finish()?;
    check_program(&program)?;
    let commitment = program.commitment();
    Ok(Circuit { r1cs, program, commitment })
}

/// Lengths of consecutive runs, from their bounds.
fn lengths(w: &mut Writer, bounds: &[u32]) {
    for (start, end) in bounds.iter().zip(bounds.iter().skip(1)) {
        w.u32(end.saturating_sub(*start));
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

const INPUT: u8 = 0;
const CONTEXT: u8 = 1;
const SALT: u8 = 2;
const BITS: u8 = 3;
const QUOTIENT: u8 = 4;
const MULTIPLY_ADD: u8 = 5;
const REGIONS: u8 = 6;
const IS_ZERO: u8 = 7;
const POSEIDON: u8 = 8;
const POSEIDON_DIGEST: u8 = 9;
const MAXIMUM: u8 = 10;
const LIMBS: u8 = 11;
const APPLY: u8 = 12;
const COUNT: u8 = 13;
const MASK: u8 = 14;
const ELEMENT: u8 = 15;
const FRACTIONS: u8 = 16;

fn write_instruction(w: &mut Writer, instruction: Instruction) {
    match instruction {
        Instruction::Input => w.u8(INPUT),
        Instruction::Context => w.u8(CONTEXT),
        Instruction::Salt => w.u8(SALT),
        Instruction::Bits { from, count } => w.bytes(&[BITS, from, count]),
        Instruction::Quotient { shift } => w.bytes(&[QUOTIENT, shift]),
        Instruction::MultiplyAdd => w.u8(MULTIPLY_ADD),
        Instruction::Regions { shift, tail } => w.bytes(&[REGIONS, shift, tail]),
        Instruction::IsZero => w.u8(IS_ZERO),
        Instruction::Poseidon { arity, output: HashOutput::Linear } => w.bytes(&[POSEIDON, arity]),
        Instruction::Poseidon { arity, output: HashOutput::Digest } => w.bytes(&[POSEIDON_DIGEST, arity]),
        Instruction::Maximum { count } => w.bytes(&[MAXIMUM, count]),
        Instruction::Limbs { from, width, count } => w.bytes(&[LIMBS, from, width, count]),
        Instruction::Apply { table } => {
            w.u8(APPLY);
            w.u32(table);
        }
        Instruction::Count => w.u8(COUNT),
        Instruction::Mask => w.u8(MASK),
        Instruction::Element => w.u8(ELEMENT),
        Instruction::Fractions => w.u8(FRACTIONS),
    }
}

fn read_instruction(r: &mut Reader<'_>, position: usize) -> Result<Instruction, DecodeError> {
    let mut number = |field, min: u8, max: u8| {
        let value = r.u8(field)?;
        if (min..=max).contains(&value) {
            return Ok(value);
        }
        Err(DecodeError::Range { field, value: value.into(), min: min.into(), max: max.into() })
    };
    let max_width = u8::try_from(cost::MAX_WIDTH).unwrap_or(u8::MAX);
    let max_arity = u8::try_from(poseidon::MAX_ARITY).unwrap_or(u8::MAX);
    Ok(match number("operation", 0, u8::MAX)? {
        INPUT => Instruction::Input,
        CONTEXT => Instruction::Context,
        SALT => Instruction::Salt,
        BITS => {
            let from = number("lowest bit", 0, 63)?;
            Instruction::Bits { from, count: number("number of bits", 1, 64 - from)? }
        }
        QUOTIENT => Instruction::Quotient { shift: number("shift", 0, 63)? },
        MULTIPLY_ADD => Instruction::MultiplyAdd,
        REGIONS => Instruction::Regions { shift: number("shift", 0, 63)?, tail: number("tail bits", 0, 62)? },
        IS_ZERO => Instruction::IsZero,
        POSEIDON => Instruction::Poseidon {
            arity: number("hashed elements", 1, max_arity)?,
            output: HashOutput::Linear,
        },
        POSEIDON_DIGEST => Instruction::Poseidon {
            arity: number("hashed elements", 1, max_arity)?,
            output: HashOutput::Digest,
        },
        MAXIMUM => Instruction::Maximum { count: number("values of a maximum", 1, u8::MAX)? },
        LIMBS => {
            let from = number("lowest bit", 0, 63)?;
            let width = number("bits of a digit", 1, max_width)?;
            Instruction::Limbs { from, width, count: number("digits", 1, 64)? }
        }
        APPLY => Instruction::Apply { table: r.u32("table of a function")? },
        COUNT => Instruction::Count,
        MASK => Instruction::Mask,
        ELEMENT => Instruction::Element,
        FRACTIONS => Instruction::Fractions,
        operation => return Err(DecodeError::UnknownInstruction { position, operation }),
    })
}

fn read_program(r: &mut Reader<'_>, num_wires: usize) -> Result<WitnessProgram, DecodeError> {
    let count = r.count("input tensors", 4 + 1 + 4)?;
    let mut inputs = Vec::with_capacity(count);
    for _ in 0..count {
        let (len, bits) = (r.u32("input length")?, r.u8("input bits")?);
        if !(1..=MAX_TENSOR_BITS).contains(&bits) {
            let (value, max) = (bits.into(), MAX_TENSOR_BITS.into());
            return Err(DecodeError::Range { field: "input bits", value, min: 1, max });
        }
        inputs.push(InputTensor { name: r.name("input name")?, len, bits });
    }
    let count = r.count("instructions", 1)?;
    let instructions = (0..count).map(|i| read_instruction(r, i)).collect::<Result<Vec<_>, _>>()?;
    let count = r.count("output tensors", 4)?;
    let outputs = (0..count).map(|_| r.u32("output length")).collect::<Result<Vec<_>, _>>()?;

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

    let salts = instructions.iter().filter(|&&i| i == Instruction::Salt).count();
    let program = WitnessProgram {
        inputs,
        salts: u32::try_from(salts).unwrap_or(u32::MAX),
        instructions,
        integers,
        elements,
        constants,
        outputs,
        tables: Vec::new(),
        num_wires: u32::try_from(num_wires).unwrap_or(u32::MAX),
    };
    Ok(program)
}

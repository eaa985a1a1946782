//! Bytes of instructions: an operation, then its parameters.

use assay_interface::member::MAX_DEPTH;

use super::bytes::{Reader, Writer};
use crate::error::DecodeError;
use crate::instruction::{HashOutput, Instruction};
use crate::lookups::MAX_WIDTH;
use crate::permutation;

/// Most elements of a hash.
const MAX_ARITY: u8 = permutation::MAX_ARITY as u8;
const _: () = assert!(MAX_ARITY as usize == permutation::MAX_ARITY);

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
const MEMBER: u8 = 17;
const PRODUCT: u8 = 18;
const CHOOSE: u8 = 19;
const WEIGHTS: u8 = 20;

pub(super) fn write_instruction(w: &mut Writer, instruction: Instruction) {
    match instruction {
        Instruction::Weights => w.u8(WEIGHTS),
        Instruction::Input => w.u8(INPUT),
        Instruction::Context => w.u8(CONTEXT),
        Instruction::Salt => w.u8(SALT),
        Instruction::Bits { from, count } => w.bytes(&[BITS, from, count]),
        Instruction::Quotient { shift } => w.bytes(&[QUOTIENT, shift]),
        Instruction::MultiplyAdd => w.u8(MULTIPLY_ADD),
        Instruction::Regions { shift, tail } => w.bytes(&[REGIONS, shift, tail]),
        Instruction::Poseidon { arity, output: HashOutput::Linear } => w.bytes(&[POSEIDON, arity]),
        Instruction::Poseidon { arity, output: HashOutput::Digest } => w.bytes(&[POSEIDON_DIGEST, arity]),
        Instruction::IsZero => w.u8(IS_ZERO),
        Instruction::Maximum { count } => w.bytes(&[MAXIMUM, count]),
        Instruction::Limbs { from, width, count } => w.bytes(&[LIMBS, from, width, count]),
        Instruction::Apply { table } => {
            w.u8(APPLY);
            w.u32(table);
        }
        Instruction::Choose { choice } => {
            w.u8(CHOOSE);
            w.u32(choice);
        }
        Instruction::Count => w.u8(COUNT),
        Instruction::Mask => w.u8(MASK),
        Instruction::Element => w.u8(ELEMENT),
        Instruction::Fractions => w.u8(FRACTIONS),
        Instruction::Member { depth } => w.bytes(&[MEMBER, depth]),
        Instruction::Product => w.u8(PRODUCT),
    }
}

pub(super) fn read_instruction(r: &mut Reader<'_>, position: usize) -> Result<Instruction, DecodeError> {
    let mut number = |field, min: u8, max: u8| {
        let value = r.u8(field)?;
        if (min..=max).contains(&value) {
            return Ok(value);
        }
        Err(DecodeError::Range { field, value: value.into(), min: min.into(), max: max.into() })
    };
    Ok(match number("operation", 0, u8::MAX)? {
        WEIGHTS => Instruction::Weights,
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
        POSEIDON => Instruction::Poseidon {
            arity: number("hashed elements", 1, MAX_ARITY)?,
            output: HashOutput::Linear,
        },
        POSEIDON_DIGEST => Instruction::Poseidon {
            arity: number("hashed elements", 1, MAX_ARITY)?,
            output: HashOutput::Digest,
        },
        IS_ZERO => Instruction::IsZero,
        MAXIMUM => Instruction::Maximum { count: number("values of a maximum", 1, u8::MAX)? },
        LIMBS => {
            let from = number("lowest bit", 0, 63)?;
            let width = number("bits of a digit", 1, MAX_WIDTH)?;
            Instruction::Limbs { from, width, count: number("digits", 1, 64)? }
        }
        APPLY => Instruction::Apply { table: r.u32("table of a function")? },
        CHOOSE => Instruction::Choose { choice: r.u32("choice")? },
        COUNT => Instruction::Count,
        MASK => Instruction::Mask,
        ELEMENT => Instruction::Element,
        FRACTIONS => Instruction::Fractions,
        MEMBER => Instruction::Member { depth: number("depth of a tree", 1, MAX_DEPTH)? },
        PRODUCT => Instruction::Product,
        operation => return Err(DecodeError::UnknownInstruction { position, operation }),
    })
}

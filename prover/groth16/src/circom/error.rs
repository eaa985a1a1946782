//! What can be wrong with a file of circom's or snarkjs'.

use std::io;

use thiserror::Error;

use crate::encoding::KeyReadError;

/// Why a file is not a `.zkey` or `.wtns` that can be used.
#[derive(Debug, Error)]
pub enum CircomError {
    /// The file could not be read.
    #[error(transparent)]
    Io(#[from] io::Error),
    /// Another kind of file.
    #[error("not a .{0} file, or one of another version")]
    Magic(&'static str),
    /// More sections than any tool writes.
    #[error("{0} sections, where files have about ten")]
    Sections(u32),
    /// A section that is not there, or is there twice.
    #[error("section {section} is there {count} times, and once is right")]
    Section {
        /// Its number.
        section: u32,
        /// How often it is there.
        count: usize,
    },
    /// A section, or the file, of a length that does not fit its counts.
    #[error(
        "section {section} has {found} bytes, its counts ask for {expected}: the file is damaged or cut off"
    )]
    Length {
        /// Its number; 0 for the list of sections.
        section: u32,
        /// Bytes that the counts ask for.
        expected: u64,
        /// Bytes that are there.
        found: u64,
    },
    /// Another proof system or curve.
    #[error("only Groth16 over BN254 (snarkjs: groth16, bn128) is supported")]
    Protocol,
    /// Counts that no circuit gives.
    #[error("{wires} wires, {public} of them public, and {domain} rows are not possible counts")]
    Counts {
        /// Wires.
        wires: u32,
        /// Public wires, the constant one left out.
        public: u32,
        /// Points of the domain.
        domain: u32,
    },
    /// An entry of the matrices that points outside them.
    #[error("entry {0} of the matrices names no matrix, row or wire of the circuit")]
    Entry(usize),
    /// A number that is not below the field's order.
    #[error("value {index} of section {section} is not below the order of the field")]
    NotCanonical {
        /// The section's number.
        section: u32,
        /// Position in it.
        index: usize,
    },
    /// A point that is none, or may not stand where it does.
    #[error(transparent)]
    Key(#[from] KeyReadError),
}

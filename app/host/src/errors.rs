//! Names and messages for programs' error numbers, from their IDLs.

use std::collections::BTreeMap;

use serde::Deserialize;
use solana_address::Address;
use thiserror::Error;

use crate::identity::Identity;

/// An error of a program.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct ProgramError {
    /// The number that the program returns: fixed for good.
    pub code: u32,
    /// The variant's name.
    pub name: String,
    /// What is wrong.
    #[serde(rename = "msg")]
    pub message: String,
}

/// Errors of some programs by number. The programs' ranges are disjoint, because a caller passes the errors of the
/// program it called on.
#[derive(Clone, Debug, Default)]
pub struct ErrorTable(BTreeMap<u32, (Address, ProgramError)>);

/// Why programs have no table of errors: a defect of their IDLs.
#[derive(Debug, Error)]
pub enum ErrorTableError {
    /// An IDL is no JSON of the expected form.
    #[error("the IDL of {program} cannot be read")]
    Idl {
        /// The program's name.
        program: &'static str,
        /// What is wrong with it.
        #[source]
        source: serde_json::Error,
    },
    /// Two errors have one number.
    #[error("error number {code} is used twice, by {first} and by {second}")]
    Repeated {
        /// The number.
        code: u32,
        /// The error that had it first.
        first: String,
        /// The other.
        second: String,
    },
}

impl ErrorTable {
    /// The errors of `programs`.
    ///
    /// # Errors
    /// See [`ErrorTableError`].
    pub fn of(programs: &[Identity]) -> Result<Self, ErrorTableError> {
        #[derive(Deserialize)]
        struct Idl {
            // A program without errors of its own has no such field.
            #[serde(default)]
            errors: Vec<ProgramError>,
        }
        let mut table = BTreeMap::<u32, (Address, ProgramError)>::new();
        for program in programs {
            let idl: Idl = serde_json::from_str(program.idl)
                .map_err(|source| ErrorTableError::Idl { program: program.name, source })?;
            for error in idl.errors {
                let (code, second) = (error.code, error.name.clone());
                if let Some((_, first)) = table.insert(code, (program.id, error)) {
                    return Err(ErrorTableError::Repeated { code, first: first.name, second });
                }
            }
        }
        Ok(Self(table))
    }

    /// The errors of one program, by number.
    pub fn of_program(&self, program: &Address) -> impl Iterator<Item = &ProgramError> {
        self.0.values().filter(move |(owner, _)| owner == program).map(|(_, error)| error)
    }

    /// The program and the error that `code` stands for. Programs number their errors below 2^16; what stands above says
    /// which of several things is at fault, as `assay_interface::verifier::error_place` has it.
    pub fn by_code(&self, code: u32) -> Option<&(Address, ProgramError)> {
        self.0.get(&(code & 0xffff))
    }
}

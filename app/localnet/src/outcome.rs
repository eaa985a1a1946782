//! What became of a transaction.

use std::fmt;

use assay_host::{Executed, errors::ErrorTable};
use litesvm::types::{FailedTransactionMetadata, TransactionMetadata};
use solana_address::Address;
use solana_instruction::error::InstructionError;
use solana_transaction::TransactionError;

/// A transaction that was executed, whether it was refused or not.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// Why it was refused; `None` when it went through.
    pub refusal: Option<Refusal>,
    /// Compute units of the whole transaction.
    pub compute_units: u64,
    /// Compute units of each invocation of a program, callees included, in the order in which they returned.
    pub programs: Vec<ProgramUnits>,
    /// What the programs logged.
    pub logs: Vec<String>,
    /// Bytes on the wire.
    pub size: usize,
    /// What the last program returned.
    pub return_data: Vec<u8>,
}

/// Compute units of one invocation of a program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ProgramUnits {
    /// The program.
    pub program: Address,
    /// Its units, callees included.
    pub compute_units: u64,
}

/// Why a transaction was refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// Position of the instruction that failed; `None` when the transaction as a whole was refused.
    pub instruction: Option<u8>,
    /// The number that the program returned, if a program refused it.
    pub code: Option<u32>,
    /// The error's name: a variant of the program's enum, or the runtime's own.
    pub name: String,
    /// What is wrong, in a sentence.
    pub message: String,
}

impl Outcome {
    /// Whether it went through.
    pub fn is_ok(&self) -> bool {
        self.refusal.is_none()
    }

    /// What it cost, or why it was refused.
    ///
    /// # Errors
    /// The refusal.
    pub fn executed(&self) -> Result<Executed, Refusal> {
        match &self.refusal {
            None => Ok(Executed { compute_units: self.compute_units, size: self.size }),
            Some(refusal) => Err(refusal.clone()),
        }
    }

    /// Name of the error that refused it; empty when it went through.
    pub fn error(&self) -> &str {
        self.refusal.as_ref().map_or("", |refusal| &refusal.name)
    }

    /// The outcome, when it went through.
    ///
    /// # Panics
    /// When it was refused, with the logs.
    #[track_caller]
    pub fn expect_ok(self) -> Self {
        if let Some(refusal) = &self.refusal {
            panic!("the transaction was refused: {refusal}\n{}", self.logs.join("\n"));
        }
        self
    }

    /// The events that programs logged, each its discriminator and its Borsh bytes, in order.
    pub fn events(&self) -> Vec<Vec<u8>> {
        self.logs.iter().filter_map(|line| base64(line.strip_prefix("Program data: ")?)).collect()
    }

    /// Compute units of the first invocation of `program` to return.
    pub fn units_of(&self, program: &Address) -> Option<u64> {
        self.programs.iter().find(|units| units.program == *program).map(|units| units.compute_units)
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.code {
            Some(code) => write!(f, "{} ({code}): {}", self.name, self.message),
            None => write!(f, "{}: {}", self.name, self.message),
        }
    }
}

pub(crate) fn outcome(
    errors: &ErrorTable,
    result: Result<TransactionMetadata, FailedTransactionMetadata>,
    size: usize,
) -> Outcome {
    let (refusal, meta) = match result {
        Ok(meta) => (None, meta),
        Err(failed) => (Some(refusal(errors, &failed.err)), failed.meta),
    };
    Outcome {
        refusal,
        compute_units: meta.compute_units_consumed,
        programs: meta.logs.iter().filter_map(|line| program_units(line)).collect(),
        logs: meta.logs,
        size,
        return_data: meta.return_data.data,
    }
}

fn refusal(errors: &ErrorTable, error: &TransactionError) -> Refusal {
    let TransactionError::InstructionError(position, inner) = error else {
        let name = variant_name(&format!("{error:?}"));
        return Refusal { instruction: None, code: None, name, message: error.to_string() };
    };
    let instruction = Some(*position);
    match inner {
        InstructionError::Custom(code) => {
            let (name, message) = match errors.by_code(*code) {
                Some((_, error)) => (error.name.clone(), error.message.clone()),
                None => (format!("Custom({code})"), inner.to_string()),
            };
            Refusal { instruction, code: Some(*code), name, message }
        }
        _ => {
            let name = variant_name(&format!("{inner:?}"));
            Refusal { instruction, code: None, name, message: inner.to_string() }
        }
    }
}

/// The name of an enum's variant, without its fields.
fn variant_name(debug: &str) -> String {
    debug.split([' ', '(', '{']).next().unwrap_or(debug).to_owned()
}

/// Reads `Program <address> consumed <units> of <limit> compute units`.
fn program_units(line: &str) -> Option<ProgramUnits> {
    let mut words = line.split_whitespace();
    let address = match (words.next(), words.next(), words.next()) {
        (Some("Program"), Some(address), Some("consumed")) => address,
        _ => return None,
    };
    let compute_units = words.next()?.parse().ok()?;
    Some(ProgramUnits { program: address.parse().ok()?, compute_units })
}

/// Decodes standard base64 with padding; `None` for anything else.
fn base64(text: &str) -> Option<Vec<u8>> {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let digits = text.trim_end_matches('=');
    let mut bytes = Vec::with_capacity(digits.len() * 3 / 4);
    let (mut window, mut bits) = (0_u32, 0_u32);
    for digit in digits.bytes() {
        let value = ALPHABET.iter().position(|&letter| letter == digit)?;
        window = (window << 6 | u32::try_from(value).ok()?) & 0xfff;
        bits += 6;
        if bits >= 8 {
            bits -= 8;
            bytes.push(u8::try_from(window >> bits & 0xff).ok()?);
        }
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn units_are_read_from_the_runtimes_lines_only() {
        let id = "AVr5RWTqtrW1qMaUQ9B6LqbGBP2LQ4gvtpxgHugwPkzN";
        let line = format!("Program {id} consumed 81234 of 200000 compute units");
        let expected = ProgramUnits { program: id.parse().unwrap(), compute_units: 81_234 };
        assert_eq!(program_units(&line), Some(expected));
        assert_eq!(program_units(&format!("Program log: Program {id} consumed 1 of 2 compute units")), None);
        assert_eq!(program_units(&format!("Program {id} success")), None);
    }

    #[test]
    fn events_are_base64() {
        assert_eq!(base64("AAECA/+/"), Some(vec![0, 1, 2, 3, 255, 191]));
        assert_eq!(base64("QQ=="), Some(b"A".to_vec()));
        assert_eq!(base64("QUI="), Some(b"AB".to_vec()));
        assert_eq!(base64("not base64"), None);
    }

    #[test]
    fn errors_without_a_program_have_the_runtimes_names() {
        let refusal = |error: &TransactionError| refusal(&ErrorTable::default(), error);
        let custom = TransactionError::InstructionError(1, InstructionError::Custom(8001));
        assert_eq!(
            (refusal(&custom).instruction, refusal(&custom).code, refusal(&custom).name.as_str()),
            (Some(1), Some(8001), "Custom(8001)")
        );
        let owner = TransactionError::InstructionError(0, InstructionError::IllegalOwner);
        assert_eq!(refusal(&owner).name, "IllegalOwner");
        assert_eq!(refusal(&TransactionError::AccountNotFound).instruction, None);
    }
}

//! Names and messages for the programs' error numbers, from the programs' own enums.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use assay_lending::LendingError;
use assay_verifier::VerifierError;
use serde::Deserialize;
use solana_address::Address;

/// An error of one of Assay's programs.
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

/// Errors by number. The programs' ranges are disjoint (verifier 6000, lending 7000), because a caller passes the
/// errors of the program it called on.
static ERRORS: LazyLock<BTreeMap<u32, (Address, ProgramError)>> = LazyLock::new(|| {
    let tables = [
        (assay_verifier::ID, VerifierError::__idl_errors()),
        (assay_lending::ID, LendingError::__idl_errors()),
    ];
    let mut errors = BTreeMap::new();
    for (program, table) in tables {
        let listed: Vec<ProgramError> = serde_json::from_str(&table).unwrap_or_default();
        errors.extend(listed.into_iter().map(|error| (error.code, (program, error))));
    }
    errors
});

/// The program and the error that `code` stands for.
pub fn by_code(code: u32) -> Option<&'static (Address, ProgramError)> {
    ERRORS.get(&code)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_names() {
        let (program, error) = by_code(6035).unwrap();
        assert_eq!(*program, assay_verifier::ID);
        assert_eq!(error.name, "KeyGammaEqualsDelta");
        assert_eq!(error.message, "gamma equals delta: anyone could forge proofs");
        assert!(ERRORS.values().any(|(program, _)| *program == assay_lending::ID));
        assert_eq!(by_code(5999), None);
    }

    #[test]
    fn every_error_has_a_message_and_no_number_is_used_twice() {
        let listed = |table: String| serde_json::from_str::<Vec<ProgramError>>(&table).unwrap().len();
        let all = listed(VerifierError::__idl_errors()) + listed(LendingError::__idl_errors());
        assert_eq!(ERRORS.len(), all);
        assert!(ERRORS.values().all(|(_, error)| !error.message.is_empty()));
    }
}

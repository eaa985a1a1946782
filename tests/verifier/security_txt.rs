//! Whom to tell of a fault: the text that scanners look for in a program's bytes.

use assay_localnet::{deploy_directory, read_program};
use solana_security_txt::find_and_parse;

#[test]
fn every_program_says_whom_to_tell() {
    for program in assay_programs::identities() {
        let bytes = read_program(&deploy_directory(), program.library).unwrap();
        let text = find_and_parse(&bytes).unwrap_or_else(|error| panic!("{}: {error}", program.library));
        assert!(text.name.starts_with("Assay"), "{}", text.name);
        assert!(!text.contacts.is_empty() && !text.policy.is_empty());
        assert_eq!(text.source_release.as_deref(), Some(env!("CARGO_PKG_VERSION")));
    }
}

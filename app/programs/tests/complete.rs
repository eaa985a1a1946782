//! Every entry of the list is complete: what goes over all programs finds each one's part.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use assay_host::errors::ErrorTable;
use assay_host::{Address, Identity};
use assay_programs::{ALL, by_name, identities};

fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// The instructions that an IDL lists.
fn instructions(program: &Identity) -> Vec<String> {
    let idl: serde_json::Value = serde_json::from_str(program.idl).unwrap();
    let listed = idl["instructions"].as_array().unwrap().iter();
    listed.map(|instruction| instruction["name"].as_str().unwrap().to_owned()).collect()
}

/// The instructions that rows of the ledger of costs measure, by program.
fn ledger() -> BTreeMap<String, BTreeSet<String>> {
    let text = std::fs::read_to_string(repository().join("tests/ledger/compute-units.csv")).unwrap();
    let mut rows = BTreeMap::<String, BTreeSet<String>>::new();
    for line in text.lines().skip(1) {
        let [program, row, ..] = line.split(',').collect::<Vec<_>>()[..] else { panic!("{line}") };
        rows.entry(program.into()).or_default().insert(row.into());
    }
    rows
}

#[test]
fn identities_are_what_the_programs_state() {
    for program in identities() {
        let idl: serde_json::Value = serde_json::from_str(program.idl).unwrap();
        assert_eq!(idl["address"], program.id.to_string(), "{}", program.name);
        assert_eq!(idl["metadata"]["name"], program.library, "{}", program.name);
        assert_eq!(by_name(program.name).unwrap().identity(), program);
    }
    assert!(by_name("no such program").is_none());
}

#[test]
fn errors_have_names_and_no_number_is_used_twice() {
    let errors = ErrorTable::of(&identities()).unwrap();
    let (program, error) = errors.by_code(6035).unwrap();
    assert_eq!(
        (*program, error.name.as_str()),
        (by_name("verifier").unwrap().identity().id, "KeyGammaEqualsDelta")
    );
    assert_eq!(error.message, "gamma equals delta: anyone could forge proofs");
    assert_eq!(errors.by_code(7072).unwrap().1.name, "ScoreBelowThreshold");
    assert_eq!(errors.by_code(5999), None);
    for program in identities() {
        let found = errors.of_program(&program.id).filter(|error| !error.message.is_empty()).count();
        assert!(found > 0, "{} has no errors with messages", program.name);
    }
}

#[test]
fn every_instruction_has_a_row_in_the_ledger_and_every_row_an_instruction() {
    let ledger = ledger();
    assert!(ledger.keys().all(|name| by_name(name).is_some()), "{:?}", ledger.keys());
    for program in ALL {
        let identity = program.identity();
        let instructions: BTreeSet<String> = instructions(&identity).into_iter().collect();
        let empty = BTreeSet::new();
        let rows = ledger.get(identity.name).unwrap_or(&empty);
        let missing: Vec<&String> = instructions.difference(rows).collect();
        assert!(missing.is_empty(), "{}: no row of the ledger measures {missing:?}", identity.name);
        let variants: BTreeMap<&str, &str> = program.variants().iter().copied().collect();
        for row in rows.difference(&instructions) {
            let of = variants
                .get(row.as_str())
                .unwrap_or_else(|| panic!("{}: {row} is no variant", identity.name));
            assert!(instructions.contains(*of), "{}: {row} is a variant of no instruction", identity.name);
        }
        for variant in variants.keys() {
            assert!(rows.contains(*variant), "{}: no row of the ledger measures {variant}", identity.name);
        }
    }
}

/// The attacks thought of stand in a test file for each instruction; those that are made from every instruction of the
/// IDL, and the random bytes, in `attacks.rs`, which fails for an instruction that nobody played.
#[test]
fn every_instruction_is_attacked() {
    for program in identities() {
        let folder = repository().join("tests").join(program.name);
        for instruction in instructions(&program) {
            let path = folder.join(format!("{instruction}.rs"));
            let text = std::fs::read_to_string(&path)
                .unwrap_or_else(|error| panic!("{}: {instruction} has no tests: {error}", program.name));
            assert!(text.contains("refused("), "{}: nothing in {} is refused", program.name, path.display());
        }
        let path = folder.join("attacks.rs");
        let text =
            std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        for call in ["check", "fuzz"] {
            let call = format!("{call}(&assay_{}_host::IDENTITY, ", program.name);
            assert!(text.contains(&call), "{}: no call of {call}", path.display());
        }
    }
}

#[test]
fn strategies_open_with_their_addresses_and_with_no_fewer() {
    for program in ALL {
        let Some(entry) = program.strategy() else { continue };
        let name = program.identity().name;
        let address = |byte: u8| Address::new_from_array([byte; 32]);
        let named: BTreeMap<String, Address> =
            entry.addresses.iter().zip(1..).map(|(name, byte)| ((*name).to_owned(), address(byte))).collect();
        assert!((entry.open)(&named).is_ok(), "{name}");
        for missing in entry.addresses {
            let mut named = named.clone();
            named.remove(*missing);
            let error =
                (entry.open)(&named).err().unwrap_or_else(|| panic!("{name} opened without {missing}"));
            assert!(error.to_string().contains(missing), "{error}");
        }
    }
}

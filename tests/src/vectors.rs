//! Golden vectors for clients in other languages: JSON under `sdk/ts/test/vectors`, written with `ASSAY_LEDGER=write`.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use assay_host::Identity;
use assay_localnet::Accepted;
use serde_json::{Map, Value, json};

use crate::attacks::Interface;

/// Compares what is computed with the committed vectors, or writes them.
///
/// # Panics
/// Where they differ.
pub fn check(name: &str, computed: &Value) {
    check_as(name, computed, Value::clone);
}

/// The same for vectors that differ from run to run: what `shape` makes of both is compared.
fn check_as(name: &str, computed: &Value, shape: impl Fn(&Value) -> Value) {
    let path = path(name);
    if std::env::var("ASSAY_LEDGER").is_ok_and(|mode| mode == "write") {
        let text = format!("{}\n", serde_json::to_string_pretty(computed).expect("JSON"));
        return std::fs::write(&path, text).expect("written");
    }
    let text = std::fs::read_to_string(&path).expect("committed vectors");
    let committed: Value = serde_json::from_str(&text).expect("JSON");
    assert!(
        shape(&committed) == shape(computed),
        "{}: if this is meant, run with ASSAY_LEDGER=write and commit the difference",
        path.display()
    );
}

fn path(name: &str) -> PathBuf {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the workspace's root");
    root.join("sdk/ts/test/vectors").join(format!("{name}.json"))
}

/// Hexadecimal text.
pub fn hex(bytes: impl AsRef<[u8]>) -> String {
    bytes.as_ref().iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The first use of each instruction of a program with the parts of its arguments, and of each kind of its accounts the first that
/// an instruction met.
///
/// Addresses are drawn anew in each run, so the committed vectors are compared by their shape: instructions, accounts and their
/// roles, parts, kinds and lengths. What the bytes of a run mean, the other language's tests check.
///
/// # Panics
/// Where the shape differs, or the IDL does not describe what was recorded.
pub fn instructions(identity: &Identity, recorded: &[Accepted]) {
    let interface = Interface::parse(identity.idl);
    let kinds = account_kinds(identity.idl);
    let (mut instructions, mut accounts, mut seen) = (Map::new(), Map::new(), BTreeSet::new());
    for accepted in recorded {
        for instruction in &accepted.instructions {
            let Some(signature) = interface.of(&instruction.data) else { continue };
            if instruction.program_id != identity.id || !seen.insert(&signature.name) {
                continue;
            }
            let metas = instruction.accounts.iter().map(|meta| {
                json!({"address": meta.pubkey.to_string(), "signer": meta.is_signer, "writable": meta.is_writable})
            });
            let parts = interface.parts(signature, &instruction.data);
            let parts = parts.iter().map(|part| json!([part.path, part.at]));
            instructions.insert(
                signature.name.clone(),
                json!({
                    "accounts": metas.collect::<Vec<_>>(),
                    "data": hex(&instruction.data),
                    "parts": parts.collect::<Vec<_>>(),
                }),
            );
        }
        let used = accepted.instructions.iter().flat_map(|instruction| &instruction.accounts);
        for account in used.filter_map(|meta| accepted.before.account(&meta.pubkey)) {
            let kind = kinds.iter().find(|(_, discriminator)| account.data.starts_with(discriminator));
            if let Some((name, _)) = kind.filter(|_| account.owner == identity.id) {
                accounts.entry(name).or_insert_with(|| hex(&account.data).into());
            }
        }
    }
    let computed =
        json!({"program": identity.id.to_string(), "instructions": instructions, "accounts": accounts});
    check_as(&format!("{}-program", identity.name), &computed, shape);
}

fn account_kinds(idl: &str) -> Vec<(String, Vec<u8>)> {
    let idl: Value = serde_json::from_str(idl).expect("a committed IDL");
    let accounts = idl["accounts"].as_array().cloned().unwrap_or_default();
    let kind = |account: Value| {
        let discriminator = serde_json::from_value(account["discriminator"].clone()).expect("bytes");
        (account["name"].as_str().expect("a name").to_owned(), discriminator)
    };
    accounts.into_iter().map(kind).collect()
}

/// Addresses and data give way to their lengths.
fn shape(vectors: &Value) -> Value {
    match vectors {
        Value::String(text) => json!(text.len().next_multiple_of(16)), // addresses have 43 or 44 letters, or few fewer
        Value::Array(values) => values.iter().map(shape).collect(),
        Value::Object(fields) => fields.iter().map(|(name, value)| (name.clone(), shape(value))).collect(),
        other => other.clone(),
    }
}

//! IDLs, from the tests that Anchor's macros generate.
//!
//! Under the feature `idl-build` each program's test binary prints fragments between markers
//! (`--- IDL begin program ---` and so on). The Anchor command line collects them into one file; this does the
//! same without it, and says it so that other readers understand it ([`plain`]).

mod plain;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};
use serde_json::{Value, json};

use crate::process::{capture, cargo_apart, progress};
use crate::programs::Program;
use crate::workspace::Workspace;

/// Writes the IDLs of those `programs` that have one to `target/idl`.
pub fn generate(workspace: &Workspace, programs: &[Program]) -> Result<()> {
    let directory = workspace.idl();
    fs::create_dir_all(&directory).with_context(|| format!("cannot create {}", directory.display()))?;
    let programs: Vec<_> = programs.iter().filter(|program| program.has_idl).collect();
    progress("generating the IDLs");
    let binaries = compile(workspace, &programs)?;
    for program in programs {
        let binary = binaries
            .get(&program.library)
            .with_context(|| format!("cargo names no test binary of {}", program.package))?;
        let idl = assemble(&print_fragments(binary)?)
            .with_context(|| format!("cannot assemble the IDL of {}", program.package))?;
        let path = directory.join(format!("{}.json", program.library));
        fs::write(&path, format!("{idl:#}\n")).with_context(|| format!("cannot write {}", path.display()))?;
    }
    Ok(())
}

/// The test binary of each program, by the library's name. In one call, and not optimized: each choice of packages would
/// compile most dependencies once more, and the binaries run for an instant.
fn compile(workspace: &Workspace, programs: &[&Program]) -> Result<BTreeMap<String, PathBuf>> {
    let mut command = cargo_apart();
    command
        .current_dir(&workspace.root)
        .env("CARGO_PROFILE_RELEASE_OPT_LEVEL", "0")
        .args(["test", "--release", "--quiet", "--lib", "--no-run"])
        .arg("--message-format=json-render-diagnostics");
    for program in programs {
        command.args(["--package", &program.package]);
        command.args(["--features", &format!("{}/idl-build", program.package)]);
    }
    let mut binaries = BTreeMap::new();
    for message in capture(&mut command)?.lines() {
        let message: Value = serde_json::from_str(message).context("cargo's message is not JSON")?;
        if let (Some(name), Some(path)) = (message["target"]["name"].as_str(), message["executable"].as_str())
        {
            binaries.insert(name.to_owned(), PathBuf::from(path));
        }
    }
    Ok(binaries)
}

fn print_fragments(binary: &Path) -> Result<String> {
    capture(Command::new(binary).args(["__anchor_private_print_idl", "--show-output", "--test-threads=1"]))
}

/// One IDL out of what the tests print.
fn assemble(printed: &str) -> Result<Value> {
    let mut idl: Value = fragment(printed, "program")?;
    let address = sections(printed, "address").next().context("no address was printed")?;
    let mut types: Vec<Value> = take_array(&mut idl, "types");
    let (mut events, mut errors, mut constants) = (Vec::new(), Vec::new(), Vec::new());
    for text in sections(printed, "event") {
        let mut event: Value = serde_json::from_str(&text).context("an event is not JSON")?;
        types.extend(take_array(&mut event, "types"));
        events.push(event["event"].take());
    }
    for text in sections(printed, "errors") {
        let listed: Vec<Value> = serde_json::from_str(&text).context("the errors are not a JSON array")?;
        errors.extend(listed);
    }
    for text in sections(printed, "const") {
        constants.push(serde_json::from_str(&text).context("a constant is not JSON")?);
    }
    for text in sections(printed, "pda") {
        let pda: Value = serde_json::from_str(&text).context("an address is not JSON")?;
        place_address(&mut idl, &pda)?;
    }
    sort_by_name(&mut types);
    types.dedup();
    sort_by_name(&mut events);
    sort_by_name(&mut constants);
    if let Some([first, second]) =
        types.array_windows().find(|[first, second]| first["name"] == second["name"])
    {
        bail!("two different types are called {}: {first} and {second}", first["name"]);
    }
    for name in named(&idl).chain(types.iter().chain(&events).flat_map(named)) {
        if types.iter().all(|kind| kind["name"] != *name) {
            bail!("no type is called {name}: the program knows it by another name than its IDL");
        }
    }
    idl["address"] = json!(address.trim());
    for (key, values) in [("types", types), ("events", events), ("errors", errors), ("constants", constants)]
    {
        if !values.is_empty() {
            idl[key] = Value::Array(values);
        }
    }
    plain::rewrite(&mut idl);
    Ok(idl)
}

/// Puts the address of a kind of account beside the account's type, and wherever an instruction takes one.
///
/// Anchor prints addresses of `seeds` constraints by itself; a program that derives an address otherwise prints
/// `{account, name, seeds}`.
fn place_address(idl: &mut Value, pda: &Value) -> Result<()> {
    let address = json!({ "seeds": pda["seeds"] });
    let kind = idl["accounts"]
        .as_array_mut()
        .into_iter()
        .flatten()
        .find(|account| account["name"] == pda["account"])
        .with_context(|| format!("no instruction loads the account {}", pda["account"]))?;
    kind["pda"] = address.clone();
    for instruction in idl["instructions"].as_array_mut().into_iter().flatten() {
        for account in instruction["accounts"].as_array_mut().into_iter().flatten() {
            if account["name"] == pda["name"] && account["pda"].is_null() {
                account["pda"] = address.clone();
            }
        }
    }
    Ok(())
}

/// The names of the types that something refers to. An alias, or a list under another name than `Vec`, is one that nobody defines.
fn named(value: &Value) -> Box<dyn Iterator<Item = &str> + '_> {
    match value {
        Value::Object(fields) => {
            let name = value["defined"]["name"].as_str();
            Box::new(name.into_iter().chain(fields.values().flat_map(named)))
        }
        Value::Array(values) => Box::new(values.iter().flat_map(named)),
        _ => Box::new(std::iter::empty()),
    }
}

fn fragment(printed: &str, kind: &str) -> Result<Value> {
    let text = sections(printed, kind).next().with_context(|| format!("no {kind} was printed"))?;
    serde_json::from_str(&text).with_context(|| format!("the {kind} is not JSON"))
}

/// The texts between the markers of `kind`, in order.
fn sections(printed: &str, kind: &str) -> impl Iterator<Item = String> {
    let (begin, end) = (format!("--- IDL begin {kind} ---"), format!("--- IDL end {kind} ---"));
    let mut found = Vec::new();
    let mut current: Option<Vec<&str>> = None;
    for line in printed.lines() {
        if line == begin {
            current = Some(Vec::new());
        } else if line == end {
            found.extend(current.take().map(|lines| lines.join("\n")));
        } else if let Some(lines) = &mut current {
            lines.push(line);
        }
    }
    found.into_iter()
}

fn take_array(value: &mut Value, key: &str) -> Vec<Value> {
    match value[key].take() {
        Value::Array(values) => values,
        _ => Vec::new(),
    }
}

fn sort_by_name(values: &mut [Value]) {
    values.sort_by(|a, b| {
        a["name"].as_str().cmp(&b["name"].as_str()).then_with(|| a.to_string().cmp(&b.to_string()))
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    const PRINTED: &str = r#"
--- IDL begin address ---
Assay111
--- IDL end address ---
--- IDL begin event ---
{"event":{"name":"Moved","discriminator":[1]},"types":[{"name":"Moved"},{"name":"Side"}]}
--- IDL end event ---
--- IDL begin errors ---
[{"code":6000,"name":"Wrong"}]
--- IDL end errors ---
--- IDL begin program ---
{"address":"","metadata":{"name":"x"},"instructions":[],"accounts":[],"types":[{"name":"Side"}]}
--- IDL end program ---
"#;

    #[test]
    fn fragments_become_one_idl() {
        assert_eq!(
            assemble(PRINTED).unwrap(),
            json!({
                "address": "Assay111",
                "metadata": {"name": "x"},
                "instructions": [],
                "accounts": [],
                "types": [{"name": "Moved"}, {"name": "Side"}],
                "events": [{"name": "Moved", "discriminator": [1]}],
                "errors": [{"code": 6000, "name": "Wrong"}],
            })
        );
    }

    #[test]
    fn two_types_of_one_name_are_refused() {
        let printed =
            PRINTED.replace(r#""types":[{"name":"Side"}]}"#, r#""types":[{"name":"Side","kind":1}]}"#);
        assert!(
            assemble(&printed).unwrap_err().to_string().contains("two different types are called \"Side\"")
        );
    }

    #[test]
    fn a_type_that_nobody_defines_is_refused() {
        let list = r#""instructions":[{"args":[{"name":"proof","type":{"defined":{"name":"Vec"}}}]}]"#;
        let printed = PRINTED.replace(r#""instructions":[]"#, list);
        assert!(assemble(&printed).unwrap_err().to_string().starts_with("no type is called Vec"));
        let side = list.replace("Vec", "Side");
        assert!(assemble(&PRINTED.replace(r#""instructions":[]"#, &side)).is_ok());
    }

    #[test]
    fn addresses_stand_beside_types_and_accounts() {
        let accounts =
            r#""instructions":[{"accounts":[{"name":"box"},{"name":"payer"}]}],"accounts":[{"name":"Box"}]"#;
        let seeds = json!([{"kind": "const", "value": [1]}]);
        let pda = json!({"account": "Box", "name": "box", "seeds": seeds});
        let printed = PRINTED.replace(r#""instructions":[],"accounts":[]"#, accounts);
        let printed = format!("{printed}--- IDL begin pda ---\n{pda}\n--- IDL end pda ---\n");
        let idl = assemble(&printed).unwrap();
        assert_eq!(idl["accounts"][0], json!({"name": "Box", "pda": {"seeds": seeds}}));
        let taken = &idl["instructions"][0]["accounts"];
        assert_eq!(taken, &json!([{"name": "box", "pda": {"seeds": seeds}}, {"name": "payer"}]));
        let unknown = printed.replace(r#""account":"Box""#, r#""account":"Chest""#);
        assert!(assemble(&unknown).unwrap_err().to_string().contains("Chest"));
    }

    #[test]
    fn a_missing_program_is_named() {
        assert_eq!(assemble("nothing").unwrap_err().to_string(), "no program was printed");
    }
}

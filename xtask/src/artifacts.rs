//! The committed programs and IDLs: what they are, whether the sources give them, and making them anew.
//!
//! ```text
//! programs/bin/LIBRARY.so     what the tests and the demonstration run
//! programs/idl/LIBRARY.json   for clients in other languages
//! programs/SHA256SUMS         the hashes of both, as `sha256sum --check` takes them, and in a comment that of the sources
//! ```
//!
//! The build gives the same bytes in every folder, so [`verify`] compares byte for byte. The hash of the sources only says
//! without a compiler that they changed since the last build.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail, ensure};
use sha2::{Digest, Sha256};

use crate::process::progress;
use crate::programs::Program;
use crate::workspace::Workspace;

const SUMS: &str = "SHA256SUMS";
const SOURCES: &str = "# sources: ";
const STALE: &str = "hint: run `cargo xtask build`, and commit what it changes under programs/";

/// Files by their path in `programs/`.
type Files = BTreeMap<String, Vec<u8>>;

/// Makes what was just built the committed programs.
pub fn publish(workspace: &Workspace, programs: &[Program]) -> Result<()> {
    let files = built(workspace, programs)?;
    let folder = workspace.root.join("programs");
    for name in committed(workspace)?.keys().filter(|name| !files.contains_key(*name)) {
        fs::remove_file(folder.join(name)).with_context(|| format!("cannot remove programs/{name}"))?;
    }
    for (name, bytes) in &files {
        write(&folder.join(name), bytes)?;
    }
    write(&folder.join(SUMS), sums(&files, &hash_of_sources(programs)?).as_bytes())?;
    progress("programs/bin, programs/idl and their hashes are as built");
    Ok(())
}

/// Compares what was just built with the committed programs, byte for byte.
pub fn verify(workspace: &Workspace, programs: &[Program]) -> Result<()> {
    let differences = differences(&committed(workspace)?, &built(workspace, programs)?);
    ensure!(differences.is_empty(), "{}\n{STALE}", differences.join("\n"));
    check(workspace, programs)?;
    progress("the committed programs are those that the sources give");
    Ok(())
}

/// Checks, without a compiler, that the committed programs have their hashes and that the sources are those of the build.
pub fn check(workspace: &Workspace, programs: &[Program]) -> Result<()> {
    let path = workspace.root.join("programs").join(SUMS);
    let written = fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))?;
    let files = committed(workspace)?;
    for name in names(programs) {
        ensure!(files.contains_key(&name), "programs/{name} is missing\n{STALE}");
    }
    let recorded = written.lines().find_map(|line| line.strip_prefix(SOURCES)).unwrap_or("none");
    ensure!(
        written == sums(&files, recorded),
        "programs/{SUMS} does not hold the hashes of the files beside it\n{STALE}"
    );
    ensure!(
        recorded == hash_of_sources(programs)?,
        "the programs' sources changed since programs/bin was built\n{STALE}"
    );
    Ok(())
}

/// What a build of `programs` must leave.
fn names(programs: &[Program]) -> impl Iterator<Item = String> {
    programs.iter().flat_map(|program| {
        let binary = Some(format!("bin/{}.so", program.library));
        binary.into_iter().chain(program.has_idl.then(|| format!("idl/{}.json", program.library)))
    })
}

/// What the build left in `target/`.
fn built(workspace: &Workspace, programs: &[Program]) -> Result<Files> {
    names(programs)
        .map(|name| {
            let (kind, file) = name.split_once('/').context("a name is a folder and a file")?;
            let folder = if kind == "bin" { workspace.deploy() } else { workspace.idl() };
            Ok((name.clone(), read(&folder.join(file))?))
        })
        .collect()
}

/// What lies in `programs/`, be it of a program or not.
fn committed(workspace: &Workspace) -> Result<Files> {
    let mut files = Files::new();
    for kind in ["bin", "idl"] {
        let folder = workspace.root.join("programs").join(kind);
        if folder.is_dir() {
            for path in listed(&folder)? {
                let name = path.file_name().context("a listed file has a name")?.to_string_lossy();
                files.insert(format!("{kind}/{name}"), read(&path)?);
            }
        }
    }
    Ok(files)
}

fn differences(committed: &Files, built: &Files) -> Vec<String> {
    let names: std::collections::BTreeSet<_> = committed.keys().chain(built.keys()).collect();
    let difference = |name: &String| match (committed.get(name), built.get(name)) {
        (Some(committed), Some(built)) => {
            let hashes = (digest(committed), digest(built));
            (committed != built)
                .then(|| format!("programs/{name} has the hash {}; the sources give {}", hashes.0, hashes.1))
        }
        (Some(_), None) => Some(format!("programs/{name} is of no program")),
        (None, _) => Some(format!("programs/{name} is missing")),
    };
    names.into_iter().filter_map(difference).collect()
}

/// The text of `SHA256SUMS`.
fn sums(files: &Files, sources: &str) -> String {
    let mut text = format!(
        "# `cargo xtask build` writes this file; `cargo xtask verify-build` checks it.\n{SOURCES}{sources}\n"
    );
    for (name, bytes) in files {
        let _ = writeln!(text, "{}  {name}", digest(bytes));
    }
    text
}

/// SHA-256 over path and content of every source file of `programs`: manifests and everything under `src`.
fn hash_of_sources(programs: &[Program]) -> Result<String> {
    let mut folders: Vec<&PathBuf> = programs.iter().flat_map(|program| &program.sources).collect();
    folders.sort();
    folders.dedup();
    let mut hash = Sha256::new();
    for folder in folders {
        let mut pending = vec![folder.join("src")];
        let mut files = vec![folder.join("Cargo.toml")];
        while let Some(directory) = pending.pop() {
            for path in listed(&directory)? {
                if path.is_dir() { pending.push(path) } else { files.push(path) }
            }
        }
        files.sort();
        for path in files {
            let name = path.strip_prefix(folder).context("a source lies in its crate's folder")?;
            hash.update(name.to_string_lossy().as_bytes());
            hash.update([0]);
            hash.update(Sha256::digest(read(&path)?));
        }
    }
    Ok(hex(&hash.finalize()))
}

fn listed(folder: &Path) -> Result<Vec<PathBuf>> {
    let entries = fs::read_dir(folder).with_context(|| format!("cannot list {}", folder.display()))?;
    entries
        .map(|entry| Ok(entry.with_context(|| format!("cannot list {}", folder.display()))?.path()))
        .collect()
}

fn read(path: &Path) -> Result<Vec<u8>> {
    match fs::read(path) {
        Ok(bytes) => Ok(bytes),
        Err(error) => bail!("cannot read {}: {error}", path.display()),
    }
}

fn write(path: &Path, bytes: &[u8]) -> Result<()> {
    let folder = path.parent().context("a file lies in a folder")?;
    fs::create_dir_all(folder).with_context(|| format!("cannot create {}", folder.display()))?;
    // A test that loads the program meanwhile sees the old file or the new one, never half of it.
    let fresh = path.with_extension("tmp");
    fs::write(&fresh, bytes).with_context(|| format!("cannot write {}", fresh.display()))?;
    fs::rename(&fresh, path).with_context(|| format!("cannot replace {}", path.display()))
}

/// SHA-256 in hexadecimal.
pub fn digest(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::programs;

    #[test]
    fn the_committed_programs_are_of_these_sources() {
        let workspace = Workspace::locate().unwrap();
        check(&workspace, &programs::all(&workspace).unwrap()).unwrap();
    }

    #[test]
    fn each_kind_of_difference_is_named() {
        let files = |list: &[(&str, &[u8])]| -> Files {
            list.iter().map(|(name, bytes)| ((*name).to_owned(), bytes.to_vec())).collect()
        };
        let committed = files(&[("bin/a.so", b"a"), ("bin/b.so", b"b"), ("bin/old.so", b"o")]);
        let built = files(&[("bin/a.so", b"a"), ("bin/b.so", b"c"), ("idl/b.json", b"{}")]);
        let found = differences(&committed, &built);
        assert!(found[0].starts_with("programs/bin/b.so has the hash 3e23e816"));
        assert_eq!(found[1..], ["programs/bin/old.so is of no program", "programs/idl/b.json is missing"]);
    }

    #[test]
    fn sums_are_those_of_sha256sum() {
        let files = Files::from([("bin/a.so".to_owned(), b"abc".to_vec())]);
        let line = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad  bin/a.so";
        assert_eq!(sums(&files, "x").lines().skip(1).collect::<Vec<_>>(), ["# sources: x", line]);
    }
}

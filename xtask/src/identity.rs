//! Addresses and key pairs of the programs: each is stated in several places, which must agree.
//!
//! Every program has a key pair in its folder, [`KEYPAIR`]. It is public, so it is of test-only standing: it lets
//! `anchor build`, `anchor test` and a local validator use the address that the sources declare. Whoever deploys to a
//! cluster makes keys of their own (`migrations/README.md`).

use std::fs;
use std::path::Path;

use anyhow::{Context, Result, ensure};

use crate::programs::Program;
use crate::workspace::Workspace;

/// Name of the file with a program's key pair: 64 numbers, the secret key and then the address.
const KEYPAIR: &str = "test-only-keypair.json";

/// Checks that declaration, key pair and Anchor.toml state the address that the package does.
pub fn check(workspace: &Workspace, programs: &[Program]) -> Result<()> {
    let anchor = read(&workspace.root.join("Anchor.toml"))?;
    for program in programs {
        let Program { package, folder, library, id, .. } = program;
        let keypair = folder.join(KEYPAIR);
        let address = address(&keypair)?;
        ensure!(address == *id, "{package} has the id {id}, and {} the address {address}", keypair.display());
        let source = folder.join("src/lib.rs");
        ensure!(
            read(&source)?.contains(&format!("declare_id!(\"{id}\")")),
            "{} does not declare the id {id} of {package}",
            source.display()
        );
        if program.has_idl && program.is_deployed {
            let entry = format!("{library} = \"{id}\"");
            ensure!(anchor.lines().any(|line| line == entry), "Anchor.toml lacks the line `{entry}`");
            let member = folder.strip_prefix(&workspace.root).unwrap_or(folder);
            let member = format!("\"{}\"", member.display());
            ensure!(
                anchor.lines().any(|line| line.starts_with("members = ") && line.contains(&member)),
                "Anchor.toml's members lack {member}"
            );
        }
    }
    Ok(())
}

/// Copies the key pairs to where `anchor build` looks for them.
pub fn place_keypairs(workspace: &Workspace, programs: &[Program]) -> Result<()> {
    let directory = workspace.root.join("target/deploy");
    fs::create_dir_all(&directory).with_context(|| format!("cannot create {}", directory.display()))?;
    for program in programs {
        let place = directory.join(format!("{}-keypair.json", program.library));
        fs::copy(program.folder.join(KEYPAIR), &place)
            .with_context(|| format!("cannot write {}", place.display()))?;
    }
    Ok(())
}

/// The address of the key pair in a file.
fn address(path: &Path) -> Result<String> {
    let numbers: Vec<u8> =
        serde_json::from_str(&read(path)?).with_context(|| format!("{} is no key pair", path.display()))?;
    let (_, public): (_, &[u8; 32]) = numbers
        .split_last_chunk()
        .filter(|(secret, _)| secret.len() == 32)
        .with_context(|| format!("{} has {} bytes; a key pair has 64", path.display(), numbers.len()))?;
    let mut text = [0; 44];
    let length = five8::encode_32(public, &mut text);
    Ok(text.iter().take(length.into()).map(|&letter| char::from(letter)).collect())
}

fn read(path: &Path) -> Result<String> {
    fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::programs;

    #[test]
    fn every_program_states_one_address() {
        let workspace = Workspace::locate().unwrap();
        check(&workspace, &programs::all(&workspace).unwrap()).unwrap();
    }

    #[test]
    fn another_address_is_named() {
        let workspace = Workspace::locate().unwrap();
        let mut programs = programs::all(&workspace).unwrap();
        let other = programs[1].id.clone();
        programs[0].id = other;
        assert!(check(&workspace, &programs).unwrap_err().to_string().contains("has the id"));
    }
}

//! The on-chain programs of this repository, from the packages that say `[package.metadata.assay]`:
//!
//! ```toml
//! [package.metadata.assay]
//! id = "..."      # the program's address
//! idl = true      # whether it has an IDL: Anchor's programs have
//! deploy = true   # whether it is part of the product; examples are built for the tests only
//! ```

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use serde_json::Value;

use crate::process::{capture, cargo};
use crate::workspace::Workspace;

/// One on-chain program.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Program {
    /// Cargo's package name.
    pub package: String,
    /// The crate's folder.
    pub folder: PathBuf,
    /// The library's name: the stem of the `.so` and of the IDL.
    pub library: String,
    /// The program's address, in base58.
    pub id: String,
    /// Whether it has an IDL.
    pub has_idl: bool,
    /// Whether it is part of the product.
    pub is_deployed: bool,
    /// The folders of its sources: its own, then those of the workspace's crates that it is made of.
    pub sources: Vec<PathBuf>,
}

/// Every program of the workspace, by library name.
pub fn all(workspace: &Workspace) -> Result<Vec<Program>> {
    let printed = capture(cargo().current_dir(&workspace.root).args([
        "metadata",
        "--no-deps",
        "--format-version=1",
        "--quiet",
    ]))?;
    let metadata: Value = serde_json::from_str(&printed).context("`cargo metadata` printed no JSON")?;
    read(metadata["packages"].as_array().context("`cargo metadata` lists no packages")?)
}

fn read(packages: &[Value]) -> Result<Vec<Program>> {
    let mut programs: Vec<Program> = packages
        .iter()
        .filter(|package| !package["metadata"]["assay"].is_null())
        .map(|package| {
            program(packages, package)
                .with_context(|| format!("[package.metadata.assay] of {}", package["name"]))
        })
        .collect::<Result<_>>()?;
    programs.sort_by(|a, b| a.library.cmp(&b.library));
    if programs.is_empty() {
        bail!("no package of the workspace has [package.metadata.assay]");
    }
    Ok(programs)
}

fn program(packages: &[Value], package: &Value) -> Result<Program> {
    let declared = &package["metadata"]["assay"];
    let flag =
        |name: &str| declared[name].as_bool().with_context(|| format!("`{name}` must be true or false"));
    let folder = folder(package)?;
    let library = package["targets"]
        .as_array()
        .into_iter()
        .flatten()
        .find(|target| {
            target["kind"].as_array().is_some_and(|kinds| kinds.iter().any(|kind| kind == "cdylib"))
        })
        .context("the package has no library of crate-type cdylib")?;
    Ok(Program {
        package: text(&package["name"], "name")?.to_owned(),
        library: text(&library["name"], "library")?.to_owned(),
        id: text(&declared["id"], "id")?.to_owned(),
        has_idl: flag("idl")?,
        is_deployed: flag("deploy")?,
        sources: sources(packages, &folder)?,
        folder,
    })
}

/// The folder, then those of the packages that it depends on by path, development aside.
fn sources(packages: &[Value], folder_of_program: &Path) -> Result<Vec<PathBuf>> {
    let mut found = vec![folder_of_program.to_path_buf()];
    let mut next = 0;
    while let Some(current) = found.get(next).cloned() {
        next += 1;
        let package = packages
            .iter()
            .find(|package| folder(package).is_ok_and(|folder| folder == current))
            .with_context(|| format!("{} is no package of the workspace", current.display()))?;
        for dependency in package["dependencies"].as_array().into_iter().flatten() {
            let path = dependency["path"].as_str().map(PathBuf::from);
            let is_part = dependency["kind"].is_null(); // neither "dev" nor "build"
            found.extend(path.filter(|path| is_part && !found.contains(path)));
        }
    }
    Ok(found)
}

fn folder(package: &Value) -> Result<PathBuf> {
    let manifest = Path::new(text(&package["manifest_path"], "manifest_path")?);
    Ok(manifest.parent().context("a manifest lies in a folder")?.to_path_buf())
}

fn text<'a>(value: &'a Value, name: &str) -> Result<&'a str> {
    value.as_str().with_context(|| format!("`{name}` is missing or no text"))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn packages() -> Vec<Value> {
        let library = |name: &str| json!([{"name": name, "kind": ["cdylib", "lib"]}]);
        let package = |name: &str, dependencies: Value| {
            json!({
                "name": name, "manifest_path": format!("/w/{name}/Cargo.toml"), "metadata": null,
                "targets": library(name), "dependencies": dependencies,
            })
        };
        let on = |name: &str, kind: Value| json!({"name": name, "path": format!("/w/{name}"), "kind": kind});
        let mut gate =
            package("gate", json!([on("base", Value::Null), on("host", json!("dev")), {"kind": null}]));
        gate["metadata"] = json!({"assay": {"id": "AGa", "idl": false, "deploy": true}});
        vec![
            gate,
            package("base", json!([on("ground", Value::Null)])),
            package("ground", json!([])),
            package("host", json!([])),
        ]
    }

    #[test]
    fn a_program_is_what_its_package_says() {
        let expected = Program {
            package: "gate".into(),
            folder: "/w/gate".into(),
            library: "gate".into(),
            id: "AGa".into(),
            has_idl: false,
            is_deployed: true,
            sources: ["/w/gate", "/w/base", "/w/ground"].map(PathBuf::from).to_vec(),
        };
        assert_eq!(read(&packages()).unwrap(), [expected]);
    }

    #[test]
    fn a_missing_entry_is_named() {
        for (key, message) in
            [("id", "`id` is missing or no text"), ("deploy", "`deploy` must be true or false")]
        {
            let mut packages = packages();
            packages[0]["metadata"]["assay"].as_object_mut().unwrap().remove(key);
            assert!(format!("{:#}", read(&packages).unwrap_err()).ends_with(message));
        }
    }
}

//! A release: a folder with the command line, the programs that are deployed, their IDLs, and the hashes of all of it.
//!
//! ```text
//! out/assay-VERSION-TARGET/
//!   assay                     the command line, of this commit's sources
//!   programs/bin, programs/idl, programs/SHA256SUMS   as committed; a description's programs.folder
//!   manifest.json             version, commit, compiler, and each program's address, length and hash
//!   SHA256SUMS                of every file here
//! ```
//!
//! The programs are the committed bytes, which anybody rebuilds byte for byte. The command line is compiled apart from everyday builds, without the names
//! of folders of this machine, by the toolchain that the repository pins and the versions of its lock file.

use std::collections::BTreeMap;
use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail, ensure};
use serde_json::json;

use crate::artifacts::{self, digest};
use crate::process::{capture, cargo_apart, progress, run, unset};
use crate::programs::{self, Program};
use crate::workspace::Workspace;

/// What a release is of.
#[derive(PartialEq, Eq)]
struct Facts {
    version: &'static str,
    /// The commit, and its Unix time.
    commit: String,
    time: String,
    /// The compiler in its own words, and what it compiles for.
    rustc: String,
    target: String,
}

/// Makes the release of the commit that is checked out: its folder.
pub fn release(workspace: &Workspace) -> Result<PathBuf> {
    let programs = programs::all(workspace)?;
    artifacts::check(workspace, &programs)?;
    let facts = Facts::read(workspace)?;
    let folder = workspace.root.join("out").join(facts.name());
    ensure!(
        !folder.exists(),
        "{} is there already\nhint: a release is never written over; remove the folder to make it again",
        folder.display()
    );
    let binary = compile(workspace, &facts)?;
    // Compiling takes minutes.
    ensure!(
        Facts::read(workspace)? == facts,
        "the commit that is checked out changed while it was compiled\nhint: make the release again, in a checkout that is left alone"
    );
    assemble(workspace, &programs, &facts, &binary, &folder)?;
    progress(&format!("{} is complete; `sha256sum --check SHA256SUMS` there compares it", folder.display()));
    Ok(folder)
}

impl Facts {
    fn read(workspace: &Workspace) -> Result<Self> {
        let git = |arguments: &[&str]| {
            let printed = capture(Command::new("git").current_dir(&workspace.root).args(arguments));
            printed.map(|text| text.trim().to_owned())
        };
        let changed = git(&["status", "--porcelain", "--untracked-files=all", "--ignore-submodules=none"])
            .context("a release is of a commit, and git does not tell of one")?;
        if !changed.is_empty() {
            bail!(
                "these files are of no commit:\n{changed}\nhint: commit them: whoever rebuilds a release has nothing but the commit"
            );
        }
        let rustc = capture(unset(Command::new("rustc")).current_dir(&workspace.root).arg("-vV"))?;
        let line = |name: &str| {
            rustc.lines().find_map(|line| line.strip_prefix(name)).map(|rest| rest.trim().to_owned())
        };
        Ok(Self {
            version: env!("CARGO_PKG_VERSION"),
            commit: git(&["rev-parse", "HEAD"])?,
            time: git(&["show", "--no-patch", "--format=%ct", "HEAD"])?,
            target: line("host:").context("rustc does not say what it compiles for")?,
            rustc: rustc.lines().next().unwrap_or_default().to_owned(),
        })
    }

    fn name(&self) -> String {
        format!("assay-{}-{}", self.version, self.target)
    }
}

/// Compiles the command line, in a folder of its own: the flags are none of everyday builds'.
fn compile(workspace: &Workspace, facts: &Facts) -> Result<PathBuf> {
    progress("compiling the command line for the release");
    let target = workspace.target.join("release-build");
    let binary = target.join(&facts.target).join("release/assay");
    // One of another commit is not to be taken for this one's.
    if binary.exists() {
        fs::remove_file(&binary).with_context(|| format!("cannot remove {}", binary.display()))?;
    }
    let home = env::var_os("CARGO_HOME").map(PathBuf::from);
    let home = home.or_else(|| env::home_dir().map(|home| home.join(".cargo")));
    let mut folders = vec![(workspace.root.clone(), "/assay")];
    folders.extend(home.map(|home| (home, "/cargo")));
    folders.push((target.clone(), "/target"));
    let flags = folders.iter().map(|(from, to)| format!("--remap-path-prefix={}={to}", from.display()));
    run(cargo_apart()
        .current_dir(&workspace.root)
        .args(["build", "--release", "--locked", "--package", "assay-cli", "--bin", "assay"])
        .args(["--target", &facts.target, "--target-dir"])
        .arg(&target)
        .env("CARGO_ENCODED_RUSTFLAGS", flags.collect::<Vec<_>>().join("\u{1f}"))
        .env("CARGO_INCREMENTAL", "0")
        .env("CARGO_PROFILE_RELEASE_STRIP", "symbols")
        .env("SOURCE_DATE_EPOCH", &facts.time))?;
    Ok(binary)
}

/// Puts the files of a release into a folder, which appears once it is complete.
fn assemble(
    workspace: &Workspace,
    programs: &[Program],
    facts: &Facts,
    binary: &Path,
    folder: &Path,
) -> Result<()> {
    let read = |path: PathBuf| fs::read(&path).with_context(|| format!("cannot read {}", path.display()));
    let mut files = BTreeMap::from([
        ("assay".to_owned(), read(binary.to_owned())?),
        ("LICENSE".to_owned(), read(workspace.root.join("LICENSE"))?),
        ("CHANGELOG.md".to_owned(), read(workspace.root.join("CHANGELOG.md"))?),
    ]);
    let (mut sums, mut listed) = (String::new(), Vec::new());
    for program in programs.iter().filter(|program| program.is_deployed) {
        for name in [format!("bin/{}.so", program.library), format!("idl/{}.json", program.library)] {
            let bytes = read(workspace.root.join("programs").join(&name))?;
            sums.push_str(&format!("{}  {name}\n", digest(&bytes)));
            if name.starts_with("bin/") {
                listed.push(json!({
                    "library": program.library, "address": program.id, "bytes": bytes.len(), "sha256": digest(&bytes),
                }));
            }
            files.insert(format!("programs/{name}"), bytes);
        }
    }
    files.insert("programs/SHA256SUMS".into(), sums.into_bytes());
    let manifest = json!({
        "version": facts.version, "commit": facts.commit, "target": facts.target, "rustc": facts.rustc, "programs": listed,
    });
    files.insert("manifest.json".into(), format!("{manifest:#}\n").into_bytes());
    let all = files.iter().map(|(name, bytes)| format!("{}  {name}\n", digest(bytes)));
    let all = all.collect::<String>().into_bytes();
    files.insert("SHA256SUMS".into(), all);

    // The version has points in it: nothing of the name is an extension.
    let mut fresh = folder.as_os_str().to_owned();
    fresh.push(".tmp");
    let fresh = PathBuf::from(fresh);
    if fresh.exists() {
        fs::remove_dir_all(&fresh).with_context(|| format!("cannot remove {}", fresh.display()))?;
    }
    for (name, bytes) in &files {
        let path = fresh.join(name);
        let parent = path.parent().context("a file lies in a folder")?;
        fs::create_dir_all(parent).with_context(|| format!("cannot create {}", parent.display()))?;
        fs::write(&path, bytes).with_context(|| format!("cannot write {}", path.display()))?;
    }
    let permissions = fs::metadata(binary)?.permissions();
    fs::set_permissions(fresh.join("assay"), permissions)?;
    fs::rename(&fresh, folder).with_context(|| format!("cannot make {}", folder.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn facts() -> Facts {
        let text = |text: &str| text.to_owned();
        Facts {
            version: "1.2.3",
            commit: text("c"),
            time: text("0"),
            rustc: text("rustc 1"),
            target: text("t"),
        }
    }

    /// Nothing but a commit is released.
    #[test]
    fn files_of_no_commit_are_named() {
        let temporary = tempfile::tempdir().unwrap();
        let root = temporary.path().to_owned();
        let workspace = Workspace { target: root.join("target"), root };
        let git = |arguments: &[&str]| {
            let who = ["-c", "user.name=n", "-c", "user.email=e", "-c", "commit.gpgsign=false"];
            capture(Command::new("git").current_dir(&workspace.root).args(who).args(arguments)).unwrap()
        };
        git(&["init", "--quiet"]);
        fs::write(workspace.root.join("a"), "a").unwrap();
        git(&["add", "a"]);
        git(&["commit", "--quiet", "--message", "a"]);
        let first = Facts::read(&workspace).unwrap();
        assert_eq!(first.commit, git(&["rev-parse", "HEAD"]).trim());
        // Whatever a person set for everyday's `git status`.
        git(&["config", "status.showUntrackedFiles", "no"]);
        fs::write(workspace.root.join("b"), "b").unwrap();
        let refused = Facts::read(&workspace).err().unwrap().to_string();
        assert!(refused.contains("of no commit:\n?? b"), "{refused}");
        git(&["add", "b"]);
        git(&["commit", "--quiet", "--message", "b"]);
        assert!(Facts::read(&workspace).unwrap() != first);
    }

    /// What a container is built of is named, and keys and outputs in the repository's folder are not.
    #[test]
    fn a_container_is_built_of_the_members_alone() {
        let root = Workspace::locate().unwrap().root;
        let ignored = fs::read_to_string(root.join(".containerignore")).unwrap();
        let lines: Vec<&str> = ignored.lines().filter(|line| !line.starts_with('#')).collect();
        assert_eq!(lines[0], "*");
        let manifest = fs::read_to_string(root.join("Cargo.toml")).unwrap();
        let members = manifest.split_once("members = [").unwrap().1.split_once(']').unwrap().0;
        let folders = members.split('"').skip(1).step_by(2).map(|member| member.split('/').next().unwrap());
        let mut wanted: Vec<String> = [
            "Cargo.toml",
            "Cargo.lock",
            "rust-toolchain.toml",
            ".cargo",
            "docs",
            "deploy",
            "models",
            "README.md",
        ]
        .into_iter()
        .chain(folders)
        .map(|name| format!("!{name}"))
        .collect();
        wanted.sort();
        wanted.dedup();
        let mut taken: Vec<String> =
            lines.iter().filter(|line| line.starts_with('!')).map(|line| (*line).to_owned()).collect();
        taken.sort();
        assert_eq!(taken, wanted);
    }

    /// Of every file there is a hash, the hashes are those of the files, and the programs' are the committed ones.
    #[test]
    fn a_release_is_complete_and_the_same_each_time() {
        let workspace = Workspace::locate().unwrap();
        let programs = programs::all(&workspace).unwrap();
        let temporary = tempfile::tempdir().unwrap();
        let binary = temporary.path().join("binary");
        fs::write(&binary, "binary").unwrap();
        let make = |name: &str| {
            let folder = temporary.path().join(name);
            assemble(&workspace, &programs, &facts(), &binary, &folder).unwrap();
            folder
        };
        let [one, other] = [make("one"), make("other")];
        let sums = fs::read_to_string(one.join("SHA256SUMS")).unwrap();
        assert_eq!(sums, fs::read_to_string(other.join("SHA256SUMS")).unwrap());
        let mut names = Vec::new();
        for line in sums.lines() {
            let (hash, name) = line.split_once("  ").unwrap();
            assert_eq!(digest(&fs::read(one.join(name)).unwrap()), hash, "{name}");
            names.push(name.to_owned());
        }
        for wanted in
            ["assay", "LICENSE", "manifest.json", "programs/SHA256SUMS", "programs/idl/assay_feed.json"]
        {
            assert!(names.iter().any(|name| name == wanted), "{wanted} in {names:?}");
        }
        let committed = fs::read_to_string(workspace.root.join("programs/SHA256SUMS")).unwrap();
        let listed = fs::read_to_string(one.join("programs/SHA256SUMS")).unwrap();
        assert!(listed.lines().count() == 2 * programs.iter().filter(|program| program.is_deployed).count());
        assert!(listed.lines().all(|line| committed.lines().any(|known| known == line)), "{listed}");
        let manifest: serde_json::Value =
            serde_json::from_slice(&fs::read(one.join("manifest.json")).unwrap()).unwrap();
        assert_eq!((&manifest["version"], &manifest["commit"]), (&json!("1.2.3"), &json!("c")));
        assert!(names.iter().all(|name| !name.contains("example") && !name.contains("accomplice")));
    }
}

//! The structure of the code: no circle of imports between the files of a crate, and no feature for tests in a product.
//!
//! A file that another needs, and that needs it back, can only be read, tested and moved together with it. What both
//! need belongs in a third file below them.

mod modules;
mod paths;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use modules::{Crate, FileId};

/// Of the checkout that cargo runs in: clones that share a build directory share this executable.
fn workspace() -> PathBuf {
    let package = std::env::var("CARGO_MANIFEST_DIR").unwrap_or_else(|_| env!("CARGO_MANIFEST_DIR").into());
    Path::new(&package).parent().expect("the workspace's root").to_path_buf()
}

/// What verifies proofs of another system is for tests that compare: no crate but this one depends on the interface with
/// it, so it is in no program and no binary.
#[test]
fn nobody_asks_for_another_verifiers_transcript() {
    let root = workspace();
    let mut asked = Vec::new();
    for entry in roots(&root) {
        let folder = entry.parent().and_then(Path::parent).expect("the folder of a crate");
        let manifest = std::fs::read_to_string(folder.join("Cargo.toml")).expect("a manifest");
        let dependencies = manifest.split("[dev-dependencies]").next().expect("the part before");
        if dependencies.contains("\"bsb22\"") {
            asked.push(folder.strip_prefix(&root).expect("a folder of the workspace").to_path_buf());
        }
    }
    assert_eq!(asked, [Path::new("tests")]);
}

#[test]
fn no_file_needs_a_file_that_needs_it_back() {
    let root = &workspace();
    let mut circles = String::new();
    let mut files = 0;
    for entry in roots(root) {
        let read = Crate::read(&entry);
        files += read.files().len();
        let imports = paths::imports(&read);
        for circle in circles_of(read.files().len(), &imports) {
            circles += "\n";
            for &from in &circle {
                for (&(_, to), names) in imports.range((from, 0)..(from + 1, 0)) {
                    if circle.contains(&to) {
                        let show = |id: FileId| {
                            read.files()[id].strip_prefix(root).expect("a file of the workspace").display()
                        };
                        circles += &format!("{} -> {}: {}\n", show(from), show(to), names.join(", "));
                    }
                }
            }
        }
    }
    assert!(files > 100, "only {files} files were read: the workspace's members were not found");
    assert!(circles.is_empty(), "circles of imports:\n{circles}");
}

/// `src/lib.rs` and `src/main.rs` of each crate below `folder`.
fn roots(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_path_buf()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).expect("a folder of the workspace") {
            let entry = entry.expect("an entry of the folder");
            let name = entry.file_name();
            let skip =
                name == "target" || name == "node_modules" || name.as_encoded_bytes().starts_with(b".");
            if entry.file_type().expect("a type").is_dir() && !skip {
                folders.push(entry.path());
            }
        }
        if folder.join("Cargo.toml").is_file() {
            found.extend(
                ["src/lib.rs", "src/main.rs"]
                    .map(|file| folder.join(file))
                    .into_iter()
                    .filter(|p| p.is_file()),
            );
        }
    }
    found.sort();
    found
}

/// The strongly connected components of more than one file.
fn circles_of(count: usize, imports: &BTreeMap<(FileId, FileId), Vec<String>>) -> Vec<Vec<FileId>> {
    let reach: Vec<BTreeSet<FileId>> = (0..count).map(|file| reached_from(file, imports)).collect();
    let mut circles: Vec<Vec<FileId>> = Vec::new();
    for (file, reached) in reach.iter().enumerate() {
        let known = circles.iter().any(|circle| circle.contains(&file));
        if reached.contains(&file) && !known {
            circles.push(reached.iter().copied().filter(|&other| reach[other].contains(&file)).collect());
        }
    }
    circles
}

/// All files that `file` needs, directly or through others.
fn reached_from(file: FileId, imports: &BTreeMap<(FileId, FileId), Vec<String>>) -> BTreeSet<FileId> {
    let (mut reached, mut waiting) = (BTreeSet::new(), vec![file]);
    while let Some(from) = waiting.pop() {
        let needed = imports.range((from, 0)..(from + 1, 0)).map(|(&(_, to), _)| to);
        waiting.extend(needed.filter(|&to| reached.insert(to)));
    }
    reached
}

#[test]
fn a_circle_is_found_and_a_facade_is_none() {
    let folder = tempfile::tempdir().expect("a folder");
    let write = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).expect("written");
    let circles = || {
        let read = Crate::read(&folder.path().join("lib.rs"));
        circles_of(read.files().len(), &paths::imports(&read)).len()
    };
    write("lib.rs", "mod a; mod b; mod c; pub use a::A; pub use b::*;");
    write("a.rs", "use crate::b::B; pub struct A(B);");
    write("c.rs", "pub fn c() {}");
    for (text, expected) in [
        ("pub struct B;", 0),
        ("pub struct B; impl B { fn f() { crate::c::c() } }", 0),
        ("pub struct B; use crate::A; fn f(_: A) {}", 1),
        ("pub struct B; use super::a::A; fn f(_: A) {}", 1),
        ("pub struct B; fn f() -> crate::a::A { todo() }", 1),
        ("pub struct B; fn f() { assert!(crate::a::check()) }", 1),
        ("pub struct B; #[cfg(test)] mod tests { use crate::a::A; }", 0),
    ] {
        write("b.rs", text);
        assert_eq!(circles(), expected, "{text}");
    }
}

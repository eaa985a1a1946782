//! Outputs: temporary files that become the outputs together, or standard output.

use std::fs::{self, File};
use std::io::{self, IsTerminal, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context, anyhow};

use super::paths::parent;
use super::product::{Access, Force, Product};
use super::replace::{self, Replaced};
use super::temporary::{Pending, Temporary};
use crate::failure::{HintExt, hinted};
use crate::interrupt;

/// What will be written once [`commit`] runs. Dropped before that, it leaves nothing behind.
#[derive(Debug)]
pub struct Output {
    /// As the user named it.
    shown: PathBuf,
    sink: Sink,
}

#[derive(Debug)]
enum Sink {
    Stdout,
    File(Pending),
}

impl Output {
    /// Standard output, which must not be a terminal that cannot show the product.
    pub(super) fn standard(product: Product) -> anyhow::Result<Output> {
        if !product.is_text() && io::stdout().is_terminal() {
            return Err(hinted(
                anyhow!("standard output is a terminal, and the output is binary"),
                "redirect it to a file or into a program",
            ));
        }
        Ok(Output { shown: "standard output".into(), sink: Sink::Stdout })
    }

    /// Checks that `path` can be written and holds nothing that must stay, and makes the temporary file beside it.
    pub(super) fn file(path: &Path, product: Product, force: Force) -> anyhow::Result<Output> {
        // A symbolic link stays a link: the file that it points to is the one replaced.
        let destination = match fs::canonicalize(path) {
            Ok(target) => target,
            Err(error) if error.kind() == io::ErrorKind::NotFound => path.to_owned(),
            Err(error) => return Err(error).with_context(|| format!("cannot write {}", path.display())),
        };
        replace::check(&destination, path, product, force, None)?;
        let directory = parent(&destination);
        if !directory.is_dir() {
            return Err(hinted(
                anyhow!("cannot write {}: there is no directory {}", path.display(), directory.display()),
                format!("mkdir -p {}", directory.display()),
            ));
        }
        let name = destination.file_name().ok_or_else(|| anyhow!("{} names no file", path.display()))?;
        let mode = match product.access() {
            Access::Shared => 0o666,
            Access::Private => 0o600,
        };
        let prefix = format!(".{}.", name.to_string_lossy());
        let temporary = Temporary::new(directory, &prefix, mode)
            .with_context(|| format!("cannot write {}", path.display()))
            .hint(|| format!("the directory {} must be writable", directory.display()))?;
        let shown = path.to_owned();
        Ok(Output {
            shown: shown.clone(),
            sink: Sink::File(Pending { shown, destination, product, force, temporary }),
        })
    }

    /// Where it will be, as the user named it.
    pub fn path(&self) -> &Path {
        &self.shown
    }

    /// Whether it goes to standard output.
    pub fn is_standard(&self) -> bool {
        matches!(self.sink, Sink::Stdout)
    }

    /// What stands at the destination and has to give way, unless `--force` says that it does.
    pub fn standing(&self) -> anyhow::Result<Option<Vec<u8>>> {
        match &self.sink {
            Sink::File(Pending { destination, force: Force::Absent, .. }) if destination.exists() => {
                fs::read(destination).map(Some).with_context(|| {
                    format!("cannot read {}, which stands where the output goes", self.shown.display())
                })
            }
            _ => Ok(None),
        }
    }
}

/// Writes all of the outputs, or none of them. What goes to standard output goes first: it cannot be taken back, and
/// with a reader that is gone no file is made.
pub fn commit<C: AsRef<[u8]>>(outputs: Vec<(Output, C)>) -> anyhow::Result<()> {
    let mut ready = Vec::with_capacity(outputs.len());
    let mut stdout = None;
    for (output, contents) in outputs {
        let mut pending = match output.sink {
            Sink::Stdout => {
                stdout = Some(contents);
                continue;
            }
            Sink::File(pending) => pending,
        };
        let (file, bytes) = (pending.temporary.file.as_file_mut(), contents.as_ref());
        file.write_all(bytes)
            .and_then(|()| file.sync_all())
            .with_context(|| format!("cannot write {} ({} bytes)", pending.shown.display(), bytes.len()))
            .hint(|| "nothing was written; free some space, or name another directory")?;
        ready.push((pending, contents));
    }
    if let Some(contents) = stdout {
        let mut stream = io::stdout().lock();
        stream
            .write_all(contents.as_ref())
            .and_then(|()| stream.flush())
            .context("cannot write to standard output")
            .hint(|| "no file was written")?;
    }

    let mut registry = interrupt::hold();
    let mut done: Vec<Replaced> = Vec::new();
    for (pending, contents) in &ready {
        match replace::replace(pending, contents.as_ref()) {
            Ok(replaced) => done.push(replaced),
            Err(error) => {
                done.into_iter().rev().for_each(Replaced::undo);
                return Err(error);
            }
        }
    }
    for replaced in done {
        replaced.keep();
    }
    for (pending, _) in &ready {
        registry.temporaries.remove(pending.temporary.file.path());
    }
    registry.written += ready.len();
    drop(registry);
    for (pending, _) in ready {
        // The rename itself must survive a power cut as well. Some file systems cannot sync a directory.
        if let Ok(directory) = File::open(parent(&pending.destination)) {
            let _ = directory.sync_all();
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;
    use crate::failure::{hints, message};
    use assay_interface::artifact::{Kind, encode};

    const PRODUCT: Product = Product::Model { source: [7; 32] };

    /// A compiled model from the model file that `PRODUCT` names.
    fn model(text: &str) -> Vec<u8> {
        encode(Kind::Circuit, [7; 32], text.as_bytes())
    }

    fn listing(directory: &Path) -> Vec<String> {
        let mut names: Vec<String> = fs::read_dir(directory)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned())
            .collect();
        names.sort();
        names
    }

    fn output(path: &Path) -> Output {
        Output::file(path, PRODUCT, Force::Absent).unwrap()
    }

    #[test]
    fn a_group_is_written_whole() {
        let directory = tempfile::tempdir().unwrap();
        let (a, b) = (directory.path().join("a"), directory.path().join("b"));
        commit(vec![(output(&a), model("one")), (output(&b), model("two"))]).unwrap();
        assert_eq!(fs::read(&a).unwrap(), model("one"));
        assert_eq!(fs::read(&b).unwrap(), model("two"));
        assert_eq!(listing(directory.path()), ["a", "b"]);
        commit(vec![(output(&a), model("three"))]).unwrap();
        assert_eq!(fs::read(&a).unwrap(), model("three"));
        assert_eq!(listing(directory.path()), ["a", "b"]);
    }

    #[test]
    fn a_dropped_output_leaves_nothing() {
        let directory = tempfile::tempdir().unwrap();
        let pending = output(&directory.path().join("a"));
        assert_eq!(listing(directory.path()).len(), 1);
        drop(pending);
        assert!(listing(directory.path()).is_empty());
    }

    #[test]
    fn a_failed_group_is_rolled_back() {
        let directory = tempfile::tempdir().unwrap();
        let (a, b, c) = (directory.path().join("a"), directory.path().join("b"), directory.path().join("c"));
        fs::write(&a, model("old")).unwrap();
        let group = vec![(output(&a), model("new")), (output(&b), model("new")), (output(&c), model("new"))];
        // After the check, before the renames, someone puts a foreign file where the last one goes.
        fs::write(&c, b"foreign").unwrap();
        let error = commit(group).unwrap_err();
        assert!(message(&error).contains("not an earlier output"), "{error:#}");
        assert_eq!(fs::read(&a).unwrap(), model("old"));
        assert_eq!(fs::read(&c).unwrap(), b"foreign");
        assert_eq!(listing(directory.path()), ["a", "c"]);
    }

    #[test]
    fn what_stands_there_is_protected() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("model.onnx");
        fs::write(&path, b"ONNX").unwrap();
        let claim = |product, force| Output::file(&path, product, force).map(drop);
        assert!(claim(PRODUCT, Force::Given).is_ok());
        assert!(message(&claim(Product::Key, Force::Absent).unwrap_err()).contains("a key that is lost"));
        let error = claim(PRODUCT, Force::Absent).unwrap_err();
        assert!(message(&error).contains("not an earlier output"));
        assert_eq!(hints(&error), ["--force replaces it; another name keeps both"]);
        assert_eq!(listing(directory.path()), ["model.onnx"]);
    }

    #[test]
    fn private_files_are_for_the_owner() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("salts");
        let output = Output::file(&path, Product::Salts, Force::Absent).unwrap();
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        let temporary = fs::read_dir(directory.path()).unwrap().next().unwrap().unwrap().path();
        assert_eq!(mode(&temporary), 0o600);
        commit(vec![(output, b"secret")]).unwrap();
        assert_eq!(mode(&path), 0o600);
    }

    #[test]
    fn a_symbolic_link_stays_one() {
        let directory = tempfile::tempdir().unwrap();
        let (target, link) = (directory.path().join("target"), directory.path().join("link"));
        fs::write(&target, model("old")).unwrap();
        std::os::unix::fs::symlink(&target, &link).unwrap();
        commit(vec![(output(&link), model("new"))]).unwrap();
        assert!(link.is_symlink());
        assert_eq!(fs::read(&target).unwrap(), model("new"));
    }
}

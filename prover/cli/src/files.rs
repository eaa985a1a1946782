//! Files: bounded reads, and writes that happen whole or not at all.
//!
//! An output is first a temporary file beside its destination, made before the long work starts, so that a directory
//! that cannot be written to is found at once. [`commit`] fills every temporary, forces it to the disk, and only then
//! renames: a full disk, an interruption or an error on the way leaves no new file and every old one as it was. A
//! group of outputs (a key pair) is renamed under the lock of [`crate::interrupt`], and rolled back together.
//! What remains is a power cut between two renames; the artifacts' digests then tell the two files apart.

use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use anyhow::{Context, anyhow, bail};
use tempfile::NamedTempFile;

use crate::failure::{HintExt, hinted};
use crate::interrupt;

/// What may stand at an output's destination already.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Existing {
    /// Nothing may: the file is a key, and whoever holds the other half of it would be locked out.
    Refuse,
    /// A file that starts with these bytes may be replaced: it is an earlier output of the same kind.
    Replace(&'static [u8]),
    /// The user said `--force`.
    Force,
}

/// Who may read an output.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// Whoever the umask lets.
    Shared,
    /// The owner only (mode 0600): salts and witnesses open what a statement hides.
    Private,
}

/// A file that will exist once [`commit`] has run. Dropped before that, it leaves nothing behind.
#[derive(Debug)]
pub struct Output {
    /// As the user named it.
    shown: PathBuf,
    /// Behind symbolic links.
    destination: PathBuf,
    existing: Existing,
    temporary: Temporary,
}

impl Output {
    /// Checks that `path` can be written and holds nothing that must stay, and makes the temporary file beside it.
    pub fn create(path: &Path, existing: Existing, access: Access) -> anyhow::Result<Output> {
        // A symbolic link stays a link: the file that it points to is the one replaced.
        let destination = match fs::canonicalize(path) {
            Ok(target) => target,
            Err(error) if error.kind() == io::ErrorKind::NotFound => path.to_owned(),
            Err(error) => return Err(error).with_context(|| format!("cannot write {}", path.display())),
        };
        check_existing(&destination, path, existing)?;
        let directory = parent(&destination);
        if !directory.is_dir() {
            return Err(hinted(
                anyhow!("cannot write {}: there is no directory {}", path.display(), directory.display()),
                format!("mkdir -p {}", directory.display()),
            ));
        }
        let name = destination.file_name().ok_or_else(|| anyhow!("{} names no file", path.display()))?;
        let mode = match access {
            Access::Shared => 0o666,
            Access::Private => 0o600,
        };
        let prefix = format!(".{}.", name.to_string_lossy());
        let temporary = Temporary::new(directory, &prefix, mode)
            .with_context(|| format!("cannot write {}", path.display()))
            .hint(|| format!("the directory {} must be writable", directory.display()))?;
        Ok(Output { shown: path.to_owned(), destination, existing, temporary })
    }

    /// Where the file will be, as the user named it.
    pub fn path(&self) -> &Path {
        &self.shown
    }
}

/// Writes all of the outputs, or none of them.
pub fn commit<C: AsRef<[u8]>>(outputs: Vec<(Output, C)>) -> anyhow::Result<()> {
    let mut ready = Vec::with_capacity(outputs.len());
    for (mut output, contents) in outputs {
        let (file, contents) = (output.temporary.file.as_file_mut(), contents.as_ref());
        file.write_all(contents)
            .and_then(|()| file.sync_all())
            .with_context(|| format!("cannot write {} ({} bytes)", output.shown.display(), contents.len()))
            .hint(|| "nothing was written; free some space, or name another directory with -o")?;
        ready.push(output);
    }

    let mut registry = interrupt::hold();
    let mut done: Vec<Replaced> = Vec::new();
    for output in &ready {
        match replace(output) {
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
    for output in &ready {
        registry.remove(output.temporary.file.path());
    }
    drop(registry);
    for output in ready {
        // The rename itself must survive a power cut as well. Some file systems cannot sync a directory.
        if let Ok(directory) = File::open(parent(&output.destination)) {
            let _ = directory.sync_all();
        }
    }
    Ok(())
}

/// All of the file, which is `what` ("model", "proving key"), at most `limit` bytes of it.
pub fn read(path: &Path, what: &str, limit: u64) -> anyhow::Result<Vec<u8>> {
    read_stream(open(path, what)?, &path.display().to_string(), what, limit)
}

/// Whether `path`, which is `what`, can be opened and is not a directory.
pub fn check(path: &Path, what: &str) -> anyhow::Result<()> {
    open(path, what).map(drop)
}

fn open(path: &Path, what: &str) -> anyhow::Result<File> {
    let file = File::open(path).with_context(|| format!("cannot open the {what} {}", path.display()));
    let file = match file {
        Err(error) if path.is_symlink() && !path.exists() => {
            return Err(hinted(error, "it is a symbolic link to a file that does not exist"));
        }
        Err(error) if !path.exists() => return Err(hinted(error, missing_hint(path))),
        other => other?,
    };
    if file.metadata().with_context(|| format!("cannot read {}", path.display()))?.is_dir() {
        return Err(hinted(
            anyhow!("cannot read the {what} {}: it is a directory", path.display()),
            "name the file itself",
        ));
    }
    Ok(file)
}

/// All of standard input, under the same limit.
pub fn read_stdin(what: &str, limit: u64) -> anyhow::Result<Vec<u8>> {
    read_stream(io::stdin().lock(), "standard input", what, limit)
}

fn read_stream(stream: impl Read, name: &str, what: &str, limit: u64) -> anyhow::Result<Vec<u8>> {
    let mut contents = Vec::new();
    stream
        .take(limit.saturating_add(1))
        .read_to_end(&mut contents)
        .with_context(|| format!("cannot read {name}"))?;
    if contents.len() as u64 > limit {
        bail!("{name} has more than {limit} bytes: too large for the {what}");
    }
    Ok(contents)
}

fn missing_hint(path: &Path) -> String {
    let directory = parent(path);
    match (directory.is_dir(), directory == Path::new(".")) {
        (false, _) => format!("there is no directory {}", directory.display()),
        (true, true) => "there is no such file in the current directory".into(),
        (true, false) => format!("there is no such file in {}", directory.display()),
    }
}

fn parent(path: &Path) -> &Path {
    match path.parent() {
        Some(directory) if !directory.as_os_str().is_empty() => directory,
        _ => Path::new("."),
    }
}

/// Refuses to replace what must stay at `path`, which the user knows as `shown`.
fn check_existing(path: &Path, shown: &Path, existing: Existing) -> anyhow::Result<()> {
    let Ok(metadata) = fs::metadata(path) else { return Ok(()) };
    if metadata.is_dir() {
        return Err(hinted(anyhow!("{} is a directory", shown.display()), "name the file to write"));
    }
    if !metadata.is_file() {
        bail!("{} is not a regular file, and only those can be written whole or not at all", shown.display());
    }
    match existing {
        Existing::Force => Ok(()),
        Existing::Refuse => Err(hinted(
            anyhow!("{} exists, and a key that is lost cannot be made again", shown.display()),
            "--force replaces it; -o writes elsewhere",
        )),
        Existing::Replace(magic) => {
            let mut start = Vec::new();
            File::open(path)
                .and_then(|file| file.take(magic.len() as u64).read_to_end(&mut start))
                .with_context(|| {
                    format!("cannot read {}, which stands where the output goes", shown.display())
                })?;
            if start == magic || metadata.len() == 0 {
                return Ok(());
            }
            Err(hinted(
                anyhow!("{} exists and is not an earlier output of this command", shown.display()),
                "--force replaces it; -o writes elsewhere",
            ))
        }
    }
}

/// Renames the temporary to its destination. If that fails, what stood there stands there still.
fn replace(output: &Output) -> anyhow::Result<Replaced> {
    let path = &output.destination;
    check_existing(path, &output.shown, output.existing)?;
    let backup = if path.exists() { Some(back_up(path)?) } else { None };
    let replaced = Replaced { destination: path.clone(), backup };
    if let Err(error) = fs::rename(output.temporary.file.path(), path) {
        if replaced.backup.is_some() {
            replaced.undo();
        }
        return Err(error).with_context(|| format!("cannot write {}", output.shown.display()));
    }
    Ok(replaced)
}

/// A destination that holds its new file, and what it held before.
struct Replaced {
    destination: PathBuf,
    backup: Option<PathBuf>,
}

impl Replaced {
    /// Puts the old state back. Errors are dropped: the one that led here is reported, and this does what can be done.
    fn undo(self) {
        let Some(backup) = self.backup else {
            let _ = fs::remove_file(&self.destination);
            return;
        };
        let _ = fs::rename(&backup, &self.destination);
        // Renaming one name of a file onto another of its names does nothing; then the backup is still there.
        let _ = fs::remove_file(&backup);
    }

    /// Forgets the old state. The outputs are in place, so a backup that cannot be deleted is no failure.
    fn keep(self) {
        if let Some(backup) = self.backup {
            let _ = fs::remove_file(backup);
        }
    }
}

/// A second name for the file at `path`, to roll back to.
fn back_up(path: &Path) -> anyhow::Result<PathBuf> {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let backup = path.with_file_name(format!(".{name}.{}.old.tmp", std::process::id()));
    // A hard link keeps the old file in place until the rename; where there are none, it moves aside.
    fs::hard_link(path, &backup)
        .or_else(|_| fs::rename(path, &backup))
        .with_context(|| format!("cannot keep a copy of {}", path.display()))?;
    Ok(backup)
}

/// A temporary file that is in the interruption's registry for as long as it exists.
#[derive(Debug)]
struct Temporary {
    file: NamedTempFile,
}

impl Temporary {
    fn new(directory: &Path, prefix: &str, mode: u32) -> io::Result<Temporary> {
        // Held while the file is made: an interruption comes before it exists or after it is listed.
        let mut registry = interrupt::hold();
        let file = tempfile::Builder::new()
            .prefix(prefix)
            .suffix(".tmp")
            .permissions(fs::Permissions::from_mode(mode))
            .tempfile_in(directory)
            .map_err(without_path)?;
        registry.insert(file.path().to_owned());
        Ok(Temporary { file })
    }
}

/// The system's error alone: `tempfile` adds the path of its temporary, a name that means nothing to the user.
fn without_path(error: io::Error) -> io::Error {
    let system =
        error.get_ref().and_then(|wrapped| wrapped.source()?.downcast_ref::<io::Error>()?.raw_os_error());
    system.map_or(error, io::Error::from_raw_os_error)
}

impl Drop for Temporary {
    fn drop(&mut self) {
        // The registry may be held by `commit`, which drops nothing while it does. NamedTempFile deletes the file.
        interrupt::hold().remove(self.file.path());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::failure::{hints, message};

    fn listing(directory: &Path) -> Vec<String> {
        let mut names: Vec<String> = fs::read_dir(directory)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned())
            .collect();
        names.sort();
        names
    }

    fn output(path: &Path) -> Output {
        Output::create(path, Existing::Replace(b"ASSAY"), Access::Shared).unwrap()
    }

    #[test]
    fn a_group_is_written_whole() {
        let directory = tempfile::tempdir().unwrap();
        let (a, b) = (directory.path().join("a"), directory.path().join("b"));
        commit(vec![(output(&a), b"ASSAY one".to_vec()), (output(&b), b"two".to_vec())]).unwrap();
        assert_eq!(fs::read(&a).unwrap(), b"ASSAY one");
        assert_eq!(fs::read(&b).unwrap(), b"two");
        assert_eq!(listing(directory.path()), ["a", "b"]);
        commit(vec![(output(&a), b"ASSAY three".to_vec())]).unwrap();
        assert_eq!(fs::read(&a).unwrap(), b"ASSAY three");
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
        fs::write(&a, b"ASSAY old").unwrap();
        let group = vec![
            (output(&a), b"ASSAY new".to_vec()),
            (output(&b), b"ASSAY new".to_vec()),
            (output(&c), b"ASSAY new".to_vec()),
        ];
        // After the check, before the renames, someone puts a foreign file where the last one goes.
        fs::write(&c, b"foreign").unwrap();
        let error = commit(group).unwrap_err();
        assert!(message(&error).contains("not an earlier output"), "{error:#}");
        assert_eq!(fs::read(&a).unwrap(), b"ASSAY old");
        assert_eq!(fs::read(&c).unwrap(), b"foreign");
        assert_eq!(listing(directory.path()), ["a", "c"]);
    }

    #[test]
    fn what_stands_there_is_protected() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("model.onnx");
        fs::write(&path, b"ONNX").unwrap();
        let refuse = |existing| Output::create(&path, existing, Access::Shared).map(drop);
        assert!(refuse(Existing::Force).is_ok());
        assert!(message(&refuse(Existing::Refuse).unwrap_err()).contains("a key that is lost"));
        let error = refuse(Existing::Replace(b"ASSAY")).unwrap_err();
        assert!(message(&error).contains("not an earlier output"));
        assert_eq!(hints(&error), ["--force replaces it; -o writes elsewhere"]);
        assert!(refuse(Existing::Replace(b"ON")).is_ok());
        assert_eq!(listing(directory.path()), ["model.onnx"]);
    }

    #[test]
    fn private_files_are_for_the_owner() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("salts");
        let output = Output::create(&path, Existing::Refuse, Access::Private).unwrap();
        assert_eq!(fs::metadata(output.temporary.file.path()).unwrap().permissions().mode() & 0o777, 0o600);
        commit(vec![(output, b"secret".to_vec())]).unwrap();
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    }

    #[test]
    fn a_symbolic_link_stays_one() {
        let directory = tempfile::tempdir().unwrap();
        let (target, link) = (directory.path().join("target"), directory.path().join("link"));
        fs::write(&target, b"ASSAY old").unwrap();
        std::os::unix::fs::symlink(&target, &link).unwrap();
        commit(vec![(output(&link), b"ASSAY new".to_vec())]).unwrap();
        assert!(link.is_symlink());
        assert_eq!(fs::read(&target).unwrap(), b"ASSAY new");
    }

    #[test]
    fn reads_are_bounded_and_say_what_is_wrong() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("x");
        fs::write(&path, [7; 100]).unwrap();
        assert_eq!(read(&path, "proof", 100).unwrap(), [7; 100]);
        assert!(
            message(&read(&path, "proof", 99).unwrap_err())
                .contains("more than 99 bytes: too large for the proof")
        );
        let missing = read(&directory.path().join("y"), "proof", 9).unwrap_err();
        assert!(message(&missing).contains("cannot open the proof"));
        assert_eq!(hints(&missing).len(), 1);
        assert!(message(&read(directory.path(), "proof", 9).unwrap_err()).contains("cannot read the proof"));
    }
}

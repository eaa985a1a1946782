//! What a command reads and writes: no output takes the place of an input or of another output.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use anyhow::{anyhow, bail};

use super::output::Output;
use super::paths::{is_standard, parent};
use super::product::{Force, Product};
use crate::failure::hinted;
use crate::ui;

/// The inputs of a command, and the outputs that it has claimed so far.
#[derive(Debug)]
pub struct Claims {
    places: Vec<(Place, Role)>,
    stdout: bool,
}

#[derive(Clone, Copy, Debug)]
enum Role {
    Input,
    Output,
}

/// A file under whatever name: its path behind symbolic links, and its inode, which hard links share.
#[derive(Debug, PartialEq, Eq)]
struct Place {
    shown: PathBuf,
    canonical: PathBuf,
    inode: Option<(u64, u64)>,
}

impl Claims {
    /// The claims of a command that reads these files.
    pub fn reading<'a>(inputs: impl IntoIterator<Item = &'a Path>) -> Claims {
        let files = inputs.into_iter().filter(|path| !is_standard(path));
        Claims { places: files.map(|path| (Place::of(path), Role::Input)).collect(), stdout: false }
    }

    /// Claims `path` for `product`: it can be written, and what stands there gives way. The command's inputs and other
    /// outputs never do, whatever `force` says.
    pub fn output(&mut self, path: &Path, product: Product, force: Force) -> anyhow::Result<Output> {
        if is_standard(path) {
            if std::mem::replace(&mut self.stdout, true) || ui::is_json() {
                bail!(
                    "two things cannot both go to standard output: outputs named -, and the result of --json"
                );
            }
            ui::take_stdout();
            return Output::standard(product);
        }
        let place = Place::of(path);
        if let Some((other, role)) = self.places.iter().find(|(other, _)| other.is(&place)) {
            let also = if other.shown == place.shown {
                String::new()
            } else {
                format!(" (it is the same file as {})", other.shown.display())
            };
            return Err(match role {
                Role::Input => hinted(
                    anyhow!("{} is an input of this command, and is not replaced{also}", path.display()),
                    "name another file for the output",
                ),
                Role::Output => hinted(
                    anyhow!("two outputs of this command would be one file, {}{also}", path.display()),
                    "name another file for one of them",
                ),
            });
        }
        let output = Output::file(path, product, force)?;
        self.places.push((place, Role::Output));
        Ok(output)
    }
}

impl Place {
    fn of(path: &Path) -> Place {
        let canonical = fs::canonicalize(path).unwrap_or_else(|_| {
            match (fs::canonicalize(parent(path)), path.file_name()) {
                (Ok(directory), Some(name)) => directory.join(name),
                _ => path.to_owned(),
            }
        });
        let inode = fs::metadata(path).ok().map(|metadata| (metadata.dev(), metadata.ino()));
        Place { shown: path.to_owned(), canonical, inode }
    }

    fn is(&self, other: &Place) -> bool {
        self.canonical == other.canonical || (self.inode.is_some() && self.inode == other.inode)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::failure::message;

    const MODEL: Product = Product::Model { source: [0; 32] };

    #[test]
    fn inputs_stay_under_every_name_and_under_force() {
        let directory = tempfile::tempdir().unwrap();
        let input = directory.path().join("input");
        let (symbolic, hard) = (directory.path().join("symbolic"), directory.path().join("hard"));
        fs::write(&input, b"").unwrap();
        std::os::unix::fs::symlink(&input, &symbolic).unwrap();
        fs::hard_link(&input, &hard).unwrap();
        let roundabout = directory.path().join(".").join("input");
        for name in [&input, &symbolic, &hard, &roundabout] {
            for force in [Force::Absent, Force::Given] {
                let error = Claims::reading([input.as_path()]).output(name, MODEL, force).unwrap_err();
                assert!(message(&error).contains("is an input of this command"), "{error:#}");
            }
        }
        assert!(Claims::reading([Path::new("-")]).output(&input, MODEL, Force::Absent).is_ok());
    }

    #[test]
    fn two_outputs_are_two_files() {
        let directory = tempfile::tempdir().unwrap();
        let (one, same) = (directory.path().join("one"), directory.path().join(".").join("one"));
        let mut claims = Claims::reading([]);
        let _first = claims.output(&one, MODEL, Force::Absent).unwrap();
        let error = claims.output(&same, MODEL, Force::Given).unwrap_err();
        assert!(message(&error).contains("two outputs of this command would be one file"), "{error:#}");
        let other = directory.path().join("two");
        assert!(claims.output(&other, MODEL, Force::Absent).is_ok());
    }
}

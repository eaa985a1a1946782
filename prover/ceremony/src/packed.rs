//! A ceremony as one file, to be sent: its folder's files one after another.
//!
//! ```text
//! magic "assaycpk" | count u32 | for each file: length of its name u32 | name | length u64 | bytes
//! ```
//!
//! Names are those of the files that the transcript's state is made of, and no others. It is unpacked into a folder of its own beside
//! the place where it goes, opened there, which checks its records, and then moved: nothing that lay there before becomes a part of it.
//! What the parts hold is checked by [`Ceremony::check`].

use std::{
    fs::{self, File},
    io::{Read, Write},
    path::Path,
};

use crate::{
    error::Error,
    folder::{Ceremony, TRANSCRIPT},
    parts::{Part, write_whole},
};

const MAGIC: [u8; 8] = *b"assaycpk";
/// Most files, and longest name.
const MOST: u32 = 16;
const LONGEST: u32 = 64;

impl Ceremony {
    /// The files that the present state is made of: names in the folder.
    fn files(&self) -> Vec<String> {
        let transcript = self.transcript();
        let state = transcript.records.len();
        let parts = Part::initial(transcript.beginning.sigmas as usize).map(|part| part.file(state));
        parts.chain([TRANSCRIPT.into()]).collect()
    }

    /// The ceremony in one file's bytes, handed to `write` piece by piece.
    ///
    /// # Errors
    /// [`Error::Io`] where a file cannot be read, or `write` fails.
    pub fn pack(&self, path: &Path, out: &mut impl Write) -> Result<(), Error> {
        let files = self.files();
        let mut put = |bytes: &[u8]| out.write_all(bytes).map_err(Error::io(path));
        put(&MAGIC)?;
        put(&(files.len() as u32).to_le_bytes())?;
        for name in files {
            let from = self.folder().join(&name);
            let bytes = fs::read(&from).map_err(Error::io(&from))?;
            put(&(name.len() as u32).to_le_bytes())?;
            put(name.as_bytes())?;
            put(&(bytes.len() as u64).to_le_bytes())?;
            put(&bytes)?;
        }
        Ok(())
    }
}

/// Unpacks a ceremony into a folder that is not there or empty, and opens it.
///
/// # Errors
/// [`Error::Packed`] for another kind of file; [`Error::Exists`]; [`Error::Occupied`]; as for [`Ceremony::open`].
pub fn unpack(path: &Path, folder: &Path) -> Result<Ceremony, Error> {
    if folder.join(TRANSCRIPT).exists() {
        let contributions = Ceremony::open(folder)?.transcript().contributions();
        return Err(Error::Exists { path: folder.into(), contributions });
    }
    if fs::read_dir(folder).is_ok_and(|mut files| files.next().is_some()) {
        return Err(Error::Occupied(folder.into()));
    }
    let name = folder.file_name().and_then(|name| name.to_str());
    let name =
        name.ok_or_else(|| Error::Packed { path: path.into(), what: "its folder is to have a name" })?;
    let fresh = folder.with_file_name(format!(".{name}.{}.unpacking", std::process::id()));
    let _ = fs::remove_dir_all(&fresh); // of a process that had this number before
    if let Some(parent) = fresh.parent() {
        fs::create_dir_all(parent).map_err(Error::io(parent))?;
    }
    fs::create_dir(&fresh).map_err(Error::io(&fresh))?;
    let unpacked =
        unpack_into(path, &fresh).and_then(|()| fs::rename(&fresh, folder).map_err(Error::io(folder)));
    if unpacked.is_err() {
        let _ = fs::remove_dir_all(&fresh);
    }
    unpacked?;
    Ceremony::open(folder)
}

/// Unpacks into an empty folder, and fails unless that is a ceremony, all of it and nothing else.
fn unpack_into(path: &Path, folder: &Path) -> Result<(), Error> {
    let wrong = |what| Error::Packed { path: path.into(), what };
    let file = File::open(path).map_err(Error::io(path))?;
    let size = file.metadata().map_err(Error::io(path))?.len();
    let mut file = std::io::BufReader::new(file);
    let mut take = |length: u64| -> Result<Vec<u8>, Error> {
        if length > size {
            return Err(wrong("a length is beyond its end"));
        }
        let mut bytes = Vec::new();
        (&mut file).take(length).read_to_end(&mut bytes).map_err(Error::io(path))?;
        if bytes.len() as u64 == length { Ok(bytes) } else { Err(wrong("it is cut off")) }
    };
    if take(8).ok().as_deref() != Some(&MAGIC) {
        return Err(wrong("it does not begin as one"));
    }
    let count = number(&take(4)?);
    if count == 0 || count > u64::from(MOST) {
        return Err(wrong("it has too many files, or none"));
    }
    let mut names = Vec::new();
    for _ in 0..count {
        let length = number(&take(4)?);
        if length > u64::from(LONGEST) {
            return Err(wrong("a file's name is too long"));
        }
        let name = String::from_utf8(take(length)?).map_err(|_| wrong("a file's name is none"))?;
        if name != TRANSCRIPT && !is_part(&name) {
            return Err(wrong("it holds a file that is none of a ceremony's"));
        }
        let length = number(&take(8)?);
        write_whole(&folder.join(&name), &[&take(length)?])?;
        names.push(name);
    }
    if take(1).is_ok() {
        return Err(wrong("bytes follow its last file"));
    }
    if !names.iter().any(|name| name == TRANSCRIPT) {
        return Err(wrong("it holds no transcript"));
    }
    let mut needed = Ceremony::open(folder)?.files();
    needed.sort();
    names.sort();
    if names == needed { Ok(()) } else { Err(wrong("its files are not those of its transcript's state")) }
}

/// A part's file, of whatever state.
fn is_part(name: &str) -> bool {
    name.strip_suffix(".part").is_some_and(|name| {
        !name.is_empty()
            && !name.starts_with('.')
            && name
                .bytes()
                .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"-.".contains(&byte))
    })
}

fn number(bytes: &[u8]) -> u64 {
    bytes.iter().rev().fold(0, |number, byte| number << 8 | u64::from(*byte))
}

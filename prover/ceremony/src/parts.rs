//! A ceremony's points on disk, part by part.
//!
//! ```text
//! 0  magic "assaycp1" | origin 32 | state u64 | bytes of points u64 | SHA-256 of points 32 | name 32, zeros after it | zeros 8
//! 128  points, as the engine has them
//! ```
//!
//! The origin is a hash of what the ceremony begins from, so that parts of two ceremonies cannot be mixed; the state counts
//! contributions, and is 0 for what they do not change. A file says what it is, and is believed where the transcript names its hash.

use std::{
    fs::{self, File},
    io::{self, Write},
    path::Path,
};

use assay_engine::MappedFile;
use bytemuck::Pod;
use sha2::{Digest, Sha256};

use crate::error::{Error, PartFault};

const MAGIC: [u8; 8] = *b"assaycp1";
const HEADER: usize = 128;
/// Ending of files that are being written.
const UNFINISHED: &str = "new";

/// A part of a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// alpha and beta in G1, IC, then beta in G2 as two points' room.
    Base,
    /// A in G1.
    A,
    /// B in G1.
    BG1,
    /// B in G2.
    BG2,
    /// The committed wires' G_j.
    G,
    /// L; contributions change it.
    L,
    /// H; contributions change it.
    H,
    /// The points of a knowledge check: sigma G_j. Its number, from 0.
    Sigma(usize),
}

impl Part {
    /// Those that contributions leave as they are.
    pub(crate) const FIXED: [Part; 5] = [Part::Base, Part::A, Part::BG1, Part::BG2, Part::G];

    /// Those that contributions change, with so many sigmas.
    pub fn moving(sigmas: usize) -> impl Iterator<Item = Part> {
        [Part::L, Part::H].into_iter().chain((0..sigmas).map(Part::Sigma))
    }

    /// All of them, in the order in which a transcript names their hashes.
    pub fn initial(sigmas: usize) -> impl Iterator<Item = Part> {
        Part::FIXED.into_iter().chain(Part::moving(sigmas))
    }

    /// What errors call it.
    pub(crate) fn name(self) -> String {
        match self {
            Part::Base => "base".into(),
            Part::A => "a".into(),
            Part::BG1 => "b-g1".into(),
            Part::BG2 => "b-g2".into(),
            Part::G => "g".into(),
            Part::L => "l".into(),
            Part::H => "h".into(),
            Part::Sigma(number) => format!("sigma-{number}"),
        }
    }

    /// Its file after so many contributions.
    pub(crate) fn file(self, state: usize) -> String {
        if Part::FIXED.contains(&self) {
            format!("{}.part", self.name())
        } else {
            format!("{}.{state}.part", self.name())
        }
    }
}

/// SHA-256 of points.
pub(crate) fn hash<P: Pod>(points: &[P]) -> [u8; 32] {
    Sha256::digest(bytemuck::cast_slice(points)).into()
}

/// A part's file, mapped, whose points have the hash that it names.
#[derive(Debug)]
pub(crate) struct Mapped {
    file: MappedFile,
    pub(crate) hash: [u8; 32],
}

impl Mapped {
    /// The points. Their number is whatever the file has.
    pub(crate) fn points<P: Pod>(&self) -> Result<&[P], PartFault> {
        bytemuck::try_cast_slice(&self.file[HEADER..]).map_err(|_| PartFault::Other)
    }
}

/// The part in a folder; the transcript's hash decides what it is worth.
pub(crate) fn open(folder: &Path, part: Part, state: usize, origin: &[u8; 32]) -> Result<Mapped, Error> {
    let name = part.file(state);
    let path = folder.join(&name);
    let fault = |what| Error::Part { name: name.clone(), what };
    let file = match File::open(&path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Err(fault(PartFault::Missing)),
        Err(error) => return Err(Error::io(&path)(error)),
    };
    let file = MappedFile::open(&file).map_err(Error::io(&path))?;
    let (header, points) = file.split_first_chunk::<HEADER>().ok_or_else(|| fault(PartFault::Other))?;
    let hash = Sha256::digest(points).into();
    let expected = self::header(part, state, origin, points.len(), &hash);
    if *header == expected {
        return Ok(Mapped { file, hash });
    }
    let same = |range: std::ops::Range<usize>| header.get(range.clone()) == expected.get(range);
    Err(fault(match () {
        () if !same(0..8) || !same(88..128) || !same(40..48) => PartFault::Other,
        () if !same(8..40) => PartFault::Origin,
        () => PartFault::Checksum,
    }))
}

/// Writes a part: there whole or not at all. Returns the hash of its points.
pub(crate) fn write<P: Pod>(
    folder: &Path,
    part: Part,
    state: usize,
    origin: &[u8; 32],
    points: &[P],
) -> Result<[u8; 32], Error> {
    let bytes: &[u8] = bytemuck::cast_slice(points);
    let hash = Sha256::digest(bytes).into();
    let header = header(part, state, origin, bytes.len(), &hash);
    write_whole(&folder.join(part.file(state)), &[&header, bytes])?;
    Ok(hash)
}

/// Writes a file that is there whole or not at all, even over a loss of power.
pub(crate) fn write_whole(path: &Path, contents: &[&[u8]]) -> Result<(), Error> {
    let temporary = path.with_extension(format!("{}.{UNFINISHED}", std::process::id()));
    let written = (|| {
        // Whatever stands there, a link too, is not written through.
        let _ = fs::remove_file(&temporary);
        let mut file = File::create_new(&temporary)?;
        contents.iter().try_for_each(|bytes| file.write_all(bytes))?;
        file.sync_all()?;
        fs::rename(&temporary, path)?;
        // Some file systems cannot sync a directory.
        if let Some(Ok(folder)) = path.parent().map(File::open) {
            let _ = folder.sync_all();
        }
        Ok(())
    })();
    if written.is_err() {
        let _ = fs::remove_file(&temporary);
    }
    written.map_err(Error::io(path))
}

/// Removes what killed processes have left of files that they wrote. Whoever calls this has the folder to himself.
pub(crate) fn remove_unfinished(folder: &Path) {
    let files = fs::read_dir(folder).into_iter().flatten().flatten();
    for file in files.filter(|file| file.path().extension().is_some_and(|end| end == UNFINISHED)) {
        let _ = fs::remove_file(file.path()); // it takes room, and hurts nobody
    }
}

fn header(part: Part, state: usize, origin: &[u8; 32], bytes: usize, hash: &[u8; 32]) -> [u8; HEADER] {
    let mut name = [0; 40];
    name.iter_mut().zip(part.name().bytes()).for_each(|(place, byte)| *place = byte);
    let state = if Part::FIXED.contains(&part) { 0 } else { state as u64 };
    let fields =
        [&MAGIC[..], origin, &state.to_le_bytes(), &(bytes as u64).to_le_bytes(), hash, &name].concat();
    let mut header = [0; HEADER];
    header.iter_mut().zip(fields).for_each(|(place, byte)| *place = byte);
    header
}

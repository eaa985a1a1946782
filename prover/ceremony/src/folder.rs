//! A ceremony in a folder: begun, continued, put together.
//!
//! ```text
//! transcript.json | base.part, a.part, b-g1.part, b-g2.part, g.part | l.N.part, h.N.part, sigma-0.N.part after N contributions | lock
//! ```
//!
//! The transcript is the last file that a step writes, and it names the hashes of the others: a step that is killed before has not
//! happened, and what it left is written over. `begin` goes on where it was killed, part by part. A contribution that is killed is
//! made again with new secrets: the old ones are gone.

use std::{
    fs::{self, File, TryLockError},
    io::{self, Read},
    path::{Path, PathBuf},
};

use assay_circuits::Circuit;
use assay_engine::{Domain, G1Point, G2Point};
use assay_groth16::{
    Observer, ProvingKey, SetupError, SetupKind,
    parts::{KeyParts, Shape},
};
use sha2::{Digest, Sha256};

use crate::{
    error::{Error, PartFault, TranscriptError},
    ground::Ground,
    initial::{Maker, Points, report},
    json,
    parts::{self, Mapped, Part},
    phase1::{Phase1, Phase1Error, check_g1, check_g2},
    transcript::{Beginning, MOST_RECORDS, Record, Transcript},
};

/// The transcript's file.
pub const TRANSCRIPT: &str = "transcript.json";
const LOCK: &str = "lock";
/// Most bytes of a transcript that are read.
pub(crate) const MOST_BYTES: u64 = 64 << 20;

/// A ceremony that this process works on: no other can meanwhile.
#[derive(Debug)]
pub struct Ceremony {
    folder: PathBuf,
    transcript: Transcript,
    origin: [u8; 32],
    /// Locked while it is open.
    _lock: File,
}

/// A state's parts, in the order of [`Part::initial`].
pub(crate) struct Loaded {
    /// Those that contributions leave as they are.
    fixed: Vec<(Mapped, Part)>,
    /// The others, in memory: what is checked is what is multiplied, whatever happens to the files.
    pub(crate) moving: Vec<(Part, Vec<G1Point>)>,
}

/// How a ceremony begins.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Options {
    /// The name of the beacon that will end it.
    pub beacon: Option<String>,
    /// A domain of 2^k points, where the smallest may have 3 * 2^k or 9 * 2^k: a prepared first phase then needs no transforms.
    pub power_of_two: bool,
}

impl Ceremony {
    /// Begins a ceremony for a circuit's key, or goes on where an earlier call was interrupted. The first state is compared with the
    /// powers before the transcript is written, so parts that lay in the folder are not believed.
    ///
    /// # Errors
    /// [`Error::Exists`] where there is one; [`Error::Phase1`] for powers that are wrong or too few; as [`Ceremony::check`] for parts.
    pub fn begin(
        folder: &Path,
        circuit: &Circuit,
        phase1: &Phase1<'_>,
        options: Options,
        observer: Observer<'_>,
    ) -> Result<Ceremony, Error> {
        let shape = Shape::of(circuit)?;
        let domain = match options.power_of_two {
            true => Domain::with_size(shape.rows.next_power_of_two())?,
            false => shape.domain()?,
        };
        fs::create_dir_all(folder).map_err(Error::io(folder))?;
        let lock = lock(folder)?;
        if folder.join(TRANSCRIPT).exists() {
            let contributions = read_transcript(folder)?.contributions();
            return Err(Error::Exists { path: folder.into(), contributions });
        }
        let size = u32::try_from(domain.size()).map_err(|_| SetupError::Wires(domain.size()))?;
        let mut beginning = Beginning {
            circuit: shape.circuit,
            domain: size,
            sigmas: u32::from(!shape.committed.is_empty()),
            phase1: phase1.identity(),
            beacon: options.beacon,
            parts: Vec::new(),
        };
        let origin = origin(&beginning);
        let ground = Ground::with(circuit, shape, domain, phase1, observer)?;
        let mut maker = Maker::new(&ground, phase1)?;
        let parts: Vec<Part> = Part::initial(beginning.sigmas as usize).collect();
        for (done, part) in parts.iter().enumerate() {
            report(observer, done, parts.len())?;
            let hash = match parts::open(folder, *part, 0, &origin) {
                Ok(made) => made.hash,
                Err(Error::Part { what: PartFault::Missing, .. }) => match maker.make(*part)? {
                    Points::G1(points) => parts::write(folder, *part, 0, &origin, &points)?,
                    Points::G2(points) => parts::write(folder, *part, 0, &origin, &points)?,
                },
                Err(error) => return Err(error),
            };
            beginning.parts.push(hash);
        }
        report(observer, parts.len(), parts.len())?;
        drop(maker);
        let transcript = Transcript { beginning, records: Vec::new() };
        let ceremony = Ceremony { folder: folder.into(), transcript, origin, _lock: lock };
        // Parts that were found are whatever somebody put there, and those that were made are read as they will be.
        ceremony.compare(&ground, &ceremony.load()?, observer)?;
        write_transcript(folder, &ceremony.transcript)?;
        Ok(ceremony)
    }

    /// The ceremony in a folder, whose records hold. Its parts are looked at by [`Ceremony::check`].
    ///
    /// # Errors
    /// [`Error::NoCeremony`], [`Error::Transcript`], [`Error::Record`], or [`Error::Busy`].
    pub fn open(folder: &Path) -> Result<Ceremony, Error> {
        if !folder.join(TRANSCRIPT).exists() {
            return Err(Error::NoCeremony(folder.into()));
        }
        let lock = lock(folder)?;
        let transcript = read_transcript(folder)?;
        check_records(&transcript)?;
        Ok(Ceremony { folder: folder.into(), origin: origin(&transcript.beginning), transcript, _lock: lock })
    }

    /// What happened so far.
    pub fn transcript(&self) -> &Transcript {
        &self.transcript
    }

    /// Where it is.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// The key of the present state, checked as a key from outside is. It says that it comes from a ceremony, and
    /// [`crate::verify`] decides whether that is so: without it the key is nothing to give away.
    ///
    /// # Errors
    /// [`Error::NoContribution`]; [`Error::Part`] for a part that is not the transcript's; [`Error::Key`] for parts that give no key.
    pub fn key(&self, circuit: &Circuit, observer: Observer<'_>) -> Result<ProvingKey, Error> {
        if self.transcript.contributions() == 0 {
            return Err(Error::NoContribution);
        }
        let shape = Shape::of(circuit)?;
        let loaded = self.load()?;
        Ok(ProvingKey::from_parts(&shape, SetupKind::Ceremony, &self.key_parts(&loaded)?, observer)?)
    }

    /// The parts of the present state: they have the hashes that the transcript names, and their points are points.
    pub(crate) fn load(&self) -> Result<Loaded, Error> {
        let mut fixed = Vec::new();
        for part in Part::FIXED {
            let mapped = (self.part(part)?, part);
            match part {
                Part::BG2 => check_g2("a part", self.points(&mapped)?),
                // Its last two places are a point of G2.
                Part::Base => {
                    let points: &[G1Point] = self.points(&mapped)?;
                    check_g1("a part", &points[..points.len().saturating_sub(2)])
                }
                _ => check_g1("a part", self.points(&mapped)?),
            }
            .map_err(|error| self.wrong_point(part, error))?;
            fixed.push(mapped);
        }
        let moving = Part::moving(self.transcript.beginning.sigmas as usize).map(|part| {
            let mapped = (self.part(part)?, part);
            let points: Vec<G1Point> = self.points(&mapped)?.to_vec();
            // A point off the curve may have a small order, and its multiple would tell the factor modulo that.
            check_g1("a part", &points).map_err(|error| self.wrong_point(part, error))?;
            Ok((part, points))
        });
        let moving = moving.collect::<Result<_, Error>>()?;
        Ok(Loaded { fixed, moving })
    }

    /// The points of a key that the present state gives.
    pub(crate) fn key_parts<'m>(&self, Loaded { fixed, moving }: &'m Loaded) -> Result<KeyParts<'m>, Error> {
        let state = self.transcript.state();
        let other = |part| self.fault(part, PartFault::Other);
        let [base, a, b_g1, b_g2, g] = &fixed[..] else { return Err(other(Part::Base)) };
        let [(_, l), (_, h), sigmas @ ..] = &moving[..] else { return Err(other(Part::L)) };
        let base: &[G1Point] = self.points(base)?;
        let [alpha, beta, ic @ .., x, y] = base else { return Err(other(Part::Base)) };
        let beta_g2: G2Point = bytemuck::cast([*x, *y]);
        check_g2("beta in G2", &[beta_g2]).map_err(|error| self.wrong_point(Part::Base, error))?;
        Ok(KeyParts {
            alpha_g1: (*alpha).into(),
            beta_g1: (*beta).into(),
            beta_g2: beta_g2.into(),
            gamma_g2: ark_ec::AffineRepr::generator(),
            delta_g1: state.delta_g1,
            delta_g2: state.delta_g2,
            ic: ic.iter().map(|point| (*point).into()).collect(),
            sigma_gamma_negated: state.sigmas.first().map(|sigma| -*sigma),
            a: self.points(a)?,
            b_g1: self.points(b_g1)?,
            b_g2: self.points(b_g2)?,
            l,
            h,
            g: self.points(g)?,
            sigma_g: sigmas.first().map(|(_, points)| &points[..]).unwrap_or_default(),
        })
    }

    /// The transcript's hash, if a contribution can follow.
    pub(crate) fn open_hash(&self) -> Result<[u8; 32], Error> {
        let records = self.transcript.records.len();
        match self.transcript.is_closed() {
            true => Err(Error::Closed),
            false if records >= MOST_RECORDS => Err(Error::Full(records)),
            false => Ok(self.transcript.hash()),
        }
    }

    /// Writes a part of the next state, and returns its hash.
    pub(crate) fn write_next(&self, part: Part, points: &[G1Point]) -> Result<[u8; 32], Error> {
        parts::write(&self.folder, part, self.transcript.records.len() + 1, &self.origin, points)
    }

    /// Makes a record part of the transcript, and removes the parts of the states before.
    pub(crate) fn append(&mut self, record: Record) -> Result<[u8; 32], Error> {
        // What cannot be verified is not written.
        let number = self.transcript.records.len() + 1;
        let checked = record.check(&self.transcript.hash(), &self.transcript.state());
        checked.map_err(|error| Error::Record { number, error })?;
        self.transcript.records.push(record);
        write_transcript(&self.folder, &self.transcript)?;
        let sigmas = self.transcript.beginning.sigmas as usize;
        for state in 0..self.transcript.records.len() {
            for part in Part::moving(sigmas) {
                let _ = fs::remove_file(self.folder.join(part.file(state))); // it may be gone, and hurts nobody
            }
        }
        Ok(self.transcript.hash())
    }

    /// A part of the present state, with the hash that the transcript names.
    fn part(&self, part: Part) -> Result<Mapped, Error> {
        let mut parts = self.transcript.parts();
        let named = parts.find(|(other, _)| *other == part);
        let mapped = parts::open(&self.folder, part, self.transcript.records.len(), &self.origin)?;
        match named {
            Some((_, hash)) if hash == mapped.hash => Ok(mapped),
            _ => Err(self.fault(part, PartFault::Replaced)),
        }
    }

    fn points<'m, P: bytemuck::Pod>(&self, (mapped, part): &'m (Mapped, Part)) -> Result<&'m [P], Error> {
        mapped.points().map_err(|what| self.fault(*part, what))
    }

    fn fault(&self, part: Part, what: PartFault) -> Error {
        Error::Part { name: part.file(self.transcript.records.len()), what }
    }

    fn wrong_point(&self, part: Part, error: Phase1Error) -> Error {
        match error {
            Phase1Error::Point { error, .. } => self.fault(part, PartFault::Point(error)),
            other => other.into(),
        }
    }
}

/// What parts of one ceremony have in common.
fn origin(beginning: &Beginning) -> [u8; 32] {
    let without_parts = Beginning { parts: Vec::new(), ..beginning.clone() };
    Sha256::new_with_prefix(b"assay:ceremony:origin:v1\0")
        .chain_update(without_parts.hash())
        .finalize()
        .into()
}

fn lock(folder: &Path) -> Result<File, Error> {
    let path = folder.join(LOCK);
    if path.is_symlink() {
        let error =
            io::Error::new(io::ErrorKind::InvalidInput, "it is a symbolic link, and a lock is a file");
        return Err(Error::io(&path)(error));
    }
    let file = File::options().create(true).truncate(false).write(true).open(&path);
    let file = file.map_err(Error::io(&path))?;
    match file.try_lock() {
        Ok(()) => {
            parts::remove_unfinished(folder);
            Ok(file)
        }
        Err(TryLockError::WouldBlock) => Err(Error::Busy(folder.into())),
        Err(TryLockError::Error(error)) => Err(Error::io(&path)(error)),
    }
}

fn check_records(transcript: &Transcript) -> Result<(), Error> {
    transcript.check().map_err(|(number, error)| Error::Record { number, error })
}

fn read_transcript(folder: &Path) -> Result<Transcript, Error> {
    let path = folder.join(TRANSCRIPT);
    let file = File::open(&path).map_err(|error| match error.kind() {
        io::ErrorKind::NotFound => Error::NoCeremony(folder.into()),
        _ => Error::io(&path)(error),
    })?;
    let mut text = String::new();
    let read = file.take(MOST_BYTES + 1).read_to_string(&mut text).map_err(Error::io(&path))?;
    if read as u64 > MOST_BYTES {
        return Err(TranscriptError::TooLong(MOST_BYTES).into());
    }
    Ok(json::from_json(&text)?)
}

fn write_transcript(folder: &Path, transcript: &Transcript) -> Result<(), Error> {
    parts::write_whole(&folder.join(TRANSCRIPT), &[json::to_json(transcript).as_bytes()])
}

//! What can be wrong with a ceremony.

use std::{io, path::PathBuf};

use assay_engine::{BackendError, DomainError};
use assay_groth16::{Cancelled, KeyReadError, PointError, SetupError};
use thiserror::Error;

use crate::phase1::Phase1Error;

/// Why a ceremony cannot go on, or its key is not to be trusted.
#[derive(Debug, Error)]
pub enum Error {
    /// A file could not be read or written.
    #[error("{}: {error}", .path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What failed.
        error: io::Error,
    },
    /// The folder holds no ceremony.
    #[error("{} holds no ceremony: it has no transcript.json", .0.display())]
    NoCeremony(PathBuf),
    /// The folder holds a ceremony already.
    #[error("{} holds a ceremony already, with {contributions} contributions", .path.display())]
    Exists {
        /// The folder.
        path: PathBuf,
        /// Its contributions.
        contributions: usize,
    },
    /// Another process works on the folder.
    #[error("another process works on the ceremony in {}", .0.display())]
    Busy(PathBuf),
    /// A part of the ceremony is not what its transcript names, or is damaged.
    #[error("the part {name} of the ceremony {what}")]
    Part {
        /// Its file.
        name: String,
        /// What is wrong.
        what: PartFault,
    },
    /// A packed ceremony that is none.
    #[error("{} is no packed ceremony: {what}", .path.display())]
    Packed {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        what: &'static str,
    },
    /// A transcript that cannot be read.
    #[error("the transcript: {0}")]
    Transcript(#[from] TranscriptError),
    /// A record that is no contribution.
    #[error("record {number} of the transcript: {error}")]
    Record {
        /// Its number, from 1.
        number: usize,
        /// What is wrong.
        error: RecordError,
    },
    /// The beacon ended the ceremony.
    #[error("the beacon has ended this ceremony: no contribution can follow")]
    Closed,
    /// Nobody has contributed.
    #[error(
        "nobody has contributed: the secrets of this key are known to all, and anyone can forge under it"
    )]
    NoContribution,
    /// The beacon that was named did not come.
    #[error(
        "the ceremony is to end with the beacon {0:?}, and has not: its last contributor had the last word"
    )]
    NoBeacon(String),
    /// A beacon for a ceremony that named none.
    #[error("the ceremony named no beacon when it began: a value that is chosen now proves nothing")]
    UnnamedBeacon,
    /// A contribution that its author looks for is not in the transcript.
    #[error(
        "the contribution {} is not in this transcript: it was left out, or this is another branch of the ceremony", hex::encode(.0)
    )]
    MissingContribution([u8; 32]),
    /// The transcript is of another circuit.
    #[error("the ceremony is one for circuit {}, and the model's circuit is {}", hex::encode(.ceremony), hex::encode(.circuit))]
    OtherCircuit {
        /// Of the transcript.
        ceremony: [u8; 32],
        /// Of the model.
        circuit: [u8; 32],
    },
    /// The transcript's domain is too small for the circuit, or none.
    #[error("the ceremony's domain of {found} points is none for the circuit, which has {rows} rows")]
    OtherDomain {
        /// Of the transcript.
        found: u32,
        /// Rows of the circuit.
        rows: usize,
    },
    /// The first phase is another file.
    #[error(
        "the ceremony began from another first phase: its .ptau has the Blake2b digest {ceremony}, this one {file}"
    )]
    OtherPhase1 {
        /// Of the transcript, in hexadecimal.
        ceremony: String,
        /// Of the file.
        file: String,
    },
    /// The key's delta or sigma is not that of the last record.
    #[error(
        "the key's {0} is not that of the transcript's last record: the key is of another state, or of other secrets"
    )]
    OtherState(&'static str),
    /// A section has points for no wire of the circuit's, or lacks some.
    #[error("{what} has {found} points, and the circuit asks for {expected}: points were added or left out")]
    Length {
        /// The section.
        what: &'static str,
        /// Points that it has.
        found: usize,
        /// Points that the circuit asks for.
        expected: usize,
    },
    /// The key says that it is none of a ceremony.
    #[error("the key says that it is a development key: it is not a ceremony's, or its file was edited")]
    Kind,
    /// The ceremony began otherwise than its coordinator published.
    #[error("the ceremony began from {found}, and not from {expected}: it is another one than was announced")]
    OtherBeginning {
        /// Of the transcript, in hexadecimal.
        found: String,
        /// What was published, in hexadecimal.
        expected: String,
    },
    /// A folder that holds something else.
    #[error("{} is not empty: a ceremony is unpacked into a folder of its own", .0.display())]
    Occupied(PathBuf),
    /// No further record has room.
    #[error("the ceremony has {0} records, and a transcript has room for no more")]
    Full(usize),
    /// The key is for other wires than the circuit's.
    #[error("the key has its points for other wires than the circuit's")]
    OtherWires,
    /// Points that the circuit, the first phase and the secrets do not give.
    #[error("the points of {0} are not those that the circuit, the first phase and the contributions give")]
    Section(&'static str),
    /// alpha, beta or gamma is not the first phase's.
    #[error("the key's {0} is not that of the first phase")]
    Base(&'static str),
    /// The first phase.
    #[error("the first phase: {0}")]
    Phase1(#[from] Phase1Error),
    /// The circuit has no keys.
    #[error(transparent)]
    Setup(#[from] SetupError),
    /// The key fails its own check.
    #[error("the key: {0}")]
    Key(#[from] KeyReadError),
    /// No domain of this size.
    #[error(transparent)]
    Domain(#[from] DomainError),
    /// The implementation that the environment asks for cannot run.
    #[error(transparent)]
    Backend(#[from] BackendError),
    /// The system's generator of random numbers failed.
    #[error(transparent)]
    Random(#[from] rand::Error),
    /// The caller ended it.
    #[error(transparent)]
    Cancelled(#[from] Cancelled),
}

/// What is wrong with a part.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum PartFault {
    /// Not there.
    #[error("is missing")]
    Missing,
    /// Not a part, or another one.
    #[error("is no such part: it was renamed or written by something else")]
    Other,
    /// Of another ceremony.
    #[error("is of another ceremony")]
    Origin,
    /// Its points changed.
    #[error("was changed: its points do not have the hash that it names")]
    Checksum,
    /// Whole, but not what the transcript names.
    #[error("is not the one that the transcript names")]
    Replaced,
    /// A point that is none.
    #[error("has a point that is none: {0}")]
    Point(PointError),
}

/// Why text is no transcript.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum TranscriptError {
    /// Not JSON, or not of this shape.
    #[error("{0}")]
    Json(String),
    /// Longer than any.
    #[error("it has more than {0} bytes")]
    TooLong(u64),
    /// A value that does not fit its field.
    #[error("{field}: {what}")]
    Field {
        /// Where.
        field: &'static str,
        /// What is wrong.
        what: String,
    },
    /// A hash that is not the record's.
    #[error("the hash that stands at record {0} is not its hash: the record was changed after it was made")]
    Hash(usize),
}

/// Why a record is no contribution to the state before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum RecordError {
    /// Another number of secrets or parts.
    #[error("it has proofs or parts for another number of secrets than the key")]
    Form,
    /// A secret that was multiplied by one.
    #[error("it leaves {0} unchanged, or changes its sign alone, so it adds nothing")]
    Unchanged(&'static str),
    /// delta is not the same in both groups.
    #[error("its delta is not the same in G1 and G2")]
    Groups,
    /// Two of gamma, delta and the sigmas are equal or opposite.
    #[error("two of its gamma, delta and sigma are the same point, or opposite ones")]
    Equal,
    /// One draw was used twice.
    #[error(
        "it multiplies delta and sigma by the same number or its negative, where they must be independent"
    )]
    SameFactor,
    /// A proof does not hold.
    #[error(
        "its proof of knowledge of {0}'s factor does not hold after the record before it: it is replayed, of another branch, or leaves \
         earlier contributors out"
    )]
    Knowledge(&'static str),
    /// The beacon's factors are others.
    #[error("its state does not follow from the beacon's value")]
    Beacon,
    /// A beacon that nobody named.
    #[error("it is a beacon's, and the ceremony named none when it began: its value was chosen")]
    UnnamedBeacon,
    /// A record after the beacon's.
    #[error("it follows the beacon, which ends a ceremony")]
    AfterBeacon,
}

impl Error {
    pub(crate) fn io(path: &std::path::Path) -> impl FnOnce(io::Error) -> Error {
        let path = path.to_owned();
        move |error| Error::Io { path, error }
    }
}

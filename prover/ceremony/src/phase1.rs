//! The first phase: the powers of tau that every ceremony shares, from snarkjs' `.ptau` files.
//!
//! ```text
//! 1: 32 u32, order of Fq | power u32 | power of the whole ceremony u32          n = 2^power
//! 2: [tau^i]_1, 2n - 1    3: [tau^i]_2, n    4: [alpha tau^i]_1, n    5: [beta tau^i]_1, n    6: [beta]_2
//! 7: count u32, for each contribution: tau, alpha, beta in both groups 448 | its proofs 768 | hash state 216
//!    | next challenge 64 | type u32 | length u32 | its name and beacon
//! 12 to 15, of prepared files: Lagrange points of 2, 3, 4, 5 over 1, 2, 4, .. n points; of 2 over 2n as well
//! ```
//!
//! Sections are sections of circom's files (`assay_groth16::circom`): points affine, in Montgomery form. A key needs the first
//! N powers, and 2N - 1 of `[tau^i]_1`, for a domain of N points: what is checked is what is used.
//!
//! What no check can show is that nobody knows tau: a file that one person made passes them all. So a file is known by its Blake2b
//! digest, which the public ceremonies publish ([`Identity`]).

use std::{fmt, fs::File, io, path::Path};

use ark_bn254::{Bn254, Fq, G1Affine, G2Affine};
use ark_ec::{AffineRepr, CurveGroup, pairing::Pairing};
use ark_ff::One;
use assay_engine::{Backend, G1Point, G2Point, MappedFile, msm};
use assay_groth16::{
    Observer, PointError, Stage,
    circom::{CircomError, Reader, Sections},
};
use blake2::{Blake2b512, Digest};
use bytemuck::Pod;
use rayon::prelude::*;
use thiserror::Error;

use crate::random::Coefficients;

/// Why a file is no first phase that a key can be made from.
#[derive(Debug, Error)]
pub enum Phase1Error {
    /// Not a `.ptau` file, or a damaged one.
    #[error(transparent)]
    File(#[from] CircomError),
    /// A power that no file has.
    #[error("the file says that it has 2^{0} powers, and 2^28 are the most that the field has room for")]
    Power(u32),
    /// Fewer powers than the circuit needs.
    #[error(
        "the file has 2^{power} powers of tau, and the circuit needs {needed}: take one of power {least} or more"
    )]
    TooShort {
        /// The file's power.
        power: u32,
        /// Points of the domain.
        needed: usize,
        /// The least power that has as many.
        least: u32,
    },
    /// A point that is none, or may not stand there.
    #[error("point {index} of {what}: {error}")]
    Point {
        /// Which points.
        what: &'static str,
        /// Position among them.
        index: usize,
        /// What is wrong with it.
        error: PointError,
    },
    /// A point of G2's curve outside its subgroup, somewhere among them.
    #[error("{0} are not all in the subgroup of prime order")]
    Subgroup(&'static str),
    /// The first power is not the generator.
    #[error("{0} do not begin with the group's generator")]
    Generator(&'static str),
    /// Points that are no powers of one tau.
    #[error("{0} are not the successive powers of the file's tau")]
    Powers(&'static str),
    /// beta differs between the groups.
    #[error("beta in G2 is not the beta of the powers in G1")]
    Beta,
    /// tau lies in the domain, or among its odd points.
    #[error("tau is a root of unity: every key that is made from this file can be forged under")]
    RootOfUnity,
    /// Prepared sections that are not the transforms of the powers.
    #[error(
        "the prepared section {0} disagrees with the powers in the same file: take the file from its source again, or \
         prepare it again with snarkjs"
    )]
    Prepared(u32),
    /// The system's generator of random numbers failed.
    #[error(transparent)]
    Random(#[from] rand::Error),
    /// The caller ended it.
    #[error(transparent)]
    Cancelled(#[from] assay_groth16::Cancelled),
}

/// A `.ptau` file on disk, mapped: its points are read where they are needed.
#[derive(Debug)]
pub struct PtauFile(MappedFile);

impl PtauFile {
    /// Maps the file. See [`assay_engine::MappedFile`] for what must not happen to it meanwhile.
    ///
    /// # Errors
    /// Where it cannot be read.
    pub fn open(path: &Path) -> io::Result<PtauFile> {
        MappedFile::open(&File::open(path)?).map(PtauFile)
    }

    /// The first phase in it.
    ///
    /// # Errors
    /// As [`Phase1::read`].
    pub fn phase1(&self) -> Result<Phase1<'_>, Phase1Error> {
        Phase1::read(&self.0)
    }
}

/// A `.ptau` file, whose sections have the lengths that its header asks for. Its points are not looked at yet.
pub struct Phase1<'a> {
    bytes: &'a [u8],
    sections: Sections<'a>,
    power: u32,
    contributions: Vec<Contribution>,
}

/// What a file says of one of its contributions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Contribution {
    /// The hash that snarkjs shows as the next challenge.
    pub next_challenge: [u8; 64],
    /// Whether it was made from a beacon.
    pub is_beacon: bool,
}

/// Which first phase a file is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    /// The file has 2^power powers.
    pub power: u32,
    /// Blake2b-512 of the file: what public ceremonies publish.
    pub blake2b: [u8; 64],
    /// Contributions that the file lists.
    pub contributions: u32,
    /// The next challenge after the last of them, as the file says; zeros for a file without any.
    pub last_challenge: [u8; 64],
}

/// The powers that a key of a domain of N points is made from, checked.
pub struct Powers {
    /// `[tau^i]_1` for i below 2N - 1.
    pub(crate) tau_g1: Vec<G1Point>,
    /// `[tau^i]_2` for i below N.
    pub(crate) tau_g2: Vec<G2Point>,
    /// `[alpha tau^i]_1` for i below N.
    pub(crate) alpha: Vec<G1Point>,
    /// `[beta tau^i]_1` for i below N.
    pub(crate) beta: Vec<G1Point>,
    pub(crate) beta_g2: G2Affine,
}

/// Largest power of a file: the field has 2^28-th roots of unity.
const MOST: u32 = 28;
/// Bytes of a contribution before its parameters, without type and length.
const CONTRIBUTION: usize = 3 * 64 + 2 * 128 + 6 * 64 + 3 * 128 + 216;

const TAU_1: &str = "the powers of tau in G1";
const TAU_2: &str = "the powers of tau in G2";
const ALPHA: &str = "alpha's powers in G1";
const BETA: &str = "beta's powers in G1";

/// Public files: power, and Blake2b-512.
const KNOWN: &str = include_str!("known.txt");

impl<'a> Phase1<'a> {
    /// The file in these bytes.
    ///
    /// # Errors
    /// [`Phase1Error::File`] for another kind of file, or lengths that do not fit the header.
    pub fn read(bytes: &'a [u8]) -> Result<Phase1<'a>, Phase1Error> {
        let sections = Sections::read(bytes, "ptau", 1)?;
        let mut header = Reader { section: 1, rest: sections.get(1)? };
        header.modulus::<Fq>()?;
        let [power, _of_the_ceremony]: [u32; 2] = header.take()?;
        header.finish()?;
        if power > MOST {
            return Err(Phase1Error::Power(power));
        }
        let n = 1u32 << power;
        let (g1, g2) = (size_of::<G1Point>(), size_of::<G2Point>());
        for (section, count, size) in [(2, 2 * n - 1, g1), (3, n, g2), (4, n, g1), (5, n, g1), (6, 1, g2)] {
            sections.expect(section, count, size)?;
        }
        let contributions = contributions(&sections)?;
        Ok(Phase1 { bytes, sections, power, contributions })
    }

    /// Which file this is. Hashes all of it.
    pub fn identity(&self) -> Identity {
        Identity {
            power: self.power,
            blake2b: Blake2b512::digest(self.bytes).into(),
            contributions: self.contributions.len() as u32,
            last_challenge: self.contributions.last().map_or([0; 64], |last| last.next_challenge),
        }
    }

    /// What the file says of its contributions.
    pub fn contributions(&self) -> &[Contribution] {
        &self.contributions
    }

    /// The powers for a domain of this size, after every check of them.
    ///
    /// # Errors
    /// [`Phase1Error`] names the first that fails.
    pub fn powers(&self, size: usize, observer: Observer<'_>) -> Result<Powers, Phase1Error> {
        if size > 1 << self.power {
            let least = size.next_power_of_two().trailing_zeros();
            return Err(Phase1Error::TooShort { power: self.power, needed: size, least });
        }
        const STEPS: u64 = 4;
        let report = |step| observer.report(Stage::Validate, step, STEPS);
        report(0)?;
        let powers = Powers {
            tau_g1: self.points(2, 0, 2 * size - 1)?,
            tau_g2: self.points(3, 0, size)?,
            alpha: self.points(4, 0, size)?,
            beta: self.points(5, 0, size)?,
            beta_g2: {
                let points: Vec<G2Point> = self.points(6, 0, 1)?;
                check_g2("beta in G2", &points)?;
                points.first().copied().unwrap_or_default().into()
            },
        };
        for (what, points) in [(TAU_1, &powers.tau_g1), (ALPHA, &powers.alpha), (BETA, &powers.beta)] {
            check_g1(what, points)?;
        }
        report(1)?;
        check_g2(TAU_2, &powers.tau_g2)?;
        report(2)?;
        powers.check()?;
        report(STEPS)?;
        Ok(powers)
    }

    /// Whether there are Lagrange points for a domain of this size.
    pub(crate) fn is_prepared(&self, size: usize) -> bool {
        size.is_power_of_two() && size <= 1 << self.power && (12..=15).all(|at| self.sections.get(at).is_ok())
    }

    /// The Lagrange points of a prepared section for a domain of `size` points, a power of two. Not checked.
    pub(crate) fn lagrange<P: Pod>(&self, section: u32, size: usize) -> Result<Vec<P>, Phase1Error> {
        self.points(section, size - 1, size)
    }

    /// `[tau^index]_1`, if the file has it. Not checked.
    pub(crate) fn power_of_tau(&self, index: usize) -> Result<Option<G1Point>, Phase1Error> {
        match index < (2 << self.power) - 1 {
            true => Ok(self.points(2, index, 1)?.first().copied()),
            false => Ok(None),
        }
    }

    /// `count` points of a section from `first` on.
    fn points<P: Pod>(&self, section: u32, first: usize, count: usize) -> Result<Vec<P>, Phase1Error> {
        let bytes = self.sections.get(section)?;
        let (start, len) = (first * size_of::<P>(), count * size_of::<P>());
        let found = bytes.len() as u64;
        let expected = (start + len) as u64;
        let bytes = bytes.get(start..start + len).ok_or(CircomError::Length { section, expected, found })?;
        let mut points = bytemuck::zeroed_vec(count);
        bytemuck::cast_slice_mut(&mut points).copy_from_slice(bytes);
        Ok(points)
    }
}

impl Powers {
    /// Everything but the points themselves.
    fn check(&self) -> Result<(), Phase1Error> {
        let (g1, g2) = (G1Affine::generator(), G2Affine::generator());
        let (Some(&first), Some(&[first_g2, tau_g2])) = (self.tau_g1.first(), self.tau_g2.first_chunk())
        else {
            return Err(Phase1Error::Powers(TAU_1));
        };
        if first != G1Point::from(g1) {
            return Err(Phase1Error::Generator(TAU_1));
        }
        if first_g2 != G2Point::from(g2) {
            return Err(Phase1Error::Generator(TAU_2));
        }
        let backend = Backend::fastest();
        let random = Coefficients::draw(self.tau_g1.len())?;
        let tau_g2 = G2Affine::from(tau_g2);
        // e(sum r_i P_(i+1), [1]_2) = e(sum r_i P_i, [tau]_2).
        let are_powers = |points: &[G1Point]| {
            let (low, high) = (&points[..points.len() - 1], &points[1..]);
            let sum = |points: &[G1Point]| random.sum(backend, points).into_affine();
            Bn254::multi_pairing([sum(high), -sum(low)], [g2, tau_g2]).0.is_one()
        };
        for (what, points) in [(TAU_1, &self.tau_g1), (ALPHA, &self.alpha), (BETA, &self.beta)] {
            if !are_powers(points) {
                return Err(Phase1Error::Powers(what));
            }
        }
        let (low, high) = (&self.tau_g2[..self.tau_g2.len() - 1], &self.tau_g2[1..]);
        let sum = |points: &[G2Point]| random.sum(backend, points).into_affine();
        let tau_g1 = self.tau_g1.get(1).map_or(g1, |point| G1Affine::from(*point));
        if !Bn254::multi_pairing([g1, -tau_g1], [sum(high), sum(low)]).0.is_one() {
            return Err(Phase1Error::Powers(TAU_2));
        }
        let beta_g1 = self.beta.first().map_or(g1, |point| G1Affine::from(*point));
        if !Bn254::multi_pairing([beta_g1, -g1], [g2, self.beta_g2]).0.is_one() {
            return Err(Phase1Error::Beta);
        }
        // tau^N is 1 or -1 for the 2N-th roots of unity, and for no other tau.
        if self.tau_g1.get(self.tau_g2.len()).is_none_or(|power| power.x == first.x) {
            return Err(Phase1Error::RootOfUnity);
        }
        Ok(())
    }
}

impl Identity {
    /// The name of the public file that has this digest.
    pub fn known_as(&self) -> Option<String> {
        let mut known = KNOWN.lines().filter_map(|line| line.split_once(' '));
        let digest = hex::encode(self.blake2b);
        known
            .find(|(name, blake2b)| !name.starts_with('#') && *blake2b == digest)
            .map(|(name, _)| name.into())
    }
}

/// What section 7 says.
fn contributions(sections: &Sections<'_>) -> Result<Vec<Contribution>, Phase1Error> {
    let mut reader = Reader { section: 7, rest: sections.get(7)? };
    let count: u32 = reader.take()?;
    let mut contributions = Vec::new();
    for _ in 0..count {
        skip(&mut reader, CONTRIBUTION)?;
        let next_challenge = reader.take::<[u8; 64]>()?;
        let [kind, length]: [u32; 2] = reader.take()?;
        skip(&mut reader, length as usize)?;
        contributions.push(Contribution { next_challenge, is_beacon: kind == 1 });
    }
    reader.finish()?;
    Ok(contributions)
}

fn skip(reader: &mut Reader<'_>, bytes: usize) -> Result<(), CircomError> {
    let found = reader.rest.len() as u64;
    let rest = reader.rest.get(bytes..);
    reader.rest = rest.ok_or(CircomError::Length { section: 7, expected: bytes as u64, found })?;
    Ok(())
}

/// Fails unless every point is one of G1, and none the identity.
pub(crate) fn check_g1(what: &'static str, points: &[G1Point]) -> Result<(), Phase1Error> {
    let error = |point: &G1Point| match point.is_identity() {
        true => Some(PointError::Identity),
        false => point.check().err().map(Into::into),
    };
    first_error(what, points, error)
}

/// Fails unless every point is one of G2's subgroup, and none the identity.
pub(crate) fn check_g2(what: &'static str, points: &[G2Point]) -> Result<(), Phase1Error> {
    let error = |point: &G2Point| match point.is_identity() {
        true => Some(PointError::Identity),
        false => point.check_on_curve().err().map(Into::into),
    };
    first_error(what, points, error)?;
    let random = Coefficients::draw_words(points.len())?;
    if msm::in_subgroup(Backend::fastest(), points, &random) {
        Ok(())
    } else {
        Err(Phase1Error::Subgroup(what))
    }
}

fn first_error<P: Sync>(
    what: &'static str,
    points: &[P],
    error: impl Fn(&P) -> Option<PointError> + Sync,
) -> Result<(), Phase1Error> {
    let found = points.par_iter().enumerate().find_map_first(|(index, point)| Some((index, error(point)?)));
    match found {
        Some((index, error)) => Err(Phase1Error::Point { what, index, error }),
        None => Ok(()),
    }
}

impl fmt::Debug for Phase1<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Phase1").field("power", &self.power).finish_non_exhaustive()
    }
}

impl fmt::Debug for Powers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Powers({})", self.tau_g2.len())
    }
}

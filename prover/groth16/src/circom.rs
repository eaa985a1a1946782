//! circom's and snarkjs' binary files: proving keys (`.zkey`) and witnesses (`.wtns`).
//!
//! Both are sections: magic, version u32, count u32, then for each section its number u32, its length u64, its bytes. Integers
//! are little-endian. Points are affine in Montgomery form, as the engine has them, the identity all zeros.
//!
//! ```text
//! zkey 1: protocol u32 (1 = Groth16)
//!      2: 32 u32, order of Fq | 32 u32, order of Fr | wires u32 | public u32 | domain u32
//!         | alpha G1 | beta G1 | beta G2 | gamma G2 | delta G1 | delta G2
//!      3: IC G1, one and each public wire      4: count u32, then entries of A and B: matrix, row, wire u32, value R^2 32
//!      5: A G1, each wire   6: B G1, each wire   7: B G2, each wire   8: C G1, each private wire   9: H G1, each row
//! wtns 1: 32 u32, order of Fr | wires u32      2: values 32
//! ```
//!
//! The matrices hold the rows `A[n + s] = wire s` of the public wires already, and there is no C: the prover cannot name the
//! constraint that a wrong witness breaks, its proof just does not verify. H is as in our keys (the module `qap`). Reading
//! checks every count, index, coefficient and point; [`ValidatedKeys`] remembers the points.

mod sections;

use std::{collections::HashMap, fs, io, ops::Range, path::Path};

use ark_bn254::{Fq, Fr};
use ark_ff::{BigInteger256, PrimeField, UniformRand};
use ark_std::rand::{CryptoRng, RngCore};
use assay_circuits::{Csr, R1cs};
use assay_engine::{Backend, Domain, G1Point, G2Point, Pages};
use bytemuck::Pod;
use thiserror::Error;

use crate::{
    encoding::KeyReadError,
    file::{Trust, check_points},
    key::{KeyPoints, Query},
    memory,
    proof::{Proof, VerifyError, verify_inputs},
    prove::{Core, Points, ProveError, ProveTimings},
    rows::{Check, Coefficients, Rows},
    store::Store,
    validated::ValidatedKeys,
};
use sections::{Reader, Sections};

/// Why a file is not a `.zkey` or `.wtns` that can be used.
#[derive(Debug, Error)]
pub enum CircomError {
    /// The file could not be read.
    #[error(transparent)]
    Io(#[from] io::Error),
    /// Another kind of file.
    #[error("not a .{0} file, or one of another version")]
    Magic(&'static str),
    /// A section that is not there, or is there twice.
    #[error("section {section} is there {count} times, and once is right")]
    Section {
        /// Its number.
        section: u32,
        /// How often it is there.
        count: usize,
    },
    /// A section, or the file, of a length that does not fit its counts.
    #[error(
        "section {section} has {found} bytes, its counts ask for {expected}: the file is damaged or cut off"
    )]
    Length {
        /// Its number; 0 for the list of sections.
        section: u32,
        /// Bytes that the counts ask for.
        expected: u64,
        /// Bytes that are there.
        found: u64,
    },
    /// Another proof system or curve.
    #[error("only Groth16 over BN254 (snarkjs: groth16, bn128) is supported")]
    Protocol,
    /// Counts that no circuit gives.
    #[error("{wires} wires, {public} of them public, and {domain} rows are not possible counts")]
    Counts {
        /// Wires.
        wires: u32,
        /// Public wires, the constant one left out.
        public: u32,
        /// Points of the domain.
        domain: u32,
    },
    /// An entry of the matrices that points outside them.
    #[error("entry {0} of the matrices names no matrix, row or wire of the circuit")]
    Entry(usize),
    /// A number that is not below the field's order.
    #[error("value {index} of section {section} is not below the order of the field")]
    NotCanonical {
        /// The section's number.
        section: u32,
        /// Position in it.
        index: usize,
    },
    /// A point that is none, or may not stand where it does.
    #[error(transparent)]
    Key(#[from] KeyReadError),
}

/// A proving key of snarkjs.
#[derive(Debug)]
pub struct Zkey {
    points: KeyPoints,
    beta_g1: G1Point,
    delta_g1: G1Point,
    /// A and B; no C.
    r1cs: R1cs,
    coefficients: Coefficients,
    domain: Domain,
    store: PointStore,
    a: Part,
    b_g1: Part,
    b_g2: Part,
    l: Part,
    h: Part,
}

/// The points of the queries, one after another: in the file they lie at addresses that fit no integer.
#[derive(Debug)]
struct PointStore {
    points: Pages<G1Point>,
    used: usize,
}

/// Some of a store's points, and their wires if they have any.
#[derive(Debug)]
struct Part {
    wires: Vec<u32>,
    points: Range<usize>,
}

impl Zkey {
    /// The key in a `.zkey` file; its points are checked unless `validated` has a note of this very file.
    pub fn open(path: &Path, validated: &ValidatedKeys) -> Result<Zkey, CircomError> {
        let file = fs::File::open(path)?;
        let store = Store::map(&file)?;
        validated.once(&file, b"zkey", |trust| Zkey::read(&store, trust))
    }

    /// The key in the bytes of a `.zkey`, checked in full.
    pub fn from_bytes(bytes: &[u8]) -> Result<Zkey, CircomError> {
        Zkey::read(bytes, Trust::None)
    }

    fn read(bytes: &[u8], trust: Trust) -> Result<Zkey, CircomError> {
        let sections = Sections::read(bytes, "zkey", 1)?;
        if sections.get(1)? != 1u32.to_le_bytes() {
            return Err(CircomError::Protocol);
        }
        let mut header = Reader { section: 2, rest: sections.get(2)? };
        header.modulus::<Fq>()?;
        header.modulus::<Fr>()?;
        let [wires, public, domain] = header.take::<[u32; 3]>()?;
        let counts = CircomError::Counts { wires, public, domain };
        let private = public.checked_add(1).and_then(|instance| wires.checked_sub(instance));
        let (Some(private), Some(evaluation)) =
            (private, Domain::with_size(domain as usize).ok().filter(|_| domain.is_power_of_two()))
        else {
            return Err(counts);
        };
        let (alpha_g1, beta_g1): (G1Point, G1Point) = (header.take()?, header.take()?);
        let (beta_g2, gamma_g2): (G2Point, G2Point) = (header.take()?, header.take()?);
        let (delta_g1, delta_g2): (G1Point, G2Point) = (header.take()?, header.take()?);
        header.finish()?;
        // Matrices and points take about as long to read.
        let (r1cs, points) = rayon::join(
            || matrices(sections.get(4)?, wires, domain),
            || -> Result<_, CircomError> {
                let ic: Vec<G1Point> = sections.points(3, public + 1)?;
                let mut store = PointStore::for_sections(&sections)?;
                let a = store.query::<G1Point>(&sections, 5, 0..wires)?;
                let b = store.query::<G1Point>(&sections, 6, 0..wires)?;
                let b_g2 = store.query::<G2Point>(&sections, 7, 0..wires)?;
                let l = store.query::<G1Point>(&sections, 8, public + 1..public + 1 + private)?;
                let h = store.take(sections.iter::<G1Point>(9, domain)?);
                Ok((ic, store, [a, b, b_g2, l], h))
            },
        );
        let (ic, store, [a, b_g1, b_g2, l], h) = points?;
        let h = Part { wires: Vec::new(), points: h };
        if trust == Trust::None {
            check_points("alpha, beta, delta in G1", &[alpha_g1, beta_g1, delta_g1])?;
            check_points("beta, gamma, delta in G2", &[beta_g2, gamma_g2, delta_g2])?;
            check_points("IC", &ic)?;
            for (what, part) in
                [("section 5", &a), ("section 6", &b_g1), ("section 8", &l), ("section 9", &h)]
            {
                check_points(what, store.query_of::<G1Point>(part).points)?;
            }
            check_points("section 7", store.query_of::<G2Point>(&b_g2).points)?;
        }
        let points = KeyPoints {
            alpha_g1: alpha_g1.into(),
            beta_g2: beta_g2.into(),
            gamma_g2: gamma_g2.into(),
            delta_g2: delta_g2.into(),
            ic: ic.into_iter().map(Into::into).collect(),
            commitment: None,
        };
        let r1cs = r1cs?;
        let coefficients = Coefficients::of(&r1cs, Check::Nothing);
        Ok(Zkey {
            points,
            beta_g1,
            delta_g1,
            r1cs,
            coefficients,
            domain: evaluation,
            store,
            a,
            b_g1,
            b_g2,
            l,
            h,
        })
    }

    /// Public wires of a witness: those after the constant one. This is `public.json`.
    pub fn public_inputs<'w>(&self, witness: &'w [Fr]) -> &'w [Fr] {
        witness.get(1..self.points.ic.len()).unwrap_or_default()
    }

    /// A proof for this witness, with the time of each phase. A witness that breaks a constraint gives a proof that does not
    /// verify: ask [`Zkey::verify`] before anything is done with it.
    pub fn prove(
        &self,
        witness: &[Fr],
        rng: &mut (impl RngCore + CryptoRng),
    ) -> Result<(Proof, ProveTimings), ProveError> {
        let counts = crate::layout::Counts {
            wires: self.r1cs.num_wires() as u32,
            domain: self.domain.size() as u32,
            a: self.a.wires.len() as u32,
            b: self.b_g1.wires.len() as u32,
            l: self.l.wires.len() as u32,
            committed: 0,
            instance: 2,
        };
        memory::require(crate::estimate::prove_memory(&counts))?;
        let core = Core {
            points: Points {
                alpha_g1: self.points.alpha_g1,
                beta_g1: self.beta_g1.into(),
                delta_g1: self.delta_g1.into(),
                beta_g2: self.points.beta_g2,
                delta_g2: self.points.delta_g2,
                a: self.store.query_of(&self.a),
                b_g1: self.store.query_of(&self.b_g1),
                b_g2: self.store.query_of(&self.b_g2),
                l: self.store.query_of(&self.l),
                h: self.store.query_of(&self.h).points,
            },
            rows: Rows::new(&self.r1cs, &self.coefficients),
            domain: &self.domain,
            backend: Backend::detect()?,
        };
        let mut timings = ProveTimings::default();
        let proof = core.prove(witness, Fr::rand(rng), Fr::rand(rng), &mut timings)?;
        Ok((proof, timings))
    }

    /// Whether this is a proof of these public inputs under the key.
    pub fn verify(&self, proof: &Proof, inputs: &[Fr]) -> Result<(), VerifyError> {
        verify_inputs(&self.points, proof, inputs)
    }
}

/// The values of all wires in the bytes of a `.wtns`.
pub fn read_wtns(bytes: &[u8]) -> Result<Vec<Fr>, CircomError> {
    let sections = Sections::read(bytes, "wtns", 2)?;
    let mut header = Reader { section: 1, rest: sections.get(1)? };
    header.modulus::<Fr>()?;
    let count: u32 = header.take()?;
    header.finish()?;
    let mut values = Reader { section: 2, rest: sections.get(2)? };
    let element = |(index, words)| {
        Fr::from_bigint(BigInteger256::new(words)).ok_or(CircomError::NotCanonical { section: 2, index })
    };
    let elements = values.array::<[u64; 4]>(count)?.enumerate().map(element).collect();
    values.finish()?;
    elements
}

impl PointStore {
    /// Room for all points of the queries.
    fn for_sections(sections: &Sections<'_>) -> Result<PointStore, CircomError> {
        let mut bytes = 0;
        for section in 5..=9 {
            bytes += sections.get(section)?.len();
        }
        Ok(PointStore { points: Pages::zeroed(bytes / size_of::<G1Point>()), used: 0 })
    }

    /// The points of a section, one for each of `wires`, without the identities.
    fn query<P: Pod>(
        &mut self,
        sections: &Sections<'_>,
        section: u32,
        wires: Range<u32>,
    ) -> Result<Part, CircomError> {
        let points = sections.iter::<P>(section, wires.len() as u32)?;
        let mut others = Vec::with_capacity(points.len());
        let found =
            wires.zip(points).filter(|(_, point)| bytemuck::bytes_of(point).iter().any(|byte| *byte != 0));
        let points = found.map(|(wire, point)| {
            others.push(wire);
            point
        });
        let points = self.take(points);
        Ok(Part { wires: others, points })
    }

    /// Copies points; there is room for those of the sections.
    fn take<P: Pod>(&mut self, points: impl Iterator<Item = P>) -> Range<usize> {
        let start = self.used;
        let room = self.points.get_mut(start..).unwrap_or_default();
        let mut count = 0;
        for (place, point) in room.chunks_exact_mut(size_of::<P>() / size_of::<G1Point>()).zip(points) {
            bytemuck::cast_slice_mut(place).copy_from_slice(bytemuck::bytes_of(&point));
            count += place.len();
        }
        self.used += count;
        start..self.used
    }

    fn query_of<'s, P: Pod>(&'s self, part: &'s Part) -> Query<'s, P> {
        let points = self.points.get(part.points.clone()).unwrap_or_default();
        Query { wires: &part.wires, points: bytemuck::cast_slice(points) }
    }
}

/// A and B as sparse matrices with one table of values.
fn matrices(section: &[u8], wires: u32, rows: u32) -> Result<R1cs, CircomError> {
    #[derive(Clone, Copy, bytemuck::Pod, bytemuck::Zeroable)]
    #[repr(C)]
    struct Entry {
        matrix: u32,
        row: u32,
        wire: u32,
        value: [u32; 8],
    }
    let mut reader = Reader { section: 4, rest: section };
    let count: u32 = reader.take()?;
    let entries = reader.array::<Entry>(count)?;
    reader.finish()?;

    let empty = || Csr { row_ptr: vec![0; rows as usize + 1], col: Vec::new(), coeff: Vec::new() };
    let mut matrices = [empty(), empty()];
    for (index, entry) in entries.clone().enumerate() {
        let matrix =
            matrices.get_mut(entry.matrix as usize).filter(|_| entry.row < rows && entry.wire < wires);
        let end = matrix.and_then(|matrix| matrix.row_ptr.get_mut(entry.row as usize + 1));
        *end.ok_or(CircomError::Entry(index))? += 1;
    }
    for matrix in &mut matrices {
        let mut sum = 0;
        for start in &mut matrix.row_ptr {
            sum += *start;
            *start = sum;
        }
        matrix.col = vec![0; sum as usize];
        matrix.coeff = vec![0; sum as usize];
    }
    let mut next = [0, 1].map(|matrix: usize| matrices[matrix].row_ptr.clone());
    let mut values = Values::default();
    for (index, entry) in entries.enumerate() {
        let coefficient =
            values.index_of(&entry.value).ok_or(CircomError::NotCanonical { section: 4, index })?;
        let matrix = entry.matrix as usize;
        let (Some(matrix), Some(slot)) = (
            matrices.get_mut(matrix),
            next.get_mut(matrix).and_then(|next| next.get_mut(entry.row as usize)),
        ) else {
            return Err(CircomError::Entry(index));
        };
        let at = *slot as usize;
        *slot += 1;
        if let (Some(column), Some(slot)) = (matrix.col.get_mut(at), matrix.coeff.get_mut(at)) {
            (*column, *slot) = (entry.wire, coefficient);
        }
    }
    let [a, b] = matrices;
    // Instance wires have their rows among the others, so none are added.
    Ok(R1cs {
        num_instance: 0,
        num_witness: wires as usize,
        a,
        b,
        c: Csr::default(),
        values: values.elements,
        blocks: Vec::new(),
    })
}

/// The coefficients that occur, each once.
#[derive(Default)]
struct Values {
    elements: Vec<Fr>,
    indices: HashMap<[u32; 8], u32>,
    /// The one that came last, by the low bits of a value's words: most of a circuit's coefficients are a few.
    recent: [Option<([u32; 8], u32)>; 32],
}

impl Values {
    /// The index of the element whose `v R^2` these words are, if they are below the field's order.
    fn index_of(&mut self, words: &[u32; 8]) -> Option<u32> {
        let place = (words[0] ^ words[1] >> 16) as usize % self.recent.len();
        if let Some((found, index)) = self.recent[place]
            && found == *words
        {
            return Some(index);
        }
        let index = match self.indices.get(words) {
            Some(index) => *index,
            None => {
                self.elements.push(coefficient(*words)?);
                let index = (self.elements.len() - 1) as u32;
                self.indices.insert(*words, index);
                index
            }
        };
        self.recent[place] = Some((*words, index));
        Some(index)
    }
}

/// The element v whose `v R^2` these words are.
fn coefficient(words: [u32; 8]) -> Option<Fr> {
    let words: [u64; 4] =
        std::array::from_fn(|i| u64::from(words[2 * i]) | u64::from(words[2 * i + 1]) << 32);
    let integer = BigInteger256::new(words);
    // As Montgomery words these are v R, and that element's integer is the Montgomery form of v.
    (integer < Fr::MODULUS).then(|| Fr::new_unchecked(Fr::new_unchecked(integer).into_bigint()))
}

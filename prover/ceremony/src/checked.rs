//! A state that was compared with its circuit and its first phase: what a contribution can be made to.
//!
//! A contribution multiplies points by secrets and hands the products out. That is harmless for the points that a ceremony has, and for
//! no others: `IC_j / delta` or a sigma in G1 would let whoever asked for it prove anything under the final key, in which nothing of
//! it is seen. So points of no wire of the circuit's are refused before a secret is drawn, and [`CheckedState`] is made by
//! [`Ceremony::check`] alone.

use ark_ff::Field;
use assay_circuits::Circuit;
use assay_engine::{Backend, G1Point, multiply_all};
use assay_groth16::{Observer, Stage};
use zeroize::Zeroizing;

use crate::{
    error::Error,
    folder::{Ceremony, Loaded},
    ground::Ground,
    json::{check_name, check_value},
    parts::Part,
    phase1::Phase1,
    secrets::{Factors, Seed},
    transcript::Record,
    verify::{Check, Verified, facts},
};

/// Points that are multiplied between two reports of progress.
const BATCH: usize = 1 << 14;

/// The present state of a ceremony, every point of which is the one that circuit, first phase and contributions give.
#[derive(Debug)]
pub struct CheckedState<'c> {
    ceremony: &'c mut Ceremony,
    /// The points that a contribution changes, as they were checked.
    moving: Vec<(Part, Vec<G1Point>)>,
    facts: Verified,
}

impl Ceremony {
    /// Checks the present state in full: first phase, records, and every section of every part, at whatever step the ceremony is.
    ///
    /// # Errors
    /// [`Error`] names the first check that fails.
    pub fn check(
        &mut self,
        circuit: &Circuit,
        phase1: &Phase1<'_>,
        observer: Observer<'_>,
    ) -> Result<CheckedState<'_>, Error> {
        let ground = Ground::of(circuit, phase1, self.transcript(), observer)?;
        let loaded = self.load()?;
        let facts = self.compare(&ground, &loaded, observer)?;
        Ok(CheckedState { ceremony: self, moving: loaded.moving, facts })
    }

    /// Compares a loaded state with what it has to be. The records hold: nothing else is opened or written.
    pub(crate) fn compare(
        &self,
        ground: &Ground<'_>,
        loaded: &Loaded,
        observer: Observer<'_>,
    ) -> Result<Verified, Error> {
        Check::new(ground, self.transcript(), observer)?.state(&self.key_parts(loaded)?)?;
        Ok(facts(ground, self.transcript()))
    }
}

impl CheckedState<'_> {
    /// What the transcript says so far.
    pub fn facts(&self) -> &Verified {
        &self.facts
    }

    /// Multiplies every secret by a fresh factor and forgets it. `typed` is mixed with the system's randomness. Returns the record's
    /// hash, which the contributor keeps and publishes.
    ///
    /// # Errors
    /// [`Error::Closed`] after the beacon; [`Error::Io`] where the next state cannot be written.
    pub fn contribute(
        self,
        name: String,
        key: [u8; 32],
        typed: &[u8],
        observer: Observer<'_>,
    ) -> Result<[u8; 32], Error> {
        let previous = self.ceremony.open_hash()?;
        check_name("contributor.name", &name)?;
        let seed = Seed::draw(typed)?;
        let before = self.ceremony.transcript().state();
        let factors = seed.factors(before.sigmas.len());
        let hashes = self.multiply(&factors, observer)?;
        let record = Record::contribute(&previous, &before, (name, key), (&seed, &factors), hashes);
        self.ceremony.append(record)
    }

    /// Ends the ceremony with the value of the beacon that was named when it began.
    ///
    /// # Errors
    /// [`Error::UnnamedBeacon`]; [`Error::NoContribution`]; as for a contribution.
    pub fn beacon(self, value: &[u8], observer: Observer<'_>) -> Result<[u8; 32], Error> {
        let previous = self.ceremony.open_hash()?;
        check_value(value)?;
        if self.ceremony.transcript().beginning.beacon.is_none() {
            return Err(Error::UnnamedBeacon);
        }
        if self.ceremony.transcript().contributions() == 0 {
            return Err(Error::NoContribution);
        }
        let (mut record, factors) = Record::beacon(&previous, &self.ceremony.transcript().state(), value);
        record.parts = self.multiply(&factors, observer)?;
        self.ceremony.append(record)
    }

    /// Writes the parts of the next state, and returns their hashes.
    fn multiply(&self, factors: &Factors, observer: Observer<'_>) -> Result<Vec<[u8; 32]>, Error> {
        let backend = Backend::detect()?;
        let inverse = factors.delta.inverse().ok_or(Error::NoContribution)?; // a factor is never zero
        let inverse = Zeroizing::new(inverse);
        let total: usize = self.moving.iter().map(|(_, points)| points.len()).sum();
        let mut done = 0;
        let mut hashes = Vec::new();
        for (part, points) in &self.moving {
            let factor = match part {
                Part::Sigma(number) => factors.sigmas[*number],
                _ => *inverse,
            };
            let mut products = Vec::with_capacity(points.len());
            for batch in points.chunks(BATCH) {
                products.extend(multiply_all(backend, batch, factor));
                done += batch.len();
                observer.report(Stage::Setup, done as u64, total as u64)?;
            }
            hashes.push(self.ceremony.write_next(*part, &products)?);
        }
        Ok(hashes)
    }
}

//! Which atoms are integers of a quantized layer, and what they can be.

use std::ops::Range;

/// Atoms by where they begin, with the ends of what they can be.
#[derive(Default)]
pub(crate) struct Integers(Vec<(Range<u32>, (i64, i64))>);

impl Integers {
    /// Notes what atoms can be, behind all that are known.
    pub fn note(&mut self, atoms: Range<u32>, ends: (i64, i64)) {
        self.0.push((atoms, ends));
    }

    /// What an atom can be.
    pub fn ends(&self, atom: u32) -> Option<(i64, i64)> {
        let position = self.0.partition_point(|(atoms, _)| atoms.start <= atom).checked_sub(1)?;
        self.0.get(position).filter(|(atoms, _)| atoms.contains(&atom)).map(|&(_, ends)| ends)
    }
}

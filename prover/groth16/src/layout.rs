//! The `.pk` artifact: which byte is what.
//!
//! ```text
//! offset  0  container: see `assay_interface::artifact`; its payload starts at 80
//!        80  circuit digest 32
//!       112  format 1 (= 2, with weights 3) | setup kind 1 | instance wires 1 (2, or 3 with a commitment) | zero 1
//!       116  wires u32 | domain u32 | count of A u32 | of B u32 | of L u32 | of committed wires u32 | of weights u32
//!       144  beta G1 64 | delta G1 64
//!       272  verifying key: the interface's 576 bytes, or 768 with a commitment; with weights 128 more
//!            wires of A | wires of B | wires of L | committed wires | weights: u32 each, strictly ascending
//!            points of A G1 | of B G1 | of B G2 | of L G1 | of H G1, one a domain point
//!            with a commitment: G_j G1 | sigma G_j G1, one a committed wire
//!            with weights: G_j G1 | sigma_w G_j G1, one a weight and the mask behind them
//! ```
//!
//! Integers are little-endian. Points outside the verifying key are `assay_engine`'s: Montgomery words, 64 and 128 bytes.
//! Every part after the verifying key starts at a multiple of 64 bytes from the file's start, the gap filled with zeros, so
//! that a mapped file is used in place. Offsets follow from the counts: there is one encoding of a key.

use std::ops::Range;

use assay_interface::{
    artifact::HEADER_LEN,
    groth16::{Form, G2_LEN},
};

/// The format's number. The first format, which had points in the interface's bytes, had the setup kind (0 or 1) here.
pub(crate) const FORMAT: u8 = 2;
/// That of keys with weights.
pub(crate) const FORMAT_WEIGHTS: u8 = 3;
/// Alignment of the parts.
pub(crate) const ALIGNMENT: usize = 64;
/// Bytes of a G1 and of a G2 point.
pub(crate) const G1: usize = size_of::<assay_engine::G1Point>();
pub(crate) const G2: usize = size_of::<assay_engine::G2Point>();

/// Offsets of the fixed fields.
pub(crate) const CIRCUIT: usize = HEADER_LEN;
pub(crate) const FORMAT_AT: usize = CIRCUIT + 32;
pub(crate) const COUNTS: usize = FORMAT_AT + 4;
pub(crate) const BETA: usize = COUNTS + 28;
pub(crate) const DELTA: usize = BETA + G1;
pub(crate) const VERIFYING_KEY: usize = DELTA + G1;

/// What the offsets follow from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Counts {
    /// Wires of the circuit.
    pub wires: u32,
    /// Points of the domain, and of H.
    pub domain: u32,
    /// Wires of A.
    pub a: u32,
    /// Wires of B.
    pub b: u32,
    /// Wires of L.
    pub l: u32,
    /// Committed wires.
    pub committed: u32,
    /// Weights, their mask included; 0 for a circuit that has none.
    pub weights: u32,
    /// Instance wires: 2, or 3 with a commitment.
    pub instance: u8,
}

/// The parts, as byte ranges of the artifact.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Layout {
    pub verifying_key: Range<usize>,
    pub wires_a: Range<usize>,
    pub wires_b: Range<usize>,
    pub wires_l: Range<usize>,
    pub wires_committed: Range<usize>,
    pub wires_weights: Range<usize>,
    pub a: Range<usize>,
    pub b_g1: Range<usize>,
    pub b_g2: Range<usize>,
    pub l: Range<usize>,
    pub h: Range<usize>,
    pub g: Range<usize>,
    pub sigma_g: Range<usize>,
    pub g_weights: Range<usize>,
    pub sigma_g_weights: Range<usize>,
}

impl Counts {
    /// Where the parts lie; `None` where a 32-bit machine could not address them.
    pub(crate) fn layout(&self) -> Option<Layout> {
        let form = if self.instance == 3 { Form::Committed } else { Form::Plain };
        let mut end = VERIFYING_KEY + form.key_len() + if self.weights > 0 { G2_LEN } else { 0 };
        let verifying_key = VERIFYING_KEY..end;
        let mut part = |count: u32, size: usize| {
            let start = end.checked_next_multiple_of(ALIGNMENT)?;
            end = start.checked_add(size.checked_mul(count as usize)?)?;
            Some(start..end)
        };
        Some(Layout {
            verifying_key,
            wires_a: part(self.a, 4)?,
            wires_b: part(self.b, 4)?,
            wires_l: part(self.l, 4)?,
            wires_committed: part(self.committed, 4)?,
            wires_weights: part(self.weights, 4)?,
            a: part(self.a, G1)?,
            b_g1: part(self.b, G1)?,
            b_g2: part(self.b, G2)?,
            l: part(self.l, G1)?,
            h: part(self.domain, G1)?,
            g: part(self.committed, G1)?,
            sigma_g: part(self.committed, G1)?,
            g_weights: part(self.weights, G1)?,
            sigma_g_weights: part(self.weights, G1)?,
        })
    }
}

impl Layout {
    /// Bytes of the artifact.
    pub(crate) fn len(&self) -> usize {
        self.sigma_g_weights.end
    }

    /// The gaps between the parts, whose bytes are zero.
    pub(crate) fn gaps(&self) -> impl Iterator<Item = Range<usize>> {
        let parts = [
            &self.verifying_key,
            &self.wires_a,
            &self.wires_b,
            &self.wires_l,
            &self.wires_committed,
            &self.wires_weights,
            &self.a,
            &self.b_g1,
            &self.b_g2,
            &self.l,
            &self.h,
            &self.g,
            &self.sigma_g,
            &self.g_weights,
            &self.sigma_g_weights,
        ];
        let ends = parts.map(|part| part.end);
        let starts = parts.map(|part| part.start);
        ends.into_iter().zip(starts.into_iter().skip(1)).map(|(end, start)| end..start)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_aligned_and_follow_each_other() {
        for (instance, weights) in [(2, 0), (3, 0), (2, 7), (3, 7)] {
            let committed = if instance == 3 { 5 } else { 0 };
            let counts = Counts { wires: 40, domain: 64, a: 33, b: 17, l: 31, committed, weights, instance };
            let layout = counts.layout().unwrap();
            assert_eq!(layout.wires_a.start % ALIGNMENT, 0);
            assert_eq!(layout.b_g2.start % ALIGNMENT, 0);
            assert_eq!(layout.h.len(), 64 * 64);
            assert_eq!(layout.b_g2.len(), 17 * 128);
            assert_eq!(layout.len(), layout.sigma_g.end + 2 * 64 * weights as usize);
            assert_eq!(layout.g_weights.len(), 64 * weights as usize);
            assert!(layout.gaps().all(|gap| gap.len() < ALIGNMENT));
        }
        let largest = u32::MAX;
        let counts = Counts {
            wires: largest,
            domain: largest,
            a: largest,
            b: largest,
            l: largest,
            committed: largest,
            weights: largest,
            instance: 3,
        };
        assert!(counts.layout().is_some_and(|layout| layout.len() > 8 * 64 * (largest as usize)));
    }
}

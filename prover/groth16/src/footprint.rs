//! Memory that setups and proofs take, from a circuit's counts: asked before it is taken, and shown in estimates.

use ark_bn254::Fr;
use assay_engine::{Domain, G1Point, G2Point, fixed_base, msm};

use crate::layout::Counts;

/// Largest domain for which the sums over the domain and those over the wires run side by side.
pub(crate) const SIDE_BY_SIDE: usize = 1 << 14;

/// Bytes of the proving key.
pub(crate) fn key_bytes(counts: &Counts) -> u64 {
    counts.layout().map_or(u64::MAX / 4, |layout| layout.len() as u64)
}

/// Bytes that a setup takes at its largest: the key, the columns at the secret point, and the scalars, points and tables of
/// the largest part, or the Lagrange basis.
pub(crate) fn setup_memory(counts: &Counts) -> u64 {
    let Counts { wires, domain, a, b, l, .. } = *counts;
    let count = a as usize + b as usize + l as usize + domain as usize;
    let in_g1 = u64::from(l.max(domain)) * (ELEMENT + size_of::<G1Point>() as u64);
    let in_g2 = u64::from(b) * (ELEMENT + size_of::<G2Point>() as u64)
        + fixed_base::memory_bytes::<G2Point>(b as usize) as u64;
    let tables = fixed_base::memory_bytes::<G1Point>(count) as u64;
    key_bytes(counts) + 3 * ELEMENT * u64::from(wires) + tables + in_g1.max(in_g2) + FIXED
}

/// Bytes that a proof takes beyond its key, which is mapped: the witness as elements, as integers and as small ones, and a
/// completed copy of it where there is a commitment; A, B and C on the domain; the transforms' memory, which stays; the
/// largest sum in each group, and where sums run side by side two of them in G1.
pub(crate) fn prove_memory(counts: &Counts) -> u64 {
    let Counts { wires, domain, a, b, l, committed, .. } = *counts;
    let of_wires = a.max(b).max(l).max(committed) as usize;
    let both = [domain as usize, of_wires];
    let in_g1 = if domain as usize <= SIDE_BY_SIDE {
        msm::memory_bytes::<G1Point>(&both)
    } else {
        both.into_iter().map(|count| msm::memory_bytes::<G1Point>(&[count])).max().unwrap_or(0)
    };
    let sums = (in_g1 + msm::memory_bytes::<G2Point>(&[b as usize])) as u64;
    let copies = if committed > 0 { 3 } else { 2 };
    (copies * ELEMENT + 8) * u64::from(wires)
        + 3 * ELEMENT * u64::from(domain)
        + Domain::memory_bytes(domain as usize) as u64
        + sums
        + FIXED
}

/// Bytes of a field element.
const ELEMENT: u64 = size_of::<Fr>() as u64;
/// Stacks and buffers: whatever does not grow with the circuit.
const FIXED: u64 = 4 << 20;

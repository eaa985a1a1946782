//! The matrices of a `.zkey`: A and B, as their entries come.

use std::collections::HashMap;

use ark_bn254::Fr;
use ark_ff::{BigInteger256, PrimeField};
use assay_circuits::{Csr, R1cs};

use super::{error::CircomError, sections::Reader};

/// A and B as sparse matrices with one table of values.
pub(super) fn matrices(section: &[u8], wires: u32, rows: u32) -> Result<R1cs, CircomError> {
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
        // The first pass found every matrix, row and wire to be one, and counted the entries.
        let matrix = &mut matrices[entry.matrix as usize];
        let slot = &mut next[entry.matrix as usize][entry.row as usize];
        let at = *slot as usize;
        *slot += 1;
        (matrix.col[at], matrix.coeff[at]) = (entry.wire, coefficient);
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

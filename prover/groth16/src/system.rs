//! That every index of a constraint system points into it: asked once, so that nothing later has to answer for one that does
//! not. Circuits that were read or built have been through such checks; their fields are public all the same.

use assay_circuits::{Csr, R1cs};
use thiserror::Error;

/// An index that points outside its constraint system: a circuit that was put together by hand.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum SystemError {
    /// A matrix whose rows are not those of A, or overlap, or end beyond its entries.
    #[error("matrix {0} has rows that are none")]
    Rows(&'static str),
    /// An entry that names no wire or coefficient.
    #[error("entry {entry} of matrix {matrix} names no wire or no coefficient of the system")]
    Entry {
        /// The matrix.
        matrix: &'static str,
        /// Position among its entries.
        entry: usize,
    },
    /// A committed wire that is none.
    #[error("committed wire {0} is none of the system's")]
    Committed(u32),
}

/// Fails unless every row, wire and coefficient is one.
pub(crate) fn check(r1cs: &R1cs, committed: &[u32]) -> Result<(), SystemError> {
    let rows = r1cs.num_constraints();
    for (name, matrix) in [("A", &r1cs.a), ("B", &r1cs.b), ("C", &r1cs.c)] {
        check_matrix(name, matrix, rows, r1cs.num_wires(), r1cs.values.len())?;
    }
    match committed.iter().find(|wire| **wire as usize >= r1cs.num_wires()) {
        Some(wire) => Err(SystemError::Committed(*wire)),
        None => Ok(()),
    }
}

fn check_matrix(
    name: &'static str,
    matrix: &Csr,
    rows: usize,
    wires: usize,
    coefficients: usize,
) -> Result<(), SystemError> {
    let Csr { row_ptr, col, coeff } = matrix;
    let ends = (row_ptr.first(), row_ptr.last().map(|end| *end as usize));
    let are_rows = row_ptr.len() == rows + 1
        && ends == (Some(&0), Some(col.len()))
        && coeff.len() == col.len()
        && row_ptr.is_sorted();
    if !are_rows {
        return Err(SystemError::Rows(name));
    }
    let outside = |(wire, index): (&u32, &u32)| *wire as usize >= wires || *index as usize >= coefficients;
    match col.iter().zip(coeff).position(outside) {
        Some(entry) => Err(SystemError::Entry { matrix: name, entry }),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::common;

    #[test]
    fn every_index_is_checked() {
        let circuit = common::lookups();
        let committed = &circuit.commitment.as_ref().unwrap().committed;
        assert_eq!(check(&circuit.r1cs, committed), Ok(()));
        let with = |change: fn(&mut R1cs)| {
            let mut r1cs = circuit.r1cs.clone();
            change(&mut r1cs);
            check(&r1cs, committed).unwrap_err()
        };
        assert_eq!(with(|r1cs| r1cs.b.col[7] = u32::MAX), SystemError::Entry { matrix: "B", entry: 7 });
        assert_eq!(with(|r1cs| r1cs.c.coeff[5] = u32::MAX), SystemError::Entry { matrix: "C", entry: 5 });
        assert_eq!(with(|r1cs| r1cs.a.row_ptr[3] = u32::MAX), SystemError::Rows("A"));
        assert_eq!(with(|r1cs| r1cs.c.row_ptr.truncate(2)), SystemError::Rows("C"));
        assert_eq!(with(|r1cs| r1cs.a.coeff.truncate(2)), SystemError::Rows("A"));
        assert!(matches!(with(|r1cs| r1cs.num_witness = 1), SystemError::Entry { matrix: "A", .. }));
    }
}

//! What a proof of a tier is bound to.
//!
//! ```text
//! context = SHA-256("assay:credit:line:v1\0" || program || pool || line || borrower || issuer || epoch u32)
//! ```
//!
//! The borrower signs the transaction, so a proof that somebody copies from one opens the copier nothing. The epoch is the
//! tree's: who proves from the former epoch's tree says so, and gets a tier that lapses with it.

use assay_interface::sha256;

/// Taking a line up, or renewing it: where, for whom, from which tree.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Taking {
    /// The credit program.
    pub program: [u8; 32],
    /// The pool.
    pub pool: [u8; 32],
    /// The line, whose address holds the nullifier.
    pub line: [u8; 32],
    /// Who signs.
    pub borrower: [u8; 32],
    /// The issuer whose tree it is.
    pub issuer: [u8; 32],
    /// The tree's epoch.
    pub epoch: u32,
}

/// The context of the statement.
pub fn context(taking: &Taking) -> [u8; 32] {
    let Taking { program, pool, line, borrower, issuer, epoch } = taking;
    sha256(&[b"assay:credit:line:v1\0", program, pool, line, borrower, issuer, &epoch.to_le_bytes()])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_part_enters_it() {
        let [program, pool, line, borrower, issuer] = [[1; 32], [2; 32], [3; 32], [4; 32], [5; 32]];
        let taking = Taking { program, pool, line, borrower, issuer, epoch: 6 };
        let others = [
            Taking { program: [9; 32], ..taking },
            Taking { pool: [9; 32], ..taking },
            Taking { line: [9; 32], ..taking },
            Taking { borrower: [9; 32], ..taking },
            Taking { issuer: [9; 32], ..taking },
            Taking { epoch: 9, ..taking },
        ];
        assert!(others.iter().all(|other| context(other) != context(&taking)));
    }
}

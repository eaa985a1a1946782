//! What can go wrong with a journal.

use std::path::PathBuf;

use thiserror::Error;

use super::book::CapReached;
use super::spend::Asset;

/// Why a journal cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum JournalError {
    /// Another process has it.
    #[error("{} is in use: another keeper runs with this journal; stop it, or give this one a journal and a wallet of its own", .0.display())]
    Locked(PathBuf),
    /// It cannot be read or written.
    #[error("the journal {}: {what}", .file.display())]
    File {
        /// The file.
        file: PathBuf,
        /// What happened.
        what: String,
    },
    /// A record is not as it was written.
    #[error(
        "the journal {} is damaged at byte {at}: {what}. What was spent cannot be told from it: restore the file from a copy, or look up what \
         the wallet spent, move the file away and lower the caps by it",
        .file.display()
    )]
    Damaged {
        /// The file.
        file: PathBuf,
        /// Where the record begins.
        at: u64,
        /// What is wrong.
        what: &'static str,
    },
    /// It is of another wallet or cluster.
    #[error("the journal {} is of {theirs}, and this keeper is {ours}: give it a journal of its own", .file.display())]
    Foreign {
        /// The file.
        file: PathBuf,
        /// Whose it is.
        theirs: String,
        /// Who asked.
        ours: String,
    },
    /// A transaction that is not on its way ended.
    #[error("transaction {0} is not on its way")]
    NotFlying(u64),
}

/// Why nothing was reserved.
#[derive(Debug, Error)]
pub enum NotReserved {
    /// A cap leaves too little.
    #[error(transparent)]
    Cap(#[from] CapReached),
    /// Something is on its way for this account.
    #[error("transaction {0} is on its way for this account")]
    Busy(u64),
    /// With what is on its way it is more than the wallet has.
    #[error("what is on its way may take the {asset}, of which there are {balance}")]
    Balance {
        /// Of what.
        asset: Asset,
        /// What there is.
        balance: u64,
    },
    /// It would take of the half of a day's lamports that is for others.
    #[error("the day's other half of lamports is for what brings a gain")]
    Half,
    /// The journal cannot be written.
    #[error(transparent)]
    Journal(#[from] JournalError),
}

//! What was recorded of a model, checked from nothing: every proof verified, the audit chain computed again.
//!
//! | module | what it is |
//! | --- | --- |
//! | [`history`] | what was recorded, as a server tells it or a file holds it: claims |
//! | [`read`](mod@read) | a history from a cluster: the transactions that named the model, their instructions and logs |
//! | [`check`](mod@check) | the verdict: proofs by one product of pairings, the chain link by link |
//! | [`checkpoint`] | up to where it was checked, signed, so that the next audit goes on from there |
//!
//! # What is believed
//!
//! The cluster's word on the model's account, and nothing else of it: key and schema are what the account's address is made of, the
//! number of recorded statements and the audit chain are the account's. What a server tells of transactions is evidence, and
//! is compared with these: a statement that it leaves out, adds, alters or moves breaks the chain, and a proof that it alters is
//! not accepted. So beside that account a server can make an audit fail, and never make one succeed. Whoever doubts the account asks several
//! servers. Of a history from a file the account is the word of whoever wrote the file.

#![forbid(unsafe_code)]
#![warn(missing_docs)]

pub mod check;
pub mod checkpoint;
pub mod history;
pub mod read;

pub use check::{Report, check};
pub use checkpoint::Checkpoint;
pub use history::History;
pub use read::read;
